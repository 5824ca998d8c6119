//! `RoiResponseSeries`: many neurons in one series, with a reference to the table that tells them
//! apart. The names of its neurons are found by [`super::names`].
//!
//! NWB says that data are `[frame, neuron]`, and files differ; the axis as long as the times is
//! time.

use super::names;
use super::objects::{Activity, Objects};
use super::series::Series;
use crate::assembly::{Matrix, SQUARE, TimeAxis, time_axis};
use crate::error::IoError;
use crate::limits::{MAX_FRAMES, MAX_NEURONS};
use crate::options::ReadOptions;
use crate::series::{Carries, z_scored};
use crate::units::unit_of_series;
use crate::warning::Level;

/// The activity in a series.
pub(super) fn read(
    objects: &Objects<'_>,
    series: &Series<'_>,
    carries: Carries,
    options: &ReadOptions,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<Activity, IoError> {
    let place = series.node.place().to_owned();
    tell_kind(&place, carries, warn);
    let (rows, columns) = match *series.data.shape() {
        [frames] => (frames, 1),
        [rows, columns] => (rows, columns),
        _ => {
            let expected = "a matrix of frames × neurons";
            return Err(series.data.unexpected(series.data.describe(), expected));
        }
    };
    series.data.check_limit(rows.min(columns), "neurons", MAX_NEURONS)?;
    series.data.check_limit(rows.max(columns), "frames", MAX_FRAMES)?;
    let (rows, columns) = (rows as usize, columns as usize);
    let rois = match series.node.find("rois")? {
        Some(rois) => Some(rois),
        None => series.node.find("table_region")?,
    };
    let n_rois = rois.as_ref().map(|rois| rois.n_elements() as usize);
    let clock = series.required_clock()?;
    let mismatch = |expected| Err(series.data.unexpected(series.data.describe(), expected));
    let axis = match (clock.n_samples(), n_rois) {
        (Some(n), _) => match time_axis(rows, columns, n, TimeAxis::Rows) {
            Some(axis) => axis,
            None => return mismatch(format!("one axis of {n} frames, as in {}", clock.place())),
        },
        (None, Some(n)) if columns == n => TimeAxis::Rows,
        (None, Some(n)) if rows == n => TimeAxis::Columns,
        (None, Some(n)) => return mismatch(format!("one axis of {n} neurons, as in rois")),
        (None, None) => {
            let text =
                "neither times nor neurons say which axis is time; the first is, as NWB has it";
            warn(Level::Doubtful, "guessed-time-axis", text.into());
            TimeAxis::Rows
        }
    };
    if rows == columns {
        warn(Level::Doubtful, "square-traces", SQUARE.to_owned());
    } else if axis == TimeAxis::Columns {
        let text = format!("{place} is neurons × frames, while NWB has frames × neurons");
        warn(Level::Advice, "transposed-series", text);
    }
    let (n_frames, n_neurons) = match axis {
        TimeAxis::Rows => (rows, columns),
        TimeAxis::Columns => (columns, rows),
    };
    let labels = names::labels(objects, series, rois.as_ref(), n_neurons, &options.names, warn)?;
    let mut traces = Matrix { columns, values: series.data.numbers()? }.frame_major(axis);
    series.scale(&mut traces, n_neurons)?;
    Ok(Activity {
        trace_field: series.node.name().to_owned(),
        unit: unit_of_series(series.unit().as_deref(), carries, &series.said()),
        place,
        time_place: clock.place().to_owned(),
        seconds: clock.seconds(n_frames),
        labels,
        traces,
        derivative: None,
    })
}

fn tell_kind(place: &str, carries: Carries, warn: &mut impl FnMut(Level, &'static str, String)) {
    let text = match carries {
        Carries::DfOverF => return,
        Carries::SaidDfOverF => {
            let text = format!("{place} is taken for ΔF/F, as its name or description says");
            return warn(Level::Advice, "trace-kind", text);
        }
        Carries::ZScored => return warn(Level::Doubtful, "z-scored", z_scored(place)),
        Carries::Fluorescence | Carries::Denoised => format!(
            "{place} is not inside DfOverF: it may be raw fluorescence, which differs between neurons by its baseline"
        ),
        Carries::Ratio => {
            format!("{place} is a ratio and not ΔF/F: neurons differ by their baseline")
        }
        Carries::Other(what) => format!("{place} is {what}, which is no activity of a cell"),
    };
    warn(Level::Doubtful, "trace-kind", text);
}
