//! Long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000,
//! as in PyTorch) over runs of consecutive frames, with a replica axis and weights shared by nodes.
//!
//! A run is cut into sequences that overlap, as a [`Cut`] says; each starts from a zero state, and its
//! first frames only warm the state up, except in a run's first sequence. With [`Cut::WINDOWS`] a
//! frame's result rests on the four to seven frames before it, or on all of a run's where it has
//! fewer, and never on a later one. The paper has "burn-in periods of four timesteps" and does
//! not say how long its sequences are. Ours are as long as its windows, in training and in
//! evaluation, so that a network is evaluated at the lengths that it was trained at; all sequences
//! advance together, in at most eight steps whatever the recording's length.
//!
//! A network that forecasts brings its own frames, one [`Lstm::step`] at a time.

use crate::init::{BIAS, normal, of_values};
use crate::linear::product;
use crate::ops::{self, Engine, Frames, Labels};
use crate::pass::{Pass, Runs};
use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::Rng;

/// Frames of a sequence.
pub const SEQUENCE: usize = 8;
/// Frames after which a state counts as warm.
pub const BURN_IN: usize = 4;

/// How runs are cut into sequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Frames of a sequence.
    pub sequence: usize,
    /// Of these the first, whose results count in a run's first sequence alone. Sequences overlap by as many.
    pub burn_in: usize,
}

impl Cut {
    /// As long as the paper's windows: [`SEQUENCE`] frames, [`BURN_IN`] of them to warm up.
    pub const WINDOWS: Self = Self { sequence: SEQUENCE, burn_in: BURN_IN };
}

/// The gates of a unit, in the order of the columns of its weights: PyTorch's.
pub const GATES: [&str; 4] = ["input", "forget", "cell", "output"];

/// One set of weights per replica; columns are the [`GATES`].
#[derive(Module, Debug)]
pub struct Lstm {
    /// `[replica, in, 4 · width]`.
    w_in: Param<Tensor<3>>,
    /// `[replica, width, 4 · width]`.
    w_state: Param<Tensor<3>>,
    /// `[replica, 4 · width]`.
    b: Param<Tensor<2>>,
}

impl Lstm {
    /// Xavier-normal matrices per gate; biases of 0.1 as in other layers, of 1 for the forget gate
    /// (Jozefowicz et al. 2015). One replica per generator.
    pub fn new<R: Rng>(n_in: usize, width: usize, rngs: &mut [R], device: &Device) -> Self {
        let std = |n_in: usize| (2. / (n_in + width) as f64).sqrt();
        let bias = |k: usize| if k / width == 1 { 1. } else { BIAS };
        let biases = (0..rngs.len()).flat_map(|_| (0..4 * width).map(bias)).collect();
        Self {
            w_in: normal([n_in, 4 * width], std(n_in), rngs, device),
            w_state: normal([width, 4 * width], std(width), rngs, device),
            b: of_values(biases, [rngs.len(), 4 * width], device),
        }
    }

    /// The state of every node after every frame, `[replica, frame, node, in]` →
    /// `[replica, frame, node, width]`. Padded frames hold arbitrary numbers of their replica.
    pub fn forward(&self, pass: &Pass, cut: Cut, x: Tensor<4>) -> Tensor<4> {
        let [n_replicas, n_frames, n, n_in] = x.dims();
        let width = self.w_state.dims()[1];
        let rows = x.reshape([n_replicas, n_frames * n, n_in]);
        let of_frames = product(rows, self.w_in.val()) + self.b.val().unsqueeze_dim(1);
        let of_frames = of_frames.reshape([n_replicas, n_frames, n, 4 * width]);
        along_sequences(pass, cut, of_frames, |given, state: Option<LstmState>| {
            let [n_replicas, n_sequences, n, n_gates] = given.dims();
            let mut gates = given.reshape([n_replicas, n_sequences * n, n_gates]);
            if let Some(before) = &state {
                gates = gates + product(before.hidden(), self.w_state.val());
            }
            let after = LstmState::after(pass.engine, gates, state);
            (after.hidden().reshape([n_replicas, n_sequences, n, width]), after)
        })
    }

    /// The state after one more frame of every sequence, `[replica, sequence, in]`, all of them
    /// present, from the zero state where there is none before it.
    pub fn step(&self, engine: Engine, x: Tensor<3>, before: Option<LstmState>) -> LstmState {
        let mut gates = ops::linear(x, self.w_in.val(), self.b.val());
        if let Some(before) = &before {
            gates = gates + before.hidden().matmul(self.w_state.val());
        }
        LstmState::after(engine, gates, before)
    }
}

/// What an [`Lstm`] carries from frame to frame.
#[derive(Debug, Clone)]
pub struct LstmState {
    /// Hidden state, then cell, `[replica, sequence, 2 · width]`.
    both: Tensor<3>,
}

impl LstmState {
    /// From the gates before their non-linearities, `[replica, sequence, 4 · width]`.
    fn after(engine: Engine, gates: Tensor<3>, before: Option<Self>) -> Self {
        let [n_replicas, n_rows, gates_len] = gates.dims();
        let zeros = || {
            let shape = [n_replicas, n_rows, gates_len / 2];
            Tensor::zeros(shape, (&gates.device(), gates.dtype()))
        };
        let before = before.map_or_else(zeros, |before| before.both);
        Self { both: ops::lstm_cell(engine, gates, before) }
    }

    /// Of the sequences of several, one after the other.
    pub fn side_by_side(states: &[&Self]) -> Self {
        Self { both: Tensor::cat(states.iter().map(|state| state.both.clone()).collect(), 1) }
    }

    /// The state that is read, `[replica, sequence, width]`.
    pub fn hidden(&self) -> Tensor<3> {
        let width = self.both.dims()[2] / 2;
        self.both.clone().narrow(2, 0, width)
    }
}

/// What `step` makes of every frame, which is given a frame of each sequence, `[replica, sequence, node, in]`, and
/// what it has kept of the frame before, nothing at a sequence's first; it gives the frame's result and what
/// to keep. `[replica, frame, node, in]` → `[replica, frame, node, out]`; padded frames hold arbitrary
/// numbers of their replica.
pub fn along_sequences<S>(
    pass: &Pass,
    cut: Cut,
    x: Tensor<4>,
    mut step: impl FnMut(Tensor<4>, Option<S>) -> (Tensor<4>, S),
) -> Tensor<4> {
    let [n_replicas, n_frames, n, n_in] = x.dims();
    let device = x.device();
    let sequences = Sequences::new(&pass.frames, &pass.runs(), cut);
    let of_frames = x.reshape([n_replicas * n_frames, n * n_in]);
    let at = |frames: &[i32]| -> Tensor<1, Int> {
        Tensor::from_data(TensorData::new(frames.to_vec(), [frames.len()]), &device)
    };
    let mut kept: Option<S> = None;
    let mut results = Vec::with_capacity(sequences.steps.len());
    let mut shape = [n_replicas, n_frames, n, 0];
    for frames in &sequences.steps {
        let given = of_frames.clone().select(0, at(frames));
        let given = given.reshape([n_replicas, sequences.per_replica, n, n_in]);
        let (result, after) = step(given, kept.take());
        let [_, _, rows, n_out] = result.dims();
        shape = [n_replicas, n_frames, rows, n_out];
        results.push(result.reshape([n_replicas * sequences.per_replica, rows * n_out]));
        kept = Some(after);
    }
    Tensor::cat(results, 0).select(0, at(&sequences.places)).reshape(shape)
}

/// The labels without those of the first [`BURN_IN`] frames of each run.
pub fn without_burn_in(runs: &Runs, labels: &Labels) -> Labels {
    let padded = labels.frames.padded();
    let mut classes = labels.classes.to_vec();
    for (replica, classes) in classes.chunks_exact_mut(padded).enumerate() {
        let mut start = 0;
        for &length in runs.of_replica(replica) {
            classes[start..start + length.min(BURN_IN)].fill(-1);
            start += length;
        }
    }
    Labels { classes: classes.into(), frames: labels.frames.clone() }
}

/// The sequences of a batch. Replicas have as many, the shorter ones filled up with frames whose
/// results nothing reads.
#[derive(Debug, PartialEq)]
struct Sequences {
    per_replica: usize,
    /// `[step][replica · sequence]` → the frame's place in `[replica · frame]`.
    steps: Vec<Vec<i32>>,
    /// `[replica · frame]` → its result's place in `[step · replica · sequence]`.
    places: Vec<i32>,
}

impl Sequences {
    fn new(frames: &Frames, runs: &Runs, cut: Cut) -> Self {
        let Cut { sequence, burn_in } = cut;
        let (padded, n_replicas) = (frames.padded(), frames.present().len());
        // Per replica the start, the length and the first step that counts of each sequence.
        let of_replica = |r: usize| {
            let mut found = Vec::new();
            let mut start = 0;
            for &length in runs.of_replica(r) {
                let mut at = 0;
                while at == 0 || at + burn_in < length {
                    let first = if at == 0 { 0 } else { burn_in };
                    found.push((start + at, (length - at).min(sequence), first));
                    at += sequence - burn_in;
                }
                start += length;
            }
            found
        };
        let found: Vec<_> = (0..n_replicas).map(of_replica).collect();
        let per_replica = found.iter().map(Vec::len).max().unwrap_or(0);
        let n_steps = found.iter().flatten().map(|&(_, length, _)| length).max().unwrap_or(0);
        let row = |r: usize, sequence: usize| r * per_replica + sequence;
        let mut steps = vec![vec![0i32; n_replicas * per_replica]; n_steps];
        let mut places = vec![0i32; n_replicas * padded];
        for (r, found) in found.iter().enumerate() {
            places[r * padded..(r + 1) * padded].fill(row(r, 0) as i32);
            for sequence in 0..per_replica {
                let (start, length, first) = found.get(sequence).copied().unwrap_or((0, 1, 1));
                for (step, frames) in steps.iter_mut().enumerate() {
                    let frame = start + step.min(length - 1);
                    frames[row(r, sequence)] = (r * padded + frame) as i32;
                    if (first..length).contains(&step) {
                        let place = step * n_replicas * per_replica + row(r, sequence);
                        places[r * padded + frame] = place as i32;
                    }
                }
            }
        }
        Self { per_replica, steps, places }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which frames of its replica each frame's result rests on.
    fn seen(frames: &Frames, runs: &Runs) -> Vec<Vec<usize>> {
        let sequences = Sequences::new(frames, runs, Cut::WINDOWS);
        let n_rows = sequences.steps[0].len();
        let of_place = |&place: &i32| {
            let (step, row) = (place as usize / n_rows, place as usize % n_rows);
            let at = |frames: &Vec<i32>| frames[row] as usize;
            sequences.steps[..=step].iter().map(at).collect()
        };
        sequences.places.iter().map(of_place).collect()
    }

    #[test]
    fn every_frame_rests_on_itself_and_up_to_seven_frames_before_it_in_its_run() {
        let frames = Frames::new([3 + 8 + 14, 6]);
        let runs = Runs::new(vec![vec![3, 8, 14], vec![6]]);
        let seen = seen(&frames, &runs);
        let starts = |frame: usize| match frame {
            0..3 => 0,
            3..11 => 3,
            // The run of 14 starts at 11: sequences at 11, 15 and 19.
            11..19 => 11,
            19..23 => 15,
            _ => 19,
        };
        for (frame, seen) in seen[..25].iter().enumerate() {
            assert_eq!(*seen, (starts(frame)..=frame).collect::<Vec<_>>(), "frame {frame}");
        }
        for frame in 0..6 {
            assert_eq!(seen[25 + frame], (25..=25 + frame).collect::<Vec<_>>(), "frame {frame}");
        }
        // Padding rests on frames of its own replica.
        assert!(seen[31..].iter().flatten().all(|&frame| (25..31).contains(&frame)));
    }

    #[test]
    fn labels_of_the_first_four_frames_of_a_run_do_not_count() {
        let frames = Frames::new([9, 5]);
        let classes: Vec<i32> = vec![1; 18];
        let labels = Labels { classes: classes.into(), frames };
        let runs = Runs::new(vec![vec![3, 6], vec![5]]);
        let counted = without_burn_in(&runs, &labels);
        let expected = [-1, -1, -1, -1, -1, -1, -1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1, 1];
        assert_eq!(counted.classes[..], expected);
    }
}
