//! What of a decoding network is made or trained otherwise than its name has it: shared by `fit`,
//! `reproduce` and `study`.

use clap::Args;
use nervering::fit::{Activation, Hyperparameters, NetworkChoices};
use std::num::NonZeroUsize;

/// How networks that decode are made and trained.
#[derive(Debug, Clone, Args)]
pub struct HyperparameterOptions {
    /// To decode: activation after every layer of a network, relu or elu [default: that of the model]
    #[arg(long, value_name = "NAME")]
    activation: Option<Activation>,
    /// To decode: Adam's rate at the start [default: 0.001]
    #[arg(long, value_name = "RATE")]
    learning_rate: Option<f64>,
    /// To decode: what the outputs of inferred edges are multiplied by inside their softmax; more
    /// than 1 for edges that are nearly 0 or 1 [default: that of the model]
    #[arg(long, value_name = "N")]
    edge_scale: Option<u32>,
}

impl HyperparameterOptions {
    /// An option, if one was given.
    pub fn given(&self) -> Option<&'static str> {
        let options = [
            ("--activation", self.activation.is_some()),
            ("--learning-rate", self.learning_rate.is_some()),
            ("--edge-scale", self.edge_scale.is_some()),
        ];
        options.into_iter().find(|(_, given)| *given).map(|(option, _)| option)
    }

    /// What was chosen, with so many hidden units.
    pub fn with_width(&self, width: Option<NonZeroUsize>) -> Hyperparameters {
        Hyperparameters {
            network: NetworkChoices {
                width: width.map(NonZeroUsize::get),
                activation: self.activation,
                edge_scale: self.edge_scale,
            },
            learning_rate: self.learning_rate,
        }
    }
}
