//! Files as other programs write them: HDF5 in types and filters beyond the usual, MATLAB with other
//! kinds of names and states, and folders in which recordings stand beside anything else. The inputs
//! are of `fixtures/cases/generate.py`; tests that stand for a case are called as that.

mod common;
#[path = "common/layouts.rs"]
mod layouts;
#[path = "common/tree.rs"]
mod tree;

use layouts::{codes, wb_data, worm};
use nervering_io::{IoError, Level, ReadOptions, ReadOutcome, Warning, read_all, read_recordings};
use nervering_recording::{NeuronLabel, Recording, State};
use std::path::{Path, PathBuf};
use tree::{Form, Tree, lines, texts};

const N_FRAMES: usize = 60;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cases").join(name)
}

fn read(path: &Path) -> Result<ReadOutcome, IoError> {
    read_recordings(path, &ReadOptions::default())
}

fn read_one(name: &str) -> (Recording, Vec<Warning>) {
    let mut outcome = read(&fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(outcome.recordings.len(), 1);
    (outcome.recordings.remove(0), outcome.warnings)
}

fn failure(name: &str) -> String {
    read(&fixture(name)).unwrap_err().to_string()
}

fn kinds(warnings: &[Warning]) -> Vec<&str> {
    warnings.iter().map(|warning| warning.kind).collect()
}

/// What the generator writes, rounded as it does.
fn trace(neuron: usize, frame: usize) -> f64 {
    let t = frame as f64 * 0.5;
    let value = [t.sin(), t.cos(), (t / 2.).sin()][neuron] * 0.4 + 0.5;
    (value * 1e4).round() / 1e4
}

fn assert_traces(recording: &Recording, tolerance: f64) {
    assert_eq!(recording.traces().n_neurons(), 3);
    for frame in 0..recording.n_frames() {
        for (neuron, &read) in recording.traces().frame(frame).iter().enumerate() {
            let expected = trace(neuron, frame);
            assert!((read - expected).abs() <= tolerance, "{frame}, {neuron}: {read}, {expected}");
        }
    }
}

fn assert_states(recording: &Recording, reverse: State) {
    let states = recording.behavior().unwrap().states();
    for (frame, &state) in states.iter().enumerate() {
        let expected = if frame % 20 < 12 { State::Forward } else { reverse };
        assert_eq!(state, expected, "frame {frame}");
    }
}

#[test]
fn h5_float16() {
    let (recording, _) = read_one("float16_traces.h5");
    // Half precision has eleven bits.
    assert_traces(&recording, 2f64.powi(-11));
    assert_eq!(recording.traces().frame(0)[0], 0.5);
    assert!(recording.traces().frame(1)[0] != trace(0, 1));
    let (recording, _) = read_one("float16_velocity.h5");
    assert_traces(&recording, 0.);
    assert_states(&recording, State::Reverse);
    let (recording, _) = read_one("long_double.h5");
    assert_traces(&recording, 0.);
}

#[test]
fn h5_lzf() {
    let (recording, _) = read_one("lzf.h5");
    assert_eq!(recording.n_frames(), N_FRAMES);
    for frame in 0..N_FRAMES {
        for neuron in 0..3 {
            let expected = (trace(neuron, frame) * 10.).round() / 10.;
            let read = recording.traces().frame(frame)[neuron];
            assert!((read - expected).abs() < 1e-15, "{read} and {expected}");
        }
    }
}

#[test]
fn truth_values_and_big_endian_velocities_are_read() {
    let (recording, _) = read_one("truth_reversals.h5");
    assert_states(&recording, State::Reverse);
}

#[test]
fn h5_sibling() {
    let (recording, _) = read_one("virtual_sibling.h5");
    assert_traces(&recording, 0.);
    assert_states(&recording, State::Reverse);
    let text = failure("virtual_traces.h5");
    assert!(text.contains("/gcamp/trace_array_original: found a virtual data set"), "{text}");
    assert!(text.contains("h5py") && !text.contains("damaged"), "{text}");
}

#[test]
fn h5_longer_clock() {
    let (recording, warnings) = read_one("longer_clock.h5");
    assert_eq!(recording.n_frames(), 40);
    assert_traces(&recording, 0.);
    assert_eq!(recording.time().seconds()[39], 19.5);
    let warning = warnings.iter().find(|warning| warning.kind == "longer-clock").unwrap();
    assert_eq!(warning.level, Level::Doubtful);
    assert!(warning.text.contains("60 times") && warning.text.contains("first 40"), "{warning}");
    // Nothing but the traces says how long was recorded.
    let text = failure("longer_clock_alone.h5");
    assert!(text.contains("40 × 3, expected one axis of 60 frames"), "{text}");
    assert!(text.contains("write timing/timestamp_confocal again with those alone"), "{text}");
}

#[test]
fn h5_foreign() {
    for (name, found, advice) in [
        ("pandas.h5", "an HDFStore of pandas with df", "to_csv or to_parquet"),
        ("pytables.h5", "a PyTables file with trajectories", "h5py"),
        ("keras.h5", "a model of Keras", "not data"),
        ("jld2.h5", "a JLD2 file of Julia", "CSV.jl"),
        ("netcdf4.h5", "a NetCDF4 file with dff", "h5py"),
        ("anndata.h5", "an AnnData file with X", "h5py"),
        ("imaris.h5", "an image of Imaris", "extract traces"),
        (
            "plain.h5",
            "HDF5 of no known layout with labels, traces",
            "time_s, state and one per neuron",
        ),
        ("foreign.mat", "a MATLAB file with the variables [x, note]", "expected one struct"),
    ] {
        let error = read(&fixture(name)).unwrap_err();
        assert!(matches!(error, IoError::Foreign { .. }), "{error}");
        let text = error.to_string();
        for words in [name, found, "which holds no recording", advice] {
            assert!(text.contains(words), "{text}");
        }
        assert!(!text.contains("damaged"), "{text}");
    }
}

#[test]
fn damaged_hdf5_that_is_not_of_matlab_is_not_told_of_v73() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.h5");
    let bytes = std::fs::read(fixture("lzf.h5")).unwrap();
    for length in (0..bytes.len()).step_by(97) {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let text = read(&path).unwrap_err().to_string();
        assert!(!text.contains("v7.3") && text.contains("cut.h5"), "{text}");
    }
}

#[test]
fn mat_char_names() {
    let (recording, _) = read_one("rows_of_names.mat");
    assert_eq!(recording.neurons(), ["AVAL", "ALA", "RIML"].map(NeuronLabel::from_text));
    assert_traces(&recording, 0.);
}

#[test]
fn mat_cellstr_states() {
    for name in ["names_of_states.mat", "rows_of_states.mat"] {
        let (recording, warnings) = read_one(name);
        assert_states(&recording, State::Reverse1);
        assert!(!kinds(&warnings).contains(&"no-states"), "{warnings:?}");
    }
}

#[test]
fn mat_no_tv() {
    let text = failure("no_times.mat");
    assert!(
        text.contains("/wbData: found deltaFOverF_bc and NeuronNames but no tv (times)"),
        "{text}"
    );
    let line = "wbData.tv = (0:size(wbData.deltaFOverF_bc,1)-1)'/wbData.fps";
    assert!(text.contains(line), "{text}");
    let text = failure("no_names.mat");
    assert!(text.contains("/wbData: found deltaFOverF_bc and tv but no NeuronNames"), "{text}");
}

#[test]
fn sparse_matrices_are_read() {
    let (recording, _) = read_one("sparse.mat");
    for frame in 0..N_FRAMES {
        for neuron in 0..3 {
            let value = trace(neuron, frame);
            let expected = if value > 0.5 { value } else { 0. };
            assert_eq!(recording.traces().frame(frame)[neuron], expected);
        }
    }
    assert_states(&recording, State::Reverse1);
}

/// One worm with some fields replaced, in every container.
fn each_container(fields: &[(&str, Tree)], test: impl Fn(Result<ReadOutcome, IoError>)) {
    let mut file = wb_data(&worm(0, 50), "TS1");
    for (name, value) in fields {
        let Tree::Struct(present) = &file else { panic!("{file:?}") };
        if present.iter().any(|(other, _)| other == name) {
            file = file.without(name);
        }
        file = file.with(name, value.clone());
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("worm.mat");
    let variables = [("wbData", file)];
    let forms = [Form::Plain, Form::Compressed, Form::BigEndian];
    let v5 = forms.map(|form| tree::v5(&variables, form));
    for bytes in [tree::v73(&variables)].into_iter().chain(v5) {
        std::fs::write(&path, bytes).unwrap();
        test(read(&path));
    }
}

#[test]
fn rows_of_characters_name_neurons_and_codes() {
    let fields = [
        ("NeuronIds", lines(&["AVAL", "2", "RIML", "VB02"])),
        ("States", tree::column(&codes(0, 50))),
        ("States_key", lines(&layouts::KEY)),
    ];
    each_container(&fields, |outcome| {
        let recording = outcome.unwrap().recordings.remove(0);
        assert_eq!(recording.neurons(), layouts::NAMES.map(NeuronLabel::from_text));
        for (frame, &state) in recording.behavior().unwrap().states().iter().enumerate() {
            assert_eq!(state, layouts::KEY[common::state(0, frame)].parse().unwrap());
        }
    });
    each_container(&[("NeuronIds", lines(&["AVAL", "RIML"]))], |outcome| {
        let text = outcome.unwrap_err().to_string();
        assert!(text.contains("NeuronIds: found 2 names, expected 4"), "{text}");
    });
}

#[test]
fn objects_of_matlab_are_refused_by_name_with_a_recipe() {
    for (class, found) in [("string", "a string array"), ("categorical", "a categorical array")] {
        for field in ["NeuronIds", "States"] {
            each_container(&[(field, Tree::Object(class.into()))], |outcome| {
                let error = outcome.unwrap_err();
                assert!(matches!(error, IoError::Unsupported { .. }), "{error}");
                let text = error.to_string();
                for words in [found, &format!("/wbData/{field}"), &format!("cellstr({field})")] {
                    assert!(text.contains(words), "{text}");
                }
            });
        }
    }
    each_container(&[("deltaFOverF_bc", Tree::Object("table".into()))], |outcome| {
        let text = outcome.unwrap_err().to_string();
        assert!(text.contains("/wbData/deltaFOverF_bc: found a table"), "{text}");
    });
    // Where nobody needs them they do no harm.
    each_container(&[("about", Tree::Object("datetime".into()))], |outcome| {
        assert_eq!(outcome.unwrap().recordings[0].n_frames(), 50);
    });
}

#[test]
fn names_of_states_may_be_missing_or_one_short_and_not_unknown() {
    let named = |k: usize| ["FWD", "REV1", ""][k % 3];
    let names: Vec<&str> = (0..49).map(named).collect();
    each_container(&[("States", texts(&names))], |outcome| {
        let outcome = outcome.unwrap();
        assert!(kinds(&outcome.warnings).contains(&"shorter-states"), "{:?}", outcome.warnings);
        let states = outcome.recordings[0].behavior().unwrap().states();
        for (frame, &state) in states.iter().enumerate().take(49) {
            assert_eq!(state, [State::Forward, State::Reverse1, State::Unknown][frame % 3]);
        }
        assert_eq!(states[49], State::Unknown);
    });
    each_container(&[("States", texts(&["FWD"; 40]))], |outcome| {
        let text = outcome.unwrap_err().to_string();
        assert!(text.contains("States: found 40 names of states, expected 50"), "{text}");
    });
}

#[test]
fn sparse_matrices_of_v73_are_groups_with_a_mark() {
    // Written by hand as MATLAB does: hdf5-pure has no sparse matrices.
    let (recording, _) = read_one("sparse73.mat");
    for frame in 0..N_FRAMES {
        for neuron in 0..3 {
            let value = trace(neuron, frame);
            let expected = if value > 0.5 { value } else { 0. };
            assert_eq!(recording.traces().frame(frame)[neuron], expected);
        }
    }
}

/// A folder with a recording and some other files.
fn folder(others: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(fixture("lzf.h5"), folder.path().join("a-data.h5")).unwrap();
    for name in others {
        std::fs::copy(fixture(name), folder.path().join(name)).unwrap();
    }
    folder
}

fn read_folder(folder: &Path) -> Result<ReadOutcome, IoError> {
    read_all(&[folder], &ReadOptions::default())
}

#[test]
fn folder_foreign() {
    let folder = folder(&["pandas.h5", "foreign.mat", "keras.h5"]);
    let parquet = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/not_wide.parquet");
    std::fs::copy(parquet, folder.path().join("not_wide.parquet")).unwrap();
    for (name, text) in [
        ("other.csv", "frame,AVAL\n1,2\n"),
        ("other.json", "{\"a\": 1}"),
        ("a.csv", "time_s,AVAL\n0,1\n1,2\n"),
        ("a.json", "{\"note\": \"beside a table\"}"),
        ("README.md", "notes"),
        ("picture.png", "\u{89}PNG"),
        (".DS_Store", "x"),
        ("._pandas.mat", "\0\u{5}\u{16}\u{7}"),
        ("~$table.csv", "x"),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    std::fs::create_dir(folder.path().join("more")).unwrap();
    let outcome = read_folder(folder.path()).unwrap();
    let animals: Vec<&str> = outcome.recordings.iter().map(Recording::animal).collect();
    assert_eq!(animals, ["a-data", "a"]);
    let told = |place: &str, words: &str| {
        let of_place = |warning: &&Warning| {
            warning.kind == "passed-over" && warning.place == place && warning.text.contains(words)
        };
        outcome.warnings.iter().filter(of_place).count()
    };
    for (place, words) in [
        ("pandas.h5", "found an HDFStore of pandas with df, which holds no recording"),
        ("foreign.mat", "found a MATLAB file with the variables [x, note]"),
        ("keras.h5", "found a model of Keras"),
        ("not_wide.parquet", "column 1 (frame)"),
        ("other.csv", "found text that begins with \"frame,AVAL\""),
        ("other.json", "found text that begins with"),
    ] {
        assert_eq!(told(place, words), 1, "{place}: {:?}", outcome.warnings);
    }
    let whole = folder.path().display().to_string();
    assert_eq!(told(&whole, "README.md, picture.png"), 1, "{:?}", outcome.warnings);
    // What stands beside a table is the business of its reader.
    let beside = |warning: &&Warning| warning.text.contains("a.json");
    assert_eq!(
        kinds(&outcome.warnings.iter().filter(beside).cloned().collect::<Vec<_>>()),
        ["foreign-metadata"]
    );
    let others = ["._pandas.mat", ".DS_Store", "~$table.csv"];
    for warning in &outcome.warnings {
        assert!(!others.iter().any(|name| warning.to_string().contains(name)), "{warning}");
    }
    assert!(outcome.warnings.iter().any(|w| w.kind == "subfolders" && w.text.contains("more")));
}

#[test]
fn a_damaged_recording_in_a_folder_stops_it() {
    let folder = folder(&[]);
    let bytes = std::fs::read(fixture("rows_of_names.mat")).unwrap();
    std::fs::write(folder.path().join("cut.mat"), &bytes[..bytes.len() / 2]).unwrap();
    let text = read_folder(folder.path()).unwrap_err().to_string();
    assert!(text.contains("cut.mat"), "{text}");
    std::fs::remove_file(folder.path().join("cut.mat")).unwrap();
    let bytes = std::fs::read(fixture("float16_traces.h5")).unwrap();
    std::fs::write(folder.path().join("cut.h5"), &bytes[..bytes.len() / 2]).unwrap();
    let text = read_folder(folder.path()).unwrap_err().to_string();
    assert!(text.contains("cut.h5"), "{text}");
    // So does one that is meant as a recording and lacks something.
    std::fs::remove_file(folder.path().join("cut.h5")).unwrap();
    std::fs::copy(fixture("no_times.mat"), folder.path().join("no_times.mat")).unwrap();
    let text = read_folder(folder.path()).unwrap_err().to_string();
    assert!(text.contains("but no tv"), "{text}");
}

#[test]
fn a_folder_without_recordings_says_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("animals")).unwrap();
    let text = read_folder(folder.path()).unwrap_err().to_string();
    assert!(text.contains("subfolders are not entered: animals"), "{text}");
    assert!(text.contains("give a subfolder itself"), "{text}");
    std::fs::copy(fixture("pandas.h5"), folder.path().join("pandas.h5")).unwrap();
    let text = read_folder(folder.path()).unwrap_err().to_string();
    assert!(text.contains("pandas.h5: passed over: found an HDFStore"), "{text}");
}

#[cfg(unix)]
#[test]
fn pipes_sockets_and_dead_links_neither_block_nor_stop() {
    let folder = folder(&[]);
    let fifo = folder.path().join("fifo.mat");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
    assert!(made.success());
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket.h5")).unwrap();
    std::os::unix::fs::symlink("/not/there", folder.path().join("dead.mat")).unwrap();
    let outcome = read_folder(folder.path()).unwrap();
    assert_eq!(outcome.recordings.len(), 1);
    for (place, words) in
        [("fifo.mat", "a pipe"), ("socket.h5", "socket"), ("dead.mat", "a link to nowhere")]
    {
        let is_told = |w: &Warning| w.place == place && w.text.contains(words);
        assert!(outcome.warnings.iter().any(is_told), "{place}: {:?}", outcome.warnings);
    }
    let text = read(&fifo).unwrap_err().to_string();
    assert!(text.contains("a pipe, socket or device"), "{text}");
}
