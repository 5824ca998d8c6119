//! Rows of tables over the instances of a kind, and what they say.

use super::result::auroc_of;
use super::{CORRELATION, InferredGraph, KnownTruth, LINEAR, SystemResult};
use crate::summary::Spread;
use nervering_statistics::seed::generator;
use nervering_statistics::{BootstrapConfig, Interval, bootstrap_mean, mean};
use rand::seq::SliceRandom;

/// Renamings of the nodes behind what chance would do.
const N_RENAMINGS: usize = 200;

/// Errors of one model at one step, over instances.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorRow {
    /// The kind of systems.
    pub system: &'static str,
    /// The model.
    pub model: &'static str,
    /// Steps ahead, from 1.
    pub step: usize,
    /// Mean squared error in [0, 1]²; `None` where every fit diverged.
    pub mse: Option<Spread>,
    /// `1 − MSE / MSE of copy`, taken in each instance.
    pub skill: Option<Spread>,
    /// Instances with a forecast that was not finite. They are in no mean of this row.
    pub n_diverged: usize,
}

/// Inferred edges against the truth, over instances.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgeRow {
    /// The kind of systems.
    pub system: &'static str,
    /// Model or reference.
    pub source: &'static str,
    /// AUROC; `None` where no weights are numbers.
    pub auroc: Option<Spread>,
    /// 95 % bootstrap interval of its mean over instances.
    pub interval: Option<Interval>,
    /// `|AUROC − ½|`: what can be told when it is not said which weights mean a coupling.
    pub distance: Option<Spread>,
    /// The same of graphs whose nodes are renamed at random, mean: chance, which is not 0 in a
    /// small graph.
    pub distance_by_chance: Option<f64>,
    /// What it comes to.
    pub found: Found,
}

/// Whether inferred edges tell couplings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The whole interval lies above ½.
    Above,
    /// The interval includes ½.
    Chance,
    /// The whole interval lies below ½: couplings have the smaller weights.
    Below,
    /// Too few instances for an interval.
    Unknown,
}

impl Found {
    /// In a table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Above => "found",
            Self::Chance => "as by chance",
            Self::Below => "inverted",
            Self::Unknown => "too few",
        }
    }
}

impl EdgeRow {
    /// Whether it is a reference that needs no network.
    pub fn is_reference(&self) -> bool {
        [CORRELATION, LINEAR].contains(&self.source)
    }
}

impl KnownTruth {
    /// One row per system, model and step, in the order of the configuration.
    pub fn error_rows(&self, steps: &[usize]) -> Vec<ErrorRow> {
        let of_system = |system: &SystemResult| {
            let of_model = |place: usize| steps.iter().map(move |&step| row(system, place, step));
            (0..self.config.models.len()).flat_map(of_model).collect::<Vec<_>>()
        };
        self.systems.iter().flat_map(of_system).collect()
    }

    /// One row per system and source of edges, the references first.
    pub fn edge_rows(&self) -> Vec<EdgeRow> {
        let of_system = |system: &SystemResult| {
            let n_graphs = system.instances[0].graphs.len();
            (0..n_graphs).map(|place| self.edge_row(system, place)).collect::<Vec<_>>()
        };
        self.systems.iter().flat_map(of_system).collect()
    }

    fn edge_row(&self, system: &SystemResult, place: usize) -> EdgeRow {
        let graph = |k: usize| &system.instances[k].graphs[place];
        let source = graph(0).source;
        let n_instances = system.instances.len();
        let aurocs: Vec<f64> = (0..n_instances).filter_map(|k| graph(k).auroc).collect();
        let distances: Vec<f64> = aurocs.iter().map(|auroc| (auroc - 0.5).abs()).collect();
        let mut rng = generator(self.config.seed, &["known-truth-edges", system.system, source]);
        let interval = bootstrap_mean(&aurocs, &BootstrapConfig::default(), &mut rng);
        let mut by_chance = Vec::new();
        for instance in &system.instances {
            let InferredGraph { weights, .. } = &instance.graphs[place];
            let mut names: Vec<usize> = (0..system.n_nodes).collect();
            for _ in 0..N_RENAMINGS {
                names.shuffle(&mut rng);
                let n = system.n_nodes;
                let renamed = |at: usize| instance.truth[names[at / n] * n + names[at % n]];
                let truth: Vec<bool> = (0..n * n).map(renamed).collect();
                by_chance.extend(auroc_of(weights, &truth).map(|auroc| (auroc - 0.5).abs()));
            }
        }
        let found = match interval {
            None => Found::Unknown,
            Some(interval) if interval.low > 0.5 => Found::Above,
            Some(interval) if interval.high < 0.5 => Found::Below,
            Some(_) => Found::Chance,
        };
        EdgeRow {
            system: system.system,
            source,
            auroc: Spread::of(&aurocs),
            interval,
            distance: Spread::of(&distances),
            distance_by_chance: (!by_chance.is_empty()).then(|| mean(&by_chance)),
            found,
        }
    }
}

/// The row of the model at a place of the configuration.
fn row(system: &SystemResult, place: usize, step: usize) -> ErrorRow {
    let (mut errors, mut skills) = (Vec::new(), Vec::new());
    for instance in &system.instances {
        let at_step = |place: usize| Some(instance.models[place].errors.as_ref()?[step - 1]);
        let Some(error) = at_step(place) else { continue };
        errors.push(error);
        let copy = instance.models.iter().position(|result| result.model == "copy");
        skills.extend(copy.and_then(at_step).map(|of_copy| 1. - error / of_copy));
    }
    ErrorRow {
        system: system.system,
        model: system.instances[0].models[place].model,
        step,
        mse: Spread::of(&errors),
        skill: Spread::of(&skills),
        n_diverged: system.instances.len() - errors.len(),
    }
}
