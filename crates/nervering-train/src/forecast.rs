//! Training of a network that forecasts, through its roll-out.
//!
//! [`Sequences`] are the starts and targets of one animal; [`ForecasterTraining`], or in one go
//! [`fit_forecaster`], trains on one animal per step, as the text says (Adam, a [`Loss`] over 8
//! steps, the epoch of least validation loss kept), with [`ScheduledSampling`]; [`forecast`] rolls a fitted network out. A fit is one
//! replica. It stops as soon as an error is not finite, within the step in which that happens, and
//! says so in its [`ForecastReport`]; the best epoch before is kept.

mod checkpoint;
mod training;

pub use checkpoint::{CheckpointError, ForecastCheckpoint};
pub use training::{ForecasterTraining, Stepped};

use crate::plateau::Plateau;
use crate::statistics::{NamedArray, StatisticsError, arrays_of, entries_of};
use burn::tensor::{Device, Tensor, TensorData};
use nervering_models::forecast::drifted;
use nervering_models::{ForecastingNetwork, Loss};
use nervering_nn::ops::{Engine, Frames};
use nervering_nn::pass::{OverFrames, Pass};
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// Starts of one animal, what comes before and what follows each.
#[derive(Debug, Clone)]
pub struct Sequences {
    /// The frames up to each start, it included, `[1, sequence, frame, neuron, feature]`.
    pub history: Tensor<5>,
    /// The frames after it, `[1, sequence, step, neuron, feature]`.
    pub targets: Tensor<5>,
    /// Where another forecast is corrected, its increments over at least as many steps, of the same shape:
    /// see [`nervering_models::ResidualOf`].
    pub drift: Option<Tensor<5>>,
}

/// Frames of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SequenceLength {
    /// Up to the start, it included: at least [`ForecastingNetwork::burn_in`].
    pub burn_in: usize,
    /// After it.
    pub n_steps: usize,
}

impl Sequences {
    /// Takes them out of `features`, row-major `[frame, neuron, feature]`.
    ///
    /// # Panics
    /// Without a start, or when frames are asked for that the features do not have.
    pub fn new(
        features: &[f32],
        [n_neurons, n_features]: [usize; 2],
        starts: &[usize],
        SequenceLength { burn_in, n_steps }: SequenceLength,
        device: &Device,
    ) -> Self {
        assert!(!starts.is_empty(), "found no start, expected at least one");
        let row = n_neurons * n_features;
        let frames = |from: usize, n: usize| features[from * row..(from + n) * row].iter().copied();
        let tensor = |values: Vec<f32>, n: usize| {
            let shape = [1, starts.len(), n, n_neurons, n_features];
            Tensor::from_data(TensorData::new(values, shape), device)
        };
        let before = |&start: &usize| frames(start + 1 - burn_in, burn_in);
        let after = |&start: &usize| frames(start + 1, n_steps);
        Self {
            history: tensor(starts.iter().flat_map(before).collect(), burn_in),
            targets: tensor(starts.iter().flat_map(after).collect(), n_steps),
            drift: None,
        }
    }

    /// The same starts with another forecast to correct; `drift` is row-major
    /// `[sequence, step, neuron, feature]`.
    ///
    /// # Panics
    /// When its length is none of whole steps of all sequences.
    pub fn along(self, drift: Vec<f32>) -> Self {
        let [_, n_sequences, _, n_neurons, n_features] = self.history.dims();
        let n_steps = drift.len() / (n_sequences * n_neurons * n_features);
        let data = TensorData::new(drift, [1, n_sequences, n_steps, n_neurons, n_features]);
        let drift = Some(Tensor::from_data(data, &self.history.device()));
        Self { drift, ..self }
    }

    fn frames(&self) -> Frames {
        Frames::new([self.history.dims()[1]])
    }

    fn pass(&self, engine: Engine) -> Pass {
        Pass::with_batch_statistics(engine, self.frames())
    }

    /// The loss of predictions, `[1, sequence, step, neuron, feature]`.
    fn loss(&self, loss: Loss, predicted: Tensor<5>) -> Tensor<1> {
        loss.mean(&self.frames(), predicted - self.targets.clone())
    }
}

/// How often a step of the training roll-out starts from the truth instead of the prediction before
/// it: in every case at first, in no case from epoch `ends_at` on, linearly less often in between.
/// Text: "linear decay ending at 300 timesteps", which we read as epochs; scripts: 275.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScheduledSampling {
    /// The first epoch, from 0, that only the first step sees the truth; 0 for none that does.
    pub ends_at: usize,
}

impl ScheduledSampling {
    /// Probability of the truth in an epoch, from 0.
    pub fn probability(self, epoch: usize) -> f64 {
        if epoch >= self.ends_at { 0. } else { 1. - epoch as f64 / self.ends_at as f64 }
    }

    /// One draw per step for the whole batch; the first step always starts from the truth.
    fn draw(self, epoch: usize, n_steps: usize, rng: &mut impl Rng) -> Vec<bool> {
        let probability = self.probability(epoch);
        (0..n_steps).map(|step| step == 0 || rng.random::<f64>() < probability).collect()
    }
}

/// How a forecaster is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForecastFitConfig {
    /// Epochs; 800 in the text, 600 in the scripts.
    pub epochs: usize,
    /// Adam's rate at the start; 1e-3 in the text; in the scripts too, but 5e-4 for the graph
    /// network.
    pub learning_rate: f64,
    /// When it falls.
    pub plateau: Plateau,
    /// When the truth is seen.
    pub sampling: ScheduledSampling,
    /// What is lowered in training and chosen by in validation; the mean squared error in both
    /// text and scripts.
    pub loss: Loss,
    /// Fused or composed.
    pub engine: Engine,
}

impl ForecastFitConfig {
    /// The text: as for decoding, with sampling that ends at epoch 300.
    pub fn paper(engine: Engine) -> Self {
        let plateau = Plateau { patience: 50, factor: 0.25 };
        let sampling = ScheduledSampling { ends_at: 300 };
        let loss = Loss::SquaredError;
        Self { epochs: 800, learning_rate: 1e-3, plateau, sampling, loss, engine }
    }

    /// The scripts: 600 epochs, rate × 0.1 after 50 epochs, sampling that ends at epoch 275.
    pub fn scripts(learning_rate: f64, engine: Engine) -> Self {
        let plateau = Plateau { patience: 50, factor: 0.1 };
        let sampling = ScheduledSampling { ends_at: 275 };
        let loss = Loss::SquaredError;
        Self { epochs: 600, learning_rate, plateau, sampling, loss, engine }
    }
}

/// How the training of a forecaster went.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastReport {
    /// Epoch whose weights are kept, from 1; 0 when no epoch had a finite validation error, and the
    /// weights are those of the start.
    pub best_epoch: usize,
    /// Validation loss at that epoch; infinite when there is none.
    pub best_validation_error: f64,
    /// Learning rate at the end.
    pub final_learning_rate: f64,
    /// The epoch, from 1, in which an error was not finite and the fit ended.
    pub diverged_in: Option<usize>,
    /// Per epoch that was done, mean loss over its steps, each before its step.
    pub training_errors: Vec<f64>,
    /// Per epoch that was done, validation loss. One that ends a fit stands in neither list.
    pub validation_errors: Vec<f64>,
}

/// A trained forecaster.
#[derive(Debug)]
pub struct FittedForecaster<N> {
    /// The network with its best weights, on the plain device.
    pub network: N,
    /// How the training went.
    pub report: ForecastReport,
}

/// Trains a network of one replica from beginning to end, as [`ForecasterTraining`] does step by
/// step. `on_epoch` hears of every epoch that is done and may stop the training by returning false;
/// the result is then `None`.
///
/// # Panics
/// Without an animal to train on and one to validate on.
pub fn fit_forecaster<N: ForecastingNetwork>(
    network: N,
    train: &[Sequences],
    validation: &[Sequences],
    config: &ForecastFitConfig,
    rng: &mut ChaCha8Rng,
    mut on_epoch: impl FnMut() -> bool,
) -> Option<FittedForecaster<N>> {
    let mut training = ForecasterTraining::new(network, train, validation, config, rng);
    let mut n_epochs = 0;
    loop {
        let stepped = training.step();
        if training.n_epochs() > n_epochs {
            n_epochs = training.n_epochs();
            if !on_epoch() {
                return None;
            }
        }
        if stepped == Stepped::Finished {
            return Some(training.finish());
        }
    }
}

/// As [`ForecastingNetwork::roll_out`], where each step takes in the truth if `from_truth` says so,
/// and gradients flow through the predictions that others take in. A memory goes on through either.
fn sampled_roll_out<N: ForecastingNetwork>(
    network: &N,
    animal: &Sequences,
    from_truth: &[bool],
    engine: Engine,
) -> Tensor<5> {
    let pass = animal.pass(engine);
    let (mut predicted, mut memory) = network.start(&pass, animal.history.clone());
    let mut steps = Vec::with_capacity(from_truth.len());
    for (step, &from_truth) in from_truth.iter().enumerate() {
        if from_truth && step > 0 {
            predicted = animal.targets.clone().narrow(2, step - 1, 1).squeeze_dim::<4>(2);
        }
        let next = network.next(&pass, predicted, &mut memory);
        predicted = drifted(next, animal.drift.as_ref(), step);
        steps.push(predicted.clone());
    }
    Tensor::stack(steps, 2)
}

/// Loss of roll-outs on their own predictions, over all sequences of all animals.
fn validation_error<N: ForecastingNetwork>(
    network: &N,
    validation: &[Sequences],
    config: &ForecastFitConfig,
) -> f64 {
    let (mut sum, mut count) = (0., 0usize);
    for animal in validation {
        let [_, n_sequences, n_steps, _, _] = animal.targets.dims();
        let pass = animal.pass(config.engine);
        let history = animal.history.clone();
        let predicted = network.roll_out_along(&pass, history, animal.drift.as_ref(), n_steps);
        let error = value(animal.loss(config.loss, predicted));
        sum += error * n_sequences as f64;
        count += n_sequences;
    }
    sum / count as f64
}

fn value(t: Tensor<1>) -> f64 {
    t.into_data().convert::<f64>().try_to_vec().expect("converted to float64")[0]
}

/// Where a forecaster takes from, when it forecasts, what it takes over all forecasts: mean and
/// variance of batch norms, and the mean that static edges rest on.
#[derive(Debug, Clone, PartialEq)]
pub enum ForecastStatistics {
    /// From all forecasts of the animal together, as in the scripts: a forecast then rests on
    /// frames after its start too.
    Evaluated,
    /// From the training animals, step by step of the roll-out: a forecast rests on its start, and
    /// the burn-in before it, alone.
    Training(RollOutStatistics),
}

/// What a network takes over the training sequences at each step of a roll-out.
#[derive(Debug, Clone, PartialEq)]
pub struct RollOutStatistics {
    entries: Arc<[OverFrames]>,
    n_steps: usize,
}

impl RollOutStatistics {
    /// Measures them under a fitted network, on the starts of all training animals together, for
    /// roll-outs of `n_steps`.
    pub fn measure<N: ForecastingNetwork>(
        network: &N,
        train: &[Sequences],
        n_steps: usize,
        engine: Engine,
    ) -> Self {
        let plain = |x: Tensor<5>| if x.device().is_autodiff() { x.inner() } else { x };
        let of_animal = |animal: &Sequences| plain(animal.history.clone());
        let history = Tensor::cat(train.iter().map(of_animal).collect(), 1);
        let drift = |animal: &Sequences| animal.drift.clone().map(plain);
        let drift = train.iter().map(drift).collect::<Option<Vec<_>>>();
        let drift = drift.map(|drift| Tensor::cat(drift, 1));
        let pass = Pass::recording_statistics(engine, Frames::new([history.dims()[1]]));
        let _ = network.roll_out_along(&pass, history, drift.as_ref(), n_steps);
        Self { entries: pass.into_recorded().into(), n_steps }
    }

    /// Steps of the longest roll-out that they serve.
    pub fn n_steps(&self) -> usize {
        self.n_steps
    }

    /// The statistics as plain numbers of a network of one replica, named as those of
    /// [`crate::TrainingStatistics::arrays`], in the order in which a roll-out takes them.
    pub fn arrays(&self) -> Vec<NamedArray> {
        arrays_of(&self.entries, 0, 1)
    }

    /// The way back, for `network` on the plain CPU device and roll-outs of so many steps.
    ///
    /// # Errors
    /// [`StatisticsError`] where the arrays are not those of such a network.
    pub fn from_arrays<N: ForecastingNetwork>(
        arrays: &[NamedArray],
        network: &N,
        [n_neurons, n_features]: [usize; 2],
        n_steps: usize,
    ) -> Result<Self, StatisticsError> {
        // What a network takes does not depend on the frames: some of zeros show it.
        let shape = [1, 1, network.burn_in(), n_neurons, n_features];
        let pass = Pass::recording_statistics(Engine::Composed, Frames::new([1]));
        let _ = network.roll_out(&pass, Tensor::zeros(shape, &Device::flex()), n_steps);
        Ok(Self { entries: entries_of(arrays, &pass.into_recorded())?.into(), n_steps })
    }
}

/// Rolls a fitted network out from every start of `sequences`: row-major
/// `[sequence, step, neuron, feature]`. Targets are not looked at.
///
/// # Panics
/// When the statistics were measured for fewer steps.
pub fn forecast<N: ForecastingNetwork>(
    network: &N,
    sequences: &Sequences,
    n_steps: usize,
    engine: Engine,
    statistics: &ForecastStatistics,
) -> Vec<f32> {
    let pass = match statistics {
        ForecastStatistics::Evaluated => sequences.pass(engine),
        ForecastStatistics::Training(RollOutStatistics { entries, n_steps: measured }) => {
            assert!(*measured >= n_steps, "found {measured} steps of statistics for {n_steps}");
            Pass::with_fixed_statistics(engine, sequences.frames(), entries.clone())
        }
    };
    let (history, drift) = (sequences.history.clone(), sequences.drift.as_ref());
    let predicted = network.roll_out_along(&pass, history, drift, n_steps);
    predicted.into_data().convert::<f32>().try_to_vec().expect("converted to float32")
}

#[cfg(test)]
mod tests {
    use super::*;
    use nervering_models::Dimensions;
    use nervering_models::heads::TwoHeads;
    use nervering_models::lstm_mlp::LstmMlp;
    use nervering_models::trajectory::TrajectoryConfig;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_truth_is_seen_ever_less_often() {
        let sampling = ScheduledSampling { ends_at: 300 };
        let probabilities = [0, 75, 150, 300, 700].map(|epoch| sampling.probability(epoch));
        assert_eq!(probabilities, [1., 0.75, 0.5, 0., 0.]);
        assert_eq!(ScheduledSampling { ends_at: 0 }.probability(0), 0.);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        assert_eq!(sampling.draw(0, 8, &mut rng), [true; 8]);
        assert_eq!(sampling.draw(300, 3, &mut rng), [true, false, false]);
        let n_true = (0..1000)
            .map(|_| sampling.draw(150, 8, &mut rng)[1..].iter().filter(|seen| **seen).count())
            .sum::<usize>();
        assert!((3200..3800).contains(&n_true), "{n_true} of 7000");
    }

    #[test]
    fn a_memory_goes_on_where_a_step_takes_in_the_truth() {
        let features: Vec<f32> = (0..60 * 4).map(|k| (k as f32 * 0.37).sin()).collect();
        let sizes = Dimensions { n_neurons: 2, n_features: 2, n_classes: 0 };
        let config = TrajectoryConfig { width: 4, ..TrajectoryConfig::scripts() };
        let rngs = &mut [ChaCha8Rng::seed_from_u64(1)];
        let network = LstmMlp::forecasting(config, (), &sizes.into(), rngs, &Device::flex());
        let of = |burn_in: usize, n_steps: usize, starts: [usize; 3]| {
            let length = SequenceLength { burn_in, n_steps };
            Sequences::new(&features, [2, 2], &starts, length, &Device::flex())
        };
        let values = |t: Tensor<4>| t.into_data().try_to_vec::<f32>().unwrap();
        let engine = Engine::fastest();

        let animal = of(network.burn_in(), 3, [10, 20, 30]);
        let sampled = sampled_roll_out(&network, &animal, &[true, true, true], engine);
        let last = sampled.narrow(2, 2, 1).squeeze_dim::<4>(2);

        // All six frames up to the last step's truth, none of them a prediction.
        let seen = of(6, 1, [12, 22, 32]).history;
        let frame = |at: usize| seen.clone().narrow(2, at, 1).squeeze_dim::<4>(2);
        let mut memory = None;
        let pass = animal.pass(engine);
        (0..5).for_each(|at| network.remember(&pass, frame(at), &mut memory));
        let expected = network.next(&pass, frame(5), &mut memory);
        assert_eq!(values(last.clone()), values(expected));
        // With predictions instead, the last step sees something else.
        let free = sampled_roll_out(&network, &animal, &[true, false, false], engine);
        assert_ne!(values(last), values(free.narrow(2, 2, 1).squeeze_dim::<4>(2)));
    }
}
