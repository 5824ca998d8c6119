//! Studies for Python: those that the program knows, asked for as on its command line.

use crate::error::refused;
use crate::recording::Recording;
use crate::watch::watched;
use nervering::program::{AskedStudy, Listener, Refused};
use pyo3::prelude::*;
use std::path::PathBuf;

/// Recordings to train on, and those that are only evaluated.
type TrainAndExtended = (Vec<Py<Recording>>, Vec<Py<Recording>>);

/// A study that is planned.
#[pyclass(frozen, module = "nervering._native")]
pub struct Study {
    study: String,
    options: Vec<String>,
    recordings: Option<TrainAndExtended>,
}

impl Study {
    /// Plans it. Recordings that are given are copied, those of files read.
    fn asked(&self) -> Result<AskedStudy, Refused> {
        let recordings = self.recordings.as_ref();
        let recordings = recordings
            .map(|(train, extended)| (Recording::parts(train), Recording::parts(extended)));
        AskedStudy::new(&self.study, &self.options, recordings)
    }
}

#[pymethods]
impl Study {
    /// An experiment by name or a study file, with options of the command line, and recordings where it
    /// is not to read its own.
    #[new]
    fn new(study: String, options: Vec<String>, recordings: Option<TrainAndExtended>) -> Self {
        Self { study, options, recordings }
    }

    /// Plans it, and says its folder, fits and gradient steps.
    fn plan(&self, py: Python<'_>) -> PyResult<(PathBuf, usize, usize)> {
        watched(py, None, refused, |_| {
            let asked = self.asked()?;
            let (n_fits, n_steps) = asked.size();
            Ok((asked.folder(), n_fits, n_steps))
        })
    }

    /// Runs it, or takes it up where it was left; gives back its folder, and its tables as text and as
    /// JSON.
    fn run(
        &self,
        py: Python<'_>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<(PathBuf, String, String)> {
        watched(py, progress, refused, |watch| {
            let asked = self.asked()?;
            let interrupted = || watch.is_stopped();
            let told = asked.run(Listener { progress: watch, interrupted: &interrupted });
            let told = told?;
            Ok((asked.folder(), told.text, told.json))
        })
    }
}
