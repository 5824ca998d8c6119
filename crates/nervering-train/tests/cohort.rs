//! What a replica learns does not depend on its cohort, and what it learns is something.

use burn::tensor::Device;
use nervering_models::gnn::{GnnConfig, Readout};
use nervering_models::mlp::MlpConfig;
use nervering_models::{DecodingNetwork, Dimensions};
use nervering_nn::ops::Engine;
use nervering_nn::snapshot::Snapshot;
use nervering_train::{
    Batch, BatchRows, Cohort, EvaluationStatistics, FitConfig, Fitted, fit, predict,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const N_NEURONS: usize = 3;
const N_FRAMES: usize = 90;
const SIZES: Dimensions = Dimensions { n_neurons: N_NEURONS, n_features: 2, n_classes: 2 };

/// Two animals whose state is whether the first neuron is above a half, one unknown in seven.
fn animals() -> Vec<(Vec<f32>, Vec<Option<u8>>)> {
    (0..2)
        .map(|animal| {
            let x: Vec<f32> = (0..N_FRAMES * N_NEURONS * 2)
                .map(|k| ((k * k + animal) as f32 * 0.731).sin().abs())
                .collect();
            let label = |frame: usize| {
                (!frame.is_multiple_of(7)).then_some(u8::from(x[frame * N_NEURONS * 2] > 0.5))
            };
            let labels = (0..N_FRAMES).map(label).collect();
            (x, labels)
        })
        .collect()
}

/// Each replica leaves out other frames, and not the same number.
fn frames(replica: usize) -> (Vec<usize>, Vec<usize>) {
    (0..N_FRAMES).partition(|frame| frame / 8 % 4 != replica && frame % 10 != replica)
}

fn cohort(replicas: &[usize]) -> Cohort {
    let of = |part: fn(usize) -> Vec<usize>, device: &Device| {
        animals()
            .iter()
            .map(|(features, labels)| {
                let frames: Vec<_> = replicas.iter().map(|&r| part(r)).collect();
                let rows = frames.iter().map(|frames| BatchRows { features, labels, frames });
                Batch::new(&rows.collect::<Vec<_>>(), N_NEURONS, 2, device)
            })
            .collect()
    };
    Cohort {
        train: of(|r| frames(r).0, &Device::flex().autodiff()),
        validation: of(|r| frames(r).1, &Device::flex()),
    }
}

fn rngs(replicas: &[usize]) -> Vec<ChaCha8Rng> {
    replicas.iter().map(|&r| ChaCha8Rng::seed_from_u64(r as u64)).collect()
}

/// Trains for some epochs; `init` makes the network.
fn trained<N: DecodingNetwork>(
    replicas: &[usize],
    epochs: usize,
    init: impl Fn(&mut [ChaCha8Rng], &Device) -> N,
) -> (Fitted<N>, Cohort) {
    let cohort = cohort(replicas);
    let config = FitConfig { epochs, learning_rate: 1e-2, ..FitConfig::paper(Engine::fastest()) };
    let network = init(&mut rngs(replicas), &Device::flex().autodiff());
    (fit(network, &cohort, &config, || true).expect("not stopped"), cohort)
}

/// Weights, reports and predictions of each replica, as bits.
fn results<N: DecodingNetwork>(fitted: &Fitted<N>, batch: &Batch, n: usize) -> Vec<Vec<u64>> {
    let snapshot = Snapshot::of(&fitted.network);
    let statistics = EvaluationStatistics::Evaluated;
    let predictions = predict(&fitted.network, batch, Engine::fastest(), &statistics);
    (0..n)
        .map(|r| {
            let mut bits = Vec::new();
            for parameter in snapshot.parameters() {
                let len = parameter.values.len() / n;
                let values = &parameter.values[r * len..(r + 1) * len];
                bits.extend(values.iter().map(|v| u64::from(v.to_bits())));
            }
            let report = fitted.reports[r];
            bits.extend([report.best_epoch as u64, report.best_validation_loss.to_bits()]);
            bits.extend(predictions[r].iter().map(|v| u64::from(v.to_bits())));
            bits
        })
        .collect()
}

fn assert_independent_of_width<N: DecodingNetwork>(init: impl Fn(&mut [ChaCha8Rng], &Device) -> N) {
    let run = |replicas: &[usize]| {
        let (fitted, cohort) = trained(replicas, 12, &init);
        results(&fitted, &cohort.validation[0], replicas.len())
    };
    let together = run(&[0, 1, 2]);
    for (replica, in_cohort) in together.iter().enumerate() {
        assert_eq!(run(&[replica])[0], *in_cohort, "replica {replica}");
    }
}

#[test]
fn a_replica_learns_the_same_bits_alone_and_in_a_cohort() {
    assert_independent_of_width(|rngs, device| GnnConfig::scripts().init(SIZES, rngs, device));
    assert_independent_of_width(|rngs, device| GnnConfig::text().init(SIZES, rngs, device));
    assert_independent_of_width(|rngs, device| MlpConfig::scripts().init(SIZES, rngs, device));
    assert_independent_of_width(|rngs, device| MlpConfig::text().init(SIZES, rngs, device));
    let sum = GnnConfig { readout: Readout::Sum, ..GnnConfig::scripts() };
    assert_independent_of_width(|rngs, device| sum.init(SIZES, rngs, device));
}

/// Share of labelled validation frames of the first animal predicted rightly.
fn accuracy<N: DecodingNetwork>(
    fitted: &Fitted<N>,
    cohort: &Cohort,
    statistics: &EvaluationStatistics,
) -> f64 {
    let batch = &cohort.validation[0];
    let predictions = predict(&fitted.network, batch, Engine::fastest(), statistics);
    let labelled = batch.labels.classes.iter().zip(predictions[0].chunks_exact(2));
    let known: Vec<_> = labelled.filter(|(class, _)| **class >= 0).collect();
    let right = known.iter().filter(|(class, p)| (p[1] > p[0]) == (**class == 1)).count();
    right as f64 / known.len() as f64
}

#[test]
fn networks_learn_under_either_kind_of_evaluation_statistics() {
    let gnn =
        |rngs: &mut [ChaCha8Rng], device: &Device| GnnConfig::scripts().init(SIZES, rngs, device);
    let (fitted, cohort) = trained(&[0], 150, gnn);
    let of_training =
        EvaluationStatistics::of_training(&fitted.network, &cohort.train, Engine::fastest());
    for statistics in [EvaluationStatistics::Evaluated, of_training] {
        let accuracy = accuracy(&fitted, &cohort, &statistics);
        assert!(accuracy > 0.8, "{accuracy}");
    }
}

/// With statistics of the training animals an MLP's prediction of a frame rests on that frame
/// alone; with those of the evaluated frames it rests on all of them.
#[test]
fn training_statistics_make_the_mlp_inductive() {
    let mlp =
        |rngs: &mut [ChaCha8Rng], device: &Device| MlpConfig::scripts().init(SIZES, rngs, device);
    let (fitted, cohort) = trained(&[0], 5, mlp);
    let (features, labels) = &animals()[0];
    let whole: Vec<usize> = (0..N_FRAMES).collect();
    let of_frames = |frames: &[usize], statistics: &EvaluationStatistics| {
        let rows = [BatchRows { features, labels, frames }];
        let batch = Batch::new(&rows, N_NEURONS, 2, &Device::flex());
        predict(&fitted.network, &batch, Engine::fastest(), statistics).remove(0)
    };
    let training =
        EvaluationStatistics::of_training(&fitted.network, &cohort.train, Engine::fastest());
    assert_eq!(of_frames(&whole, &training)[..20], of_frames(&whole[..10], &training)[..]);
    let evaluated = EvaluationStatistics::Evaluated;
    assert_ne!(of_frames(&whole, &evaluated)[..20], of_frames(&whole[..10], &evaluated)[..]);
}

#[test]
fn a_stopped_fit_is_no_fit() {
    let cohort = cohort(&[0]);
    let config = FitConfig { epochs: 50, ..FitConfig::paper(Engine::fastest()) };
    let network = MlpConfig::text().init(SIZES, &mut rngs(&[0]), &Device::flex().autodiff());
    let mut epochs = 0;
    let fitted = fit(network, &cohort, &config, || {
        epochs += 1;
        epochs < 3
    });
    assert!(fitted.is_none());
    assert_eq!(epochs, 3);
}
