//! A `TimeSeries`: its data, and the time of each sample, given as timestamps or as start and rate.

use crate::error::IoError;
use crate::hdf5::{Content, Node};
use crate::limits::MAX_FRAMES;

/// A series whose data are there.
pub(super) struct Series<'f> {
    pub node: Node<'f>,
    pub data: Node<'f>,
}

/// When the samples of a series were taken.
pub(super) enum Clock {
    /// Seconds, one per sample.
    Times { seconds: Vec<f64>, place: String },
    /// Start in seconds and samples per second.
    Regular { start: f64, rate: f64, place: String },
}

impl<'f> Series<'f> {
    /// The series at a node, if it has data.
    pub(super) fn open(node: &Node<'f>) -> Result<Option<Self>, IoError> {
        let data = node.find("data")?;
        Ok(data.map(|data| Self { node: node.clone(), data }))
    }

    /// The clock, if the series has one.
    pub(super) fn clock(&self) -> Result<Option<Clock>, IoError> {
        if let Some(times) = self.node.find("timestamps")? {
            let n_frames = times.n_elements();
            times.check_limit(n_frames, "frames", MAX_FRAMES)?;
            let place = times.place().to_owned();
            return Ok(Some(Clock::Times { seconds: times.numbers()?, place }));
        }
        let Some(start) = self.node.find("starting_time")? else {
            return Ok(None);
        };
        let (seconds, rate) = (start.numbers()?, start.number_attribute("rate"));
        match (seconds.as_slice(), rate) {
            (&[start_s], Some(rate)) if rate > 0. && rate.is_finite() => {
                let place = start.place().to_owned();
                Ok(Some(Clock::Regular { start: start_s, rate, place }))
            }
            (_, rate) => {
                let found = format!("{} start times and the rate {rate:?}", seconds.len());
                Err(start.unexpected(found, "one start time with a positive attribute rate"))
            }
        }
    }

    /// The clock of a series that must have one.
    pub(super) fn required_clock(&self) -> Result<Clock, IoError> {
        self.clock()?.ok_or_else(|| {
            self.node
                .unexpected("a series without times", "timestamps, or starting_time with a rate")
        })
    }

    /// The data in their unit: NWB stores a factor and an offset beside them.
    pub(super) fn numbers(&self) -> Result<Vec<f64>, IoError> {
        let mut values = self.data.numbers()?;
        let factor = self.data.number_attribute("conversion").unwrap_or(1.);
        let offset = self.data.number_attribute("offset").unwrap_or(0.);
        if !(factor.is_finite() && offset.is_finite()) {
            let found = format!("conversion {factor} and offset {offset}");
            return Err(self.data.unexpected(found, "finite numbers"));
        }
        if factor != 1. || offset != 0. {
            values.iter_mut().for_each(|value| *value = *value * factor + offset);
        }
        Ok(values)
    }

    pub(super) fn holds(&self, content: Content) -> bool {
        self.data.content() == content
    }
}

impl Clock {
    pub(super) fn place(&self) -> &str {
        match self {
            Self::Times { place, .. } | Self::Regular { place, .. } => place,
        }
    }

    /// The number of samples, where the clock says it.
    pub(super) fn n_samples(&self) -> Option<usize> {
        match self {
            Self::Times { seconds, .. } => Some(seconds.len()),
            Self::Regular { .. } => None,
        }
    }

    /// The times of `n` samples in seconds.
    pub(super) fn seconds(self, n: usize) -> Vec<f64> {
        match self {
            Self::Times { seconds, .. } => seconds,
            Self::Regular { start, rate, .. } => {
                (0..n).map(|sample| start + sample as f64 / rate).collect()
            }
        }
    }
}
