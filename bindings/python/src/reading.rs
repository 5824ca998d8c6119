//! Files to recordings and back, what is in them, and simulated animals.

use crate::error::{raised, refused, wrong};
use crate::recording::Recording;
use crate::watch::watched;
use nervering::io::inspect::InspectionJson;
use nervering::io::{self, Warning, read_all};
use nervering::program;
use nervering::recording::Recording as Parts;
use nervering::simulate::{SimulationConfig, simulate as simulated};
use pyo3::prelude::*;
use std::path::PathBuf;

/// What readers noticed and did not refuse.
#[pyclass(frozen, module = "nervering._native")]
pub struct Noticed(Vec<Warning>);

#[pymethods]
impl Noticed {
    /// Level, kind, place and text of each.
    #[getter]
    fn rows(&self) -> Vec<(String, &'static str, &str, &str)> {
        let rows = self.0.iter();
        rows.map(|w| (w.level.to_string(), w.kind, w.place.as_str(), w.text.as_str())).collect()
    }
}

/// The recordings of files and folders, and what was noticed about them. `options` are the command
/// line's.
#[pyfunction]
pub fn read(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    options: Vec<String>,
) -> PyResult<(Vec<Recording>, Noticed)> {
    let options = program::reading(&options).map_err(refused)?;
    let found = watched(py, None, raised::<nervering::Failure>, |_| {
        let files = program::files(&paths)?;
        Ok(read_all(&files, &options)?)
    })?;
    Ok((Recording::of(found.recordings), Noticed(found.warnings)))
}

/// What is in recordings and what is wrong with them: the JSON of `nervering inspect --json`.
#[pyfunction]
pub fn inspect(
    py: Python<'_>,
    recordings: Vec<Py<Recording>>,
    noticed: Option<Py<Noticed>>,
) -> String {
    let parts = Recording::parts(&recordings);
    let read = noticed.as_ref().map_or(&[] as &[_], |noticed| &noticed.get().0);
    py.detach(|| {
        let inspection = io::inspect(&parts, read);
        serde_json::to_string(&InspectionJson::from(&inspection)).expect("plain data")
    })
}

/// Writes one table per recording into a folder, CSV or Parquet, and gives back their paths.
#[pyfunction]
pub fn save(
    py: Python<'_>,
    recordings: Vec<Py<Recording>>,
    folder: PathBuf,
    format: &str,
    overwrite: bool,
) -> PyResult<Vec<PathBuf>> {
    let parts = Recording::parts(&recordings);
    let parts: Vec<&Parts> = parts.iter().collect();
    py.detach(|| program::save(&parts, &folder, format, overwrite)).map_err(refused)
}

/// Animals with known truth.
#[pyfunction]
pub fn simulate(
    py: Python<'_>,
    n_animals: usize,
    duration_s: f64,
    seed: u64,
) -> PyResult<Vec<Recording>> {
    let config = SimulationConfig { n_animals, duration_s, ..SimulationConfig::default() };
    let animals = py.detach(|| simulated(&config, seed)).map_err(wrong)?;
    Ok(Recording::of(animals.into_iter().map(|animal| animal.recording).collect()))
}
