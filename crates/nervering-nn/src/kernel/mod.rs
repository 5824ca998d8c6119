//! Hand-written CPU kernels: plain slices of one replica in, plain vectors out. They know nothing
//! of `burn`; `ops` wraps each as an operation with a gradient. Widths are multiples of sixteen.

mod activation;
pub(crate) mod block;
pub(crate) mod ceiling;
pub mod chosen;
pub(crate) mod gelu;
pub(crate) mod linear;
mod lines;
pub(crate) mod lstm;
pub(crate) mod mix;
pub(crate) mod nll;
mod norm;
mod outer;
mod product;
pub(crate) mod simd;
pub(crate) mod temporal;
