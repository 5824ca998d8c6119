//! Bouts of all lengths on one scale: the traces of each bout resampled to a common phase from 0
//! (onset) to 1 (last frame). [`AlignedBouts`] is what variability and the two-sample tests share.

use super::error::{AnalysisError, at_least};
use nervering_recording::{NeuronName, Recording, StateCoding};
use nervering_statistics::bouts::bouts;

/// On which scale traces of different animals are compared. ΔF/F depends on expression and optics,
/// so raw values differ between animals for reasons that are no dynamics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceScale {
    /// Mean 0 and standard deviation 1 over the whole recording, per neuron.
    ZScore,
    /// Smallest value 0 and largest 1 over the whole recording, per neuron, as in the paper.
    UnitRange,
}

/// How bouts are aligned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlignConfig {
    /// The states told apart.
    pub coding: StateCoding,
    /// The scale of the traces.
    pub scale: TraceScale,
    /// Points from phase 0 to phase 1, both included; at least 2.
    pub n_phases: usize,
    /// Bouts of fewer frames have no shape worth stretching and are left out; at least 1.
    pub min_frames: usize,
}

impl AlignConfig {
    /// Z-scored, 21 phases, bouts of at least three frames (about a second).
    pub fn new(coding: StateCoding) -> Self {
        Self { coding, scale: TraceScale::ZScore, n_phases: 21, min_frames: 3 }
    }
}

/// One bout on the common phase.
#[derive(Debug, Clone, PartialEq)]
pub struct AlignedBout {
    /// Its state, as an index into the coding's names.
    pub state: usize,
    /// Its first frame, from 0.
    pub first_frame: usize,
    /// Its length in frames.
    pub n_frames: usize,
    /// Scaled traces, row-major `[neuron, phase]`, linear between frames.
    pub values: Vec<f64>,
}

/// The complete bouts of one animal, in order. The recording's first and last bout are left out: it
/// is unknown when the one began and the other ended.
#[derive(Debug, Clone, PartialEq)]
pub struct AlignedBouts {
    /// The animal.
    pub animal: String,
    /// The neurons, in the order of the neuron axis.
    pub neurons: Vec<NeuronName>,
    /// Number of phases.
    pub n_phases: usize,
    /// The states told apart.
    pub coding: StateCoding,
    /// The bouts.
    pub bouts: Vec<AlignedBout>,
}

impl AlignedBouts {
    /// The earlier half of the bouts and the later: a control, since what differs between the halves
    /// of one animal is no difference between individuals.
    pub fn halves(&self) -> [AlignedBouts; 2] {
        let (first, second) = self.bouts.split_at(self.bouts.len() / 2);
        let half = |name: &str, bouts: &[AlignedBout]| AlignedBouts {
            animal: format!("{}, {name} half", self.animal),
            bouts: bouts.to_vec(),
            ..self.clone()
        };
        [half("first", first), half("second", second)]
    }
}

/// Scales the traces of `neurons` and aligns all bouts of a recording.
///
/// # Errors
/// [`AnalysisError`] for a recording without states, a neuron that is missing, has missing values or
/// never varies, and settings out of range.
pub fn align_bouts(
    recording: &Recording,
    neurons: &[NeuronName],
    config: &AlignConfig,
) -> Result<AlignedBouts, AnalysisError> {
    let &AlignConfig { ref coding, scale, n_phases, min_frames } = config;
    at_least("number of phases", n_phases, 2)?;
    at_least("frames of a bout", min_frames, 1)?;
    let traces: Vec<Vec<f64>> = neurons
        .iter()
        .map(|neuron| scaled_trace(recording, neuron, scale))
        .collect::<Result<_, _>>()?;
    let labels = labels(recording, coding)?;
    let complete = bouts(&labels)
        .into_iter()
        .filter(|bout| !bout.is_cut(labels.len()) && bout.end - bout.start >= min_frames);
    let bouts = complete
        .map(|bout| AlignedBout {
            state: usize::from(bout.class),
            first_frame: bout.start,
            n_frames: bout.end - bout.start,
            values: traces
                .iter()
                .flat_map(|trace| resample(&trace[bout.start..bout.end], n_phases))
                .collect(),
        })
        .collect();
    let animal = recording.animal().to_owned();
    Ok(AlignedBouts { animal, neurons: neurons.to_vec(), n_phases, coding: coding.clone(), bouts })
}

/// The class of every frame.
pub(super) fn labels(
    recording: &Recording,
    coding: &StateCoding,
) -> Result<Vec<Option<u8>>, AnalysisError> {
    let Some(behavior) = recording.behavior() else {
        return Err(AnalysisError::NoBehavior { animal: recording.animal().to_owned() });
    };
    coding.resolve([recording])?;
    Ok(coding.classes(behavior))
}

/// The trace of a neuron on a scale.
pub(super) fn scaled_trace(
    recording: &Recording,
    neuron: &NeuronName,
    scale: TraceScale,
) -> Result<Vec<f64>, AnalysisError> {
    let animal = recording.animal();
    let Some(column) = recording.column(neuron) else {
        let (animal, neuron) = (animal.to_owned(), neuron.clone());
        return Err(AnalysisError::MissingNeuron { animal, neuron });
    };
    let mut trace: Vec<f64> = recording.traces().neuron(column).collect();
    rescale(&mut trace, scale, animal, neuron.as_str())?;
    Ok(trace)
}

/// Brings one neuron's values to a scale.
pub(super) fn rescale(
    values: &mut [f64],
    scale: TraceScale,
    animal: &str,
    neuron: &str,
) -> Result<(), AnalysisError> {
    let names = || (animal.to_owned(), neuron.to_owned());
    if let Some(frame) = values.iter().position(|value| value.is_nan()) {
        let (animal, neuron) = names();
        return Err(AnalysisError::MissingValue { animal, neuron, frame });
    }
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if low >= high {
        let (animal, neuron) = names();
        return Err(AnalysisError::Flat { animal, neuron, value: low });
    }
    let (origin, unit) = match scale {
        TraceScale::UnitRange => (low, high - low),
        TraceScale::ZScore => {
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
            (mean, (squares / n).sqrt())
        }
    };
    values.iter_mut().for_each(|value| *value = (*value - origin) / unit);
    Ok(())
}

/// Values at `n_phases` even positions from the first to the last frame, linear between frames.
fn resample(values: &[f64], n_phases: usize) -> impl Iterator<Item = f64> + '_ {
    let last = values.len() - 1;
    (0..n_phases).map(move |k| {
        let at = (k * last) as f64 / (n_phases - 1) as f64;
        let before = at.floor() as usize;
        let after = (before + 1).min(last);
        values[before] + (at - before as f64) * (values[after] - values[before])
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use nervering_recording::{
        Behavior, NeuronLabel, Provenance, RecordingParts, State, TimeBase, Traces,
    };

    /// A recording at 2 frames per second with one state per frame.
    pub(crate) fn recording(
        animal: &str,
        neurons: &[&str],
        states: &[State],
        value: impl Fn(usize, usize) -> f64,
    ) -> Recording {
        let (n, k) = (states.len(), neurons.len());
        let values = (0..n * k).map(|at| value(at / k, at % k)).collect();
        Recording::new(RecordingParts {
            animal: animal.into(),
            neurons: neurons.iter().map(|name| NeuronLabel::from_text(name)).collect(),
            traces: Traces::new(n, k, values).unwrap(),
            derivative: None,
            behavior: Some(Behavior::new(states.to_vec())),
            time: TimeBase::regular(n, 2., 0.).unwrap(),
            provenance: Provenance::default(),
        })
        .unwrap()
    }

    pub(crate) fn names(names: &[&str]) -> Vec<NeuronName> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    /// Bouts of the given states and lengths.
    pub(crate) fn states(bouts: &[(State, usize)]) -> Vec<State> {
        bouts.iter().flat_map(|&(state, n)| vec![state; n]).collect()
    }

    use State::{DorsalTurn, Forward, Reverse1, SustainedReverse};

    #[test]
    fn bouts_are_stretched_to_a_common_phase_and_cut_ones_left_out() {
        let states =
            states(&[(Forward, 4), (Reverse1, 5), (DorsalTurn, 2), (Forward, 9), (Reverse1, 3)]);
        let worm =
            recording(
                "a",
                &["AVAL", "RIML"],
                &states,
                |t, k| {
                    if k == 0 { t as f64 } else { -(t as f64) }
                },
            );
        let config = AlignConfig {
            scale: TraceScale::UnitRange,
            n_phases: 3,
            ..AlignConfig::new(StateCoding::Four)
        };
        let aligned = align_bouts(&worm, &names(&["RIML", "AVAL"]), &config).unwrap();
        let found: Vec<_> =
            aligned.bouts.iter().map(|b| (b.state, b.first_frame, b.n_frames)).collect();
        assert_eq!(found, [(0, 4, 5), (1, 11, 9)]);
        let expected = [18., 16., 14., 4., 6., 8.].map(|v| v / 22.);
        for (found, expected) in aligned.bouts[0].values.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12);
        }
        let [first, second] = aligned.halves();
        assert_eq!((first.bouts.len(), second.bouts.len()), (1, 1));
    }

    #[test]
    fn z_scores_have_mean_0_and_deviation_1() {
        let mut values: Vec<f64> = (0..100).map(|t| 3. + (t as f64).sin()).collect();
        rescale(&mut values, TraceScale::ZScore, "a", "AVAL").unwrap();
        let mean = values.iter().sum::<f64>() / 100.;
        let variance = values.iter().map(|v| v * v).sum::<f64>() / 100.;
        assert!(mean.abs() < 1e-12 && (variance - 1.).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_aligned_is_named() {
        let states = states(&[(Forward, 3), (SustainedReverse, 3)]);
        let worm = recording("a", &["AVAL", "RIML"], &states, |t, k| {
            if k == 0 {
                1.
            } else if t == 2 {
                f64::NAN
            } else {
                t as f64
            }
        });
        let error = |neuron, config: &AlignConfig| {
            align_bouts(&worm, &names(&[neuron]), config).unwrap_err().to_string()
        };
        let config = AlignConfig::new(StateCoding::Two);
        assert!(error("AVAL", &config).contains("neuron AVAL: found 1 at every frame"));
        assert!(error("RIML", &config).contains("neuron RIML, frame 2"));
        assert!(error("VB02", &config).contains("no neuron is identified as VB02"));
        let one = AlignConfig { n_phases: 1, ..config.clone() };
        assert!(error("AVAL", &one).contains("number of phases: found 1"));
        let mut parts = worm.into_parts();
        parts.behavior = None;
        let silent = Recording::new(parts).unwrap();
        let none = align_bouts(&silent, &[], &config).unwrap_err();
        assert!(matches!(none, AnalysisError::NoBehavior { .. }));
    }
}
