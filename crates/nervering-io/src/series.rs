//! Which of several series of traces is read.
//!
//! Files often hold one recording several times: ΔF/F, fluorescence, what lies around the cells,
//! spikes that were inferred. A reader makes a [`Candidate`] of each, and [`choose`] takes the one
//! that the user asks for ([`crate::ReadOptions::series`]), else the one that most surely carries
//! ΔF/F, in the order of [`Carries`]. What was not read is told, and listed by the inspector as
//! [`TraceSeries`]. Formats without named series, such as wide tables, have nothing to choose.

use crate::error::IoError;
use crate::warning::Level;
use std::fmt;
use std::path::Path;

/// Series named in one message.
const SHOWN: usize = 8;

/// What a series carries, the most wanted first. Of several the first in this order is read; the
/// last is read only when it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Carries {
    /// ΔF/F, by the type of what holds it or the definition of its field.
    DfOverF,
    /// ΔF/F, as its name or description says.
    SaidDfOverF,
    /// A ratio: of two channels, or of fluorescence to its baseline.
    Ratio,
    /// Fluorescence, or nothing that says otherwise.
    Fluorescence,
    /// What a model of the cell made of its fluorescence.
    Denoised,
    /// Traces scaled by mean and standard deviation of the whole recording.
    ZScored,
    /// No activity of a cell: what it is instead.
    Other(&'static str),
}

impl fmt::Display for Carries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::DfOverF => "ΔF/F",
            Self::SaidDfOverF => "ΔF/F by its name",
            Self::Ratio => "a ratio",
            Self::Fluorescence => "fluorescence",
            Self::Denoised => "denoised",
            Self::ZScored => "z-scored",
            Self::Other(what) => what,
        })
    }
}

/// A series of traces in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceSeries {
    /// The file.
    pub source: String,
    /// Place in it; `--series` takes it, or the last part of it.
    pub place: String,
    /// What it carries.
    pub carries: Carries,
    /// Whether it is the one that was read.
    pub is_read: bool,
}

/// A series that could be read.
pub(crate) struct Candidate<T> {
    pub place: String,
    pub carries: Carries,
    /// What the reader needs to read it.
    pub item: T,
}

/// The series to read.
pub(crate) struct Choice<T> {
    pub item: T,
    pub carries: Carries,
    /// Whether it would have been read without being asked for.
    pub is_default: bool,
    /// All candidates in the order of the file.
    pub listed: Vec<TraceSeries>,
}

/// The warning that a series is z-scored.
pub(crate) fn z_scored(place: &str) -> String {
    format!(
        "{place} is read, which is z-scored over the whole recording: frames that a study tests on have shaped those that it trains on"
    )
}

/// Takes the series that is `wanted`, or the best one: the first of the most wanted kind. None
/// where there is no candidate.
///
/// # Errors
/// [`IoError::Series`] when `wanted` names no series or several, and when none is activity and none
/// was asked for.
pub(crate) fn choose<T>(
    path: &Path,
    candidates: Vec<Candidate<T>>,
    wanted: Option<&str>,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<Option<Choice<T>>, IoError> {
    let refused = |found: String, expected: String| IoError::Series {
        path: path.to_owned(),
        found,
        expected,
    };
    let all = named(&candidates, |_| true);
    let best = (0..candidates.len()).min_by_key(|&k| candidates[k].carries);
    let chosen = match wanted {
        Some(wanted) => match called(&candidates, wanted).as_slice() {
            &[only] => only,
            [] => {
                let expected = if all.is_empty() { "none: it has none".into() } else { all };
                return Err(refused(format!("no series {wanted:?}"), expected));
            }
            several => {
                let found = format!("{} series that {wanted:?} may mean", several.len());
                let meant = named(&candidates, |k| several.contains(&k));
                return Err(refused(found, format!("the whole place of one: {meant}")));
            }
        },
        None => match best {
            Some(best) => best,
            None => return Ok(None),
        },
    };
    let Candidate { place, carries, .. } = &candidates[chosen];
    if let (Carries::Other(_), None) = (carries, wanted) {
        let expected =
            "ΔF/F or fluorescence; to read one of these none the less, name it with --series";
        return Err(refused(format!("only {all}"), expected.into()));
    }
    if candidates.len() > 1 {
        let others = named(&candidates, |k| k != chosen);
        let alike = candidates.iter().filter(|other| other.carries == *carries).count();
        let (level, way) = match wanted {
            Some(_) => (Level::Advice, "as was asked for"),
            None if alike > 1 => {
                (Level::Doubtful, "the first of its kind; --series NAME takes another")
            }
            None => (Level::Advice, "--series NAME takes another"),
        };
        let text = format!(
            "of {} series of traces, {place} ({carries}) is read and not {others} ({way})",
            candidates.len()
        );
        warn(level, "several-series", text);
    }
    let listed = candidates.iter().enumerate().map(|(k, candidate)| TraceSeries {
        source: crate::file_name(path),
        place: candidate.place.clone(),
        carries: candidate.carries,
        is_read: k == chosen,
    });
    let listed = listed.collect();
    let carries = *carries;
    let item = candidates.into_iter().nth(chosen).map(|candidate| candidate.item);
    let is_default = best == Some(chosen);
    Ok(item.map(|item| Choice { item, carries, is_default, listed }))
}

/// The candidates that a name means: by their whole place, else by its last parts, else by any
/// parts of it that follow each other; letters in their case before letters in any.
fn called<T>(candidates: &[Candidate<T>], wanted: &str) -> Vec<usize> {
    let parts = |place: &str| -> Vec<String> {
        place.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let lowered = |parts: &[String]| parts.iter().map(|part| part.to_lowercase()).collect();
    let asked = parts(wanted.trim());
    if asked.is_empty() {
        return Vec::new();
    }
    type Agrees = fn(&[String], &[String]) -> bool;
    let whole: Agrees = |place, asked| place == asked;
    let last: Agrees = |place, asked| place.ends_with(asked);
    let within: Agrees = |place, asked| place.windows(asked.len()).any(|run| run == asked);
    for agrees in [whole, last, within] {
        for any_case in [false, true] {
            let is_meant = |candidate: &Candidate<T>| {
                let place = parts(&candidate.place);
                if any_case {
                    agrees(&lowered(&place) as &Vec<String>, &lowered(&asked) as &Vec<String>)
                } else {
                    agrees(&place, &asked)
                }
            };
            let meant: Vec<usize> =
                (0..candidates.len()).filter(|&k| is_meant(&candidates[k])).collect();
            if !meant.is_empty() {
                return meant;
            }
        }
    }
    Vec::new()
}

/// Places of candidates with what they carry.
fn named<T>(candidates: &[Candidate<T>], shown: impl Fn(usize) -> bool) -> String {
    let texts = candidates.iter().enumerate().filter(|(k, _)| shown(*k));
    let texts: Vec<String> =
        texts.map(|(_, one)| format!("{} ({})", one.place, one.carries)).collect();
    let more = texts.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", texts[..texts.len().min(SHOWN)].join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: [(&str, Carries); 4] = [
        ("/processing/ophys/Deconvolved/Deconvolved", Carries::Other("inferred spikes")),
        ("/processing/ophys/Fluorescence/Plane0", Carries::Fluorescence),
        ("/processing/ophys/Fluorescence/Plane1", Carries::Fluorescence),
        ("/processing/ophys/DfOverF/Plane0", Carries::DfOverF),
    ];

    fn chosen(
        places: &[(&str, Carries)],
        wanted: Option<&str>,
    ) -> Result<(String, Vec<Level>), String> {
        let candidates = places.iter().map(|&(place, carries)| Candidate {
            place: place.to_owned(),
            carries,
            item: place.to_owned(),
        });
        let mut levels = Vec::new();
        let mut warn = |level, _, _| levels.push(level);
        let choice = choose(Path::new("in.nwb"), candidates.collect(), wanted, &mut warn);
        choice.map(|choice| (choice.unwrap().item, levels)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_order_decides_and_then_the_order_of_the_file() {
        let (place, levels) = chosen(&PLACES, None).unwrap();
        assert_eq!((place.as_str(), levels), (PLACES[3].0, vec![Level::Advice]));
        let (place, levels) = chosen(&PLACES[..3], None).unwrap();
        assert_eq!((place.as_str(), levels), (PLACES[1].0, vec![Level::Doubtful]));
        let (_, levels) = chosen(&PLACES[3..], None).unwrap();
        assert_eq!(levels, []);
    }

    #[test]
    fn what_is_no_activity_is_read_only_when_asked_for() {
        let error = chosen(&PLACES[..1], None).unwrap_err();
        assert!(
            error.contains("only /processing/ophys/Deconvolved/Deconvolved (inferred"),
            "{error}"
        );
        assert!(error.contains("--series"), "{error}");
        let (place, _) = chosen(&PLACES, Some("deconvolved")).unwrap();
        assert_eq!(place, PLACES[0].0);
    }

    #[test]
    fn a_name_is_a_place_or_parts_of_one() {
        for (wanted, place) in [
            ("/processing/ophys/Fluorescence/Plane1", 2),
            ("processing/ophys/Fluorescence/Plane1", 2),
            ("Plane1", 2),
            ("Fluorescence/Plane0", 1),
            ("DfOverF", 3),
            ("dfoverf", 3),
        ] {
            let (found, levels) = chosen(&PLACES, Some(wanted)).unwrap();
            assert_eq!(
                (found.as_str(), levels),
                (PLACES[place].0, vec![Level::Advice]),
                "{wanted}"
            );
        }
        let error = chosen(&PLACES, Some("Plane0")).unwrap_err();
        assert!(error.contains("2 series that \"Plane0\" may mean"), "{error}");
        assert!(error.contains("DfOverF/Plane0 (ΔF/F)"), "{error}");
        for wanted in ["Plane", "", "/", "Neuropil"] {
            let error = chosen(&PLACES, Some(wanted)).unwrap_err();
            assert!(error.contains("found no series") && error.contains("Plane1"), "{error}");
        }
    }
}
