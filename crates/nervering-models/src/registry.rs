//! The decoders by name: the one place where a model is registered.

use crate::adm::Adm;
use crate::direct::DirectModel;
use crate::gnn::GnnConfig;
use crate::lda::Lda;
use crate::logistic::Logistic;
use crate::majority::Majority;
use crate::mlp::MlpConfig;
use crate::svm::Svm;
use std::fmt;
use std::str::FromStr;

/// The name of a decoder, as studies and tables write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ModelName {
    /// The most frequent state of the training frames.
    Majority,
    /// Multinomial logistic regression.
    Logistic,
    /// Linear discriminant analysis.
    Lda,
    /// Support vector machine with a linear kernel.
    SvmLinear,
    /// Support vector machine with a Gaussian kernel.
    Svm,
    /// Asymmetric Diffusion Map Modelling.
    Adm,
    /// The multi-layer perceptron of eq. 6–7, as written.
    MlpText,
    /// The multi-layer perceptron of the scripts.
    Mlp,
    /// The graph neural network of eq. 8–14, as written.
    GnnText,
    /// The graph neural network of the scripts.
    Gnn,
}

/// What a name stands for.
pub enum DecoderModel {
    /// Trained by gradient steps, in cohorts.
    Network(NetworkConfig),
    /// Fitted directly.
    Direct(Box<dyn DirectModel>),
}

/// The architecture of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkConfig {
    /// Eq. 6–7.
    Mlp(MlpConfig),
    /// Eq. 8–14.
    Gnn(GnnConfig),
}

/// A text that names no decoder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found model {found:?}, expected one of {}", names())]
pub struct UnknownModel {
    /// The text as it was written.
    pub found: String,
}

fn names() -> String {
    ModelName::ALL.map(ModelName::as_str).join(", ")
}

impl ModelName {
    /// All decoders, baselines first.
    pub const ALL: [ModelName; 10] = [
        Self::Majority,
        Self::Logistic,
        Self::Lda,
        Self::SvmLinear,
        Self::Svm,
        Self::Adm,
        Self::MlpText,
        Self::Mlp,
        Self::GnnText,
        Self::Gnn,
    ];

    /// The name, for example `gnn-text`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Majority => "majority",
            Self::Logistic => "logistic",
            Self::Lda => "lda",
            Self::SvmLinear => "svm-linear",
            Self::Svm => "svm",
            Self::Adm => "adm",
            Self::MlpText => "mlp-text",
            Self::Mlp => "mlp",
            Self::GnnText => "gnn-text",
            Self::Gnn => "gnn",
        }
    }

    /// The decoder behind the name.
    pub fn model(self) -> DecoderModel {
        match self {
            Self::Majority => DecoderModel::Direct(Box::new(Majority)),
            Self::Logistic => DecoderModel::Direct(Box::new(Logistic::default())),
            Self::Lda => DecoderModel::Direct(Box::new(Lda)),
            Self::SvmLinear => DecoderModel::Direct(Box::new(Svm::linear())),
            Self::Svm => DecoderModel::Direct(Box::new(Svm::gaussian())),
            Self::Adm => DecoderModel::Direct(Box::new(Adm)),
            Self::MlpText => DecoderModel::Network(NetworkConfig::Mlp(MlpConfig::text())),
            Self::Mlp => DecoderModel::Network(NetworkConfig::Mlp(MlpConfig::scripts())),
            Self::GnnText => DecoderModel::Network(NetworkConfig::Gnn(GnnConfig::text())),
            Self::Gnn => DecoderModel::Network(NetworkConfig::Gnn(GnnConfig::scripts())),
        }
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ModelName {
    type Err = UnknownModel;

    fn from_str(text: &str) -> Result<Self, UnknownModel> {
        let by_name = |name: &&ModelName| name.as_str() == text;
        Self::ALL.iter().find(by_name).copied().ok_or(UnknownModel { found: text.to_owned() })
    }
}
