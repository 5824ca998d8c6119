//! What the numbers of traces are: ΔF/F, as it is or in percent, a ratio, a z-score, fluorescence.
//!
//! Laboratories publish the same signal on different scales: ΔF/F lies around 0, F/F₀ around 1, counts
//! of a camera in the hundreds. A model that was fitted on one scale says nothing sound of another. A
//! file may state its unit ([`crate::Provenance::unit`]); where it does not, [`Traces::guess_unit`] guesses
//! from the values, and [`FoundUnit`] says which of the two it was. [`Conversion`] brings traces to ΔF/F
//! where that is sound; nothing is converted unless it is asked for.

use crate::{RecordingParts, Traces, TracesError};
use std::fmt;
use std::str::FromStr;

/// A scale of traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TraceUnit {
    /// (F − F₀) / F₀: around 0, never below −1 but for noise.
    DeltaF,
    /// The same in percent: a hundred times as large.
    PercentDeltaF,
    /// F / F₀, of one colour or two: around 1, positive.
    Ratio,
    /// Mean 0 and SD 1 of each neuron over its recording.
    ZScore,
    /// Counts of a camera: positive, far from 0.
    Fluorescence,
    /// None of these, or not to be told.
    Unknown,
}

/// A text that names no unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "found {found:?}, expected delta-f, percent-delta-f, ratio, z-score, fluorescence or unknown"
)]
pub struct UnknownUnit {
    /// The text as it was written.
    pub found: String,
}

impl TraceUnit {
    /// Every unit.
    pub const ALL: [TraceUnit; 6] = [
        Self::DeltaF,
        Self::PercentDeltaF,
        Self::Ratio,
        Self::ZScore,
        Self::Fluorescence,
        Self::Unknown,
    ];

    /// Name in files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DeltaF => "delta-f",
            Self::PercentDeltaF => "percent-delta-f",
            Self::Ratio => "ratio",
            Self::ZScore => "z-score",
            Self::Fluorescence => "fluorescence",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for TraceUnit {
    /// As it stands in a sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::DeltaF => "ΔF/F",
            Self::PercentDeltaF => "ΔF/F in percent",
            Self::Ratio => "F/F0",
            Self::ZScore => "z-scores",
            Self::Fluorescence => "fluorescence",
            Self::Unknown => "an unknown unit",
        })
    }
}

impl FromStr for TraceUnit {
    type Err = UnknownUnit;

    fn from_str(text: &str) -> Result<Self, UnknownUnit> {
        let known = Self::ALL.into_iter().find(|unit| unit.as_str() == text);
        known.ok_or_else(|| UnknownUnit { found: text.to_owned() })
    }
}

/// What a unit rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnitBasis {
    /// The file, or the user, says so.
    Stated,
    /// The values look like it.
    Guessed,
}

/// The unit of a recording and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FoundUnit {
    /// The unit.
    pub unit: TraceUnit,
    /// Whether it was stated.
    pub basis: UnitBasis,
}

impl fmt::Display for FoundUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.unit, self.basis) {
            (TraceUnit::Unknown, _) => write!(f, "{}", self.unit),
            (unit, UnitBasis::Stated) => write!(f, "{unit}, as the file says"),
            (unit, UnitBasis::Guessed) => write!(f, "{unit}, a guess from the values"),
        }
    }
}

/// Part of the neurons that must be alike to say something about all.
const NEARLY_ALL: f64 = 0.9;
/// First percentiles of ΔF/F lie about 0 (0.04 to 0.07 in the worms of Kato et al., medians over
/// neurons), those of F/F₀ about 0.6 to 0.95: F₀ is a low quantile or the mean.
const LOWEST_RATIO: f64 = 0.3;
/// Fluorescence is positive and far from zero.
const LOWEST_FLUORESCENCE: f64 = 10.;
/// A neuron's brightness changes by a factor of up to a few, not of ten.
const LARGEST_RANGE: f64 = 10.;

impl Traces {
    /// Guesses the unit from the values. Per neuron its mean, SD, first and 99th percentile are taken;
    /// then, with medians over neurons: nine in ten with mean 0 and SD 1 are z-scores; a first percentile
    /// above 10 and a tenth of the range is fluorescence; above 0.3 and a tenth of the range, F/F₀; a
    /// range of at most 10, ΔF/F; percent is never guessed. Traces that all fill [0, 1] or [−1, 1] exactly, and what is left, are
    /// unknown.
    pub fn guess_unit(&self) -> TraceUnit {
        let summaries: Vec<Summary> = (0..self.n_neurons())
            .filter_map(|neuron| Summary::of(self.neuron(neuron).collect()))
            .collect();
        if summaries.is_empty() {
            return TraceUnit::Unknown;
        }
        let nearly_all = |is: &dyn Fn(&Summary) -> bool| {
            let n = summaries.iter().filter(|summary| is(summary)).count();
            n as f64 >= NEARLY_ALL * self.n_neurons() as f64
        };
        let median = |of: &dyn Fn(&Summary) -> f64| {
            let mut values: Vec<f64> = summaries.iter().map(of).collect();
            let middle = values.len() / 2;
            *values.select_nth_unstable_by(middle, f64::total_cmp).1
        };
        let (floor, range) = (median(&|s| s.floor), median(&|s| s.ceiling - s.floor));
        let stands_clear = floor > 0.1 * range;
        if nearly_all(&Summary::is_z_scored) {
            TraceUnit::ZScore
        } else if nearly_all(&Summary::fills_an_interval) {
            TraceUnit::Unknown
        } else if floor > LOWEST_FLUORESCENCE && stands_clear {
            TraceUnit::Fluorescence
        } else if range > LARGEST_RANGE {
            TraceUnit::Unknown
        } else if floor > LOWEST_RATIO && stands_clear {
            TraceUnit::Ratio
        } else {
            TraceUnit::DeltaF
        }
    }
}

/// Of one neuron that varies.
struct Summary {
    mean: f64,
    sd: f64,
    lowest: f64,
    highest: f64,
    /// First percentile.
    floor: f64,
    /// 99th percentile.
    ceiling: f64,
}

impl Summary {
    fn of(mut trace: Vec<f64>) -> Option<Self> {
        trace.retain(|value| !value.is_nan());
        let n = trace.len() as f64;
        let mean = trace.iter().sum::<f64>() / n;
        let sd = (trace.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt();
        let extremes = trace
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
        let (lowest, highest) = extremes;
        if trace.is_empty() || lowest == highest {
            return None;
        }
        let last = (trace.len() - 1) as f64;
        let mut quantile = |fraction: f64| {
            let at = (fraction * last).round() as usize;
            *trace.select_nth_unstable_by(at, f64::total_cmp).1
        };
        Some(Self { mean, sd, lowest, highest, floor: quantile(0.01), ceiling: quantile(0.99) })
    }

    fn is_z_scored(&self) -> bool {
        // The divisor may be n or n − 1, and exports round.
        self.mean.abs() < 1e-3 && (self.sd - 1.).abs() < 5e-3
    }

    fn fills_an_interval(&self) -> bool {
        let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
        near(self.highest, 1.) && (near(self.lowest, 0.) || near(self.lowest, -1.))
    }
}

/// How traces are brought to ΔF/F.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conversion {
    /// Which percentile of each neuron over its whole recording is F₀, of fluorescence; without it
    /// fluorescence cannot be converted. It looks ahead.
    pub baseline_percentile: Option<u8>,
}

/// Why traces cannot be brought to ΔF/F.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConversionError {
    /// A unit that holds no ΔF/F.
    #[error("the traces are {found}, from which ΔF/F cannot be computed; use the original traces")]
    NoWay {
        /// Its unit.
        found: FoundUnit,
    },
    /// Fluorescence without a baseline.
    #[error("the traces are {found}; say which percentile of each neuron is its baseline F0")]
    NoBaseline {
        /// Its unit.
        found: FoundUnit,
    },
    /// A neuron whose baseline is not positive.
    #[error(
        "neuron in column {neuron} (from 0): the baseline F0 is {baseline}, expected a positive one"
    )]
    Baseline {
        /// The column.
        neuron: usize,
        /// Its baseline.
        baseline: f64,
    },
    /// Values that overflow.
    #[error("the converted traces are unsound")]
    Traces(#[from] TracesError),
}

impl Conversion {
    /// Brings the traces of `parts`, which are in `found`, to ΔF/F, and notes that in their provenance.
    /// The derivative of the file is divided by F₀ or by 100 likewise. ΔF/F is left as it is.
    ///
    /// # Errors
    /// [`ConversionError`] when that is not sound.
    pub fn apply(
        self,
        mut parts: RecordingParts,
        found: FoundUnit,
    ) -> Result<RecordingParts, ConversionError> {
        let n_neurons = parts.traces.n_neurons();
        let how = match found.unit {
            TraceUnit::DeltaF => return Ok(parts),
            TraceUnit::PercentDeltaF => {
                let hundredth = |traces: &Traces| {
                    let values = traces.values().iter().map(|value| value / 100.).collect();
                    Traces::new(traces.n_frames(), n_neurons, values)
                };
                parts.traces = hundredth(&parts.traces)?;
                if let Some(derivative) = &mut parts.derivative {
                    derivative.values = hundredth(&derivative.values)?;
                }
                "divided by 100".to_owned()
            }
            TraceUnit::Ratio => {
                let values = parts.traces.values().iter().map(|value| value - 1.).collect();
                parts.traces = Traces::new(parts.traces.n_frames(), n_neurons, values)?;
                "minus 1".to_owned()
            }
            TraceUnit::Fluorescence => {
                let percentile =
                    self.baseline_percentile.ok_or(ConversionError::NoBaseline { found })?;
                let baselines = baselines(&parts.traces, f64::from(percentile))?;
                let per_neuron = |traces: &Traces, minus: f64| {
                    let values = traces.values().iter().enumerate();
                    let values = values.map(|(k, value)| value / baselines[k % n_neurons] - minus);
                    Traces::new(traces.n_frames(), n_neurons, values.collect())
                };
                parts.traces = per_neuron(&parts.traces, 1.)?;
                if let Some(derivative) = &mut parts.derivative {
                    derivative.values = per_neuron(&derivative.values, 0.)?;
                }
                format!("ΔF/F by percentile {percentile} of the recording")
            }
            TraceUnit::ZScore | TraceUnit::Unknown => return Err(ConversionError::NoWay { found }),
        };
        let field = &mut parts.provenance.trace_field;
        *field = if field.is_empty() { how } else { format!("{field}, {how}") };
        parts.provenance.unit = Some(TraceUnit::DeltaF);
        Ok(parts)
    }
}

/// A percentile of every neuron.
fn baselines(traces: &Traces, percentile: f64) -> Result<Vec<f64>, ConversionError> {
    let of_neuron = |neuron: usize| {
        let mut trace: Vec<f64> = traces.neuron(neuron).filter(|value| !value.is_nan()).collect();
        let at = (percentile.clamp(0., 100.) / 100. * trace.len().saturating_sub(1) as f64).round();
        let baseline = match trace.is_empty() {
            true => f64::NAN,
            false => *trace.select_nth_unstable_by(at as usize, f64::total_cmp).1,
        };
        match baseline > 0. || trace.is_empty() {
            true => Ok(baseline),
            false => Err(ConversionError::Baseline { neuron, baseline }),
        }
    };
    (0..traces.n_neurons()).map(of_neuron).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FileDerivative, NeuronLabel, Provenance, TimeBase};

    /// Three neurons that rise and fall about 0, as ΔF/F does.
    fn traces(new: impl Fn(usize, f64) -> f64) -> Traces {
        let of_frame = |frame: usize| {
            [0.3, 0.7, 1.1].map(|pace| 0.1 + 0.4 * (pace * frame as f64).sin().powi(2))
        };
        let values = (0..200).flat_map(of_frame).enumerate().map(|(k, v)| new(k % 3, v)).collect();
        Traces::new(200, 3, values).unwrap()
    }

    #[test]
    fn each_unit_is_guessed_from_values_like_its_own() {
        assert_eq!(traces(|_, v| v).guess_unit(), TraceUnit::DeltaF);
        assert_eq!(traces(|_, v| v - 0.3).guess_unit(), TraceUnit::DeltaF);
        assert_eq!(traces(|_, v| 0.7 + v).guess_unit(), TraceUnit::Ratio);
        assert_eq!(traces(|_, v| 400. * (0.8 + v)).guess_unit(), TraceUnit::Fluorescence);
        assert_eq!(traces(|_, v| 100. * (v - 0.05)).guess_unit(), TraceUnit::Unknown);
        let scaled = traces(|_, v| v);
        let summaries: Vec<Summary> =
            (0..3).map(|k| Summary::of(scaled.neuron(k).collect()).unwrap()).collect();
        let z = traces(|k, v| (v - summaries[k].mean) / summaries[k].sd);
        assert_eq!(z.guess_unit(), TraceUnit::ZScore);
        let unit =
            traces(|k, v| (v - summaries[k].lowest) / (summaries[k].highest - summaries[k].lowest));
        assert_eq!(unit.guess_unit(), TraceUnit::Unknown);
        assert_eq!(traces(|_, _| f64::NAN).guess_unit(), TraceUnit::Unknown);
        assert_eq!(traces(|_, _| 2.).guess_unit(), TraceUnit::Unknown);
    }

    fn parts(traces: Traces) -> RecordingParts {
        RecordingParts {
            animal: "a".into(),
            neurons: ["AVAL", "AVAR", "3"].map(NeuronLabel::from_text).to_vec(),
            traces,
            derivative: None,
            behavior: None,
            time: TimeBase::regular(200, 3., 0.).unwrap(),
            provenance: Provenance { trace_field: "ratio".into(), ..Provenance::default() },
        }
    }

    fn guessed(unit: TraceUnit) -> FoundUnit {
        FoundUnit { unit, basis: UnitBasis::Guessed }
    }

    #[test]
    fn a_ratio_and_fluorescence_become_the_same_delta_f() {
        let original = traces(|_, v| v);
        let plain = Conversion { baseline_percentile: None };
        let ratio = plain.apply(parts(traces(|_, v| v + 1.)), guessed(TraceUnit::Ratio)).unwrap();
        for (a, b) in ratio.traces.values().iter().zip(original.values()) {
            assert!((a - b).abs() < 1e-12);
        }
        assert_eq!(ratio.provenance.trace_field, "ratio, minus 1");
        assert_eq!(ratio.provenance.unit, Some(TraceUnit::DeltaF));
        // F = F₀ (1 + ΔF/F) with ΔF/F of 0.1 at its lowest: F₀ is then that of the lowest frame.
        let raw = traces(|k, v| (k + 1) as f64 * 100. * (1. + v));
        let by_lowest = Conversion { baseline_percentile: Some(0) };
        let converted = by_lowest.apply(parts(raw), guessed(TraceUnit::Fluorescence)).unwrap();
        for (k, value) in converted.traces.values().iter().enumerate() {
            let lowest = original.neuron(k % 3).fold(f64::INFINITY, f64::min);
            let expected = (1. + original.values()[k]) / (1. + lowest) - 1.;
            assert!((value - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn percent_and_its_derivative_are_divided_by_a_hundred() {
        let (original, plain) = (traces(|_, v| v), Conversion { baseline_percentile: None });
        let mut percent = parts(traces(|_, v| 100. * v));
        let values = traces(|_, v| 50. * v);
        percent.derivative = Some(FileDerivative { values, field: "d".into() });
        let found = FoundUnit { unit: TraceUnit::PercentDeltaF, basis: UnitBasis::Stated };
        let converted = plain.apply(percent, found).unwrap();
        let derivative = converted.derivative.unwrap();
        let pairs = converted.traces.values().iter().zip(derivative.values.values());
        for ((value, slope), v) in pairs.zip(original.values()) {
            assert!((value - v).abs() < 1e-12 && (slope - v / 2.).abs() < 1e-12);
        }
        assert_eq!(converted.provenance.trace_field, "ratio, divided by 100");
        assert_eq!(converted.provenance.unit, Some(TraceUnit::DeltaF));
    }

    #[test]
    fn what_holds_no_delta_f_is_refused() {
        let plain = Conversion { baseline_percentile: None };
        let refused = |unit| plain.apply(parts(traces(|_, v| v)), guessed(unit)).unwrap_err();
        assert!(matches!(refused(TraceUnit::ZScore), ConversionError::NoWay { .. }));
        assert!(matches!(refused(TraceUnit::Unknown), ConversionError::NoWay { .. }));
        assert!(matches!(refused(TraceUnit::Fluorescence), ConversionError::NoBaseline { .. }));
        let dark = Conversion { baseline_percentile: Some(10) };
        let error = dark.apply(parts(traces(|_, v| -v)), guessed(TraceUnit::Fluorescence));
        assert!(matches!(error.unwrap_err(), ConversionError::Baseline { neuron: 0, .. }));
    }

    #[test]
    fn names_of_units_read_back() {
        for unit in TraceUnit::ALL {
            assert_eq!(unit.as_str().parse(), Ok(unit));
        }
        assert!("dff".parse::<TraceUnit>().is_err());
    }
}
