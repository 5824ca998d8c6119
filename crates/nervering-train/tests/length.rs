//! What a replica learns does not depend on its cohort at the length of recordings either, where
//! matrix products are cut into blocks: a replica is padded to the longest of its cohort.

mod common;

use burn::tensor::Device;
use common::{networks, rngs};
use nervering_models::{DecodingNetwork, Dimensions, ModelName, NetworkInputs, NetworkVisitor};
use nervering_nn::ops::Engine;
use nervering_nn::snapshot::Snapshot;
use nervering_train::{Batch, BatchRows, Cohort, EvaluationStatistics, FitConfig, fit, predict};

const N_FRAMES: usize = 1400;

/// Frames of one animal; replica r leaves out every (7 + r)-th window of 8.
fn batch(replicas: &[usize], n_neurons: usize, device: &Device) -> Batch {
    let row_len = n_neurons * 2;
    let features: Vec<f32> =
        (0..N_FRAMES * row_len).map(|k| (k as f32 * 0.731).sin().abs()).collect();
    let label = |frame: usize| Some(u8::from(features[frame * row_len] > 0.5));
    let labels: Vec<_> = (0..N_FRAMES).map(label).collect();
    let of_replica =
        |&r: &usize| (0..N_FRAMES).filter(|t| !(t / 8).is_multiple_of(7 + r)).collect();
    let frames: Vec<Vec<usize>> = replicas.iter().map(of_replica).collect();
    let rows = frames
        .iter()
        .map(|frames| BatchRows { features: &features, labels: &labels, frames })
        .collect::<Vec<_>>();
    Batch::new(&rows, n_neurons, 2, device)
}

/// Bits of the weights and predictions of every replica after two epochs.
struct Bits<'a> {
    replicas: &'a [usize],
    n_neurons: usize,
}

impl NetworkVisitor for Bits<'_> {
    type Output = Vec<Vec<u32>>;

    fn visit<N: DecodingNetwork>(self, network: N) -> Self::Output {
        let Self { replicas, n_neurons } = self;
        let plain = batch(replicas, n_neurons, &Device::flex());
        let train = vec![batch(replicas, n_neurons, &Device::flex().autodiff())];
        let cohort = Cohort { train, validation: vec![plain.clone()] };
        let engine = Engine::fastest();
        let config = FitConfig { epochs: 2, ..FitConfig::paper(engine) };
        let network = fit(network, &cohort, &config, || true).expect("not stopped").network;
        let predictions = predict(&network, &plain, engine, &EvaluationStatistics::Evaluated);
        let weights = Snapshot::of(&network);
        let of_replica = |(r, predictions): (usize, Vec<f32>)| {
            let weights = weights.replica(r, replicas.len());
            let values = weights.parameters().iter().flat_map(|parameter| &parameter.values);
            values.chain(&predictions).map(|v| v.to_bits()).collect()
        };
        predictions.into_iter().enumerate().map(of_replica).collect()
    }
}

fn assert_independent_of_the_cohort(n_neurons: usize, which: impl Fn(ModelName) -> bool) {
    let inputs = NetworkInputs {
        sizes: Dimensions { n_neurons, n_features: 2, n_classes: 2 },
        adjacency: Some(vec![1. / n_neurons as f32; n_neurons * n_neurons].into()),
        classes: Some((0..n_neurons).map(|neuron| neuron / 2).collect()),
    };
    for (name, config) in networks().filter(|(name, _)| which(*name)) {
        let run = |replicas: &[usize]| {
            let device = Device::flex().autodiff();
            config.init_with(&inputs, &mut rngs(replicas), &device, Bits { replicas, n_neurons })
        };
        let (alone, together) = (run(&[0]), run(&[0, 9]));
        assert!(alone[0] == together[0], "{name} of {n_neurons} neurons");
    }
}

#[test]
fn a_long_replica_learns_the_same_bits_alone_and_beside_a_longer_one() {
    assert_independent_of_the_cohort(7, |_| true);
}

/// Matrices of more than 64 columns.
#[test]
fn so_do_perceptrons_of_many_neurons() {
    let wide = [
        ModelName::Mlp,
        ModelName::MlpText,
        ModelName::MlpWide,
        ModelName::NodeMlp,
        ModelName::LstmMlp,
    ];
    assert_independent_of_the_cohort(40, |name| wide.contains(&name));
}
