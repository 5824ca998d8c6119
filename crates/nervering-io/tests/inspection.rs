//! The inspector: every check finds what it is for and is silent about a sound recording; the text
//! keeps to its width and the JSON to its schema.

use nervering_io::inspect::{CHECKS, InspectionJson};
use nervering_io::{Inspection, Level, Warning, inspect};
use nervering_recording::{
    Behavior, FileDerivative, NeuronLabel, Provenance, Recording, RecordingParts, State, TimeBase,
    Traces,
};

const FPS: f64 = 3.;
const PAPER_15: [&str; 15] = [
    "AIBL", "AIBR", "ALA", "AVAL", "AVAR", "AVBL", "AVER", "RID", "RIML", "RIMR", "RMED", "RMEL",
    "RMER", "VB01", "VB02",
];

/// A sound animal with the paper's neurons and one without a name.
fn sound(animal: &str, phase: f64) -> RecordingParts {
    let (n_frames, n_neurons) = (320, PAPER_15.len() + 1);
    let value = |k: usize| ((k / n_neurons) as f64 * 0.1 + phase + (k % n_neurons) as f64).sin();
    RecordingParts {
        animal: animal.into(),
        neurons: PAPER_15.iter().chain(&["16"]).map(|name| NeuronLabel::from_text(name)).collect(),
        traces: Traces::new(n_frames, n_neurons, (0..n_frames * n_neurons).map(value).collect())
            .unwrap(),
        derivative: None,
        behavior: Some(Behavior::new((0..n_frames).map(|t| State::ALL[t / 10 % 7]).collect())),
        time: TimeBase::regular(n_frames, FPS, 0.).unwrap(),
        provenance: Provenance {
            source: "fixture.mat".into(),
            place: "/WT_NoStim, worm 1".into(),
            trace_field: "deltaFOverF_bc".into(),
        },
    }
}

fn values(parts: &RecordingParts) -> Vec<f64> {
    parts.traces.values().to_vec()
}

fn with_values(parts: &mut RecordingParts, values: Vec<f64>) {
    parts.traces = Traces::new(parts.traces.n_frames(), parts.traces.n_neurons(), values).unwrap();
}

fn inspected(parts: Vec<RecordingParts>) -> Inspection {
    let recordings: Vec<_> = parts.into_iter().map(|p| Recording::new(p).unwrap()).collect();
    inspect(&recordings, &[])
}

/// The kinds and levels found in one animal, changed from a sound one.
fn found(change: impl FnOnce(&mut RecordingParts)) -> Vec<(&'static str, Level)> {
    let mut parts = sound("a", 0.);
    change(&mut parts);
    inspected(vec![parts]).warnings.iter().map(|w| (w.kind, w.level)).collect()
}

#[test]
fn a_sound_animal_has_no_warning() {
    assert_eq!(found(|_| {}), []);
    assert_eq!(inspected(vec![sound("a", 0.), sound("b", 0.5)]).warnings, []);
}

#[test]
fn every_check_finds_what_it_is_for() {
    let n_neurons = PAPER_15.len() + 1;
    let flat = found(|p| {
        let mut v = values(p);
        v.iter_mut().skip(3).step_by(n_neurons).for_each(|v| *v = 0.25);
        with_values(p, v);
    });
    assert_eq!(flat, [("flat-trace", Level::Wrong)]);

    let missing = found(|p| {
        let mut v = values(p);
        v[3] = f64::NAN;
        with_values(p, v);
    });
    assert_eq!(missing, [("missing-values", Level::Doubtful)]);

    let scaled = found(|p| {
        let mut v = values(p);
        for column in 0..n_neurons {
            let of = |v: &[f64], f: fn(f64, f64) -> f64| {
                v.iter().skip(column).step_by(n_neurons).copied().reduce(f).unwrap()
            };
            let (low, high) = (of(&v, f64::min), of(&v, f64::max));
            v.iter_mut()
                .skip(column)
                .step_by(n_neurons)
                .for_each(|v| *v = (*v - low) / (high - low));
        }
        with_values(p, v);
    });
    assert_eq!(scaled, [("normalised-traces", Level::Doubtful)]);

    let milliseconds = found(|p| p.time = TimeBase::regular(320, FPS / 1000., 0.).unwrap());
    assert_eq!(milliseconds, [("time-unit", Level::Doubtful)]);
    let minutes = found(|p| p.time = TimeBase::regular(320, FPS * 60., 0.).unwrap());
    assert_eq!(minutes, [("time-unit", Level::Doubtful)]);

    let unlabelled = found(|p| p.behavior = None);
    assert_eq!(unlabelled, [("unlabelled", Level::Advice)]);

    let states = |f: fn(usize) -> State| Some(Behavior::new((0..320).map(f).collect()));
    let unknown = found(|p| {
        p.behavior = states(|t| if t < 100 { State::Unknown } else { State::ALL[t / 10 % 7] })
    });
    assert_eq!(unknown, [("many-unknown", Level::Doubtful)]);
    let reverse =
        found(|p| p.behavior = states(|t| State::ALL[[0, 1, 2, 3, 4, 5, 6, 7][t / 10 % 8]]));
    assert_eq!(reverse, [("outside-coding", Level::Doubtful)]);
    let absent = found(|p| p.behavior = states(|t| State::ALL[t / 10 % 6]));
    assert_eq!(absent, [("absent-state", Level::Advice)]);

    let slope = |p: &RecordingParts, sign: f64| {
        let shifted = (0..320 * n_neurons)
            .map(|k| sign * ((k / n_neurons) as f64 * 0.1 + (k % n_neurons) as f64).cos());
        let values = Traces::new(320, n_neurons, shifted.collect()).unwrap();
        assert_eq!(values.n_frames(), p.traces.n_frames());
        Some(FileDerivative { values, field: "derivs".into() })
    };
    assert_eq!(found(|p| p.derivative = slope(p, 1.)), []);
    assert_eq!(found(|p| p.derivative = slope(p, -1.)), [("derivative-mismatch", Level::Doubtful)]);

    let look_alike = found(|p| p.neurons[15] = NeuronLabel::from_text("SMDVL?"));
    assert_eq!(look_alike, [("look-alike-label", Level::Doubtful)]);

    let lacking = found(|p| p.neurons[3] = NeuronLabel::from_text("4"));
    assert_eq!(lacking, [("paper-15", Level::Advice)]);

    let nameless = found(|p| p.neurons = vec![NeuronLabel::from_text("---"); n_neurons]);
    assert_eq!(nameless, [("no-identified-neuron", Level::Wrong), ("paper-15", Level::Advice)]);
}

#[test]
fn checks_across_animals_find_what_they_are_for() {
    let kinds = |parts| -> Vec<_> { inspected(parts).warnings.iter().map(|w| w.kind).collect() };
    let mut rounded = sound("b", 0.);
    let v = values(&rounded).iter().map(|v| (v * 1e6).round() / 1e6).collect();
    with_values(&mut rounded, v);
    assert_eq!(kinds(vec![sound("a", 0.), rounded]), ["same-animal-twice"]);

    let mut faster = sound("b", 0.5);
    faster.time = TimeBase::regular(320, 4.5, 0.).unwrap();
    assert_eq!(kinds(vec![sound("a", 0.), faster]), ["different-rates"]);

    let mut others = sound("b", 0.5);
    others.neurons = (0..16).map(|k| NeuronLabel::from_text(&format!("DA{k}"))).collect();
    assert_eq!(kinds(vec![sound("a", 0.), others]), ["nothing-shared", "paper-15"]);

    let mut short = sound("a", 0.);
    let n = 79;
    short.traces = Traces::new(n, 16, values(&short)[..n * 16].to_vec()).unwrap();
    short.time = TimeBase::regular(n, FPS, 0.).unwrap();
    short.behavior = Some(Behavior::new((0..n).map(|t| State::ALL[t / 10 % 7]).collect()));
    assert_eq!(kinds(vec![short]), ["too-short"]);
}

#[test]
fn the_checks_have_different_names() {
    let mut kinds: Vec<_> = CHECKS.iter().map(|check| check.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), CHECKS.len());
    assert!(CHECKS.iter().all(|check| !check.about.is_empty()));
}

#[test]
fn a_summary_counts_what_is_there() {
    let animal = &inspected(vec![sound("a", 0.)]).animals[0];
    assert_eq!((animal.n_frames, animal.n_neurons, animal.n_identified), (320, 16, 15));
    assert!((animal.duration - 320. / FPS).abs() < 1e-9);
    let behavior = animal.behavior.as_ref().unwrap();
    assert_eq!((behavior.n_transitions, behavior.median_bout), (31, 10));
    assert!((behavior.fraction(State::Forward) - 50. / 320.).abs() < 1e-12);
    assert_eq!(behavior.fraction(State::Unknown), 0.);
}

#[test]
fn the_text_keeps_to_a_hundred_columns_whatever_it_holds() {
    let mut parts: Vec<_> = (0..3)
        .map(|k| sound(&format!("animal {k} of a long series of recordings"), f64::from(k)))
        .collect();
    parts[1].neurons[15] = NeuronLabel::from_text("SMDVL (or SMDVR, ask the one who annotated it)");
    parts[2].behavior = None;
    let recordings: Vec<_> = parts.into_iter().map(|p| Recording::new(p).unwrap()).collect();
    let long = Warning::new(Level::Wrong, "long", "x".repeat(250), "words ".repeat(60));
    let inspection = inspect(&recordings, &[long]);
    let text = inspection.to_string();
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    assert!(text.contains("15 neurons identified in all 3 animals: AIBL AIBR"), "{text}");
    assert!(text.contains(&"x".repeat(80)), "{text}");
    assert!(inspect(&[], &[]).to_string().contains("0 warnings"));
}

#[test]
fn warnings_of_the_reader_are_kept_and_the_worst_comes_first() {
    let mut parts = sound("a", 0.);
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
    let inspection = inspected(vec![sound("a", 0.)]);
    let json = serde_json::to_value(InspectionJson::from(&inspection)).unwrap();
    assert_eq!(json["format"], "nervering-inspection");
    assert_eq!(json["version"], 1);
    assert_eq!(json["animals"][0]["n_frames"], 320);
    assert_eq!(json["animals"][0]["behavior"]["n_transitions"], 31);
    assert_eq!(json["shared_neurons"].as_array().unwrap().len(), 15);
}
