//! From the name of a trained forecaster to the network.

use super::ForecastModel;
use burn::tensor::Device;
use nervering_models::trajectory_gnn::TrajectoryGnnConfig;
use nervering_models::trajectory_mlp::TrajectoryMlpConfig;
use nervering_models::{Dimensions, ForecastingNetwork};
use rand::Rng;

/// Something to do with whichever network it is.
pub(super) trait ForecasterVisitor {
    /// What comes of it.
    type Output;

    /// Does it.
    fn visit<N: ForecastingNetwork>(self, network: N) -> Self::Output;
}

/// Initialises the network of a model, one replica per generator, and hands it to `visitor`.
///
/// # Panics
/// For a baseline.
pub(super) fn init_forecaster<R: Rng, V: ForecasterVisitor>(
    model: ForecastModel,
    width: usize,
    sizes: Dimensions,
    rngs: &mut [R],
    device: &Device,
    visitor: V,
) -> V::Output {
    match model {
        ForecastModel::Mlp => {
            let config = TrajectoryMlpConfig { width, ..TrajectoryMlpConfig::scripts() };
            visitor.visit(config.init(sizes, rngs, device))
        }
        ForecastModel::Gnn => {
            let config = TrajectoryGnnConfig { width, ..TrajectoryGnnConfig::scripts() };
            visitor.visit(config.init(sizes, rngs, device))
        }
        ForecastModel::Copy
        | ForecastModel::Mean
        | ForecastModel::DampedCopy
        | ForecastModel::Ar
        | ForecastModel::Var => panic!("{} is a baseline, not a network", model.as_str()),
    }
}
