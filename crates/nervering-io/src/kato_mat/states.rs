//! Behaviour of one worm: a struct with one vector of 0 and 1 per state, or a vector of codes.
//!
//! Vectors are mapped to states by the name of their field, codes by the names in `States_key`;
//! a code is never guessed. A frame is unknown, with a warning, when it carries no state, several
//! states, or a value that is neither 0 nor 1. Vectors one frame shorter than the traces leave the
//! last frame unknown, with a warning; any other difference in length is an error, because it is
//! then not known which label belongs to which frame.

use crate::error::IoError;
use crate::mat73::{Class, Value};
use crate::warning::Level;
use nervering_recording::State;

/// The file's `States_key`, which holds for all worms or has one entry per worm.
#[derive(Clone, Copy)]
pub(super) struct Key<'a, 'f> {
    pub field: Option<&'a Value<'f>>,
    /// The worm that is read, and how many there are.
    pub worm: usize,
    pub n_worms: usize,
}

/// One state per frame.
pub(super) fn read_states(
    value: &Value<'_>,
    key: Key<'_, '_>,
    n_frames: usize,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<Vec<State>, IoError> {
    match value.class() {
        Class::Struct => from_vectors(value, n_frames, warn),
        Class::Numbers => {
            let names = read_key(value, key)?;
            from_codes(value, &names, n_frames, warn)
        }
        _ => Err(value.unexpected(
            value.describe(),
            "a struct with one vector of 0 and 1 per state, or a vector of codes",
        )),
    }
}

fn from_vectors(
    value: &Value<'_>,
    n_frames: usize,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<Vec<State>, IoError> {
    let mut frames = vec![Frame::Unmarked; n_frames];
    let mut ignored = Vec::new();
    let (mut n_vectors, mut n_shorter) = (0, 0);
    for name in value.field_names()? {
        let Ok(state) = name.parse::<State>() else {
            ignored.push(name);
            continue;
        };
        let vector = read_vector(&value.field(&name)?, n_frames)?;
        n_vectors += 1;
        n_shorter += usize::from(vector.len() < n_frames);
        for (frame, &mark) in frames.iter_mut().zip(&vector) {
            *frame = frame.mark(state, mark);
        }
    }
    if n_vectors == 0 {
        return Err(value.unexpected(
            format!("a struct with the fields {}", super::listed(&ignored)),
            "one vector per state, named fwd slow dt vt rev1 rev2 revsus nostate",
        ));
    }
    if !ignored.is_empty() {
        let text = format!("States has fields that name no state: {}", super::listed(&ignored));
        warn(Level::Doubtful, "unknown-state-name", text);
    }
    if n_shorter > 0 {
        warn_of_shorter(&format!("{n_shorter} vectors of States have"), warn);
    }
    let count = |kind: Frame| frames.iter().filter(|&&frame| frame == kind).count();
    let not_binary = count(Frame::NotBinary);
    if not_binary > 0 {
        let text = format!("{not_binary} frames have a mark other than 0 and 1; they are unknown");
        warn(Level::Doubtful, "state-not-binary", text);
    }
    let several = count(Frame::Several);
    if several > 0 {
        let text = format!("{several} frames carry several states; they are unknown");
        warn(Level::Doubtful, "several-states", text);
    }
    let unmarked = count(Frame::Unmarked);
    if unmarked > 0 {
        let text = format!("{unmarked} frames carry no state; they are unknown");
        warn(Level::Advice, "frames-without-state", text);
    }
    let settle = |frame| if let Frame::Marked(state) = frame { state } else { State::Unknown };
    Ok(frames.into_iter().map(settle).collect())
}

/// What the vectors read so far say about one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frame {
    Unmarked,
    Marked(State),
    Several,
    NotBinary,
}

impl Frame {
    fn mark(self, state: State, mark: f64) -> Self {
        match self {
            _ if mark == 0. => self,
            _ if mark != 1. => Self::NotBinary,
            Self::Unmarked => Self::Marked(state),
            Self::Marked(other) if other != state => Self::Several,
            settled => settled,
        }
    }
}

fn from_codes(
    value: &Value<'_>,
    names: &[State],
    n_frames: usize,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<Vec<State>, IoError> {
    let codes = read_vector(value, n_frames)?;
    if codes.len() < n_frames {
        warn_of_shorter("the vector of state codes has", warn);
    }
    let mut states = Vec::with_capacity(n_frames);
    for (frame, &code) in codes.iter().enumerate() {
        // Codes are 1-based; the comparison refuses fractions, NaN and anything out of range.
        let state = (1..=names.len()).find(|&k| k as f64 == code).map(|k| names[k - 1]);
        states.push(state.ok_or_else(|| {
            value.unexpected(
                format!("state code {code} at frame {frame} (from 0)"),
                format!("a code from 1 to {}, as many as States_key names", names.len()),
            )
        })?);
    }
    states.resize(n_frames, State::Unknown);
    Ok(states)
}

fn warn_of_shorter(subject: &str, warn: &mut impl FnMut(Level, &'static str, String)) {
    let text =
        format!("{subject} one frame fewer than the traces; the last frame is unknown there");
    warn(Level::Doubtful, "shorter-states", text);
}

/// The states that the codes 1, 2, … stand for.
fn read_key(codes: &Value<'_>, key: Key<'_, '_>) -> Result<Vec<State>, IoError> {
    let Some(field) = key.field else {
        return Err(codes.without_key());
    };
    let mut entries = field.cells()?;
    let per_worm = entries.len() == key.n_worms && entries.iter().all(|e| e.class() == Class::Cell);
    if per_worm {
        entries = entries.swap_remove(key.worm).cells()?;
    }
    let mut states = Vec::with_capacity(entries.len());
    for entry in &entries {
        // A name may stand in a cell of its own.
        let text = match entry.class() {
            Class::Cell => match entry.cells()?.as_slice() {
                [only] => only.text()?,
                _ => return Err(entry.unexpected(entry.describe(), "the name of one state")),
            },
            _ => entry.text()?,
        };
        states.push(text.parse().map_err(|_| {
            entry.unexpected(format!("{text:?}"), "the name of a state, such as FWD or REVSUS")
        })?);
    }
    if states.is_empty() { Err(codes.without_key()) } else { Ok(states) }
}

/// A vector as long as the traces, or one frame shorter.
fn read_vector(value: &Value<'_>, n_frames: usize) -> Result<Vec<f64>, IoError> {
    let vector = value.matrix()?;
    let length = vector.values.len();
    let is_vector = vector.rows == 1 || vector.columns == 1;
    if !is_vector || length > n_frames || length + 1 < n_frames {
        return Err(value.unexpected(
            value.describe(),
            format!("a vector of {n_frames} frames, as long as the traces"),
        ));
    }
    Ok(vector.values)
}
