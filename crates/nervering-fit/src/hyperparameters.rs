//! What of a decoding network is chosen otherwise than its name and the protocol have it:
//! [`Hyperparameters`].

use crate::error::ModelError;
use crate::preparation::Protocol;
use crate::recipe::{DecoderRecipe, decoder_recipe};
use nervering_models::{DecoderModel, ModelName, NetworkChoices, NetworkConfig};
use nervering_nn::ops::Engine;

/// Hidden units that a network may have at most: the paper has 16 and 256.
const WIDEST: usize = 4096;
/// The largest scale of edges: at a hundredth of it they are 0 or 1 already.
const LARGEST_SCALE: u32 = 1000;
/// Adam's largest rate: no network learns at it.
const LARGEST_RATE: f64 = 1.;

/// How a network is made and trained; `None` leaves it as it is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Hyperparameters {
    /// Of the network itself.
    pub network: NetworkChoices,
    /// Adam's rate at the start; 1e-3 in the paper.
    pub learning_rate: Option<f64>,
}

impl Hyperparameters {
    /// What is chosen here, and elsewhere what others choose.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        let NetworkChoices { width, activation, edge_scale } = self.network;
        Self {
            network: NetworkChoices {
                width: width.or(others.network.width),
                activation: activation.or(others.network.activation),
                edge_scale: edge_scale.or(others.network.edge_scale),
            },
            learning_rate: self.learning_rate.or(others.learning_rate),
        }
    }

    /// The recipe of a model under a protocol, for so many epochs, with what is chosen laid over it.
    pub fn recipe(
        self,
        model: ModelName,
        protocol: Protocol,
        epochs: usize,
        engine: Engine,
    ) -> DecoderRecipe {
        let mut recipe = decoder_recipe(model, protocol, epochs, engine);
        if let Some(chosen) = self.learning_rate {
            match &mut recipe {
                DecoderRecipe::Epochs(config) => config.learning_rate = chosen,
                DecoderRecipe::Crops { config, .. } => config.learning_rate = chosen,
            }
        }
        recipe
    }

    /// Refuses what none of these models could be, or no training could use.
    ///
    /// # Errors
    /// [`ModelError::Hyperparameter`].
    pub fn check(self, models: &[ModelName]) -> Result<(), ModelError> {
        let NetworkChoices { width, activation, edge_scale } = self.network;
        let refuse = |what, found: String, expected: String| {
            Err(ModelError::Hyperparameter { what, found, expected })
        };
        if let Some(width) = width.filter(|width| !(1..=WIDEST).contains(width)) {
            return refuse("width", width.to_string(), format!("1 to {WIDEST} hidden units"));
        }
        if let Some(scale) = edge_scale.filter(|scale| !(1..=LARGEST_SCALE).contains(scale)) {
            return refuse("edge_scale", scale.to_string(), format!("1 to {LARGEST_SCALE}"));
        }
        if let Some(rate) = self.learning_rate.filter(|&rate| !(rate > 0. && rate <= LARGEST_RATE))
        {
            let expected = format!("more than 0 and at most {LARGEST_RATE}");
            return refuse("learning_rate", rate.to_string(), expected);
        }
        let networks = || models.iter().filter_map(|model| network(*model)).map(|n| n.chosen());
        let has: [(&str, bool, bool); 4] = [
            ("width", width.is_some(), networks().any(|n| n.width.is_some())),
            ("activation", activation.is_some(), networks().any(|n| n.activation.is_some())),
            ("edge_scale", edge_scale.is_some(), networks().any(|n| n.edge_scale.is_some())),
            ("learning_rate", self.learning_rate.is_some(), networks().next().is_some()),
        ];
        match has.into_iter().find(|&(_, is_chosen, has_it)| is_chosen && !has_it) {
            Some((what, ..)) => {
                let models: Vec<&str> = models.iter().map(|model| model.as_str()).collect();
                refuse(what, format!("models {}", models.join(", ")), "one that has it".to_owned())
            }
            None => Ok(()),
        }
    }
}

fn network(model: ModelName) -> Option<NetworkConfig> {
    match model.model() {
        DecoderModel::Network(config) => Some(config),
        DecoderModel::Direct(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nervering_models::ModelName::{Gnn, GnnConnectome, Logistic, Mlp};

    #[test]
    fn what_no_model_has_is_refused_by_name() {
        let said = |chosen: Hyperparameters, models: &[ModelName]| {
            chosen.check(models).map_err(|error| error.to_string())
        };
        let network = |network| Hyperparameters { network, learning_rate: None };
        let none = NetworkChoices::default();
        let scale = network(NetworkChoices { edge_scale: Some(3), ..none });
        assert_eq!(said(scale, &[Logistic, Gnn]), Ok(()));
        let wrong = said(scale, &[Mlp, GnnConnectome]).unwrap_err();
        assert_eq!(wrong, "edge_scale: found models mlp, gnn-connectome, expected one that has it");
        let rate = Hyperparameters { learning_rate: Some(1e-2), ..Hyperparameters::default() };
        assert!(said(rate, &[Logistic]).unwrap_err().contains("learning_rate"));
        let rate = Hyperparameters { learning_rate: Some(f64::NAN), ..rate };
        assert!(said(rate, &[Mlp]).unwrap_err().contains("found NaN"));
        let wide = network(NetworkChoices { width: Some(5000), ..none });
        assert_eq!(
            said(wide, &[Mlp]).unwrap_err(),
            "width: found 5000, expected 1 to 4096 hidden units"
        );
        assert_eq!(said(Hyperparameters::default(), &[Logistic]), Ok(()));
    }
}
