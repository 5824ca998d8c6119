//! The first layer on every ordered pair of nodes of each frame, self pairs included, without an
//! array of pairs: on `[receiver ‖ sender]` it splits into a receiver part and a sender part, and
//! each is computed once per node. Rows are `[frame, receiver, sender]`.

use super::first::FirstLayer;
use super::parts::{BlockGradients, BlockWeights};
use crate::kernel::activation::{Activate, FACTOR_LIMIT};
use crate::kernel::lines::Lines;
use crate::kernel::outer::{Sums, add_outer};
use crate::kernel::product::{Panels, Plain, TILE, product};
use crate::kernel::simd::Simd;
use std::ops::Range;

/// Nodes `[frame, n, n_node]` and what the layer needs of the weights.
///
/// Node parts are computed for a group of frames at a time, of about as many nodes as a tile has
/// rows; a tile is a run of receivers of one group, with all their senders.
pub(super) struct Pairs<'a> {
    nodes: &'a [f32],
    n: usize,
    n_node: usize,
    receiver: Panels,
    sender: Panels,
    bias: Lines,
    no_bias: Lines,
    of_receivers: Terms,
    of_senders: Terms,
    /// Of each frame of the group, whether its terms are small enough for their factors: of each by
    /// itself, so that no frame rounds as its neighbours make it.
    small: Vec<bool>,
}

/// One part of the sums, `[node, n_panels]`, and what the activation of a sum needs of it.
struct Terms {
    values: Lines,
    factors: Lines,
}

impl Terms {
    fn new(len: usize) -> Self {
        Self { values: Lines::zeros(len), factors: Lines::zeros(len) }
    }

    /// Computes the factors of some terms; whether all of these are small enough for them.
    #[inline(always)]
    fn factorise<S: Simd, A: Activate>(&mut self, s: S, terms: Range<usize>) -> bool {
        let mut largest = s.zero();
        let factors = self.factors[terms.clone()].iter_mut();
        for (x, factor) in self.values[terms].iter().zip(factors) {
            let x = s.load(x);
            s.store(A::factor(s, x), factor);
            largest = s.max(s.max(x, s.sub(s.zero(), x)), largest);
        }
        s.max_lanes(largest) <= FACTOR_LIMIT
    }
}

impl<'a> Pairs<'a> {
    pub(super) fn new(nodes: &'a [f32], n: usize, w: &BlockWeights) -> Self {
        let (n_node, n_panels) = (w.n_in / 2, w.width / 16);
        let (receiver, sender) = w.w1.split_at(n_node * w.width);
        let terms = || Terms::new(receivers_per_tile(n) * n * n_panels);
        Self {
            nodes,
            n,
            n_node,
            receiver: Panels::pack(receiver, n_node, w.width),
            sender: Panels::pack(sender, n_node, w.width),
            bias: Lines::pad(w.b1),
            no_bias: Lines::zeros(n_panels),
            of_receivers: terms(),
            of_senders: terms(),
            small: vec![false; frames_per_group(n)],
        }
    }

    /// Rows of a group of frames.
    fn group_rows(&self) -> usize {
        frames_per_group(self.n) * self.n * self.n
    }

    /// The nodes of the group that row `first` is the first of.
    fn group(&self, first: usize) -> &'a [f32] {
        let start = first / self.n * self.n_node;
        let len = frames_per_group(self.n) * self.n * self.n_node;
        &self.nodes[start..(start + len).min(self.nodes.len())]
    }
}

/// Receivers of a tile.
fn receivers_per_tile(n: usize) -> usize {
    (TILE / n).max(1)
}

/// Frames whose node parts are computed at once: as many as a tile has receivers.
fn frames_per_group(n: usize) -> usize {
    receivers_per_tile(n)
}

impl Pairs<'_> {
    /// The activation of each sum of a receiver's part and a sender's, for some receivers of the
    /// group; zero panels for a number that is not a constant.
    #[inline(always)]
    fn sums_of_pairs<S: Simd, A: Activate, const PANELS: usize>(
        &self,
        s: S,
        first_receiver: usize,
        out: &mut [[f32; 16]],
    ) {
        let (receivers, senders) = (&self.of_receivers, &self.of_senders);
        let n_panels = if PANELS > 0 { PANELS } else { self.bias.len() };
        for (k, pairs) in out.chunks_exact_mut(self.n * n_panels).enumerate() {
            let receiver = first_receiver + k;
            let small = self.small[receiver / self.n];
            let frame = receiver / self.n * self.n * n_panels;
            let values = &senders.values[frame..frame + pairs.len()];
            let factors = &senders.factors[frame..frame + pairs.len()];
            for panel in 0..n_panels {
                let of_receiver = s.load(&receivers.values[receiver * n_panels + panel]);
                let values = values.chunks_exact(n_panels);
                let pairs = pairs.chunks_exact_mut(n_panels);
                if small {
                    let factor = s.load(&receivers.factors[receiver * n_panels + panel]);
                    let factors = factors.chunks_exact(n_panels);
                    for ((value, of_sender), pair) in values.zip(factors).zip(pairs) {
                        let z = s.add(of_receiver, s.load(&value[panel]));
                        let a = A::of_sum(s, z, factor, s.load(&of_sender[panel]));
                        s.store(a, &mut pair[panel]);
                    }
                } else {
                    for (value, pair) in values.zip(pairs) {
                        let z = s.add(of_receiver, s.load(&value[panel]));
                        s.store(A::apply(s, z), &mut pair[panel]);
                    }
                }
            }
        }
    }
}

impl FirstLayer for Pairs<'_> {
    type Backward = PairsBackward;

    fn n_rows(&self) -> usize {
        self.nodes.len() / self.n_node * self.n
    }

    fn tile_end(&self, first: usize) -> usize {
        let group_end = (first / self.group_rows() + 1) * self.group_rows();
        (first + receivers_per_tile(self.n) * self.n).min(group_end).min(self.n_rows())
    }

    #[inline(always)]
    fn hidden<S: Simd, A: Activate>(&mut self, s: S, first: usize, out: &mut [[f32; 16]]) {
        let n_panels = self.bias.len();
        let in_group = first % self.group_rows();
        if in_group == 0 {
            let nodes = self.group(first);
            let len = nodes.len() / self.n_node * n_panels;
            let (receivers, senders) = (&mut self.of_receivers, &mut self.of_senders);
            product(s, nodes, &self.receiver, &self.bias, Plain, &mut receivers.values[..len]);
            product(s, nodes, &self.sender, &self.no_bias, Plain, &mut senders.values[..len]);
            let of_frame = self.n * n_panels;
            for (frame, small) in self.small[..len / of_frame].iter_mut().enumerate() {
                let terms = || frame * of_frame..(frame + 1) * of_frame;
                *small = A::SPLITS
                    && receivers.factorise::<S, A>(s, terms())
                    && senders.factorise::<S, A>(s, terms());
            }
        }
        match n_panels {
            1 => self.sums_of_pairs::<S, A, 1>(s, in_group / self.n, out),
            _ => self.sums_of_pairs::<S, A, 0>(s, in_group / self.n, out),
        }
    }

    fn backward(&self, w: &BlockWeights, _: bool) -> PairsBackward {
        let (n_node, n_panels) = (self.n_node, self.bias.len());
        let (receiver, sender) = w.w1.split_at(n_node * w.width);
        let receiver_t = Panels::pack_transposed(receiver, w.width, n_node);
        let node_panels = receiver_t.n_panels;
        let nodes = frames_per_group(self.n) * self.n;
        PairsBackward {
            dw_receiver: Sums::new(n_node * n_panels),
            dw_sender: Sums::new(n_node * n_panels),
            db: Sums::new(n_panels),
            receiver_t,
            sender_t: Panels::pack_transposed(sender, w.width, n_node),
            no_bias: Lines::zeros(node_panels),
            to_receiver: Lines::zeros(nodes * n_panels),
            to_sender: Lines::zeros(nodes * n_panels),
            dx: Lines::zeros(nodes * node_panels),
            dx_sender: Lines::zeros(nodes * node_panels),
        }
    }

    #[inline(always)]
    fn add_gradient<S: Simd>(
        &self,
        s: S,
        first: usize,
        g: &[[f32; 16]],
        to: &mut PairsBackward,
        [dx, _]: &mut [Vec<f32>; 2],
    ) {
        let (n, n_panels) = (self.n, self.bias.len());
        let in_group = first % self.group_rows();
        if in_group == 0 {
            to.to_sender.fill([0.; 16]);
        }
        let mut receiver = in_group / n;
        let end = receiver + g.len() / (n * n_panels);
        let mut rest = g;
        // The tile's receivers, frame by frame.
        while receiver < end {
            let frame = receiver / n * n;
            let n_receivers = end.min(frame + n) - receiver;
            let (pairs, later) = rest.split_at(n_receivers * n * n_panels);
            let to_sender = &mut to.to_sender[frame * n_panels..(frame + n) * n_panels];
            let to_receiver =
                &mut to.to_receiver[receiver * n_panels..(receiver + n_receivers) * n_panels];
            add_pairs(s, pairs, n_panels, to_receiver, to_sender);
            (rest, receiver) = (later, receiver + n_receivers);
        }
        let nodes = self.group(first - in_group);
        let n_nodes = nodes.len() / self.n_node;
        if end == n_nodes {
            to.finish_group(s, nodes, self.n_node, n_panels, dx);
        }
    }

    fn flush(to: &mut PairsBackward) {
        for sums in [&mut to.dw_receiver, &mut to.dw_sender, &mut to.db] {
            sums.flush();
        }
    }

    fn finish(to: PairsBackward, out: &mut BlockGradients) {
        to.dw_receiver.append_to(&mut out.dw1);
        to.dw_sender.append_to(&mut out.dw1);
        to.db.append_to(&mut out.db1);
    }
}

/// Gradients so far; those of the nodes for the group at hand.
pub(super) struct PairsBackward {
    dw_receiver: Sums,
    dw_sender: Sums,
    db: Sums,
    receiver_t: Panels,
    sender_t: Panels,
    no_bias: Lines,
    to_receiver: Lines,
    to_sender: Lines,
    dx: Lines,
    dx_sender: Lines,
}

impl PairsBackward {
    /// From the gradients of the group's node parts to those of the weights and the nodes.
    #[inline(always)]
    fn finish_group<S: Simd>(
        &mut self,
        s: S,
        nodes: &[f32],
        n_node: usize,
        n_panels: usize,
        dx: &mut Vec<f32>,
    ) {
        let n_nodes = nodes.len() / n_node;
        let to_receiver = &self.to_receiver[..n_nodes * n_panels];
        let to_sender = &self.to_sender[..n_nodes * n_panels];
        let db = Some(&mut *self.db.chunk);
        add_outer(s, nodes, n_node, to_receiver, &mut self.dw_receiver.chunk, db);
        add_outer(s, nodes, n_node, to_sender, &mut self.dw_sender.chunk, None);
        let node_panels = self.no_bias.len();
        let of_receiver = &mut self.dx[..n_nodes * node_panels];
        let of_sender = &mut self.dx_sender[..n_nodes * node_panels];
        let none = &self.no_bias;
        product(s, to_receiver.as_flattened(), &self.receiver_t, none, Plain, of_receiver);
        product(s, to_sender.as_flattened(), &self.sender_t, none, Plain, of_sender);
        for (a, b) in of_receiver.iter_mut().zip(&*of_sender) {
            s.store(s.add(s.load(a), s.load(b)), a);
        }
        for row in of_receiver.chunks_exact(node_panels) {
            dx.extend_from_slice(&row.as_flattened()[..n_node]);
        }
    }
}

/// Sums the gradients `g [receiver, sender, n_panels]` of a frame's pairs for each receiver, and
/// adds them up for each sender.
#[inline(always)]
fn add_pairs<S: Simd>(
    s: S,
    g: &[[f32; 16]],
    n_panels: usize,
    to_receiver: &mut [[f32; 16]],
    to_sender: &mut [[f32; 16]],
) {
    match n_panels {
        1 => add_pairs_of::<S, 1>(s, g, n_panels, to_receiver, to_sender),
        _ => add_pairs_of::<S, 0>(s, g, n_panels, to_receiver, to_sender),
    }
}

#[inline(always)]
fn add_pairs_of<S: Simd, const PANELS: usize>(
    s: S,
    g: &[[f32; 16]],
    n_panels: usize,
    to_receiver: &mut [[f32; 16]],
    to_sender: &mut [[f32; 16]],
) {
    let n_panels = if PANELS > 0 { PANELS } else { n_panels };
    let n = to_sender.len() / n_panels;
    for panel in 0..n_panels {
        let mut first = 0;
        while first < n {
            let at = (panel, first);
            first += match n - first {
                16.. => add_senders::<S, 16>(s, g, n_panels, at, to_receiver, to_sender),
                15 => add_senders::<S, 15>(s, g, n_panels, at, to_receiver, to_sender),
                8.. => add_senders::<S, 8>(s, g, n_panels, at, to_receiver, to_sender),
                4.. => add_senders::<S, 4>(s, g, n_panels, at, to_receiver, to_sender),
                3 => add_senders::<S, 3>(s, g, n_panels, at, to_receiver, to_sender),
                _ => add_senders::<S, 1>(s, g, n_panels, at, to_receiver, to_sender),
            };
        }
    }
}

/// The same for `N` senders from `first` on, whose sums stay in registers; returns `N`.
#[inline(always)]
fn add_senders<S: Simd, const N: usize>(
    s: S,
    g: &[[f32; 16]],
    n_panels: usize,
    (panel, first): (usize, usize),
    to_receiver: &mut [[f32; 16]],
    to_sender: &mut [[f32; 16]],
) -> usize {
    let n = to_sender.len() / n_panels;
    let senders = &mut to_sender[first * n_panels..][..N * n_panels];
    let mut of_sender = [s.zero(); N];
    for (k, sum) in of_sender.iter_mut().enumerate() {
        *sum = s.load(&senders[k * n_panels + panel]);
    }
    let receivers = to_receiver.chunks_exact_mut(n_panels).zip(g.chunks_exact(n * n_panels));
    for (receiver, pairs) in receivers {
        // Two sums in flight, since an addition must wait for the one before it.
        let mut of_receiver = [s.zero(); 2];
        if first > 0 {
            of_receiver[0] = s.load(&receiver[panel]);
        }
        let pairs = &pairs[first * n_panels..][..N * n_panels];
        for (k, sum) in of_sender.iter_mut().enumerate() {
            let g = s.load(&pairs[k * n_panels + panel]);
            *sum = s.add(*sum, g);
            of_receiver[k % 2] = s.add(of_receiver[k % 2], g);
        }
        s.store(s.add(of_receiver[0], of_receiver[1]), &mut receiver[panel]);
    }
    for (k, sum) in of_sender.into_iter().enumerate() {
        s.store(sum, &mut senders[k * n_panels + panel]);
    }
    N
}
