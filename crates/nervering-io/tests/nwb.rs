//! NWB tables, series and behaviour in the forms that laboratories write, on files that
//! `tests/fixtures/generate_nwb.py` wrote with pynwb.

use flate2::read::GzDecoder;
use nervering_io::{Carries, IoError, Level, ReadOptions, ReadOutcome, Warning, read_recordings};
use nervering_recording::{Conversion, NeuronNames, Recording, State, TraceUnit, UnitBasis};
use std::fs::File;
use std::io::Read;
use std::path::Path;

const N_FRAMES: usize = 24;

fn try_read(name: &str, options: &ReadOptions) -> Result<ReadOutcome, IoError> {
    try_read_with(name, options, |_| ())
}

/// The same of a file with a change to its bytes.
fn try_read_with(
    name: &str,
    options: &ReadOptions,
    change: impl FnOnce(&mut Vec<u8>),
) -> Result<ReadOutcome, IoError> {
    let packed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/nwb");
    let packed = File::open(packed.join(format!("{name}.nwb.gz"))).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.nwb");
    let mut bytes = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
    change(&mut bytes);
    std::fs::write(&path, bytes).unwrap();
    read_recordings(&path, options)
}

fn read(name: &str) -> (Recording, Vec<Warning>) {
    let ReadOutcome { mut recordings, warnings, .. } =
        try_read(name, &ReadOptions::default()).unwrap();
    (recordings.remove(0), warnings)
}

/// What reading says when it is refused, with the file in it.
fn refusal(name: &str, options: &ReadOptions) -> String {
    let error = try_read(name, options).unwrap_err().to_string();
    assert!(error.contains("in.nwb"), "{error}");
    error
}

fn labels(recording: &Recording) -> Vec<String> {
    recording.neurons().iter().map(ToString::to_string).collect()
}

fn text_of<'w>(warnings: &'w [Warning], kind: &str) -> &'w str {
    let found = warnings.iter().find(|warning| warning.kind == kind);
    &found.unwrap_or_else(|| panic!("no {kind} in {warnings:#?}")).text
}

fn has(warnings: &[Warning], kind: &str) -> bool {
    warnings.iter().any(|warning| warning.kind == kind)
}

/// What the generator writes, by number of the neuron and frame from 0, times a factor.
fn assert_traces(recording: &Recording, neurons: &[usize], factor: f64) {
    assert_eq!(recording.n_frames(), N_FRAMES);
    for t in 0..N_FRAMES {
        let value = |&n: &usize| ((n + 1) as f64 + t as f64 / 64.) * factor;
        let expected: Vec<f64> = neurons.iter().map(value).collect();
        assert_eq!(recording.traces().frame(t), expected, "frame {t}");
        assert_eq!(recording.time().seconds()[t], t as f64 / 2.);
    }
}

/// Checks the states by their time in seconds.
fn assert_states(recording: &Recording, expected: impl Fn(f64) -> State) {
    let states = recording.behavior().unwrap().states();
    for (t, &state) in states.iter().enumerate() {
        assert_eq!(state, expected(t as f64 / 2.), "frame {t}");
    }
}

fn asking_for(series: &str) -> ReadOptions {
    ReadOptions { series: Some(series.into()), ..ReadOptions::default() }
}

#[test]
fn nwb_ragged_names() {
    let (recording, _) = read("ragged_names");
    assert_eq!(labels(&recording), ["AVAL|AVAR", "2", "RIML"]);
    assert_eq!(recording.identified().map(|name| name.as_str()).collect::<Vec<_>>(), ["RIML"]);
    assert_traces(&recording, &[0, 1, 2], 1.);
}

#[test]
fn nwb_wormid_char_labels() {
    let (recording, warnings) = read("characters");
    assert_eq!(labels(&recording), ["AVAL", "AVAR", "RIML"]);
    assert!(text_of(&warnings, "joined-characters").contains("cells/ID_labels"));
}

#[test]
fn names_nan_in_a_table_of_neurons_are_labels_where_names_must_be_known() {
    let known = ReadOptions { names: NeuronNames::Known, ..ReadOptions::default() };
    let outcome = try_read("nan_names", &known).unwrap();
    let recording = &outcome.recordings[0];
    assert_eq!(labels(recording), ["AVAL", "nan", "nan"]);
    assert_eq!(recording.identified().len(), 1);
}

#[test]
fn characters_of_several_texts_in_a_row_are_joined_text_by_text() {
    let (recording, warnings) = read("ragged_characters");
    assert_eq!(labels(&recording), ["AVAL|AVAR", "2", "RIML"]);
    assert!(has(&warnings, "joined-characters"));
}

#[test]
fn names_follow_the_region_of_a_series() {
    let (recording, _) = read("region");
    assert_eq!(labels(&recording), ["RIML", "AVAL"]);
    assert_traces(&recording, &[2, 0], 1.);
}

#[test]
fn columns_of_one_column_and_enumerations_hold_names() {
    for name in ["column_of_columns", "enumeration"] {
        let (recording, warnings) = read(name);
        assert_eq!(labels(&recording), ["AVAL", "AVAR", "RIML"], "{name}");
        assert!(!has(&warnings, "joined-characters"));
    }
}

#[test]
fn a_column_of_rows_of_another_table_stands_for_the_names_there() {
    let (recording, warnings) = read("referred");
    assert_eq!(labels(&recording), ["AVAL", "AVAR|RIML", "3"]);
    assert!(text_of(&warnings, "names-column").contains("identities/name"));
}

#[test]
fn an_index_of_names_that_is_no_index_is_an_error() {
    for (name, words) in [
        ("index_falling", "1 as the end of row 2 that begins at 2"),
        ("index_too_far", "do not pass the 3 values"),
        ("index_too_short", "2 as the end of the last row"),
        ("index_of_two_rows", "the ends of 2 rows, expected 3, one per row of the table"),
    ] {
        let error = refusal(name, &ReadOptions::default());
        assert!(error.contains(words) && error.contains("ID_labels_index"), "{error}");
    }
    let error = refusal("region_too_far", &ReadOptions::default());
    assert!(error.contains("a reference to row 3") && error.contains("response/rois"), "{error}");
}

#[test]
fn nwb_ragged_tags_two() {
    let (recording, warnings) = read("tags");
    assert_states(&recording, |s| match s {
        s if s < 4. => State::Forward,
        s if s < 8. => State::Reverse1,
        _ => State::Unknown,
    });
    let told = |words: &str| warnings.iter().any(|warning| warning.text.contains(words));
    assert!(told(r#"tags beside a state that name none are passed over: "fast", "slow""#));
    assert!(told(r#"are not used: "x""#), "{warnings:#?}");
    assert!(told("several states in row 3 of /intervals/behavior/tags"), "{warnings:#?}");
}

#[test]
fn nwb_stop_nan() {
    let (recording, warnings) = read("no_stop");
    let state = |s| if (4. ..8.).contains(&s) { State::Reverse1 } else { State::Forward };
    assert_states(&recording, state);
    let text = text_of(&warnings, "interval-without-end");
    assert!(text.contains("rows 1, 2 of /intervals/behavior/label"), "{text}");
}

#[test]
fn intervals_that_overlap_or_label_nothing_are_told() {
    let (recording, warnings) = read("overlapping");
    assert_states(&recording, |s| match s {
        s if s < 3. => State::Forward,
        s if s < 4. => State::Unknown,
        s if s < 9. => State::Reverse1,
        _ => State::Unknown,
    });
    assert!(text_of(&warnings, "several-states").starts_with("2 frames"));
    let text = text_of(&warnings, "intervals-not-used");
    for words in ["row 4 (no length)", "row 5 (outside", "row 6 (an end before"] {
        assert!(text.contains(words), "{text}");
    }
    assert!(text_of(&warnings, "invalid-times").starts_with("2 frames lie in the 1 intervals"));
}

#[test]
fn codes_of_intervals_mean_what_the_column_says() {
    let (recording, warnings) = read("coded");
    let state = |s| if s < 4. { State::Reverse1 } else { State::VentralTurn };
    assert_states(&recording, state);
    assert!(has(&warnings, "state-key"));
}

#[test]
fn tables_that_are_called_as_a_state_are_its_intervals() {
    let (recording, warnings) = read("called");
    assert_states(&recording, |s| match s {
        s if s < 4. => State::Forward,
        s if (6. ..8.).contains(&s) => State::Reverse1,
        _ => State::Unknown,
    });
    let text = text_of(&warnings, "states-from-intervals");
    assert!(text.contains("forward_bouts") && text.contains("reversal1"), "{text}");
}

#[test]
fn nwb_suite2p() {
    let outcome = try_read("suite2p", &ReadOptions::default()).unwrap();
    assert_traces(&outcome.recordings[0], &[0, 1, 2], 1.);
    let text = text_of(&outcome.warnings, "several-series");
    for words in ["Fluorescence/Fluorescence (fluorescence) is read", "Deconvolved", "Neuropil"] {
        assert!(text.contains(words), "{text}");
    }
    let listed: Vec<_> =
        outcome.series.iter().map(|series| (series.carries, series.is_read)).collect();
    let expected = [
        (Carries::Fluorescence, true),
        (Carries::Other("inferred spikes"), false),
        (Carries::Other("neuropil or background"), false),
    ];
    assert_eq!(listed, expected);
    let asked = try_read("suite2p", &asking_for("Deconvolved")).unwrap();
    assert_eq!(asked.recordings[0].traces().frame(5), [0.25; 3]);
    assert!(has(&asked.warnings, "trace-kind"));
    let error = refusal("suite2p", &asking_for("dff"));
    assert!(error.contains("no series \"dff\"") && error.contains("Neuropil/Neuropil"), "{error}");
}

#[test]
fn what_is_no_activity_is_not_read_unless_it_is_asked_for() {
    let error = refusal("only_deconvolved", &ReadOptions::default());
    assert!(error.contains("(inferred spikes)") && error.contains("--series"), "{error}");
    let asked = try_read("only_deconvolved", &asking_for("Deconvolved")).unwrap();
    assert_traces(&asked.recordings[0], &[0, 1, 2], 1.);
}

#[test]
fn series_are_told_apart_by_their_names() {
    let outcome = try_read("many_series", &ReadOptions::default()).unwrap();
    assert_traces(&outcome.recordings[0], &[0, 1, 2], 1.);
    let of = |place: &str| {
        let found = outcome.series.iter().find(|series| series.place.contains(place));
        found.unwrap().carries
    };
    assert_eq!(of("BackgroundSeries"), Carries::Other("neuropil or background"));
    assert_eq!(of("dff_neuropil_corrected"), Carries::SaidDfOverF);
    assert_eq!(of("Denoised"), Carries::Denoised);
    assert_eq!(of("ReferenceCalcium"), Carries::Other("a reference channel"));
    assert_eq!(of("SignalCalcium"), Carries::Fluorescence);
    let asked = try_read("many_series", &asking_for("SignalCalciumImResponseSeries")).unwrap();
    assert_traces(&asked.recordings[0], &[0, 1, 2], 4.);
}

#[test]
fn factor_offset_and_times_of_another_series_are_applied() {
    let outcome = try_read("scaled", &ReadOptions::default()).unwrap();
    assert_traces(&outcome.recordings[0], &[0, 1, 2], 1.);
    // The link to the same series from elsewhere makes no second one.
    assert_eq!(outcome.series.len(), 1);
    assert!(!has(&outcome.warnings, "several-series"));
    let (recording, _) = read("milliseconds");
    assert_traces(&recording, &[0, 1, 2], 1.);
}

#[test]
fn what_is_inside_df_over_f_is_stated_to_be_so_whatever_its_values_look_like() {
    let (stated, _) = read("scaled");
    let found = stated.unit();
    assert_eq!((found.unit, found.basis), (TraceUnit::DeltaF, UnitBasis::Stated));
    assert_ne!(stated.traces().guess_unit(), TraceUnit::DeltaF);
    let (fluorescence, _) = read("suite2p");
    assert_eq!(fluorescence.unit().basis, UnitBasis::Guessed);
}

/// `% dF/F` was once taken for ΔF/F, a hundred times too large.
#[test]
fn percent_is_stated_as_such_and_divided_by_a_hundred_when_asked() {
    let in_percent = |bytes: &mut Vec<u8>| {
        let (old, new) = (b"lumens", b"% dF/F");
        let places: Vec<usize> =
            (0..bytes.len() - old.len()).filter(|&at| bytes[at..].starts_with(old)).collect();
        assert_eq!(places.len(), 1);
        bytes[places[0]..][..new.len()].copy_from_slice(new);
    };
    let asked = ReadOptions {
        to_delta_f: Some(Conversion { baseline_percentile: None }),
        ..ReadOptions::default()
    };
    let stated = try_read_with("scaled", &ReadOptions::default(), in_percent).unwrap();
    let found = stated.recordings[0].unit();
    assert_eq!((found.unit, found.basis), (TraceUnit::PercentDeltaF, UnitBasis::Stated));
    assert_traces(&stated.recordings[0], &[0, 1, 2], 1.);
    let converted = try_read_with("scaled", &asked, in_percent).unwrap();
    assert_eq!(converted.recordings[0].unit().unit, TraceUnit::DeltaF);
    let text = text_of(&converted.warnings, "converted");
    assert!(text.contains("from ΔF/F in percent, as the file says"), "{text}");
    let (before, after) = (stated.recordings[0].traces(), converted.recordings[0].traces());
    for (before, after) in before.values().iter().zip(after.values()) {
        assert_eq!(*after, before / 100.);
    }
}

#[test]
fn a_series_whose_data_are_in_another_file_is_named_with_that_file() {
    let error = refusal("data_elsewhere", &ReadOptions::default());
    assert!(error.contains("raw/other.nwb") && error.contains("h5py"), "{error}");
}

#[test]
fn nwb_velocity() {
    let (recording, warnings) = read("velocity");
    assert_states(&recording, |s| match (s * 2.) as usize % 8 {
        0 => State::Unknown,
        1..5 => State::Forward,
        _ => State::Reverse,
    });
    let text = text_of(&warnings, "states-from-motion");
    assert!(text.contains("velocity/velocity") || text.contains("BehavioralTimeSeries/velocity"));
    assert!(text.contains("\"um/s\" that are made mm/s") && !text.contains("angular"), "{text}");
}

#[test]
fn interval_series_that_are_called_as_states_label_frames() {
    let (recording, _) = read("interval_series");
    assert_states(&recording, |s| match s {
        s if !(4. ..10.).contains(&s) => State::Forward,
        s if s < 8. => State::Reverse1,
        _ => State::Unknown,
    });
}

#[test]
fn intervals_of_reversals_alone_are_read_as_in_other_formats() {
    let (recording, warnings) = read("reversals");
    let state = |s| if (4. ..8.).contains(&s) { State::Reverse } else { State::Forward };
    assert_states(&recording, state);
    let text = text_of(&warnings, "states-from-motion");
    assert!(text.contains("BehavioralEpochs/reversals"), "{text}");
}

#[test]
fn behaviour_that_gives_no_states_is_named() {
    let (recording, warnings) = read("no_states");
    assert_eq!(recording.behavior(), None);
    let text = text_of(&warnings, "behavior-not-used");
    assert!(text.contains("Position/place") && text.contains("pumping"), "{text}");
    let warning = warnings.iter().find(|warning| warning.kind == "behavior-not-used").unwrap();
    assert_eq!(warning.level, Level::Advice);
}
