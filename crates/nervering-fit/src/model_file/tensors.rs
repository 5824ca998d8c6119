//! The tensors of a model file: [`to_bytes`] and [`from_bytes`], and [`Tensors`], from which they
//! are taken one by one, each checked as it is taken.
//!
//! The header holds the SHA-256 of the file as it would be with [`NO_CHECKSUM`] in that place. On reading, the
//! file is written again from what was understood of it: it must come out to the byte, so that nothing in it
//! can be other than it was, stand there twice, or be passed over.

use super::error::ModelFileError;
use super::limits::{MAX_HEADER_BYTES, MAX_MODEL_BYTES};
use nervering_grid::hex;
use nervering_models::DecoderArray;
use safetensors::tensor::{Dtype, SafeTensors, View, serialize};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// What stands in the place of the checksum while it is taken.
pub(super) const NO_CHECKSUM: &str =
    "0000000000000000000000000000000000000000000000000000000000000000";
/// What stands before the checksum in a header; no text in it can hold a bare quotation mark.
const CHECKSUM: &str = "\"checksum\":\"";

/// Entry of the metadata.
const ENTRY: &str = "nervering";

/// Numbers with a name and a shape.
pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Values,
}

/// Row-major.
pub(crate) enum Values {
    F32(Vec<f32>),
    F64(Vec<f64>),
}

/// Tensors of a file that have not been taken yet, by name.
pub(super) struct Tensors(BTreeMap<String, Untaken>);

struct Untaken {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl View for &Untaken {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// A safetensors file with `header` as its metadata.
///
/// # Errors
/// [`ModelFileError`] for numbers that are not finite, and tensors that make no file.
pub(super) fn to_bytes(tensors: Vec<Tensor>, header: &str) -> Result<Vec<u8>, ModelFileError> {
    let mut untaken = Vec::with_capacity(tensors.len());
    for Tensor { name, shape, values } in tensors {
        let (dtype, bytes, finite) = match values {
            Values::F32(values) => (
                Dtype::F32,
                values.iter().flat_map(|value| value.to_le_bytes()).collect(),
                values.iter().all(|value| value.is_finite()),
            ),
            Values::F64(values) => (
                Dtype::F64,
                values.iter().flat_map(|value| value.to_le_bytes()).collect(),
                values.iter().all(|value| value.is_finite()),
            ),
        };
        if !finite {
            return Err(not_finite(&name));
        }
        untaken.push((name, Untaken { dtype, shape, bytes }));
    }
    let (unsigned, _) = without_checksum(header).ok_or(ModelFileError::NotAModel)?;
    let checksum = hex(&Sha256::digest(serialized(&untaken, &unsigned)?));
    let signed =
        unsigned.replacen(&format!("{CHECKSUM}{NO_CHECKSUM}"), &format!("{CHECKSUM}{checksum}"), 1);
    serialized(&untaken, &signed)
}

/// The bytes of a file, the same for the same tensors and header.
fn serialized(tensors: &[(String, Untaken)], header: &str) -> Result<Vec<u8>, ModelFileError> {
    // One entry: a map of several would have no order.
    let metadata = HashMap::from([(ENTRY.to_owned(), header.to_owned())]);
    let views = tensors.iter().map(|(name, tensor)| (name, tensor));
    serialize(views, Some(metadata)).map_err(ModelFileError::NotSafetensors)
}

/// A header with [`NO_CHECKSUM`], and the checksum that stood there; none where it has none.
fn without_checksum(header: &str) -> Option<(String, String)> {
    let begin = header.find(CHECKSUM)? + CHECKSUM.len();
    let checksum = header.get(begin..begin + NO_CHECKSUM.len())?.to_owned();
    let rest = &header[begin + NO_CHECKSUM.len()..];
    Some((format!("{}{NO_CHECKSUM}{rest}", &header[..begin]), checksum))
}

fn check_unaltered(
    bytes: &[u8],
    tensors: &[(String, Untaken)],
    header: &str,
) -> Result<(), ModelFileError> {
    // A file of an earlier version has none; its version is what is told then.
    if !header.contains(CHECKSUM) {
        return Ok(());
    }
    // One that is too short is none.
    let (unsigned, stated) = without_checksum(header).ok_or(ModelFileError::Altered)?;
    let found = hex(&Sha256::digest(serialized(tensors, &unsigned)?));
    match found == stated && serialized(tensors, header)? == bytes {
        true => Ok(()),
        false => Err(ModelFileError::Altered),
    }
}

/// The header and the tensors of a file.
///
/// # Errors
/// [`ModelFileError`] for bytes that are no such file.
pub(super) fn from_bytes(bytes: &[u8]) -> Result<(String, Tensors), ModelFileError> {
    if bytes.len() as u64 > MAX_MODEL_BYTES {
        return Err(ModelFileError::TooLarge);
    }
    if let Some(length) = bytes.first_chunk::<8>() {
        let found = u64::from_le_bytes(*length);
        if found > MAX_HEADER_BYTES {
            return Err(ModelFileError::HeaderTooLarge { found });
        }
    }
    let (n_header, metadata) =
        SafeTensors::read_metadata(bytes).map_err(ModelFileError::NotSafetensors)?;
    let entry = metadata.metadata().as_ref().and_then(|entries| entries.get(ENTRY));
    let header = entry.ok_or(ModelFileError::NotAModel)?.clone();
    let (all, data) = (bytes, &bytes[8 + n_header..]);
    let mut tensors = Vec::new();
    for (name, info) in metadata.tensors() {
        let (begin, end) = info.data_offsets;
        let (shape, bytes) = (info.shape.clone(), data[begin..end].to_vec());
        tensors.push((name, Untaken { dtype: info.dtype, shape, bytes }));
    }
    check_unaltered(all, &tensors, &header)?;
    Ok((header, Tensors(tensors.into_iter().collect())))
}

fn not_finite(name: &str) -> ModelFileError {
    ModelFileError::tensor(name, "a number that is not finite", "finite numbers")
}

/// A tensor's name, shape and values.
type Taken<T> = (String, Vec<usize>, Vec<T>);

impl Tensors {
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Takes the tensor of this name, of single precision and this shape.
    pub(super) fn take_f32(
        &mut self,
        name: &str,
        shape: &[usize],
    ) -> Result<Vec<f32>, ModelFileError> {
        self.take(name, shape).and_then(|tensor| tensor.f32s(name))
    }

    /// Takes the tensor of this name, of double precision and this shape.
    pub(super) fn take_f64(
        &mut self,
        name: &str,
        shape: &[usize],
    ) -> Result<Vec<f64>, ModelFileError> {
        self.take(name, shape).and_then(|tensor| tensor.f64s(name))
    }

    /// Takes the tensor of this name, of double precision and so many rows, with their length.
    pub(super) fn take_rows_f64(
        &mut self,
        name: &str,
        n_rows: usize,
    ) -> Result<(usize, Vec<f64>), ModelFileError> {
        let length = match self.0.get(name).map(|tensor| tensor.shape.as_slice()) {
            Some(&[n, length]) if n == n_rows => length,
            Some(shape) => {
                let found = format!("shape {shape:?}");
                return Err(ModelFileError::tensor(name, found, format!("[{n_rows}, …]")));
            }
            None => return Err(ModelFileError::tensor(name, "none", "one")),
        };
        Ok((length, self.take_f64(name, &[n_rows, length])?))
    }

    /// Takes all of single precision whose names begin so, without the beginning.
    pub(super) fn take_all_f32(&mut self, prefix: &str) -> Result<Vec<Taken<f32>>, ModelFileError> {
        let all = self.take_all(prefix).into_iter();
        let taken = all.map(|(name, tensor)| {
            let values = tensor.f32s(&name)?;
            Ok((name[prefix.len()..].to_owned(), tensor.shape, values))
        });
        taken.collect()
    }

    /// Takes all of double precision whose names begin so, without the beginning.
    pub(super) fn take_all_f64(
        &mut self,
        prefix: &str,
    ) -> Result<Vec<DecoderArray>, ModelFileError> {
        let all = self.take_all(prefix).into_iter();
        let taken = all.map(|(name, tensor)| {
            let values = tensor.f64s(&name)?;
            let name = name[prefix.len()..].to_owned();
            Ok(DecoderArray { name, shape: tensor.shape, values })
        });
        taken.collect()
    }

    /// Checks that every tensor has been taken.
    pub(super) fn check_none_left(&self) -> Result<(), ModelFileError> {
        match self.0.keys().next() {
            Some(name) => {
                Err(ModelFileError::tensor(name, "it", "only what the model consists of"))
            }
            None => Ok(()),
        }
    }

    fn take(&mut self, name: &str, shape: &[usize]) -> Result<Untaken, ModelFileError> {
        let Some(tensor) = self.0.remove(name) else {
            return Err(ModelFileError::tensor(name, "none", "one"));
        };
        if tensor.shape != shape {
            let found = format!("shape {:?}", tensor.shape);
            return Err(ModelFileError::tensor(name, found, format!("{shape:?}")));
        }
        Ok(tensor)
    }

    fn take_all(&mut self, prefix: &str) -> Vec<(String, Untaken)> {
        self.0.extract_if(.., |name, _| name.starts_with(prefix)).collect()
    }
}

impl Untaken {
    fn f32s(&self, name: &str) -> Result<Vec<f32>, ModelFileError> {
        self.check(name, Dtype::F32)?;
        let (values, _) = self.bytes.as_chunks::<4>();
        let values: Vec<f32> = values.iter().map(|value| f32::from_le_bytes(*value)).collect();
        let finite = values.iter().all(|value| value.is_finite());
        if finite { Ok(values) } else { Err(not_finite(name)) }
    }

    fn f64s(&self, name: &str) -> Result<Vec<f64>, ModelFileError> {
        self.check(name, Dtype::F64)?;
        let (values, _) = self.bytes.as_chunks::<8>();
        let values: Vec<f64> = values.iter().map(|value| f64::from_le_bytes(*value)).collect();
        let finite = values.iter().all(|value| value.is_finite());
        if finite { Ok(values) } else { Err(not_finite(name)) }
    }

    fn check(&self, name: &str, expected: Dtype) -> Result<(), ModelFileError> {
        match self.dtype == expected {
            true => Ok(()),
            false => {
                let (found, expected) = (self.dtype.to_string(), expected.to_string());
                Err(ModelFileError::tensor(name, found, expected))
            }
        }
    }
}
