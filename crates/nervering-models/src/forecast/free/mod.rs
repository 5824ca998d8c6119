//! A graph network whose graph is free: `gnn-free`. Every ordered pair of neurons has a weight of its own, the
//! logistic function of a number that is trained as any other parameter; one graph for all animals.
//!
//! The paper's encoder infers edges from states averaged over time, which hold no identity of a pair: on
//! systems with a known graph it is at chance by construction. Here nothing is inferred. What goes along the graph
//! is in [`super::markov`]; in training each weight is a binary-concrete gate.

mod network;
#[cfg(test)]
mod tests;
mod training;

use super::following::{FromRecent, Recent};
use super::markov::{AT_ONCE, FittedGraph};
use super::{BaselineForecast, Following, ForecastError, ForecastFrames, Forecaster};
use crate::arrays::{DecoderArray, ForecasterSizes, RestoreError};
use crate::written::Written;
use network::FreeGraph;
use rand::Rng;

/// The graph network whose graph is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Free;

type FittedFree = FittedGraph<FreeGraph>;

impl BaselineForecast for Free {
    fn name(&self) -> &'static str {
        "gnn-free"
    }

    fn fit(
        &self,
        frames: &ForecastFrames<'_>,
        rng: &mut dyn Rng,
    ) -> Result<Box<dyn Forecaster>, ForecastError> {
        Ok(Box::new(FittedGraph::new(frames, training::fit(frames, rng)?)))
    }

    fn restore(
        &self,
        given: &[DecoderArray],
        sizes: ForecasterSizes,
    ) -> Result<Box<dyn Forecaster>, RestoreError> {
        Ok(Box::new(FittedGraph::restored(FreeGraph::zeros(sizes), given, sizes)?))
    }
}

impl Forecaster for FittedFree {
    fn begin(&self) -> Box<dyn Following + '_> {
        Box::new(Recent::new(self))
    }

    fn at_once(&self, features: &[f32], starts: &[usize], n_steps: usize) -> Option<Vec<f64>> {
        let n = self.sizes.n_columns();
        let some = |starts: &[usize]| {
            let frames: Vec<f32> = starts
                .iter()
                .flat_map(|start| &features[start * n..(start + 1) * n])
                .copied()
                .collect();
            self.network.roll_out(&frames, &self.scales, self.sizes, n_steps)
        };
        Some(starts.chunks(AT_ONCE).flat_map(some).collect())
    }

    fn edges(&self, _: &[f32]) -> Option<Vec<f64>> {
        Some(self.network.edges())
    }

    fn written(&self) -> Written {
        let mut to = Written::default();
        self.network.write(&mut to);
        to
    }

    fn arrays(&self) -> Vec<DecoderArray> {
        FittedGraph::arrays(self)
    }
}

impl FromRecent for FittedFree {
    fn roll_out(&self, recent: &[f32], n_steps: usize) -> Vec<f64> {
        self.network.roll_out(recent, &self.scales, self.sizes, n_steps)
    }
}
