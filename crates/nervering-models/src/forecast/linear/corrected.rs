//! The forecast of `linear-analog`, corrected by what a network says of each neuron under the whole
//! population: `population`. The networks learn what was missed in training animals by forecasts that did
//! not know them, on the very walks that analogs are made of.

use super::analog::{Analogs, WithAnalogs};
use super::heads::HEADS;
use super::pooled::Pooled;
use super::walk::{OF_STATE, Walk};
use crate::forecast::Following;
use crate::forecast::population::{Missed, Population, Sizes};

/// What networks of these animals are made for.
pub(super) fn sizes(pooled: &Pooled) -> Sizes {
    Sizes { n_neurons: pooled.n_neurons(), n_features: pooled.n_features }
}

/// What is left for networks to say, walk by walk.
pub(super) fn missed(pooled: &Pooled, walks: &[Walk], analogs: &Analogs) -> Vec<Missed> {
    let n_missed = pooled.moments.squares.len();
    let of_neuron = pooled.n_features * HEADS;
    let sizes = [pooled.n_neurons() * OF_STATE.len(), n_missed];
    let of_walk = |(at, walk): (usize, &Walk)| {
        let mut squares = vec![0.; of_neuron];
        for (k, target) in walk.targets.iter().enumerate() {
            squares[k % of_neuron] += f64::from(*target).powi(2);
        }
        let count = (walk.targets.len() / of_neuron) as f64;
        squares.iter_mut().for_each(|square| *square /= count);
        Missed {
            windows: walk.windows.clone(),
            present: walk.has_moved.clone(),
            missed: analogs.remaining(walks, at, sizes),
            squares,
        }
    };
    walks.iter().enumerate().map(of_walk).collect()
}

/// An animal that is followed with analogs and networks.
pub(super) struct WithPopulation<'a> {
    uncorrected: WithAnalogs<'a>,
    population: &'a Population,
}

impl<'a> WithPopulation<'a> {
    pub(super) fn new(
        pooled: &'a Pooled,
        analogs: &'a Analogs,
        population: &'a Population,
    ) -> Self {
        Self { uncorrected: WithAnalogs::new(pooled, analogs), population }
    }
}

impl Following for WithPopulation<'_> {
    fn push(&mut self, frame: &[f32]) {
        self.uncorrected.push(frame);
    }

    fn forecast(&self, n_steps: usize) -> Vec<f64> {
        let watched = self.uncorrected.watched();
        let seen = watched.present();
        let corrections = self.population.correction(&seen.windows(), &seen.has_moved);
        let mut said = self.uncorrected.said();
        said.iter_mut().zip(corrections).for_each(|(said, correction)| *said += correction);
        watched.frames(&said, n_steps)
    }
}
