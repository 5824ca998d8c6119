//! Initial weights: Xavier-normal matrices and constant vectors, one generator per replica, so
//! that a replica's weights do not depend on how wide its cohort is.

use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};
use rand::Rng;
use rand_distr::{Distribution, Normal};

/// The scripts' bias.
pub(crate) const BIAS: f32 = 0.1;

/// `[replica, n_in, n_out]`, normal with variance `2 / (n_in + n_out)`; each replica draws from
/// its own generator.
pub(crate) fn xavier_normal<R: Rng>(
    n_in: usize,
    n_out: usize,
    rngs: &mut [R],
    device: &Device,
) -> Param<Tensor<3>> {
    let std = (2. / (n_in + n_out) as f64).sqrt();
    let normal = Normal::new(0., std).expect("a positive deviation");
    let n = n_in * n_out;
    let values: Vec<f32> = rngs
        .iter_mut()
        .flat_map(|rng| (0..n).map(|_| normal.sample(rng) as f32).collect::<Vec<_>>())
        .collect();
    let data = TensorData::new(values, [rngs.len(), n_in, n_out]);
    Param::from_tensor(Tensor::from_data(data, device))
}

/// `[replica, width]`, all the same.
pub(crate) fn constant(
    value: f32,
    width: usize,
    n_replicas: usize,
    device: &Device,
) -> Param<Tensor<2>> {
    let data = TensorData::new(vec![value; n_replicas * width], [n_replicas, width]);
    Param::from_tensor(Tensor::from_data(data, device))
}
