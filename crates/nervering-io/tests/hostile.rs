//! Every format against damage of every kind: see `common/hostile.rs` for what is promised.

mod common;
#[path = "common/hostile.rs"]
mod hostile;

use common::Fixture;
use flate2::read::GzDecoder;
use hostile::survives;
use nervering_io::{ReadOptions, read_recordings};
use std::io::Read;
use std::path::Path;

/// Reads a damaged file; an error must name it.
fn read(path: &Path) {
    if let Err(error) = read_recordings(path, &ReadOptions::default()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn wide_csv() {
    let text = "time_s,state,AVAL,---#2,SMDVL|SMDVR,AVAL.derivative,---#2.derivative,SMDVL|SMDVR.derivative\n\
        16.5,FWD,0.25,NaN,1e-3,0.1,,-2\n16.75,REVSUS,0.5,2,\"0.5\",0.1,NA,3\n17,,1,2,3,4,5,6\n";
    survives("wide_csv", text.as_bytes(), read);
}

fn fixture(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    let bytes = std::fs::read(&path).unwrap();
    survives(path.file_name().unwrap().to_str().unwrap(), &bytes, read);
}

#[test]
fn wide_parquet() {
    fixture("pandas_groups.parquet");
}

#[test]
fn wide_parquet_in_zstandard() {
    fixture("zstd.parquet");
}

#[test]
fn wide_parquet_in_delta_encodings() {
    fixture("parquet/pyarrow_delta.parquet");
}

#[test]
fn wide_parquet_in_split_streams_and_decimals() {
    fixture("parquet/pyarrow_split.parquet");
}

#[test]
fn wide_parquet_with_the_schema_of_arrow() {
    fixture("parquet/polars_duration.parquet");
}

#[test]
fn wide_parquet_with_the_index_of_pandas() {
    fixture("parquet/pandas_two_indices.parquet");
}

#[test]
fn nwb_with_a_series_per_neuron() {
    fixture("named_states.nwb");
}

#[test]
fn nwb_with_a_table_of_neurons() {
    fixture("imaging.nwb");
}

/// A fixture of `tests/fixtures/nwb`, which stands there in gzip.
fn packed(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/nwb");
    let packed = std::fs::File::open(folder.join(format!("{name}.nwb.gz"))).unwrap();
    let mut bytes = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
    survives(name, &bytes, read);
}

#[test]
fn nwb_with_ragged_columns_of_characters() {
    packed("ragged_characters");
}

#[test]
fn nwb_with_intervals_of_every_kind() {
    packed("overlapping");
    packed("interval_series");
}

#[test]
fn flavell_h5() {
    fixture("flavell.h5");
}

#[test]
fn worm_wide_web() {
    fixture("worm_wide_web.json");
}

#[test]
fn kato_mat() {
    survives("kato_mat", &Fixture::full().bytes(), read);
}
