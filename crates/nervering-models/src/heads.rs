//! What an architecture that decodes and forecasts by one body says of its heads: [`TwoHeads`].

use crate::body::{Body, Layers};
use crate::decoding::Decoding;
use crate::forecasting::{Forecasting, TrajectoryConfig};
use crate::network::{Dimensions, NetworkInputs};
use burn::tensor::Device;
use nervering_nn::block::MlpBlockConfig;
use rand::Rng;

/// A body with both heads. Where nothing else is said they are those of the established models: a block on all nodes
/// side by side reads states out, a block on each node moves it.
pub trait TwoHeads: Body {
    /// What is chosen of the architecture besides its layers.
    type Chosen;

    /// The body, one replica per generator.
    ///
    /// # Panics
    /// When edges must come from outside and `inputs` do not hold one per pair of neurons.
    fn body<R: Rng>(
        layers: Layers,
        chosen: Self::Chosen,
        inputs: &NetworkInputs,
        rngs: &mut [R],
        device: &Device,
    ) -> Self;

    /// The block that states are read out by.
    fn readout(layers: Layers, sizes: Dimensions) -> MlpBlockConfig {
        layers.block(sizes.n_neurons * layers.width)
    }

    /// With the head that forecasts.
    fn moving<R: Rng>(
        self,
        config: TrajectoryConfig,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Forecasting<Self> {
        Forecasting::of_each_node(self, Some(config.width), config, sizes, rngs, device)
    }

    /// The network that decodes.
    ///
    /// # Panics
    /// As [`Self::body`].
    fn decoding<R: Rng>(
        layers: Layers,
        chosen: Self::Chosen,
        inputs: &NetworkInputs,
        rngs: &mut [R],
        device: &Device,
    ) -> Decoding<Self> {
        let body = Self::body(layers, chosen, inputs, rngs, device);
        Decoding::of(body, Self::readout(layers, inputs.sizes), inputs.sizes, rngs, device)
    }

    /// The network that forecasts.
    ///
    /// # Panics
    /// As [`Self::body`].
    fn forecasting<R: Rng>(
        config: TrajectoryConfig,
        chosen: Self::Chosen,
        inputs: &NetworkInputs,
        rngs: &mut [R],
        device: &Device,
    ) -> Forecasting<Self> {
        let body = Self::body(config.layers(), chosen, inputs, rngs, device);
        body.moving(config, inputs.sizes, rngs, device)
    }
}
