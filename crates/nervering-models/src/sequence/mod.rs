//! From what a decoder says of single frames to states that last: hidden Markov and explicit-duration
//! semi-Markov decoding (Rabiner 1989, sections III and IV.D), over any decoder that gives probabilities.
//!
//! A [`Chain`] is learnt from the labels of the training animals alone: how often one state follows
//! another, and how long each lasts. [`Chain::most_probable`] finds the best sequence,
//! [`Chain::posterior`] the probability of each state at each frame, [`Chain::filtered`] the same from
//! the frames so far and a few more.

mod chain;
mod durations;
mod markov;
mod semi_markov;

pub use chain::Chain;
pub use durations::Durations;

use chain::{largest, log_sum};
use std::str::FromStr;

/// How states are chosen from the probabilities of frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Structure {
    /// Each frame by itself.
    #[default]
    Frames,
    /// A hidden Markov chain over the frames so far: states last geometrically long.
    Filter,
    /// A hidden Markov chain over all frames.
    Markov,
    /// A semi-Markov chain over all frames: each state has durations of its own.
    SemiMarkov,
}

impl Structure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Frames, Self::Filter, Self::Markov, Self::SemiMarkov];

    /// The name in files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Frames => "frames",
            Self::Filter => "filter",
            Self::Markov => "markov",
            Self::SemiMarkov => "semi-markov",
        }
    }
}

/// A text that names no structure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found {found:?}, expected frames, filter, markov or semi-markov")]
pub struct UnknownStructure {
    /// The text as it was written.
    pub found: String,
}

impl FromStr for Structure {
    type Err = UnknownStructure;

    fn from_str(text: &str) -> Result<Self, UnknownStructure> {
        let by_name = |structure: &Self| structure.as_str() == text;
        let unknown = || UnknownStructure { found: text.to_owned() };
        Self::ALL.into_iter().find(by_name).ok_or_else(unknown)
    }
}

/// What log-probabilities of frames are multiplied by where nothing chooses it: neighbouring frames say much
/// the same twice. Not chosen on any recording of a study.
pub const WEIGHT: f64 = 0.6;

/// What is counted for a transition that was not seen.
const UNSEEN: f64 = 0.2;

/// One stretch of consecutive frames with one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    class: usize,
    len: usize,
    /// Whether both its ends were seen.
    whole: bool,
}

impl Chain {
    /// Learns from the labels of animals, each a list of consecutive frames. Frames without a label end
    /// what comes before them, and nothing is learnt of how that ended. The weight is [`WEIGHT`].
    pub fn fit(animals: &[&[Option<u8>]], n_classes: usize) -> Self {
        let mut counts = vec![UNSEEN; n_classes * n_classes];
        let mut segments: Vec<Segment> = Vec::new();
        for labels in animals {
            let of_animal = segments_of(labels);
            for pair in of_animal.windows(2) {
                if let [Some(from), Some(to)] = pair {
                    counts[from.class * n_classes + to.class] += 1.;
                }
            }
            segments.extend(of_animal.into_iter().flatten());
        }
        let mut transitions = vec![f64::NEG_INFINITY; n_classes * n_classes];
        for from in 0..n_classes {
            let row = &counts[from * n_classes..(from + 1) * n_classes];
            let total: f64 = row.iter().sum::<f64>() - row[from];
            for (to, count) in row.iter().enumerate().filter(|(to, _)| *to != from) {
                transitions[from * n_classes + to] = (count / total).ln();
            }
        }
        let all: Vec<f64> = whole_lengths(&segments, None);
        let of_class = |class| Durations::fit(&whole_lengths(&segments, Some(class)), &all);
        let durations = (0..n_classes).map(of_class).collect();
        Self { transitions, durations, weight: WEIGHT }
    }

    /// A chain of numbers from elsewhere: probabilities that one state follows another, `[from, to]`, and
    /// of durations from one frame on, `[state, frames]`.
    ///
    /// # Errors
    /// What is wrong with them, for people.
    pub fn from_probabilities(
        transitions: &[f64],
        durations: &[f64],
        weight: f64,
        n_classes: usize,
    ) -> Result<Self, &'static str> {
        let adds_up = |row: &[f64]| {
            row.iter().all(|p| (0. ..=1.).contains(p))
                && (row.iter().sum::<f64>() - 1.).abs() < 1e-6
        };
        let of_state = durations.len() / n_classes;
        if transitions.len() != n_classes * n_classes || of_state * n_classes != durations.len() {
            return Err("other sizes than those of the states");
        }
        let leaves = |(from, row): (usize, &[f64])| row[from] == 0. && adds_up(row);
        if of_state < 2 || !transitions.chunks_exact(n_classes).enumerate().all(leaves) {
            return Err("transitions that do not add up to 1");
        }
        if !durations.chunks_exact(of_state).all(adds_up) {
            return Err("durations that do not add up to 1");
        }
        if !(weight > 0. && weight.is_finite()) {
            return Err("a weight that is not above 0");
        }
        let transitions = transitions.iter().map(|p| p.ln()).collect();
        let durations = durations.chunks_exact(of_state).map(Durations::from_probabilities);
        Ok(Self { transitions, durations: durations.collect(), weight })
    }

    /// States told apart.
    pub fn n_classes(&self) -> usize {
        self.durations.len()
    }

    /// The most probable sequence of states of consecutive frames, whose log-probabilities are
    /// `[frame, class]`.
    pub fn most_probable(&self, structure: Structure, log_probabilities: &[f32]) -> Vec<u8> {
        let emissions = self.emissions(log_probabilities);
        match structure {
            Structure::Frames => emissions.chunks_exact(self.n_classes()).map(largest).collect(),
            Structure::Filter => {
                let filtered = self.filtered(log_probabilities, 0);
                let rows = filtered.chunks_exact(self.n_classes());
                rows.map(|row| largest(&row.iter().map(|&p| f64::from(p)).collect::<Vec<_>>()))
                    .collect()
            }
            Structure::Markov => markov::viterbi(&self.steps(), &emissions),
            Structure::SemiMarkov => semi_markov::viterbi(self, &emissions),
        }
    }

    /// Natural logarithms of the probability of each state at each frame, `[frame, class]`, given
    /// the frames that the structure looks at.
    pub fn posterior(&self, structure: Structure, log_probabilities: &[f32]) -> Vec<f32> {
        let emissions = self.emissions(log_probabilities);
        match structure {
            Structure::Frames => log_probabilities.to_vec(),
            Structure::Filter => self.filtered(log_probabilities, 0),
            Structure::Markov => markov::posterior(&self.steps(), &emissions, None),
            Structure::SemiMarkov => semi_markov::posterior(self, &emissions),
        }
    }

    /// The same of the Markov chain given the frames up to each and `lag` more.
    pub fn filtered(&self, log_probabilities: &[f32], lag: usize) -> Vec<f32> {
        markov::posterior(&self.steps(), &self.emissions(log_probabilities), Some(lag))
    }

    /// The Markov chain frame by frame: takes in the log-probabilities of a frame, with what
    /// `so_far` holds of those before it, and gives those of its states as [`Chain::filtered`] does
    /// without a lag.
    pub fn follow(&self, so_far: &mut Option<Vec<f64>>, log_probabilities: &[f32]) -> Vec<f32> {
        let row =
            markov::follow(&self.steps(), so_far.as_deref(), &self.emissions(log_probabilities));
        let total = log_sum(row.iter().copied());
        let said = row.iter().map(|value| (value - total) as f32).collect();
        *so_far = Some(row);
        said
    }

    fn emissions(&self, log_probabilities: &[f32]) -> Vec<f64> {
        log_probabilities.iter().map(|&p| self.weight * f64::from(p)).collect()
    }

    /// Natural logarithms of the probabilities of the Markov chain from frame to frame, `[from, to]`: a
    /// state is left after its mean duration.
    fn steps(&self) -> Vec<f64> {
        let n = self.n_classes();
        let step = |k: usize| {
            let (from, to) = (k / n, k % n);
            let leaves = 1. / self.durations[from].mean().max(1.000_1);
            match from == to {
                true => (1. - leaves).ln(),
                false => leaves.ln() + self.transitions[k],
            }
        };
        (0..n * n).map(step).collect()
    }
}

/// The segments of an animal, with `None` between two that do not follow each other.
fn segments_of(labels: &[Option<u8>]) -> Vec<Option<Segment>> {
    let mut segments: Vec<Option<Segment>> = Vec::new();
    let runs: Vec<&[Option<u8>]> = labels.chunk_by(|a, b| a == b).collect();
    for (at, run) in runs.iter().enumerate() {
        let is_known =
            |at: Option<usize>| at.and_then(|at| runs.get(at)).is_some_and(|r| r[0].is_some());
        segments.push(run[0].map(|class| Segment {
            class: usize::from(class),
            len: run.len(),
            whole: is_known(at.checked_sub(1)) && is_known(Some(at + 1)),
        }));
    }
    segments
}

/// Lengths of the segments of a class, or of all, both of whose ends were seen; of all its segments where
/// there is none such.
fn whole_lengths(segments: &[Segment], class: Option<usize>) -> Vec<f64> {
    let of_class = || segments.iter().filter(|segment| class.is_none_or(|c| c == segment.class));
    let whole: Vec<f64> = of_class().filter(|s| s.whole).map(|s| s.len as f64).collect();
    match whole.is_empty() {
        true => of_class().map(|segment| segment.len as f64).collect(),
        false => whole,
    }
}

#[cfg(test)]
mod tests;
