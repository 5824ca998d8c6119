//! A laboratory's own labels from recordings to results: decoded as they are, mapped to known states,
//! refused where a coding does not know them, kept by model files, and taken up again.

use nervering_fit::{
    Hyperparameters, Machine, Model, ModelConfig, ModelName, Protocol, Structure, fit_one,
};
use nervering_grid::{GridError, Progress, Run};
use nervering_models::Prediction;
use nervering_recording::{
    Behavior, CodingError, NeuronSet, Recording, RecordingParts, State, StateCoding, StateMap,
};
use nervering_simulate::{SimulationConfig, simulate};
use nervering_study::{Decode, FitResult, Plan, Preset, StudyConfig, StudyError, builtin, run};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

const OWN: [&str; 3] = ["active", "pause", "quiet"];

/// Simulated animals.
fn animals() -> Vec<Recording> {
    let config = SimulationConfig { n_animals: 3, duration_s: 150., ..SimulationConfig::default() };
    simulate(&config, 7).unwrap().into_iter().map(|animal| animal.recording).collect()
}

/// What a laboratory of its own words calls a state.
fn own_name(state: State) -> &'static str {
    use State::*;
    match state {
        Forward | Slowing => "active",
        Reverse | Reverse1 | Reverse2 | SustainedReverse => "quiet",
        Unknown => "",
        _ => "pause",
    }
}

/// The same animals with its labels.
fn own() -> Vec<Recording> {
    let renamed = |recording: Recording| {
        let parts = recording.into_parts();
        let states = parts.behavior.unwrap();
        let names = states.states().iter().map(|&state| own_name(state));
        let behavior = Some(Behavior::from_names(names).unwrap());
        Recording::new(RecordingParts { behavior, ..parts }).unwrap()
    };
    animals().into_iter().map(renamed).collect()
}

fn own_coding() -> StateCoding {
    StateCoding::Own(Vec::new())
}

fn config(coding: &StateCoding) -> StudyConfig<Decode> {
    let config = builtin::table1(Preset::Smoke, 1).with_variants(|variant| {
        variant.models = vec![ModelName::Majority, ModelName::Logistic, ModelName::Mlp];
        variant.preparation.neurons = NeuronSet::Shared;
    });
    StudyConfig { epochs: 3, ..config }.telling_apart(coding)
}

/// Counts the fits that an earlier run had left.
#[derive(Default)]
struct Resumed(AtomicUsize);

impl Progress for Resumed {
    fn fits_done(&self, _: usize, n_resumed: usize) {
        self.0.fetch_add(n_resumed, Ordering::Relaxed);
    }
}

fn fits(coding: &StateCoding, animals: &[Recording], out: &Path) -> (Vec<FitResult>, usize) {
    let plan = Plan::new(config(coding), animals, &[]).unwrap();
    let resumed = Resumed::default();
    let fits = run(&plan, out, &Run { progress: &resumed, ..Run::quietly(2) }).unwrap().fits;
    (fits, resumed.0.into_inner())
}

#[test]
fn a_study_of_own_states_tells_them_apart_and_says_which() {
    let (animals, folder) = (own(), tempfile::tempdir().unwrap());
    let plan = Plan::new(config(&own_coding()), &animals, &[]).unwrap();
    assert!(plan.notes()[0].ends_with("3 states (active, pause, quiet)."), "{:?}", plan.notes());
    let results = run(&plan, folder.path(), &Run::quietly(2)).unwrap();
    assert_eq!(results.config.variants[0].preparation.coding.class_names(), OWN);
    let logistic = results.fits.iter().filter(|fit| fit.model == "logistic");
    let accuracies: Vec<f64> = logistic
        .flat_map(|fit| &fit.evaluations)
        .map(|evaluation| {
            assert_eq!(evaluation.recall().len(), 3);
            evaluation.balanced_accuracy.unwrap()
        })
        .collect();
    let mean = accuracies.iter().sum::<f64>() / accuracies.len() as f64;
    assert!(mean > 0.6, "three states at {mean:.2}");
}

#[test]
fn titles_say_what_is_told_apart() {
    let title = |coding: &StateCoding| config(coding).title;
    assert_eq!(title(&StateCoding::Two), "Table 1: forward against reverse crawling");
    assert_eq!(title(&StateCoding::Four), "Table 1: four states");
    assert_eq!(title(&own_coding()), "Table 1: the recordings' own states");
    let resolved = own_coding().resolve(&own()).unwrap();
    assert_eq!(title(&resolved), "Table 1: the states active, pause, quiet");
    let many = StateCoding::Own((0..9).map(|k| format!("s{k}")).collect());
    assert_eq!(title(&many), "Table 1: 9 states of the recordings' own");
    let strict = builtin::fig4b(Preset::Smoke, 1, 3).under(Protocol::Strict);
    let title = strict.telling_apart(&StateCoding::Seven).title;
    assert_eq!(title, "Figure 4B: confusion of seven states in worms never seen");
}

/// What is mapped is decoded as if it had been labelled so: the same fits to the last bit.
#[test]
fn mapped_labels_are_decoded_as_the_states_they_stand_for() {
    let folder = tempfile::tempdir().unwrap();
    let map: StateMap = "active=FWD,quiet=REV,pause=NOSTATE".parse().unwrap();
    let mapped: Vec<Recording> =
        own().into_iter().map(|recording| recording.mapped(&map).unwrap()).collect();
    let (by_map, _) = fits(&StateCoding::Two, &mapped, &folder.path().join("mapped"));
    let (known, _) = fits(&StateCoding::Two, &animals(), &folder.path().join("known"));
    assert!(by_map.len() > 6);
    assert_eq!(by_map, known);
}

#[test]
fn a_coding_that_does_not_know_own_labels_shows_the_map_to_write() {
    let error = Plan::new(config(&StateCoding::Four), &own(), &[]).unwrap_err();
    let StudyError::Coding(CodingError::Unmapped { names, .. }) = &error else {
        panic!("{error}");
    };
    assert_eq!(names, &OWN);
    let text = error.to_string();
    assert!(text.contains("--map active=") && text.contains("pause="), "{text}");
    assert!(text.contains("--states own"), "{text}");
}

#[test]
fn what_a_model_says_is_in_the_words_of_its_laboratory_before_and_after_it_was_saved() {
    let animals = own();
    let config = ModelConfig {
        model: ModelName::Mlp,
        neurons: NeuronSet::Names(["AVAL", "RIML", "VB02"].map(|n| n.parse().unwrap()).to_vec()),
        coding: own_coding(),
        structure: Structure::Frames,
        protocol: Protocol::Strict,
        normalisation: None,
        epochs: 3,
        hyperparameters: Hyperparameters::default(),
        seed: 1,
        connectome: None,
        machine: Machine::default(),
    };
    let model = fit_one(&config, &animals[..2], &|_| true).unwrap().0;
    let loaded = Model::from_bytes(&model.to_bytes().unwrap()).unwrap();
    assert_eq!(loaded.coding(), &StateCoding::Own(OWN.map(str::to_owned).to_vec()));
    let said = |model: &Model| model.predict(&animals[2], None).unwrap();
    let (before, after) = (said(&model), said(&loaded));
    assert_eq!(before, after);
    assert!(after.evaluation.n_labelled > 0);
    // Labels are those of the file, by the classes of the model.
    let names = animals[2].behavior().unwrap().names();
    for (name, label) in names.zip(&after.labels) {
        let expected = OWN.iter().position(|own| *own == name).map(|k| k as u8);
        assert_eq!(*label, expected, "{name}");
    }
    let Prediction { log_probabilities, .. } = &after.prediction;
    let n_numbers = log_probabilities.as_ref().unwrap().len();
    assert_eq!(n_numbers, OWN.len() * animals[2].n_frames());
    // An animal with a label that the model was never shown: told, not called unknown.
    let parts = animals[2].clone().into_parts();
    let other = Behavior::from_names(vec!["asleep"; animals[2].n_frames()]).unwrap();
    let other = Recording::new(RecordingParts { behavior: Some(other), ..parts }).unwrap();
    let error = model.predict(&other, None).unwrap_err().to_string();
    assert!(error.contains("asleep") && error.contains("--map asleep="), "{error}");
}

#[test]
fn a_study_of_own_states_is_taken_up_again_and_not_with_other_labels() {
    let (animals, folder) = (own(), tempfile::tempdir().unwrap());
    let coding = own_coding();
    let (whole, _) = fits(&coding, &animals, &folder.path().join("whole"));
    let out = folder.path().join("parts");
    let plan = Plan::new(config(&coding), &animals, &[]).unwrap();
    let asked = AtomicUsize::new(0);
    // Stopped when the first network is at work.
    let stop = || asked.fetch_add(1, Ordering::Relaxed) >= 13;
    let stopped = run(&plan, &out, &Run { interrupted: &stop, ..Run::quietly(1) }).unwrap_err();
    assert!(matches!(stopped, StudyError::Grid(GridError::Interrupted { .. })), "{stopped}");
    let (again, n_resumed) = fits(&coding, &animals, &out);
    assert!(0 < n_resumed && n_resumed < whole.len(), "{n_resumed} of {}", whole.len());
    assert_eq!(again, whole);
    // The same frames under other words are another study.
    let map: StateMap = "pause=rest".parse().unwrap();
    let renamed: Vec<Recording> =
        animals.iter().map(|animal| animal.clone().mapped(&map).unwrap()).collect();
    let plan = Plan::new(config(&coding), &renamed, &[]).unwrap();
    assert!(run(&plan, &out, &Run::quietly(1)).is_err());
}
