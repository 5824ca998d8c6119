//! A gated recurrent network (Hochreiter & Schmidhuber 1997): a long short-term memory that reads all neurons of a
//! frame side by side, over signals in time as [`tcn`](crate::tcn) sees them: `lstm`, with a second memory that
//! reads from the last frame to the first (Schuster & Paliwal 1997), and `lstm-causal`.
//!
//! Its sequences are of 64 frames, the first 32 of which warm the state up (see [`nervering_nn::lstm`]): a
//! frame's result rests on the 32 to 63 frames before it (some 10 to 20 s), and of `lstm` on as many after it.
//! A readout of both states follows. The paper's recurrent variants see eight frames
//! ([`lstm_mlp`](crate::lstm_mlp)).

use crate::body::concatenated;
use crate::network::{DecodingNetwork, Dimensions};
use crate::written::{Extent, Operation, Place, Written};
use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use nervering_nn::linear::Linear;
use nervering_nn::lstm::{Cut, Lstm};
use nervering_nn::pass::Pass;
use rand::Rng;

/// How recordings are cut.
pub(crate) const CUT: Cut = Cut { sequence: 64, burn_in: 32 };

/// Which way a memory reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the first frame on.
    Past,
    /// One from the first frame on, one from the last.
    Both,
}

/// What a [`LstmDecoder`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LstmConfig {
    /// Units of each memory.
    pub width: usize,
    /// Which way it reads.
    pub direction: Direction,
}

impl LstmConfig {
    /// As wide as the convolutions of `tcn`.
    pub fn new(direction: Direction) -> Self {
        Self { width: 32, direction }
    }

    /// Frames that it looks back and ahead.
    pub fn receptive_field(self) -> [usize; 2] {
        match self.direction {
            Direction::Past => [CUT.sequence - 1, 0],
            Direction::Both => [CUT.sequence - 1; 2],
        }
    }

    /// One replica per generator.
    pub fn init<R: Rng>(self, sizes: Dimensions, rngs: &mut [R], device: &Device) -> LstmDecoder {
        let Self { width, direction } = self;
        let n_in = sizes.n_neurons * sizes.n_features;
        let forward = Lstm::new(n_in, width, rngs, device);
        let (backward, n_states) = match direction {
            Direction::Past => (None, width),
            Direction::Both => (Some(Lstm::new(n_in, width, rngs, device)), 2 * width),
        };
        LstmDecoder { forward, backward, out: Linear::new(n_states, sizes.n_classes, rngs, device) }
    }
}

/// The gated recurrent network.
#[derive(Module, Debug)]
pub struct LstmDecoder {
    forward: Lstm,
    backward: Option<Lstm>,
    out: Linear,
}

impl DecodingNetwork for LstmDecoder {
    fn hidden(&self, pass: &Pass, x: Tensor<4>) -> Tensor<3> {
        let all_neurons = concatenated(x);
        let states = |lstm: &Lstm, x: Tensor<3>| {
            lstm.forward(pass, CUT, x.unsqueeze_dim(2)).squeeze_dim::<3>(2)
        };
        let before = states(&self.forward, all_neurons.clone());
        let Some(backward) = &self.backward else { return before };
        let after = states(backward, reversed(pass, all_neurons));
        Tensor::cat(vec![before, reversed(pass, after)], 2)
    }

    fn readout(&self) -> &Linear {
        &self.out
    }

    fn write(&self, to: &mut Written, x: Place) -> Place {
        let extent = Extent::Recording(CUT);
        let all = to.add(Operation::SideBySide, &[x]);
        let mut states = to.lstm("forward", extent, all);
        if self.backward.is_some() {
            let last_first = to.add(Operation::Reversed, &[all]);
            let after = to.lstm("backward", extent, last_first);
            let after = to.add(Operation::Reversed, &[after]);
            states = to.add(Operation::Join, &[states, after]);
        }
        to.dense("out", states)
    }

    fn edges(&self, _: &Pass, _: Tensor<4>) -> Option<Tensor<3>> {
        None
    }
}

/// The frames of each run from the last to the first, `[replica, frame, number]`; padded frames stay.
fn reversed(pass: &Pass, x: Tensor<3>) -> Tensor<3> {
    let [n_replicas, n_frames, n] = x.dims();
    let runs = pass.runs();
    let mut places: Vec<i32> = (0..(n_replicas * n_frames) as i32).collect();
    for (replica, places) in places.chunks_exact_mut(n_frames).enumerate() {
        let mut rest = places;
        for &length in runs.of_replica(replica) {
            let (run, later) = rest.split_at_mut(length);
            run.reverse();
            rest = later;
        }
    }
    let device = x.device();
    let places: Tensor<1, Int> =
        Tensor::from_data(TensorData::new(places, [n_replicas * n_frames]), &device);
    x.reshape([n_replicas * n_frames, n]).select(0, places).reshape([n_replicas, n_frames, n])
}
