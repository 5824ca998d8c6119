//! One behaviour state per frame, as figures take it.

use super::state_colours::StateColours;
use crate::draw::{Canvas, Paint};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The order in which states stand everywhere, whatever coding they are of: forward, slowing, turns, reversals,
/// then a laboratory's own as they come. Places in `names`.
pub(crate) fn in_order<T: AsRef<str>>(names: &[T]) -> Vec<usize> {
    const ORDER: [&[&str]; 9] = [
        &["fwd", "forward"],
        &["slow", "slowing"],
        &["dt", "dorsal turn"],
        &["vt", "ventral turn"],
        &["turn"],
        &["rev1"],
        &["rev2"],
        &["revsus"],
        &["rev", "reverse"],
    ];
    let place = |&k: &usize| {
        let name = names[k].as_ref().to_ascii_lowercase();
        ORDER.iter().position(|known| known.contains(&name.as_str())).unwrap_or(ORDER.len())
    };
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_key(place);
    order
}

/// States by name, and which of them every frame is in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct States {
    /// Names, for example `FWD` or `reverse`.
    pub names: Vec<String>,
    /// Place in `names` of the state of each frame; `None` where it is unknown.
    pub of_frame: Vec<Option<u8>>,
}

impl States {
    /// The name of a state; `unknown` for none.
    pub fn name(&self, state: Option<u8>) -> &str {
        state.and_then(|k| self.names.get(usize::from(k))).map_or("unknown", String::as_str)
    }

    pub(crate) fn paint(&self, state: Option<u8>, colours: &StateColours) -> Paint {
        colours.paint(self.name(state))
    }

    /// The names of the states that occur.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &str> {
        let occurs = |k: &usize| u8::try_from(*k).is_ok_and(|k| self.of_frame.contains(&Some(k)));
        (0..self.names.len()).filter(occurs).map(|k| self.names[k].as_str())
    }

    /// Maximal runs of one state, as frames.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (Option<u8>, Range<usize>)> + '_ {
        let mut begin = 0;
        self.of_frame.chunk_by(|a, b| a == b).map(move |run| {
            let frames = begin..begin + run.len();
            begin = frames.end;
            (run[0], frames)
        })
    }

    /// The states that occur, with their colours, for a key.
    pub(crate) fn key(&self, colours: &StateColours) -> Vec<(String, Paint)> {
        let known =
            in_order(&self.names).into_iter().filter_map(|k| u8::try_from(k).ok()).map(Some);
        known
            .chain([None])
            .filter(|state| self.of_frame.contains(state))
            .map(|state| (self.name(state).to_owned(), self.paint(state, colours)))
            .collect()
    }

    /// A ribbon of states over time; `x` gives the left edge of a frame, and of the end.
    pub(crate) fn ribbon(
        &self,
        canvas: &mut Canvas,
        colours: &StateColours,
        x: impl Fn(usize) -> f64,
        y: f64,
        height: f64,
    ) {
        for (state, frames) in self.runs() {
            let (left, right) = (x(frames.start), x(frames.end));
            canvas.rect(left, y, right - left, height, self.paint(state, colours));
        }
    }
}
