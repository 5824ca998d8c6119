//! A prediction as a sequence of bouts: whether it switches when the animal does, and finds each bout.
//!
//! Transitions and segments are paired one to one, the nearest first, so that flicker costs what it is.

use super::runs::Run;
use crate::Timeline;
use crate::bouts::{Bout, bouts};

/// How far from a labelled transition an error is forgiven, in seconds.
const FORGIVEN_S: f64 = 1.;
/// How far a transition may lie from the labelled one that it is paired with, in seconds.
const PAIRED_S: f64 = 2.;
/// Share of the union of two segments that they must have in common to be one, and share of a bout that
/// must be predicted for it to be found.
const HALF: f64 = 0.5;

/// A switch of states: when, in seconds, and from which state to which.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Switch {
    at_s: f64,
    kind: [u8; 2],
}

/// Measures all runs together.
pub(super) fn timeline(runs: &[Run], n_classes: usize) -> Timeline {
    let (mut n_labelled, mut n_predicted) = (0, 0);
    let mut errors_s: Vec<f64> = Vec::new();
    let mut n_entries = 0;
    let (mut n_frames, mut n_forgiven, mut seconds) = (0usize, 0usize, 0.);
    let (mut n_segments, mut n_paired) = ([0usize; 2], 0usize);
    let mut found = vec![[0usize; 2]; n_classes];
    for run in runs {
        let predicted: Vec<Option<u8>> = run.predicted.iter().copied().map(Some).collect();
        // What is predicted where nothing is known counts neither for nor against.
        let known: Vec<Option<u8>> =
            predicted.iter().zip(&run.labels).map(|(p, label)| label.and(*p)).collect();
        let of_labels = switches(&run.labels, &run.edges_s);
        let of_prediction = switches(&known, &run.edges_s);
        (n_labelled, n_predicted) =
            (n_labelled + of_labels.len(), n_predicted + of_prediction.len());
        errors_s.extend(paired(&of_labels, &of_prediction, |a, b| a.kind == b.kind));
        n_entries += paired(&of_labels, &of_prediction, |a, b| a.kind[1] == b.kind[1]).len();
        for (frame, label) in run.labels.iter().enumerate() {
            let Some(label) = *label else { continue };
            let [start, end] = [run.edges_s[frame], run.edges_s[frame + 1]];
            let near = |switch: &Switch| {
                start - switch.at_s < FORGIVEN_S && switch.at_s - end < FORGIVEN_S
            };
            n_frames += 1;
            seconds += end - start;
            let right = label == run.predicted[frame] || of_labels.iter().any(near);
            n_forgiven += usize::from(right);
        }
        let [labelled, said] = [bouts(&run.labels), bouts(&known)];
        n_segments[0] += labelled.len();
        n_segments[1] += said.len();
        n_paired +=
            labelled.iter().filter(|bout| said.iter().any(|other| are_one(bout, other))).count();
        for bout in &labelled {
            let frames = bout.start..bout.end;
            let n = frames.len();
            let right = frames.filter(|&frame| run.predicted[frame] == bout.class).count();
            let of_class = &mut found[usize::from(bout.class)];
            of_class[0] += usize::from(right as f64 >= HALF * n as f64);
            of_class[1] += 1;
        }
    }
    errors_s.iter_mut().for_each(|error| *error = error.abs());
    errors_s.sort_by(f64::total_cmp);
    let per_minute = |n: usize| (seconds > 0.).then(|| 60. * n as f64 / seconds);
    let n_within = errors_s.iter().filter(|error| **error <= FORGIVEN_S).count();
    Timeline {
        forgiving_accuracy: (n_frames > 0).then(|| n_forgiven as f64 / n_frames as f64),
        transition_f1: f1(errors_s.len(), [n_labelled, n_predicted]),
        entry_f1: f1(n_entries, [n_labelled, n_predicted]),
        median_error_s: (!errors_s.is_empty()).then(|| crate::quantile(&errors_s, 0.5)),
        within_1s: (n_labelled > 0).then(|| n_within as f64 / n_labelled as f64),
        spurious_per_minute: per_minute(n_predicted - errors_s.len()),
        missed_per_minute: per_minute(n_labelled - errors_s.len()),
        segment_f1: f1(n_paired, n_segments),
        bouts_found: found,
    }
}

/// Harmonic mean of the shares of the labelled and of the predicted that are paired.
fn f1(n_paired: usize, [n_labelled, n_predicted]: [usize; 2]) -> Option<f64> {
    let n = n_labelled + n_predicted;
    (n_labelled > 0).then(|| 2. * n_paired as f64 / n as f64)
}

fn switches(classes: &[Option<u8>], edges_s: &[f64]) -> Vec<Switch> {
    let switch = |t: usize| match (classes[t - 1], classes[t]) {
        (Some(from), Some(to)) if from != to => Some(Switch { at_s: edges_s[t], kind: [from, to] }),
        _ => None,
    };
    (1..classes.len()).filter_map(switch).collect()
}

/// Predicted − labelled times of those that are paired, among those that may be.
fn paired(
    labelled: &[Switch],
    predicted: &[Switch],
    may_be: impl Fn(&Switch, &Switch) -> bool,
) -> Vec<f64> {
    let mut pairs: Vec<(usize, usize, f64)> = Vec::new();
    for (a, switch) in labelled.iter().enumerate() {
        for (b, other) in predicted.iter().enumerate() {
            let error = other.at_s - switch.at_s;
            if may_be(switch, other) && error.abs() <= PAIRED_S {
                pairs.push((a, b, error));
            }
        }
    }
    pairs.sort_by(|a, b| a.2.abs().total_cmp(&b.2.abs()));
    let (mut taken_a, mut taken_b) = (vec![false; labelled.len()], vec![false; predicted.len()]);
    let mut errors = Vec::new();
    for (a, b, error) in pairs {
        if !taken_a[a] && !taken_b[b] {
            (taken_a[a], taken_b[b]) = (true, true);
            errors.push(error);
        }
    }
    errors
}

/// Whether two segments of one state have most of their union in common: each has at most one such other.
fn are_one(a: &Bout, b: &Bout) -> bool {
    let common = a.end.min(b.end).saturating_sub(a.start.max(b.start));
    let union = a.end.max(b.end) - a.start.min(b.start);
    a.class == b.class && common as f64 > HALF * union as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(labels: &[Option<u8>], predicted: &[u8]) -> Timeline {
        let edges_s = (0..=labels.len()).map(|k| k as f64 / 2.).collect();
        timeline(&[Run { labels: labels.to_vec(), predicted: predicted.to_vec(), edges_s }], 2)
    }

    fn repeated(runs: &[(u8, usize)]) -> Vec<u8> {
        runs.iter().flat_map(|&(class, n)| std::iter::repeat_n(class, n)).collect()
    }

    #[test]
    fn a_late_switch_is_forgiven_for_a_second_and_paired_for_two() {
        let labels: Vec<Option<u8>> = repeated(&[(0, 20), (1, 20)]).into_iter().map(Some).collect();
        let right = of(&labels, &repeated(&[(0, 20), (1, 20)]));
        assert_eq!((right.forgiving_accuracy, right.transition_f1), (Some(1.), Some(1.)));
        assert_eq!((right.segment_f1, &right.bouts_found[..]), (Some(1.), &[[1, 1], [1, 1]][..]));
        // Three frames, 1.5 s: the first two lie within a second of the switch.
        let late = of(&labels, &repeated(&[(0, 23), (1, 17)]));
        assert_eq!(late.forgiving_accuracy, Some(39. / 40.));
        assert_eq!((late.transition_f1, late.median_error_s), (Some(1.), Some(1.5)));
        assert_eq!(late.within_1s, Some(0.));
        let later = of(&labels, &repeated(&[(0, 25), (1, 15)]));
        assert_eq!((later.transition_f1, later.median_error_s), (Some(0.), None));
        let minute = 60. / 20.;
        assert_eq!(later.spurious_per_minute, Some(minute));
        assert_eq!(later.missed_per_minute, Some(minute));
    }

    #[test]
    fn flicker_finds_a_switch_once() {
        let labels: Vec<Option<u8>> = repeated(&[(0, 20), (1, 20)]).into_iter().map(Some).collect();
        let said = repeated(&[(0, 19), (1, 1), (0, 1), (1, 1), (0, 1), (1, 17)]);
        let flicker = of(&labels, &said);
        // One labelled switch, five predicted.
        assert_eq!(flicker.transition_f1, Some(2. / 6.));
        assert_eq!(flicker.segment_f1, Some(2. * 2. / 8.));
    }

    #[test]
    fn a_state_that_is_entered_from_another_one_is_an_entry_and_no_switch() {
        let labels: Vec<Option<u8>> = repeated(&[(0, 20), (1, 20)]).into_iter().map(Some).collect();
        let by_way_of_a_third = of(&labels, &repeated(&[(0, 18), (2, 2), (1, 20)]));
        // One labelled switch, two predicted, of which one enters the same state.
        assert_eq!(by_way_of_a_third.transition_f1, Some(0.));
        assert_eq!(by_way_of_a_third.entry_f1, Some(2. / 3.));
        let late = of(&labels, &repeated(&[(0, 25), (1, 15)]));
        assert_eq!(late.entry_f1, Some(0.));
    }

    #[test]
    fn what_is_predicted_where_nothing_is_known_does_not_count() {
        let mut labels: Vec<Option<u8>> = vec![Some(0); 30];
        labels[10..20].fill(None);
        let found = of(&labels, &repeated(&[(0, 12), (1, 5), (0, 13)]));
        assert_eq!(found.transition_f1, None);
        assert_eq!((found.spurious_per_minute, found.segment_f1), (Some(0.), Some(1.)));
    }
}
