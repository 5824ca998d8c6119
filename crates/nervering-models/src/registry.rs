//! The decoders by name: the one place where a model is registered.

use crate::adm::Adm;
use crate::any::{AnyConfig, Readout};
use crate::architecture::Architecture;
use crate::body::Layers;
use crate::direct::DirectModel;
use crate::encoded::{Encoded, EncodedConfig};
use crate::gin::Epsilon;
use crate::gnn::{Edges, GivenEdges, GnnConfig};
use crate::inputs::{Inputs, Look};
use crate::lda::Lda;
use crate::logistic::Logistic;
use crate::lstm::{CUT, Direction, LstmConfig};
use crate::lstm_gnn::LstmGnn;
use crate::majority::Majority;
use crate::mlp::MlpConfig;
use crate::network::{NetworkInputs, NetworkVisitor};
use crate::recurrent_attention::Leaning;
use crate::svm::Svm;
use crate::tcn::TcnConfig;
use burn::tensor::Device;
use nervering_nn::lstm::{Cut, SEQUENCE};
use rand::Rng;
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
    /// The same with a connectome's edges.
    GnnConnectome,
    /// With a connectome's edges, moved at random.
    GnnShuffled,
    /// With random edges.
    GnnRandom,
    /// With the same weight for every edge.
    GnnUniform,
    /// With self edges alone: no message passes.
    GnnSelf,
    /// With a temperature that makes edges nearly 0 or 1.
    GnnOnehot,
    /// With two message-passing steps.
    Gnn2Step,
    /// With nodes added up instead of side by side.
    GnnSum,
    /// With edges inferred anew at every frame.
    GnnDynamic,
    /// With a weight of each ordered pair that is trained.
    GnnFree,
    /// Graph isomorphism network.
    Gin0,
    /// Graph isomorphism network that learns ε.
    GinEps,
    /// GraphSAGE.
    Sage,
    /// Graph attention network.
    Gat,
    /// Global attention pooling.
    Attention,
    /// An MLP for each neuron, then one for all.
    NodeMlp,
    /// The scripts' MLP with as much batch norm as the graph network.
    MlpNorm,
    /// The scripts' MLP with as many parameters as the graph network.
    MlpWide,
    /// LSTM before the MLP.
    LstmMlp,
    /// LSTM before the graph network.
    LstmGnn,
    /// Attention among neurons with a memory each.
    RecurrentAttention,
    /// The same, leaning to a connectome.
    RecurrentAttentionConnectome,
    /// Temporal convolutions that look to either side.
    Tcn,
    /// Temporal convolutions that look back, and answer at once.
    TcnCausal,
    /// The same, whose answer comes 0.35 s later.
    TcnDelay350ms,
    /// One second later.
    TcnDelay1s,
    /// Two seconds later.
    TcnDelay2s,
    /// A long short-term memory from either end.
    Lstm,
    /// A long short-term memory of the past.
    LstmCausal,
    /// The perceptron of the scripts behind an encoder of each neuron over time.
    TcnMlp,
    /// The graph network of the scripts behind the same.
    TcnGnn,
    /// Temporal convolutions that look to either side, over whichever neurons an animal has.
    TcnAny,
    /// The same, which attends to some of them more than to others.
    TcnAnyAttention,
    /// The same, whose neurons hear each other.
    TcnAnyGnn,
    /// Multinomial logistic regression on eight seconds to either side.
    LogisticContext,
    /// On the eight seconds before.
    LogisticCausal,
    /// Support vector machine with a Gaussian kernel on eight seconds to either side.
    SvmContext,
    /// On the eight seconds before.
    SvmCausal,
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
    /// Eq. 8–14, and with given edges.
    Gnn(GnnConfig),
    /// LSTM before the graph network, which has its width.
    LstmGnn(GnnConfig),
    /// One that forecasts by the same body.
    Of(Architecture, Layers),
    /// Temporal convolutions.
    Tcn(TcnConfig),
    /// Temporal convolutions over whichever neurons an animal has.
    Any(AnyConfig),
    /// A long short-term memory.
    Lstm(LstmConfig),
    /// Behind an encoder of each neuron over time.
    Encoded(EncodedConfig),
}

impl NetworkConfig {
    /// Where the edges come from, of networks that are given theirs.
    pub fn given_edges(self) -> Option<GivenEdges> {
        match self {
            Self::Gnn(GnnConfig { edges: Edges::Given(given), .. })
            | Self::LstmGnn(GnnConfig { edges: Edges::Given(given), .. }) => Some(given),
            Self::Of(architecture, _) => architecture.given_edges(),
            _ => None,
        }
    }

    /// Frames before and after its own that a prediction rests on, besides those that a batch norm or
    /// static edges are taken from.
    pub fn receptive_field(self) -> [usize; 2] {
        match self {
            Self::Tcn(config) => config.receptive_field(),
            Self::Any(config) => config.receptive_field(),
            Self::Lstm(config) => config.receptive_field(),
            Self::Encoded(config) => config.receptive_field(),
            Self::LstmGnn(_) => [SEQUENCE - 1, 0],
            Self::Of(architecture, _) if architecture.has_memory() => [SEQUENCE - 1, 0],
            _ => [0, 0],
        }
    }

    /// The frames that it must be shown to say of the newest what it says of the whole recording.
    pub fn remembered(self) -> Remembered {
        let of = |cut: Cut| Remembered { most: cut.sequence, let_go: cut.sequence - cut.burn_in };
        match self {
            Self::Lstm(_) => of(CUT),
            Self::LstmGnn(_) => of(Cut::WINDOWS),
            Self::Of(architecture, _) if architecture.has_memory() => of(Cut::WINDOWS),
            _ => Remembered { most: 1 + self.receptive_field()[0], let_go: 1 },
        }
    }

    /// Initialises the network, one replica per generator, and hands it to `visitor`.
    ///
    /// # Panics
    /// When edges must come from outside ([`GivenEdges::are_from_outside`]) and `inputs` do not
    /// hold one per pair of neurons.
    pub fn init_with<R: Rng, V: NetworkVisitor>(
        self,
        inputs: &NetworkInputs,
        rngs: &mut [R],
        device: &Device,
        visitor: V,
    ) -> V::Output {
        match self {
            Self::Mlp(config) => visitor.visit(config.init(inputs.sizes, rngs, device)),
            Self::Gnn(config) => visitor.visit(config.init(inputs.clone(), rngs, device)),
            Self::LstmGnn(config) => {
                visitor.visit(LstmGnn::decoding(config, inputs.clone(), rngs, device))
            }
            Self::Of(architecture, layers) => {
                architecture.decoding_with(layers, inputs, rngs, device, visitor)
            }
            Self::Tcn(config) => visitor.visit(config.init(inputs.sizes, rngs, device)),
            Self::Any(config) => visitor.visit(config.init(inputs, rngs, device)),
            Self::Lstm(config) => visitor.visit(config.init(inputs.sizes, rngs, device)),
            Self::Encoded(EncodedConfig::Gnn(config)) => {
                visitor.visit(Encoded::gnn(config, inputs.clone(), rngs, device))
            }
            Self::Encoded(EncodedConfig::Mlp(config)) => {
                visitor.visit(Encoded::mlp(config, inputs.sizes, rngs, device))
            }
        }
    }
}

/// The last frames of a recording that is under way, which a model that does not look ahead is shown. What it makes
/// of the newest is then what it makes of it in the whole recording, since sequences begin where they begin there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remembered {
    /// Frames at most.
    pub most: usize,
    /// Frames that are let go, the earliest, when there are so many and one more comes.
    pub let_go: usize,
}

/// A text that names no decoder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found model {found:?}, expected one of {}", names())]
pub struct UnknownModel {
    /// The text as it was written.
    pub found: String,
}

fn names() -> String {
    ModelName::ALL.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Networks of a model that sees signals over time.
const MEMBERS: usize = 4;

impl ModelName {
    /// All decoders: baselines first, the paper's two networks, variants and controls.
    pub const ALL: &'static [Self] = &[
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
        Self::GnnConnectome,
        Self::GnnShuffled,
        Self::GnnRandom,
        Self::GnnUniform,
        Self::GnnSelf,
        Self::GnnOnehot,
        Self::Gnn2Step,
        Self::GnnSum,
        Self::GnnDynamic,
        Self::GnnFree,
        Self::Gin0,
        Self::GinEps,
        Self::Sage,
        Self::Gat,
        Self::Attention,
        Self::NodeMlp,
        Self::MlpNorm,
        Self::MlpWide,
        Self::LstmMlp,
        Self::LstmGnn,
        Self::RecurrentAttention,
        Self::RecurrentAttentionConnectome,
        Self::Tcn,
        Self::TcnCausal,
        Self::TcnDelay350ms,
        Self::TcnDelay1s,
        Self::TcnDelay2s,
        Self::Lstm,
        Self::LstmCausal,
        Self::TcnMlp,
        Self::TcnGnn,
        Self::TcnAny,
        Self::TcnAnyAttention,
        Self::TcnAnyGnn,
        Self::LogisticContext,
        Self::LogisticCausal,
        Self::SvmContext,
        Self::SvmCausal,
    ];

    /// Those that table 1 compares here: baselines, then the paper's five rows, the networks as the text
    /// and as the scripts have them.
    pub const TABLE1: [Self; 9] = [
        Self::Majority,
        Self::Logistic,
        Self::Adm,
        Self::Svm,
        Self::MlpText,
        Self::Mlp,
        Self::GnnConnectome,
        Self::GnnText,
        Self::Gnn,
    ];

    /// Those that take what is prepared for all models: all but those that see signals over time.
    pub fn of_frames() -> Vec<Self> {
        Self::ALL.iter().copied().filter(|model| model.inputs() == Inputs::Frames).collect()
    }

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
            Self::GnnConnectome => "gnn-connectome",
            Self::GnnShuffled => "gnn-shuffled",
            Self::GnnRandom => "gnn-random",
            Self::GnnUniform => "gnn-uniform",
            Self::GnnSelf => "gnn-self",
            Self::GnnOnehot => "gnn-onehot",
            Self::Gnn2Step => "gnn-2step",
            Self::GnnSum => "gnn-sum",
            Self::GnnDynamic => "gnn-dynamic",
            Self::GnnFree => "gnn-free",
            Self::Gin0 => "gin-0",
            Self::GinEps => "gin-eps",
            Self::Sage => "sage",
            Self::Gat => "gat",
            Self::Attention => "attention",
            Self::NodeMlp => "node-mlp",
            Self::MlpNorm => "mlp-norm",
            Self::MlpWide => "mlp-wide",
            Self::LstmMlp => "lstm-mlp",
            Self::LstmGnn => "lstm-gnn",
            Self::RecurrentAttention => "rgnn",
            Self::RecurrentAttentionConnectome => "rgnn-connectome",
            Self::Tcn => "tcn",
            Self::TcnCausal => "tcn-causal",
            Self::TcnDelay350ms => "tcn-delay-350ms",
            Self::TcnDelay1s => "tcn-delay-1s",
            Self::TcnDelay2s => "tcn-delay-2s",
            Self::Lstm => "lstm",
            Self::LstmCausal => "lstm-causal",
            Self::TcnMlp => "tcn-mlp",
            Self::TcnGnn => "tcn-gnn",
            Self::TcnAny => "tcn-any",
            Self::TcnAnyAttention => "tcn-any-attention",
            Self::TcnAnyGnn => "tcn-any-gnn",
            Self::LogisticContext => "logistic-context",
            Self::LogisticCausal => "logistic-causal",
            Self::SvmContext => "svm-context",
            Self::SvmCausal => "svm-causal",
        }
    }

    /// How it takes what it sees.
    pub fn inputs(self) -> Inputs {
        let back = |delay_s| Inputs::Signals(Look::Back { delay_s });
        match self {
            Self::Tcn | Self::Lstm | Self::TcnMlp | Self::TcnGnn => Inputs::Signals(Look::Around),
            Self::TcnCausal | Self::LstmCausal => back(0.),
            Self::TcnDelay350ms => back(0.35),
            Self::TcnDelay1s => back(1.),
            Self::TcnDelay2s => back(2.),
            Self::TcnAny | Self::TcnAnyAttention | Self::TcnAnyGnn => Inputs::Tokens(Look::Around),
            Self::LogisticContext | Self::SvmContext => Inputs::Context(Look::Around),
            Self::LogisticCausal | Self::SvmCausal => Inputs::Context(Look::Back { delay_s: 0. }),
            _ => Inputs::Frames,
        }
    }

    /// The rows that it must be shown of a recording under way.
    pub fn remembered(self) -> Remembered {
        match self.model() {
            DecoderModel::Network(config) => config.remembered(),
            DecoderModel::Direct(_) => Remembered { most: 1, let_go: 1 },
        }
    }

    /// Networks that it consists of, alike but for their initial weights and the crops they were
    /// trained on.
    pub fn members(self) -> usize {
        if self.inputs().are_cropped() { MEMBERS } else { 1 }
    }

    /// Whether the edges of its network come from outside, as a connectome.
    pub fn needs_connectome(self) -> bool {
        let given = match self.model() {
            DecoderModel::Network(config) => config.given_edges(),
            DecoderModel::Direct(_) => None,
        };
        given.is_some_and(GivenEdges::are_from_outside)
    }

    /// Whether it says how probable each state is, and not the most probable alone.
    pub fn gives_probabilities(self) -> bool {
        match self.model() {
            DecoderModel::Network(_) => true,
            DecoderModel::Direct(direct) => direct.gives_probabilities(),
        }
    }

    /// The decoder behind the name.
    pub fn model(self) -> DecoderModel {
        let of = |architecture| NetworkConfig::Of(architecture, Layers::scripts());
        let network = match self {
            Self::Majority => return DecoderModel::Direct(Box::new(Majority)),
            Self::Logistic => return DecoderModel::Direct(Box::new(Logistic::default())),
            // Of many hundred inputs the last digits would take minutes.
            Self::LogisticContext | Self::LogisticCausal => {
                let logistic = Logistic { tolerance: 1e-4, ..Logistic::default() };
                return DecoderModel::Direct(Box::new(logistic));
            }
            Self::Lda => return DecoderModel::Direct(Box::new(Lda)),
            Self::SvmLinear => return DecoderModel::Direct(Box::new(Svm::linear())),
            Self::Svm | Self::SvmContext | Self::SvmCausal => {
                return DecoderModel::Direct(Box::new(Svm::gaussian()));
            }
            Self::Adm => return DecoderModel::Direct(Box::new(Adm)),
            Self::MlpText => NetworkConfig::Mlp(MlpConfig::text()),
            Self::Mlp => NetworkConfig::Mlp(MlpConfig::scripts()),
            Self::GnnText => NetworkConfig::Gnn(GnnConfig::text()),
            Self::Gnn => NetworkConfig::Gnn(GnnConfig::scripts()),
            Self::GnnConnectome => NetworkConfig::Gnn(GnnConfig::given(GivenEdges::Connectome)),
            Self::GnnShuffled => NetworkConfig::Gnn(GnnConfig::given(GivenEdges::Shuffled)),
            Self::GnnRandom => NetworkConfig::Gnn(GnnConfig::given(GivenEdges::Random)),
            Self::GnnUniform => NetworkConfig::Gnn(GnnConfig::given(GivenEdges::Uniform)),
            Self::GnnSelf => NetworkConfig::Gnn(GnnConfig::given(GivenEdges::SelfOnly)),
            Self::GnnOnehot => NetworkConfig::Gnn(GnnConfig::one_hot()),
            Self::Gnn2Step => NetworkConfig::Gnn(GnnConfig::two_steps()),
            Self::GnnSum => NetworkConfig::Gnn(GnnConfig::sum()),
            Self::GnnDynamic => NetworkConfig::Gnn(GnnConfig::dynamic()),
            Self::GnnFree => NetworkConfig::Gnn(GnnConfig::free()),
            Self::Gin0 => of(Architecture::Gin(Epsilon::Zero)),
            Self::GinEps => of(Architecture::Gin(Epsilon::Learned)),
            Self::Sage => of(Architecture::Sage),
            Self::Gat => of(Architecture::Gat),
            Self::Attention => of(Architecture::Attention),
            Self::NodeMlp => of(Architecture::NodeMlp),
            Self::MlpNorm => NetworkConfig::Mlp(MlpConfig::norm()),
            Self::MlpWide => NetworkConfig::Mlp(MlpConfig::wide()),
            Self::LstmMlp => of(Architecture::LstmMlp),
            Self::LstmGnn => NetworkConfig::LstmGnn(GnnConfig::scripts()),
            Self::RecurrentAttention => of(Architecture::RecurrentAttention(Leaning::None)),
            Self::RecurrentAttentionConnectome => {
                of(Architecture::RecurrentAttention(Leaning::Connectome))
            }
            Self::Tcn => NetworkConfig::Tcn(TcnConfig::centred()),
            Self::Lstm => NetworkConfig::Lstm(LstmConfig::new(Direction::Both)),
            Self::LstmCausal => NetworkConfig::Lstm(LstmConfig::new(Direction::Past)),
            Self::TcnMlp => NetworkConfig::Encoded(EncodedConfig::Mlp(MlpConfig::scripts())),
            Self::TcnGnn => NetworkConfig::Encoded(EncodedConfig::Gnn(GnnConfig::scripts())),
            Self::TcnAny => NetworkConfig::Any(AnyConfig::new(Readout::Mean)),
            Self::TcnAnyAttention => NetworkConfig::Any(AnyConfig::new(Readout::Attention)),
            Self::TcnAnyGnn => NetworkConfig::Any(AnyConfig::new(Readout::Messages)),
            Self::TcnCausal | Self::TcnDelay350ms | Self::TcnDelay1s | Self::TcnDelay2s => {
                NetworkConfig::Tcn(TcnConfig::causal())
            }
        };
        DecoderModel::Network(network)
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
