//! The inspector: what is in recordings and what is wrong with them.
//!
//! [`inspect`] turns recordings and the warnings of their readers into an [`Inspection`], a plain
//! value. Its `Display` is a text of at most 100 columns; [`InspectionJson`] is its JSON schema.
//! What is wrong is found by the checks in [`CHECKS`], each a small function over all recordings.
//! The inspector changes nothing and refuses nothing.

pub(crate) mod checks;
mod schema;
mod text;

pub use checks::{CHECKS, Check, Finding, SAME_ANIMAL_TWICE};
pub use schema::InspectionJson;

use crate::series::TraceSeries;
use crate::warning::{Level, Warning};
use nervering_recording::{Behavior, FoundUnit, NeuronLabel, NeuronName, NeuronSet, Recording};

/// What is in some recordings, and what is wrong with them.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// One entry per animal, in the given order.
    pub animals: Vec<Animal>,
    /// Neurons identified in every animal, alphabetical.
    pub shared: Vec<NeuronName>,
    /// The series of traces that the files offer ([`crate::ReadOutcome::series`]); [`inspect`] leaves
    /// them to be filled in.
    pub series: Vec<TraceSeries>,
    /// Warnings of the readers and of the checks, the worst first.
    pub warnings: Vec<Warning>,
}

/// What is in one recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Animal {
    /// Name of the animal.
    pub name: String,
    /// File and place it came from.
    pub origin: String,
    /// Field of the traces; empty when the file did not name one.
    pub trace_field: String,
    /// What the traces are, and whether that is a guess.
    pub unit: FoundUnit,
    /// Field of the file's own derivative, if it has one.
    pub derivative_field: Option<String>,
    /// Number of frames.
    pub n_frames: usize,
    /// Length in seconds.
    pub duration: f64,
    /// Volumes per second.
    pub fps: f64,
    /// Neurons recorded.
    pub n_neurons: usize,
    /// Neurons with exactly one name.
    pub n_identified: usize,
    /// Neurons with several candidate names.
    pub n_undecided: usize,
    /// Behaviour, if labelled.
    pub behavior: Option<BehaviorSummary>,
}

/// What is in the behaviour of one recording.
#[derive(Debug, Clone, PartialEq)]
pub struct BehaviorSummary {
    /// Fraction of frames in each state that occurs, by its name, in the order of
    /// [`Behavior::counts`].
    pub fractions: Vec<(String, f64)>,
    /// Changes of state, unknown counted as a state.
    pub n_transitions: usize,
    /// Median length of a run of one state, in frames.
    pub median_bout: usize,
}

/// Looks at recordings and runs every check.
///
/// `warnings` are those of the readers; they are kept.
pub fn inspect(recordings: &[Recording], warnings: &[Warning]) -> Inspection {
    let mut warnings = warnings.to_vec();
    for check in CHECKS {
        for Finding { level, place, text } in (check.run)(recordings) {
            warnings.push(Warning { level, kind: check.kind, place, text });
        }
    }
    warnings.sort_by_key(|warning| std::cmp::Reverse(warning.level));
    Inspection {
        animals: recordings.iter().map(Animal::of).collect(),
        shared: NeuronSet::Shared.resolve(recordings).unwrap_or_default(),
        series: Vec::new(),
        warnings,
    }
}

impl Inspection {
    /// Number of warnings of a level.
    pub fn count(&self, level: Level) -> usize {
        self.warnings.iter().filter(|warning| warning.level == level).count()
    }
}

impl Animal {
    fn of(recording: &Recording) -> Self {
        let provenance = recording.provenance();
        let origin = [provenance.source.as_str(), provenance.place.as_str()];
        let origin: Vec<&str> = origin.into_iter().filter(|part| !part.is_empty()).collect();
        let undecided = |label: &&NeuronLabel| matches!(label, NeuronLabel::Candidates(_));
        Self {
            name: recording.animal().to_owned(),
            origin: origin.join(", "),
            trace_field: provenance.trace_field.clone(),
            unit: recording.unit(),
            derivative_field: recording.file_derivative().map(|d| d.field.clone()),
            n_frames: recording.n_frames(),
            duration: recording.time().duration(),
            fps: recording.time().fps(),
            n_neurons: recording.neurons().len(),
            n_identified: recording.identified().len(),
            n_undecided: recording.neurons().iter().filter(undecided).count(),
            behavior: recording.behavior().map(BehaviorSummary::of),
        }
    }
}

impl BehaviorSummary {
    fn of(behavior: &Behavior) -> Self {
        let n_frames = behavior.states().len() as f64;
        let of_state = |(state, count)| (behavior.name(state).to_owned(), count as f64 / n_frames);
        let mut bouts: Vec<usize> = behavior.bouts().map(|(_, n_frames)| n_frames).collect();
        bouts.sort_unstable();
        Self {
            fractions: behavior.counts().into_iter().map(of_state).collect(),
            n_transitions: bouts.len().saturating_sub(1),
            median_bout: bouts.get(bouts.len() / 2).copied().unwrap_or(0),
        }
    }

    /// Fraction of frames in a state, by its name, 0 when it does not occur.
    pub fn fraction(&self, state: &str) -> f64 {
        self.fractions.iter().find(|(other, _)| other == state).map_or(0., |(_, f)| *f)
    }
}
