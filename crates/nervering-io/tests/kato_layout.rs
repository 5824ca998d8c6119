//! The reader of the Kato layout on files that `hdf5-pure` wrote, in every variant that is told of.

mod common;

use common::{Derivs, Fixture, Name, States, Worm, state, value};
use nervering_io::{IoError, Level, ReadOptions, ReadOutcome, read_recordings};
use nervering_recording::{NeuronLabel, NeuronName, NeuronSet, Recording, State};

fn read(fixture: &Fixture) -> Result<ReadOutcome, IoError> {
    let folder = tempfile::tempdir().unwrap();
    read_recordings(&fixture.write(folder.path()), &ReadOptions::default())
}

/// The message of an error and its sources, checked to name the file.
fn failure(fixture: &Fixture) -> String {
    let error = read(fixture).unwrap_err();
    let mut text = error.to_string();
    assert!(text.contains("fixture.mat"), "{text}");
    let mut source = std::error::Error::source(&error);
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

fn kinds(outcome: &ReadOutcome) -> Vec<&'static str> {
    outcome.warnings.iter().map(|warning| warning.kind).collect()
}

fn assert_is_fixture(recordings: &[Recording]) {
    let frames: Vec<usize> = recordings.iter().map(Recording::n_frames).collect();
    assert_eq!(frames, [100, 90]);
    for (worm, recording) in recordings.iter().enumerate() {
        assert_eq!(recording.animal(), ["TS1", "TS2"][worm]);
        for frame in 0..recording.n_frames() {
            for neuron in 0..4 {
                assert_eq!(recording.traces().frame(frame)[neuron], value(worm, neuron, frame));
            }
            assert_eq!(recording.time().seconds()[frame], 16. + frame as f64 / 3.);
            let expected: State = common::STATES[state(worm, frame)].parse().unwrap();
            assert_eq!(recording.behavior().unwrap().states()[frame], expected);
        }
    }
}

#[test]
fn the_partial_layout_reads_as_written() {
    let outcome = read(&Fixture::partial()).unwrap();
    assert_is_fixture(&outcome.recordings);
    assert_eq!(outcome.warnings, []);
    let shared = NeuronSet::Shared.resolve(&outcome.recordings).unwrap();
    assert_eq!(shared.iter().map(NeuronName::as_str).collect::<Vec<_>>(), ["AVAL", "RIML", "VB02"]);
    let provenance = outcome.recordings[1].provenance();
    assert_eq!(provenance.source, "fixture.mat");
    assert_eq!(provenance.place, "/WT_NoStim, worm 2");
    assert_eq!(provenance.trace_field, "deltaFOverF_bc");
}

#[test]
fn the_full_layout_reads_as_the_partial_one_with_a_derivative() {
    let fixture = Fixture::full();
    let outcome = read(&fixture).unwrap();
    assert_is_fixture(&outcome.recordings);
    assert_eq!(kinds(&outcome), ["several-series"]);
    for (recording, worm) in outcome.recordings.iter().zip(&fixture.worms) {
        let derivative = recording.file_derivative().unwrap();
        assert_eq!(derivative.field, "derivs");
        for (neuron, slope) in worm.derivative().iter().enumerate() {
            assert_eq!(&derivative.values.neuron(neuron).collect::<Vec<_>>(), slope);
        }
    }
}

#[test]
fn the_struct_may_have_another_name_or_none() {
    for root in ["NoStim_Data", "a"] {
        let outcome = read(&Fixture { root: Some(root), ..Fixture::full() }).unwrap();
        assert_is_fixture(&outcome.recordings);
    }
    let top = read(&Fixture { root: None, ..Fixture::partial() }).unwrap();
    assert_eq!(top.recordings[1].traces().frame(3)[2], value(1, 2, 3));
    assert_eq!(kinds(&top), ["no-states", "unnamed-animal", "unnamed-animal"]);
    assert_eq!(top.recordings[1].animal(), "fixture_worm2");
}

#[test]
fn traces_in_the_other_orientation_read_alike() {
    let outcome = read(&Fixture { transposed: true, ..Fixture::full() }).unwrap();
    assert_is_fixture(&outcome.recordings);
    assert!(outcome.recordings[0].file_derivative().is_some());
}

#[test]
fn square_traces_are_doubtful() {
    let mut fixture = Fixture::partial();
    fixture.worms = vec![Worm::new(0, "TS1", &["AVAL", "RIML", "3", "4"], 4)];
    let outcome = read(&fixture).unwrap();
    assert_eq!(kinds(&outcome), ["square-traces"]);
    assert_eq!(outcome.recordings[0].traces().frame(1)[2], value(0, 2, 1));
}

#[test]
fn a_derivative_is_found_in_a_struct_per_worm_and_in_a_struct_of_cells() {
    for (derivs, field) in
        [(Derivs::StructPerWorm, "derivs.deltaFOverF_bc"), (Derivs::StructOfCells, "derivs.traces")]
    {
        let fixture = Fixture { derivs, ..Fixture::full() };
        let outcome = read(&fixture).unwrap();
        assert_eq!(kinds(&outcome), ["several-series"]);
        for (recording, worm) in outcome.recordings.iter().zip(&fixture.worms) {
            let derivative = recording.file_derivative().unwrap();
            assert_eq!(derivative.field, field);
            assert_eq!(derivative.values.neuron(1).collect::<Vec<_>>(), worm.derivative()[1]);
        }
    }
}

#[test]
fn a_derivative_one_frame_short_cuts_everything_to_its_length() {
    let outcome = read(&Fixture { derivs: Derivs::Shorter, ..Fixture::full() }).unwrap();
    assert_eq!(kinds(&outcome), ["several-series", "shorter-derivative", "shorter-derivative"]);
    let recording = &outcome.recordings[0];
    assert_eq!(recording.n_frames(), 99);
    assert_eq!(recording.behavior().unwrap().states().len(), 99);
    assert_eq!(recording.file_derivative().unwrap().values.n_frames(), 99);
    assert_eq!(recording.traces().frame(98)[3], value(0, 3, 98));
}

#[test]
fn a_derivative_that_does_not_fit_or_is_ambiguous_is_left_alone_with_a_warning() {
    for (derivs, words) in [
        (Derivs::Misshapen, "holds no matrix of 100 frames"),
        (Derivs::Ambiguous, "fit the traces alike"),
    ] {
        let outcome = read(&Fixture { derivs, ..Fixture::full() }).unwrap();
        assert_is_fixture(&outcome.recordings);
        assert!(outcome.recordings[0].file_derivative().is_none());
        let expected = ["several-series", "derivative-not-used", "derivative-not-used"];
        assert_eq!(kinds(&outcome), expected);
        assert!(outcome.warnings[1].text.contains(words), "{}", outcome.warnings[1]);
    }
}

#[test]
fn every_kind_of_label_is_kept() {
    let mut fixture = Fixture::partial();
    fixture.worms.truncate(1);
    fixture.worms[0].names = vec![
        Name::Nested(vec!["SMDVL", "SMDVR"]),
        Name::Empty,
        Name::Text("---"),
        Name::Number(4.),
    ];
    let outcome = read(&fixture).unwrap();
    let unidentified = |text: &str| NeuronLabel::Unidentified(text.into());
    let expected = [
        NeuronLabel::from_candidates(["SMDVL", "SMDVR"]),
        unidentified(""),
        unidentified("---"),
        unidentified("4"),
    ];
    assert_eq!(outcome.recordings[0].neurons(), expected);
}

#[test]
fn a_frame_without_one_state_is_unknown_and_warned_of() {
    let mut fixture = Fixture::partial();
    fixture.worms.truncate(1);
    let states = &mut fixture.worms[0].states;
    let set = |states: &mut Vec<(&str, Vec<f64>)>, name, frame: usize, mark| {
        states.iter_mut().find(|(other, _)| *other == name).unwrap().1[frame] = mark;
    };
    // Frame 0 is dorsal, frames 7 to 13 forward.
    set(states, "dt", 0, 0.);
    set(states, "vt", 8, 1.);
    set(states, "fwd", 9, 0.5);
    states.push(("speed", vec![0.5; 100]));
    let outcome = read(&fixture).unwrap();
    let read_states = outcome.recordings[0].behavior().unwrap().states();
    assert_eq!([read_states[0], read_states[8], read_states[9]], [State::Unknown; 3]);
    assert_eq!([read_states[1], read_states[10]], [State::DorsalTurn, State::Forward]);
    let expected =
        ["unknown-state-name", "state-not-binary", "several-states", "frames-without-state"];
    assert_eq!(kinds(&outcome), expected);
}

#[test]
fn state_vectors_of_another_length_are_refused_and_one_frame_short_is_doubtful() {
    let mut fixture = Fixture::partial();
    for (_, vector) in &mut fixture.worms[0].states {
        vector.pop();
    }
    let outcome = read(&fixture).unwrap();
    assert_eq!(kinds(&outcome), ["shorter-states", "frames-without-state"]);
    assert_eq!(outcome.recordings[0].behavior().unwrap().states()[99], State::Unknown);

    fixture.worms[0].states[2].1.truncate(50);
    let text = failure(&fixture);
    assert!(text.contains("/WT_NoStim/States{1}/nostate"), "{text}");
    assert!(text.contains("a matrix of 1 × 50") && text.contains("100 frames"), "{text}");
}

#[test]
fn the_older_deposit_reads_through_its_key() {
    let key = Some(vec!["DT", "FWD", "NOSTATE", "REV1", "REV2", "REVSUS", "SLOW", "VT"]);
    let codes = States::Codes { key };
    let fixture =
        Fixture { older: true, states: codes, derivs: Derivs::Shorter, ..Fixture::partial() };
    let outcome = read(&fixture).unwrap();
    assert_eq!(kinds(&outcome), ["shorter-derivative"; 2]);
    let recording = &outcome.recordings[1];
    assert_eq!(recording.provenance().trace_field, "traces");
    assert_eq!(recording.file_derivative().unwrap().field, "tracesDif");
    for (frame, &read_state) in recording.behavior().unwrap().states().iter().enumerate() {
        assert_eq!(read_state, common::STATES[state(1, frame)].parse().unwrap());
    }
}

#[test]
fn codes_without_a_name_are_refused() {
    let key = Some(vec!["DT", "FWD"]);
    let text = failure(&Fixture { states: States::Codes { key }, ..Fixture::partial() });
    assert!(text.contains("state code 3 at frame 14"), "{text}");
    let key = Some(vec!["DT", "1"]);
    let text = failure(&Fixture { states: States::Codes { key }, ..Fixture::partial() });
    assert!(text.contains("States_key{2}") && text.contains("found \"1\""), "{text}");
}

#[test]
fn a_file_without_states_or_bleach_correction_is_read_with_a_warning() {
    let fixture = Fixture { states: States::None, trace_field: "traces_raw", ..Fixture::partial() };
    let outcome = read(&fixture).unwrap();
    assert!(outcome.recordings.iter().all(|recording| recording.behavior().is_none()));
    assert_eq!(kinds(&outcome), ["no-states", "not-bleach-corrected"]);
    assert!(outcome.warnings.iter().all(|warning| warning.level == Level::Doubtful));
}

#[test]
fn what_does_not_fit_is_named_with_its_place() {
    let mut names = Fixture::partial();
    names.worms[1].names.pop();
    let text = failure(&names);
    assert!(text.contains("/WT_NoStim/NeuronNames{2}: found 3 names, expected 4"), "{text}");

    let mut time = Fixture::partial();
    time.worms[0].tv.truncate(60);
    let text = failure(&time);
    assert!(text.contains("deltaFOverF_bc{1}: found a matrix of 4 × 100"), "{text}");
    assert!(text.contains("expected one axis of 60 frames"), "{text}");

    let mut gap = Fixture::partial();
    gap.worms[1].tv[50..].iter_mut().for_each(|t| *t += 9.);
    let text = failure(&gap);
    assert!(text.contains("/WT_NoStim/tv{2}") && text.contains("frame 50"), "{text}");

    let mut twice = Fixture::partial();
    twice.worms[0].names[1] = Name::Text("VB2");
    let text = failure(&twice);
    assert!(text.contains("worm 1") && text.contains("VB02 names columns 1 and 3"), "{text}");

    let mut animals = Fixture::partial();
    animals.worms[1].dataset = "TS1";
    assert!(matches!(read(&animals), Err(IoError::DuplicateAnimal { .. })));

    let mut infinite = Fixture::partial();
    infinite.worms[0].traces[2][5] = f64::INFINITY;
    let text = failure(&infinite);
    assert!(text.contains("deltaFOverF_bc{1}") && text.contains("frame 5, neuron 2"), "{text}");

    let mut rate = Fixture::partial();
    rate.worms[0].fps = 10.;
    assert_eq!(kinds(&read(&rate).unwrap()), ["rate-mismatch"]);

    let other = Fixture { trace_field: "dFF", ..Fixture::partial() };
    let text = failure(&other);
    assert!(text.contains("/WT_NoStim: found NeuronNames and tv but no deltaFOverF_bc"), "{text}");
    assert!(text.contains("expected deltaFOverF_bc or traces"), "{text}");
}

#[test]
fn cells_nested_too_deep_and_names_too_long_are_refused() {
    let mut long = Fixture::partial();
    long.worms[0].names[0] = Name::Text(Box::leak("A".repeat(5000).into_boxed_str()));
    let text = failure(&long);
    assert!(text.contains("found 5000 characters, expected at most 4096"), "{text}");

    let mut many = Fixture::partial();
    many.worms[0].names[0] = Name::Nested(vec!["AVAL"; 65]);
    let text = failure(&many);
    assert!(text.contains("more than 64 candidates"), "{text}");
}
