//! What counts as a neuron: the known names unless more are accepted, whatever the format.

use nervering_io::{Level, ReadOptions, ReadOutcome, Warning, inspect, read_all, read_recordings};
use nervering_io::{write_csv, write_parquet};
use nervering_recording::{
    NeuronLabel, NeuronName, NeuronNames, NeuronSet, Recording, RecordingParts,
};
use std::fmt::Write;
use std::path::{Path, PathBuf};

fn accepting(names: &str) -> ReadOptions {
    ReadOptions { names: names.parse().unwrap(), ..ReadOptions::default() }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn identified(recording: &Recording) -> Vec<&str> {
    recording.identified().map(NeuronName::as_str).collect()
}

fn of_kind<'w>(warnings: &'w [Warning], kind: &str) -> Vec<&'w Warning> {
    warnings.iter().filter(|warning| warning.kind == kind).collect()
}

/// Noise in steps of its own for each animal, forward and reverse by turns.
fn noise(animal: usize, frame: usize, column: usize) -> f64 {
    let mut z = ((animal * 1009 + frame) * 31 + column) as u64 + 1;
    z = (z ^ (z >> 3)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (z >> 11) as f64 / (1_u64 << 53) as f64
}

fn forward(frame: usize) -> bool {
    (frame / 25).is_multiple_of(2)
}

/// The tables of the case: three neurons of noise, and the state as a number under another name.
fn write_tables(folder: &Path, n_animals: usize, column: &str) -> Vec<PathBuf> {
    let write = |animal| {
        let mut text = format!("time_s,state,AVAL,AVAR,RIML,{column}\n");
        for frame in 0..300 {
            let (state, code) = if forward(frame) { ("FWD", 1) } else { ("REV1", 5) };
            let seconds = 0.35 * frame as f64;
            write!(text, "{seconds:.2},{state}").unwrap();
            (0..3).for_each(|k| write!(text, ",{:.4}", noise(animal, frame, k)).unwrap());
            writeln!(text, ",{code}").unwrap();
        }
        let path = folder.join(format!("w{animal}.csv"));
        std::fs::write(&path, text).unwrap();
        path
    };
    (0..n_animals).map(write).collect()
}

#[test]
fn csv_state_as_neuron() {
    for column in ["State", "label", "frame", "speed", "stim", "XYZ"] {
        let folder = tempfile::tempdir().unwrap();
        let paths = write_tables(folder.path(), 4, column);
        let read = read_all(&paths, &ReadOptions::default()).unwrap();
        let shared = NeuronSet::Shared.resolve(&read.recordings).unwrap();
        assert_eq!(
            shared.iter().map(NeuronName::as_str).collect::<Vec<_>>(),
            ["AVAL", "AVAR", "RIML"]
        );
        let label = NeuronLabel::Unidentified(column.to_owned());
        assert_eq!(read.recordings[0].neurons()[3], label);
        let kind = if column == "XYZ" { "unknown-name" } else { "not-a-neuron" };
        let [warning] = of_kind(&read.warnings, kind)[..] else { panic!("{:?}", read.warnings) };
        assert_eq!((warning.level, &*warning.place), (Level::Doubtful, "all animals"));
        assert!(warning.text.contains(column), "{}", warning.text);
        assert_eq!(inspect(&read.recordings, &read.warnings).count(Level::Wrong), 0);

        // Where it would enter a model it is wrong, whatever its name.
        let read = read_all(&paths, &accepting("any")).unwrap();
        assert_eq!(NeuronSet::Shared.resolve(&read.recordings).unwrap().len(), 4);
        let found = inspect(&read.recordings, &read.warnings).warnings;
        let [wrong] = of_kind(&found, "not-a-neuron")[..] else { panic!("{found:?}") };
        assert_eq!((wrong.level, &*wrong.place), (Level::Wrong, "all animals"));
        assert!(wrong.text.contains(&column.to_uppercase()), "{}", wrong.text);
    }
}

#[test]
fn names_nan() {
    let folder = tempfile::tempdir().unwrap();
    for written in ["nan", "None", "NA", "null", "unID"] {
        let path = folder.path().join("w0.csv");
        std::fs::write(&path, format!("time_s,AVAL,{written},RIML\n0,1,2,3\n1,2,3,5\n")).unwrap();
        for options in [ReadOptions::default(), accepting("any")] {
            let ReadOutcome { recordings, warnings, .. } =
                read_recordings(&path, &options).unwrap();
            assert_eq!(identified(&recordings[0]), ["AVAL", "RIML"], "{written}");
            assert_eq!(warnings, [], "{written}");
        }
    }
    for options in [ReadOptions::default(), accepting("any")] {
        let read = read_recordings(&fixture("nan_names.nwb"), &options).unwrap();
        let labels: Vec<_> = read.recordings[0].neurons().iter().map(ToString::to_string).collect();
        assert_eq!(labels, ["AVAL", "nan", "nan"]);
        assert_eq!(identified(&read.recordings[0]), ["AVAL"]);
    }
}

#[test]
fn names_are_accepted_by_choice_and_spelled_in_one_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.csv");
    let header = "time_s, vb1 ,aval,r1al,cp1,Xyz,AVA,roi12,12";
    std::fs::write(&path, format!("{header}\n0,1,2,3,4,5,6,7,8\n1,2,3,4,5,6,7,8,9\n")).unwrap();
    let read = |options| read_recordings(&path, &options).unwrap();
    let known = read(ReadOptions::default());
    assert_eq!(identified(&known.recordings[0]), ["AVAL", "CP01", "R1AL", "VB01"]);
    let [warning] = known.warnings.as_slice() else { panic!("{:?}", known.warnings) };
    assert_eq!(warning.kind, "unknown-name");
    assert!(warning.text.contains("Xyz, AVA (is it AVAL or AVAR?); correct"), "{}", warning.text);
    let also = read(accepting("XYZ,aval"));
    assert_eq!(identified(&also.recordings[0]), ["AVAL", "CP01", "R1AL", "VB01", "XYZ"]);
    let any = read(accepting("any"));
    assert_eq!(any.recordings[0].identified().len(), 7);
    assert_eq!(any.warnings, []);
}

/// A table that was written with names of another species needs no option to be read again.
#[test]
fn names_that_counted_when_a_table_was_written_count_when_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("w.csv");
    std::fs::write(&source, "time_s,XYZ,ABC|AVAL,Stim,AVAL\n0,1,2,3,4\n1,2,3,4,6\n").unwrap();
    let recording = read_recordings(&source, &accepting("XYZ")).unwrap().recordings.remove(0);
    let abc = NeuronNames::Any.label_of_candidates(["ABC", "AVAL"]);
    let stim = NeuronLabel::Unidentified("Stim".into());
    let name = |text| NeuronNames::Any.label(text);
    let expected = [name("XYZ"), abc, stim, name("AVAL")];
    assert_eq!(recording.neurons(), expected);
    let (csv, parquet) = (folder.path().join("a.csv"), folder.path().join("a.parquet"));
    write_csv(&recording, &csv).unwrap();
    write_parquet(&recording, &parquet).unwrap();
    for path in [csv, parquet] {
        let read = read_recordings(&path, &ReadOptions::default()).unwrap();
        assert_eq!(read.recordings[0].neurons(), expected);
    }
}

#[test]
fn a_neuron_that_is_accepted_and_not_known_is_told_by_the_inspector() {
    let folder = tempfile::tempdir().unwrap();
    let paths = write_tables(folder.path(), 1, "AVA1");
    let recording = read_recordings(&paths[0], &accepting("any")).unwrap().recordings.remove(0);
    let parts = RecordingParts { behavior: None, ..recording.into_parts() };
    let found = inspect(&[Recording::new(parts).unwrap()], &[]).warnings;
    let [look_alike] = of_kind(&found, "look-alike-name")[..] else { panic!("{found:?}") };
    assert!(look_alike.text.contains("AVA1 (is it AVAL, which is there too?)"), "{look_alike}");
    // Two values that last are no trace either.
    assert_eq!(of_kind(&found, "not-a-neuron")[0].level, Level::Wrong);
}
