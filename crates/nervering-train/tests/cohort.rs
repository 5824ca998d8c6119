//! What a replica learns does not depend on its cohort, and what it learns is something.

mod animals;
mod common;

use animals::{SIZES, cohort, inputs};
use burn::tensor::Device;
use common::{networks, rngs};
use nervering_models::mlp::MlpConfig;
use nervering_models::{DecoderModel, DecodingNetwork, ModelName, NetworkVisitor};
use nervering_nn::ops::Engine;
use nervering_nn::pass::Pass;
use nervering_nn::snapshot::Snapshot;
use nervering_train::{
    Batch, Cohort, EpochLosses, EvaluationStatistics, FitConfig, Fitted, PRIOR_FRAMES,
    TrainingStatistics, fit, predict,
};

/// Trains for some epochs.
fn fitted<N: DecodingNetwork>(
    replicas: &[usize],
    epochs: usize,
    network: N,
) -> (Fitted<N>, Cohort) {
    let cohort = cohort(replicas);
    let config = FitConfig { epochs, learning_rate: 1e-2, ..FitConfig::paper(Engine::fastest()) };
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
            let report = &fitted.reports[r];
            bits.extend([report.best_epoch as u64, report.best_validation_loss.to_bits()]);
            for epoch in &report.curve {
                let EpochLosses { training, validation, learning_rate } = epoch;
                bits.extend([training, validation, learning_rate].map(|value| value.to_bits()));
            }
            bits.extend(predictions[r].iter().map(|v| u64::from(v.to_bits())));
            bits
        })
        .collect()
}

/// Bits of every replica after some epochs.
struct Results<'a>(&'a [usize]);

impl NetworkVisitor for Results<'_> {
    type Output = Vec<Vec<u64>>;

    fn visit<N: DecodingNetwork>(self, network: N) -> Self::Output {
        let (fitted, cohort) = fitted(self.0, 6, network);
        results(&fitted, &cohort.validation[0], self.0.len())
    }
}

#[test]
fn a_replica_learns_the_same_bits_alone_and_in_a_cohort() {
    for (name, config) in networks() {
        let run = |replicas: &[usize]| {
            let device = Device::flex().autodiff();
            config.init_with(&inputs(), &mut rngs(replicas), &device, Results(replicas))
        };
        let together = run(&[0, 1, 2]);
        for (replica, in_cohort) in together.iter().enumerate() {
            assert_eq!(run(&[replica])[0], *in_cohort, "{name}, replica {replica}");
        }
    }
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

/// Accuracy of a network after training, under each kind of evaluation statistics.
struct Accuracies;

impl NetworkVisitor for Accuracies {
    type Output = [f64; 3];

    fn visit<N: DecodingNetwork>(self, network: N) -> [f64; 3] {
        let (fitted, cohort) = fitted(&[0], 150, network);
        let (train, engine) = (&cohort.train, Engine::fastest());
        [
            EvaluationStatistics::Evaluated,
            EvaluationStatistics::of_training(&fitted.network, train, engine),
            EvaluationStatistics::running(
                TrainingStatistics::measure(&fitted.network, train, engine),
                PRIOR_FRAMES,
            ),
        ]
        .map(|statistics| accuracy(&fitted, &cohort, &statistics))
    }
}

#[test]
fn networks_learn_under_every_kind_of_evaluation_statistics() {
    for name in [ModelName::Mlp, ModelName::Gnn, ModelName::GnnConnectome, ModelName::NodeMlp] {
        let DecoderModel::Network(config) = name.model() else { panic!("{name} is a network") };
        let device = Device::flex().autodiff();
        let accuracies = config.init_with(&inputs(), &mut rngs(&[0]), &device, Accuracies);
        assert!(accuracies.iter().all(|&accuracy| accuracy > 0.8), "{name}: {accuracies:?}");
    }
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

#[test]
fn the_curve_begins_with_the_loss_of_the_first_weights_and_holds_the_best_epoch() {
    let mut cohort = cohort(&[0, 1]);
    cohort.train.truncate(1);
    let engine = Engine::fastest();
    let config = FitConfig { epochs: 12, learning_rate: 1e-2, ..FitConfig::paper(engine) };
    let network = MlpConfig::text().init(SIZES, &mut rngs(&[0, 1]), &Device::flex().autodiff());
    let batch = &cohort.train[0];
    let pass = Pass::with_batch_statistics(engine, batch.labels.frames.clone());
    let first = network.loss(&pass, batch.x.clone(), &batch.labels).inner();
    let first: Vec<f32> = first.into_data().try_to_vec().unwrap();
    let fitted = fit(network, &cohort, &config, || true).unwrap();
    for (report, first) in fitted.reports.iter().zip(first) {
        let curve = &report.curve;
        assert_eq!(curve.len(), 12);
        assert_eq!((curve[0].training as f32, curve[0].learning_rate), (first, 1e-2));
        assert!(curve[11].training < curve[0].training, "{curve:?}");
        let least = curve.iter().map(|epoch| epoch.validation).fold(f64::INFINITY, f64::min);
        assert_eq!(least, report.best_validation_loss);
        assert_eq!(curve[report.best_epoch - 1].validation, least);
    }
}
