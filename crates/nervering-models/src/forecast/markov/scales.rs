//! Frames that follow each other, and what brings them and their increments to one scale: [`Steps`], [`Scales`].

use crate::arrays::{DecoderArray, RestoreError, check_shape, refused};
use crate::forecast::{ForecastError, ForecastFrames};
use std::ops::Range;

const MEANS: &str = "means";
const SDS: &str = "sds";
const INCREMENTS: &str = "increments";

/// The scale of every feature, over all neurons.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::forecast) struct Scales {
    pub(in crate::forecast) means: Vec<f64>,
    /// Above 0.
    pub(in crate::forecast) sds: Vec<f64>,
    /// SD of the increments from frame to frame; 0 of a feature that never changes.
    pub(in crate::forecast) increments: Vec<f64>,
}

impl Scales {
    /// Their arrays in a model file.
    pub(in crate::forecast) const NAMES: [&'static str; 3] = [MEANS, SDS, INCREMENTS];

    /// Numbers `[…, feature]` with mean 0 and SD 1.
    pub(in crate::forecast) fn standardised(&self, x: &[f64]) -> Vec<f32> {
        let n = self.means.len();
        let of =
            |(at, value): (usize, &f64)| ((value - self.means[at % n]) / self.sds[at % n]) as f32;
        x.iter().enumerate().map(of).collect()
    }

    /// From one frame to the next, `[neuron, feature]`, in units of the SD of increments; 0 of a feature that
    /// never changed.
    pub(in crate::forecast) fn increment(&self, before: &[f32], after: &[f32]) -> Vec<f32> {
        let of = |(at, (before, after)): (usize, (&f32, &f32))| match self.increments
            [at % self.increments.len()]
        {
            sd if sd > 0. => ((f64::from(*after) - f64::from(*before)) / sd) as f32,
            _ => 0.,
        };
        before.iter().zip(after).enumerate().map(of).collect()
    }

    /// For a model file.
    pub(in crate::forecast) fn arrays(&self) -> [DecoderArray; 3] {
        let of_features = [(MEANS, &self.means), (SDS, &self.sds), (INCREMENTS, &self.increments)];
        of_features.map(|(name, values)| DecoderArray::new(name, &[values.len()], values.clone()))
    }

    /// From the arrays of [`Scales::NAMES`], in their order.
    pub(in crate::forecast) fn restore(
        given: &[&DecoderArray],
        n_features: usize,
    ) -> Result<Self, RestoreError> {
        let of_features = |at: usize| {
            check_shape(given[at], &[n_features])?;
            Ok(given[at].values.clone())
        };
        let scales =
            Self { means: of_features(0)?, sds: of_features(1)?, increments: of_features(2)? };
        match scales.sds.iter().find(|sd| **sd <= 0.) {
            Some(sd) => Err(refused(SDS, sd, "positive numbers")),
            None => Ok(scales),
        }
    }
}

/// Training frames and those after them, `[neuron, feature]` each.
pub(in crate::forecast) struct Steps<'a> {
    before: Vec<&'a [f32]>,
    after: Vec<&'a [f32]>,
    /// The steps of each animal that has some.
    pub(in crate::forecast) animals: Vec<Range<usize>>,
    /// Steps that follow each other.
    pub(in crate::forecast) runs: Vec<Range<usize>>,
    n_features: usize,
}

impl<'a> Steps<'a> {
    /// All pairs of training frames that follow each other.
    ///
    /// # Errors
    /// [`ForecastError::NoFrames`] where there is none.
    pub(in crate::forecast) fn new(frames: &ForecastFrames<'a>) -> Result<Self, ForecastError> {
        let n = frames.n_columns();
        let (mut before, mut after, mut animals) = (Vec::new(), Vec::new(), Vec::new());
        let mut runs: Vec<Range<usize>> = Vec::new();
        for animal in frames.animals {
            let start = before.len();
            let row = |frame: usize| &animal.features[frame * n..(frame + 1) * n];
            let mut last = None;
            for pair in animal.train.windows(2).filter(|pair| pair[0] + 1 == pair[1]) {
                let step = before.len();
                before.push(row(pair[0]));
                after.push(row(pair[1]));
                match runs.last_mut() {
                    Some(run) if last == Some(pair[0]) => run.end = step + 1,
                    _ => runs.push(step..step + 1),
                }
                last = Some(pair[1]);
            }
            if before.len() > start {
                animals.push(start..before.len());
            }
        }
        match before.is_empty() {
            true => Err(ForecastError::NoFrames { n_lags: 1 }),
            false => Ok(Self { before, after, animals, runs, n_features: frames.n_features }),
        }
    }

    pub(in crate::forecast) fn len(&self) -> usize {
        self.before.len()
    }

    pub(in crate::forecast) fn scales(&self) -> Scales {
        let n_features = self.n_features;
        let moments = |of: &dyn Fn(usize, usize) -> f64| -> Vec<(f64, f64)> {
            let of_feature = |feature: usize| {
                let places = (feature..self.before[0].len()).step_by(n_features);
                let all = (0..self.before.len())
                    .flat_map(|step| places.clone().map(move |at| of(step, at)));
                let (mut count, mut sum, mut squares) = (0., 0., 0.);
                for value in all {
                    count += 1.;
                    sum += value;
                    squares += value * value;
                }
                let mean = sum / count;
                (mean, (squares / count - mean * mean).max(0.).sqrt())
            };
            (0..n_features).map(of_feature).collect()
        };
        let states = moments(&|step, at| f64::from(self.before[step][at]));
        let increments =
            moments(&|step, at| f64::from(self.after[step][at]) - f64::from(self.before[step][at]));
        Scales {
            means: states.iter().map(|(mean, _)| *mean).collect(),
            sds: states.iter().map(|&(_, sd)| if sd > 0. { sd } else { 1. }).collect(),
            increments: increments.iter().map(|(_, sd)| *sd).collect(),
        }
    }

    /// Standardised frames, and increments in units of their SD, `[frame, neuron, feature]`.
    pub(in crate::forecast) fn batch(&self, drawn: &[usize], scales: &Scales) -> [Vec<f32>; 2] {
        let (mut x, mut targets) = (Vec::new(), Vec::new());
        for &step in drawn {
            let before: Vec<f64> =
                self.before[step].iter().map(|&value| f64::from(value)).collect();
            x.extend(scales.standardised(&before));
            targets.extend(scales.increment(self.before[step], self.after[step]));
        }
        [x, targets]
    }
}
