//! The mean of the training frames, whatever the present is: what is left at long horizons.

use super::following::{FromRecent, Recent};
use super::{BaselineForecast, Following, ForecastError, ForecastFrames, Forecaster};
use crate::arrays::{DecoderArray, ForecasterSizes, RestoreError, check_shape, named};
use crate::written::{GIVEN, Operation, Written};
use rand::Rng;

/// The mean of every trace and derivative over the training frames.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mean;

impl BaselineForecast for Mean {
    fn name(&self) -> &'static str {
        "mean"
    }

    fn fit(
        &self,
        frames: &ForecastFrames<'_>,
        _rng: &mut dyn Rng,
    ) -> Result<Box<dyn Forecaster>, ForecastError> {
        if frames.animals.iter().all(|animal| animal.train.is_empty()) {
            return Err(ForecastError::NoFrames { n_lags: 0 });
        }
        Ok(Box::new(FittedMean { means: frames.means() }))
    }

    fn restore(
        &self,
        arrays: &[DecoderArray],
        sizes: ForecasterSizes,
    ) -> Result<Box<dyn Forecaster>, RestoreError> {
        let [means] = named(arrays, ["means"])?;
        check_shape(means, &[sizes.n_columns()])?;
        Ok(Box::new(FittedMean { means: means.values.clone() }))
    }
}

struct FittedMean {
    means: Vec<f64>,
}

impl Forecaster for FittedMean {
    fn begin(&self) -> Box<dyn Following + '_> {
        Box::new(Recent::new(self))
    }

    fn written(&self) -> Written {
        let mut to = Written::default();
        to.add(Operation::Constant { name: to.name("means") }, &[GIVEN]);
        to
    }

    fn arrays(&self) -> Vec<DecoderArray> {
        vec![DecoderArray::new("means", &[self.means.len()], self.means.clone())]
    }
}

impl FromRecent for FittedMean {
    fn roll_out(&self, _recent: &[f32], n_steps: usize) -> Vec<f64> {
        self.means.repeat(n_steps)
    }
}
