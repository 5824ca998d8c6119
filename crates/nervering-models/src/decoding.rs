//! The head that decodes: what the nodes of a [`Body`] have heard side by side, a block, and the linear layer that
//! reads states out, as in `gnn`.

use crate::body::Body;
use crate::network::{DecodingNetwork, Dimensions};
use crate::written::{Extent, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nervering_nn::block::{MlpBlock, MlpBlockConfig};
use nervering_nn::linear::Linear;
use nervering_nn::lstm::{Cut, without_burn_in};
use nervering_nn::ops::Labels;
use nervering_nn::pass::Pass;
use rand::Rng;

/// A body that decodes.
#[derive(Module, Debug)]
pub struct Decoding<B: Module> {
    body: B,
    readout: MlpBlock,
    out: Linear,
}

impl<B: Body> Decoding<B> {
    /// Of a body that is drawn, with a block that is drawn behind it.
    pub(crate) fn of<R: Rng>(
        body: B,
        readout: MlpBlockConfig,
        sizes: Dimensions,
        rngs: &mut [R],
        device: &Device,
    ) -> Self {
        Self {
            body,
            readout: readout.init(rngs, device),
            out: Linear::new(readout.width, sizes.n_classes, rngs, device),
        }
    }
}

impl<B: Body> DecodingNetwork for Decoding<B> {
    fn hidden(&self, pass: &Pass, x: Tensor<4>) -> Tensor<3> {
        self.body.read(pass, &self.readout, x)
    }

    fn readout(&self) -> &Linear {
        &self.out
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let extent = Extent::Recording(Cut::WINDOWS);
        let all = to.within("body", |to| self.body.write_side_by_side(to, extent, x));
        let hidden = to.block("readout", &self.readout, all);
        to.dense("out", hidden)
    }

    fn edges(&self, pass: &Pass, x: Tensor<4>) -> Option<Tensor<3>> {
        self.body.edges(pass, x)
    }

    fn counted(&self, pass: &Pass, labels: &Labels) -> Labels {
        match self.body.burn_in() {
            1 => labels.clone(),
            _ => without_burn_in(&pass.runs(), labels),
        }
    }
}
