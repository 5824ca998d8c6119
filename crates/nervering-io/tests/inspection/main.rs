//! The inspector: every check finds what it is for and is silent about a sound recording; the text
//! keeps to its width and the JSON to its schema.

mod animals;
mod behavior;
mod derivative;
mod fixtures;
mod names;
mod real;
mod time;
mod values;

use fixtures::{Case, FPS, N_FRAMES, recordings, sound, warnings};
use nervering_io::inspect::{CHECKS, InspectionJson};
use nervering_io::{Inspection, Level, Warning, inspect};
use nervering_recording::{
    Behavior, FileDerivative, HERMAPHRODITE_NEURONS, NeuronLabel, NeuronNames, Recording,
    RecordingParts, State, TimeBase, Traces,
};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn cases() -> impl Iterator<Item = &'static Case> {
    let groups = [
        names::CASES,
        animals::CASES,
        time::CASES,
        values::CASES,
        derivative::CASES,
        behavior::CASES,
    ];
    groups.into_iter().flatten()
}

fn inspected(parts: Vec<RecordingParts>) -> Inspection {
    inspect(&recordings(parts), &[])
}

#[test]
fn a_sound_animal_has_no_warning() {
    assert_eq!(warnings(vec![sound("a", 1)]), []);
    assert_eq!(warnings(vec![sound("a", 1), sound("b", 2)]), []);
}

/// No more than what the case says, too: a fault must not set off checks that are not about it.
#[test]
fn every_check_finds_what_it_is_for() {
    let mut wrong = Vec::new();
    for case in cases() {
        let found = warnings((case.wrong)());
        let found: BTreeSet<_> = found.iter().map(|w| (w.kind, w.level)).collect();
        let expected: BTreeSet<_> = case.finds.iter().copied().collect();
        assert!(expected.iter().any(|(kind, _)| *kind == case.kind), "{}", case.kind);
        if found != expected {
            wrong.push(format!("{}: found {found:?}", case.kind));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_check_passes_what_only_looks_like_it() {
    let mut wrong = Vec::new();
    for case in cases() {
        let found = warnings((case.right)());
        wrong.extend(found.into_iter().filter(|w| w.kind == case.kind).map(|w| w.to_string()));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_check_has_a_case_and_a_name_of_its_own() {
    let checks: Vec<&str> = CHECKS.iter().map(|check| check.kind).collect();
    let of_checks: BTreeSet<&str> = checks.iter().copied().collect();
    let of_cases: BTreeSet<&str> = cases().map(|case| case.kind).collect();
    assert_eq!(of_checks, of_cases);
    assert_eq!(of_checks.len(), checks.len());
    assert!(CHECKS.len() >= 30, "{} checks", CHECKS.len());
    for check in CHECKS {
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(check.kind.chars().all(kebab) && !check.about.is_empty(), "{}", check.kind);
    }
}

#[test]
fn a_summary_counts_what_is_there() {
    let animal = &inspected(vec![sound("a", 1)]).animals[0];
    assert_eq!((animal.n_frames, animal.n_neurons, animal.n_identified), (N_FRAMES, 16, 15));
    assert!((animal.duration - N_FRAMES as f64 / FPS).abs() < 1e-9);
    let behavior = animal.behavior.as_ref().unwrap();
    assert_eq!((behavior.n_transitions, behavior.median_bout), (41, 10));
    assert!((behavior.fraction("FWD") - 1. / 7.).abs() < 1e-12);
    assert_eq!(behavior.fraction("NOSTATE"), 0.);
}

#[test]
fn the_text_keeps_to_a_hundred_columns_whatever_it_holds() {
    let mut parts: Vec<_> =
        (0..3).map(|k| sound(&format!("animal {k} of a long series of recordings"), k)).collect();
    parts[1].neurons[15] = NeuronLabel::from_text("SMDVL (or SMDVR, ask the one who annotated it)");
    parts[0].neurons[15] = NeuronLabel::from_text("SMDVL?");
    parts[2].behavior = None;
    let recordings: Vec<_> = parts.into_iter().map(|p| Recording::new(p).unwrap()).collect();
    let long = Warning::new(Level::Wrong, "long", "x".repeat(250), "words ".repeat(60));
    let inspection = inspect(&recordings, &[long]);
    let text = inspection.to_string();
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    assert!(text.contains("15 neurons identified in all 3 animals: AIBL AIBR"), "{text}");
    assert!(text.contains(&"x".repeat(70)), "{text}");
    let levels = ["\nwrong: ", "\ndoubtful: ", "\nadvice: "].map(|level| text.find(level).unwrap());
    assert!(levels.is_sorted(), "{text}");
    assert!(inspect(&[], &[]).to_string().contains("0 warnings"));
    let narrow = format!("{inspection:80}");
    for line in narrow.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(narrow.contains("switches") && narrow.contains("AIBL AIBR"), "{narrow}");
}

#[test]
fn what_stands_in_a_file_does_not_steer_the_terminal() {
    let mut parts = sound("a\u{1b}[2J", 1);
    parts.behavior = None;
    parts.neurons[15] = NeuronLabel::from_text("\u{7}SMDVL?");
    let text = inspected(vec![parts]).to_string();
    assert!(text.contains("a\u{fffd}[2J"), "{text}");
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
}

/// Any recording can be looked at, however short, empty or odd.
fn any_recording() -> impl Strategy<Value = RecordingParts> {
    let values = prop_oneof![
        6 => -2.0..2.0_f64,
        1 => Just(f64::NAN),
        1 => Just(0.),
        1 => Just(1e300),
    ];
    let labels = prop_oneof![
        any_neuron(),
        "[A-Z0-9?|]{0,5}".prop_map(|text| NeuronNames::Any.label(&text)),
        Just(NeuronLabel::from_candidates(["AVAL", "AVAR"])),
    ];
    let size = (2..40_usize, 1..8_usize);
    size.prop_flat_map(move |(n_frames, n_neurons)| {
        let matrix = || prop::collection::vec(values.clone(), n_frames * n_neurons);
        let names: Vec<_> = State::ALL.iter().filter_map(|state| state.known_name()).collect();
        let names =
            prop_oneof![prop::sample::select(names).prop_map(str::to_owned), "[a-zé ]{1,40}[a-z]",];
        let states = prop::collection::vec(names, n_frames);
        (
            matrix(),
            prop::option::of(matrix()),
            prop::option::of(states),
            prop::collection::vec(labels.clone(), n_neurons),
            0.001..500.0_f64,
        )
            .prop_map(move |(trace, slope, states, mut neurons, fps)| {
                let traces = |values| Traces::new(n_frames, n_neurons, values).unwrap();
                let mut seen = BTreeSet::new();
                for label in &mut neurons {
                    if label.name().is_some_and(|name| !seen.insert(name.clone())) {
                        *label = NeuronLabel::from_text("---");
                    }
                }
                let field = "derivs".to_owned();
                RecordingParts {
                    neurons,
                    traces: traces(trace),
                    derivative: slope.map(|v| FileDerivative { values: traces(v), field }),
                    behavior: states.map(|names| Behavior::from_names(names).unwrap()),
                    time: TimeBase::regular(n_frames, fps, 0.).unwrap(),
                    ..sound("any", 1)
                }
            })
    })
}

fn any_neuron() -> impl Strategy<Value = NeuronLabel> {
    prop::sample::select(HERMAPHRODITE_NEURONS.to_vec()).prop_map(NeuronLabel::from_text)
}

proptest! {
    #[test]
    fn any_recording_can_be_inspected(mut parts in prop::collection::vec(any_recording(), 0..4)) {
        for (k, part) in parts.iter_mut().enumerate() {
            part.animal = format!("animal {k}");
        }
        let inspection = inspected(parts);
        let text = inspection.to_string();
        prop_assert!(text.lines().all(|line| line.chars().count() <= 100), "{}", text);
        let json = serde_json::to_value(InspectionJson::from(&inspection)).unwrap();
        let warnings = json["warnings"].as_array().unwrap();
        prop_assert_eq!(warnings.len(), inspection.warnings.len());
    }
}

#[test]
fn warnings_of_the_reader_are_kept_and_the_worst_comes_first() {
    let mut parts = sound("a", 1);
    parts.behavior = None;
    let recordings = [Recording::new(parts).unwrap()];
    let read = Warning::new(Level::Doubtful, "no-states", "f.mat, /", "no field States");
    let levels: Vec<_> = inspect(&recordings, std::slice::from_ref(&read))
        .warnings
        .into_iter()
        .map(|w| w.level)
        .collect();
    assert_eq!(levels, [Level::Doubtful, Level::Advice]);
    assert_eq!(read.to_string(), "doubtful: f.mat, /: no field States [no-states]");
}

#[test]
fn the_json_has_a_version_and_the_numbers_of_the_text() {
    let mut parts = sound("a", 1);
    parts.behavior = None;
    let inspection = inspected(vec![parts, sound("b", 2)]);
    let json = serde_json::to_value(InspectionJson::from(&inspection)).unwrap();
    assert_eq!(json["format"], "nervering-inspection");
    assert_eq!(json["version"], 1);
    assert_eq!(json["animals"][0]["n_frames"], N_FRAMES);
    assert_eq!(json["animals"][0]["behavior"], serde_json::Value::Null);
    assert_eq!(json["animals"][1]["behavior"]["n_transitions"], 41);
    assert_eq!(json["shared_neurons"].as_array().unwrap().len(), 15);
    assert_eq!(json["counts"], serde_json::json!({"wrong": 0, "doubtful": 0, "advice": 2}));
    let warning = &json["warnings"][0];
    assert_eq!((&warning["level"], &warning["kind"]), (&"advice".into(), &"unlabelled".into()));
    assert_eq!(warning["place"], "a");
}
