//! Ridge regression of the next increment on the last frames: what the two autoregressions share.
//!
//! The increment is regressed, not the frame, as in eq. 4–5: a penalty that is strong pulls towards
//! persistence and a drift, which is a sensible forecast, where one on the frame itself would pull
//! towards the mean. The intercept is not penalised. The normal equations of the most lags are
//! formed once; those of fewer lags are a corner of them, so all choices see the same frames.

use super::{ForecastAnimal, ForecastError, ForecastFrames};
use crate::arrays::{DecoderArray, RestoreError, check_shape, named, refused};
use crate::written::{GIVEN, Operation, Written};
use faer::linalg::solvers::Solve;
use faer::{Mat, Side};

/// Frames up to the present that an autoregression looks at, at most: about three seconds.
pub const MOST_LAGS: usize = 8;
/// Penalties that an autoregression chooses from, per training frame, in squared units of the
/// features.
pub const PENALTIES: [f64; 6] = [1e-8, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2];
/// Lags that an autoregression chooses from.
const LAGS: [usize; 6] = [1, 2, 3, 4, 6, MOST_LAGS];

/// A fitted regression: the increment of `columns` from the last frames of the same columns.
#[derive(Debug, Clone)]
pub(super) struct Regression {
    /// Places of its columns in a frame.
    columns: Vec<usize>,
    n_lags: usize,
    penalty: f64,
    /// `[input, output]`; inputs are `[lag, column]`, the present first.
    weights: Mat<f64>,
    /// One per output.
    intercepts: Vec<f64>,
}

impl Regression {
    /// Fits with all lags and penalties and keeps the one whose roll-outs forecast the validation
    /// frames best; of equals the first, which has the fewest lags and the least penalty.
    pub(super) fn chosen(
        frames: &ForecastFrames<'_>,
        columns: Vec<usize>,
    ) -> Result<Self, ForecastError> {
        let enough_past = |start: &&usize| **start + 1 >= MOST_LAGS;
        let n_validation: usize = frames
            .animals
            .iter()
            .map(|a| a.validation_starts.iter().filter(enough_past).count())
            .sum();
        if n_validation == 0 {
            return Err(ForecastError::NoValidation { n_lags: MOST_LAGS });
        }
        let equations = NormalEquations::new(frames, &columns)?;
        let mut best: Option<(f64, Self)> = None;
        for n_lags in LAGS {
            for penalty in PENALTIES {
                let Some(regression) = equations.solve(&columns, n_lags, penalty) else { continue };
                let error = regression.validation_error(frames);
                if error.is_finite() && best.as_ref().is_none_or(|(least, _)| error < *least) {
                    best = Some((error, regression));
                }
            }
        }
        best.map(|(_, regression)| regression).ok_or(ForecastError::NotFinite)
    }

    /// Fits with these lags and this penalty.
    pub(super) fn with(
        frames: &ForecastFrames<'_>,
        columns: Vec<usize>,
        n_lags: usize,
        penalty: f64,
    ) -> Result<Self, ForecastError> {
        let equations = NormalEquations::new(frames, &columns)?;
        equations.solve(&columns, n_lags, penalty).ok_or(ForecastError::NotFinite)
    }

    /// What an input, `[lag, column]`, adds to the increment of one of its columns.
    pub(super) fn weight(&self, input: usize, output: usize) -> f64 {
        self.weights[(input, output)]
    }

    /// `3 lags, penalty 1e-4`.
    pub(super) fn choice(&self) -> String {
        let Self { n_lags, penalty, .. } = self;
        format!("{n_lags} {}, penalty {penalty:e}", if *n_lags == 1 { "lag" } else { "lags" })
    }

    /// Writes the forecast of its columns after the last of the `recent` frames, which are
    /// `[frame, all columns]`, into `steps`, `[step, all columns]`.
    pub(super) fn roll_out(&self, recent: &[f32], n_columns: usize, steps: &mut [f64]) {
        let (n, start) = (self.columns.len(), recent.len() / n_columns - 1);
        let of_lag = |lag: usize| {
            self.columns.iter().map(move |c| f64::from(recent[(start - lag) * n_columns + c]))
        };
        let mut past: Vec<f64> = (0..self.n_lags).flat_map(of_lag).collect();
        for step in steps.chunks_exact_mut(n_columns) {
            for (k, &column) in self.columns.iter().enumerate() {
                let weights = self.weights.col(k);
                let increment: f64 = past.iter().zip(weights.iter()).map(|(x, w)| x * w).sum();
                step[column] = past[k] + self.intercepts[k] + increment;
            }
            past.truncate((self.n_lags - 1) * n);
            past.splice(0..0, self.columns.iter().map(|&column| step[column]));
        }
    }

    /// Mean squared error over validation starts, steps and its columns.
    fn validation_error(&self, frames: &ForecastFrames<'_>) -> f64 {
        let n_columns = frames.n_columns();
        let mut steps = vec![0.; frames.n_steps * n_columns];
        let (mut sum, mut count) = (0., 0usize);
        for ForecastAnimal { features, validation_starts, .. } in frames.animals {
            for &start in validation_starts.iter().filter(|start| **start + 1 >= MOST_LAGS) {
                let recent =
                    &features[(start + 1 - MOST_LAGS) * n_columns..(start + 1) * n_columns];
                self.roll_out(recent, n_columns, &mut steps);
                let truth = &features[(start + 1) * n_columns..];
                for (step, truth) in steps.chunks_exact(n_columns).zip(truth.chunks(n_columns)) {
                    let error = |&column: &usize| step[column] - f64::from(truth[column]);
                    sum += self.columns.iter().map(error).map(|e| e * e).sum::<f64>();
                    count += self.columns.len();
                }
            }
        }
        sum / count as f64
    }
}

/// Regressions of the same number of columns each as arrays, with zeros for lags that one does not
/// look at.
pub(super) fn arrays(regressions: &[Regression]) -> Vec<DecoderArray> {
    let (n, n_columns) = (regressions.len(), regressions[0].columns.len());
    let n_inputs = MOST_LAGS * n_columns;
    let mut weights = vec![0.; n * n_inputs * n_columns];
    for (of_one, regression) in weights.chunks_exact_mut(n_inputs * n_columns).zip(regressions) {
        for input in 0..regression.weights.nrows() {
            for output in 0..n_columns {
                of_one[input * n_columns + output] = regression.weights[(input, output)];
            }
        }
    }
    let lags = regressions.iter().map(|one| one.n_lags as f64).collect();
    let penalties = regressions.iter().map(|one| one.penalty).collect();
    let intercepts = regressions.iter().flat_map(|one| one.intercepts.clone()).collect();
    vec![
        DecoderArray::new("lags", &[n], lags),
        DecoderArray::new("penalties", &[n], penalties),
        DecoderArray::new("weights", &[n, n_inputs, n_columns], weights),
        DecoderArray::new("intercepts", &[n, n_columns], intercepts),
    ]
}

/// What such arrays mean.
pub(super) fn written() -> Written {
    let mut to = Written::default();
    let (weights, intercepts) = (to.name("weights"), to.name("intercepts"));
    to.add(Operation::Regression { weights, intercepts }, &[GIVEN]);
    to
}

/// The way back, for one regression on each group of columns, all as large.
pub(super) fn from_arrays(
    given: &[DecoderArray],
    groups: Vec<Vec<usize>>,
) -> Result<Vec<Regression>, RestoreError> {
    let [lags, penalties, weights, intercepts] =
        named(given, ["lags", "penalties", "weights", "intercepts"])?;
    let (n, n_columns) = (groups.len(), groups[0].len());
    let n_inputs = MOST_LAGS * n_columns;
    check_shape(lags, &[n])?;
    check_shape(penalties, &[n])?;
    check_shape(weights, &[n, n_inputs, n_columns])?;
    check_shape(intercepts, &[n, n_columns])?;
    let one = |(at, columns): (usize, Vec<usize>)| {
        let known = LAGS.into_iter().find(|&n_lags| n_lags as f64 == lags.values[at]);
        let n_lags =
            known.ok_or_else(|| refused("lags", lags.values[at], format!("one of {LAGS:?}")))?;
        let weights = &weights.values[at * n_inputs * n_columns..][..n_inputs * n_columns];
        if let Some(other) = weights[n_lags * n_columns * n_columns..].iter().find(|w| **w != 0.) {
            return Err(refused("weights", other, format!("0 beyond {n_lags} lags")));
        }
        Ok(Regression {
            columns,
            n_lags,
            penalty: penalties.values[at],
            weights: Mat::from_fn(n_lags * n_columns, n_columns, |a, b| weights[a * n_columns + b]),
            intercepts: intercepts.values[at * n_columns..(at + 1) * n_columns].to_vec(),
        })
    };
    groups.into_iter().enumerate().map(one).collect()
}

/// Moments of inputs and increments over the training frames, about their means.
struct NormalEquations {
    /// `[input, input]`, mean products.
    inputs: Mat<f64>,
    /// `[input, output]`, mean products.
    outputs: Mat<f64>,
    input_means: Vec<f64>,
    output_means: Vec<f64>,
}

impl NormalEquations {
    fn new(frames: &ForecastFrames<'_>, columns: &[usize]) -> Result<Self, ForecastError> {
        let (n, n_columns) = (columns.len(), frames.n_columns());
        let n_inputs = MOST_LAGS * n;
        let width = n_inputs + n;
        // One training frame per row: inputs, then increments.
        let mut rows: Vec<f64> = Vec::new();
        for animal in frames.animals {
            let at = |frame: usize, column: usize| {
                f64::from(animal.features[frame * n_columns + column])
            };
            for &frame in animal.train.iter().filter(|&&frame| frame >= MOST_LAGS) {
                for lag in 1..=MOST_LAGS {
                    rows.extend(columns.iter().map(|&column| at(frame - lag, column)));
                }
                rows.extend(columns.iter().map(|&c| at(frame, c) - at(frame - 1, c)));
            }
        }
        if rows.is_empty() {
            return Err(ForecastError::NoFrames { n_lags: MOST_LAGS });
        }
        let n_rows = rows.len() / width;
        let mut means = vec![0.; width];
        for row in rows.chunks_exact(width) {
            means.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        means.iter_mut().for_each(|sum| *sum /= n_rows as f64);
        for row in rows.chunks_exact_mut(width) {
            row.iter_mut().zip(&means).for_each(|(value, mean)| *value -= mean);
        }
        let mut moments = vec![0.; n_inputs * width];
        for row in rows.chunks_exact(width) {
            for (a, sums) in row[..n_inputs].iter().zip(moments.chunks_exact_mut(width)) {
                sums.iter_mut().zip(row).for_each(|(sum, b)| *sum += a * b);
            }
        }
        let moment = |a: usize, b: usize| moments[a * width + b] / n_rows as f64;
        Ok(Self {
            inputs: Mat::from_fn(n_inputs, n_inputs, moment),
            outputs: Mat::from_fn(n_inputs, n, |a, b| moment(a, n_inputs + b)),
            output_means: means.split_off(n_inputs),
            input_means: means,
        })
    }

    /// The regression on the first `n_lags` lags; nothing where the equations have no finite answer.
    fn solve(&self, columns: &[usize], n_lags: usize, penalty: f64) -> Option<Regression> {
        let n = n_lags * columns.len();
        let penalised =
            Mat::from_fn(n, n, |a, b| self.inputs[(a, b)] + if a == b { penalty } else { 0. });
        let right = Mat::from_fn(n, columns.len(), |a, b| self.outputs[(a, b)]);
        let weights = penalised.llt(Side::Lower).ok()?.solve(right);
        let intercept = |(k, mean): (usize, &f64)| {
            let weights = weights.col(k);
            let of_means: f64 =
                weights.iter().zip(&self.input_means).map(|(w, mean)| w * mean).sum();
            mean - of_means
        };
        let intercepts: Vec<f64> = self.output_means.iter().enumerate().map(intercept).collect();
        let columns = columns.to_vec();
        Some(Regression { columns, n_lags, penalty, weights, intercepts })
    }
}
