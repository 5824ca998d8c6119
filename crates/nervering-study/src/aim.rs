//! What a study is about: [`Aim`] is all in which studies that decode and studies that forecast differ
//! on their way from configuration to results.

use crate::config::StudyConfig;
use crate::error::StudyError;
use crate::file::AnimalEntry;
use crate::plan::{Group, Plan};
use nervering_fit::{GivenConnectome, Preparation, Protocol, View};
use nervering_grid::Context;
use nervering_recording::NeuronSet;
use nervering_statistics::NetworkStatistics;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::{Debug, Display};
use std::ops::Range;

/// What a study is about, with what only studies of this kind are asked: [`crate::Decode`] or
/// [`crate::forecast::Forecast`].
pub trait Aim: Debug + Clone + PartialEq + Sync + Sized {
    /// What is compared.
    type Model: Copy + Eq + Ord + Debug + Display + Sync;
    /// One fit, as it is saved.
    type Fit: Serialize + DeserializeOwned + Debug + Clone + PartialEq + Send;
    /// What is counted of fits of one kind.
    type Tally: Default + Send;
    /// What a comparison may have otherwise than its models and measures are.
    type Choices: Debug + Clone + PartialEq + Default + Sync;

    /// What networks take over frames under [`Protocol::Strict`].
    const STRICT_STATISTICS: &'static [NetworkStatistics];
    /// Folds that are run at most.
    const MOST_FOLDS: usize;
    /// Epochs of a calibration's first look at a network.
    const FIRST_EPOCHS: usize;

    /// How animals are seen where nothing else is asked for.
    fn preparation(protocol: Protocol, neurons: NeuronSet) -> Preparation;

    /// Whether a model is trained by gradient steps.
    fn is_network(model: Self::Model) -> bool;

    /// Whether a fit of a model starts from drawn weights, and others would give another.
    fn starts_from_weights(model: Self::Model) -> bool {
        Self::is_network(model)
    }

    /// Epochs of a protocol.
    fn epochs_of(protocol: Protocol) -> usize;

    /// Times that a fit that starts from drawn weights is made, each from others.
    fn initialisations(&self) -> usize;

    /// Edges for the networks that are given theirs.
    fn connectome(&self) -> Option<&GivenConnectome>;

    /// Whether states are needed.
    const NEEDS_STATES: bool;

    /// Refuses what no recording could change.
    ///
    /// # Errors
    /// [`StudyError::Config`].
    fn check(config: &StudyConfig<Self>) -> Result<(), StudyError>;

    /// Refuses recordings in which nothing could be learnt, or nothing of what was chosen measured.
    ///
    /// # Errors
    /// [`StudyError`].
    fn check_view(view: &View, choices: &Self::Choices) -> Result<(), StudyError>;

    /// The end of the key of a fit, after variant, model and animals.
    fn key_end(group: &Group<Self::Model>, fold: usize) -> String;

    /// How many folds of a group are trained in lockstep. The choice never changes a result.
    fn cohort_width(view: &View, group: &Group<Self::Model>) -> usize;

    /// Fits some folds of a group and evaluates them, for so many epochs; nothing when the context says
    /// to stop.
    ///
    /// # Errors
    /// [`StudyError`] when a model cannot be fitted.
    fn fit(
        plan: &Plan<Self>,
        group: &Group<Self::Model>,
        folds: Range<usize>,
        epochs: usize,
        drive: Drive<'_>,
    ) -> Result<Option<Vec<Self::Fit>>, StudyError>;

    /// Gradient steps that a checkpoint saves.
    ///
    /// # Errors
    /// Why it cannot be used, in words.
    fn steps_done(group: &Group<Self::Model>, context: &Context<'_>) -> Result<usize, String>;

    /// Counts a fit.
    fn count(plan: &Plan<Self>, tally: &mut Self::Tally, fit: &Self::Fit);

    /// What is said of a kind of fits when all are done, after `gnn trained on 3 animals: done`.
    fn said(tally: Self::Tally) -> String;

    /// What a reader of the tables must know.
    fn notes(plan: &Plan<Self>) -> Vec<String>;

    /// The text of `study.toml`.
    fn toml(config: &StudyConfig<Self>, animals: Vec<AnimalEntry>) -> String;
}

/// Who drives a fit.
#[derive(Clone, Copy)]
pub enum Drive<'a> {
    /// A run, which may stop it and keeps where it stands.
    Run(&'a Context<'a>),
    /// A calibration, which hears of every step.
    Calibration(&'a dyn Fn(usize)),
}
