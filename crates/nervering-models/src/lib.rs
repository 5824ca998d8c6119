//! One model per file, for the task of decoding behaviour.
//!
//! Networks ([`mlp`], [`gnn`]) are `burn` modules behind [`DecodingNetwork`], trained by the
//! engine in cohorts. Baselines and the SVM are behind [`DirectModel`]. [`DecoderModel`] names
//! them all; it is the one place where a model is registered.
//!
//! No model ever sees a recording: they take numbers.

mod direct;
pub mod gnn;
pub mod logistic;
pub mod majority;
pub mod mlp;
mod network;
mod registry;
pub mod svm;

pub use direct::{DirectDecoder, DirectModel, FitError, LabelledFrames, Prediction};
pub use network::{DecodingNetwork, Dimensions};
pub use registry::{DecoderModel, ModelName, NetworkConfig, UnknownModel};
