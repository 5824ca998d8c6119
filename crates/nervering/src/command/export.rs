//! `nervering export`: a model as a file of ONNX, for whatever runs those.

use super::convert::check_free;
use crate::failure::Failure;
use crate::output::{count, talk};
use clap::Args;
use nervering::fit::SavedModel;
use nervering::grid::write_atomically;
use std::path::PathBuf;
use std::process::ExitCode;

/// Write a model as ONNX (opset 18), for whatever runs that
///
/// The graph takes traces and derivatives per second as a recording has them, [frame, neuron, feature], or traces
/// alone where a model makes its own signals of them. A decoder gives log-probabilities, probabilities and the state
/// of every frame, a forecaster the frames to come after each. Its metadata name neurons and states. docs/onnx.md
/// says which models can be exported.
#[derive(Debug, Args)]
pub struct Export {
    /// The model, as `nervering fit` wrote it
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// File for the graph
    #[arg(value_name = "OUT.onnx")]
    out: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    overwrite: bool,
}

impl Export {
    pub fn run(self) -> Result<ExitCode, Failure> {
        check_free(&self.out, self.overwrite)?;
        let (bytes, name, n_neurons, says) = match SavedModel::read(&self.model)? {
            SavedModel::Decoder(model) => {
                let states = count(model.coding().n_classes(), "state");
                (model.to_onnx()?, model.name().as_str(), model.neurons().len(), states)
            }
            SavedModel::Forecaster(model) => {
                let steps = count(nervering::fit::ForecastingModel::MOST_STEPS, "step");
                (model.to_onnx()?, model.model().as_str(), model.neurons().len(), steps)
            }
        };
        write_atomically(&self.out, &bytes)?;
        let neurons = count(n_neurons, "neuron");
        talk(&format!("{} written: {name}, {neurons}, {says}", self.out.display()));
        Ok(ExitCode::SUCCESS)
    }
}
