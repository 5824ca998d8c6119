//! The file of a [`ForecastingModel`]: as that of a decoder, with these differences. The metadata are
//! those of [`Header`] here; a baseline has `parameters.<array>`, F64; a network's statistics are those
//! of each step of a roll-out in turn; `corrected.<array>`, F64, is what a network knows of the forecast that
//! it corrects, where that is not persistence; `intervals.*`, F64, say how sure forecasts are, where that is known;
//! there are no states and no `edges`.

use super::error::{ModelFileError, field};
use super::header::{self, FEATURES, check_animals, check_features, choice};
use super::numbers::{
    Members, PARAMETERS, at, ranges, ranges_tensor, read_bytes, take_parameters, take_statistics,
    tensor_of, tensors_of,
};
use super::pass::Pass;
use super::tensors::{self, NO_CHECKSUM, Tensor, Tensors, Values};
use crate::animal::TrainedAnimal;
use crate::error::ModelError;
use crate::forecaster::{
    AnyForecaster, Fans, FittedForecaster, ForecasterProvenance, ForecastingModel, LoadForecaster,
    check_size,
};
use crate::scaling::Scaling;
use crate::training::ForecastTraining;
use nervering_grid::write_atomically;
use nervering_models::forecast::{BaselineForecast, DirectForecast, ForecastKind, ForecastModel};
use nervering_models::trajectory::TrajectoryConfig;
use nervering_models::{DecoderArray, Dimensions, ForecasterSizes, NetworkInputs, ResidualOf};
use nervering_nn::activation::Activation;
use nervering_nn::machine::Machine;
use nervering_nn::snapshot::SavedParameter;
use nervering_prepare::N_FEATURES;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What the metadata say that they are.
pub(super) const FORMAT: &str = "nervering-forecaster";
const VERSION: u32 = 4;
/// How sure forecasts are, where that is known.
const INTERVALS: [&str; 3] = ["intervals.sizes", "intervals.sds", "intervals.quantiles"];

/// How names begin of what is known of the forecast that a network corrects.
const CORRECTED: &str = "corrected.";

/// The metadata.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: String,
    version: u32,
    model: String,
    neurons: Vec<String>,
    features: Vec<String>,
    derivative: String,
    normalisation: String,
    interval: String,
    /// Of a network.
    network: Option<NetworkHeader>,
    pass: Pass,
    provenance: ProvenanceHeader,
    /// Of the whole file; see [`super::tensors`].
    checksum: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkHeader {
    width: usize,
    activation: String,
    increment: String,
    /// What is corrected; `copy` where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    residual_of: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProvenanceHeader {
    nervering: String,
    protocol: String,
    animals: Vec<TrainedAnimal>,
    seed: u64,
    loss: String,
    training: Option<ForecastTraining>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connectome: Option<String>,
}

impl ForecastingModel {
    /// Writes the model's file; it is there as a whole or not at all.
    ///
    /// # Errors
    /// As [`crate::Model::write`].
    pub fn write(&self, path: &Path) -> Result<(), ModelError> {
        let bytes = self.to_bytes().map_err(at(path))?;
        Ok(write_atomically(path, &bytes)?)
    }

    /// Reads a model's file.
    ///
    /// # Errors
    /// As [`crate::Model::read`].
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        Self::from_bytes(&read_bytes(path)?).map_err(at(path))
    }

    /// The bytes of the model's file; the same for the same model.
    ///
    /// # Errors
    /// [`ModelFileError`] for a model that could not be loaded again.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelFileError> {
        let mut tensors = self.tensors();
        if let AnyForecaster::Network { corrected: Some(corrected), .. } = &self.fitted.0 {
            tensors.extend(corrected.arrays().into_iter().map(corrected_tensor));
        }
        if let Scaling::Training(ranges) = &self.scaling {
            tensors.push(ranges_tensor(ranges));
        }
        if let Some(fans) = &self.fans {
            tensors.extend(fans_tensors(fans));
        }
        let text = serde_json::to_string(&self.header()).expect("a header is plain data");
        tensors::to_bytes(tensors, &text)
    }

    /// A model from the bytes of a file, which may be anything.
    ///
    /// # Errors
    /// [`ModelFileError`] says what is wrong with them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelFileError> {
        let (text, mut tensors) = tensors::from_bytes(bytes)?;
        let header: Header = header::parse(&text, FORMAT, VERSION)?;
        let neurons = header::neuron_names(&header.neurons)?;
        check_features(&header.features, &FEATURES)?;
        let model: ForecastModel = choice("model", &header.model)?;
        let n_neurons = neurons.len();
        let normalisation = choice("normalisation", &header.normalisation)?;
        let scaling = header::scaling(normalisation, || ranges(&mut tensors, n_neurons))?;
        let fitted = match (model.kind(), header.network) {
            (ForecastKind::Baseline(baseline), None) => {
                let sizes = ForecasterSizes { n_neurons, n_features: N_FEATURES };
                let arrays = tensors.take_all_f64(PARAMETERS)?;
                let fitted = baseline.restore(&arrays, sizes)?;
                FittedForecaster(AnyForecaster::Baseline {
                    fitted,
                    n_columns: n_neurons * N_FEATURES,
                })
            }
            (ForecastKind::Network(_), Some(network)) => {
                network_of(model, network.checked()?, n_neurons, &mut tensors)?
            }
            (ForecastKind::Baseline(_), Some(_)) => {
                return Err(field("network", "one", format!("none for {model}")));
            }
            (ForecastKind::Network(_), None) => {
                return Err(field("network", "none", format!("that of {model}")));
            }
        };
        let fans = match INTERVALS.iter().any(|name| tensors.has(name)) {
            true => Some(fans(&mut tensors, n_neurons)?),
            false => None,
        };
        tensors.check_none_left()?;
        let model = Self {
            model,
            neurons,
            derivative: choice("derivative", &header.derivative)?,
            scaling,
            interval: header::known_interval(&header.interval)?,
            fitted,
            fans,
            provenance: header.provenance.checked()?,
        };
        model.pass().check(&header.pass)?;
        Ok(model)
    }

    /// What its pass names.
    pub(crate) fn tensors(&self) -> Vec<Tensor> {
        match &self.fitted.0 {
            AnyForecaster::Network { network, .. } => {
                tensors_of(network.parameters(), network.statistics(), Members::One)
            }
            AnyForecaster::Baseline { fitted, .. } => {
                fitted.arrays().into_iter().map(tensor_of).collect()
            }
        }
    }

    /// What it does, from the features of frames to the next, or to all steps ahead.
    fn pass(&self) -> Pass {
        match &self.fitted.0 {
            AnyForecaster::Network { network, .. } => {
                Pass::new(&network.written()).after(network.burn_in())
            }
            AnyForecaster::Baseline { fitted, .. } => Pass::new(&fitted.written()),
        }
    }

    fn header(&self) -> Header {
        let provenance = &self.provenance;
        let network = match &self.fitted.0 {
            AnyForecaster::Baseline { .. } => None,
            AnyForecaster::Network { config, .. } => Some(NetworkHeader {
                width: config.width,
                activation: activation_name(config.activation).to_owned(),
                increment: config.increment.as_str().to_owned(),
                residual_of: (config.residual_of != ResidualOf::Copy)
                    .then(|| config.residual_of.as_str().to_owned()),
            }),
        };
        Header {
            format: FORMAT.to_owned(),
            version: VERSION,
            model: self.model.to_string(),
            neurons: self.neurons.iter().map(ToString::to_string).collect(),
            features: FEATURES.map(str::to_owned).to_vec(),
            derivative: self.derivative.as_str().to_owned(),
            normalisation: self.normalisation().to_string(),
            interval: self.interval.as_str().to_owned(),
            network,
            pass: self.pass(),
            provenance: ProvenanceHeader {
                nervering: provenance.nervering.clone(),
                protocol: provenance.protocol.to_string(),
                animals: provenance.animals.clone(),
                seed: provenance.seed,
                loss: provenance.loss.to_string(),
                training: provenance.training.clone(),
                connectome: provenance.connectome.clone(),
            },
            checksum: NO_CHECKSUM.to_owned(),
        }
    }
}

impl NetworkHeader {
    fn checked(self) -> Result<TrajectoryConfig, ModelFileError> {
        let Self { width, activation, increment, residual_of } = self;
        let residual_of = residual_of.map(|name| choice("residual_of", &name)).transpose()?;
        let known = [Activation::Relu, Activation::Elu];
        let of_name = known.into_iter().find(|known| activation_name(*known) == activation);
        let activation = of_name
            .ok_or_else(|| field("activation", format!("{activation:?}"), "\"relu\" or \"elu\""))?;
        Ok(TrajectoryConfig {
            width,
            activation,
            increment: choice("increment", &increment)?,
            residual_of: residual_of.unwrap_or_default(),
        })
    }
}

impl ProvenanceHeader {
    fn checked(self) -> Result<ForecasterProvenance, ModelFileError> {
        let Self { nervering, protocol, animals, seed, loss, training, connectome } = self;
        check_animals(&animals)?;
        let (protocol, loss) = (choice("protocol", &protocol)?, choice("loss", &loss)?);
        Ok(ForecasterProvenance { nervering, protocol, animals, seed, loss, training, connectome })
    }
}

/// An array of the forecast that a network corrects.
fn corrected_tensor(DecoderArray { name, shape, values }: DecoderArray) -> Tensor {
    Tensor { name: format!("{CORRECTED}{name}"), shape, values: Values::F64(values) }
}

/// Sizes, SDs and quantiles of what was missed.
fn fans_tensors(fans: &Fans) -> [Tensor; 3] {
    let tensor = |name: &str, values: &[f64]| Tensor {
        name: name.to_owned(),
        shape: vec![values.len()],
        values: Values::F64(values.to_vec()),
    };
    let [sizes, sds, quantiles] = INTERVALS;
    [tensor(sizes, &fans.sizes), tensor(sds, &fans.sds), tensor(quantiles, &fans.quantiles)]
}

fn fans(tensors: &mut Tensors, n_neurons: usize) -> Result<Fans, ModelFileError> {
    let n_steps = ForecastingModel::MOST_STEPS;
    let lengths = Fans::lengths(n_neurons, n_steps);
    let mut taken = Vec::new();
    for (name, length) in INTERVALS.into_iter().zip(lengths) {
        taken.push(tensors.take_f64(name, &[length])?);
    }
    let [sizes, sds, quantiles] = <[Vec<f64>; 3]>::try_from(taken).expect("three of them");
    for (name, values) in [(INTERVALS[0], &sizes), (INTERVALS[1], &sds)] {
        if let Some(value) = values.iter().find(|value| **value <= 0.) {
            return Err(ModelFileError::tensor(name, value.to_string(), "positive numbers"));
        }
    }
    let per_step = quantiles.len() / sds.len();
    if quantiles.chunks_exact(per_step).any(|levels| !levels.is_sorted()) {
        let found = "quantiles that do not ascend";
        return Err(ModelFileError::tensor(INTERVALS[2], found, "quantiles that do"));
    }
    Ok(Fans { n_neurons, n_steps, sizes, sds, quantiles })
}

fn activation_name(activation: Activation) -> &'static str {
    match activation {
        Activation::Relu => "relu",
        Activation::Elu => "elu",
    }
}

fn network_of(
    model: ForecastModel,
    config: TrajectoryConfig,
    n_neurons: usize,
    tensors: &mut Tensors,
) -> Result<FittedForecaster, ModelFileError> {
    let architecture = model.network().expect("the kind of a network");
    let parameters = take_parameters(tensors, Members::One)?;
    let width = config.width;
    let refused = |expected: &str| field("width", width.to_string(), expected);
    check_size(model, n_neurons, width).map_err(|_| refused("less, for so many neurons"))?;
    // A network is made before its numbers are put in, and must not be larger than what is there:
    // each has matrices of width × width, and some have one per neuron.
    let largest = |parameter: &SavedParameter| parameter.values.len();
    let largest = parameters.iter().map(largest).max().unwrap_or(0);
    if largest < width * width {
        return Err(refused("that of the parameters"));
    }
    if model == ForecastModel::NodeMlp && largest < n_neurons * width * width {
        return Err(refused("that of the parameters of every neuron"));
    }
    let statistics = take_statistics(tensors)?;
    let sizes = Dimensions { n_neurons, n_features: N_FEATURES, n_classes: 0 };
    let machine = Machine::default();
    let device = machine.plain().clone();
    let of_network = [n_neurons, N_FEATURES];
    let visitor = LoadForecaster { parameters, statistics, sizes: of_network, machine };
    let mut rngs = [ChaCha8Rng::seed_from_u64(0)];
    // What it is initialised with is replaced; edges from outside are among its parameters.
    let adjacency = Some(vec![0.; n_neurons * n_neurons].into());
    let inputs = NetworkInputs { sizes, adjacency, classes: None };
    let network = architecture.init_with(config, inputs, &mut rngs, &device, visitor)?;
    let corrected = match config.residual_of {
        ResidualOf::Copy => None,
        ResidualOf::Linear => {
            let sizes = ForecasterSizes { n_neurons, n_features: N_FEATURES };
            let arrays = tensors.take_all_f64(CORRECTED)?;
            Some(DirectForecast::Linear.restore(&arrays, sizes)?)
        }
    };
    Ok(FittedForecaster(AnyForecaster::Network { network, config, corrected }))
}
