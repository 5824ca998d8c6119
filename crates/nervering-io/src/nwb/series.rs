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
        let data = node.find("data")?.filter(|data| !data.is_group());
        Ok(data.map(|data| Self { node: node.clone(), data }))
    }

    /// The clock, if the series has one.
    pub(super) fn clock(&self) -> Result<Option<Clock>, IoError> {
        if let Some(times) = self.node.find("timestamps")? {
            let n_frames = times.n_elements();
            times.check_limit(n_frames, "frames", MAX_FRAMES)?;
            let place = times.place().to_owned();
            let unit = seconds_per_unit(&times)?;
            let mut seconds = times.numbers()?;
            if unit != 1. {
                seconds.iter_mut().for_each(|time| *time *= unit);
            }
            return Ok(Some(Clock::Times { seconds, place }));
        }
        let Some(start) = self.node.find("starting_time")? else {
            return Ok(None);
        };
        let (seconds, rate) = (start.numbers()?, start.number_attribute("rate"));
        match (seconds.as_slice(), rate) {
            (&[start_s], Some(rate)) if rate > 0. && rate.is_finite() => {
                let start_s = start_s * seconds_per_unit(&start)?;
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

    /// The data of one channel in their unit.
    pub(super) fn numbers(&self) -> Result<Vec<f64>, IoError> {
        let mut values = self.data.numbers()?;
        self.scale(&mut values, 1)?;
        Ok(values)
    }

    /// Brings data `[sample, channel]` into their unit. NWB stores a factor and an offset beside
    /// them, and perhaps a factor for each channel: data × conversion × channel_conversion + offset
    /// (NWB schema, `TimeSeries` and `ElectricalSeries`).
    pub(super) fn scale(&self, values: &mut [f64], n_channels: usize) -> Result<(), IoError> {
        let (factor, offset) = (self.stated("conversion", 1.)?, self.stated("offset", 0.)?);
        let channels = match self.node.find("channel_conversion")? {
            Some(channels) if channels.n_elements() != n_channels as u64 => {
                let expected = format!("{n_channels} factors, one per channel");
                return Err(channels.unexpected(channels.describe(), expected));
            }
            Some(channels) => Some(channels.numbers()?),
            None => None,
        };
        if factor == 1. && offset == 0. && channels.is_none() {
            return Ok(());
        }
        for row in values.chunks_mut(n_channels.max(1)) {
            for (channel, value) in row.iter_mut().enumerate() {
                let own = channels.as_ref().map_or(1., |factors| factors[channel]);
                *value = *value * factor * own + offset;
            }
        }
        Ok(())
    }

    /// A number beside the data, or what holds where there is none.
    fn stated(&self, name: &str, without: f64) -> Result<f64, IoError> {
        match self.data.number_attribute(name) {
            Some(number) if number.is_finite() => Ok(number),
            None if !self.data.has_attribute(name) => Ok(without),
            found => {
                let found =
                    found.map_or_else(|| "no number".to_owned(), |number| number.to_string());
                Err(self.data.unexpected(format!("{found} as its {name}"), "a finite number"))
            }
        }
    }

    /// What the data are in, as far as it is said.
    pub(super) fn unit(&self) -> Option<String> {
        self.data.text_attribute("unit").filter(|unit| !unit.trim().is_empty())
    }

    /// Its place and description: what its writer says of it.
    pub(super) fn said(&self) -> String {
        let described = self.node.text_attribute("description").unwrap_or_default();
        format!("{} {described}", self.node.place())
    }

    pub(super) fn holds(&self, content: Content) -> bool {
        self.data.content() == content
    }

    /// Whether the data are one number or text per sample.
    pub(super) fn is_vector(&self) -> bool {
        self.data.shape().iter().filter(|&&axis| axis != 1).count() <= 1
    }
}

/// NWB has seconds and nothing else; a file that says it has another unit is taken at its word.
fn seconds_per_unit(times: &Node<'_>) -> Result<f64, IoError> {
    let Some(unit) = times.text_attribute("unit") else {
        return Ok(1.);
    };
    match unit.trim().to_lowercase().as_str() {
        "" | "s" | "sec" | "secs" | "second" | "seconds" => Ok(1.),
        "ms" | "msec" | "millisecond" | "milliseconds" => Ok(1e-3),
        "min" | "minute" | "minutes" => Ok(60.),
        _ => Err(times.unexpected(format!("times in {unit:?}"), "seconds, as NWB has them")),
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
