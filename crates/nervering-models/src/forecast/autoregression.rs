//! Autoregression of each neuron by itself: the next trace and derivative from the neuron's own
//! last ones, by ridge regression, lags and penalty chosen for each neuron on validation forecasts.

use super::following::{FromRecent, Recent};
use super::ridge::{self, MOST_LAGS, Regression};
use super::{BaselineForecast, Following, ForecastError, ForecastFrames, Forecaster};
use crate::arrays::{DecoderArray, ForecasterSizes, RestoreError};
use crate::written::Written;
use rand::Rng;

/// Ridge AR(p) per neuron.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Autoregression;

impl BaselineForecast for Autoregression {
    fn name(&self) -> &'static str {
        "ar"
    }

    fn fit(
        &self,
        frames: &ForecastFrames<'_>,
        _rng: &mut dyn Rng,
    ) -> Result<Box<dyn Forecaster>, ForecastError> {
        let groups = of_neurons(frames.n_neurons, frames.n_features);
        let of_neuron = |columns| Regression::chosen(frames, columns);
        let neurons = groups.into_iter().map(of_neuron).collect::<Result<Vec<_>, _>>()?;
        Ok(Box::new(FittedAutoregression { neurons, n_columns: frames.n_columns() }))
    }

    fn restore(
        &self,
        arrays: &[DecoderArray],
        sizes: ForecasterSizes,
    ) -> Result<Box<dyn Forecaster>, RestoreError> {
        let groups = of_neurons(sizes.n_neurons, sizes.n_features);
        let neurons = ridge::from_arrays(arrays, groups)?;
        Ok(Box::new(FittedAutoregression { neurons, n_columns: sizes.n_columns() }))
    }
}

/// The columns of each neuron.
fn of_neurons(n_neurons: usize, n_features: usize) -> Vec<Vec<usize>> {
    (0..n_neurons).map(|k| (k * n_features..(k + 1) * n_features).collect()).collect()
}

struct FittedAutoregression {
    neurons: Vec<Regression>,
    n_columns: usize,
}

impl Forecaster for FittedAutoregression {
    fn chosen(&self) -> String {
        self.neurons.iter().map(Regression::choice).collect::<Vec<_>>().join("; ")
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
        ridge::arrays(&self.neurons)
    }
}

impl FromRecent for FittedAutoregression {
    fn roll_out(&self, recent: &[f32], n_steps: usize) -> Vec<f64> {
        let mut steps = vec![0.; n_steps * self.n_columns];
        for neuron in &self.neurons {
            neuron.roll_out(recent, self.n_columns, &mut steps);
        }
        steps
    }
}
