//! What was asked for otherwise than a built-in study has it: [`Asked`].

use crate::aim::Aim;
use crate::config::StudyConfig;
use nervering_fit::{Normalisation, Protocol};
use nervering_recording::{NeuronSet, StateCoding};
use nervering_statistics::BatchStatistics;

/// What a built-in study is to have otherwise; `None` leaves it as it is.
#[derive(Debug, Clone)]
pub struct Asked<A: Aim> {
    /// How frames are split; the paper's where it is left out.
    pub protocol: Option<Protocol>,
    /// The models of every variant.
    pub models: Option<Vec<A::Model>>,
    /// The neurons of every variant.
    pub neurons: Option<NeuronSet>,
    /// The states of every variant.
    pub coding: Option<StateCoding>,
    /// What networks take over frames, under the protocol asked for.
    pub statistics: Option<Vec<BatchStatistics>>,
    /// What features are normalised by, under the protocol asked for.
    pub normalisation: Option<Normalisation>,
    /// Folds to run at most.
    pub folds: Option<usize>,
    /// Numbers of animals to train on.
    pub training_sizes: Option<Vec<usize>>,
    /// Epochs of every network.
    pub epochs: Option<usize>,
}

impl<A: Aim> Default for Asked<A> {
    /// Nothing.
    fn default() -> Self {
        Self {
            protocol: None,
            models: None,
            neurons: None,
            coding: None,
            statistics: None,
            normalisation: None,
            folds: None,
            training_sizes: None,
            epochs: None,
        }
    }
}

impl<A: Aim> Asked<A> {
    /// A built-in study as it was asked for. Statistics and normalisation are those of the protocol
    /// asked for: the shuffled counterpart of a strict study keeps its own.
    pub fn study(self, built_in: StudyConfig<A>) -> StudyConfig<A> {
        let protocol = self.protocol.unwrap_or(Protocol::Paper);
        let mut config = built_in.under(protocol);
        if let Some(coding) = &self.coding {
            config = config.telling_apart(coding);
        }
        for variant in &mut config.variants {
            let is_asked_for = variant.protocol() == protocol;
            let preparation = &mut variant.preparation;
            set(&mut variant.models, &self.models);
            set(&mut preparation.neurons, &self.neurons);
            if is_asked_for {
                set(&mut variant.statistics, &self.statistics);
                set(&mut preparation.normalisation, &self.normalisation);
            }
            if let Some(folds) = self.folds {
                variant.folds_run = folds.min(preparation.n_folds);
            }
        }
        set(&mut config.training_sizes, &self.training_sizes);
        set(&mut config.epochs, &self.epochs);
        config
    }
}

fn set<T: Clone>(place: &mut T, asked: &Option<T>) {
    if let Some(asked) = asked {
        place.clone_from(asked);
    }
}
