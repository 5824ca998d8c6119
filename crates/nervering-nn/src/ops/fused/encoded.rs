//! A block on nodes that another block has encoded.

use super::block::weights;
use super::{register, replica, slice, tensor};
use crate::kernel::block::encoded::{
    self, EncodedCall, EncodedForward, EncodedGradients, EncodedWeights,
};
use crate::kernel::block::{BlockSaved, Features, Keep};
use crate::kernel::simd::InstructionSet;
use crate::ops::spec::{BlockTensors, EncodedResult, EncodedSpec};
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

/// Result and batch statistics of both blocks.
#[derive(ExtensionType)]
pub struct EncodedOutput<B: Backend> {
    y: FloatTensor<B>,
    encoder_mean: FloatTensor<B>,
    encoder_var: FloatTensor<B>,
    mean: FloatTensor<B>,
    var: FloatTensor<B>,
}

/// Everything about the two blocks but their tensors.
#[derive(Debug, Clone)]
pub struct Encoding {
    set: InstructionSet,
    spec: EncodedSpec,
    /// Whether the block behind has batch norm.
    has_norm: bool,
}

impl Encoding {
    fn call(&self) -> EncodedCall {
        let Self { set, ref spec, has_norm } = *self;
        let EncodedSpec { activation, epsilon, .. } = *spec;
        EncodedCall { set, activation, eps: epsilon as f32, has_norm }
    }
}

/// What routes to the kernel. Parameters without a prefix are those of the block behind; without
/// batch norm it passes `b2` for `gamma` and `beta`, which are then not read.
#[backend_extension(Flex, Autodiff)]
#[allow(clippy::too_many_arguments)]
pub trait FusedEncoded: Backend {
    /// The encoder and the block behind it.
    fn encoded_block(
        x: FloatTensor<Self>,
        encoder_w1: FloatTensor<Self>,
        encoder_b1: FloatTensor<Self>,
        encoder_w2: FloatTensor<Self>,
        encoder_b2: FloatTensor<Self>,
        encoder_gamma: FloatTensor<Self>,
        encoder_beta: FloatTensor<Self>,
        w1: FloatTensor<Self>,
        b1: FloatTensor<Self>,
        w2: FloatTensor<Self>,
        b2: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        encoding: Encoding,
    ) -> EncodedOutput<Self>;
}

/// x, the encoder's parameters and those of the block behind.
type EncodedInputs = [FlexTensor; 13];

/// What the backward pass needs besides its inputs.
#[derive(Debug, Clone)]
struct EncodedState {
    inputs: EncodedInputs,
    encoding: Encoding,
    /// Second activations of the nodes.
    nodes: Arc<Vec<f32>>,
    encoder_mean: FlexTensor,
    encoder_var: FlexTensor,
    /// Activations of the block behind; its second one may be the result.
    a1: Arc<Vec<f32>>,
    a2: FlexTensor,
    mean: FlexTensor,
    var: FlexTensor,
}

/// The present nodes and all weights of one replica.
fn of_replica<'a>(
    inputs: &'a EncodedInputs,
    encoding: &Encoding,
    r: usize,
) -> (Features<'a>, EncodedWeights<'a>) {
    let frames = &encoding.spec.frames;
    let n_replicas = frames.present().len();
    let values = replica(slice(&inputs[0]), n_replicas, r);
    let values = &values[..frames.present()[r] * (values.len() / frames.padded())];
    let weights = EncodedWeights {
        encoder: weights(&inputs[1..7], n_replicas, r, true),
        behind: weights(&inputs[7..], n_replicas, r, encoding.has_norm),
    };
    (Features { values, width: inputs[0].shape()[2] }, weights)
}

fn encoded_forward(
    inputs: EncodedInputs,
    encoding: Encoding,
    save: bool,
) -> (EncodedOutput<Flex>, Option<EncodedState>) {
    let inputs = inputs.map(|t| t.to_contiguous());
    let frames = &encoding.spec.frames;
    let (n_replicas, padded) = (frames.present().len(), frames.padded());
    let (width, encoder_width) = (inputs[7].shape()[2], inputs[1].shape()[2]);
    let nodes_len = padded * inputs[7].shape()[1];
    let keep = if save { Keep::Both } else { Keep::Nothing };
    let len_of = |is_kept: bool| if is_kept { padded * width } else { 0 };
    let (a_len, y_len) = (len_of(save), len_of(!save || encoding.has_norm));
    let mut out = EncodedForward::default();
    out.encoder.a2.reserve_exact(n_replicas * nodes_len);
    out.behind.a1.reserve_exact(n_replicas * a_len);
    out.behind.a2.reserve_exact(n_replicas * a_len);
    out.behind.y.reserve_exact(n_replicas * y_len);
    for r in 0..n_replicas {
        let (x, weights) = of_replica(&inputs, &encoding, r);
        encoded::forward(encoding.call(), x, &weights, keep, &mut out);
        out.encoder.a2.resize((r + 1) * nodes_len, 0.);
        out.behind.a1.resize((r + 1) * a_len, 0.);
        out.behind.a2.resize((r + 1) * a_len, 0.);
        out.behind.y.resize((r + 1) * y_len, 0.);
    }
    let EncodedForward { encoder, behind } = out;
    let shape = [n_replicas, padded, width];
    let a2 = save.then(|| tensor(behind.a2, shape));
    let y = match &a2 {
        Some(a2) if !encoding.has_norm => a2.clone(),
        _ => tensor(behind.y, shape),
    };
    let statistics = [n_replicas, if encoding.has_norm { width } else { 0 }];
    let output = EncodedOutput::<Flex> {
        y,
        encoder_mean: tensor(encoder.mean, [n_replicas, encoder_width]),
        encoder_var: tensor(encoder.var, [n_replicas, encoder_width]),
        mean: tensor(behind.mean, statistics),
        var: tensor(behind.var, statistics),
    };
    let state = a2.map(|a2| EncodedState {
        inputs,
        encoding,
        nodes: Arc::new(encoder.a2),
        encoder_mean: output.encoder_mean.clone(),
        encoder_var: output.encoder_var.clone(),
        a1: Arc::new(behind.a1),
        a2,
        mean: output.mean.clone(),
        var: output.var.clone(),
    });
    (output, state)
}

fn encoded_backward(
    gy: FlexTensor,
    state: EncodedState,
    want_dx: bool,
) -> [Option<FlexTensor>; 13] {
    let EncodedState { inputs, encoding, .. } = &state;
    let gy = gy.to_contiguous();
    let present = encoding.spec.frames.present();
    let n_replicas = present.len();
    let x_len = inputs[0].shape().num_elements() / n_replicas;
    let dx_len = if want_dx { x_len } else { 0 };
    let mut out = EncodedGradients::default();
    for r in 0..n_replicas {
        let (x, weights) = of_replica(inputs, encoding, r);
        let of = |t| replica(slice(t), n_replicas, r);
        let width = weights.behind.width;
        let rows = |values| {
            let rows: &[f32] = replica(values, n_replicas, r);
            &rows[..present[r] * width]
        };
        let nodes = &replica(&state.nodes, n_replicas, r)[..present[r] * weights.behind.n_in];
        let saved = |a1, a2, mean, var| BlockSaved { a1, a2, mean, var, pooled: &[] };
        let of_encoder = saved(&[], nodes, of(&state.encoder_mean), of(&state.encoder_var));
        let (a1, a2) = (rows(&state.a1), rows(slice(&state.a2)));
        let of_behind = saved(a1, a2, of(&state.mean), of(&state.var));
        let saved = [&of_encoder, &of_behind];
        let gy = rows(slice(&gy));
        encoded::backward(encoding.call(), gy, x, &weights, saved, want_dx, &mut out);
        out.encoder.dx[0].resize((r + 1) * dx_len, 0.);
    }
    let EncodedGradients { encoder, behind } = out;
    let [dx, _] = encoder.dx;
    let like = |k: usize, values: Vec<f32>| Some(tensor(values, inputs[k].shape()));
    let has_norm = encoding.has_norm;
    [
        if want_dx { like(0, dx) } else { None },
        like(1, encoder.dw1),
        like(2, encoder.db1),
        like(3, encoder.dw2),
        like(4, encoder.db2),
        like(5, encoder.dgamma),
        like(6, encoder.dbeta),
        like(7, behind.dw1),
        like(8, behind.db1),
        like(9, behind.dw2),
        like(10, behind.db2),
        if has_norm { like(11, behind.dgamma) } else { None },
        if has_norm { like(12, behind.dbeta) } else { None },
    ]
}

impl FusedEncoded for Flex {
    fn encoded_block(
        x: FlexTensor,
        encoder_w1: FlexTensor,
        encoder_b1: FlexTensor,
        encoder_w2: FlexTensor,
        encoder_b2: FlexTensor,
        encoder_gamma: FlexTensor,
        encoder_beta: FlexTensor,
        w1: FlexTensor,
        b1: FlexTensor,
        w2: FlexTensor,
        b2: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        encoding: Encoding,
    ) -> EncodedOutput<Self> {
        let inputs = [
            x,
            encoder_w1,
            encoder_b1,
            encoder_w2,
            encoder_b2,
            encoder_gamma,
            encoder_beta,
            w1,
            b1,
            w2,
            b2,
            gamma,
            beta,
        ];
        encoded_forward(inputs, encoding, false).0
    }
}

#[derive(Debug)]
struct EncodedBackward;

impl Backward<Flex, 13> for EncodedBackward {
    type State = EncodedState;

    fn backward(self, ops: Ops<EncodedState, 13>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gy = grads.consume::<Flex>(&ops.node);
        let want_dx = ops.parents[0].is_some();
        let gradients = encoded_backward(gy, ops.state, want_dx);
        let parents = ops.parents.map(|node| node.map(|node| node.id));
        register(grads, parents, gradients);
    }
}

impl<C: CheckpointStrategy> FusedEncoded for Autodiff<Flex, C> {
    fn encoded_block(
        x: FloatTensor<Self>,
        encoder_w1: FloatTensor<Self>,
        encoder_b1: FloatTensor<Self>,
        encoder_w2: FloatTensor<Self>,
        encoder_b2: FloatTensor<Self>,
        encoder_gamma: FloatTensor<Self>,
        encoder_beta: FloatTensor<Self>,
        w1: FloatTensor<Self>,
        b1: FloatTensor<Self>,
        w2: FloatTensor<Self>,
        b2: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        encoding: Encoding,
    ) -> EncodedOutput<Self> {
        let inputs = [
            x,
            encoder_w1,
            encoder_b1,
            encoder_w2,
            encoder_b2,
            encoder_gamma,
            encoder_beta,
            w1,
            b1,
            w2,
            b2,
            gamma,
            beta,
        ];
        let nodes = inputs.each_ref().map(|t| t.node());
        let prepared = EncodedBackward.prepare::<C>(nodes).compute_bound().stateful();
        let inputs = inputs.map(|t| t.into_primitive());
        let tracked = matches!(prepared, OpsKind::Tracked(_));
        let (out, state) = encoded_forward(inputs, encoding, tracked);
        let y = match (prepared, state) {
            (OpsKind::Tracked(prepared), Some(state)) => prepared.finish(state, out.y),
            (OpsKind::Tracked(_), None) => unreachable!("tracked operations keep their state"),
            (OpsKind::UnTracked(prepared), _) => prepared.finish(out.y),
        };
        let constant = FloatTensor::<Self>::new;
        EncodedOutput {
            y,
            encoder_mean: constant(out.encoder_mean),
            encoder_var: constant(out.encoder_var),
            mean: constant(out.mean),
            var: constant(out.var),
        }
    }
}

pub(in crate::ops) fn encoded_block(
    set: InstructionSet,
    x: Tensor<3>,
    encoder: BlockTensors,
    behind: BlockTensors,
    spec: &EncodedSpec,
) -> EncodedResult {
    let has_norm = behind.scale_and_shift.is_some();
    let encoding = Encoding { set, spec: spec.clone(), has_norm };
    let vectors = |w: &BlockTensors| {
        w.scale_and_shift.clone().unwrap_or_else(|| (w.b2.clone(), w.b2.clone()))
    };
    let ((encoder_gamma, encoder_beta), (gamma, beta)) = (vectors(&encoder), vectors(&behind));
    let out = <Dispatch as FusedEncoded>::encoded_block(
        x.into_dispatch(),
        encoder.w1.into_dispatch(),
        encoder.b1.into_dispatch(),
        encoder.w2.into_dispatch(),
        encoder.b2.into_dispatch(),
        encoder_gamma.into_dispatch(),
        encoder_beta.into_dispatch(),
        behind.w1.into_dispatch(),
        behind.b1.into_dispatch(),
        behind.w2.into_dispatch(),
        behind.b2.into_dispatch(),
        gamma.into_dispatch(),
        beta.into_dispatch(),
        encoding,
    );
    let of = Tensor::from_dispatch;
    EncodedResult {
        y: Tensor::from_dispatch(out.y),
        encoder_statistics: (of(out.encoder_mean), of(out.encoder_var)),
        statistics: has_norm.then(|| (of(out.mean), of(out.var))),
    }
}
