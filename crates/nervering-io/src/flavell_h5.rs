//! The h5 files of the Flavell laboratory (Atanas et al. 2023, Dag et al. 2023).
//!
//! `gcamp/trace_array_original` is what is read, `gcamp/trace_array` (z-scored over the whole
//! recording) only where there is nothing else; both `[frame, neuron]`. Times in seconds stand in
//! `timing/timestamp_confocal`, movement in `behavior/velocity` and `behavior/reversal_vec`.
//! Neurons carry no names in these files, only their number.

use crate::assembly::{Assembly, Matrix, SQUARE, TimeAxis, time_axis};
use crate::error::IoError;
use crate::hdf5::{Hdf5, Node, is_hdf5};
use crate::limits::{MAX_FRAMES, MAX_NEURONS};
use crate::motion::Motion;
use crate::options::ReadOptions;
use crate::reader::{ReadOutcome, Reader};
use crate::warning::{Level, Warning};
use nervering_recording::NeuronLabel;
use std::path::Path;

const ORIGINAL: &str = "gcamp/trace_array_original";
const Z_SCORED: &str = "gcamp/trace_array";
const TIMES: &str = "timing/timestamp_confocal";
const REVERSALS: &str = "behavior/reversal_vec";
const VELOCITY: &str = "behavior/velocity";

/// Reads the h5 files of the Flavell laboratory.
pub struct FlavellH5;

impl Reader for FlavellH5 {
    fn name(&self) -> &'static str {
        "Flavell laboratory h5"
    }

    fn recognises(&self, head: &[u8]) -> bool {
        is_hdf5(head)
    }

    /// Traces below `gcamp`.
    fn confirms(&self, path: &Path) -> bool {
        let has_traces = |file: &Hdf5| -> Result<bool, IoError> {
            let root = file.root();
            Ok(root.find(ORIGINAL)?.is_some() || root.find(Z_SCORED)?.is_some())
        };
        Hdf5::open(path).and_then(|file| has_traces(&file)).unwrap_or(false)
    }

    fn read(&self, path: &Path, _options: &ReadOptions) -> Result<ReadOutcome, IoError> {
        let file = Hdf5::open(path)?;
        let root = file.root();
        let mut warnings = Vec::new();
        let name = crate::file_name(path);
        let mut warn = |level, kind, text: String| {
            warnings.push(Warning::new(level, kind, &*name, text));
        };
        let required = |field: &str| {
            let missing =
                || root.unexpected(format!("no {field}"), format!("{TIMES} and {ORIGINAL}"));
            root.find(field)?.ok_or_else(missing)
        };
        let times = required(TIMES)?;
        let seconds = read_vector(&times, None)?;
        let n_frames = seconds.len();
        let (traces, trace_field) = match root.find(ORIGINAL)? {
            Some(traces) => (traces, ORIGINAL),
            None => {
                let text = format!(
                    "there is no {ORIGINAL}, so {Z_SCORED} is read, which is z-scored over the whole recording: frames that a study tests on have shaped those that it trains on"
                );
                warn(Level::Doubtful, "z-scored", text);
                (required(Z_SCORED)?, Z_SCORED)
            }
        };
        let &[rows, columns] = traces.shape() else {
            return Err(traces.unexpected(traces.describe(), "a matrix of frames × neurons"));
        };
        traces.check_limit(rows.min(columns), "neurons", MAX_NEURONS)?;
        traces.check_limit(rows.max(columns), "frames", MAX_FRAMES)?;
        let (rows, columns) = (rows as usize, columns as usize);
        let axis = time_axis(rows, columns, n_frames, TimeAxis::Rows).ok_or_else(|| {
            traces.unexpected(
                traces.describe(),
                format!("one axis of {n_frames} frames, as in {TIMES}"),
            )
        })?;
        if rows == columns {
            warn(Level::Doubtful, "square-traces", SQUARE.to_owned());
        }
        let n_neurons = if axis == TimeAxis::Rows { columns } else { rows };
        let values = Matrix { columns, values: traces.numbers()? }.frame_major(axis);
        warn(
            Level::Advice,
            "no-neuron-names",
            "files of this kind do not name their neurons; they are numbered from 1".into(),
        );
        let mut motion = Motion::default();
        if let Some(vector) = root.find(REVERSALS)? {
            let marks = read_vector(&vector, Some(n_frames))?;
            motion.reversing = Some(marks.into_iter().map(|mark| mark > 0.).collect());
        }
        if let Some(vector) = root.find(VELOCITY)? {
            motion.velocity = Some(read_vector(&vector, Some(n_frames))?);
        }
        let states = motion.states().map(|(states, text)| {
            warn(Level::Advice, "states-from-motion", text);
            states
        });
        let assembly = Assembly {
            path,
            animal: path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
            place: traces.place().to_owned(),
            trace_field: trace_field.to_owned(),
            time_place: times.place().to_owned(),
            seconds,
            labels: (1..=n_neurons).map(|k| NeuronLabel::Unidentified(k.to_string())).collect(),
            traces: values,
            derivative: None,
            states,
        };
        let recording = assembly.into_recording(&mut warnings)?;
        Ok(ReadOutcome { recordings: vec![recording], warnings })
    }
}

/// A vector, perhaps of a given length.
fn read_vector(node: &Node<'_>, length: Option<usize>) -> Result<Vec<f64>, IoError> {
    let n_long = node.shape().iter().filter(|&&axis| axis != 1).count();
    let values = if n_long > 1 { Vec::new() } else { node.numbers()? };
    node.check_limit(values.len() as u64, "frames", MAX_FRAMES)?;
    if n_long > 1 || length.is_some_and(|length| length != values.len()) {
        let expected = match length {
            Some(length) => format!("a vector of {length} frames, as long as {TIMES}"),
            None => "a vector".into(),
        };
        return Err(node.unexpected(node.describe(), expected));
    }
    Ok(values)
}
