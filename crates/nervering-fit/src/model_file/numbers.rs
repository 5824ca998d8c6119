//! What the files of decoders and of forecasters have alike: how their bytes are read, and the tensors of parameters,
//! statistics and ranges.

use super::error::ModelFileError;
use super::limits::MAX_MODEL_BYTES;
use super::tensors::{Tensor, Tensors, Values};
use crate::error::ModelError;
use nervering_models::{DecoderArray, ModelName};
use nervering_nn::snapshot::SavedParameter;
use nervering_prepare::{N_FEATURES, Ranges};
use nervering_train::NamedArray;
use std::fs::File;
use std::io::Read;
use std::path::Path;

pub(crate) const PARAMETERS: &str = "parameters.";

pub(crate) const STATISTICS: &str = "statistics.";

const RANGES: &str = "normalisation.ranges";

/// The bytes of a file, but not of one that is larger than a model's.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, ModelError> {
    let mut bytes = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(MAX_MODEL_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|source| ModelError::Read { path: path.to_owned(), source })?;
    Ok(bytes)
}

pub(super) fn at(path: &Path) -> impl FnOnce(ModelFileError) -> ModelError {
    let path = path.to_owned();
    move |source| ModelError::File { path, source }
}

/// Whether the parameters of a network have an axis of the members of an ensemble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Members {
    /// One network.
    One,
    /// An ensemble.
    Several,
}

impl Members {
    pub(super) fn of(model: ModelName) -> Self {
        if model.members() > 1 { Self::Several } else { Self::One }
    }
}

/// The tensors of a network.
pub(super) fn tensors_of(
    parameters: Vec<SavedParameter>,
    statistics: Vec<NamedArray>,
    members: Members,
) -> Vec<Tensor> {
    let parameter = |SavedParameter { name, shape, values }| {
        let shape = match members {
            Members::One => shape[1..].to_vec(),
            Members::Several => shape,
        };
        let name = format!("{PARAMETERS}{name}");
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
pub(crate) fn tensor_of(array: DecoderArray) -> Tensor {
    let (name, shape) = (format!("{PARAMETERS}{}", array.name), array.shape);
    Tensor { name, shape, values: Values::F64(array.values) }
}

pub(super) fn ranges_tensor(ranges: &Ranges) -> Tensor {
    let values: Vec<f64> = ranges.values().iter().flat_map(|&(low, high)| [low, high]).collect();
    let shape = vec![ranges.values().len() / N_FEATURES, N_FEATURES, 2];
    Tensor { name: RANGES.to_owned(), shape, values: Values::F64(values) }
}

/// The ranges of the training frames.
pub(super) fn ranges(tensors: &mut Tensors, n_neurons: usize) -> Result<Ranges, ModelFileError> {
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

/// The parameters of a network, with an axis of its replicas.
pub(super) fn take_parameters(
    tensors: &mut Tensors,
    members: Members,
) -> Result<Vec<SavedParameter>, ModelFileError> {
    let parameter = |(name, shape, values)| {
        let shape = match members {
            Members::One => replica(shape),
            Members::Several => shape,
        };
        SavedParameter { name, shape, values }
    };
    Ok(tensors.take_all_f32(PARAMETERS)?.into_iter().map(parameter).collect())
}

/// The statistics of a network, in the order in which it takes them.
pub(super) fn take_statistics(tensors: &mut Tensors) -> Result<Vec<NamedArray>, ModelFileError> {
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

/// Order of `statistics.10.mean` among its like: by number, then by name.
fn place(name: &str) -> (usize, String) {
    let rest = name.strip_prefix(STATISTICS).unwrap_or(name);
    let (number, what) = rest.split_once('.').unwrap_or((rest, ""));
    (number.parse().unwrap_or(usize::MAX), what.to_owned())
}
