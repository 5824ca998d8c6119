//! One fit: a model on the trajectories of one instance, its forecasts of others, and the edges that
//! it infers from them.

use super::data::Instance;
use super::{KnownTruthConfig, KnownTruthError};
use burn::tensor::{Device, Tensor, TensorData};
use nervering_models::forecast::{BaselineForecast, ForecastFrames, ForecastKind};
use nervering_models::trajectory::{TrajectoryConfig, TrajectoryNetwork, TrajectoryVisitor};
use nervering_models::{ForecastModel, ForecastingNetwork};
use nervering_nn::ops::{Engine, Frames};
use nervering_nn::pass::Pass;
use nervering_prepare::{EVALUATION_STEPS, TRAINING_STEPS};
use nervering_train::{
    ForecastFitConfig, ForecastStatistics, RollOutStatistics, ScheduledSampling, SequenceLength,
    Sequences, fit_forecaster, forecast,
};

/// A fit, and what it works on.
pub(super) struct Fit<'a> {
    pub(super) instance: &'a Instance,
    pub(super) config: &'a KnownTruthConfig,
    pub(super) model: ForecastModel,
}

/// What came of a fit.
pub(super) struct Fitted {
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
    /// Fits and measures; nothing when `on_epoch`, which hears of the gradient steps just done,
    /// returns false.
    pub(super) fn result(
        &self,
        on_epoch: &dyn Fn(usize) -> bool,
    ) -> Result<Option<Fitted>, KnownTruthError> {
        match self.model.kind() {
            ForecastKind::Baseline(baseline) => self.baseline(baseline).map(Some),
            ForecastKind::Network(architecture) => {
                let Self { instance, config, model } = self;
                let rngs = &mut [instance.generator(config, &["weights", model.as_str()])];
                let network =
                    TrajectoryConfig { width: config.width, ..TrajectoryConfig::scripts() };
                let visitor = NetworkFit { fit: self, architecture, on_epoch };
                Ok(architecture.init_with(network, instance.sizes(), rngs, &learning(), visitor))
            }
        }
    }

    fn baseline(&self, model: &dyn BaselineForecast) -> Result<Fitted, KnownTruthError> {
        let instance = self.instance;
        let frames: Vec<usize> = (0..instance.n_frames).collect();
        let starts = instance.validation_starts();
        let frames = ForecastFrames {
            animals: &instance.animals(&frames, &starts),
            n_neurons: instance.n_nodes,
            n_features: instance.n_features,
            n_steps: TRAINING_STEPS,
        };
        let (system, at, what) = (instance.system, instance.at + 1, model.name());
        let fitted = model.fit(&frames).map_err(|source| KnownTruthError::Forecast {
            system,
            instance: at,
            what,
            source,
        })?;
        let mut forecasts = Vec::new();
        for trajectory in instance.test.each() {
            for start in instance.test_starts() {
                forecasts.push(fitted.roll_out(trajectory, start, EVALUATION_STEPS));
            }
        }
        let errors = self.errors(forecasts.into_iter());
        Ok(Fitted { chosen: fitted.chosen(), best_epoch: None, errors, edges: None })
    }

    /// Mean squared error of each step, over forecasts of all test starts in order, nodes, and the
    /// features that change. `None` when one is not finite: the mean over the others would flatter.
    fn errors(&self, forecasts: impl Iterator<Item = Vec<f64>>) -> Option<Vec<f64>> {
        let Instance { n_nodes, n_features, n_changing, .. } = *self.instance;
        let n_columns = n_nodes * n_features;
        let test = &self.instance.test;
        let starts = self.instance.in_each(&self.instance.test_starts(), test.len());
        let mut sums = [0f64; EVALUATION_STEPS];
        for (forecast, &start) in forecasts.zip(&starts) {
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

/// A network of any architecture on its way through training to forecasts and edges.
struct NetworkFit<'a> {
    fit: &'a Fit<'a>,
    architecture: TrajectoryNetwork,
    on_epoch: &'a dyn Fn(usize) -> bool,
}

impl NetworkFit<'_> {
    fn config(&self) -> ForecastFitConfig {
        let scripts =
            ForecastFitConfig::scripts(self.architecture.learning_rate(), Engine::fastest());
        let epochs = self.fit.config.epochs;
        // A shorter training sees the truth for the same share of it.
        let ends_at = scripts.sampling.ends_at * epochs / scripts.epochs;
        ForecastFitConfig { epochs, sampling: ScheduledSampling { ends_at }, ..scripts }
    }

    fn sequences(
        &self,
        features: &[f32],
        starts: &[usize],
        length: SequenceLength,
        device: &Device,
    ) -> Sequences {
        let Instance { n_nodes, n_features, .. } = *self.fit.instance;
        Sequences::new(features, [n_nodes, n_features], starts, length, device)
    }

    /// Mean over all test frames, with what is taken over frames taken from these.
    fn edges<N: ForecastingNetwork>(&self, network: &N) -> Option<Vec<f64>> {
        let Instance { n_nodes, n_features, n_frames, ref test, .. } = *self.fit.instance;
        let burn_in = network.burn_in();
        let starts: Vec<usize> = (burn_in - 1..n_frames).collect();
        let starts = self.fit.instance.in_each(&starts, test.len());
        let row = n_nodes * n_features;
        let history =
            |start: &usize| &test.values()[(start + 1 - burn_in) * row..][..burn_in * row];
        let history: Vec<f32> = starts.iter().flat_map(history).copied().collect();
        let data = TensorData::new(history, [1, starts.len(), burn_in, n_nodes, n_features]);
        let pass = Pass::with_batch_statistics(Engine::fastest(), Frames::new([starts.len()]));
        let (x, mut memory) = network.start(&pass, Tensor::from_data(data, &Device::flex()));
        let edges = network.edges(&pass, x, &mut memory)?;
        Some(edges.into_data().convert::<f64>().try_to_vec().expect("converted to float64"))
    }
}

impl TrajectoryVisitor for NetworkFit<'_> {
    type Output = Option<Fitted>;

    fn visit<N: ForecastingNetwork>(self, network: N) -> Self::Output {
        let Fit { instance, config: asked, model } = *self.fit;
        let burn_in = network.burn_in();
        let length = SequenceLength { burn_in, n_steps: TRAINING_STEPS };
        let starts = instance.in_each(&instance.training_starts(burn_in), asked.batch);
        let of_batch = |k: usize| {
            let features = instance.train.some(k * asked.batch..(k + 1) * asked.batch);
            self.sequences(features, &starts, length, &learning())
        };
        let train: Vec<Sequences> = (0..asked.n_batches).map(of_batch).collect();
        let starts = instance.in_each(&instance.validation_starts(), asked.n_evaluated);
        let features = instance.validation.values();
        let validation = [self.sequences(features, &starts, length, &Device::flex())];

        let config = self.config();
        let rng = &mut instance.generator(asked, &["sampling", model.as_str()]);
        let on_epoch = || (self.on_epoch)(asked.n_batches);
        let fitted = fit_forecaster(network, &train, &validation, &config, rng, on_epoch)?;

        let (network, engine, n_steps) = (&fitted.network, config.engine, EVALUATION_STEPS);
        let statistics = RollOutStatistics::measure(network, &train, n_steps, engine);
        let starts = instance.in_each(&instance.test_starts(), asked.n_evaluated);
        let length = SequenceLength { burn_in, n_steps };
        let features = instance.test.values();
        let test = self.sequences(features, &starts, length, &Device::flex());
        let statistics = ForecastStatistics::Training(statistics);
        let forecasts = forecast(network, &test, n_steps, engine, &statistics);
        let per_start = forecasts.len() / starts.len();
        let doubled = |steps: &[f32]| steps.iter().map(|&value| f64::from(value)).collect();
        let errors = self.fit.errors(forecasts.chunks_exact(per_start).map(doubled));
        let mut chosen = format!("epoch {} of {}", fitted.report.best_epoch, config.epochs);
        if let Some(epoch) = fitted.report.diverged_in {
            chosen += &format!(", training diverged in epoch {epoch}");
        }
        let best_epoch = Some(fitted.report.best_epoch);
        Some(Fitted { chosen, best_epoch, errors, edges: self.edges(network) })
    }
}

fn learning() -> Device {
    Device::flex().autodiff()
}
