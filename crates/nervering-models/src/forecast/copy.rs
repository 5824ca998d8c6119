//! Persistence: every frame to come is as the present one. The measure of skill.

use super::following::{FromRecent, Recent};
use super::{BaselineForecast, Following, ForecastError, ForecastFrames, Forecaster};
use crate::arrays::{DecoderArray, ForecasterSizes, RestoreError, named};
use crate::written::Written;
use rand::Rng;

/// Persistence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Copy;

impl BaselineForecast for Copy {
    fn name(&self) -> &'static str {
        "copy"
    }

    fn fit(
        &self,
        _frames: &ForecastFrames<'_>,
        _rng: &mut dyn Rng,
    ) -> Result<Box<dyn Forecaster>, ForecastError> {
        Ok(Box::new(FittedCopy))
    }

    fn restore(
        &self,
        arrays: &[DecoderArray],
        _sizes: ForecasterSizes,
    ) -> Result<Box<dyn Forecaster>, RestoreError> {
        let [] = named(arrays, [])?;
        Ok(Box::new(FittedCopy))
    }
}

struct FittedCopy;

impl Forecaster for FittedCopy {
    fn begin(&self) -> Box<dyn Following + '_> {
        Box::new(Recent::new(self))
    }

    fn written(&self) -> Written {
        Written::default()
    }

    fn arrays(&self) -> Vec<DecoderArray> {
        Vec::new()
    }
}

impl FromRecent for FittedCopy {
    fn roll_out(&self, recent: &[f32], n_steps: usize) -> Vec<f64> {
        (0..n_steps).flat_map(|_| recent).map(|&value| f64::from(value)).collect()
    }
}
