//! One model per file, for the tasks of decoding behaviour and of forecasting neurons.
//!
//! Networks that decode are `burn` modules behind [`DecodingNetwork`], trained by the engine in
//! cohorts: the paper's two ([`mlp`], [`gnn`]), the established ones it tried ([`gin`], [`sage`],
//! [`gat`], [`attention`]), its variants ([`node_mlp`], [`lstm_mlp`], [`lstm_gnn`]), the one it proposes
//! ([`recurrent_attention`]). Baselines and the SVM are behind [`DirectModel`]. [`DecoderModel`]
//! names them all; it is the one place where a decoder is registered. The same networks forecast, behind
//! [`ForecastingNetwork`]: an architecture is a [`Body`], and its file has a head for either task ([`Decoding`],
//! [`forecasting`]). What they have to beat is in [`forecast`], and [`ForecastModel`] names them all.
//!
//! No model ever sees a recording: they take numbers.

pub mod adm;
pub mod any;
mod architecture;
mod arrays;
pub mod attention;
mod body;
mod choices;
mod decoding;
mod direct;
pub mod encoded;
pub mod forecast;
pub mod forecasting;
pub mod gat;
pub mod gin;
pub mod gnn;
pub mod heads;
mod inputs;
pub mod lda;
mod linear;
pub mod logistic;
pub mod lstm;
pub mod lstm_gnn;
pub mod lstm_mlp;
pub mod majority;
pub mod mlp;
mod network;
pub mod node_mlp;
pub mod recurrent_attention;
pub mod refit;
mod registry;
pub mod sage;
pub mod sequence;
pub mod svm;
pub mod tcn;
pub mod trajectory;
pub mod written;

pub use architecture::Architecture;
pub use arrays::{DecoderArray, DecoderSizes, ForecasterSizes, RestoreError};
pub use body::{Body, Layers};
pub use choices::NetworkChoices;
pub use decoding::Decoding;
pub use direct::{DirectDecoder, DirectModel, FitError, LabelledFrames, Prediction, Restore};
pub use forecast::{ForecastModel, ForecastingNetwork, Increment, Loss, ResidualOf};
pub use inputs::{Inputs, Look};
pub use network::{DecodingNetwork, Dimensions, NetworkInputs, NetworkVisitor};
pub use registry::{DecoderModel, ModelName, NetworkConfig, Remembered, UnknownModel};
