//! Forecasters for Python: [`fit_forecaster`], and what a [`ForecasterModel`] says.

use crate::arrays::array;
use crate::config::ForecasterConfig;
use crate::error::raised;
use crate::recording::Recording;
use crate::watch::watched;
use nervering::fit::{
    ForecastIntervals, ForecastRequest, ForecastingModel, Intervals, ModelError,
    fit_forecasting_model,
};
use nervering::grid::write_atomically;
use nervering::prepare::N_FEATURES;
use numpy::{PyArray1, PyArray3, PyArray4};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

/// A trained forecaster.
#[pyclass(frozen, module = "nervering._native")]
pub struct ForecasterModel {
    model: Mutex<ForecastingModel>,
    /// JSON; of a model that was loaded there is none.
    report: Option<String>,
}

impl ForecasterModel {
    /// One that was read.
    pub fn loaded(model: ForecastingModel) -> Self {
        Self { model: Mutex::new(model), report: None }
    }

    /// Another thread may have it for as long as a prediction takes, for which it does not need Python.
    fn model(&self) -> MutexGuard<'_, ForecastingModel> {
        self.model.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Trains a forecaster on recordings. `begin` is called with the number of gradient steps, `progress`
/// as they are done.
#[pyfunction]
pub fn fit_forecaster(
    py: Python<'_>,
    config: ForecasterConfig,
    recordings: Vec<Py<Recording>>,
    begin: Option<Py<PyAny>>,
    progress: Option<Py<PyAny>>,
) -> PyResult<ForecasterModel> {
    let config = config.config()?;
    let parts = Recording::parts(&recordings);
    if let Some(begin) = begin {
        let n_steps = config.model.network().map_or(0, |_| config.epochs * parts.len());
        begin.call1(py, (n_steps,))?;
    }
    let (model, report) = watched(py, progress, raised::<ModelError>, |watch| {
        fit_forecasting_model(&config, &parts, &|n| watch.go_on_after(n))
    })?;
    let report = serde_json::to_string(&report).expect("a report is plain data");
    Ok(ForecasterModel { model: Mutex::new(model), report: Some(report) })
}

/// Frames that forecasts start from, their times, forecasts of traces `(start, step, neuron)`, and the
/// ends of their intervals with the median `(3, start, step, neuron)`.
type Forecasts<'py> = (
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray3<f64>>,
    Option<Bound<'py, PyArray4<f64>>>,
);

#[pymethods]
impl ForecasterModel {
    /// What a file says.
    #[staticmethod]
    fn from_bytes(bytes: &[u8]) -> PyResult<Self> {
        let path = PathBuf::from("the pickled model");
        let failed = |source| raised(ModelError::File { path, source });
        ForecastingModel::from_bytes(bytes).map(Self::loaded).map_err(failed)
    }

    /// The bytes of its file.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let path = PathBuf::from("the model");
        let failed = |source| raised(ModelError::File { path, source });
        let bytes = py.detach(|| self.model().to_bytes()).map_err(failed)?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Writes its file.
    fn write(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        py.detach(|| self.model().write(&path)).map_err(raised)
    }

    /// Writes a file of ONNX.
    fn write_onnx(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let bytes = py.detach(|| self.model().to_onnx()).map_err(raised)?;
        py.detach(|| write_atomically(&path, &bytes)).map_err(raised)
    }

    /// Name, neurons, and where it came from.
    #[getter]
    fn about<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let about = PyDict::new(py);
        let model = self.model();
        let provenance = model.provenance();
        let animals: Vec<&str> = provenance.animals.iter().map(|a| a.name.as_str()).collect();
        let neurons: Vec<&str> = model.neurons().iter().map(|name| name.as_str()).collect();
        about.set_item("model", model.model().as_str())?;
        about.set_item("neurons", neurons)?;
        about.set_item("normalisation", model.normalisation().as_str())?;
        about.set_item("looks_ahead", model.looks_ahead())?;
        about.set_item("has_intervals", model.has_intervals())?;
        about.set_item("most_steps", ForecastingModel::MOST_STEPS)?;
        about.set_item("protocol", provenance.protocol.as_str())?;
        about.set_item("animals", animals)?;
        about.set_item("seed", provenance.seed)?;
        about.set_item("nervering", &provenance.nervering)?;
        Ok(about)
    }

    /// How the fit went, as JSON.
    #[getter]
    fn report(&self) -> Option<&str> {
        self.report.as_deref()
    }

    /// How a recording goes on from some of its frames, in its own units; `frames` are the first, the last
    /// and the step between them.
    #[pyo3(signature = (recording, frames, n_steps, intervals))]
    fn forecast<'py>(
        &self,
        py: Python<'py>,
        recording: &Recording,
        frames: (usize, Option<usize>, usize),
        n_steps: usize,
        intervals: bool,
    ) -> PyResult<Forecasts<'py>> {
        let (from, to, every) = frames;
        let intervals = if intervals { Intervals::Conformal } else { Intervals::None };
        let request = ForecastRequest { from, to, every, n_steps, intervals };
        let found = watched(py, None, raised::<ModelError>, |_| {
            self.model().forecast(&recording.0, &request)
        })?;
        let shape = [found.starts.len(), found.n_steps, found.neurons.len()];
        let traces = found.values.into_iter().step_by(N_FEATURES).collect();
        let starts = found.starts.iter().map(|&start| start as i64).collect();
        let intervals = found.intervals.map(|ForecastIntervals { low, median, high }| {
            let [starts, steps, neurons] = shape;
            array(py, [low, median, high].concat(), [3, starts, steps, neurons])
        });
        Ok((
            PyArray1::from_vec(py, starts),
            PyArray1::from_vec(py, found.seconds),
            array(py, traces, shape)?,
            intervals.transpose()?,
        ))
    }
}
