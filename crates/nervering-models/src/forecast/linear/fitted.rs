//! Which forecasters say every step ahead at once, and what a fitted one is made of.

use super::adapted::Adapting;
use super::analog::Analogs;
use super::pooled::Pooled;
use crate::forecast::population::Population;

/// A forecaster that says every step ahead at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectForecast {
    /// The ridge regression of all training animals.
    Linear,
    /// The same, refitted on the animal's own past.
    LinearAdapted,
    /// How traces went on after the states that were most like the present one.
    Analog,
    /// The adapted regression, and what it missed after such states.
    LinearAnalog,
    /// The same, and what networks have learnt of what that missed.
    Population,
}

/// A fitted one.
pub(super) struct FittedLinear {
    pub(super) pooled: Pooled,
    pub(super) parts: Parts,
}

/// What there is besides the pooled regression.
pub(super) enum Parts {
    Linear(Adapting),
    Analogs(Analogs),
    Population(Analogs, Population),
}
