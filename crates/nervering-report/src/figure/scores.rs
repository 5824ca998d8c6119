//! What the three drawings of accuracies share: [`super::strip`], [`super::bars`] and
//! [`super::learning`] draw the same [`Data`].

use super::drawn::{About, csv, distinct, number};
use serde::{Deserialize, Serialize};

/// Scores of models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Caption.
    pub about: About,
    /// What a score is: `accuracy`, `balanced accuracy`. Scores are in [0, 1], drawn in %.
    pub measure: String,
    /// What the mean and its deviation are over: `pairs of training subset and evaluated animal`.
    pub over: String,
    /// One entry per model, number of animals trained on, and kind of evaluated frames.
    pub scores: Vec<Score>,
}

/// The scores of one model, trained on one number of animals, on one kind of frames.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// The model.
    pub model: String,
    /// Animals trained on.
    pub n_trained: usize,
    /// Evaluated frames: `test folds of the animals trained on`, `unseen animals`.
    pub on: String,
    /// Mean in [0, 1].
    pub mean: Option<f64>,
    /// Standard deviation; `None` over fewer than two values.
    pub sd: Option<f64>,
    /// How many values these two are over.
    pub n: usize,
    /// Every single fit on every evaluated animal, in [0, 1].
    pub singles: Vec<f64>,
}

impl Data {
    /// Models in their order of appearance.
    pub(crate) fn models(&self) -> Vec<&str> {
        distinct(self.scores.iter().map(|score| score.model.as_str()))
    }

    /// Kinds of evaluated frames in their order of appearance.
    pub(super) fn kinds(&self) -> Vec<&str> {
        distinct(self.scores.iter().map(|score| score.on.as_str()))
    }

    /// Numbers of animals trained on, increasing.
    pub(super) fn sizes(&self) -> Vec<usize> {
        let mut sizes: Vec<usize> = self.scores.iter().map(|score| score.n_trained).collect();
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    }

    /// The full tenth below the lowest score, leaving at least three tenths.
    pub(super) fn lowest(&self) -> f64 {
        let below = |score: &Score| {
            let reach = score.mean.unwrap_or(1.) - score.sd.unwrap_or(0.);
            score.singles.iter().copied().fold(reach, f64::min)
        };
        let lowest = self.scores.iter().map(below).fold(1., f64::min);
        tenth_below(lowest)
    }

    pub(super) fn csv(&self) -> String {
        let rows = self.scores.iter().flat_map(|score| {
            let head = [score.model.clone(), score.n_trained.to_string(), score.on.clone()];
            let row = |kind: &str, value: Option<f64>| {
                let tail = [kind.to_owned(), value.map_or_else(String::new, number)];
                head.iter().cloned().chain(tail).collect::<Vec<_>>()
            };
            let mut rows = vec![row("mean", score.mean), row("sd", score.sd)];
            rows.push(row("n", Some(score.n as f64)));
            rows.extend(score.singles.iter().map(|&single| row("single", Some(single))));
            rows
        });
        csv(&["model", "n_trained", "evaluated_on", "quantity", "value"], rows)
    }
}

/// The full tenth below a share, leaving at least three tenths above it.
pub(super) fn tenth_below(lowest: f64) -> f64 {
    ((lowest * 10. + 1e-9).floor() / 10.).clamp(0., 0.7)
}

/// Where the `k`th dot stands across its lane, in [−1, 1]: by the golden ratio, so that
/// neighbours in the list are apart and nothing is drawn by chance.
pub(super) fn across(k: usize) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_8;
    2. * ((k as f64 + 0.5) * GOLDEN).fract() - 1.
}
