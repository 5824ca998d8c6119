//! The MLP block and the edge block.

use super::{register, replica, slice, tensor};
use crate::kernel::block::{
    self, BackwardCall, BlockForward, BlockGradients, BlockSaved, BlockWeights, Features,
    ForwardCall, Input, Keep, Norm, Upstream,
};
use crate::kernel::simd::InstructionSet;
use crate::ops::spec::{BlockResult, BlockSpec, BlockTensors};
use burn::backend::autodiff::{
    checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
    grads::Gradients,
    ops::{Backward, Ops, OpsKind},
};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{
    Autodiff, Backend, Dispatch, ExtensionType, Flex, TensorMetadata, backend_extension,
};
use burn::tensor::Tensor;
use std::sync::Arc;

/// Result and batch statistics of a block.
#[derive(ExtensionType)]
pub struct BlockOutput<B: Backend> {
    y: FloatTensor<B>,
    mean: FloatTensor<B>,
    var: FloatTensor<B>,
}

/// Everything about a block but its tensors.
#[derive(Debug, Clone)]
pub struct BlockCall {
    set: InstructionSet,
    spec: BlockSpec,
    rows: RowsAre,
}

/// What `x` holds.
#[derive(Debug, Clone, Copy)]
enum RowsAre {
    /// The rows of the block.
    Given,
    /// The first features of each row; `beside` holds the others.
    Beside,
    /// The nodes whose pairs are the rows: so many in a frame.
    PairsOf(usize),
}

impl BlockCall {
    /// Rows per frame of a mean over frames, 0 without one.
    fn pool(&self) -> usize {
        if self.spec.mean_over_frames { self.spec.rows_per_frame } else { 0 }
    }

    /// The present rows of one replica.
    fn input<'a>(&self, inputs: &'a BlockInputs, r: usize) -> Input<'a> {
        let present = self.spec.frames.present();
        let values = |x: &'a FlexTensor| {
            let values = replica(slice(x), present.len(), r);
            &values[..present[r] * (values.len() / self.spec.frames.padded())]
        };
        let features = |x: &'a FlexTensor| Features { values: values(x), width: x.shape()[2] };
        let nothing = Features { values: &[], width: 0 };
        let [x, beside, ..] = inputs;
        match self.rows {
            RowsAre::Given => Input::rows([features(x), nothing]),
            RowsAre::Beside => Input::rows([features(x), features(beside)]),
            RowsAre::PairsOf(n) => Input::Pairs { nodes: values(x), n },
        }
    }
}

/// What routes to the kernel. Blocks without batch norm pass `b2` for `gamma` and `beta`, and
/// those whose rows lie in one array pass it for `beside`; they are then not read.
#[backend_extension(Flex, Autodiff)]
#[allow(clippy::too_many_arguments)]
pub trait FusedBlock: Backend {
    /// The MLP block or the edge block.
    fn block(
        x: FloatTensor<Self>,
        beside: FloatTensor<Self>,
        w1: FloatTensor<Self>,
        b1: FloatTensor<Self>,
        w2: FloatTensor<Self>,
        b2: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        call: BlockCall,
    ) -> BlockOutput<Self>;
}

/// Input and parameters of a block: x, beside, w1, b1, w2, b2, gamma, beta.
type BlockInputs = [FlexTensor; 8];

/// What the backward pass of a block needs besides its inputs.
#[derive(Debug, Clone)]
struct BlockState {
    inputs: BlockInputs,
    call: BlockCall,
    /// Empty where not kept.
    a1: Arc<Vec<f32>>,
    /// `None` where not kept.
    a2: Option<FlexTensor>,
    pooled: Arc<Vec<f32>>,
    mean: FlexTensor,
    var: FlexTensor,
}

/// Those of one replica, from w1, b1, w2, b2, gamma and beta of all.
pub(super) fn weights(
    parameters: &[FlexTensor],
    n_replicas: usize,
    r: usize,
    norm: bool,
) -> BlockWeights<'_> {
    let [_, n_in, width] = parameters[0].shape().dims();
    let of = |k: usize| replica(slice(&parameters[k]), n_replicas, r);
    BlockWeights {
        n_in,
        width,
        w1: of(0),
        b1: of(1),
        w2: of(2),
        b2: of(3),
        gamma: if norm { of(4) } else { &[] },
        beta: if norm { of(5) } else { &[] },
    }
}

fn block_forward(
    inputs: BlockInputs,
    call: BlockCall,
    save: bool,
) -> (BlockOutput<Flex>, BlockState) {
    let inputs = inputs.map(|t| t.to_contiguous());
    let spec = &call.spec;
    let n_replicas = spec.frames.present().len();
    let width = inputs[2].shape()[2];
    let pool = call.pool();
    let padded_rows = spec.frames.padded() * spec.rows_per_frame;
    let n_rows = if pool > 0 { pool } else { padded_rows };
    let keep = if save {
        let first = weights(&inputs[2..], n_replicas, 0, false);
        Keep::for_backward(&call.input(&inputs, 0), &first, padded_rows, pool)
    } else {
        Keep::Nothing
    };
    // What is appended replica by replica, padded to these lengths; 0 where it stays empty.
    let len_of = |is_kept: bool, n_rows: usize| if is_kept { n_rows * width } else { 0 };
    let a1_len = len_of(keep == Keep::Both, padded_rows);
    let a2_len = len_of(keep != Keep::Nothing, padded_rows);
    let is_a2 = a2_len > 0 && pool == 0 && spec.batch_norm.is_none();
    let y_len = len_of(!is_a2, n_rows);
    let mut out = BlockForward::default();
    out.a1.reserve_exact(n_replicas * a1_len);
    out.a2.reserve_exact(n_replicas * a2_len);
    out.y.reserve_exact(n_replicas * y_len);
    for r in 0..n_replicas {
        let w = weights(&inputs[2..], n_replicas, r, spec.batch_norm.is_some());
        let norm = match (spec.batch_norm, &spec.fixed) {
            (None, _) => Norm::None,
            (Some(eps), None) => Norm::Batch { eps: eps as f32 },
            (Some(eps), Some(fixed)) => Norm::Fixed {
                mean: replica(&fixed.mean, n_replicas, r),
                var: replica(&fixed.var, n_replicas, r),
                eps: eps as f32,
            },
        };
        let forward = ForwardCall { set: call.set, activation: spec.activation, norm, pool, keep };
        block::forward(forward, call.input(&inputs, r), &w, &mut out);
        out.a1.resize((r + 1) * a1_len, 0.);
        out.a2.resize((r + 1) * a2_len, 0.);
        out.y.resize((r + 1) * y_len, 0.);
    }
    let statistics_width = if out.mean.is_empty() { 0 } else { width };
    let mean = tensor(out.mean, [n_replicas, statistics_width]);
    let var = tensor(out.var, [n_replicas, statistics_width]);
    let a2 = (a2_len > 0).then(|| tensor(out.a2, [n_replicas, padded_rows, width]));
    let y = match &a2 {
        Some(a2) if is_a2 => a2.clone(),
        _ => tensor(out.y, [n_replicas, n_rows, width]),
    };
    let state = BlockState {
        inputs,
        call,
        a1: Arc::new(out.a1),
        a2,
        pooled: Arc::new(out.pooled),
        mean: mean.clone(),
        var: var.clone(),
    };
    (BlockOutput { y, mean, var }, state)
}

fn block_backward(gy: FlexTensor, state: BlockState, want_dx: bool) -> [Option<FlexTensor>; 8] {
    let BlockState { inputs, call, a1, a2, pooled, mean, var } = state;
    let spec = &call.spec;
    let gy = gy.to_contiguous();
    let n_replicas = spec.frames.present().len();
    let width = inputs[2].shape()[2];
    let has_norm = spec.batch_norm.is_some();
    let is_beside = matches!(call.rows, RowsAre::Beside);
    let dx_len = |k: usize| match (want_dx, k) {
        (false, _) => 0,
        (true, 1) if !is_beside => 0,
        (true, _) => inputs[k].shape().num_elements() / n_replicas,
    };
    let dx_len = [dx_len(0), dx_len(1)];
    let mut out = BlockGradients::default();
    for (dx, len) in out.dx.iter_mut().zip(dx_len) {
        dx.reserve_exact(n_replicas * len);
    }
    for r in 0..n_replicas {
        let w = weights(&inputs[2..], n_replicas, r, has_norm);
        let statistics = |t| if has_norm { replica(slice(t), n_replicas, r) } else { &[][..] };
        let n_rows = spec.frames.present()[r] * spec.rows_per_frame;
        let of_rows = |a| {
            let rows: &[f32] = replica(a, n_replicas, r);
            &rows[..rows.len().min(n_rows * width)]
        };
        let saved = BlockSaved {
            a1: of_rows(&a1),
            a2: a2.as_ref().map_or(&[], |a2| of_rows(slice(a2))),
            mean: statistics(&mean),
            var: statistics(&var),
            pooled: replica(&pooled, n_replicas, r),
        };
        let backward = BackwardCall {
            set: call.set,
            activation: spec.activation,
            eps: spec.batch_norm.map(|eps| eps as f32),
            pool: call.pool(),
            want_dx,
        };
        let gy = of_rows(slice(&gy));
        block::backward(
            backward,
            &Upstream::Given(gy),
            call.input(&inputs, r),
            &w,
            &saved,
            &mut out,
        );
        for (dx, len) in out.dx.iter_mut().zip(dx_len) {
            dx.resize((r + 1) * len, 0.);
        }
    }
    let like = |k: usize, values: Vec<f32>| Some(tensor(values, inputs[k].shape()));
    let [dx, dx_beside] = out.dx;
    [
        if want_dx { like(0, dx) } else { None },
        if want_dx && is_beside { like(1, dx_beside) } else { None },
        like(2, out.dw1),
        like(3, out.db1),
        like(4, out.dw2),
        like(5, out.db2),
        if has_norm { like(6, out.dgamma) } else { None },
        if has_norm { like(7, out.dbeta) } else { None },
    ]
}

impl FusedBlock for Flex {
    fn block(
        x: FlexTensor,
        beside: FlexTensor,
        w1: FlexTensor,
        b1: FlexTensor,
        w2: FlexTensor,
        b2: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        call: BlockCall,
    ) -> BlockOutput<Self> {
        block_forward([x, beside, w1, b1, w2, b2, gamma, beta], call, false).0
    }
}

#[derive(Debug)]
struct BlockBackward;

impl Backward<Flex, 8> for BlockBackward {
    type State = BlockState;

    fn backward(self, ops: Ops<BlockState, 8>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gy = grads.consume::<Flex>(&ops.node);
        let [x, beside, ..] = &ops.parents;
        let is_beside = matches!(ops.state.call.rows, RowsAre::Beside);
        let want_dx = x.is_some() || is_beside && beside.is_some();
        let gradients = block_backward(gy, ops.state, want_dx);
        let parents = ops.parents.map(|node| node.map(|node| node.id));
        register(grads, parents, gradients);
    }
}

impl<C: CheckpointStrategy> FusedBlock for Autodiff<Flex, C> {
    fn block(
        x: FloatTensor<Self>,
        beside: FloatTensor<Self>,
        w1: FloatTensor<Self>,
        b1: FloatTensor<Self>,
        w2: FloatTensor<Self>,
        b2: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        call: BlockCall,
    ) -> BlockOutput<Self> {
        let inputs = [x, beside, w1, b1, w2, b2, gamma, beta];
        let nodes = inputs.each_ref().map(|t| t.node());
        let prepared = BlockBackward.prepare::<C>(nodes).compute_bound().stateful();
        let inputs = inputs.map(|t| t.into_primitive());
        let (y, mean, var) = match prepared {
            OpsKind::Tracked(prepared) => {
                let (out, state) = block_forward(inputs, call, true);
                (prepared.finish(state, out.y), out.mean, out.var)
            }
            OpsKind::UnTracked(prepared) => {
                let (out, _) = block_forward(inputs, call, false);
                (prepared.finish(out.y), out.mean, out.var)
            }
        };
        let constant = FloatTensor::<Self>::new;
        BlockOutput { y, mean: constant(mean), var: constant(var) }
    }
}

fn block_op(
    x: Tensor<3>,
    beside: Option<Tensor<3>>,
    w: BlockTensors,
    call: BlockCall,
) -> BlockResult {
    let has_statistics = call.spec.batch_norm.is_some() && call.spec.fixed.is_none();
    let (gamma, beta) = w.scale_and_shift.unwrap_or_else(|| (w.b2.clone(), w.b2.clone()));
    let beside = beside.map_or_else(|| w.b2.clone().into_dispatch(), Tensor::into_dispatch);
    let out = <Dispatch as FusedBlock>::block(
        x.into_dispatch(),
        beside,
        w.w1.into_dispatch(),
        w.b1.into_dispatch(),
        w.w2.into_dispatch(),
        w.b2.into_dispatch(),
        gamma.into_dispatch(),
        beta.into_dispatch(),
        call,
    );
    let statistics =
        has_statistics.then(|| (Tensor::from_dispatch(out.mean), Tensor::from_dispatch(out.var)));
    BlockResult { y: Tensor::from_dispatch(out.y), statistics }
}

pub(in crate::ops) fn mlp_block(
    set: InstructionSet,
    x: Tensor<3>,
    beside: Option<Tensor<3>>,
    w: BlockTensors,
    spec: &BlockSpec,
) -> BlockResult {
    let rows = if beside.is_some() { RowsAre::Beside } else { RowsAre::Given };
    block_op(x, beside, w, BlockCall { set, spec: spec.clone(), rows })
}

pub(in crate::ops) fn edge_block(
    set: InstructionSet,
    nodes: Tensor<4>,
    w: BlockTensors,
    spec: &BlockSpec,
) -> BlockResult {
    let [n_replicas, n_frames, n, width] = nodes.dims();
    let rows = nodes.reshape([n_replicas, n_frames * n, width]);
    block_op(rows, None, w, BlockCall { set, spec: spec.clone(), rows: RowsAre::PairsOf(n) })
}
