//! The linear layer on present frames.

use super::{register, replica, slice, tensor};
use crate::kernel::linear::{self, Linear};
use crate::kernel::simd::InstructionSet;
use crate::ops::spec::Frames;
use burn::backend::autodiff::{
    checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
    grads::Gradients,
    ops::{Backward, Ops, OpsKind},
};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::Tensor;

/// What routes to the kernel.
#[backend_extension(Flex, Autodiff)]
pub trait FusedLinear: Backend {
    /// The layer.
    fn linear_of_frames(
        x: FloatTensor<Self>,
        w: FloatTensor<Self>,
        b: FloatTensor<Self>,
        frames: Frames,
        set: InstructionSet,
    ) -> FloatTensor<Self>;
}

/// What the backward pass needs: `x`, `w` and `b`.
#[derive(Debug, Clone)]
struct LinearState {
    inputs: [FlexTensor; 3],
    frames: Frames,
    set: InstructionSet,
}

impl LinearState {
    fn of_replica(&self, r: usize) -> Linear<'_> {
        let [n_replicas, _, n_in] = self.inputs[0].shape().dims();
        let [x, w, b] = self.inputs.each_ref().map(|t| replica(slice(t), n_replicas, r));
        Linear { x: &x[..self.frames.present()[r] * n_in], w, b }
    }

    fn forward(&self) -> FlexTensor {
        let [n_replicas, n_frames, _] = self.inputs[0].shape().dims();
        let [_, n_out] = self.inputs[2].shape().dims();
        let mut y = Vec::with_capacity(n_replicas * n_frames * n_out);
        for r in 0..n_replicas {
            linear::forward(self.set, self.of_replica(r), &mut y);
            y.resize((r + 1) * n_frames * n_out, 0.);
        }
        tensor(y, [n_replicas, n_frames, n_out])
    }

    /// Of `x`, where it is wanted, `w` and `b`.
    fn backward(self, gradient: FlexTensor, of_x: bool) -> [Option<FlexTensor>; 3] {
        let gradient = gradient.to_contiguous();
        let [n_replicas, n_frames, n_in] = self.inputs[0].shape().dims();
        let [mut dx, mut dw, mut db] = [const { Vec::new() }; 3];
        for r in 0..n_replicas {
            let of = self.of_replica(r);
            let present = ..self.frames.present()[r] * of.b.len();
            let gradient = &replica(slice(&gradient), n_replicas, r)[present];
            let x = of_x.then_some(&mut dx);
            let gradients = linear::Gradients { x, w: &mut dw, b: &mut db };
            linear::backward(self.set, of, gradient, gradients);
            if of_x {
                dx.resize((r + 1) * n_frames * n_in, 0.);
            }
        }
        let [x, w, b] = self.inputs.map(|t| t.shape());
        [of_x.then(|| tensor(dx, x)), Some(tensor(dw, w)), Some(tensor(db, b))]
    }
}

impl FusedLinear for Flex {
    fn linear_of_frames(
        x: FlexTensor,
        w: FlexTensor,
        b: FlexTensor,
        frames: Frames,
        set: InstructionSet,
    ) -> FlexTensor {
        let inputs = [x, w, b].map(|t| t.to_contiguous());
        LinearState { inputs, frames, set }.forward()
    }
}

#[derive(Debug)]
struct LinearBackward;

impl Backward<Flex, 3> for LinearBackward {
    type State = LinearState;

    fn backward(self, ops: Ops<LinearState, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<Flex>(&ops.node);
        let parents = ops.parents.map(|node| node.map(|node| node.id));
        let gradients = ops.state.backward(gradient, parents[0].is_some());
        register(grads, parents, gradients);
    }
}

impl<C: CheckpointStrategy> FusedLinear for Autodiff<Flex, C> {
    fn linear_of_frames(
        x: FloatTensor<Self>,
        w: FloatTensor<Self>,
        b: FloatTensor<Self>,
        frames: Frames,
        set: InstructionSet,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), w.node(), b.node()];
        let prepared = LinearBackward.prepare::<C>(nodes).compute_bound().stateful();
        let inputs = [x, w, b].map(|t| t.into_primitive().to_contiguous());
        let state = LinearState { inputs, frames, set };
        let y = state.forward();
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish(state, y),
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}

pub(in crate::ops) fn linear_of_frames(
    set: InstructionSet,
    x: Tensor<3>,
    w: Tensor<3>,
    b: Tensor<2>,
    frames: &Frames,
) -> Tensor<3> {
    let (x, w, b) = (x.into_dispatch(), w.into_dispatch(), b.into_dispatch());
    let frames = frames.clone();
    Tensor::from_dispatch(<Dispatch as FusedLinear>::linear_of_frames(x, w, b, frames, set))
}
