//! How networks are trained: what belongs to the model, with the protocol's choices laid over it.

use crate::preparation::Protocol;
use nervering_models::Loss;
use nervering_models::trajectory::TrajectoryNetwork;
use nervering_nn::ops::Engine;
use nervering_train::{
    FitConfig, ForecastFitConfig, Plateau, ScheduledSampling, ValidationStatistics,
};

/// How a network that decodes is trained under a protocol, for so many epochs.
pub fn decoder_recipe(protocol: Protocol, epochs: usize) -> FitConfig {
    let paper = FitConfig { epochs, ..FitConfig::paper(Engine::fastest()) };
    match protocol {
        Protocol::Paper => paper,
        // One stretch of time validates.
        Protocol::Strict => FitConfig { validation: ValidationStatistics::Training, ..paper },
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
) -> ForecastFitConfig {
    let engine = Engine::fastest();
    let whole = match protocol {
        Protocol::Paper | Protocol::Strict => ForecastFitConfig::paper(engine),
        Protocol::AuthorsCode => ForecastFitConfig::scripts(architecture.learning_rate(), engine),
    };
    // A shorter training sees the truth for the same share of it, or it would end before it has
    // learnt to start from its own predictions.
    let sampling = ScheduledSampling { ends_at: whole.sampling.ends_at * epochs / whole.epochs };
    ForecastFitConfig { epochs, sampling, loss, ..whole }
}
