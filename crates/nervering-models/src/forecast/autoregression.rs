//! Autoregression of each neuron by itself: the next trace and derivative from the neuron's own
//! last ones, by ridge regression, lags and penalty chosen for each neuron on validation forecasts.

use super::ridge::Regression;
use super::{BaselineForecast, ForecastError, ForecastFrames, Forecaster};

/// Ridge AR(p) per neuron.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Autoregression;

impl BaselineForecast for Autoregression {
    fn name(&self) -> &'static str {
        "ar"
    }

    fn fit(&self, frames: &ForecastFrames<'_>) -> Result<Box<dyn Forecaster>, ForecastError> {
        let n_features = frames.n_features;
        let of_neuron = |neuron: usize| {
            let columns = (neuron * n_features..(neuron + 1) * n_features).collect();
            Regression::chosen(frames, columns)
        };
        let neurons = (0..frames.n_neurons).map(of_neuron).collect::<Result<Vec<_>, _>>()?;
        Ok(Box::new(FittedAutoregression { neurons, n_columns: frames.n_columns() }))
    }
}

struct FittedAutoregression {
    neurons: Vec<Regression>,
    n_columns: usize,
}

impl Forecaster for FittedAutoregression {
    fn chosen(&self) -> String {
        self.neurons.iter().map(Regression::choice).collect::<Vec<_>>().join("; ")
    }

    fn roll_out(&self, features: &[f32], start: usize, n_steps: usize) -> Vec<f64> {
        let mut steps = vec![0.; n_steps * self.n_columns];
        for neuron in &self.neurons {
            neuron.roll_out(features, self.n_columns, start, &mut steps);
        }
        steps
    }
}
