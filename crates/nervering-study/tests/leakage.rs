//! What `strict` promises: nothing at or after the start of a test block enters a fit, whatever the
//! model. Poisoned test frames leave the training and what the fit says of another animal the same
//! to the bit; under `paper` they do not, so the test has teeth.

use nervering_fit::{GivenConnectome, ModelName, Normalisation, Protocol};
use nervering_grid::Run;
use nervering_recording::{
    ConnectionKind, Connectome, NeuronName, NeuronSet, Recording, StateCoding, Traces, Weighting,
};
use nervering_simulate::{SimulationConfig, simulate};
use nervering_statistics::{NetworkStatistics, Role, TakenFrom};
use nervering_study::{
    Comparison, Decode, FitResult, KeepEdges, Plan, ReadingEntry, StudyConfig, run,
};
use std::sync::Arc;

const NEURONS: [&str; 4] = ["AVAL", "RIML", "AVBL", "SMDVL"];
/// What every value from the start of the last test block on is set to.
const POISON: f64 = 1e30;

fn animals() -> Vec<Recording> {
    let config = SimulationConfig { n_animals: 2, duration_s: 150., ..SimulationConfig::default() };
    simulate(&config, 7).unwrap().into_iter().map(|animal| animal.recording).collect()
}

fn neurons(animals: &[Recording]) -> Vec<NeuronName> {
    let shared = NeuronSet::Shared.resolve(animals).unwrap();
    let wanted: Vec<NeuronName> = NEURONS.map(|name| name.parse().unwrap()).to_vec();
    let mut neurons: Vec<NeuronName> =
        wanted.into_iter().filter(|name| shared.contains(name)).collect();
    neurons.extend(shared.into_iter().take(2));
    neurons.sort();
    neurons.dedup();
    neurons
}

/// The same recording with other values from `from` on.
fn poisoned(recording: &Recording, from: usize) -> Recording {
    let mut parts = recording.clone().into_parts();
    let (n_frames, n_neurons) = (parts.traces.n_frames(), parts.traces.n_neurons());
    let mut values = vec![POISON; n_frames * n_neurons];
    for neuron in 0..n_neurons {
        for (frame, value) in parts.traces.neuron(neuron).take(from).enumerate() {
            values[frame * n_neurons + neuron] = value;
        }
    }
    parts.traces = Traces::new(n_frames, n_neurons, values).unwrap();
    parts.derivative = None;
    Recording::new(parts).unwrap()
}

fn config(protocol: Protocol, models: &[ModelName], neurons: &[NeuronName]) -> StudyConfig<Decode> {
    let set = NeuronSet::Names(neurons.to_vec());
    let mut variant = Comparison::new(protocol, models, set);
    variant.preparation.coding = StateCoding::Four;
    variant.folds_run = 1;
    if protocol == Protocol::Strict {
        let (edges, batch_norm) = (TakenFrom::Running, TakenFrom::Training);
        let mixed = NetworkStatistics { edges, batch_norm };
        variant.statistics = vec![NetworkStatistics::TRAINING, NetworkStatistics::RUNNING, mixed];
    }
    let edges = nervering_recording::Connection {
        pre: neurons[0].clone(),
        post: neurons[1].clone(),
        kind: ConnectionKind::Chemical,
        weight: 2.,
    };
    StudyConfig {
        name: "leakage".into(),
        title: "Leakage".into(),
        variants: vec![variant],
        training_sizes: vec![1],
        max_subsets: Some(1),
        epochs: 3,
        seed: 1,
        reading: ReadingEntry::default(),
        aim: Decode {
            initialisations: 1,
            connectome: Some(GivenConnectome {
                name: "one edge".into(),
                connectome: Arc::new(Connectome::new(vec![edges]).unwrap()),
                kinds: vec![ConnectionKind::Chemical],
                weighting: Weighting::RowNormalised,
            }),
            keep_edges: KeepEdges::Yes,
            added: Vec::new(),
        },
    }
}

fn fits(config: &StudyConfig<Decode>, animals: &[Recording]) -> Vec<FitResult> {
    let plan = Plan::new(config.clone(), animals, &[]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut fits = run(&plan, folder.path(), &Run::quietly(2)).unwrap().fits;
    for fit in &mut fits {
        fit.evaluations.retain(|evaluation| evaluation.role == Role::UnseenAnimal);
        assert!(!fit.evaluations.is_empty());
    }
    fits
}

/// Only the animal trained on is poisoned, from the start of its last test block on.
fn clean_and_poisoned(protocol: Protocol, models: &[ModelName]) -> [Vec<FitResult>; 2] {
    let animals = animals();
    let neurons = neurons(&animals);
    let config = config(protocol, models, &neurons);
    let test_start = animals[0].n_frames() * 9 / 10;
    let poisoned = [poisoned(&animals[0], test_start), animals[1].clone()];
    [fits(&config, &animals), fits(&config, &poisoned)]
}

#[test]
fn poisoned_test_frames_change_no_fit_of_any_model_under_strict() {
    let [clean, poisoned] = clean_and_poisoned(Protocol::Strict, ModelName::ALL);
    assert_eq!(clean.len(), ModelName::ALL.len());
    for (clean, poisoned) in clean.iter().zip(&poisoned) {
        // Epochs, losses, and everything said of the other animal, edges included, to the bit.
        assert_eq!(clean, poisoned, "{}", clean.model);
    }
}

#[test]
fn under_the_paper_protocol_they_do() {
    let models = [ModelName::Logistic, ModelName::Mlp];
    let [clean, poisoned] = clean_and_poisoned(Protocol::Paper, &models);
    for (clean, poisoned) in clean.iter().zip(&poisoned) {
        assert_ne!(clean, poisoned, "{}", clean.model);
    }
}

#[test]
fn causal_normalisation_keeps_the_promise_too() {
    let animals = animals();
    let neurons = neurons(&animals);
    let models = [ModelName::Logistic, ModelName::Gnn];
    let config = config(Protocol::Strict, &models, &neurons).with_variants(|variant| {
        variant.preparation.normalisation = Normalisation::Causal;
    });
    let test_start = animals[0].n_frames() * 9 / 10;
    let poisoned = [poisoned(&animals[0], test_start), animals[1].clone()];
    assert_eq!(fits(&config, &animals), fits(&config, &poisoned));
}
