//! In what a recording is unlike those that a model was trained on, told and as JSON.

use crate::output::talk;
use nervering::fit::Mismatch;
use nervering::io::{Level, Warning};
use nervering::recording::Recording;
use serde::Serialize;

/// Says in what a recording is unlike those that the model was trained on.
pub(super) fn told(recording: &Recording, mismatches: Vec<Mismatch>) -> Vec<Mismatch> {
    for mismatch in &mismatches {
        let (place, kind) = (recording.animal(), mismatch.kind());
        talk(&Warning::new(Level::Doubtful, kind, place, mismatch.to_string()).to_string());
    }
    mismatches
}

/// A doubt about one recording.
#[derive(Debug, Serialize)]
pub(super) struct MismatchJson {
    kind: &'static str,
    text: String,
}

impl From<&Mismatch> for MismatchJson {
    fn from(mismatch: &Mismatch) -> Self {
        Self { kind: mismatch.kind(), text: mismatch.to_string() }
    }
}
