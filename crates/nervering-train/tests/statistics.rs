//! What a prediction rests on under each kind of evaluation statistics, for every network that has a
//! name; and what is saved of a network suffices to predict with it.

mod animals;
mod common;

use animals::{N_NEURONS, SIZES, animals_of, cohort, inputs};
use burn::tensor::Device;
use common::{networks, rngs};
use nervering_models::{DecodingNetwork, ModelName, NetworkConfig, NetworkVisitor};
use nervering_nn::ops::Engine;
use nervering_nn::snapshot::{ParametersError, SavedParameter, Snapshot};
use nervering_train::{
    Batch, BatchRows, Cohort, EvaluationStatistics, FitConfig, NamedArray, Origin, PRIOR_FRAMES,
    StatisticsError, TrainingStatistics, edges, fit, predict,
};

/// All statistics that let no later frame in.
fn later_free<N: DecodingNetwork>(
    network: &N,
    train: &[Batch],
    engine: Engine,
) -> Vec<EvaluationStatistics> {
    let training = TrainingStatistics::measure(network, train, engine);
    let origins = [Origin::Table, Origin::UpToEach { prior_frames: PRIOR_FRAMES }];
    let of = |(batch_norm, edges)| {
        let training = training.clone();
        EvaluationStatistics::From { training, batch_norm, edges }
    };
    origins.into_iter().flat_map(|a| origins.map(|b| (a, b))).map(of).collect()
}

/// Frames of a recording that is predicted: any network sees less to either side of [`AT`].
const RECORDED: usize = 140;
const AT: usize = 45;
const N_CLASSES: usize = SIZES.n_classes;

fn init<V: NetworkVisitor>(config: NetworkConfig, replicas: &[usize], visitor: V) -> V::Output {
    config.init_with(&inputs(), &mut rngs(replicas), &Device::flex().autodiff(), visitor)
}

/// Trains for two epochs, enough that no parameter is where it started.
fn fitted<N: DecodingNetwork>(network: N, cohort: &Cohort) -> N {
    let config =
        FitConfig { epochs: 2, learning_rate: 1e-2, ..FitConfig::paper(Engine::fastest()) };
    fit(network, cohort, &config, || true).expect("not stopped").network
}

/// The second animal's recording, with 1e30 or −1e30 in the frames that `changes` names. Two
/// replicas see it, one of them not to the end.
fn recording(changes: impl Fn(usize) -> bool) -> Batch {
    let (mut features, labels) = animals_of(RECORDED).remove(1);
    for (k, v) in features.iter_mut().enumerate() {
        if changes(k / (N_NEURONS * 2)) {
            *v = if k % 3 == 0 { -1e30 } else { 1e30 };
        }
    }
    let frames: Vec<usize> = (0..RECORDED).collect();
    let rows = [RECORDED, RECORDED - 20].map(|n| BatchRows {
        features: &features,
        labels: &labels,
        frames: &frames[..n],
    });
    Batch::new(&rows, N_NEURONS, 2, &Device::flex())
}

/// Bits of a network's predictions for some frames, of both replicas.
struct Bits<'a, N> {
    network: &'a N,
    statistics: &'a EvaluationStatistics,
}

impl<N: DecodingNetwork> Bits<'_, N> {
    fn of(&self, batch: &Batch, frames: std::ops::Range<usize>) -> Vec<u32> {
        let predictions = predict(self.network, batch, Engine::fastest(), self.statistics);
        let of_frames = |replica: &Vec<f32>| -> Vec<u32> {
            let range = frames.start * N_CLASSES..frames.end * N_CLASSES;
            replica[range].iter().map(|v| v.to_bits()).collect()
        };
        predictions.iter().flat_map(of_frames).collect()
    }
}

/// Whether a network has a batch norm.
fn has_norm<N: DecodingNetwork>(network: &N) -> bool {
    Snapshot::of(network).parameters().iter().any(|parameter| parameter.name.ends_with("gamma"))
}

/// A network's name, and the frames before and after its own that it looks at.
struct Causality(ModelName, [usize; 2]);

impl NetworkVisitor for Causality {
    type Output = ();

    fn visit<N: DecodingNetwork>(self, network: N) {
        let Self(name, [_, ahead]) = self;
        let cohort = cohort(&[0, 1]);
        let network = fitted(network, &cohort);
        let (original, changed) = (recording(|_| false), recording(|frame| frame > AT + ahead));
        let moves = |statistics: &EvaluationStatistics| {
            let bits = Bits { network: &network, statistics };
            // How far a memory looks depends on where in its sequence a frame stands.
            let moved = AT + 1..AT + 2 + ahead;
            assert_ne!(bits.of(&original, moved.clone()), bits.of(&changed, moved));
            bits.of(&original, 0..AT + 1) != bits.of(&changed, 0..AT + 1)
        };
        let (train, engine) = (&cohort.train, Engine::fastest());
        let evaluated = EvaluationStatistics::Evaluated;
        assert_eq!(moves(&evaluated), has_norm(&network), "{name}, evaluated");
        for statistics in later_free(&network, train, engine) {
            assert!(!moves(&statistics), "{name}, {statistics:?}");
        }
    }
}

#[test]
fn predictions_under_training_and_running_statistics_rest_on_no_frame_after_those_looked_at() {
    for (name, config) in networks() {
        init(config, &[0, 1], Causality(name, config.receptive_field()));
    }
}

struct ReceptiveField(ModelName, [usize; 2]);

impl NetworkVisitor for ReceptiveField {
    type Output = ();

    fn visit<N: DecodingNetwork>(self, network: N) {
        let Self(name, [back, ahead]) = self;
        let cohort = cohort(&[0, 1]);
        let network = fitted(network, &cohort);
        let seen = AT.saturating_sub(back)..=AT + ahead;
        let changed = recording(|frame| !seen.contains(&frame));
        let moves = |statistics: &EvaluationStatistics| {
            let bits = Bits { network: &network, statistics };
            bits.of(&recording(|_| false), AT..AT + 1) != bits.of(&changed, AT..AT + 1)
        };
        let (train, engine) = (&cohort.train, Engine::fastest());
        let training = TrainingStatistics::measure(&network, train, engine);
        let running = EvaluationStatistics::running(training.clone(), PRIOR_FRAMES);
        let training = EvaluationStatistics::training(training);
        assert!(!moves(&training), "{name}, training");
        assert_eq!(moves(&running), has_norm(&network), "{name}, running");
    }
}

#[test]
fn a_prediction_under_training_statistics_rests_on_its_receptive_field_alone() {
    for (name, config) in networks() {
        init(config, &[0, 1], ReceptiveField(name, config.receptive_field()));
    }
}

/// Largest difference of the log-probabilities of some frames under two kinds of statistics.
fn difference<N: DecodingNetwork>(
    network: &N,
    kinds: [&EvaluationStatistics; 2],
    frames: std::ops::Range<usize>,
) -> f32 {
    let batch = recording(|_| false);
    let [a, b] = kinds.map(|kind| predict(network, &batch, Engine::fastest(), kind).remove(0));
    let range = frames.start * N_CLASSES..frames.end * N_CLASSES;
    a[range.clone()].iter().zip(&b[range]).fold(0f32, |m, (a, b)| m.max((a - b).abs()))
}

struct LongPrior(ModelName);

impl NetworkVisitor for LongPrior {
    type Output = ();

    fn visit<N: DecodingNetwork>(self, network: N) {
        let cohort = cohort(&[0, 1]);
        let network = fitted(network, &cohort);
        let training = TrainingStatistics::measure(&network, &cohort.train, Engine::fastest());
        let fixed = EvaluationStatistics::training(training.clone());
        let endless = Origin::UpToEach { prior_frames: 1e12 };
        let kinds = [(endless, endless), (endless, Origin::Table), (Origin::Table, endless)];
        for (batch_norm, edges) in kinds {
            let training = training.clone();
            let running = EvaluationStatistics::From { training, batch_norm, edges };
            let found = difference(&network, [&running, &fixed], 0..RECORDED);
            assert!(found < 1e-4, "{}: {found}, {batch_norm:?}, {edges:?}", self.0);
        }
    }
}

/// Both kinds are computed by different code.
#[test]
fn running_statistics_with_an_endless_prior_are_those_of_training() {
    for (name, config) in networks() {
        init(config, &[0, 1], LongPrior(name));
    }
}

struct NoPrior;

impl NetworkVisitor for NoPrior {
    type Output = [f32; 2];

    fn visit<N: DecodingNetwork>(self, network: N) -> [f32; 2] {
        let cohort = cohort(&[0, 1]);
        let network = fitted(network, &cohort);
        let training = TrainingStatistics::measure(&network, &cohort.train, Engine::fastest());
        let running = EvaluationStatistics::running(training, 0.);
        let evaluated = EvaluationStatistics::Evaluated;
        [0..1, RECORDED - 1..RECORDED]
            .map(|frames| difference(&network, [&running, &evaluated], frames))
    }
}

/// A network with one batch norm and nothing before it that rests on other frames.
#[test]
fn running_statistics_without_a_prior_end_up_as_those_of_the_recording() {
    let (_, config) = networks().find(|(name, _)| *name == ModelName::MlpText).unwrap();
    let [first, last] = init(config, &[0, 1], NoPrior);
    assert!(first > 0.05, "{first}");
    assert!(last < 1e-4, "{last}");
}

struct EdgesOfTraining;

impl NetworkVisitor for EdgesOfTraining {
    type Output = ();

    fn visit<N: DecodingNetwork>(self, network: N) {
        let mut cohort = cohort(&[0, 1]);
        cohort.train.truncate(1);
        cohort.validation.truncate(1);
        let network = fitted(network, &cohort);
        let engine = Engine::fastest();
        let training = EvaluationStatistics::of_training(&network, &cohort.train, engine);
        let of = |batch: &Batch, kind: &EvaluationStatistics| {
            edges(&network, batch, engine, kind).expect("edges").concat()
        };
        let elsewhere = recording(|_| false);
        let found = of(&elsewhere, &training);
        let plain = Batch { x: cohort.train[0].x.clone().inner(), ..cohort.train[0].clone() };
        let exact = of(&plain, &EvaluationStatistics::Evaluated);
        for (found, exact) in found.iter().zip(&exact) {
            assert!((found - exact).abs() < 1e-5, "{found} against {exact}");
        }
        let adapted = of(&elsewhere, &EvaluationStatistics::Evaluated);
        assert!(adapted.iter().zip(&exact).any(|(a, b)| (a - b).abs() > 1e-4));
    }
}

/// With one training animal nothing is averaged, so that its edges are the ones used elsewhere.
#[test]
fn static_edges_under_training_statistics_are_those_of_the_training_animal() {
    use ModelName::{Gnn, Gnn2Step, GnnOnehot, GnnSum, GnnText};
    for (_, config) in
        networks().filter(|(name, _)| [Gnn, GnnText, GnnOnehot, Gnn2Step, GnnSum].contains(name))
    {
        init(config, &[0, 1], EdgesOfTraining);
    }
}

/// Under each pair of origins, predictions and edges.
struct Mixed(ModelName);

impl NetworkVisitor for Mixed {
    type Output = ();

    fn visit<N: DecodingNetwork>(self, network: N) {
        let cohort = cohort(&[0, 1]);
        let network = fitted(network, &cohort);
        let training = TrainingStatistics::measure(&network, &cohort.train, Engine::fastest());
        let none = Origin::UpToEach { prior_frames: 0. };
        let from = |batch_norm, edges| {
            let training = training.clone();
            EvaluationStatistics::From { training, batch_norm, edges }
        };
        let name = self.0;
        // Two ways to the same: everything from the frames given.
        let [given, evaluated] =
            [from(Origin::Given, Origin::Given), EvaluationStatistics::Evaluated];
        let found = difference(&network, [&given, &evaluated], 0..RECORDED);
        assert!(found < 1e-4, "{name}, given: {found}");
        // A mean up to the last frame is the mean over all.
        let kinds = [&from(Origin::Table, none), &from(Origin::Table, Origin::Given)];
        let found = difference(&network, kinds, RECORDED - 1..RECORDED);
        assert!(found < 1e-3, "{name}, up to the last: {found}");
        // Kept edges are the training animals', whatever the batch norm adapts to.
        let of = |statistics: &EvaluationStatistics, batch: &Batch| {
            edges(&network, batch, Engine::fastest(), statistics).map(|edges| edges.concat())
        };
        let kept = from(Origin::Given, Origin::Table);
        let (one, other) = (recording(|_| false), recording(|frame| frame % 2 == 0));
        if matches!(name, ModelName::Gnn | ModelName::GnnText) {
            assert_eq!(of(&kept, &one), of(&kept, &other), "{name}");
            let adapted = from(Origin::Table, Origin::Given);
            assert_ne!(of(&adapted, &one), of(&adapted, &other), "{name}");
        }
    }
}

#[test]
fn edges_and_batch_norm_each_come_from_where_it_is_said() {
    for (name, config) in networks() {
        init(config, &[0, 1], Mixed(name));
    }
}

/// What a model file holds of one replica.
struct Saved {
    parameters: Vec<SavedParameter>,
    statistics: Vec<NamedArray>,
    /// Under statistics of training.
    predictions: Vec<u32>,
}

/// Saves the second of two replicas.
struct Save;

impl NetworkVisitor for Save {
    type Output = Saved;

    fn visit<N: DecodingNetwork>(self, network: N) -> Saved {
        let cohort = cohort(&[0, 1]);
        let network = fitted(network, &cohort);
        let training = TrainingStatistics::measure(&network, &cohort.train, Engine::fastest());
        let statistics = training.arrays(1, 2);
        let training = EvaluationStatistics::training(training);
        let batch = recording(|_| false);
        let predictions = predict(&network, &batch, Engine::fastest(), &training);
        Saved {
            parameters: Snapshot::of(&network).replica(1, 2).parameters().to_vec(),
            statistics,
            predictions: predictions[1].iter().map(|v| v.to_bits()).collect(),
        }
    }
}

/// Predicts with what was saved.
struct Load<'a>(&'a Saved);

impl NetworkVisitor for Load<'_> {
    type Output = Vec<u32>;

    fn visit<N: DecodingNetwork>(self, network: N) -> Vec<u32> {
        let mut parameters = self.0.parameters.clone();
        parameters.reverse();
        let network = Snapshot::for_module(parameters, &network).unwrap().restore(network);
        let training =
            TrainingStatistics::from_arrays(&self.0.statistics, &network, SIZES, 1).unwrap();
        let training = EvaluationStatistics::training(training);
        let (features, labels) = animals_of(RECORDED).remove(1);
        let frames: Vec<usize> = (0..RECORDED - 20).collect();
        let rows = [BatchRows { features: &features, labels: &labels, frames: &frames }];
        let batch = Batch::new(&rows, N_NEURONS, 2, &Device::flex());
        let predictions = predict(&network, &batch, Engine::fastest(), &training);
        predictions[0].iter().map(|v| v.to_bits()).collect()
    }
}

#[test]
fn a_saved_replica_predicts_the_same_bits() {
    for (name, config) in networks() {
        let saved = init(config, &[0, 1], Save);
        let other_seed = &mut rngs(&[7]);
        let found = config.init_with(&inputs(), other_seed, &Device::flex(), Load(&saved));
        assert_eq!(found, saved.predictions, "{name}");
    }
}

/// Tries to load, and says why not.
struct Refusals<'a>(&'a Saved);

impl NetworkVisitor for Refusals<'_> {
    type Output = (ParametersError, StatisticsError);

    fn visit<N: DecodingNetwork>(self, network: N) -> Self::Output {
        let parameters = Snapshot::for_module(self.0.parameters.clone(), &network);
        let statistics = TrainingStatistics::from_arrays(&self.0.statistics, &network, SIZES, 1);
        (parameters.unwrap_err(), statistics.unwrap_err())
    }
}

#[test]
fn what_is_not_a_networks_is_refused() {
    let mlp = ModelName::Mlp;
    let (_, config) = networks().find(|(name, _)| *name == mlp).unwrap();
    let saved = || init(config, &[0, 1], Save);
    let refused = |change: &dyn Fn(&mut Saved)| {
        let mut changed = saved();
        change(&mut changed);
        let (parameters, statistics) =
            config.init_with(&inputs(), &mut rngs(&[0]), &Device::flex(), Refusals(&changed));
        (parameters.to_string(), statistics.to_string())
    };
    let (parameters, statistics) = refused(&|saved| {
        saved.parameters.retain(|parameter| parameter.name != "out.b");
        saved.statistics.pop();
    });
    assert_eq!(parameters, "found no parameter \"out.b\", expected one of each of the network's");
    assert_eq!(statistics, "found 1 arrays of statistics, expected the network's 2");
    let (parameters, statistics) = refused(&|saved| {
        saved.parameters[0].shape.reverse();
        saved.statistics[1].values.push(0.);
    });
    assert_eq!(
        parameters,
        "found parameter \"body.node.w1\" with shape [16, 2, 1] and 32 values, expected [1, 2, 16]"
    );
    assert_eq!(statistics, "found 17 values in array \"statistics.0.var\", expected 16");
    let (parameters, statistics) = refused(&|saved| {
        saved.parameters[0].name = "node.w9".into();
        saved.statistics.swap(0, 1);
    });
    assert_eq!(
        parameters,
        "found no parameter \"body.node.w1\", expected one of each of the network's"
    );
    assert_eq!(statistics, "found array \"statistics.0.var\", expected \"statistics.0.mean\"");
    let (parameters, _) = refused(&|saved| {
        let mut more = saved.parameters[0].clone();
        more.name = "node.w9".into();
        saved.parameters.push(more);
        saved.statistics.clear();
    });
    assert_eq!(
        parameters,
        "found parameter \"node.w9\", expected none that the network does not have"
    );
    let (parameters, _) = refused(&|saved| {
        saved.parameters.push(saved.parameters[0].clone());
        saved.statistics.clear();
    });
    assert_eq!(parameters, "found parameter \"body.node.w1\" twice, expected it once");
}
