//! What an HDF5 file is that no reader claims, as far as that can be seen, and the way from there to a
//! file that is read.

use super::node::{Hdf5, Node};
use crate::error::IoError;
use std::path::Path;

/// Members of a file that are shown.
const SHOWN: usize = 8;
const TABLE: &str = "a CSV table with the columns time_s, state and one per neuron";

/// What the file is, and what to do. A file that does not open is only HDF5.
///
/// # Errors
/// [`IoError::Read`] where the system refuses.
pub(crate) fn describe(path: &Path, head: &[u8]) -> Result<(String, String), IoError> {
    let from_julia = format!("; write {TABLE} in Julia, with CSV.jl");
    if head.starts_with(b"HDF5-based Julia Data Format") {
        return Ok(("a JLD2 file of Julia".into(), from_julia));
    }
    if head.starts_with(b"Julia data file (HDF5)") {
        return Ok(("a JLD file of Julia".into(), from_julia));
    }
    match Hdf5::read(path, |file| Ok(by_content(file))) {
        Err(error @ IoError::Read { .. }) => Err(error),
        described => Ok(described.unwrap_or_else(|_| ("HDF5".into(), by_h5py()))),
    }
}

fn by_h5py() -> String {
    format!("; read it with h5py and write {TABLE}")
}

fn by_content(file: &Hdf5) -> (String, String) {
    let root = file.root();
    let names = root.member_names().unwrap_or_default();
    let member = |name: &str| root.member(name).ok();
    let has = |wanted: &[&str]| wanted.iter().all(|name| names.iter().any(|other| other == name));
    let any = |is: &dyn Fn(&Node<'_>) -> bool| {
        names.iter().take(SHOWN).filter_map(|name| member(name)).any(|node| is(&node))
    };
    let is_set = |name: &str| root.has_attribute(name);
    let found = if any(&|node| node.has_attribute("pandas_type")) {
        let way = format!("; in pandas, write {TABLE}, with to_csv or to_parquet");
        return (format!("an HDFStore of pandas with {}", listed(&names)), way);
    } else if is_set("PYTABLES_FORMAT_VERSION") {
        "a PyTables file"
    } else if is_set("keras_version") || is_set("layer_names") || has(&["model_weights"]) {
        return ("a model of Keras".into(), "; it is a model, not data".into());
    } else if root.text_attribute("encoding-type").is_some_and(|kind| kind == "anndata") {
        "an AnnData file"
    } else if has(&["DataSet", "DataSetInfo"]) {
        return ("an image of Imaris".into(), "; extract traces from it first".into());
    } else if has(&["t00000"]) && has(&["s00"]) {
        return ("an image of BigDataViewer".into(), "; extract traces from it first".into());
    } else if has(&["nwb_version"]) {
        let way = "; NWB 1 is not read, write it again as NWB 2 with pynwb";
        return ("a file of NWB 1".into(), way.into());
    } else if has(&["estimates"]) {
        "a file of CaImAn"
    } else if is_set("_NCProperties") || any(&|node| node.has_attribute("_Netcdf4Dimid")) {
        "a NetCDF4 file"
    } else {
        "HDF5 of no known layout"
    };
    (format!("{found} with {}", listed(&names)), by_h5py())
}

fn listed(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    match shown.as_slice() {
        [] => "nothing in it".into(),
        shown if names.len() > SHOWN => format!("{}, …", shown.join(", ")),
        shown => shown.join(", "),
    }
}
