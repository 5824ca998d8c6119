//! The activations that the text (ReLU) and the scripts (ELU) use.

use burn::tensor::Tensor;
use std::fmt;
use std::str::FromStr;

/// A non-linearity between layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Activation {
    /// `max(x, 0)`: the text, "two linear layers followed by ReLu".
    Relu,
    /// `x` where positive, else `e^x − 1`: the scripts.
    Elu,
}

impl Activation {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Relu, Self::Elu];

    /// Its name in files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Relu => "relu",
            Self::Elu => "elu",
        }
    }

    /// Applies the activation, composed from primitives.
    pub fn apply<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Relu => burn::tensor::activation::relu(x),
            // From primitives: the exponential only ever sees values that are not positive.
            Self::Elu => burn::tensor::activation::relu(x.clone()) + (x.clamp_max(0.).exp() - 1.),
        }
    }
}

/// A text that names no activation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found {found:?}, expected relu or elu")]
pub struct UnknownActivation {
    /// The text as it was written.
    pub found: String,
}

impl FromStr for Activation {
    type Err = UnknownActivation;

    fn from_str(text: &str) -> Result<Self, UnknownActivation> {
        let unknown = || UnknownActivation { found: text.to_owned() };
        Self::ALL.into_iter().find(|activation| activation.as_str() == text).ok_or_else(unknown)
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
