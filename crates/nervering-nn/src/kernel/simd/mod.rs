//! Sixteen float32 lanes, on whatever the CPU offers: AVX-512, AVX2 with FMA, NEON, or plain Rust.
//!
//! A kernel is a value that implements [`Kernel`]; [`dispatch`] runs it with the widest
//! instruction set found at run time, so a plain `cargo build --release` reaches the fast path.
//! All lane operations take a token ([`Simd`]) that exists only where the CPU was seen to have
//! the instructions: that is what makes them safe to call.
//!
//! The files of the sets are those of the crate with `unsafe`: each intrinsic is called behind its token.
//! Results differ in the last bits between instruction sets, never between two runs on one.

#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(target_arch = "x86_64")]
mod x86;

/// Operations on sixteen lanes. `inline(always)` throughout: the code must end up inside the
/// function that carries the target features.
pub(crate) trait Simd: Copy {
    /// Sixteen lanes.
    type V: Copy;
    fn splat(self, x: f32) -> Self::V;
    fn load(self, from: &[f32; 16]) -> Self::V;
    fn store(self, x: Self::V, to: &mut [f32; 16]);
    /// Appends `rows` to a vector, straight from the registers.
    fn push<const N: usize>(self, rows: [Self::V; N], to: &mut Vec<f32>);
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a * b + c`, fused where the CPU can.
    fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    /// `yes` where `x > 0`, else `no`, lane by lane.
    fn where_positive(self, x: Self::V, yes: Self::V, no: Self::V) -> Self::V;
    /// The nearest integers, ties to even.
    fn round(self, x: Self::V) -> Self::V;
    /// Largest lane.
    fn max_lanes(self, x: Self::V) -> f32;
    /// Sum of the lanes: each half added to the other, down to one.
    fn sum_lanes(self, x: Self::V) -> f32;
    /// `x · 2^n` for integral `n` in [-126, 127].
    fn scale_by_power_of_two(self, x: Self::V, n: Self::V) -> Self::V;

    /// Runs another kernel with the same instructions, as a function of its own: what is large
    /// and called in several places is compiled once.
    fn call<K: Kernel>(self, kernel: K) -> K::Output;

    /// Zero in every lane.
    #[inline(always)]
    fn zero(self) -> Self::V {
        self.splat(0.)
    }

    /// `e^x` to about one unit in the last place for `x` in [-87, 88]; clamped outside.
    /// Cody–Waite reduction and the Cephes polynomial of degree six.
    #[inline(always)]
    fn exp(self, x: Self::V) -> Self::V {
        let s = self;
        // In this order a NaN stays one.
        let x = s.min(s.splat(88.), s.max(s.splat(-87.), x));
        let n = s.round(s.mul(x, s.splat(std::f32::consts::LOG2_E)));
        let r = s.mul_add(n, s.splat(-0.693_359_4), x);
        let r = s.mul_add(n, s.splat(2.121_944_4e-4), r);
        let mut p = s.splat(1.987_569_1e-4);
        for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
            p = s.mul_add(p, r, s.splat(c));
        }
        let e = s.mul_add(s.mul(r, r), p, s.add(r, s.splat(1.)));
        s.scale_by_power_of_two(e, n)
    }

    /// `e^x − 1` for `x` not above zero, to 2e-7 absolute. The result is near −1 wherever the
    /// reduction loses digits, so one constant does for ln 2, and a polynomial of degree five.
    #[inline(always)]
    fn exp_m1_of_negative(self, x: Self::V) -> Self::V {
        let s = self;
        let x = s.max(s.splat(-87.), x);
        let n = s.round(s.mul(x, s.splat(std::f32::consts::LOG2_E)));
        let r = s.mul_add(n, s.splat(-std::f32::consts::LN_2), x);
        let mut p = s.splat(8.312_501e-3);
        for c in [4.189_033e-2, 1.666_711_5e-1, 4.999_923e-1] {
            p = s.mul_add(p, r, s.splat(c));
        }
        let e = s.mul_add(s.mul(r, r), p, s.add(r, s.splat(1.)));
        s.sub(s.scale_by_power_of_two(e, n), s.splat(1.))
    }
}

/// A computation written once for any instruction set. `ROWS` is how many accumulators of
/// sixteen lanes fit the registers beside their operands.
pub(crate) trait Kernel {
    type Output;
    fn run<S: Simd, const ROWS: usize>(self, simd: S) -> Self::Output;
}

/// The instruction sets that kernels are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstructionSet {
    /// 512-bit lanes.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// 256-bit lanes with fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 128-bit lanes with fused multiply-add.
    #[cfg(target_arch = "aarch64")]
    Neon,
    /// What the compiler makes of plain Rust for the target.
    Portable,
}

impl InstructionSet {
    /// Every set that this CPU has, widest first.
    pub fn available() -> Vec<Self> {
        let mut sets = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if x86::Avx512::detect().is_some() {
                sets.push(Self::Avx512);
            }
            if x86::Avx2::detect().is_some() {
                sets.push(Self::Avx2);
            }
        }
        #[cfg(target_arch = "aarch64")]
        if neon::Neon::detect().is_some() {
            sets.push(Self::Neon);
        }
        sets.push(Self::Portable);
        sets
    }

    /// Name for reports.
    pub fn name(self) -> &'static str {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => "AVX-512",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => "AVX2+FMA",
            #[cfg(target_arch = "aarch64")]
            Self::Neon => "NEON",
            Self::Portable => "portable",
        }
    }
}

/// Runs a kernel with the given instruction set, or with plain Rust where the CPU lacks it.
#[inline]
pub(crate) fn dispatch<K: Kernel>(set: InstructionSet, kernel: K) -> K::Output {
    match set {
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 => {
            if let Some(token) = x86::Avx512::detect() {
                return token.call(kernel);
            }
        }
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => {
            if let Some(token) = x86::Avx2::detect() {
                return token.call(kernel);
            }
        }
        #[cfg(target_arch = "aarch64")]
        InstructionSet::Neon => {
            if let Some(token) = neon::Neon::detect() {
                return token.call(kernel);
            }
        }
        InstructionSet::Portable => {}
    }
    Portable.call(kernel)
}

/// Plain Rust; multiply and add round separately, as most targets have no fused instruction.
#[derive(Clone, Copy)]
pub(crate) struct Portable;

/// A plain loop over the lanes: a closure per operation would cost minutes of compile time.
macro_rules! lanes {
    ($k:ident => $value:expr) => {{
        let mut out = [0f32; 16];
        let mut $k = 0;
        while $k < 16 {
            out[$k] = $value;
            $k += 1;
        }
        out
    }};
}

/// All lanes as one: each half with the other, down to one.
#[inline(always)]
fn fold(mut lanes: [f32; 16], with: impl Fn(f32, f32) -> f32) -> f32 {
    for half in [8, 4, 2, 1] {
        for k in 0..half {
            lanes[k] = with(lanes[k], lanes[k + half]);
        }
    }
    lanes[0]
}

impl Simd for Portable {
    type V = [f32; 16];
    #[inline(never)]
    fn call<K: Kernel>(self, kernel: K) -> K::Output {
        kernel.run::<Portable, 2>(self)
    }
    #[inline(always)]
    fn splat(self, x: f32) -> [f32; 16] {
        [x; 16]
    }
    #[inline(always)]
    fn load(self, from: &[f32; 16]) -> [f32; 16] {
        *from
    }
    #[inline(always)]
    fn store(self, x: [f32; 16], to: &mut [f32; 16]) {
        *to = x;
    }
    #[inline(always)]
    fn push<const N: usize>(self, rows: [[f32; 16]; N], to: &mut Vec<f32>) {
        to.extend_from_slice(rows.as_flattened());
    }
    #[inline(always)]
    fn add(self, a: [f32; 16], b: [f32; 16]) -> [f32; 16] {
        lanes!(k => a[k] + b[k])
    }
    #[inline(always)]
    fn sub(self, a: [f32; 16], b: [f32; 16]) -> [f32; 16] {
        lanes!(k => a[k] - b[k])
    }
    #[inline(always)]
    fn mul(self, a: [f32; 16], b: [f32; 16]) -> [f32; 16] {
        lanes!(k => a[k] * b[k])
    }
    #[inline(always)]
    fn mul_add(self, a: [f32; 16], b: [f32; 16], c: [f32; 16]) -> [f32; 16] {
        lanes!(k => a[k] * b[k] + c[k])
    }
    #[inline(always)]
    fn max(self, a: [f32; 16], b: [f32; 16]) -> [f32; 16] {
        lanes!(k => if a[k] > b[k] { a[k] } else { b[k] })
    }
    #[inline(always)]
    fn min(self, a: [f32; 16], b: [f32; 16]) -> [f32; 16] {
        lanes!(k => if a[k] < b[k] { a[k] } else { b[k] })
    }
    #[inline(always)]
    fn where_positive(self, x: [f32; 16], yes: [f32; 16], no: [f32; 16]) -> [f32; 16] {
        lanes!(k => if x[k] > 0. { yes[k] } else { no[k] })
    }
    #[inline(always)]
    fn round(self, x: [f32; 16]) -> [f32; 16] {
        lanes!(k => x[k].round_ties_even())
    }
    #[inline(always)]
    fn max_lanes(self, x: [f32; 16]) -> f32 {
        fold(x, f32::max)
    }
    #[inline(always)]
    fn sum_lanes(self, x: [f32; 16]) -> f32 {
        fold(x, |a, b| a + b)
    }
    #[inline(always)]
    fn scale_by_power_of_two(self, x: [f32; 16], n: [f32; 16]) -> [f32; 16] {
        lanes!(k => x[k] * f32::from_bits(((n[k] as i32 + 127) as u32) << 23))
    }
}

#[cfg(test)]
mod tests;
