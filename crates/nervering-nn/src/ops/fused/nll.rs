//! The linear readout and its negative log-likelihood.

use super::{replica, slice, tensor};
use crate::kernel::nll::{self, NllGradients, NllInput, Wanted};
use crate::kernel::simd::InstructionSet;
use crate::ops::spec::{Frames, Labels, Shares};
use burn::backend::autodiff::{
    checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
    grads::Gradients,
    ops::{Backward, Ops, OpsKind},
};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::Tensor;

/// What the frames of a cohort are to be.
#[derive(Debug, Clone)]
pub enum Targets {
    /// One class each.
    Labels(Labels),
    /// Each class to its share.
    Shares(Shares),
}

impl Targets {
    fn frames(&self) -> &Frames {
        match self {
            Self::Labels(labels) => &labels.frames,
            Self::Shares(shares) => &shares.frames,
        }
    }

    /// Of the present frames of a replica.
    fn of_replica(&self, r: usize, n_classes: usize) -> Wanted<'_> {
        let (n_frames, n) = (self.frames().padded(), self.frames().present()[r]);
        match self {
            Self::Labels(labels) => Wanted::Classes(&labels.classes[r * n_frames..][..n]),
            Self::Shares(shares) => {
                Wanted::Shares(&shares.values[r * n_frames * n_classes..][..n * n_classes])
            }
        }
    }
}

/// What routes to the kernel.
#[backend_extension(Flex, Autodiff)]
pub trait FusedNll: Backend {
    /// Linear layer and negative log-likelihood.
    fn linear_nll(
        hidden: FloatTensor<Self>,
        w: FloatTensor<Self>,
        b: FloatTensor<Self>,
        targets: Targets,
        set: InstructionSet,
    ) -> FloatTensor<Self>;
}

/// Losses `[replica]` and, when wanted, the gradients of hidden, w and b.
fn nll_forward(
    [hidden, w, b]: [&FlexTensor; 3],
    targets: &Targets,
    set: InstructionSet,
    save: bool,
) -> (FlexTensor, Option<NllGradients>) {
    let [n_replicas, n_frames, width] = hidden.shape().dims();
    let mut losses = Vec::with_capacity(n_replicas);
    let mut gradients = save.then(NllGradients::default);
    if let Some(gradients) = &mut gradients {
        gradients.dhidden.reserve_exact(n_replicas * n_frames * width);
    }
    for r in 0..n_replicas {
        let n_present = targets.frames().present()[r];
        let input = NllInput {
            hidden: &replica(slice(hidden), n_replicas, r)[..n_present * width],
            w: replica(slice(w), n_replicas, r),
            b: replica(slice(b), n_replicas, r),
            width,
        };
        let wanted = targets.of_replica(r, input.b.len());
        losses.push(nll::loss(set, &input, wanted, gradients.as_mut()));
        if let Some(gradients) = &mut gradients {
            gradients.dhidden.resize((r + 1) * n_frames * width, 0.);
        }
    }
    (tensor(losses, [n_replicas]), gradients)
}

impl FusedNll for Flex {
    fn linear_nll(
        hidden: FlexTensor,
        w: FlexTensor,
        b: FlexTensor,
        targets: Targets,
        set: InstructionSet,
    ) -> FlexTensor {
        let inputs = [hidden, w, b].map(|t| t.to_contiguous());
        nll_forward(inputs.each_ref(), &targets, set, false).0
    }
}

#[derive(Debug)]
struct NllBackward;

impl Backward<Flex, 3> for NllBackward {
    /// Gradients of hidden, w and b for a unit gradient of every replica's loss.
    type State = [FlexTensor; 3];

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gy = grads.consume::<Flex>(&ops.node).to_contiguous();
        for (node, unit) in ops.parents.into_iter().zip(ops.state) {
            let Some(node) = node else { continue };
            let n_replicas = gy.shape()[0];
            let gradient = if slice(&gy).iter().all(|&g| g == 1.) {
                unit
            } else {
                let scaled = slice(&gy).iter().enumerate().flat_map(|(r, &g)| {
                    replica(slice(&unit), n_replicas, r).iter().map(move |v| v * g)
                });
                tensor(scaled.collect(), unit.shape())
            };
            grads.register::<Flex>(node.id, gradient);
        }
    }
}

impl<C: CheckpointStrategy> FusedNll for Autodiff<Flex, C> {
    fn linear_nll(
        hidden: FloatTensor<Self>,
        w: FloatTensor<Self>,
        b: FloatTensor<Self>,
        targets: Targets,
        set: InstructionSet,
    ) -> FloatTensor<Self> {
        let nodes = [hidden.node(), w.node(), b.node()];
        let prepared = NllBackward.prepare::<C>(nodes).compute_bound().stateful();
        let inputs = [hidden, w, b].map(|t| t.into_primitive().to_contiguous());
        let tracked = matches!(prepared, OpsKind::Tracked(_));
        let (losses, gradients) = nll_forward(inputs.each_ref(), &targets, set, tracked);
        match (prepared, gradients) {
            (OpsKind::Tracked(prepared), Some(NllGradients { dhidden, dw, db })) => {
                let [hidden, w, b] = inputs.map(|t| t.shape());
                let state = [tensor(dhidden, hidden), tensor(dw, w), tensor(db, b)];
                prepared.finish(state, losses)
            }
            (OpsKind::Tracked(_), None) => unreachable!("tracked operations keep gradients"),
            (OpsKind::UnTracked(prepared), _) => prepared.finish(losses),
        }
    }
}

pub(in crate::ops) fn linear_nll(
    set: InstructionSet,
    hidden: Tensor<3>,
    w: Tensor<3>,
    b: Tensor<2>,
    targets: Targets,
) -> Tensor<1> {
    let (hidden, w, b) = (hidden.into_dispatch(), w.into_dispatch(), b.into_dispatch());
    Tensor::from_dispatch(<Dispatch as FusedNll>::linear_nll(hidden, w, b, targets, set))
}
