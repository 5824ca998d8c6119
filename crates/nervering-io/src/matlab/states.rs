//! Behaviour of one worm: a struct with one vector of 0 and 1 per state, a vector of codes, a struct
//! around one, or the name of the state of each frame.
//!
//! Vectors are mapped to states by the name of their field, codes by the names that stand beside
//! them ([`super::codes`]), or by those that the user gives. A vector whose field is called as no known
//! state is one of the laboratory's own, unless it marks frames whose state is known. A frame is unknown, with a warning, when it carries no state, several
//! states, or a value that is neither 0 nor 1. Vectors one frame shorter than the traces leave the
//! last frame unknown, with a warning; any other difference in length is an error, because it is
//! then not known which label belongs to which frame.

use super::codes;
use super::fields::States;
use crate::error::IoError;
use crate::limits::MAX_FRAMES;
use crate::mat::{Class, Value};
use crate::states::StateReader;
use crate::warning::Level;
use nervering_recording::State;

/// One state per frame, or nothing with a warning when nothing says what the codes mean: two codings
/// circulate for the same recordings, and descriptions of others conflict, so none is guessed.
pub(super) fn read_states(
    states: &States<'_>,
    n_frames: usize,
    reader: &StateReader<'_>,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<Option<Vec<State>>, IoError> {
    let value = &states.value;
    let (codes, key) = match value.class() {
        Class::Cell | Class::Text => return from_names(value, n_frames, reader, warn).map(Some),
        Class::Other => return Err(super::words::not_a_cell(value)),
        Class::Numbers => (value.clone(), states.key.clone()),
        Class::Struct if names_states(value, n_frames)? => {
            return from_vectors(value, n_frames, reader, warn).map(Some);
        }
        Class::Struct => match find_codes(value, n_frames)? {
            Ok((codes, key)) => (codes, key.or_else(|| states.key.clone())),
            Err(reason) => {
                warn(Level::Doubtful, "states-not-used", reason);
                return Ok(None);
            }
        },
    };
    let vector = read_vector(&codes, n_frames)?;
    let decoded = if let Some(key) = key.filter(|key| !key.is_empty()) {
        let names = codes::read_key(&key, reader)?;
        codes::decode(&codes, &vector, &names, warn)?
    } else if reader.gives_all(&vector) {
        codes::as_mapped(&codes, &vector, reader)?
    } else {
        let text = format!(
            "{} holds state codes, and the file does not name them; codes are never guessed, so there is no behaviour; say what each stands for with --map 1=STATE,2=STATE",
            codes.place()
        );
        warn(Level::Doubtful, "state-codes-without-key", text);
        return Ok(None);
    };
    if vector.len() < n_frames {
        warn_of_shorter("the vector of state codes has", warn);
    }
    let mut decoded = decoded;
    decoded.resize(n_frames, State::Unknown);
    Ok(Some(decoded))
}

/// Whether a struct has one vector per state: a field that is called as a known state, or else two
/// vectors of 0 and 1 or more, and nothing that could name codes.
fn names_states(value: &Value<'_>, n_frames: usize) -> Result<bool, IoError> {
    let names = value.field_names()?;
    if names.iter().any(|name| name.parse::<State>().is_ok()) {
        return Ok(true);
    }
    let mut n_vectors = 0;
    for name in names {
        let field = value.field(&name)?;
        match field.class() {
            Class::Numbers => n_vectors += usize::from(is_marks(&field, n_frames)?),
            Class::Cell | Class::Text => return Ok(false),
            _ => {}
        }
    }
    Ok(n_vectors > 1)
}

/// Whether a field is a vector of 0 and 1 as long as the traces, or one frame shorter.
fn is_marks(field: &Value<'_>, n_frames: usize) -> Result<bool, IoError> {
    if !is_vector_of(field, n_frames) {
        return Ok(false);
    }
    let marks = field.vector("a vector of 0 and 1")?;
    Ok(marks.iter().all(|&mark| mark == 0. || mark == 1.))
}

fn is_vector_of(field: &Value<'_>, n_frames: usize) -> bool {
    let length = field.dimensions().map_or(0, |(r, c)| match (r, c) {
        (1, n) | (n, 1) => n,
        _ => 0,
    });
    let n_frames = n_frames as u64;
    length == n_frames || length.checked_add(1) == Some(n_frames)
}

/// The vector of codes in a struct, and the names of the codes if they stand beside it; or why it
/// is not clear which that is. Nichols et al. put the vector first, but HDF5 keeps no such order.
fn find_codes<'f>(
    value: &Value<'f>,
    n_frames: usize,
) -> Result<Result<(Value<'f>, Option<Value<'f>>), String>, IoError> {
    let (mut vectors, mut keys) = (Vec::new(), Vec::new());
    for name in value.field_names()? {
        // One that does not open cannot be the vector.
        let field = match value.field(&name) {
            Err(IoError::Unsupported { .. }) => continue,
            field => field?,
        };
        match field.class() {
            Class::Numbers if is_vector_of(&field, n_frames) => vectors.push(field),
            Class::Cell => {
                let entries = field.cells()?;
                if !entries.is_empty() && entries.iter().all(|entry| entry.class() == Class::Text) {
                    keys.push(field);
                }
            }
            _ => {}
        }
    }
    // Of several vectors, the one that is called as the struct itself: fiveStates in FiveStates.
    let own = value.place().rsplit('/').next().unwrap_or_default();
    let own = own.split(['{', '(']).next().unwrap_or_default().to_ascii_lowercase();
    if vectors.len() > 1 {
        let is_own = |vector: &Value<'_>| vector.name().to_ascii_lowercase() == own;
        if vectors.iter().filter(|vector| is_own(vector)).count() == 1 {
            vectors.retain(is_own);
        }
    }
    let place = value.place();
    let names: Vec<String> = vectors.iter().map(|vector| vector.name().to_owned()).collect();
    let key = if keys.len() == 1 { keys.pop() } else { None };
    Ok(match vectors.len() {
        1 => Ok((vectors.remove(0), key)),
        0 => Err(format!(
            "{place} has fields of no state and no vector of {n_frames} frames, so there is no behaviour"
        )),
        _ => Err(format!(
            "{place} has several vectors of {n_frames} frames, {}, so there is no behaviour",
            super::words::listed(&names)
        )),
    })
}

/// A cell array, or rows of characters, with the name of the state of each frame.
fn from_names(
    value: &Value<'_>,
    n_frames: usize,
    reader: &StateReader<'_>,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<Vec<State>, IoError> {
    let mut states = Vec::new();
    if value.class() == Class::Text {
        for name in value.lines(MAX_FRAMES)? {
            states.push(codes::state_called(value, &name, reader)?);
        }
    } else {
        for entry in value.cells_up_to(MAX_FRAMES)? {
            // MATLAB writes an entry that was never filled as an empty matrix.
            let name = if entry.is_empty() { String::new() } else { codes::single_text(&entry)? };
            states.push(codes::state_called(&entry, &name, reader)?);
        }
    }
    if states.len() > n_frames || states.len() + 1 < n_frames {
        let expected = format!("{n_frames}, one per frame of the traces");
        return Err(value.unexpected(format!("{} names of states", states.len()), expected));
    }
    if states.len() < n_frames {
        warn_of_shorter("the names of states are", warn);
    }
    states.resize(n_frames, State::Unknown);
    Ok(states)
}

fn from_vectors(
    value: &Value<'_>,
    n_frames: usize,
    reader: &StateReader<'_>,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<Vec<State>, IoError> {
    let mut frames = vec![Frame::Unmarked; n_frames];
    let (mut ignored, mut own) = (Vec::new(), Vec::new());
    let mut n_shorter = 0;
    for name in value.field_names()? {
        let field = value.field(&name)?;
        let Ok(state) = name.parse::<State>() else {
            // What marks frames is a state of the laboratory's own; other fields are of none.
            match field.class() == Class::Numbers && is_marks(&field, n_frames)? {
                true => own.push((name, field)),
                false => ignored.push(name),
            }
            continue;
        };
        let vector = read_vector(&field, n_frames)?;
        n_shorter += usize::from(vector.len() < n_frames);
        for (frame, &mark) in frames.iter_mut().zip(&vector) {
            *frame = frame.mark(state, mark);
        }
    }
    let carries_known: Vec<bool> = frames.iter().map(|&frame| frame != Frame::Unmarked).collect();
    for (name, field) in own {
        let vector = read_vector(&field, n_frames)?;
        // A field such as `allReversals` says more about frames whose state is known already.
        if vector.iter().zip(&carries_known).any(|(&mark, &known)| known && mark == 1.) {
            ignored.push(name);
            continue;
        }
        let state = codes::state_called(&field, &name, reader)?;
        n_shorter += usize::from(vector.len() < n_frames);
        for (frame, &mark) in frames.iter_mut().zip(&vector) {
            *frame = frame.mark(state, mark);
        }
    }
    if !ignored.is_empty() {
        let text = format!(
            "States has fields that name no state, and do not mark frames of a further one with 0 and 1: {}",
            super::words::listed(&ignored)
        );
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

fn warn_of_shorter(subject: &str, warn: &mut impl FnMut(Level, &'static str, String)) {
    let text =
        format!("{subject} one frame fewer than the traces; the last frame is unknown there");
    warn(Level::Doubtful, "shorter-states", text);
}

/// A vector as long as the traces, or one frame shorter.
fn read_vector(value: &Value<'_>, n_frames: usize) -> Result<Vec<f64>, IoError> {
    let expected = format!("a vector of {n_frames} frames, as long as the traces");
    let vector = value.vector(&expected)?;
    if vector.len() > n_frames || vector.len() + 1 < n_frames {
        return Err(value.unexpected(value.describe(), expected));
    }
    Ok(vector)
}
