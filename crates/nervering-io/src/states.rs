//! The states of one recording, as readers meet them: every format reads its labels through
//! [`StateReader`], so that the same text means the same in all of them.

use crate::error::IoError;
use crate::options::ReadOptions;
use crate::outcome::ReadOutcome;
use crate::warning::{Level, Warning};
use nervering_recording::{
    Behavior, NotALabel, OwnLabels, Recording, State, StateMap, edit_distance,
};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Reads the labels of one recording, or of all recordings of a file that share their names.
pub(crate) struct StateReader<'o> {
    map: &'o StateMap,
    labels: RefCell<OwnLabels>,
}

impl<'o> StateReader<'o> {
    pub(crate) fn new(options: &'o ReadOptions) -> Self {
        Self { map: &options.states, labels: RefCell::default() }
    }

    /// The state that a text names: a known one, or a label of the file's own. A number is none but
    /// where the user's map says what it stands for; the map itself is applied to whole recordings.
    pub(crate) fn text(&self, text: &str) -> Result<State, NotALabel> {
        match text.trim().parse::<f64>() {
            Ok(code) if self.map.gives(code) => self.labels.borrow_mut().code(code),
            _ => self.labels.borrow_mut().read(text),
        }
    }

    /// The state of a code that no key of the file names, where the user's map says what it stands
    /// for.
    pub(crate) fn code(&self, code: f64) -> Result<State, NotALabel> {
        match self.map.gives(code) {
            true => self.labels.borrow_mut().code(code),
            false => Err(NotALabel::Number),
        }
    }

    /// Whether the user's map says what each of these codes stands for; NaN is no code.
    pub(crate) fn gives_all(&self, codes: &[f64]) -> bool {
        codes.iter().all(|&code| code.is_nan() || self.map.gives(code))
            && codes.iter().any(|code| !code.is_nan())
    }

    /// The name of a label that this reader has read.
    pub(crate) fn name(&self, state: State) -> Option<String> {
        let behavior = self.behavior(vec![state]);
        Some(behavior.name(*behavior.states().first()?).to_owned())
    }

    /// The behaviour of these states, which this reader has read.
    pub(crate) fn behavior(&self, states: Vec<State>) -> Behavior {
        Behavior::with_labels(states, self.labels.borrow().clone())
    }
}

/// Kind of the warning that a name of the user's map is none of the files'.
pub const UNUSED_IN_MAP: &str = "map-name-unused";

/// Calls the states of recordings what the user says they stand for, and tells of names that no
/// recording has.
pub(crate) fn map(outcome: &mut ReadOutcome, options: &ReadOptions) -> Result<(), IoError> {
    let map = &options.states;
    if map.is_empty() {
        return Ok(());
    }
    for name in map.unused(&outcome.recordings) {
        let text = match nearest(name, &outcome.recordings) {
            Some(near) => format!("no recording has a state {name:?}; was {near:?} meant?"),
            None => format!("no recording has a state {name:?}"),
        };
        outcome.warnings.push(Warning::new(Level::Doubtful, UNUSED_IN_MAP, "--map", text));
    }
    for recording in std::mem::take(&mut outcome.recordings) {
        let provenance = recording.provenance().clone();
        let mapped = recording.mapped(map).map_err(|fault| IoError::Layout {
            path: provenance.source.into(),
            place: format!("states of {} under --map", provenance.place),
            found: "more".to_owned(),
            expected: fault.expected().to_owned(),
        })?;
        outcome.recordings.push(mapped);
    }
    Ok(())
}

/// The state that a name of the map nearly is: at most a third of its characters are others.
fn nearest(name: &str, recordings: &[Recording]) -> Option<String> {
    let behaviors = recordings.iter().filter_map(Recording::behavior);
    let shown: BTreeSet<String> = behaviors
        .flat_map(|behavior| behavior.shown().into_iter().map(|state| behavior.name(state)))
        .map(str::to_owned)
        .collect();
    let distance = |other: &String| edit_distance(&name.to_lowercase(), &other.to_lowercase());
    let near = shown.into_iter().min_by_key(distance)?;
    (3 * distance(&near) <= name.chars().count()).then_some(near)
}

/// A label as an error or a warning quotes it.
pub(crate) fn shown(text: &str) -> String {
    format!("{:?}", text.chars().take(40).collect::<String>())
}
