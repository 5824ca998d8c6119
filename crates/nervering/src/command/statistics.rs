//! Where a network takes what it takes over frames from: shared by `predict` and `graph`.

use crate::failure::Failure;
use clap::Args;
use nervering::fit::{Model, ModelError};
use nervering::statistics::{NetworkStatistics, TakenFrom};

/// Where static edges and batch norms come from.
#[derive(Debug, Clone, Args)]
pub struct StatisticsOptions {
    /// Where a network's static edges come from: training (the animals trained on), running (this
    /// animal so far) or evaluated (all of this animal: adapts to it, looks ahead) [default: training;
    /// of graph, evaluated]
    #[arg(long, value_name = "FROM")]
    edges: Option<TakenFrom>,
    /// Where its batch norms take their statistics from, in the same way [default: training; of graph,
    /// evaluated]
    #[arg(long, value_name = "FROM")]
    batch_norm: Option<TakenFrom>,
}

impl StatisticsOptions {
    /// An option, if one was given.
    pub fn given(&self) -> Option<&'static str> {
        match (self.edges, self.batch_norm) {
            (Some(_), _) => Some("--edges"),
            (None, Some(_)) => Some("--batch-norm"),
            (None, None) => None,
        }
    }

    /// What was asked for, and `otherwise` where nothing was; nothing for a model that takes nothing
    /// over frames.
    ///
    /// # Errors
    /// [`Failure`] for an option that changes nothing of the model.
    pub fn of(
        &self,
        model: &Model,
        otherwise: TakenFrom,
    ) -> Result<Option<NetworkStatistics>, Failure> {
        let Some(network) = model.network().filter(|_| model.takes_statistics()) else {
            return match self.given() {
                Some(_) => Err(ModelError::NoStatistics { model: model.name() }.into()),
                None => Ok(None),
            };
        };
        if self.edges.is_some() && !network.has_static_edges() {
            let task = "a network without static edges";
            return Err(Failure::NoSuchOption { option: "--edges", task });
        }
        Ok(Some(NetworkStatistics {
            edges: self.edges.unwrap_or(otherwise),
            batch_norm: self.batch_norm.unwrap_or(otherwise),
        }))
    }
}
