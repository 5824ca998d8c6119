//! What a forecasting study asks for: variants × models × subsets of animals.
//!
//! A [`ForecastVariant`] is one way of preparing, splitting and evaluating: neurons, [`Protocol`],
//! derivative, normalisation. As in decoding, a study under [`Protocol::Strict`] carries beside each
//! of its variants the same under shuffled windows, so that every table can say what those would
//! have claimed. [`super::ForecastPlan::new`] checks a [`ForecastConfig`] against recordings.

use super::notes::epochs_of;
use crate::config::{Normalisation, Protocol, UnderProtocol, Variant, with_counterparts};
use crate::reading::ReadingEntry;
use nervering_models::Loss;
use nervering_models::forecast::ForecastModel;
use nervering_models::trajectory::TrajectoryConfig;
use nervering_prepare::{DerivativeSource, Interval};
use nervering_recording::{NeuronSet, StateCoding};

/// One way of preparing, splitting and evaluating.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastVariant {
    /// Short name in tables and in names of files: lower-case letters, digits and hyphens.
    pub name: String,
    /// How frames are split, and where batch norms take their statistics from.
    pub protocol: Protocol,
    /// Models, in the order of the table.
    pub models: Vec<ForecastModel>,
    /// Neurons used of every animal.
    pub neurons: NeuronSet,
    /// Where derivatives come from. All but [`DerivativeSource::Backward`] contain frames after
    /// the start of a forecast.
    pub derivative: DerivativeSource,
    /// What features are normalised by.
    pub normalisation: Normalisation,
    /// The variant that this one is the shuffled counterpart of: it says what shuffled windows
    /// would have claimed.
    pub claim_of: Option<String>,
}

impl ForecastVariant {
    /// The protocol with what belongs to it.
    pub fn new(protocol: Protocol, models: &[ForecastModel], neurons: NeuronSet) -> Self {
        let Variant { derivative, normalisation, .. } =
            Variant::new(protocol, &[], neurons.clone());
        Self {
            name: protocol.as_str().to_owned(),
            protocol,
            models: models.to_vec(),
            neurons,
            derivative,
            normalisation,
            claim_of: None,
        }
    }

    /// The same question under another protocol, with what belongs to that.
    pub fn under(&self, protocol: Protocol) -> Self {
        if self.protocol == protocol {
            return self.clone();
        }
        let name = self.name.replace(self.protocol.as_str(), protocol.as_str());
        Self { name, ..Self::new(protocol, &self.models, self.neurons.clone()) }
    }

    /// Whether its derivatives contain frames after the start of a forecast.
    pub fn looks_ahead(&self) -> bool {
        self.derivative != DerivativeSource::Backward
    }

    /// As the views of decoding studies take it: they prepare and split the same way. The first
    /// split is used. States only say how long a bout is, for the gaps of the strict split.
    pub(crate) fn of_view(&self) -> Variant {
        Variant {
            name: self.name.clone(),
            coding: StateCoding::Seven,
            derivative: self.derivative,
            normalisation: self.normalisation,
            ..Variant::new(self.protocol, &[], self.neurons.clone())
        }
    }

    /// What an error is multiplied by that was measured on the features of the variant, to be one
    /// of features in [0, 1].
    pub(super) fn to_unit_interval(&self) -> f64 {
        match self.of_view().interval() {
            Interval::ZeroToOne => 1.,
            // "squared errors are 4 ×"
            Interval::MinusOneToOne => 0.25,
        }
    }
}

impl UnderProtocol for ForecastVariant {
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

/// What was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastConfig {
    /// Short name, for example `fig4d`; names the folder.
    pub name: String,
    /// One line above the table.
    pub title: String,
    /// Ways of preparing and evaluating, in the order of the tables.
    pub variants: Vec<ForecastVariant>,
    /// Numbers of animals to train on; all subsets of each size are trained on.
    pub training_sizes: Vec<usize>,
    /// At most so many subsets of each size, the first in lexicographic order.
    pub max_subsets: Option<usize>,
    /// Epochs of every network; 800 in the text, 600 in the scripts.
    pub epochs: usize,
    /// Hidden units, activation and increment of every network.
    pub network: TrajectoryConfig,
    /// What networks lower in training, and are chosen by.
    pub loss: Loss,
    /// Seed of every generator of the study.
    pub seed: u64,
    /// How the recordings were read, for `study.toml`.
    pub reading: ReadingEntry,
}

impl ForecastConfig {
    /// The study with every variant under another protocol, for no more epochs than that has. Under
    /// [`Protocol::Strict`] each is followed by its shuffled counterpart.
    pub fn under(self, protocol: Protocol) -> Self {
        let epochs = self.epochs.min(epochs_of(protocol));
        Self { variants: with_counterparts(&self.variants, protocol), epochs, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strict_study_carries_its_shuffled_counterpart() {
        let variant =
            ForecastVariant::new(Protocol::Paper, &[ForecastModel::Copy], NeuronSet::Paper3);
        let variant = ForecastVariant { name: "three-paper".into(), ..variant };
        let config = ForecastConfig {
            name: "x".into(),
            title: String::new(),
            variants: vec![variant],
            training_sizes: vec![1],
            max_subsets: None,
            epochs: 1,
            network: TrajectoryConfig::scripts(),
            loss: Loss::default(),
            seed: 0,
            reading: ReadingEntry::default(),
        };
        let scripts = ForecastConfig { epochs: 800, ..config.clone() }.under(Protocol::AuthorsCode);
        assert_eq!(
            (scripts.epochs, scripts.variants[0].name.as_str()),
            (600, "three-authors-code")
        );
        let strict = config.under(Protocol::Strict).variants;
        let names: Vec<&str> = strict.iter().map(|v| v.name.as_str()).collect();
        assert_eq!(names, ["three-strict", "three-shuffled"]);
        assert_eq!(strict[1].claim_of.as_deref(), Some("three-strict"));
        assert_eq!(strict[0].derivative, DerivativeSource::Backward);
        assert_eq!(strict[1].derivative, DerivativeSource::FileOrCentral);
    }
}
