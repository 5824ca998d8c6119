//! Sixteen lanes by the instructions of x86-64: one register of AVX-512, or two of AVX2 with FMA.

use super::{Kernel, Simd};
use std::arch::x86_64::*;

/// Proof that this CPU has AVX-512F.
#[derive(Clone, Copy)]
pub(super) struct Avx512(());

impl Avx512 {
    pub(super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx512f").then_some(Self(()))
    }
}

// SAFETY, for every block below: a token exists only on a CPU with AVX-512F, and loads and
// stores go through references to sixteen floats, or fill room for as many in a vector, which
// counts them when all are written.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Simd for Avx512 {
    type V = __m512;
    #[inline]
    fn call<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx512f,avx2,fma")]
        #[inline(never)]
        fn inside<K: Kernel>(token: Avx512, kernel: K) -> K::Output {
            kernel.run::<Avx512, 16>(token)
        }
        // AVX-512F implies AVX2 and FMA.
        unsafe { inside(self, kernel) }
    }
    #[inline(always)]
    fn splat(self, x: f32) -> __m512 {
        unsafe { _mm512_set1_ps(x) }
    }
    #[inline(always)]
    fn load(self, from: &[f32; 16]) -> __m512 {
        unsafe { _mm512_loadu_ps(from.as_ptr()) }
    }
    #[inline(always)]
    fn store(self, x: __m512, to: &mut [f32; 16]) {
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), x) }
    }
    #[inline(always)]
    fn push<const N: usize>(self, rows: [__m512; N], to: &mut Vec<f32>) {
        to.reserve(N * 16);
        let spare = &mut to.spare_capacity_mut()[..N * 16];
        for (row, to) in rows.into_iter().zip(spare.chunks_exact_mut(16)) {
            unsafe { _mm512_storeu_ps(to.as_mut_ptr().cast(), row) }
        }
        unsafe { to.set_len(to.len() + N * 16) }
    }
    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_add_ps(a, b) }
    }
    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_sub_ps(a, b) }
    }
    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_mul_ps(a, b) }
    }
    #[inline(always)]
    fn mul_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    fn max(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_max_ps(a, b) }
    }
    #[inline(always)]
    fn min(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_min_ps(a, b) }
    }
    #[inline(always)]
    fn where_positive(self, x: __m512, yes: __m512, no: __m512) -> __m512 {
        unsafe {
            let positive = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(x, _mm512_setzero_ps());
            _mm512_mask_blend_ps(positive, no, yes)
        }
    }
    #[inline(always)]
    fn round(self, x: __m512) -> __m512 {
        unsafe { _mm512_roundscale_ps::<0>(x) }
    }
    #[inline(always)]
    fn max_lanes(self, x: __m512) -> f32 {
        unsafe { _mm512_reduce_max_ps(x) }
    }
    #[inline(always)]
    fn sum_lanes(self, x: __m512) -> f32 {
        unsafe { _mm512_reduce_add_ps(x) }
    }
    #[inline(always)]
    fn scale_by_power_of_two(self, x: __m512, n: __m512) -> __m512 {
        unsafe { _mm512_scalef_ps(x, n) }
    }
}

/// Proof that this CPU has AVX2 and FMA.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    pub(super) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        has.then_some(Self(()))
    }
}

/// Two registers of eight lanes.
#[derive(Clone, Copy)]
pub(super) struct Pair(__m256, __m256);

// SAFETY, for every block below: a token exists only on a CPU with AVX2 and FMA, and loads
// and stores stay within the sixteen floats of the reference, or of the room in a vector, which
// counts them when all are written.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Simd for Avx2 {
    type V = Pair;
    #[inline]
    fn call<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx2,fma")]
        #[inline(never)]
        fn inside<K: Kernel>(token: Avx2, kernel: K) -> K::Output {
            kernel.run::<Avx2, 6>(token)
        }
        unsafe { inside(self, kernel) }
    }
    #[inline(always)]
    fn splat(self, x: f32) -> Pair {
        let half = unsafe { _mm256_set1_ps(x) };
        Pair(half, half)
    }
    #[inline(always)]
    fn load(self, from: &[f32; 16]) -> Pair {
        unsafe { Pair(_mm256_loadu_ps(from.as_ptr()), _mm256_loadu_ps(from.as_ptr().add(8))) }
    }
    #[inline(always)]
    fn store(self, x: Pair, to: &mut [f32; 16]) {
        unsafe {
            _mm256_storeu_ps(to.as_mut_ptr(), x.0);
            _mm256_storeu_ps(to.as_mut_ptr().add(8), x.1);
        }
    }
    #[inline(always)]
    fn push<const N: usize>(self, rows: [Pair; N], to: &mut Vec<f32>) {
        to.reserve(N * 16);
        let spare = &mut to.spare_capacity_mut()[..N * 16];
        for (row, to) in rows.into_iter().zip(spare.chunks_exact_mut(16)) {
            let to = to.as_mut_ptr().cast::<f32>();
            unsafe {
                _mm256_storeu_ps(to, row.0);
                _mm256_storeu_ps(to.add(8), row.1);
            }
        }
        unsafe { to.set_len(to.len() + N * 16) }
    }
    #[inline(always)]
    fn add(self, a: Pair, b: Pair) -> Pair {
        unsafe { Pair(_mm256_add_ps(a.0, b.0), _mm256_add_ps(a.1, b.1)) }
    }
    #[inline(always)]
    fn sub(self, a: Pair, b: Pair) -> Pair {
        unsafe { Pair(_mm256_sub_ps(a.0, b.0), _mm256_sub_ps(a.1, b.1)) }
    }
    #[inline(always)]
    fn mul(self, a: Pair, b: Pair) -> Pair {
        unsafe { Pair(_mm256_mul_ps(a.0, b.0), _mm256_mul_ps(a.1, b.1)) }
    }
    #[inline(always)]
    fn mul_add(self, a: Pair, b: Pair, c: Pair) -> Pair {
        unsafe { Pair(_mm256_fmadd_ps(a.0, b.0, c.0), _mm256_fmadd_ps(a.1, b.1, c.1)) }
    }
    #[inline(always)]
    fn max(self, a: Pair, b: Pair) -> Pair {
        unsafe { Pair(_mm256_max_ps(a.0, b.0), _mm256_max_ps(a.1, b.1)) }
    }
    #[inline(always)]
    fn min(self, a: Pair, b: Pair) -> Pair {
        unsafe { Pair(_mm256_min_ps(a.0, b.0), _mm256_min_ps(a.1, b.1)) }
    }
    #[inline(always)]
    fn where_positive(self, x: Pair, yes: Pair, no: Pair) -> Pair {
        unsafe {
            let zero = _mm256_setzero_ps();
            let choose =
                |x, yes, no| _mm256_blendv_ps(no, yes, _mm256_cmp_ps::<_CMP_GT_OQ>(x, zero));
            Pair(choose(x.0, yes.0, no.0), choose(x.1, yes.1, no.1))
        }
    }
    #[inline(always)]
    fn round(self, x: Pair) -> Pair {
        unsafe {
            const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
            Pair(_mm256_round_ps::<NEAREST>(x.0), _mm256_round_ps::<NEAREST>(x.1))
        }
    }
    #[inline(always)]
    fn max_lanes(self, x: Pair) -> f32 {
        unsafe {
            let of_eight = _mm256_max_ps(x.0, x.1);
            let of_four =
                _mm_max_ps(_mm256_castps256_ps128(of_eight), _mm256_extractf128_ps::<1>(of_eight));
            let of_two = _mm_max_ps(of_four, _mm_movehl_ps(of_four, of_four));
            _mm_cvtss_f32(_mm_max_ss(of_two, _mm_movehdup_ps(of_two)))
        }
    }
    #[inline(always)]
    fn sum_lanes(self, x: Pair) -> f32 {
        unsafe {
            let of_eight = _mm256_add_ps(x.0, x.1);
            let of_four =
                _mm_add_ps(_mm256_castps256_ps128(of_eight), _mm256_extractf128_ps::<1>(of_eight));
            let of_two = _mm_add_ps(of_four, _mm_movehl_ps(of_four, of_four));
            _mm_cvtss_f32(_mm_add_ss(of_two, _mm_movehdup_ps(of_two)))
        }
    }
    #[inline(always)]
    fn scale_by_power_of_two(self, x: Pair, n: Pair) -> Pair {
        unsafe {
            let scale = |x, n| {
                let biased = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
                _mm256_mul_ps(x, _mm256_castsi256_ps(_mm256_slli_epi32::<23>(biased)))
            };
            Pair(scale(x.0, n.0), scale(x.1, n.1))
        }
    }
}
