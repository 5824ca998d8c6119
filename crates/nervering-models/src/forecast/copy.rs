//! Persistence: every frame to come is as the present one. The measure of skill.

use super::{BaselineForecast, ForecastError, ForecastFrames, Forecaster};
use crate::arrays::{DecoderArray, ForecasterSizes, RestoreError, named};

/// Persistence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Copy;

impl BaselineForecast for Copy {
    fn name(&self) -> &'static str {
        "copy"
    }

    fn fit(&self, frames: &ForecastFrames<'_>) -> Result<Box<dyn Forecaster>, ForecastError> {
        Ok(Box::new(FittedCopy { n_columns: frames.n_columns() }))
    }

    fn restore(
        &self,
        arrays: &[DecoderArray],
        sizes: ForecasterSizes,
    ) -> Result<Box<dyn Forecaster>, RestoreError> {
        let [] = named(arrays, [])?;
        Ok(Box::new(FittedCopy { n_columns: sizes.n_columns() }))
    }
}

struct FittedCopy {
    n_columns: usize,
}

impl Forecaster for FittedCopy {
    fn chosen(&self) -> String {
        String::new()
    }

    fn roll_out(&self, features: &[f32], start: usize, n_steps: usize) -> Vec<f64> {
        let present = &features[start * self.n_columns..(start + 1) * self.n_columns];
        (0..n_steps).flat_map(|_| present).map(|&value| f64::from(value)).collect()
    }

    fn arrays(&self) -> Vec<DecoderArray> {
        Vec::new()
    }
}
