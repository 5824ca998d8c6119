//! A graph of each simulation, as Kipf et al. (2018) have it: a model that reads graphs out of how nodes move is
//! trained on many simulations, and asked for the graphs of others.

use super::result::auroc_of;
use super::{KnownTruthError, LINEAR};
use crate::summary::Spread;
use nervering_models::ForecastModel;
use nervering_models::forecast::{ForecastAnimal, ForecastFrames, Forecaster, linear_edges};
use nervering_prepare::TRAINING_STEPS;
use nervering_simulate::coupled::CoupledConfig;
use nervering_statistics::auroc;
use nervering_statistics::seed::generator;

/// What to simulate, and what reads its graphs.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnGraphsConfig {
    /// Kinds of systems.
    pub systems: Vec<CoupledConfig>,
    /// Models; only those with a graph of each animal find any.
    pub models: Vec<ForecastModel>,
    /// Simulations that are trained on.
    pub n_train: usize,
    /// Simulations whose graphs are asked for.
    pub n_evaluated: usize,
}

/// Graphs of simulations of one kind that were not trained on, as a model or a reference reads them.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadGraphs {
    /// The kind of systems.
    pub system: &'static str,
    /// Model, or the reference: a linear regression of each simulation by itself.
    pub source: &'static str,
    /// Probability that of two ordered pairs of any simulations, one coupled and one not, the coupled one has the
    /// larger weight. `None` when a weight is no number.
    pub auroc: Option<f64>,
    /// The same of the pairs of one simulation, for each.
    pub of_simulations: Vec<Option<f64>>,
    /// Share of pairs whose weight lies on their side of ½, of a model.
    pub right: Option<f64>,
}

/// Simulations of one kind one after the other, each feature in [0, 1] over those trained on.
struct Simulations {
    /// `[frame, node, feature]` of each.
    train: Vec<Vec<f32>>,
    evaluated: Vec<Vec<f32>>,
    /// `[receiver, sender]` of each evaluated.
    truth: Vec<Vec<bool>>,
}

impl Simulations {
    fn draw(
        config: &OwnGraphsConfig,
        system: &CoupledConfig,
        n_frames: usize,
        seed: u64,
    ) -> Result<Self, KnownTruthError> {
        let rng = &mut generator(seed, &["known-truth-own-graphs", system.name()]);
        let (mut all, mut truth) = (Vec::new(), Vec::new());
        for _ in 0..config.n_train + config.n_evaluated {
            let network = system.network(rng)?;
            truth.push(network.graph().adjacency().to_vec());
            all.push(network.trajectory(n_frames, rng));
        }
        let n_features = system.features().len();
        let trained_on = all[..config.n_train].iter().flatten();
        let ranges = super::data::ranges(trained_on.copied(), n_features);
        let scaled = |values: Vec<f64>| {
            let scale = |(k, value): (usize, f64)| {
                let (low, high) = ranges[k % n_features];
                ((value - low) / (high - low)) as f32
            };
            values.into_iter().enumerate().map(scale).collect()
        };
        let evaluated = all.split_off(config.n_train).into_iter().map(scaled).collect();
        let train = all.into_iter().map(scaled).collect();
        Ok(Self { train, evaluated, truth: truth.split_off(config.n_train) })
    }
}

/// Trains a model on simulations of a kind, and reads the graphs of others.
pub(super) fn read(
    config: &OwnGraphsConfig,
    system: &CoupledConfig,
    model: Option<ForecastModel>,
    n_frames: usize,
    seed: u64,
) -> Result<ReadGraphs, KnownTruthError> {
    let simulations = Simulations::draw(config, system, n_frames, seed)?;
    let source = model.map_or(LINEAR, ForecastModel::as_str);
    let failed = |source| KnownTruthError::OwnGraphs { system: system.name(), source };
    let all_frames: Vec<usize> = (0..n_frames).collect();
    let animal = |features| ForecastAnimal {
        features,
        train: &all_frames,
        validation: &[],
        validation_starts: &[],
    };
    let fitted: Option<Box<dyn Forecaster>> = match model.and_then(ForecastModel::baseline) {
        None => None,
        Some(baseline) => {
            let animals: Vec<_> = simulations.train.iter().map(|own| animal(own)).collect();
            let rng = &mut generator(seed, &["known-truth-own-graphs", system.name(), source]);
            Some(baseline.fit(&frames(system, &animals), rng).map_err(failed)?)
        }
    };
    let mut graphs = Vec::new();
    for own in &simulations.evaluated {
        match &fitted {
            Some(fitted) => graphs.extend(fitted.edges(own)),
            None => graphs.push(linear_edges(&frames(system, &[animal(own)])).map_err(failed)?),
        }
    }
    Ok(ReadGraphs::new(system, source, &graphs, &simulations.truth, fitted.is_some()))
}

fn frames<'a>(system: &CoupledConfig, animals: &'a [ForecastAnimal<'a>]) -> ForecastFrames<'a> {
    let (n_neurons, n_features) = (system.n_nodes(), system.features().len());
    ForecastFrames { animals, n_neurons, n_features, n_steps: TRAINING_STEPS }
}

impl ReadGraphs {
    /// The AUROC of the pairs of one simulation, over those that have one.
    pub fn of_one(&self) -> Option<Spread> {
        Spread::of(&self.of_simulations.iter().copied().flatten().collect::<Vec<_>>())
    }

    fn new(
        system: &CoupledConfig,
        source: &'static str,
        graphs: &[Vec<f64>],
        truth: &[Vec<bool>],
        is_model: bool,
    ) -> Self {
        let n = system.n_nodes();
        let of_graph = |(graph, truth): (&Vec<f64>, &Vec<bool>)| {
            let pairs = (0..n * n).filter(|k| k / n != k % n);
            pairs.map(|k| (graph[k], truth[k])).collect::<Vec<_>>()
        };
        let pairs: Vec<(f64, bool)> = graphs.iter().zip(truth).flat_map(of_graph).collect();
        let are_numbers = pairs.iter().all(|(weight, _)| weight.is_finite());
        let (weights, coupled): (Vec<f64>, Vec<bool>) = pairs.iter().copied().unzip();
        let n_right = pairs.iter().filter(|(weight, coupled)| (*weight > 0.5) == *coupled).count();
        Self {
            system: system.name(),
            source,
            auroc: are_numbers.then(|| auroc(&weights, &coupled)).flatten(),
            of_simulations: graphs.iter().zip(truth).map(|(g, t)| auroc_of(g, t)).collect(),
            right: is_model.then(|| n_right as f64 / pairs.len() as f64),
        }
    }
}
