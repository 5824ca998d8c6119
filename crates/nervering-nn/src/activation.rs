//! The activations that the text (ReLU) and the scripts (ELU) use.

use burn::tensor::Tensor;

/// A non-linearity between layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Activation {
    /// `max(x, 0)`: the text, "two linear layers followed by ReLu".
    Relu,
    /// `x` where positive, else `e^x − 1`: the scripts.
    Elu,
}

impl Activation {
    /// Applies the activation, composed from primitives.
    pub fn apply<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Relu => burn::tensor::activation::relu(x),
            // From primitives: the exponential only ever sees values that are not positive.
            Self::Elu => burn::tensor::activation::relu(x.clone()) + (x.clamp_max(0.).exp() - 1.),
        }
    }
}
