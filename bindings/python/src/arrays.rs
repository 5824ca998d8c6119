//! Numbers between Rust and numpy.

use numpy::{Element, PyArray, PyArray1, PyArrayMethods, PyReadonlyArray2};
use pyo3::prelude::*;

/// An array of some shape that owns these numbers; none is copied.
pub fn array<'py, T: Element, D: numpy::ndarray::IntoDimension>(
    py: Python<'py>,
    values: Vec<T>,
    shape: D,
) -> PyResult<Bound<'py, PyArray<T, D::Dim>>> {
    PyArray1::from_vec(py, values).reshape(shape)
}

/// Rows of an array in their order, whatever its layout.
pub fn rows(array: &PyReadonlyArray2<'_, f64>) -> Vec<f64> {
    // Column by column is contiguous for numpy too, and another order.
    match array.as_array().as_slice() {
        Some(slice) => slice.to_vec(),
        None => array.as_array().iter().copied().collect(),
    }
}
