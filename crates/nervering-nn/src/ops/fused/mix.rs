//! Message passing with a shared adjacency.

use super::{register, replica, slice, tensor};
use crate::kernel::mix::{self, NodeFeatures};
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
pub trait FusedMix: Backend {
    /// Message passing.
    fn mix(
        w: FloatTensor<Self>,
        f: FloatTensor<Self>,
        frames: Frames,
        set: InstructionSet,
    ) -> FloatTensor<Self>;
}

fn mix_forward(w: &FlexTensor, f: &FlexTensor, frames: &Frames, set: InstructionSet) -> FlexTensor {
    let [n_replicas, n_frames, n, width] = f.shape().dims();
    let mut out = Vec::with_capacity(n_replicas * n_frames * n * width);
    for r in 0..n_replicas {
        let f = node_features(f, frames, r);
        mix::forward(set, replica(slice(w), n_replicas, r), f, &mut out);
        out.resize((r + 1) * n_frames * n * width, 0.);
    }
    tensor(out, [n_replicas, n_frames, n, width])
}

fn node_features<'a>(f: &'a FlexTensor, frames: &Frames, r: usize) -> NodeFeatures<'a> {
    let [n_replicas, _, n, width] = f.shape().dims();
    let values = &replica(slice(f), n_replicas, r)[..frames.present()[r] * n * width];
    NodeFeatures { values, n, width }
}

/// What the backward pass of the message passing needs.
#[derive(Debug, Clone)]
struct MixState {
    w: FlexTensor,
    f: FlexTensor,
    frames: Frames,
    set: InstructionSet,
}

fn mix_backward(gm: FlexTensor, state: MixState) -> [FlexTensor; 2] {
    let MixState { w, f, frames, set } = state;
    let gm = gm.to_contiguous();
    let [n_replicas, n_frames, n, width] = f.shape().dims();
    let mut dw = Vec::with_capacity(n_replicas * n * n);
    let mut df = Vec::with_capacity(n_replicas * n_frames * n * width);
    for r in 0..n_replicas {
        let gm = node_features(&gm, &frames, r).values;
        let w = replica(slice(&w), n_replicas, r);
        mix::backward(set, gm, w, node_features(&f, &frames, r), &mut dw, &mut df);
        df.resize((r + 1) * n_frames * n * width, 0.);
    }
    [tensor(dw, w.shape()), tensor(df, f.shape())]
}

impl FusedMix for Flex {
    fn mix(w: FlexTensor, f: FlexTensor, frames: Frames, set: InstructionSet) -> FlexTensor {
        mix_forward(&w.to_contiguous(), &f.to_contiguous(), &frames, set)
    }
}

#[derive(Debug)]
struct MixBackward;

impl Backward<Flex, 2> for MixBackward {
    type State = MixState;

    fn backward(self, ops: Ops<MixState, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gm = grads.consume::<Flex>(&ops.node);
        let parents = ops.parents.map(|node| node.map(|node| node.id));
        register(grads, parents, mix_backward(gm, ops.state).map(Some));
    }
}

impl<C: CheckpointStrategy> FusedMix for Autodiff<Flex, C> {
    fn mix(
        w: FloatTensor<Self>,
        f: FloatTensor<Self>,
        frames: Frames,
        set: InstructionSet,
    ) -> FloatTensor<Self> {
        let prepared = MixBackward.prepare::<C>([w.node(), f.node()]).compute_bound().stateful();
        let [w, f] = [w, f].map(|t| t.into_primitive().to_contiguous());
        let messages = mix_forward(&w, &f, &frames, set);
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish(MixState { w, f, frames, set }, messages),
            OpsKind::UnTracked(prepared) => prepared.finish(messages),
        }
    }
}

pub(in crate::ops) fn mix(
    set: InstructionSet,
    w: Tensor<3>,
    f: Tensor<4>,
    frames: &Frames,
) -> Tensor<4> {
    let (w, f) = (w.into_dispatch(), f.into_dispatch());
    Tensor::from_dispatch(<Dispatch as FusedMix>::mix(w, f, frames.clone(), set))
}
