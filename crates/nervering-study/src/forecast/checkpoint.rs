//! Checkpoints of fits that are under way: `checkpoints/<fit>.safetensors` in the study's folder,
//! written atomically now and then and removed once the fit is earned.
//!
//! A file holds weights, best weights and moments as tensors; its metadata says which fit of which
//! study it is of, where the training stands, and the SHA-256 of the numbers. One that is damaged or
//! of another study costs no more than time: it is told as a warning and the fit starts anew.

use nervering_grid::{Context, hex};
use nervering_nn::adam::{AdamState, Moments};
use nervering_nn::snapshot::SavedParameter;
use nervering_train::ForecastCheckpoint;
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Version of the files.
const FORMAT: u32 = 1;
/// Entry of the metadata.
const ENTRY: &str = "nervering-checkpoint";

/// What the metadata say.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    format: u32,
    study: String,
    fit: String,
    /// Of this head, where this field is empty, and of all numbers of all tensors, in their order.
    sha256: String,
    /// Names and shapes of the parameters, in the order of the network's traversal.
    parameters: Vec<(String, Vec<usize>)>,
    adam_step: i32,
    learning_rate: f64,
    /// Nothing before there is a best epoch.
    best_error: Option<f64>,
    best_epoch: usize,
    waited: usize,
    errors_of_epoch: Vec<f64>,
    training_errors: Vec<f64>,
    validation_errors: Vec<f64>,
    /// Decimal digits: JSON's readers differ on numbers as large.
    rng_position: String,
}

/// What the tensors hold of each parameter, in this order.
const PARTS: [&str; 4] = ["weights", "best", "first", "second"];

/// Which fit of which study a checkpoint is of.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place<'a> {
    /// SHA-256 of the study's `study.toml`.
    study: &'a str,
    /// Name of the fit.
    fit: &'a str,
}

impl<'a> Place<'a> {
    fn of(context: &'a Context<'_>) -> Self {
        Self { study: context.study(), fit: context.key() }
    }
}

/// The bytes of a checkpoint.
pub(super) fn to_bytes(context: &Context<'_>, checkpoint: &ForecastCheckpoint) -> Vec<u8> {
    written(&Place::of(context), checkpoint)
}

/// The way back, or in words why they are none of this fit.
pub(super) fn from_bytes(
    context: &Context<'_>,
    bytes: &[u8],
) -> Result<ForecastCheckpoint, String> {
    read(&Place::of(context), bytes)
}

fn written(place: &Place<'_>, checkpoint: &ForecastCheckpoint) -> Vec<u8> {
    let ForecastCheckpoint { weights, best, adam, .. } = checkpoint;
    let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    let mut push = |part: &str, parameter: &SavedParameter, values: &[f32]| {
        let name = format!("{part}/{}", parameter.name);
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        tensors.push((name, parameter.shape.clone(), bytes));
    };
    for (k, parameter) in weights.iter().enumerate() {
        push(PARTS[0], parameter, &parameter.values);
        push(PARTS[1], parameter, &best[k].values);
        if let Some(Moments { first, second, .. }) = adam.moments.get(k) {
            push(PARTS[2], parameter, first);
            push(PARTS[3], parameter, second);
        }
    }
    let mut head = Head {
        format: FORMAT,
        study: place.study.to_owned(),
        fit: place.fit.to_owned(),
        sha256: String::new(),
        parameters: weights.iter().map(|p| (p.name.clone(), p.shape.clone())).collect(),
        adam_step: adam.step,
        learning_rate: checkpoint.learning_rate,
        best_error: Some(checkpoint.best_error).filter(|error| error.is_finite()),
        best_epoch: checkpoint.best_epoch,
        waited: checkpoint.waited,
        errors_of_epoch: checkpoint.errors_of_epoch.clone(),
        training_errors: checkpoint.training_errors.clone(),
        validation_errors: checkpoint.validation_errors.clone(),
        rng_position: checkpoint.rng_position.to_string(),
    };
    let mut hash = head.begun_hash();
    tensors.iter().for_each(|(_, _, bytes)| hash.update(bytes));
    head.sha256 = hex(&hash.finalize());
    let head = head.text();
    let views = tensors.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes);
        (name, view.expect("as many numbers as the shape says"))
    });
    let metadata = HashMap::from([(ENTRY.to_owned(), head)]);
    serialize(views, Some(metadata)).expect("tensors of plain names")
}

fn read(place: &Place<'_>, bytes: &[u8]) -> Result<ForecastCheckpoint, String> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
    let entry = metadata.metadata().as_ref().and_then(|entries| entries.get(ENTRY));
    let entry = entry.ok_or("it is no checkpoint of this program")?;
    let mut head: Head = serde_json::from_str(entry).map_err(|error| error.to_string())?;
    if head.format != FORMAT {
        return Err(format!("found format {}, expected {FORMAT}", head.format));
    }
    if (head.study.as_str(), head.fit.as_str()) != (place.study, place.fit) {
        return Err(format!("it is of the fit {:?} of another study or folder", head.fit));
    }
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
    let written = std::mem::take(&mut head.sha256);
    let mut hash = head.begun_hash();
    let mut take = |part: &str, (name, shape): &(String, Vec<usize>)| -> Result<_, String> {
        let tensor = tensors.tensor(&format!("{part}/{name}")).map_err(|e| e.to_string())?;
        if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
            return Err(format!("found {part} of {name:?} of another type or shape"));
        }
        hash.update(tensor.data());
        let numbers = tensor.data().chunks_exact(4);
        let value = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().expect("four bytes"));
        let values: Vec<f32> = numbers.map(value).collect();
        Ok(SavedParameter { name: name.clone(), shape: shape.clone(), values })
    };
    let (mut weights, mut best, mut moments) = (Vec::new(), Vec::new(), Vec::new());
    for parameter in &head.parameters {
        weights.push(take(PARTS[0], parameter)?);
        best.push(take(PARTS[1], parameter)?);
        if head.adam_step > 0 {
            let (first, second) = (take(PARTS[2], parameter)?, take(PARTS[3], parameter)?);
            let shape = [1, first.values.len()];
            moments.push(Moments { shape, first: first.values, second: second.values });
        }
    }
    if hex(&hash.finalize()) != written {
        return Err("its numbers are not those that were written".to_owned());
    }
    Ok(ForecastCheckpoint {
        weights,
        best,
        adam: AdamState { step: head.adam_step, moments },
        learning_rate: head.learning_rate,
        best_error: head.best_error.unwrap_or(f64::INFINITY),
        best_epoch: head.best_epoch,
        waited: head.waited,
        errors_of_epoch: head.errors_of_epoch,
        training_errors: head.training_errors,
        validation_errors: head.validation_errors,
        rng_position: head.rng_position.parse().map_err(|_| "its generator has no place")?,
    })
}

impl Head {
    fn text(&self) -> String {
        serde_json::to_string(self).expect("a head is plain data")
    }

    /// The hash, begun with what the head says.
    fn begun_hash(&self) -> Sha256 {
        let mut hash = Sha256::new();
        hash.update(self.text());
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place<'static> {
        Place { study: "a study", fit: "paper-gnn-1+2" }
    }

    fn checkpoint() -> ForecastCheckpoint {
        let parameter = |name: &str, at: f32| SavedParameter {
            name: name.to_owned(),
            shape: vec![1, 2, 3],
            values: (0..6).map(|k| k as f32 / 7. + at).collect(),
        };
        let moments = |at: f32| Moments {
            shape: [1, 6],
            first: parameter("", at).values,
            second: vec![f32::MIN_POSITIVE / 8.; 6],
        };
        ForecastCheckpoint {
            weights: vec![parameter("b", 0.), parameter("a", f32::NAN)],
            best: vec![parameter("b", 2.), parameter("a", 3.)],
            adam: AdamState { step: 3, moments: vec![moments(4.), moments(5.)] },
            learning_rate: 2.5e-4,
            best_error: f64::INFINITY,
            best_epoch: 0,
            waited: 3,
            errors_of_epoch: vec![0.1],
            training_errors: vec![1. / 3.],
            validation_errors: vec![0.7],
            rng_position: u128::MAX / 3,
        }
    }

    #[test]
    fn a_checkpoint_reads_back_to_the_bit() {
        let bytes = written(&place(), &checkpoint());
        let again = read(&place(), &bytes).unwrap();
        // Not a number is not equal to itself: compare what is written.
        assert_eq!(written(&place(), &again), bytes);
        assert_eq!(again.best, checkpoint().best);
        assert_eq!(again.rng_position, checkpoint().rng_position);
    }

    #[test]
    fn every_truncation_and_every_changed_byte_is_told() {
        let bytes = written(&place(), &checkpoint());
        for length in 0..bytes.len() {
            assert!(read(&place(), &bytes[..length]).is_err(), "{length} bytes");
        }
        // Of two spellings of one number or letter neither is wrong.
        let same = written(&place(), &checkpoint());
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            if let Ok(found) = read(&place(), &damaged) {
                assert_eq!(written(&place(), &found), same, "byte {at}");
            }
        }
    }

    #[test]
    fn a_checkpoint_of_another_fit_is_told() {
        let bytes = written(&place(), &checkpoint());
        for other in
            [Place { study: "another", ..place() }, Place { fit: "paper-gnn-1+3", ..place() }]
        {
            let reason = read(&other, &bytes).unwrap_err();
            assert!(reason.contains("another study"), "{reason}");
        }
    }
}
