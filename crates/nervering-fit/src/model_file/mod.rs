//! Model files: safetensors with everything needed to use a model, so that any program can read the
//! numbers and this one can be told what they mean. There is no pickle, nothing in it is code.
//!
//! The metadata has one entry, `nervering`, a JSON object ([`header`]): format and version,
//! architecture, width and activation of a network, what the model does step by step ([`pass`]), neurons in order, states, derivative, normalisation and interval, and where the
//! model came from. The tensors:
//!
//! | name | type | shape |
//! |---|---|---|
//! | `parameters.<path>` of a network | F32 | its own, without a replica axis; of an ensemble `[member, …]` |
//! | `parameters.<array>` of another decoder | F64 | its own |
//! | `statistics.<k>.mean`, `.var`, `.over_frames` of a network | F32 | `[unit]`: what it takes over frames, of the training animals |
//! | `normalisation.ranges`, when by training frames | F64 | `[neuron, feature, 2]`: smallest and largest, in the units of the recordings |
//! | `normalisation.levels`, for a model of signals over time | F64 | `[neuron, 3]`: mean and deviation of the smoothed trace, root mean square of its slope, of the training animals |
//! | `normalisation.interval`, for the same | F64 | `[1]`: mean seconds from frame to frame of the training animals |
//! | `readout.transitions`, `readout.durations`, `readout.weight`, where states are chosen together | F64 | `[from, to]`, `[state, frames]`, `[1]`: probabilities, and what log-probabilities of frames are multiplied by |
//! | `edges` of a network with edges | F32 | `[receiver, sender]`, of the training animals |
//!
//! The file of a forecaster ([`forecaster`]) is alike.
//!
//! A file is loaded all or nothing: each tensor's name, type, shape and finiteness are checked
//! before the model is made, and nothing may be missing or left over. What a file says of its size
//! is checked before anything is allocated.

pub(crate) mod error;
mod forecaster;
mod header;
mod limits;
mod numbers;
mod pass;
mod tensors;

pub use error::ModelFileError;
pub(crate) use numbers::{PARAMETERS, STATISTICS, tensor_of};

use crate::decoder::{Decoder, HeldNetwork, Load, Model, Outputs, Readout, can_be_saved};
use crate::error::ModelError;
use crate::forecaster::ForecastingModel;
use crate::scaling::Scaling;
use crate::signals::n_features;
use header::Header;
use nervering_grid::write_atomically;
use nervering_models::sequence::{Chain, Durations, Structure};
use nervering_models::{
    DecoderModel, DecoderSizes, Dimensions, DirectDecoder, DirectModel, Inputs, NetworkConfig,
    NetworkInputs,
};
use nervering_nn::machine::Machine;
use nervering_prepare::{Levels, N_LEVELS, NeuronLevels};
use nervering_recording::{NeuronName, classes};
use numbers::{
    Members, at, ranges, ranges_tensor, read_bytes, take_parameters, take_statistics, tensors_of,
};
use pass::Pass;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::path::Path;
use tensors::Tensors;
pub(crate) use tensors::{Tensor, Values};

const LEVELS: &str = "normalisation.levels";
const INTERVAL: &str = "normalisation.interval";
const EDGES: &str = "edges";
const TRANSITIONS: &str = "readout.transitions";
const DURATIONS: &str = "readout.durations";
const WEIGHT: &str = "readout.weight";

impl Model {
    /// Writes the model's file; it is there as a whole or not at all.
    ///
    /// # Errors
    /// [`ModelError::CannotBeSaved`] for a decoder that gives no numbers out, [`ModelError::File`] for a
    /// model with numbers that are not finite, and
    /// [`GridError::Io`](nervering_grid::GridError::Io) when the system refuses.
    pub fn write(&self, path: &Path) -> Result<(), ModelError> {
        if !can_be_saved(self.name) {
            return Err(ModelError::CannotBeSaved { model: self.name });
        }
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
        let mut tensors = self.tensors();
        if let Decoder::Network { edges: Some(edges), .. } = &self.decoder {
            let (name, n) = (EDGES.to_owned(), self.neurons.len());
            let values = Values::F32(edges.clone());
            tensors.push(Tensor { name, shape: vec![n, n], values });
        }
        match &self.scaling {
            Scaling::Training(ranges) => tensors.push(ranges_tensor(ranges)),
            Scaling::Signals(signals) => {
                tensors.push(levels_tensor(&signals.levels));
                let values = Values::F64(vec![signals.interval_s]);
                tensors.push(Tensor { name: INTERVAL.to_owned(), shape: vec![1], values });
            }
            Scaling::WholeRecording | Scaling::Causal => {}
        }
        if let Some(readout) = &self.readout {
            tensors.extend(readout_tensors(readout));
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
        let scaling = match header.name.inputs() {
            Inputs::Frames => header.scaling(|| ranges(&mut tensors, n_neurons))?,
            inputs => {
                let interval_s = tensors.take_f64(INTERVAL, &[1])?[0];
                if interval_s <= 0. {
                    let found = interval_s.to_string();
                    return Err(ModelFileError::tensor(INTERVAL, found, "seconds above 0"));
                }
                header.signals(inputs, levels(&mut tensors, n_neurons)?, interval_s)
            }
        };
        let n_classes = header.coding.n_classes();
        let decoder = match header.name.model() {
            DecoderModel::Network(config) => {
                let (name, coding) = (header.name, &header.network_coding);
                let n_features = n_features(name.inputs());
                let sizes = Dimensions { n_neurons, n_features, n_classes: coding.n_classes() };
                let outputs = Outputs::new(name, coding, &header.coding);
                let config = config.with(header.choices);
                network(config, &header.neurons, sizes, outputs, &mut tensors)?
            }
            DecoderModel::Direct(model) => {
                let n_inputs = n_neurons * n_features(header.name.inputs());
                let sizes = DecoderSizes { n_inputs, n_classes };
                Decoder::Direct(direct(model.as_ref(), sizes, &mut tensors)?)
            }
        };
        let readout = match header.structure {
            Structure::Frames => None,
            structure => Some(readout(structure, n_classes, &mut tensors)?),
        };
        tensors.check_none_left()?;
        let (model, pass) = header.model(scaling, decoder, readout);
        model.pass().check(&pass)?;
        Ok(model)
    }
}

impl Model {
    /// What its pass names.
    pub(crate) fn tensors(&self) -> Vec<Tensor> {
        match &self.decoder {
            Decoder::Network { network, .. } => {
                tensors_of(network.parameters(), network.statistics(), Members::of(self.name))
            }
            Decoder::Direct(decoder) => decoder.arrays().into_iter().map(tensor_of).collect(),
        }
    }

    /// What it does, from the features of frames to log-probabilities.
    fn pass(&self) -> Pass {
        match &self.decoder {
            Decoder::Network { network, .. } => {
                Pass::new(&network.written()).of_members(self.name.members())
            }
            Decoder::Direct(decoder) => Pass::new(&decoder.written()),
        }
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

fn levels_tensor(levels: &Levels) -> Tensor {
    let of_neurons = levels.of_neurons();
    let values = of_neurons.iter().flat_map(|levels| levels.values()).collect();
    let shape = vec![of_neurons.len(), N_LEVELS];
    Tensor { name: LEVELS.to_owned(), shape, values: Values::F64(values) }
}

/// The levels of the training animals.
fn levels(tensors: &mut Tensors, n_neurons: usize) -> Result<Levels, ModelFileError> {
    let values = tensors.take_f64(LEVELS, &[n_neurons, N_LEVELS])?;
    let of_neurons =
        values.as_chunks::<N_LEVELS>().0.iter().map(|&of| NeuronLevels::from_values(of));
    let of_neurons: Vec<NeuronLevels> = of_neurons.collect();
    let is_sound = |of: &NeuronLevels| of.deviation > 0. && of.slope > 0. && of.low <= of.high;
    match of_neurons.iter().find(|of| !is_sound(of)) {
        Some(of) => {
            let found = format!("{:?}", of.values());
            let expected = "a deviation and a slope above 0, and percentiles in order";
            Err(ModelFileError::tensor(LEVELS, found, expected))
        }
        None => Ok(Levels::from_neurons(of_neurons)),
    }
}

fn readout_tensors(readout: &Readout) -> [Tensor; 3] {
    let Chain { transitions, durations, weight } = &readout.chain;
    let n = durations.len();
    let longest = durations.iter().map(Durations::longest).max().unwrap_or(0);
    let of_state = |durations: &Durations| {
        let mut probabilities = durations.probabilities();
        probabilities.resize(longest, 0.);
        probabilities
    };
    let lasting = durations.iter().flat_map(of_state).collect();
    let following = transitions.iter().map(|log| log.exp()).collect();
    let tensor = |name: &str, shape: Vec<usize>, values: Vec<f64>| Tensor {
        name: name.to_owned(),
        shape,
        values: Values::F64(values),
    };
    [
        tensor(TRANSITIONS, vec![n, n], following),
        tensor(DURATIONS, vec![n, longest], lasting),
        tensor(WEIGHT, vec![1], vec![*weight]),
    ]
}

/// How states follow each other.
fn readout(
    structure: Structure,
    n_classes: usize,
    tensors: &mut Tensors,
) -> Result<Readout, ModelFileError> {
    let transitions = tensors.take_f64(TRANSITIONS, &[n_classes, n_classes])?;
    let (_, durations) = tensors.take_rows_f64(DURATIONS, n_classes)?;
    let weight = tensors.take_f64(WEIGHT, &[1])?[0];
    let chain = Chain::from_probabilities(&transitions, &durations, weight, n_classes);
    let sound = "probabilities of states that follow each other and last";
    let chain = chain.map_err(|found| ModelFileError::tensor(TRANSITIONS, found, sound))?;
    Ok(Readout { structure, chain })
}

fn network(
    config: NetworkConfig,
    neurons: &[NeuronName],
    sizes: Dimensions,
    outputs: Outputs,
    tensors: &mut Tensors,
) -> Result<Decoder, ModelFileError> {
    let n = sizes.n_neurons;
    let edges = match tensors.has(EDGES) {
        true => Some(tensors.take_f32(EDGES, &[n, n])?),
        false => None,
    };
    let members = if outputs.members > 1 { Members::Several } else { Members::One };
    let parameters = take_parameters(tensors, members)?;
    let statistics = take_statistics(tensors)?;
    // What it is initialised with is replaced; edges from outside are among its parameters.
    let (adjacency, classes) = (Some(vec![0.; n * n].into()), Some(classes(neurons).into()));
    let inputs = NetworkInputs { sizes, adjacency, classes };
    let mut rngs = vec![ChaCha8Rng::seed_from_u64(0); outputs.members];
    let machine = Machine::default();
    let device = machine.plain().clone();
    let visitor = Load { parameters, statistics, sizes, outputs, machine };
    let network = config.init_with(&inputs, &mut rngs, &device, visitor)?;
    check_edges(network.as_ref(), edges.is_some())?;
    Ok(Decoder::Network { network, edges })
}

/// Edges must be there if the network has some.
fn check_edges(network: &dyn HeldNetwork, found: bool) -> Result<(), ModelFileError> {
    let expected = network.has_edges();
    let said = |there: bool| if there { "one" } else { "none" };
    match found == expected {
        true => Ok(()),
        false => Err(ModelFileError::tensor(EDGES, said(found), said(expected))),
    }
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
