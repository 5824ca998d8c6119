//! A forecaster beside an experiment that is under way: [`LiveForecasts`] takes in frames as they are
//! recorded and says at any time how the traces go on, as [`ForecastingModel::forecast`] does of the whole
//! recording afterwards: to the bit, but for the rounding of networks, which forecast from many frames at
//! once there.

use super::network::Starts;
use super::residual::increments_from;
use super::{AnyForecaster, ForecastingModel, HeldForecaster, RollOutFrom};
use crate::error::ModelError;
use crate::scaling::Scaling;
use nervering_models::forecast::Following;
use nervering_prepare::{Interval, N_FEATURES, backward_differences};
use std::collections::VecDeque;

/// A forecaster that follows an animal from its first frame on.
pub struct LiveForecasts<'a> {
    model: &'a ForecastingModel,
    /// Of every neuron's trace and derivative, `[neuron, feature]`.
    ranges: &'a [(f64, f64)],
    follower: Follower<'a>,
    n_frames: usize,
    /// Time and traces of the present frame.
    present: Option<(f64, Vec<f64>)>,
}

enum Follower<'a> {
    Baseline(Box<dyn Following + 'a>),
    Network {
        network: &'a dyn HeldForecaster,
        /// The last frames, as many as it looks at.
        recent: VecDeque<Vec<f32>>,
        /// What it corrects, where that is not persistence.
        corrected: Option<Box<dyn Following + 'a>>,
    },
}

impl ForecastingModel {
    /// Begins to follow an animal.
    ///
    /// # Errors
    /// [`ModelError::NotLive`] for a model whose features rest on frames to come, or on a range that
    /// changes as they do.
    pub fn live(&self) -> Result<LiveForecasts<'_>, ModelError> {
        let ranges = match &self.scaling {
            Scaling::Training(ranges)
                if !self.looks_ahead() && self.interval == Interval::ZeroToOne =>
            {
                ranges.values()
            }
            _ => return Err(ModelError::NotLive { model: self.model }),
        };
        let follower = match &self.fitted.0 {
            AnyForecaster::Baseline { fitted, .. } => Follower::Baseline(fitted.begin()),
            AnyForecaster::Network { network, corrected, .. } => Follower::Network {
                network: network.as_ref(),
                recent: VecDeque::new(),
                corrected: corrected.as_ref().map(|corrected| corrected.begin()),
            },
        };
        Ok(LiveForecasts { model: self, ranges, follower, n_frames: 0, present: None })
    }
}

impl LiveForecasts<'_> {
    /// Takes in the next frame: its time in seconds, and the traces of [`ForecastingModel::neurons`] in
    /// their order, in ΔF/F.
    ///
    /// # Errors
    /// [`ModelError::LiveFrame`] for another number of traces, one that is not finite, or a time that is not
    /// after the one before it; the frame is then not taken in.
    pub fn push(&mut self, seconds: f64, traces: &[f64]) -> Result<(), ModelError> {
        let refused = |found: String, expected: String| {
            Err(ModelError::LiveFrame { frame: self.n_frames, found, expected })
        };
        if traces.len() != self.model.neurons.len() {
            let expected = format!("{}, one per neuron of the model", self.model.neurons.len());
            return refused(format!("{} traces", traces.len()), expected);
        }
        if let Some(trace) = traces.iter().find(|trace| !trace.is_finite()) {
            return refused(format!("a trace of {trace}"), "finite ones".to_owned());
        }
        let follows = self.present.as_ref().is_none_or(|(before, _)| seconds > *before);
        if !seconds.is_finite() || !follows {
            let expected = "one after that of the frame before it".to_owned();
            return refused(format!("a time of {seconds} s"), expected);
        }
        let mut frame = Vec::with_capacity(traces.len() * N_FEATURES);
        for (neuron, &trace) in traces.iter().enumerate() {
            let derivative = match &self.present {
                None => 0.,
                Some((before, traces)) => {
                    backward_differences(&[*before, seconds], &[traces[neuron], trace])[1]
                }
            };
            for (feature, value) in [trace, derivative].into_iter().enumerate() {
                let (low, high) = self.ranges[neuron * N_FEATURES + feature];
                frame.push(((value - low) / (high - low)) as f32);
            }
        }
        match &mut self.follower {
            Follower::Baseline(following) => following.push(&frame),
            Follower::Network { network, recent, corrected } => {
                if let Some(following) = corrected {
                    following.push(&frame);
                }
                if recent.len() == network.burn_in() {
                    recent.pop_front();
                }
                recent.push_back(frame);
            }
        }
        self.n_frames += 1;
        self.present = Some((seconds, traces.to_vec()));
        Ok(())
    }

    /// The frames after the present one, row-major `[step, neuron, feature]` in the units of the traces, and
    /// per second of the derivatives. Nothing before there are as many frames as the model needs.
    ///
    /// # Errors
    /// [`ModelError::Steps`] for further ahead than the model says.
    pub fn forecast(&self, n_steps: usize) -> Result<Option<Vec<f64>>, ModelError> {
        let most = ForecastingModel::MOST_STEPS;
        if n_steps == 0 || n_steps > most {
            return Err(ModelError::Steps { found: n_steps, most });
        }
        if self.n_frames < self.model.n_history() {
            return Ok(None);
        }
        let normalised = match &self.follower {
            Follower::Baseline(following) => following.forecast(n_steps),
            Follower::Network { network, recent, corrected } => {
                let features: Vec<f32> = recent.iter().flatten().copied().collect();
                let last = recent.len() - 1;
                let drift = corrected
                    .as_ref()
                    .map(|following| increments_from(&recent[last], &following.forecast(n_steps)));
                let starts = Starts { frames: &[last], n_steps, drift: drift.as_deref() };
                let said = network.forecast(&features, &starts, RollOutFrom::Training);
                said.into_iter().map(f64::from).collect()
            }
        };
        let in_units = |(at, value): (usize, f64)| {
            let (low, high) = self.ranges[at % self.ranges.len()];
            low + value * (high - low)
        };
        Ok(Some(normalised.into_iter().enumerate().map(in_units).collect()))
    }
}
