//! Forecasting neurons, one animal left out at a time: every baseline is fitted on all animals but
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
//!
//! Under `strict` a forecast from a frame does not move when frames after it do.

mod errors;
mod rows;
#[cfg(test)]
mod tests;

pub use errors::{Outcome, StepErrors, forecast_errors};
pub use rows::{ErrorSpread, ForecastRow, forecast_rows};

use crate::error::StudyError;
use crate::seed::generator;
use crate::view::WINDOW;
use nervering_models::forecast::{
    BaselineForecast, ForecastAnimal, ForecastError, ForecastFrames, MOST_LAGS, baselines,
};
use nervering_prepare::{
    DerivativeMethod, DerivativeSource, EVALUATION_STEPS, Folds, Interval, N_FEATURES, Ranges,
    Scope, Selected, Split, TRAINING_STEPS, cut_windows, forecast_starts, forward_split, select,
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
    /// Of everything random: which windows train.
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
    /// What the fit has chosen: lags and penalty; empty where nothing is chosen.
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

/// Fits every baseline on all animals but one, for each of them, and forecasts that one:
/// [`EVALUATION_STEPS`] frames from every 16th, all with [`MOST_LAGS`] frames behind them, so that
/// all models are measured on the same. By model, then by animal.
///
/// # Errors
/// [`StudyError`] for fewer than two animals, neurons that an animal lacks, recordings that cannot
/// be prepared or split, and a baseline that cannot be fitted.
pub fn leave_one_out(
    recordings: &[Recording],
    config: &ForecastConfig,
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
    for model in baselines() {
        for (left_out, prepared) in prepared.iter().enumerate() {
            results.push(prepared.result(&selected, left_out, model)?);
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

    fn result(
        &self,
        animals: &[Selected],
        left_out: usize,
        model: &dyn BaselineForecast,
    ) -> Result<ForecastResult, StudyError> {
        let trained: Vec<usize> = (0..animals.len()).filter(|&k| k != left_out).collect();
        let starts: Vec<Vec<usize>> = self.splits.iter().map(validation_starts).collect();
        let of_animal = |&k: &usize| ForecastAnimal {
            features: &self.features[k],
            train: &self.splits[k].train,
            validation_starts: &starts[k],
        };
        let seen: Vec<ForecastAnimal<'_>> = trained.iter().map(of_animal).collect();
        let n_neurons = animals[left_out].neurons.len();
        let frames = ForecastFrames {
            animals: &seen,
            n_neurons,
            n_features: N_FEATURES,
            n_steps: TRAINING_STEPS,
        };
        let failed = |source: ForecastError| StudyError::Forecast {
            model: model.name(),
            left_out: animals[left_out].animal.clone(),
            source,
        };
        let fitted = model.fit(&frames).map_err(failed)?;
        let n_frames = animals[left_out].n_frames;
        let starts = forecast_starts(0..n_frames, EVALUATION_STEPS, MOST_LAGS, EVALUATION_STEPS);
        let features = &self.features[left_out];
        let roll_out = |start: usize| fitted.roll_out(features, start, EVALUATION_STEPS);
        Ok(ForecastResult {
            model: model.name().to_owned(),
            animal: animals[left_out].animal.clone(),
            chosen: fitted.chosen(),
            n_forecasts: starts.len(),
            outcome: forecast_errors(features, n_neurons, &starts, EVALUATION_STEPS, roll_out),
        })
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

/// Every 8th frame of each stretch of validation frames, that the steps of training follow within
/// it. Stretches of shuffled windows are one window long: the start is then the frame before the
/// window, as "step 0 is always truth".
fn validation_starts(split: &Split) -> Vec<usize> {
    let stretches = split.validation.chunk_by(|a, b| a + 1 == *b);
    let starts = stretches.flat_map(|stretch| {
        let (first, last) = (stretch[0], stretch[stretch.len() - 1]);
        forecast_starts(first.saturating_sub(1)..last + 1, TRAINING_STEPS, 1, TRAINING_STEPS)
    });
    starts.filter(|start| start + 1 >= MOST_LAGS).collect()
}
