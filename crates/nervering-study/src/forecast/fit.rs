//! One fit of a forecasting study: a model on some animals, and its forecasts of the others.

use super::config::ForecastVariant;
use super::errors::{Outcome, StepErrors, forecast_errors};
use super::plan::{ForecastPlan, PlannedFit, starts_within};
use super::result::{ForecastEvaluation, ForecastFit, ForecastTraining};
use crate::config::Protocol;
use crate::error::StudyError;
use crate::view::View;
use burn::tensor::Device;
use nervering_models::forecast::{BaselineForecast, ForecastAnimal, ForecastFrames, ForecastKind};
use nervering_models::trajectory::{TrajectoryNetwork, TrajectoryVisitor};
use nervering_models::{Dimensions, ForecastingNetwork, Loss};
use nervering_nn::ops::Engine;
use nervering_prepare::{EVALUATION_STEPS, N_FEATURES, TRAINING_STEPS};
use nervering_statistics::seed::generator;
use nervering_train::{
    ForecastCheckpoint, ForecastFitConfig, ForecastReport, ForecastStatistics, ForecasterTraining,
    RollOutStatistics, ScheduledSampling, SequenceLength, Sequences, Stepped, forecast,
};
use std::borrow::Cow;

/// Who drives a fit: where it begins, and what happens after each of its gradient steps.
pub(super) struct Driver<'a> {
    /// Epochs of a network.
    pub(super) epochs: usize,
    /// Where an earlier run has left it.
    pub(super) begin: Option<ForecastCheckpoint>,
    /// Hears of a checkpoint that cannot be of this fit, which then begins anew.
    pub(super) unusable: &'a dyn Fn(String),
    /// Hears of every gradient step, and says what is next.
    pub(super) after_step: &'a dyn Fn() -> Next,
    /// Keeps where the fit stands.
    pub(super) keep: &'a dyn Fn(&ForecastCheckpoint) -> Result<(), StudyError>,
}

/// What a driver wants after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// The next step.
    GoOn,
    /// The next step, after where the fit stands has been kept.
    Keep,
    /// No more, after where the fit stands has been kept.
    Stop,
}

/// Fits and evaluates; nothing when the driver has stopped it.
pub(super) fn run(
    plan: &ForecastPlan,
    fit: &PlannedFit,
    driver: Driver<'_>,
) -> Result<Option<ForecastFit>, StudyError> {
    let task = Task::new(plan, fit)?;
    Ok(task.fitted(driver)?.map(|fitted| ForecastFit {
        variant: task.variant.name.clone(),
        model: fit.model.as_str().to_owned(),
        trained_on: plan.trained_on(fit),
        evaluations: task.evaluations(&fitted),
        chosen: fitted.chosen,
        training: fitted.training,
    }))
}

/// A model that has been fitted.
pub(super) struct Fitted<'a> {
    chosen: String,
    training: Option<ForecastTraining>,
    /// Forecasts an animal of the view from all starts together, each `[step, neuron, feature]`.
    pub(super) roll_out: Box<RollOut<'a>>,
}

type RollOut<'a> = dyn Fn(usize, &[usize]) -> Vec<Vec<f64>> + 'a;

/// Of the splits that a view cuts, the first is used.
const FOLD: usize = 0;

/// A fit, and what it works on.
pub(super) struct Task<'a> {
    plan: &'a ForecastPlan,
    view: &'a View,
    variant: &'a ForecastVariant,
    fit: &'a PlannedFit,
    /// Of every animal of the view, `[frame, neuron, feature]`.
    features: Vec<Cow<'a, [f32]>>,
}

impl<'a> Task<'a> {
    pub(super) fn new(plan: &'a ForecastPlan, fit: &'a PlannedFit) -> Result<Self, StudyError> {
        let view = &plan.views[fit.variant];
        let features = view.features(&fit.subset, FOLD)?;
        Ok(Self { plan, view, variant: plan.variant(fit), fit, features })
    }

    /// Fits; nothing when the driver has stopped it.
    pub(super) fn fitted(&self, driver: Driver<'_>) -> Result<Option<Fitted<'_>>, StudyError> {
        match self.fit.model.kind() {
            ForecastKind::Baseline(baseline) => self.baseline(baseline).map(Some),
            ForecastKind::Network(architecture) => {
                let rngs = &mut [self.generator("forecast-weights")];
                let (config, sizes) = (self.plan.config().network, self.sizes());
                let device = &Device::flex().autodiff();
                let network = Network { task: self, architecture, driver };
                architecture.init_with(config, sizes, rngs, device, network)
            }
        }
    }

    fn baseline(&self, model: &dyn BaselineForecast) -> Result<Fitted<'_>, StudyError> {
        let splits = |k: usize| &self.view.animals[k].splits[FOLD];
        let of = |&k: &usize| starts_within(&splits(k).validation);
        let validation: Vec<Vec<usize>> = self.fit.subset.iter().map(of).collect();
        let seen: Vec<ForecastAnimal<'_>> = self
            .fit
            .subset
            .iter()
            .zip(&validation)
            .map(|(&k, validation_starts)| ForecastAnimal {
                features: &self.features[k],
                train: &splits(k).train,
                validation_starts,
            })
            .collect();
        let n_neurons = self.sizes().n_neurons;
        let (n_features, n_steps) = (N_FEATURES, TRAINING_STEPS);
        let frames = ForecastFrames { animals: &seen, n_neurons, n_features, n_steps };
        let fitted = model.fit(&frames).map_err(|source| StudyError::Forecast {
            model: model.name(),
            trained_on: format!("{:?}", self.plan.trained_on(self.fit)),
            source,
        })?;
        let (chosen, training) = (fitted.chosen(), None);
        let roll_out = move |animal: usize, starts: &[usize]| {
            let of_start =
                |&start| fitted.roll_out(&self.features[animal], start, EVALUATION_STEPS);
            starts.iter().map(of_start).collect()
        };
        Ok(Fitted { chosen, training, roll_out: Box::new(roll_out) })
    }

    /// Under `strict` batch norms and static edges take their statistics from the training animals,
    /// since those of the evaluated one rest on frames after the start of a forecast; under the
    /// others from all forecasts of the evaluated animal, as in the scripts.
    fn network<N: ForecastingNetwork>(
        &self,
        architecture: TrajectoryNetwork,
        network: N,
        driver: Driver<'_>,
    ) -> Result<Option<Fitted<'_>>, StudyError> {
        let engine = Engine::fastest();
        let (plain, learning) = (Device::flex(), Device::flex().autodiff());
        let of_training = SequenceLength { burn_in: network.burn_in(), n_steps: TRAINING_STEPS };
        let of_evaluation = SequenceLength { n_steps: EVALUATION_STEPS, ..of_training };
        let sequences_of = |frames: fn(&nervering_prepare::Split) -> &[usize], device: &Device| {
            let of_animal = |&k: &usize| {
                let starts = starts_within(frames(&self.view.animals[k].splits[FOLD]));
                self.sequences(k, &starts, of_training, device)
            };
            self.fit.subset.iter().map(of_animal).collect::<Vec<Sequences>>()
        };
        let train = sequences_of(|split| &split.train, &learning);
        let validation = sequences_of(|split| &split.validation, &plain);
        let config = self.fit_config(architecture, driver.epochs);
        let rng = &mut self.generator("forecast-sampling");
        let mut training = ForecasterTraining::new(network, &train, &validation, &config, rng);
        if let Some(checkpoint) = driver.begin
            && let Err(error) = training.go_to(checkpoint)
        {
            (driver.unusable)(error.to_string());
        }
        loop {
            let stepped = training.step();
            let next = (driver.after_step)();
            if stepped == Stepped::Finished {
                break;
            }
            if next != Next::GoOn {
                (driver.keep)(&training.checkpoint())?;
            }
            if next == Next::Stop {
                return Ok(None);
            }
        }
        let fitted = training.finish();
        let statistics = match self.variant.protocol {
            Protocol::Paper | Protocol::AuthorsCode => ForecastStatistics::Evaluated,
            Protocol::Strict => ForecastStatistics::Training(RollOutStatistics::measure(
                &fitted.network,
                &train,
                EVALUATION_STEPS,
                engine,
            )),
        };
        let (network, report) = (fitted.network, fitted.report);
        let mut chosen = format!("epoch {} of {}", report.best_epoch, config.epochs);
        if let Some(epoch) = report.diverged_in {
            chosen += &format!(", training diverged in epoch {epoch}");
        }
        let roll_out = move |animal: usize, starts: &[usize]| {
            let evaluated = self.sequences(animal, starts, of_evaluation, &plain);
            let forecasts = forecast(&network, &evaluated, EVALUATION_STEPS, engine, &statistics);
            let of_start = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect();
            forecasts.chunks_exact(forecasts.len() / starts.len()).map(of_start).collect()
        };
        let (training, roll_out) = (Some(training_of(report, &config)), Box::new(roll_out));
        Ok(Some(Fitted { chosen, training, roll_out }))
    }

    fn fit_config(&self, architecture: TrajectoryNetwork, epochs: usize) -> ForecastFitConfig {
        training_config(self.variant.protocol, self.plan.config().loss, architecture, epochs)
    }

    fn sequences(
        &self,
        animal: usize,
        starts: &[usize],
        length: SequenceLength,
        device: &Device,
    ) -> Sequences {
        let sizes = [self.sizes().n_neurons, N_FEATURES];
        Sequences::new(&self.features[animal], sizes, starts, length, device)
    }

    /// Of every animal that has frames to be forecast.
    fn evaluations(&self, fitted: &Fitted<'_>) -> Vec<ForecastEvaluation> {
        let (n_neurons, scale) = (self.sizes().n_neurons, self.variant.to_unit_interval());
        let of_animal = |animal: usize| {
            let starts = self.plan.evaluation_starts(self.fit, animal);
            if starts.is_empty() {
                return None;
            }
            let forecasts = (fitted.roll_out)(animal, &starts);
            let of_start = |at: usize| forecasts[at].clone();
            let features = &self.features[animal];
            let outcome = forecast_errors(features, n_neurons, &starts, EVALUATION_STEPS, of_start);
            Some(ForecastEvaluation {
                animal: self.view.animals[animal].selected.animal.clone(),
                role: self.plan.role(self.fit, animal),
                n_forecasts: starts.len(),
                outcome: scaled(outcome, scale),
            })
        };
        (0..self.view.animals.len()).filter_map(of_animal).collect()
    }

    /// Sizes that the data dictate.
    fn sizes(&self) -> Dimensions {
        let n_neurons = self.view.neurons.len();
        Dimensions { n_neurons, n_features: N_FEATURES, n_classes: 0 }
    }

    /// Of the seed, the purpose, the model and the animals trained on: under every protocol the
    /// same weights.
    fn generator(&self, purpose: &str) -> rand_chacha::ChaCha8Rng {
        let subset: Vec<String> = self.fit.subset.iter().map(usize::to_string).collect();
        let parts = [purpose, self.fit.model.as_str(), &subset.join("+")];
        generator(self.plan.config().seed, &parts)
    }
}

/// [`Task::network`] for whichever network it is.
struct Network<'a, 'd> {
    task: &'a Task<'a>,
    architecture: TrajectoryNetwork,
    driver: Driver<'d>,
}

impl<'a> TrajectoryVisitor for Network<'a, '_> {
    type Output = Result<Option<Fitted<'a>>, StudyError>;

    fn visit<N: ForecastingNetwork>(self, network: N) -> Self::Output {
        self.task.network(self.architecture, network, self.driver)
    }
}

/// How a network is trained under a protocol, for so many epochs.
pub(crate) fn training_config(
    protocol: Protocol,
    loss: Loss,
    architecture: TrajectoryNetwork,
    epochs: usize,
) -> ForecastFitConfig {
    let engine = Engine::fastest();
    let whole = match protocol {
        Protocol::Paper | Protocol::Strict => ForecastFitConfig::paper(engine),
        Protocol::AuthorsCode => ForecastFitConfig::scripts(architecture.learning_rate(), engine),
    };
    // A shorter training sees the truth for the same share of it, or it would end before it has
    // learnt to start from its own predictions.
    let sampling = ScheduledSampling { ends_at: whole.sampling.ends_at * epochs / whole.epochs };
    ForecastFitConfig { epochs, sampling, loss, ..whole }
}

pub(crate) fn training_of(report: ForecastReport, config: &ForecastFitConfig) -> ForecastTraining {
    let best_error = report.best_validation_error;
    ForecastTraining {
        epochs: config.epochs,
        best_epoch: report.best_epoch,
        best_validation_error: best_error.is_finite().then_some(best_error),
        learning_rate: config.learning_rate,
        final_learning_rate: report.final_learning_rate,
        diverged_in: report.diverged_in,
        training_errors: report.training_errors,
        validation_errors: report.validation_errors,
    }
}

/// Errors in other units.
fn scaled(outcome: Outcome, factor: f64) -> Outcome {
    let scale = |errors: Vec<f64>| errors.into_iter().map(|error| error * factor).collect();
    match outcome {
        Outcome::Finite(StepErrors { trace, derivative }) => {
            Outcome::Finite(StepErrors { trace: scale(trace), derivative: scale(derivative) })
        }
        diverged @ Outcome::Diverged { .. } => diverged,
    }
}
