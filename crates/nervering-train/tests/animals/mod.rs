//! Two small animals and the folds that replicas see of them.

use burn::tensor::Device;
use nervering_models::{Dimensions, NetworkInputs};
use nervering_train::{Batch, BatchRows, Cohort};

pub const N_NEURONS: usize = 3;
pub const N_FRAMES: usize = 90;
pub const SIZES: Dimensions = Dimensions { n_neurons: N_NEURONS, n_features: 2, n_classes: 2 };

/// Two animals whose state is whether the first neuron is above a half, one unknown in seven.
pub fn animals() -> Vec<(Vec<f32>, Vec<Option<u8>>)> {
    animals_of(N_FRAMES)
}

/// The same of so many frames.
pub fn animals_of(n_frames: usize) -> Vec<(Vec<f32>, Vec<Option<u8>>)> {
    (0..2)
        .map(|animal| {
            let x: Vec<f32> = (0..n_frames * N_NEURONS * 2)
                .map(|k| ((k * k + animal) as f32 * 0.731).sin().abs())
                .collect();
            let label = |frame: usize| {
                (!frame.is_multiple_of(7)).then_some(u8::from(x[frame * N_NEURONS * 2] > 0.5))
            };
            let labels = (0..n_frames).map(label).collect();
            (x, labels)
        })
        .collect()
}

/// Each replica leaves out other frames, and not the same number.
pub fn frames(replica: usize) -> (Vec<usize>, Vec<usize>) {
    (0..N_FRAMES).partition(|frame| frame / 8 % 4 != replica && frame % 10 != replica)
}

pub fn cohort(replicas: &[usize]) -> Cohort {
    let of = |part: fn(usize) -> Vec<usize>, device: &Device| {
        animals()
            .iter()
            .map(|(features, labels)| {
                let frames: Vec<_> = replicas.iter().map(|&r| part(r)).collect();
                let rows = frames.iter().map(|frames| BatchRows { features, labels, frames });
                Batch::new(&rows.collect::<Vec<_>>(), N_NEURONS, 2, device)
            })
            .collect()
    };
    Cohort {
        train: of(|r| frames(r).0, &Device::flex().autodiff()),
        validation: of(|r| frames(r).1, &Device::flex()),
    }
}

/// What networks are made from, a connectome among it.
pub fn inputs() -> NetworkInputs {
    let adjacency = [0.5, 0.5, 0., 0., 1., 0., 0.25, 0.25, 0.5];
    let classes = (0..N_NEURONS).map(|neuron| neuron / 2).collect();
    NetworkInputs { sizes: SIZES, adjacency: Some(adjacency.into()), classes: Some(classes) }
}
