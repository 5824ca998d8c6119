//! The residual temporal convolution.

use super::{register, replica, slice, tensor};
use crate::kernel::simd::InstructionSet;
use crate::kernel::temporal::{self, Convolved, Weights};
use crate::ops::spec::{TemporalSpec, TemporalTensors};
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
pub trait FusedTemporal: Backend {
    /// The block.
    fn temporal(
        x: FloatTensor<Self>,
        w1: FloatTensor<Self>,
        b1: FloatTensor<Self>,
        w2: FloatTensor<Self>,
        b2: FloatTensor<Self>,
        spec: TemporalSpec,
        set: InstructionSet,
    ) -> FloatTensor<Self>;
}

/// What the backward pass needs: frames and parameters, and the hidden units `[replica, frame, width]`.
#[derive(Debug, Clone)]
struct TemporalState {
    x: FlexTensor,
    parameters: [FlexTensor; 4],
    hidden: Vec<f32>,
    spec: TemporalSpec,
    set: InstructionSet,
}

fn of_replica<'a>(
    x: &'a FlexTensor,
    parameters: &'a [FlexTensor; 4],
    spec: &'a TemporalSpec,
    r: usize,
) -> (Convolved<'a>, Weights<'a>) {
    let [n_replicas, _, width] = x.shape().dims();
    let n = spec.frames.present()[r];
    let convolved = Convolved {
        x: &replica(slice(x), n_replicas, r)[..n * width],
        runs: spec.runs.of_replica(r),
        offsets: spec.offsets(),
        width,
        dropout: spec.dropout.as_ref().map(|dropout| (dropout.share, dropout.seeds[r])),
    };
    let [w1, b1, w2, b2] = parameters.each_ref().map(|p| replica(slice(p), n_replicas, r));
    (convolved, Weights { w1, b1, w2, b2 })
}

/// The result, and the hidden units.
fn forward(
    x: &FlexTensor,
    parameters: &[FlexTensor; 4],
    spec: &TemporalSpec,
    set: InstructionSet,
) -> (FlexTensor, Vec<f32>) {
    let [n_replicas, n_frames, width] = x.shape().dims();
    let len = n_frames * width;
    let [mut y, mut hidden] = [(); 2].map(|()| Vec::with_capacity(n_replicas * len));
    for r in 0..n_replicas {
        let (convolved, weights) = of_replica(x, parameters, spec, r);
        temporal::forward(set, convolved, weights, &mut hidden, &mut y);
        y.resize((r + 1) * len, 0.);
        hidden.resize((r + 1) * len, 0.);
    }
    (tensor(y, [n_replicas, n_frames, width]), hidden)
}

fn backward(gradient: FlexTensor, state: TemporalState) -> [FlexTensor; 5] {
    let TemporalState { x, parameters, hidden, spec, set } = state;
    let gradient = gradient.to_contiguous();
    let [n_replicas, n_frames, width] = x.shape().dims();
    let [mut dx, mut w1, mut b1, mut w2, mut b2] = [const { Vec::new() }; 5];
    for r in 0..n_replicas {
        let (convolved, weights) = of_replica(&x, &parameters, &spec, r);
        let present = ..convolved.x.len();
        let gradients =
            temporal::Gradients { x: &mut dx, w1: &mut w1, b1: &mut b1, w2: &mut w2, b2: &mut b2 };
        let hidden = &replica(&hidden, n_replicas, r)[present];
        let gradient = &replica(slice(&gradient), n_replicas, r)[present];
        temporal::backward(set, convolved, weights, hidden, gradient, gradients);
        dx.resize((r + 1) * n_frames * width, 0.);
    }
    let [s1, t1, s2, t2] = parameters.each_ref().map(|p| p.shape());
    [tensor(dx, x.shape()), tensor(w1, s1), tensor(b1, t1), tensor(w2, s2), tensor(b2, t2)]
}

impl FusedTemporal for Flex {
    fn temporal(
        x: FlexTensor,
        w1: FlexTensor,
        b1: FlexTensor,
        w2: FlexTensor,
        b2: FlexTensor,
        spec: TemporalSpec,
        set: InstructionSet,
    ) -> FlexTensor {
        let parameters = [w1, b1, w2, b2].map(|t| t.to_contiguous());
        forward(&x.to_contiguous(), &parameters, &spec, set).0
    }
}

#[derive(Debug)]
struct TemporalBackward;

impl Backward<Flex, 5> for TemporalBackward {
    type State = TemporalState;

    fn backward(self, ops: Ops<TemporalState, 5>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<Flex>(&ops.node);
        let parents = ops.parents.map(|node| node.map(|node| node.id));
        register(grads, parents, backward(gradient, ops.state).map(Some));
    }
}

impl<C: CheckpointStrategy> FusedTemporal for Autodiff<Flex, C> {
    fn temporal(
        x: FloatTensor<Self>,
        w1: FloatTensor<Self>,
        b1: FloatTensor<Self>,
        w2: FloatTensor<Self>,
        b2: FloatTensor<Self>,
        spec: TemporalSpec,
        set: InstructionSet,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), w1.node(), b1.node(), w2.node(), b2.node()];
        let prepared = TemporalBackward.prepare::<C>(nodes).compute_bound().stateful();
        let [x, w1, b1, w2, b2] = [x, w1, b1, w2, b2].map(|t| t.into_primitive().to_contiguous());
        let parameters = [w1, b1, w2, b2];
        let (y, hidden) = forward(&x, &parameters, &spec, set);
        match prepared {
            OpsKind::Tracked(prepared) => {
                prepared.finish(TemporalState { x, parameters, hidden, spec, set }, y)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(y),
        }
    }
}

pub(in crate::ops) fn temporal_block(
    set: InstructionSet,
    x: Tensor<3>,
    w: TemporalTensors,
    spec: &TemporalSpec,
) -> Tensor<3> {
    let [x, w1, w2] = [x, w.w1, w.w2].map(Tensor::into_dispatch);
    let [b1, b2] = [w.b1, w.b2].map(Tensor::into_dispatch);
    Tensor::from_dispatch(<Dispatch as FusedTemporal>::temporal(
        x,
        w1,
        b1,
        w2,
        b2,
        spec.clone(),
        set,
    ))
}
