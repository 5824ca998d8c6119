//! Training on crops: what is learnt, that a replica does not depend on its cohort, and how far a
//! temporal convolution looks.

use burn::tensor::{Device, Tensor, TensorData};
use nervering_models::any::Shown;
use nervering_models::tcn::TcnConfig;
use nervering_models::{DecodingNetwork, Dimensions};
use nervering_nn::ops::{Engine, Frames};
use nervering_nn::pass::Pass;
use nervering_nn::snapshot::Snapshot;
use nervering_train::{CropCohort, CropConfig, Stretch, fit_crops};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const N_NEURONS: usize = 3;
const SIZES: Dimensions = Dimensions { n_neurons: N_NEURONS, n_features: 2, n_classes: 2 };

/// Features, `[frame, neuron, feature]`, and labels.
type Animal = (Vec<f32>, Vec<Option<u8>>);

/// An animal whose state says whether its first neuron rose eight frames ago: nothing of the frame itself
/// tells.
fn animal(seed: u64, n_frames: usize) -> Animal {
    let wave = |frame: usize, neuron: usize| {
        ((frame as f32) * 0.15 + seed as f32 + neuron as f32 * 1.3).sin()
    };
    let mut features = Vec::new();
    for frame in 0..n_frames {
        for neuron in 0..N_NEURONS {
            features.extend([wave(frame, neuron), 0.]);
        }
    }
    let rose = |frame: usize| wave(frame - 8, 0) > wave(frame - 9, 0);
    let label =
        |frame: usize| (frame >= 9 && !frame.is_multiple_of(11)).then(|| u8::from(rose(frame)));
    (features, (0..n_frames).map(label).collect())
}

fn config(steps: usize) -> CropConfig {
    CropConfig { steps, crop: 96, ..CropConfig::new(Engine::fastest()) }
}

/// Fits some of the replicas, each on two animals of its own; their weights and last losses.
fn fitted(replicas: &[usize], steps: usize) -> (Snapshot, Vec<f64>) {
    let animals: Vec<Vec<Animal>> =
        replicas.iter().map(|&r| vec![animal(r as u64, 300), animal(r as u64 + 9, 80)]).collect();
    let stretches = animals.iter().map(|animals| {
        animals.iter().map(|(features, labels)| Stretch { features, labels }).collect()
    });
    let cohort = CropCohort {
        replicas: stretches.collect(),
        n_neurons: N_NEURONS,
        n_channels: 2,
        shown: Shown::All,
        n_classes: 2,
    };
    let rngs = |purpose: u64| -> Vec<ChaCha8Rng> {
        replicas.iter().map(|&r| ChaCha8Rng::seed_from_u64(100 * purpose + r as u64)).collect()
    };
    let device = Device::flex().autodiff();
    let network = TcnConfig::centred().init(SIZES, &mut rngs(0), &device);
    let fitted =
        fit_crops(network, &cohort, &config(steps), &mut rngs(1), &device, || true).unwrap();
    let loss = |curve: &[nervering_train::EpochLosses]| curve.last().unwrap().training;
    let losses = fitted.reports.iter().map(|report| loss(&report.curve)).collect();
    (Snapshot::of(&fitted.network), losses)
}

#[test]
fn a_replica_is_the_same_alone_and_in_a_cohort() {
    let (together, _) = fitted(&[0, 1, 2], 12);
    for r in 0..3 {
        assert_eq!(fitted(&[r], 12).0, together.replica(r, 3), "replica {r}");
    }
}

#[test]
fn what_frames_before_say_is_learnt() {
    let (_, losses) = fitted(&[0, 1], 120);
    // Smoothed labels leave a loss of 0.12 where all is known; chance is 0.69.
    assert!(losses.iter().all(|&loss| loss < 0.35), "{losses:?}");
}

#[test]
fn a_fit_that_is_stopped_is_none() {
    let (features, labels) = animal(0, 50);
    let stretch = Stretch { features: &features, labels: &labels };
    let cohort = CropCohort {
        replicas: vec![vec![stretch]],
        n_neurons: N_NEURONS,
        n_channels: 2,
        shown: Shown::All,
        n_classes: 2,
    };
    let mut rngs = [ChaCha8Rng::seed_from_u64(0)];
    let device = Device::flex().autodiff();
    let network = TcnConfig::causal().init(SIZES, &mut rngs.clone(), &device);
    let mut left = 3;
    let stops = || {
        left -= 1;
        left > 0
    };
    assert!(fit_crops(network, &cohort, &config(10), &mut rngs, &device, stops).is_none());
    assert_eq!(left, 0);
}

/// Poison in one frame reaches the frames whose receptive field holds it, and no other.
#[test]
fn a_network_looks_as_far_as_it_says() {
    const N_FRAMES: usize = 200;
    const POISONED: usize = 100;
    for config in [TcnConfig::centred(), TcnConfig::causal()] {
        let network = config.init(SIZES, &mut [ChaCha8Rng::seed_from_u64(1)], &Device::flex());
        let (clean, _) = animal(4, N_FRAMES);
        let mut poisoned = clean.clone();
        poisoned[POISONED * 2 * N_NEURONS..][..2 * N_NEURONS].fill(1e4);
        let hidden = |features: Vec<f32>| -> Vec<f32> {
            let pass = Pass::with_batch_statistics(Engine::fastest(), Frames::new([N_FRAMES]));
            let data = TensorData::new(features, [1, N_FRAMES, N_NEURONS, 2]);
            let x = Tensor::<4>::from_data(data, &Device::flex());
            network.hidden(&pass, x).into_data().try_to_vec().unwrap()
        };
        let (clean, poisoned) = (hidden(clean), hidden(poisoned));
        let width = config.width;
        let moved: Vec<usize> = (0..N_FRAMES)
            .filter(|frame| {
                let rows = frame * width..(frame + 1) * width;
                clean[rows.clone()] != poisoned[rows]
            })
            .collect();
        let [before, after] = config.receptive_field();
        // A frame sees so many before it: what is poisoned is seen by as many after it.
        assert_eq!(moved.first(), Some(&(POISONED - after)), "{config:?}");
        assert_eq!(moved.last(), Some(&(POISONED + before)), "{config:?}");
    }
}
