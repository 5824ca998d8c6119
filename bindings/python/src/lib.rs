//! The native half of the Python package `nervering`: the same rooms as the program, for Python.
//!
//! `recording` holds recordings, `reading` reads and inspects them, `decoder` and `forecaster`
//! fit and use models, `study` runs studies, `registry` lists what there is. Whatever takes longer than a
//! moment runs on a thread of its own while Python's signals are heard (`watch`); what fails becomes
//! Python's own kinds of exceptions (`error`). What is Python's own, as scikit-learn's classes, plots and
//! other libraries' tables, is written in Python, in `python/nervering`.

mod arrays;
mod config;
mod decoder;
mod error;
mod forecaster;
mod reading;
mod recording;
mod registry;
mod study;
mod watch;

use nervering::allocator::{self, Allocator};
use nervering::program;
use pyo3::prelude::*;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator::new();

/// What Python sees.
#[pymodule]
mod _native {
    #[pymodule_export]
    use super::decoder::{DecoderModel, fit_decoder, fit_rows};
    #[pymodule_export]
    use super::forecaster::{ForecasterModel, fit_forecaster};
    #[pymodule_export]
    use super::reading::{Noticed, inspect, read, save, simulate};
    #[pymodule_export]
    use super::recording::Recording;
    #[pymodule_export]
    use super::registry::{connectomes, decoders, forecasters, load, run_program, version};
    #[pymodule_export]
    use super::study::Study;

    use super::error::raised;
    use super::{Bound, PyModule, PyResult, allocator, program};

    #[pymodule_init]
    fn init(_module: &Bound<'_, PyModule>) -> PyResult<()> {
        allocator::set_up(allocator::FreePages::Kept);
        program::set_up().map_err(raised)
    }
}
