//! Vector autoregression: the next trace and derivative of every neuron from the last ones of all,
//! by ridge regression, lags and penalty chosen on validation forecasts. What a network has to beat
//! to have found more than linear dynamics.

use super::ridge::{self, Regression};
use super::{BaselineForecast, ForecastError, ForecastFrames, Forecaster};
use crate::arrays::{DecoderArray, ForecasterSizes, RestoreError};

/// Joint ridge VAR(p).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VectorAutoregression;

impl BaselineForecast for VectorAutoregression {
    fn name(&self) -> &'static str {
        "var"
    }

    fn fit(&self, frames: &ForecastFrames<'_>) -> Result<Box<dyn Forecaster>, ForecastError> {
        let n_columns = frames.n_columns();
        let regression = Regression::chosen(frames, (0..n_columns).collect())?;
        Ok(Box::new(FittedVectorAutoregression { regression, n_columns }))
    }

    fn restore(
        &self,
        arrays: &[DecoderArray],
        sizes: ForecasterSizes,
    ) -> Result<Box<dyn Forecaster>, RestoreError> {
        let n_columns = sizes.n_columns();
        let regression = ridge::from_arrays(arrays, vec![(0..n_columns).collect()])?.remove(0);
        Ok(Box::new(FittedVectorAutoregression { regression, n_columns }))
    }
}

struct FittedVectorAutoregression {
    regression: Regression,
    n_columns: usize,
}

impl Forecaster for FittedVectorAutoregression {
    fn chosen(&self) -> String {
        self.regression.choice()
    }

    fn roll_out(&self, features: &[f32], start: usize, n_steps: usize) -> Vec<f64> {
        let mut steps = vec![0.; n_steps * self.n_columns];
        self.regression.roll_out(features, self.n_columns, start, &mut steps);
        steps
    }

    fn arrays(&self) -> Vec<DecoderArray> {
        ridge::arrays(std::slice::from_ref(&self.regression))
    }
}
