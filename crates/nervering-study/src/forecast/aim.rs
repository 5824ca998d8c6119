//! Forecasting neurons: [`Forecast`], what only studies that forecast are asked, how a fit is made and
//! what is measured of it.

use super::checkpoint;
use super::file::ForecastFile;
use super::notes;
use super::result::{ForecastEvaluation, ForecastFit};
use super::scored::Scored;
use crate::aim::{Aim, Drive};
use crate::config::StudyConfig;
use crate::decode::KeepEdges;
use crate::error::StudyError;
use crate::file::AnimalEntry;
use crate::plan::{Group, Plan, init_of_key};
use nervering_fit::{
    Driver, Fans, FittedForecaster, ForecasterFit, GivenConnectome, ModelError, Next, Outcome,
    Preparation, Protocol, RollOutFrom, StepErrors, View, ViewForecasts, fan_scores,
    forecast_errors, forecaster_recipe, show_fans,
};
use nervering_grid::Context;
use nervering_models::Loss;
use nervering_models::forecast::{ForecastModel, MOST_LAGS};
use nervering_models::trajectory::{TrajectoryConfig, TrajectoryNetwork};
use nervering_prepare::{EVALUATION_STEPS, N_FEATURES, forecast_starts};
use nervering_recording::NeuronSet;
use nervering_statistics::seed::{generator, of_animals};
use nervering_statistics::{NetworkStatistics, Role};
use nervering_train::ForecastCheckpoint;
use std::ops::Range;

/// Hidden units that a network may have at most: the paper has 256.
const WIDEST: usize = 4096;

/// Starts of which one is told beside the paper's numbers.
const EVERY: usize = EVALUATION_STEPS;
/// Forecasts that are shown with their intervals, at most.
const N_SHOWN: usize = 10;

/// Studies that forecast neurons from neurons.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// Hidden units, activation and increment of every network.
    pub network: TrajectoryConfig,
    /// What networks lower in training, and are chosen by.
    pub loss: Loss,
    /// Edges for networks that are given a connectome.
    pub connectome: Option<GivenConnectome>,
    /// Times that each fit that starts from drawn weights is made, each from others; 1 in the paper.
    pub initialisations: usize,
    /// Whether inferred edges are kept.
    pub keep_edges: KeepEdges,
}

impl Default for Forecast {
    /// The scripts' networks, every fit once, no connectome, no edges kept.
    fn default() -> Self {
        Self {
            network: TrajectoryConfig::scripts(),
            loss: Loss::default(),
            connectome: None,
            initialisations: 1,
            keep_edges: KeepEdges::No,
        }
    }
}

/// What is counted of fits under way.
#[derive(Debug, Default)]
pub struct Errors {
    n_diverged: usize,
    /// Of traces and derivatives together, at the last step, in unseen animals.
    errors: Vec<f64>,
}

impl Aim for Forecast {
    type Model = ForecastModel;
    type Fit = ForecastFit;
    type Tally = Errors;
    type Choices = Scored;
    const STRICT_STATISTICS: &'static [NetworkStatistics] = &[NetworkStatistics::TRAINING];
    /// Of the splits that a view cuts, the first is used.
    const MOST_FOLDS: usize = 1;
    /// One of the paper's size may take a minute.
    const FIRST_EPOCHS: usize = 1;
    const NEEDS_STATES: bool = false;

    fn preparation(protocol: Protocol, neurons: NeuronSet) -> Preparation {
        Preparation::new(protocol, neurons)
    }

    fn is_network(model: ForecastModel) -> bool {
        model.network().is_some()
    }

    fn epochs_of(protocol: Protocol) -> usize {
        notes::epochs_of(protocol)
    }

    fn starts_from_weights(model: ForecastModel) -> bool {
        model.starts_from_weights()
    }

    fn initialisations(&self) -> usize {
        self.initialisations
    }

    fn connectome(&self) -> Option<&GivenConnectome> {
        self.connectome.as_ref()
    }

    fn check(config: &StudyConfig<Self>) -> Result<(), StudyError> {
        let models = config.variants.iter().flat_map(|variant| &variant.models);
        let needs = models.copied().find(|model| model.needs_connectome());
        if let (Some(model), None) = (needs, &config.aim.connectome) {
            let (found, expected) = ("none".to_owned(), format!("one, for model {model}"));
            return Err(StudyError::Config { what: "connectome", found, expected });
        }
        let width = config.aim.network.width;
        match (1..=WIDEST).contains(&width) {
            true => Ok(()),
            false => {
                let (found, expected) = (width.to_string(), format!("1 to {WIDEST} hidden units"));
                Err(StudyError::Config { what: "width", found, expected })
            }
        }
    }

    fn check_view(view: &View, scored: &Scored) -> Result<(), StudyError> {
        scored.places(&view.neurons)?;
        Ok(view.check_forecasts(EVALUATION_STEPS)?)
    }

    /// For other than the first initial weights `-init1`.
    fn key_end(group: &Group<ForecastModel>, _fold: usize) -> String {
        init_of_key(group)
    }

    fn cohort_width(_view: &View, _group: &Group<ForecastModel>) -> usize {
        1
    }

    fn fit(
        plan: &Plan<Self>,
        group: &Group<ForecastModel>,
        _folds: Range<usize>,
        epochs: usize,
        drive: Drive<'_>,
    ) -> Result<Option<Vec<ForecastFit>>, StudyError> {
        let task = Fit::new(plan, group)?;
        let Some(trained) = task.trained(epochs, &Forecasts { group, drive })? else {
            return Ok(None);
        };
        Ok(Some(vec![ForecastFit {
            variant: plan.variant(group).name.clone(),
            model: group.model.as_str().to_owned(),
            trained_on: plan.view(group).names(&group.subset),
            initialisation: group.initialisation,
            evaluations: task.evaluations(&trained.forecaster),
            chosen: trained.chosen,
            training: trained.training,
        }]))
    }

    fn steps_done(group: &Group<ForecastModel>, context: &Context<'_>) -> Result<usize, String> {
        match context.checkpoint().map_err(|error| error.to_string())? {
            Some(bytes) => Ok(steps_of(&checkpoint::from_bytes(context, &bytes)?, group)),
            None => Ok(0),
        }
    }

    fn count(_plan: &Plan<Self>, tally: &mut Errors, fit: &ForecastFit) {
        for evaluation in fit.evaluations.iter().filter(|e| e.role == Role::UnseenAnimal) {
            match fit.errors(evaluation) {
                Some(found) => tally.errors.extend(found.both().last()),
                None => tally.n_diverged += 1,
            }
        }
    }

    fn said(Errors { n_diverged, mut errors }: Errors) -> String {
        // In a fixed order: threads finish in any.
        errors.sort_by(f64::total_cmp);
        let mean = errors.iter().sum::<f64>() / errors.len().max(1) as f64;
        let unseen = match errors.len() {
            0 => String::new(),
            _ => format!(", MSE {mean:.4} at step {EVALUATION_STEPS} in unseen animals"),
        };
        match n_diverged {
            0 => unseen,
            n => format!("{unseen}, {n} diverged"),
        }
    }

    fn notes(plan: &Plan<Self>) -> Vec<String> {
        notes::of_plan(plan)
    }

    fn toml(config: &StudyConfig<Self>, animals: Vec<AnimalEntry>) -> String {
        ForecastFile::of(config, animals).text()
    }
}

/// Steps that a checkpoint saves.
fn steps_of(checkpoint: &ForecastCheckpoint, group: &Group<ForecastModel>) -> usize {
    checkpoint.training_errors.len() * group.subset.len() + checkpoint.errors_of_epoch.len()
}

/// Who drives the fit of a forecaster: it keeps checkpoints.
struct Forecasts<'a> {
    group: &'a Group<ForecastModel>,
    drive: Drive<'a>,
}

impl Driver for Forecasts<'_> {
    fn steps(&self, n: usize) -> Next {
        self.drive.steps(n)
    }

    /// One that cannot be used has been told already.
    fn begin(&self) -> Option<ForecastCheckpoint> {
        let Drive::Run(context) = self.drive else { return None };
        let bytes = context.checkpoint().ok()??;
        let found = checkpoint::from_bytes(context, &bytes).ok()?;
        (steps_of(&found, self.group) > 0).then_some(found)
    }

    fn unusable(&self, reason: String) {
        if let Drive::Run(context) = self.drive {
            context.unusable(&reason);
        }
    }

    fn keep(&self, kept: &ForecastCheckpoint) -> Result<(), ModelError> {
        match self.drive {
            Drive::Run(context) => Ok(context.keep(&checkpoint::to_bytes(context, kept))?),
            Drive::Calibration(_) => Ok(()),
        }
    }
}

/// A fit, and what it works on.
pub(super) struct Fit<'a> {
    plan: &'a Plan<Forecast>,
    group: &'a Group<ForecastModel>,
    source: ViewForecasts<'a>,
    /// Places of the neurons whose errors are measured.
    scored: Vec<usize>,
}

impl<'a> Fit<'a> {
    pub(super) fn new(
        plan: &'a Plan<Forecast>,
        group: &'a Group<ForecastModel>,
    ) -> Result<Self, StudyError> {
        let view = plan.view(group);
        let source = ViewForecasts::new(view, &group.subset)?;
        let scored = plan.variant(group).choices.places(&view.neurons)?;
        Ok(Self { plan, group, source, scored })
    }

    /// Trains; nothing when the driver has stopped it.
    pub(super) fn trained(
        &self,
        epochs: usize,
        driver: &dyn Driver,
    ) -> Result<Option<nervering_fit::TrainedForecaster>, ModelError> {
        let aim = &self.plan.config().aim;
        let protocol = self.plan.variant(self.group).protocol();
        let machine = &self.plan.view(self.group).machine;
        let recipe = |architecture: TrajectoryNetwork| {
            forecaster_recipe(protocol, aim.loss, architecture, epochs, machine.engine())
        };
        let fit = ForecasterFit {
            model: self.group.model,
            source: &self.source,
            network: aim.network,
            machine,
            recipe: &recipe,
            weights: self.generator("forecast-weights"),
            sampling: self.generator("forecast-sampling"),
        };
        fit.fit(driver)
    }

    /// Of the seed, the purpose, the model, the animals trained on, and which of its initialisations it
    /// is: under every protocol the same weights.
    fn generator(&self, purpose: &str) -> rand_chacha::ChaCha8Rng {
        let animals = of_animals(&self.plan.view(self.group).names(&self.group.subset));
        let initialisation = self.group.initialisation.to_string();
        let parts = [purpose, self.group.model.as_str(), &animals, &initialisation];
        let parts = if self.group.initialisation == 0 { &parts[..3] } else { &parts };
        generator(self.plan.config().seed, parts)
    }

    /// `[start, step, neuron, feature]` of an animal. Under `strict` batch norms and static edges take
    /// their statistics from the training animals, since those of the evaluated one rest on frames after
    /// the start of a forecast; under the others from all forecasts of the evaluated animal, as in the
    /// scripts.
    pub(super) fn forecasts(
        &self,
        fitted: &FittedForecaster,
        animal: usize,
        starts: &[usize],
    ) -> Vec<f64> {
        let from = match self.plan.variant(self.group).protocol() {
            Protocol::Paper | Protocol::AuthorsCode => RollOutFrom::Evaluated,
            Protocol::Strict | Protocol::Animals => RollOutFrom::Training,
        };
        fitted.forecasts(self.source.features(animal), starts, EVALUATION_STEPS, from)
    }

    /// The same from every frame on, where `starts` are all of a stretch. What is taken over all forecasts
    /// of an animal is taken over every 16th, as in the scripts, whatever the frame that these begin at.
    fn at_every_frame(
        &self,
        fitted: &FittedForecaster,
        animal: usize,
        starts: &[usize],
    ) -> Vec<f64> {
        let protocol = self.plan.variant(self.group).protocol();
        if protocol == Protocol::Strict || fitted.burn_in().is_none() {
            return self.forecasts(fitted, animal, starts);
        }
        let n_columns = self.plan.view(self.group).neurons.len() * N_FEATURES;
        let per_start = EVALUATION_STEPS * n_columns;
        let mut said = vec![0.; starts.len() * per_start];
        for phase in 0..EVERY.min(starts.len()) {
            let of_phase: Vec<usize> = starts.iter().copied().skip(phase).step_by(EVERY).collect();
            let forecasts = self.forecasts(fitted, animal, &of_phase);
            let places = said.chunks_exact_mut(per_start).skip(phase).step_by(EVERY);
            for (place, forecast) in places.zip(forecasts.chunks_exact(per_start)) {
                place.copy_from_slice(forecast);
            }
        }
        said
    }

    /// Of every animal that has frames to be forecast.
    fn evaluations(&self, fitted: &FittedForecaster) -> Vec<ForecastEvaluation> {
        let view = self.plan.view(self.group);
        let (n_neurons, scale) = (view.neurons.len(), view.preparation.to_unit_interval());
        // Under the others nothing is known but what has looked ahead.
        let fans = match self.plan.variant(self.group).protocol() {
            Protocol::Paper | Protocol::AuthorsCode => None,
            Protocol::Strict | Protocol::Animals => {
                Fans::of(fitted, &self.source, EVALUATION_STEPS, RollOutFrom::Training)
            }
        };
        let is_unseen = |&animal: &usize| self.plan.role(self.group, animal) == Role::UnseenAnimal;
        let first_unseen = (0..view.animals.len()).find(is_unseen);
        let of_animal = |animal: usize| {
            let starts = self.starts(animal);
            if starts.is_empty() {
                return None;
            }
            let forecasts = self.at_every_frame(fitted, animal, &starts);
            let features = self.source.features(animal);
            let per_start = EVALUATION_STEPS * n_neurons * N_FEATURES;
            let outcome = |of: &dyn Fn(usize) -> bool| {
                let some = || (0..starts.len()).filter(|&k| of(k));
                let forecasts = some().flat_map(|k| &forecasts[k * per_start..(k + 1) * per_start]);
                let forecasts: Vec<f64> = forecasts.copied().collect();
                let starts: Vec<usize> = some().map(|k| starts[k]).collect();
                let (n_steps, scored) = (EVALUATION_STEPS, &self.scored);
                let outcome =
                    forecast_errors(features, n_neurons, &starts, n_steps, &forecasts, scored);
                (scaled(outcome, scale), starts.len())
            };
            let (every_16th, n_forecasts) = outcome(&|k| k % EVERY == 0);
            let (every, n_every) = outcome(&|_| true);
            let third = |third: usize| {
                let (outcome, _) = outcome(&|k| k * 3 / starts.len() == third);
                outcome.errors().cloned()
            };
            // From the middle of the recording on, where ends have moved to where they belong.
            let shown: Vec<usize> = match Some(animal) == first_unseen {
                true => starts.iter().copied().skip(starts.len() / 2).step_by(EVERY).collect(),
                false => Vec::new(),
            };
            let shown = &shown[..shown.len().min(N_SHOWN)];
            let neuron = self.scored[0];
            let show = |f: &Fans| show_fans(f, features, &starts, &forecasts, neuron, shown);
            let score = |f: &Fans| fan_scores(f, features, &starts, &forecasts, &self.scored);
            let thirds = if starts.len() < 3 { None } else { (0..3).map(third).collect() };
            Some(ForecastEvaluation {
                animal: view.animals[animal].selected.animal.clone(),
                role: self.plan.role(self.group, animal),
                n_forecasts,
                outcome: every_16th,
                n_every,
                every,
                thirds: thirds.unwrap_or_default(),
                edges: self.edges(fitted, animal, &starts),
                fans: fans.as_ref().and_then(score),
                shown: fans.as_ref().and_then(show),
            })
        };
        (0..view.animals.len()).filter_map(of_animal).collect()
    }

    /// The graph of an animal, where graphs are kept and there is one of it: where the animals trained on
    /// have one for good, it is theirs alone.
    fn edges(
        &self,
        fitted: &FittedForecaster,
        animal: usize,
        starts: &[usize],
    ) -> Option<Vec<f32>> {
        let is_theirs = self.plan.role(self.group, animal) == Role::SameAnimal;
        if self.plan.config().aim.keep_edges == KeepEdges::No
            || self.group.model.has_graph_of_training() && !is_theirs
        {
            return None;
        }
        let weights = fitted.edges(self.source.features(animal), starts)?;
        Some(weights.into_iter().map(|weight| weight as f32).collect())
    }

    /// Frames from which an animal is forecast: all with [`MOST_LAGS`] frames up to them and 16 after
    /// them, so that all models are measured on the same; what is told beside the paper's numbers is of
    /// every 16th. Of an animal trained on, those that forecast frames of the test block of `strict`;
    /// shuffled windows of 8 frames hold no forecast of 16, so there are none.
    fn starts(&self, animal: usize) -> Vec<usize> {
        let planned = &self.plan.view(self.group).animals[animal];
        let protocol = self.plan.variant(self.group).protocol();
        let frames = match (self.plan.role(self.group, animal), protocol) {
            (Role::SameAnimal, Protocol::Strict) => {
                let block = &planned.splits[0].test;
                let first = block.first().expect("a split has test frames");
                // What the block is forecast from lies before it.
                first.saturating_sub(MOST_LAGS)..first + block.len()
            }
            (Role::SameAnimal, _) => return Vec::new(),
            (Role::UnseenAnimal | Role::ExtendedAnimal, _) => 0..planned.selected.n_frames,
        };
        forecast_starts(frames, 1, MOST_LAGS, EVALUATION_STEPS)
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
