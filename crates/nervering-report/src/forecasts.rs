//! What a forecaster says of recordings, as one long table: [`forecast_table`] gives its columns, and
//! [`LongTable::csv`] lays them out.

use crate::table::{csv_bytes, number};
use nervering_fit::{ForecastIntervals, RecordingForecasts};

/// Trace and derivative, of every neuron at every step.
const N_FEATURES: usize = 2;

/// Whether forecasts of derivatives stand beside those of traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForecastColumns {
    /// Traces alone.
    Traces,
    /// Both.
    TracesAndDerivatives,
}

/// Columns of the same length under their names.
#[derive(Debug, Clone, PartialEq)]
pub struct LongTable {
    /// In order.
    pub columns: Vec<(&'static str, LongColumn)>,
}

/// The values of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum LongColumn {
    /// Names.
    Text(Vec<String>),
    /// Whole numbers.
    Integers(Vec<i64>),
    /// Numbers; not finite where there is none.
    Numbers(Vec<f64>),
}

/// One row per animal, start, step and neuron: `animal`, the `frame` that the forecast starts from
/// (from 0) and its `time_s`, `neuron`, `horizon` in frames from 1, `value` of the trace in the
/// recording's units, and the same `normalised` as the model makes it; with derivatives also
/// `derivative` and `derivative_normalised`, and where intervals were asked for `low_5`, `median` and
/// `high_95` of the trace in the recording's units.
pub fn forecast_table(said: &[RecordingForecasts], which: ForecastColumns) -> LongTable {
    let (mut animals, mut frames, mut seconds) = (Vec::new(), Vec::new(), Vec::new());
    let (mut neurons, mut horizons) = (Vec::new(), Vec::new());
    for of_animal in said {
        for (&start, &time) in of_animal.starts.iter().zip(&of_animal.seconds) {
            for step in 1..=of_animal.n_steps {
                for neuron in &of_animal.neurons {
                    animals.push(of_animal.animal.clone());
                    frames.push(start as i64);
                    seconds.push(time);
                    neurons.push(neuron.to_string());
                    horizons.push(step as i64);
                }
            }
        }
    }
    let feature = |at: usize, of: fn(&RecordingForecasts) -> &[f64]| {
        let values = said.iter().flat_map(|said| of(said).iter().skip(at).step_by(N_FEATURES));
        LongColumn::Numbers(values.copied().collect())
    };
    let mut columns = vec![
        ("animal", LongColumn::Text(animals)),
        ("frame", LongColumn::Integers(frames)),
        ("time_s", LongColumn::Numbers(seconds)),
        ("neuron", LongColumn::Text(neurons)),
        ("horizon", LongColumn::Integers(horizons)),
        ("value", feature(0, |said| &said.values)),
        ("normalised", feature(0, |said| &said.normalised)),
    ];
    if which == ForecastColumns::TracesAndDerivatives {
        columns.push(("derivative", feature(1, |said| &said.values)));
        columns.push(("derivative_normalised", feature(1, |said| &said.normalised)));
    }
    if said.iter().all(|said| said.intervals.is_some()) {
        let end = |of: fn(&ForecastIntervals) -> &[f64]| {
            let intervals = said.iter().filter_map(|said| said.intervals.as_ref());
            LongColumn::Numbers(intervals.flat_map(of).copied().collect())
        };
        columns.push(("low_5", end(|intervals| &intervals.low)));
        columns.push(("median", end(|intervals| &intervals.median)));
        columns.push(("high_95", end(|intervals| &intervals.high)));
    }
    LongTable { columns }
}

impl LongTable {
    /// The table as CSV. What is not finite is an empty field.
    pub fn csv(&self) -> Vec<u8> {
        let header: Vec<String> = self.columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        let field = |column: &LongColumn, row: usize| match column {
            LongColumn::Text(values) => values[row].clone(),
            LongColumn::Integers(values) => values[row].to_string(),
            LongColumn::Numbers(values) => number(Some(values[row])),
        };
        let row = |row: usize| self.columns.iter().map(|(_, column)| field(column, row)).collect();
        csv_bytes(&header, (0..self.n_rows()).map(row))
    }

    /// Rows.
    pub fn n_rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| match column {
            LongColumn::Text(values) => values.len(),
            LongColumn::Integers(values) => values.len(),
            LongColumn::Numbers(values) => values.len(),
        })
    }
}
