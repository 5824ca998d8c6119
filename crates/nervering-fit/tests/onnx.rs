//! Models as ONNX: every model there is can be exported or says why not, the same model is the same bytes, and the
//! documentation lists those that can. What a runtime makes of them is tested from Python
//! (`bindings/python/tests/test_onnx.py`).

mod common;

use common::{decoder, forecaster, saved_decoders};
use nervering_fit::{
    ForecastModel, ModelConfig, ModelName, Structure, decoder_not_exported, fit_forecasting_model,
    fit_one, forecaster_not_exported,
};
use nervering_recording::{NeuronName, Recording};
use nervering_simulate::{SimulationConfig, simulate};

const DOCUMENT: &str = include_str!("../../../docs/onnx.md");

fn animals() -> Vec<Recording> {
    let config = SimulationConfig { n_animals: 2, duration_s: 90., ..SimulationConfig::default() };
    simulate(&config, 7).unwrap().into_iter().map(|animal| animal.recording).collect()
}

fn neurons() -> Vec<NeuronName> {
    ["AVAL", "RIML", "VB02"].map(|name| name.parse().unwrap()).to_vec()
}

/// Whether bytes have the name of an output in them.
fn gives(bytes: &[u8], output: &str) -> bool {
    bytes.windows(output.len()).any(|part| part == output.as_bytes())
}

#[test]
fn every_decoder_is_exported_or_says_why_not() {
    let animals = animals();
    for name in saved_decoders() {
        let model = fit_one(&decoder(name, &neurons()), &animals, &|_| true).unwrap().0;
        let bytes = model.to_onnx().unwrap_or_else(|error| panic!("{error}"));
        assert!(gives(&bytes, "log_probabilities"), "{name}");
        assert_eq!(model.to_onnx().unwrap(), bytes, "{name}");
    }
    let markov =
        ModelConfig { structure: Structure::Markov, ..decoder(ModelName::Logistic, &neurons()) };
    let model = fit_one(&markov, &animals, &|_| true).unwrap().0;
    let error = model.to_onnx().unwrap_err().to_string();
    assert!(
        error.contains("logistic cannot be exported: its states are chosen together"),
        "{error}"
    );
}

#[test]
fn every_forecaster_is_exported_or_says_why_not() {
    let animals = animals();
    for &name in ForecastModel::ALL {
        let config = forecaster(name, &neurons());
        let model = fit_forecasting_model(&config, &animals, &|_| true).unwrap().0;
        match (model.to_onnx(), forecaster_not_exported(name)) {
            (Ok(bytes), None) => {
                assert!(gives(&bytes, "forecast"), "{name}");
                assert_eq!(model.to_onnx().unwrap(), bytes, "{name}");
            }
            (Err(error), Some(why)) => {
                assert_eq!(error.to_string(), format!("model {name} cannot be exported: {why}"));
            }
            (found, expected) => panic!("{name}: {:?}, {expected:?}", found.map(|_| ())),
        }
    }
}

#[test]
fn the_documentation_lists_what_can_be_exported() {
    let decoders = ModelName::ALL.iter().filter(|&&name| decoder_not_exported(name).is_none());
    let forecasters =
        ForecastModel::ALL.iter().filter(|&&name| forecaster_not_exported(name).is_none());
    let listed = |names: Vec<&str>| {
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    let document = DOCUMENT.split_whitespace().collect::<Vec<_>>().join(" ");
    for line in [
        format!("Decoders: {}.", listed(decoders.map(|name| name.as_str()).collect())),
        format!("Forecasters: {}.", listed(forecasters.map(|name| name.as_str()).collect())),
    ] {
        assert!(document.contains(&line), "docs/onnx.md does not say: {line}");
    }
}
