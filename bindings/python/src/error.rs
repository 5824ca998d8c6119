//! From what fails to Python's own kinds of exceptions, with the program's words.

use nervering::Failure;
use nervering::fit::ModelError;
use nervering::grid::GridError;
use nervering::program::Refused;
use nervering::study::StudyError;
use pyo3::exceptions::{
    PyFileExistsError, PyFileNotFoundError, PyKeyboardInterrupt, PyOSError, PyPermissionError,
    PyRuntimeError, PyTypeError, PyValueError,
};
use pyo3::prelude::*;
use std::error::Error;
use std::io::{self, ErrorKind};

/// A failure of the program as an exception.
pub fn raised<F: Into<Failure>>(failure: F) -> PyErr {
    let failure: Failure = failure.into();
    let report = failure.report();
    let text = report.strip_prefix("error: ").unwrap_or(&report).to_owned();
    if let Some(error) = of_system(&failure) {
        return match error.kind() {
            ErrorKind::NotFound => PyFileNotFoundError::new_err(text),
            ErrorKind::PermissionDenied => PyPermissionError::new_err(text),
            _ => PyOSError::new_err(text),
        };
    }
    match &failure {
        Failure::Model(ModelError::Stopped)
        | Failure::Run(StudyError::Grid(GridError::Interrupted { .. })) => {
            PyKeyboardInterrupt::new_err(text)
        }
        Failure::Model(ModelError::CannotBeSaved { .. }) => PyTypeError::new_err(text),
        Failure::AlreadyThere { .. } => PyFileExistsError::new_err(text),
        Failure::UnknownStudy { .. } | Failure::NoReport { .. } => {
            PyFileNotFoundError::new_err(text)
        }
        Failure::Run(_) | Failure::Png(_) | Failure::Grid(_) => PyRuntimeError::new_err(text),
        Failure::Model(error) if !error.is_of_usage() => PyRuntimeError::new_err(text),
        _ => PyValueError::new_err(text),
    }
}

/// The same of an option, or of what came of it.
pub fn refused(refused: Refused) -> PyErr {
    match refused {
        Refused::Unknown(text) => PyTypeError::new_err(text),
        Refused::Option(text) => PyValueError::new_err(text),
        Refused::Failure(failure) => raised(failure),
    }
}

/// A value that something cannot have.
pub fn wrong(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// What the system said, if that is why.
fn of_system(failure: &Failure) -> Option<&io::Error> {
    let mut cause: Option<&(dyn Error + 'static)> = Some(failure);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<io::Error>() {
            return Some(found);
        }
        cause = error.source();
    }
    None
}
