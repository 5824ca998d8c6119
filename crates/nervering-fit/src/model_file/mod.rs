//! Model files: safetensors with everything needed to use a model, so that any program can read the
//! numbers and this one can be told what they mean. There is no pickle, nothing in it is code.
//!
//! The metadata has one entry, `nervering`, a JSON object ([`header`]): format and version,
//! architecture, neurons in order, states, derivative, normalisation and interval, and where the
//! model came from. The tensors:
//!
//! | name | type | shape |
//! |---|---|---|
//! | `parameters.<path>` of a network | F32 | its own, without a replica axis |
//! | `parameters.<array>` of another decoder | F64 | its own |
//! | `statistics.<k>.mean`, `.var`, `.over_frames` of a network | F32 | `[unit]`: what it takes over frames, of the training animals |
//! | `normalisation.ranges`, when by training frames | F64 | `[neuron, feature, 2]`: smallest and largest, in the units of the recordings |
//! | `edges` of a network with edges | F32 | `[receiver, sender]`, of the training animals |
//!
//! The file of a forecaster ([`forecaster`]) is alike.
//!
//! A file is loaded all or nothing: each tensor's name, type, shape and finiteness are checked
//! before the model is made, and nothing may be missing or left over. What a file says of its size
//! is checked before anything is allocated.

mod error;
mod forecaster;
mod header;
mod tensors;

pub use error::ModelFileError;

use crate::decoder::{Decoder, HeldNetwork, Load, Model, Seen};
use crate::error::ModelError;
use crate::forecaster::ForecastingModel;
use crate::scaling::Scaling;
use burn::tensor::Device;
use header::Header;
use nervering_grid::write_atomically;
use nervering_models::{
    DecoderArray, DecoderModel, DecoderSizes, Dimensions, DirectDecoder, DirectModel,
    NetworkConfig, NetworkInputs,
};
use nervering_nn::snapshot::SavedParameter;
use nervering_prepare::{N_FEATURES, Ranges};
use nervering_statistics::BatchStatistics;
use nervering_train::NamedArray;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use tensors::{Tensor, Tensors, Values};

/// Bytes of a model file at most; a network of fifteen neurons takes 60 KB.
pub const MAX_MODEL_BYTES: u64 = 64 << 20;
/// Bytes of the header of a model file at most.
pub const MAX_HEADER_BYTES: u64 = 1 << 20;
/// Neurons of a model at most; the hermaphrodite has 302.
pub const MAX_MODEL_NEURONS: usize = 1_000;

const PARAMETERS: &str = "parameters.";
const STATISTICS: &str = "statistics.";
const RANGES: &str = "normalisation.ranges";
const EDGES: &str = "edges";

impl Model {
    /// Writes the model's file; it is there as a whole or not at all.
    ///
    /// # Errors
    /// [`ModelError::File`] for a model with numbers that are not finite, and
    /// [`GridError::Io`](nervering_grid::GridError::Io) when the system refuses.
    pub fn write(&self, path: &Path) -> Result<(), ModelError> {
        let bytes = self.to_bytes().map_err(at(path))?;
        Ok(write_atomically(path, &bytes)?)
    }

    /// Reads a model's file.
    ///
    /// # Errors
    /// [`ModelError::Read`] when the system refuses, [`ModelError::File`] for a file that is no
    /// model's.
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        Self::from_bytes(&read_bytes(path)?).map_err(at(path))
    }

    /// The bytes of the model's file; the same for the same model.
    ///
    /// # Errors
    /// [`ModelFileError`] for a model that could not be loaded again.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelFileError> {
        let mut tensors = Vec::new();
        match &self.decoder {
            Decoder::Network { network, edges } => {
                tensors.extend(tensors_of(network.parameters(), network.statistics()));
                if let Some(edges) = edges {
                    let (name, n) = (EDGES.to_owned(), self.neurons.len());
                    let values = Values::F32(edges.clone());
                    tensors.push(Tensor { name, shape: vec![n, n], values });
                }
            }
            Decoder::Direct(decoder) => {
                tensors.extend(decoder.arrays().into_iter().map(tensor_of));
            }
        }
        if let Scaling::Training(ranges) = &self.scaling {
            tensors.push(ranges_tensor(ranges));
        }
        tensors::to_bytes(tensors, &Header::of(self).text())
    }

    /// A model from the bytes of a file, which may be anything.
    ///
    /// # Errors
    /// [`ModelFileError`] says what is wrong with them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelFileError> {
        let (text, mut tensors) = tensors::from_bytes(bytes)?;
        let header = Header::parse(&text)?.checked()?;
        let n_neurons = header.neurons.len();
        let scaling = header.scaling(|| ranges(&mut tensors, n_neurons))?;
        let n_classes = header.coding.n_classes();
        let decoder = match header.name.model() {
            DecoderModel::Network(config) => {
                let sizes = Dimensions { n_neurons, n_features: N_FEATURES, n_classes };
                network(config, sizes, &mut tensors)?
            }
            DecoderModel::Direct(model) => {
                let sizes = DecoderSizes { n_inputs: n_neurons * N_FEATURES, n_classes };
                Decoder::Direct(direct(model.as_ref(), sizes, &mut tensors)?)
            }
        };
        tensors.check_none_left()?;
        Ok(header.model(scaling, decoder))
    }
}

/// A model of either kind.
#[derive(Debug)]
pub enum SavedModel {
    /// Of behaviour.
    Decoder(Box<Model>),
    /// Of the frames to come.
    Forecaster(Box<ForecastingModel>),
}

impl SavedModel {
    /// Reads a model's file, whichever kind it is of.
    ///
    /// # Errors
    /// As [`Model::read`].
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        let bytes = read_bytes(path)?;
        let text = tensors::from_bytes(&bytes).map_err(at(path))?.0;
        let format = header::format_of(&text).map_err(at(path))?;
        Ok(match format == forecaster::FORMAT {
            true => {
                Self::Forecaster(Box::new(ForecastingModel::from_bytes(&bytes).map_err(at(path))?))
            }
            false => Self::Decoder(Box::new(Model::from_bytes(&bytes).map_err(at(path))?)),
        })
    }
}

/// The bytes of a file, but not of one that is larger than a model's.
fn read_bytes(path: &Path) -> Result<Vec<u8>, ModelError> {
    let mut bytes = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(MAX_MODEL_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|source| ModelError::Read { path: path.to_owned(), source })?;
    Ok(bytes)
}

fn at(path: &Path) -> impl FnOnce(ModelFileError) -> ModelError {
    let path = path.to_owned();
    move |source| ModelError::File { path, source }
}

/// The tensors of a network.
fn tensors_of(parameters: Vec<SavedParameter>, statistics: Vec<NamedArray>) -> Vec<Tensor> {
    let parameter = |SavedParameter { name, shape, values }| {
        let (name, shape) = (format!("{PARAMETERS}{name}"), shape[1..].to_vec());
        Tensor { name, shape, values: Values::F32(values) }
    };
    let statistic = |NamedArray { name, values }: NamedArray| Tensor {
        name,
        shape: vec![values.len()],
        values: Values::F32(values),
    };
    let parameters = parameters.into_iter().map(parameter);
    parameters.chain(statistics.into_iter().map(statistic)).collect()
}

/// A tensor of what is no network.
fn tensor_of(array: DecoderArray) -> Tensor {
    let (name, shape) = (format!("{PARAMETERS}{}", array.name), array.shape);
    Tensor { name, shape, values: Values::F64(array.values) }
}

fn ranges_tensor(ranges: &Ranges) -> Tensor {
    let values: Vec<f64> = ranges.values().iter().flat_map(|&(low, high)| [low, high]).collect();
    let shape = vec![ranges.values().len() / N_FEATURES, N_FEATURES, 2];
    Tensor { name: RANGES.to_owned(), shape, values: Values::F64(values) }
}

/// The ranges of the training frames.
fn ranges(tensors: &mut Tensors, n_neurons: usize) -> Result<Ranges, ModelFileError> {
    let values = tensors.take_f64(RANGES, &[n_neurons, N_FEATURES, 2])?;
    let ranges: Vec<(f64, f64)> = values.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    match ranges.iter().find(|(low, high)| low >= high) {
        Some((low, high)) => {
            let found = format!("a range from {low} to {high}");
            Err(ModelFileError::tensor(RANGES, found, "ranges that ascend"))
        }
        None => Ok(Ranges::from_values(ranges)),
    }
}

fn network(
    config: NetworkConfig,
    sizes: Dimensions,
    tensors: &mut Tensors,
) -> Result<Decoder, ModelFileError> {
    let n = sizes.n_neurons;
    let edges = match tensors.has(EDGES) {
        true => Some(tensors.take_f32(EDGES, &[n, n])?),
        false => None,
    };
    let parameters = take_parameters(tensors)?;
    let statistics = take_statistics(tensors)?;
    // What it is initialised with is replaced; edges from outside are among its parameters.
    let inputs = NetworkInputs { sizes, adjacency: Some(vec![0.; n * n].into()) };
    let mut rngs = [ChaCha8Rng::seed_from_u64(0)];
    let visitor = Load { parameters, statistics, sizes };
    let network = config.init_with(&inputs, &mut rngs, &Device::flex(), visitor)?;
    check_edges(network.as_ref(), edges.is_some(), sizes)?;
    Ok(Decoder::Network { network, edges })
}

/// The parameters of a network, with an axis of the one replica.
fn take_parameters(tensors: &mut Tensors) -> Result<Vec<SavedParameter>, ModelFileError> {
    let parameter = |(name, shape, values)| SavedParameter { name, shape: replica(shape), values };
    Ok(tensors.take_all_f32(PARAMETERS)?.into_iter().map(parameter).collect())
}

/// The statistics of a network, in the order in which it takes them.
fn take_statistics(tensors: &mut Tensors) -> Result<Vec<NamedArray>, ModelFileError> {
    let mut statistics = Vec::new();
    for (name, shape, values) in tensors.take_all_f32(STATISTICS)? {
        if shape != [values.len()] {
            let found = format!("shape {shape:?}");
            return Err(ModelFileError::tensor(&name, found, "one axis"));
        }
        if name.ends_with(".var") && values.iter().any(|&value| value < 0.) {
            return Err(ModelFileError::tensor(&name, "a value below 0", "variances"));
        }
        statistics.push(NamedArray { name: format!("{STATISTICS}{name}"), values });
    }
    statistics.sort_by_key(|array| place(&array.name));
    Ok(statistics)
}

/// The shape with the axis of the one replica.
fn replica(shape: Vec<usize>) -> Vec<usize> {
    std::iter::once(1).chain(shape).collect()
}

/// Edges must be there if the network has some. One frame of zeros shows whether it does.
fn check_edges(
    network: &dyn HeldNetwork,
    found: bool,
    sizes: Dimensions,
) -> Result<(), ModelFileError> {
    let zeros = vec![0.; sizes.n_neurons * sizes.n_features];
    let expected = network
        .edges(&[Seen { features: &zeros, frames: &[0] }], BatchStatistics::Training)
        .is_some();
    let said = |there: bool| if there { "one" } else { "none" };
    match found == expected {
        true => Ok(()),
        false => Err(ModelFileError::tensor(EDGES, said(found), said(expected))),
    }
}

/// Order of `statistics.10.mean` among its like: by number, then by name.
fn place(name: &str) -> (usize, String) {
    let rest = name.strip_prefix(STATISTICS).unwrap_or(name);
    let (number, what) = rest.split_once('.').unwrap_or((rest, ""));
    (number.parse().unwrap_or(usize::MAX), what.to_owned())
}

fn direct(
    model: &dyn DirectModel,
    sizes: DecoderSizes,
    tensors: &mut Tensors,
) -> Result<Box<dyn DirectDecoder>, ModelFileError> {
    let Some(restore) = model.restore() else {
        let expected = "a network, majority, logistic or lda".to_owned();
        return Err(ModelFileError::Field { field: "model", found: "another".into(), expected });
    };
    Ok(restore(&tensors.take_all_f64(PARAMETERS)?, sizes)?)
}
