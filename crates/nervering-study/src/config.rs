//! What a study asks for: variants × models × subsets of animals × folds.
//!
//! A [`Variant`] is one way of preparing, splitting and evaluating: neurons, states, [`Protocol`],
//! normalisation, batch statistics. Most studies have one; a control has two or more, and a study
//! under [`Protocol::Strict`] carries beside each of its variants the same under shuffled windows,
//! so that every table can say what those would have claimed.

use crate::reading::ReadingEntry;
use nervering_models::ModelName;
use nervering_prepare::{DerivativeSource, Interval};
use nervering_recording::{ConnectionKind, Connectome, NeuronSet, StateCoding, Weighting};
use nervering_statistics::{BatchStatistics, choices};
use std::sync::Arc;

/// How frames are split, what normalises what, and what is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// What the paper's text says. It leaks, by construction, and every table says so.
    Paper,
    /// What the published scripts do where they differ from the text. It leaks as well.
    AuthorsCode,
    /// Train on the past, test on the future and on animals never seen; no statistic of a test
    /// frame enters a fit.
    Strict,
}

/// Over which frames features are normalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Normalisation {
    /// Each animal by its own range over its whole recording: transductive.
    WholeRecording,
    /// All animals by the range of the training frames of the animals trained on: inductive.
    Training,
    /// Each animal by its own range up to each frame: causal.
    Causal,
}

/// How much of a study is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Seconds: shows that everything works.
    Smoke,
    /// Minutes.
    Quick,
    /// The paper's grid.
    Full,
}

choices!(Protocol, "paper, authors-code or strict",
    Paper => "paper", AuthorsCode => "authors-code", Strict => "strict");
choices!(Normalisation, "whole-recording, training or causal",
    WholeRecording => "whole-recording", Training => "training", Causal => "causal");
choices!(Preset, "smoke, quick or full", Smoke => "smoke", Quick => "quick", Full => "full");

/// One way of preparing, splitting and evaluating.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Short name in tables and in names of files: lower-case letters, digits and hyphens.
    pub name: String,
    /// How frames are split.
    pub protocol: Protocol,
    /// Models, in the order of the table.
    pub models: Vec<ModelName>,
    /// Neurons used of every animal.
    pub neurons: NeuronSet,
    /// States told apart.
    pub coding: StateCoding,
    /// Where derivatives come from.
    pub derivative: DerivativeSource,
    /// What features are normalised by.
    pub normalisation: Normalisation,
    /// Statistics that the networks are evaluated with, each from the same fit; tables show the
    /// first one first.
    pub statistics: Vec<BatchStatistics>,
    /// Folds that are cut.
    pub n_folds: usize,
    /// How many of them are run, the first ones.
    pub folds_run: usize,
    /// The variant that this one is the shuffled counterpart of: it says what shuffled windows
    /// would have claimed.
    pub claim_of: Option<String>,
}

impl Variant {
    /// The protocol with what belongs to it: ten folds of shuffled windows for the paper, one
    /// split for the scripts, five blocks of future frames for `strict`.
    pub fn new(protocol: Protocol, models: &[ModelName], neurons: NeuronSet) -> Self {
        let (derivative, normalisation, statistics, n_folds) = match protocol {
            Protocol::Paper => {
                let evaluated = vec![BatchStatistics::Evaluated];
                (DerivativeSource::FileOrCentral, Normalisation::WholeRecording, evaluated, 10)
            }
            Protocol::AuthorsCode => {
                let evaluated = vec![BatchStatistics::Evaluated];
                (DerivativeSource::FileOrCentral, Normalisation::WholeRecording, evaluated, 1)
            }
            Protocol::Strict => {
                let statistics = vec![BatchStatistics::Training, BatchStatistics::Running];
                (DerivativeSource::Backward, Normalisation::Training, statistics, 5)
            }
        };
        Self {
            name: protocol.as_str().to_owned(),
            protocol,
            models: models.to_vec(),
            neurons,
            coding: StateCoding::Two,
            derivative,
            normalisation,
            statistics,
            n_folds,
            folds_run: n_folds,
            claim_of: None,
        }
    }

    /// The same question under another protocol, with what belongs to that.
    pub fn under(&self, protocol: Protocol) -> Self {
        if self.protocol == protocol {
            return self.clone();
        }
        let new = Self::new(protocol, &self.models, self.neurons.clone());
        Self {
            name: self.name.replace(self.protocol.as_str(), protocol.as_str()),
            coding: self.coding.clone(),
            folds_run: self.folds_run.min(new.n_folds),
            ..new
        }
    }

    /// Where features are mapped to.
    pub fn interval(&self) -> Interval {
        match self.protocol {
            Protocol::AuthorsCode => Interval::MinusOneToOne,
            Protocol::Paper | Protocol::Strict => Interval::ZeroToOne,
        }
    }
}

/// A variant of a study of any task.
pub(crate) trait UnderProtocol {
    /// The same question under another protocol, with what belongs to that.
    fn under(&self, protocol: Protocol) -> Self;
    /// Its name.
    fn name(&self) -> &str;
    /// The same under a name, as the shuffled counterpart of another.
    fn claiming(self, name: String, claim_of: String) -> Self;
}

impl UnderProtocol for Variant {
    fn under(&self, protocol: Protocol) -> Self {
        self.under(protocol)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn claiming(self, name: String, claim_of: String) -> Self {
        Self { name, claim_of: Some(claim_of), ..self }
    }
}

/// Every variant under a protocol; under [`Protocol::Strict`] each is followed by its shuffled
/// counterpart.
pub(crate) fn with_counterparts<V: UnderProtocol>(variants: &[V], protocol: Protocol) -> Vec<V> {
    let of_variant = |variant: &V| {
        let asked = variant.under(protocol);
        let shuffled = (protocol == Protocol::Strict).then(|| {
            let name = asked.name().replace(Protocol::Strict.as_str(), "shuffled");
            variant.under(Protocol::Paper).claiming(name, asked.name().to_owned())
        });
        std::iter::once(asked).chain(shuffled)
    };
    variants.iter().flat_map(of_variant).collect()
}

/// Edges for the networks that are given theirs.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenConnectome {
    /// Its name, for example `white-1986`.
    pub name: String,
    /// The table.
    pub connectome: Arc<Connectome>,
    /// Chemical, electrical, or both.
    pub kinds: Vec<ConnectionKind>,
    /// What the number of synapses means.
    pub weighting: Weighting,
}

/// Whether the edges that networks infer are kept with the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepEdges {
    /// They are not.
    No,
    /// Per fit and evaluated animal.
    Yes,
}

/// What was asked for. [`crate::Plan::new`] checks it against the recordings.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyConfig {
    /// Short name, for example `table1`; names the folder.
    pub name: String,
    /// One line above the table.
    pub title: String,
    /// Ways of preparing and evaluating, in the order of the tables.
    pub variants: Vec<Variant>,
    /// Numbers of animals to train on; all subsets of each size are trained on.
    pub training_sizes: Vec<usize>,
    /// At most so many subsets of each size, the first in lexicographic order.
    pub max_subsets: Option<usize>,
    /// Epochs of every network; 800 in the paper.
    pub epochs: usize,
    /// Seed of every generator of the study.
    pub seed: u64,
    /// Times that each fit of a network is made, each from other initial weights and on the same
    /// frames; 1 in the paper.
    pub initialisations: usize,
    /// Edges for `gnn-connectome` and its shuffled control.
    pub connectome: Option<GivenConnectome>,
    /// Whether inferred edges are kept.
    pub keep_edges: KeepEdges,
    /// How the recordings were read, for `study.toml`.
    pub reading: ReadingEntry,
}

impl StudyConfig {
    /// The study with every variant under another protocol. Under [`Protocol::Strict`] each is
    /// followed by its shuffled counterpart, so that the table can say what that would have claimed.
    pub fn under(self, protocol: Protocol) -> Self {
        Self { variants: with_counterparts(&self.variants, protocol), ..self }
    }

    /// The study with other states told apart in all its variants. Where the title of a built-in study
    /// says which, it says the new ones.
    pub fn telling_apart(mut self, coding: &StateCoding) -> Self {
        for variant in &mut self.variants {
            self.title = self.title.replace(&told_apart(&variant.coding), &told_apart(coding));
            variant.coding = coding.clone();
        }
        self
    }

    /// The study with a change to each of its variants.
    pub fn with_variants(mut self, change: impl FnMut(&mut Variant)) -> Self {
        self.variants.iter_mut().for_each(change);
        self
    }
}

/// States of one's own that a title names; of more it says how many there are.
const MOST_NAMED: usize = 8;
/// Characters that their names may take there.
const MOST_CHARACTERS: usize = 50;

/// What a coding tells apart, as titles say it.
pub(crate) fn told_apart(coding: &StateCoding) -> String {
    match coding {
        StateCoding::Two => "forward against reverse crawling".to_owned(),
        StateCoding::Four => "four states".to_owned(),
        StateCoding::Seven => "seven states".to_owned(),
        StateCoding::Own(names) if names.is_empty() => "the recordings' own states".to_owned(),
        StateCoding::Own(names) => match named(names) {
            Some(named) => format!("the states {named}"),
            None => format!("{} states of the recordings' own", names.len()),
        },
    }
}

/// `active, quiet`, where these are few.
pub(crate) fn named(names: &[String]) -> Option<String> {
    let listed = names.join(", ");
    (names.len() <= MOST_NAMED && listed.chars().count() <= MOST_CHARACTERS).then_some(listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strict_study_carries_its_shuffled_counterpart() {
        let models = [ModelName::Majority, ModelName::Gnn];
        let mut paper = Variant::new(Protocol::Paper, &models, NeuronSet::Paper3);
        paper.name = "no-ava-paper".into();
        paper.folds_run = 2;
        paper.coding = StateCoding::Four;
        let config = StudyConfig {
            name: "x".into(),
            title: String::new(),
            variants: vec![paper.clone()],
            training_sizes: vec![1],
            max_subsets: None,
            epochs: 1,
            seed: 0,
            initialisations: 1,
            connectome: None,
            keep_edges: KeepEdges::No,
            reading: ReadingEntry::default(),
        };
        let strict = config.under(Protocol::Strict).variants;
        let names: Vec<&str> = strict.iter().map(|v| v.name.as_str()).collect();
        assert_eq!(names, ["no-ava-strict", "no-ava-shuffled"]);
        assert_eq!(strict[1].claim_of.as_deref(), Some("no-ava-strict"));
        assert_eq!(
            (strict[0].n_folds, strict[0].folds_run, &strict[0].coding),
            (5, 2, &paper.coding)
        );
        assert_eq!(strict[0].derivative, DerivativeSource::Backward);
        assert_eq!(strict[1].n_folds, 10);
    }

    #[test]
    fn names_of_choices_read_back() {
        for &protocol in Protocol::ALL {
            assert_eq!(protocol.as_str().parse(), Ok(protocol));
        }
        let error = "papper".parse::<Protocol>().unwrap_err();
        assert_eq!(error.to_string(), "found \"papper\", expected paper, authors-code or strict");
    }
}
