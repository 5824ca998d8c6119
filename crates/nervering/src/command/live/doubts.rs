//! What is doubtful about a stream: [`Doubts`] looks at every frame before a model does, fills what is
//! missing from the frame before, and tells: at once, and of what comes again after ten, a hundred times and
//! so on.

use crate::output::talk;
use nervering::recording::NeuronName;
use std::collections::{BTreeMap, VecDeque};

/// Intervals between frames that count as usual.
const RECENT: usize = 31;
/// Frames before the rate of the stream is judged.
const JUDGED_AFTER: usize = 16;
/// So many times the usual interval are a gap.
const GAP: f64 = 1.75;

/// Something that is told of a frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Doubt {
    /// The line has no time.
    NoTime { line: usize, found: String },
    /// A trace is no number.
    NoNumber { line: usize, neuron: NeuronName, found: String },
    /// A trace is missing, and what it was in the frame before is taken.
    Missing { line: usize, neuron: NeuronName },
    /// A trace has been missing from the beginning on, so that the frame says nothing.
    NeverSeen { line: usize, neuron: NeuronName },
    /// The time is not after the one before it.
    Back { line: usize, seconds: f64, before: f64 },
    /// Frames are missing.
    Gap { line: usize, took: f64, usual: f64 },
    /// Frames come at another rate than in training.
    Rate { found: f64, trained: f64 },
    /// The model does not take the frame, or the line does not read.
    Refused { line: usize, reason: String },
}

impl Doubt {
    /// What counts as the same coming again.
    fn kind(&self) -> String {
        match self {
            Self::NoTime { .. } => "no time".to_owned(),
            Self::NoNumber { neuron, .. } => format!("{neuron} no number"),
            Self::Missing { neuron, .. } => format!("{neuron} missing"),
            Self::NeverSeen { neuron, .. } => format!("{neuron} never seen"),
            Self::Back { .. } => "back".to_owned(),
            Self::Gap { .. } => "gap".to_owned(),
            Self::Rate { .. } => "rate".to_owned(),
            Self::Refused { .. } => "refused".to_owned(),
        }
    }
}

impl std::fmt::Display for Doubt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoTime { line, found } => {
                write!(f, "line {line}: found no time but {found:?}; the line is left out")
            }
            Self::NoNumber { line, neuron, found } => {
                write!(
                    f,
                    "line {line}: found {found:?} for {neuron}, no number; the frame is left out"
                )
            }
            Self::Missing { line, neuron } => {
                write!(f, "line {line}: {neuron} is missing; its last value is taken")
            }
            Self::NeverSeen { line, neuron } => write!(
                f,
                "line {line}: {neuron} is missing and has not come yet; the frame is left out"
            ),
            Self::Back { line, seconds, before } => write!(
                f,
                "line {line}: the time goes back, from {before} s to {seconds} s; the frame is left out"
            ),
            Self::Gap { line, took, usual } => write!(
                f,
                "line {line}: a gap of {took:.2} s, where frames come every {usual:.2} s; it goes on as if \
                 none were missing"
            ),
            Self::Rate { found, trained } => write!(
                f,
                "{found:.2} frames per second, the model was trained at {trained:.2}: what is said is not \
                 sound; are the times in seconds?"
            ),
            Self::Refused { line, reason } => write!(f, "line {line}: {reason}; it is left out"),
        }
    }
}

/// What has been seen of a stream.
pub struct Doubts {
    trained_fps: f64,
    last: Option<(f64, Vec<f64>)>,
    recent: VecDeque<f64>,
    n_frames: usize,
    times: BTreeMap<String, usize>,
    say: fn(&str),
}

impl Doubts {
    /// Before the first frame, for a model trained at so many frames per second.
    pub fn new(trained_fps: f64) -> Self {
        let (recent, times) = (VecDeque::new(), BTreeMap::new());
        Self { trained_fps, last: None, recent, n_frames: 0, times, say: talk }
    }

    /// Tells, unless the same has just been told.
    pub fn tell(&mut self, doubt: &Doubt) {
        let times = self.times.entry(doubt.kind()).or_default();
        *times += 1;
        let is_round = times.ilog10() == 0 && *times == 1 || *times == 10usize.pow(times.ilog10());
        if is_round {
            let again = match *times {
                1 => String::new(),
                n => format!(" ({n} times so far)"),
            };
            (self.say)(&format!("warning: {doubt}{again}"));
        }
    }

    /// The traces of a frame as the model is to take them; `None` for one that it is not to take.
    pub fn looked_at(
        &mut self,
        line: usize,
        seconds: f64,
        traces: Vec<Option<f64>>,
        neurons: &[NeuronName],
    ) -> Option<Vec<f64>> {
        if let Some((before, _)) = self.last
            && seconds <= before
        {
            self.tell(&Doubt::Back { line, seconds, before });
            return None;
        }
        let mut filled = Vec::with_capacity(traces.len());
        let last = self.last.as_ref().map(|(_, traces)| traces.clone());
        for (k, (trace, neuron)) in traces.into_iter().zip(neurons).enumerate() {
            let held = last.as_ref().map(|last| last[k]);
            let neuron = || neuron.clone();
            match (trace, held) {
                (Some(trace), _) => filled.push(trace),
                (None, Some(held)) => {
                    self.tell(&Doubt::Missing { line, neuron: neuron() });
                    filled.push(held);
                }
                (None, None) => {
                    self.tell(&Doubt::NeverSeen { line, neuron: neuron() });
                    return None;
                }
            }
        }
        if let Some((before, _)) = self.last {
            self.interval(line, seconds - before);
        }
        self.n_frames += 1;
        self.last = Some((seconds, filled.clone()));
        Some(filled)
    }

    fn interval(&mut self, line: usize, took: f64) {
        let usual = self.usual().unwrap_or(1. / self.trained_fps);
        // At another rate every first interval would be one.
        let is_known = self.recent.len() >= JUDGED_AFTER / 2;
        let is_gap = took > GAP * usual && (is_known || took > GAP * 2. / self.trained_fps);
        match is_gap {
            true => self.tell(&Doubt::Gap { line, took, usual }),
            false => {
                self.recent.push_back(took);
                if self.recent.len() > RECENT {
                    self.recent.pop_front();
                }
            }
        }
        if self.n_frames == JUDGED_AFTER
            && let Some(usual) = self.usual()
        {
            let (found, trained) = (1. / usual, self.trained_fps);
            if found <= trained / 2. || found >= trained * 2. {
                self.tell(&Doubt::Rate { found, trained });
            }
        }
    }

    /// The middle one of the last intervals.
    fn usual(&self) -> Option<f64> {
        let mut sorted: Vec<f64> = self.recent.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubts() -> Doubts {
        Doubts { say: |_| {}, ..Doubts::new(3.) }
    }

    fn times(doubts: &Doubts, kind: &str) -> usize {
        doubts.times.get(kind).copied().unwrap_or(0)
    }

    #[test]
    fn gaps_missing_traces_and_times_that_go_back_are_told_and_the_stream_goes_on() {
        let neurons: Vec<NeuronName> = ["AVAL", "AVAR"].map(|name| name.parse().unwrap()).into();
        let mut doubts = doubts();
        let mut look = |line, seconds, traces: [Option<f64>; 2]| {
            doubts.looked_at(line, seconds, traces.into(), &neurons)
        };
        assert_eq!(look(2, 0., [None, Some(1.)]), None, "AVAL has not come yet");
        for k in 0..20 {
            assert!(look(3 + k, k as f64 / 3., [Some(1.), Some(2.)]).is_some());
        }
        assert_eq!(look(30, 9., [Some(3.), None]), Some(vec![3., 2.]), "after a gap, AVAR held");
        assert_eq!(look(31, 8., [Some(3.), Some(4.)]), None, "back");
        assert_eq!(look(32, 9.4, [Some(5.), Some(6.)]), Some(vec![5., 6.]));
        for kind in ["AVAL never seen", "AVAR missing", "back", "gap"] {
            assert_eq!(times(&doubts, kind), 1, "{kind}");
        }
        assert_eq!(times(&doubts, "rate"), 0);
    }

    #[test]
    fn another_rate_than_that_of_training_is_told_once() {
        let neurons: Vec<NeuronName> = vec!["AVAL".parse().unwrap()];
        let mut doubts = doubts();
        for k in 0..40 {
            // Milliseconds.
            doubts.looked_at(k, 333. * k as f64, vec![Some(0.)], &neurons);
        }
        assert_eq!(times(&doubts, "rate") + times(&doubts, "gap").min(1), 1);
    }
}
