//! Study files: a study as TOML, written by hand or by an earlier run.
//!
//! [`StudyFile`] is what was written; [`StudyFile::study`] makes it a [`StudyConfig`]. An unknown key is
//! an error that names the line and the nearest known key. The `study.toml` in a study's folder has
//! the same keys, with everything filled in, so it can be run again on the same recordings.

use crate::aim::Aim;
use crate::comparison::{Comparison, paired, statistics_of};
use crate::config::StudyConfig;
use crate::decode::{Added, Decode, KeepEdges};
use crate::error::StudyError;
use crate::reading::ReadingEntry;
use crate::subsets::n_subsets;
use crate::toml_file::{FORMAT, choice, format, parse, text_or_list};
use nervering_fit::{
    GivenConnectome, Hyperparameters, ModelName, NetworkChoices, Normalisation, Protocol,
    Structure, Validation,
};
use nervering_prepare::DerivativeSource;
use nervering_recording::{ConnectionKind, Connectome, NeuronSet, StateCoding, Weighting};
use nervering_statistics::TakenFrom;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A study as it stands in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudyFile {
    /// Version of the format; the current one where it is left out.
    #[serde(default = "format")]
    pub format: u32,
    /// Version of the program that wrote the file; for readers, it decides nothing.
    pub nervering: Option<String>,
    /// `decode`, which is what a file without it asks for.
    pub task: Option<String>,
    /// Short name: lower-case letters, digits and hyphens.
    pub name: String,
    /// One line above the table; the name where it is left out.
    pub title: Option<String>,
    /// Seed of everything random, 0 where it is left out.
    #[serde(default)]
    pub seed: u64,
    /// Times that each fit of a network is made, each from other initial weights; once where it is
    /// left out.
    #[serde(default = "initialisations")]
    pub initialisations: usize,
    /// Epochs of every network, 800 where it is left out.
    #[serde(default = "epochs")]
    pub epochs: usize,
    /// Numbers of animals to train on.
    pub training_sizes: Vec<usize>,
    /// At most so many subsets of animals of each size.
    pub max_subsets: Option<usize>,
    /// Whether inferred edges are kept with the results.
    #[serde(default)]
    pub keep_edges: bool,
    /// What the study answers besides: `information`, `strains`, `validation`, or nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
    /// Where the recordings are, relative to the file.
    pub recordings: Option<RecordingsEntry>,
    /// How recordings are read where their files leave a choice.
    #[serde(default, skip_serializing_if = "ReadingEntry::is_default")]
    pub reading: ReadingEntry,
    /// Edges for networks that are given theirs.
    pub connectome: Option<ConnectomeEntry>,
    /// Ways of preparing, splitting and evaluating.
    pub variant: Vec<VariantEntry>,
    /// The animals of a run, written by it; not read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub animal: Vec<AnimalEntry>,
}

/// `[recordings]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordingsEntry {
    /// Files or folders with animals to train on and to evaluate.
    pub train: Vec<PathBuf>,
    /// Files or folders with animals that are only evaluated.
    #[serde(default)]
    pub evaluate: Vec<PathBuf>,
}

/// `[connectome]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectomeEntry {
    /// A connectome that ships with the program, for example `white-1986`.
    pub name: String,
    /// `chemical`, `electrical` or both; both where it is left out.
    pub kinds: Option<Vec<String>>,
    /// `binary`, `count` or `row-normalised`, the last where it is left out.
    pub weighting: Option<String>,
}

/// `[[variant]]`. What is left out comes with the protocol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariantEntry {
    /// Name in tables and files; the protocol's where it is left out.
    pub name: Option<String>,
    /// `paper`, `authors-code`, `strict` or `animals`.
    pub protocol: String,
    /// Names of models.
    pub models: Vec<String>,
    /// `shared`, `named`, `paper-15`, `paper-3`, or a list of names; `paper-15` where it is left out.
    #[serde(default, deserialize_with = "text_or_list")]
    pub neurons: Option<Vec<String>>,
    /// Of `named` neurons, those that are shown of animals not trained on.
    #[serde(default, deserialize_with = "text_or_list", skip_serializing_if = "Option::is_none")]
    pub shown: Option<Vec<String>>,
    /// What is known beforehand of each animal not trained on: `unlabelled`, or seconds of labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapt: Option<String>,
    /// Seconds of an animal not trained on before its first frame that is tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tested_from_s: Option<f64>,
    /// 2, 4, 6 or 7; 2 where it is left out.
    pub states: Option<StatesEntry>,
    /// `frames`, `filter`, `markov` or `semi-markov`; `frames` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decode: Option<String>,
    /// `file-or-central`, `central` or `backward`.
    pub derivative: Option<String>,
    /// `whole-recording`, `training` or `causal`.
    pub normalisation: Option<String>,
    /// Where static edges come from in evaluation: `evaluated`, `training`, `running`, or several of
    /// them, each beside the entry of `batch_norm` at its place.
    #[serde(default, deserialize_with = "text_or_list")]
    pub edges: Option<Vec<String>>,
    /// Where the statistics of batch norms come from, with the same choices.
    #[serde(default, deserialize_with = "text_or_list")]
    pub batch_norm: Option<Vec<String>>,
    /// What stood for both in earlier formats; refused.
    #[serde(default, skip_serializing)]
    pub statistics: Option<toml::Value>,
    /// Hidden units of every network.
    pub width: Option<usize>,
    /// `relu` or `elu`, after every layer of every network.
    pub activation: Option<String>,
    /// What the outputs of inferred edges are multiplied by inside their softmax.
    pub edge_scale: Option<u32>,
    /// Adam's rate at the start.
    pub learning_rate: Option<f64>,
    /// Epochs of every network, where they are others than the study's.
    pub epochs: Option<usize>,
    /// What chooses the epoch of networks: `training`, frames set aside of the animals trained on, or
    /// `extended`, every second animal that is only evaluated; the first where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<String>,
    /// Folds that are cut.
    pub folds: Option<usize>,
    /// How many of them are run.
    pub folds_run: Option<usize>,
    /// The variant that this one is the shuffled counterpart of.
    pub claim_of: Option<String>,
}

/// `[[animal]]`, written by a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnimalEntry {
    /// Name of the animal.
    pub name: String,
    /// `train` or `evaluate`.
    pub r#use: String,
    /// SHA-256 of its times, traces, derivatives and states.
    pub sha256: String,
}

/// The animals of a run, those to train on first.
pub(crate) fn animal_entries(
    names: &[String],
    fingerprints: &[String],
    n_trainable: usize,
) -> Vec<AnimalEntry> {
    let entry = |(k, (name, sha256)): (usize, (&String, &String))| AnimalEntry {
        name: name.clone(),
        r#use: if k < n_trainable { "train" } else { "evaluate" }.to_owned(),
        sha256: sha256.clone(),
    };
    names.iter().zip(fingerprints).enumerate().map(entry).collect()
}

fn epochs() -> usize {
    800
}

fn initialisations() -> usize {
    1
}

impl StudyFile {
    /// Reads the text of a study file; `path` is for errors.
    ///
    /// # Errors
    /// [`StudyError::File`] names the line, and for an unknown key the nearest known one.
    pub fn parse(text: &str, path: &Path) -> Result<Self, StudyError> {
        parse(text, path, |file: &Self| file.format)
    }

    /// The study that the file asks for. `connectome` looks up a connectome by name, or says which
    /// names there are.
    ///
    /// # Errors
    /// [`StudyError::Config`] for a value that is none of the choices there are.
    pub fn study(
        &self,
        connectome: impl Fn(&str) -> Result<Connectome, String>,
    ) -> Result<StudyConfig<Decode>, StudyError> {
        let variants = self.variant.iter().map(VariantEntry::variant).collect::<Result<_, _>>()?;
        let connectome = match &self.connectome {
            Some(entry) => Some(entry.given(connectome)?),
            None => None,
        };
        Ok(StudyConfig {
            name: self.name.clone(),
            title: self.title.clone().unwrap_or_else(|| self.name.clone()),
            variants,
            training_sizes: self.training_sizes.clone(),
            max_subsets: self.max_subsets,
            epochs: self.epochs,
            seed: self.seed,
            reading: self.reading.clone(),
            aim: Decode {
                initialisations: self.initialisations,
                connectome,
                keep_edges: self.keep_edges.into(),
                added: self
                    .added
                    .iter()
                    .map(|name| choice::<Added>("added", name))
                    .collect::<Result<_, _>>()?,
            },
        })
    }

    /// The file of a study, with everything filled in but the places of the recordings.
    pub(crate) fn of(config: &StudyConfig<Decode>, animal: Vec<AnimalEntry>) -> Self {
        Self {
            format: FORMAT,
            nervering: Some(env!("CARGO_PKG_VERSION").to_owned()),
            task: None,
            name: config.name.clone(),
            title: Some(config.title.clone()),
            seed: config.seed,
            initialisations: config.aim.initialisations,
            epochs: config.epochs,
            training_sizes: config.training_sizes.clone(),
            max_subsets: config.max_subsets,
            keep_edges: config.aim.keep_edges == KeepEdges::Yes,
            added: config.aim.added.iter().map(ToString::to_string).collect(),
            recordings: None,
            reading: config.reading.clone(),
            connectome: config.aim.connectome.as_ref().map(ConnectomeEntry::of),
            variant: config.variants.iter().map(VariantEntry::of).collect(),
            animal,
        }
    }

    /// Fits of a study that a run has written out.
    pub(crate) fn n_fits(&self) -> usize {
        let n_subsets = n_subsets(&self.animal, &self.training_sizes, self.max_subsets);
        let of_model = |name: &String| match name.parse() {
            Ok(model) if Decode::is_network(model) => self.initialisations,
            _ => 1,
        };
        let of_variant = |v: &VariantEntry| {
            let n_models = v.models.iter().map(of_model).fold(0, usize::saturating_add);
            n_models.saturating_mul(v.folds_run.unwrap_or(0)).saturating_mul(n_subsets)
        };
        self.variant.iter().map(of_variant).fold(0, usize::saturating_add)
    }

    /// The file as text.
    pub(crate) fn text(&self) -> String {
        toml::to_string(self).expect("a study file is plain data")
    }
}

impl ConnectomeEntry {
    /// With everything filled in.
    pub(crate) fn of(given: &GivenConnectome) -> Self {
        Self {
            name: given.name.clone(),
            kinds: Some(given.kinds.iter().map(|&kind| kind_name(kind).to_owned()).collect()),
            weighting: Some(given.weighting.as_str().to_owned()),
        }
    }

    /// What it asks for.
    pub(crate) fn given(
        &self,
        connectome: impl Fn(&str) -> Result<Connectome, String>,
    ) -> Result<GivenConnectome, StudyError> {
        let refuse = |what, found: &str, expected: &str| StudyError::Config {
            what,
            found: format!("{found:?}"),
            expected: expected.to_owned(),
        };
        let table = connectome(&self.name)
            .map_err(|expected| refuse("connectome", &self.name, &expected))?;
        let kinds = match &self.kinds {
            None => vec![ConnectionKind::Chemical, ConnectionKind::Electrical],
            Some(names) => names
                .iter()
                .map(|name| {
                    let named = |kind: &ConnectionKind| kind_name(*kind) == name;
                    KINDS.into_iter().find(named).ok_or_else(|| {
                        refuse("kinds of the connectome", name, "chemical, electrical, functional")
                    })
                })
                .collect::<Result<_, _>>()?,
        };
        let weighting = match &self.weighting {
            None => Weighting::RowNormalised,
            Some(name) => {
                let named = |weighting: &&Weighting| weighting.as_str() == name;
                let expected = "binary, count or row-normalised";
                *Weighting::ALL
                    .iter()
                    .find(named)
                    .ok_or_else(|| refuse("weighting of the connectome", name, expected))?
            }
        };
        Ok(GivenConnectome {
            name: self.name.clone(),
            connectome: Arc::new(table),
            kinds,
            weighting,
        })
    }
}

const KINDS: [ConnectionKind; 3] =
    [ConnectionKind::Chemical, ConnectionKind::Electrical, ConnectionKind::Functional];

fn kind_name(kind: ConnectionKind) -> &'static str {
    match kind {
        ConnectionKind::Chemical => "chemical",
        ConnectionKind::Electrical => "electrical",
        ConnectionKind::Functional => "functional",
    }
}

/// Where one kind of what networks take over frames comes from.
fn taken_from(
    key: &'static str,
    names: Option<&[String]>,
) -> Result<Option<Vec<TakenFrom>>, StudyError> {
    names.map(|names| names.iter().map(|name| choice(key, name)).collect()).transpose()
}

/// `states`: how many, or `"own"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum StatesEntry {
    /// The states of a fixed coding: 2, 4, 6 or 7.
    Number(usize),
    /// `own`: those that the recordings have.
    Name(String),
}

impl StatesEntry {
    fn coding(&self) -> Result<StateCoding, StudyError> {
        let (coding, found) = match self {
            Self::Number(n_states) => (StateCoding::from_n_states(*n_states), n_states.to_string()),
            Self::Name(name) => {
                ((name == "own").then(|| StateCoding::Own(Vec::new())), format!("{name:?}"))
            }
        };
        let expected = "2, 4, 6 or 7, or \"own\"".to_owned();
        coding.ok_or(StudyError::Config { what: "states", found, expected })
    }

    fn of(coding: &StateCoding) -> Self {
        match coding {
            StateCoding::Own(_) => Self::Name("own".to_owned()),
            fixed => Self::Number(fixed.n_classes()),
        }
    }
}

impl VariantEntry {
    fn variant(&self) -> Result<Comparison<Decode>, StudyError> {
        let protocol: Protocol = choice("protocol", &self.protocol)?;
        let models: Vec<ModelName> =
            self.models.iter().map(|name| choice("models", name)).collect::<Result<_, _>>()?;
        let neurons: NeuronSet = match &self.neurons {
            None => NeuronSet::Paper15,
            Some(names) => choice("neurons", &names.join(","))?,
        };
        let mut variant = Comparison::new(protocol, &models, neurons);
        if let Some(names) = &self.shown {
            variant.preparation.shown = Some(choice("shown", &names.join(","))?);
        }
        if let Some(known) = &self.adapt {
            variant.preparation.adapt = Some(choice("adapt", known)?);
        }
        variant.preparation.tested_from_s = self.tested_from_s.unwrap_or(0.);
        if let Some(name) = &self.name {
            variant.name.clone_from(name);
        }
        if let Some(states) = &self.states {
            variant.preparation.coding = states.coding()?;
        }
        if let Some(name) = &self.decode {
            variant.preparation.structure = choice::<Structure>("decode", name)?;
        }
        if let Some(name) = &self.derivative {
            variant.preparation.derivative = choice::<DerivativeSource>("derivative", name)?;
        }
        if let Some(name) = &self.normalisation {
            variant.preparation.normalisation = choice::<Normalisation>("normalisation", name)?;
        }
        if let Some(name) = &self.validation {
            variant.preparation.validation = choice::<Validation>("validation", name)?;
        }
        if self.statistics.is_some() {
            let found = "a key of earlier formats".to_owned();
            let expected = "edges, batch_norm or both, which take the same values".to_owned();
            return Err(StudyError::Config { what: "statistics", found, expected });
        }
        let edges = taken_from("edges", self.edges.as_deref())?;
        let batch_norm = taken_from("batch_norm", self.batch_norm.as_deref())?;
        let of_protocol = statistics_of::<Decode>(protocol)[0];
        if let Some(statistics) = paired(edges.as_deref(), batch_norm.as_deref(), of_protocol)? {
            variant.statistics = statistics;
        }
        let activation = self.activation.as_deref();
        variant.choices = Hyperparameters {
            network: NetworkChoices {
                width: self.width,
                activation: activation.map(|name| choice("activation", name)).transpose()?,
                edge_scale: self.edge_scale,
            },
            learning_rate: self.learning_rate,
        };
        variant.epochs = self.epochs;
        if let Some(n_folds) = self.folds {
            (variant.preparation.n_folds, variant.folds_run) = (n_folds, n_folds);
        }
        if let Some(folds_run) = self.folds_run {
            variant.folds_run = folds_run;
        }
        variant.claim_of.clone_from(&self.claim_of);
        Ok(variant)
    }

    fn of(variant: &Comparison<Decode>) -> Self {
        let text = |text: &str| Some(text.to_owned());
        let list = |set: &NeuronSet| set.to_string().split(',').map(str::to_owned).collect();
        Self {
            name: Some(variant.name.clone()),
            protocol: variant.preparation.protocol.as_str().to_owned(),
            models: variant.models.iter().map(ToString::to_string).collect(),
            neurons: Some(list(&variant.preparation.neurons)),
            shown: variant.preparation.shown.as_ref().map(list),
            adapt: variant.preparation.adapt.map(|known| known.to_string()),
            tested_from_s: Some(variant.preparation.tested_from_s).filter(|&from| from != 0.),
            states: Some(StatesEntry::of(&variant.preparation.coding)),
            decode: (variant.preparation.structure != Structure::Frames)
                .then(|| variant.preparation.structure.as_str().to_owned()),
            derivative: text(variant.preparation.derivative.as_str()),
            normalisation: text(variant.preparation.normalisation.as_str()),
            edges: Some(variant.statistics.iter().map(|s| s.edges.to_string()).collect()),
            batch_norm: Some(variant.statistics.iter().map(|s| s.batch_norm.to_string()).collect()),
            statistics: None,
            width: variant.choices.network.width,
            activation: variant.choices.network.activation.map(|choice| choice.to_string()),
            edge_scale: variant.choices.network.edge_scale,
            learning_rate: variant.choices.learning_rate,
            epochs: variant.epochs,
            validation: (variant.preparation.validation != Validation::Training)
                .then(|| variant.preparation.validation.as_str().to_owned()),
            folds: Some(variant.preparation.n_folds),
            folds_run: Some(variant.folds_run),
            claim_of: variant.claim_of.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = r#"
name = "turns"
training_sizes = [1, 4]

[[variant]]
protocol = "strict"
models = ["gnn", "mlp"]
neurons = ["AVAL", "AVAR"]
states = 4
"#;

    fn study(text: &str) -> Result<StudyConfig<Decode>, StudyError> {
        let none = |_: &str| Err("white-1986 or cook-2019".to_owned());
        StudyFile::parse(text, Path::new("turns.toml"))?.study(none)
    }

    #[test]
    fn what_is_left_out_comes_with_the_protocol() {
        let config = study(MINIMAL).unwrap();
        assert_eq!((config.title.as_str(), config.epochs, config.seed), ("turns", 800, 0));
        let variant = &config.variants[0];
        assert_eq!(
            (variant.name.as_str(), variant.preparation.n_folds, variant.folds_run),
            ("strict", 5, 5)
        );
        assert_eq!(variant.preparation.normalisation, Normalisation::Training);
        assert_eq!(variant.preparation.coding, StateCoding::Four);
    }

    #[test]
    fn a_study_written_out_reads_back_as_itself() {
        let config = study(MINIMAL).unwrap();
        let text = StudyFile::of(&config, Vec::new()).text();
        assert_eq!(study(&text).unwrap(), config);
    }

    #[test]
    fn what_a_network_is_made_of_and_takes_over_frames_stands_in_the_file() {
        let text = format!(
            "{MINIMAL}edges = [\"evaluated\", \"training\"]\nbatch_norm = \"running\"\nwidth = 32\n\
             activation = \"relu\"\nedge_scale = 3\nlearning_rate = 3e-4\nepochs = 400\n"
        );
        let config = study(&text).unwrap();
        let variant = &config.variants[0];
        let pairs: Vec<String> = variant.statistics.iter().map(ToString::to_string).collect();
        let expected =
            ["edges evaluated, batch norm running", "edges training, batch norm running"];
        assert_eq!(pairs, expected);
        let NetworkChoices { width, activation, edge_scale } = variant.choices.network;
        let activation = activation.map(|activation| activation.as_str());
        assert_eq!((width, activation, edge_scale), (Some(32), Some("relu"), Some(3)));
        assert_eq!((variant.choices.learning_rate, variant.epochs), (Some(3e-4), Some(400)));
        let written = StudyFile::of(&config, Vec::new()).text();
        assert_eq!(study(&written).unwrap(), config);
        let said = |text: &str| study(text).unwrap_err().to_string();
        let wrong = said(&text.replace("relu", "tanh"));
        assert!(wrong.contains("activation") && wrong.contains("relu or elu"), "{wrong}");
        let wrong = said(&text.replace("running", "all"));
        assert!(wrong.contains("batch_norm") && wrong.contains("evaluated, training"), "{wrong}");
        let wrong = said(&format!("{MINIMAL}statistics = \"training\"\n"));
        assert!(wrong.contains("statistics") && wrong.contains("edges, batch_norm"), "{wrong}");
    }

    #[test]
    fn an_unknown_key_is_told_with_its_line_and_the_nearest_known_one() {
        let said = |text: &str| study(text).unwrap_err().to_string();
        let wrong = said(&MINIMAL.replace("states", "sates"));
        assert!(wrong.contains("turns.toml, line 9"), "{wrong}");
        assert!(wrong.contains("\"sates\"; did you mean \"states\"?"), "{wrong}");
        let wrong = said(&MINIMAL.replace("training_sizes", "trainig_size"));
        assert!(wrong.contains("line 3") && wrong.contains("\"training_sizes\""), "{wrong}");
    }

    #[test]
    fn a_value_that_is_no_choice_is_told_with_those_there_are() {
        let said = |text: &str| study(text).unwrap_err().to_string();
        let wrong = said(&MINIMAL.replace("\"strict\"", "\"strickt\""));
        assert!(wrong.contains("protocol") && wrong.contains("paper, authors-code"), "{wrong}");
        let wrong = said(&MINIMAL.replace("\"gnn\"", "\"gnm\""));
        assert!(wrong.contains("gnm") && wrong.contains("gnn-text"), "{wrong}");
        let wrong = said(&MINIMAL.replace("= 4", "= 5"));
        assert!(wrong.contains("states: found 5, expected 2, 4, 6 or 7"), "{wrong}");
        let wrong = said(&format!("{MINIMAL}\n[connectome]\nname = \"black\""));
        assert!(wrong.contains("\"black\"") && wrong.contains("white-1986"), "{wrong}");
    }
}
