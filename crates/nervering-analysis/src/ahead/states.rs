//! The state of behaviour so many seconds ahead, as told by the chain of ADM and by what it has to beat.

use nervering_models::adm::FittedAdm;
use nervering_prepare::Prepared;

/// What the state ahead is told from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateTeller {
    /// The Markov chain over bins of phase and loop.
    Adm,
    /// The state decoded now, and a Markov chain over states.
    StatesAlone,
    /// The state decoded now.
    Stays,
    /// How frequent states are in the animals trained on.
    Frequencies,
}

impl StateTeller {
    /// All, [`StateTeller::Adm`] first.
    pub const ALL: [Self; 4] = [Self::Adm, Self::StatesAlone, Self::Stays, Self::Frequencies];

    /// `adm`, `states alone`, `state stays` or `frequencies`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Adm => "adm",
            Self::StatesAlone => "states alone",
            Self::Stays => "state stays",
            Self::Frequencies => "frequencies",
        }
    }
}

/// How well one teller tells the states ahead in one animal.
#[derive(Debug, Clone, PartialEq)]
pub struct StatesAhead {
    /// The teller.
    pub teller: StateTeller,
    /// At each time ahead, mean recall in [0, 1] over the states that occur then; the state told is the
    /// one whose probability is most above its frequency. NaN where no frame is known.
    pub balanced: Vec<f64>,
    /// At each time ahead, mean over frames of log₂ of the probability told of the state that came over
    /// its frequency. NaN where no frame is known.
    pub bits: Vec<f64>,
}

/// What the animals trained on say of states ahead.
pub(super) struct KnownStates {
    n_states: usize,
    n_bins: usize,
    /// Frames ahead.
    steps: Vec<usize>,
    /// Share of each state.
    pub(super) frequencies: Vec<f64>,
    /// Of the next frame's state, by this one's, row-major.
    pub(super) transitions: Vec<f64>,
    /// `[ahead, bin, state]`, of ADM.
    adm: Vec<f64>,
    /// `[ahead, bin, state]`, of states alone.
    states: Vec<f64>,
}

impl KnownStates {
    pub(super) fn new(fitted: &FittedAdm, known: &[&Prepared], steps: &[usize]) -> Self {
        let n_states = known[0].coding.n_classes();
        let n_bins = fitted.bin_states().len();
        let n_ahead = steps.iter().copied().max().unwrap_or(0);
        // One more of each, so that no logarithm is of nothing.
        let mut counts = vec![1.; n_states];
        let mut transitions = vec![1. / n_states as f64; n_states * n_states];
        for animal in known {
            animal.labels.iter().flatten().for_each(|&state| counts[usize::from(state)] += 1.);
            for pair in animal.labels.windows(2) {
                if let (Some(from), Some(to)) = (pair[0], pair[1]) {
                    transitions[usize::from(from) * n_states + usize::from(to)] += 1.;
                }
            }
        }
        for row in transitions.chunks_exact_mut(n_states) {
            let total: f64 = row.iter().sum();
            row.iter_mut().for_each(|count| *count /= total);
        }
        let total: f64 = counts.iter().sum();
        let adm = fitted.states_ahead(n_ahead);
        let mut states = adm[..n_bins * n_states].to_vec();
        for ahead in 0..n_ahead {
            for bin in 0..n_bins {
                let before = (ahead * n_bins + bin) * n_states;
                for to in 0..n_states {
                    let of =
                        |from: usize| states[before + from] * transitions[from * n_states + to];
                    let p = (0..n_states).map(of).sum();
                    states.push(p);
                }
            }
        }
        Self {
            n_states,
            n_bins,
            steps: steps.to_vec(),
            frequencies: counts.into_iter().map(|count| count / total).collect(),
            transitions,
            adm,
            states,
        }
    }

    /// What is told of an animal whose frames lie in `bins`, beside the states that came.
    pub(super) fn tell(&self, bins: &[usize], labels: &[Option<u8>]) -> Vec<StatesAhead> {
        let of_teller = |teller: StateTeller| {
            let scores = self.steps.iter().map(|&step| self.scores(teller, step, bins, labels));
            let (balanced, bits) = scores.unzip();
            StatesAhead { teller, balanced, bits }
        };
        StateTeller::ALL.map(of_teller).to_vec()
    }

    /// Probabilities of states `step` frames after a frame in `bin`.
    fn told(&self, teller: StateTeller, step: usize, bin: usize) -> &[f64] {
        let at = |ahead: usize| (ahead * self.n_bins + bin) * self.n_states;
        match teller {
            StateTeller::Adm => &self.adm[at(step)..][..self.n_states],
            StateTeller::StatesAlone => &self.states[at(step)..][..self.n_states],
            StateTeller::Stays => &self.adm[at(0)..][..self.n_states],
            StateTeller::Frequencies => &self.frequencies,
        }
    }

    /// Balanced accuracy and bits.
    fn scores(
        &self,
        teller: StateTeller,
        step: usize,
        bins: &[usize],
        labels: &[Option<u8>],
    ) -> (f64, f64) {
        let mut right = vec![0.; self.n_states];
        let mut counts = vec![0.; self.n_states];
        let mut bits = 0.;
        for (&bin, label) in bins.iter().zip(labels.iter().skip(step)) {
            let Some(state) = label.map(usize::from) else { continue };
            let told = self.told(teller, step, bin);
            let above = |k: usize| told[k] / self.frequencies[k];
            // The first of equals.
            let said = (0..self.n_states).rev().max_by(|&a, &b| above(a).total_cmp(&above(b)));
            right[state] += f64::from(u8::from(said == Some(state)));
            counts[state] += 1.;
            bits += above(state).log2();
        }
        let occurs = || (0..self.n_states).filter(|&k| counts[k] > 0.);
        let recalls: f64 = occurs().map(|k| right[k] / counts[k]).sum();
        let n: f64 = counts.iter().sum();
        (recalls / occurs().count() as f64, bits / n)
    }
}
