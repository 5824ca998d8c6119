//! From the parts that a reader found to a recording: which axis is time, and what to do about a
//! pause in the middle.
//!
//! Freely moving animals are often recorded in two halves with a pause between them, and a
//! recording may have no gap. The longest part without a pause is kept and the reader warns: two
//! recordings of one animal would be counted as two animals, one of which could be trained on and
//! the other tested on.

use crate::error::IoError;
use crate::warning::{Level, Warning};
use nervering_recording::{
    Behavior, FileDerivative, NeuronLabel, Provenance, Recording, RecordingParts, TimeBase,
    TraceUnit, Traces,
};
use std::ops::Range;
use std::path::Path;

/// An interval above this many median intervals is a pause, as for [`TimeBase`].
const PAUSE: f64 = 2.5;

/// Everything about one animal, before it becomes a recording.
pub(crate) struct Assembly<'p> {
    pub path: &'p Path,
    pub animal: String,
    /// Place of the traces in the file.
    pub place: String,
    pub trace_field: String,
    /// What the traces are, where the file says so.
    pub unit: Option<TraceUnit>,
    /// Place of the times in the file.
    pub time_place: String,
    /// Seconds.
    pub seconds: Vec<f64>,
    pub labels: Vec<NeuronLabel>,
    /// Traces, row-major `[frame, neuron]`.
    pub traces: Vec<f64>,
    /// Derivatives in the same order with the field they stood in, perhaps a frame short.
    pub derivative: Option<(Vec<f64>, String)>,
    /// One state per frame.
    pub behavior: Option<Behavior>,
}

impl Assembly<'_> {
    /// Makes the recording.
    pub(crate) fn into_recording(
        mut self,
        warnings: &mut Vec<Warning>,
    ) -> Result<Recording, IoError> {
        let file = crate::file_name(self.path);
        let warning_place = format!("{file}, {}", self.place);
        let mut warn = |level, kind, text: String| {
            warnings.push(Warning::new(level, kind, &*warning_place, text));
        };
        let n_neurons = self.labels.len();
        let mut n_frames = self.seconds.len();
        if let Some((values, field)) = &self.derivative
            && values.len() == n_frames.saturating_sub(1) * n_neurons
        {
            n_frames -= 1;
            let text = format!(
                "{field} has one frame fewer than the traces; everything is cut to its {n_frames} frames"
            );
            warn(Level::Advice, "shorter-derivative", text);
            self.cut(0..n_frames);
        }
        let longest = longest_part(&self.seconds);
        if longest.len() < n_frames {
            let text = format!(
                "the recording pauses; of its {n_frames} frames the longest part without a pause is kept, frames {} to {} (from 1)",
                longest.start + 1,
                longest.end
            );
            warn(Level::Doubtful, "pause-cut", text);
            self.cut(longest);
            n_frames = self.seconds.len();
        }
        let unsound = |source| IoError::Traces {
            path: self.path.to_owned(),
            place: self.place.clone(),
            source: Box::new(source),
        };
        let time = TimeBase::new(self.seconds).map_err(|source| IoError::Time {
            path: self.path.to_owned(),
            place: self.time_place,
            source: Box::new(source),
        })?;
        let derivative = match self.derivative {
            Some((values, field)) => {
                let values = Traces::new(n_frames, n_neurons, values).map_err(unsound)?;
                Some(FileDerivative { values, field })
            }
            None => None,
        };
        let parts = RecordingParts {
            animal: self.animal,
            neurons: self.labels,
            traces: Traces::new(n_frames, n_neurons, self.traces).map_err(unsound)?,
            derivative,
            behavior: self.behavior,
            time,
            provenance: Provenance {
                source: file.clone(),
                place: self.place.clone(),
                trace_field: self.trace_field,
                unit: self.unit,
            },
        };
        Recording::new(parts).map_err(|source| IoError::Recording {
            path: self.path.to_owned(),
            place: self.place,
            source: Box::new(source),
        })
    }

    /// Keeps a range of frames of everything.
    fn cut(&mut self, frames: Range<usize>) {
        fn keep<T>(values: &mut Vec<T>, frames: &Range<usize>, width: usize) {
            values.truncate(frames.end * width);
            values.drain(..(frames.start * width).min(values.len()));
        }
        let n_neurons = self.labels.len();
        keep(&mut self.seconds, &frames, 1);
        keep(&mut self.traces, &frames, n_neurons);
        if let Some((values, _)) = &mut self.derivative {
            keep(values, &frames, n_neurons);
        }
        self.behavior = self.behavior.take().map(|behavior| behavior.cut(frames));
    }
}

/// The longest run of frames without a pause, the first of several. Times that do not increase are
/// left to [`TimeBase`], which says where.
fn longest_part(seconds: &[f64]) -> Range<usize> {
    let mut intervals: Vec<f64> = seconds.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if intervals.iter().any(|interval| !interval.is_finite() || *interval <= 0.) {
        return 0..seconds.len();
    }
    intervals.sort_by(f64::total_cmp);
    let Some(&median) = intervals.get(intervals.len() / 2) else {
        return 0..seconds.len();
    };
    let pauses = (1..seconds.len()).filter(|&k| seconds[k] - seconds[k - 1] > PAUSE * median);
    let mut longest = 0..0;
    let mut start = 0;
    for end in pauses.chain([seconds.len()]) {
        if end - start > longest.len() {
            longest = start..end;
        }
        start = end;
    }
    longest
}

/// A matrix as the file has it, row-major.
pub(crate) struct Matrix {
    pub columns: usize,
    pub values: Vec<f64>,
}

/// Which axis of a matrix is time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeAxis {
    Rows,
    Columns,
}

impl Matrix {
    /// The values in the order `[frame, neuron]`.
    pub(crate) fn frame_major(self, time: TimeAxis) -> Vec<f64> {
        match time {
            TimeAxis::Rows => self.values,
            TimeAxis::Columns => (0..self.columns)
                .flat_map(|column| self.values.iter().skip(column).step_by(self.columns).copied())
                .collect(),
        }
    }
}

/// The axis as long as the time vector; `usual` where both are, or nothing where none is.
pub(crate) fn time_axis(
    rows: usize,
    columns: usize,
    n_frames: usize,
    usual: TimeAxis,
) -> Option<TimeAxis> {
    match (rows == n_frames, columns == n_frames) {
        (true, true) => Some(usual),
        (true, false) => Some(TimeAxis::Rows),
        (false, true) => Some(TimeAxis::Columns),
        (false, false) => None,
    }
}

/// The warning that both axes are as long as the time vector.
pub(crate) const SQUARE: &str =
    "as many neurons as frames, so the time axis is taken to be the usual one of this format";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_part_without_a_pause_is_found() {
        assert_eq!(longest_part(&[0., 1., 2., 9., 10., 11., 12., 20.]), 3..7);
        assert_eq!(longest_part(&[0., 1., 2., 3.]), 0..4);
        assert_eq!(longest_part(&[0., 1., 1., 9.]), 0..4);
        assert_eq!(longest_part(&[3.]), 0..1);
        assert_eq!(longest_part(&[]), 0..0);
    }

    #[test]
    fn a_matrix_of_no_rows_has_no_values() {
        let nothing = Matrix { columns: 3, values: Vec::new() };
        assert_eq!(nothing.frame_major(TimeAxis::Columns), Vec::<f64>::new());
    }

    #[test]
    fn both_orientations_give_the_same_frames() {
        let by_frame = Matrix { columns: 2, values: vec![1., 2., 3., 4., 5., 6.] };
        let by_neuron = Matrix { columns: 3, values: vec![1., 3., 5., 2., 4., 6.] };
        assert_eq!(by_frame.frame_major(TimeAxis::Rows), by_neuron.frame_major(TimeAxis::Columns));
    }
}
