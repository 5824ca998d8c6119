//! A graph network whose graph is free: `gnn-free`. Every ordered pair of neurons has a weight of its own, the
//! logistic function of a number that is trained as any other parameter; one graph for all animals.
//!
//! The paper's encoder infers edges from states averaged over time, which hold no identity of a pair: on
//! systems with a known graph it is at chance by construction. Here nothing is inferred. Of standardised states
//! `x`, with the paper's block `g` without its batch norm,
//!
//! ```text
//! e_ij = g_e([x_i ‖ x_j])                     what j does to i
//! m_i  = Σ_{j ≠ i} w_ij e_ij                  eq. 12, of pairs instead of states
//! Δ_i  = W g_m([x_i ‖ m_i]) + b               in units of the SD of the increments
//! ```
//!
//! Messages are made of both ends, as in Kipf et al. (2018), since a force between two points is a function of both.
//! It is trained on single steps, whose increments are brought to one scale: a roll-out from raw states, as the
//! paper's networks are trained, leaves the graph at chance, for increments are a thousandth of the range. In
//! training each weight is a binary-concrete gate (Maddison et al. 2017): `σ((l_ij + logistic noise) / τ)`. The
//! forecast is Markovian: one that sees the increment before needs no edges.

mod network;
#[cfg(test)]
mod tests;
mod training;

use super::following::{FromRecent, Recent};
use super::{BaselineForecast, Following, ForecastError, ForecastFrames, Forecaster};
use crate::arrays::{DecoderArray, ForecasterSizes, RestoreError, all_named, check_shape, refused};
use crate::written::{GIVEN, Operation, Written};
use nervering_nn::snapshot::{SavedParameter, Snapshot};
use network::{FreeGraph, Scales};
use rand::Rng;

/// The graph network whose graph is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Free;

/// A fitted one.
struct FittedFree {
    network: FreeGraph,
    scales: Scales,
    sizes: ForecasterSizes,
}

const MEANS: &str = "means";
const SDS: &str = "sds";
const INCREMENTS: &str = "increments";

impl BaselineForecast for Free {
    fn name(&self) -> &'static str {
        "gnn-free"
    }

    fn fit(
        &self,
        frames: &ForecastFrames<'_>,
        rng: &mut dyn Rng,
    ) -> Result<Box<dyn Forecaster>, ForecastError> {
        let (network, scales) = training::fit(frames, rng)?;
        let ForecastFrames { n_neurons, n_features, .. } = *frames;
        Ok(Box::new(FittedFree {
            network,
            scales,
            sizes: ForecasterSizes { n_neurons, n_features },
        }))
    }

    fn restore(
        &self,
        arrays: &[DecoderArray],
        sizes: ForecasterSizes,
    ) -> Result<Box<dyn Forecaster>, RestoreError> {
        let ForecasterSizes { n_neurons, n_features } = sizes;
        let like = FreeGraph::zeros(n_neurons, n_features);
        let expected = Snapshot::of(&like).parameters().to_vec();
        let mut names = vec![MEANS, SDS, INCREMENTS];
        names.extend(expected.iter().map(|parameter| parameter.name.as_str()));
        let given = all_named(arrays, &names)?;
        let of_features = |at: usize| {
            check_shape(given[at], &[n_features])?;
            Ok(given[at].values.clone())
        };
        let scales =
            Scales { means: of_features(0)?, sds: of_features(1)?, increments: of_features(2)? };
        if let Some(sd) = scales.sds.iter().find(|sd| **sd <= 0.) {
            return Err(refused(SDS, sd, "positive numbers"));
        }
        let mut parameters = Vec::new();
        for (SavedParameter { name, shape, .. }, array) in expected.into_iter().zip(&given[3..]) {
            check_shape(array, &shape[1..])?;
            let values = array.values.iter().map(|&value| value as f32).collect();
            parameters.push(SavedParameter { name, shape, values });
        }
        let snapshot =
            Snapshot::for_module(parameters, &like).expect("names and shapes are its own");
        Ok(Box::new(FittedFree { network: snapshot.restore(like), scales, sizes }))
    }
}

impl Forecaster for FittedFree {
    fn chosen(&self) -> String {
        String::new()
    }

    fn begin(&self) -> Box<dyn Following + '_> {
        Box::new(Recent::new(self))
    }

    fn edges(&self) -> Option<Vec<f64>> {
        Some(self.network.edges())
    }

    fn written(&self) -> Written {
        let mut to = Written::default();
        let (means, sds) = (to.name(MEANS), to.name(SDS));
        let x = to.add(Operation::Standardise { means, sds }, &[GIVEN]);
        let scaled = self.network.write(&mut to, x);
        let increments = to.add(Operation::Parameter { name: to.name(INCREMENTS) }, &[]);
        let moved = to.add(Operation::Multiply, &[scaled, increments]);
        to.add(Operation::Add, &[GIVEN, moved]);
        to
    }

    fn arrays(&self) -> Vec<DecoderArray> {
        let Scales { means, sds, increments } = &self.scales;
        let of_features = [(MEANS, means), (SDS, sds), (INCREMENTS, increments)];
        let of_features = of_features
            .map(|(name, values)| DecoderArray::new(name, &[values.len()], values.clone()));
        let parameters = Snapshot::of(&self.network).parameters().to_vec();
        let of_network = parameters.into_iter().map(|parameter| {
            let values = parameter.values.iter().map(|&value| f64::from(value)).collect();
            DecoderArray::new(&parameter.name, &parameter.shape[1..], values)
        });
        of_features.into_iter().chain(of_network).collect()
    }
}

impl FromRecent for FittedFree {
    fn roll_out(&self, recent: &[f32], n_steps: usize) -> Vec<f64> {
        let mut x: Vec<f64> = recent.iter().map(|&value| f64::from(value)).collect();
        let mut steps = Vec::with_capacity(n_steps * x.len());
        for _ in 0..n_steps {
            let scaled = self.network.increments(&self.scales.standardised(&x), self.sizes);
            for (at, (value, said)) in x.iter_mut().zip(scaled).enumerate() {
                *value += f64::from(said) * self.scales.increments[at % self.sizes.n_features];
            }
            steps.extend_from_slice(&x);
        }
        steps
    }
}
