//! The motor-command sequence: a semi-Markov cycle forward → reversal → turn → forward.
//!
//! Transition counts and dwell times are those of the partial recordings of Kato et al. (five
//! worms, 286 complete bouts); the dwell times of SLOW and FWD are chosen such that state
//! fractions, number of transitions and median bout are those of the whole recordings (FACTS
//! section 1). The order of a reversal is fixed (REV1 or REV2, REVSUS, VT or DT); forward bouts
//! alternate between SLOW and FWD. Each animal has its own tendencies.

use nervering_recording::State;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, LogNormal};

/// One bout: a state and how long it lasts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bout {
    pub(crate) state: State,
    pub(crate) n_frames: usize,
}

impl Bout {
    /// Progress through the bout at its frame `k`, in (0, 1).
    pub(crate) fn phase(self, k: usize) -> f64 {
        (k as f64 + 0.5) / self.n_frames as f64
    }
}

/// What an animal tends to do.
struct Tendencies {
    /// Probability that a reversal begins with REV1 and not REV2; 34 of 60 in the data.
    rev1: f64,
    /// Probability of a ventral turn; 44 of 60.
    ventral: f64,
    /// Probability that SLOW speeds up to FWD rather than reverses; 21 of 76.
    speed_up: f64,
    /// Factor on the time spent forward.
    forward: f64,
}

impl Tendencies {
    fn draw(rng: &mut impl Rng) -> Self {
        Self {
            rev1: rng.random_range(0.35..0.65),
            ventral: rng.random_range(0.5..0.8),
            speed_up: rng.random_range(0.15..0.45),
            forward: rng.random_range(0.85..1.15),
        }
    }

    fn after(&self, state: State, rng: &mut impl Rng) -> State {
        use State::*;
        let either = |rng: &mut _, p, yes, no| if RngExt::random_bool(rng, p) { yes } else { no };
        match state {
            Slowing if rng.random_bool(self.speed_up) => Forward,
            // FWD slows down in 28 of 33 transitions.
            Forward if rng.random_bool(0.85) => Slowing,
            Slowing | Forward => either(rng, self.rev1, Reverse1, Reverse2),
            Reverse1 | Reverse2 => SustainedReverse,
            SustainedReverse => either(rng, self.ventral, VentralTurn, DorsalTurn),
            // DT is followed by FWD in 6 of 16 cases, VT in 5 of 45.
            DorsalTurn => either(rng, 0.375, Forward, Slowing),
            VentralTurn => either(rng, 0.11, Forward, Slowing),
            Reverse | Turn | Quiescence | Own(_) | Unknown => Slowing,
        }
    }

    /// Seconds in a state: log-normal, with median and spread (of the logarithm) per state.
    fn dwell(&self, state: State, rng: &mut impl Rng) -> f64 {
        use State::*;
        let (median, spread) = match state {
            Forward => (4.5 * self.forward, 0.9),
            Slowing => (6.5 * self.forward, 1.1),
            DorsalTurn | VentralTurn => (6.9, 0.3),
            Reverse1 => (3.2, 0.25),
            Reverse2 => (3.5, 0.3),
            _ => (13.5, 0.5),
        };
        let distribution = LogNormal::new(f64::ln(median), spread);
        distribution.expect("the spreads are positive numbers").sample(rng)
    }
}

/// Bouts that together last exactly `n_frames`; the first and the last are cut, as by a recording
/// that begins and ends anywhere.
pub(crate) fn simulate_bouts(n_frames: usize, fps: f64, rng: &mut impl Rng) -> Vec<Bout> {
    let tendencies = Tendencies::draw(rng);
    // The cycle runs for some seconds first, so that a recording may begin in any state.
    let mut lead = (rng.random_range(20.0..80.) * fps) as usize;
    let mut state = State::Slowing;
    let (mut bouts, mut covered) = (Vec::new(), 0);
    while covered < n_frames {
        let dwell = (tendencies.dwell(state, rng) * fps).round().max(1.) as usize;
        let before = dwell.min(lead);
        lead -= before;
        let kept = (dwell - before).min(n_frames - covered);
        if kept > 0 {
            bouts.push(Bout { state, n_frames: kept });
            covered += kept;
        }
        state = tendencies.after(state, rng);
    }
    bouts
}

/// The labels of the bouts, with a few frames at both ends unlabelled: .006 to .025 of all frames
/// carry no state in the five worms.
pub(crate) fn labels(bouts: &[Bout], rng: &mut impl Rng) -> Vec<State> {
    let mut states: Vec<_> =
        bouts.iter().flat_map(|bout| std::iter::repeat_n(bout.state, bout.n_frames)).collect();
    let n_frames = states.len() as f64;
    let mut margin = || (rng.random_range(0.003..0.009) * n_frames).round() as usize;
    let (head, tail) = (margin(), margin());
    let end = states.len() - tail;
    states[..head].fill(State::Unknown);
    states[end..].fill(State::Unknown);
    states
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::{Purpose, stream};

    fn bouts(animal: usize) -> Vec<Bout> {
        simulate_bouts(3000, 2.9, &mut stream(5, animal, Purpose::Behavior))
    }

    #[test]
    fn bouts_fill_the_recording_and_follow_the_cycle() {
        use State::*;
        for animal in 0..20 {
            let bouts = bouts(animal);
            assert_eq!(bouts.iter().map(|bout| bout.n_frames).sum::<usize>(), 3000);
            for pair in bouts.windows(2) {
                let follows = match pair[0].state {
                    Forward => &[Slowing, Reverse1, Reverse2][..],
                    Slowing => &[Forward, Reverse1, Reverse2],
                    Reverse1 | Reverse2 => &[SustainedReverse],
                    SustainedReverse => &[VentralTurn, DorsalTurn],
                    _ => &[Forward, Slowing],
                };
                assert!(follows.contains(&pair[1].state), "{pair:?}");
            }
        }
    }

    #[test]
    fn a_recording_may_begin_in_any_part_of_the_cycle() {
        let mut first: Vec<_> = (0..200).map(|animal| bouts(animal)[0].state).collect();
        first.sort();
        first.dedup();
        assert_eq!(first.len(), 7, "{first:?}");
    }

    #[test]
    fn phases_run_from_0_to_1_inside_a_bout() {
        let bout = Bout { state: State::Forward, n_frames: 4 };
        assert_eq!([0, 1, 2, 3].map(|k| bout.phase(k)), [0.125, 0.375, 0.625, 0.875]);
    }

    #[test]
    fn labels_are_unknown_only_at_the_ends() {
        let bouts = bouts(0);
        let states = labels(&bouts, &mut stream(5, 0, Purpose::Behavior));
        let known: Vec<_> = (0..3000).filter(|&t| states[t] != State::Unknown).collect();
        assert_eq!(known.len(), known[known.len() - 1] - known[0] + 1);
        assert!((0.006..=0.018).contains(&(1. - known.len() as f64 / 3000.)));
    }
}
