//! `nervering graph`: the edges that a graph network has learnt to hear by, as CSV and GraphML.

use super::cached;
use super::convert::{check_free, paths_of};
use super::model::{chosen, shown, width_of};
use super::reading::ReadingOptions;
use super::statistics::StatisticsOptions;
use crate::failure::Failure;
use crate::output::{count, print, talk};
use crate::progress::Busy;
use clap::Args;
use nervering::fit::Model;
use nervering::grid::write_atomically;
use nervering::io::read_all;
use nervering::report::EdgeList;
use nervering::statistics::{NetworkStatistics, TakenFrom};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What stands for an animal when the edges are those of all animals trained on.
const TRAINING_ANIMALS: &str = "training-animals";

/// Write a network's edges as CSV and GraphML: of the animals it was trained on, or of others
#[derive(Debug, Args)]
pub struct Graph {
    /// The model, as `nervering fit` wrote it
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Recordings, files or folders: one graph per animal [default: one graph, the mean over the
    /// animals trained on]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Names of the animals, separated by commas [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "files")]
    animals: Option<Vec<String>>,
    #[command(flatten)]
    statistics: StatisticsOptions,
    /// Folder for the graphs
    #[arg(long, value_name = "DIR", default_value = "nervering-out/graph")]
    out: PathBuf,
    /// Replace graphs that are there
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    reading: ReadingOptions,
}

/// Edges, `[receiver, sender]`, and whose they are.
type Named = (String, Vec<f32>);

impl Graph {
    pub fn run(self) -> Result<ExitCode, Failure> {
        let model = Model::read(&self.model)?;
        let of_training = model.training_edges()?;
        let graphs = match self.files.is_empty() {
            true if let Some(option) = self.statistics.given() => {
                let task = "graph without recordings";
                return Err(Failure::NoSuchOption { option, task });
            }
            true => vec![(TRAINING_ANIMALS.to_owned(), of_training.to_vec())],
            false => self.of_recordings(&model)?,
        };
        let names: Vec<&str> = graphs.iter().map(|(animal, _)| animal.as_str()).collect();
        let tables = paths_of(&names, &self.out, "csv")?;
        let files = |table: &Path| [table.to_owned(), table.with_extension("graphml")];
        for path in tables.iter().flat_map(|table| files(table)) {
            check_free(&path, self.overwrite)?;
        }
        for ((animal, weights), table) in graphs.iter().zip(&tables) {
            let list = EdgeList {
                animal,
                model: model.name().as_str(),
                neurons: model.neurons(),
                weights,
            };
            for (path, bytes) in files(table).iter().zip([list.csv(), list.graphml().into()]) {
                write_atomically(path, &bytes).map_err(Failure::Grid)?;
            }
        }
        print(&text(&model, &graphs))?;
        let graphs = count(graphs.len(), "graph");
        talk(&format!("{graphs} written into {}, as CSV and GraphML", self.out.display()));
        Ok(ExitCode::SUCCESS)
    }

    fn of_recordings(&self, model: &Model) -> Result<Vec<Named>, Failure> {
        cached::verify(&self.files)?;
        let busy = Busy::begin("reading recordings");
        let read = read_all(&self.files, &self.reading.options_for(model.neurons()))?;
        busy.end();
        read.warnings.iter().for_each(|warning| talk(&warning.to_string()));
        let recordings = chosen(read.recordings, self.animals.as_deref())?;
        model.check_neurons(&recordings)?;
        let statistics = self.statistics.of(model, TakenFrom::Evaluated)?;
        let statistics = statistics.unwrap_or(NetworkStatistics::EVALUATED);
        let mut graphs = Vec::new();
        let busy = Busy::begin("inferring edges");
        for recording in &recordings {
            let edges = model.edges(recording, statistics)?;
            graphs.push((recording.animal().to_owned(), edges));
        }
        busy.end();
        Ok(graphs)
    }
}

/// Per graph the range of its weights and its strongest edge between two neurons.
fn text(model: &Model, graphs: &[Named]) -> String {
    let neurons = model.neurons();
    let n = neurons.len();
    let width = width_of("animal", graphs.iter().map(|(animal, _)| animal.as_str()));
    let mut text =
        format!("{:width$}{:>8}{:>8}{:>8}  strongest\n", "animal", "least", "mean", "most");
    for (animal, weights) in graphs {
        let least = weights.iter().copied().fold(f32::INFINITY, f32::min);
        let most = weights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mean = weights.iter().map(|&w| f64::from(w)).sum::<f64>() / weights.len() as f64;
        let between = (0..n * n).filter(|k| k / n != k % n);
        let strongest = between.max_by(|&a, &b| weights[a].total_cmp(&weights[b]));
        let strongest = strongest
            .map_or_else(String::new, |k| format!("{} to {}", neurons[k % n], neurons[k / n]));
        let name = shown(animal);
        _ = writeln!(text, "{name:width$}{least:>8.3}{mean:>8.3}{most:>8.3}  {strongest}");
    }
    text
}
