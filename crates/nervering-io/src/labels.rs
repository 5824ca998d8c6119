//! Labels that stand in another file than the recordings they belong to.
//!
//! A reader gives them as [`LabelSet`]s; [`join`] gives each to the recording of its name. Whatever
//! finds no recording, or finds one that is labelled already, is left alone with a warning; labels of
//! another length are an error, because it is then not known which belongs to which frame.

use crate::error::IoError;
use crate::outcome::ReadOutcome;
use crate::warning::{Level, Warning};
use nervering_recording::{Behavior, Recording};
use std::path::PathBuf;

/// The behaviour of one recording that stands in another file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelSet {
    /// The file of the labels.
    pub path: PathBuf,
    /// Place in that file.
    pub place: String,
    /// What the recording is called there.
    pub dataset: String,
    /// One state per frame.
    pub behavior: Behavior,
}

/// The name of a data set without the folder and the `.mat` of a file name.
pub(crate) fn dataset_name(text: &str) -> &str {
    let name = text.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    match name.len().checked_sub(4).and_then(|at| name.split_at_checked(at)) {
        Some((stem, extension)) if extension.eq_ignore_ascii_case(".mat") => stem,
        _ => name,
    }
}

/// How well two names agree: exactly, or as `TS20140715e` and `TS20140715e_lite-1_basal_1080s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Agreement {
    None,
    Beginning,
    Exact,
}

fn agreement(a: &str, b: &str) -> Agreement {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    match long.split_at_checked(short.len()) {
        Some((start, rest)) if !short.is_empty() && start.eq_ignore_ascii_case(short) => {
            match rest.chars().next() {
                None => Agreement::Exact,
                Some(next) if !next.is_alphanumeric() => Agreement::Beginning,
                Some(_) => Agreement::None,
            }
        }
        _ => Agreement::None,
    }
}

/// Gives each set of labels to the recording of its name.
///
/// # Errors
/// [`IoError::Layout`] for labels of another length than the recording. A recording of one frame
/// less was cut to its derivative, and its labels are cut likewise.
pub(crate) fn join(outcome: &mut ReadOutcome, sets: Vec<LabelSet>) -> Result<(), IoError> {
    for set in sets {
        let recordings = outcome.recordings.iter().enumerate();
        let agreements: Vec<(Agreement, usize)> =
            recordings.map(|(k, r)| (agreement(&set.dataset, r.animal()), k)).collect();
        let best = agreements.iter().map(|(agreement, _)| *agreement).max();
        let best = best.filter(|&best| best != Agreement::None);
        let matches: Vec<usize> =
            agreements.iter().filter(|(a, _)| Some(*a) == best).map(|&(_, k)| k).collect();
        let file = set.path.file_name().unwrap_or(set.path.as_os_str()).to_string_lossy();
        let place = format!("{file}, {}", set.place);
        let mut warn = |level, kind, text: String| {
            outcome.warnings.push(Warning::new(level, kind, &*place, text));
        };
        let [k] = matches.as_slice() else {
            let text = match matches.len() {
                0 => format!("no recording is called {:?}; its labels are not used", set.dataset),
                n => format!(
                    "{n} recordings agree with the name {:?}; its labels are not used",
                    set.dataset
                ),
            };
            warn(Level::Doubtful, "labels-without-recording", text);
            continue;
        };
        let recording = &outcome.recordings[*k];
        if recording.behavior().is_some() {
            let text =
                format!("{} is labelled already; these labels are not used", recording.animal());
            warn(Level::Doubtful, "labels-not-used", text);
            continue;
        }
        outcome.recordings[*k] = labelled(recording.clone(), set)?;
    }
    drop_settled(outcome);
    Ok(())
}

fn labelled(recording: Recording, set: LabelSet) -> Result<Recording, IoError> {
    let n_frames = recording.n_frames();
    let n_labels = set.behavior.states().len();
    let was_cut = recording.file_derivative().is_some() && n_labels == n_frames + 1;
    if n_labels != n_frames && !was_cut {
        return Err(IoError::Layout {
            path: set.path,
            place: set.place,
            found: format!("{n_labels} labels"),
            expected: format!("{n_frames}, one per frame of {}", recording.animal()),
        });
    }
    let (path, place) = (set.path, set.place);
    let mut parts = recording.into_parts();
    parts.behavior = Some(set.behavior.cut(0..n_frames));
    Recording::new(parts).map_err(|source| IoError::Recording {
        path,
        place,
        source: Box::new(source),
    })
}

/// Takes back the warnings of readers that there is no behaviour, where there is now.
fn drop_settled(outcome: &mut ReadOutcome) {
    let ReadOutcome { recordings, warnings, .. } = outcome;
    warnings.retain(|warning| {
        let concerns = |recording: &&Recording| {
            let provenance = recording.provenance();
            let whole = format!("{}, {}", provenance.source, provenance.place);
            let rest = whole.strip_prefix(&warning.place);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(','))
        };
        warning.kind != "no-states"
            || recordings.iter().filter(concerns).any(|recording| recording.behavior().is_none())
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_set_is_called_without_folder_and_extension() {
        for text in
            ["TS20140715e.mat", "/data/TS20140715e.MAT", "D:\\Kato\\TS20140715e", " TS20140715e"]
        {
            assert_eq!(dataset_name(text), "TS20140715e");
        }
        assert_eq!(dataset_name("é.m"), "é.m");
    }

    #[test]
    fn names_agree_exactly_or_by_their_beginning() {
        assert_eq!(agreement("TS1", "ts1"), Agreement::Exact);
        assert_eq!(agreement("TS1", "TS1_lite-1_1080s"), Agreement::Beginning);
        for other in ["TS10", "TS1e", "TS2", ""] {
            assert_eq!(agreement("TS1", other), Agreement::None);
        }
    }
}
