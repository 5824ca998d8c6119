//! Behaviour as intervals of time: a table with `start_time`, `stop_time` and a column of labels, or
//! one that is called as a state; an `IntervalSeries`, whose data are 1 where an interval starts and
//! −1 where it ends.
//!
//! An interval covers the frames from its start on and before its stop. One without a stop (NaN,
//! which NWB allows) runs on to the next start or the end. Where intervals of several states cover
//! a frame, the frame is unknown. Whatever covers no frame is told.

use super::labelling::{
    Labelling, SHOWN, Told, is_called_behavior, is_state, quoted, unknown_names,
};
use super::samples::{Found, parse_key, told_key};
use crate::error::IoError;
use crate::hdf5::Node;
use crate::nwb::objects::Objects;
use crate::nwb::offered::words;
use crate::nwb::series::Series;
use crate::nwb::table::{Column, Table};
use crate::states::StateReader;
use crate::warning::Level;
use nervering_recording::{NotALabel, State};
use std::collections::BTreeMap;

/// How many frames intervals may cover together, in recordings: more is no description of a
/// behaviour, and costs time.
const MAX_COVER: usize = 8;

/// One interval; `stop` is NaN where there is none.
struct Span {
    start: f64,
    stop: f64,
    state: State,
    /// Row of its table, or sample of its series, from 1.
    row: usize,
}

/// Intervals of tables and series that are called as a state each.
#[derive(Default)]
pub(super) struct Named {
    places: Vec<String>,
    spans: Vec<Span>,
    warnings: Vec<Told>,
}

impl Named {
    /// Whether there are intervals, and all are reversals of no particular kind.
    pub(super) fn are_reversals(&self) -> bool {
        !self.places.is_empty() && self.spans.iter().all(|span| span.state == State::Reverse)
    }

    /// The states of the frames; nothing where there are no such intervals.
    pub(super) fn paint(&self, seconds: &[f64]) -> Result<Option<Labelling>, IoError> {
        if self.places.is_empty() {
            return Ok(None);
        }
        let place = self.places.join(", ");
        let mut warnings = vec![told_source(&place)];
        warnings.extend(self.warnings.iter().cloned());
        let painted = paint(&place, &self.spans, &[], seconds, &mut warnings);
        let Some(states) = painted else {
            warnings.push((Level::Doubtful, "states-not-used", too_many(&place)));
            return Ok(Some(Labelling {
                states: vec![State::Unknown; seconds.len()],
                place,
                warnings,
            }));
        };
        Ok(Some(Labelling { states, place, warnings }))
    }
}

fn told_source(place: &str) -> Told {
    (Level::Advice, "states-from-intervals", format!("states are read from {place}"))
}

fn too_many(place: &str) -> String {
    format!("the intervals of {place} cover the recording more than {MAX_COVER} times")
}

/// A table of intervals, by a column whose labels name states; one without such a column is added
/// to `named` if it is called as a state itself.
pub(super) fn from_table(
    objects: &Objects<'_>,
    node: &Node<'_>,
    seconds: &[f64],
    reader: &StateReader<'_>,
    named: &mut Named,
) -> Result<Found, IoError> {
    let table = Table::open(node)?;
    let Some(Times { starts, stops }) = times(&table)? else {
        return Ok(Found::Nothing);
    };
    let mut warnings = Vec::new();
    let Some(labels) = labels_of(objects, &table, starts.len(), &mut warnings)? else {
        if let Some(state) = state_called(node.name()) {
            named.places.push(node.place().to_owned());
            named.warnings.append(&mut warnings);
            let spans = starts.iter().zip(&stops).zip(1..);
            named.spans.extend(spans.map(|((&start, &stop), row)| Span {
                start,
                stop,
                state,
                row,
            }));
        }
        return Ok(Found::Nothing);
    };
    let Labels { rows, place, key } = labels;
    let mut told = vec![told_source(&place)];
    told.extend(key.map(|key| told_key(&place, &key)));
    // Beside `fast`, `slow` is no state but a speed.
    let word_is = |label: &str, word: &str| label.trim().eq_ignore_ascii_case(word);
    let are_tags = rows.iter().any(|labels| labels.len() > 1);
    let has_fast = rows.iter().flatten().any(|label| word_is(label, "fast"));
    let is_speed = |label: &str| has_fast && word_is(label, "slow");
    let is_short_name =
        |label: &str| State::ALL.iter().any(|state| state.known_name() == Some(label));
    let (mut spans, mut others) = (Vec::new(), Vec::new());
    let (mut passed, mut unknown, mut several) = (Vec::new(), Vec::new(), Vec::new());
    for (k, labels) in rows.into_iter().enumerate() {
        let (row, start, stop) = (k + 1, starts[k], stops[k]);
        let (mut names, mut tags): (Vec<String>, Vec<String>) = labels
            .into_iter()
            .filter(|label| !label.trim().is_empty())
            .partition(|label| is_state(label) && !is_speed(label));
        // `REV1` in the writing of the data sets says more than a word that may be one of a state.
        if names.iter().any(|name| is_short_name(name)) {
            let (short, words) = names.into_iter().partition(|name| is_short_name(name));
            names = short;
            tags.extend::<Vec<String>>(words);
        }
        let mut states: Vec<State> = names.iter().filter_map(|name| name.parse().ok()).collect();
        states.sort();
        states.dedup();
        match states.as_slice() {
            &[state] => {
                passed.append(&mut tags);
                spans.push(Span { start, stop, state, row });
            }
            // Where every row has one label, one of no known state is the laboratory's own; among tags it
            // may be anything.
            [] => match tags.as_slice() {
                [label] if !are_tags => match reader.text(label) {
                    Ok(state) => spans.push(Span { start, stop, state, row }),
                    Err(NotALabel::TooMany) => {
                        return Err(node.unexpected("more", NotALabel::TooMany.expected()));
                    }
                    Err(_) => {
                        unknown.append(&mut tags);
                        others.push(start);
                    }
                },
                _ => {
                    unknown.append(&mut tags);
                    others.push(start);
                }
            },
            _ => {
                several.push(row);
                spans.push(Span { start, stop, state: State::Unknown, row });
            }
        }
    }
    for label in take_remarks(&mut spans, seconds) {
        unknown.extend(reader.name(label));
    }
    let states = paint(&place, &spans, &others, seconds, &mut told)
        .ok_or_else(|| node.unexpected(too_many(&place), "one behaviour at a time"))?;
    if !several.is_empty() {
        let text =
            format!("several states in {} of {place}; they are unknown", rows_listed(&several));
        told.push((Level::Doubtful, "several-states", text));
    }
    if let Some(tags) = quoted(passed) {
        let text = format!("tags beside a state that name none are passed over: {tags}");
        told.push((Level::Doubtful, "unknown-state-name", text));
    }
    told.extend(unknown_names(unknown));
    told.extend(warnings);
    Ok(Found::States(Labelling { states, place, warnings: told }))
}

/// Takes out the labels of one's own that say more about frames whose state is known already, as `fast`
/// does, wherever they stand, and gives each once.
fn take_remarks(spans: &mut Vec<Span>, seconds: &[f64]) -> Vec<State> {
    let is_own = |span: &Span| matches!(span.state, State::Own(_));
    // One without a stop covers at least the frame that it starts at.
    let covered = |span: &Span| {
        let (first, end) = frames(span.start, span.stop, seconds);
        let end = if span.stop.is_nan() { (first + 1).min(seconds.len()) } else { end };
        first..end.max(first)
    };
    let mut carries_known = vec![false; seconds.len()];
    for span in spans.iter().filter(|span| !is_own(span)) {
        carries_known[covered(span)].fill(true);
    }
    let says_more = |span: &&Span| is_own(span) && carries_known[covered(span)].contains(&true);
    let mut remarks: Vec<State> = spans.iter().filter(says_more).map(|span| span.state).collect();
    remarks.sort();
    remarks.dedup();
    spans.retain(|span| !remarks.contains(&span.state));
    remarks
}

/// Starts and stops in seconds, as many of each.
struct Times {
    starts: Vec<f64>,
    stops: Vec<f64>,
}

/// The times of a table of intervals; one without stops has NaN. None for another table.
fn times(table: &Table<'_>) -> Result<Option<Times>, IoError> {
    let Some(starts) = table.column("start_time") else {
        return Ok(None);
    };
    let starts = starts.numbers()?;
    let stops = match table.column("stop_time") {
        Some(stops) => stops.numbers()?,
        None => vec![f64::NAN; starts.len()],
    };
    if stops.len() != starts.len() {
        let found = format!("{} starts and {} stops", starts.len(), stops.len());
        return Err(table.node.unexpected(found, "as many of each"));
    }
    Ok(Some(Times { starts, stops }))
}

/// The labels of the rows of a table.
struct Labels {
    rows: Vec<Vec<String>>,
    place: String,
    /// What codes mean, where the column has codes.
    key: Option<Vec<(i32, State)>>,
}

/// The column of which most rows name a known state, the first of several; where none does, one of texts
/// that is called as labels of behaviour.
fn labels_of(
    objects: &Objects<'_>,
    table: &Table<'_>,
    n_rows: usize,
    warnings: &mut Vec<Told>,
) -> Result<Option<Labels>, IoError> {
    let (mut best, mut own) = (None, None);
    let mut most = 0;
    for column in table.columns() {
        let labels = match read_labels(objects, column) {
            Ok(Some(labels)) => labels,
            Ok(None) => continue,
            Err(error) => {
                let loose = column.loose_texts(objects);
                if matches!(loose, Ok(Some(texts)) if texts.iter().any(|text| is_state(text))) {
                    return Err(error);
                }
                warnings.push((Level::Doubtful, "column-not-read", error.chain()));
                continue;
            }
        };
        let n_named =
            labels.rows.iter().filter(|row| row.iter().any(|label| is_state(label))).count();
        if n_named == 0 && own.is_none() && promises(table, column) && labels.key.is_none() {
            own = Some(labels);
        } else if n_named > most {
            if labels.rows.len() != n_rows {
                let found = format!("{} rows", labels.rows.len());
                return Err(column.unexpected(found, format!("{n_rows}, one per start_time")));
            }
            (best, most) = (Some(labels), n_named);
        }
    }
    Ok(best.or(own.filter(|labels| labels.rows.len() == n_rows)))
}

/// Whether a column holds labels of behaviour by its name, or by that of its table.
fn promises(table: &Table<'_>, column: &Column<'_>) -> bool {
    let usual = ["label", "labels", "tag", "tags", "name", "type"];
    let name = column.place().rsplit('/').next().unwrap_or_default();
    is_called_behavior(name)
        || (usual.contains(&name.to_lowercase().as_str()) && is_called_behavior(table.node.name()))
}

/// The labels in a column: texts, or codes that its description explains.
fn read_labels(objects: &Objects<'_>, column: &Column<'_>) -> Result<Option<Labels>, IoError> {
    let place = column.place().to_owned();
    if let Some(texts) = column.texts(objects)? {
        return Ok(Some(Labels { rows: texts.rows, place, key: None }));
    }
    let key = match column.description() {
        Some(description) if column.holds_numbers() => parse_key(&description),
        _ => return Ok(None),
    };
    if key.is_empty() {
        return Ok(None);
    }
    let state = |code: f64| {
        let known = key.iter().find(|&&(known, _)| f64::from(known) == code);
        let name = known.and_then(|(_, state)| state.known_name());
        name.map_or_else(|| code.to_string(), str::to_owned)
    };
    let rows = column.lists()?.into_iter().map(|row| row.into_iter().map(state).collect());
    Ok(Some(Labels { rows: rows.collect(), place, key: Some(key) }))
}

/// The intervals of a series whose data are positive where one starts and negative where it ends;
/// several magnitudes are several kinds, which the description must name. Added to `named`.
pub(super) fn from_interval_series(node: &Node<'_>, named: &mut Named) -> Result<(), IoError> {
    let Some(series) = Series::open(node)? else {
        return Ok(());
    };
    let about = ["description", "comments"].map(|name| node.text_attribute(name));
    let key = parse_key(&about.into_iter().flatten().collect::<Vec<_>>().join("\n"));
    let called = state_called(node.name());
    if called.is_none() && key.is_empty() {
        return Ok(());
    }
    let marks = series.data.numbers()?;
    let times = series.required_clock()?.seconds(marks.len());
    if times.len() != marks.len() || !times.is_sorted() {
        let found = format!("{} marks at {} times", marks.len(), times.len());
        return Err(node.unexpected(found, "one time per mark, in order"));
    }
    // Several kinds under the name of one state cannot be told apart without a key.
    let is_one_kind = marks.windows(2).all(|pair| pair[0].abs() == pair[1].abs());
    let state_of = |mark: f64| -> Option<State> {
        let known = key.iter().find(|&&(known, _)| f64::from(known) == mark.abs());
        known.map(|&(_, state)| state).or(called.filter(|_| key.is_empty() && is_one_kind))
    };
    let (mut open, mut spans) = (BTreeMap::<State, (f64, usize)>::new(), Vec::new());
    let (mut unmatched, mut unnamed) = (Vec::new(), Vec::new());
    for ((&mark, &time), row) in marks.iter().zip(&times).zip(1..) {
        let Some(state) = state_of(mark).filter(|_| mark != 0.) else {
            unnamed.push(row);
            continue;
        };
        let begun = if mark > 0. { open.insert(state, (time, row)) } else { open.remove(&state) };
        match begun {
            Some((start, row)) => spans.push(Span { start, stop: time, state, row }),
            None if mark < 0. => unmatched.push(row),
            None => {}
        }
        if mark > 0. && begun.is_some() {
            unmatched.push(row);
        }
    }
    spans.extend(open.into_iter().map(|(state, (start, row))| Span {
        start,
        stop: f64::INFINITY,
        state,
        row,
    }));
    let place = node.place();
    for (rows, what) in [
        (unmatched, "a start before the last interval ended, or an end of none,"),
        (unnamed, "marks of no kind that the name or description tells"),
    ] {
        if !rows.is_empty() {
            let text = format!("{what} in {} of {place}", rows_listed(&rows));
            named.warnings.push((Level::Doubtful, "intervals-not-used", text));
        }
    }
    if !spans.is_empty() {
        named.places.push(place.to_owned());
        named.spans.extend(spans);
    }
    Ok(())
}

/// The state that a name such as `reversals`, `FWD` or `forward_bouts` is one of.
fn state_called(name: &str) -> Option<State> {
    const GENERAL: [&str; 12] = [
        "intervals",
        "interval",
        "epochs",
        "epoch",
        "bouts",
        "bout",
        "events",
        "event",
        "times",
        "periods",
        "series",
        "state",
    ];
    let of = |text: &str| is_state(text).then(|| text.parse().ok()).flatten();
    let mut words = words(name);
    words.retain(|word| !GENERAL.contains(&word.as_str()));
    let text = words.concat();
    of(name).or_else(|| of(&text)).or_else(|| of(text.strip_suffix('s')?))
}

/// What frames lie in intervals that the file calls invalid.
pub(super) fn invalid(node: &Node<'_>, seconds: &[f64]) -> Result<Option<Told>, IoError> {
    let Some(Times { starts, stops }) = times(&Table::open(node)?)? else {
        return Ok(None);
    };
    let mut is_invalid = vec![0_i64; seconds.len() + 1];
    for (&start, &stop) in starts.iter().zip(&stops) {
        let (first, end) = frames(start, stop, seconds);
        if first < end {
            is_invalid[first] += 1;
            is_invalid[end] -= 1;
        }
    }
    let depths = is_invalid.iter().scan(0, |depth, change| {
        *depth += change;
        Some(*depth)
    });
    let n_frames = depths.filter(|&depth| depth > 0).count();
    let text = format!(
        "{n_frames} frames lie in the {} intervals that {} calls invalid; they are kept, cut the recording to leave them out",
        starts.len(),
        node.place()
    );
    Ok((n_frames > 0).then_some((Level::Doubtful, "invalid-times", text)))
}

/// The frames of an interval, the second number excluded.
fn frames(start: f64, stop: f64, seconds: &[f64]) -> (usize, usize) {
    let first = seconds.partition_point(|&time| time < start);
    let end = seconds.partition_point(|&time| time < stop || stop.is_nan());
    (first, end)
}

/// The states of all frames; `others` are starts of intervals without a state, at which one that
/// has no stop ends too. Nothing where the intervals cover the recording too often.
fn paint(
    place: &str,
    spans: &[Span],
    others: &[f64],
    seconds: &[f64],
    told: &mut Vec<Told>,
) -> Option<Vec<State>> {
    let mut starts: Vec<f64> =
        spans.iter().map(|span| span.start).chain(others.iter().copied()).collect();
    starts.retain(|start| !start.is_nan());
    starts.sort_by(f64::total_cmp);
    let next = |start: f64| {
        let after = starts.partition_point(|&other| other <= start);
        starts.get(after).copied().unwrap_or(f64::INFINITY)
    };
    let mut painted: Vec<Option<State>> = vec![None; seconds.len()];
    let (mut conflicts, mut cover) = (0, 0_usize);
    let mut without_end = Vec::new();
    let mut lost: [(&str, Vec<usize>); 5] = [
        ("no start", Vec::new()),
        ("no length", Vec::new()),
        ("an end before the start", Vec::new()),
        ("outside the recording", Vec::new()),
        ("between two frames", Vec::new()),
    ];
    for &Span { start, stop, state, row } in spans {
        let end = if stop.is_nan() && !start.is_nan() { next(start) } else { stop };
        let (first, last) = frames(start, end, seconds);
        let covered = painted.get_mut(first..last).unwrap_or_default();
        if start.is_nan() || covered.is_empty() {
            let is_outside = || {
                let (Some(first), Some(last)) = (seconds.first(), seconds.last()) else {
                    return true;
                };
                end <= *first || start > *last
            };
            let reason = match () {
                () if start.is_nan() => 0,
                () if end == start => 1,
                () if end < start => 2,
                () if is_outside() => 3,
                () => 4,
            };
            lost[reason].1.push(row);
            continue;
        }
        if stop.is_nan() {
            without_end.push(row);
        }
        cover += covered.len();
        if cover > MAX_COVER * seconds.len() {
            return None;
        }
        for frame in covered {
            let other = frame.replace(state);
            if other.is_some_and(|other| other != state) {
                *frame = Some(State::Unknown);
                conflicts += 1;
            }
        }
    }
    if !without_end.is_empty() {
        let text = format!(
            "no stop in {} of {place}: each such interval runs on to the next start, or to the end",
            rows_listed(&without_end)
        );
        told.push((Level::Advice, "interval-without-end", text));
    }
    let lost = lost.iter().filter(|(_, rows)| !rows.is_empty());
    let lost: Vec<String> =
        lost.map(|(reason, rows)| format!("{} ({reason})", rows_listed(rows))).collect();
    if !lost.is_empty() {
        let text = format!("of {place}, {}: no frame is labelled by them", lost.join(", "));
        told.push((Level::Doubtful, "intervals-not-used", text));
    }
    if conflicts > 0 {
        let text =
            format!("{conflicts} frames lie in intervals of several states; they are unknown");
        told.push((Level::Doubtful, "several-states", text));
    }
    Some(painted.into_iter().map(|state| state.unwrap_or(State::Unknown)).collect())
}

/// `row 3`, `rows 3, 5 and 7 more`.
fn rows_listed(rows: &[usize]) -> String {
    let shown: Vec<String> = rows.iter().take(SHOWN).map(usize::to_string).collect();
    let more = rows.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{} {}{more}", if rows.len() == 1 { "row" } else { "rows" }, shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use State::{Forward, Reverse, Reverse1, Unknown};

    fn painted(spans: &[(f64, f64, State)], others: &[f64]) -> (Vec<State>, Vec<Told>) {
        let seconds: Vec<f64> = (0..6).map(f64::from).collect();
        let spans = spans.iter().zip(1..);
        let spans: Vec<Span> =
            spans.map(|(&(start, stop, state), row)| Span { start, stop, state, row }).collect();
        let mut told = Vec::new();
        let states = paint("t", &spans, others, &seconds, &mut told).unwrap();
        (states, told)
    }

    #[test]
    fn an_interval_without_a_stop_runs_on_to_the_next_start_or_the_end() {
        let nan = f64::NAN;
        let (states, told) = painted(&[(4., nan, Reverse), (1., nan, Forward)], &[3.]);
        assert_eq!(states, [Unknown, Forward, Forward, Unknown, Reverse, Reverse]);
        assert_eq!(told.len(), 1);
        assert!(told[0].2.starts_with("no stop in rows 1, 2 of t"), "{told:?}");
    }

    #[test]
    fn what_labels_no_frame_is_told_by_its_reason() {
        let spans = [
            (f64::NAN, 2., Forward),
            (1., 1., Forward),
            (3., 2., Forward),
            (6., 9., Forward),
            (-3., 0., Forward),
            (1.2, 1.8, Forward),
            (2., 3., Reverse),
        ];
        let (states, told) = painted(&spans, &[]);
        assert_eq!(states.iter().filter(|&&state| state != Unknown).count(), 1);
        let text = &told[0].2;
        for words in [
            "row 1 (no start)",
            "row 2 (no length)",
            "row 3 (an end before",
            "rows 4, 5 (outside",
            "row 6 (between",
        ] {
            assert!(text.contains(words), "{text}");
        }
    }

    #[test]
    fn names_of_tables_and_series_are_those_of_states() {
        for (name, state) in [
            ("reversals", Some(Reverse)),
            ("FWD", Some(Forward)),
            ("forward_bouts", Some(Forward)),
            ("Reversal1Epochs", Some(Reverse1)),
            ("epochs", None),
            ("trials", None),
            ("heat", None),
        ] {
            assert_eq!(state_called(name), state, "{name}");
        }
    }
}
