//! Training on crops: at each step a stretch of each animal, as if it had been recorded a little
//! differently. For networks that look at frames in order; every animal weighs the same whatever its
//! length, and nothing is chosen by validation frames: the weights at the end, averaged over the last
//! steps, are kept.

use crate::fit::{EpochLosses, Fitted, ReplicaReport};
use crate::noise::Noise;
use burn::tensor::{Device, Tensor, TensorData};
use nervering_models::DecodingNetwork;
use nervering_models::any::Shown;
use nervering_nn::adam::Adam;
use nervering_nn::ops::{Engine, Frames, Runs, Shares};
use nervering_nn::pass::Pass;
use nervering_nn::snapshot::Snapshot;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};

/// One animal as a replica sees it: consecutive frames.
#[derive(Debug, Clone, Copy)]
pub struct Stretch<'a> {
    /// `[frame, neuron, channel]`.
    pub features: &'a [f32],
    /// Class of each frame; `None` where unknown, or where it may not be learnt.
    pub labels: &'a [Option<u8>],
}

/// What a cohort learns from: by replica, its animals.
#[derive(Debug, Clone)]
pub struct CropCohort<'a> {
    /// At least one replica, and of each at least one animal with a frame.
    pub replicas: Vec<Vec<Stretch<'a>>>,
    /// Neurons of a frame.
    pub n_neurons: usize,
    /// Numbers of a neuron: levels, then one slope; before them, where neurons may be absent, whether it
    /// is there.
    pub n_channels: usize,
    /// Whether animals may lack neurons.
    pub shown: Shown,
    /// States told apart.
    pub n_classes: usize,
}

/// How a cohort is trained on crops.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CropConfig {
    /// Gradient steps, each on one crop of every animal.
    pub steps: usize,
    /// Frames of a crop.
    pub crop: usize,
    /// Largest learning rate: it rises to it over the first three tenths of the steps and falls to
    /// nothing after, each along a cosine (Smith & Topin 2018).
    pub learning_rate: f64,
    /// Decay of the weights, decoupled from the gradient (AdamW, Loshchilov & Hutter 2019).
    pub weight_decay: f64,
    /// Largest norm of a replica's gradient.
    pub largest_gradient: f64,
    /// Share of the target that is spread over all classes.
    pub label_smoothing: f64,
    /// Frames of a class weigh as its frequency to this power.
    pub class_power: f64,
    /// Share of the average of the weights that is kept from step to step.
    pub averaging: f64,
    /// How crops differ from what was recorded.
    pub augmentation: Augmentation,
    /// Fused or composed.
    pub engine: Engine,
}

/// How crops differ from what was recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Augmentation {
    /// Time runs faster or slower by up to this share.
    pub stretch: f64,
    /// Each neuron's signals are larger or smaller by up to this share.
    pub gain: f64,
    /// Each neuron's levels are moved by up to so much.
    pub offset: f64,
    /// Standard deviation of noise on every number.
    pub noise: f64,
    /// Neurons are silenced with a probability that is drawn for each crop, up to this.
    pub dropped: f64,
    /// Share of the crops that show but a few of the neurons that an animal has, where it may lack some:
    /// from one to all, small numbers as likely as large ones on a logarithmic scale.
    pub few: f64,
}

impl CropConfig {
    /// Chosen by leaving worms out of those trained on: more steps at a higher rate (600 at 0.006 for 300 at 0.004),
    /// neurons silenced more often (up to half for a fifth) and time stretched less (a tenth for a fifth) than was
    /// tried first, and classes weighted by −0.8 for −0.5. Twice the units, twice the ensemble, dropout of a half and
    /// levels and gains that vary more gained nothing besides.
    pub fn new(engine: Engine) -> Self {
        Self {
            steps: 600,
            crop: 384,
            learning_rate: 6e-3,
            weight_decay: 1e-2,
            largest_gradient: 1.,
            label_smoothing: 0.05,
            class_power: -0.8,
            averaging: 0.98,
            augmentation: Augmentation {
                stretch: 0.1,
                gain: 0.2,
                offset: 0.15,
                noise: 0.05,
                dropped: 0.5,
                few: 0.5,
            },
            engine,
        }
    }

    /// Of networks that are shown whichever neurons there are: twice the steps, since each crop shows other neurons. Chosen
    /// in the same way; more steps gained nothing for networks of the same neurons of every animal.
    pub fn of_any_neurons(engine: Engine) -> Self {
        Self { steps: 1_200, ..Self::new(engine) }
    }

    /// The rate of a step, from 0.
    fn rate(&self, step: usize) -> f64 {
        const RISES: f64 = 0.3;
        const FIRST: f64 = 1. / 25.;
        const LAST: f64 = 1. / 25e4;
        let at = (step as f64 + 0.5) / self.steps as f64;
        let (from, to, share) = match at < RISES {
            true => (FIRST, 1., at / RISES),
            false => (1., LAST, (at - RISES) / (1. - RISES)),
        };
        let cosine = (1. + (std::f64::consts::PI * share).cos()) / 2.;
        self.learning_rate * (to + (from - to) * cosine)
    }
}

/// Trains a cohort; each replica draws from its own generator. `on_step` hears of every step and may
/// stop the training by returning false; the result is then `None`.
///
/// # Panics
/// When replicas, generators and the network do not fit each other.
pub fn fit_crops<N: DecodingNetwork, R: Rng>(
    network: N,
    cohort: &CropCohort<'_>,
    config: &CropConfig,
    rngs: &mut [R],
    device: &Device,
    mut on_step: impl FnMut() -> bool,
) -> Option<Fitted<N>> {
    let n_replicas = cohort.replicas.len();
    assert_eq!(rngs.len(), n_replicas, "one generator per replica");
    let weights: Vec<Vec<f32>> =
        cohort.replicas.iter().map(|r| cohort.weights(r, config)).collect();
    let mut network = network;
    let mut adam = Adam::decoupled(config.weight_decay, config.largest_gradient);
    let mut average = Snapshot::of(&network);
    let mut curves = vec![Vec::with_capacity(config.steps); n_replicas];
    let mut diverged = vec![false; n_replicas];
    for step in 0..config.steps {
        let crops = Crops::draw(cohort, config, &weights, rngs);
        let rate = config.rate(step);
        let (pass, x, shares) = crops.batch(cohort, config.engine, device);
        let losses = network.cross_entropy(&pass, x, &shares);
        let values = losses.clone().inner().into_data().convert::<f64>();
        let values: Vec<f64> = values.try_to_vec().expect("converted to float64");
        network = adam.step(network, losses.sum().backward(), &vec![rate; n_replicas]);
        average.approach(&network, config.averaging);
        for (r, training) in values.into_iter().enumerate() {
            diverged[r] |= !training.is_finite();
            let validation = f64::NAN;
            curves[r].push(EpochLosses { training, validation, learning_rate: rate });
        }
        if !on_step() {
            return None;
        }
    }
    let reports = curves.into_iter().zip(diverged).map(|(curve, diverged)| ReplicaReport {
        best_epoch: config.steps,
        best_validation_loss: f64::NAN,
        final_learning_rate: config.rate(config.steps.saturating_sub(1)),
        diverged,
        curve,
    });
    let reports = reports.collect();
    Some(Fitted { network: average.restore(network.valid()), reports })
}

impl CropCohort<'_> {
    /// What a frame of each class weighs in a replica, so that a frame weighs 1 on average; 0 for a
    /// class without a frame.
    fn weights(&self, animals: &[Stretch<'_>], config: &CropConfig) -> Vec<f32> {
        let mut counts = vec![0f64; self.n_classes];
        let labels = animals.iter().flat_map(|animal| animal.labels.iter().flatten());
        labels.for_each(|&class| counts[usize::from(class)] += 1.);
        let weight = |count: f64| if count > 0. { count.powf(config.class_power) } else { 0. };
        let total: f64 = counts.iter().sum();
        let sum: f64 = counts.iter().map(|&count| count * weight(count)).sum();
        counts
            .iter()
            .map(|&count| (weight(count) * total / sum.max(f64::MIN_POSITIVE)) as f32)
            .collect()
    }
}

/// One step's crops of all replicas.
struct Crops {
    /// `[frame, neuron, channel]` of each replica, one crop after the other.
    features: Vec<Vec<f32>>,
    /// `[frame, class]`: what each class counts in the loss.
    shares: Vec<Vec<f32>>,
    /// Lengths of the crops of each replica.
    runs: Vec<Vec<usize>>,
    /// Of each replica, of what is left out of the network.
    seeds: Vec<u32>,
}

impl Crops {
    fn draw<R: Rng>(
        cohort: &CropCohort<'_>,
        config: &CropConfig,
        weights: &[Vec<f32>],
        rngs: &mut [R],
    ) -> Self {
        let mut crops = Self { features: vec![], shares: vec![], runs: vec![], seeds: vec![] };
        for ((animals, weights), rng) in cohort.replicas.iter().zip(weights).zip(rngs) {
            let n_frames: usize = animals.iter().map(|a| config.crop.min(a.labels.len())).sum();
            let room = |width: usize| Vec::with_capacity(n_frames * width);
            let mut features = room(cohort.n_neurons * cohort.n_channels);
            let (mut shares, mut runs) = (room(cohort.n_classes), Vec::new());
            crops.seeds.push(rng.random());
            for animal in animals {
                let crop = Crop::draw(animal, config, rng);
                crop.features(cohort, animal, config, rng, &mut features);
                crop.shares(cohort, animal, config, weights, &mut shares);
                runs.push(crop.len);
            }
            let sum: f32 = shares.iter().sum();
            if sum > 0. {
                shares.iter_mut().for_each(|share| *share /= sum);
            }
            crops.features.push(features);
            crops.shares.push(shares);
            crops.runs.push(runs);
        }
        crops
    }

    /// How the network is run, its frames `[replica, frame, neuron, channel]`, and what their classes count.
    fn batch(
        self,
        cohort: &CropCohort<'_>,
        engine: Engine,
        device: &Device,
    ) -> (Pass, Tensor<4>, Shares) {
        let n_replicas = self.runs.len();
        let lengths: Vec<usize> = self.runs.iter().map(|runs| runs.iter().sum()).collect();
        let frames = Frames::new(lengths);
        let n_frames = frames.padded();
        let padded = |parts: Vec<Vec<f32>>, width: usize| -> Vec<f32> {
            let mut values = Vec::with_capacity(n_replicas * n_frames * width);
            for (r, part) in parts.into_iter().enumerate() {
                values.extend(part);
                values.resize((r + 1) * n_frames * width, 0.);
            }
            values
        };
        let CropCohort { n_neurons, n_channels, n_classes, .. } = *cohort;
        let x = padded(self.features, n_neurons * n_channels);
        let x = TensorData::new(x, [n_replicas, n_frames, n_neurons, n_channels]);
        let values = padded(self.shares, n_classes).into();
        let shares = Shares { values, frames: frames.clone() };
        let pass = Pass::with_batch_statistics(engine, frames)
            .with_runs(Runs::new(self.runs))
            .with_dropout(self.seeds);
        (pass, Tensor::from_data(x, device), shares)
    }
}

/// Which neurons of an animal a crop shows, at least one of those that are there.
fn few_of<R: Rng>(
    animal: &Stretch<'_>,
    n_neurons: usize,
    n_channels: usize,
    few: f64,
    rng: &mut R,
) -> Vec<bool> {
    let is_there = |&neuron: &usize| animal.features[neuron * n_channels] > 0.;
    let mut there: Vec<usize> = (0..n_neurons).filter(is_there).collect();
    if rng.random_range(0.0..1.0) < few {
        let n = (there.len() as f64).powf(rng.random_range(0.0..=1.0)).round() as usize;
        there.shuffle(rng);
        there.truncate(n.max(1));
    }
    let mut kept = vec![false; n_neurons];
    there.into_iter().for_each(|neuron| kept[neuron] = true);
    kept
}

/// A piece of a stretch, in which time runs at a speed of its own.
struct Crop {
    start: f64,
    /// Frames of the recording in one of the crop.
    speed: f64,
    len: usize,
}

impl Crop {
    fn draw<R: Rng>(animal: &Stretch<'_>, config: &CropConfig, rng: &mut R) -> Self {
        let share = config.augmentation.stretch;
        let speed = 1. + rng.random_range(-1.0..=1.0) * share;
        let last = (animal.labels.len() - 1) as f64;
        let len = config.crop.min((last / speed) as usize + 1);
        let room = (last - (len - 1) as f64 * speed).max(0.);
        Self { start: rng.random_range(0.0..=1.0) * room, speed, len }
    }

    /// Frames of the stretch on either side of each frame, and the share of the second.
    fn places(&self, n_frames: usize) -> impl Iterator<Item = ([usize; 2], f32)> {
        let (start, speed) = (self.start, self.speed);
        (0..self.len).map(move |frame| {
            let at = (start + frame as f64 * speed).min((n_frames - 1) as f64);
            let before = at as usize;
            ([before, (before + 1).min(n_frames - 1)], at.fract() as f32)
        })
    }

    fn features<R: Rng>(
        &self,
        cohort: &CropCohort<'_>,
        animal: &Stretch<'_>,
        config: &CropConfig,
        rng: &mut R,
        to: &mut Vec<f32>,
    ) {
        let Augmentation { gain, offset, noise, dropped, few, .. } = config.augmentation;
        let CropCohort { n_neurons, n_channels, shown, .. } = *cohort;
        let kept = match shown {
            Shown::All => vec![true; n_neurons],
            Shown::Present => few_of(animal, n_neurons, n_channels, few, rng),
        };
        let dropped = rng.random_range(0.0..=1.0) * dropped;
        // By number of a frame: what it is multiplied by, and what is added.
        let mut maps = Vec::with_capacity(n_neurons * n_channels);
        for kept in kept {
            let silent = rng.random_range(0.0..1.0) < dropped || !kept;
            let gain = 1. + gain * rng.random_range(-1.0..=1.0);
            let offset = offset * rng.random_range(-1.0..=1.0);
            for channel in 0..n_channels {
                let is_presence = shown == Shown::Present && channel == 0;
                let is_slope = channel + 1 == n_channels;
                let map = match (silent, is_presence, is_slope) {
                    (true, ..) => (0., 0., 0.),
                    (false, true, _) => (1., 0., 0.),
                    // Where time runs faster, slopes are steeper.
                    (false, false, true) => (gain * self.speed, 0., noise),
                    (false, false, false) => (gain, offset, noise),
                };
                maps.push((map.0 as f32, map.1 as f32, map.2 as f32));
            }
        }
        let mut noise = Noise::new(rng.random());
        let width = maps.len();
        let mut of_frame = vec![0f32; width];
        for ([before, after], share) in self.places(animal.labels.len()) {
            noise.fill(&mut of_frame);
            let row = |frame: usize| &animal.features[frame * width..(frame + 1) * width];
            let rows = row(before).iter().zip(row(after)).zip(&maps).zip(&of_frame);
            to.extend(rows.map(|(((a, b), (gain, offset, deviation)), noise)| {
                gain * (a + share * (b - a)) + offset + deviation * noise
            }));
        }
    }

    fn shares(
        &self,
        cohort: &CropCohort<'_>,
        animal: &Stretch<'_>,
        config: &CropConfig,
        weights: &[f32],
        to: &mut Vec<f32>,
    ) {
        let n_classes = cohort.n_classes;
        let spread = config.label_smoothing as f32;
        for ([before, after], share) in self.places(animal.labels.len()) {
            let begin = to.len();
            to.resize(begin + n_classes, 0.);
            if let Some(class) = animal.labels[if share < 0.5 { before } else { after }] {
                let class = usize::from(class);
                to[begin..].fill(weights[class] * spread / n_classes as f32);
                to[begin + class] += weights[class] * (1. - spread);
            }
        }
    }
}
