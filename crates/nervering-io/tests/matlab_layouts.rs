//! Every MATLAB layout that laboratories are known to use, in both containers: the same tree of
//! values is written as v7.3 and as v5 in three forms, and must read alike.

mod common;
#[path = "common/layouts.rs"]
mod layouts;
#[path = "common/tree.rs"]
mod tree;

use common::{state, value};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use layouts::*;
use nervering_io::{IoError, Matlab, ReadOptions, ReadOutcome, read_all, read_recordings};
use nervering_recording::{NeuronLabel, Recording, State};
use std::io::{Read, Write};
use std::path::Path;
use tree::{Form, Tree, column, empty, scalar, structure, text, texts};

/// Reads a tree from every container; all must say the same.
fn read(stem: &str, variables: &[(&str, Tree)]) -> Result<ReadOutcome, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("{stem}.mat"));
    let v5 = [Form::Plain, Form::Compressed, Form::BigEndian];
    let v5 = v5.map(|form| (format!("v5 {form:?}"), tree::v5(variables, form)));
    let mut outcomes = Vec::new();
    for (form, bytes) in [("v7.3".to_owned(), tree::v73(variables))].into_iter().chain(v5) {
        std::fs::write(&path, bytes).unwrap();
        let outcome =
            read_recordings(&path, &ReadOptions::default()).map_err(|error| chain(&error));
        outcomes.push((form, outcome));
    }
    let (_, first) = outcomes.remove(0);
    for (form, outcome) in outcomes {
        match (&first, &outcome) {
            (Ok(first), Ok(outcome)) => {
                assert_eq!(first.recordings, outcome.recordings, "{form}");
                assert_eq!(kinds(first), kinds(outcome), "{form}");
            }
            // Only the axes of a matrix are told as each container has them.
            (Err(first), Err(error)) => {
                assert_eq!(first.split(": found").next(), error.split(": found").next(), "{form}");
            }
            _ => panic!("{form}: {outcome:?}\nv7.3: {first:?}"),
        }
    }
    first
}

fn chain(error: &IoError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

fn kinds(outcome: &ReadOutcome) -> Vec<&'static str> {
    outcome.warnings.iter().map(|warning| warning.kind).collect()
}

fn assert_is_worm(recording: &Recording, k: usize, n_frames: usize) {
    assert_eq!(recording.n_frames(), n_frames);
    for frame in 0..n_frames {
        for neuron in 0..4 {
            assert_eq!(recording.traces().frame(frame)[neuron], value(k, neuron, frame));
        }
        assert_eq!(recording.time().seconds()[frame], 16. + frame as f64 / 3.);
    }
    assert_eq!(recording.neurons()[0], NeuronLabel::from_text("AVAL"));
    assert_eq!(recording.neurons()[3], NeuronLabel::from_text("VB02"));
}

fn states_of(recording: &Recording) -> &[State] {
    recording.behavior().unwrap().states()
}

fn assert_has_states(recording: &Recording, k: usize) {
    for (frame, &read_state) in states_of(recording).iter().enumerate() {
        assert_eq!(read_state, KEY[state(k, frame)].parse().unwrap(), "frame {frame}");
    }
}

#[test]
fn the_published_file_and_its_re_saves() {
    let worms = [worm(0, 100), worm(1, 90)];
    let derivs = cells(&worms, |w| frames_by_neurons(&w.derivative()));
    for root in ["WT_NoStim", "NoStim_Data"] {
        let file = kato(&worms).with("derivs", derivs.clone());
        let outcome = read("WT_NoStim", &[(root, file)]).unwrap();
        assert_eq!(kinds(&outcome), ["several-series"]);
        for (k, recording) in outcome.recordings.iter().enumerate() {
            assert_eq!(recording.animal(), worms[k].dataset);
            assert_is_worm(recording, k, [100, 90][k]);
            assert_has_states(recording, k);
            let derivative = recording.file_derivative().unwrap();
            assert_eq!(derivative.field, "derivs");
            let read: Vec<f64> = derivative.values.neuron(2).collect();
            assert_eq!(read, worms[k].derivative()[2]);
        }
    }
}

#[test]
fn variables_that_are_not_needed_do_no_harm() {
    let worms = [worm(0, 50)];
    let other =
        structure([("note", text("é — ü")), ("empty", empty()), ("cells", Tree::Cell(vec![]))]);
    // Of any number and with fields of any name.
    let names = vec!["dataset".to_owned(), "tv".to_owned()];
    let many = Tree::Structs(names, vec![vec![text("x"), scalar(1.)]; 1_500]);
    let last = ("z", column(&[1.5, 2.5]));
    let file = [("a", other), ("WT_NoStim", kato(&worms)), ("many", many), last];
    let outcome = read("WT_NoStim", &file).unwrap();
    assert_is_worm(&outcome.recordings[0], 0, 50);
}

#[test]
fn a_struct_of_structs_with_one_per_worm() {
    let worms = [worm(0, 60), worm(1, 60), worm(2, 70)];
    let [first, second, third] = worms.clone().map(|worm| wt_data(&worm));
    let file = structure([("N1", first), ("N10", third), ("N2", second), ("about", text("x"))]);
    let outcome = read("WT_data", &[("WT_data", file)]).unwrap();
    let unnamed = "unnamed-animal";
    assert_eq!(kinds(&outcome), ["several-series", unnamed, unnamed, unnamed]);
    let names: Vec<&str> = outcome.recordings.iter().map(Recording::animal).collect();
    assert_eq!(names, ["WT_data_N1", "WT_data_N2", "WT_data_N10"]);
    for (k, recording) in outcome.recordings.iter().enumerate() {
        assert_is_worm(recording, k, [60, 60, 70][k]);
        assert_has_states(recording, k);
        assert_eq!(recording.file_derivative().unwrap().field, "derivs");
        assert_eq!(recording.provenance().trace_field, "deltaFOverF_bc");
    }
}

#[test]
fn traces_that_stand_only_among_the_processed_are_taken_with_a_warning() {
    let worm = worm(0, 60);
    let file = wt_data(&worm).without("deltaFOverF_bc");
    let outcome = read("WT_data", &[("WT_data", structure([("N1", file)]))]).unwrap();
    assert_eq!(kinds(&outcome), ["detrended-traces", "unnamed-animal"]);
    let recording = &outcome.recordings[0];
    assert_eq!(recording.provenance().trace_field, "deltaFOverF_bc_detr");
    assert_eq!(recording.traces().neuron(1).collect::<Vec<_>>(), worm.derivative()[1]);
}

#[test]
fn an_array_of_structs_with_one_per_worm() {
    let worms = [worm(0, 60), worm(1, 60)];
    let names = ["dataset", "traces", "IDs", "timeVectorSeconds"].map(str::to_owned).to_vec();
    let values = worms
        .iter()
        .map(|w| vec![text(w.dataset), neurons_by_frames(&w.traces), texts(&NAMES), column(&w.tv)]);
    let file = Tree::Structs(names, values.collect());
    let outcome = read("worms", &[("worms", file)]).unwrap();
    assert_eq!(kinds(&outcome), ["no-states", "no-states"]);
    for (k, recording) in outcome.recordings.iter().enumerate() {
        assert_eq!(recording.animal(), worms[k].dataset);
        assert_eq!(recording.provenance().place, format!("/worms({})", k + 1));
        assert_is_worm(recording, k, 60);
    }
}

#[test]
fn the_older_deposit_with_its_key_and_several_candidates() {
    let worms = [worm(0, 50), worm(1, 50)];
    let file = older(&worms).with("States_key", texts(&KEY));
    let outcome = read("WT_NoStim", &[("WT_NoStim", file)]).unwrap();
    assert_eq!(kinds(&outcome), ["several-series"]);
    for (k, recording) in outcome.recordings.iter().enumerate() {
        assert_is_worm(recording, k, 50);
        assert_has_states(recording, k);
        let candidates = NeuronLabel::from_candidates(["SMDVL", "SMDVR"]);
        assert_eq!(recording.neurons()[1..3], [NeuronLabel::from_text("---"), candidates]);
        assert_eq!(recording.provenance().trace_field, "traces");
        assert_eq!(recording.file_derivative().unwrap().field, "tracesDif");
    }
}

#[test]
fn codes_without_a_key_give_no_behaviour_and_a_warning() {
    let worms = [worm(0, 50), worm(1, 50)];
    let outcome = read("WT_Stim", &[("WT_Stim", older(&worms))]).unwrap();
    let without_key = "state-codes-without-key";
    assert_eq!(kinds(&outcome), ["several-series", without_key, without_key]);
    assert!(outcome.warnings[1].text.contains("/WT_Stim/States{1}"), "{}", outcome.warnings[1]);
    assert!(outcome.recordings.iter().all(|recording| recording.behavior().is_none()));
    assert_is_worm(&outcome.recordings[1], 1, 50);
}

#[test]
fn four_codes_with_a_key_are_read_by_it_and_a_code_without_a_name_is_refused() {
    let worms = [worm(0, 50)];
    let codes: Vec<f64> = (0..50).map(|t| f64::from(t / 10 % 4) + 1.).collect();
    let stim = older(&worms).without("States").with("States", Tree::Cell(vec![column(&codes)]));
    let key = texts(&["reversal", "FWD", "turn", "nostate"]);
    let file = stim.clone().with("States_key", key);
    let outcome = read("AVA_HisCl", &[("AVA_HisCl", file)]).unwrap();
    let states = states_of(&outcome.recordings[0]);
    let expected = [State::Reverse, State::Forward, State::Turn, State::Unknown];
    assert_eq!([states[0], states[10], states[20], states[30]], expected);

    let short = stim.with("States_key", texts(&["reversal", "FWD"]));
    let error = read("AVA_HisCl", &[("AVA_HisCl", short)]).unwrap_err();
    assert!(error.contains("/AVA_HisCl/States{1}"), "{error}");
    assert!(error.contains("found state code 3 at frame 20"), "{error}");
}

#[test]
fn one_worm_per_file() {
    let worm = worm(0, 80);
    let name = "D:\\Kato\\TS1_lite-1_basal_1080s.mat";
    let outcome = read("TS1", &[("wbData", wb_data(&worm, name))]).unwrap();
    assert_eq!(kinds(&outcome), ["several-series", "no-states"]);
    let recording = &outcome.recordings[0];
    assert_eq!(recording.animal(), "TS1_lite-1_basal_1080s");
    assert_is_worm(recording, 0, 80);
    assert_eq!(recording.file_derivative().unwrap().field, "deltaFOverF_deriv");
    let unnamed = read("TS7", &[("wbData", wb_data(&worm, "").without("FlNm"))]).unwrap();
    assert_eq!(unnamed.recordings[0].animal(), "TS7");
}

fn write(folder: &Path, name: &str, variable: &str, tree: Tree) {
    std::fs::write(folder.join(name), tree::v5(&[(variable, tree)], Form::Compressed)).unwrap();
}

#[test]
fn labels_in_a_file_of_their_own_join_the_worms_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let worms = [worm(0, 80), worm(1, 70)];
    for (worm, name) in worms.iter().zip(["TS1_lite-1_basal_1080s", "TS2_lite-1_basal_1080s"]) {
        write(folder.path(), &format!("{name}.mat"), "wbData", wb_data(worm, name));
    }
    let labels = coloring(&[
        ("TS2_lite-1_basal_1080s.mat", codes(1, 70)),
        ("TS1", codes(0, 80)),
        ("TS3", codes(2, 80)),
    ]);
    write(folder.path(), "sevenStateColoring.mat", "sevenStateColoring", labels);
    let outcome = read_all(&[folder.path()], &ReadOptions::default()).unwrap();
    assert_eq!(outcome.recordings.len(), 2);
    for (k, recording) in outcome.recordings.iter().enumerate() {
        assert_has_states(recording, k);
    }
    let expected = ["several-series", "several-series", "labels-without-recording"];
    assert_eq!(kinds(&outcome), expected);
    assert!(outcome.warnings[2].text.contains("\"TS3\""), "{}", outcome.warnings[2]);
    // In a list, the labels may come first.
    let list = ["sevenStateColoring.mat", "TS1_lite-1_basal_1080s.mat"];
    let outcome =
        read_all(&list.map(|name| folder.path().join(name)), &ReadOptions::default()).unwrap();
    assert_has_states(&outcome.recordings[0], 0);
}

#[test]
fn labels_alone_of_another_length_or_without_a_key_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sevenStateColoring.mat");
    let labels = coloring(&[("TS1", codes(0, 70))]);
    write(folder.path(), "sevenStateColoring.mat", "x", labels.clone());
    for result in [
        read_recordings(&path, &ReadOptions::default()),
        read_all(&[&path], &ReadOptions::default()),
    ] {
        let error = result.unwrap_err();
        assert!(matches!(error, IoError::LabelsAlone { n_sets: 1, .. }), "{error}");
        assert!(error.to_string().contains("give their files"), "{error}");
    }
    write(folder.path(), "TS1.mat", "wbData", wb_data(&worm(0, 80), "TS1"));
    let error = chain(&read_all(&[folder.path()], &ReadOptions::default()).unwrap_err());
    assert!(
        error.contains("/x/dataset(1)/stateTimeSeries")
            || error.contains("/x/dataset/stateTimeSeries"),
        "{error}"
    );
    assert!(error.contains("found 70 labels, expected 80, one per frame of TS1"), "{error}");
    write(folder.path(), "sevenStateColoring.mat", "x", labels.without("key"));
    let error = read_all(&[folder.path()], &ReadOptions::default()).unwrap_err();
    assert!(matches!(error, IoError::StateCodesWithoutKey { .. }), "{error}");
    assert_eq!(
        read(
            "sevenStateColoring",
            &[("x", coloring(&[("TS1", codes(0, 70)), ("TS2", codes(1, 9))]))]
        )
        .unwrap_err()
        .split("found")
        .nth(1)
        .map(|rest| rest.starts_with(" the labels of 2 recordings")),
        Some(true)
    );
}

#[test]
fn labels_do_not_replace_those_that_a_recording_has() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = vec![1.; 100];
    write(folder.path(), "a.mat", "WT_NoStim", kato(&[worm(0, 100)]));
    write(folder.path(), "b.mat", "sevenStateColoring", coloring(&[("TS1", wrong)]));
    let outcome = read_all(&[folder.path()], &ReadOptions::default()).unwrap();
    assert_eq!(kinds(&outcome), ["several-series", "labels-not-used"]);
    assert_has_states(&outcome.recordings[0], 0);
}

#[test]
fn nichols_with_four_states_in_both_orientations() {
    let worms = [worm(0, 60), worm(1, 61)];
    let four = |n: usize| (0..n).map(|t| (t / 7 % 4) as f64 + 1.).collect::<Vec<_>>();
    let names = ["Reversal", "Forward", "Quiescence", "Turn"];
    for orientation in [frames_by_neurons, neurons_by_frames] {
        let per_worm = cells(&worms, |w| structure([("FourStates", column(&four(w.tv.len())))]));
        let file = nichols(&worms, orientation)
            .with("FourStates", per_worm)
            .with("FourStatesNames", texts(&names));
        let outcome = read("n2_prelet", &[("n2_prelet", file)]).unwrap();
        for (k, recording) in outcome.recordings.iter().enumerate() {
            // The derivative has a frame less, and so has everything.
            assert_is_worm(recording, k, [59, 60][k]);
            assert_eq!(recording.animal(), format!("n2_prelet_worm{}", k + 1));
            assert_eq!(recording.neurons()[1], NeuronLabel::Unidentified(String::new()));
            assert_eq!(recording.neurons()[2], NeuronLabel::from_text("RIML"));
            assert_eq!(recording.file_derivative().unwrap().field, "tracesDif");
            let states = states_of(recording);
            assert_eq!(states.len(), recording.n_frames());
            let expected = [State::Reverse, State::Forward, State::Quiescence, State::Turn];
            assert_eq!([states[0], states[7], states[14], states[21]], expected);
        }
        let expected = ["unnamed-animal", "shorter-derivative"];
        assert_eq!(kinds(&outcome), [expected, expected].concat());
    }
}

#[test]
fn nichols_with_names_beside_the_codes_of_each_worm() {
    let worms = [worm(0, 60), worm(1, 61)];
    let names =
        ["Quiescence", "Forward", "Reversal", "Ventral turn", "Dorsal turn", "undefined turn"];
    let five = |n: usize| (0..n).map(|t| (t / 7 % 6) as f64 + 1.).collect::<Vec<_>>();
    let per_worm = cells(&worms, |w| {
        structure([
            ("fiveStates", column(&five(w.tv.len()))),
            ("fiveStateNames", texts(&names)),
            ("another", column(&vec![0.; w.tv.len()])),
        ])
    });
    let file = nichols(&worms, frames_by_neurons).with("FiveStates", per_worm);
    let outcome = read("npr1_let", &[("npr1_let", file)]).unwrap();
    let states = states_of(&outcome.recordings[1]);
    let expected = [
        State::Quiescence,
        State::Forward,
        State::Reverse,
        State::VentralTurn,
        State::DorsalTurn,
        State::Unknown,
    ];
    assert_eq!([0, 7, 14, 21, 28, 35].map(|t| states[t]), expected);
}

#[test]
fn nichols_without_names_of_the_codes_or_of_the_neurons() {
    let worms = [worm(0, 60)];
    let per_worm = cells(&worms, |_| structure([("vector", column(&vec![2.; 60]))]));
    let file = nichols(&worms, frames_by_neurons)
        .with("FourStates", per_worm)
        .without("IDs")
        .with("IDs", Tree::Cell(vec![Tree::Cell(vec![])]));
    let outcome = read("n2_let", &[("n2_let", file)]).unwrap();
    assert_eq!(
        kinds(&outcome),
        ["unnamed-animal", "no-names", "state-codes-without-key", "shorter-derivative"]
    );
    assert_eq!(outcome.recordings[0].identified().len(), 0);
    assert!(outcome.recordings[0].behavior().is_none());
}

#[test]
fn a_frame_without_a_number_is_unknown_and_two_vectors_are_not_chosen_between() {
    let worms = [worm(0, 60)];
    let mut vector = vec![2.; 60];
    vector[5] = f64::NAN;
    let names = texts(&["Reversal", "Forward"]);
    let one = cells(&worms, |_| structure([("v", column(&vector)), ("names", names.clone())]));
    let file = nichols(&worms, frames_by_neurons).with("FourStates", one);
    let outcome = read("n2_let", &[("n2_let", file)]).unwrap();
    let states = states_of(&outcome.recordings[0]);
    assert_eq!([states[4], states[5]], [State::Forward, State::Unknown]);
    assert!(kinds(&outcome).contains(&"frames-without-state"));

    let two = cells(&worms, |_| structure([("v", column(&vector)), ("w", column(&vector))]));
    let file = nichols(&worms, frames_by_neurons).with("FourStates", two);
    let outcome = read("n2_let", &[("n2_let", file)]).unwrap();
    assert!(kinds(&outcome).contains(&"states-not-used"), "{:?}", outcome.warnings);
}

#[test]
fn what_holds_no_recording_is_named_with_what_it_holds() {
    let other = structure([("x", scalar(1.))]);
    let error = read("other", &[("a", other), ("b", text("AVAL"))]).unwrap_err();
    assert!(error.contains("[a, b]") && error.contains("expected one struct"), "{error}");
    let worms = [worm(0, 50)];
    let twice = [("first", kato(&worms)), ("second", kato(&worms))];
    let error = read("twice", &twice).unwrap_err();
    assert!(error.contains("2 such structs (/first, /second)"), "{error}");
}

/// A v5 file of one variable, compressed, that says it holds some zeros after a sound beginning.
fn bomb(claimed: u32, n_zeros: u64) -> Vec<u8> {
    let mut file = tree::v5(&[], Form::Plain);
    let mut start = tree::v5(&[("WT", kato(&[worm(0, 6)]))], Form::Plain).split_off(file.len());
    start[4..8].copy_from_slice(&claimed.to_le_bytes());
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&start).unwrap();
    std::io::copy(&mut std::io::repeat(0).take(n_zeros), &mut encoder).unwrap();
    let compressed = encoder.finish().unwrap();
    file.extend(15_u32.to_le_bytes());
    file.extend(u32::try_from(compressed.len()).unwrap().to_le_bytes());
    file.extend(compressed);
    file
}

#[test]
fn what_would_inflate_beyond_all_measure_is_refused_before_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.mat");
    std::fs::write(&path, bomb(200 << 20, 200 << 20)).unwrap();
    let error = read_recordings(&path, &ReadOptions::default()).unwrap_err();
    assert!(matches!(error, IoError::Limit { .. }), "{error}");
    assert!(error.to_string().contains("/WT: found 209715"), "{error}");
    std::fs::write(&path, bomb(u32::MAX, 0)).unwrap();
    let error = read_recordings(&path, &ReadOptions::default()).unwrap_err();
    assert!(chain(&error).contains("say that they hold 4294967295"), "{error}");
}

#[test]
fn a_wrong_checksum_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sum.mat");
    let mut bytes = tree::v5(&[("WT", kato(&[worm(0, 20)]))], Form::Compressed);
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let error = read_recordings(&path, &ReadOptions::default()).unwrap_err();
    assert!(matches!(error, IoError::Mat5 { .. }), "{error}");
    assert!(chain(&error).contains("the compressed data do not read: "), "{}", chain(&error));
}

#[test]
fn bytes_in_memory_read_as_the_file_does() {
    let worms = [worm(0, 30)];
    let file = [("WT_NoStim", kato(&worms))];
    for bytes in [tree::v73(&file), tree::v5(&file, Form::Compressed)] {
        let outcome =
            Matlab::read_bytes(Path::new("WT_NoStim.mat"), bytes, &ReadOptions::default()).unwrap();
        assert_is_worm(&outcome.recordings[0], 0, 30);
        assert_eq!(outcome.recordings[0].provenance().source, "WT_NoStim.mat");
    }
}
