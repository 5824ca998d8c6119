//! One fit of a forecasting study: a model on some animals, and its forecasts of the others.

use super::config::ForecastVariant;
use super::errors::{Outcome, StepErrors, forecast_errors};
use super::networks::{ForecasterVisitor, init_forecaster};
use super::plan::{ForecastPlan, PlannedFit, starts_within};
use super::result::{ForecastEvaluation, ForecastFit, ForecastTraining};
use crate::config::Protocol;
use crate::error::StudyError;
use crate::seed::generator;
use crate::view::View;
use burn::tensor::Device;
use nervering_models::forecast::{BaselineForecast, ForecastAnimal, ForecastFrames};
use nervering_models::{Dimensions, ForecastingNetwork};
use nervering_nn::ops::Engine;
use nervering_prepare::{EVALUATION_STEPS, N_FEATURES, TRAINING_STEPS};
use nervering_train::{
    ForecastCheckpoint, ForecastFitConfig, ForecastReport, ForecastStatistics, ForecasterTraining,
    RollOutStatistics, ScheduledSampling, Sequences, Stepped, forecast,
};
use std::borrow::Cow;

/// Who drives a fit: where it begins, and what happens after each of its gradient steps.
pub(super) struct Driver<'a> {
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
    let view = &plan.views[fit.variant];
    let features = &view.features(&fit.subset, FOLD)?;
    let task = Task { plan, view, variant: plan.variant(fit), fit, features };
    match fit.model.baseline() {
        Some(baseline) => task.baseline(baseline).map(Some),
        None => {
            let rngs = &mut [task.generator("forecast-weights")];
            let (width, sizes) = (plan.config().width, task.sizes());
            let device = &Device::flex().autodiff();
            init_forecaster(fit.model, width, sizes, rngs, device, Network { task, driver })
        }
    }
}

/// Of the splits that a view cuts, the first is used.
const FOLD: usize = 0;

/// A fit, and what it works on.
#[derive(Clone, Copy)]
struct Task<'a> {
    plan: &'a ForecastPlan,
    view: &'a View,
    variant: &'a ForecastVariant,
    fit: &'a PlannedFit,
    /// Of every animal of the view, `[frame, neuron, feature]`.
    features: &'a [Cow<'a, [f32]>],
}

impl Task<'_> {
    fn baseline(self, model: &dyn BaselineForecast) -> Result<ForecastFit, StudyError> {
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
        let evaluations = self.evaluations(|animal, starts| {
            let features = &self.features[animal];
            starts
                .iter()
                .map(|&start| fitted.roll_out(features, start, EVALUATION_STEPS))
                .collect()
        });
        Ok(self.result(fitted.chosen(), None, evaluations))
    }

    /// Under `strict` batch norms take their statistics from the training animals, since those of
    /// the evaluated one rest on frames after the start of a forecast; under the others from all
    /// forecasts of the evaluated animal, as in the scripts.
    fn network<N: ForecastingNetwork>(
        self,
        network: N,
        driver: Driver<'_>,
    ) -> Result<Option<ForecastFit>, StudyError> {
        let engine = Engine::fastest();
        let (plain, learning) = (Device::flex(), Device::flex().autodiff());
        let sequences_of = |frames: fn(&nervering_prepare::Split) -> &[usize], device: &Device| {
            let of_animal = |&k: &usize| {
                let starts = starts_within(frames(&self.view.animals[k].splits[FOLD]));
                self.sequences(k, &starts, TRAINING_STEPS, device)
            };
            self.fit.subset.iter().map(of_animal).collect::<Vec<Sequences>>()
        };
        let train = sequences_of(|split| &split.train, &learning);
        let validation = sequences_of(|split| &split.validation, &plain);
        let config = self.fit_config(engine);
        let rng = &mut self.generator("forecast-sampling");
        let mut training = ForecasterTraining::new(network, &train, &validation, &config, rng);
        if let Some(checkpoint) = driver.begin {
            if let Err(error) = training.go_to(checkpoint) {
                (driver.unusable)(error.to_string());
            }
        }
        while training.step() == Stepped::On {
            let next = (driver.after_step)();
            if next != Next::GoOn {
                (driver.keep)(&training.checkpoint())?;
            }
            if next == Next::Stop {
                return Ok(None);
            }
        }
        let fitted = training.finish();
        let statistics =
            match self.variant.protocol {
                Protocol::Paper | Protocol::AuthorsCode => ForecastStatistics::Evaluated,
                Protocol::Strict => ForecastStatistics::Training(RollOutStatistics::measure(
                    &fitted.network,
                    &train,
                    EVALUATION_STEPS,
                    engine,
                )),
            };
        let evaluations = self.evaluations(|animal, starts| {
            let evaluated = self.sequences(animal, starts, EVALUATION_STEPS, &plain);
            let forecasts =
                forecast(&fitted.network, &evaluated, EVALUATION_STEPS, engine, &statistics);
            let of_start = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect();
            forecasts.chunks_exact(forecasts.len() / starts.len()).map(of_start).collect()
        });
        let report = fitted.report;
        let mut chosen = format!("epoch {} of {}", report.best_epoch, config.epochs);
        if let Some(epoch) = report.diverged_in {
            chosen += &format!(", training diverged in epoch {epoch}");
        }
        Ok(Some(self.result(chosen, Some(training_of(report, &config)), evaluations)))
    }

    /// As the protocol has it, for as many epochs as the study has.
    fn fit_config(&self, engine: Engine) -> ForecastFitConfig {
        let whole = match self.variant.protocol {
            Protocol::Paper | Protocol::Strict => ForecastFitConfig::paper(engine),
            Protocol::AuthorsCode => {
                ForecastFitConfig::scripts(self.fit.model.learning_rate(), engine)
            }
        };
        // A shorter training sees the truth for the same share of it, or it would end before it
        // has learnt to start from its own predictions.
        let epochs = self.plan.config().epochs;
        let sampling = ScheduledSampling { ends_at: whole.sampling.ends_at * epochs / whole.epochs };
        ForecastFitConfig { epochs, sampling, ..whole }
    }

    fn sequences(
        &self,
        animal: usize,
        starts: &[usize],
        n_steps: usize,
        device: &Device,
    ) -> Sequences {
        let sizes = [self.sizes().n_neurons, N_FEATURES];
        Sequences::new(&self.features[animal], sizes, starts, n_steps, device)
    }

    /// Of every animal that has frames to be forecast; `roll_out` forecasts one animal from all its
    /// starts, each `[step, neuron, feature]`.
    fn evaluations(
        &self,
        roll_out: impl Fn(usize, &[usize]) -> Vec<Vec<f64>>,
    ) -> Vec<ForecastEvaluation> {
        let (n_neurons, scale) = (self.sizes().n_neurons, self.variant.to_unit_interval());
        let of_animal = |animal: usize| {
            let starts = self.plan.evaluation_starts(self.fit, animal);
            if starts.is_empty() {
                return None;
            }
            let forecasts = roll_out(animal, &starts);
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

    fn result(
        &self,
        chosen: String,
        training: Option<ForecastTraining>,
        evaluations: Vec<ForecastEvaluation>,
    ) -> ForecastFit {
        ForecastFit {
            variant: self.variant.name.clone(),
            model: self.fit.model.as_str().to_owned(),
            trained_on: self.plan.trained_on(self.fit),
            chosen,
            training,
            evaluations,
        }
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
struct Network<'a> {
    task: Task<'a>,
    driver: Driver<'a>,
}

impl ForecasterVisitor for Network<'_> {
    type Output = Result<Option<ForecastFit>, StudyError>;

    fn visit<N: ForecastingNetwork>(self, network: N) -> Self::Output {
        self.task.network(network, self.driver)
    }
}

fn training_of(report: ForecastReport, config: &ForecastFitConfig) -> ForecastTraining {
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
