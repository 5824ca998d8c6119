//! What was asked for otherwise than a built-in study has it: [`Asked`].

use crate::aim::Aim;
use crate::comparison::{paired, statistics_of};
use crate::config::StudyConfig;
use crate::error::StudyError;
use nervering_fit::{Normalisation, Protocol};
use nervering_recording::{NeuronSet, StateCoding};
use nervering_statistics::TakenFrom;

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
    /// Where static edges come from in evaluation, under the protocol asked for; beside `batch_norm`
    /// pair by pair.
    pub edges: Option<Vec<TakenFrom>>,
    /// Where the statistics of batch norms come from, under the protocol asked for.
    pub batch_norm: Option<Vec<TakenFrom>>,
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
            edges: None,
            batch_norm: None,
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
    ///
    /// # Errors
    /// [`StudyError::Config`] for lists of edges and batch norms of different lengths.
    pub fn study(self, built_in: StudyConfig<A>) -> Result<StudyConfig<A>, StudyError> {
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
                let of_protocol = statistics_of::<A>(protocol)[0];
                let (edges, batch_norm) = (self.edges.as_deref(), self.batch_norm.as_deref());
                set(&mut variant.statistics, &paired(edges, batch_norm, of_protocol)?);
                set(&mut preparation.normalisation, &self.normalisation);
            }
            if let Some(folds) = self.folds {
                variant.folds_run = folds.min(preparation.n_folds);
            }
        }
        set(&mut config.training_sizes, &self.training_sizes);
        set(&mut config.epochs, &self.epochs);
        Ok(config)
    }
}

fn set<T: Clone>(place: &mut T, asked: &Option<T>) {
    if let Some(asked) = asked {
        place.clone_from(asked);
    }
}
