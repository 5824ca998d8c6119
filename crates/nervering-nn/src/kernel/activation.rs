//! The two activations of the paper and its scripts, on lanes. The slope is a function of the
//! activation's own output, so that a backward pass needs nothing else.

use super::simd::Simd;

/// An activation, chosen at compile time.
pub(super) trait Activate: Copy + 'static {
    /// Whether [`Activate::of_sum`] is cheaper than [`Activate::apply`].
    const SPLITS: bool;
    fn apply<S: Simd>(s: S, x: S::V) -> S::V;
    /// `gradient · slope`, the slope taken from the output `a`.
    fn slope<S: Simd>(s: S, a: S::V, gradient: S::V) -> S::V;
    /// What [`Activate::of_sum`] needs of each of its two terms.
    fn factor<S: Simd>(s: S, x: S::V) -> S::V;
    /// The activation of `z = x + y` from the factors of `x` and `y`, neither beyond
    /// [`FACTOR_LIMIT`]: of n terms in n² sums the costly part is computed n times.
    fn of_sum<S: Simd>(s: S, z: S::V, of_x: S::V, of_y: S::V) -> S::V;
}

/// Size of a term up to which factors neither overflow nor vanish.
pub(super) const FACTOR_LIMIT: f32 = 40.;

/// `max(x, 0)`.
#[derive(Clone, Copy)]
pub(super) struct Relu;
/// `x` where positive, else `e^x − 1`.
#[derive(Clone, Copy)]
pub(super) struct Elu;

impl Activate for Relu {
    const SPLITS: bool = false;

    #[inline(always)]
    fn apply<S: Simd>(s: S, x: S::V) -> S::V {
        // In this order a NaN stays one.
        s.max(s.zero(), x)
    }
    #[inline(always)]
    fn slope<S: Simd>(s: S, a: S::V, gradient: S::V) -> S::V {
        s.where_positive(a, gradient, s.zero())
    }
    #[inline(always)]
    fn factor<S: Simd>(_: S, x: S::V) -> S::V {
        x
    }
    #[inline(always)]
    fn of_sum<S: Simd>(s: S, z: S::V, _: S::V, _: S::V) -> S::V {
        Self::apply(s, z)
    }
}

impl Activate for Elu {
    const SPLITS: bool = true;

    #[inline(always)]
    fn apply<S: Simd>(s: S, x: S::V) -> S::V {
        // e^x − 1 lies above x, so the larger of the two is the right one on both sides of zero.
        // In this order a NaN stays one.
        s.max(s.exp_m1_of_negative(s.min(x, s.zero())), x)
    }
    #[inline(always)]
    fn slope<S: Simd>(s: S, a: S::V, gradient: S::V) -> S::V {
        s.mul_add(gradient, s.min(a, s.zero()), gradient)
    }
    #[inline(always)]
    fn factor<S: Simd>(s: S, x: S::V) -> S::V {
        s.exp(x)
    }
    #[inline(always)]
    fn of_sum<S: Simd>(s: S, z: S::V, of_x: S::V, of_y: S::V) -> S::V {
        let power = s.min(s.mul(of_x, of_y), s.splat(1.));
        s.max(s.sub(power, s.splat(1.)), z)
    }
}
