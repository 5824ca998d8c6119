//! The two activations of the paper and its scripts, on lanes. The slope is a function of the
//! activation's own output, so that a backward pass needs nothing else.

use super::simd::Simd;

/// An activation, chosen at compile time.
pub(super) trait Activate: Copy + 'static {
    fn apply<S: Simd>(s: S, x: S::V) -> S::V;
    /// `gradient · slope`, the slope taken from the output `a`.
    fn slope<S: Simd>(s: S, a: S::V, gradient: S::V) -> S::V;
}

/// `max(x, 0)`.
#[derive(Clone, Copy)]
pub(super) struct Relu;
/// `x` where positive, else `e^x − 1`.
#[derive(Clone, Copy)]
pub(super) struct Elu;
impl Activate for Relu {
    #[inline(always)]
    fn apply<S: Simd>(s: S, x: S::V) -> S::V {
        s.max(x, s.zero())
    }
    #[inline(always)]
    fn slope<S: Simd>(s: S, a: S::V, gradient: S::V) -> S::V {
        s.where_positive(a, gradient, s.zero())
    }
}

impl Activate for Elu {
    #[inline(always)]
    fn apply<S: Simd>(s: S, x: S::V) -> S::V {
        s.where_positive(x, x, s.sub(s.exp(x), s.splat(1.)))
    }
    #[inline(always)]
    fn slope<S: Simd>(s: S, a: S::V, gradient: S::V) -> S::V {
        s.where_positive(a, gradient, s.mul_add(gradient, a, gradient))
    }
}
