//! Vector autoregression: the next trace and derivative of every neuron from the last ones of all,
//! by ridge regression, lags and penalty chosen on validation forecasts. What a network has to beat
//! to have found more than linear dynamics.

use super::following::{FromRecent, Recent};
use super::ridge::{self, MOST_LAGS, Regression};
use super::{BaselineForecast, Following, ForecastError, ForecastFrames, Forecaster};
use crate::arrays::{DecoderArray, ForecasterSizes, RestoreError};
use crate::written::Written;
use rand::Rng;

/// Joint ridge VAR(p).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VectorAutoregression;

impl BaselineForecast for VectorAutoregression {
    fn name(&self) -> &'static str {
        "var"
    }

    fn fit(
        &self,
        frames: &ForecastFrames<'_>,
        _rng: &mut dyn Rng,
    ) -> Result<Box<dyn Forecaster>, ForecastError> {
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

    fn begin(&self) -> Box<dyn Following + '_> {
        Box::new(Recent::new(self))
    }

    fn n_history(&self) -> usize {
        MOST_LAGS
    }

    fn written(&self) -> Written {
        ridge::written()
    }

    fn arrays(&self) -> Vec<DecoderArray> {
        ridge::arrays(std::slice::from_ref(&self.regression))
    }
}

impl FromRecent for FittedVectorAutoregression {
    fn roll_out(&self, recent: &[f32], n_steps: usize) -> Vec<f64> {
        let mut steps = vec![0.; n_steps * self.n_columns];
        self.regression.roll_out(recent, self.n_columns, &mut steps);
        steps
    }
}
