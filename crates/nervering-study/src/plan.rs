//! From what was asked to what can be run: recordings prepared, splits cut, every fit named. Only a
//! [`Plan`] can run: it is the grid's task.

use crate::aim::{Aim, Drive};
use crate::comparison::Comparison;
use crate::config::StudyConfig;
use crate::error::StudyError;
use crate::file::{AnimalEntry, animal_entries};
use crate::store;
use crate::subsets::{Subsets, check_counts};
use nervering_fit::{
    Machine, Parts, TrainedNetworks, Validation, View, by_name, check_behavior, check_names,
    fingerprint,
};
use nervering_grid::{Context, Task, check_name};
use nervering_recording::{MixedUnits, NeuronName, Recording};
use nervering_statistics::Role;
use std::collections::BTreeSet;

/// A study that can run: every part of its configuration is valid for its recordings.
#[derive(Debug)]
pub struct Plan<A: Aim> {
    config: StudyConfig<A>,
    /// One per variant.
    pub(crate) views: Vec<View>,
    pub(crate) groups: Vec<Group<A::Model>>,
    /// The first cell of each group, and last how many there are.
    first_cells: Vec<usize>,
    n_trainable: usize,
    animals: Vec<String>,
    fingerprints: Vec<String>,
    n_subsets_cut: usize,
    mixed_units: Option<MixedUnits>,
    /// Networks that fits of this run have trained, which others read in another way.
    pub(crate) trained: TrainedNetworks,
}

/// All folds of one model on one subset under one variant, from one set of initial weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group<M> {
    /// Place of the variant.
    pub(crate) variant: usize,
    pub(crate) model: M,
    /// Indices of the animals trained on, ascending.
    pub(crate) subset: Vec<usize>,
    /// Which initial weights, from 0; 0 for a model without any.
    pub(crate) initialisation: usize,
    /// Groups of a variant, model and number of animals are of one kind.
    kind: usize,
}

impl<M> Group<M> {
    pub(crate) fn kind(&self) -> usize {
        self.kind
    }
}

impl<A: Aim> Plan<A> {
    /// Checks a configuration against recordings and prepares them. Animals of `extended` are
    /// evaluated and never trained on. The order in which they are given changes nothing: they are taken
    /// by name.
    ///
    /// # Errors
    /// [`StudyError`] says which part of the configuration or which recording does not fit.
    pub fn new(
        mut config: StudyConfig<A>,
        train: &[Recording],
        extended: &[Recording],
    ) -> Result<Self, StudyError> {
        let (train, extended) = (&*by_name(train), &*by_name(extended));
        let everyone = || train.iter().chain(extended);
        check(&config, train.len())?;
        check_names(everyone())?;
        if A::NEEDS_STATES {
            check_behavior(everyone())?;
        }
        let mut views = Vec::new();
        for variant in &mut config.variants {
            let preparation = &mut variant.preparation;
            if A::NEEDS_STATES {
                preparation.coding = preparation.coding.resolve(everyone())?;
            }
            let (connectome, parts) = (config.aim.connectome(), Parts::TrainValidateTest);
            let view = View::new(preparation, config.seed, train, extended, connectome, parts)?;
            A::check_view(&view, &variant.choices)?;
            views.push(view);
        }
        let (mut groups, mut n_subsets_cut, mut kind) = (Vec::new(), 0, 0);
        for (variant, compared) in config.variants.iter().enumerate() {
            for &size in &config.training_sizes {
                let Subsets { used, n_cut } = Subsets::new(train.len(), size, config.max_subsets);
                n_subsets_cut = n_subsets_cut.max(n_cut);
                for &model in &compared.models {
                    for subset in &used {
                        let group = |initialisation| Group {
                            variant,
                            model,
                            subset: subset.clone(),
                            initialisation,
                            kind,
                        };
                        groups.extend((0..initialisations(&config.aim, model)).map(group));
                    }
                    kind += 1;
                }
            }
        }
        let mut first_cells = vec![0];
        for group in &groups {
            let before = first_cells[first_cells.len() - 1];
            first_cells.push(before + config.variants[group.variant].folds_run);
        }
        let animals = everyone().map(|recording| recording.animal().to_owned()).collect();
        let fingerprints = everyone().map(fingerprint).collect();
        let n_trainable = train.len();
        Ok(Self {
            config,
            views,
            groups,
            first_cells,
            n_trainable,
            animals,
            fingerprints,
            n_subsets_cut,
            mixed_units: MixedUnits::of(everyone()),
            trained: TrainedNetworks::default(),
        })
    }

    /// Whose fits this machine computes, instead of the processor.
    #[must_use]
    pub fn on(mut self, machine: &Machine) -> Self {
        self.views = self.views.into_iter().map(|view| view.on(machine)).collect();
        self
    }

    /// What was asked for.
    pub fn config(&self) -> &StudyConfig<A> {
        &self.config
    }

    /// The neurons that a variant uses, in the order of the features.
    pub fn neurons(&self, variant: usize) -> &[NeuronName] {
        &self.views[variant].neurons
    }

    /// Names of the animals: those to train on, then those that are only evaluated.
    pub fn animals(&self) -> &[String] {
        &self.animals
    }

    /// How many of the animals are trained on.
    pub fn n_trainable(&self) -> usize {
        self.n_trainable
    }

    /// Names of the extended animals that validate fits of a variant that asks for it; none where none
    /// does.
    pub fn validating(&self) -> Vec<String> {
        let asks = |view: &&View| view.preparation.validation == Validation::Extended;
        let view = self.views.iter().find(asks);
        view.map_or_else(Vec::new, |view| view.names(&view.validating()))
    }

    /// Whether every fit is trained on all animals that there are, so that none is unseen.
    pub fn leaves_no_animal_unseen(&self) -> bool {
        let smallest = self.config.training_sizes.iter().min();
        smallest.is_some_and(|&n| n == self.animals.len())
    }

    /// The units of the animals, where they are in several.
    pub(crate) fn mixed_units(&self) -> Option<&MixedUnits> {
        self.mixed_units.as_ref()
    }

    /// Subsets of animals of one size that are left out, at most.
    pub(crate) fn n_subsets_cut(&self) -> usize {
        self.n_subsets_cut
    }

    /// Fits of the study.
    pub fn n_fits(&self) -> usize {
        self.n_cells()
    }

    /// Gradient steps of the study, of fits that do not diverge: one per network, epoch and training
    /// animal.
    pub fn n_steps(&self) -> usize {
        let of_group = |group: &Group<A::Model>| self.steps_of(group) * self.folds_run(group);
        self.groups.iter().map(of_group).sum()
    }

    /// What a reader of the tables must know: what was cut, and what the numbers rest on.
    pub fn notes(&self) -> Vec<String> {
        A::notes(self)
    }

    /// The text of `study.toml`: everything that decides the results.
    pub fn study_toml(&self) -> String {
        A::toml(&self.config, self.animal_entries())
    }

    /// Its `study.toml` and its results, by path within its folder.
    pub fn stored(&self) -> Vec<String> {
        store::stored((0..self.n_cells()).map(|cell| self.key(cell)))
    }

    fn animal_entries(&self) -> Vec<AnimalEntry> {
        animal_entries(&self.animals, &self.fingerprints, self.n_trainable)
    }

    pub(crate) fn folds_run(&self, group: &Group<A::Model>) -> usize {
        self.variant(group).folds_run
    }

    pub(crate) fn variant(&self, group: &Group<A::Model>) -> &Comparison<A> {
        &self.config.variants[group.variant]
    }

    pub(crate) fn view(&self, group: &Group<A::Model>) -> &View {
        &self.views[group.variant]
    }

    /// Which frames of an animal are evaluated of a fit of the group.
    pub(crate) fn role(&self, group: &Group<A::Model>, animal: usize) -> Role {
        self.view(group).role(&group.subset, animal)
    }

    /// Epochs of a network.
    fn epochs_of(&self, group: &Group<A::Model>) -> usize {
        self.variant(group).epochs.unwrap_or(self.config.epochs)
    }

    /// Gradient steps of one fold of a group.
    pub(crate) fn steps_of(&self, group: &Group<A::Model>) -> usize {
        if A::is_network(group.model) { group.subset.len() * self.epochs_of(group) } else { 0 }
    }

    /// The group of a cell, and its fold.
    pub(crate) fn place(&self, cell: usize) -> (&Group<A::Model>, usize) {
        let group = self.first_cells.partition_point(|&first| first <= cell) - 1;
        (&self.groups[group], cell - self.first_cells[group])
    }
}

impl<A: Aim> Task for Plan<A> {
    type Earned = A::Fit;
    type Tally = A::Tally;
    type Error = StudyError;

    fn n_cells(&self) -> usize {
        self.first_cells[self.groups.len()]
    }

    /// `strict-gnn-1+3-fold0`: variant, model, animals by their place in the study from 1, and what else
    /// tells fits apart. Names of animals stay out of paths.
    fn key(&self, cell: usize) -> String {
        let (group, fold) = self.place(cell);
        let places: Vec<String> = group.subset.iter().map(|k| (k + 1).to_string()).collect();
        let (variant, end) = (&self.variant(group).name, A::key_end(group, fold));
        format!("{variant}-{}-{}{end}", group.model, places.join("+"))
    }

    fn steps(&self, cell: usize) -> usize {
        self.steps_of(self.place(cell).0)
    }

    fn kind(&self, cell: usize) -> usize {
        self.place(cell).0.kind
    }

    /// Consecutive folds of a group, at most as many as a cohort is wide.
    fn jobs(&self, cells: &[usize]) -> Vec<Vec<usize>> {
        let follows = |a: &usize, b: &usize| a + 1 == *b && self.place(*b).1 > 0;
        let runs = cells.chunk_by(follows);
        let of_run = |run: &[usize]| {
            let group = self.place(run[0]).0;
            let width = A::cohort_width(self.view(group), group);
            run.chunks(width).map(<[usize]>::to_vec).collect::<Vec<_>>()
        };
        runs.flat_map(of_run).collect()
    }

    fn steps_done(&self, cell: usize, context: &Context<'_>) -> Result<usize, String> {
        A::steps_done(self.place(cell).0, context)
    }

    fn run(
        &self,
        cells: &[usize],
        context: &Context<'_>,
    ) -> Result<Option<Vec<A::Fit>>, StudyError> {
        let (group, first) = self.place(cells[0]);
        let folds = first..first + cells.len();
        A::fit(self, group, folds, self.epochs_of(group), Drive::Run(context))
    }

    fn count(&self, tally: &mut A::Tally, fit: &A::Fit) {
        A::count(self, tally, fit);
    }

    /// `strict: gnn trained on 3 animals: done`; of a study's only variant nothing is said.
    fn line(&self, cell: usize, tally: A::Tally) -> String {
        let group = self.place(cell).0;
        let variant = match self.config.variants.len() {
            1 => String::new(),
            _ => format!("{}: ", self.variant(group).name),
        };
        let n_trained = group.subset.len();
        let animals = if n_trained == 1 { "animal" } else { "animals" };
        let said = A::said(tally);
        format!("{variant}{} trained on {n_trained} {animals}: done{said}", group.model)
    }
}

/// What a key ends with for other than the first initial weights, `-init1`.
pub(crate) fn init_of_key<M>(group: &Group<M>) -> String {
    match group.initialisation {
        0 => String::new(),
        n => format!("-init{n}"),
    }
}

/// Epochs and initial weights that a study may ask for: more could not be waited for.
const MOST_TIMES: usize = 1_000_000;

/// How many times a fit of a model is made: one that starts from no weights, only once.
fn initialisations<A: Aim>(aim: &A, model: A::Model) -> usize {
    if A::starts_from_weights(model) { aim.initialisations() } else { 1 }
}

fn check<A: Aim>(config: &StudyConfig<A>, n_animals: usize) -> Result<(), StudyError> {
    let refuse =
        |what, found: String, expected: String| Err(StudyError::Config { what, found, expected });
    if config.variants.is_empty() {
        return refuse("variants", "none".into(), "at least one".into());
    }
    check_name("name of the study", &config.name)?;
    check_training_sizes(&config.training_sizes, n_animals)?;
    let of_variants = config.variants.iter().filter_map(|variant| variant.epochs);
    let epochs = of_variants.chain([config.epochs]).map(|epochs| ("epochs", epochs));
    let initialisations = config.aim.initialisations();
    for (what, n) in epochs.chain([("initialisations", initialisations)]) {
        if n == 0 {
            return refuse(what, "0".into(), "at least 1".into());
        }
        if n > MOST_TIMES {
            return refuse(what, n.to_string(), format!("at most {MOST_TIMES}"));
        }
    }
    A::check(config)?;
    let mut names = BTreeSet::new();
    for variant in &config.variants {
        check_variant(variant)?;
        if !names.insert(&variant.name) {
            return refuse("variant", variant.name.clone(), "names that differ".into());
        }
    }
    config.check_counts(n_animals)
}

impl<A: Aim> StudyConfig<A> {
    /// Refuses a grid that is too large for so many animals to train on, or for more of them, before it
    /// is listed.
    ///
    /// # Errors
    /// [`StudyError::Config`] with the number of fits.
    pub fn check_counts(&self, n_animals: usize) -> Result<(), StudyError> {
        let of_variant = |variant: &Comparison<A>| {
            let times = |&model: &A::Model| initialisations(&self.aim, model);
            let n_models = variant.models.iter().map(times).fold(0, usize::saturating_add);
            n_models.saturating_mul(variant.folds_run)
        };
        let per_subset = self.variants.iter().map(of_variant).fold(0, usize::saturating_add);
        check_counts(n_animals, &self.training_sizes, self.max_subsets, per_subset)
    }
}

fn check_variant<A: Aim>(variant: &Comparison<A>) -> Result<(), StudyError> {
    let refuse =
        |what, found: String, expected: String| Err(StudyError::Config { what, found, expected });
    check_variant_name(&variant.name)?;
    check_models(&variant.models)?;
    let statistics = &variant.statistics;
    if statistics.is_empty() {
        return refuse("edges and batch_norm", "none".into(), "at least one of both".into());
    }
    if let Some((_, twice)) =
        statistics.iter().enumerate().find(|(k, s)| statistics[..*k].contains(s))
    {
        return refuse("edges and batch_norm", format!("{twice} twice"), "each pair once".into());
    }
    let most = variant.preparation.n_folds.min(A::MOST_FOLDS);
    if most == 0 {
        return refuse("folds", "0".into(), "at least one".into());
    }
    if variant.folds_run == 0 || variant.folds_run > most {
        return refuse("folds to run", variant.folds_run.to_string(), format!("1 to {most}"));
    }
    Ok(())
}

/// Refuses numbers of animals to train on that cannot be.
fn check_training_sizes(sizes: &[usize], n_animals: usize) -> Result<(), StudyError> {
    let what = "training size";
    if sizes.is_empty() {
        let (found, expected) = ("none".to_owned(), "at least one".to_owned());
        return Err(StudyError::Config { what: "training sizes", found, expected });
    }
    if n_animals == 0 {
        let (found, expected) = ("none".to_owned(), "at least one".to_owned());
        return Err(StudyError::Config { what: "animals to train on", found, expected });
    }
    for (k, &size) in sizes.iter().enumerate() {
        let expected = if size == 0 || size > n_animals {
            format!("1 to {n_animals} animals")
        } else if sizes[..k].contains(&size) {
            "each once".to_owned()
        } else {
            continue;
        };
        return Err(StudyError::Config { what, found: size.to_string(), expected });
    }
    Ok(())
}

/// Refuses a name of a variant that could not stand in a path.
fn check_variant_name(name: &str) -> Result<(), StudyError> {
    let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 60 || !name.chars().all(sound) {
        let (what, found) = ("name of a variant", format!("{name:?}"));
        let expected = "1 to 60 lower-case letters, digits and hyphens".to_owned();
        return Err(StudyError::Config { what, found, expected });
    }
    Ok(())
}

/// Refuses no model, and one that is named twice.
fn check_models<M: PartialEq + std::fmt::Display>(models: &[M]) -> Result<(), StudyError> {
    let refuse = |found, expected: &str| {
        Err(StudyError::Config { what: "models", found, expected: expected.to_owned() })
    };
    let twice = |(k, model): &(usize, &M)| models[..*k].contains(model);
    match models.iter().enumerate().find(twice) {
        Some((_, model)) => refuse(format!("{model} twice"), "each once"),
        None if models.is_empty() => refuse("none".to_owned(), "at least one"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Decode;
    use nervering_fit::{ModelName, Protocol};
    use nervering_recording::NeuronSet;

    /// "found 1, expected 1 to 0 animals" and "found 0, expected 1 to 0" were said.
    #[test]
    fn no_range_is_asked_for_that_holds_nothing() {
        let error = check_training_sizes(&[1], 0).unwrap_err().to_string();
        assert_eq!(error, "animals to train on: found none, expected at least one");
        let (models, neurons) = ([ModelName::Majority], NeuronSet::Shared);
        let mut variant = Comparison::<Decode>::new(Protocol::Paper, &models, neurons);
        (variant.preparation.n_folds, variant.folds_run) = (0, 0);
        let error = check_variant(&variant).unwrap_err().to_string();
        assert_eq!(error, "folds: found 0, expected at least one");
    }
}
