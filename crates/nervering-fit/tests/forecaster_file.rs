//! Files of forecasters: what is saved of any model forecasts the same bits; what looks back only says
//! nothing that a later frame could change; forecasts come in the units of the recording; a file that
//! is not what it says is refused and told why; and no bytes make the reader panic.

mod common;

use common::{changed_from, edited, forecaster, mutated, signed};
use nervering_fit::{
    ForecastRequest, ForecastingModel, ForecastingModelConfig, Intervals, Model, ModelError,
    Normalisation, Protocol, RecordingForecasts, SavedModel, fit_forecasting_model,
};
use nervering_models::trajectory::TrajectoryConfig;
use nervering_models::{ForecastModel, ResidualOf};
use nervering_recording::{NeuronName, Recording};
use nervering_simulate::{SimulationConfig, simulate};
use std::panic::{AssertUnwindSafe, catch_unwind};

const NEURONS: [&str; 3] = ["AVAL", "RIML", "VB02"];
const TRUNCATIONS: usize = 128;
const MUTATIONS: usize = 400;
const ALL: ForecastRequest =
    ForecastRequest { from: 0, to: None, every: 5, n_steps: 16, intervals: Intervals::None };

/// Two animals to train on and one that is new.
fn animals() -> Vec<Recording> {
    let config = SimulationConfig { n_animals: 3, duration_s: 120., ..SimulationConfig::default() };
    simulate(&config, 7).unwrap().into_iter().map(|animal| animal.recording).collect()
}

fn neurons() -> Vec<NeuronName> {
    NEURONS.map(|name| name.parse().unwrap()).to_vec()
}

fn config(model: ForecastModel) -> ForecastingModelConfig {
    forecaster(model, &neurons())
}

/// Every model, and some networks that correct a linear forecast.
fn configs() -> Vec<ForecastingModelConfig> {
    let corrects = |model| {
        let of_model = config(model);
        let network = TrajectoryConfig { residual_of: ResidualOf::Linear, ..of_model.network };
        ForecastingModelConfig { network, ..of_model }
    };
    let all = ForecastModel::ALL.iter().map(|&model| config(model));
    use ForecastModel::{GnnStatic, LstmGnn, NodeMlp};
    all.chain([GnnStatic, LstmGnn, NodeMlp].map(corrects)).collect()
}

fn fitted(config: &ForecastingModelConfig, animals: &[Recording]) -> ForecastingModel {
    fit_forecasting_model(config, &animals[..2], &|_| true).unwrap().0
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn what_is_saved_of_any_model_forecasts_the_same_bits() {
    let animals = animals();
    let folder = tempfile::tempdir().unwrap();
    for config in configs() {
        let (name, model) = (config.model, fitted(&config, &animals));
        let bytes = model.to_bytes().unwrap();
        let loaded = ForecastingModel::from_bytes(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(loaded.to_bytes().unwrap(), bytes, "{name}");
        assert_eq!(loaded.provenance(), model.provenance(), "{name}");
        let said = model.forecast(&animals[2], &ALL).unwrap();
        let again = loaded.forecast(&animals[2], &ALL).unwrap();
        assert_eq!(bits(&again.values), bits(&said.values), "{name}");
        assert_eq!(bits(&again.normalised), bits(&said.normalised), "{name}");
        let sure = ForecastRequest { intervals: Intervals::Conformal, every: 50, ..ALL };
        let [sure, again] = [&model, &loaded].map(|m| m.forecast(&animals[2], &sure).unwrap());
        assert_eq!(again.intervals, sure.intervals, "{name}");
        let intervals = sure.intervals.unwrap();
        assert_eq!(intervals.low.len(), sure.starts.len() * 16 * 3, "{name}");
        let ends = intervals.low.iter().zip(&intervals.median).zip(&intervals.high);
        assert!(ends.into_iter().all(|((low, _), high)| low < high), "{name}");
        assert_eq!((said.n_diverged(), said.is_trained_on), (0, false), "{name}");
        assert!(model.forecast(&animals[1], &ALL).unwrap().is_trained_on);
        assert_eq!(said.values.len(), said.starts.len() * 16 * 3 * 2);
        // The same fit is the same file, and its kind is known from it.
        assert_eq!(fitted(&config, &animals).to_bytes().unwrap(), bytes, "{name}");
        let path = folder.path().join("model.safetensors");
        model.write(&path).unwrap();
        assert!(matches!(SavedModel::read(&path).unwrap(), SavedModel::Forecaster(_)));
        let error = Model::read(&path).unwrap_err();
        let error = std::error::Error::source(&error).unwrap().to_string();
        assert!(error.contains("nervering-forecaster"), "{error}");
    }
}

#[test]
fn later_frames_change_no_strict_forecast() {
    let animals = animals();
    let from = animals[2].n_frames() / 2;
    let changed = changed_from(&animals[2], from);
    for config in configs() {
        let (name, model) = (config.model, fitted(&config, &animals));
        assert!(!model.looks_ahead());
        let [said, then] = [&animals[2], &changed].map(|a| model.forecast(a, &ALL).unwrap());
        let n_before = said.starts.iter().filter(|start| **start < from).count();
        let per_start = said.values.len() / said.starts.len();
        let before = |said: &RecordingForecasts| bits(&said.values[..n_before * per_start]);
        assert_eq!(before(&said), before(&then), "{name}");
        // Nor how sure it is.
        let sure = ForecastRequest { intervals: Intervals::Conformal, to: Some(from - 1), ..ALL };
        let [said_sure, then_sure] =
            [&animals[2], &changed].map(|a| model.forecast(a, &sure).unwrap().intervals);
        assert_eq!(said_sure, then_sure, "{name}");
        // The mean alone does not look at the animal.
        let moved = bits(&said.values) != bits(&then.values);
        assert_eq!(moved, name != ForecastModel::Mean, "{name}");
    }
    // The test has teeth: central differences hold the next frame, ranges all frames.
    let model = fitted(
        &ForecastingModelConfig { protocol: Protocol::Paper, ..config(ForecastModel::Var) },
        &animals,
    );
    assert!(model.looks_ahead());
    let [said, then] = [&animals[2], &changed].map(|a| model.forecast(a, &ALL).unwrap());
    assert_ne!(bits(&said.values[..96]), bits(&then.values[..96]));
}

#[test]
fn forecasts_come_in_the_units_of_the_recording() {
    // Copying says that every frame to come is as the present one, in whatever the model works in.
    let animals = animals();
    let columns: Vec<usize> =
        neurons().iter().map(|name| animals[2].column(name).unwrap()).collect();
    for protocol in [Protocol::Strict, Protocol::Paper, Protocol::AuthorsCode] {
        for &normalisation in Normalisation::ALL {
            let config = ForecastingModelConfig {
                protocol,
                normalisation: Some(normalisation),
                ..config(ForecastModel::Copy)
            };
            let model = fitted(&config, &animals);
            let loaded = ForecastingModel::from_bytes(&model.to_bytes().unwrap()).unwrap();
            let request = ForecastRequest { from: 7, to: Some(40), every: 11, n_steps: 2, ..ALL };
            let said = loaded.forecast(&animals[2], &request).unwrap();
            assert_eq!(said.starts, [7, 18, 29, 40]);
            assert_eq!(said.seconds[1], animals[2].time().seconds()[18]);
            for (k, &start) in said.starts.iter().enumerate() {
                for (neuron, &column) in columns.iter().enumerate() {
                    let value = said.values[(k * 2 + 1) * 6 + neuron * 2];
                    let truth = animals[2].traces().frame(start)[column];
                    assert!((value - truth).abs() < 1e-6, "{protocol} {normalisation} {start}");
                }
            }
        }
    }
}

#[test]
fn an_animal_that_is_followed_is_forecast_as_its_recording() {
    let animals = animals();
    let columns: Vec<usize> =
        neurons().iter().map(|name| animals[2].column(name).unwrap()).collect();
    let traces = |frame: usize| -> Vec<f64> {
        columns.iter().map(|&column| animals[2].traces().frame(frame)[column]).collect()
    };
    let seconds = animals[2].time().seconds();
    for config in configs() {
        let (name, model) = (config.model, fitted(&config, &animals));
        let mut live = model.live().unwrap();
        let mut said = Vec::new();
        for (frame, &at) in seconds[..60].iter().enumerate() {
            live.push(at, &traces(frame)).unwrap();
            let forecast = live.forecast(16).unwrap();
            assert_eq!(forecast.is_some(), frame + 1 >= model.n_history(), "{name} {frame}");
            said.extend(forecast.unwrap_or_default());
        }
        let request = ForecastRequest { to: Some(59), every: 1, ..ALL };
        let afterwards = model.forecast(&animals[2], &request).unwrap();
        match name.network() {
            None => assert_eq!(bits(&said), bits(&afterwards.values), "{name}"),
            // A product of many rows rounds otherwise than one of few.
            Some(_) => {
                for (said, then) in said.iter().zip(&afterwards.values) {
                    let tolerance = 1e-2 * then.abs().max(0.01);
                    assert!((said - then).abs() < tolerance, "{name}: {said} {then}");
                }
            }
        }
        // What cannot be a frame is refused, and changes nothing.
        let before = live.forecast(16).unwrap();
        for (seconds, traces) in [
            (seconds[59], traces(60)),
            (f64::NAN, traces(60)),
            (seconds[60], vec![0.; 2]),
            (seconds[60], vec![f64::NAN; 3]),
        ] {
            let error = live.push(seconds, &traces).unwrap_err().to_string();
            assert!(error.starts_with("frame 60: found "), "{error}");
        }
        assert_eq!(live.forecast(16).unwrap(), before);
        assert!(matches!(live.forecast(17), Err(ModelError::Steps { .. })));
    }
    let ahead = ForecastingModelConfig { protocol: Protocol::Paper, ..config(ForecastModel::Ar) };
    let refused = fitted(&ahead, &animals).live().err().unwrap().to_string();
    assert!(refused.contains("--protocol strict"), "{refused}");
}

#[test]
fn what_cannot_be_forecast_is_said() {
    let animals = animals();
    let model = fitted(&config(ForecastModel::Var), &animals);
    let error = |request| model.forecast(&animals[2], &request).unwrap_err();
    let too_far = error(ForecastRequest { n_steps: 17, ..ALL });
    assert_eq!(too_far.to_string(), "steps ahead: found 17, expected 1 to 16");
    assert!(matches!(error(ForecastRequest { n_steps: 0, ..ALL }), ModelError::Steps { .. }));
    // A vector autoregression rests on eight frames.
    let early = error(ForecastRequest { to: Some(6), ..ALL });
    assert!(matches!(early, ModelError::NoStart { n_history: 8, .. }), "{early}");
    assert_eq!(model.forecast(&animals[2], &ALL).unwrap().starts[0], 7);
    let mut parts = animals[2].clone().into_parts();
    for label in &mut parts.neurons {
        if ["RIML", "VB02"].contains(&label.to_string().as_str()) {
            *label = nervering_recording::NeuronLabel::from_text("7");
        }
    }
    let missing = model.forecast(&Recording::new(parts).unwrap(), &ALL).unwrap_err().to_string();
    assert!(missing.contains("lacks RIML, VB02") && missing.contains("sim03"), "{missing}");
    let wide = ForecastingModelConfig {
        network: TrajectoryConfig { width: 1 << 25, ..TrajectoryConfig::scripts() },
        ..config(ForecastModel::Gnn)
    };
    let wide = fit_forecasting_model(&wide, &animals, &|_| true).unwrap_err();
    assert!(matches!(wide, ModelError::TooWide { n_neurons: 3, .. }), "{wide}");
    let stopped = fit_forecasting_model(&config(ForecastModel::Mlp), &animals, &|_| false);
    assert!(matches!(stopped.unwrap_err(), ModelError::Stopped));
}

#[test]
fn the_report_sets_the_model_beside_copying() {
    let animals = animals();
    let (_, report) =
        fit_forecasting_model(&config(ForecastModel::Copy), &animals, &|_| true).unwrap();
    assert_eq!(report.animals.len(), 3);
    for animal in report.animals {
        assert_eq!(animal.outcome, animal.copy);
        assert!(animal.n_training > 20 && animal.n_validation > 0, "{animal:?}");
    }
}

fn refusal(bytes: &[u8]) -> String {
    ForecastingModel::from_bytes(bytes).unwrap_err().to_string()
}

#[test]
fn a_file_of_something_else_is_refused_and_told_why() {
    let animals = animals();
    let bytes = fitted(&config(ForecastModel::GnnStatic), &animals).to_bytes().unwrap();
    let of_header = |bytes: &[u8], from: &str, to: &str| {
        refusal(&edited(bytes, |_, header| {
            assert!(header.contains(from), "{header}");
            *header = header.replacen(from, to, 1);
        }))
    };
    let refused = |from: &str, to: &str| of_header(&bytes, from, to);
    assert!(refused("\"version\":4", "\"version\":3").contains("version 3, expected 4"));
    assert!(refused("nervering-forecaster", "nervering-model").contains("nervering-model"));
    assert!(refused("\"gnn-static\"", "\"gnu\"").contains("gnn-static, lstm-mlp"));
    assert!(refused("\"gnn-static\"", "\"var\"").contains("found one, expected none for var"));
    assert!(refused("\"gnn-static\"", "\"mlp\"").contains("found"));
    assert!(refused("\"gnn-static\"", "\"gnn\"").contains("statistics"));
    assert!(refused("\"RIML\"", "\"AVAL\"").contains("twice"));
    assert!(refused("\"RIML\",", "").contains("shape"), "one neuron less");
    assert!(refused("\"backward\"", "\"sideways\"").contains("sideways"));
    assert!(refused("\"elu\"", "\"gelu\"").contains("gelu"));
    assert!(refused("\"tanh\"", "\"sigmoid\"").contains("sigmoid"));
    assert!(refused("squared-error", "cubed-error").contains("cubed-error"));
    assert!(refused("\"width\":8", "\"width\":7").contains("found"));
    // What a file asks for is measured by what it holds before anything is made.
    for width in ["0", "4096", "18446744073709551615"] {
        let text = refused("\"width\":8", &format!("\"width\":{width}"));
        assert!(text.contains("width") && text.contains(width), "{text}");
    }
    let corrects = configs().pop().unwrap();
    let corrects = fitted(&corrects, &animals).to_bytes().unwrap();
    let text = of_header(&corrects, "\"residual_of\":\"linear\"", "\"residual_of\":\"lynear\"");
    assert!(text.contains("expected copy or linear"), "{text}");
    let text = of_header(&corrects, "\"residual_of\":\"linear\"", "\"residual_of\":\"copy\"");
    assert!(text.contains("corrected."), "{text}");
    let node = fitted(&config(ForecastModel::NodeMlp), &animals).to_bytes().unwrap();
    assert!(of_header(&node, "\"width\":8", "\"width\":9").contains("width"));
    let of_tensor = |name: &str, change: &dyn Fn(&mut common::Parts, usize)| {
        refusal(&edited(&bytes, |parts, _| {
            let at = parts.iter().position(|part| part.0 == name).expect(name);
            change(parts, at);
        }))
    };
    let text = of_tensor("statistics.0.var", &|parts, at| {
        parts[at].3[..4].copy_from_slice(&(-1f32).to_le_bytes());
    });
    assert!(text.contains("below 0"), "{text}");
    let text = of_tensor("statistics.0.var", &|parts, at| _ = parts.remove(at));
    assert!(text.contains("arrays of statistics"), "{text}");
    let text = of_tensor("parameters.out.w", &|parts, at| parts[at].0 = "surprise".into());
    assert!(text.contains("no parameter \"out.w\""), "{text}");
    let text = of_tensor("normalisation.ranges", &|parts, at| parts[at].3.rotate_left(8));
    assert!(text.contains("ascend"), "{text}");
    let var = fitted(&config(ForecastModel::Var), &animals).to_bytes().unwrap();
    let more = refusal(&edited(&var, |parts, _| {
        parts.push(("parameters.more".into(), safetensors::Dtype::F64, vec![1], vec![0; 8]));
    }));
    assert!(more.contains("more"), "{more}");
}

#[test]
fn damaged_files_are_refused_or_forecast_without_a_panic() {
    let animals = animals();
    let request = ForecastRequest { from: 10, to: Some(12), every: 1, ..ALL };
    use ForecastModel::{Ar, GnnStatic, LstmMlp, NodeMlp, Population};
    let some = |config: &ForecastingModelConfig| {
        [Ar, GnnStatic, LstmMlp, NodeMlp, Population].contains(&config.model)
    };
    for config in configs().into_iter().filter(some) {
        let name = config.model;
        let bytes = fitted(&config, &animals).to_bytes().unwrap();
        let survives = |damaged: &[u8], case: String| {
            let used = || match ForecastingModel::from_bytes(damaged) {
                Ok(model) => {
                    _ = model.forecast(&animals[2], &request);
                    1
                }
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    0
                }
            };
            catch_unwind(AssertUnwindSafe(used)).unwrap_or_else(|_| panic!("{name}: {case}"))
        };
        for k in 0..TRUNCATIONS {
            let length = bytes.len() * k / TRUNCATIONS;
            assert_eq!(survives(&bytes[..length], format!("cut at {length}")), 0, "{length}");
        }
        let n_loaded: usize = (0..MUTATIONS)
            .map(|k| survives(&signed(&mutated(&bytes, k)), format!("mutation {k}")))
            .sum();
        assert!(n_loaded < MUTATIONS / 2, "{name}: {n_loaded} damaged files were taken");
    }
}
