//! Temporal convolutions over whichever neurons an animal has: `tcn-any`, `tcn-any-attention` and `tcn-any-gnn`.
//!
//! A neuron is a token: 1 where it is there, its level and its slopes; all are 0 of one that is not. Its identity
//! makes units of it, by a linear map that is the sum of one of its own and one of its class, which it shares with
//! the neuron on the other side. Three readouts turn the tokens of a frame into units, which the
//! convolutions of [`tcn`](crate::tcn) read: their sum over the neurons that are there; a sum in which heads with a
//! learned query each attend to some more than to others (after Lee et al. 2019, "Set transformer", eq. 11, without
//! the layers around it); and the sum beside what neurons make of messages from each other (eq. 12 of the paper),
//! whose edges come from the identities and are shared out among those that are there.
//!
//! Whatever is summed is multiplied by √(all / there), so that its size does not depend on how many there are.

use crate::body::concatenated;
use crate::network::{DecodingNetwork, Dimensions, NetworkInputs};
use crate::tcn::{DISTANCES, TcnConfig};
use crate::written::{Operation, Place, Written};
use burn::module::{Module, Param};
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use nervering_nn::activation::Activation;
use nervering_nn::block::{MlpBlock, MlpBlockConfig};
use nervering_nn::init::{BIAS, constant, normal, xavier_normal};
use nervering_nn::linear::{Linear, linear};
use nervering_nn::ops::{Taps, linear_of_frames, mix};
use nervering_nn::pass::Pass;
use nervering_nn::temporal::TemporalBlock;
use rand::Rng;
use std::ops::Range;

/// Queries of [`Readout::Attention`].
const HEADS: usize = 4;
/// Units of a node that hears others.
const HEARING: usize = 16;
/// Added to the score of a neuron that is not there, so that its share is 0.
const NOT_THERE: f32 = -1e9;
/// Smallest sum of edges to neurons that are there.
const LEAST: f64 = 1e-12;

/// Which neurons a network is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The same ones of every animal.
    All,
    /// Those that an animal has: the first number of each is 1 where it is there, and all of one that is
    /// not are 0.
    Present,
}

/// How the tokens of a frame become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readout {
    /// Every neuron that is there counts the same.
    Mean,
    /// By learned queries. They start at 0, as the mean.
    Attention,
    /// The mean, and what neurons make of messages from each other.
    Messages,
}

/// What an [`Any`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnyConfig {
    /// Units of every layer over time.
    pub width: usize,
    /// How the tokens of a frame become one.
    pub readout: Readout,
}

impl AnyConfig {
    /// As wide as `tcn`.
    pub fn new(readout: Readout) -> Self {
        Self { width: TcnConfig::centred().width, readout }
    }

    /// Frames that it looks back and ahead.
    pub fn receptive_field(self) -> [usize; 2] {
        TcnConfig::centred().receptive_field()
    }

    /// One replica per generator.
    pub fn init<R: Rng>(self, inputs: &NetworkInputs, rngs: &mut [R], device: &Device) -> Any {
        let (Self { width, readout }, n_classes) = (self, inputs.sizes.n_classes);
        let identities = Identities::new(inputs, width, rngs, device);
        let zeros = |n_out| Linear::zeros(width, n_out, rngs.len(), device);
        let queries = (readout == Readout::Attention).then(|| zeros(HEADS).w);
        Any {
            identities,
            b: constant(BIAS, width, rngs.len(), device),
            queries,
            messages: (readout == Readout::Messages)
                .then(|| Messages::new(inputs, width, rngs, device)),
            blocks: DISTANCES.map(|_| TemporalBlock::new(width, rngs, device)).into(),
            out: Linear::new(width, n_classes, rngs, device),
        }
    }
}

/// The network.
#[derive(Module, Debug)]
pub struct Any {
    identities: Identities,
    /// `[replica, width]`.
    b: Param<Tensor<2>>,
    /// `[replica, width, head]`.
    queries: Option<Param<Tensor<3>>>,
    messages: Option<Messages>,
    blocks: Vec<TemporalBlock>,
    out: Linear,
}

/// What the identities of neurons make of their numbers.
#[derive(Module, Debug)]
struct Identities {
    /// `[replica, neuron · number, unit]`.
    own: Param<Tensor<3>>,
    /// `[replica, class · number, unit]`.
    shared: Param<Tensor<3>>,
    #[module(skip)]
    classes: Vec<usize>,
}

impl Identities {
    /// Of both parts together weights start as Xavier-normal ones of a layer on all numbers of a frame.
    fn new<R: Rng>(inputs: &NetworkInputs, width: usize, rngs: &mut [R], device: &Device) -> Self {
        let Dimensions { n_neurons, n_features, .. } = inputs.sizes;
        let classes: Vec<usize> = match &inputs.classes {
            Some(classes) => classes.to_vec(),
            None => (0..n_neurons).collect(),
        };
        let n_classes = classes.iter().max().map_or(0, |last| last + 1);
        let std = (1. / (n_neurons * n_features + width) as f64).sqrt();
        let mut part = |n: usize| normal([n * n_features, width], std, rngs, device);
        Self { own: part(n_neurons), shared: part(n_classes), classes }
    }

    /// The map of every neuron, `[replica, neuron · number, unit]`.
    fn maps(&self) -> Tensor<3> {
        let (own, shared) = (self.own.val(), self.shared.val());
        let n_numbers = own.dims()[1] / self.classes.len();
        let rows = |&class: &usize| (0..n_numbers).map(move |k| (class * n_numbers + k) as i64);
        let rows: Vec<i64> = self.classes.iter().flat_map(rows).collect();
        let n_rows = rows.len();
        let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [n_rows]), &own.device());
        own + shared.select(1, rows)
    }

    fn names(to: &Written, part: &str) -> [String; 2] {
        ["own", "shared"].map(|name| to.name(&format!("{part}.{name}")))
    }

    fn write(&self, to: &mut Written, part: &str, x: Place) -> Place {
        let ([own, shared], classes) = (Self::names(to, part), self.classes.clone());
        to.add(Operation::ByIdentity { own, shared, classes }, &[x])
    }
}

/// Who is there.
struct There {
    /// 1 or 0, `[replica, frame, neuron, 1]`.
    each: Tensor<4>,
    /// `[replica, frame, 1, 1]`.
    count: Tensor<4>,
    /// √(all / there), `[replica, frame, 1, 1]`.
    level: Tensor<4>,
}

impl There {
    /// And the tokens, with zeros in the place of those that are not there, whatever stands there.
    fn of(x: Tensor<4>) -> (Self, Tensor<4>) {
        let dims = x.dims();
        let first = x.clone().detach().narrow(3, 0, 1);
        let is_there = first.clone().greater_elem(0.5);
        let each = first.zeros_like().mask_fill(is_there.clone(), 1.);
        let count = each.clone().sum_dim(2);
        let level = (count.clone().clamp_min(1.) / dims[2] as f64).sqrt().recip();
        (Self { each, count, level }, x.mask_fill(is_there.bool_not().expand(dims), 0.))
    }
}

/// Units of a head, of so many in all.
fn units_of(head: usize, width: usize) -> Range<usize> {
    (head * width).div_ceil(HEADS)..((head + 1) * width).div_ceil(HEADS)
}

impl Any {
    /// What the convolutions read, `[replica, frame, width]`.
    fn pooled(&self, pass: &Pass, x: Tensor<4>) -> Tensor<3> {
        let (there, x) = There::of(x);
        let (maps, b) = (self.identities.maps(), self.b.val());
        if let Some(queries) = &self.queries {
            return attended(x, &there, maps, b, queries.val());
        }
        let levelled = concatenated(x.clone() * there.level.clone());
        let mean = linear_of_frames(pass.engine, levelled, maps, b, &pass.frames);
        match &self.messages {
            Some(messages) => mean + messages.heard(pass, x, &there),
            None => mean,
        }
    }
}

/// What heads make of tokens, `[replica, frame, width]`. Tokens are linear in their numbers, so that queries meet
/// the maps alone, and what a neuron counts for to a head multiplies its numbers before they meet them.
fn attended(
    x: Tensor<4>,
    there: &There,
    maps: Tensor<3>,
    b: Tensor<2>,
    queries: Tensor<3>,
) -> Tensor<3> {
    let [n_replicas, _, n, n_numbers] = x.dims();
    let width = maps.dims()[2];
    let shares = shares(x.clone(), there, maps.clone(), queries);
    let levelled = (x * there.level.clone()).swap_dims(2, 3);
    let of_number = |k: usize| levelled.clone().narrow(2, k, 1).squeeze_dim::<3>(2);
    let numbers: Vec<Tensor<3>> = (0..n_numbers).map(of_number).collect();
    let maps = maps.reshape([n_replicas, n, n_numbers, width]).swap_dims(1, 2);
    let maps = maps.reshape([n_replicas, n_numbers * n, width]);
    let of_head = |head: usize| {
        let units = units_of(head, width);
        let share = shares.clone().narrow(2, head * n, n);
        let seen = numbers.iter().map(|number| number.clone() * share.clone()).collect();
        let w = maps.clone().narrow(2, units.start, units.len());
        linear(Tensor::cat(seen, 2), w, b.clone().narrow(1, units.start, units.len()))
    };
    let heads = (0..HEADS).filter(|&head| !units_of(head, width).is_empty());
    Tensor::cat(heads.map(of_head).collect(), 2)
}

/// What each neuron counts for to each head, `[replica, frame, head · neuron]`: as many in sum as there are, and
/// 0 of those that are not.
fn shares(x: Tensor<4>, there: &There, maps: Tensor<3>, queries: Tensor<3>) -> Tensor<3> {
    let [n_replicas, n_frames, n, n_numbers] = x.dims();
    // The numbers of a neuron are scored for that neuron alone; one product does it for all.
    let own = |k: usize| f32::from(u8::from(k / n / n_numbers == k % n));
    let own = TensorData::new((0..n * n_numbers * n).map(own).collect(), [1, n * n_numbers, 1, n]);
    let own = Tensor::<4>::from_data(own, (&x.device(), x.dtype()));
    let keys = maps.matmul(queries).unsqueeze_dim::<4>(3) * own;
    let keys = keys.reshape([n_replicas, n * n_numbers, HEADS * n]);
    let none = Tensor::zeros([n_replicas, HEADS * n], (&x.device(), x.dtype()));
    let scores = linear(concatenated(x), keys, none);
    let scores = scores.reshape([n_replicas, n_frames, HEADS, n]);
    let absent = there.each.clone().swap_dims(2, 3).sub_scalar(1.).mul_scalar(-NOT_THERE);
    let shares = softmax(scores + absent, 3) * there.count.clone();
    shares.reshape([n_replicas, n_frames, HEADS * n])
}

/// Neurons that hear each other.
#[derive(Module, Debug)]
struct Messages {
    nodes: Identities,
    /// `[replica, unit, unit]`.
    query: Param<Tensor<3>>,
    /// `[replica, unit, unit]`.
    key: Param<Tensor<3>>,
    hear: MlpBlock,
    gather: Linear,
}

impl Messages {
    fn new<R: Rng>(inputs: &NetworkInputs, width: usize, rngs: &mut [R], device: &Device) -> Self {
        let hear = MlpBlockConfig {
            n_in: 2 * HEARING,
            width: HEARING,
            activation: Activation::Relu,
            batch_norm: false,
        };
        Self {
            nodes: Identities::new(inputs, HEARING, rngs, device),
            query: xavier_normal(HEARING, HEARING, rngs, device),
            key: xavier_normal(HEARING, HEARING, rngs, device),
            hear: hear.init(rngs, device),
            gather: Linear::new(HEARING, width, rngs, device),
        }
    }

    /// Between any two neurons, of their maps, `[replica, receiver, sender]`. Who a neuron is, is what its map
    /// makes of its being there.
    fn edges(&self, maps: Tensor<3>) -> Tensor<3> {
        let [n_replicas, n_rows, _] = maps.dims();
        let n_neurons = self.nodes.classes.len();
        let maps = maps.reshape([n_replicas, n_neurons, n_rows / n_neurons, HEARING]);
        let who = maps.narrow(2, 0, 1).squeeze_dim::<3>(2);
        let (query, key) = (self.query.val(), self.key.val());
        let scores = who.clone().matmul(query).matmul(who.matmul(key).swap_dims(1, 2));
        softmax(scores / (HEARING as f64).sqrt(), 2)
    }

    /// `[replica, frame, width]`.
    fn heard(&self, pass: &Pass, x: Tensor<4>, there: &There) -> Tensor<3> {
        let [n_replicas, n_frames, n_neurons, n_numbers] = x.dims();
        let maps = self.nodes.maps();
        let edges = self.edges(maps.clone());
        let of_neurons = maps.reshape([n_replicas, n_neurons, n_numbers, HEARING]);
        let tokens = x.swap_dims(1, 2).matmul(of_neurons).swap_dims(1, 2);
        let sent = mix(pass.engine, edges.clone(), tokens.clone(), &pass.frames);
        let rows = there.each.clone().reshape([n_replicas, n_frames, n_neurons]);
        let none = Tensor::zeros([n_replicas, n_neurons], (&rows.device(), rows.dtype()));
        let total = linear(rows, edges.swap_dims(1, 2), none).clamp_min(LEAST);
        let messages = sent * total.recip().reshape([n_replicas, n_frames, n_neurons, 1]);
        let both = Tensor::cat(vec![tokens, messages], 3);
        let units = self.hear.forward_nodes(pass, both) * there.each.clone();
        self.gather.forward(concatenated(units.sum_dim(2) * there.level.clone()))
    }

    /// `[frame, width]`.
    fn write(&self, to: &mut Written, x: Place) -> Place {
        let tokens = self.nodes.write(to, "nodes", x);
        let ([own, shared], classes) = (Identities::names(to, "nodes"), self.nodes.classes.clone());
        let (query, key) = (to.name("query"), to.name("key"));
        let edges = to.add(Operation::IdentityEdges { own, shared, classes, query, key }, &[]);
        let messages = to.add(Operation::MixOfPresent, &[edges, tokens, x]);
        let both = to.add(Operation::Join, &[tokens, messages]);
        let units = to.block("hear", &self.hear, both);
        let sum = to.add(Operation::SumOfPresent, &[units, x]);
        to.dense("gather", sum)
    }
}

impl DecodingNetwork for Any {
    fn hidden(&self, pass: &Pass, x: Tensor<4>) -> Tensor<3> {
        let mut x = self.pooled(pass, x);
        for (place, (block, distance)) in self.blocks.iter().zip(DISTANCES).enumerate() {
            x = block.forward(pass, x, Taps::Centred, distance, place as u32);
        }
        x
    }

    fn readout(&self) -> &Linear {
        &self.out
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let mut tokens = self.identities.write(to, "identities", x);
        if self.queries.is_some() {
            let scores = to.add(Operation::Dense { w: to.name("queries"), b: None }, &[tokens]);
            let shares = to.add(Operation::SharesOfPresent, &[scores, x]);
            let shares = to.add(Operation::ByHead, &[shares, tokens]);
            tokens = to.add(Operation::Multiply, &[tokens, shares]);
        }
        let sum = to.add(Operation::SumOfPresent, &[tokens, x]);
        let b = to.add(Operation::Parameter { name: to.name("b") }, &[]);
        let mut first = to.add(Operation::Add, &[sum, b]);
        if let Some(messages) = &self.messages {
            let heard = to.within("messages", |to| messages.write(to, x));
            first = to.add(Operation::Add, &[first, heard]);
        }
        let hidden = to.temporal_blocks(Taps::Centred, &DISTANCES, first);
        to.dense("out", hidden)
    }

    /// Between any two neurons, whether they are there or not, of networks whose neurons hear each other.
    fn edges(&self, _: &Pass, _: Tensor<4>) -> Option<Tensor<3>> {
        self.messages.as_ref().map(|messages| messages.edges(messages.nodes.maps()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nervering_nn::ops::{Engine, Frames};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const READOUTS: [Readout; 3] = [Readout::Mean, Readout::Attention, Readout::Messages];
    const N: usize = 5;
    const N_NUMBERS: usize = 3;
    const N_FRAMES: usize = 9;
    /// The first and the fourth are of one class.
    const CLASSES: [usize; N] = [0, 1, 2, 0, 3];

    /// With queries that are not 0.
    fn network(readout: Readout) -> Any {
        let sizes = Dimensions { n_neurons: N, n_features: N_NUMBERS, n_classes: 4 };
        let classes = Some(CLASSES.into());
        let inputs = NetworkInputs { sizes, adjacency: None, classes };
        let (rngs, device) = (&mut [ChaCha8Rng::seed_from_u64(5)], Device::flex());
        let mut any = AnyConfig::new(readout).init(&inputs, rngs, &device);
        any.queries = any.queries.map(|_| normal([32, HEADS], 1., rngs, &device));
        any
    }

    /// Tokens of neurons that are there in some frames, and `anything` where they are not.
    fn tokens(anything: f32) -> Vec<f32> {
        let number = |at: usize| (at as f32 * 0.7).sin();
        (0..N_FRAMES * N)
            .flat_map(|at| {
                let is_there = at % N == 2 || !(at / N).is_multiple_of(2 + at % N);
                match is_there {
                    true => [1., number(at), number(3 * at)],
                    false => [0., anything, -anything],
                }
            })
            .collect()
    }

    fn said(any: &Any, tokens: Vec<f32>) -> Vec<f32> {
        let data = TensorData::new(tokens, [1, N_FRAMES, N, N_NUMBERS]);
        let x = Tensor::<4>::from_data(data, &Device::flex());
        let pass = Pass::with_batch_statistics(Engine::fastest(), Frames::new([N_FRAMES]));
        any.log_probabilities(&pass, x).into_data().try_to_vec().unwrap()
    }

    fn apart(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).fold(0., |largest, (a, b)| largest.max((a - b).abs()))
    }

    #[test]
    fn a_neuron_that_is_not_there_can_hold_anything() {
        for readout in READOUTS {
            let any = network(readout);
            let expected = said(&any, tokens(0.));
            for anything in [1., -1e30, f32::NAN, f32::INFINITY] {
                assert_eq!(said(&any, tokens(anything)), expected, "{readout:?}, {anything}");
            }
        }
    }

    /// Neurons in another order, each with its identity.
    #[test]
    fn the_order_of_neurons_changes_nothing() {
        const ORDER: [usize; N] = [3, 0, 4, 1, 2];
        let reordered = |identities: &Identities| {
            let rows = ORDER.iter().flat_map(|&k| (0..N_NUMBERS).map(move |j| k * N_NUMBERS + j));
            let rows: Vec<i64> = rows.map(|row| row as i64).collect();
            let rows = Tensor::<1, Int>::from_data(rows.as_slice(), &Device::flex());
            Identities {
                own: Param::from_tensor(identities.own.val().select(1, rows)),
                classes: ORDER.map(|k| CLASSES[k]).to_vec(),
                ..identities.clone()
            }
        };
        for readout in READOUTS {
            let any = network(readout);
            let messages = any.messages.clone();
            let other = Any {
                identities: reordered(&any.identities),
                messages: messages
                    .map(|all| Messages { nodes: reordered(&all.nodes), ..all.clone() }),
                ..any.clone()
            };
            let x = tokens(0.);
            let frames = x.chunks_exact(N * N_NUMBERS);
            let in_order = |frame: &[f32]| -> Vec<f32> {
                ORDER.iter().flat_map(|&k| frame[k * N_NUMBERS..][..N_NUMBERS].to_vec()).collect()
            };
            let in_order: Vec<f32> = frames.flat_map(in_order).collect();
            let expected = said(&any, x);
            assert!(apart(&said(&other, in_order.clone()), &expected) < 1e-5, "{readout:?}");
            assert!(apart(&said(&any, in_order), &expected) > 1e-3, "{readout:?}: who they are");
        }
    }

    /// What is shared alone cannot tell left from right, and tells them from others.
    #[test]
    fn left_and_right_share_a_part() {
        let shared_alone = |identities: &Identities| Identities {
            own: Param::from_tensor(identities.own.val().zeros_like()),
            ..identities.clone()
        };
        for readout in READOUTS {
            let any = network(readout);
            let any = Any {
                identities: shared_alone(&any.identities),
                messages: any
                    .messages
                    .clone()
                    .map(|all| Messages { nodes: shared_alone(&all.nodes), ..all }),
                ..any
            };
            let exchanged = |a: usize, b: usize| {
                let mut x = tokens(0.);
                for frame in x.chunks_exact_mut(N * N_NUMBERS) {
                    (0..N_NUMBERS).for_each(|j| frame.swap(a * N_NUMBERS + j, b * N_NUMBERS + j));
                }
                apart(&said(&any, x), &said(&any, tokens(0.)))
            };
            assert!(exchanged(0, 3) < 1e-5 && exchanged(0, 4) > 1e-3, "{readout:?}");
        }
    }

    #[test]
    fn attention_begins_as_the_mean() {
        let (mean, attention) = (network(Readout::Mean), network(Readout::Attention));
        let zeros = Param::from_tensor(Tensor::zeros([1, 32, HEADS], &Device::flex()));
        let attention = Any { queries: Some(zeros), ..attention };
        let attention = Any { blocks: mean.blocks.clone(), out: mean.out.clone(), ..attention };
        assert!(apart(&said(&attention, tokens(0.)), &said(&mean, tokens(0.))) < 1e-5);
    }
}
