//! A model's pass written out: [`Written`], a list of operations on arrays and named tensors that any
//! program can follow without this one. Model files carry it.
//!
//! Array 0 is what the model is given, `[frame, neuron, number]`; each [`Step`] makes the next from
//! those it names. The order of the steps that take something over frames is that in which a
//! [`Pass`](nervering_nn::pass::Pass) numbers its statistics.

use nervering_nn::activation::Activation;
use nervering_nn::block::{EPSILON, MlpBlock};
use nervering_nn::lstm::{BURN_IN, Cut, GATES};
use nervering_nn::ops::Taps;
use serde::Serialize;

/// The number of an array: 0 is given, the k-th step makes k.
pub type Place = usize;

/// What a step does. Names are those of tensors in the model's file.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum Operation {
    /// `x · w + b` along the last axis. `w` is `[in, out]`; where every neuron has its own,
    /// `[neuron, in, out]`, and `b` is `[neuron · out]`.
    Dense {
        /// Weights.
        w: String,
        /// Bias; none where it is left out.
        #[serde(skip_serializing_if = "Option::is_none")]
        b: Option<String>,
    },
    /// `max(x, 0)`.
    Relu,
    /// `x` where positive, else `e^x − 1`.
    Elu,
    /// `x` where positive, else `slope · x`.
    LeakyRelu {
        /// Below 0.
        slope: f64,
    },
    /// The logistic function.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// `(x − mean) / √(variance + epsilon) · gamma + beta`, mean and variance being the next of the
    /// statistics; variance is that of all rows, divided by their number. Of vectors `[neuron · unit]`,
    /// each neuron has its own.
    BatchNorm {
        /// Scale.
        gamma: String,
        /// Shift.
        beta: String,
        /// Added to the variance.
        epsilon: f64,
    },
    /// The mean over frames, which is the next of the statistics.
    MeanOverFrames,
    /// A tensor as it is.
    Parameter {
        /// Its name.
        name: String,
    },
    /// Neurons side by side: `[frame, neuron, number]` → `[frame, neuron · number]`.
    SideBySide,
    /// The way back, to the shape of the second.
    ByNeuron,
    /// Along the last axis, one behind the other.
    Join,
    /// Every ordered pair: `[frame, neuron, number]` → `[frame, receiver, sender, 2 · number]`, the
    /// receiver's numbers first.
    Pairs,
    /// The second component of the softmax of two numbers, each multiplied by `scale`:
    /// `[…, receiver, sender, 2]` → `[…, receiver, sender]`.
    EdgeWeight {
        /// 1, or more for weights nearer to 0 and 1.
        scale: f64,
    },
    /// Without the weights from each neuron to itself.
    WithoutSelf,
    /// `Σ_j w[receiver j] · f[j]`, of weights and of what is sent.
    Mix,
    /// `Σ_j w[receiver j] · e[receiver j]`, of weights and of what each pair makes.
    MixPairs,
    /// The softmax of each receiver over its senders: `[…, receiver, sender]`.
    SoftmaxOverSenders,
    /// The softmax over neurons, `[frame, neuron, number]`.
    SoftmaxOverNeurons,
    /// `a · [receiver's numbers ‖ sender's numbers]`: `[frame, neuron, number]` →
    /// `[frame, receiver, sender]`.
    PairScores {
        /// `[2 · number, 1]`.
        a: String,
    },
    /// The sum over neurons, which stay an axis of one.
    SumOverNeurons,
    /// The mean of the other neurons; 0 where there is none.
    MeanOfOthers,
    /// The first, once for each neuron of the second.
    ToEveryNeuron,
    /// The sum of two.
    Add,
    /// The product of two.
    Multiply,
    /// What the identity of each neuron makes of its numbers, `x · (own of the neuron + shared of its class)`:
    /// `[frame, neuron, number]` → `[frame, neuron, unit]`.
    ByIdentity {
        /// `[neuron · number, unit]`.
        own: String,
        /// `[class · number, unit]`.
        shared: String,
        /// Of each neuron the number of its class.
        classes: Vec<usize>,
    },
    /// The sum of the first over the neurons that are there, multiplied by √(neurons / neurons there):
    /// `[frame, neuron, unit]` → `[frame, unit]`. The second is what says so: its first number of a neuron is
    /// 1 if it is there.
    SumOfPresent,
    /// The softmax of the first over the neurons that are there, multiplied by their number; 0 of others. The
    /// second says which are there, as above.
    SharesOfPresent,
    /// Of each unit the number of its head: unit u of the n of the second has head ⌊u · heads / n⌋ of the
    /// first, `[frame, neuron, head]` → `[frame, neuron, unit]`.
    ByHead,
    /// Weights between identities, `[receiver, sender]`: with e the first row of what stands in `by-identity`, the
    /// softmax over senders of `(e · query) · (e · key)ᵀ / √units`.
    IdentityEdges {
        /// `[neuron · number, unit]`.
        own: String,
        /// `[class · number, unit]`.
        shared: String,
        /// Of each neuron the number of its class.
        classes: Vec<usize>,
        /// `[unit, unit]`.
        query: String,
        /// `[unit, unit]`.
        key: String,
    },
    /// `Σ_j w[receiver j] · f[j] / Σ_j w[receiver j]` over the senders that are there, of weights, of what is
    /// sent, and of what says who is there.
    MixOfPresent,
    /// Long short-term memory along frames, each neuron by itself. Recordings are cut into sequences of
    /// `sequence` frames that begin every `sequence − burn_in` frames from state 0; the first `burn_in`
    /// results of a sequence do not count but in the first one.
    Lstm {
        /// `[in, gate · unit]`.
        w_in: String,
        /// `[unit, gate · unit]`.
        w_state: String,
        /// `[gate · unit]`.
        b: String,
        /// In the order of the columns.
        gates: [&'static str; 4],
        /// Frames of a sequence; none for one that goes on through a roll-out.
        #[serde(skip_serializing_if = "Option::is_none")]
        sequence: Option<usize>,
        /// Frames that warm the state up.
        burn_in: usize,
    },
    /// Long short-term memory of each pair along its steps so far, from state 0, `[step, receiver, sender, number]`; in
    /// a roll-out the frames that are said go on as steps.
    MemoryOfPairs {
        /// `[in, gate · unit]`.
        w_in: String,
        /// `[unit, gate · unit]`.
        w_state: String,
        /// `[gate · unit]`.
        b: String,
        /// In the order of the columns.
        gates: [&'static str; 4],
    },
    /// The frames of a recording from the last to the first.
    Reversed,
    /// [Recurrent attention](crate::recurrent_attention).
    RecurrentAttention(Box<Listening>),
    /// `x + relu([x at taps] · w1 + b1) · w2 + b2`, taps side by side; frames that are not there are 0.
    TemporalBlock {
        /// `[tap · unit, unit]`.
        w1: String,
        /// Bias.
        b1: String,
        /// `[unit, unit]`.
        w2: String,
        /// Bias.
        b2: String,
        /// Frames from the present one, each.
        taps: [isize; 3],
    },
    /// `(x − means) / sds`, of each feature.
    Standardise {
        /// `[feature]`.
        means: String,
        /// `[feature]`.
        sds: String,
    },
    /// Of every frame so far `(x − means) / sds`, and beside it what comes after in units of `increments`, 0 where
    /// that is 0: `[frame, neuron, 2 · feature]`. The last frame has nothing after it.
    PastSteps {
        /// `[feature]`.
        means: String,
        /// `[feature]`.
        sds: String,
        /// `[feature]`.
        increments: String,
    },
    /// Of what frames have made, the mean over those before the present one.
    MeanOfPast,
    /// What each pair has made, mean over the other senders: `[…, receiver, sender, number]` →
    /// `[…, receiver, number]`; 0 where there is no other.
    MeanOfSenders,
    /// Every number of a frame but its mean: `x − means`.
    Centre {
        /// Name of the means.
        means: String,
    },
    /// `[x, 1] · weightsᵀ`.
    Scores {
        /// `[class, number + 1]`.
        weights: String,
    },
    /// Logarithms of probabilities from scores.
    LogSoftmax,
    /// The same of the classes that were seen in training, all of which together have probability
    /// `1 − (number of others) / (n_frames + number of classes)`; each of the others has
    /// `1 / (n_frames + number of classes)`.
    LogSoftmaxOfSeen {
        /// Name of the classes seen.
        classes: String,
        /// Name of the number of frames.
        n_frames: String,
    },
    /// `ln((counts + 1) / (sum of counts + number of classes))`, whatever the frame.
    LogFrequencies {
        /// Name of the counts.
        counts: String,
    },
    /// The same numbers whatever the frame, `[neuron · feature]`.
    Constant {
        /// Name of the numbers.
        name: String,
    },
    /// `means + factors · (x − means)`.
    Damp {
        /// `[neuron · feature]`.
        means: String,
        /// `[neuron · feature]`.
        factors: String,
    },
    /// `x + intercepts + past · weights` of each group of columns, where a frame is
    /// `[group · column]` and the past is the last frames of the group's columns,
    /// `[lag · column]`, the present first.
    Regression {
        /// `[group, lag · column, column]`.
        weights: String,
        /// `[group, column]`.
        intercepts: String,
    },
    /// What a direct forecaster sees of the traces up to a frame: of each neuron
    /// `z = (x − m) / s`, then how far the trace was from `x` 1 … `lags` frames ago, in units of `s`; 1 comes
    /// last. `m` and `s` are mean and SD of the frames so far and of `prior_frames` of the mean and SD given;
    /// before the first frame all was as in it.
    RunningScores {
        /// Of the training animals, `[neuron]`.
        means: String,
        /// Of the training animals, `[neuron]`.
        sds: String,
        /// Frames that these count for.
        prior_frames: f64,
        /// Frames before the present one.
        lags: usize,
    },
    /// All steps ahead at once: `inputs · weights` are, in units of `s`, `[neuron, feature, step]`, how far
    /// the trace will be from its present value, and other features from their `levels`. Later steps stay.
    Heads {
        /// `[input, neuron · feature · step]`.
        weights: String,
        /// `[neuron · (features − 1)]`.
        levels: String,
        /// Steps that have weights of their own.
        steps: usize,
    },
    /// The same with weights that are solved again every so many frames from the moments of the training
    /// animals and of the animal's own past.
    AdaptedHeads {
        /// Mean products of inputs.
        input_moments: String,
        /// Mean products of inputs and what was to be said.
        output_moments: String,
        /// Of a neuron's own inputs, and of the others'.
        penalties: String,
        /// Weight of a frame of the animal's own, and the frames of a training animal in the mean.
        adapting: String,
        /// `[neuron · (features − 1)]`.
        levels: String,
        /// Frames from solution to solution.
        every: usize,
        /// Steps that have weights of their own.
        steps: usize,
    },
    /// To what is said is added a share of what was missed after the states most like the present one.
    Analogs {
        /// `[frame, neuron · 3]`.
        states: String,
        /// `[frame, neuron · feature · step]`.
        missed: String,
        /// Three scales of a state, and the share.
        shares: String,
        /// States that are averaged.
        nearest: usize,
        /// Of the animal's own states, how many are kept.
        most_own: usize,
    },
    /// To that is added what networks, whose parts are the parameters `network.…`, make of the population.
    Population {
        /// How many, averaged.
        networks: usize,
    },
}

/// The layers of recurrent attention, of each its weights and its bias.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listening {
    /// Into how many the units of a neuron are divided, in order.
    pub heads: usize,
    /// From `[f ‖ h]`.
    pub query: [String; 2],
    /// From `[f ‖ h]`.
    pub key: [String; 2],
    /// From `[f ‖ h]`.
    pub value: [String; 2],
    /// From `[f ‖ m]` to the gates.
    pub heard: [String; 2],
    /// From `h` to the gates.
    pub state: [String; 2],
    /// In the order of the columns.
    pub gates: [&'static str; 3],
    /// What the connectome counts for, `[head]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaning: Option<String>,
    /// `[receiver, sender]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connectome: Option<String>,
    /// As of `lstm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<usize>,
    /// As of `lstm`.
    pub burn_in: usize,
}

/// An operation and what it is done to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// What is done.
    #[serde(flatten)]
    pub operation: Operation,
    /// To which arrays.
    pub of: Vec<Place>,
    /// Whether it is done at the first step of a roll-out alone, and kept.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub once: bool,
}

/// The steps of a pass. The last makes the result: log-probabilities `[frame, class]` of a decoder,
/// the next frame `[frame, neuron, feature]` of a forecaster.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Written {
    steps: Vec<Step>,
    /// Modules within which names are said.
    path: Vec<&'static str>,
    once: bool,
}

/// What a model is given.
pub const GIVEN: Place = 0;

impl Written {
    /// All steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Adds a step.
    pub fn add(&mut self, operation: Operation, of: &[Place]) -> Place {
        self.steps.push(Step { operation, of: of.to_vec(), once: self.once });
        self.steps.len()
    }

    /// What `write` adds has the names of a part of the network.
    pub fn within<T>(&mut self, part: &'static str, write: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(part);
        let written = write(self);
        self.path.pop();
        written
    }

    /// What `write` adds is done once in a roll-out.
    pub fn once<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.once, true);
        let written = write(self);
        self.once = before;
        written
    }

    /// The name of a tensor of the network, as its module has it.
    pub fn name(&self, name: &str) -> String {
        let path: String = self.path.iter().map(|part| format!("{part}.")).collect();
        format!("parameters.{path}{name}")
    }

    /// A [`Linear`](nervering_nn::linear::Linear) layer, or one of each node.
    pub fn dense(&mut self, layer: &str, x: Place) -> Place {
        let (w, b) = (self.name(&format!("{layer}.w")), self.name(&format!("{layer}.b")));
        self.add(Operation::Dense { w, b: Some(b) }, &[x])
    }

    /// An activation.
    pub fn activation(&mut self, activation: Activation, x: Place) -> Place {
        let operation = match activation {
            Activation::Relu => Operation::Relu,
            Activation::Elu => Operation::Elu,
        };
        self.add(operation, &[x])
    }

    /// An [`MlpBlock`].
    pub fn block(&mut self, name: &str, block: &MlpBlock, x: Place) -> Place {
        self.layers(name, block.activation(), block.has_norm(), x)
    }

    /// The layers of a block: linear → activation → linear → activation → batch norm.
    pub fn layers(
        &mut self,
        name: &str,
        activation: Activation,
        has_norm: bool,
        x: Place,
    ) -> Place {
        let mut x = x;
        for [w, b] in [["w1", "b1"], ["w2", "b2"]] {
            let [w, b] = [w, b].map(|part| self.name(&format!("{name}.{part}")));
            let linear = self.add(Operation::Dense { w, b: Some(b) }, &[x]);
            x = self.activation(activation, linear);
        }
        if !has_norm {
            return x;
        }
        let [gamma, beta] = ["gamma", "beta"].map(|part| self.name(&format!("{name}.{part}")));
        self.add(Operation::BatchNorm { gamma, beta, epsilon: EPSILON }, &[x])
    }

    /// The weights of a [`PairScore`](nervering_nn::edges::PairScore) from encoded pairs.
    pub fn edge_weights(&mut self, layer: &str, scale: f64, pairs: Place) -> Place {
        let both = self.dense(layer, pairs);
        self.add(Operation::EdgeWeight { scale }, &[both])
    }

    /// An [`Lstm`](nervering_nn::lstm::Lstm) on neurons by themselves; over a roll-out, it goes on.
    pub fn lstm(&mut self, name: &str, extent: Extent, x: Place) -> Place {
        let [w_in, w_state, b] =
            ["w_in", "w_state", "b"].map(|part| self.name(&format!("{name}.{part}")));
        let sequence = extent.cut().map(|cut| cut.sequence);
        let burn_in = extent.cut().map_or(BURN_IN, |cut| cut.burn_in);
        let lstm = Operation::Lstm { w_in, w_state, b, gates: GATES, sequence, burn_in };
        self.add(lstm, &[x])
    }

    /// A memory of each pair of neurons, which goes on through a roll-out.
    pub fn memory_of_pairs(&mut self, name: &str, x: Place) -> Place {
        let [w_in, w_state, b] =
            ["w_in", "w_state", "b"].map(|part| self.name(&format!("{name}.{part}")));
        self.add(Operation::MemoryOfPairs { w_in, w_state, b, gates: GATES }, &[x])
    }

    /// Residual convolutions over time, of each neuron by itself where there are several.
    pub fn temporal_blocks(&mut self, taps: Taps, distances: &[usize], x: Place) -> Place {
        let mut x = x;
        for (place, &distance) in distances.iter().enumerate() {
            let [w1, b1, w2, b2] =
                ["w1", "b1", "w2", "b2"].map(|part| self.name(&format!("blocks.{place}.{part}")));
            let taps = taps.offsets(distance);
            x = self.add(Operation::TemporalBlock { w1, b1, w2, b2, taps }, &[x]);
        }
        x
    }
}

/// What a memory goes along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The frames of a recording, cut into sequences.
    Recording(Cut),
    /// The steps of a roll-out.
    RollOut,
}

impl Extent {
    /// How recordings are cut.
    pub fn cut(self) -> Option<Cut> {
        match self {
            Self::Recording(cut) => Some(cut),
            Self::RollOut => None,
        }
    }
}
