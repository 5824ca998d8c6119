//! Initial weights: Xavier-normal matrices and constant vectors, one generator per replica, so
//! that a replica's weights do not depend on how wide its cohort is.

use burn::module::{Param, ParamId};
use burn::tensor::{Device, Tensor, TensorData};
use rand::Rng;
use rand_distr::{Distribution, Normal};

/// The scripts' bias.
pub const BIAS: f32 = 0.1;

/// `[replica, n_in, n_out]`, normal with variance `2 / (n_in + n_out)`; each replica draws from
/// its own generator.
pub fn xavier_normal<R: Rng>(
    n_in: usize,
    n_out: usize,
    rngs: &mut [R],
    device: &Device,
) -> Param<Tensor<3>> {
    normal([n_in, n_out], (2. / (n_in + n_out) as f64).sqrt(), rngs, device)
}

/// `[replica, n_in, n_out]`, normal with the given deviation.
pub fn normal<R: Rng>(
    [n_in, n_out]: [usize; 2],
    std: f64,
    rngs: &mut [R],
    device: &Device,
) -> Param<Tensor<3>> {
    let values = draw(n_in * n_out, std, rngs);
    of_values(values, [rngs.len(), n_in, n_out], device)
}

/// As [`xavier_normal`] for so many matrices of each replica, `[replica, node, n_in, n_out]`.
pub(crate) fn xavier_normal_of_nodes<R: Rng>(
    n_nodes: usize,
    n_in: usize,
    n_out: usize,
    rngs: &mut [R],
    device: &Device,
) -> Param<Tensor<4>> {
    let std = (2. / (n_in + n_out) as f64).sqrt();
    let values = draw(n_nodes * n_in * n_out, std, rngs);
    of_values(values, [rngs.len(), n_nodes, n_in, n_out], device)
}

/// `n` numbers of each generator.
fn draw<R: Rng>(n: usize, std: f64, rngs: &mut [R]) -> Vec<f32> {
    let normal = Normal::new(0., std).expect("a positive deviation");
    let mut values = Vec::with_capacity(rngs.len() * n);
    for rng in rngs {
        values.extend((0..n).map(|_| normal.sample(rng) as f32));
    }
    values
}

/// `[replica, width]`, all the same.
pub fn constant(value: f32, width: usize, n_replicas: usize, device: &Device) -> Param<Tensor<2>> {
    of_values(vec![value; n_replicas * width], [n_replicas, width], device)
}

/// `[replica, n, n]`, zeros that training moves.
pub fn free(n: usize, n_replicas: usize, device: &Device) -> Param<Tensor<3>> {
    of_values(vec![0.; n_replicas * n * n], [n_replicas, n, n], device)
}

/// Row-major values, replica axis first.
pub(crate) fn of_values<const D: usize>(
    values: Vec<f32>,
    shape: [usize; D],
    device: &Device,
) -> Param<Tensor<D>> {
    Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), device))
}

/// Row-major values, replica axis first, that belong to the network but that training leaves alone.
pub fn untrained<const D: usize>(
    values: Vec<f32>,
    shape: [usize; D],
    device: &Device,
) -> Param<Tensor<D>> {
    Param::initialized(ParamId::new(), Tensor::from_data(TensorData::new(values, shape), device))
}
