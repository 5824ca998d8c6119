//! The real recordings, where they are present: the file in MATLAB's layout against the facts
//! known about it and against the CSV tables of the same worms.

mod common;

use nervering_io::{Level, ReadOptions, inspect, read_all, read_recordings, write_csv};
use nervering_recording::{NeuronName, NeuronSet};
use std::path::PathBuf;

const SHARED: [&str; 23] = [
    "AIBL", "AIBR", "ALA", "ASKR", "AVAL", "AVAR", "AVBL", "AVBR", "AVEL", "AVER", "RIBL", "RID",
    "RIML", "RIMR", "RIVL", "RIVR", "RMED", "RMEL", "RMER", "SMDDR", "SMDVR", "VB01", "VB02",
];

/// Animal, frames, neurons, frames per second.
const WORMS: [(&str, usize, usize, f64); 5] = [
    ("TS20140715e", 1518, 109, 2.9046),
    ("TS20140715f", 1325, 135, 2.9019),
    ("TS20140905c", 1325, 131, 2.8324),
    ("TS20140926d", 1325, 125, 3.0657),
    ("TS20141221b", 1325, 129, 2.7972),
];

fn files() -> Option<(PathBuf, Vec<PathBuf>)> {
    let folder = common::real_data()?;
    let mut tables: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "csv"))
        .collect();
    tables.sort();
    Some((folder.join("WT_NoStim_part.mat"), tables))
}

#[test]
fn the_worms_are_as_known() {
    let Some((mat, _)) = files() else { return };
    let outcome = read_recordings(&mat, &ReadOptions::default()).unwrap();
    assert_eq!(outcome.recordings.len(), WORMS.len());
    for (recording, (animal, n_frames, n_neurons, fps)) in outcome.recordings.iter().zip(WORMS) {
        assert_eq!(recording.animal(), animal);
        assert_eq!(recording.n_frames(), n_frames);
        assert_eq!(recording.neurons().len(), n_neurons);
        assert!((recording.time().fps() - fps).abs() < 1e-4, "{}", recording.time().fps());
        assert!(recording.file_derivative().is_none());
    }
    let shared = NeuronSet::Shared.resolve(&outcome.recordings).unwrap();
    assert_eq!(shared.iter().map(NeuronName::as_str).collect::<Vec<_>>(), SHARED);
    assert!(NeuronSet::Paper15.resolve(&outcome.recordings).is_ok());
    assert_eq!(outcome.warnings, []);
}

#[test]
fn the_tables_of_the_same_worms_agree() {
    let Some((mat, tables)) = files() else { return };
    let worms = read_recordings(&mat, &ReadOptions::default()).unwrap().recordings;
    let tables = read_all(&tables, &ReadOptions::default()).unwrap().recordings;
    assert_eq!(tables.len(), worms.len());
    for (worm, table) in worms.iter().zip(&tables) {
        assert!(table.animal().contains(worm.animal()));
        assert_eq!(table.behavior(), worm.behavior());
        assert_eq!(table.identified().len(), 15);
        for (a, b) in table.time().seconds().iter().zip(worm.time().seconds()) {
            assert!((a - b).abs() <= 5.1e-7, "{a} {b}");
        }
        for name in table.identified() {
            let of_table = table.traces().neuron(table.column(name).unwrap());
            let of_worm = worm.traces().neuron(worm.column(name).unwrap());
            for (a, b) in of_table.zip(of_worm) {
                // Seven significant digits are printed.
                assert!((a - b).abs() <= 5.1e-7 * b.abs().max(1e-9), "{name}: {a} {b}");
            }
        }
    }
}

#[test]
fn the_inspector_finds_nothing_wrong() {
    let Some((mat, _)) = files() else { return };
    let outcome = read_recordings(&mat, &ReadOptions::default()).unwrap();
    let inspection = inspect(&outcome.recordings, &outcome.warnings);
    println!("{inspection}");
    assert_eq!(inspection.count(Level::Wrong), 0);
    assert_eq!(inspection.shared.len(), 23);
    let behavior = inspection.animals[0].behavior.as_ref().unwrap();
    let sum: f64 = behavior.fractions.iter().map(|(_, fraction)| fraction).sum();
    assert!((sum - 1.).abs() < 1e-12);
}

#[test]
fn a_worm_and_its_own_table_are_the_same_animal() {
    let Some((mat, tables)) = files() else { return };
    let all = read_all(&[mat, tables[2].clone()], &ReadOptions::default()).unwrap();
    let inspection = inspect(&all.recordings, &all.warnings);
    let twice: Vec<_> =
        inspection.warnings.iter().filter(|w| w.kind == "same-animal-twice").collect();
    assert_eq!(twice.len(), 1);
    assert_eq!(twice[0].place, "TS20140905c and worm3_TS20140905c");
}

#[test]
fn a_real_worm_survives_csv_unchanged() {
    let Some((mat, _)) = files() else { return };
    let folder = tempfile::tempdir().unwrap();
    for recording in read_recordings(&mat, &ReadOptions::default()).unwrap().recordings {
        let path = folder.path().join(format!("{}.csv", recording.animal()));
        write_csv(&recording, &path).unwrap();
        assert_eq!(
            read_recordings(&path, &ReadOptions::default()).unwrap().recordings,
            [recording]
        );
    }
}
