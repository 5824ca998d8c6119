//! Adam (Kingma & Ba 2015) over all parameters of a cohort in one pass, with one learning rate
//! per replica, since each replica lowers its own when its validation loss stands still.
//!
//! On the CPU parameters and moments are updated in place; elsewhere the same update is composed
//! from tensor operations.

use burn::backend::{Flex, flex::FlexTensor};
use burn::module::{Module, ModuleMapper, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Gradients, Tensor, TensorData};

/// Decay of the moments and the epsilon of the denominator (PyTorch's defaults).
const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// Moments of every parameter, in the order in which the module is traversed.
#[derive(Debug, Default)]
pub struct Adam {
    step: i32,
    /// Flat `[replica, element]`.
    moments: Vec<(Tensor<2>, Tensor<2>)>,
}

/// Where an optimiser stands, as numbers: what a checkpoint keeps of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AdamState {
    /// Steps taken.
    pub step: i32,
    /// First and second moment of every parameter, in the order in which the module is traversed.
    pub moments: Vec<Moments>,
}

/// The moments of one parameter, flat `[replica, element]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// Replicas and elements of each.
    pub shape: [usize; 2],
    /// Mean of the gradients.
    pub first: Vec<f32>,
    /// Mean of their squares.
    pub second: Vec<f32>,
}

/// The step-dependent factors: `p -= size · m / (√v + epsilon)`.
struct Rates {
    /// Per replica.
    size: Vec<f32>,
    epsilon: f32,
}

impl Adam {
    /// No steps taken.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where it stands.
    pub fn state(&self) -> AdamState {
        let values = |t: &Tensor<2>| {
            t.clone().into_data().convert::<f32>().try_to_vec().expect("converted to float32")
        };
        let of = |(first, second): &(Tensor<2>, Tensor<2>)| Moments {
            shape: first.dims(),
            first: values(first),
            second: values(second),
        };
        AdamState { step: self.step, moments: self.moments.iter().map(of).collect() }
    }

    /// One that goes on from there, on the given device without automatic differentiation.
    ///
    /// # Panics
    /// When moments have not as many values as their shape says.
    pub fn at(state: AdamState, device: &Device) -> Self {
        let tensor =
            |values, shape: [usize; 2]| Tensor::from_data(TensorData::new(values, shape), device);
        let of = |Moments { shape, first, second }| (tensor(first, shape), tensor(second, shape));
        Self { step: state.step, moments: state.moments.into_iter().map(of).collect() }
    }

    /// One step with the gradients of `loss.backward()`; `learning_rates` holds one rate per
    /// replica. Parameters without a gradient stay as they are.
    pub fn step<M: Module>(
        &mut self,
        module: M,
        gradients: Gradients,
        learning_rates: &[f64],
    ) -> M {
        self.step += 1;
        let gradients = GradientsParams::from_grads(gradients, &module);
        let correction_1 = 1. - f64::from(BETA_1).powi(self.step);
        let correction_2 = (1. - f64::from(BETA_2).powi(self.step)).sqrt();
        let size = |rate| (rate * correction_2 / correction_1) as f32;
        let rates = Rates {
            size: learning_rates.iter().copied().map(size).collect(),
            epsilon: (f64::from(EPSILON) * correction_2) as f32,
        };
        module.map(&mut Update { moments: &mut self.moments, gradients, rates, next: 0 })
    }
}

struct Update<'a> {
    moments: &'a mut Vec<(Tensor<2>, Tensor<2>)>,
    gradients: GradientsParams,
    rates: Rates,
    next: usize,
}

impl ModuleMapper for Update<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let at = self.next;
        self.next += 1;
        let shape = tensor.dims();
        let flat = [shape[0], shape[1..].iter().product()];
        if at == self.moments.len() {
            let zeros = Tensor::zeros(flat, &tensor.device().inner());
            self.moments.push((zeros.clone(), zeros));
        }
        let tensor = match self.gradients.remove::<D>(id) {
            None => tensor,
            Some(gradient) => {
                let value = tensor.inner().reshape(flat);
                let zero = Tensor::<2>::empty([0, 0], &Device::flex());
                let (m, v) = std::mem::replace(&mut self.moments[at], (zero.clone(), zero));
                let (value, m, v) = update(value, gradient.reshape(flat), m, v, &self.rates);
                self.moments[at] = (m, v);
                Tensor::from_inner(value.reshape(shape)).require_grad()
            }
        };
        Param::from_mapped_value(id, tensor, mapper)
    }
}

fn update(
    value: Tensor<2>,
    gradient: Tensor<2>,
    m: Tensor<2>,
    v: Tensor<2>,
    rates: &Rates,
) -> (Tensor<2>, Tensor<2>, Tensor<2>) {
    if value.device() == Device::flex() {
        in_place(value, gradient, m, v, rates)
    } else {
        composed(value, gradient, m, v, rates)
    }
}

fn in_place(
    value: Tensor<2>,
    gradient: Tensor<2>,
    m: Tensor<2>,
    v: Tensor<2>,
    rates: &Rates,
) -> (Tensor<2>, Tensor<2>, Tensor<2>) {
    let primitive = |t: Tensor<2>| -> FlexTensor {
        t.try_into_primitive::<Flex>().expect("a tensor of the CPU backend").to_contiguous()
    };
    let [_, len] = value.dims();
    let [mut value, gradient, mut m, mut v] = [value, gradient, m, v].map(primitive);
    let gradient = gradient.as_slice::<f32>().expect("contiguous float32");
    let rows = value
        .storage_mut::<f32>()
        .chunks_exact_mut(len)
        .zip(gradient.chunks_exact(len))
        .zip(m.storage_mut::<f32>().chunks_exact_mut(len))
        .zip(v.storage_mut::<f32>().chunks_exact_mut(len));
    for ((((p, g), m), v), &size) in rows.zip(&rates.size) {
        for (((p, g), m), v) in p.iter_mut().zip(g).zip(m).zip(v) {
            *m = BETA_1 * *m + (1. - BETA_1) * g;
            *v = BETA_2 * *v + (1. - BETA_2) * g * g;
            *p -= size * *m / (v.sqrt() + rates.epsilon);
        }
    }
    let tensor = Tensor::from_primitive::<Flex>;
    (tensor(value), tensor(m), tensor(v))
}

fn composed(
    value: Tensor<2>,
    gradient: Tensor<2>,
    m: Tensor<2>,
    v: Tensor<2>,
    rates: &Rates,
) -> (Tensor<2>, Tensor<2>, Tensor<2>) {
    let data = TensorData::new(rates.size.clone(), [rates.size.len(), 1]);
    let size = Tensor::<2>::from_data(data, (&value.device(), value.dtype()));
    let m = m * BETA_1 + gradient.clone() * (1. - BETA_1);
    let v = v * BETA_2 + gradient.clone() * gradient * (1. - BETA_2);
    let value = value - size * m.clone() / (v.clone().sqrt() + rates.epsilon);
    (value, m, v)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_place_and_composed_take_the_same_steps() {
        let device = Device::flex();
        let rates = Rates { size: vec![1e-3, 5e-2], epsilon: 1e-8 };
        let wave = |phase: f32| -> Tensor<2> {
            let values: Vec<f32> = (0..14).map(|k| (k as f32 * 0.7 + phase).sin()).collect();
            Tensor::from_data(TensorData::new(values, [2, 7]), &device)
        };
        let zeros = Tensor::zeros([2, 7], &device);
        let mut a = (wave(0.), zeros.clone(), zeros);
        let mut b = a.clone();
        for step in 0..5 {
            let gradient = wave(step as f32);
            a = in_place(a.0, gradient.clone(), a.1, a.2, &rates);
            b = composed(b.0, gradient, b.1, b.2, &rates);
        }
        let values = |t: Tensor<2>| t.into_data().try_to_vec::<f32>().unwrap();
        for (x, y) in values(a.0).into_iter().zip(values(b.0)) {
            assert!((x - y).abs() < 1e-6, "{x} against {y}");
        }
    }
}
