//! Dwell-time distance: how far the lengths of predicted bouts are from those of labelled bouts.
//!
//! Per state it is the 1-Wasserstein distance, in seconds, between the two empirical distributions
//! of bout lengths, each bout counting once: ∫ |F(x) − G(x)| dx. States are pooled with their
//! labelled frames as weights. A state that is labelled but never predicted is compared with bouts
//! of 0 s, so it costs its mean labelled bout; one that is never labelled has no weight.
//!
//! Labelled and predicted bouts are cut in the same places, at the ends of a run and at unknown
//! frames, so that both cover the same frames. A decoder that flickers has short bouts and is far
//! off here even when few of its frames are wrong.

use super::runs::Run;
use crate::bouts::bouts;

/// Pools the distances of all states; `None` without a labelled frame.
pub(super) fn dwell_distance(runs: &[Run], n_classes: usize) -> Option<f64> {
    let mut labelled = vec![Vec::new(); n_classes];
    let mut predicted = vec![Vec::new(); n_classes];
    let mut n_frames = vec![0usize; n_classes];
    for run in runs {
        let known = |(label, &class): (&Option<u8>, &u8)| label.map(|_| class);
        let masked: Vec<Option<u8>> = run.labels.iter().zip(&run.predicted).map(known).collect();
        for (lengths, classes) in [(&mut labelled, &run.labels), (&mut predicted, &masked)] {
            for bout in bouts(classes) {
                let length_s = run.edges_s[bout.end] - run.edges_s[bout.start];
                lengths[usize::from(bout.class)].push(length_s);
            }
        }
        run.labels.iter().flatten().for_each(|&class| n_frames[usize::from(class)] += 1);
    }
    let n_labelled: usize = n_frames.iter().sum();
    if n_labelled == 0 {
        return None;
    }
    let mut sum = 0.;
    for class in (0..n_classes).filter(|&class| n_frames[class] > 0) {
        if predicted[class].is_empty() {
            predicted[class].push(0.);
        }
        sum += n_frames[class] as f64 * wasserstein(&mut labelled[class], &mut predicted[class]);
    }
    Some(sum / n_labelled as f64)
}

/// 1-Wasserstein distance of two samples, neither empty; sorts them.
pub(super) fn wasserstein(a: &mut [f64], b: &mut [f64]) -> f64 {
    a.sort_by(f64::total_cmp);
    b.sort_by(f64::total_cmp);
    let (mut i, mut j, mut sum) = (0, 0, 0.);
    let mut from = a[0].min(b[0]);
    while i < a.len() || j < b.len() {
        let next = |values: &[f64], k: usize| values.get(k).copied().unwrap_or(f64::INFINITY);
        let to = next(a, i).min(next(b, j));
        sum += (to - from) * (i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs();
        from = to;
        while next(a, i) == to && i < a.len() {
            i += 1;
        }
        while next(b, j) == to && j < b.len() {
            j += 1;
        }
    }
    sum
}
