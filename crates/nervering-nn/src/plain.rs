//! For small networks whose passes are written out over plain slices: the activation [`gelu`] with its
//! slope, and [`FlatAdam`], the optimiser of a single vector of parameters.

use crate::adam::{BETA_1, BETA_2, EPSILON};
use crate::kernel::{gelu as kernel, simd::InstructionSet};

/// Every number of `values` becomes its Gaussian error linear unit, in the form with a hyperbolic tangent
/// (Hendrycks & Gimpel 2016; `approximate="tanh"` in PyTorch), and of `slopes` the slope there.
///
/// # Panics
/// When there are not as many slopes as values.
pub fn gelu(values: &mut [f32], slopes: &mut [f32]) {
    assert_eq!(values.len(), slopes.len(), "a slope for every value");
    kernel::gelu(InstructionSet::detect(), values, slopes);
}

/// Adam with weight decay apart from the gradient (AdamW, Loshchilov & Hutter 2019) on one vector of
/// parameters: the steps of [`crate::adam::Adam::decoupled`].
#[derive(Debug, Clone)]
pub struct FlatAdam {
    weight_decay: f64,
    step: i32,
    /// Means of the gradients and of their squares.
    moments: Vec<[f32; 2]>,
}

impl FlatAdam {
    /// No steps taken, for so many parameters. They decay by the rate times `weight_decay` at every step.
    pub fn new(n_parameters: usize, weight_decay: f64) -> Self {
        Self { weight_decay, step: 0, moments: vec![[0.; 2]; n_parameters] }
    }

    /// One step at this rate.
    ///
    /// # Panics
    /// When there are not as many parameters and gradients as there are moments.
    pub fn step(&mut self, parameters: &mut [f32], gradients: &[f32], rate: f64) {
        let n = self.moments.len();
        assert_eq!([parameters.len(), gradients.len()], [n; 2], "parameters and gradients");
        self.step += 1;
        let correction_1 = 1. - f64::from(BETA_1).powi(self.step);
        let correction_2 = (1. - f64::from(BETA_2).powi(self.step)).sqrt();
        let size = (rate * correction_2 / correction_1) as f32;
        let epsilon = (f64::from(EPSILON) * correction_2) as f32;
        let decay = (1. - rate * self.weight_decay) as f32;
        for ((p, g), [m, v]) in parameters.iter_mut().zip(gradients).zip(&mut self.moments) {
            *m = BETA_1 * *m + (1. - BETA_1) * g;
            *v = BETA_2 * *v + (1. - BETA_2) * g * g;
            *p = *p * decay - size * *m / (v.sqrt() + epsilon);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adam::Adam;
    use crate::linear::Linear;
    use crate::snapshot::Snapshot;
    use burn::tensor::{Device, Tensor, TensorData};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn steps_are_those_of_the_optimiser_of_modules() {
        let device = Device::flex().autodiff();
        let mut rngs = [ChaCha8Rng::seed_from_u64(3)];
        let mut module = Linear::new(2, 3, &mut rngs, &device);
        let values = |module: &Linear| -> Vec<f32> {
            let parameters = Snapshot::of(module).parameters().to_vec();
            parameters.into_iter().flat_map(|parameter| parameter.values).collect()
        };
        let mut flat = values(&module);
        let mut adam = Adam::decoupled(0.1, f64::INFINITY);
        let mut plain = FlatAdam::new(flat.len(), 0.1);
        for step in 0..5 {
            // The loss is the sum of the outputs: each weight's gradient is its input, each bias's is 1.
            let x = [1. + step as f32, -0.5];
            let tensor = Tensor::<3>::from_data(TensorData::new(x.to_vec(), [1, 1, 2]), &device);
            let gradients = module.forward(tensor).sum().backward();
            let rate = 0.1 / (1. + f64::from(step));
            module = adam.step(module, gradients, &[rate]);
            let of_weights = [[x[0]; 3], [x[1]; 3]].concat();
            plain.step(&mut flat, &[of_weights, vec![1.; 3]].concat(), rate);
            for (a, b) in values(&module).iter().zip(&flat) {
                assert!((a - b).abs() < 1e-6, "step {step}: {a} against {b}");
            }
        }
    }
}
