//! Forecasting neurons, one animal left out at a time: every model is fitted on all animals but
//! one and forecasts the traces and derivatives of that one, which it has never seen.
//!
//! A [`ForecastConfig`] says which neurons under which protocol; [`leave_one_out`] fits and
//! evaluates and returns [`ForecastResult`]s, one per model and unseen animal; [`forecast_rows`]
//! averages them over animals. What differs between protocols is what a number may know:
//!
//! | | `paper` | `strict` |
//! |---|---|---|
//! | derivative | central difference, which contains the next frame | backward difference |
//! | range | each animal's own, whole recording | of the training frames, pooled |
//! | training and validation | shuffled windows of 8 frames | the past, a gap, what follows |
//! | batch norms and static edges of networks | the evaluated forecasts together | the training animals |
//!
//! Under `strict` a forecast from a frame does not move when frames after it do.

mod errors;
mod fit;
mod rows;
#[cfg(test)]
mod tests;

pub use errors::{Outcome, StepErrors, forecast_errors};
pub use nervering_models::{ForecastModel, Increment, Loss, trajectory::TrajectoryConfig};
pub use rows::{ErrorSpread, ForecastRow, forecast_rows};

use crate::error::StudyError;
use crate::seed::generator;
use crate::view::WINDOW;
use fit::Fit;
use nervering_models::forecast::MOST_LAGS;
use nervering_prepare::{
    DerivativeMethod, DerivativeSource, Folds, Interval, Ranges, Scope, Selected, Split,
    TRAINING_STEPS, cut_windows, forecast_starts, forward_split, select,
};
use nervering_recording::{NeuronName, NeuronSet, Recording, StateCoding};
use serde::{Deserialize, Serialize};

/// Folds that shuffled windows are dealt out into, or blocks; the first is used.
const N_FOLDS: usize = 10;
/// Blocks of a split that respects time: the first trains on the past up to the last but one.
const N_BLOCKS: usize = 5;

/// What a number may know of the frames around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForecastProtocol {
    /// As the paper's text has it: central derivative, range of the whole recording, shuffled
    /// windows.
    Paper,
    /// Nothing from after the start of a forecast: backward derivative, ranges of training frames,
    /// validation after training.
    Strict,
}

impl ForecastProtocol {
    /// The name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::Strict => "strict",
        }
    }

    /// The derivative that it forecasts from and forecasts.
    pub fn derivative(self) -> DerivativeSource {
        match self {
            Self::Paper => DerivativeSource::Central,
            Self::Strict => DerivativeSource::Backward,
        }
    }

    /// For a note: what the features know.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Paper => {
                "central derivative (contains the next frame), range of the whole recording, shuffled windows"
            }
            Self::Strict => {
                "backward derivative, ranges of the training frames, training before validation"
            }
        }
    }
}

/// A forecasting study.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastConfig {
    /// Neurons that all animals share.
    pub neurons: NeuronSet,
    /// What features may know.
    pub protocol: ForecastProtocol,
    /// What is compared; with [`ForecastModel::Copy`], for skill is measured against it.
    pub models: Vec<ForecastModel>,
    /// Hidden units, activation and increment of every network.
    pub network: TrajectoryConfig,
    /// What networks lower in training, and are chosen by.
    pub loss: Loss,
    /// Epochs of a network; 600 in the scripts. The truth is seen during the first 275/600 of them.
    pub epochs: usize,
    /// Of everything random: which windows train, weights, when the truth is seen.
    pub seed: u64,
}

/// One model, fitted on all animals but one, on that one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForecastResult {
    /// The model.
    pub model: String,
    /// The animal that it was not fitted on.
    pub animal: String,
    /// What the fit has chosen: lags and penalty, or the epoch, and whether the training diverged;
    /// empty where nothing is chosen.
    pub chosen: String,
    /// Forecasts that were evaluated.
    pub n_forecasts: usize,
    /// Their errors, or that one of them was not finite.
    pub outcome: Outcome,
}

/// Animals as the fit that leaves one of them out sees them.
#[derive(Debug)]
struct Prepared {
    /// Of every animal, `[frame, neuron, feature]` in [0, 1].
    features: Vec<Vec<f32>>,
    splits: Vec<Split>,
}

/// Fits every model on all animals but one, for each of them, and forecasts that one: 16 frames
/// from every 16th, all with [`MOST_LAGS`] frames up to them, so that all models are measured on
/// the same. By model, then by animal. `on_epoch` hears of every epoch
/// of a network and may stop the study by returning false.
///
/// # Errors
/// [`StudyError`] for fewer than two animals, neurons that an animal lacks, recordings that cannot
/// be prepared or split, a baseline that cannot be fitted, and a study that was stopped.
pub fn leave_one_out(
    recordings: &[Recording],
    config: &ForecastConfig,
    on_epoch: &dyn Fn() -> bool,
) -> Result<Vec<ForecastResult>, StudyError> {
    if recordings.len() < 2 {
        return Err(StudyError::Config {
            what: "animals to forecast",
            found: recordings.len().to_string(),
            expected: "at least 2, to leave one out".to_owned(),
        });
    }
    let selected = selected(recordings, config)?;
    let prepared = (0..selected.len())
        .map(|left_out| Prepared::new(&selected, left_out, config))
        .collect::<Result<Vec<_>, _>>()?;
    let mut results = Vec::new();
    for &model in &config.models {
        for (left_out, prepared) in prepared.iter().enumerate() {
            let fit = Fit { prepared, animals: &selected, left_out, config };
            let Some(result) = fit.result(model, on_epoch)? else {
                let total = config.models.len() * selected.len();
                return Err(StudyError::Stopped { done: results.len(), total });
            };
            results.push(result);
        }
    }
    Ok(results)
}

/// The derivative that the features of a recording got under a protocol.
pub fn derivative_of(recording: &Recording, protocol: ForecastProtocol) -> DerivativeMethod {
    protocol.derivative().method(recording)
}

fn selected(
    recordings: &[Recording],
    config: &ForecastConfig,
) -> Result<Vec<Selected>, StudyError> {
    let failed = |missing| StudyError::Neurons { set: config.neurons.to_string(), missing };
    let neurons: Vec<NeuronName> = config.neurons.resolve(recordings).map_err(failed)?;
    let derivative = config.protocol.derivative();
    // States only say how long a bout is, for the gaps of the strict split.
    let of = |recording| Ok(select(recording, &neurons, StateCoding::Seven, derivative)?);
    recordings.iter().map(of).collect()
}

impl Prepared {
    fn new(
        animals: &[Selected],
        left_out: usize,
        config: &ForecastConfig,
    ) -> Result<Self, StudyError> {
        let splits = animals
            .iter()
            .map(|animal| split(animal, config))
            .collect::<Result<Vec<_>, StudyError>>()?;
        let features = match config.protocol {
            ForecastProtocol::Paper => {
                let own = |animal: &Selected| {
                    animal.normalized(Scope::WholeRecording, Interval::ZeroToOne)
                };
                animals.iter().map(own).collect::<Result<_, _>>()?
            }
            ForecastProtocol::Strict => {
                let training = (0..animals.len())
                    .filter(|&k| k != left_out)
                    .map(|k| (&animals[k], splits[k].train.as_slice()));
                let ranges = Ranges::fit(&training.collect::<Vec<_>>())?;
                let apply = |animal| ranges.apply(animal, Interval::ZeroToOne);
                animals.iter().map(apply).collect::<Result<_, _>>()?
            }
        };
        Ok(Self { features, splits })
    }

    fn training_starts(&self, animal: usize) -> Vec<usize> {
        starts_within(&self.splits[animal].train)
    }

    fn validation_starts(&self, animal: usize) -> Vec<usize> {
        starts_within(&self.splits[animal].validation)
    }
}

fn split(animal: &Selected, config: &ForecastConfig) -> Result<Split, StudyError> {
    match config.protocol {
        ForecastProtocol::Paper => {
            let windows = cut_windows(animal.n_frames, WINDOW)?;
            let mut rng = generator(config.seed, &["forecast-folds", &animal.animal]);
            Ok(Folds::shuffled(&windows, N_FOLDS, &mut rng)?.split(0))
        }
        ForecastProtocol::Strict => Ok(forward_split(&animal.states, N_BLOCKS, 0)?),
    }
}

/// Of each stretch of consecutive frames, the frame before it and every 8th after that, as long as
/// the steps of training follow within the stretch. Shuffled windows are as long as that, so each
/// is forecast from the frame before it.
fn starts_within(frames: &[usize]) -> Vec<usize> {
    let stretches = frames.chunk_by(|a, b| a + 1 == *b);
    let starts = stretches.flat_map(|stretch| {
        let (first, last) = (stretch[0], stretch[stretch.len() - 1]);
        forecast_starts(first.saturating_sub(1)..last + 1, TRAINING_STEPS, 1, TRAINING_STEPS)
    });
    starts.filter(|start| start + 1 >= MOST_LAGS).collect()
}
