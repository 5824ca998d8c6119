//! A recording at another frame rate: for models that were trained at one.
//!
//! New frames stand at equal distances from the first frame on. Where they are closer than the old ones,
//! values are interpolated linearly; where they are further apart, each is the mean of the interpolated
//! trace over its own interval, half of it before the frame and half after, so that what is faster than
//! the new rate can follow does not fold back. That half interval looks ahead.

use crate::{
    Behavior, FileDerivative, Recording, RecordingError, RecordingParts, TimeBase, TimeError,
    Traces, TracesError,
};

/// Parts of a new interval at which the old trace is looked at.
const SAMPLES: usize = 16;
/// How many times the frames may become.
const MOST_FACTOR: f64 = 20.;

/// Why a recording cannot be brought to another rate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResampleError {
    /// Rates that are too far apart for the times to be in seconds.
    #[error(
        "animal {animal:?}: {found:.3} frames per second cannot be brought to {wanted:.3}, {MOST_FACTOR} times apart or more; are the times in seconds?"
    )]
    TooFar {
        /// The animal.
        animal: String,
        /// Its rate.
        found: f64,
        /// The rate asked for.
        wanted: f64,
    },
    /// Too short a recording to have two frames at the new rate.
    #[error(transparent)]
    Time(#[from] TimeError),
    /// Values that overflow.
    #[error(transparent)]
    Traces(#[from] TracesError),
    /// Parts that do not fit together.
    #[error(transparent)]
    Recording(#[from] RecordingError),
}

/// A recording at another rate, and where its frames came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Resampled {
    /// The recording.
    pub recording: Recording,
    /// For each frame of the original, the nearest new one.
    pub nearest: Vec<usize>,
}

impl Recording {
    /// The recording at `fps` frames per second. States are those of the nearest old frame; a value is
    /// missing where an old one that it rests on is.
    ///
    /// # Errors
    /// [`ResampleError`] for a rate 20 times the recording's or more, or a twentieth or less.
    pub fn resampled(&self, fps: f64) -> Result<Resampled, ResampleError> {
        let time = self.time();
        let factor = fps / time.fps();
        if !(factor > 1. / MOST_FACTOR && factor < MOST_FACTOR) {
            let (animal, found) = (self.animal().to_owned(), time.fps());
            return Err(ResampleError::TooFar { animal, found, wanted: fps });
        }
        let old = time.seconds();
        let (first, last) = (old[0], old[old.len() - 1]);
        // The last frame is kept where the new times meet it but for rounding.
        let n_frames = ((last - first) * fps + 1e-9).floor() as usize + 1;
        let new = TimeBase::regular(n_frames, fps, first)?;
        let offsets: Vec<f64> = match factor < 1. {
            true => (0..SAMPLES).map(|k| ((k as f64 + 0.5) / SAMPLES as f64 - 0.5) / fps).collect(),
            false => vec![0.],
        };
        let matrix = |traces: &Traces| {
            let mut values = Vec::with_capacity(n_frames * traces.n_neurons());
            for &at in new.seconds() {
                let places: Vec<(usize, f64)> =
                    offsets.iter().map(|offset| place(old, at + offset)).collect();
                for neuron in 0..traces.n_neurons() {
                    let value = |&(k, part): &(usize, f64)| {
                        let of = |frame: usize| traces.frame(frame)[neuron];
                        if part == 0. { of(k) } else { (1. - part) * of(k) + part * of(k + 1) }
                    };
                    let sum: f64 = places.iter().map(value).sum();
                    values.push(sum / places.len() as f64);
                }
            }
            Traces::new(n_frames, traces.n_neurons(), values)
        };
        let nearest_old = nearest(old, new.seconds());
        let behavior = self.behavior().map(|behavior| behavior.at_frames(&nearest_old));
        let derivative = match self.file_derivative() {
            Some(own) => {
                Some(FileDerivative { values: matrix(&own.values)?, field: own.field.clone() })
            }
            None => None,
        };
        let parts = RecordingParts {
            traces: matrix(self.traces())?,
            derivative,
            behavior,
            time: new,
            ..self.clone().into_parts()
        };
        let recording = Recording::new(parts)?;
        let nearest = nearest(recording.time().seconds(), old);
        Ok(Resampled { recording, nearest })
    }
}

impl Behavior {
    /// The behaviour of some frames, in their order.
    fn at_frames(&self, frames: &[usize]) -> Self {
        Self::new(frames.iter().map(|&frame| self.states()[frame]).collect())
    }
}

/// The frame at or before a time, and the part of the way to the next; the ends outside.
fn place(seconds: &[f64], at: f64) -> (usize, f64) {
    let after = seconds.partition_point(|&time| time <= at);
    match after {
        0 => (0, 0.),
        n if n == seconds.len() => (n - 1, 0.),
        k => (k - 1, (at - seconds[k - 1]) / (seconds[k] - seconds[k - 1])),
    }
}

/// For each of `times`, the frame of `seconds` that is nearest, the earlier of two.
fn nearest(seconds: &[f64], times: &[f64]) -> Vec<usize> {
    let of_time = |&at: &f64| {
        let (k, part) = place(seconds, at);
        if part > 0.5 { k + 1 } else { k }
    };
    times.iter().map(of_time).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NeuronLabel, Provenance, State};

    fn recording(n_frames: usize, fps: f64, value: impl Fn(f64) -> f64) -> Recording {
        let time = TimeBase::regular(n_frames, fps, 5.).unwrap();
        let values: Vec<f64> = time.seconds().iter().map(|&t| value(t)).collect();
        let state = |t: &f64| if *t < 10. { State::Forward } else { State::Reverse1 };
        let parts = RecordingParts {
            animal: "a".into(),
            neurons: vec![NeuronLabel::from_text("AVAL")],
            traces: Traces::new(n_frames, 1, values).unwrap(),
            derivative: None,
            behavior: Some(Behavior::new(time.seconds().iter().map(state).collect())),
            time,
            provenance: Provenance::default(),
        };
        Recording::new(parts).unwrap()
    }

    #[test]
    fn a_straight_line_stays_one_at_any_rate() {
        for fps in [1.1, 2., 3., 7.5] {
            let Resampled { recording, nearest } =
                recording(61, 3., |t| 2. * t).resampled(fps).unwrap();
            let seconds = recording.time().seconds();
            assert!((recording.time().fps() - fps).abs() < 1e-9);
            assert_eq!(seconds[0], 5.);
            // At the ends of a coarser recording there is no half interval to take the mean over.
            let inner = 1..seconds.len() - 1;
            for k in inner {
                assert!((recording.traces().frame(k)[0] - 2. * seconds[k]).abs() < 1e-9, "{fps}");
            }
            let states = recording.behavior().unwrap().states();
            for (k, &state) in states.iter().enumerate().filter(|(k, _)| seconds[*k] < 9.7) {
                assert_eq!(state, State::Forward, "frame {k}");
            }
            assert_eq!((nearest.len(), nearest[0]), (61, 0));
            assert!(nearest.is_sorted() && *nearest.last().unwrap() < seconds.len());
        }
    }

    #[test]
    fn the_same_rate_gives_the_same_values() {
        let original = recording(50, 2., |t| (1.3 * t).sin());
        let Resampled { recording, nearest } = original.resampled(2.).unwrap();
        assert_eq!(recording, original);
        assert_eq!(nearest, (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn what_the_new_rate_cannot_follow_is_averaged_away() {
        // Four swings per new frame: picking single frames would keep their full height.
        let fast = recording(1500, 15., |t| (8. * std::f64::consts::PI * t).sin());
        let slow = fast.resampled(1.).unwrap().recording;
        let inner = 1..slow.n_frames() - 1;
        for k in inner {
            assert!(slow.traces().frame(k)[0].abs() < 0.05, "{}", slow.traces().frame(k)[0]);
        }
    }

    #[test]
    fn a_missing_value_is_missing_where_it_enters() {
        let holed = recording(31, 3., |t| if (t - 8.).abs() < 0.01 { f64::NAN } else { 1. });
        let fine = holed.resampled(6.).unwrap().recording;
        let missing: Vec<usize> =
            (0..fine.n_frames()).filter(|&k| fine.traces().frame(k)[0].is_nan()).collect();
        assert_eq!(missing, [17, 18, 19]);
    }

    #[test]
    fn milliseconds_taken_for_seconds_are_refused() {
        let error = recording(50, 0.003, |t| t).resampled(3.).unwrap_err();
        assert!(error.to_string().contains("are the times in seconds?"), "{error}");
    }
}
