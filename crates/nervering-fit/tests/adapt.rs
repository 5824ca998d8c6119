//! A network adapted to an animal: by labels of its first seconds, which are then not measured, or by what it
//! is sure of itself; no later label is looked at.

use nervering_fit::{
    Adaptation, Adapted, Hyperparameters, Machine, Model, ModelConfig, ModelError, ModelName,
    Protocol, Structure, fit_one,
};
use nervering_recording::{Behavior, NeuronSet, Recording, State, StateCoding};
use nervering_simulate::{SimulationConfig, simulate};

const LABELS: Adaptation = Adaptation::Labels { seconds: 40. };

fn animals() -> Vec<Recording> {
    let config = SimulationConfig { n_animals: 3, duration_s: 150., ..SimulationConfig::default() };
    simulate(&config, 11).unwrap().into_iter().map(|animal| animal.recording).collect()
}

fn fitted(model: ModelName, coding: StateCoding, animals: &[Recording]) -> Model {
    let config = ModelConfig {
        model,
        neurons: NeuronSet::Paper15,
        coding,
        structure: Structure::Frames,
        protocol: Protocol::Animals,
        normalisation: None,
        epochs: 40,
        hyperparameters: Hyperparameters::default(),
        seed: 1,
        connectome: None,
        machine: Machine::default(),
    };
    fit_one(&config, &animals[..2], &|_| true).unwrap().0
}

/// The same animal with other labels from a frame on.
fn relabelled(recording: &Recording, from: usize, state: Option<State>) -> Recording {
    let mut parts = recording.clone().into_parts();
    let mut states = recording.behavior().unwrap().states().to_vec();
    for known in &mut states[from..] {
        *known = state.unwrap_or(*known);
    }
    parts.behavior = Some(Behavior::new(states));
    Recording::new(parts).unwrap()
}

#[test]
fn labels_of_the_first_seconds_are_learnt_and_no_later_one_is_looked_at() {
    let animals = animals();
    for (model, coding) in [
        (ModelName::Tcn, StateCoding::Seven),
        (ModelName::Tcn, StateCoding::Two),
        (ModelName::Gnn, StateCoding::Four),
    ] {
        let model = fitted(model, coding, &animals);
        let new = &animals[2];
        let plain = model.predict(new, None).unwrap();
        let taught = model.predict_adapted(new, None, LABELS).unwrap();
        assert_eq!((plain.adapted, taught.adapted), (Adapted::No, Adapted::Yes));
        let seconds = new.time().seconds();
        let n_told = seconds.iter().filter(|&s| s - seconds[0] < 40.).count();
        assert_eq!(taught.evaluation.n_frames, new.n_frames() - n_told);
        assert_eq!(plain.evaluation.n_frames, new.n_frames());
        // On what it was told it is better than before.
        let loss = |said: &nervering_fit::ModelPrediction| -> f64 {
            let rows = said.prediction.log_probabilities.as_ref().unwrap();
            let n = rows.len() / new.n_frames();
            let told = said.labels[..n_told].iter().enumerate();
            told.filter_map(|(frame, label)| {
                Some(-f64::from(rows[frame * n + usize::from((*label)?)]))
            })
            .sum()
        };
        assert!(loss(&taught) < loss(&plain), "{} {}", loss(&taught), loss(&plain));
        let later = relabelled(new, n_told, Some(State::Reverse1));
        let same = model.predict_adapted(&later, None, LABELS).unwrap();
        assert_eq!(same.prediction, taught.prediction);
    }
}

#[test]
fn self_training_looks_at_no_label() {
    let animals = animals();
    let model = fitted(ModelName::Tcn, StateCoding::Four, &animals);
    let of = |recording: &Recording| {
        model.predict_adapted(recording, None, Adaptation::Unlabelled).unwrap()
    };
    let said = of(&animals[2]);
    assert_ne!(said.adapted, Adapted::No);
    assert_eq!(of(&relabelled(&animals[2], 0, Some(State::Forward))).prediction, said.prediction);
    assert_eq!(said.evaluation.n_frames, animals[2].n_frames());
}

#[test]
fn what_cannot_be_adapted_says_why() {
    let animals = animals();
    let linear = fitted(ModelName::Logistic, StateCoding::Four, &animals);
    let refused = linear.predict_adapted(&animals[2], None, LABELS).unwrap_err();
    assert!(matches!(refused, ModelError::NoAdaptation { .. }), "{refused}");
    let network = fitted(ModelName::Mlp, StateCoding::Four, &animals);
    let silent = relabelled(&animals[2], 0, Some(State::Unknown));
    let refused = network.predict_adapted(&silent, None, LABELS).unwrap_err();
    assert!(refused.to_string().contains("no label in the seconds"), "{refused}");
    assert!("soon".parse::<Adaptation>().is_err() && "-3".parse::<Adaptation>().is_err());
    for known in [Adaptation::Unlabelled, LABELS] {
        assert_eq!(known.to_string().parse(), Ok(known));
    }
}
