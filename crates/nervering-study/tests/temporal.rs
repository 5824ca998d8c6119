//! Decoders that look at frames in order, as a study: the same bytes at any number of threads, only animals
//! never seen are tested, a causal model never moves when later frames do, and states chosen together
//! flicker less.

use nervering_fit::{ModelName, Normalisation, Protocol, Structure};
use nervering_grid::Run;
use nervering_recording::{NeuronSet, Recording, StateCoding, Traces};
use nervering_simulate::{SimulationConfig, simulate};
use nervering_statistics::Role;
use nervering_study::{Decode, FitResult, Plan, Preset, StudyConfig, builtin, run};

fn animals() -> Vec<Recording> {
    let config = SimulationConfig { n_animals: 3, duration_s: 200., ..SimulationConfig::default() };
    simulate(&config, 5).unwrap().into_iter().map(|animal| animal.recording).collect()
}

fn fits(config: &StudyConfig<Decode>, animals: &[Recording], threads: usize) -> Vec<FitResult> {
    let plan = Plan::new(config.clone(), animals, &[]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    run(&plan, folder.path(), &Run::quietly(threads)).unwrap().fits
}

/// The built-in study, in its smallest form, of one variant.
fn variant(name: &str, models: &[ModelName], epochs: usize) -> StudyConfig<Decode> {
    let mut config = builtin::temporal(Preset::Smoke, 2, 3);
    config.variants.retain(|variant| variant.name == name);
    assert_eq!(config.variants.len(), 1, "{name}");
    config.variants[0].models = models.to_vec();
    config.variants[0].preparation.neurons = NeuronSet::Paper3;
    config.epochs = epochs;
    config
}

#[test]
fn every_variant_runs_and_is_the_same_at_any_number_of_threads() {
    let animals = animals();
    let mut config = builtin::temporal(Preset::Smoke, 2, animals.len());
    for variant in &mut config.variants {
        assert_eq!(variant.protocol(), Protocol::Animals);
        variant.preparation.neurons = NeuronSet::Paper3;
        variant.models.retain(|model| *model != ModelName::SvmContext);
    }
    let found = fits(&config, &animals, 2);
    let n_models: usize = config.variants.iter().map(|variant| variant.models.len()).sum();
    assert_eq!(found.len(), n_models * 3, "trained on every two of three animals");
    assert_eq!(found, fits(&config, &animals, 1));
    for fit in &found {
        let roles: Vec<Role> = fit.evaluations.iter().map(|evaluation| evaluation.role).collect();
        assert!(roles.iter().all(|role| *role == Role::UnseenAnimal), "{roles:?}");
        let seen = |name: &String| fit.trained_on.contains(name);
        assert!(!fit.evaluations.iter().any(|evaluation| seen(&evaluation.animal)));
    }
}

#[test]
fn a_temporal_network_learns_what_it_is_shown() {
    let mut config = variant("offline-4", &[ModelName::Majority, ModelName::Tcn], 200);
    config.variants[0].preparation.neurons = NeuronSet::Paper15;
    let of = |model: ModelName| -> f64 {
        let found = fits(&config, &animals(), 2);
        let fits = found.iter().filter(|fit| fit.model == model.as_str());
        let values: Vec<f64> = fits
            .flat_map(|fit| fit.evaluations.iter().filter_map(|e| e.balanced_accuracy))
            .collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    let (majority, tcn) = (of(ModelName::Majority), of(ModelName::Tcn));
    assert!(tcn > majority + 0.08, "tcn {tcn}, majority {majority}");
}

/// What a causal model says of frames before a change, of an animal that it was not trained on.
#[test]
fn a_causal_model_never_moves_when_later_frames_do() {
    let animals = animals();
    let mut config = variant("causal-4", &[ModelName::TcnCausal, ModelName::Logistic], 160);
    config.max_subsets = Some(1);
    config.variants[0].preparation.structure = Structure::Filter;
    assert_eq!(config.variants[0].preparation.normalisation, Normalisation::Causal);
    let from = animals[2].n_frames() / 2;
    let mut parts = animals[2].clone().into_parts();
    let (n_frames, n_neurons) = (parts.traces.n_frames(), parts.traces.n_neurons());
    let mut values = vec![1e3; n_frames * n_neurons];
    for neuron in 0..n_neurons {
        for (frame, value) in parts.traces.neuron(neuron).take(from).enumerate() {
            values[frame * n_neurons + neuron] = value;
        }
    }
    parts.traces = Traces::new(n_frames, n_neurons, values).unwrap();
    parts.derivative = None;
    let changed = [animals[0].clone(), animals[1].clone(), Recording::new(parts).unwrap()];
    let said = |animals: &[Recording]| -> Vec<Vec<u8>> {
        let fits = fits(&config, animals, 2);
        let evaluation = |fit: &FitResult| fit.evaluations[0].predicted_states().unwrap();
        fits.iter().map(evaluation).collect()
    };
    for (clean, changed) in said(&animals).iter().zip(said(&changed)) {
        assert_eq!(clean[..from], changed[..from]);
        assert_ne!(clean[from..], changed[from..]);
    }
}

#[test]
fn states_chosen_together_flicker_less() {
    let mut config = variant("offline-4", &[ModelName::Logistic], 5);
    let n_switches = |config: &StudyConfig<Decode>| -> usize {
        let evaluations = fits(config, &animals(), 2).into_iter().flat_map(|fit| fit.evaluations);
        evaluations.map(|evaluation| evaluation.transitions.unwrap().n_predicted).sum()
    };
    let alone = n_switches(&config);
    for structure in [Structure::Filter, Structure::Markov, Structure::SemiMarkov] {
        config.variants[0].preparation.structure = structure;
        let together = n_switches(&config);
        assert!(together < alone, "{structure:?}: {together} switches, {alone} of single frames");
    }
    config.variants[0].models = vec![ModelName::Svm];
    let plan = Plan::new(config, &animals(), &[]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let error = run(&plan, folder.path(), &Run::quietly(1)).err().unwrap().to_string();
    assert!(error.contains("gives no probabilities"), "{error}");
}

#[test]
fn six_states_are_a_study_of_their_own() {
    let config = variant("offline-6", &[ModelName::Logistic], 5);
    assert_eq!(config.variants[0].preparation.coding, StateCoding::Six);
    let found = fits(&config, &animals(), 2);
    assert!(found.iter().all(|fit| fit.evaluations[0].confusion.len() == 6));
}

#[test]
fn studies_of_missing_neurons_and_of_adaptation_run_and_test_only_what_was_not_told() {
    let animals = animals();
    let mut missing = builtin::missing_neurons(Preset::Smoke, 2, animals.len());
    missing
        .variants
        .retain(|variant| ["any-named-4", "any-3-4", "own-3-4"].contains(&&*variant.name));
    let found = fits(&missing, &animals, 2);
    assert_eq!(found.len(), (1 + 1 + 3) * 3);
    let said = |variant: &str| -> Vec<_> {
        let fits = found.iter().filter(|fit| fit.variant == variant && fit.model == "tcn-any");
        fits.flat_map(|fit| fit.evaluations.iter().map(|e| e.predicted.clone())).collect()
    };
    assert_ne!(said("any-named-4"), said("any-3-4"), "fewer neurons are shown");

    let mut adaptation = builtin::adaptation(Preset::Smoke, 2, animals.len());
    adaptation.variants.retain(|variant| variant.name.ends_with("-4"));
    for variant in &mut adaptation.variants {
        variant.models.retain(|model| *model == ModelName::Tcn);
    }
    let found = fits(&adaptation, &animals, 2);
    assert_eq!(found, fits(&adaptation, &animals, 1));
    for fit in &found {
        let evaluation = &fit.evaluations[0];
        let animal = animals.iter().find(|a| a.animal() == evaluation.animal).unwrap();
        let seconds = animal.time().seconds();
        let n_tested = seconds.iter().filter(|&s| s - seconds[0] >= 120.).count();
        assert_eq!((fit.evaluations.len(), evaluation.n_frames), (1, n_tested));
    }
    let told = |name: &str| found.iter().find(|fit| fit.variant == name).unwrap();
    assert_ne!(told("none-4").evaluations[0].nll, told("120-s-4").evaluations[0].nll);
    adaptation.variants[2].preparation.tested_from_s = 10.;
    let refused = Plan::new(adaptation, &animals, &[]).unwrap_err().to_string();
    assert!(refused.contains("adapt: found 30 s of labels and tests from 10 s on"), "{refused}");
}

/// Of the temporal study, `tcn` in three codings, single frames and chosen together.
#[test]
fn a_network_that_is_read_in_several_ways_says_what_one_trained_for_each_says() {
    let animals = animals();
    let mut config = builtin::temporal(Preset::Smoke, 2, animals.len());
    for variant in &mut config.variants {
        variant.models.retain(|model| *model == ModelName::Tcn);
    }
    config.variants.retain(|variant| !variant.models.is_empty());
    assert!(config.variants.len() > 3);
    let together = fits(&config, &animals, 2);
    let mut apart = Vec::new();
    for variant in &config.variants {
        let alone = StudyConfig { variants: vec![variant.clone()], ..config.clone() };
        apart.extend(fits(&alone, &animals, 1));
    }
    assert_eq!(together, apart);
}
