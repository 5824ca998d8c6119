//! Damped persistence: the distance of every trace and derivative from its training mean shrinks by
//! the same factor at each step, the least-squares factor of one step.

use super::following::{FromRecent, Recent};
use super::{BaselineForecast, Following, ForecastError, ForecastFrames, Forecaster};
use crate::arrays::{DecoderArray, ForecasterSizes, RestoreError, check_shape, named};
use crate::written::{GIVEN, Operation, Written};
use rand::Rng;

/// Damped persistence, one factor per neuron and feature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DampedCopy;

impl BaselineForecast for DampedCopy {
    fn name(&self) -> &'static str {
        "damped-copy"
    }

    fn fit(
        &self,
        frames: &ForecastFrames<'_>,
        _rng: &mut dyn Rng,
    ) -> Result<Box<dyn Forecaster>, ForecastError> {
        let n = frames.n_columns();
        let has_past = |animal: &super::ForecastAnimal<'_>| animal.train.iter().any(|&t| t > 0);
        if !frames.animals.iter().any(has_past) {
            return Err(ForecastError::NoFrames { n_lags: 1 });
        }
        let means = frames.means();
        let (mut products, mut squares) = (vec![0.; n], vec![0.; n]);
        for animal in frames.animals {
            for &frame in animal.train.iter().filter(|&&frame| frame > 0) {
                for column in 0..n {
                    let at = frame * n + column;
                    let now = f64::from(animal.features[at]) - means[column];
                    let before = f64::from(animal.features[at - n]) - means[column];
                    products[column] += before * now;
                    squares[column] += before * before;
                }
            }
        }
        // A column that never varied stays as it is.
        let factor = |(p, s): (&f64, &f64)| if *s > 0. { p / s } else { 1. };
        let factors = products.iter().zip(&squares).map(factor).collect();
        Ok(Box::new(FittedDampedCopy { means, factors }))
    }

    fn restore(
        &self,
        arrays: &[DecoderArray],
        sizes: ForecasterSizes,
    ) -> Result<Box<dyn Forecaster>, RestoreError> {
        let [means, factors] = named(arrays, ["means", "factors"])?;
        check_shape(means, &[sizes.n_columns()])?;
        check_shape(factors, &[sizes.n_columns()])?;
        let (means, factors) = (means.values.clone(), factors.values.clone());
        Ok(Box::new(FittedDampedCopy { means, factors }))
    }
}

struct FittedDampedCopy {
    means: Vec<f64>,
    factors: Vec<f64>,
}

impl Forecaster for FittedDampedCopy {
    fn begin(&self) -> Box<dyn Following + '_> {
        Box::new(Recent::new(self))
    }

    fn written(&self) -> Written {
        let mut to = Written::default();
        let (means, factors) = (to.name("means"), to.name("factors"));
        to.add(Operation::Damp { means, factors }, &[GIVEN]);
        to
    }

    fn arrays(&self) -> Vec<DecoderArray> {
        let shape = [self.means.len()];
        vec![
            DecoderArray::new("means", &shape, self.means.clone()),
            DecoderArray::new("factors", &shape, self.factors.clone()),
        ]
    }
}

impl FromRecent for FittedDampedCopy {
    fn roll_out(&self, recent: &[f32], n_steps: usize) -> Vec<f64> {
        let n = self.means.len();
        let present = recent;
        let mut frame: Vec<f64> = present.iter().map(|&value| f64::from(value)).collect();
        let mut steps = Vec::with_capacity(n_steps * n);
        for _ in 0..n_steps {
            for ((value, mean), factor) in frame.iter_mut().zip(&self.means).zip(&self.factors) {
                *value = mean + factor * (*value - mean);
            }
            steps.extend_from_slice(&frame);
        }
        steps
    }
}
