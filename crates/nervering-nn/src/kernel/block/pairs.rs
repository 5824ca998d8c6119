//! The first layer on every ordered pair of nodes of each frame, self pairs included, without an
//! array of pairs: on `[receiver ‖ sender]` it splits into a receiver part and a sender part, and
//! each is computed once per node. Rows are `[frame, receiver, sender]`.

use super::first::FirstLayer;
use super::{BlockGradients, BlockWeights};
use crate::kernel::activation::{Activate, FACTOR_LIMIT};
use crate::kernel::dense::{Panels, Plain, Sums, TILE, add_outer, pad, product};
use crate::kernel::simd::Simd;

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
    bias: Vec<[f32; 16]>,
    no_bias: Vec<[f32; 16]>,
    of_receivers: Terms,
    of_senders: Terms,
    /// Whether the group's terms are small enough for their factors.
    small: bool,
}

/// One part of the sums, `[node, n_panels]`, and what the activation of a sum needs of it.
struct Terms {
    values: Vec<[f32; 16]>,
    factors: Vec<[f32; 16]>,
}

impl Terms {
    fn new(len: usize) -> Self {
        Self { values: vec![[0f32; 16]; len], factors: vec![[0f32; 16]; len] }
    }

    /// Computes the first `len` factors; whether all terms are small enough for them.
    #[inline(always)]
    fn factorise<S: Simd, A: Activate>(&mut self, s: S, len: usize) -> bool {
        let mut largest = s.zero();
        for (x, factor) in self.values[..len].iter().zip(&mut self.factors) {
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
            bias: pad(w.b1),
            no_bias: vec![[0f32; 16]; n_panels],
            of_receivers: terms(),
            of_senders: terms(),
            small: false,
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
            self.small = A::SPLITS
                && receivers.factorise::<S, A>(s, len)
                && senders.factorise::<S, A>(s, len);
        }
        let (receivers, senders) = (&self.of_receivers, &self.of_senders);
        let first_receiver = in_group / self.n;
        for (k, pairs) in out.chunks_exact_mut(self.n * n_panels).enumerate() {
            let receiver = first_receiver + k;
            let frame = receiver / self.n * self.n * n_panels;
            let frame = frame..frame + self.n * n_panels;
            for panel in 0..n_panels {
                let of_receiver = s.load(&receivers.values[receiver * n_panels + panel]);
                let factor = s.load(&receivers.factors[receiver * n_panels + panel]);
                let values = senders.values[frame.clone()].chunks_exact(n_panels);
                let factors = senders.factors[frame.clone()].chunks_exact(n_panels);
                let pairs = pairs.chunks_exact_mut(n_panels);
                if self.small {
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
            no_bias: vec![[0f32; 16]; node_panels],
            to_receiver: vec![[0f32; 16]; nodes * n_panels],
            to_sender: vec![[0f32; 16]; nodes * n_panels],
            dx: vec![[0f32; 16]; nodes * node_panels],
            dx_sender: vec![[0f32; 16]; nodes * node_panels],
        }
    }

    #[inline(always)]
    fn add_gradient<S: Simd>(
        &self,
        s: S,
        first: usize,
        g: &[[f32; 16]],
        to: &mut PairsBackward,
        dx: &mut Vec<f32>,
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
    no_bias: Vec<[f32; 16]>,
    to_receiver: Vec<[f32; 16]>,
    to_sender: Vec<[f32; 16]>,
    dx: Vec<[f32; 16]>,
    dx_sender: Vec<[f32; 16]>,
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
        let db = Some(self.db.chunk.as_mut_slice());
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
    let n = to_sender.len() / n_panels;
    for panel in 0..n_panels {
        let mut first = 0;
        while first < n {
            let at = (panel, first);
            first += match n - first {
                8.. => add_senders::<S, 8>(s, g, n_panels, at, to_receiver, to_sender),
                4..8 => add_senders::<S, 4>(s, g, n_panels, at, to_receiver, to_sender),
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
        let to = &mut to_sender[(first + k) * n_panels + panel];
        s.store(s.add(s.load(to), sum), to);
    }
    N
}
