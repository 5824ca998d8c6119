//! Features and labels of one animal: [`select`] takes them out of a recording as [`Selected`],
//! in the units of the file; [`Selected::normalized`] and [`Ranges`] bring them to a range.
//!
//! The numbers stand in the axis order `[frame, neuron, feature]`. [`prepare`] does both steps for
//! one animal and keeps what a report must say about them: the derivative's method and the scope
//! of the normalisation.

use crate::{
    DerivativeMethod, DerivativeSource, Feature, Interval, PrepareError, Scope, ScopeKind, Series,
    derivative, min_max,
};
use nervering_recording::{NeuronName, Recording, State, StateCoding};

/// Features per neuron and frame: the trace, then the derivative.
pub const N_FEATURES: usize = 2;

/// The neurons of a study in one animal, before any statistic has been computed.
#[derive(Debug, Clone, PartialEq)]
pub struct Selected {
    /// Name of the animal.
    pub animal: String,
    /// The neurons, in the order of the neuron axis.
    pub neurons: Vec<NeuronName>,
    /// Whether the animal has each of them; values of one that it lacks are 0. All are there but of
    /// [`select_present`].
    pub present: Vec<bool>,
    /// Number of frames.
    pub n_frames: usize,
    /// Traces in ΔF/F and derivatives per second, row-major `[frame, neuron, feature]` with
    /// [`N_FEATURES`] features.
    pub values: Vec<f64>,
    /// One per frame: the class in `coding`, or `None` where it is unknown or ignored.
    pub labels: Vec<Option<u8>>,
    /// One per frame, as the file has it; unknown in a recording without behaviour.
    pub states: Vec<State>,
    /// Times of the frames in seconds.
    pub seconds: Vec<f64>,
    /// What the classes mean.
    pub coding: StateCoding,
    /// How the derivative was computed.
    pub derivative_method: DerivativeMethod,
}

/// One animal as numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// Name of the animal.
    pub animal: String,
    /// The neurons, in the order of the neuron axis.
    pub neurons: Vec<NeuronName>,
    /// Number of frames.
    pub n_frames: usize,
    /// Normalised values, row-major `[frame, neuron, feature]` with [`N_FEATURES`] features.
    pub features: Vec<f32>,
    /// One per frame: the class in `coding`, or `None` where it is unknown or ignored.
    pub labels: Vec<Option<u8>>,
    /// What the classes mean.
    pub coding: StateCoding,
    /// How the derivative was computed.
    pub derivative_method: DerivativeMethod,
    /// Over which frames the normalisation was fitted.
    pub scope: ScopeKind,
}

/// Takes neurons, their derivatives and the labels out of a recording. The derivative is taken of
/// the raw trace, as in the paper. A recording without behaviour has no label at any frame.
///
/// # Errors
/// [`PrepareError`] when `neurons` is empty or names a neuron that the recording lacks.
pub fn select(
    recording: &Recording,
    neurons: &[NeuronName],
    coding: &StateCoding,
    source: DerivativeSource,
) -> Result<Selected, PrepareError> {
    if let Some(missing) = neurons.iter().find(|neuron| recording.column(neuron).is_none()) {
        let (animal, neuron) = (recording.animal().to_owned(), missing.clone());
        return Err(PrepareError::MissingNeuron { animal, neuron });
    }
    select_present(recording, neurons, coding, source)
}

/// The same of an animal that may lack neurons, for models that take whatever is there.
///
/// # Errors
/// [`PrepareError`] when `neurons` is empty or the recording has none of them.
pub fn select_present(
    recording: &Recording,
    neurons: &[NeuronName],
    coding: &StateCoding,
    source: DerivativeSource,
) -> Result<Selected, PrepareError> {
    let animal = recording.animal();
    let present: Vec<bool> =
        neurons.iter().map(|neuron| recording.column(neuron).is_some()).collect();
    if !present.contains(&true) {
        return Err(PrepareError::NoNeurons { animal: animal.to_owned() });
    }
    let n_frames = recording.n_frames();
    let row = neurons.len() * N_FEATURES;
    let mut values = vec![0f64; n_frames * row];
    for (k, neuron) in neurons.iter().enumerate() {
        let Some(column) = recording.column(neuron) else { continue };
        let (slope, _) = derivative(recording, column, source);
        for (frame, (value, slope)) in recording.traces().neuron(column).zip(slope).enumerate() {
            let at = frame * row + k * N_FEATURES;
            values[at..at + N_FEATURES].copy_from_slice(&[value, slope]);
        }
    }
    let (states, labels) = match recording.behavior() {
        Some(behavior) => (behavior.states().to_vec(), coding.classes(behavior)),
        None => (vec![State::Unknown; n_frames], vec![None; n_frames]),
    };
    Ok(Selected {
        animal: animal.to_owned(),
        neurons: neurons.to_vec(),
        present,
        n_frames,
        values,
        labels,
        states,
        seconds: recording.time().seconds().to_vec(),
        coding: coding.clone(),
        derivative_method: source.method(recording),
    })
}

/// Selects neurons, derives, normalises trace and derivative per neuron to [0, 1] over `scope`,
/// and maps states to classes.
///
/// The derivative is normalised itself, as in the paper. With [`Scope::Causal`] only
/// [`DerivativeSource::Backward`] makes the features causal as a whole.
///
/// # Errors
/// As [`select`] and [`Selected::normalized`].
pub fn prepare(
    recording: &Recording,
    neurons: &[NeuronName],
    coding: &StateCoding,
    source: DerivativeSource,
    scope: Scope<'_>,
) -> Result<Prepared, PrepareError> {
    let selected = select(recording, neurons, coding, source)?;
    let features = selected.normalized(scope, Interval::ZeroToOne)?;
    Ok(Prepared {
        animal: selected.animal,
        neurons: selected.neurons,
        n_frames: selected.n_frames,
        features,
        labels: selected.labels,
        coding: selected.coding,
        derivative_method: selected.derivative_method,
        scope: scope.kind(),
    })
}

impl Selected {
    /// Trace and derivative of every neuron brought to `interval` by their own range over `scope`:
    /// `[frame, neuron, feature]`.
    ///
    /// # Errors
    /// As [`min_max`] for a neuron that cannot be normalised.
    pub fn normalized(
        &self,
        scope: Scope<'_>,
        interval: Interval,
    ) -> Result<Vec<f32>, PrepareError> {
        let mut features = vec![0f32; self.values.len()];
        for (neuron, feature) in self.columns() {
            let values = self.column(neuron, feature);
            let series = Series {
                animal: &self.animal,
                neuron: &self.neurons[neuron],
                feature,
                values: &values,
            };
            for (frame, value) in min_max(series, scope)?.into_iter().enumerate() {
                features[self.at(frame, neuron, feature)] = interval.of(value);
            }
        }
        Ok(features)
    }

    /// The class of a frame in a coding that may be another than the one that it was selected with.
    pub fn class_in(&self, coding: &StateCoding, frame: usize) -> Option<u8> {
        match *coding == self.coding {
            true => self.labels[frame],
            false => coding.class(self.states[frame]).map(|class| class as u8),
        }
    }

    /// How many frames begin within so many seconds of the first.
    pub fn n_within(&self, seconds: f64) -> usize {
        let first = self.seconds.first().copied().unwrap_or(0.);
        self.seconds.partition_point(|&second| second - first < seconds)
    }

    /// Every pair of a neuron and a feature.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (usize, Feature)> + use<> {
        let of_neuron = |neuron| [Feature::Trace, Feature::Derivative].map(|f| (neuron, f));
        (0..self.neurons.len()).flat_map(of_neuron)
    }

    /// One value per frame.
    pub(crate) fn column(&self, neuron: usize, feature: Feature) -> Vec<f64> {
        (0..self.n_frames).map(|frame| self.values[self.at(frame, neuron, feature)]).collect()
    }

    /// Place of a value.
    pub(crate) fn at(&self, frame: usize, neuron: usize, feature: Feature) -> usize {
        (frame * self.neurons.len() + neuron) * N_FEATURES + feature as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nervering_recording::{
        Behavior, FileDerivative, NeuronLabel, Provenance, RecordingParts, State, TimeBase, Traces,
    };

    fn parts() -> RecordingParts {
        RecordingParts {
            animal: "worm1".into(),
            neurons: ["RIML", "7", "AVAL"].map(NeuronLabel::from_text).to_vec(),
            traces: Traces::new(3, 3, vec![0., 9., 4., 1., 9., 5., 4., 9., 3.]).unwrap(),
            derivative: None,
            behavior: Some(Behavior::new(vec![
                State::Slowing,
                State::VentralTurn,
                State::Reverse2,
            ])),
            time: TimeBase::new(vec![0., 1., 2.]).unwrap(),
            provenance: Provenance::default(),
        }
    }

    fn names(names: &[&str]) -> Vec<NeuronName> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn two_states(
        recording: &Recording,
        neurons: &[&str],
        source: DerivativeSource,
    ) -> Result<Prepared, PrepareError> {
        prepare(recording, &names(neurons), &StateCoding::Two, source, Scope::WholeRecording)
    }

    #[test]
    fn the_axis_order_is_frame_neuron_feature() {
        let recording = Recording::new(parts()).unwrap();
        let source = DerivativeSource::FileOrCentral;
        let prepared = two_states(&recording, &["AVAL", "RIML"], source).unwrap();
        // AVAL: trace 4 5 3, slopes 1 −½ −2; RIML: trace 0 1 4, slopes 1 2 3.
        #[rustfmt::skip]
        let expected = [
            0.5, 1.0, 0.0, 0.0,
            1.0, 0.5, 0.25, 0.5,
            0.0, 0.0, 1.0, 1.0,
        ];
        assert_eq!(prepared.features, expected);
        assert_eq!(prepared.neurons, names(&["AVAL", "RIML"]));
        assert_eq!(prepared.labels, [Some(0), None, Some(1)]);
        assert_eq!(prepared.derivative_method, DerivativeMethod::CentralDifferences);
        assert_eq!(prepared.scope, ScopeKind::WholeRecording);
    }

    #[test]
    fn the_derivative_of_the_file_is_used_only_where_asked_for() {
        let mut with_file = parts();
        let values = Traces::new(3, 3, vec![0., 1., 2., 0., 1., 3., 0., 1., 4.]).unwrap();
        with_file.derivative = Some(FileDerivative { values, field: "derivs".into() });
        let recording = Recording::new(with_file).unwrap();
        let slopes = |source| {
            let prepared = two_states(&recording, &["AVAL"], source).unwrap();
            let slopes: Vec<_> = prepared.features.iter().skip(1).step_by(2).copied().collect();
            (prepared.derivative_method, slopes)
        };
        use DerivativeMethod::*;
        assert_eq!(slopes(DerivativeSource::FileOrCentral), (FromFile, vec![0., 0.5, 1.]));
        assert_eq!(slopes(DerivativeSource::Central), (CentralDifferences, vec![1., 0.5, 0.]));
        let backward = (BackwardDifferences, vec![2. / 3., 1., 0.]);
        assert_eq!(slopes(DerivativeSource::Backward), backward);
    }

    #[test]
    fn a_recording_without_behaviour_has_no_labels() {
        let mut silent = parts();
        silent.behavior = None;
        let recording = Recording::new(silent).unwrap();
        let prepared = two_states(&recording, &["AVAL"], DerivativeSource::Central).unwrap();
        assert_eq!(prepared.labels, [None; 3]);
    }

    #[test]
    fn errors_name_animal_and_neuron() {
        let recording = Recording::new(parts()).unwrap();
        let source = DerivativeSource::Central;
        let missing = two_states(&recording, &["AVAL", "VB02"], source).unwrap_err();
        assert!(
            missing.to_string().starts_with("animal \"worm1\": no neuron is identified as VB02")
        );
        let none = two_states(&recording, &[], source).unwrap_err();
        assert!(matches!(none, PrepareError::NoNeurons { .. }));
        let mut line = parts();
        line.traces = Traces::new(3, 3, vec![0., 9., 4., 1., 9., 5., 2., 9., 3.]).unwrap();
        let recording = Recording::new(line).unwrap();
        let flat = two_states(&recording, &["RIML"], source).unwrap_err().to_string();
        assert!(flat.contains("neuron RIML: the derivative is 1 at every frame"), "{flat}");
    }
}
