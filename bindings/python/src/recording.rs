//! [`Recording`] for Python: one animal in one session, whose traces numpy sees without a copy.

use crate::arrays::{array, rows};
use crate::config::{optional, parsed};
use crate::error::wrong;
use nervering::recording::{
    Behavior, FileDerivative, NeuronNames, Provenance, Recording as Parts, RecordingParts,
    TimeBase, Traces,
};
use numpy::ndarray::ArrayView2;
use numpy::{PyArray1, PyArray2, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use std::sync::Arc;

/// A code of each frame, and the names of the codes.
type CodesAndNames<'py> = (Bound<'py, PyArray1<i16>>, Vec<String>);

/// One animal in one session. It does not change.
#[pyclass(frozen, module = "nervering._native")]
pub struct Recording(pub Arc<Parts>);

impl Recording {
    /// The recordings of a list, as the rooms take them.
    pub fn parts(recordings: &[Py<Self>]) -> Vec<Parts> {
        recordings.iter().map(|recording| Parts::clone(&recording.get().0)).collect()
    }

    /// Recordings for Python.
    pub fn of(recordings: Vec<Parts>) -> Vec<Self> {
        recordings.into_iter().map(|recording| Self(Arc::new(recording))).collect()
    }
}

/// What a recording is made of, as Python has it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Made<'py> {
    animal: String,
    neurons: Vec<String>,
    traces: PyReadonlyArray2<'py, f64>,
    seconds: PyReadonlyArray1<'py, f64>,
    states: Option<Vec<String>>,
    derivative: Option<PyReadonlyArray2<'py, f64>>,
    derivative_field: String,
    unit: Option<String>,
    names: String,
    source: String,
    place: String,
    trace_field: String,
}

fn traces(array: &PyReadonlyArray2<'_, f64>) -> PyResult<Traces> {
    let [n_frames, n_neurons] = array.as_array().shape().try_into().expect("two axes");
    Traces::new(n_frames, n_neurons, rows(array)).map_err(wrong)
}

/// An array that shows numbers of a recording, which lives as long as the array does.
fn shown<'py>(owner: &Bound<'py, Recording>, of: &Traces) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let view = ArrayView2::from_shape((of.n_frames(), of.n_neurons()), of.values());
    let view = view.map_err(wrong)?;
    // SAFETY: the numbers belong to the recording, which is frozen and kept alive by the array; nobody can
    // write through the array, whose flag is cleared before anyone has it.
    let array = unsafe { PyArray2::borrow_from_array(&view, owner.clone().into_any()) };
    array.call_method1("setflags", (false,))?;
    Ok(array)
}

#[pymethods]
impl Recording {
    /// Made of a mapping with the fields of [`Made`].
    #[new]
    fn new(made: Made<'_>) -> PyResult<Self> {
        let names: NeuronNames = parsed("names", &made.names)?;
        let derivative = made.derivative.as_ref().map(traces).transpose()?;
        let behavior = made.states.map(Behavior::from_names).transpose();
        let parts = RecordingParts {
            animal: made.animal,
            neurons: made.neurons.iter().map(|text| names.label(text)).collect(),
            traces: traces(&made.traces)?,
            derivative: derivative
                .map(|values| FileDerivative { values, field: made.derivative_field }),
            behavior: behavior.map_err(|error| wrong(format!("states: {error}")))?,
            time: TimeBase::new(made.seconds.as_array().to_vec()).map_err(wrong)?,
            provenance: Provenance {
                source: made.source,
                place: made.place,
                trace_field: made.trace_field,
                unit: optional("unit", made.unit.as_deref())?,
            },
        };
        Ok(Self(Arc::new(Parts::new(parts).map_err(wrong)?)))
    }

    /// Name of the animal.
    #[getter]
    fn animal(&self) -> &str {
        self.0.animal()
    }

    /// One label per column, as the file has it.
    #[getter]
    fn neurons(&self) -> Vec<String> {
        self.0.neurons().iter().map(ToString::to_string).collect()
    }

    /// Names of the neurons that have exactly one.
    #[getter]
    fn identified(&self) -> Vec<&str> {
        self.0.identified().map(|name| name.as_str()).collect()
    }

    /// `(frames, neurons)`.
    #[getter]
    fn shape(&self) -> (usize, usize) {
        (self.0.n_frames(), self.0.neurons().len())
    }

    /// Frames per second.
    #[getter]
    fn fps(&self) -> f64 {
        self.0.time().fps()
    }

    /// Seconds.
    #[getter]
    fn duration(&self) -> f64 {
        self.0.time().duration()
    }

    /// What the traces are, and whether that is stated or guessed.
    #[getter]
    fn unit(&self) -> (&'static str, bool) {
        let found = self.0.unit();
        (found.unit.as_str(), self.0.provenance().unit.is_some())
    }

    /// File, place in it, and field of the traces.
    #[getter]
    fn provenance(&self) -> (&str, &str, &str) {
        let Provenance { source, place, trace_field, .. } = self.0.provenance();
        (source, place, trace_field)
    }

    /// ΔF/F, `(frame, neuron)`; it cannot be written.
    #[getter]
    fn traces<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyArray2<f64>>> {
        shown(slf, slf.get().0.traces())
    }

    /// The file's own derivative per second, `(frame, neuron)`, and its field.
    #[getter]
    fn derivative<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<Option<(Bound<'py, PyArray2<f64>>, String)>> {
        let Some(derivative) = slf.get().0.file_derivative() else { return Ok(None) };
        Ok(Some((shown(slf, &derivative.values)?, derivative.field.clone())))
    }

    /// Time of each frame.
    #[getter]
    fn seconds<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        PyArray1::from_slice(py, self.0.time().seconds())
    }

    /// The place of each frame's state among the names, and the names; `None` of one without states.
    #[getter]
    fn states<'py>(&self, py: Python<'py>) -> PyResult<Option<CodesAndNames<'py>>> {
        let Some(behavior) = self.0.behavior() else { return Ok(None) };
        let shown: Vec<_> = behavior.counts().into_iter().map(|(state, _)| state).collect();
        let place = |state| shown.iter().position(|other| other == state).unwrap_or(0) as i16;
        let codes: Vec<i16> = behavior.states().iter().map(place).collect();
        let n_frames = codes.len();
        let names = shown.iter().map(|&state| behavior.name(state).to_owned()).collect();
        Ok(Some((array(py, codes, n_frames)?, names)))
    }
}
