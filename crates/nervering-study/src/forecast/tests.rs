//! What a forecast may know, and what becomes of errors.

use super::*;
use nervering_models::forecast::{BaselineForecast, ForecastAnimal, ForecastFrames, baselines};
use nervering_prepare::{EVALUATION_STEPS, N_FEATURES};
use nervering_recording::{
    Behavior, NeuronLabel, Provenance, RecordingParts, State, TimeBase, Traces,
};

const N_FRAMES: usize = 800;

/// Two coupled neurons; bouts of ten frames. From frame `moved_from` on, traces are others.
fn animal(name: &str, phase: f64, moved_from: usize) -> Recording {
    let value = |frame: usize, neuron: usize| {
        let t = frame as f64;
        let value = (t / 9. + phase + neuron as f64).sin() + (t / 23. + 2. * phase).cos() / 2.;
        // Within the range, so that nothing but the frames themselves moves.
        if frame < moved_from { value } else { value * 0.9 - 0.05 }
    };
    let traces = (0..N_FRAMES).flat_map(|frame| [value(frame, 0), value(frame, 1)]);
    let state = |frame: usize| match frame / 10 % 2 {
        0 => State::Forward,
        _ => State::Reverse1,
    };
    Recording::new(RecordingParts {
        animal: name.into(),
        neurons: ["AVAL", "RIML"].map(NeuronLabel::from_text).to_vec(),
        traces: Traces::new(N_FRAMES, 2, traces.collect()).unwrap(),
        derivative: None,
        behavior: Some(Behavior::new((0..N_FRAMES).map(state).collect())),
        time: TimeBase::new((0..N_FRAMES).map(|k| k as f64 / 3.).collect()).unwrap(),
        provenance: Provenance::default(),
    })
    .unwrap()
}

fn animals(moved_from: usize) -> Vec<Recording> {
    // The animal that is forecast comes last.
    vec![animal("a", 0., N_FRAMES), animal("b", 1., N_FRAMES), animal("c", 2., moved_from)]
}

fn config(protocol: ForecastProtocol) -> ForecastConfig {
    ForecastConfig {
        neurons: NeuronSet::Shared,
        protocol,
        models: ForecastModel::ALL.to_vec(),
        network: TrajectoryConfig { width: 4, ..TrajectoryConfig::scripts() },
        loss: Loss::SquaredError,
        epochs: 2,
        seed: 3,
    }
}

/// Every baseline's forecast of the last animal from frame `start`.
fn forecasts(protocol: ForecastProtocol, moved_from: usize, start: usize) -> Vec<Vec<u64>> {
    let config = config(protocol);
    let selected = selected(&animals(moved_from), &config).unwrap();
    let prepared = Prepared::new(&selected, 2, &config).unwrap();
    let starts: Vec<Vec<usize>> = (0..3).map(|k| prepared.validation_starts(k)).collect();
    let of_animal = |k: usize| ForecastAnimal {
        features: &prepared.features[k],
        train: &prepared.splits[k].train,
        validation_starts: &starts[k],
    };
    let seen = [of_animal(0), of_animal(1)];
    let frames = ForecastFrames {
        animals: &seen,
        n_neurons: 2,
        n_features: N_FEATURES,
        n_steps: TRAINING_STEPS,
    };
    let forecast = |model: &dyn BaselineForecast| {
        let fitted = model.fit(&frames).unwrap();
        let steps = fitted.roll_out(&prepared.features[2], start, EVALUATION_STEPS);
        steps.into_iter().map(f64::to_bits).collect()
    };
    baselines().into_iter().map(forecast).collect()
}

#[test]
fn a_strict_forecast_does_not_move_when_later_frames_do() {
    let start = 400;
    let still = forecasts(ForecastProtocol::Strict, N_FRAMES, start);
    assert_eq!(still, forecasts(ForecastProtocol::Strict, start + 1, start));
    // With the frame it starts from, it does: the test can see a difference.
    assert_ne!(still, forecasts(ForecastProtocol::Strict, start, start));
}

#[test]
fn a_paper_forecast_moves_when_later_frames_do() {
    let start = 400;
    let still = forecasts(ForecastProtocol::Paper, N_FRAMES, start);
    let moved = forecasts(ForecastProtocol::Paper, start + 1, start);
    for (model, (still, moved)) in baselines().iter().zip(still.iter().zip(&moved)) {
        // The mean alone does not look at the animal.
        assert_eq!(still == moved, model.name() == "mean", "{}", model.name());
    }
}

#[test]
fn validation_starts_are_followed_by_validation_frames() {
    for protocol in [ForecastProtocol::Paper, ForecastProtocol::Strict] {
        let selected = selected(&animals(N_FRAMES), &config(protocol)).unwrap();
        let split = split(&selected[0], &config(protocol)).unwrap();
        let starts = starts_within(&split.validation);
        assert!(starts.len() >= 7, "{} {}", protocol.as_str(), starts.len());
        for start in starts {
            for frame in start + 1..=start + TRAINING_STEPS {
                assert!(split.validation.contains(&frame), "{} {start}", protocol.as_str());
            }
        }
    }
}

#[test]
fn errors_are_means_over_starts_and_neurons() {
    // Trace = frame, derivative = 1, of two neurons; forecast by copying.
    let features: Vec<f32> = (0..20).flat_map(|t| [t as f32, 1., t as f32, 1.]).collect();
    let copy = |start: usize| -> Vec<f64> {
        (0..3).flat_map(|_| [start as f64, 1., start as f64, 1.5]).collect()
    };
    let starts = [0, 5];
    let outcome = forecast_errors(&features, 2, &starts, 3, |at| copy(starts[at]));
    let errors = outcome.errors().unwrap();
    assert_eq!(errors.trace, [1., 4., 9.]);
    assert_eq!(errors.derivative, [0.125; 3]);
    assert_eq!(errors.both(), [0.5625, 2.0625, 4.5625]);
}

#[test]
fn a_forecast_that_is_not_finite_is_averaged_into_nothing() {
    let features: Vec<f32> = (0..20).flat_map(|t| [t as f32, 1.]).collect();
    let exploding = |at: usize| match at {
        1 => vec![0., 0., 0., f64::NAN, 0., 0.],
        _ => vec![0.; 6],
    };
    let outcome = forecast_errors(&features, 1, &[0, 4], 3, exploding);
    assert_eq!(outcome, Outcome::Diverged { n_diverged: 1, first_step: 2 });
    let finite =
        |error: f64| Outcome::Finite(StepErrors { trace: vec![error], derivative: vec![error] });
    let result = |model: &str, animal: &str, outcome| ForecastResult {
        model: model.into(),
        animal: animal.into(),
        chosen: String::new(),
        n_forecasts: 2,
        outcome,
    };
    let results = [
        result("copy", "a", finite(4.)),
        result("copy", "b", finite(2.)),
        result("x", "a", finite(1.)),
        result("x", "b", outcome),
    ];
    let rows = forecast_rows(&results, &[1]);
    let x = rows.iter().find(|row| row.model == "x").unwrap();
    assert_eq!((x.n_diverged, x.both.mse.unwrap().n), (1, 1));
    assert_eq!(x.trace.skill.unwrap().mean, 0.75);
}

#[test]
fn one_animal_cannot_be_left_out() {
    let error = leave_one_out(&animals(N_FRAMES)[..1], &config(ForecastProtocol::Strict), &|| true);
    assert!(error.unwrap_err().to_string().contains("at least 2"));
}

#[test]
fn every_model_is_fitted_and_forecasts_the_animal_left_out() {
    for protocol in [ForecastProtocol::Paper, ForecastProtocol::Strict] {
        let run = || leave_one_out(&animals(N_FRAMES), &config(protocol), &|| true).unwrap();
        let results = run();
        assert_eq!(results.len(), ForecastModel::ALL.len() * 3);
        assert_eq!(results, run());
        let rows = forecast_rows(&results, &[1, 16]);
        let row = |model, step| rows.iter().find(|r| r.model == model && r.step == step).unwrap();
        assert_eq!(row("copy", 16).both.skill.unwrap().mean, 0.);
        assert!(row("var", 16).both.skill.unwrap().mean > 0.5);
        assert!(row("gnn", 1).both.mse.is_some() && row("mlp", 1).n_diverged == 0);
    }
}

#[test]
fn a_study_that_is_stopped_says_how_far_it_came() {
    let stopped = leave_one_out(&animals(N_FRAMES), &config(ForecastProtocol::Strict), &|| false);
    assert_eq!(stopped.unwrap_err().to_string(), "stopped after 15 of 51 fits");
}
