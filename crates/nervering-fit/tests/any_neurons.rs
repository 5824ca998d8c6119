//! A model that takes whichever neurons an animal has: what is absent may hold anything, the order of
//! neurons changes nothing, and what stands in a file comes back.

use nervering_fit::{
    Hyperparameters, Machine, Model, ModelConfig, ModelError, ModelName, Protocol, Structure,
    fit_one,
};
use nervering_recording::{NeuronLabel, NeuronSet, Recording, StateCoding, Traces};
use nervering_simulate::{SimulationConfig, simulate};

fn animals() -> Vec<Recording> {
    let config = SimulationConfig { n_animals: 3, duration_s: 90., ..SimulationConfig::default() };
    simulate(&config, 7).unwrap().into_iter().map(|animal| animal.recording).collect()
}

/// The same animal with these columns, in this order.
fn columns(recording: &Recording, columns: &[usize]) -> Recording {
    let mut parts = recording.clone().into_parts();
    let n_frames = parts.traces.n_frames();
    let mut values = vec![0.; n_frames * columns.len()];
    for (to, &from) in columns.iter().enumerate() {
        for (frame, value) in parts.traces.neuron(from).enumerate() {
            values[frame * columns.len() + to] = value;
        }
    }
    parts.neurons = columns.iter().map(|&column| parts.neurons[column].clone()).collect();
    parts.traces = Traces::new(n_frames, columns.len(), values).unwrap();
    parts.derivative = None;
    Recording::new(parts).unwrap()
}

/// Columns of neurons with a name.
fn named(recording: &Recording) -> Vec<usize> {
    let mut columns: Vec<usize> =
        recording.identified().map(|name| recording.column(name).unwrap()).collect();
    columns.sort_unstable();
    columns
}

fn config(model: ModelName, neurons: NeuronSet) -> ModelConfig {
    ModelConfig {
        model,
        neurons,
        coding: StateCoding::Four,
        structure: Structure::Frames,
        protocol: Protocol::Animals,
        normalisation: None,
        epochs: 20,
        hyperparameters: Hyperparameters::default(),
        seed: 3,
        connectome: None,
        machine: Machine::default(),
    }
}

/// Two animals of which each lacks neurons that the other has.
fn halves(animals: &[Recording]) -> [Recording; 2] {
    let of = |animal: &Recording, neurons: std::ops::Range<usize>| {
        columns(animal, &named(animal)[neurons])
    };
    [of(&animals[0], 0..8), of(&animals[1], 4..12)]
}

const MODELS: [ModelName; 3] =
    [ModelName::TcnAny, ModelName::TcnAnyAttention, ModelName::TcnAnyGnn];

fn fitted(model: ModelName, animals: &[Recording]) -> Model {
    let config = config(model, NeuronSet::Named);
    fit_one(&config, &halves(animals), &|_| true).unwrap().0
}

fn said(model: &Model, recording: &Recording) -> Vec<f32> {
    model.predict(recording, None).unwrap().prediction.log_probabilities.unwrap()
}

#[test]
fn neurons_of_any_training_animal_are_used_where_they_are_there() {
    let animals = animals();
    let model = fitted(ModelName::TcnAny, &animals);
    let halves = halves(&animals);
    let of_either = |name| halves.iter().any(|half| half.column(name).is_some());
    let n_of_one = halves.iter().map(|half| named(half).len()).max().unwrap();
    assert!(model.neurons().iter().all(of_either) && model.neurons().len() > n_of_one);
    let new = &animals[2];
    let (all, unknown): (Vec<usize>, Vec<usize>) = named(new).into_iter().partition(|&column| {
        new.neurons()[column].name().is_some_and(|name| model.neurons().contains(name))
    });
    let few = columns(new, &all[1..6]);
    let prediction = model.predict(&few, None).unwrap();
    assert_eq!(prediction.neurons.len(), 5);
    assert!(prediction.neurons.iter().all(|name| few.column(name).is_some()));
    assert_ne!(said(&model, &few), said(&model, new));
    // Neurons that the model does not know, or that have no name, say nothing.
    assert!(unknown.len() > 1);
    assert_eq!(said(&model, &columns(new, &all)), said(&model, new));
    let none = columns(new, &unknown);
    let refused = model.predict(&none, None).unwrap_err();
    assert!(matches!(refused, ModelError::Neurons { .. }), "{refused}");
}

#[test]
fn the_order_of_neurons_changes_nothing() {
    let animals = animals();
    let mut reversed = named(&animals[2]);
    reversed.reverse();
    for name in MODELS {
        let model = fitted(name, &animals);
        let turned = columns(&animals[2], &reversed);
        assert_eq!(said(&model, &turned), said(&model, &animals[2]), "{name}");
    }
    let turned: Vec<Recording> = [1, 0].map(|k| animals[k].clone()).into();
    let of = |order: &[Recording]| {
        let halves: Vec<Recording> = order
            .iter()
            .map(|animal| {
                let mut own = named(animal);
                own.truncate(12);
                own.reverse();
                columns(animal, &own)
            })
            .collect();
        fit_one(&config(ModelName::TcnAny, NeuronSet::Named), &halves, &|_| true).unwrap().0
    };
    let (one, other) = (of(&animals[..2]), of(&turned));
    assert_eq!(said(&one, &animals[2]), said(&other, &animals[2]));
}

#[test]
fn what_stands_in_the_place_of_an_absent_neuron_is_not_looked_at() {
    let animals = animals();
    let own = named(&animals[2]);
    let few = columns(&animals[2], &own[..5]);
    // The same neurons beside one that lost its name and holds anything.
    let mut parts = columns(&animals[2], &own[..6]).into_parts();
    parts.neurons[5] = NeuronLabel::from_text("17");
    let n_frames = parts.traces.n_frames();
    let values: Vec<f64> = (0..n_frames)
        .flat_map(|frame| (0..6).map(move |neuron| (frame, neuron)))
        .map(|(frame, neuron)| match neuron {
            5 => 1e12 * (frame as f64).sin(),
            _ => parts.traces.neuron(neuron).nth(frame).unwrap(),
        })
        .collect();
    parts.traces = Traces::new(n_frames, 6, values).unwrap();
    let beside_it = Recording::new(parts).unwrap();
    for name in MODELS {
        let model = fitted(name, &animals);
        assert_eq!(said(&model, &beside_it), said(&model, &few), "{name}");
    }
}

#[test]
fn a_file_holds_it_and_others_refuse_animals_that_lack_neurons() {
    let animals = animals();
    for name in MODELS {
        let model = fitted(name, &animals);
        let read = Model::from_bytes(&model.to_bytes().unwrap()).unwrap();
        assert_eq!(read.neurons(), model.neurons());
        assert_eq!(said(&read, &animals[2]), said(&model, &animals[2]), "{name}");
    }
    for name in [ModelName::Tcn, ModelName::Logistic, ModelName::LogisticContext] {
        let refused = fit_one(&config(name, NeuronSet::Named), &animals[..2], &|_| true);
        let refused = refused.unwrap_err();
        assert!(refused.to_string().contains("tcn-any takes whichever"), "{refused}");
    }
}
