//! The conversion of the Kato recordings to NWB: in `acquisition`, one series per neuron and trace,
//! named `{traces|traces_raw|tracesDif}__{number}__{ID}`, all on one clock.
//!
//! A folder lists `__10__` before `__2__`; neurons are ordered by their number.

use super::objects::{Activity, Objects};
use super::series::Series;
use crate::error::IoError;
use crate::limits::{MAX_FRAMES, MAX_NEURONS};
use crate::series::Carries;
use crate::units::unit_of_series;
use crate::warning::Level;
use nervering_recording::{NeuronLabel, NeuronNames};
use std::collections::BTreeMap;

/// Names of traces with what they carry, the one to use first.
const TRACES: [(&str, Carries); 2] =
    [("traces", Carries::DfOverF), ("traces_raw", Carries::Fluorescence)];
const DERIVATIVE: &str = "tracesDif";

/// The series of one trace by the number of the neuron, with what the file calls the neuron.
type ByNumber<'f> = BTreeMap<u32, (NeuronLabel, Series<'f>)>;

/// One trace of all neurons.
pub(super) struct Field<'f> {
    pub name: &'static str,
    pub carries: Carries,
    neurons: ByNumber<'f>,
    /// The derivative that the file has, of whichever of its traces.
    derivative: Option<ByNumber<'f>>,
}

/// The traces that the file has in this form, the one to use first.
///
/// # Errors
/// [`IoError::Layout`] for two series of one number.
pub(super) fn fields<'f>(
    objects: &Objects<'f>,
    accepted: &NeuronNames,
) -> Result<Vec<Field<'f>>, IoError> {
    let mut by_field = BTreeMap::<String, ByNumber<'f>>::new();
    for object in &objects.all {
        let Some((field, number, label)) = parse_name(object.node.name(), accepted) else {
            continue;
        };
        if let Some(series) = Series::open(&object.node)? {
            let neurons = by_field.entry(field.to_owned()).or_default();
            if neurons.insert(number, (label, series)).is_some() {
                let found = format!("a second series {field}__{number}");
                return Err(object.node.unexpected(found, "one series per neuron and trace"));
            }
        }
    }
    let mut derivative = by_field.remove(DERIVATIVE);
    let found = TRACES.iter().filter_map(|&(name, carries)| {
        let neurons = by_field.remove(name)?;
        // It goes with the trace to use first.
        Some(Field { name, carries, neurons, derivative: derivative.take() })
    });
    Ok(found.collect())
}

/// The activity in one trace of all neurons.
pub(super) fn read(
    field: &Field<'_>,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<Option<Activity>, IoError> {
    let Field { name: field, carries, neurons, derivative } = field;
    let Some((_, first)) = neurons.values().next() else {
        return Ok(None);
    };
    if *field != TRACES[0].0 {
        let text = format!("{field} are read, which are not corrected for bleaching");
        warn(Level::Doubtful, "raw-traces", text);
    }
    first.node.check_limit(neurons.len() as u64, "neurons", MAX_NEURONS)?;
    let clock = first.required_clock()?;
    let n_frames = match clock.n_samples() {
        Some(n) => n,
        None => length(first)?,
    };
    let time_place = clock.place().to_owned();
    let traces = read_matrix(neurons.values().map(|(_, series)| series), n_frames)?;
    let derivative = match derivative {
        Some(own) if own.keys().eq(neurons.keys()) => {
            let n_own = own.values().next().map_or(Ok(0), |(_, series)| length(series))?;
            if n_own != n_frames && n_own + 1 != n_frames {
                let text = format!(
                    "{DERIVATIVE} has {n_own} frames, the traces {n_frames}; it is not used"
                );
                warn(Level::Doubtful, "derivative-not-used", text);
                None
            } else {
                let series = own.values().map(|(_, series)| series);
                Some((read_matrix(series, n_own)?, DERIVATIVE.to_owned()))
            }
        }
        Some(own) => {
            let text = format!(
                "{DERIVATIVE} is there for {} neurons, {field} for {}; it is not used",
                own.len(),
                neurons.len()
            );
            warn(Level::Doubtful, "derivative-not-used", text);
            None
        }
        None => None,
    };
    Ok(Some(Activity {
        place: "/acquisition".into(),
        trace_field: (*field).to_owned(),
        unit: unit_of_series(first.unit().as_deref(), *carries, &first.said()),
        time_place,
        seconds: clock.seconds(n_frames),
        labels: neurons.values().map(|(label, _)| label.clone()).collect(),
        traces,
        derivative,
    }))
}

/// Trace, number and neuron of a name such as `traces__12__AVAL`.
fn parse_name<'n>(name: &'n str, accepted: &NeuronNames) -> Option<(&'n str, u32, NeuronLabel)> {
    let mut parts = name.splitn(3, "__");
    let field = parts
        .next()
        .filter(|field| *field == DERIVATIVE || TRACES.iter().any(|(name, _)| name == field))?;
    let number = parts.next()?.parse().ok()?;
    Some((field, number, accepted.label(parts.next()?)))
}

fn length(series: &Series<'_>) -> Result<usize, IoError> {
    let n_long = series.data.shape().iter().filter(|&&axis| axis != 1).count();
    let length = series.data.n_elements();
    series.data.check_limit(length, "frames", MAX_FRAMES)?;
    if n_long > 1 {
        return Err(series.data.unexpected(series.data.describe(), "a vector of one neuron"));
    }
    Ok(length as usize)
}

/// The series as columns of one matrix `[frame, neuron]`.
fn read_matrix<'s, 'f: 's>(
    series: impl ExactSizeIterator<Item = &'s Series<'f>>,
    n_frames: usize,
) -> Result<Vec<f64>, IoError> {
    let n_neurons = series.len();
    let mut columns = Vec::new();
    for one in series {
        if length(one)? != n_frames {
            let expected = format!("{n_frames} frames, as many as the first series has");
            return Err(one.data.unexpected(one.data.describe(), expected));
        }
        columns.push(one.numbers()?);
    }
    let mut matrix = Vec::with_capacity(n_frames * n_neurons);
    for frame in 0..n_frames {
        matrix.extend(columns.iter().map(|column| column[frame]));
    }
    Ok(matrix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_give_trace_number_and_neuron() {
        let parsed = |name| {
            parse_name(name, &NeuronNames::default()).map(|(f, n, label)| (f, n, label.to_string()))
        };
        assert_eq!(parsed("traces__12__AVAL"), Some(("traces", 12, "AVAL".into())));
        assert_eq!(parsed("tracesDif__2__---"), Some(("tracesDif", 2, "---".into())));
        assert_eq!(parsed("traces_raw__1__"), Some(("traces_raw", 1, String::new())));
        for name in ["States", "traces", "traces__AVAL", "traces__x__AVAL", "other__1__AVAL"] {
            assert_eq!(parsed(name), None, "{name}");
        }
    }
}
