//! What is looked at.

use nervering_fit::ModelPrediction;
use nervering_recording::Recording;

/// An animal to look at.
#[derive(Debug, Clone, Copy)]
pub struct ViewedAnimal<'a> {
    /// Its recording.
    pub recording: &'a Recording,
    /// What the model says of it, where there is one.
    pub said: Option<&'a ModelPrediction>,
}

/// Something that the inspector has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewFinding {
    /// How bad it is.
    pub level: String,
    /// What kind of finding.
    pub kind: String,
    /// The animal or place.
    pub place: String,
    /// What it is.
    pub text: String,
}

/// A model whose probabilities are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewedModel<'a> {
    /// Its name.
    pub name: &'a str,
    /// The states that it tells apart, in the order of its probabilities.
    pub states: Vec<&'a str>,
    /// The animals that it was trained on.
    pub trained_on: Vec<&'a str>,
}

/// What stands about the recordings.
#[derive(Debug, Clone, Copy)]
pub struct ViewAbout<'a> {
    /// Heading of the page.
    pub title: &'a str,
    /// What the inspector has found, the worst first.
    pub findings: &'a [ViewFinding],
    /// The model, where there is one.
    pub model: Option<&'a ViewedModel<'a>>,
}
