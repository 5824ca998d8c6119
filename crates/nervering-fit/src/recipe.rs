//! How networks are trained: what belongs to the model, with the protocol's choices laid over it.

use crate::preparation::Protocol;
use nervering_models::trajectory::TrajectoryNetwork;
use nervering_models::{Inputs, Loss, ModelName};
use nervering_nn::ops::Engine;
use nervering_train::{
    CropConfig, FitConfig, ForecastFitConfig, Plateau, ScheduledSampling, ValidationStatistics,
};

/// How a network that decodes is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DecoderRecipe {
    /// All training frames of an animal at a time; a validation loss chooses the epoch.
    Epochs(FitConfig),
    /// Crops of all animals at a time, for so many steps.
    Crops {
        /// How.
        config: CropConfig,
        /// Epochs that were asked for, which the steps stand for.
        asked: usize,
    },
}

impl DecoderRecipe {
    /// Times that each animal is learnt from.
    pub fn epochs(&self) -> usize {
        match self {
            Self::Epochs(config) => config.epochs,
            Self::Crops { config, .. } => config.steps,
        }
    }
}

/// How a network that decodes is trained under a protocol. `epochs` are those of a network that sees
/// whole animals, 800 in the paper; one that sees crops takes 600 steps for 800 epochs, 1,200 where
/// animals may lack neurons.
pub fn decoder_recipe(
    model: ModelName,
    protocol: Protocol,
    epochs: usize,
    engine: Engine,
) -> DecoderRecipe {
    if !model.inputs().are_cropped() {
        return DecoderRecipe::Epochs(whole_animals(protocol, epochs, engine));
    }
    let whole = match model.inputs() {
        Inputs::Tokens(_) => CropConfig::of_any_neurons(engine),
        _ => CropConfig::new(engine),
    };
    let steps = (epochs * whole.steps).div_ceil(PAPER_EPOCHS);
    DecoderRecipe::Crops { config: CropConfig { steps, ..whole }, asked: epochs }
}

/// Epochs of the paper.
const PAPER_EPOCHS: usize = 800;

fn whole_animals(protocol: Protocol, epochs: usize, engine: Engine) -> FitConfig {
    let paper = FitConfig { epochs, ..FitConfig::paper(engine) };
    match protocol {
        Protocol::Paper => paper,
        // One stretch of time validates.
        Protocol::Strict | Protocol::Animals => {
            FitConfig { validation: ValidationStatistics::Training, ..paper }
        }
        // "plateau patience 50, factor 0.1"
        Protocol::AuthorsCode => {
            FitConfig { plateau: Plateau { factor: 0.1, ..paper.plateau }, ..paper }
        }
    }
}

/// How a network that forecasts is trained under a protocol, for so many epochs.
pub fn forecaster_recipe(
    protocol: Protocol,
    loss: Loss,
    architecture: TrajectoryNetwork,
    epochs: usize,
    engine: Engine,
) -> ForecastFitConfig {
    let whole = match protocol {
        Protocol::Paper | Protocol::Strict | Protocol::Animals => ForecastFitConfig::paper(engine),
        Protocol::AuthorsCode => ForecastFitConfig::scripts(architecture.learning_rate(), engine),
    };
    // A shorter training sees the truth for the same share of it, or it would end before it has
    // learnt to start from its own predictions.
    let sampling = ScheduledSampling { ends_at: whole.sampling.ends_at * epochs / whole.epochs };
    ForecastFitConfig { epochs, sampling, loss, ..whole }
}
