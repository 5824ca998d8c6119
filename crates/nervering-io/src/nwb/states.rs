//! Behaviour in NWB: a table of intervals with a column of labels, or a series with one state per
//! sample. States are mapped by name. A series of codes is read when its description says what they
//! mean (`1=FWD, 2=SLOW …`), and otherwise left alone with a warning: codes are never guessed.

use super::series::Series;
use super::{Objects, Typed};
use crate::error::IoError;
use crate::hdf5::{Content, Node};
use crate::limits::MAX_FRAMES;
use crate::warning::Level;
use nervering_recording::State;

/// How many frames intervals may cover together, in recordings: more is no description of a
/// behaviour, and costs time.
const MAX_COVER: usize = 8;
/// Texts quoted in one warning.
const SHOWN: usize = 8;

/// What one source says about every frame, with the warnings that go with it.
struct Labelling {
    states: Vec<State>,
    place: String,
    warnings: Vec<(Level, &'static str, String)>,
}

/// One state per frame, if the file has any that are named.
pub(super) fn read(
    objects: &Objects<'_>,
    seconds: &[f64],
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<Option<Vec<State>>, IoError> {
    let mut found = Vec::new();
    for object in &objects.all {
        match from_object(object, seconds) {
            Ok(Source::States(labelling)) => found.push(labelling),
            Ok(Source::Codes) => {
                let text = format!(
                    "{} holds codes of states, and nothing in the file says what they mean; two codings circulate, so they are not used",
                    object.node.place()
                );
                warn(Level::Doubtful, "states-without-key", text);
            }
            Ok(Source::Other) => {}
            // The traces are worth having even so.
            Err(error) => {
                let text = format!("{} is not used: {}", object.node.place(), error.chain());
                warn(Level::Doubtful, "states-not-used", text);
            }
        }
    }
    let n_labelled = |labelling: &Labelling| {
        labelling.states.iter().filter(|&&state| state != State::Unknown).count()
    };
    let n_found = found.len();
    // Of equals, `max_by_key` takes the last.
    let Some(best) = found.into_iter().rev().max_by_key(n_labelled) else {
        return Ok(None);
    };
    if n_found > 1 {
        let text = format!("of {n_found} sources of states, {} labels most frames", best.place);
        warn(Level::Advice, "several-state-sources", text);
    }
    best.warnings.into_iter().for_each(|(level, kind, text)| warn(level, kind, text));
    Ok(Some(best.states))
}

/// What an object says about behaviour.
enum Source {
    States(Labelling),
    /// Codes without a meaning.
    Codes,
    Other,
}

fn from_object(object: &Typed<'_>, seconds: &[f64]) -> Result<Source, IoError> {
    let states = |found: Option<Labelling>| found.map_or(Source::Other, Source::States);
    if object.kind == "TimeIntervals" {
        return from_intervals(&object.node, seconds).map(states);
    }
    let Some(series) = Series::open(&object.node)? else {
        return Ok(Source::Other);
    };
    if series.holds(Content::Text) {
        return from_names(&series, seconds).map(states);
    }
    if series.holds(Content::Numbers) && is_called_states(&series) {
        return Ok(from_codes(&series, seconds)?.map_or(Source::Codes, Source::States));
    }
    Ok(Source::Other)
}

/// The name decides here, since codes carry no type of their own.
fn is_called_states(series: &Series<'_>) -> bool {
    let name = series.node.name().to_lowercase();
    name == "state" || name == "states" || name.ends_with("_states") || name.ends_with("_state")
}

/// A table with `start_time`, `stop_time` and a column of labels that name states.
fn from_intervals(table: &Node<'_>, seconds: &[f64]) -> Result<Option<Labelling>, IoError> {
    let (Some(starts), Some(stops)) = (table.find("start_time")?, table.find("stop_time")?) else {
        return Ok(None);
    };
    // The column of which most entries are names of states.
    let mut labels = Vec::new();
    let mut column = String::new();
    let n_named = |texts: &[String]| texts.iter().filter(|text| is_state(text)).count();
    for member in table.members()? {
        let is_list = !member.is_group() && member.shape() == starts.shape();
        if is_list && member.content() == Content::Text {
            let texts = member.texts()?;
            if n_named(&texts) > n_named(&labels) {
                (labels, column) = (texts, member.name().to_owned());
            }
        }
    }
    if labels.is_empty() {
        return Ok(None);
    }
    let (starts, stops) = (starts.numbers()?, stops.numbers()?);
    if starts.len() != labels.len() || stops.len() != labels.len() {
        let found =
            format!("{} starts, {} stops, {} labels", starts.len(), stops.len(), labels.len());
        return Err(table.unexpected(found, "as many of each"));
    }
    let mut frames: Vec<Option<State>> = vec![None; seconds.len()];
    let (mut conflicts, mut unknown, mut cover) = (0, Vec::new(), 0_usize);
    for ((&start, &stop), label) in starts.iter().zip(&stops).zip(&labels) {
        let Ok(state) = label.parse::<State>() else {
            unknown.push(label.clone());
            continue;
        };
        let first = seconds.partition_point(|&time| time < start);
        let end = seconds.partition_point(|&time| time < stop);
        let covered = frames.get_mut(first..end).unwrap_or_default();
        cover += covered.len();
        if cover > MAX_COVER * seconds.len() {
            let found = format!("intervals that cover the recording more than {MAX_COVER} times");
            return Err(table.unexpected(found, "one behaviour at a time"));
        }
        for frame in covered {
            let other = frame.replace(state);
            if other.is_some_and(|other| other != state) {
                *frame = Some(State::Unknown);
                conflicts += 1;
            }
        }
    }
    let place = format!("{}/{column}", table.place());
    let mut warnings =
        vec![(Level::Advice, "states-from-intervals", format!("states are read from {place}"))];
    if conflicts > 0 {
        let text =
            format!("{conflicts} frames lie in intervals of several states; they are unknown");
        warnings.push((Level::Doubtful, "several-states", text));
    }
    warnings.extend(unknown_names(unknown));
    let states = frames.into_iter().map(|frame| frame.unwrap_or(State::Unknown)).collect();
    Ok(Some(Labelling { states, place, warnings }))
}

/// A series of texts, if at least one names a state.
fn from_names(series: &Series<'_>, seconds: &[f64]) -> Result<Option<Labelling>, IoError> {
    if series.data.shape().len() != 1 {
        return Ok(None);
    }
    let texts = series.data.texts()?;
    if !texts.iter().any(|text| is_state(text)) {
        return Ok(None);
    }
    let mut unknown = Vec::new();
    let samples = texts.iter().map(|text| {
        text.parse().unwrap_or_else(|_| {
            unknown.push(text.clone());
            State::Unknown
        })
    });
    let samples: Vec<State> = samples.collect();
    let mut warnings: Vec<_> = unknown_names(unknown).into_iter().collect();
    let states = to_frames(series, samples, seconds, &mut warnings)?;
    Ok(Some(Labelling { states, place: series.node.place().to_owned(), warnings }))
}

/// A series of codes, if its description or comments give the meaning of each.
fn from_codes(series: &Series<'_>, seconds: &[f64]) -> Result<Option<Labelling>, IoError> {
    let n_samples = series.data.n_elements();
    series.data.check_limit(n_samples, "frames", MAX_FRAMES)?;
    if series.data.shape().iter().filter(|&&axis| axis != 1).count() > 1 {
        return Ok(None);
    }
    let about = ["description", "comments"].map(|name| series.node.text_attribute(name));
    let key = parse_key(&about.into_iter().flatten().collect::<Vec<_>>().join("\n"));
    if key.is_empty() {
        return Ok(None);
    }
    let mut samples = Vec::new();
    for code in series.data.numbers()? {
        let known = key.iter().find(|&&(known, _)| f64::from(known) == code);
        let Some(&(_, state)) = known else {
            return Ok(None);
        };
        samples.push(state);
    }
    let place = series.node.place().to_owned();
    let mut warnings = Vec::new();
    let meaning: Vec<_> = key.iter().map(|(code, state)| format!("{code} {state}")).collect();
    let text =
        format!("the codes of {place} are read as its description says: {}", meaning.join(", "));
    warnings.push((Level::Advice, "state-key", text));
    let states = to_frames(series, samples, seconds, &mut warnings)?;
    Ok(Some(Labelling { states, place, warnings }))
}

/// Pairs of code and state in a text such as `1=FWD, 2=SLOW` or `FWD: 1; SLOW: 2`. A code or a
/// state with two meanings makes the key useless, so nothing is returned then.
fn parse_key(text: &str) -> Vec<(i32, State)> {
    let mut key = Vec::<(i32, State)>::new();
    for piece in text.split([',', ';', '\n', '(', ')']) {
        let Some((left, right)) = piece.split_once('=').or_else(|| piece.rsplit_once(':')) else {
            continue;
        };
        let (left, right) = (left.trim(), right.trim().trim_end_matches('.'));
        let last = left.rsplit([' ', ':']).next().unwrap_or(left);
        let pair = match (last.parse(), right.parse()) {
            (Ok(code), _) if is_state(right) => right.parse().ok().map(|state| (code, state)),
            (_, Ok(code)) if is_state(last) => last.parse().ok().map(|state| (code, state)),
            _ => None,
        };
        if let Some((code, state)) = pair {
            if key.iter().any(|&(c, s)| (c == code) != (s == state)) {
                return Vec::new();
            }
            key.push((code, state));
        }
    }
    key.dedup();
    key
}

/// Samples become frames: one for one where there are as many, otherwise each frame has the last
/// sample before it.
fn to_frames(
    series: &Series<'_>,
    mut samples: Vec<State>,
    seconds: &[f64],
    warnings: &mut Vec<(Level, &'static str, String)>,
) -> Result<Vec<State>, IoError> {
    let n_frames = seconds.len();
    if samples.len() == n_frames {
        return Ok(samples);
    }
    let place = series.node.place();
    if samples.len() + 1 == n_frames {
        let text = format!("{place} has one frame fewer than the traces; the last is unknown");
        warnings.push((Level::Doubtful, "shorter-states", text));
        samples.push(State::Unknown);
        return Ok(samples);
    }
    let clock = series.required_clock()?;
    let times = clock.seconds(samples.len());
    if times.len() != samples.len() || !times.is_sorted() {
        let found = format!("{} samples at {} times", samples.len(), times.len());
        return Err(series.node.unexpected(found, "one time per sample, in order"));
    }
    let text = format!(
        "{place} has {} samples for {n_frames} frames; each frame has the last sample before it",
        samples.len()
    );
    warnings.push((Level::Advice, "states-resampled", text));
    let state = |&time: &f64| match times.partition_point(|&sample| sample <= time) {
        0 => State::Unknown,
        next => samples[next - 1],
    };
    Ok(seconds.iter().map(state).collect())
}

/// Whether a text names a state; an empty one does not.
fn is_state(text: &str) -> bool {
    !text.trim().is_empty() && text.parse::<State>().is_ok()
}

fn unknown_names(mut names: Vec<String>) -> Option<(Level, &'static str, String)> {
    names.sort();
    names.dedup();
    if names.is_empty() {
        return None;
    }
    let more = if names.len() > SHOWN { ", …" } else { "" };
    let quote = |name: &String| format!("{:?}", name.chars().take(40).collect::<String>());
    let shown: Vec<_> = names.iter().take(SHOWN).map(quote).collect();
    let text = format!("labels that name no state are unknown: {}{more}", shown.join(", "));
    Some((Level::Doubtful, "unknown-state-name", text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use State::{Forward, Reverse1, Slowing, VentralTurn};

    #[test]
    fn a_key_is_read_in_the_forms_that_people_write() {
        let expected = vec![(1, Forward), (2, Slowing)];
        for text in [
            "1=FWD, 2=SLOW",
            "States: 1=fwd; 2=slow.",
            "1: FWD, 2: SLOW",
            "state per frame\nFWD: 1\nSLOW: 2",
            "codes (FWD = 1, SLOW = 2)",
        ] {
            assert_eq!(parse_key(text), expected, "{text}");
        }
        assert_eq!(parse_key("4 = ventral turn"), [(4, VentralTurn)]);
    }

    #[test]
    fn a_key_that_contradicts_itself_says_nothing() {
        assert_eq!(parse_key("1=FWD, 1=REV1"), []);
        assert_eq!(parse_key("1=FWD, 2=FWD"), []);
        assert_eq!(parse_key("1=FWD, 1=FWD, 2=REV1"), [(1, Forward), (2, Reverse1)]);
        assert_eq!(parse_key("the states of Kato et al., 1 to 8"), []);
    }
}
