//! Sixteen lanes by the instructions of 64-bit ARM: four registers of NEON. Every such CPU has them.

use super::{Kernel, Simd};
use std::arch::aarch64::*;

/// Proof that this CPU has NEON.
#[derive(Clone, Copy)]
pub(super) struct Neon(());

impl Neon {
    pub(super) fn detect() -> Option<Self> {
        std::arch::is_aarch64_feature_detected!("neon").then_some(Self(()))
    }
}

/// Four registers of four lanes.
#[derive(Clone, Copy)]
pub(super) struct Four([float32x4_t; 4]);

impl Four {
    /// A register from each, which the compiler unrolls.
    #[inline(always)]
    fn each(of: impl Fn(usize) -> float32x4_t) -> Self {
        Self([of(0), of(1), of(2), of(3)])
    }
}

// SAFETY, for every block below: a token exists only on a CPU with NEON, and loads and stores stay within
// the sixteen floats of the reference, or of the room in a vector, which counts them when all are written.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Simd for Neon {
    type V = Four;
    #[inline]
    fn call<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "neon")]
        #[inline(never)]
        fn inside<K: Kernel>(token: Neon, kernel: K) -> K::Output {
            // Twenty-four registers of sums leave eight of the thirty-two for weights and inputs.
            kernel.run::<Neon, 6>(token)
        }
        unsafe { inside(self, kernel) }
    }
    #[inline(always)]
    fn splat(self, x: f32) -> Four {
        let quarter = unsafe { vdupq_n_f32(x) };
        Four([quarter; 4])
    }
    #[inline(always)]
    fn load(self, from: &[f32; 16]) -> Four {
        Four::each(|k| unsafe { vld1q_f32(from.as_ptr().add(4 * k)) })
    }
    #[inline(always)]
    fn store(self, x: Four, to: &mut [f32; 16]) {
        for (k, quarter) in x.0.into_iter().enumerate() {
            unsafe { vst1q_f32(to.as_mut_ptr().add(4 * k), quarter) }
        }
    }
    #[inline(always)]
    fn push<const N: usize>(self, rows: [Four; N], to: &mut Vec<f32>) {
        to.reserve(N * 16);
        let spare = &mut to.spare_capacity_mut()[..N * 16];
        for (row, to) in rows.into_iter().zip(spare.chunks_exact_mut(16)) {
            for (k, quarter) in row.0.into_iter().enumerate() {
                unsafe { vst1q_f32(to.as_mut_ptr().cast::<f32>().add(4 * k), quarter) }
            }
        }
        unsafe { to.set_len(to.len() + N * 16) }
    }
    #[inline(always)]
    fn add(self, a: Four, b: Four) -> Four {
        Four::each(|k| unsafe { vaddq_f32(a.0[k], b.0[k]) })
    }
    #[inline(always)]
    fn sub(self, a: Four, b: Four) -> Four {
        Four::each(|k| unsafe { vsubq_f32(a.0[k], b.0[k]) })
    }
    #[inline(always)]
    fn mul(self, a: Four, b: Four) -> Four {
        Four::each(|k| unsafe { vmulq_f32(a.0[k], b.0[k]) })
    }
    #[inline(always)]
    fn mul_add(self, a: Four, b: Four, c: Four) -> Four {
        Four::each(|k| unsafe { vfmaq_f32(c.0[k], a.0[k], b.0[k]) })
    }
    // A comparison and a choice, not the instructions for the largest and the smallest: theirs of a NaN is
    // another than the other sets'.
    #[inline(always)]
    fn max(self, a: Four, b: Four) -> Four {
        Four::each(|k| unsafe { vbslq_f32(vcgtq_f32(a.0[k], b.0[k]), a.0[k], b.0[k]) })
    }
    #[inline(always)]
    fn min(self, a: Four, b: Four) -> Four {
        Four::each(|k| unsafe { vbslq_f32(vcltq_f32(a.0[k], b.0[k]), a.0[k], b.0[k]) })
    }
    #[inline(always)]
    fn where_positive(self, x: Four, yes: Four, no: Four) -> Four {
        Four::each(|k| unsafe { vbslq_f32(vcgtzq_f32(x.0[k]), yes.0[k], no.0[k]) })
    }
    #[inline(always)]
    fn round(self, x: Four) -> Four {
        Four::each(|k| unsafe { vrndnq_f32(x.0[k]) })
    }
    #[inline(always)]
    fn max_lanes(self, x: Four) -> f32 {
        let [a, b, c, d] = x.0;
        unsafe { vmaxnmvq_f32(vmaxnmq_f32(vmaxnmq_f32(a, b), vmaxnmq_f32(c, d))) }
    }
    #[inline(always)]
    fn sum_lanes(self, x: Four) -> f32 {
        let [a, b, c, d] = x.0;
        unsafe {
            let of_four = vaddq_f32(vaddq_f32(a, c), vaddq_f32(b, d));
            let of_two = vadd_f32(vget_low_f32(of_four), vget_high_f32(of_four));
            vget_lane_f32::<0>(of_two) + vget_lane_f32::<1>(of_two)
        }
    }
    #[inline(always)]
    fn scale_by_power_of_two(self, x: Four, n: Four) -> Four {
        Four::each(|k| unsafe {
            let biased = vaddq_s32(vcvtnq_s32_f32(n.0[k]), vdupq_n_s32(127));
            vmulq_f32(x.0[k], vreinterpretq_f32_s32(vshlq_n_s32::<23>(biased)))
        })
    }
}
