//! The operations as kernels on `burn`'s CPU backend, each with a hand-written backward pass,
//! through `burn`'s backend extension. One subject: carrying slices of each replica between
//! tensors and kernels, in a fixed order, on the calling thread.

use super::{BlockResult, BlockSpec, BlockTensors, Frames, Labels};
use crate::kernel::block::{
    self, BlockForward, BlockGradients, BlockSaved, BlockWeights, ForwardCall, Norm,
};
use crate::kernel::edge::{self, EdgeSaved};
use crate::kernel::mix::{self, NodeFeatures};
use crate::kernel::nll::{self, NllGradients, NllInput};
use crate::kernel::simd::InstructionSet;
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
use burn::tensor::{Device, Shape, Tensor, TensorData};
use std::sync::Arc;

/// Whether tensors of this device are those of the CPU backend that the kernels read.
pub(super) fn runs_on(device: &Device) -> bool {
    let device = device.clone();
    let plain = if device.is_autodiff() { device.inner() } else { device };
    plain == Device::flex()
}

/// Result and batch statistics of a block.
#[derive(ExtensionType)]
pub struct BlockOutput<B: Backend> {
    y: FloatTensor<B>,
    mean: FloatTensor<B>,
    var: FloatTensor<B>,
}

/// Which of the two block kernels, and everything but its tensors.
#[derive(Debug, Clone)]
pub struct BlockCall {
    set: InstructionSet,
    spec: BlockSpec,
    /// Nodes of a frame for the edge block, 0 for the plain block.
    edge_nodes: usize,
}

/// What routes to the kernels. Parameters without batch norm pass `b2` for `gamma` and `beta`,
/// which are then not read.
#[backend_extension(Flex, Autodiff)]
#[allow(clippy::too_many_arguments)]
pub trait FusedOps: Backend {
    /// The MLP block or the edge block.
    fn block(
        x: FloatTensor<Self>,
        w1: FloatTensor<Self>,
        b1: FloatTensor<Self>,
        w2: FloatTensor<Self>,
        b2: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        call: BlockCall,
    ) -> BlockOutput<Self>;
    /// Message passing.
    fn mix(
        w: FloatTensor<Self>,
        f: FloatTensor<Self>,
        frames: Frames,
        set: InstructionSet,
    ) -> FloatTensor<Self>;
    /// Linear layer and negative log-likelihood.
    fn linear_nll(
        hidden: FloatTensor<Self>,
        w: FloatTensor<Self>,
        b: FloatTensor<Self>,
        labels: Labels,
        set: InstructionSet,
    ) -> FloatTensor<Self>;
}

fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape.into()))
}

fn slice(t: &FlexTensor) -> &[f32] {
    t.as_slice::<f32>().expect("contiguous float32")
}

/// The part of `values` that belongs to one of `n` replicas.
fn replica(values: &[f32], n: usize, r: usize) -> &[f32] {
    let len = values.len() / n;
    &values[r * len..(r + 1) * len]
}

/// Input and parameters of a block: x, w1, b1, w2, b2, gamma, beta.
type BlockInputs = [FlexTensor; 7];

/// What the backward pass of a block needs besides its inputs.
#[derive(Debug, Clone)]
struct BlockState {
    inputs: BlockInputs,
    call: BlockCall,
    a1: Arc<Vec<f32>>,
    a2: Option<FlexTensor>,
    pooled: Arc<Vec<f32>>,
    mean: FlexTensor,
    var: FlexTensor,
}

fn weights<'a>(
    inputs: &'a BlockInputs,
    n_replicas: usize,
    r: usize,
    norm: bool,
) -> BlockWeights<'a> {
    let [_, n_in, width] = inputs[1].shape().dims();
    let of = |k: usize| replica(slice(&inputs[k]), n_replicas, r);
    BlockWeights {
        n_in,
        width,
        w1: of(1),
        b1: of(2),
        w2: of(3),
        b2: of(4),
        gamma: if norm { of(5) } else { &[] },
        beta: if norm { of(6) } else { &[] },
    }
}

/// The present rows of one replica.
fn present<'a>(x: &'a FlexTensor, spec: &BlockSpec, rows_per_frame: usize, r: usize) -> &'a [f32] {
    let n_replicas = spec.frames.present().len();
    let rows = replica(slice(x), n_replicas, r);
    let row_len = rows.len() / (spec.frames.padded() * rows_per_frame);
    &rows[..spec.frames.present()[r] * rows_per_frame * row_len]
}

/// Rows of `x` per frame: nodes for the edge block, rows for the plain one.
fn input_rows(call: &BlockCall) -> usize {
    if call.edge_nodes > 0 { call.edge_nodes } else { call.spec.rows_per_frame }
}

fn block_forward(
    inputs: BlockInputs,
    call: BlockCall,
    save: bool,
) -> (BlockOutput<Flex>, BlockState) {
    let inputs = inputs.map(|t| t.to_contiguous());
    let spec = &call.spec;
    let n_replicas = spec.frames.present().len();
    let width = inputs[1].shape()[2];
    let pool = if spec.mean_over_frames { spec.rows_per_frame } else { 0 };
    let n_rows = if pool > 0 { pool } else { spec.frames.padded() * spec.rows_per_frame };
    let padded_len = spec.frames.padded() * spec.rows_per_frame * width;
    let shares_a2 = save && pool == 0 && spec.batch_norm.is_none();
    let saves_rows = save && call.edge_nodes == 0;
    let mut out = BlockForward::default();
    if !shares_a2 {
        out.y.reserve_exact(n_replicas * n_rows * width);
    }
    if saves_rows {
        out.a1.reserve_exact(n_replicas * padded_len);
        out.a2.reserve_exact(n_replicas * padded_len);
    }
    for r in 0..n_replicas {
        let w = weights(&inputs, n_replicas, r, spec.batch_norm.is_some());
        let norm = match (spec.batch_norm, &spec.fixed) {
            (None, _) => Norm::None,
            (Some(eps), None) => Norm::Batch { eps: eps as f32 },
            (Some(eps), Some(fixed)) => Norm::Fixed {
                mean: replica(&fixed.mean, n_replicas, r),
                var: replica(&fixed.var, n_replicas, r),
                eps: eps as f32,
            },
        };
        let x = present(&inputs[0], spec, input_rows(&call), r);
        if call.edge_nodes > 0 {
            edge::forward(call.set, spec.activation, x, call.edge_nodes, &w, norm, &mut out);
        } else {
            let forward =
                ForwardCall { set: call.set, activation: spec.activation, norm, pool, save };
            block::forward(forward, x, &w, &mut out);
        }
        if saves_rows {
            out.a1.resize((r + 1) * padded_len, 0.);
            out.a2.resize((r + 1) * padded_len, 0.);
        }
        if !shares_a2 {
            out.y.resize((r + 1) * n_rows * width, 0.);
        }
    }
    let statistics_width = if out.mean.is_empty() { 0 } else { width };
    let mean = tensor(out.mean, [n_replicas, statistics_width]);
    let var = tensor(out.var, [n_replicas, statistics_width]);
    let shape = [n_replicas, n_rows, width];
    let a2 = saves_rows.then(|| tensor(out.a2, [n_replicas, padded_len / width, width]));
    let y = match &a2 {
        Some(a2) if shares_a2 => a2.clone(),
        _ => tensor(out.y, shape),
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

fn block_backward(gy: FlexTensor, state: BlockState, want_dx: bool) -> [Option<FlexTensor>; 7] {
    let BlockState { inputs, call, a1, a2, pooled, mean, var } = state;
    let spec = &call.spec;
    let gy = gy.to_contiguous();
    let n_replicas = spec.frames.present().len();
    let width = inputs[1].shape()[2];
    let row_len = inputs[0].shape()[inputs[0].shape().num_dims() - 1];
    let has_norm = spec.batch_norm.is_some();
    let dx_len = spec.frames.padded() * input_rows(&call) * row_len;
    let mut out = BlockGradients::default();
    if want_dx {
        out.dx.reserve_exact(n_replicas * dx_len);
    }
    for r in 0..n_replicas {
        let w = weights(&inputs, n_replicas, r, has_norm);
        let statistics = |t| if has_norm { replica(slice(t), n_replicas, r) } else { &[][..] };
        let (mean, var) = (statistics(&mean), statistics(&var));
        let pooled = replica(&pooled, n_replicas, r);
        let x = present(&inputs[0], spec, input_rows(&call), r);
        let gy = replica(slice(&gy), n_replicas, r);
        if let Some(a2) = &a2 {
            let n_rows = spec.frames.present()[r] * spec.rows_per_frame;
            let of_rows = |a| &replica(a, n_replicas, r)[..n_rows * width];
            let saved = BlockSaved {
                x,
                a1: of_rows(&a1),
                a2: of_rows(slice(a2)),
                mean,
                var,
                pooled,
                eps: spec.batch_norm.map(|eps| eps as f32),
                pool: if spec.mean_over_frames { spec.rows_per_frame } else { 0 },
            };
            let gy = if spec.mean_over_frames { gy } else { &gy[..n_rows * width] };
            block::backward(call.set, spec.activation, gy, &w, &saved, want_dx, &mut out);
        } else {
            let n = call.edge_nodes;
            let saved = EdgeSaved {
                nodes: x,
                n,
                pooled,
                mean,
                var,
                eps: spec.batch_norm.map(|eps| eps as f32),
            };
            edge::backward(call.set, spec.activation, gy, &w, &saved, &mut out);
        }
        if want_dx {
            out.dx.resize((r + 1) * dx_len, 0.);
        }
    }
    let like = |k: usize, values: Vec<f32>| Some(tensor(values, inputs[k].shape()));
    [
        if want_dx { like(0, out.dx) } else { None },
        like(1, out.dw1),
        like(2, out.db1),
        like(3, out.dw2),
        like(4, out.db2),
        if has_norm { like(5, out.dgamma) } else { None },
        if has_norm { like(6, out.dbeta) } else { None },
    ]
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

/// Losses `[replica]` and, when wanted, the gradients of hidden, w and b.
fn nll_forward(
    [hidden, w, b]: [&FlexTensor; 3],
    labels: &Labels,
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
        let n_present = labels.frames.present()[r];
        let input = NllInput {
            hidden: &replica(slice(hidden), n_replicas, r)[..n_present * width],
            labels: &labels.classes[r * n_frames..r * n_frames + n_present],
            w: replica(slice(w), n_replicas, r),
            b: replica(slice(b), n_replicas, r),
            width,
        };
        losses.push(nll::loss(set, &input, gradients.as_mut()));
        if let Some(gradients) = &mut gradients {
            gradients.dhidden.resize((r + 1) * n_frames * width, 0.);
        }
    }
    (tensor(losses, [n_replicas]), gradients)
}

impl FusedOps for Flex {
    fn block(
        x: FlexTensor,
        w1: FlexTensor,
        b1: FlexTensor,
        w2: FlexTensor,
        b2: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        call: BlockCall,
    ) -> BlockOutput<Self> {
        block_forward([x, w1, b1, w2, b2, gamma, beta], call, false).0
    }

    fn mix(w: FlexTensor, f: FlexTensor, frames: Frames, set: InstructionSet) -> FlexTensor {
        mix_forward(&w.to_contiguous(), &f.to_contiguous(), &frames, set)
    }

    fn linear_nll(
        hidden: FlexTensor,
        w: FlexTensor,
        b: FlexTensor,
        labels: Labels,
        set: InstructionSet,
    ) -> FlexTensor {
        let inputs = [hidden, w, b].map(|t| t.to_contiguous());
        nll_forward(inputs.each_ref(), &labels, set, false).0
    }
}

#[derive(Debug)]
struct BlockBackward;

impl Backward<Flex, 7> for BlockBackward {
    type State = BlockState;

    fn backward(self, ops: Ops<BlockState, 7>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gy = grads.consume::<Flex>(&ops.node);
        let want_dx = ops.parents[0].is_some();
        let gradients = block_backward(gy, ops.state, want_dx);
        for (node, gradient) in ops.parents.into_iter().zip(gradients) {
            if let (Some(node), Some(gradient)) = (node, gradient) {
                grads.register::<Flex>(node.id, gradient);
            }
        }
    }
}

#[derive(Debug)]
struct MixBackward;

impl Backward<Flex, 2> for MixBackward {
    type State = MixState;

    fn backward(self, ops: Ops<MixState, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gm = grads.consume::<Flex>(&ops.node);
        for (node, gradient) in ops.parents.into_iter().zip(mix_backward(gm, ops.state)) {
            if let Some(node) = node {
                grads.register::<Flex>(node.id, gradient);
            }
        }
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

impl<C: CheckpointStrategy> FusedOps for Autodiff<Flex, C> {
    fn block(
        x: FloatTensor<Self>,
        w1: FloatTensor<Self>,
        b1: FloatTensor<Self>,
        w2: FloatTensor<Self>,
        b2: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        call: BlockCall,
    ) -> BlockOutput<Self> {
        let inputs = [x, w1, b1, w2, b2, gamma, beta];
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

    fn linear_nll(
        hidden: FloatTensor<Self>,
        w: FloatTensor<Self>,
        b: FloatTensor<Self>,
        labels: Labels,
        set: InstructionSet,
    ) -> FloatTensor<Self> {
        let nodes = [hidden.node(), w.node(), b.node()];
        let prepared = NllBackward.prepare::<C>(nodes).compute_bound().stateful();
        let inputs = [hidden, w, b].map(|t| t.into_primitive().to_contiguous());
        let tracked = matches!(prepared, OpsKind::Tracked(_));
        let (losses, gradients) = nll_forward(inputs.each_ref(), &labels, set, tracked);
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

fn block_op(x: Tensor<3>, w: BlockTensors, call: BlockCall) -> BlockResult {
    let has_statistics = call.spec.batch_norm.is_some() && call.spec.fixed.is_none();
    let (gamma, beta) = w.scale_and_shift.unwrap_or_else(|| (w.b2.clone(), w.b2.clone()));
    let out = <Dispatch as FusedOps>::block(
        x.into_dispatch(),
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

pub(super) fn mlp_block(
    set: InstructionSet,
    x: Tensor<3>,
    w: BlockTensors,
    spec: &BlockSpec,
) -> BlockResult {
    block_op(x, w, BlockCall { set, spec: spec.clone(), edge_nodes: 0 })
}

pub(super) fn edge_block(
    set: InstructionSet,
    nodes: Tensor<4>,
    w: BlockTensors,
    spec: &BlockSpec,
) -> BlockResult {
    let [n_replicas, n_frames, n, width] = nodes.dims();
    let rows = nodes.reshape([n_replicas, n_frames * n, width]);
    block_op(rows, w, BlockCall { set, spec: spec.clone(), edge_nodes: n })
}

pub(super) fn mix(set: InstructionSet, w: Tensor<3>, f: Tensor<4>, frames: &Frames) -> Tensor<4> {
    let (w, f) = (w.into_dispatch(), f.into_dispatch());
    Tensor::from_dispatch(<Dispatch as FusedOps>::mix(w, f, frames.clone(), set))
}

pub(super) fn linear_nll(
    set: InstructionSet,
    hidden: Tensor<3>,
    w: Tensor<3>,
    b: Tensor<2>,
    labels: &Labels,
) -> Tensor<1> {
    let (hidden, w, b) = (hidden.into_dispatch(), w.into_dispatch(), b.into_dispatch());
    Tensor::from_dispatch(<Dispatch as FusedOps>::linear_nll(hidden, w, b, labels.clone(), set))
}
