//! Sixteen float32 lanes, on whatever the CPU offers: AVX-512, AVX2 with FMA, or plain Rust.
//!
//! A kernel is a value that implements [`Kernel`]; [`dispatch`] runs it with the widest
//! instruction set found at run time, so a plain `cargo build --release` reaches the fast path.
//! All lane operations take a token ([`Simd`]) that exists only where the CPU was seen to have
//! the instructions: that is what makes them safe to call.
//!
//! This is the one file of the crate with `unsafe`: each intrinsic is called behind its token.
//! Results differ in the last bits between instruction sets, never between two runs on one.

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
            Self::Portable => "portable",
        }
    }
}

/// Runs a kernel with the given instruction set, or with plain Rust where the CPU lacks it.
#[inline]
pub(crate) fn dispatch<K: Kernel>(set: InstructionSet, kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    match set {
        InstructionSet::Avx512 => {
            if let Some(token) = x86::Avx512::detect() {
                return token.call(kernel);
            }
        }
        InstructionSet::Avx2 => {
            if let Some(token) = x86::Avx2::detect() {
                return token.call(kernel);
            }
        }
        InstructionSet::Portable => {}
    }
    #[cfg(not(target_arch = "x86_64"))]
    let InstructionSet::Portable = set;
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

#[cfg(target_arch = "x86_64")]
mod x86 {
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
                let of_four = _mm_max_ps(
                    _mm256_castps256_ps128(of_eight),
                    _mm256_extractf128_ps::<1>(of_eight),
                );
                let of_two = _mm_max_ps(of_four, _mm_movehl_ps(of_four, of_four));
                _mm_cvtss_f32(_mm_max_ss(of_two, _mm_movehdup_ps(of_two)))
            }
        }
        #[inline(always)]
        fn sum_lanes(self, x: Pair) -> f32 {
            unsafe {
                let of_eight = _mm256_add_ps(x.0, x.1);
                let of_four = _mm_add_ps(
                    _mm256_castps256_ps128(of_eight),
                    _mm256_extractf128_ps::<1>(of_eight),
                );
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
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Exponentials<'a>(&'a [[f32; 16]]);
    impl Kernel for Exponentials<'_> {
        type Output = Vec<f32>;
        #[inline(always)]
        fn run<S: Simd, const ROWS: usize>(self, s: S) -> Vec<f32> {
            let mut out = vec![[0f32; 16]; self.0.len()];
            for (x, y) in self.0.iter().zip(&mut out) {
                s.store(s.exp(s.load(x)), y);
            }
            out.into_flattened()
        }
    }

    #[test]
    fn exponentials_agree_with_the_library_on_every_instruction_set() {
        let x: Vec<f32> = (0..16 * 1100).map(|k| -87. + k as f32 * 0.0099).collect();
        for set in InstructionSet::available() {
            let y = dispatch(set, Exponentials(x.as_chunks().0));
            for (x, y) in x.iter().zip(y) {
                let exact = f64::from(*x).exp();
                assert!(((f64::from(y) - exact) / exact).abs() < 2e-7, "{set:?} exp({x}) = {y}");
            }
        }
    }

    struct Push<'a>([[f32; 16]; 3], &'a mut Vec<f32>);
    impl Kernel for Push<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd, const ROWS: usize>(self, s: S) {
            let [a, b, c] = [s.load(&self.0[0]), s.load(&self.0[1]), s.load(&self.0[2])];
            s.push([a, b], self.1);
            s.push([c], self.1);
        }
    }

    #[test]
    fn rows_are_appended_behind_what_a_vector_holds() {
        let rows = std::array::from_fn(|row| std::array::from_fn(|k| (row * 16 + k) as f32));
        for set in InstructionSet::available() {
            let mut values = vec![-1.; 3];
            dispatch(set, Push(rows, &mut values));
            assert_eq!(
                (&values[..3], &values[3..]),
                (&[-1.; 3][..], rows.as_flattened()),
                "{set:?}"
            );
        }
    }

    struct Lanes([f32; 16], [f32; 16]);
    impl Kernel for Lanes {
        type Output = (Vec<[f32; 16]>, f32, f32);
        #[inline(always)]
        fn run<S: Simd, const ROWS: usize>(self, s: S) -> Self::Output {
            let (a, b) = (s.load(&self.0), s.load(&self.1));
            let results = [
                s.add(a, b),
                s.sub(a, b),
                s.mul(a, b),
                s.max(a, b),
                s.min(a, b),
                s.where_positive(a, b, s.splat(-1.)),
                s.round(a),
            ];
            let mut out = vec![[0f32; 16]; results.len()];
            for (x, to) in results.into_iter().zip(&mut out) {
                s.store(x, to);
            }
            (out, s.max_lanes(a), s.sum_lanes(a))
        }
    }

    #[test]
    fn every_instruction_set_gives_the_same_exact_operations() {
        let a = std::array::from_fn(|k| (k as f32 - 7.5) * 0.75);
        let b = std::array::from_fn(|k| 3. - k as f32);
        let portable = dispatch(InstructionSet::Portable, Lanes(a, b));
        for set in InstructionSet::available() {
            assert_eq!(dispatch(set, Lanes(a, b)), portable, "{set:?}");
        }
        assert_eq!((portable.1, portable.2), (5.625, 0.));
    }
}
