//! Kernel of the static edge encoder: an MLP block on every ordered pair of nodes at every
//! frame, then the mean over frames, for one replica, without a `[frame, pair, width]` array.
//!
//! The first layer of the block acts on `[receiver ‖ sender]`, so it splits into a receiver part
//! and a sender part that are computed once per node. Batch norm is affine, so the mean over
//! frames commutes with it, and the backward pass needs from the forward pass only the mean
//! activation of each pair: it recomputes the rest frame by frame, which costs less than reading
//! it back from memory.

use super::activation::Activate;
use super::block::{BlockForward, BlockGradients, BlockWeights, Norm, with_activation};
use super::dense::{CHUNK, Panels, activated_product, add_outer, add_rows, flush, pad, product};
use super::norm::{Moments, NormBackward, scale_and_shift, sums_of_pooled};
use super::simd::{InstructionSet, Kernel, Simd, dispatch};
use crate::activation::Activation;
use std::marker::PhantomData;

/// Frames summed in float32 before the sum moves to float64.
const FRAMES: usize = 64;

/// Appends the forward pass of one replica to `out`: `y` and `pooled` are `[n · n, width]`,
/// receiver first. `nodes` holds the present frames, `[frame, n, n_in / 2]`.
pub(crate) fn forward(
    set: InstructionSet,
    activation: Activation,
    nodes: &[f32],
    n: usize,
    weights: &BlockWeights,
    norm: Norm,
    out: &mut BlockForward,
) {
    with_activation!(activation, A => {
        dispatch(set, Forward::<A> { nodes, n, weights, norm, out, activation: PhantomData })
    })
}

/// The first layer of one frame's pairs, from its two parts.
struct FirstLayer {
    receiver: Panels,
    sender: Panels,
    bias: Vec<[f32; 16]>,
    no_bias: Vec<[f32; 16]>,
    n: usize,
    n_node: usize,
    from_receiver: Vec<[f32; 16]>,
    from_sender: Vec<[f32; 16]>,
}

impl FirstLayer {
    fn new(w: &BlockWeights, n: usize) -> Self {
        let (n_node, n_panels) = (w.n_in / 2, w.width / 16);
        let (receiver, sender) = w.w1.split_at(n_node * w.width);
        Self {
            receiver: Panels::pack(receiver, n_node, w.width),
            sender: Panels::pack(sender, n_node, w.width),
            bias: pad(w.b1),
            no_bias: vec![[0f32; 16]; n_panels],
            n,
            n_node,
            from_receiver: vec![[0f32; 16]; n * n_panels],
            from_sender: vec![[0f32; 16]; n * n_panels],
        }
    }

    /// Hidden activations `[n · n, n_panels]` of the frame's `nodes`, `[n, n_node]`.
    #[inline(always)]
    fn hidden<S: Simd, A: Activate>(&mut self, s: S, nodes: &[f32], hidden: &mut [[f32; 16]]) {
        debug_assert_eq!(nodes.len(), self.n * self.n_node);
        let n_panels = self.bias.len();
        product(s, nodes, &self.receiver, &self.bias, &mut self.from_receiver);
        product(s, nodes, &self.sender, &self.no_bias, &mut self.from_sender);
        let of_receiver = hidden.chunks_exact_mut(self.n * n_panels);
        for (receiver, pairs) in self.from_receiver.chunks_exact(n_panels).zip(of_receiver) {
            for panel in 0..n_panels {
                let receiver = s.load(&receiver[panel]);
                let senders = self.from_sender.chunks_exact(n_panels);
                for (sender, pair) in senders.zip(pairs.chunks_exact_mut(n_panels)) {
                    let z = s.add(receiver, s.load(&sender[panel]));
                    s.store(A::apply(s, z), &mut pair[panel]);
                }
            }
        }
    }
}

struct Forward<'a, A> {
    nodes: &'a [f32],
    n: usize,
    weights: &'a BlockWeights<'a>,
    norm: Norm<'a>,
    out: &'a mut BlockForward,
    activation: PhantomData<A>,
}

impl<A: Activate> Kernel for Forward<'_, A> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) {
        let Self { nodes, n, weights: w, norm, out, .. } = self;
        let n_panels = w.width / 16;
        let pairs = n * n * n_panels;
        let mut first = FirstLayer::new(w, n);
        let w2 = Panels::pack(w.w2, w.width, w.width);
        let b2 = pad(w.b2);
        let [mut hidden, mut top, mut sums] = [const { Vec::new() }; 3].map(|mut v: Vec<_>| {
            v.resize(pairs, [0f32; 16]);
            v
        });
        let mut totals = vec![0f64; pairs * 16];
        let mut moments = Moments::new(n_panels, matches!(norm, Norm::Batch { .. }));
        let frame_len = n * w.n_in / 2;
        for frames in nodes.chunks(FRAMES * frame_len) {
            for frame in frames.chunks_exact(frame_len) {
                first.hidden::<S, A>(s, frame, &mut hidden);
                activated_product::<S, A>(s, hidden.as_flattened(), &w2, &b2, &mut top);
                moments.add(s, &top);
                for (sum, a) in sums.iter_mut().zip(&top) {
                    s.store(s.add(s.load(sum), s.load(a)), sum);
                }
            }
            flush(&mut sums, &mut totals);
        }
        moments.flush();
        let n_frames = nodes.len() / frame_len;
        let pooled: Vec<f32> = totals.iter().map(|sum| (sum / n_frames as f64) as f32).collect();
        let (scale, shift) = scale_and_shift(norm, w, &moments, n_frames * n * n, out);
        let (scale, shift) = (scale.as_flattened(), shift.as_flattened());
        for row in pooled.chunks_exact(w.width) {
            out.y.extend(row.iter().zip(scale).zip(shift).map(|((a, s), b)| a * s + b));
        }
        out.pooled.extend_from_slice(&pooled);
    }
}

/// What the backward pass of one replica needs.
#[derive(Clone, Copy)]
pub(crate) struct EdgeSaved<'a> {
    /// Input, `[frame, n, n_in / 2]`.
    pub(crate) nodes: &'a [f32],
    pub(crate) n: usize,
    /// Mean activation of each pair, `[n · n, width]`.
    pub(crate) pooled: &'a [f32],
    pub(crate) mean: &'a [f32],
    pub(crate) var: &'a [f32],
    /// `Some(eps)` when the block has batch norm.
    pub(crate) eps: Option<f32>,
}

/// Appends the gradients of one replica to `out`; `dx` is that of the nodes.
pub(crate) fn backward(
    set: InstructionSet,
    activation: Activation,
    gy: &[f32],
    weights: &BlockWeights,
    saved: &EdgeSaved,
    out: &mut BlockGradients,
) {
    with_activation!(activation, A => {
        dispatch(set, Backward::<A> { gy, weights, saved, out, activation: PhantomData })
    })
}

struct Backward<'a, A> {
    gy: &'a [f32],
    weights: &'a BlockWeights<'a>,
    saved: &'a EdgeSaved<'a>,
    out: &'a mut BlockGradients,
    activation: PhantomData<A>,
}

impl<A: Activate> Kernel for Backward<'_, A> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) {
        let Self { gy, weights: w, saved, out, .. } = self;
        let n = saved.n;
        let (n_panels, n_node) = (w.width / 16, w.n_in / 2);
        let pairs = n * n * n_panels;
        let frame_len = n * n_node;
        let n_frames = saved.nodes.len() / frame_len;
        // The gradient of every frame's activation: `per_pair + slope · a2`.
        let share = 1. / n_frames as f32;
        let mut per_pair: Vec<f32> = gy.iter().map(|g| g * share).collect();
        let mut slope = vec![[0f32; 16]; n_panels];
        if let Some(eps) = saved.eps {
            let (sum_g, sum_ga) = sums_of_pooled(gy, saved.pooled, saved.mean, w.width);
            let n_rows = n_frames * n * n;
            let norm =
                NormBackward::new(w.gamma, saved.mean, saved.var, eps, n_rows, &sum_g, &sum_ga);
            let (scale, constant) = (norm.on_gradient.as_flattened(), norm.constant.as_flattened());
            for row in per_pair.chunks_exact_mut(w.width) {
                for (g, (scale, constant)) in row.iter_mut().zip(scale.iter().zip(constant)) {
                    *g = *g * scale + constant;
                }
            }
            slope = norm.on_activation;
            out.dgamma.extend_from_slice(&norm.dgamma);
            out.dbeta.extend_from_slice(&norm.dbeta);
        }
        let per_pair = per_pair.as_chunks::<16>().0;

        let mut first = FirstLayer::new(w, n);
        let w2 = Panels::pack(w.w2, w.width, w.width);
        let w2t = Panels::pack_transposed(w.w2, w.width, w.width);
        let (b2, zero) = (pad(w.b2), vec![[0f32; 16]; n_panels]);
        let (receiver, sender) = w.w1.split_at(n_node * w.width);
        let receiver_t = Panels::pack_transposed(receiver, w.width, n_node);
        let sender_t = Panels::pack_transposed(sender, w.width, n_node);
        let node_panels = receiver_t.n_panels;
        let zero_in = vec![[0f32; 16]; node_panels];

        let [mut hidden, mut top, mut g1] = std::array::from_fn(|_| vec![[0f32; 16]; pairs]);
        let [mut to_receiver, mut to_sender] =
            std::array::from_fn(|_| vec![[0f32; 16]; n * n_panels]);
        let mut dx = vec![[0f32; 16]; n * node_panels];
        let mut dx_sender = dx.clone();
        let half = n_node * n_panels;
        let mut sums = [half, half, n_panels, w.width * n_panels, n_panels]
            .map(|len| (vec![[0f32; 16]; len], vec![0f64; len * 16]));
        let mut rows_in_chunk = 0;
        for frame in saved.nodes.chunks_exact(frame_len) {
            first.hidden::<S, A>(s, frame, &mut hidden);
            activated_product::<S, A>(s, hidden.as_flattened(), &w2, &b2, &mut top);
            for panel in 0..n_panels {
                let slope = s.load(&slope[panel]);
                for (g, a) in per_pair.chunks_exact(n_panels).zip(top.chunks_exact_mut(n_panels)) {
                    let a2 = s.load(&a[panel]);
                    let d = s.mul_add(slope, a2, s.load(&g[panel]));
                    s.store(A::slope(s, a2, d), &mut a[panel]);
                }
            }
            let g2 = &top;
            let [dw_receiver, dw_sender, db1, dw2, db2] = &mut sums;
            add_rows(s, g2, &mut db2.0);
            add_outer(s, hidden.as_flattened(), w.width, g2, &mut dw2.0);
            product(s, g2.as_flattened(), &w2t, &zero, &mut g1);
            to_sender.fill([0.; 16]);
            let of_receiver = hidden.chunks_exact(n * n_panels).zip(g1.chunks_exact(n * n_panels));
            for ((a1, g1), receiver) in of_receiver.zip(to_receiver.chunks_exact_mut(n_panels)) {
                for panel in 0..n_panels {
                    let mut sum = s.zero();
                    let pairs = a1.chunks_exact(n_panels).zip(g1.chunks_exact(n_panels));
                    for ((a, g), sender) in pairs.zip(to_sender.chunks_exact_mut(n_panels)) {
                        let d = A::slope(s, s.load(&a[panel]), s.load(&g[panel]));
                        sum = s.add(sum, d);
                        s.store(s.add(s.load(&sender[panel]), d), &mut sender[panel]);
                    }
                    s.store(sum, &mut receiver[panel]);
                }
            }
            add_rows(s, &to_receiver, &mut db1.0);
            add_outer(s, frame, n_node, &to_receiver, &mut dw_receiver.0);
            add_outer(s, frame, n_node, &to_sender, &mut dw_sender.0);
            product(s, to_receiver.as_flattened(), &receiver_t, &zero_in, &mut dx);
            product(s, to_sender.as_flattened(), &sender_t, &zero_in, &mut dx_sender);
            for (a, b) in dx.iter_mut().zip(&dx_sender) {
                s.store(s.add(s.load(a), s.load(b)), a);
            }
            for row in dx.chunks_exact(node_panels) {
                out.dx.extend_from_slice(&row.as_flattened()[..n_node]);
            }
            rows_in_chunk += n * n;
            if rows_in_chunk >= CHUNK {
                sums.iter_mut().for_each(|(chunk, total)| flush(chunk, total));
                rows_in_chunk = 0;
            }
        }
        sums.iter_mut().for_each(|(chunk, total)| flush(chunk, total));
        let [dw_receiver, dw_sender, db1, dw2, db2] = sums.map(|(_, total)| total);
        let dw1 = [dw_receiver, dw_sender].concat();
        for (to, total) in
            [(&mut out.dw1, dw1), (&mut out.db1, db1), (&mut out.dw2, dw2), (&mut out.db2, db2)]
        {
            to.extend(total.iter().map(|&sum| sum as f32));
        }
    }
}
