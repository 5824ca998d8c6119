//! What is measured of one fit on one animal: [`Evaluation`], a file schema, with the frames that it
//! is of ([`Role`]) and what the network took over frames ([`NetworkStatistics`]).

use crate::choices;
use crate::metrics;
use serde::{Deserialize, Serialize};

/// Which frames of which animals an evaluation is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The test frames of an animal that the fit was trained on.
    SameAnimal,
    /// The whole recording of an animal that the fit has never seen.
    UnseenAnimal,
    /// The whole recording of an animal of the extended set, which no fit is trained on.
    ExtendedAnimal,
}

/// Where one kind of what a network takes over frames comes from in evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TakenFrom {
    /// From the evaluated frames, as the scripts do: each network adapts to each evaluated animal,
    /// without labels (transductive).
    Evaluated,
    /// From the animals trained on (inductive).
    Training,
    /// From the evaluated animal up to each frame, begun with the animals trained on (causal).
    Running,
}

choices!(TakenFrom, "evaluated, training or running",
    Evaluated => "evaluated", Training => "training", Running => "running");

/// What a network takes over frames in evaluation, and where from: the means that static edges rest on,
/// and the mean and variance of its batch norms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkStatistics {
    /// Of static edges.
    pub edges: TakenFrom,
    /// Of batch norms.
    pub batch_norm: TakenFrom,
}

impl NetworkStatistics {
    /// Both from the evaluated frames.
    pub const EVALUATED: Self = Self::both(TakenFrom::Evaluated);
    /// Both from the animals trained on.
    pub const TRAINING: Self = Self::both(TakenFrom::Training);
    /// Both from the evaluated animal up to each frame.
    pub const RUNNING: Self = Self::both(TakenFrom::Running);
    /// Edges of the animals trained on, batch norms of the evaluated frames.
    pub const TRAINING_EDGES: Self =
        Self { edges: TakenFrom::Training, batch_norm: TakenFrom::Evaluated };

    /// Both from one place.
    pub const fn both(from: TakenFrom) -> Self {
        Self { edges: from, batch_norm: from }
    }
}

impl std::fmt::Display for NetworkStatistics {
    /// `evaluated`, or `edges training, batch norm evaluated`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.edges == self.batch_norm {
            true => f.pad(self.edges.as_str()),
            false => f.pad(&format!("edges {}, batch norm {}", self.edges, self.batch_norm)),
        }
    }
}

/// One fit, as its measurements are averaged over animals.
#[derive(Debug, Clone, Copy)]
pub struct Measured<'a> {
    /// Name of the model.
    pub model: &'a str,
    /// Names of the animals trained on.
    pub trained_on: &'a [String],
    /// One entry per evaluated animal and source of what networks take over frames.
    pub evaluations: &'a [Evaluation],
}

/// The predictions of one fit on one animal, counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    /// Name of the animal.
    pub animal: String,
    /// Which frames of it.
    pub role: Role,
    /// What the network took over frames; `None` for other models.
    pub statistics: Option<NetworkStatistics>,
    /// Frames evaluated, unknown ones included.
    pub n_frames: usize,
    /// Frames with a known state: all metrics are over these.
    pub n_labelled: usize,
    /// Share of labelled frames predicted rightly, in [0, 1]; `None` without a labelled frame.
    pub accuracy: Option<f64>,
    /// Mean recall over the states that occur, in [0, 1].
    pub balanced_accuracy: Option<f64>,
    /// Mean F1 over the states that occur, in [0, 1].
    pub macro_f1: Option<f64>,
    /// Mean negative log-likelihood; `None` for decoders without probabilities, and for networks
    /// that have diverged. A frame costs at most 87.3, as for a probability of 1e-38.
    pub nll: Option<f64>,
    /// Expected calibration error over 15 bins of the predicted state's probability, in [0, 1];
    /// `None` for decoders without probabilities.
    pub calibration_error: Option<f64>,
    /// When transitions come; `None` where the evaluated frames are not consecutive.
    pub transitions: Option<TransitionTiming>,
    /// How the prediction does as a sequence of bouts; `None` where the frames are not consecutive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Timeline>,
    /// 1-Wasserstein distance in seconds between the lengths of labelled and of predicted bouts,
    /// mean over states weighted by their frames; `None` where the frames are not consecutive.
    pub dwell_distance_s: Option<f64>,
    /// Counts `confusion[predicted][labelled]`.
    pub confusion: Vec<Vec<u64>>,
    /// What was predicted, as runs of frames of one state: the state, and its frames. Of the first
    /// fold and of whole recordings, for readers to look at; all that is counted is above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicted: Option<Vec<(u8, usize)>>,
    /// Inferred edges, row-major `[receiver, sender]`, of networks that infer them and where the
    /// study keeps them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edges: Option<Vec<f32>>,
}

impl Evaluation {
    /// Share of each labelled state that was predicted as such, in the order of the states; `None`
    /// for a state that does not occur.
    pub fn recall(&self) -> Vec<Option<f64>> {
        metrics::recall(&self.confusion)
    }

    /// The predicted state of every frame, where it was kept.
    pub fn predicted_states(&self) -> Option<Vec<u8>> {
        let runs = self.predicted.as_ref()?;
        // Counts of a file that is no longer ours must not fill the memory.
        let n: usize = runs.iter().map(|run| run.1).fold(0, usize::saturating_add);
        (n == self.n_frames)
            .then(|| runs.iter().flat_map(|&(state, n)| std::iter::repeat_n(state, n)).collect())
    }
}

/// How far from the labelled transitions a prediction switches. A transition of one kind (from one
/// known state to another) is found when the prediction makes one of the same kind at most 5 s
/// before or after it. Errors are over the transitions found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransitionTiming {
    /// Labelled transitions.
    pub n_labelled: usize,
    /// Predicted transitions between frames with a known state. Many more than labelled ones means
    /// that the prediction flickers, and that being found says little.
    pub n_predicted: usize,
    /// Labelled transitions that are found.
    pub n_found: usize,
    /// Mean of predicted − labelled time in seconds; positive is late. `None` if none is found.
    pub mean_error_s: Option<f64>,
    /// Mean of |predicted − labelled| time in seconds. `None` if none is found.
    pub mean_absolute_error_s: Option<f64>,
}

/// A prediction as a sequence of bouts. Transitions of one kind are paired one to one where they lie at
/// most 2 s from each other, segments where they have more than half of their union in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timeline {
    /// Share of labelled frames predicted rightly, where an error less than 1 s from a labelled
    /// transition counts as right.
    pub forgiving_accuracy: Option<f64>,
    /// F1 of the transitions that are paired; `None` without a labelled one.
    pub transition_f1: Option<f64>,
    /// The same where transitions into one state are of a kind, whatever state they leave.
    pub entry_f1: Option<f64>,
    /// Median distance of those paired, in seconds.
    pub median_error_s: Option<f64>,
    /// Share of labelled transitions that are paired with one at most 1 s away.
    pub within_1s: Option<f64>,
    /// Predicted transitions without a labelled one, per minute of labelled frames.
    pub spurious_per_minute: Option<f64>,
    /// Labelled transitions without a predicted one, per minute.
    pub missed_per_minute: Option<f64>,
    /// F1 of the segments that are paired.
    pub segment_f1: Option<f64>,
    /// Per state, bouts of which at least half of the frames are predicted as such, and bouts.
    pub bouts_found: Vec<[usize; 2]>,
}

impl TransitionTiming {
    /// Share of the labelled transitions that are found; `None` when there are none.
    pub fn found(&self) -> Option<f64> {
        (self.n_labelled > 0).then(|| self.n_found as f64 / self.n_labelled as f64)
    }
}
