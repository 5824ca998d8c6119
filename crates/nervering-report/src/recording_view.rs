//! A recording of a document, to be looked into.

use crate::figure::mismatch::Mismatch;
use crate::figure::states::States;
use serde::{Deserialize, Serialize};

/// A recording to look into: traces, labelled states, and what models predict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordingView {
    /// Name of the animal.
    pub animal: String,
    /// Time of each frame in seconds, increasing.
    pub seconds: Vec<f32>,
    /// Names of the neurons, those worth seeing first.
    pub neurons: Vec<String>,
    /// Traces, row-major `[neuron, frame]`; NaN (in JSON `null`) is missing.
    #[serde(with = "crate::figure::missing")]
    pub values: Vec<f32>,
    /// What they are: `ΔF/F`.
    #[serde(default = "delta_f")]
    pub unit: String,
    /// The labelled states.
    pub states: States,
    /// States that models predict, one ribbon each.
    pub predictions: Vec<Prediction>,
}

/// What traces were called before their unit was known.
fn delta_f() -> String {
    "ΔF/F".to_owned()
}

/// The states that a model predicts for a recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    /// The model.
    pub model: String,
    /// What it was trained on: `worm1, worm3`.
    pub trained_on: String,
    /// Its states.
    pub states: States,
}

impl RecordingView {
    /// Labelled and predicted ones.
    pub(crate) fn all_states(&self) -> impl Iterator<Item = &States> {
        let predicted = self.predictions.iter().map(|prediction| &prediction.states);
        std::iter::once(&self.states).chain(predicted)
    }

    pub(crate) fn check(&self) -> Result<(), Mismatch> {
        let n_frames = self.seconds.len();
        let expect = |part, found, expected| expect(&self.animal, part, found, expected);
        expect("frames", n_frames, n_frames.max(2))?;
        expect("values", self.values.len(), n_frames * self.neurons.len())?;
        expect("labelled states", self.states.of_frame.len(), n_frames)?;
        self.predictions.iter().try_for_each(|prediction| {
            expect("predicted states", prediction.states.of_frame.len(), n_frames)
        })
    }
}

pub(crate) fn expect(
    name: &str,
    part: &'static str,
    found: usize,
    expected: usize,
) -> Result<(), Mismatch> {
    if found == expected {
        return Ok(());
    }
    Err(Mismatch { figure: name.to_owned(), part, found, expected })
}
