//! That model files describe themselves: `docs/read_model.py`, which knows numpy and no line of this
//! program, applies the file of every model to an animal that is new and says what this program says, to 1e-4.
//!
//! Skips, with a word, where there is no Python with numpy; `.ci/run` sees to it that there is.

mod common;

use common::{decoder, forecaster, saved_decoders};
use nervering_fit::{
    ForecastRequest, ForecastingModelConfig, Intervals, ModelConfig, ModelName, Normalisation,
    Protocol, fit_forecasting_model, fit_one,
};
use nervering_models::trajectory::TrajectoryConfig;
use nervering_models::{ForecastModel, Increment, ResidualOf};
use nervering_recording::{NeuronName, NeuronSet, Recording, Traces};
use nervering_simulate::{SimulationConfig, simulate};
use nervering_statistics::NetworkStatistics;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

/// The program that stands in the documentation.
const DOCUMENT: &str = include_str!("../../../docs/model-files.md");
const READER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/read_model.py");
const WITHIN: f64 = 1e-4;

/// Two animals to train on and one that is new.
fn animals() -> Vec<Recording> {
    let config = SimulationConfig { n_animals: 3, duration_s: 90., ..SimulationConfig::default() };
    simulate(&config, 7).unwrap().into_iter().map(|animal| animal.recording).collect()
}

fn neurons() -> Vec<NeuronName> {
    ["AVAL", "AVBL", "RIML", "VB02"].map(|name| name.parse().unwrap()).to_vec()
}

fn has_numpy() -> bool {
    let found = Command::new("python3")
        .args(["-c", "import numpy, sys; assert sys.version_info >= (3, 10)"])
        .output();
    let found = found.is_ok_and(|output| output.status.success());
    if !found {
        eprintln!(
            "found no python3, from 3.10 on, with numpy: that model files describe themselves is not tested"
        );
    }
    found
}

/// The traces as a table, to the last digit.
fn table(recording: &Recording) -> String {
    let mut text = "time_s".to_owned();
    let columns: Vec<usize> =
        neurons().iter().map(|neuron| recording.column(neuron).unwrap()).collect();
    neurons().iter().for_each(|neuron| write!(text, ",{neuron}").unwrap());
    let traces: Vec<Vec<f64>> =
        columns.iter().map(|&column| recording.traces().neuron(column).collect()).collect();
    for (frame, seconds) in recording.time().seconds().iter().enumerate() {
        write!(text, "\n{seconds:?}").unwrap();
        traces.iter().for_each(|trace| write!(text, ",{:?}", trace[frame]).unwrap());
    }
    text
}

/// What the reader says, row by row without the header, or why it says nothing.
fn read(
    reader: &str,
    folder: &Path,
    bytes: &[u8],
    options: &[&str],
) -> Result<Vec<Vec<f64>>, String> {
    std::fs::write(folder.join("model.safetensors"), bytes).unwrap();
    let output = Command::new("python3")
        .arg(reader)
        .args(["model.safetensors", "animal.csv"])
        .args(options)
        .current_dir(folder)
        .output()
        .unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let text = String::from_utf8(output.stdout).unwrap();
    let row = |line: &str| line.split(',').map(|value| value.parse().unwrap()).collect();
    Ok(text.lines().skip(1).map(row).collect())
}

/// The largest difference, relative to numbers above 1: a roll-out may leave the range of the traces.
fn apart(said: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(said.len(), expected.len());
    said.iter().zip(expected).map(|(a, b)| (a - b).abs() / b.abs().max(1.)).fold(0., f64::max)
}

fn config(model: ModelName) -> ModelConfig {
    let of_names = decoder(model, &neurons());
    match model.inputs().may_be_absent() {
        true => ModelConfig { neurons: NeuronSet::Named, ..of_names },
        false => of_names,
    }
}

/// Every decoder that can be saved, and some otherwise normalised.
fn decoders() -> Vec<ModelConfig> {
    use ModelName as M;
    let all = saved_decoders().map(config);
    let otherwise = |model, protocol, normalisation| ModelConfig {
        protocol,
        normalisation: Some(normalisation),
        ..config(model)
    };
    let others = [
        otherwise(M::Mlp, Protocol::Paper, Normalisation::WholeRecording),
        otherwise(M::Logistic, Protocol::AuthorsCode, Normalisation::WholeRecording),
        otherwise(M::Lda, Protocol::Strict, Normalisation::Causal),
        otherwise(M::LogisticContext, Protocol::Animals, Normalisation::WholeRecording),
        otherwise(M::LogisticCausal, Protocol::Strict, Normalisation::Causal),
    ];
    all.chain(others).collect()
}

#[test]
fn decoders_describe_themselves() {
    if !has_numpy() {
        return;
    }
    let (animals, folder) = (animals(), tempfile::tempdir().unwrap());
    // Of the neurons that a model may be shown, the others are not in the table.
    let shown = animals[2].clone();
    std::fs::write(folder.path().join("animal.csv"), table(&shown)).unwrap();
    for config in decoders() {
        let (model, name) = (fit_one(&config, &animals[..2], &|_| true).unwrap().0, config.model);
        let bytes = model.to_bytes().unwrap();
        let recording = match config.neurons == NeuronSet::Named {
            true => only(&shown),
            false => shown.clone(),
        };
        let from: &[(Option<NetworkStatistics>, &[&str])] = match model.takes_statistics() {
            true => &[
                (Some(NetworkStatistics::TRAINING), &[]),
                (Some(NetworkStatistics::EVALUATED), &["evaluated"]),
            ],
            false => &[(None, &[])],
        };
        for (statistics, options) in from {
            let said = model.predict(&recording, *statistics).unwrap().prediction;
            let expected: Vec<f64> =
                said.log_probabilities.unwrap().iter().map(|p| f64::from(*p).exp()).collect();
            let found = read(READER, folder.path(), &bytes, options)
                .unwrap_or_else(|error| panic!("{name} {options:?}: {error}"));
            let apart = apart(&found.concat(), &expected);
            assert!(apart < WITHIN, "{name} {options:?}: {apart:e} apart");
        }
    }
}

#[test]
fn thirty_lines_are_enough_for_the_networks_of_the_paper() {
    if !has_numpy() {
        return;
    }
    let (animals, folder) = (animals(), tempfile::tempdir().unwrap());
    std::fs::write(folder.path().join("animal.csv"), table(&animals[2])).unwrap();
    let (_, program) = DOCUMENT.split_once("```python\n").unwrap();
    let (program, _) = program.split_once("```").unwrap();
    std::fs::write(folder.path().join("reader.py"), program).unwrap();
    use ModelName as M;
    for name in [M::MlpText, M::Mlp, M::GnnText, M::Gnn, M::GnnConnectome, M::GnnOnehot] {
        let model = fit_one(&config(name), &animals[..2], &|_| true).unwrap().0;
        let found = read("reader.py", folder.path(), &model.to_bytes().unwrap(), &[]).unwrap();
        let said = model.predict(&animals[2], None).unwrap().prediction;
        let said = said.log_probabilities.unwrap();
        let expected: Vec<f64> = said.iter().map(|p| f64::from(*p).exp()).collect();
        let apart = apart(&found.concat(), &expected);
        assert!(apart < WITHIN, "{name}: {apart:e} apart");
    }
}

/// The recording with the neurons of the table alone.
fn only(recording: &Recording) -> Recording {
    let columns: Vec<usize> =
        neurons().iter().map(|neuron| recording.column(neuron).unwrap()).collect();
    let mut parts = recording.clone().into_parts();
    let (traces, n_frames) = (&parts.traces, parts.traces.n_frames());
    let values: Vec<Vec<f64>> =
        columns.iter().map(|&column| traces.neuron(column).collect()).collect();
    let by_frame = (0..n_frames).flat_map(|frame| values.iter().map(move |trace| trace[frame]));
    parts.traces = Traces::new(n_frames, columns.len(), by_frame.collect()).unwrap();
    parts.neurons = columns.iter().map(|&column| parts.neurons[column].clone()).collect();
    Recording::new(parts).unwrap()
}

/// Forecasters, by what the reader follows: all but those that adapt or look up, and corrections. `nri` takes
/// its graph from the animal's past by a pass like any other.
fn forecasters() -> Vec<(ForecastingModelConfig, bool)> {
    use ForecastModel as M;
    let config = |model| forecaster(model, &neurons());
    let is_followed = |model: M| model == M::Nri || !model.learns_from_own_past();
    let all = M::ALL.iter().map(|&model| (config(model), is_followed(model)));
    let text = TrajectoryConfig {
        increment: Increment::Unbounded,
        activation: nervering_nn::activation::Activation::Relu,
        ..config(M::Gnn).network
    };
    let corrects = TrajectoryConfig { residual_of: ResidualOf::Linear, ..config(M::Gnn).network };
    let others = [
        (ForecastingModelConfig { network: text, ..config(M::Gnn) }, true),
        (ForecastingModelConfig { network: corrects, ..config(M::Mlp) }, false),
    ];
    all.chain(others).collect()
}

#[test]
fn forecasters_describe_themselves() {
    if !has_numpy() {
        return;
    }
    let (animals, folder) = (animals(), tempfile::tempdir().unwrap());
    std::fs::write(folder.path().join("animal.csv"), table(&animals[2])).unwrap();
    for (config, is_followed) in forecasters() {
        let model = fit_forecasting_model(&config, &animals[..2], &|_| true).unwrap().0;
        let (bytes, name) = (model.to_bytes().unwrap(), config.model);
        let found = read(READER, folder.path(), &bytes, &[]);
        if !is_followed {
            let Err(error) = found else { panic!("{name}: this program follows it after all") };
            assert!(error.contains("this program does not follow"), "{name}: {error}");
            continue;
        }
        let found = found.unwrap_or_else(|error| panic!("{name}: {error}"));
        let request = ForecastRequest {
            from: found[0][0] as usize,
            to: None,
            every: 5,
            n_steps: 16,
            intervals: Intervals::None,
        };
        let said = model.forecast(&animals[2], &request).unwrap();
        // What a network says of a step is put in again: of sixteen steps the last of some would show how
        // differences in the eighth digit grow, of two they do not.
        let n_checked = if name.network().is_some() { 2. } else { 16. };
        let rows = found.iter().zip(said.normalised.chunks_exact(2 * neurons().len()));
        let of_steps: Vec<_> = rows.filter(|(row, _)| row[1] <= n_checked).collect();
        assert!(of_steps.len() > 100 && of_steps.iter().all(|(row, _)| row.len() == 10));
        let found: Vec<f64> = of_steps.iter().flat_map(|(row, _)| row[2..].to_vec()).collect();
        let expected: Vec<f64> = of_steps.iter().flat_map(|(_, said)| said.to_vec()).collect();
        let apart = apart(&found, &expected);
        assert!(apart < WITHIN, "{name}: {apart:e} apart");
    }
}
