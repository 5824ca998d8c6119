//! The multi-layer perceptron that forecasts: eq. 4–7 on the neurons side by side, agnostic to
//! graph structure: `mlp`.

use super::TrajectoryConfig;
use crate::forecast::{ForecastingNetwork, Increment};
use crate::network::{Dimensions, concatenated};
use crate::written::{Operation, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::block::MlpBlock;
use nervering_nn::linear::Linear;
use nervering_nn::pass::Pass;
use rand::Rng;

/// The multi-layer perceptron that forecasts.
#[derive(Module, Debug)]
pub struct TrajectoryMlp {
    readout: MlpBlock,
    out: Linear,
    #[module(skip)]
    increment: Increment,
}

impl TrajectoryMlp {
    /// One replica per generator.
    pub fn new<R: Rng>(
        config: TrajectoryConfig,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        let n_in = sizes.n_neurons * sizes.n_features;
        Self {
            readout: config.block(n_in).init(rngs, device),
            out: config.out(n_in, rngs, device),
            increment: config.increment,
        }
    }
}

impl ForecastingNetwork for TrajectoryMlp {
    type Memory = ();

    fn next(&self, pass: &Pass, x: Tensor<4>, (): &mut ()) -> Tensor<4> {
        let hidden = self.readout.forward(pass, concatenated(x.clone()), 1);
        let raw = self.out.forward(hidden).reshape(x.dims());
        self.increment.added_to(x, raw)
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let all = to.add(Operation::SideBySide, &[x]);
        let hidden = to.block("readout", &self.readout, all);
        let raw = to.dense("out", hidden);
        let raw = to.add(Operation::ByNeuron, &[raw, x]);
        self.increment.write(to, x, raw)
    }
}
