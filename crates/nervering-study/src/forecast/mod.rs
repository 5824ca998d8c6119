//! Forecasting neurons: a grid of fits as in decoding, of models that say the next frames of every
//! neuron's trace and derivative.
//!
//! A [`StudyConfig<Forecast>`](crate::StudyConfig) is what was asked, in code ([`builtin`]) or in a file
//! ([`ForecastFile`]); from there to results it goes the way of every study. [`forecast_sections`] makes
//! the rows of tables, [`skill_sections`] measures from every frame on, [`fan_rows`] says how sure forecasts were, [`findings`] says in sentences which models beat
//! the linear baselines. A fit under way leaves checkpoints, so that a run that was killed goes on
//! where it stood, to the same bits as one that was not.
//!
//! What differs between protocols is what a number may know:
//!
//! | | `paper` | `authors-code` | `strict` |
//! |---|---|---|---|
//! | derivative | of the file, or central difference: both contain the next frame | the same | backward difference |
//! | range | each animal's own, whole recording, [0, 1] | the same, [−1, 1] | of the training frames, pooled |
//! | training and validation | shuffled windows of 8 frames, 8 and 1 of ten parts | the same, 70 % and 30 % | the past, a gap, what follows |
//! | batch norms and static edges | the evaluated forecasts together | the same | the training animals |
//! | training | 800 epochs, rate 1e-3 × 0.25 after 50 epochs | 600, rates of the scripts × 0.1 | as `paper` |
//!
//! Under `strict` a forecast from a frame does not move when frames after it do.

mod aim;
pub mod builtin;
mod checkpoint;
mod file;
mod findings;
mod notes;
mod result;
mod rows;
mod scored;
mod skills;
mod sureness;
#[cfg(test)]
mod tests;

pub use aim::Forecast;
pub use file::{ForecastFile, ForecastVariantEntry};
pub use findings::findings;
pub use result::{ForecastEvaluation, ForecastFit};
pub use rows::{ErrorSpread, ForecastRow, ForecastSection, Versus, forecast_sections, versus};
pub use scored::Scored;
pub use skills::{Over, SkillRow, SkillSection, ThirdRow, skill_sections};
pub use sureness::{Covered, FanRow, fan_rows};
