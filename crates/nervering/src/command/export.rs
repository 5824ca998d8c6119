//! `nervering export`: a decoder as a file of ONNX, for whatever runs those.

use super::convert::check_free;
use crate::failure::Failure;
use crate::output::{count, talk};
use clap::Args;
use nervering::fit::Model;
use nervering::grid::write_atomically;
use std::path::PathBuf;
use std::process::ExitCode;

/// Write a decoder as ONNX (opset 18): perceptrons, graph networks with static edges, linear models
///
/// The graph takes traces and derivatives per second as a recording has them, [frame, neuron, feature], and
/// gives log-probabilities, probabilities and the state of every frame; its metadata name neurons and states.
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
        let model = Model::read(&self.model)?;
        write_atomically(&self.out, &model.to_onnx()?)?;
        let neurons = count(model.neurons().len(), "neuron");
        let states = count(model.coding().n_classes(), "state");
        talk(&format!("{} written: {}, {neurons}, {states}", self.out.display(), model.name()));
        Ok(ExitCode::SUCCESS)
    }
}
