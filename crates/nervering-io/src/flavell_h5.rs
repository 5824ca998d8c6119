//! The h5 files of the Flavell laboratory (Atanas et al. 2023, Dag et al. 2023).
//!
//! `gcamp/trace_array_original` is what is read, `gcamp/trace_array` (z-scored over the whole
//! recording) only where there is nothing else or it is asked for; both `[frame, neuron]`. Times in seconds stand in
//! `timing/timestamp_confocal`, movement in `behavior/velocity` and `behavior/reversal_vec`.
//! Neurons carry no names in these files, only their number.

use crate::assembly::{Assembly, Matrix, SQUARE, TimeAxis, time_axis};
use crate::error::IoError;
use crate::hdf5::{Hdf5, Node, is_hdf5};
use crate::limits::{MAX_FRAMES, MAX_NEURONS};
use crate::motion::Motion;
use crate::options::ReadOptions;
use crate::outcome::ReadOutcome;
use crate::reader::Reader;
use crate::series::{Candidate, Carries, Choice, choose, z_scored};
use crate::units::stated_unit;
use crate::warning::{Level, Warning};
use nervering_recording::{Behavior, NeuronLabel};
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
    fn confirms(&self, path: &Path) -> Result<bool, IoError> {
        let is_there = |root: &Node<'_>, field| match root.find(field) {
            Ok(found) => found.is_some(),
            // It is there and does not open, which reading will tell.
            Err(_) => true,
        };
        Hdf5::is(path, |file| {
            let root = file.root();
            is_there(&root, ORIGINAL) || is_there(&root, Z_SCORED)
        })
    }

    fn read(&self, path: &Path, options: &ReadOptions) -> Result<ReadOutcome, IoError> {
        Hdf5::read(path, |file| Self::read_open(file, path, options))
    }
}

impl FlavellH5 {
    fn read_open(file: &Hdf5, path: &Path, options: &ReadOptions) -> Result<ReadOutcome, IoError> {
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
        let mut seconds = read_vector(&times, None)?;
        let mut candidates = Vec::new();
        for (field, carries) in [(ORIGINAL, Carries::Ratio), (Z_SCORED, Carries::ZScored)] {
            match root.find(field) {
                Ok(Some(traces)) => {
                    let place = field.to_owned();
                    candidates.push(Candidate { place, carries, item: (traces, field) });
                }
                Ok(None) => {}
                Err(error) if candidates.is_empty() => return Err(error),
                Err(error) => warn(Level::Doubtful, "series-not-opened", error.chain()),
            }
        }
        let choice = choose(path, candidates, options.series.as_deref(), &mut warn)?;
        let Some(Choice { item: (traces, trace_field), carries, listed, .. }) = choice else {
            return Err(root.unexpected(format!("no {ORIGINAL}"), "traces"));
        };
        if carries == Carries::ZScored {
            warn(Level::Doubtful, "z-scored", z_scored(Z_SCORED));
        }
        let &[rows, columns] = traces.shape() else {
            return Err(traces.unexpected(traces.describe(), "a matrix of frames × neurons"));
        };
        traces.check_limit(rows.min(columns), "neurons", MAX_NEURONS)?;
        traces.check_limit(rows.max(columns), "frames", MAX_FRAMES)?;
        let (rows, columns) = (rows as usize, columns as usize);
        let behavior = [REVERSALS, VELOCITY].map(|field| root.find(field));
        let [reversals, velocity] = behavior;
        let (reversals, velocity) = (reversals?, velocity?);
        let recorded: Vec<u64> =
            [&reversals, &velocity].into_iter().flatten().map(Node::n_elements).collect();
        if longer_clock(seconds.len() as u64, traces.shape(), &recorded) {
            let text = format!(
                "{TIMES} has {} times, traces and behavior have {rows} frames; the first {rows} times are taken for theirs, which the file does not say",
                seconds.len()
            );
            warn(Level::Doubtful, "longer-clock", text);
            seconds.truncate(rows);
        }
        let n_frames = seconds.len();
        let axis = time_axis(rows, columns, n_frames, TimeAxis::Rows).ok_or_else(|| {
            traces.unexpected(
                traces.describe(),
                format!(
                    "one axis of {n_frames} frames, as in {TIMES}; where it is not told which times belong to the frames, write {TIMES} again with those alone, with h5py"
                ),
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
        if let Some(vector) = reversals {
            let marks = read_vector(&vector, Some(n_frames))?;
            motion.reversing = Some(marks.into_iter().map(|mark| mark > 0.).collect());
        }
        if let Some(vector) = velocity {
            motion.velocity = Some(read_vector(&vector, Some(n_frames))?);
        }
        let behavior = motion.states().map(|(states, text)| {
            warn(Level::Advice, "states-from-motion", text);
            Behavior::new(states)
        });
        let assembly = Assembly {
            path,
            animal: path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
            place: traces.place().to_owned(),
            trace_field: trace_field.to_owned(),
            unit: stated_unit(trace_field),
            time_place: times.place().to_owned(),
            seconds,
            labels: (1..=n_neurons).map(|k| NeuronLabel::Unidentified(k.to_string())).collect(),
            traces: values,
            derivative: None,
            behavior,
        };
        let recording = assembly.into_recording(&mut warnings)?;
        Ok(ReadOutcome { recordings: vec![recording], warnings, series: listed })
    }
}

/// Whether the clock ran on after what was recorded, which agrees about how long that is: the traces,
/// frames first, and at least one vector of behaviour. Seen in a public file of the laboratory.
fn longer_clock(n_times: u64, traces: &[u64], behavior: &[u64]) -> bool {
    let [rows, columns] = *traces else { return false };
    let agree = !behavior.is_empty() && behavior.iter().all(|&n| n == rows);
    agree && rows > 1 && rows < n_times && columns != n_times
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
