//! One animal, one session: the value that every other room works on.

use crate::{
    Behavior, FoundUnit, NeuronLabel, NeuronName, NotALabel, StateMap, TimeBase, TraceUnit, Traces,
    UnitBasis,
};
use std::collections::BTreeMap;

/// Where a recording comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provenance {
    /// File name or generator, for example `WT_NoStim.mat`.
    pub source: String,
    /// Place inside the file, for example `/WT_NoStim, worm 3`; empty when the file is one animal.
    pub place: String,
    /// Data set or trace the values were taken from, for example `deltaFOverF_bc`.
    pub trace_field: String,
    /// What the traces are, where the file or the user says so.
    pub unit: Option<TraceUnit>,
}

/// A time derivative that came with the file, in units per second, and the field it stood in.
///
/// Published derivatives are smoothers over the whole trace, so they look ahead.
#[derive(Debug, Clone, PartialEq)]
pub struct FileDerivative {
    /// Values `[frame, neuron]`, the same shape as the traces.
    pub values: Traces,
    /// The field, for example `derivs`.
    pub field: String,
}

/// What a [`Recording`] is made of, before validation.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordingParts {
    /// Name of the animal, for example `TS20140715e`.
    pub animal: String,
    /// One label per column of the traces.
    pub neurons: Vec<NeuronLabel>,
    /// ΔF/F, `[frame, neuron]`.
    pub traces: Traces,
    /// The file's own derivative, if it has one.
    pub derivative: Option<FileDerivative>,
    /// One state per frame, if the recording is labelled.
    pub behavior: Option<Behavior>,
    /// One time per frame.
    pub time: TimeBase,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// One animal in one session. All parts agree in their number of frames and neurons, and no
/// neuron is named twice.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    parts: RecordingParts,
    columns: BTreeMap<NeuronName, usize>,
}

/// Why parts do not make a recording.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// A part has another length than the traces.
    #[error("animal {animal:?}: {part} has {found} {unit}, the traces have {expected}")]
    Length {
        /// The animal.
        animal: String,
        /// The part that does not fit.
        part: &'static str,
        /// Its length.
        found: usize,
        /// The length of the traces.
        expected: usize,
        /// `frames` or `neurons`.
        unit: &'static str,
    },
    /// Two columns carry the same name.
    #[error(
        "animal {animal:?}: neuron {name} names columns {first} and {second} (from 0); rename one of them or mark it as unidentified"
    )]
    DuplicateNeuron {
        /// The animal.
        animal: String,
        /// The name, in canonical form.
        name: NeuronName,
        /// The first column.
        first: usize,
        /// The second column.
        second: usize,
    },
    /// The animal has no name.
    #[error("an animal has an empty name, expected one that tells it from the others")]
    Unnamed,
}

impl Recording {
    /// Checks that the parts fit together.
    ///
    /// # Errors
    /// [`RecordingError`] when lengths differ, a neuron is named twice, or the animal is unnamed.
    pub fn new(parts: RecordingParts) -> Result<Self, RecordingError> {
        if parts.animal.trim().is_empty() {
            return Err(RecordingError::Unnamed);
        }
        let (n_frames, n_neurons) = (parts.traces.n_frames(), parts.traces.n_neurons());
        let length = |part, found, expected, unit| {
            if found == expected {
                return Ok(());
            }
            let animal = parts.animal.clone();
            Err(RecordingError::Length { animal, part, found, expected, unit })
        };
        length("list of neurons", parts.neurons.len(), n_neurons, "neurons")?;
        length("time base", parts.time.n_frames(), n_frames, "frames")?;
        if let Some(behavior) = &parts.behavior {
            length("behaviour", behavior.states().len(), n_frames, "frames")?;
        }
        if let Some(derivative) = &parts.derivative {
            length("derivative", derivative.values.n_frames(), n_frames, "frames")?;
            length("derivative", derivative.values.n_neurons(), n_neurons, "neurons")?;
        }
        let mut columns = BTreeMap::new();
        for (second, label) in parts.neurons.iter().enumerate() {
            if let Some(name) = label.name()
                && let Some(first) = columns.insert(name.clone(), second)
            {
                let (animal, name) = (parts.animal.clone(), name.clone());
                return Err(RecordingError::DuplicateNeuron { animal, name, first, second });
            }
        }
        Ok(Self { parts, columns })
    }

    /// Name of the animal.
    pub fn animal(&self) -> &str {
        &self.parts.animal
    }

    /// One label per column of the traces.
    pub fn neurons(&self) -> &[NeuronLabel] {
        &self.parts.neurons
    }

    /// Identified neurons in alphabetical order.
    pub fn identified(&self) -> impl ExactSizeIterator<Item = &NeuronName> {
        self.columns.keys()
    }

    /// Column of a neuron in the traces.
    pub fn column(&self, name: &NeuronName) -> Option<usize> {
        self.columns.get(name).copied()
    }

    /// ΔF/F, `[frame, neuron]`.
    pub fn traces(&self) -> &Traces {
        &self.parts.traces
    }

    /// The file's own derivative, if it has one.
    pub fn file_derivative(&self) -> Option<&FileDerivative> {
        self.parts.derivative.as_ref()
    }

    /// One state per frame, if labelled.
    pub fn behavior(&self) -> Option<&Behavior> {
        self.parts.behavior.as_ref()
    }

    /// One time per frame.
    pub fn time(&self) -> &TimeBase {
        &self.parts.time
    }

    /// Number of frames.
    pub fn n_frames(&self) -> usize {
        self.parts.traces.n_frames()
    }

    /// Where the recording comes from.
    pub fn provenance(&self) -> &Provenance {
        &self.parts.provenance
    }

    /// What the traces are: as stated, or else a guess from their values ([`Traces::guess_unit`]).
    pub fn unit(&self) -> FoundUnit {
        match self.parts.provenance.unit {
            Some(unit) => FoundUnit { unit, basis: UnitBasis::Stated },
            None => FoundUnit { unit: self.traces().guess_unit(), basis: UnitBasis::Guessed },
        }
    }

    /// The same recording with some states called by other names.
    ///
    /// # Errors
    /// As [`Behavior::mapped`].
    pub fn mapped(mut self, map: &StateMap) -> Result<Self, NotALabel> {
        if let Some(behavior) = &self.parts.behavior {
            self.parts.behavior = Some(behavior.mapped(map)?);
        }
        Ok(self)
    }

    /// Takes the recording apart again, to change and revalidate it.
    pub fn into_parts(self) -> RecordingParts {
        self.parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::State;

    fn parts(names: &[&str]) -> RecordingParts {
        let n_neurons = names.len();
        RecordingParts {
            animal: "worm1".into(),
            neurons: names.iter().map(|name| NeuronLabel::from_text(name)).collect(),
            traces: Traces::new(4, n_neurons, vec![0.; 4 * n_neurons]).unwrap(),
            derivative: None,
            behavior: Some(Behavior::new(vec![State::Forward; 4])),
            time: TimeBase::regular(4, 3., 0.).unwrap(),
            provenance: Provenance::default(),
        }
    }

    #[test]
    fn a_name_in_two_spellings_is_a_duplicate() {
        let error = Recording::new(parts(&["AVAL", "VB1", "17", "VB01"])).unwrap_err();
        assert!(error.to_string().contains("VB01 names columns 1 and 3"), "{error}");
    }

    #[test]
    fn unidentified_neurons_may_repeat() {
        let recording = Recording::new(parts(&["---", "---", "AVAL", ""])).unwrap();
        assert_eq!(recording.identified().len(), 1);
        assert_eq!(recording.column(&"aval".parse().unwrap()), Some(2));
    }

    #[test]
    fn parts_of_other_lengths_are_refused() {
        let mut short = parts(&["AVAL"]);
        short.behavior = Some(Behavior::new(vec![State::Forward; 3]));
        let error = Recording::new(short).unwrap_err();
        assert!(error.to_string().contains("behaviour has 3 frames, the traces have 4"), "{error}");
        let mut wide = parts(&["AVAL"]);
        wide.neurons.push(NeuronLabel::from_text("AVAR"));
        assert!(matches!(Recording::new(wide), Err(RecordingError::Length { .. })));
        let mut unnamed = parts(&["AVAL"]);
        unnamed.animal = " ".into();
        assert_eq!(Recording::new(unnamed).unwrap_err(), RecordingError::Unnamed);
    }
}
