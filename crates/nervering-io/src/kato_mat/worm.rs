//! One worm: its entry of every field, put together as a recording.

use super::derivative::{self, Derivative};
use super::fields::Fields;
use super::{file_name, labels, states};
use crate::error::IoError;
use crate::limits::{MAX_FRAMES, MAX_NEURONS};
use crate::mat73::{Matrix, Value};
use crate::warning::{Level, Warning};
use nervering_recording::{
    Behavior, FileDerivative, NeuronLabel, Provenance, Recording, RecordingParts, State, TimeBase,
    Traces,
};

/// A rate in the file and the one of its times may differ by this fraction.
const FPS_TOLERANCE: f64 = 0.02;

/// Which axis of a matrix, as HDF5 has it, is time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Orientation {
    /// `[neuron, frame]`, as in the published file.
    NeuronByFrame,
    /// `[frame, neuron]`.
    FrameByNeuron,
}

/// The content of a worm's fields, before it becomes a recording.
struct Content {
    animal: String,
    /// Seconds.
    times: Vec<f64>,
    /// Row-major `[frame, neuron]`.
    traces: Vec<f64>,
    neurons: Vec<NeuronLabel>,
    states: Option<Vec<State>>,
    derivative: Option<FileDerivative>,
}

/// Reads the worm at an index (from 0) and says what was noticed.
pub(super) fn read_worm(
    fields: &Fields<'_>,
    worm: usize,
    warnings: &mut Vec<Warning>,
) -> Result<Recording, IoError> {
    let source = file_name(fields.file.path());
    let place = format!("{}, worm {}", fields.root.place(), worm + 1);
    let warning_place = format!("{source}, {place}");
    let mut warn = |level, kind, text: String| {
        warnings.push(Warning::new(level, kind, &*warning_place, text));
    };
    let content = read_content(fields, worm, &mut warn)?;
    let n_neurons = content.neurons.len();
    let at = |value: &Value<'_>| (fields.file.path().to_owned(), value.place().to_owned());
    let time = TimeBase::new(content.times).map_err(|source| {
        let (path, place) = at(&fields.times[worm]);
        IoError::Time { path, place, source: Box::new(source) }
    })?;
    if let Some(fps) = &fields.fps {
        check_rate(&fps[worm], time.fps(), &mut warn);
    }
    let traces = Traces::new(time.n_frames(), n_neurons, content.traces).map_err(|source| {
        let (path, place) = at(&fields.traces[worm]);
        IoError::Traces { path, place, source: Box::new(source) }
    })?;
    let trace_field = fields.trace_field.to_owned();
    let parts = RecordingParts {
        animal: content.animal,
        neurons: content.neurons,
        traces,
        derivative: content.derivative,
        behavior: content.states.map(Behavior::new),
        time,
        provenance: Provenance { source, place: place.clone(), trace_field },
    };
    Recording::new(parts).map_err(|source| {
        let path = fields.file.path().to_owned();
        IoError::Recording { path, place, source: Box::new(source) }
    })
}

/// The stated rate is not used, so one that is wrong or does not read refuses nothing.
fn check_rate(
    stated: &Value<'_>,
    of_times: f64,
    warn: &mut impl FnMut(Level, &'static str, String),
) {
    let text = match stated.matrix() {
        Ok(stated) if (stated.values[0] / of_times - 1.).abs() <= FPS_TOLERANCE => return,
        Ok(stated) => format!("the file states {} frames per second", stated.values[0]),
        Err(error) => format!("the stated frames per second do not read ({})", error.chain()),
    };
    let text = format!("{text}, its times give {of_times:.4}; the times are used");
    warn(Level::Doubtful, "rate-mismatch", text);
}

fn read_content(
    fields: &Fields<'_>,
    worm: usize,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<Content, IoError> {
    let animal = read_animal(fields, worm, warn)?;
    let times = read_times(fields, worm)?;
    let n_frames = times.len();
    let (matrix, orientation) = read_traces(fields, worm, n_frames, warn)?;
    let traces = orientation.frame_major(matrix);
    let n_neurons = traces.len() / n_frames;
    let neurons = labels::read_labels(&fields.names[worm], n_neurons)?;
    let states = match &fields.states {
        Some(states) => {
            let key =
                states::Key { field: fields.states_key.as_ref(), worm, n_worms: fields.n_worms };
            Some(states::read_states(&states[worm], key, n_frames, warn)?)
        }
        None => None,
    };
    let mut content = Content { animal, times, traces, neurons, states, derivative: None };
    if let Some(field) = &fields.derivative {
        let shape = derivative::Shape { n_frames, n_neurons, orientation };
        match derivative::read_derivative(field, worm, fields.n_worms, shape) {
            Ok(derivative) => content.add_derivative(derivative, warn),
            Err(reason) => {
                let text = format!("the file's derivative is not used: {reason}");
                warn(Level::Doubtful, "derivative-not-used", text);
            }
        }
    }
    Ok(content)
}

impl Content {
    /// Adds the derivative; one with a frame fewer cuts everything to its length.
    fn add_derivative(
        &mut self,
        derivative: Derivative,
        warn: &mut impl FnMut(Level, &'static str, String),
    ) {
        let (field, n_frames) = (derivative.field, derivative.n_frames);
        if n_frames < self.times.len() {
            let text = format!(
                "{field} has one frame fewer than the traces; traces, states and times are cut to its {n_frames} frames"
            );
            warn(Level::Advice, "shorter-derivative", text);
            self.times.truncate(n_frames);
            self.traces.truncate(n_frames * self.neurons.len());
            if let Some(states) = &mut self.states {
                states.truncate(n_frames);
            }
        }
        self.derivative = Some(FileDerivative { values: derivative.values, field });
    }
}

fn read_animal(
    fields: &Fields<'_>,
    worm: usize,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<String, IoError> {
    if let Some(animals) = &fields.animals {
        let animal = animals[worm].text()?.trim().to_owned();
        if !animal.is_empty() {
            return Ok(animal);
        }
    }
    let animal = format!("worm{}", worm + 1);
    let text = format!("the file does not name the animal; it is called {animal} here");
    warn(Level::Advice, "unnamed-animal", text);
    Ok(animal)
}

/// The times of one worm in seconds.
fn read_times(fields: &Fields<'_>, worm: usize) -> Result<Vec<f64>, IoError> {
    let value = &fields.times[worm];
    let (rows, columns) = value.dimensions()?;
    if rows != 1 && columns != 1 {
        return Err(value.unexpected(value.describe(), "a vector of times in seconds"));
    }
    value.check_limit(rows.saturating_mul(columns), "frames", MAX_FRAMES)?;
    Ok(value.matrix()?.values)
}

/// The traces of one worm, and which of their axes is time.
fn read_traces(
    fields: &Fields<'_>,
    worm: usize,
    n_frames: usize,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<(Matrix, Orientation), IoError> {
    let value = &fields.traces[worm];
    let (rows, columns) = value.dimensions()?;
    let is_time = |length: u64| length == n_frames as u64;
    let (orientation, n_neurons) = match (is_time(columns), is_time(rows)) {
        (true, true) => {
            let text = format!(
                "as many neurons as frames ({n_frames}), so the time axis is taken to be the one of the published file"
            );
            warn(Level::Doubtful, "square-traces", text);
            (Orientation::NeuronByFrame, rows)
        }
        (true, false) => (Orientation::NeuronByFrame, rows),
        (false, true) => (Orientation::FrameByNeuron, columns),
        (false, false) => {
            return Err(value.unexpected(
                value.describe(),
                format!("one axis of {n_frames} frames, as in the time vector"),
            ));
        }
    };
    value.check_limit(n_neurons, "neurons", MAX_NEURONS)?;
    Ok((value.matrix()?, orientation))
}

impl Orientation {
    /// The values in the order `[frame, neuron]`.
    pub(super) fn frame_major(self, matrix: Matrix) -> Vec<f64> {
        if self == Self::FrameByNeuron {
            return matrix.values;
        }
        let Matrix { rows, columns, values } = matrix;
        (0..columns)
            .flat_map(|column| (0..rows).map(move |row| (row, column)))
            .map(|(row, column)| values[row * columns + column])
            .collect()
    }
}
