//! What a study asks for: models × subsets of animals × folds under one protocol.

use nervering_models::ModelName;
use nervering_prepare::DerivativeSource;
use nervering_recording::{NeuronSet, StateCoding};
use std::fmt;
use std::str::FromStr;

/// How windows are cut, what normalises what, and what is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// What the paper's text says. It leaks, by construction, and every table says so.
    Paper,
}

impl Protocol {
    /// Name in files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Paper => "paper",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that names none of the choices there are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found {found:?}, expected {expected}")]
pub struct UnknownChoice {
    /// The text as it was written.
    pub found: String,
    /// What there is.
    pub expected: &'static str,
}

impl FromStr for Protocol {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<Self, UnknownChoice> {
        match text {
            "paper" => Ok(Self::Paper),
            _ => Err(UnknownChoice { found: text.to_owned(), expected: "paper" }),
        }
    }
}

/// Where batch norms take mean and variance from in evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchNormFrom {
    /// From the evaluated frames, as the scripts do: each network adapts to each evaluated animal,
    /// without labels (transductive).
    Evaluated,
    /// From the animals trained on (inductive).
    Training,
}

impl BatchNormFrom {
    /// Name in files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Evaluated => "evaluated",
            Self::Training => "training",
        }
    }
}

impl FromStr for BatchNormFrom {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<Self, UnknownChoice> {
        match text {
            "evaluated" => Ok(Self::Evaluated),
            "training" => Ok(Self::Training),
            _ => Err(UnknownChoice { found: text.to_owned(), expected: "evaluated or training" }),
        }
    }
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

impl FromStr for Preset {
    type Err = UnknownChoice;

    fn from_str(text: &str) -> Result<Self, UnknownChoice> {
        match text {
            "smoke" => Ok(Self::Smoke),
            "quick" => Ok(Self::Quick),
            "full" => Ok(Self::Full),
            _ => Err(UnknownChoice { found: text.to_owned(), expected: "smoke, quick or full" }),
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Smoke => "smoke",
            Self::Quick => "quick",
            Self::Full => "full",
        })
    }
}

/// What was asked for. [`crate::Plan::new`] checks it against the recordings.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyConfig {
    /// Short name, for example `table1`; names the folder.
    pub name: String,
    /// One line above the table.
    pub title: String,
    /// Windows, normalisation, evaluation.
    pub protocol: Protocol,
    /// Models, in the order of the table.
    pub models: Vec<ModelName>,
    /// Neurons used of every animal.
    pub neurons: NeuronSet,
    /// States told apart.
    pub coding: StateCoding,
    /// Where derivatives come from.
    pub derivative: DerivativeSource,
    /// Batch norm of the networks in evaluation.
    pub batch_norm: BatchNormFrom,
    /// Numbers of animals to train on; all subsets of each size are trained on.
    pub training_sizes: Vec<usize>,
    /// Folds that the windows are cut into; 10 in the paper.
    pub n_folds: usize,
    /// How many of them are run, the first ones.
    pub folds_run: usize,
    /// Epochs of every network; 800 in the paper.
    pub epochs: usize,
    /// Seed of every generator of the study.
    pub seed: u64,
    /// At most so many subsets of each size, the first in lexicographic order.
    pub max_subsets: Option<usize>,
}

impl StudyConfig {
    /// Table 1 of the paper: forward against reverse crawling, trained on one animal.
    pub fn table1(preset: Preset, seed: u64) -> Self {
        let (folds_run, epochs) = match preset {
            Preset::Smoke => (1, 10),
            Preset::Quick => (2, 200),
            Preset::Full => (10, 800),
        };
        Self {
            name: "table1".into(),
            title: "Table 1: forward against reverse crawling".into(),
            protocol: Protocol::Paper,
            models: ModelName::TABLE1.to_vec(),
            neurons: NeuronSet::Paper15,
            coding: StateCoding::Two,
            derivative: DerivativeSource::FileOrCentral,
            batch_norm: BatchNormFrom::Evaluated,
            training_sizes: vec![1],
            n_folds: 10,
            folds_run,
            epochs,
            seed,
            max_subsets: None,
        }
    }

    /// The same on simulated animals, trained on one of them and on several.
    pub fn demo(preset: Preset, seed: u64) -> Self {
        let (training_sizes, folds_run, epochs, max_subsets) = match preset {
            Preset::Smoke => (vec![1, 2], 1, 5, Some(2)),
            Preset::Quick => (vec![1, 3], 1, 150, Some(3)),
            Preset::Full => (vec![1, 2, 3, 4], 10, 800, None),
        };
        Self {
            name: "demo".into(),
            title: "Forward against reverse crawling of simulated animals".into(),
            training_sizes,
            folds_run,
            epochs,
            max_subsets,
            ..Self::table1(preset, seed)
        }
    }
}
