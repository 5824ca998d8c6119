//! Kernel of the static edge encoder: an MLP block on every ordered pair of nodes at every
//! frame, then the mean over frames, for one replica, without a `[frame, pair, width]` array.
//!
//! The first layer of the block acts on `[receiver ‖ sender]`, so it splits into a receiver part
//! and a sender part that are computed once per node. Batch norm is affine, so the mean over
//! frames commutes with it, and the backward pass needs from the forward pass only the mean
//! activation of each pair: it recomputes the rest frame by frame, which costs less than reading
//! it back from memory.

use super::activation::{Activate, FACTOR_LIMIT};
use super::block::{BlockForward, BlockGradients, BlockWeights, Norm, with_activation};
use super::dense::{
    Activated, CHUNK, Finish, Panels, Plain, Sloped, add_outer, flush, pad, product,
};
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
    of_receivers: Terms,
    of_senders: Terms,
}

/// One part of the sums, `[n, n_panels]`, and what the activation of a sum needs of it.
struct Terms {
    values: Vec<[f32; 16]>,
    factors: Vec<[f32; 16]>,
}

impl Terms {
    fn new(len: usize) -> Self {
        Self { values: vec![[0f32; 16]; len], factors: vec![[0f32; 16]; len] }
    }

    /// Computes the factors; whether all terms are small enough for them.
    #[inline(always)]
    fn factorise<S: Simd, A: Activate>(&mut self, s: S) -> bool {
        let mut largest = s.zero();
        for (x, factor) in self.values.iter().zip(&mut self.factors) {
            let x = s.load(x);
            s.store(A::factor(s, x), factor);
            largest = s.max(s.max(x, s.sub(s.zero(), x)), largest);
        }
        s.max_lanes(largest) <= FACTOR_LIMIT
    }
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
            of_receivers: Terms::new(n * n_panels),
            of_senders: Terms::new(n * n_panels),
        }
    }

    /// Hidden activations `[n · n, n_panels]` of the frame's `nodes`, `[n, n_node]`.
    #[inline(always)]
    fn hidden<S: Simd, A: Activate>(&mut self, s: S, nodes: &[f32], hidden: &mut [[f32; 16]]) {
        debug_assert_eq!(nodes.len(), self.n * self.n_node);
        product(s, nodes, &self.receiver, &self.bias, Plain, &mut self.of_receivers.values);
        product(s, nodes, &self.sender, &self.no_bias, Plain, &mut self.of_senders.values);
        let small = A::SPLITS
            && self.of_receivers.factorise::<S, A>(s)
            && self.of_senders.factorise::<S, A>(s);
        let n_panels = self.bias.len();
        let (receivers, senders) = (&self.of_receivers, &self.of_senders);
        for (i, pairs) in hidden.chunks_exact_mut(self.n * n_panels).enumerate() {
            for panel in 0..n_panels {
                let receiver = s.load(&receivers.values[i * n_panels + panel]);
                let factor = s.load(&receivers.factors[i * n_panels + panel]);
                let senders = senders
                    .values
                    .chunks_exact(n_panels)
                    .zip(senders.factors.chunks_exact(n_panels));
                for ((sender, of_sender), pair) in senders.zip(pairs.chunks_exact_mut(n_panels)) {
                    let z = s.add(receiver, s.load(&sender[panel]));
                    let a = if small {
                        A::of_sum(s, z, factor, s.load(&of_sender[panel]))
                    } else {
                        A::apply(s, z)
                    };
                    s.store(a, &mut pair[panel]);
                }
            }
        }
    }
}

/// From a pair's second layer to the gradient of it, where the gradient of the second activation
/// `a` is `per_pair + slope · a`.
struct PooledGradient<'a, A> {
    /// `[pair, n_panels]`.
    per_pair: &'a [[f32; 16]],
    /// `[n_panels]`.
    slope: &'a [[f32; 16]],
    activation: PhantomData<A>,
}

impl<A> Clone for PooledGradient<'_, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for PooledGradient<'_, A> {}

impl<A: Activate> Finish for PooledGradient<'_, A> {
    #[inline(always)]
    fn at<S: Simd>(self, s: S, index: usize, panel: usize, sum: S::V) -> S::V {
        let a = A::apply(s, sum);
        let gradient = s.mul_add(s.load(&self.slope[panel]), a, s.load(&self.per_pair[index]));
        A::slope(s, a, gradient)
    }
}

/// Adds up the pairs' gradients `[n · n, n_panels]` for each receiver and for each sender.
#[inline(always)]
fn sums_of_pairs<S: Simd>(
    s: S,
    g: &[[f32; 16]],
    n_panels: usize,
    to_receiver: &mut [[f32; 16]],
    to_sender: &mut [[f32; 16]],
) {
    let n = to_sender.len() / n_panels;
    for panel in 0..n_panels {
        let mut first = 0;
        while first < n {
            let senders = match n - first {
                8.. => {
                    sums_of_senders::<S, 8>(s, g, n_panels, panel, first, to_receiver, to_sender)
                }
                4..8 => {
                    sums_of_senders::<S, 4>(s, g, n_panels, panel, first, to_receiver, to_sender)
                }
                3 => sums_of_senders::<S, 3>(s, g, n_panels, panel, first, to_receiver, to_sender),
                _ => sums_of_senders::<S, 1>(s, g, n_panels, panel, first, to_receiver, to_sender),
            };
            first += senders;
        }
    }
}

/// The same for `N` senders from `first` on, whose sums stay in registers; returns `N`.
#[inline(always)]
fn sums_of_senders<S: Simd, const N: usize>(
    s: S,
    g: &[[f32; 16]],
    n_panels: usize,
    panel: usize,
    first: usize,
    to_receiver: &mut [[f32; 16]],
    to_sender: &mut [[f32; 16]],
) -> usize {
    let n = to_sender.len() / n_panels;
    let mut of_sender = [s.zero(); N];
    for (i, receiver) in to_receiver.chunks_exact_mut(n_panels).enumerate() {
        let mut of_receiver = if first == 0 { s.zero() } else { s.load(&receiver[panel]) };
        let pairs = &g[(i * n + first) * n_panels..(i * n + first + N) * n_panels];
        for (sum, pair) in of_sender.iter_mut().zip(pairs.chunks_exact(n_panels)) {
            let g = s.load(&pair[panel]);
            *sum = s.add(*sum, g);
            of_receiver = s.add(of_receiver, g);
        }
        s.store(of_receiver, &mut receiver[panel]);
    }
    for (k, sum) in of_sender.into_iter().enumerate() {
        s.store(sum, &mut to_sender[(first + k) * n_panels + panel]);
    }
    N
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
                product(s, hidden.as_flattened(), &w2, &b2, Activated::<A>::new(), &mut top);
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
        let gradient = PooledGradient::<A> {
            per_pair: per_pair.as_chunks::<16>().0,
            slope: &slope,
            activation: PhantomData,
        };

        let mut first = FirstLayer::new(w, n);
        let w2 = Panels::pack(w.w2, w.width, w.width);
        let w2t = Panels::pack_transposed(w.w2, w.width, w.width);
        let (b2, zero) = (pad(w.b2), vec![[0f32; 16]; n_panels]);
        let (receiver, sender) = w.w1.split_at(n_node * w.width);
        let receiver_t = Panels::pack_transposed(receiver, w.width, n_node);
        let sender_t = Panels::pack_transposed(sender, w.width, n_node);
        let node_panels = receiver_t.n_panels;
        let zero_in = vec![[0f32; 16]; node_panels];

        let [mut hidden, mut g2, mut g1] = std::array::from_fn(|_| vec![[0f32; 16]; pairs]);
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
            product(s, hidden.as_flattened(), &w2, &b2, gradient, &mut g2);
            let [dw_receiver, dw_sender, db1, dw2, db2] = &mut sums;
            add_outer(s, hidden.as_flattened(), w.width, &g2, &mut dw2.0, Some(&mut db2.0));
            product(s, g2.as_flattened(), &w2t, &zero, Sloped::<A>::new(&hidden), &mut g1);
            sums_of_pairs(s, &g1, n_panels, &mut to_receiver, &mut to_sender);
            let db1 = Some(db1.0.as_mut_slice());
            add_outer(s, frame, n_node, &to_receiver, &mut dw_receiver.0, db1);
            add_outer(s, frame, n_node, &to_sender, &mut dw_sender.0, None);
            product(s, to_receiver.as_flattened(), &receiver_t, &zero_in, Plain, &mut dx);
            product(s, to_sender.as_flattened(), &sender_t, &zero_in, Plain, &mut dx_sender);
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
