//! What there is: models by name, model files, and the program itself.

use crate::decoder::DecoderModel;
use crate::error::raised;
use crate::forecaster::ForecasterModel;
use nervering::catalog::ConnectomeName;
use nervering::fit::{
    SavedModel, can_be_saved, decoder_not_exported, forecaster_not_exported, takes_single_frames,
};
use nervering::models::{DecoderModel as Kind, ForecastModel, ModelName};
use nervering::program;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Every decoder: its name, and what can be said of it.
#[pyfunction]
pub fn decoders(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyDict>>> {
    let of_model = |&model: &ModelName| {
        let about = PyDict::new(py);
        about.set_item("name", model.as_str())?;
        about.set_item("is_network", matches!(model.model(), Kind::Network(_)))?;
        about.set_item("takes_single_frames", takes_single_frames(model))?;
        about.set_item("needs_connectome", model.needs_connectome())?;
        about.set_item("can_be_saved", can_be_saved(model))?;
        about.set_item("gives_probabilities", model.gives_probabilities())?;
        about.set_item("not_exported", decoder_not_exported(model))?;
        Ok(about)
    };
    ModelName::ALL.iter().map(of_model).collect()
}

/// Every forecaster: its name, and what can be said of it.
#[pyfunction]
pub fn forecasters(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyDict>>> {
    let of_model = |&model: &ForecastModel| {
        let about = PyDict::new(py);
        about.set_item("name", model.as_str())?;
        about.set_item("is_network", model.network().is_some())?;
        about.set_item("not_exported", forecaster_not_exported(model))?;
        Ok(about)
    };
    ForecastModel::ALL.iter().map(of_model).collect()
}

/// The connectomes that ship.
#[pyfunction]
pub fn connectomes() -> Vec<&'static str> {
    ConnectomeName::ALL.map(ConnectomeName::as_str).to_vec()
}

/// The model of a file, whichever kind it is of.
#[pyfunction]
pub fn load(py: Python<'_>, path: PathBuf) -> PyResult<Py<PyAny>> {
    match py.detach(|| SavedModel::read(&path)).map_err(raised)? {
        SavedModel::Decoder(model) => Ok(Py::new(py, DecoderModel::loaded(*model))?.into_any()),
        SavedModel::Forecaster(model) => {
            Ok(Py::new(py, ForecasterModel::loaded(*model))?.into_any())
        }
    }
}

/// Version of the package.
#[pyfunction]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Runs the program `nervering` with a command line, itself first, and gives back its exit code.
#[pyfunction]
pub fn run_program(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| {
        if let Some(path) = arguments.first() {
            program::set_path(PathBuf::from(path));
        }
        let code = program::main(arguments);
        (0..=u8::MAX).find(|&known| ExitCode::from(known) == code).unwrap_or(1)
    })
}
