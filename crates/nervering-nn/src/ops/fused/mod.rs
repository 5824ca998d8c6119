//! The operations as kernels on `burn`'s CPU backend, one per file, each with a hand-written
//! backward pass through `burn`'s backend extension. One subject: carrying slices of each replica
//! between tensors and kernels, in a fixed order, on the calling thread.

mod block;
mod encoded;
mod linear;
mod lstm;
mod mix;
mod nll;
mod temporal;

pub(super) use block::{edge_block, mlp_block};
pub(super) use encoded::encoded_block;
pub(super) use linear::linear_of_frames;
pub(super) use lstm::lstm_cell;
pub(super) use mix::mix;
pub(super) use nll::{Targets, linear_nll};
pub(super) use temporal::temporal_block;

use burn::backend::Flex;
use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::flex::FlexTensor;
use burn::tensor::{Device, Shape, TensorData};

/// Whether tensors of this device are those of the CPU backend that the kernels read.
pub(super) fn runs_on(device: &Device) -> bool {
    let device = device.clone();
    let plain = if device.is_autodiff() { device.inner() } else { device };
    plain == Device::flex()
}

fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape.into()))
}

fn slice(t: &FlexTensor) -> &[f32] {
    t.as_slice::<f32>().expect("contiguous float32")
}

/// The part of `values` that belongs to one of `n` replicas.
fn replica(values: &[f32], n: usize, r: usize) -> &[f32] {
    let len = values.len() / n;
    &values[r * len..(r + 1) * len]
}

/// Registers the gradients of those inputs that ask for one.
fn register<const N: usize>(
    grads: &mut Gradients,
    parents: [Option<NodeId>; N],
    gradients: [Option<FlexTensor>; N],
) {
    for (node, gradient) in parents.into_iter().zip(gradients) {
        if let (Some(node), Some(gradient)) = (node, gradient) {
            grads.register::<Flex>(node, gradient);
        }
    }
}
