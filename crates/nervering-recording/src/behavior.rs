//! Behaviour: one state per frame, and what the labels among them are called.

use crate::own_labels::NotALabel;
use crate::{OwnLabel, OwnLabels, State, StateMap};
use std::collections::BTreeMap;
use std::ops::Range;

/// One state per frame, and the names of those that are the laboratory's own. Two behaviours are
/// equal when every frame carries the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behavior {
    states: Vec<State>,
    /// Those that some frame carries, by name; [`OwnLabel`] is a place in it.
    own: Vec<String>,
}

impl Behavior {
    /// Takes one known state per frame; a [`crate::Recording`] checks the number of frames.
    ///
    /// # Panics
    /// For a label of one's own: [`Behavior::with_labels`] takes those.
    pub fn new(states: Vec<State>) -> Self {
        Self::with_labels(states, OwnLabels::default())
    }

    /// Takes one state per frame, and the labels that gave them.
    ///
    /// # Panics
    /// For a label that is not of these.
    pub fn with_labels(mut states: Vec<State>, labels: OwnLabels) -> Self {
        let mut occurs = [false; OwnLabels::MAX];
        for state in &states {
            if let State::Own(OwnLabel(place)) = state {
                occurs[usize::from(*place)] = true;
            }
        }
        let used = labels.by_name().filter(|(_, label)| occurs[usize::from(label.0)]);
        let (own, places): (Vec<String>, Vec<OwnLabel>) = used.unzip();
        let mut new_places = [None; OwnLabels::MAX];
        for (new, old) in places.iter().enumerate() {
            new_places[usize::from(old.0)] = Some(OwnLabel(new as u8));
        }
        for state in &mut states {
            if let State::Own(label) = state {
                *label = new_places[usize::from(label.0)].expect("a label of this behaviour");
            }
        }
        Self { states, own }
    }

    /// Reads one name per frame.
    ///
    /// # Errors
    /// As [`OwnLabels::read`].
    pub fn from_names<T: AsRef<str>>(
        names: impl IntoIterator<Item = T>,
    ) -> Result<Self, NotALabel> {
        let mut labels = OwnLabels::default();
        let states = names.into_iter().map(|name| labels.read(name.as_ref()));
        Ok(Self::with_labels(states.collect::<Result<_, _>>()?, labels))
    }

    /// The states, one per frame.
    pub fn states(&self) -> &[State] {
        &self.states
    }

    /// What a state of this behaviour is called: the short name of a known one, else the label.
    ///
    /// # Panics
    /// For a label of another behaviour that has more of them.
    pub fn name(&self, state: State) -> &str {
        match state {
            State::Own(label) => &self.own[usize::from(label.0)],
            known => known.known_name().unwrap_or_default(),
        }
    }

    /// The name of every frame's state.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.states.iter().map(|&state| self.name(state))
    }

    /// The laboratory's own labels, by name.
    pub fn own_labels(&self) -> &[String] {
        &self.own
    }

    /// Every state that occurs with its number of frames: the known ones in the order of
    /// [`State::ALL`], then the own ones by name, unknown last.
    pub fn counts(&self) -> Vec<(State, usize)> {
        let mut counts = BTreeMap::new();
        for &state in &self.states {
            *counts.entry(state).or_insert(0) += 1;
        }
        counts.into_iter().collect()
    }

    /// Frames in a state.
    pub fn count(&self, state: State) -> usize {
        self.states.iter().filter(|&&other| other == state).count()
    }

    /// Every state that occurs but unknown, in the order of [`Behavior::counts`].
    pub fn shown(&self) -> Vec<State> {
        let states = self.counts().into_iter().map(|(state, _)| state);
        states.filter(|&state| state != State::Unknown).collect()
    }

    /// Maximal runs of one state as `(state, frames)`, in order.
    pub fn bouts(&self) -> impl Iterator<Item = (State, usize)> + '_ {
        self.states.chunk_by(|a, b| a == b).map(|run| (run[0], run.len()))
    }

    /// The behaviour in a range of frames.
    ///
    /// # Panics
    /// For a range outside of it.
    pub fn cut(&self, frames: Range<usize>) -> Self {
        let labels = self.labels();
        Self::with_labels(self.states[frames].to_vec(), labels)
    }

    /// The same behaviour with some states called by other names.
    ///
    /// # Errors
    /// [`NotALabel::TooMany`] when the new names are more than a behaviour has.
    pub fn mapped(&self, map: &StateMap) -> Result<Self, NotALabel> {
        let mut labels = OwnLabels::default();
        let mut new_names = BTreeMap::new();
        for (state, _) in self.counts() {
            let name = self.name(state);
            let new = match map.to(name) {
                Some(to) => labels.keep(to)?,
                None => labels.keep(name)?,
            };
            new_names.insert(state, new);
        }
        let states = self.states.iter().map(|state| new_names[state]).collect();
        Ok(Self::with_labels(states, labels))
    }

    fn labels(&self) -> OwnLabels {
        OwnLabels::of(&self.own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Behavior {
        Behavior::from_names(names).unwrap()
    }

    #[test]
    fn bouts_are_maximal_runs() {
        use State::*;
        let behavior = Behavior::new(vec![Forward, Forward, Reverse1, Forward]);
        let bouts: Vec<_> = behavior.bouts().collect();
        assert_eq!(bouts, [(Forward, 2), (Reverse1, 1), (Forward, 1)]);
    }

    #[test]
    fn behaviours_are_equal_by_the_names_of_their_frames() {
        let behavior = named(&["dwelling", "roaming", "FWD"]);
        // Met in another order, and with a label that no frame carries in the end.
        let mut labels = OwnLabels::default();
        labels.read("sleeping").unwrap();
        let roaming = labels.read("roaming").unwrap();
        let dwelling = labels.read("dwelling").unwrap();
        let states = vec![dwelling, roaming, State::Forward];
        assert_eq!(Behavior::with_labels(states, labels), behavior);
        assert_eq!(behavior.own_labels(), ["dwelling", "roaming"]);
        assert_ne!(named(&["roaming", "dwelling", "FWD"]), behavior);
        assert_ne!(named(&["dwelling", "resting", "FWD"]), behavior);
    }

    #[test]
    fn names_read_back() {
        let behavior = named(&["roaming", "", "REVSUS", "dwelling", "roaming", "quiescence"]);
        let names: Vec<&str> = behavior.names().collect();
        let expected = ["roaming", "NOSTATE", "REVSUS", "dwelling", "roaming", "QUIESCENCE"];
        assert_eq!(names, expected);
        assert_eq!(named(&names), behavior);
        let counts: Vec<_> =
            behavior.counts().into_iter().map(|(s, n)| (behavior.name(s), n)).collect();
        let expected =
            [("REVSUS", 1), ("QUIESCENCE", 1), ("dwelling", 1), ("roaming", 2), ("NOSTATE", 1)];
        assert_eq!(counts, expected);
        assert_eq!(behavior.shown().len(), 4);
    }

    #[test]
    fn a_cut_keeps_the_names_and_forgets_the_labels_that_are_gone() {
        let behavior = named(&["a", "b", "c", "b"]);
        assert_eq!(behavior.cut(1..4), named(&["b", "c", "b"]));
        assert_eq!(behavior.cut(1..2).own_labels(), ["b"]);
    }

    #[test]
    fn a_map_renames_joins_and_leaves_the_rest() {
        let behavior = named(&["roaming", "dwelling", "sleep", "FWD", "nap", ""]);
        let map: StateMap = "roaming=FWD,sleep=resting,nap=resting,FWD=SLOW".parse().unwrap();
        let expected = named(&["FWD", "dwelling", "resting", "SLOW", "resting", ""]);
        assert_eq!(behavior.mapped(&map), Ok(expected));
        assert_eq!(behavior.mapped(&StateMap::default()), Ok(behavior));
    }
}
