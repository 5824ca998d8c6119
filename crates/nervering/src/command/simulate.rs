//! `nervering simulate`: recordings with known truth, as files.

use super::convert::{TableFormat, make_folder, print_paths, write_recordings};
use crate::failure::Failure;
use crate::progress::Busy;
use clap::Args;
use nervering::simulate::{N_LATENTS, SimulatedAnimal, SimulationConfig, simulate};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Simulate animals: one wide CSV table each, and in the folder truth/ what they were made from
#[derive(Debug, Args)]
pub struct Simulate {
    /// Folder for the tables, made if it is not there
    #[arg(value_name = "OUT_DIR")]
    out: PathBuf,
    /// Number of animals; the first ones are the same however many follow
    #[arg(long, value_name = "N", default_value_t = SimulationConfig::default().n_animals)]
    animals: usize,
    /// Length of every recording in seconds
    #[arg(long, value_name = "S", default_value_t = SimulationConfig::default().duration_s)]
    duration_s: f64,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Replace tables that are there
    #[arg(long)]
    overwrite: bool,
}

impl Simulate {
    pub fn run(self) -> Result<ExitCode, Failure> {
        let config = SimulationConfig {
            n_animals: self.animals,
            duration_s: self.duration_s,
            ..SimulationConfig::default()
        };
        let busy = Busy::begin("simulating");
        let animals = simulate(&config, self.seed)?;
        let recordings: Vec<_> = animals.iter().map(|animal| &animal.recording).collect();
        let mut written =
            write_recordings(&recordings, &self.out, TableFormat::Csv, self.overwrite)?;
        let folder = self.out.join("truth");
        make_folder(&folder)?;
        for animal in &animals {
            written.extend(write_truth(animal, &folder)?);
        }
        busy.end();
        print_paths(&written)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes `<animal>-latents.csv`, per frame the commanded state and the latents, and
/// `<animal>-loadings.csv`, per neuron the ΔF/F per unit of each latent.
fn write_truth(animal: &SimulatedAnimal, folder: &Path) -> Result<[PathBuf; 2], Failure> {
    let SimulatedAnimal { recording, truth } = animal;
    let latent_names = || (1..=N_LATENTS).map(|k| format!("latent{k}"));
    let values = |values: &[f64]| values.iter().map(f64::to_string).collect::<Vec<_>>();

    let header = ["time_s", "command"].map(str::to_owned).into_iter().chain(latent_names());
    let frames = recording.time().seconds().iter().zip(&truth.commands);
    let rows = frames.zip(truth.latents.chunks(N_LATENTS)).map(|((seconds, command), latents)| {
        [
            vec![seconds.to_string(), command.known_name().unwrap_or_default().to_owned()],
            values(latents),
        ]
        .concat()
    });
    let latents = folder.join(format!("{}-latents.csv", recording.animal()));
    write_table(&latents, header.collect(), rows)?;

    let header = std::iter::once("neuron".to_owned()).chain(latent_names());
    let neurons = recording.neurons().iter().zip(truth.loadings.chunks(N_LATENTS));
    let rows = neurons.map(|(neuron, row)| [vec![neuron.to_string()], values(row)].concat());
    let loadings = folder.join(format!("{}-loadings.csv", recording.animal()));
    write_table(&loadings, header.collect(), rows)?;
    Ok([latents, loadings])
}

fn write_table(
    path: &Path,
    header: Vec<String>,
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<(), Failure> {
    let refused = |source| Failure::Write { path: path.to_owned(), source };
    let mut table = csv::Writer::from_path(path).map_err(|error| refused(error.into()))?;
    for row in std::iter::once(header).chain(rows) {
        table.write_record(row).map_err(|error| refused(error.into()))?;
    }
    table.flush().map_err(refused)
}
