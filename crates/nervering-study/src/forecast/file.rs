//! Study files that ask for forecasts: `task = "forecast"`. As [`crate::StudyFile`], with the keys
//! that a forecasting study has; an unknown key is an error that names the line and the nearest
//! known one.

use super::Forecast;
use super::notes::epochs_of;
use super::scored::Scored;
use crate::comparison::Comparison;
use crate::config::StudyConfig;
use crate::decode::KeepEdges;
use crate::error::StudyError;
use crate::file::{AnimalEntry, ConnectomeEntry, RecordingsEntry};
use crate::reading::ReadingEntry;
use crate::subsets::n_subsets;
use crate::toml_file::{FORMAT, choice, format, parse, text_or_list};
use nervering_fit::{Normalisation, Protocol};
use nervering_models::forecast::ForecastModel;
use nervering_models::trajectory::TrajectoryConfig;
use nervering_models::{Increment, Loss, ResidualOf};
use nervering_prepare::DerivativeSource;
use nervering_recording::{Connectome, NeuronSet};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A forecasting study as it stands in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForecastFile {
    /// Version of the format; the current one where it is left out.
    #[serde(default = "format")]
    pub format: u32,
    /// Version of the program that wrote the file; for readers, it decides nothing.
    pub nervering: Option<String>,
    /// `forecast`.
    pub task: String,
    /// Short name: lower-case letters, digits and hyphens.
    pub name: String,
    /// One line above the table; the name where it is left out.
    pub title: Option<String>,
    /// Seed of everything random, 0 where it is left out.
    #[serde(default)]
    pub seed: u64,
    /// Epochs of every network; where it is left out 800, or 600 under `authors-code` alone.
    pub epochs: Option<usize>,
    /// Hidden units of every network, 256 where it is left out.
    pub width: Option<usize>,
    /// `tanh` or `unbounded`, the former where it is left out.
    pub increment: Option<String>,
    /// `squared-error` or `absolute-error`, the former where it is left out.
    pub loss: Option<String>,
    /// `copy` or `linear`: what networks correct; the former where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub residual_of: Option<String>,
    /// Times that each fit that starts from drawn weights is made, each from others; 1 where it is left out.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub initialisations: usize,
    /// Whether the edges that models infer are kept with the results; `false` where it is left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_edges: bool,
    /// Numbers of animals to train on.
    pub training_sizes: Vec<usize>,
    /// At most so many subsets of animals of each size.
    pub max_subsets: Option<usize>,
    /// Where the recordings are, relative to the file.
    pub recordings: Option<RecordingsEntry>,
    /// Edges for networks that are given a connectome.
    pub connectome: Option<ConnectomeEntry>,
    /// How recordings are read where their files leave a choice.
    #[serde(default, skip_serializing_if = "ReadingEntry::is_default")]
    pub reading: ReadingEntry,
    /// Ways of preparing, splitting and evaluating.
    pub variant: Vec<ForecastVariantEntry>,
    /// The animals of a run, written by it; not read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub animal: Vec<AnimalEntry>,
}

/// `[[variant]]`. What is left out comes with the protocol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForecastVariantEntry {
    /// Name in tables and files; the protocol's where it is left out.
    pub name: Option<String>,
    /// `paper`, `authors-code` or `strict`.
    pub protocol: String,
    /// Names of models.
    pub models: Vec<String>,
    /// `shared`, `paper-15`, `paper-3`, or a list of names; `paper-15` where it is left out.
    #[serde(default, deserialize_with = "text_or_list")]
    pub neurons: Option<Vec<String>>,
    /// Those of them whose errors are measured, `paper-15`, `paper-3` or a list of names; all where it is
    /// left out.
    #[serde(default, deserialize_with = "text_or_list", skip_serializing_if = "Option::is_none")]
    pub scored: Option<Vec<String>>,
    /// `file-or-central`, `central` or `backward`.
    pub derivative: Option<String>,
    /// `whole-recording`, `training` or `causal`.
    pub normalisation: Option<String>,
    /// The variant that this one is the shuffled counterpart of.
    pub claim_of: Option<String>,
}

/// A set as it stands in a file.
fn listed(set: &NeuronSet) -> Vec<String> {
    set.to_string().split(',').map(str::to_owned).collect()
}

fn once() -> usize {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_once(times: &usize) -> bool {
    *times == 1
}

impl ForecastFile {
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
    /// [`StudyError::Choice`] for a value that is none of the choices there are.
    pub fn study(
        &self,
        connectome: impl Fn(&str) -> Result<Connectome, String>,
    ) -> Result<StudyConfig<Forecast>, StudyError> {
        let connectome = match &self.connectome {
            Some(entry) => Some(entry.given(connectome)?),
            None => None,
        };
        let variants: Vec<Comparison<Forecast>> =
            self.variant.iter().map(ForecastVariantEntry::variant).collect::<Result<_, _>>()?;
        let network = TrajectoryConfig::scripts();
        let of_increment = |name: &String| choice::<Increment>("increment", name);
        let increment = self.increment.as_ref().map(of_increment).transpose()?;
        let of_loss = |name: &String| choice::<Loss>("loss", name);
        let loss = self.loss.as_ref().map(of_loss).transpose()?;
        let of_residual = |name: &String| choice::<ResidualOf>("residual_of", name);
        let residual_of = self.residual_of.as_ref().map(of_residual).transpose()?;
        let most = || variants.iter().map(|variant| epochs_of(variant.preparation.protocol)).max();
        Ok(StudyConfig {
            name: self.name.clone(),
            title: self.title.clone().unwrap_or_else(|| self.name.clone()),
            training_sizes: self.training_sizes.clone(),
            max_subsets: self.max_subsets,
            epochs: self.epochs.unwrap_or_else(|| most().unwrap_or(1)),
            seed: self.seed,
            reading: self.reading.clone(),
            aim: Forecast {
                network: TrajectoryConfig {
                    width: self.width.unwrap_or(network.width),
                    increment: increment.unwrap_or(network.increment),
                    residual_of: residual_of.unwrap_or_default(),
                    ..network
                },
                loss: loss.unwrap_or_default(),
                connectome,
                initialisations: self.initialisations,
                keep_edges: self.keep_edges.into(),
            },
            variants,
        })
    }

    /// The file of a study, with everything filled in but the places of the recordings.
    pub(crate) fn of(config: &StudyConfig<Forecast>, animal: Vec<AnimalEntry>) -> Self {
        let Forecast { network, loss, connectome, initialisations, keep_edges } = &config.aim;
        Self {
            format: FORMAT,
            nervering: Some(env!("CARGO_PKG_VERSION").to_owned()),
            task: "forecast".to_owned(),
            name: config.name.clone(),
            title: Some(config.title.clone()),
            seed: config.seed,
            epochs: Some(config.epochs),
            width: Some(network.width),
            increment: Some(network.increment.as_str().to_owned()),
            loss: Some(loss.as_str().to_owned()),
            residual_of: (network.residual_of != ResidualOf::Copy)
                .then(|| network.residual_of.as_str().to_owned()),
            initialisations: *initialisations,
            keep_edges: *keep_edges == KeepEdges::Yes,
            training_sizes: config.training_sizes.clone(),
            max_subsets: config.max_subsets,
            recordings: None,
            reading: config.reading.clone(),
            connectome: connectome.as_ref().map(ConnectomeEntry::of),
            variant: config.variants.iter().map(ForecastVariantEntry::of).collect(),
            animal,
        }
    }

    /// The file as text.
    pub(crate) fn text(&self) -> String {
        toml::to_string(self).expect("a study file is plain data")
    }

    /// Fits of a study that a run has written out.
    pub(crate) fn n_fits(&self) -> usize {
        let times = |model: &String| match model.parse::<ForecastModel>() {
            Ok(model) if model.starts_from_weights() => self.initialisations,
            _ => 1,
        };
        let models = self.variant.iter().flat_map(|variant| &variant.models);
        let n_models = models.map(times).fold(0, usize::saturating_add);
        n_models.saturating_mul(n_subsets(&self.animal, &self.training_sizes, self.max_subsets))
    }
}

impl ForecastVariantEntry {
    fn variant(&self) -> Result<Comparison<Forecast>, StudyError> {
        let protocol: Protocol = choice("protocol", &self.protocol)?;
        let models: Vec<ForecastModel> =
            self.models.iter().map(|name| choice("models", name)).collect::<Result<_, _>>()?;
        let neurons: NeuronSet = match &self.neurons {
            None => NeuronSet::Paper15,
            Some(names) => choice("neurons", &names.join(","))?,
        };
        let mut variant = Comparison::new(protocol, &models, neurons);
        if let Some(name) = &self.name {
            variant.name.clone_from(name);
        }
        if let Some(name) = &self.derivative {
            variant.preparation.derivative = choice::<DerivativeSource>("derivative", name)?;
        }
        if let Some(name) = &self.normalisation {
            variant.preparation.normalisation = choice::<Normalisation>("normalisation", name)?;
        }
        if let Some(names) = &self.scored {
            variant.choices = Scored(Some(choice("scored", &names.join(","))?));
        }
        variant.claim_of.clone_from(&self.claim_of);
        Ok(variant)
    }

    fn of(variant: &Comparison<Forecast>) -> Self {
        Self {
            name: Some(variant.name.clone()),
            protocol: variant.preparation.protocol.as_str().to_owned(),
            models: variant.models.iter().map(|model| model.as_str().to_owned()).collect(),
            neurons: Some(listed(&variant.preparation.neurons)),
            scored: variant.choices.0.as_ref().map(listed),
            derivative: Some(variant.preparation.derivative.as_str().to_owned()),
            normalisation: Some(variant.preparation.normalisation.as_str().to_owned()),
            claim_of: variant.claim_of.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = r#"
task = "forecast"
name = "next"
training_sizes = [1, 4]

[[variant]]
protocol = "strict"
models = ["copy", "var", "gnn"]
neurons = "paper-3"
"#;

    fn study(text: &str) -> Result<StudyConfig<Forecast>, StudyError> {
        ForecastFile::parse(text, Path::new("next.toml"))?.study(|_| Err("none".to_owned()))
    }

    #[test]
    fn what_is_left_out_comes_with_the_protocol() {
        let config = study(MINIMAL).unwrap();
        assert_eq!(
            (config.title.as_str(), config.epochs, config.aim.network.width),
            ("next", 800, 256)
        );
        assert_eq!(config.variants[0].preparation.derivative, DerivativeSource::Backward);
        assert_eq!(study(&MINIMAL.replace("strict", "authors-code")).unwrap().epochs, 600);
    }

    #[test]
    fn what_networks_correct_is_written_where_it_is_not_persistence() {
        let of = |line: &str| study(&format!("{line}{MINIMAL}")).unwrap();
        let written = |config: &StudyConfig<Forecast>| ForecastFile::of(config, Vec::new()).text();
        let linear = of("residual_of = \"linear\"");
        assert_eq!(linear.aim.network.residual_of, ResidualOf::Linear);
        assert_eq!(study(&written(&linear)).unwrap(), linear);
        let copy = of("residual_of = \"copy\"");
        assert_eq!(copy, study(MINIMAL).unwrap());
        assert!(!written(&copy).contains("residual_of"));
        let wrong = study(&format!("residual_of = \"ar\"{MINIMAL}")).unwrap_err().to_string();
        assert!(wrong.contains("expected copy or linear"), "{wrong}");
    }

    #[test]
    fn neurons_that_are_scored_are_written_where_they_are_not_all() {
        let written = |config: &StudyConfig<Forecast>| ForecastFile::of(config, Vec::new()).text();
        assert!(!written(&study(MINIMAL).unwrap()).contains("scored"));
        let some = study(&(MINIMAL.to_owned() + "scored = [\"AVAL\", \"VB02\"]\n")).unwrap();
        assert_eq!(some.variants[0].choices, Scored(Some("AVAL,VB02".parse().unwrap())));
        assert_eq!(study(&written(&some)).unwrap(), some);
    }

    #[test]
    fn keys_and_values_that_there_are_not_are_told() {
        let said = |text: &str| study(text).unwrap_err().to_string();
        let wrong = said(&MINIMAL.replace("neurons", "neuron"));
        assert!(wrong.contains("next.toml, line 9") && wrong.contains("\"neurons\"?"), "{wrong}");
        let wrong = said(&MINIMAL.replace("\"var\"", "\"vra\""));
        assert!(wrong.contains("vra") && wrong.contains("damped"), "{wrong}");
        // A key of decoding studies.
        let wrong = said(&(MINIMAL.to_owned() + "states = 4\n"));
        assert!(wrong.contains("\"states\""), "{wrong}");
    }
}
