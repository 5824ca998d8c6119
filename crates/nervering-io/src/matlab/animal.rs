//! One worm: its fields, put together as a recording.

use super::derivative::{self, Derivative};
use super::fields::Animal;
use super::orientation::Orientation;
use super::words::file_name;
use super::{names, states};
use crate::error::IoError;
use crate::labels;
use crate::limits::{MAX_FRAMES, MAX_NEURONS};
use crate::mat::{Matrix, Value};
use crate::options::ReadOptions;
use crate::states::StateReader;
use crate::units::stated_unit;
use crate::warning::{Level, Warning};
use nervering_recording::{
    Behavior, FileDerivative, NeuronLabel, Provenance, Recording, RecordingParts, TimeBase, Traces,
};

/// A rate in the file and the one of its times may differ by this fraction.
const FPS_TOLERANCE: f64 = 0.02;
/// The content of a worm's fields, before it becomes a recording.
struct Content {
    animal: String,
    /// Seconds.
    times: Vec<f64>,
    /// Row-major `[frame, neuron]`.
    traces: Vec<f64>,
    neurons: Vec<NeuronLabel>,
    behavior: Option<Behavior>,
    derivative: Option<FileDerivative>,
}

/// Reads one worm and says what was noticed.
pub(super) fn read_animal(
    animal: &Animal<'_>,
    options: &ReadOptions,
    warnings: &mut Vec<Warning>,
) -> Result<Recording, IoError> {
    let source = file_name(animal.path);
    let place = animal.place.clone();
    let warning_place = format!("{source}, {place}");
    let mut warn = |level, kind, text: String| {
        warnings.push(Warning::new(level, kind, &*warning_place, text));
    };
    let content = read_content(animal, options, &mut warn)?;
    let n_neurons = content.neurons.len();
    let at = |value: &Value<'_>| (animal.path.to_owned(), value.place().to_owned());
    let time = TimeBase::new(content.times).map_err(|source| {
        let (path, place) = at(&animal.times);
        IoError::Time { path, place, source: Box::new(source) }
    })?;
    if let Some(fps) = &animal.fps {
        check_rate(fps, time.fps(), &mut warn);
    }
    let traces = Traces::new(time.n_frames(), n_neurons, content.traces).map_err(|source| {
        let (path, place) = at(&animal.traces);
        IoError::Traces { path, place, source: Box::new(source) }
    })?;
    let trace_field = animal.trace_field.to_owned();
    let parts = RecordingParts {
        animal: content.animal,
        neurons: content.neurons,
        traces,
        derivative: content.derivative,
        behavior: content.behavior,
        time,
        provenance: Provenance {
            source,
            place: place.clone(),
            unit: stated_unit(&trace_field),
            trace_field,
        },
    };
    Recording::new(parts).map_err(|source| {
        let path = animal.path.to_owned();
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
    animal: &Animal<'_>,
    options: &ReadOptions,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<Content, IoError> {
    let name = read_name(animal, warn)?;
    let times = read_times(&animal.times)?;
    let n_frames = times.len();
    let (matrix, orientation) = read_traces(&animal.traces, n_frames, warn)?;
    let traces = orientation.frame_major(matrix);
    let n_neurons = traces.len() / n_frames;
    let neurons = names::read_names(&animal.names, n_neurons, &options.names, warn)?;
    let behavior = match &animal.states {
        Some(states) => {
            let reader = StateReader::new(options);
            let read = states::read_states(states, n_frames, &reader, warn)?;
            read.map(|states| reader.behavior(states))
        }
        None => None,
    };
    let mut content = Content { animal: name, times, traces, neurons, behavior, derivative: None };
    if let Some(field) = &animal.derivative {
        let shape = derivative::Shape { n_frames, n_neurons, orientation };
        match derivative::read_derivative(field, shape) {
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
            self.behavior = self.behavior.take().map(|behavior| behavior.cut(0..n_frames));
        }
        self.derivative = Some(FileDerivative { values: derivative.values, field });
    }
}

fn read_name(
    animal: &Animal<'_>,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<String, IoError> {
    if let Some(name) = &animal.name {
        let name = labels::dataset_name(&name.text()?).to_owned();
        if !name.is_empty() {
            return Ok(name);
        }
    }
    let name = animal.unnamed.clone();
    let text = format!("the file does not name the animal; it is called {name} here");
    warn(Level::Advice, "unnamed-animal", text);
    Ok(name)
}

/// The times of one worm in seconds.
fn read_times(value: &Value<'_>) -> Result<Vec<f64>, IoError> {
    let (rows, columns) = value.dimensions()?;
    value.check_limit(rows.saturating_mul(columns), "frames", MAX_FRAMES)?;
    value.vector("a vector of times in seconds")
}

/// The traces of one worm, and which of their axes is time.
fn read_traces(
    value: &Value<'_>,
    n_frames: usize,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<(Matrix, Orientation), IoError> {
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
