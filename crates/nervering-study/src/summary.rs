//! The rows of a table: per variant, statistics, number of training animals and model, mean and
//! standard deviation of every metric. What counts as one value, the [`Unit`], comes with the
//! protocol; folds and initial weights never count as independent. Folds are averaged; under
//! [`Protocol::Strict`] the test blocks of an animal trained on are put together first, and accuracies
//! and recalls are of their frames: one block may hold one state alone, of which every decoder that
//! names it has a balanced accuracy of 100 %, and every other one of 0.

use crate::comparison::Comparison;
use crate::decode::Decode;
use crate::result::FitResult;
use crate::run::Results;
use nervering_fit::Protocol;
use nervering_statistics::NetworkStatistics;
use nervering_statistics::metrics;
use nervering_statistics::{Evaluation, Role};
use std::collections::BTreeMap;

/// Mean and spread over units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Sample standard deviation; 0 for a single value.
    pub sd: f64,
    /// Values.
    pub n: usize,
}

impl Spread {
    /// Of values; `None` of none.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        let centre = mean(values);
        let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
        let sd = (squares / (values.len() - 1).max(1) as f64).sqrt();
        Some(Self { mean: centre, sd, n: values.len() })
    }
}

/// What counts as one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Each pair of a training subset and an evaluated animal, as in the paper. Pairs share
    /// animals: their spread is no standard error.
    Pairs,
    /// Each evaluated animal, averaged over training subsets.
    Animals,
}

/// Every metric on one role.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Measures {
    /// Accuracy, in [0, 1].
    pub accuracy: Option<Spread>,
    /// Mean recall over the states that occur, in [0, 1].
    pub balanced_accuracy: Option<Spread>,
    /// Mean F1 over the states that occur, in [0, 1].
    pub macro_f1: Option<Spread>,
    /// Mean negative log-likelihood in nats.
    pub nll: Option<Spread>,
    /// Expected calibration error, in [0, 1].
    pub calibration_error: Option<Spread>,
    /// Share of labelled transitions found, in [0, 1].
    pub transitions_found: Option<Spread>,
    /// Mean distance in seconds of those found.
    pub transition_error_s: Option<Spread>,
    /// Distance between labelled and predicted bout lengths in seconds.
    pub dwell_distance_s: Option<Spread>,
    /// Accuracy where errors less than 1 s from a labelled transition are forgiven.
    pub forgiving_accuracy: Option<Spread>,
    /// F1 of transitions within 2 s, from the same state to the same.
    pub transition_f1: Option<Spread>,
    /// F1 of transitions within 2 s, to the same state.
    pub entry_f1: Option<Spread>,
    /// Share of labelled transitions that are met within 1 s.
    pub within_1s: Option<Spread>,
    /// Predicted transitions without a labelled one, per minute.
    pub spurious_per_minute: Option<Spread>,
    /// F1 of segments with more than half of their union in common.
    pub segment_f1: Option<Spread>,
}

/// A quantity of a table: its name in files, and where it stands.
pub type Quantity = (&'static str, fn(&Measures) -> Option<Spread>);

impl Measures {
    /// Every metric, under the name that files give it.
    pub const ALL: [Quantity; 14] = [
        ("accuracy", |m| m.accuracy),
        ("balanced_accuracy", |m| m.balanced_accuracy),
        ("macro_f1", |m| m.macro_f1),
        ("nll", |m| m.nll),
        ("calibration_error", |m| m.calibration_error),
        ("transitions_found", |m| m.transitions_found),
        ("transition_error_s", |m| m.transition_error_s),
        ("dwell_distance_s", |m| m.dwell_distance_s),
        ("forgiving_accuracy", |m| m.forgiving_accuracy),
        ("transition_f1", |m| m.transition_f1),
        ("entry_f1", |m| m.entry_f1),
        ("within_1s", |m| m.within_1s),
        ("spurious_per_minute", |m| m.spurious_per_minute),
        ("segment_f1", |m| m.segment_f1),
    ];

    fn of(evaluations: &[Weighed<'_>], unit: Unit, folds: Folds) -> Self {
        let spread = |metric: fn(&Evaluation) -> Option<f64>| {
            let values = evaluations.iter().filter_map(|w| Some((w.key(), metric(w.evaluation)?)));
            spread(values, unit)
        };
        let pooled = match folds {
            Folds::Averaged => None,
            Folds::Pooled => Some(pooled_by_fit(evaluations)),
        };
        type OfCounts = fn(&[Vec<u64>]) -> Option<f64>;
        let counted = |of_counts: OfCounts, metric: fn(&Evaluation) -> Option<f64>| match &pooled {
            None => spread(metric),
            Some(pooled) => {
                let values = pooled.iter();
                let values = values.filter_map(|(key, counts)| Some((*key, of_counts(counts)?)));
                self::spread(values, unit)
            }
        };
        Self {
            accuracy: counted(metrics::accuracy, |e| e.accuracy),
            balanced_accuracy: counted(metrics::balanced_accuracy, |e| e.balanced_accuracy),
            macro_f1: counted(metrics::macro_f1, |e| e.macro_f1),
            nll: spread(|e| e.nll),
            calibration_error: spread(|e| e.calibration_error),
            transitions_found: spread(|e| e.transitions.as_ref()?.found()),
            transition_error_s: spread(|e| e.transitions.as_ref()?.mean_absolute_error_s),
            dwell_distance_s: spread(|e| e.dwell_distance_s),
            forgiving_accuracy: spread(|e| e.timeline.as_ref()?.forgiving_accuracy),
            transition_f1: spread(|e| e.timeline.as_ref()?.transition_f1),
            entry_f1: spread(|e| e.timeline.as_ref()?.entry_f1),
            within_1s: spread(|e| e.timeline.as_ref()?.within_1s),
            spurious_per_minute: spread(|e| e.timeline.as_ref()?.spurious_per_minute),
            segment_f1: spread(|e| e.timeline.as_ref()?.segment_f1),
        }
    }
}

/// The rows of one variant under one kind of statistics.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// The variant.
    pub variant: String,
    /// What the networks take over frames. Other models stand in the first section of their variant,
    /// and networks without static edges in the first of those with its batch norm.
    pub statistics: NetworkStatistics,
    /// What the spreads are over.
    pub unit: Unit,
    /// Names of the states, in the order of the recalls.
    pub states: Vec<String>,
    /// By training size and model, in the order of the study.
    pub rows: Vec<SummaryRow>,
}

/// One row of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryRow {
    /// The model.
    pub model: String,
    /// Animals trained on.
    pub n_trained: usize,
    /// On the test frames of the animals trained on.
    pub same: Measures,
    /// On whole recordings of other animals.
    pub unseen: Measures,
    /// On whole recordings of the extended set.
    pub extended: Measures,
    /// Recall of each state on unseen animals, all counts pooled.
    pub recall_unseen: Vec<Option<f64>>,
    /// Fits behind the row.
    pub n_fits: usize,
}

/// What one variant found beside what its shuffled counterpart would have claimed.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The variant without the leak.
    pub variant: String,
    /// The model.
    pub model: String,
    /// Animals trained on.
    pub n_trained: usize,
    /// Balanced accuracy in the animals trained on.
    pub same: Option<Spread>,
    /// What shuffled windows claim of it.
    pub same_claimed: Option<Spread>,
    /// Balanced accuracy in unseen animals.
    pub unseen: Option<Spread>,
    /// What the counterpart claims of it.
    pub unseen_claimed: Option<Spread>,
}

/// How the folds of a fit become one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Folds {
    /// Each counts the same.
    Averaged,
    /// Their frames are put together.
    Pooled,
}

/// An evaluation with the fit that it is of.
struct Weighed<'a> {
    trained_on: &'a [String],
    initialisation: usize,
    evaluation: &'a Evaluation,
}

/// The evaluated animal and those trained on.
type Key<'a> = (&'a str, &'a [String]);

impl<'a> Weighed<'a> {
    fn key(&self) -> Key<'a> {
        (&self.evaluation.animal, self.trained_on)
    }
}

/// The counts of all folds of a fit on one animal, from each initial weights.
fn pooled_by_fit<'a>(evaluations: &[Weighed<'a>]) -> Vec<(Key<'a>, Vec<Vec<u64>>)> {
    let mut of_fits: BTreeMap<(Key<'a>, usize), Vec<Vec<u64>>> = BTreeMap::new();
    for weighed in evaluations {
        let confusion = &weighed.evaluation.confusion;
        let none = || vec![vec![0; confusion.len()]; confusion.len()];
        let key = (weighed.key(), weighed.initialisation);
        add(of_fits.entry(key).or_insert_with(none), confusion);
    }
    of_fits.into_iter().map(|((key, _), counts)| (key, counts)).collect()
}

fn add(sums: &mut [Vec<u64>], counts: &[Vec<u64>]) {
    let counts = sums.iter_mut().flatten().zip(counts.iter().flatten());
    counts.for_each(|(sum, count)| *sum += count);
}

/// The tables of a study, in the order of its variants and their statistics.
pub fn summary(results: &Results<Decode>) -> Vec<Section> {
    let of_variant = |variant: &Comparison<Decode>| {
        let sections = variant.statistics.iter().enumerate();
        let sections =
            sections.map(|(k, &statistics)| section(&results.fits, variant, statistics, k == 0));
        sections.filter(|section| !section.rows.is_empty()).collect::<Vec<_>>()
    };
    results.config.variants.iter().flat_map(of_variant).collect()
}

fn section(
    fits: &[FitResult],
    variant: &Comparison<Decode>,
    statistics: NetworkStatistics,
    first: bool,
) -> Section {
    let (unit, of_same) = match variant.protocol() {
        Protocol::Paper | Protocol::AuthorsCode => (Unit::Pairs, Folds::Averaged),
        Protocol::Strict | Protocol::Animals => (Unit::Animals, Folds::Pooled),
    };
    let states: Vec<String> =
        variant.preparation.coding.class_names().into_iter().map(str::to_owned).collect();
    let mut kinds: Vec<(&str, usize, Vec<&FitResult>)> = Vec::new();
    for fit in fits.iter().filter(|fit| fit.variant == variant.name) {
        let (model, n) = (fit.model.as_str(), fit.trained_on.len());
        match kinds.iter_mut().find(|kind| (kind.0, kind.1) == (model, n)) {
            Some(kind) => kind.2.push(fit),
            None => kinds.push((model, n, vec![fit])),
        }
    }
    let row = |(model, n_trained, fits): (&str, usize, Vec<&FitResult>)| {
        let is_of = |e: &&Evaluation| e.statistics.map_or(first, |s| s == statistics);
        let of_role = |role| -> Vec<Weighed<'_>> {
            let mut of_role = Vec::new();
            for &fit in &fits {
                let evaluations = fit.evaluations.iter().filter(|e| e.role == role).filter(is_of);
                let (trained_on, initialisation) = (&fit.trained_on, fit.initialisation);
                let weighed = |evaluation| Weighed { trained_on, initialisation, evaluation };
                of_role.extend(evaluations.map(weighed));
            }
            of_role
        };
        let [same, unseen, extended] =
            [Role::SameAnimal, Role::UnseenAnimal, Role::ExtendedAnimal].map(of_role);
        if same.is_empty() && unseen.is_empty() && extended.is_empty() {
            return None;
        }
        Some(SummaryRow {
            model: model.to_owned(),
            n_trained,
            same: Measures::of(&same, unit, of_same),
            unseen: Measures::of(&unseen, unit, Folds::Averaged),
            extended: Measures::of(&extended, unit, Folds::Averaged),
            recall_unseen: pooled_recall(&unseen, states.len()),
            n_fits: fits.len(),
        })
    };
    let rows = kinds.into_iter().filter_map(row).collect();
    Section { variant: variant.name.clone(), statistics, unit, states, rows }
}

/// What shuffled windows would have claimed, for every variant that has such a counterpart.
/// `sections` are the study's [`summary`].
pub fn claims(results: &Results<Decode>, sections: &[Section]) -> Vec<Claim> {
    let first_of = |name: &str| sections.iter().find(|section| section.variant == name);
    let mut claims = Vec::new();
    for variant in &results.config.variants {
        let of = variant.claim_of.as_deref().and_then(first_of);
        let (Some(strict), Some(shuffled)) = (of, first_of(&variant.name)) else { continue };
        for row in &strict.rows {
            let is_its = |other: &&SummaryRow| {
                (&other.model, other.n_trained) == (&row.model, row.n_trained)
            };
            let Some(claimed) = shuffled.rows.iter().find(is_its) else { continue };
            claims.push(Claim {
                variant: strict.variant.clone(),
                model: row.model.clone(),
                n_trained: row.n_trained,
                same: row.same.balanced_accuracy,
                same_claimed: claimed.same.balanced_accuracy,
                unseen: row.unseen.balanced_accuracy,
                unseen_claimed: claimed.unseen.balanced_accuracy,
            });
        }
    }
    claims
}

fn pooled_recall(evaluations: &[Weighed<'_>], n_states: usize) -> Vec<Option<f64>> {
    let mut pooled = vec![vec![0u64; n_states]; n_states];
    evaluations.iter().for_each(|weighed| add(&mut pooled, &weighed.evaluation.confusion));
    metrics::recall(&pooled)
}

fn spread<'a>(values: impl Iterator<Item = (Key<'a>, f64)>, unit: Unit) -> Option<Spread> {
    let mut of_animals: BTreeMap<&str, BTreeMap<&[String], Vec<f64>>> = BTreeMap::new();
    for ((animal, trained_on), value) in values {
        let subsets = of_animals.entry(animal).or_default();
        subsets.entry(trained_on).or_default().push(value);
    }
    let of_subsets = |subsets: &BTreeMap<&[String], Vec<f64>>| -> Vec<f64> {
        subsets.values().map(|folds| mean(folds)).collect()
    };
    let values: Vec<f64> = match unit {
        Unit::Pairs => of_animals.values().flat_map(of_subsets).collect(),
        Unit::Animals => of_animals.values().map(|subsets| mean(&of_subsets(subsets))).collect(),
    };
    Spread::of(&values)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin;
    use crate::comparison::Preset;
    use crate::config::StudyConfig;
    use nervering_models::ModelName;
    use nervering_recording::NeuronSet;

    fn evaluation(animal: &str, role: Role, accuracy: f64) -> Evaluation {
        Evaluation {
            animal: animal.into(),
            role,
            statistics: Some(NetworkStatistics::EVALUATED),
            n_frames: 10,
            n_labelled: 10,
            accuracy: Some(accuracy),
            balanced_accuracy: Some(accuracy),
            macro_f1: None,
            nll: None,
            calibration_error: None,
            transitions: None,
            timeline: None,
            dwell_distance_s: None,
            confusion: vec![vec![1, 0], vec![1, 2]],
            predicted: None,
            edges: None,
        }
    }

    fn fit(trained_on: &[&str], fold: usize, accuracies: &[(&str, Role, f64)]) -> FitResult {
        let evaluation = |&(animal, role, accuracy): &_| evaluation(animal, role, accuracy);
        FitResult {
            variant: "paper".into(),
            model: "gnn".into(),
            trained_on: trained_on.iter().map(|&name| name.to_owned()).collect(),
            fold,
            initialisation: 0,
            training: None,
            curve: None,
            evaluations: accuracies.iter().map(evaluation).collect(),
        }
    }

    fn results(protocol: Protocol, mut fits: Vec<FitResult>) -> Results<Decode> {
        let mut variant = Comparison::new(protocol, &[ModelName::Gnn], NeuronSet::Paper3);
        variant.statistics = vec![NetworkStatistics::EVALUATED, NetworkStatistics::TRAINING];
        fits.iter_mut().for_each(|fit| fit.variant.clone_from(&variant.name));
        let config = builtin::table1(Preset::Smoke, 0);
        let config = StudyConfig { variants: vec![variant], ..config };
        Results { fits, config, notes: Vec::new() }
    }

    #[test]
    fn folds_are_averaged_before_the_spread_over_pairs() {
        use Role::{SameAnimal, UnseenAnimal};
        let fits = vec![
            fit(&["a"], 0, &[("a", SameAnimal, 1.), ("b", UnseenAnimal, 0.5)]),
            fit(&["a"], 1, &[("a", SameAnimal, 0.8), ("b", UnseenAnimal, 0.7)]),
            fit(&["b"], 0, &[("b", SameAnimal, 1.), ("a", UnseenAnimal, 0.9)]),
            fit(&["b"], 1, &[("b", SameAnimal, 1.), ("a", UnseenAnimal, 0.9)]),
        ];
        let sections = summary(&results(Protocol::Paper, fits));
        assert_eq!((sections.len(), sections[0].rows.len()), (1, 1));
        let row = &sections[0].rows[0];
        let unseen = row.unseen.accuracy.unwrap();
        assert_eq!(unseen.n, 2);
        assert!((unseen.mean - 0.75).abs() < 1e-12);
        assert!((unseen.sd - (2. * 0.15f64.powi(2)).sqrt()).abs() < 1e-12);
        assert!((row.same.accuracy.unwrap().mean - 0.95).abs() < 1e-12);
        assert_eq!(row.recall_unseen, [Some(0.5), Some(1.)]);
        assert_eq!((row.n_fits, row.unseen.nll), (4, None));
    }

    #[test]
    fn under_strict_an_animal_is_one_value_however_many_subsets_have_seen_it() {
        use Role::UnseenAnimal;
        let fits = vec![
            fit(&["a"], 0, &[("b", UnseenAnimal, 0.4), ("c", UnseenAnimal, 1.)]),
            fit(&["d"], 0, &[("b", UnseenAnimal, 0.8), ("c", UnseenAnimal, 1.)]),
        ];
        let unit = |protocol| {
            let unseen = summary(&results(protocol, fits.clone()))[0].rows[0].unseen;
            (unseen.accuracy.unwrap().n, unseen.accuracy.unwrap().mean)
        };
        assert_eq!(unit(Protocol::Paper).0, 4);
        assert_eq!(unit(Protocol::Strict).0, 2);
        assert!((unit(Protocol::Strict).1 - 0.8).abs() < 1e-12);
    }

    /// A block with one state alone made the majority class 45 % where a reader expects 50.
    #[test]
    fn test_blocks_of_one_state_are_put_together_before_recalls_are_averaged() {
        let block = |fold: usize, labelled: [u64; 2]| {
            let mut fit = fit(&["a"], fold, &[("a", Role::SameAnimal, 0.)]);
            // The majority class says the first state of every frame.
            fit.evaluations[0].confusion = vec![labelled.to_vec(), vec![0, 0]];
            fit.evaluations[0].accuracy = metrics::accuracy(&fit.evaluations[0].confusion);
            fit.evaluations[0].balanced_accuracy =
                metrics::balanced_accuracy(&fit.evaluations[0].confusion);
            fit
        };
        let fits = vec![block(0, [0, 10]), block(1, [20, 10]), block(2, [10, 0])];
        let same = |protocol| {
            let same = summary(&results(protocol, fits.clone()))[0].rows[0].same;
            (same.accuracy.unwrap().mean, same.balanced_accuracy.unwrap().mean)
        };
        assert_eq!(same(Protocol::Strict), (0.6, 0.5));
        let averaged = (0. + 2. / 3. + 1.) / 3.;
        assert_eq!(same(Protocol::Paper), (averaged, 0.5));
    }

    #[test]
    fn models_without_batch_norm_stand_in_the_first_section_alone() {
        let mut fits = vec![fit(&["a"], 0, &[("b", Role::UnseenAnimal, 0.5)])];
        fits[0].evaluations[0].statistics = Some(NetworkStatistics::TRAINING);
        fits.push(fit(&["a"], 0, &[("b", Role::UnseenAnimal, 0.6)]));
        fits[1].model = "majority".into();
        fits[1].evaluations[0].statistics = None;
        let sections = summary(&results(Protocol::Paper, fits));
        let models =
            |k: usize| sections[k].rows.iter().map(|r| r.model.as_str()).collect::<Vec<_>>();
        assert_eq!((models(0), models(1)), (vec!["majority"], vec!["gnn"]));
    }

    #[test]
    fn a_claim_stands_beside_what_was_found() {
        let mut fits = vec![fit(&["a"], 0, &[("a", Role::SameAnimal, 0.6)])];
        fits.push(fit(&["a"], 0, &[("a", Role::SameAnimal, 0.9)]));
        let mut results = results(Protocol::Strict, fits);
        results.fits[1].variant = "shuffled".into();
        let mut shuffled = results.config.variants[0].under(Protocol::Paper);
        shuffled.name = "shuffled".into();
        shuffled.claim_of = Some("strict".into());
        results.config.variants.push(shuffled);
        let claims = claims(&results, &summary(&results));
        assert_eq!(claims.len(), 1);
        // Of its counts, which are put together.
        assert_eq!(claims[0].same.unwrap().mean, 0.75);
        assert_eq!(claims[0].same_claimed.unwrap().mean, 0.9);
        assert_eq!(claims[0].unseen, None);
    }
}
