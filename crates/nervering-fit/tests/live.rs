//! Models that run along with a recording say what they say of the whole, to the bit.

use nervering_fit::{
    Hyperparameters, Machine, Model, ModelConfig, ModelError, ModelName, Normalisation, Protocol,
    Structure, fit_one,
};
use nervering_recording::{NeuronSet, Recording, StateCoding};
use nervering_simulate::{SimulationConfig, simulate};

/// Two animals to train on and one that is new.
fn animals() -> Vec<Recording> {
    let config = SimulationConfig { n_animals: 3, duration_s: 90., ..SimulationConfig::default() };
    simulate(&config, 7).unwrap().into_iter().map(|animal| animal.recording).collect()
}

fn fitted(name: ModelName, normalisation: Normalisation, structure: Structure) -> Model {
    fit_one(&config(name, normalisation, structure), &animals()[..2], &|_| true).unwrap().0
}

fn config(name: ModelName, normalisation: Normalisation, structure: Structure) -> ModelConfig {
    ModelConfig {
        model: name,
        neurons: NeuronSet::Paper3,
        coding: StateCoding::Four,
        structure,
        protocol: Protocol::Animals,
        normalisation: Some(normalisation),
        epochs: 20,
        hyperparameters: Hyperparameters::default(),
        seed: 3,
        connectome: None,
        machine: Machine::default(),
    }
}

fn frames(model: &Model, recording: &Recording) -> Vec<Vec<f64>> {
    let column = |name| recording.column(name).unwrap();
    let columns: Vec<usize> = model.neurons().iter().map(column).collect();
    let traces: Vec<Vec<f64>> =
        columns.into_iter().map(|column| recording.traces().neuron(column).collect()).collect();
    (0..recording.n_frames())
        .map(|frame| traces.iter().map(|trace| trace[frame]).collect())
        .collect()
}

#[test]
fn a_live_decoder_says_what_is_said_of_the_whole_recording() {
    let recording = &animals()[2];
    for (name, normalisation, structure) in [
        (ModelName::TcnCausal, Normalisation::Causal, Structure::Frames),
        (ModelName::TcnDelay1s, Normalisation::Training, Structure::Frames),
        (ModelName::TcnDelay350ms, Normalisation::Causal, Structure::Filter),
        (ModelName::LstmCausal, Normalisation::Causal, Structure::Frames),
        (ModelName::LogisticCausal, Normalisation::Training, Structure::Frames),
        (ModelName::LogisticCausal, Normalisation::Causal, Structure::Filter),
    ] {
        let model = fitted(name, normalisation, structure);
        let whole = model.predict(recording, None).unwrap().prediction;
        let rows = whole.log_probabilities.unwrap();
        let mut live = model.live().unwrap();
        let mut n_answers = 0;
        for (frame, traces) in frames(&model, recording).iter().enumerate() {
            let Some(answer) = live.step(traces).unwrap() else {
                assert!(frame < live.delay(), "{name}: frame {frame} has no answer");
                continue;
            };
            assert_eq!(answer.frame + live.delay(), frame);
            assert_eq!(answer.log_probabilities, rows[answer.frame * 4..][..4], "{name}, {frame}");
            assert_eq!(answer.class, whole.classes[answer.frame]);
            n_answers += 1;
        }
        assert_eq!(n_answers, recording.n_frames() - live.delay());
    }
}

#[test]
fn a_model_of_traces_and_derivatives_says_the_same_frame_by_frame() {
    let recording = &animals()[2];
    let seconds = recording.time().seconds();
    for (name, normalisation, structure) in [
        (ModelName::Logistic, Normalisation::Training, Structure::Frames),
        (ModelName::Logistic, Normalisation::Causal, Structure::Filter),
        (ModelName::Gnn, Normalisation::Training, Structure::Frames),
        (ModelName::Mlp, Normalisation::Causal, Structure::Frames),
        (ModelName::LstmMlp, Normalisation::Training, Structure::Frames),
        (ModelName::LstmGnn, Normalisation::Causal, Structure::Frames),
        (ModelName::RecurrentAttention, Normalisation::Training, Structure::Filter),
    ] {
        let config =
            ModelConfig { protocol: Protocol::Strict, ..config(name, normalisation, structure) };
        let model = fit_one(&config, &animals()[..2], &|_| true).unwrap().0;
        let whole = model.predict(recording, None).unwrap().prediction;
        let rows = whole.log_probabilities.unwrap();
        let mut live = model.live().unwrap();
        assert!(live.step(&[0.; 3]).unwrap_err().to_string().contains("the time of the frame"));
        for (frame, traces) in frames(&model, recording).iter().enumerate() {
            let answer = live.step_at(seconds[frame], traces).unwrap().unwrap();
            assert_eq!(answer.frame, frame);
            assert_eq!(answer.log_probabilities, rows[frame * 4..][..4], "{name}, {frame}");
            assert_eq!(answer.class, whole.classes[frame]);
            let back = live.step_at(seconds[frame], traces).unwrap_err().to_string();
            assert!(back.contains("after that of the frame before it"), "{back}");
        }
    }
}

#[test]
fn a_frame_that_cannot_be_taken_is_as_if_it_had_not_come() {
    let model = fitted(ModelName::TcnCausal, Normalisation::Causal, Structure::Frames);
    let recording = &animals()[2];
    let frames = frames(&model, recording);
    let (mut clean, mut disturbed) = (model.live().unwrap(), model.live().unwrap());
    for traces in &frames[..30] {
        let error = disturbed.step(&traces[1..]).unwrap_err();
        assert!(matches!(error, ModelError::LiveFrame { .. }), "{error}");
        assert!(error.to_string().contains("2 traces"), "{error}");
        let error = disturbed.step(&[f64::NAN; 3]).unwrap_err().to_string();
        assert!(error.contains("a trace of NaN"), "{error}");
        assert_eq!(disturbed.step(traces).unwrap(), clean.step(traces).unwrap());
    }
}

#[test]
fn what_rests_on_later_frames_is_refused_and_told_why() {
    let refused = |name, normalisation, structure| {
        let model = fitted(name, normalisation, structure);
        model.live().err().expect("no live decoder").to_string()
    };
    let (causal, frames) = (Normalisation::Causal, Structure::Frames);
    assert!(refused(ModelName::Tcn, causal, frames).contains("looks ahead"));
    assert!(refused(ModelName::Logistic, causal, frames).contains("tcn-causal"));
    let whole = Normalisation::WholeRecording;
    assert!(refused(ModelName::TcnCausal, whole, frames).contains("--normalisation causal"));
    let together = Structure::SemiMarkov;
    assert!(refused(ModelName::TcnCausal, causal, together).contains("--decode filter"));
}
