//! What a forecast may know, and what becomes of errors.

use super::fit::NetworkFit;
use super::*;
use burn::tensor::Device;
use nervering_models::forecast::{BaselineForecast, ForecastAnimal, ForecastFrames, baselines};
use nervering_models::trajectory::TrajectoryVisitor;
use nervering_models::{Dimensions, ForecastingNetwork};
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

/// A network's forecast from the first of its starts, as bits, without its errors.
struct FirstForecast<'a>(NetworkFit<'a>);

impl TrajectoryVisitor for FirstForecast<'_> {
    type Output = Vec<u32>;

    fn visit<N: ForecastingNetwork>(self, network: N) -> Vec<u32> {
        let forecasts = self.0.forecasts(network).expect("not stopped").values;
        forecasts[..EVALUATION_STEPS * 2 * N_FEATURES].iter().map(|v| v.to_bits()).collect()
    }
}

/// Every network's forecast of the last animal from frame `start`, made together with one from a
/// later frame.
fn network_forecasts(
    protocol: ForecastProtocol,
    moved_from: usize,
    start: usize,
) -> Vec<(ForecastModel, Vec<u32>)> {
    let config = ForecastConfig { epochs: 1, ..config(protocol) };
    let selected = selected(&animals(moved_from), &config).unwrap();
    let prepared = Prepared::new(&selected, 2, &config).unwrap();
    let fit = Fit { prepared: &prepared, animals: &selected, left_out: 2, config: &config };
    let sizes = Dimensions { n_neurons: 2, n_features: N_FEATURES, n_classes: 0 };
    let forecast = |&model: &ForecastModel| {
        let architecture = model.network()?;
        let starts = &[start, start + 40];
        let fit = NetworkFit { fit: &fit, model, architecture, starts, on_epoch: &|| true };
        let rngs = &mut [generator(1, &["weights"])];
        let device = Device::flex().autodiff();
        let visitor = FirstForecast(fit);
        Some((model, architecture.init_with(config.network, sizes, rngs, &device, visitor)))
    };
    ForecastModel::ALL.iter().filter_map(forecast).collect()
}

#[test]
fn a_strict_forecast_of_a_network_does_not_move_when_later_frames_do() {
    let start = 400;
    let of = |protocol, moved_from| network_forecasts(protocol, moved_from, start);
    let still = of(ForecastProtocol::Strict, N_FRAMES);
    assert_eq!(still, of(ForecastProtocol::Strict, start + 1));
    // With the frame it starts from it does, and under the paper's protocol with later ones.
    let moved = of(ForecastProtocol::Strict, start);
    let paper = of(ForecastProtocol::Paper, N_FRAMES);
    let moved_paper = of(ForecastProtocol::Paper, start + 1);
    for (at, (model, forecast)) in still.iter().enumerate() {
        assert_ne!(*forecast, moved[at].1, "{model}");
        assert_ne!(paper[at].1, moved_paper[at].1, "{model}");
    }
}

#[test]
fn a_network_is_trained_by_the_loss_that_is_asked_for() {
    let results = |loss: Loss| {
        let models = vec![ForecastModel::Mlp];
        let config = ForecastConfig { loss, models, ..config(ForecastProtocol::Strict) };
        leave_one_out(&animals(N_FRAMES), &config, &|| true).unwrap()
    };
    assert_ne!(results(Loss::SquaredError), results(Loss::AbsoluteError));
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
