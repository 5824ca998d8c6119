//! Decoding behaviour from neurons: [`Decode`], what only studies that decode are asked, how a fit is
//! made and what is measured of it.

use crate::aim::{Aim, Drive};
use crate::config::StudyConfig;
use crate::error::StudyError;
use crate::file::{AnimalEntry, StudyFile};
use crate::notes;
use crate::plan::{Group, Plan, init_of_key};
use crate::result::FitResult;
use crate::training_curve::TrainingCurve;
use nervering_fit::{
    Adaptation, DecoderFit, Driver, Features, FittedDecoders, GivenConnectome, Hyperparameters,
    ModelError, Next, Preparation, Protocol, Seen, Training, Validation, View, check_neurons,
    predicted,
};
use nervering_grid::Context;
use nervering_models::{DecoderModel, ModelName};
use nervering_recording::{NeuronSet, StateCoding};
use nervering_statistics::metrics::{EvaluatedFrames, evaluate};
use nervering_statistics::{Evaluation, NetworkStatistics, Role, choices};
use std::borrow::Cow;
use std::ops::Range;

/// Whether the edges that networks infer are kept with the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeepEdges {
    /// They are not.
    #[default]
    No,
    /// Per fit and evaluated animal.
    Yes,
}

impl From<bool> for KeepEdges {
    fn from(keeps: bool) -> Self {
        if keeps { Self::Yes } else { Self::No }
    }
}

/// A question that a study answers besides, in tables of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// What single neurons, a few, and all know of the state of the animals to train on, in bits.
    Information,
    /// Whether the two strains of the extended set differ.
    Strains,
    /// What validating on some animals of the extended set does, in these and in the others.
    Validation,
    /// What the order of states says without a neuron.
    Sequence,
}

choices!(Added, "information, strains, validation or sequence",
    Information => "information", Strains => "strains", Validation => "validation", Sequence => "sequence");

/// Studies that decode behaviour from neurons.
#[derive(Debug, Clone, PartialEq)]
pub struct Decode {
    /// Times that each fit of a network is made, each from other initial weights and on the same
    /// frames; 1 in the paper.
    pub initialisations: usize,
    /// Edges for `gnn-connectome` and its shuffled control.
    pub connectome: Option<GivenConnectome>,
    /// Whether inferred edges are kept.
    pub keep_edges: KeepEdges,
    /// What it answers besides.
    pub added: Vec<Added>,
}

impl Default for Decode {
    /// Every fit once, no connectome, no edges kept, nothing besides.
    fn default() -> Self {
        let (connectome, keep_edges, added) = (None, KeepEdges::No, Vec::new());
        Self { initialisations: 1, connectome, keep_edges, added }
    }
}

/// The fewest animals of an extended set of which some validate and others do not.
const LEAST_EXTENDED: usize = 2;

/// What is counted of fits under way.
#[derive(Debug, Default)]
pub struct Accuracies(Vec<f64>);

impl Aim for Decode {
    type Model = ModelName;
    type Fit = FitResult;
    type Tally = Accuracies;
    type Choices = Hyperparameters;
    const STRICT_STATISTICS: &'static [NetworkStatistics] =
        &[NetworkStatistics::TRAINING, NetworkStatistics::RUNNING];
    const MOST_FOLDS: usize = usize::MAX;
    const FIRST_EPOCHS: usize = 3;
    const NEEDS_STATES: bool = true;

    fn preparation(protocol: Protocol, neurons: NeuronSet) -> Preparation {
        Preparation { coding: StateCoding::Two, ..Preparation::new(protocol, neurons) }
    }

    fn is_network(model: ModelName) -> bool {
        matches!(model.model(), DecoderModel::Network(_))
    }

    fn epochs_of(_protocol: Protocol) -> usize {
        notes::PAPER_EPOCHS
    }

    fn initialisations(&self) -> usize {
        self.initialisations
    }

    fn connectome(&self) -> Option<&GivenConnectome> {
        self.connectome.as_ref()
    }

    fn check(config: &StudyConfig<Self>) -> Result<(), StudyError> {
        for variant in &config.variants {
            variant.choices.check(&variant.models)?;
            let Preparation { neurons, shown, .. } = &variant.preparation;
            variant.models.iter().try_for_each(|&model| check_neurons(neurons, model))?;
            if let (Some(shown), true) = (shown, *neurons != NeuronSet::Named) {
                let expected = "neurons \"named\" beside it".to_owned();
                return Err(StudyError::Config {
                    what: "shown",
                    found: shown.to_string(),
                    expected,
                });
            }
            check_adaptation(&variant.preparation)?;
        }
        let models = config.variants.iter().flat_map(|variant| &variant.models);
        let needs = models.copied().find(|model| model.needs_connectome());
        match (needs, &config.aim.connectome) {
            (Some(model), None) => {
                let (found, expected) = ("none".to_owned(), format!("one, for model {model}"));
                Err(StudyError::Config { what: "connectome", found, expected })
            }
            _ => Ok(()),
        }
    }

    fn check_view(view: &View, _choices: &Hyperparameters) -> Result<(), StudyError> {
        let n_extended = view.animals.len() - view.n_trainable;
        let validation = view.preparation.validation;
        if validation == Validation::Extended && n_extended < LEAST_EXTENDED {
            return Err(ModelError::Extended { found: n_extended, expected: LEAST_EXTENDED }.into());
        }
        Ok(())
    }

    /// Test fold, and for other than the first initial weights `-init1`.
    fn key_end(group: &Group<ModelName>, fold: usize) -> String {
        format!("-fold{fold}{}", init_of_key(group))
    }

    fn cohort_width(view: &View, group: &Group<ModelName>) -> usize {
        let rows = |&k: &usize| view.animals[k].selected.n_frames * view.neurons.len();
        view.machine.fits_at_once(group.subset.iter().map(rows).max().unwrap_or(0))
    }

    fn fit(
        plan: &Plan<Self>,
        group: &Group<ModelName>,
        folds: Range<usize>,
        epochs: usize,
        drive: Drive<'_>,
    ) -> Result<Option<Vec<FitResult>>, StudyError> {
        let view = plan.view(group);
        let fit = DecoderFit {
            view,
            model: group.model,
            choices: plan.variant(group).choices.network,
            subset: &group.subset,
            folds,
            initialisation: group.initialisation,
            seed: plan.config().seed,
            recipe: plan.variant(group).choices.recipe(
                group.model,
                view.preparation.protocol,
                epochs,
                view.machine.engine(),
            ),
            trained: match drive {
                Drive::Run(_) => Some(&plan.trained),
                Drive::Calibration(_) => None,
            },
        };
        let features = fit.features()?;
        let Some(fitted) = fit.fit(&features, &drive)? else { return Ok(None) };
        let evaluated = Evaluated { plan, group, fit: &fit, features: &features, fitted: &fitted };
        let result = |(at, evaluations): (usize, Vec<Evaluation>)| {
            let report = fitted.reports().get(at);
            FitResult {
                variant: plan.variant(group).name.clone(),
                model: group.model.to_string(),
                trained_on: view.names(&group.subset),
                fold: fit.folds.start + at,
                initialisation: group.initialisation,
                training: report.map(|report| Training::of(report, fitted.epochs())),
                curve: report.map(|report| TrainingCurve::of(&report.curve)),
                evaluations,
            }
        };
        Ok(Some(evaluated.evaluations().into_iter().enumerate().map(result).collect()))
    }

    fn steps_done(_group: &Group<ModelName>, _context: &Context<'_>) -> Result<usize, String> {
        Err("fits that decode leave none".to_owned())
    }

    fn count(plan: &Plan<Self>, tally: &mut Accuracies, fit: &FitResult) {
        // Of several statistics the first one, as in the tables.
        let variant = plan.config().variants.iter().find(|variant| variant.name == fit.variant);
        let first = variant.map(|variant| variant.statistics[0]);
        let unseen = fit.evaluations.iter().filter(|e| e.role == Role::UnseenAnimal);
        let first = unseen.filter(|e| e.statistics.is_none() || e.statistics == first);
        tally.0.extend(first.filter_map(|e| e.accuracy));
    }

    fn said(Accuracies(mut accuracies): Accuracies) -> String {
        // In a fixed order: threads finish in any.
        accuracies.sort_by(f64::total_cmp);
        let mean = accuracies.iter().sum::<f64>() / accuracies.len().max(1) as f64;
        match accuracies.len() {
            0 => String::new(),
            _ => format!(", {:.1} % on unseen animals", 100. * mean),
        }
    }

    fn notes(plan: &Plan<Self>) -> Vec<String> {
        notes::of_plan(plan)
    }

    fn toml(config: &StudyConfig<Self>, animals: Vec<AnimalEntry>) -> String {
        StudyFile::of(config, animals).text()
    }
}

/// Those of the statistics that a network tells apart: without static edges it is the batch norms alone,
/// and the first of each stands for all.
fn that_differ(
    all: &[NetworkStatistics],
    has_static_edges: bool,
) -> impl Iterator<Item = NetworkStatistics> {
    let differs = move |(k, from): &(usize, &NetworkStatistics)| {
        has_static_edges || all[..*k].iter().all(|other| other.batch_norm != from.batch_norm)
    };
    all.iter().enumerate().filter(differs).map(|(_, from)| *from)
}

impl Driver for Drive<'_> {
    fn steps(&self, n: usize) -> Next {
        match self {
            Self::Run(context) => context.step(n),
            Self::Calibration(hears) => {
                hears(n);
                Next::GoOn
            }
        }
    }
}

/// Refuses an adaptation whose labels would be tested, and one of fits that share a test animal.
fn check_adaptation(preparation: &Preparation) -> Result<(), StudyError> {
    let Preparation { adapt, tested_from_s: from, protocol, .. } = preparation;
    let refuse = |what, found: String, expected: &str| {
        Err(StudyError::Config { what, found, expected: expected.to_owned() })
    };
    if !(*from >= 0. && from.is_finite()) {
        return refuse("tested_from_s", from.to_string(), "seconds, 0 or more");
    }
    match adapt {
        Some(_) if *protocol != Protocol::Animals => {
            refuse("adapt", format!("protocol {protocol}"), "protocol animals")
        }
        Some(Adaptation::Labels { seconds }) if seconds > from => {
            let found = format!("{seconds} s of labels and tests from {from} s on");
            refuse("adapt", found, "tests after the labels: tested_from_s")
        }
        _ => Ok(()),
    }
}

/// A fit that is evaluated.
struct Evaluated<'a, 'f> {
    plan: &'a Plan<Decode>,
    group: &'a Group<ModelName>,
    fit: &'f DecoderFit<'a>,
    /// Of every fold of the fit.
    features: &'f [Features<'a>],
    fitted: &'f FittedDecoders,
}

impl<'a> Evaluated<'a, '_> {
    /// Per fold its evaluations: by statistics, then by animal.
    fn evaluations(&self) -> Vec<Vec<Evaluation>> {
        let statistics: Vec<Option<NetworkStatistics>> = match self.group.model.model() {
            DecoderModel::Network(config) if self.fitted.take_statistics() => {
                let all = &self.plan.variant(self.group).statistics;
                that_differ(all, config.has_static_edges()).map(Some).collect()
            }
            _ => vec![None],
        };
        // Of a hundred thousand fits the room for more would be felt.
        let n_evaluations = statistics.len() * self.fit.view.animals.len();
        let of_fold = |_| Vec::with_capacity(n_evaluations);
        let mut of_folds: Vec<Vec<Evaluation>> = self.fit.folds.clone().map(of_fold).collect();
        for statistics in statistics {
            for animal in self.animals() {
                for (of_fold, found) in of_folds.iter_mut().zip(self.animal(animal, statistics)) {
                    of_fold.push(found);
                }
            }
        }
        of_folds
    }

    /// Animals of which there are frames to evaluate.
    fn animals(&self) -> impl Iterator<Item = usize> {
        let is_tested = |&animal: &usize| {
            let splits = &self.fit.view.animals[animal].splits;
            self.role(animal) != Role::SameAnimal || !splits[self.fit.folds.start].test.is_empty()
        };
        (0..self.fit.view.animals.len()).filter(is_tested)
    }

    /// Every fold on one animal.
    fn animal(&self, animal: usize, statistics: Option<NetworkStatistics>) -> Vec<Evaluation> {
        let folds = self.fit.folds.clone();
        let frames: Vec<Cow<'_, [usize]>> =
            folds.clone().map(|fold| self.frames(animal, fold)).collect();
        let seen = frames
            .iter()
            .zip(self.features)
            .map(|(frames, features)| Seen { features: &features[animal], frames });
        let seen: Vec<Seen<'_>> = seen.collect();
        let preparation = &self.fit.view.preparation;
        let to = preparation.adapt.filter(|_| self.role(animal) != Role::SameAnimal);
        let adapted = to.and_then(|to| {
            let selected = &self.fit.view.animals[animal].selected;
            let coding = self.fit.network_coding();
            self.fitted.adapted(to, &self.features[0][animal], selected, &coding, statistics)
        });
        let predictions = adapted.as_ref().unwrap_or(self.fitted).predict(&seen, statistics);
        let keeps_edges = self.plan.config().aim.keep_edges == KeepEdges::Yes;
        let mut edges = match statistics {
            Some(statistics) if keeps_edges => self.fitted.edges(&seen, statistics),
            _ => None,
        };
        let selected = &self.fit.view.animals[animal].selected;
        let (role, n_classes) = (self.role(animal), self.fit.view.preparation.coding.n_classes());
        let of_fold = |(at, prediction): (usize, &nervering_models::Prediction)| {
            let evaluated = EvaluatedFrames {
                animal: &selected.animal,
                role,
                labels: &selected.labels,
                times_s: &selected.seconds,
                frames: &frames[at],
            };
            Evaluation {
                statistics,
                predicted: self.kept(animal, folds.start + at, &prediction.classes),
                edges: edges.as_mut().map(|edges| std::mem::take(&mut edges[at])),
                ..evaluate(&evaluated, predicted(prediction), n_classes)
            }
        };
        predictions.iter().enumerate().map(of_fold).collect()
    }

    fn role(&self, animal: usize) -> Role {
        self.plan.role(self.group, animal)
    }

    /// The frames on which a fit is evaluated: the test frames of an animal it was trained on, all
    /// frames of another, or those from so many seconds on.
    fn frames(&self, animal: usize, fold: usize) -> Cow<'a, [usize]> {
        let planned = &self.fit.view.animals[animal];
        match self.role(animal) {
            Role::SameAnimal => Cow::Borrowed(&planned.splits[fold].test),
            Role::UnseenAnimal | Role::ExtendedAnimal => {
                let selected = &planned.selected;
                let begin = selected.n_within(self.fit.view.preparation.tested_from_s);
                Cow::Owned((begin..selected.n_frames).collect())
            }
        }
    }

    /// What is kept of a prediction: that of one fold says what those of the others say.
    fn kept(&self, animal: usize, fold: usize, classes: &[u8]) -> Option<Vec<(u8, usize)>> {
        let runs = classes.chunk_by(|a, b| a == b).map(|run| (run[0], run.len()));
        (fold == 0 && self.role(animal) != Role::SameAnimal).then(|| runs.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nervering_statistics::TakenFrom::{Evaluated, Running, Training};

    #[test]
    fn a_network_without_static_edges_is_evaluated_once_per_batch_norm() {
        let pairs = [(Evaluated, Evaluated), (Training, Evaluated), (Running, Training)];
        let all = pairs.map(|(edges, batch_norm)| NetworkStatistics { edges, batch_norm });
        let that = |has_static_edges| that_differ(&all, has_static_edges).collect::<Vec<_>>();
        assert_eq!(that(true), all);
        assert_eq!(that(false), [all[0], all[2]]);
    }
}
