//! Behaviour in a series with one state per sample: names, or codes whose meaning its description
//! gives (`1=FWD, 2=SLOW …`). Codes without that are left alone with a warning: they are never
//! guessed.

use super::labelling::{
    Labelling, Told, is_called_behavior, is_called_states, is_state, unknown_names,
};
use crate::error::IoError;
use crate::hdf5::Content;
use crate::limits::MAX_FRAMES;
use crate::nwb::series::Series;
use crate::states::StateReader;
use crate::warning::Level;
use nervering_recording::{NotALabel, State};

/// What a series says about behaviour.
pub(super) enum Found {
    States(Labelling),
    /// Codes without a meaning.
    Codes,
    Nothing,
}

/// The states of a series, if it has any.
pub(super) fn from_series(
    series: &Series<'_>,
    seconds: &[f64],
    reader: &StateReader<'_>,
) -> Result<Found, IoError> {
    if !series.is_vector() {
        return Ok(Found::Nothing);
    }
    if series.holds(Content::Text) {
        return from_names(series, series.data.texts()?, seconds, reader);
    }
    // The name decides here, since codes carry no type of their own.
    if series.holds(Content::Numbers) && !is_called_states(series.node.name()) {
        return Ok(Found::Nothing);
    }
    if series.holds(Content::Numbers) {
        return from_codes(series, seconds, reader);
    }
    Ok(Found::Nothing)
}

/// A series of texts, if at least one names a known state, or the series is called as one of states.
fn from_names(
    series: &Series<'_>,
    texts: Vec<String>,
    seconds: &[f64],
    reader: &StateReader<'_>,
) -> Result<Found, IoError> {
    if !is_called_behavior(series.node.name()) && !texts.iter().any(|text| is_state(text)) {
        return Ok(Found::Nothing);
    }
    let mut unknown = Vec::new();
    let mut samples = Vec::new();
    for text in texts {
        match reader.text(&text) {
            Ok(state) => samples.push(state),
            Err(NotALabel::TooMany) => {
                return Err(series.node.unexpected("more", NotALabel::TooMany.expected()));
            }
            Err(_) => {
                samples.push(State::Unknown);
                unknown.push(text);
            }
        }
    }
    let mut warnings: Vec<_> = unknown_names(unknown).into_iter().collect();
    let states = at_frames(series, samples, seconds, State::Unknown, &mut warnings)?;
    Ok(Found::States(Labelling { states, place: series.node.place().to_owned(), warnings }))
}

/// A series of codes, if its description or comments give the meaning of each, or the user does.
fn from_codes(
    series: &Series<'_>,
    seconds: &[f64],
    reader: &StateReader<'_>,
) -> Result<Found, IoError> {
    let n_samples = series.data.n_elements();
    series.data.check_limit(n_samples, "frames", MAX_FRAMES)?;
    let about = ["description", "comments"].map(|name| series.node.text_attribute(name));
    let key = parse_key(&about.into_iter().flatten().collect::<Vec<_>>().join("\n"));
    let codes = series.data.numbers()?;
    if key.is_empty() {
        if !reader.gives_all(&codes) {
            return Ok(Found::Codes);
        }
        let state =
            |&code: &f64| if code.is_nan() { Ok(State::Unknown) } else { reader.code(code) };
        let samples: Result<Vec<State>, NotALabel> = codes.iter().map(state).collect();
        let Ok(samples) = samples else { return Ok(Found::Codes) };
        let (place, mut warnings) = (series.node.place().to_owned(), Vec::new());
        let states = at_frames(series, samples, seconds, State::Unknown, &mut warnings)?;
        return Ok(Found::States(Labelling { states, place, warnings }));
    }
    let mut samples = Vec::new();
    for code in codes {
        let known = key.iter().find(|&&(known, _)| f64::from(known) == code);
        let Some(&(_, state)) = known else {
            return Ok(Found::Codes);
        };
        samples.push(state);
    }
    let place = series.node.place().to_owned();
    let mut warnings = vec![told_key(&place, &key)];
    let states = at_frames(series, samples, seconds, State::Unknown, &mut warnings)?;
    Ok(Found::States(Labelling { states, place, warnings }))
}

/// That codes are read as the file explains them.
pub(super) fn told_key(place: &str, key: &[(i32, State)]) -> Told {
    let name = |state: State| state.known_name().unwrap_or_default();
    let meaning: Vec<_> =
        key.iter().map(|&(code, state)| format!("{code} {}", name(state))).collect();
    let text =
        format!("the codes of {place} are read as its description says: {}", meaning.join(", "));
    (Level::Advice, "state-key", text)
}

/// Pairs of code and state in a text such as `1=FWD, 2=SLOW` or `FWD: 1; SLOW: 2`. A code or a
/// state with two meanings makes the key useless, so nothing is returned then.
pub(super) fn parse_key(text: &str) -> Vec<(i32, State)> {
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
///
/// # Errors
/// [`IoError`] for a series without one time per sample where times are needed.
pub(super) fn at_frames<T: Copy>(
    series: &Series<'_>,
    mut samples: Vec<T>,
    seconds: &[f64],
    missing: T,
    warnings: &mut Vec<Told>,
) -> Result<Vec<T>, IoError> {
    let n_frames = seconds.len();
    if samples.len() == n_frames {
        return Ok(samples);
    }
    let place = series.node.place();
    if samples.len() + 1 == n_frames {
        let text = format!("{place} has one frame fewer than the traces; the last is unknown");
        warnings.push((Level::Doubtful, "shorter-states", text));
        samples.push(missing);
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
    let sample = |&time: &f64| match times.partition_point(|&sample| sample <= time) {
        0 => missing,
        next => samples[next - 1],
    };
    Ok(seconds.iter().map(sample).collect())
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
