//! The content of a wide table, and the recording that it makes.

use super::columns::{DERIVATIVE_SUFFIX, TIME};
use super::layout::Layout;
use super::metadata::{Metadata, without_gz};
use crate::error::IoError;
use nervering_recording::{
    Behavior, FileDerivative, Provenance, Recording, RecordingParts, TimeBase, Traces,
};
use std::path::Path;

/// The values of a table, whose columns a [`Layout`] describes.
pub(crate) struct Content {
    /// Seconds.
    pub seconds: Vec<f64>,
    /// One state per frame, where the table has states.
    pub behavior: Option<Behavior>,
    /// Traces, row-major `[frame, neuron]`.
    pub values: Vec<f64>,
    /// Derivatives, row-major `[frame, neuron]`; empty where the table has none.
    pub derivatives: Vec<f64>,
}

impl Content {
    /// Puts a recording together. Without metadata the animal is called as the file. `first` says
    /// what the file calls frame 0, for errors.
    pub(crate) fn into_recording(
        self,
        path: &Path,
        layout: Layout,
        metadata: Option<Metadata>,
        first: &str,
    ) -> Result<Recording, IoError> {
        let place = || "table".to_owned();
        let unsound = |source| IoError::Traces {
            path: path.to_owned(),
            place: place(),
            source: Box::new(source),
        };
        let (animal, provenance, derivative_field) = match metadata {
            Some(metadata) => {
                let provenance = Provenance {
                    unit: metadata.unit(),
                    source: metadata.source,
                    place: metadata.place,
                    trace_field: metadata.trace_field,
                };
                (metadata.animal, provenance, metadata.derivative_field)
            }
            None => {
                let plain = without_gz(path);
                let stem = plain.file_stem().unwrap_or(path.as_os_str());
                let source = crate::file_name(path);
                let provenance = Provenance { source, ..Provenance::default() };
                (stem.to_string_lossy().into_owned(), provenance, None)
            }
        };
        let (n_frames, n_neurons) = (self.seconds.len(), layout.traces.len());
        let time = TimeBase::new(self.seconds).map_err(|source| IoError::Time {
            path: path.to_owned(),
            place: format!("column {TIME} (frame 0 is {first})"),
            source: Box::new(source),
        })?;
        let derivative = match &layout.derivatives {
            Some(_) => Some(FileDerivative {
                values: Traces::new(n_frames, n_neurons, self.derivatives).map_err(unsound)?,
                field: derivative_field.unwrap_or_else(|| format!("*{DERIVATIVE_SUFFIX}")),
            }),
            None => None,
        };
        let parts = RecordingParts {
            animal,
            neurons: layout.labels,
            traces: Traces::new(n_frames, n_neurons, self.values).map_err(unsound)?,
            derivative,
            behavior: self.behavior,
            time,
            provenance,
        };
        Recording::new(parts).map_err(|source| IoError::Recording {
            path: path.to_owned(),
            place: place(),
            source: Box::new(source),
        })
    }
}
