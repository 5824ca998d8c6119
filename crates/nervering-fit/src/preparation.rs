//! How animals are seen: [`Preparation`], all that a [`crate::View`] needs to know of what was asked.

use crate::adaptation::Adaptation;
use nervering_models::sequence::Structure;
use nervering_prepare::{DerivativeSource, Interval};
use nervering_recording::{ConnectionKind, Connectome, NeuronSet, StateCoding, Weighting};
use nervering_statistics::choices;
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
    /// Whole animals: every frame of an animal trained on may be learnt from, and only animals never
    /// seen are tested, over their whole recordings. Features may be normalised by the tested
    /// recording, without its labels.
    Animals,
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

/// Which frames validate a network: their loss chooses the epoch that is kept and when the rate falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Validation {
    /// Those that the protocol sets aside of the animals trained on.
    #[default]
    Training,
    /// Every second animal of the extended set, by name, its whole recording: what the paper tried and
    /// left out. The labels of these animals enter the fit, and what is measured on them is no test.
    Extended,
}

choices!(Validation, "training or extended", Training => "training", Extended => "extended");
choices!(Protocol, "paper, authors-code, strict or animals",
    Paper => "paper", AuthorsCode => "authors-code", Strict => "strict", Animals => "animals");
choices!(Normalisation, "whole-recording, training or causal",
    WholeRecording => "whole-recording", Training => "training", Causal => "causal");

/// How animals are seen: which frames train, validate and test, and what is known of each.
#[derive(Debug, Clone, PartialEq)]
pub struct Preparation {
    /// How frames are split.
    pub protocol: Protocol,
    /// Neurons used of every animal.
    pub neurons: NeuronSet,
    /// Of [`NeuronSet::Named`], those that are shown of animals not trained on; all that they have where
    /// nothing is said.
    pub shown: Option<NeuronSet>,
    /// What is known beforehand of each animal not trained on.
    pub adapt: Option<Adaptation>,
    /// Seconds of an animal not trained on before its first frame that is tested.
    pub tested_from_s: f64,
    /// States told apart. Where nothing is decoded, they only say how long a bout is, for the gaps
    /// of the strict split.
    pub coding: StateCoding,
    /// How states are chosen from what a model says of frames.
    pub structure: Structure,
    /// Where derivatives come from. All but [`DerivativeSource::Backward`] contain later frames.
    pub derivative: DerivativeSource,
    /// What features are normalised by.
    pub normalisation: Normalisation,
    /// Folds that are cut.
    pub n_folds: usize,
    /// What chooses the epoch of networks that decode.
    pub validation: Validation,
}

impl Preparation {
    /// The protocol with what belongs to it: ten folds of shuffled windows for the paper, one
    /// split for the scripts, five blocks of future frames for `strict`, one of whole animals; all
    /// states apart.
    pub fn new(protocol: Protocol, neurons: NeuronSet) -> Self {
        let (derivative, normalisation, n_folds) = match protocol {
            Protocol::Paper => (DerivativeSource::FileOrCentral, Normalisation::WholeRecording, 10),
            Protocol::AuthorsCode => {
                (DerivativeSource::FileOrCentral, Normalisation::WholeRecording, 1)
            }
            Protocol::Strict => (DerivativeSource::Backward, Normalisation::Training, 5),
            Protocol::Animals => (DerivativeSource::Central, Normalisation::WholeRecording, 1),
        };
        let coding = StateCoding::Seven;
        let structure = Structure::Frames;
        let validation = Validation::Training;
        Self {
            protocol,
            neurons,
            shown: None,
            adapt: None,
            tested_from_s: 0.,
            coding,
            structure,
            derivative,
            normalisation,
            n_folds,
            validation,
        }
    }

    /// Where features are mapped to.
    pub fn interval(&self) -> Interval {
        match self.protocol {
            Protocol::AuthorsCode => Interval::MinusOneToOne,
            Protocol::Paper | Protocol::Strict | Protocol::Animals => Interval::ZeroToOne,
        }
    }

    /// Whether derivatives contain frames after the one that they are of.
    pub fn looks_ahead(&self) -> bool {
        self.derivative != DerivativeSource::Backward
    }

    /// What a squared error is multiplied by that was measured on features in
    /// [`Preparation::interval`], to be one of features in [0, 1].
    pub fn to_unit_interval(&self) -> f64 {
        match self.interval() {
            Interval::ZeroToOne => 1.,
            // "squared errors are 4 ×"
            Interval::MinusOneToOne => 0.25,
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_choices_read_back() {
        for &protocol in Protocol::ALL {
            assert_eq!(protocol.as_str().parse(), Ok(protocol));
        }
        let error = "papper".parse::<Protocol>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "found \"papper\", expected paper, authors-code, strict or animals"
        );
    }
}
