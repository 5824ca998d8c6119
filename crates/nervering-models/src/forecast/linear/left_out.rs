//! `linear` as what networks are trained to correct: of every training animal the forecast is one that does
//! not know the animal, as it will not know those that are to be forecast.

use super::adapted::Adapting;
use super::fitted::{FittedLinear, Parts};
use super::pooled::{Learning, Pooled, starts};
use crate::forecast::{ForecastError, ForecastFrames, Forecaster};

/// `linear` of all training animals, and of all but each.
pub struct LinearLeftOut {
    /// Of all: for animals that are no training animals.
    pub of_all: Box<dyn Forecaster>,
    /// For each training animal in its place; of a single one the same as of all.
    pub without: Vec<Box<dyn Forecaster>>,
}

impl LinearLeftOut {
    /// Fits; penalties are those that are best for all.
    ///
    /// # Errors
    /// Those of [`super::DirectForecast::Linear`].
    pub fn fit(frames: &ForecastFrames<'_>) -> Result<Self, ForecastError> {
        let (pooled, animals) = Pooled::fit(frames)?;
        let fitted = |pooled: Pooled| -> Box<dyn Forecaster> {
            Box::new(FittedLinear { pooled, parts: Parts::Linear(Adapting::No) })
        };
        let mut at = 0;
        let mut without = Vec::with_capacity(frames.animals.len());
        for animal in frames.animals {
            // What nothing was learnt from is in none of the moments.
            let is_learnt = !starts(animal, Learning::TrainAndValidation).is_empty();
            let others = match is_learnt && animals.len() > 1 {
                true => pooled.without(&animals, &(at..at + 1)).ok_or(ForecastError::NotFinite)?,
                false => pooled.clone(),
            };
            at += usize::from(is_learnt);
            without.push(fitted(others));
        }
        Ok(Self { of_all: fitted(pooled), without })
    }
}
