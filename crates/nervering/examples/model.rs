//! A model of one's own animals: trained on two, saved, read again, and applied to a third that it has never
//! seen. `cargo run --release --example model`

use nervering::fit::{
    Hyperparameters, Machine, Model, ModelConfig, ModelName, Protocol, Structure, fit_one,
};
use nervering::recording::{NeuronSet, StateCoding};
use nervering::simulate::{SimulationConfig, simulate};
use std::error::Error;
use std::path::Path;

/// Trains and saves in a folder; gives back the accuracy in the animal never seen.
pub fn run_in(folder: &Path) -> Result<f64, Box<dyn Error>> {
    let config = SimulationConfig { n_animals: 3, duration_s: 200., ..SimulationConfig::default() };
    let animals = simulate(&config, 1)?;
    let recordings: Vec<_> = animals.into_iter().map(|animal| animal.recording).collect();
    let config = ModelConfig {
        model: ModelName::Logistic,
        neurons: NeuronSet::Paper15,
        coding: StateCoding::Two,
        structure: Structure::Frames,
        protocol: Protocol::Strict,
        normalisation: None,
        epochs: 100,
        hyperparameters: Hyperparameters::default(),
        seed: 0,
        connectome: None,
        machine: Machine::default(),
    };
    let (model, _) = fit_one(&config, &recordings[..2], &|_| true)?;
    let path = folder.join("example-model.safetensors");
    model.write(&path)?;
    let predicted = Model::read(&path)?.predict(&recordings[2], None)?;
    let accuracy = predicted.evaluation.accuracy.ok_or("no frame has a label")?;
    println!("{:.1} % of the frames of {}", 100. * accuracy, predicted.animal);
    Ok(accuracy)
}

/// Saves beside where it is run.
fn main() -> Result<(), Box<dyn Error>> {
    run_in(Path::new(".")).map(drop)
}
