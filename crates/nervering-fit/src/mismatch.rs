//! What of a recording is unlike those that a model was trained on: its frame rate, its unit, the range
//! of its values. A model says something of any numbers; these say when it should not be believed.
//!
//! A decoder takes each frame by itself, with its derivative per second: another rate changes what the
//! derivative smooths over, so up to a factor of two is told and more is refused. A step of a forecaster is
//! a frame, so any other rate is refused. [`Model::predict_resampled`] and
//! [`Recording::resampled`] are the way out.

use crate::animal::TrainedAnimal;
use crate::decoder::Model;
use crate::error::ModelError;
use crate::forecaster::ForecastingModel;
use crate::scaling::Scaling;
use nervering_prepare::{N_FEATURES, Ranges, Selected};
use nervering_recording::{FoundUnit, NeuronName, Recording, TraceUnit, UnitBasis};
use std::collections::BTreeSet;
use std::fmt;

/// Rates that differ by less are the same.
const SAME_RATE: f64 = 1.1;
/// Rates that differ by more are refused, by a decoder.
const OTHER_RATE: f64 = 2.;
/// A value is outside when it lies further beyond the range of training than this part of the range.
///
/// Worms of one laboratory differ: of a model of one worm of Kato et al., applied to the others, up to 61 % of
/// a neuron's frames lie beyond a tenth of the range and are decoded as well as the rest; half the range is
/// passed by few.
const MARGIN: f64 = 0.5;
/// A neuron is out of range when more than this part of its frames is outside.
const OUTSIDE: f64 = 0.2;

/// One thing in which a recording is unlike those trained on.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Mismatch {
    /// Recorded at another rate.
    Rate {
        /// Its rate, frames per second.
        found: f64,
        /// Smallest and largest of training.
        trained: (f64, f64),
    },
    /// In another unit.
    Unit {
        /// Its unit.
        found: FoundUnit,
        /// Those of training.
        trained: Vec<TraceUnit>,
        /// Whether each animal is normalised by its own range, which takes scale and offset away.
        by_own_range: bool,
    },
    /// Values where the model has seen none.
    Range {
        /// Neurons with more than a fifth of their frames outside, with that part.
        neurons: Vec<(NeuronName, f64)>,
        /// The unit of the recording.
        found: FoundUnit,
        /// Those of training.
        trained: Vec<TraceUnit>,
    },
}

impl Mismatch {
    /// Name of its kind, always the same for the same kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Rate { .. } => "other-rate",
            Self::Unit { .. } => "other-unit",
            Self::Range { .. } => "out-of-range",
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rate { found, trained } => write!(
                f,
                "recorded at {found:.2} frames per second, the model was trained at {}; --resample brings it there",
                rates(*trained)
            ),
            Self::Unit { found, trained, by_own_range } => {
                let names: Vec<String> = trained.iter().map(ToString::to_string).collect();
                let names = names.join(" and ");
                write!(f, "the traces are {found}, the model was trained on {names}; ")?;
                match (by_own_range, converts(*found, trained)) {
                    (true, _) => f.write_str("each animal is scaled by its own range, so only bleaching and clipping matter"),
                    (false, Some(option)) => write!(f, "convert them ({option}), or fit on animals in this unit"),
                    (false, None) => f.write_str("fit on animals in this unit"),
                }
            }
            Self::Range { neurons, found, trained } => {
                let most = neurons.iter().map(|(_, part)| *part).fold(0., f64::max);
                let names: Vec<&str> = neurons.iter().map(|(name, _)| name.as_str()).collect();
                write!(
                    f,
                    "up to {:.0} % of the frames of {} lie outside the range that the model was trained on by more than half of it, so what it says there is a guess: ",
                    100. * most,
                    names.join(", ")
                )?;
                match (converts(*found, trained), found.basis) {
                    (Some(option), _) => {
                        write!(f, "convert the traces, which are {found} ({option})")?
                    }
                    // Nothing says that they are what they are taken for.
                    (None, UnitBasis::Guessed) => {
                        write!(f, "look at their unit, which is {found} (--unit)")?
                    }
                    (None, UnitBasis::Stated) => {
                        write!(f, "the traces are {found}; look at how their baseline was taken")?
                    }
                }
                f.write_str(", or fit with --normalisation causal")
            }
        }
    }
}

/// The options that bring traces to ΔF/F, where the model was trained on that and the traces are not
/// there already.
fn converts(found: FoundUnit, trained: &[TraceUnit]) -> Option<&'static str> {
    let may = trained.is_empty() || trained.contains(&TraceUnit::DeltaF);
    match found.unit {
        TraceUnit::PercentDeltaF | TraceUnit::Ratio if may => Some("--to-delta-f"),
        TraceUnit::Fluorescence if may => Some("--to-delta-f --baseline PERCENTILE"),
        _ => None,
    }
}

fn rates((low, high): (f64, f64)) -> String {
    if high < 1.01 * low { format!("{low:.2}") } else { format!("{low:.2} to {high:.2}") }
}

/// Smallest and largest rate of the animals trained on.
fn range_of(animals: &[TrainedAnimal]) -> (f64, f64) {
    let all = animals.iter().map(|animal| animal.fps);
    all.fold((f64::INFINITY, 0.), |(low, high), fps| (low.min(fps), high.max(fps)))
}

/// By what factor a rate is outside those of training.
fn factor(found: f64, (low, high): (f64, f64)) -> f64 {
    (low / found).max(found / high).max(1.)
}

/// The middle of the rates of training, which recordings are resampled to.
fn middle_rate(animals: &[TrainedAnimal]) -> f64 {
    let mut all: Vec<f64> = animals.iter().map(|animal| animal.fps).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn check_rate(
    recording: &Recording,
    animals: &[TrainedAnimal],
    most: f64,
) -> Result<(), ModelError> {
    let (found, trained) = (recording.time().fps(), range_of(animals));
    match factor(found, trained) > most {
        true => {
            let (animal, trained) = (recording.animal().to_owned(), rates(trained));
            Err(ModelError::Rate { animal, found, trained })
        }
        false => Ok(()),
    }
}

fn mismatches(
    recording: &Recording,
    selected: &Selected,
    scaling: &Scaling,
    animals: &[TrainedAnimal],
) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let (rate, trained) = (recording.time().fps(), range_of(animals));
    if factor(rate, trained) > SAME_RATE {
        found.push(Mismatch::Rate { found: rate, trained });
    }
    let units = animals.iter().filter_map(|animal| animal.unit.parse::<TraceUnit>().ok());
    let units: BTreeSet<TraceUnit> = units.filter(|unit| *unit != TraceUnit::Unknown).collect();
    let trained: Vec<TraceUnit> = units.into_iter().collect();
    let unit = recording.unit();
    if unit.unit != TraceUnit::Unknown && !trained.is_empty() && !trained.contains(&unit.unit) {
        let (trained, by_own_range) = (trained.clone(), !matches!(scaling, Scaling::Training(_)));
        found.push(Mismatch::Unit { found: unit, trained, by_own_range });
    }
    if let Scaling::Training(ranges) = scaling {
        let neurons = outside(selected, ranges);
        if !neurons.is_empty() {
            found.push(Mismatch::Range { neurons, found: unit, trained });
        }
    }
    found
}

/// Neurons whose trace or derivative is outside the ranges in more than [`OUTSIDE`] of the frames, with
/// the larger of the two parts.
fn outside(selected: &Selected, ranges: &Ranges) -> Vec<(NeuronName, f64)> {
    let row = selected.neurons.len() * N_FEATURES;
    let part = |column: usize| {
        let (low, high) = ranges.values()[column];
        let margin = MARGIN * (high - low);
        let is_outside = |value: &f64| *value < low - margin || *value > high + margin;
        let values = selected.values.iter().skip(column).step_by(row);
        values.filter(|value| is_outside(value)).count() as f64 / selected.n_frames as f64
    };
    let of_neuron = |(k, name): (usize, &NeuronName)| {
        let most = (0..N_FEATURES).map(|feature| part(k * N_FEATURES + feature)).fold(0., f64::max);
        (most > OUTSIDE).then(|| (name.clone(), most))
    };
    selected.neurons.iter().enumerate().filter_map(of_neuron).collect()
}

impl Model {
    /// Frames per second that [`Model::predict_resampled`] brings recordings to: the middle of those
    /// trained on.
    pub fn training_fps(&self) -> f64 {
        middle_rate(&self.provenance.animals)
    }

    /// Refuses a recording at a rate that is twice those of training or more, or half or less.
    pub(crate) fn check_rate(&self, recording: &Recording) -> Result<(), ModelError> {
        check_rate(recording, &self.provenance.animals, OTHER_RATE)
    }

    /// In what a recording is unlike those trained on. For [`Model::predict_resampled`] it is the
    /// recording at their rate that counts: averages span less than single frames, and derivatives are
    /// others.
    ///
    /// # Errors
    /// [`ModelError`] for neurons that the recording lacks.
    pub fn mismatches(&self, recording: &Recording) -> Result<Vec<Mismatch>, ModelError> {
        let selected = self.selected(recording)?;
        Ok(mismatches(recording, &selected, &self.scaling, &self.provenance.animals))
    }
}

impl ForecastingModel {
    /// Frames per second of the animals trained on, the middle of them: recordings at other rates are to
    /// be brought there by [`Recording::resampled`].
    pub fn training_fps(&self) -> f64 {
        middle_rate(&self.provenance.animals)
    }

    /// Refuses a recording at another rate than those of training: a step is a frame.
    pub(crate) fn check_rate(&self, recording: &Recording) -> Result<(), ModelError> {
        check_rate(recording, &self.provenance.animals, SAME_RATE)
    }

    /// In what a recording is unlike those trained on.
    ///
    /// # Errors
    /// [`ModelError`] for neurons that the recording lacks.
    pub fn mismatches(&self, recording: &Recording) -> Result<Vec<Mismatch>, ModelError> {
        let selected = self.selected(recording)?;
        Ok(mismatches(recording, &selected, &self.scaling, &self.provenance.animals))
    }
}
