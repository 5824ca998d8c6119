//! Model files: what is saved of any model predicts the same bits; a file that is not what it says
//! is refused and told why; no bytes make the reader panic; and a model that rests on training
//! animals, or on the past alone, says nothing of a frame that a later one could change.

mod common;

use common::{Parts, changed_from, decoder, edited, mutated, saved_decoders, signed};
use nervering_fit::{
    Activation, Hyperparameters, Model, ModelConfig, ModelError, ModelName, NetworkChoices,
    Normalisation, can_be_saved, fit_one,
};
use nervering_models::Look;
use nervering_recording::{NeuronName, Recording, StateCoding, Traces};
use nervering_simulate::{SimulationConfig, simulate};
use nervering_statistics::{NetworkStatistics, TakenFrom};
use safetensors::tensor::{Dtype, TensorView, serialize};
use std::panic::{AssertUnwindSafe, catch_unwind};

const NEURONS: [&str; 4] = ["AVAL", "AVBL", "RIML", "VB02"];
const TRUNCATIONS: usize = 256;
const MUTATIONS: usize = 2_000;

/// Two animals to train on and one that is new.
fn animals() -> Vec<Recording> {
    let config = SimulationConfig { n_animals: 3, duration_s: 90., ..SimulationConfig::default() };
    simulate(&config, 7).unwrap().into_iter().map(|animal| animal.recording).collect()
}

fn neurons() -> Vec<NeuronName> {
    NEURONS.map(|name| name.parse().unwrap()).to_vec()
}

fn config(model: ModelName) -> ModelConfig {
    decoder(model, &neurons())
}

fn fitted(config: &ModelConfig, animals: &[Recording]) -> Model {
    fit_one(config, &animals[..2], &|_| true).unwrap().0
}

/// Statistics that a model is used with.
fn statistics(model: &Model) -> Vec<Option<NetworkStatistics>> {
    match model.takes_statistics() {
        true => {
            let (edges, batch_norm) = (TakenFrom::Running, TakenFrom::Training);
            let causal = NetworkStatistics { edges, batch_norm };
            use NetworkStatistics as From;
            let all =
                [From::EVALUATED, From::TRAINING, From::RUNNING, From::TRAINING_EDGES, causal];
            all.map(Some).into()
        }
        false => vec![None],
    }
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn log_probabilities(
    model: &Model,
    animal: &Recording,
    from: Option<NetworkStatistics>,
) -> Vec<u32> {
    let said = model.predict(animal, from).unwrap().prediction;
    bits(&said.log_probabilities.unwrap())
}

#[test]
fn what_is_saved_of_any_model_predicts_the_same_bits() {
    let animals = animals();
    for name in saved_decoders() {
        let model = fitted(&config(name), &animals);
        let bytes = model.to_bytes().unwrap();
        let loaded = Model::from_bytes(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(loaded.to_bytes().unwrap(), bytes, "{name}");
        assert_eq!(loaded.provenance(), model.provenance(), "{name}");
        for from in statistics(&model) {
            let said = log_probabilities(&model, &animals[2], from);
            assert_eq!(log_probabilities(&loaded, &animals[2], from), said, "{name} {from:?}");
        }
        let edges = |model: &Model| model.training_edges().map(bits).ok();
        assert_eq!(edges(&loaded), edges(&model), "{name}");
        let of_animal = |model: &Model| {
            model.edges(&animals[2], NetworkStatistics::EVALUATED).map(|edges| bits(&edges)).ok()
        };
        assert_eq!(of_animal(&loaded), of_animal(&model), "{name}");
        assert_eq!(of_animal(&model).is_some(), edges(&model).is_some(), "{name}");
    }
}

#[test]
fn a_network_of_another_make_is_saved_as_it_is() {
    let animals = animals();
    let of = |network: NetworkChoices| ModelConfig {
        hyperparameters: Hyperparameters { network, learning_rate: Some(3e-3) },
        ..config(ModelName::Gnn)
    };
    let activation = Some(Activation::Relu);
    let network = NetworkChoices { width: Some(24), activation, edge_scale: Some(3) };
    let model = fitted(&of(network), &animals);
    assert_eq!(model.network().unwrap().chosen(), network);
    let loaded = Model::from_bytes(&model.to_bytes().unwrap()).unwrap();
    assert_eq!(loaded.network(), model.network());
    let said = log_probabilities(&model, &animals[2], None);
    assert_eq!(log_probabilities(&loaded, &animals[2], None), said);
    let plain = fitted(&of(NetworkChoices::default()), &animals);
    assert_ne!(log_probabilities(&plain, &animals[2], None), said);
    let error = fit_one(&of(NetworkChoices { width: Some(0), ..network }), &animals, &|_| {
        panic!("trained")
    });
    let error = error.unwrap_err().to_string();
    assert_eq!(error, "width: found 0, expected 1 to 4096 hidden units");
}

#[test]
fn the_same_fit_is_the_same_file_under_every_normalisation() {
    let animals = animals();
    for &normalisation in Normalisation::ALL {
        let config =
            ModelConfig { normalisation: Some(normalisation), ..config(ModelName::Logistic) };
        let bytes = fitted(&config, &animals).to_bytes().unwrap();
        assert_eq!(fitted(&config, &animals).to_bytes().unwrap(), bytes);
        let loaded = Model::from_bytes(&bytes).unwrap();
        assert_eq!(loaded.normalisation(), normalisation);
        loaded.predict(&animals[2], None).unwrap();
    }
}

#[test]
fn models_that_cannot_be_saved_are_refused_before_they_are_fitted() {
    let animals = animals();
    let others = ModelName::ALL.iter().copied().filter(|&name| !can_be_saved(name));
    for name in others {
        let error = fit_one(&config(name), &animals, &|_| true).unwrap_err();
        assert!(matches!(error, ModelError::CannotBeSaved { model } if model == name), "{error}");
    }
}

#[test]
fn missing_neurons_and_animals_trained_on_are_named() {
    let animals = animals();
    let model = fitted(&config(ModelName::Majority), &animals);
    assert!(!model.predict(&animals[2], None).unwrap().is_trained_on());
    assert!(model.predict(&animals[1], None).unwrap().is_trained_on());
    let mut renamed = animals[1].clone().into_parts();
    renamed.animal = "somebody else".into();
    renamed.behavior = None;
    let (n_frames, n_neurons) = (renamed.traces.n_frames(), renamed.traces.n_neurons());
    let mut values = vec![0.; n_frames * n_neurons];
    for neuron in 0..n_neurons {
        for (frame, value) in renamed.traces.neuron(neuron).enumerate() {
            values[frame * n_neurons + neuron] = (value * 1e6).round() / 1e6;
        }
    }
    renamed.traces = Traces::new(n_frames, n_neurons, values).unwrap();
    let renamed = Recording::new(renamed).unwrap();
    assert!(model.predict(&renamed, None).unwrap().is_trained_on(), "known by its data, rounded");

    let mut parts = animals[2].clone().into_parts();
    for label in &mut parts.neurons {
        if ["AVBL", "VB02"].contains(&label.to_string().as_str()) {
            *label = nervering_recording::NeuronLabel::from_text("7");
        }
    }
    let error = model.predict(&Recording::new(parts).unwrap(), None).unwrap_err().to_string();
    assert!(error.contains("lacks AVBL, VB02") && error.contains("sim03"), "{error}");
    let statistics = Some(NetworkStatistics::TRAINING);
    let error = model.predict(&animals[2], statistics).unwrap_err();
    assert!(matches!(error, ModelError::NoStatistics { .. }), "{error}");
}

#[test]
fn recordings_without_labels_train_no_model() {
    let mut animals = animals();
    for animal in &mut animals {
        let mut parts = animal.clone().into_parts();
        let mut states = parts.behavior.unwrap().states().to_vec();
        let n = states.len();
        states[n * 9 / 10..].fill(nervering_recording::State::Unknown);
        parts.behavior = Some(nervering_recording::Behavior::new(states));
        *animal = Recording::new(parts).unwrap();
    }
    let error = fit_one(&config(ModelName::Gnn), &animals, &|_| true).unwrap_err();
    assert!(matches!(error, ModelError::NoLabels { what: "validate", .. }), "{error}");
    let stopped = fit_one(&config(ModelName::Mlp), &self::animals(), &|_| false).unwrap_err();
    assert!(matches!(stopped, ModelError::Stopped), "{stopped}");
}

#[test]
fn later_frames_change_nothing_that_was_said_before_them() {
    let animals = animals();
    let from = animals[2].n_frames() / 2;
    let changed = changed_from(&animals[2], from);
    let n_said = from * StateCoding::Four.n_classes();
    for name in saved_decoders() {
        // Frames that an answer may wait for; none of those that look to either side.
        let ahead = match name.inputs().look() {
            None => 0,
            Some(Look::Back { delay_s }) => (delay_s * animals[2].time().fps()).round() as usize,
            Some(Look::Around) => continue,
        };
        let n_said = n_said - ahead * StateCoding::Four.n_classes();
        let model = fitted(&config(name), &animals);
        for statistics in statistics(&model) {
            let said = log_probabilities(&model, &animals[2], statistics);
            let then = log_probabilities(&model, &changed, statistics);
            let same = said[..n_said] == then[..n_said];
            let adapts = statistics
                .is_some_and(|from| [from.edges, from.batch_norm].contains(&TakenFrom::Evaluated));
            assert!(same || adapts, "{name} {statistics:?}");
            if name == ModelName::Gnn {
                // The test has teeth: statistics of the evaluated animal do look ahead.
                assert_eq!(same, !adapts);
                assert_ne!(said[n_said..], then[n_said..]);
            }
        }
    }
}

fn refusal(bytes: &[u8]) -> String {
    Model::from_bytes(bytes).unwrap_err().to_string()
}

#[test]
fn a_file_with_another_tensor_is_refused_and_told_why() {
    let bytes = fitted(&config(ModelName::Gnn), &animals()).to_bytes().unwrap();
    Model::from_bytes(&edited(&bytes, |_, _| {})).unwrap();
    let refused = |name: &'static str, change: &dyn Fn(&mut Parts, usize)| {
        refusal(&edited(&bytes, |parts, _| {
            let at = parts.iter().position(|part| part.0 == name).expect(name);
            change(parts, at);
        }))
    };
    let text = refused("parameters.out.w", &|parts, at| parts[at].2.reverse());
    assert!(text.contains("\"out.w\"") && text.contains("[1, 16, 4]"), "{text}");
    let text = refused("parameters.out.w", &|parts, at| parts[at].0 = "parameters.out.v".into());
    assert!(text.contains("no parameter \"out.w\""), "{text}");
    let text = refused("parameters.out.w", &|parts, at| parts[at].0 = "surprise".into());
    assert!(text.contains("no parameter \"out.w\""), "{text}");
    let text = refused("statistics.0.var", &|parts, at| _ = parts.remove(at));
    assert!(text.contains("arrays of statistics"), "{text}");
    let text = refused("statistics.0.var", &|parts, at| {
        parts[at].3[..4].copy_from_slice(&(-1f32).to_le_bytes());
    });
    assert!(text.contains("0.var") && text.contains("below 0"), "{text}");
    let text = refused("parameters.out.w", &|parts, at| {
        parts[at].3[..4].copy_from_slice(&f32::NAN.to_le_bytes());
    });
    assert!(text.contains("parameters.out.w") && text.contains("not finite"), "{text}");
    let text = refused("parameters.out.w", &|parts, at| parts[at].1 = Dtype::I32);
    assert!(text.contains("I32") && text.contains("F32"), "{text}");
    let text = refused("normalisation.ranges", &|parts, at| parts[at].3.rotate_left(8));
    assert!(text.contains("normalisation.ranges") && text.contains("ascend"), "{text}");
    let text = refused("normalisation.ranges", &|parts, at| _ = parts.remove(at));
    assert!(text.contains("normalisation.ranges") && text.contains("none"), "{text}");
    let text = refused("edges", &|parts, at| _ = parts.remove(at));
    assert!(text.contains("\"edges\": found none, expected one"), "{text}");
    let text = refused("edges", &|parts, at| {
        let more = (format!("{} of Eden", parts[at].0), Dtype::F32, vec![1], vec![0; 4]);
        parts.push(more);
    });
    assert!(text.contains("edges of Eden"), "{text}");
}

#[test]
fn a_file_with_other_metadata_is_refused_and_told_why() {
    let bytes = fitted(&config(ModelName::Gnn), &animals()).to_bytes().unwrap();
    let refused = |from: &str, to: &str| {
        refusal(&edited(&bytes, |_, header| {
            assert!(header.contains(from), "{header}");
            *header = header.replacen(from, to, 1);
        }))
    };
    let text = refused("\"version\":6", "\"version\":5");
    assert!(text.contains("version 5, expected 6"), "{text}");
    assert!(refused("nervering-model", "a-model").contains("a-model"));
    let text = refused("\"model\":\"gnn\"", "\"model\":\"gnu\"");
    assert!(text.contains("\"gnu\"") && text.contains("gnn-text"), "{text}");
    let text = refused("\"model\":\"gnn\"", "\"model\":\"mlp\"");
    assert!(text.contains("found"), "{text}");
    let text = refused("\"model\":\"gnn\"", "\"model\":\"svm\"");
    assert!(text.contains("svm, expected one that has it"), "{text}");
    let text = refused("\"width\":16", "\"width\":160000");
    assert!(text.contains("160000"), "{text}");
    assert!(refused("\"width\":16", "\"width\":17").contains("shape"), "one unit more");
    assert!(refused("\"elu\"", "\"elf\"").contains("expected relu or elu"));
    let linear = fitted(&config(ModelName::Logistic), &animals()).to_bytes().unwrap();
    let text = refusal(&edited(&linear, |_, header| {
        *header = header.replacen("\"model\":\"logistic\"", "\"model\":\"svm\"", 1);
    }));
    assert!(text.contains("a network, majority, logistic or lda"), "{text}");
    assert!(refused("\"AVBL\"", "\"AVAL\"").contains("twice"));
    assert!(refused("\"AVBL\"", "\"17\"").contains("17"));
    assert!(refused("\"AVBL\",", "").contains("shape"), "one neuron less");
    assert!(refused("dorsal turn", "left turn").contains("left turn"));
    assert!(refused("\"backward\"", "\"sideways\"").contains("sideways"));
    assert!(refused("\"training\",\"interval\"", "\"causal\",\"interval\"").contains("ranges"));
    assert!(refused("\"seed\"", "\"sees\"").contains("sees"));
    assert!(refused("{", "[").contains("metadata"));

    let mut large = bytes.clone();
    large[..8].copy_from_slice(&(1u64 << 40).to_le_bytes());
    assert!(refusal(&large).contains("header of 1099511627776 bytes"));
    let empty = serialize(Vec::<(String, TensorView)>::new(), None).unwrap();
    assert!(refusal(&empty).contains("nervering fit"));
    assert!(refusal(b"pickle").contains("safetensors"));
}

#[test]
fn no_single_bit_of_a_file_can_be_other_than_it_was() {
    let bytes = fitted(&config(ModelName::Logistic), &animals()).to_bytes().unwrap();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            assert!(Model::from_bytes(&flipped).is_err(), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn a_tensor_that_is_named_twice_is_refused() {
    let bytes = fitted(&config(ModelName::Logistic), &animals()).to_bytes().unwrap();
    let header = 8 + u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    let text = std::str::from_utf8(&bytes[8..header]).unwrap().trim_end();
    let at = text.find("\"parameters.weights\":{").unwrap();
    let entry = &text[at..=at + text[at..].find('}').unwrap()];
    let mut twice = format!("{}{entry},{}", &text[..at], &text[at..]);
    while !twice.len().is_multiple_of(8) {
        twice.push(' ');
    }
    let mut file = (twice.len() as u64).to_le_bytes().to_vec();
    file.extend(twice.as_bytes());
    file.extend(&bytes[header..]);
    assert!(refusal(&file).contains("checksum"), "{}", refusal(&file));
}

#[test]
fn a_linear_decoder_of_other_numbers_is_refused() {
    let bytes = fitted(&config(ModelName::Logistic), &animals()).to_bytes().unwrap();
    let refused = |name: &'static str, value: f64| {
        refusal(&edited(&bytes, |parts, _| {
            let part = parts.iter_mut().find(|part| part.0 == name).expect(name);
            part.3[..8].copy_from_slice(&value.to_le_bytes());
        }))
    };
    for value in [0.5, -1., 9.] {
        let text = refused("parameters.classes", value);
        assert!(text.contains("\"classes\""), "{text}");
    }
    assert!(refused("parameters.n_frames", 1e300).contains("\"n_frames\""));
    assert!(refused("parameters.weights", f64::INFINITY).contains("not finite"));
}

#[test]
fn damaged_files_are_refused_or_predict_without_a_panic() {
    let animals = animals();
    for name in [ModelName::Gnn, ModelName::LstmMlp, ModelName::Logistic, ModelName::Majority] {
        let bytes = fitted(&config(name), &animals).to_bytes().unwrap();
        let survives = |damaged: &[u8], case: String| {
            let used = || match Model::from_bytes(damaged) {
                Ok(model) => {
                    _ = model.predict(&animals[2], None);
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
        let n_loaded: usize = (0..MUTATIONS / 4)
            .map(|k| survives(&signed(&mutated(&bytes, k)), format!("mutation {k}")))
            .sum();
        assert!(n_loaded < MUTATIONS / 8, "{name}: {n_loaded} damaged files were taken");
        for k in 0..MUTATIONS / 4 {
            let damaged = mutated(&bytes, k);
            let taken = survives(&damaged, format!("mutation {k}")) == 1;
            assert!(!taken || damaged == bytes, "{name}: mutation {k} was taken");
        }
    }
}
