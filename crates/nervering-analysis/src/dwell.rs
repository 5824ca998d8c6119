//! How long each state lasts and what follows it, per animal: what a decoder's dwell times and a
//! simulated animal are compared with.

use super::aligned::labels;
use super::error::AnalysisError;
use nervering_recording::{Recording, StateCoding};
use nervering_statistics::bouts::{bouts, frame_edges_s};

/// The states of one animal.
#[derive(Debug, Clone, PartialEq)]
pub struct Dwell {
    /// The animal.
    pub animal: String,
    /// One entry per state of the coding, in its order.
    pub states: Vec<StateDwell>,
    /// Transitions between neighbouring frames with known states, `transitions[from][to]`.
    pub transitions: Vec<Vec<usize>>,
}

/// One state of one animal.
#[derive(Debug, Clone, PartialEq)]
pub struct StateDwell {
    /// Its name.
    pub state: String,
    /// Frames in it.
    pub n_frames: usize,
    /// Its share of the frames with a known state, in [0, 1]; `None` when there are none.
    pub share: Option<f64>,
    /// Bouts, those that the recording's ends cut off included.
    pub n_bouts: usize,
    /// Lengths in seconds of the bouts that the recording's ends do not cut off, ascending.
    pub lengths_s: Vec<f64>,
}

impl StateDwell {
    /// Median length of complete bouts in seconds; `None` without one.
    pub fn median_s(&self) -> Option<f64> {
        let n = self.lengths_s.len();
        (n > 0).then(|| (self.lengths_s[(n - 1) / 2] + self.lengths_s[n / 2]) / 2.)
    }
}

/// Measures the bouts of a recording. A frame lasts until the next one.
///
/// # Errors
/// [`AnalysisError::NoBehavior`] for a recording without states.
pub fn dwell(recording: &Recording, coding: &StateCoding) -> Result<Dwell, AnalysisError> {
    let labels = labels(recording, coding)?;
    let edges_s = frame_edges_s(recording.time().seconds());
    let n_known = labels.iter().flatten().count();
    let all = bouts(&labels);
    let of_state = |(class, state): (usize, &&str)| {
        let bouts = || all.iter().filter(|bout| usize::from(bout.class) == class);
        let n_frames: usize = bouts().map(|bout| bout.end - bout.start).sum();
        let mut lengths_s: Vec<f64> = bouts()
            .filter(|bout| !bout.is_cut(labels.len()))
            .map(|bout| edges_s[bout.end] - edges_s[bout.start])
            .collect();
        lengths_s.sort_by(f64::total_cmp);
        let share = (n_known > 0).then(|| n_frames as f64 / n_known as f64);
        StateDwell {
            state: (*state).to_owned(),
            n_frames,
            share,
            n_bouts: bouts().count(),
            lengths_s,
        }
    };
    let states = coding.class_names().iter().enumerate().map(of_state).collect();
    let mut transitions = vec![vec![0; coding.n_classes()]; coding.n_classes()];
    for pair in all.windows(2).filter(|pair| pair[0].end == pair[1].start) {
        transitions[usize::from(pair[0].class)][usize::from(pair[1].class)] += 1;
    }
    Ok(Dwell { animal: recording.animal().to_owned(), states, transitions })
}

#[cfg(test)]
mod tests {
    use super::super::aligned::tests::{recording, states};
    use super::*;
    use nervering_recording::State;

    #[test]
    fn bouts_are_counted_and_complete_ones_measured() {
        use State::*;
        let states = states(&[
            (Forward, 4),
            (Reverse1, 2),
            (SustainedReverse, 4),
            (Unknown, 1),
            (Forward, 6),
            (VentralTurn, 2),
            (Slowing, 3),
            (Forward, 5),
            (Reverse2, 3),
        ]);
        let worm = recording("a", &["AVAL"], &states, |t, _| t as f64);
        let found = dwell(&worm, &StateCoding::Four).unwrap();
        let counts: Vec<_> = found.states.iter().map(|s| (s.n_frames, s.n_bouts)).collect();
        assert_eq!(counts, [(9, 2), (18, 3), (0, 0), (2, 1)]);
        // Half a second per frame; the first and the last bout are cut off.
        assert_eq!(found.states[0].lengths_s, [3.]);
        assert_eq!(found.states[1].lengths_s, [3., 4.]);
        assert_eq!(found.states[1].median_s(), Some(3.5));
        assert_eq!(found.states[2].median_s(), None);
        assert_eq!(found.states[3].share, Some(2. / 29.));
        let expected = [[0, 0, 0, 0], [2, 0, 0, 1], [0; 4], [0, 1, 0, 0]];
        assert_eq!(found.transitions, expected);
    }
}
