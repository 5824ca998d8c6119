//! Systems whose graph is known: do networks that forecast find it? For each kind of simulated
//! systems ([`nervering_simulate::coupled`]) and several networks of that kind, models are trained on
//! trajectories, forecast others, and, where they infer edges, are asked for these.
//!
//! A [`KnownTruthConfig`] says how much of everything; [`run`] simulates, fits and measures;
//! [`KnownTruth`] holds what came out, and gives rows of tables: [`KnownTruth::error_rows`],
//! [`KnownTruth::edge_rows`]. The unit is the instance, one network of a kind: its trajectories share
//! a graph, as recordings of one nervous system do, and an inferred graph is one number of evidence
//! however many trajectories it rests on.
//!
//! Beside these, models that read a graph out of how nodes move are trained on simulations with a graph of their
//! own each ([`OwnGraphsConfig`]), and asked for the graphs of others ([`ReadGraphs`]).
//!
//! What a number may know is as under `strict`: ranges and batch statistics of forecasts come from
//! the trajectories trained on. Edges are inferred from trajectories that were not trained on, with
//! the statistics of those, as a recording's edges are. Nothing is saved on the way.

mod config;
mod data;
mod fit;
mod own_graphs;
mod references;
mod result;
mod rows;
#[cfg(test)]
mod tests;

pub use config::KnownTruthConfig;
pub use own_graphs::{OwnGraphsConfig, ReadGraphs};
pub use references::{CORRELATION, LINEAR};
pub use result::{InferredGraph, InstanceResult, KnownTruth, ModelResult, SystemResult};
pub use rows::{EdgeRow, ErrorRow, Found};

use data::Instance;
use fit::{Fit, OfSystem};
use nervering_fit::{Machine, ModelError};
use nervering_grid::{GridError, Progress, on_threads};
use nervering_models::ForecastModel;
use nervering_models::forecast::ForecastError;
use nervering_simulate::SimulateError;
use nervering_simulate::coupled::CoupledConfig;
use nervering_statistics::seed::generator;

/// Why a study of known truth has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KnownTruthError {
    /// A system that cannot be simulated.
    #[error(transparent)]
    Simulate(#[from] SimulateError),
    /// A part of the configuration that leaves nothing to do.
    #[error("{what}: found {found}, expected {expected}")]
    Config {
        /// The part.
        what: &'static str,
        /// What was asked for.
        found: usize,
        /// What would be possible.
        expected: &'static str,
    },
    /// A model that could not be fitted.
    #[error("{system}, instance {instance}: a model failed to fit")]
    Fit {
        /// The kind of systems.
        system: &'static str,
        /// The instance, from 1.
        instance: usize,
        /// Why.
        #[source]
        source: Box<ModelError>,
    },
    /// A regression that found no answer.
    #[error("{system}, instance {instance}: {what} failed to fit")]
    Forecast {
        /// The kind of systems.
        system: &'static str,
        /// The instance, from 1.
        instance: usize,
        /// The reference of edges.
        what: &'static str,
        /// Why.
        #[source]
        source: ForecastError,
    },
    /// What reads graphs of simulations found no answer.
    #[error("{system}, a graph of each simulation: a model failed to fit")]
    OwnGraphs {
        /// The kind of systems.
        system: &'static str,
        /// Why.
        #[source]
        source: ForecastError,
    },
    /// The user stopped it.
    #[error(
        "stopped after {done} of {total} fits, none of which is kept; the next run begins anew"
    )]
    Stopped {
        /// Fits that were done.
        done: usize,
        /// Fits of the study.
        total: usize,
    },
    /// The worker threads could not be started.
    #[error(transparent)]
    Threads(#[from] GridError),
}

/// Simulates, fits and measures, on all threads of a machine; the result does not depend on their number.
/// `interrupted` is asked after every epoch.
///
/// # Errors
/// [`KnownTruthError`].
pub fn run(
    config: &KnownTruthConfig,
    machine: &Machine,
    progress: &dyn Progress,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<KnownTruth, KnownTruthError> {
    config.validate()?;
    let mut instances = Vec::new();
    for system in &config.systems {
        for at in 0..config.n_instances {
            instances.push(Instance::simulate(config, system, at)?);
        }
    }
    // Those that take longest first, and a baseline fills the time in which one thread waits.
    let mut jobs: Vec<Job<'_>> = Vec::new();
    let OwnGraphsConfig { systems, models, .. } = &config.own_graphs;
    let models = models.iter().map(|&model| Some(model)).chain([None]);
    for model in models {
        jobs.extend(systems.iter().map(|system| Job::OwnGraphs(system, model)));
    }
    for wants_network in [true, false] {
        let of_kind = config.models.iter().filter(|m| m.network().is_some() == wants_network);
        let of_kind =
            of_kind.flat_map(|&model| (0..instances.len()).map(move |at| Job::Fit(at, model)));
        jobs.extend(of_kind);
    }
    let on_steps = |n_steps: usize| {
        if n_steps > 0 {
            progress.steps(n_steps);
        }
        !interrupted()
    };
    let run_job = |job: &Job<'_>| -> Result<Option<Earned>, KnownTruthError> {
        let (n_fits, earned) = match *job {
            Job::OwnGraphs(system, model) => {
                let own = &config.own_graphs;
                let read = own_graphs::read(own, system, model, config.n_frames, config.seed)?;
                (usize::from(model.is_some()), Some(Earned::OwnGraphs(read)))
            }
            Job::Fit(at, model) => {
                let fit = Fit { instance: &instances[at], config, model, machine };
                let fitted = fit.result(&on_steps)?;
                let n_fits = usize::from(fitted.is_some());
                (n_fits, fitted.map(|fitted| Earned::Fit((at, model), fitted)))
            }
        };
        progress.fits_done(n_fits, 0);
        Ok(earned)
    };
    let earned = on_threads(machine.threads(), &jobs, interrupted, run_job)?;
    let (mut fits, mut read) = (Vec::new(), Vec::new());
    for earned in earned.into_iter().flatten() {
        match earned {
            Earned::Fit(of, fitted) => fits.push((of, fitted)),
            Earned::OwnGraphs(graphs) => read.push(graphs),
        }
    }
    if fits.len() + read.len() < jobs.len() {
        let is_model = |read: &&ReadGraphs| read.source != LINEAR;
        let done = fits.len() + read.iter().filter(is_model).count();
        return Err(KnownTruthError::Stopped { done, total: config.n_fits() });
    }
    let place = |model: ForecastModel| config.models.iter().position(|m| *m == model);
    fits.sort_by_key(|((instance, model), _)| (*instance, place(*model)));
    let of_system = |read: &ReadGraphs| systems.iter().position(|s| s.name() == read.system);
    read.sort_by_key(|read| (of_system(read), read.source != LINEAR, read.source));
    Ok(KnownTruth { own_graphs: read, ..gathered(config, &instances, fits)? })
}

/// A piece of work.
enum Job<'a> {
    /// A model on an instance.
    Fit(usize, ForecastModel),
    /// A model, or the reference, on simulations with a graph of their own each.
    OwnGraphs(&'a CoupledConfig, Option<ForecastModel>),
}

/// What came of it.
enum Earned {
    Fit((usize, ForecastModel), OfSystem),
    OwnGraphs(ReadGraphs),
}

/// Results of single fits, by system and instance, beside the references.
fn gathered(
    config: &KnownTruthConfig,
    instances: &[Instance],
    earned: Vec<((usize, ForecastModel), OfSystem)>,
) -> Result<KnownTruth, KnownTruthError> {
    let mut of_instances: Vec<InstanceResult> = Vec::new();
    for instance in instances {
        let graphs = references::graphs(instance)?;
        let truth = instance.truth.clone();
        of_instances.push(InstanceResult { truth, models: Vec::new(), graphs });
    }
    for ((at, model), fitted) in earned {
        let of_instance = &mut of_instances[at];
        if let Some(weights) = fitted.edges {
            let graph = InferredGraph::new(model.as_str(), weights, &of_instance.truth);
            of_instance.graphs.push(graph);
        }
        let OfSystem { chosen, best_epoch, errors, .. } = fitted;
        of_instance.models.push(ModelResult { model: model.as_str(), chosen, best_epoch, errors });
    }
    let mut of_instances = of_instances.into_iter();
    let system = |system: &CoupledConfig| SystemResult {
        system: system.name(),
        features: system.features(),
        n_changing: system.n_changing_features(),
        n_nodes: system.n_nodes(),
        instances: of_instances.by_ref().take(config.n_instances).collect(),
    };
    let systems = config.systems.iter().map(system).collect();
    Ok(KnownTruth { config: config.clone(), systems, own_graphs: Vec::new() })
}

impl Instance {
    /// The generator of a purpose.
    fn generator(&self, config: &KnownTruthConfig, parts: &[&str]) -> rand_chacha::ChaCha8Rng {
        let at = self.at.to_string();
        generator(config.seed, &[&["known-truth", self.system, &at], parts].concat())
    }
}
