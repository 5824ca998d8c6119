//! Training of the population's networks on what forecasts missed in animals that they did not know.
//!
//! [`N_NETWORKS`] networks, each stopped early on training animals that are left out for it: one in turn, or
//! as many parts of them as there are networks. Of a single animal other quarters are left out. AdamW over
//! batches of frames, its rate falling along a cosine; each network keeps the epoch of least error in what it
//! was not trained on, which may be that before the first. Nothing but training animals is looked at.

use super::Population;
use super::gradient::gradient;
use super::network::{Frames, OF_WINDOW, Parameters, Sizes, WIDTH};
use crate::forecast::HEADS;
use nervering_nn::plain::FlatAdam;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};
use std::ops::Range;

/// Networks of an ensemble.
pub(in crate::forecast) const N_NETWORKS: usize = 4;
/// Times that every frame is learnt from.
pub(in crate::forecast) const EPOCHS: usize = 12;
/// Frames of a gradient step.
const BATCH: usize = 256;
const RATE: f64 = 3e-3;
const WEIGHT_DECAY: f64 = 0.01;
/// SD of what is added to inputs, which are in units of a neuron's SD.
const INPUT_NOISE: f32 = 0.05;
/// Share of the population's units that a step does without.
const DROPPED: f32 = 0.3;

/// A training animal as it was followed by a forecast that did not know it.
#[derive(Debug, Clone)]
pub(in crate::forecast) struct Missed {
    /// `[frame, neuron, 8]`.
    pub(in crate::forecast) windows: Vec<f32>,
    /// `[frame, neuron]`.
    pub(in crate::forecast) present: Vec<bool>,
    /// What is to be said, `[frame, neuron, feature, head]`.
    pub(in crate::forecast) missed: Vec<f32>,
    /// Mean square of what the forecast was to say, `[feature, head]`: errors count relative to it, so that
    /// features, steps and animals count alike.
    pub(in crate::forecast) squares: Vec<f64>,
}

/// A frame of an animal.
type Place = (usize, usize);

impl Population {
    /// The ensemble for these animals, of which there is at least one with a frame.
    pub(in crate::forecast) fn fit(sizes: Sizes, animals: &[Missed], rng: &mut dyn Rng) -> Self {
        let (mut networks, mut epochs) = (Vec::new(), Vec::new());
        for member in 0..N_NETWORKS {
            let [train, stopping] = parts(sizes, animals, member);
            let (network, epoch) = trained(sizes, animals, train, &stopping, rng);
            networks.push(network);
            epochs.push(epoch);
        }
        Self { networks, epochs }
    }
}

/// What a member of the ensemble learns from, and what it is stopped on.
fn parts(sizes: Sizes, animals: &[Missed], member: usize) -> [Vec<Place>; 2] {
    let n_frames = |animal: &Missed| animal.present.len() / sizes.n_neurons;
    let part = |n: usize, n_parts: usize| -> Range<usize> {
        let k = member % n_parts;
        k * n / n_parts..(k + 1) * n / n_parts
    };
    if let [only] = animals {
        let n = n_frames(only);
        let out = part(n, N_NETWORKS);
        // What is learnt to be said of a frame reaches as far as this.
        let apart = |frame: usize| frame + HEADS < out.start || frame >= out.end + HEADS;
        let of = |frames: &dyn Fn(usize) -> bool| {
            (0..n).filter(|frame| frames(*frame)).map(|frame| (0, frame)).collect()
        };
        return [of(&apart), of(&|frame| out.contains(&frame))];
    }
    let out = part(animals.len(), N_NETWORKS.min(animals.len()));
    let of = |is_out: bool| {
        let chosen = (0..animals.len()).filter(|animal| out.contains(animal) == is_out);
        chosen.flat_map(|k| (0..n_frames(&animals[k])).map(move |frame| (k, frame))).collect()
    };
    [of(false), of(true)]
}

/// The network of the best epoch, and that epoch, from 1; 0 for one that corrects nothing.
fn trained(
    sizes: Sizes,
    animals: &[Missed],
    mut train: Vec<Place>,
    stopping: &[Place],
    rng: &mut dyn Rng,
) -> (Parameters, usize) {
    let mut network = Parameters::drawn(sizes, rng);
    let mut adam = FlatAdam::new(network.values.len(), WEIGHT_DECAY);
    let mut best = (error(&network, animals, stopping), network.clone(), 0);
    // An animal counts as much as another, however long.
    let mut counts = vec![0usize; animals.len()];
    train.iter().for_each(|(animal, _)| counts[*animal] += 1);
    let mean_count = train.len() as f64 / counts.iter().filter(|count| **count > 0).count() as f64;
    let weights: Vec<Vec<f32>> = animals
        .iter()
        .zip(&counts)
        .map(|(animal, &count)| {
            let of_animal = mean_count / count.max(1) as f64;
            let weight = |square: &f64| if *square > 0. { (of_animal / square) as f32 } else { 0. };
            animal.squares.iter().map(weight).collect()
        })
        .collect();
    let n_steps = EPOCHS * train.len().div_ceil(BATCH);
    let mut step = 0;
    for epoch in 1..=EPOCHS {
        train.shuffle(rng);
        for places in train.chunks(BATCH) {
            let rate =
                RATE * (1. + (std::f64::consts::PI * step as f64 / n_steps as f64).cos()) / 2.;
            let gradient = of_batch(&network, animals, places, &weights, rng);
            adam.step(&mut network.values, &gradient, rate);
            step += 1;
        }
        let found = error(&network, animals, stopping);
        if found < best.0 {
            best = (found, network.clone(), epoch);
        }
    }
    (best.1, best.2)
}

/// The gradient of the weighted mean squared error over a batch, with noise on the inputs and with dropout.
fn of_batch(
    network: &Parameters,
    animals: &[Missed],
    places: &[Place],
    weights: &[Vec<f32>],
    rng: &mut dyn Rng,
) -> Vec<f32> {
    let mut batch = gathered(network.sizes, animals, places);
    for value in &mut batch.windows {
        let noise: f32 = StandardNormal.sample(rng);
        *value += INPUT_NOISE * noise;
    }
    let scale = 1. / (1. - DROPPED);
    let kept: Vec<f32> = (0..places.len() * WIDTH)
        .map(|_| if rng.random::<f32>() < DROPPED { 0. } else { scale })
        .collect();
    let passed = network.passed(batch.frames(), Some(&kept));
    let (n_outputs, of_neuron) = (network.sizes.n_outputs(), network.sizes.of_neuron());
    let mean = 2. / (places.len() * n_outputs) as f32;
    let mut by_said = Vec::with_capacity(passed.said.len());
    let of_frames = passed.said.chunks_exact(n_outputs).zip(batch.missed.chunks_exact(n_outputs));
    for (frame, ((said, missed), (animal, _))) in of_frames.zip(places).enumerate() {
        let present = &batch.present[frame * network.sizes.n_neurons..];
        let neurons = said.chunks_exact(of_neuron).zip(missed.chunks_exact(of_neuron));
        for ((said, missed), is_present) in neurons.zip(present) {
            let of_output = |((said, missed), weight): ((&f32, &f32), &f32)| match is_present {
                true => mean * weight * (said - missed),
                false => 0.,
            };
            by_said.extend(said.iter().zip(missed).zip(&weights[*animal]).map(of_output));
        }
    }
    gradient(network, &passed, &by_said)
}

/// Squared error in traces relative to what was to be said, mean over animals, neurons and steps ahead.
fn error(network: &Parameters, animals: &[Missed], places: &[Place]) -> f64 {
    let Sizes { n_neurons, .. } = network.sizes;
    let of_neuron = network.sizes.of_neuron();
    let mut sums = vec![(0f64, 0usize); animals.len()];
    for places in places.chunks(BATCH) {
        let batch = gathered(network.sizes, animals, places);
        let said = network.said(batch.frames());
        let neurons = said.chunks_exact(of_neuron).zip(batch.missed.chunks_exact(of_neuron));
        for (at, (said, missed)) in neurons.enumerate() {
            let animal = places[at / n_neurons].0;
            if !batch.present[at] {
                continue;
            }
            let relative = (0..HEADS).map(|head| match animals[animal].squares[head] {
                square if square > 0. => f64::from(missed[head] - said[head]).powi(2) / square,
                _ => 0.,
            });
            sums[animal].0 += relative.sum::<f64>();
            sums[animal].1 += 1;
        }
    }
    let found = sums.iter().filter(|(_, count)| *count > 0);
    found.map(|(sum, count)| sum / *count as f64).sum()
}

/// Some frames side by side.
struct Batch {
    windows: Vec<f32>,
    present: Vec<bool>,
    missed: Vec<f32>,
}

impl Batch {
    fn frames(&self) -> Frames<'_> {
        Frames { windows: &self.windows, present: &self.present }
    }
}

fn gathered(sizes: Sizes, animals: &[Missed], places: &[Place]) -> Batch {
    let (n, n_outputs) = (sizes.n_neurons, sizes.n_outputs());
    let mut batch = Batch { windows: Vec::new(), present: Vec::new(), missed: Vec::new() };
    for &(animal, frame) in places {
        let Missed { windows, present, missed, .. } = &animals[animal];
        batch.windows.extend_from_slice(&windows[frame * n * OF_WINDOW..][..n * OF_WINDOW]);
        batch.present.extend_from_slice(&present[frame * n..][..n]);
        batch.missed.extend_from_slice(&missed[frame * n_outputs..][..n_outputs]);
    }
    batch
}
