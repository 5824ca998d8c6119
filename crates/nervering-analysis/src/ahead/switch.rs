//! When the animal will switch to another state, as told by the chain of ADM and by what it has to beat.

use super::states::KnownStates;
use nervering_models::adm::FittedAdm;
use nervering_prepare::Prepared;
use nervering_statistics::{quantile, spearman};

/// How far ahead, in seconds.
pub const AHEAD_S: usize = 30;

/// What the time to the next switch is told from. Each tells the median of what it takes for possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwitchTeller {
    /// The Markov chain over bins of phase and loop.
    Adm,
    /// The state decoded now, and a Markov chain over states.
    StatesAlone,
    /// What was left of a bout at the frames of the decoded state, in the animals trained on.
    Dwell,
    /// What was left of a bout at all frames, in the animals trained on.
    Constant,
}

impl SwitchTeller {
    /// All, [`SwitchTeller::Adm`] first.
    pub const ALL: [Self; 4] = [Self::Adm, Self::StatesAlone, Self::Dwell, Self::Constant];

    /// `adm`, `states alone`, `dwell of the state` or `constant`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Adm => "adm",
            Self::StatesAlone => "states alone",
            Self::Dwell => "dwell of the state",
            Self::Constant => "constant",
        }
    }
}

/// How well one teller tells the time to the next switch in one animal.
#[derive(Debug, Clone, PartialEq)]
pub struct SwitchTimes {
    /// The teller.
    pub teller: SwitchTeller,
    /// Frames of which the next switch is known.
    pub n_frames: usize,
    /// Mean absolute error in seconds, of times cut at [`AHEAD_S`]; `None` without a frame.
    pub error_s: Option<f64>,
    /// Spearman's correlation of told and true times; `None` where one of them never varies.
    pub correlation: Option<f64>,
}

/// Frames to the next switch at every frame of known state, at most `horizon` + 1; `None` where the state
/// is unknown, or the recording ends before it is known.
pub(super) fn frames_to_switch(labels: &[Option<u8>], horizon: usize) -> Vec<Option<usize>> {
    let mut left = vec![None; labels.len()];
    let mut next: Option<usize> = None;
    let mut current: Option<(usize, u8)> = None;
    for frame in (0..labels.len()).rev() {
        let Some(state) = labels[frame] else { continue };
        if let Some((first, of)) = current
            && of != state
        {
            next = Some(first);
        }
        current = Some((frame, state));
        left[frame] = match next {
            Some(switch) => Some((switch - frame).min(horizon + 1)),
            None if labels.len() - 1 - frame > horizon => Some(horizon + 1),
            None => None,
        };
    }
    left
}

/// What the animals trained on say of switches.
pub(super) struct KnownSwitches {
    horizon: usize,
    fps: f64,
    /// Frames to the next switch, by bin, in the order of [`SwitchTeller::ALL`].
    by_bin: [Vec<f64>; 4],
}

impl KnownSwitches {
    pub(super) fn new(
        fitted: &FittedAdm,
        known: &[&Prepared],
        states: &KnownStates,
        fps: f64,
    ) -> Self {
        let horizon = (AHEAD_S as f64 * fps).round() as usize;
        let n_states = known[0].coding.n_classes();
        let adm: Vec<f64> =
            fitted.bin_switches(horizon).chunks_exact(horizon + 1).map(median).collect();
        let (mut all, mut of_state) = (Vec::new(), vec![Vec::new(); n_states]);
        for animal in known {
            let left = frames_to_switch(&animal.labels, horizon);
            for (left, state) in left.iter().zip(&animal.labels) {
                if let (Some(left), Some(state)) = (left, state) {
                    all.push(*left as f64);
                    of_state[usize::from(*state)].push(*left as f64);
                }
            }
        }
        let constant = middle(&mut all).unwrap_or(horizon as f64 + 1.);
        let dwell: Vec<f64> =
            of_state.iter_mut().map(|left| middle(left).unwrap_or(constant)).collect();
        let alone = |state: usize| {
            let stays = states.transitions[state * n_states + state];
            let steps = (0.5f64.ln() / stays.ln()).ceil();
            steps.clamp(1., horizon as f64 + 1.)
        };
        let of_bins = |of: &dyn Fn(usize) -> f64| -> Vec<f64> {
            fitted.bin_states().iter().map(|&state| of(usize::from(state))).collect()
        };
        let by_bin = [adm, of_bins(&alone), of_bins(&|state| dwell[state]), of_bins(&|_| constant)];
        Self { horizon, fps, by_bin }
    }

    /// What is told of an animal whose frames lie in `bins`, beside the switches that came.
    pub(super) fn tell(&self, bins: &[usize], labels: &[Option<u8>]) -> Vec<SwitchTimes> {
        let truth = frames_to_switch(labels, self.horizon);
        let of_teller = |(teller, by_bin): (SwitchTeller, &Vec<f64>)| {
            let pairs = bins.iter().zip(&truth);
            let pairs = pairs.filter_map(|(&bin, truth)| Some((by_bin[bin], (*truth)? as f64)));
            let (told, truth): (Vec<f64>, Vec<f64>) = pairs.unzip();
            let errors = told.iter().zip(&truth).map(|(told, truth)| (told - truth).abs());
            let n_frames = told.len();
            let error_s = errors.sum::<f64>() / n_frames as f64 / self.fps;
            SwitchTimes {
                teller,
                n_frames,
                error_s: (n_frames > 0).then_some(error_s),
                correlation: spearman(&told, &truth),
            }
        };
        SwitchTeller::ALL.into_iter().zip(&self.by_bin).map(of_teller).collect()
    }
}

/// The first number of frames, from 1, by which half of the probability is spent.
fn median(row: &[f64]) -> f64 {
    let mut spent = 0.;
    let reached = row.iter().position(|p| {
        spent += p;
        spent >= 0.5
    });
    (reached.unwrap_or(row.len() - 1) + 1) as f64
}

/// The median; `None` of nothing.
fn middle(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    (!values.is_empty()).then(|| quantile(values, 0.5))
}
