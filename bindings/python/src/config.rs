//! What Python asks of a model: names as the command line has them, read here.

use crate::error::wrong;
use nervering::catalog::{ConnectomeName, connectome};
use nervering::fit::{
    ForecastingModelConfig, GivenConnectome, Hyperparameters, Machine, ModelConfig, NetworkChoices,
};
use nervering::models::trajectory::TrajectoryConfig;
use nervering::models::{ForecastModel, Loss, ModelName};
use nervering::recording::{ConnectionKind, StateCoding, Weighting};
use pyo3::prelude::*;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

/// A decoder, as Python asks for it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct DecoderConfig {
    pub model: String,
    states: String,
    neurons: String,
    protocol: String,
    normalisation: Option<String>,
    decode: String,
    epochs: usize,
    width: Option<usize>,
    activation: Option<String>,
    learning_rate: Option<f64>,
    edge_scale: Option<u32>,
    connectome: Option<String>,
    seed: u64,
}

impl DecoderConfig {
    /// What that stands for.
    ///
    /// # Errors
    /// `ValueError` for a name that stands for nothing.
    pub fn config(&self) -> PyResult<ModelConfig> {
        let model: ModelName = parsed("model", &self.model)?;
        let connectome = edges(self.connectome.as_deref(), model.needs_connectome())?;
        Ok(ModelConfig {
            model,
            neurons: parsed("neurons", &self.neurons)?,
            coding: coding(&self.states)?,
            structure: parsed("decode", &self.decode)?,
            protocol: parsed("protocol", &self.protocol)?,
            normalisation: optional("normalisation", self.normalisation.as_deref())?,
            epochs: self.epochs,
            hyperparameters: Hyperparameters {
                network: NetworkChoices {
                    width: self.width,
                    activation: optional("activation", self.activation.as_deref())?,
                    edge_scale: self.edge_scale,
                },
                learning_rate: self.learning_rate,
            },
            seed: self.seed,
            connectome,
            machine: Machine::default(),
        })
    }
}

/// A forecaster, as Python asks for it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct ForecasterConfig {
    model: String,
    neurons: String,
    protocol: String,
    normalisation: Option<String>,
    width: Option<usize>,
    residual_of: Option<String>,
    epochs: usize,
    connectome: Option<String>,
    seed: u64,
}

impl ForecasterConfig {
    /// What that stands for.
    ///
    /// # Errors
    /// `ValueError` for a name that stands for nothing.
    pub fn config(&self) -> PyResult<ForecastingModelConfig> {
        let scripts = TrajectoryConfig::scripts();
        let model: ForecastModel = parsed("model", &self.model)?;
        let residual_of = optional("residual_of", self.residual_of.as_deref())?;
        Ok(ForecastingModelConfig {
            model,
            connectome: edges(self.connectome.as_deref(), model.needs_connectome())?,
            neurons: parsed("neurons", &self.neurons)?,
            protocol: parsed("protocol", &self.protocol)?,
            normalisation: optional("normalisation", self.normalisation.as_deref())?,
            network: TrajectoryConfig {
                width: self.width.unwrap_or(scripts.width),
                residual_of: residual_of.unwrap_or_default(),
                ..scripts
            },
            loss: Loss::SquaredError,
            epochs: self.epochs,
            seed: self.seed,
            machine: Machine::default(),
        })
    }
}

/// A name that stands for one of the choices there are.
///
/// # Errors
/// `ValueError`.
pub fn parsed<T: FromStr<Err: Display>>(what: &str, text: &str) -> PyResult<T> {
    text.parse().map_err(|error| wrong(format!("{what}: {error}")))
}

/// The same of one that may be left out.
///
/// # Errors
/// `ValueError`.
pub fn optional<T: FromStr<Err: Display>>(what: &str, text: Option<&str>) -> PyResult<Option<T>> {
    text.map(|text| parsed(what, text)).transpose()
}

/// The states told apart: 2, 4, 6 or 7, own, or names of classes separated by newlines.
fn coding(text: &str) -> PyResult<StateCoding> {
    if text == "own" {
        return Ok(StateCoding::Own(Vec::new()));
    }
    if let Some(coding) = text.parse().ok().and_then(StateCoding::from_n_states) {
        return Ok(coding);
    }
    let names: Vec<String> = text.lines().map(str::to_owned).collect();
    StateCoding::of_class_names(&names)
        .ok_or_else(|| wrong(format!("states: found {text:?}, expected 2, 4, 6, 7 or \"own\"")))
}

/// The connectome asked for, or that of the paper where a network needs one.
fn edges(name: Option<&str>, needs_one: bool) -> PyResult<Option<GivenConnectome>> {
    match (name, needs_one) {
        (Some(name), _) => Ok(Some(given(parsed("connectome", name)?))),
        (None, true) => Ok(Some(given(ConnectomeName::White1986))),
        (None, false) => Ok(None),
    }
}

/// A connectome as networks are given it.
fn given(which: ConnectomeName) -> GivenConnectome {
    GivenConnectome {
        name: which.as_str().to_owned(),
        connectome: Arc::new(connectome(which)),
        kinds: vec![ConnectionKind::Chemical, ConnectionKind::Electrical],
        weighting: Weighting::RowNormalised,
    }
}
