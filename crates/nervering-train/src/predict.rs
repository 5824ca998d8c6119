//! A fitted network on other frames, and where what it takes over frames comes from there: the
//! mean and variance of its batch norms and the means that its static edges rest on.

use crate::batch::Batch;
use crate::statistics::TrainingStatistics;
use burn::tensor::Tensor;
use nervering_models::DecodingNetwork;
use nervering_nn::ops::Engine;
use nervering_nn::pass::{Origin, Pass};

/// Frames that the training animals' statistics count as before the first frame of a causal
/// evaluation: about half a minute of recording.
pub const PRIOR_FRAMES: f64 = 100.;

/// Where, in evaluation, that comes from which a network takes over frames: the statistics of its
/// batch norms, and the means of static edges.
#[derive(Debug, Clone, PartialEq)]
pub enum EvaluationStatistics {
    /// Both from the evaluated frames: the scripts. It adapts the network to each evaluated animal
    /// without labels (transductive).
    Evaluated,
    /// Each from where it is said. [`Origin::Table`] is inductive: with both, a prediction rests on its
    /// frame alone, and, in networks with a memory, on the frames before it. [`Origin::UpToEach`] is
    /// causal, what can be had while an animal is being recorded: it adapts the network to the animal
    /// as its frames come. It is slow, composed on the host, with one set of edges per frame; "up to"
    /// is in the order of the batch.
    From {
        /// The training animals'.
        training: TrainingStatistics,
        /// Of batch norms.
        batch_norm: Origin,
        /// Of means over frames, which static edges rest on.
        edges: Origin,
    },
}

impl EvaluationStatistics {
    /// Everything from the training animals.
    pub fn training(training: TrainingStatistics) -> Self {
        Self::From { training, batch_norm: Origin::Table, edges: Origin::Table }
    }

    /// Everything from the evaluated frames up to the predicted one, after the training animals', which
    /// count as `prior_frames` frames.
    pub fn running(training: TrainingStatistics, prior_frames: f64) -> Self {
        let origin = Origin::UpToEach { prior_frames };
        Self::From { training, batch_norm: origin, edges: origin }
    }

    /// [`EvaluationStatistics::training`], measured under a fitted network.
    pub fn of_training<N: DecodingNetwork>(network: &N, train: &[Batch], engine: Engine) -> Self {
        Self::training(TrainingStatistics::measure(network, train, engine))
    }

    pub(crate) fn pass(&self, batch: &Batch, engine: Engine) -> Pass {
        let frames = batch.labels.frames.clone();
        match self {
            Self::Evaluated => batch.pass(engine),
            Self::From { training, batch_norm, edges } => {
                let origins = [*batch_norm, *edges];
                Pass::with_statistics_from(engine, frames, training.entries(), origins)
                    .with_runs(batch.runs.clone())
            }
        }
    }
}

/// Natural logarithms of the class probabilities of every replica and present frame:
/// `[replica][frame · class]`.
pub fn predict<N: DecodingNetwork>(
    network: &N,
    batch: &Batch,
    engine: Engine,
    statistics: &EvaluationStatistics,
) -> Vec<Vec<f32>> {
    let pass = statistics.pass(batch, engine);
    of_frames(network.log_probabilities(&pass, batch.x.clone()), batch)
}

/// Hidden units of every replica and present frame, which its readout turns into logits:
/// `[replica][frame · unit]`.
pub fn hidden<N: DecodingNetwork>(
    network: &N,
    batch: &Batch,
    engine: Engine,
    statistics: &EvaluationStatistics,
) -> Vec<Vec<f32>> {
    let pass = statistics.pass(batch, engine);
    of_frames(network.hidden(&pass, batch.x.clone()), batch)
}

/// The present frames of every replica, `[replica][frame · number]`.
fn of_frames(padded: Tensor<3>, batch: &Batch) -> Vec<Vec<f32>> {
    let [_, n_frames, n] = padded.dims();
    values(padded)
        .chunks_exact(n_frames * n)
        .zip(batch.labels.frames.present())
        .map(|(replica, &present)| replica[..present * n].to_vec())
        .collect()
}

/// The weights by which neurons hear each other, `[replica][receiver · sender]`, for networks that
/// have them; their mean over the frames of the batch where they differ from frame to frame.
pub fn edges<N: DecodingNetwork>(
    network: &N,
    batch: &Batch,
    engine: Engine,
    statistics: &EvaluationStatistics,
) -> Option<Vec<Vec<f32>>> {
    let edges = network.edges(&statistics.pass(batch, engine), batch.x.clone())?;
    let [_, n, _] = edges.dims();
    Some(values(edges).chunks_exact(n * n).map(<[f32]>::to_vec).collect())
}

fn values(t: Tensor<3>) -> Vec<f32> {
    t.into_data().convert::<f32>().try_to_vec().expect("converted to float32")
}
