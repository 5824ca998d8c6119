//! The LSTM's cell.

use super::{register, slice, tensor};
use crate::kernel::lstm::{self, Cell};
use crate::kernel::simd::InstructionSet;
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
pub trait FusedLstm: Backend {
    /// One step of an LSTM.
    fn lstm_cell(
        gates: FloatTensor<Self>,
        before: FloatTensor<Self>,
        set: InstructionSet,
    ) -> FloatTensor<Self>;
}

fn cell<'a>(gates: &'a FlexTensor, before: &'a FlexTensor) -> Cell<'a> {
    let [_, _, twice] = before.shape().dims();
    Cell { gates: slice(gates), before: slice(before), width: twice / 2 }
}

/// Hidden state and cell, and the gates after their non-linearities. Rows share nothing, so that
/// replicas need not be told apart.
fn lstm_forward(
    gates: &FlexTensor,
    before: &FlexTensor,
    set: InstructionSet,
) -> (FlexTensor, FlexTensor) {
    let mut after = Vec::with_capacity(slice(before).len());
    let mut open = Vec::with_capacity(slice(gates).len());
    lstm::forward(set, cell(gates, before), &mut after, &mut open);
    (tensor(after, before.shape()), tensor(open, gates.shape()))
}

/// What the backward pass of the cell needs.
#[derive(Debug, Clone)]
struct LstmTape {
    open: FlexTensor,
    before: FlexTensor,
    after: FlexTensor,
    set: InstructionSet,
}

fn lstm_backward(gradient: FlexTensor, tape: LstmTape) -> [FlexTensor; 2] {
    let LstmTape { open, before, after, set } = tape;
    let gradient = gradient.to_contiguous();
    let mut dgates = Vec::with_capacity(slice(&open).len());
    let mut dbefore = Vec::with_capacity(slice(&before).len());
    let rows = cell(&open, &before);
    lstm::backward(set, rows, slice(&after), slice(&gradient), &mut dgates, &mut dbefore);
    [tensor(dgates, open.shape()), tensor(dbefore, before.shape())]
}

impl FusedLstm for Flex {
    fn lstm_cell(gates: FlexTensor, before: FlexTensor, set: InstructionSet) -> FlexTensor {
        lstm_forward(&gates.to_contiguous(), &before.to_contiguous(), set).0
    }
}

#[derive(Debug)]
struct LstmBackward;

impl Backward<Flex, 2> for LstmBackward {
    type State = LstmTape;

    fn backward(self, ops: Ops<LstmTape, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gradient = grads.consume::<Flex>(&ops.node);
        let parents = ops.parents.map(|node| node.map(|node| node.id));
        register(grads, parents, lstm_backward(gradient, ops.state).map(Some));
    }
}

impl<C: CheckpointStrategy> FusedLstm for Autodiff<Flex, C> {
    fn lstm_cell(
        gates: FloatTensor<Self>,
        before: FloatTensor<Self>,
        set: InstructionSet,
    ) -> FloatTensor<Self> {
        let nodes = [gates.node(), before.node()];
        let prepared = LstmBackward.prepare::<C>(nodes).compute_bound().stateful();
        let [gates, before] = [gates, before].map(|t| t.into_primitive().to_contiguous());
        let (after, open) = lstm_forward(&gates, &before, set);
        match prepared {
            OpsKind::Tracked(prepared) => {
                let tape = LstmTape { open, before, after: after.clone(), set };
                prepared.finish(tape, after)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(after),
        }
    }
}

pub(in crate::ops) fn lstm_cell(
    set: InstructionSet,
    gates: Tensor<3>,
    before: Tensor<3>,
) -> Tensor<3> {
    let (gates, before) = (gates.into_dispatch(), before.into_dispatch());
    Tensor::from_dispatch(<Dispatch as FusedLstm>::lstm_cell(gates, before, set))
}
