//! Models that are fitted in a moment, damage to their files, and recordings that go on otherwise.

// Each test binary uses its own part of this file.
#![allow(dead_code)]

use nervering_fit::{
    ForecastingModelConfig, GivenConnectome, Hyperparameters, Machine, ModelConfig, ModelName,
    Protocol, Structure, can_be_saved,
};
use nervering_models::trajectory::TrajectoryConfig;
use nervering_models::{ForecastModel, Loss};
use nervering_recording::{
    Connection, ConnectionKind, Connectome, NeuronName, NeuronSet, Recording, StateCoding, Traces,
    Weighting,
};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;

/// From the first neuron to the second.
pub fn one_edge(neurons: &[NeuronName]) -> GivenConnectome {
    let edge = Connection {
        pre: neurons[0].clone(),
        post: neurons[1].clone(),
        kind: ConnectionKind::Chemical,
        weight: 2.,
    };
    GivenConnectome {
        name: "one edge".into(),
        connectome: Arc::new(Connectome::new(vec![edge]).unwrap()),
        kinds: vec![ConnectionKind::Chemical],
        weighting: Weighting::RowNormalised,
    }
}

/// A decoder of some neurons, trained for two epochs.
pub fn decoder(model: ModelName, neurons: &[NeuronName]) -> ModelConfig {
    ModelConfig {
        model,
        neurons: NeuronSet::Names(neurons.to_vec()),
        coding: StateCoding::Four,
        structure: Structure::Frames,
        protocol: Protocol::Strict,
        normalisation: None,
        epochs: 2,
        hyperparameters: Hyperparameters::default(),
        seed: 1,
        connectome: Some(one_edge(neurons)),
        machine: Machine::default(),
    }
}

/// Every decoder that can be saved.
pub fn saved_decoders() -> impl Iterator<Item = ModelName> {
    ModelName::ALL.iter().copied().filter(|&name| can_be_saved(name))
}

/// A forecaster of some neurons; a network is narrow, and trained for two epochs.
pub fn forecaster(model: ForecastModel, neurons: &[NeuronName]) -> ForecastingModelConfig {
    ForecastingModelConfig {
        model,
        neurons: NeuronSet::Names(neurons.to_vec()),
        protocol: Protocol::Strict,
        normalisation: None,
        network: TrajectoryConfig { width: 8, ..TrajectoryConfig::scripts() },
        loss: Loss::SquaredError,
        epochs: 2,
        seed: 1,
        connectome: Some(one_edge(neurons)),
        machine: Machine::default(),
    }
}

/// The same recording with other values from `from` on.
pub fn changed_from(recording: &Recording, from: usize) -> Recording {
    let mut parts = recording.clone().into_parts();
    let (n_frames, n_neurons) = (parts.traces.n_frames(), parts.traces.n_neurons());
    let mut values = vec![0.; n_frames * n_neurons];
    for neuron in 0..n_neurons {
        for (frame, value) in parts.traces.neuron(neuron).enumerate() {
            let moved = if frame < from { value } else { 3. - 2. * value };
            values[frame * n_neurons + neuron] = moved;
        }
    }
    parts.traces = Traces::new(n_frames, n_neurons, values).unwrap();
    Recording::new(parts).unwrap()
}

/// A tensor as it stands in a file.
pub type Parts = Vec<(String, Dtype, Vec<usize>, Vec<u8>)>;

/// The same file with a change to its tensors and to the text of its metadata.
pub fn edited(bytes: &[u8], edit: impl FnOnce(&mut Parts, &mut String)) -> Vec<u8> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).unwrap();
    let mut header = metadata.metadata().as_ref().unwrap()["nervering"].clone();
    let file = SafeTensors::deserialize(bytes).unwrap();
    let mut names: Vec<&str> = file.names();
    names.sort_unstable();
    let part = |name: &str| {
        let tensor = file.tensor(name).unwrap();
        (name.to_owned(), tensor.dtype(), tensor.shape().to_vec(), tensor.data().to_vec())
    };
    let mut parts: Parts = names.into_iter().map(part).collect();
    edit(&mut parts, &mut header);
    signed(&written(&parts, header))
}

fn written(parts: &Parts, header: String) -> Vec<u8> {
    let views = parts.iter().map(|(name, dtype, shape, bytes)| {
        (name.clone(), TensorView::new(*dtype, shape.clone(), bytes).unwrap())
    });
    serialize(views, Some(HashMap::from([("nervering".to_owned(), header)]))).unwrap()
}

/// The same file with the checksum that its content has; a file that has none stays as it is. What the
/// checks behind the checksum make of it is seen only so.
pub fn signed(bytes: &[u8]) -> Vec<u8> {
    const KEY: &str = "\"checksum\":\"";
    let Ok(file) = SafeTensors::deserialize(bytes) else { return bytes.to_vec() };
    let (_, metadata) = SafeTensors::read_metadata(bytes).unwrap();
    let header = metadata.metadata().as_ref().and_then(|entries| entries.get("nervering"));
    let Some(header) = header else { return bytes.to_vec() };
    let place = header.find(KEY).map(|at| at + KEY.len()..at + KEY.len() + 64);
    let Some(place) = place.filter(|place| header.get(place.clone()).is_some()) else {
        return bytes.to_vec();
    };
    let part = |name: &str| {
        let tensor = file.tensor(name).unwrap();
        (name.to_owned(), tensor.dtype(), tensor.shape().to_vec(), tensor.data().to_vec())
    };
    let parts: Parts = file.names().into_iter().map(part).collect();
    let with = |checksum: &str| {
        let mut header = header.clone();
        header.replace_range(place.clone(), checksum);
        written(&parts, header)
    };
    let digest = Sha256::digest(with(&"0".repeat(64)));
    with(&digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// SplitMix64 (Steele, Lea & Flood 2014): a mutation is found again by its number alone.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

/// Damage to a file, three times in four to its header, where the structure is.
pub fn mutated(bytes: &[u8], case: usize) -> Vec<u8> {
    let mut random = Random(case as u64);
    let mut bytes = bytes.to_vec();
    let header = 8 + u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    for _ in 0..1 + random.below(3) {
        let end = if random.below(4) > 0 { header.min(bytes.len()) } else { bytes.len() };
        let at = random.below(end);
        match random.below(6) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = b"0123456789\"[]{},:-e"[random.below(19)],
            2 => {
                let until = (at + 1 + random.below(16)).min(bytes.len());
                bytes[at..until].fill(random.next() as u8);
            }
            3 => {
                let from = random.below(end);
                let length = (1 + random.below(32)).min(bytes.len() - at.max(from));
                bytes.copy_within(from..from + length, at);
            }
            4 => {
                let until = (at + 1 + random.below(32)).min(bytes.len());
                bytes.drain(at..until);
                // The header keeps its promise of a length, or not.
                if random.below(2) == 0 && at >= 8 && until <= header {
                    let length = (header - 8 - (until - at)) as u64;
                    bytes[..8].copy_from_slice(&length.to_le_bytes());
                }
            }
            _ => {
                let digits = bytes[at..end].iter().position(u8::is_ascii_digit);
                if let Some(digit) = digits {
                    bytes[at + digit] = b'0' + random.below(10) as u8;
                }
            }
        }
        if bytes.len() < 9 {
            break;
        }
    }
    bytes
}
