//! Transition timing: how far from each labelled transition the prediction switches.
//!
//! A transition a → b is at frame t when t − 1 is in state a and t in state b ≠ a; its time is that
//! of frame t. Labelled transitions are those between two known states within a run. To each
//! belongs the nearest predicted transition of the same kind in the same run, the earlier of two
//! equally near; it is found if that lies within [`WINDOW_S`]. Errors are over the transitions
//! found, so they must be read beside the share found, and both beside the number of predicted
//! transitions: a decoder that flickers finds every transition.

use super::runs::Run;
use crate::TransitionTiming;

/// How far a predicted transition may lie from the labelled one, in seconds: about the median bout,
/// beyond which another transition is as near.
pub(super) const WINDOW_S: f64 = 5.;

/// Measures the transitions of all runs.
pub(super) fn transition_timing(runs: &[Run]) -> TransitionTiming {
    let (mut n_labelled, mut n_predicted) = (0, 0);
    let mut errors_s: Vec<f64> = Vec::new();
    for run in runs {
        let n = run.labels.len();
        let predicted: Vec<(usize, [u8; 2])> = (1..n)
            .map(|t| (t, [run.predicted[t - 1], run.predicted[t]]))
            .filter(|(_, [from, to])| from != to)
            .collect();
        let known = |t: usize| run.labels[t - 1].is_some() && run.labels[t].is_some();
        n_predicted += predicted.iter().filter(|(t, _)| known(*t)).count();
        for t in 1..n {
            let (Some(from), Some(to)) = (run.labels[t - 1], run.labels[t]) else { continue };
            if from == to {
                continue;
            }
            n_labelled += 1;
            let same_kind = predicted.iter().filter(|(_, kind)| *kind == [from, to]);
            let error_s = same_kind
                .map(|(at, _)| run.edges_s[*at] - run.edges_s[t])
                .min_by(|a, b| a.abs().total_cmp(&b.abs()));
            errors_s.extend(error_s.filter(|error| error.abs() <= WINDOW_S));
        }
    }
    let n_found = errors_s.len();
    let mean = |sum: f64| (n_found > 0).then(|| sum / n_found as f64);
    TransitionTiming {
        n_labelled,
        n_predicted,
        n_found,
        mean_error_s: mean(errors_s.iter().sum()),
        mean_absolute_error_s: mean(errors_s.iter().map(|error| error.abs()).sum()),
    }
}
