//! One fit: a model on the trajectories of one instance, its forecasts of others, and the edges that
//! it infers from them.

use super::data::Instance;
use super::{KnownTruthConfig, KnownTruthError};
use nervering_fit::{
    FittedForecaster, ForecastSource, ForecasterFit, Machine, Protocol, RollOutFrom, Sequence,
    forecaster_recipe,
};
use nervering_models::Loss;
use nervering_models::forecast::{ForecastAnimal, ForecastModel};
use nervering_models::trajectory::{TrajectoryConfig, TrajectoryNetwork};
use nervering_prepare::EVALUATION_STEPS;

/// A fit, and what it works on.
pub(super) struct Fit<'a> {
    pub(super) instance: &'a Instance,
    pub(super) config: &'a KnownTruthConfig,
    pub(super) model: ForecastModel,
    pub(super) machine: &'a Machine,
}

/// What came of a fit.
pub(super) struct OfSystem {
    /// Lags and penalty, or the epoch.
    pub(super) chosen: String,
    /// Of a network.
    pub(super) best_epoch: Option<usize>,
    /// Mean squared error of each step, `None` when a forecast was not finite.
    pub(super) errors: Option<Vec<f64>>,
    /// `[receiver, sender]`, of models that infer edges.
    pub(super) edges: Option<Vec<f64>>,
}

impl Fit<'_> {
    /// Fits and measures; nothing when `on_steps`, which hears of the gradient steps just done,
    /// returns false.
    pub(super) fn result(
        &self,
        on_steps: &dyn Fn(usize) -> bool,
    ) -> Result<Option<OfSystem>, KnownTruthError> {
        let Self { instance, config, model, machine } = *self;
        let source = Trajectories::new(instance, config);
        let recipe = |architecture: TrajectoryNetwork| {
            let scripts = Protocol::AuthorsCode;
            let engine = machine.engine();
            forecaster_recipe(scripts, Loss::default(), architecture, config.epochs, engine)
        };
        let fit = ForecasterFit {
            model,
            source: &source,
            network: TrajectoryConfig { width: config.width, ..TrajectoryConfig::scripts() },
            machine,
            recipe: &recipe,
            weights: instance.generator(config, &["weights", model.as_str()]),
            sampling: instance.generator(config, &["sampling", model.as_str()]),
        };
        let (system, at) = (instance.system, instance.at + 1);
        let failed = |source| {
            let source = Box::new(source);
            KnownTruthError::Fit { system, instance: at, source }
        };
        let Some(trained) = fit.fit(&on_steps).map_err(failed)? else { return Ok(None) };
        let forecaster = &trained.forecaster;
        let (errors, edges) = (self.errors(forecaster), self.edges(forecaster));
        let best_epoch = trained.training.map(|training| training.best_epoch);
        Ok(Some(OfSystem { chosen: trained.chosen, best_epoch, errors, edges }))
    }

    /// Mean over all test frames, with what is taken over frames taken from these. All trajectories are of one
    /// graph: a model that reads one out of an animal takes the first.
    fn edges(&self, fitted: &FittedForecaster) -> Option<Vec<f64>> {
        let Instance { n_frames, ref test, .. } = *self.instance;
        let starts: Vec<usize> = (fitted.burn_in().unwrap_or(1) - 1..n_frames).collect();
        fitted.edges(test.values(), &self.instance.in_each(&starts, test.len()))
    }

    /// Mean squared error of each step, over forecasts of all test starts in order, nodes, and the
    /// features that change. `None` when one is not finite: the mean over the others would flatter.
    fn errors(&self, fitted: &FittedForecaster) -> Option<Vec<f64>> {
        let Instance { n_nodes, n_features, n_changing, .. } = *self.instance;
        let n_columns = n_nodes * n_features;
        let test = &self.instance.test;
        let starts = self.instance.in_each(&self.instance.test_starts(), test.len());
        let from = RollOutFrom::Training;
        let forecasts = match fitted.burn_in() {
            Some(_) => fitted.forecasts(test.values(), &starts, EVALUATION_STEPS, from),
            // What knows the whole past of an animal must not take one trajectory for that of another.
            None => {
                let own = self.instance.test_starts();
                let of_one = |features| fitted.forecasts(features, &own, EVALUATION_STEPS, from);
                test.each().flat_map(of_one).collect()
            }
        };
        let mut sums = [0f64; EVALUATION_STEPS];
        let of_starts = forecasts.chunks_exact(EVALUATION_STEPS * n_columns);
        for (forecast, &start) in of_starts.zip(&starts) {
            let truth = &test.values()[(start + 1) * n_columns..];
            for (at, (value, truth)) in forecast.iter().zip(truth).enumerate() {
                if !value.is_finite() {
                    return None;
                }
                if at % n_features < n_changing {
                    sums[at / n_columns] += (value - f64::from(*truth)).powi(2);
                }
            }
        }
        let n = (starts.len() * n_nodes * n_changing) as f64;
        Some(sums.map(|sum| sum / n).to_vec())
    }
}

/// What a fit learns from.
struct Trajectories<'a> {
    instance: &'a Instance,
    config: &'a KnownTruthConfig,
    all_frames: Vec<usize>,
    validation_starts: Vec<usize>,
}

impl<'a> Trajectories<'a> {
    fn new(instance: &'a Instance, config: &'a KnownTruthConfig) -> Self {
        let all_frames = (0..instance.n_frames).collect();
        Self { instance, config, all_frames, validation_starts: instance.validation_starts() }
    }
}

impl ForecastSource for Trajectories<'_> {
    fn sizes(&self) -> [usize; 2] {
        [self.instance.n_nodes, self.instance.n_features]
    }

    fn animals(&self) -> Vec<ForecastAnimal<'_>> {
        self.instance.animals(&self.all_frames, &self.validation_starts)
    }

    fn train(&self, burn_in: usize) -> Vec<Sequence<'_>> {
        let Self { instance, config, .. } = self;
        let starts = instance.in_each(&instance.training_starts(burn_in), config.batch);
        let of_batch = |k: usize| Sequence {
            features: instance.train.some(k * config.batch..(k + 1) * config.batch),
            animal: None,
            starts: starts.clone(),
        };
        (0..config.n_batches).map(of_batch).collect()
    }

    fn validation(&self) -> Vec<Sequence<'_>> {
        let starts = self.instance.in_each(&self.validation_starts, self.config.n_evaluated);
        vec![Sequence { features: self.instance.validation.values(), animal: None, starts }]
    }

    fn name(&self) -> String {
        "the simulated trajectories".to_owned()
    }
}
