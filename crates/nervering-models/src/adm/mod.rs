//! Asymmetric Diffusion Map Modelling (Brennan & Proekt, *eLife* 2019;8:e46814), the paper's
//! reference 18: behaviour is decoded from where a worm is on loops that its brain goes round.
//!
//! 1. `embedding`: inputs and their derivatives, now and at ten delays, are a place in phase space.
//! 2. `transitions`: each place leads to its successor and to the successor's nearest neighbours,
//!    by a `distance` scaled by noise; the asymmetric diffusion map.
//! 3. `phase`: its first complex eigenvector gives each place a phase θ. `loops`: communities
//!    (`louvain`) of places with like futures and pasts give it a loop α.
//! 4. `chain`: a Markov chain over bins of θ and α. A bin has the majority state of its frames.
//!
//! A frame is decoded by the bin of its nearest place, whichever worm that was. Inputs are taken to be
//! traces *and* their derivatives, in any order, as studies prepare them.
//!
//! **What is learnt from what.** Frames without a label shape the manifold, and only labelled ones the
//! states of its bins. Scales come from the frames given to fit. A prediction uses the frame itself
//! and earlier ones, never a later one; that needs derivatives that do not look ahead either. The
//! first 50 frames of a stretch are decoded by as much history as they have.
//!
//! **Where we differ** from the published description and scripts is said at each constant; all
//! of it is smoothing and delays that look back only, what happens at the ends of recordings, several
//! recordings and missing labels, and that loops are found for blocks of frames. It is deterministic
//! and has no thread of its own; memory and time grow with the square of the number of frames.

mod chain;
mod distance;
mod embedding;
mod loops;
mod louvain;
mod phase;
mod transitions;

pub use chain::{Bin, BinChain, HORIZON, N_PHASE_BINS};

use crate::direct::{DirectDecoder, DirectModel, FitError, LabelledFrames, Prediction, stretches};
use chain::BinLabels;
use distance::{States, for_each_row};
use embedding::{HISTORY, Scaling, Trajectory};
use transitions::{MIN_APART, N_NEIGHBOURS};

/// The fewest places that have as many neighbours, far enough apart.
const MIN_STATES: usize = (N_NEIGHBOURS + 1) * MIN_APART;

/// Asymmetric Diffusion Map Modelling.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Adm;

/// A place on the manifold: a training frame with 50 frames of history and a successor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ManifoldPoint {
    /// The frame, counted over all that were given to fit.
    pub frame: usize,
    /// The first three diffusion coordinates, of no unit.
    pub coordinates: [f64; 3],
    /// Phase in radians, from −π to π; it grows with time.
    pub theta: f64,
    /// The loop.
    pub alpha: usize,
    /// The bin of θ and α, an index into [`BinChain::bins`].
    pub bin: usize,
}

/// The loops that training frames lie on.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifold {
    /// In order of frames.
    pub points: Vec<ManifoldPoint>,
    /// The chain over bins.
    pub chain: BinChain,
    /// The eigenvalue whose eigenvector is the phase: real and imaginary part. Its angle is the mean
    /// step of θ per frame.
    pub eigenvalue: (f64, f64),
    /// The power of the diffusion map at which a quarter of it is filled.
    pub power: usize,
}

impl Adm {
    /// Fits the manifold and the states of its bins.
    ///
    /// # Errors
    /// [`FitError`] when the stretches are not those of the frames, when there is no labelled frame,
    /// when fewer than 210 frames have their history before them, or when nothing goes round.
    pub fn fit_manifold(&self, frames: &LabelledFrames) -> Result<FittedAdm, FitError> {
        let failed = |reason| FitError::Library { decoder: "asymmetric diffusion map", reason };
        let n_frames = frames.labels.len();
        let runs = stretches(frames.runs, n_frames)?;
        let mut by_class = vec![0; frames.n_classes];
        frames.labels.iter().flatten().for_each(|&class| by_class[usize::from(class)] += 1);
        if by_class.iter().all(|&n| n == 0) {
            return Err(FitError::NoLabels { n_frames });
        }
        if frames.features.iter().any(|value| !value.is_finite()) {
            return Err(failed("found an input that is not finite".into()));
        }
        let (scaling, trajectory) = Trajectory::of_training(frames.features, frames.n_inputs, runs);
        let states = States::of(&trajectory);
        if states.len() < MIN_STATES {
            return Err(failed(format!(
                "found {} frames with {HISTORY} consecutive ones before and one after, expected at \
                 least {MIN_STATES}; give whole recordings, held-out frames without a label",
                states.len()
            )));
        }
        if trajectory.is_flat() {
            return Err(failed("found no input that varies".into()));
        }
        let transitions = transitions::transitions(&trajectory, &states);
        let phases = phase::phases(&transitions).map_err(failed)?;
        let power = transitions.filling_power(loops::FILLED);
        let alpha = loops::loops(&transitions, &states.runs(), power);
        let (chain, bin_of) = BinChain::new(&phases.theta, &alpha, &states.runs(), &transitions);

        let label = |(&frame, &bin): (&usize, &usize)| Some((bin, frames.labels[frame]?));
        let labelled = states.frames().iter().zip(&bin_of).filter_map(label);
        let labels = BinLabels::new(&chain.bins, labelled, &by_class);
        let point = |(state, &frame): (usize, &usize)| ManifoldPoint {
            frame,
            coordinates: phases.coordinates[state],
            theta: phases.theta[state],
            alpha: alpha[state],
            bin: bin_of[state],
        };
        let points = states.frames().iter().enumerate().map(point).collect();
        let manifold = Manifold { points, chain, eigenvalue: phases.eigenvalue, power };
        Ok(FittedAdm { scaling, trajectory, states, manifold, labels, n_classes: frames.n_classes })
    }
}

impl DirectModel for Adm {
    fn fit(&self, frames: &LabelledFrames) -> Result<Box<dyn DirectDecoder>, FitError> {
        Ok(Box::new(self.fit_manifold(frames)?))
    }
}

/// The manifold, and what is needed to find a frame's place on it.
pub struct FittedAdm {
    scaling: Scaling,
    /// The training frames.
    trajectory: Trajectory,
    states: States,
    manifold: Manifold,
    labels: BinLabels,
    n_classes: usize,
}

impl FittedAdm {
    /// The loops, to be drawn.
    pub fn manifold(&self) -> &Manifold {
        &self.manifold
    }

    /// The nearest place of each frame of `features`, `[frame, input]`, in stretches of `runs`
    /// frames: an index into [`Manifold::points`].
    ///
    /// # Panics
    /// When the stretches are not those of the frames.
    pub fn project(&self, features: &[f32], runs: &[usize]) -> Vec<usize> {
        let n_frames = features.len() / self.scaling.n_inputs();
        let runs = stretches(runs, n_frames).unwrap_or_else(|error| panic!("{error}"));
        let unseen = Trajectory::unseen(&self.scaling, features, runs);
        let mut nearest = Vec::with_capacity(n_frames);
        for_each_row(&unseen, &self.trajectory, &self.states, |_, distances| {
            let closer = |&a: &usize, &b: &usize| distances[a].total_cmp(&distances[b]);
            nearest.extend((0..distances.len()).min_by(closer));
        });
        nearest
    }

    /// The bin of each frame's nearest place. Arguments and panics are those of [`FittedAdm::project`].
    pub fn bins(&self, features: &[f32], runs: &[usize]) -> Vec<usize> {
        let bin = |place: usize| self.manifold.points[place].bin;
        self.project(features, runs).into_iter().map(bin).collect()
    }

    /// The state that each bin is decoded as.
    pub fn bin_states(&self) -> &[u8] {
        &self.labels.classes
    }

    /// Probabilities of the states of behaviour 0, 1, …, `n_ahead` frames after a frame of each bin, as the
    /// chain goes on from there: `[ahead, bin, state]`. Those of a bin itself are the smoothed
    /// frequencies of its labels.
    pub fn states_ahead(&self, n_ahead: usize) -> Vec<f64> {
        let now: Vec<f64> =
            self.labels.log_probabilities.iter().map(|&p| f64::from(p).exp()).collect();
        self.manifold.chain.ahead(&now, self.n_classes, n_ahead)
    }

    /// When the worm of a frame of each bin will switch to another state of behaviour, as bins are
    /// decoded: the probabilities of 1, 2, …, `horizon` frames ahead and, last, of later than that,
    /// row-major `[bin, horizon + 1]`.
    pub fn bin_switches(&self, horizon: usize) -> Vec<f64> {
        self.manifold.chain.time_to_switch(&self.labels.classes, horizon)
    }

    /// The same of each frame, up to [`HORIZON`] frames ahead: `[frame, HORIZON + 1]`. Arguments and
    /// panics are those of [`FittedAdm::project`].
    pub fn time_to_switch(&self, features: &[f32], runs: &[usize]) -> Vec<f64> {
        let by_bin = self.bin_switches(HORIZON);
        let of_bin = |bin: usize| by_bin[bin * (HORIZON + 1)..][..HORIZON + 1].iter().copied();
        self.bins(features, runs).into_iter().flat_map(of_bin).collect()
    }
}

impl DirectDecoder for FittedAdm {
    fn predict(&self, features: &[f32], runs: &[usize]) -> Prediction {
        let (mut classes, mut log_probabilities) = (Vec::new(), Vec::new());
        for place in self.project(features, runs) {
            let bin = self.manifold.points[place].bin;
            classes.push(self.labels.classes[bin]);
            let of_bin = &self.labels.log_probabilities[bin * self.n_classes..][..self.n_classes];
            log_probabilities.extend_from_slice(of_bin);
        }
        Prediction { classes, log_probabilities: Some(log_probabilities) }
    }
}
