//! Several initial weights of one fit: the first is the fit that a study without them makes, the
//! others start elsewhere on the same frames, and what starts from no weights is made once.

use nervering_fit::{GivenConnectome, ModelName, Protocol};
use nervering_grid::Run;
use nervering_recording::{
    Connection, ConnectionKind, Connectome, NeuronName, NeuronSet, Recording, Weighting,
};
use nervering_simulate::{SimulationConfig, simulate};
use nervering_study::{
    Comparison, Decode, FitResult, Plan, Preset, StudyConfig, StudyError, builtin, run, status,
};
use std::path::Path;
use std::sync::Arc;

fn animals() -> Vec<Recording> {
    let config = SimulationConfig { n_animals: 2, duration_s: 150., ..SimulationConfig::default() };
    simulate(&config, 7).unwrap().into_iter().map(|animal| animal.recording).collect()
}

fn config(initialisations: usize) -> StudyConfig<Decode> {
    let config = builtin::table1(Preset::Smoke, 1).with_variants(|variant| {
        variant.models = vec![ModelName::Logistic, ModelName::Mlp];
        variant.preparation.neurons = NeuronSet::Shared;
    });
    StudyConfig { epochs: 3, aim: Decode { initialisations, ..config.aim }, ..config }
}

fn fits(initialisations: usize, out: &Path) -> Vec<FitResult> {
    let plan = Plan::new(config(initialisations), &animals(), &[]).unwrap();
    run(&plan, out, &Run::quietly(2)).unwrap().fits
}

#[test]
fn networks_are_made_again_from_other_weights_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let once = fits(1, &folder.path().join("once"));
    let out = folder.path().join("twice");
    let twice = fits(2, &out);
    let (first, second): (Vec<FitResult>, Vec<FitResult>) =
        twice.iter().cloned().partition(|fit| fit.initialisation == 0);
    assert_eq!(first, once);
    assert_eq!(second.len(), 2);
    for fit in &second {
        let is_twin =
            |other: &&FitResult| (&other.model, &other.trained_on) == (&fit.model, &fit.trained_on);
        let twin = first.iter().find(is_twin).unwrap();
        assert_eq!((fit.model.as_str(), fit.fold, fit.initialisation), ("mlp", twin.fold, 1));
        let loss = |fit: &FitResult| fit.training.clone().unwrap().best_validation_loss.unwrap();
        assert_ne!(loss(fit), loss(twin));
    }
    let status = status(&out).unwrap();
    assert_eq!((status.n_fits, status.n_done), (6, 6));
    // What was saved is found again.
    assert_eq!(fits(2, &out), twice);
}

#[test]
fn the_order_in_which_animals_are_given_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let of = |animals: &[Recording], name: &str| {
        let plan = Plan::new(config(1), animals, &[]).unwrap();
        let fits = run(&plan, &folder.path().join(name), &Run::quietly(2)).unwrap().fits;
        (plan.study_toml(), fits)
    };
    let mut animals = animals();
    let forwards = of(&animals, "forwards");
    animals.reverse();
    assert_eq!(of(&animals, "backwards"), forwards);
}

/// What else a study holds, and where an animal stands in it, changes no number of a cell.
#[test]
fn one_cell_alone_is_the_same_cell_in_a_larger_study() {
    let simulation = SimulationConfig { n_animals: 4, duration_s: 150., ..Default::default() };
    let animals: Vec<Recording> =
        simulate(&simulation, 7).unwrap().into_iter().map(|animal| animal.recording).collect();
    let neurons = NeuronSet::Shared.resolve(&animals).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for protocol in [Protocol::Paper, Protocol::AuthorsCode, Protocol::Strict] {
        let fits = |models: &[ModelName], sizes: &[usize], animals: &[Recording], folds: usize| {
            let mut variant = Comparison::new(protocol, models, NeuronSet::Names(neurons.clone()));
            variant.folds_run = folds.min(variant.preparation.n_folds);
            let config = StudyConfig {
                variants: vec![variant],
                training_sizes: sizes.to_vec(),
                aim: Decode { connectome: Some(connectome(&neurons)), ..Decode::default() },
                ..config(1)
            };
            let plan = Plan::new(config, animals, &[]).unwrap();
            let out = folder.path().join(format!("{protocol}-{}", animals.len()));
            run(&plan, &out, &Run::quietly(2)).unwrap().fits
        };
        let models = [ModelName::Logistic, ModelName::Mlp, ModelName::GnnRandom, SHUFFLED];
        let larger = fits(&models, &[1, 2], &animals, 2);
        let last = [animals[3].clone(), animals[2].clone()];
        for model in models {
            let out = folder.path().join(format!("{protocol}-2"));
            let alone = fits(&[model], &[2], &last, 1);
            std::fs::remove_dir_all(out).unwrap();
            let is_it = |fit: &&FitResult| {
                (&fit.model, &fit.trained_on, fit.fold)
                    == (&alone[0].model, &alone[0].trained_on, alone[0].fold)
            };
            let mut same = larger.iter().find(is_it).unwrap().clone();
            same.evaluations.retain(|e| alone[0].trained_on.contains(&e.animal));
            assert_eq!(alone, [same], "{protocol}, {model}");
        }
    }
}

const SHUFFLED: ModelName = ModelName::GnnShuffled;

/// A ring.
fn connectome(neurons: &[NeuronName]) -> GivenConnectome {
    let edge = |(pre, post): (&NeuronName, &NeuronName)| Connection {
        pre: pre.clone(),
        post: post.clone(),
        kind: ConnectionKind::Chemical,
        weight: 1.,
    };
    let edges = neurons.iter().zip(neurons.iter().cycle().skip(1)).map(edge).collect();
    GivenConnectome {
        name: "ring".into(),
        connectome: Arc::new(Connectome::new(edges).unwrap()),
        kinds: vec![ConnectionKind::Chemical],
        weighting: Weighting::RowNormalised,
    }
}

#[test]
fn no_initial_weights_at_all_are_refused() {
    let error = Plan::new(config(0), &animals(), &[]).unwrap_err();
    assert!(matches!(error, StudyError::Config { what: "initialisations", .. }), "{error}");
}
