//! What of a recording is unlike those that a model was trained on is told: unit, range and frame rate;
//! and what is alike is not. A recording at another rate is decoded at the model's.

use nervering_fit::{
    ForecastRequest, ForecastingModel, ForecastingModelConfig, Hyperparameters, Intervals, Machine,
    Mismatch, Model, ModelConfig, ModelError, ModelName, Normalisation, Protocol, Structure,
    fit_forecasting_model, fit_one,
};
use nervering_models::forecast::ForecastModel;
use nervering_models::trajectory::TrajectoryConfig;
use nervering_recording::{
    Conversion, FoundUnit, NeuronSet, Recording, StateCoding, TimeBase, TraceUnit, Traces,
    UnitBasis,
};
use nervering_simulate::{SimulationConfig, simulate};

/// Two animals to train on and one that is new.
fn animals() -> Vec<Recording> {
    let config = SimulationConfig { n_animals: 3, duration_s: 240., ..SimulationConfig::default() };
    simulate(&config, 7).unwrap().into_iter().map(|animal| animal.recording).collect()
}

fn neurons() -> NeuronSet {
    NeuronSet::Names(["AVAL", "RIML", "VB02"].map(|name| name.parse().unwrap()).to_vec())
}

fn decoder(animals: &[Recording], normalisation: Normalisation) -> Model {
    let config = ModelConfig {
        model: ModelName::Logistic,
        neurons: neurons(),
        coding: StateCoding::Four,
        structure: Structure::Frames,
        protocol: Protocol::Strict,
        normalisation: Some(normalisation),
        epochs: 1,
        hyperparameters: Hyperparameters::default(),
        seed: 1,
        connectome: None,
        machine: Machine::default(),
    };
    fit_one(&config, &animals[..2], &|_| true).unwrap().0
}

fn forecaster(animals: &[Recording]) -> ForecastingModel {
    let config = ForecastingModelConfig {
        model: ForecastModel::Ar,
        neurons: neurons(),
        protocol: Protocol::Strict,
        normalisation: None,
        network: TrajectoryConfig::scripts(),
        loss: Default::default(),
        epochs: 1,
        seed: 1,
        connectome: None,
        machine: Machine::default(),
    };
    fit_forecasting_model(&config, &animals[..2], &|_| true).unwrap().0
}

/// The same as a file has it that says nothing of its unit, with other values.
fn unstated(recording: &Recording, new: impl Fn(f64) -> f64) -> Recording {
    let mut parts = recording.clone().into_parts();
    let (n_frames, n_neurons) = (parts.traces.n_frames(), parts.traces.n_neurons());
    let values = parts.traces.values().iter().map(|&value| new(value)).collect();
    parts.traces = Traces::new(n_frames, n_neurons, values).unwrap();
    parts.provenance.unit = None;
    Recording::new(parts).unwrap()
}

/// The same frames at other times.
fn at_times(recording: &Recording, factor: f64) -> Recording {
    let mut parts = recording.clone().into_parts();
    let seconds = parts.time.seconds().iter().map(|time| factor * time).collect();
    parts.time = TimeBase::new(seconds).unwrap();
    Recording::new(parts).unwrap()
}

fn kinds(mismatches: &[Mismatch]) -> Vec<&'static str> {
    mismatches.iter().map(Mismatch::kind).collect()
}

#[test]
fn a_recording_like_those_trained_on_gives_no_doubt() {
    let animals = animals();
    let none: Vec<Mismatch> = Vec::new();
    for animal in [animals[2].clone(), unstated(&animals[2], |v| v), at_times(&animals[2], 1.05)] {
        assert_eq!(decoder(&animals, Normalisation::Training).mismatches(&animal).unwrap(), none);
        assert_eq!(forecaster(&animals).mismatches(&animal).unwrap(), none);
    }
}

#[test]
fn a_ratio_given_to_a_model_of_delta_f_is_told_by_unit_and_by_range() {
    let animals = animals();
    let model = decoder(&animals, Normalisation::Training);
    let ratio = unstated(&animals[2], |v| v + 1.);
    let found = model.mismatches(&ratio).unwrap();
    assert_eq!(kinds(&found), ["other-unit", "out-of-range"]);
    let Mismatch::Range { neurons, .. } = &found[1] else { panic!("{found:?}") };
    assert!(neurons.iter().all(|(_, part)| (0.2..=1.).contains(part)), "{neurons:?}");
    let text = found[1].to_string();
    assert!(text.contains(neurons[0].0.as_str()) && text.contains("--to-delta-f"), "{text}");
    // Brought to ΔF/F it is as the original.
    let conversion = Conversion { baseline_percentile: None };
    let parts = conversion.apply(ratio.clone().into_parts(), ratio.unit()).unwrap();
    let converted = Recording::new(parts).unwrap();
    assert_eq!(converted.unit().unit, TraceUnit::DeltaF);
    assert_eq!(model.mismatches(&converted).unwrap(), []);
    // By its own range the offset falls away, and the values are where they were.
    let own = decoder(&animals, Normalisation::Causal).mismatches(&ratio).unwrap();
    assert_eq!(kinds(&own), ["other-unit"]);
    assert!(own[0].to_string().contains("its own range"), "{}", own[0]);
}

#[test]
fn raw_fluorescence_is_told() {
    let animals = animals();
    let raw = unstated(&animals[2], |v| 400. * (1. + v));
    let found = decoder(&animals, Normalisation::Training).mismatches(&raw).unwrap();
    assert_eq!(kinds(&found), ["other-unit", "out-of-range"]);
    assert!(found[0].to_string().contains("fluorescence"), "{}", found[0]);
    assert!(found[1].to_string().contains("--to-delta-f --baseline"), "{}", found[1]);
}

/// What was converted already was once advised to be converted.
#[test]
fn no_conversion_is_advised_that_was_made_or_is_none() {
    let animals = animals();
    let model = decoder(&animals, Normalisation::Training);
    let apart = unstated(&animals[2], |v| 10. * v + 1.);
    let found = FoundUnit { unit: TraceUnit::Ratio, basis: UnitBasis::Stated };
    let conversion = Conversion { baseline_percentile: None };
    let converted = Recording::new(conversion.apply(apart.into_parts(), found).unwrap()).unwrap();
    let found = model.mismatches(&converted).unwrap();
    assert_eq!(kinds(&found), ["out-of-range"]);
    let text = found[0].to_string();
    assert!(!text.contains("--to-delta-f") && text.contains("baseline"), "{text}");
    // Where ΔF/F is no more than a guess, it is the unit that is to be looked at.
    let guessed = unstated(&animals[2], |v| 3. * v);
    let text = model.mismatches(&guessed).unwrap()[0].to_string();
    assert!(!text.contains("--to-delta-f") && text.contains("--unit"), "{text}");
    // A model of ratios: ΔF/F is not brought there.
    let mut ratios = animals.clone();
    ratios.iter_mut().for_each(|animal| *animal = unstated(animal, |v| v + 1.));
    let found = decoder(&ratios, Normalisation::Training).mismatches(&animals[2]).unwrap();
    assert_eq!(kinds(&found), ["other-unit", "out-of-range"]);
    assert!(found.iter().all(|one| !one.to_string().contains("--to-delta-f")), "{found:?}");
}

#[test]
fn another_rate_is_told_or_refused_and_milliseconds_never_pass() {
    let animals = animals();
    let (decoder, forecaster) = (decoder(&animals, Normalisation::Training), forecaster(&animals));
    let request =
        ForecastRequest { from: 0, to: None, every: 16, n_steps: 16, intervals: Intervals::None };
    let slower = at_times(&animals[2], 1.6);
    assert_eq!(kinds(&decoder.mismatches(&slower).unwrap())[0], "other-rate");
    decoder.predict(&slower, None).unwrap();
    let refused = forecaster.forecast(&slower, &request).unwrap_err();
    assert!(matches!(refused, ModelError::Rate { .. }), "{refused}");
    for factor in [1000., 0.1] {
        let wrong = at_times(&animals[2], factor);
        let refused = decoder.predict(&wrong, None).unwrap_err();
        assert!(refused.to_string().contains("are the times in seconds?"), "{refused}");
        assert!(matches!(forecaster.forecast(&wrong, &request), Err(ModelError::Rate { .. })));
    }
    let thousandfold = at_times(&animals[2], 1000.);
    let refused = decoder.predict_resampled(&thousandfold, None).unwrap_err();
    assert!(matches!(refused, ModelError::Resample(_)), "{refused}");
}

#[test]
fn a_recording_at_half_the_rate_is_decoded_as_well_once_it_is_resampled() {
    let animals = animals();
    let model = decoder(&animals, Normalisation::Training);
    let slow = animals[2].resampled(animals[2].time().fps() / 1.9).unwrap().recording;
    let whole = model.predict(&animals[2], None).unwrap();
    let said = model.predict_resampled(&slow, None).unwrap();
    assert_eq!(said.seconds, slow.time().seconds());
    assert_eq!(said.prediction.classes.len(), slow.n_frames());
    let accuracy = |of: &nervering_fit::ModelPrediction| of.evaluation.accuracy.unwrap();
    assert!(
        accuracy(&said) > accuracy(&whole) - 0.03,
        "{} against {}",
        accuracy(&said),
        accuracy(&whole)
    );
}
