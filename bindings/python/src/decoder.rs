//! Decoders for Python: [`fit_decoder`] on recordings, [`fit_rows`] on plain numbers, and what a
//! [`DecoderModel`] says.

use crate::arrays::{array, rows};
use crate::config::{DecoderConfig, optional};
use crate::error::raised;
use crate::recording::Recording;
use crate::watch::watched;
use nervering::fit::{self, FitReport, LabelledRows, Model, ModelError, ModelPrediction, Rows};
use nervering::grid::write_atomically;
use nervering::models::{DecoderModel as Kind, Prediction};
use nervering::statistics::{NetworkStatistics, TakenFrom};
use numpy::{PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

/// A trained decoder.
#[pyclass(frozen, module = "nervering._native")]
pub struct DecoderModel {
    model: Mutex<Model>,
    /// JSON; of a model that was loaded there is none.
    report: Option<String>,
}

impl DecoderModel {
    fn fitted((model, report): (Model, FitReport)) -> Self {
        let report = serde_json::to_string(&report).expect("a report is plain data");
        Self { model: Mutex::new(model), report: Some(report) }
    }

    /// One that was read.
    pub fn loaded(model: Model) -> Self {
        Self { model: Mutex::new(model), report: None }
    }

    /// Another thread may have it for as long as a prediction takes, for which it does not need Python.
    fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Gradient steps that a fit takes, so that its progress can be shown.
fn n_steps(model: nervering::models::ModelName, epochs: usize, n_animals: usize) -> usize {
    match model.model() {
        Kind::Network(_) => epochs * n_animals,
        Kind::Direct(_) => 0,
    }
}

/// Trains a decoder on recordings. `begin` is called with the number of gradient steps, `progress` as
/// they are done.
#[pyfunction]
pub fn fit_decoder(
    py: Python<'_>,
    config: DecoderConfig,
    recordings: Vec<Py<Recording>>,
    begin: Option<Py<PyAny>>,
    progress: Option<Py<PyAny>>,
) -> PyResult<DecoderModel> {
    let config = config.config()?;
    let parts = Recording::parts(&recordings);
    if let Some(begin) = begin {
        begin.call1(py, (n_steps(config.model, config.epochs, parts.len()),))?;
    }
    let fitted = watched(py, progress, raised::<ModelError>, |watch| {
        fit::fit_to_use(&config, &parts, &|n| watch.go_on_after(n))
    });
    fitted.map(DecoderModel::fitted)
}

/// Trains a decoder on rows of numbers, a pair of values `(row, input)` and classes for each group.
#[pyfunction]
pub fn fit_rows(
    py: Python<'_>,
    config: DecoderConfig,
    groups: Vec<(PyReadonlyArray2<'_, f64>, PyReadonlyArray1<'_, u8>)>,
    n_inputs: usize,
    begin: Option<Py<PyAny>>,
    progress: Option<Py<PyAny>>,
) -> PyResult<DecoderModel> {
    let config = config.config()?;
    let labelled = groups.iter().map(|(values, classes)| LabelledRows {
        values: rows(values),
        classes: classes.as_array().to_vec(),
    });
    let labelled: Vec<LabelledRows> = labelled.collect();
    drop(groups);
    if let Some(begin) = begin {
        begin.call1(py, (n_steps(config.model, config.epochs, labelled.len()),))?;
    }
    let fitted = watched(py, progress, raised::<ModelError>, |watch| {
        fit::fit_rows(&config, &labelled, n_inputs, &|n| watch.go_on_after(n))
    });
    fitted.map(DecoderModel::fitted)
}

/// Classes, and probabilities `(row, class)` that add up to 1, of models that have some.
type Said<'py> = (Bound<'py, PyArray1<u8>>, Option<Bound<'py, PyArray2<f64>>>);

fn said<'py>(py: Python<'py>, said: Prediction, n_classes: usize) -> PyResult<Said<'py>> {
    let Prediction { classes, log_probabilities } = said;
    let n_rows = classes.len();
    let probabilities = log_probabilities.map(|logs| {
        let mut values: Vec<f64> = logs.iter().map(|&log| f64::from(log).exp()).collect();
        for row in values.chunks_exact_mut(n_classes) {
            let total: f64 = row.iter().sum();
            row.iter_mut().for_each(|value| *value /= total);
        }
        array(py, values, [n_rows, n_classes])
    });
    Ok((PyArray1::from_vec(py, classes), probabilities.transpose()?))
}

/// Where a network takes what it takes over frames from: the animals trained on, where nothing is said.
fn statistics(edges: Option<&str>, norm: Option<&str>) -> PyResult<Option<NetworkStatistics>> {
    let (edges, batch_norm) = (optional("edges", edges)?, optional("batch_norm", norm)?);
    Ok((edges.is_some() || batch_norm.is_some()).then(|| NetworkStatistics {
        edges: edges.unwrap_or(TakenFrom::Training),
        batch_norm: batch_norm.unwrap_or(TakenFrom::Training),
    }))
}

#[pymethods]
impl DecoderModel {
    /// What a file says.
    #[staticmethod]
    fn from_bytes(bytes: &[u8]) -> PyResult<Self> {
        let path = PathBuf::from("the pickled model");
        let failed = |source| raised(ModelError::File { path, source });
        Model::from_bytes(bytes).map(Self::loaded).map_err(failed)
    }

    /// The bytes of its file.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = py.detach(|| {
            let model = self.model();
            if !fit::can_be_saved(model.name()) {
                return Err(ModelError::CannotBeSaved { model: model.name() });
            }
            let path = PathBuf::from("the model");
            model.to_bytes().map_err(|source| ModelError::File { path, source })
        });
        Ok(PyBytes::new(py, &bytes.map_err(raised)?))
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

    /// Name, neurons, states, and where it came from.
    #[getter]
    fn about<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let about = PyDict::new(py);
        let model = self.model();
        let provenance = model.provenance();
        let animals: Vec<&str> = provenance.animals.iter().map(|a| a.name.as_str()).collect();
        let neurons: Vec<&str> = model.neurons().iter().map(|name| name.as_str()).collect();
        about.set_item("model", model.name().as_str())?;
        about.set_item("neurons", neurons)?;
        about.set_item("states", model.coding().class_names())?;
        about.set_item("normalisation", model.normalisation().as_str())?;
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

    /// What it says of a recording: classes, probabilities, and how well they agree with its labels, as
    /// JSON, and whether it was trained on this animal.
    fn predict<'py>(
        &self,
        py: Python<'py>,
        recording: &Recording,
        edges: Option<&str>,
        batch_norm: Option<&str>,
        resample: bool,
    ) -> PyResult<(Said<'py>, String, bool)> {
        let statistics = statistics(edges, batch_norm)?;
        let predicted = py.detach(|| -> Result<(ModelPrediction, usize), ModelError> {
            let model = self.model();
            let said = match resample {
                true => model.predict_resampled(&recording.0, statistics)?,
                false => model.predict(&recording.0, statistics)?,
            };
            Ok((said, model.coding().n_classes()))
        });
        let (found, n_classes) = predicted.map_err(raised)?;
        let is_trained_on = found.is_trained_on();
        let evaluation = serde_json::to_string(&found.evaluation).expect("plain data");
        Ok((said(py, found.prediction, n_classes)?, evaluation, is_trained_on))
    }

    /// In what a recording is unlike those trained on: kind and text.
    fn mismatches(
        &self,
        py: Python<'_>,
        recording: &Recording,
    ) -> PyResult<Vec<(&'static str, String)>> {
        let found = py.detach(|| self.model().mismatches(&recording.0)).map_err(raised)?;
        Ok(found.iter().map(|mismatch| (mismatch.kind(), mismatch.to_string())).collect())
    }

    /// What it says of rows `(row, input)`.
    fn predict_rows<'py>(
        &self,
        py: Python<'py>,
        values: PyReadonlyArray2<'py, f64>,
    ) -> PyResult<Said<'py>> {
        let n_inputs = values.as_array().ncols();
        let values = rows(&values);
        let found = py.detach(|| {
            let model = self.model();
            let said = model.predict_rows(Rows { values: &values, n_inputs })?;
            Ok::<_, ModelError>((said, model.coding().n_classes()))
        });
        let (found, n_classes) = found.map_err(raised)?;
        said(py, found, n_classes)
    }

    /// The weights by which its neurons hear each other, `(receiver, sender)`, in a recording or in those
    /// trained on.
    fn edges<'py>(
        &self,
        py: Python<'py>,
        recording: Option<&Recording>,
        from: &str,
    ) -> PyResult<Bound<'py, PyArray2<f32>>> {
        let from: TakenFrom = crate::config::parsed("edges", from)?;
        let statistics = NetworkStatistics { edges: from, batch_norm: from };
        let found = py.detach(|| {
            let model = self.model();
            let edges = match recording {
                Some(recording) => model.edges(&recording.0, statistics)?,
                None => model.training_edges()?.to_vec(),
            };
            Ok::<_, ModelError>((edges, model.neurons().len()))
        });
        let (edges, n) = found.map_err(raised)?;
        array(py, edges, [n, n])
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err("pickle the estimator, which keeps the bytes of its model's file"))
    }
}
