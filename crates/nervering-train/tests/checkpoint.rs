//! A training that is left and taken up: to the bit the one that never was, and not one that begins
//! anew; a checkpoint of another fit is refused and leaves the training as it was.

use burn::tensor::Device;
use nervering_models::Dimensions;
use nervering_models::heads::TwoHeads;
use nervering_models::lstm_mlp::LstmMlp;
use nervering_models::trajectory::TrajectoryConfig;
use nervering_nn::ops::Engine;
use nervering_train::{
    CheckpointError, ForecastCheckpoint, ForecastFitConfig, ForecasterTraining, Plateau,
    ScheduledSampling, SequenceLength, Sequences, Stepped,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const SIZES: Dimensions = Dimensions { n_neurons: 2, n_features: 2, n_classes: 0 };

/// Two neurons that go round, `[frame, neuron, feature]`, of an animal.
fn sequences(animal: f32, starts: std::ops::Range<usize>, device: &Device) -> Sequences {
    let value = |k: usize| 0.5 + 0.4 * ((k / 4) as f32 / 5. + (k % 4) as f32 + animal).sin();
    let features: Vec<f32> = (0..400 * 4).map(value).collect();
    let starts: Vec<usize> = starts.step_by(8).collect();
    let length = SequenceLength { burn_in: 4, n_steps: 8 };
    Sequences::new(&features, [2, 2], &starts, length, device)
}

struct Data {
    train: Vec<Sequences>,
    validation: Vec<Sequences>,
    config: ForecastFitConfig,
}

impl Data {
    /// Two animals; the rate falls and the truth is seen less and less within the six epochs.
    fn new() -> Self {
        let learning = Device::flex().autodiff();
        let config = ForecastFitConfig {
            epochs: 6,
            learning_rate: 3e-2,
            plateau: Plateau { patience: 1, factor: 0.5 },
            sampling: ScheduledSampling { ends_at: 5 },
            ..ForecastFitConfig::paper(Engine::fastest())
        };
        Self {
            train: [0., 1.].map(|animal| sequences(animal, 8..200, &learning)).into(),
            validation: vec![sequences(0., 210..390, &Device::flex())],
            config,
        }
    }

    /// From a checkpoint, or else from the beginning: at most so many steps.
    fn train(
        &self,
        width: usize,
        begin: Option<ForecastCheckpoint>,
        n_steps: usize,
    ) -> Result<ForecastCheckpoint, CheckpointError> {
        let rngs = &mut [ChaCha8Rng::seed_from_u64(1)];
        let config = TrajectoryConfig { width, ..TrajectoryConfig::scripts() };
        let device = Device::flex().autodiff();
        let network = LstmMlp::forecasting(config, (), &SIZES.into(), rngs, &device);
        let rng = &mut ChaCha8Rng::seed_from_u64(2);
        let (train, validation) = (&self.train, &self.validation);
        let mut training = ForecasterTraining::new(network, train, validation, &self.config, rng);
        if let Some(checkpoint) = begin {
            let before = training.checkpoint();
            let went = training.go_to(checkpoint);
            if went.is_err() {
                assert_eq!(training.checkpoint(), before, "all or nothing");
            }
            went?;
        }
        for _ in 0..n_steps {
            if training.step() == Stepped::Finished {
                break;
            }
        }
        Ok(training.checkpoint())
    }
}

#[test]
fn a_training_left_at_any_step_is_that_which_never_was_left() {
    let data = Data::new();
    let whole = data.train(4, None, 12).unwrap();
    assert_eq!(whole.validation_errors.len(), 6);
    assert!(whole.learning_rate < data.config.learning_rate, "the rate has fallen");
    for left_at in 0..12 {
        let checkpoint = data.train(4, None, left_at).unwrap();
        let resumed = data.train(4, Some(checkpoint), 12 - left_at).unwrap();
        assert_eq!(resumed, whole, "left after step {left_at}");
        if left_at > 0 {
            let cold = data.train(4, None, 12 - left_at).unwrap();
            assert_ne!(cold.weights, whole.weights, "left after step {left_at}");
        }
    }
    // Every part of it counts.
    let checkpoint = data.train(4, None, 5).unwrap();
    let elsewhere = [
        ForecastCheckpoint { rng_position: 0, ..checkpoint.clone() },
        ForecastCheckpoint { learning_rate: 1e-3, ..checkpoint.clone() },
    ];
    for checkpoint in elsewhere {
        assert_ne!(data.train(4, Some(checkpoint), 7).unwrap().weights, whole.weights);
    }
}

#[test]
fn a_checkpoint_of_another_fit_is_refused() {
    let data = Data::new();
    let wider = data.train(5, None, 3).unwrap();
    let refused = |checkpoint| data.train(4, Some(checkpoint), 1).unwrap_err();
    assert!(matches!(refused(wider.clone()), CheckpointError::Weights(_)));
    let checkpoint = data.train(4, None, 3).unwrap();
    let mut moments = checkpoint.clone();
    moments.adam.moments.pop();
    assert!(matches!(refused(moments), CheckpointError::Moments { .. }));
    let past = ForecastCheckpoint { errors_of_epoch: vec![0.; 2], ..checkpoint.clone() };
    assert!(matches!(refused(past), CheckpointError::Place { .. }));
    let finished = data.train(4, None, 12).unwrap();
    assert!(matches!(refused(finished), CheckpointError::Place { .. }));
}
