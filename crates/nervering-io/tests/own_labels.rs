//! Labels that are no known states, through the readers: kept as they are written, mapped as the user
//! says, bounded, and codes read only where the map gives them a meaning.

use nervering_io::{ReadOptions, ReadOutcome, UNUSED_IN_MAP, read_all, write_csv, write_parquet};
use std::path::Path;

const TABLE: &str = "time_s,state,AVAL\n0,roaming,1\n1,\"dwelling, mostly\",2\n2,FWD,3\n3,NaN,4\n";

fn read(folder: &Path, text: &str, map: &str) -> Result<ReadOutcome, nervering_io::IoError> {
    let path = folder.join("w.csv");
    std::fs::write(&path, text).unwrap();
    let states = if map.is_empty() { Default::default() } else { map.parse().unwrap() };
    read_all(&[path], &ReadOptions { states, ..ReadOptions::default() })
}

fn names(outcome: &ReadOutcome) -> Vec<&str> {
    outcome.recordings[0].behavior().unwrap().names().collect()
}

#[test]
fn labels_are_kept_and_written_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = read(folder.path(), TABLE, "").unwrap();
    let expected = ["roaming", "dwelling, mostly", "FWD", "NOSTATE"];
    assert_eq!(names(&outcome), expected);
    let (csv, parquet) = (folder.path().join("a.csv"), folder.path().join("b.parquet"));
    write_csv(&outcome.recordings[0], &csv).unwrap();
    write_parquet(&outcome.recordings[0], &parquet).unwrap();
    for path in [csv, parquet] {
        let again = read_all(&[path], &ReadOptions::default()).unwrap();
        assert_eq!(names(&again), expected);
    }
}

#[test]
fn a_map_says_what_labels_stand_for_and_a_name_that_no_file_has_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let map = r"roaming=FWD,dwelling\, mostly=resting,romaing=REV";
    let outcome = read(folder.path(), TABLE, map).unwrap();
    assert_eq!(names(&outcome), ["FWD", "resting", "FWD", "NOSTATE"]);
    assert_eq!(outcome.warnings.len(), 1);
    assert_eq!(outcome.warnings[0].kind, UNUSED_IN_MAP);
    assert!(outcome.warnings[0].text.contains("was \"roaming\" meant?"), "{}", outcome.warnings[0]);
}

#[test]
fn a_code_is_read_where_the_map_says_what_it_stands_for() {
    let folder = tempfile::tempdir().unwrap();
    let table = "time_s,state,AVAL\n0,1,1\n1,2.0,2\n2,,3\n";
    let error = read(folder.path(), table, "").unwrap_err().to_string();
    assert!(error.contains("line 2, column 2 (state): found \"1\""), "{error}");
    assert!(error.contains("--map NUMBER=STATE"), "{error}");
    let outcome = read(folder.path(), table, "1=REV,2=roaming").unwrap();
    assert_eq!(names(&outcome), ["REV", "roaming", "NOSTATE"]);
    let error = read(folder.path(), table, "1=REV").unwrap_err().to_string();
    assert!(error.contains("line 3") && error.contains("\"2.0\""), "{error}");
}

#[test]
fn a_column_of_remarks_is_no_column_of_states() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = "time_s,state,AVAL\n".to_owned();
    (0..100).for_each(|k| table.push_str(&format!("{k},remark {k},1\n")));
    let error = read(folder.path(), &table, "").unwrap_err().to_string();
    assert!(error.contains("line 66") && error.contains("at most 64 different"), "{error}");
}
