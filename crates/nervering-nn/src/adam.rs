//! Adam (Kingma & Ba 2015) over all parameters of a cohort in one pass, with one learning rate
//! per replica, since each replica lowers its own when its validation loss stands still.
//!
//! On the CPU parameters and moments are updated in place; elsewhere the same update is composed
//! from tensor operations.

use burn::backend::{Flex, flex::FlexTensor};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};

/// Decay of the moments and the epsilon of the denominator (PyTorch's defaults).
pub(crate) const BETA_1: f32 = 0.9;
pub(crate) const BETA_2: f32 = 0.999;
pub(crate) const EPSILON: f32 = 1e-8;

/// Moments of every parameter, in the order in which the module is traversed.
#[derive(Debug, Default)]
pub struct Adam {
    step: i32,
    moments: Vec<Moving>,
    restraint: Option<Restraint>,
}

/// What keeps weights and steps small.
#[derive(Debug, Clone, Copy)]
struct Restraint {
    weight_decay: f64,
    largest_gradient: f64,
}

/// The moments of one parameter, flat `[replica, element]`: as numbers where parameters are, since
/// a tensor that is taken apart and made anew at every step costs more than the step.
#[derive(Debug)]
enum Moving {
    /// Beside parameters of the CPU backend.
    Host(Moments),
    /// On any other device.
    Device(Box<[Tensor<2>; 2]>),
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

    /// Weights decay by the rate times `weight_decay` at every step, apart from the gradient (AdamW,
    /// Loshchilov & Hutter 2019), and the gradient of a replica, over all its parameters, is scaled
    /// down to the norm `largest_gradient` where it is larger.
    pub fn decoupled(weight_decay: f64, largest_gradient: f64) -> Self {
        Self { restraint: Some(Restraint { weight_decay, largest_gradient }), ..Self::default() }
    }

    /// Where it stands.
    pub fn state(&self) -> AdamState {
        let values = |t: &Tensor<2>| {
            t.clone().into_data().convert::<f32>().try_to_vec().expect("converted to float32")
        };
        let of = |moving: &Moving| match moving {
            Moving::Host(moments) => moments.clone(),
            Moving::Device(moments) => {
                let [first, second] = &**moments;
                Moments { shape: first.dims(), first: values(first), second: values(second) }
            }
        };
        AdamState { step: self.step, moments: self.moments.iter().map(of).collect() }
    }

    /// One that goes on from there, on the given device without automatic differentiation.
    ///
    /// # Panics
    /// When moments have not as many values as their shape says.
    pub fn at(state: AdamState, device: &Device) -> Self {
        let of = |moments| Moving::new(moments, device);
        Self {
            step: state.step,
            moments: state.moments.into_iter().map(of).collect(),
            restraint: None,
        }
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
        let correction_1 = 1. - f64::from(BETA_1).powi(self.step);
        let correction_2 = (1. - f64::from(BETA_2).powi(self.step)).sqrt();
        let size = |rate| (rate * correction_2 / correction_1) as f32;
        let rates = Rates {
            size: learning_rates.iter().copied().map(size).collect(),
            epsilon: (f64::from(EPSILON) * correction_2) as f32,
        };
        let restrained = self.restraint.map(|restraint| {
            let decay = |rate| (1. - rate * restraint.weight_decay) as f32;
            let norms = norms(&module, &gradients, learning_rates.len());
            let scale =
                |norm: f64| (restraint.largest_gradient / norm.max(f64::MIN_POSITIVE)).min(1.);
            Restrained {
                decay: learning_rates.iter().copied().map(decay).collect(),
                scale: norms.into_iter().map(|norm| scale(norm) as f32).collect(),
            }
        });
        let moments = &mut self.moments;
        module.map(&mut Update { moments, gradients, rates, restrained, next: 0 })
    }
}

/// Per replica, what parameters and gradients are multiplied by before a step.
struct Restrained {
    decay: Vec<f32>,
    scale: Vec<f32>,
}

/// The norm of each replica's gradient over all parameters.
fn norms<M: Module>(module: &M, gradients: &Gradients, n_replicas: usize) -> Vec<f64> {
    let mut squares = Squares { gradients, sums: vec![0.; n_replicas] };
    module.visit(&mut squares);
    squares.sums.into_iter().map(f64::sqrt).collect()
}

struct Squares<'a> {
    gradients: &'a Gradients,
    sums: Vec<f64>,
}

impl ModuleVisitor for Squares<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = param.val().grad(self.gradients) else { return };
        let values = gradient.into_data().convert::<f32>();
        let values = values.as_slice::<f32>().expect("converted to float32");
        let len = values.len() / self.sums.len();
        for (sum, values) in self.sums.iter_mut().zip(values.chunks_exact(len)) {
            *sum += sum_of_squares(values);
        }
    }
}

/// In float64, as eight sums that need not wait for each other.
fn sum_of_squares(values: &[f32]) -> f64 {
    let square = |g: f32| f64::from(g) * f64::from(g);
    let (eights, rest) = values.as_chunks::<8>();
    let mut sums = [0f64; 8];
    for eight in eights {
        sums.iter_mut().zip(eight).for_each(|(sum, &g)| *sum += square(g));
    }
    sums.into_iter().chain(rest.iter().map(|&g| square(g))).sum()
}

/// A tensor with a replica axis, each replica times its own factor.
fn times<const D: usize>(t: Tensor<D>, factors: &[f32]) -> Tensor<D> {
    let shape = t.dims();
    let data = TensorData::new(factors.to_vec(), [factors.len(), 1]);
    let factors = Tensor::<2>::from_data(data, (&t.device(), t.dtype()));
    let flat = [shape[0], shape[1..].iter().product()];
    (t.reshape(flat) * factors).reshape(shape)
}

struct Update<'a> {
    moments: &'a mut Vec<Moving>,
    gradients: Gradients,
    rates: Rates,
    restrained: Option<Restrained>,
    next: usize,
}

impl ModuleMapper for Update<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let at = self.next;
        self.next += 1;
        if at == self.moments.len() {
            self.moments.push(Moving::zeros(&tensor));
        }
        let tensor = match tensor.grad_remove(&mut self.gradients) {
            None => tensor,
            Some(gradient) => {
                let restrained = self.restrained.as_ref();
                let step = (&self.rates, restrained);
                let value = self.moments[at].step(tensor.inner(), gradient, step);
                Tensor::from_inner(value).require_grad()
            }
        };
        Param::from_mapped_value(id, tensor, mapper)
    }
}

impl Moving {
    fn new(moments: Moments, device: &Device) -> Self {
        let Moments { shape, first, second } = moments;
        assert!([&first, &second].iter().all(|m| m.len() == shape[0] * shape[1]), "{shape:?}");
        if *device == Device::flex() {
            return Self::Host(Moments { shape, first, second });
        }
        let tensor = |values| Tensor::from_data(TensorData::new(values, shape), device);
        Self::Device(Box::new([first, second].map(tensor)))
    }

    /// Of a parameter, replica axis first.
    fn zeros<const D: usize>(parameter: &Tensor<D>) -> Self {
        let dims = parameter.dims();
        let shape = [dims[0], dims[1..].iter().product()];
        let zeros = vec![0f32; shape[0] * shape[1]];
        let moments = Moments { shape, first: zeros.clone(), second: zeros };
        Self::new(moments, &parameter.device().inner())
    }

    /// The parameter after a step.
    fn step<const D: usize>(
        &mut self,
        value: Tensor<D>,
        gradient: Tensor<D>,
        (rates, restrained): (&Rates, Option<&Restrained>),
    ) -> Tensor<D> {
        match (self, restrained) {
            (Self::Host(moments), _) => in_place(value, gradient, moments, rates, restrained),
            (Self::Device(moments), None) => composed(value, gradient, moments, rates),
            (Self::Device(moments), Some(Restrained { decay, scale })) => {
                composed(times(value, decay), times(gradient, scale), moments, rates)
            }
        }
    }
}

fn in_place<const D: usize>(
    value: Tensor<D>,
    gradient: Tensor<D>,
    moments: &mut Moments,
    rates: &Rates,
    restrained: Option<&Restrained>,
) -> Tensor<D> {
    let primitive = |t: Tensor<D>| -> FlexTensor {
        t.try_into_primitive::<Flex>().expect("a tensor of the CPU backend").to_contiguous()
    };
    let [mut value, gradient] = [value, gradient].map(primitive);
    let Moments { shape: [_, len], first, second } = moments;
    let rows = value
        .storage_mut::<f32>()
        .chunks_exact_mut(*len)
        .zip(gradient.as_slice::<f32>().expect("contiguous float32").chunks_exact(*len))
        .zip(first.chunks_exact_mut(*len))
        .zip(second.chunks_exact_mut(*len));
    for (r, (((p, g), m), v)) in rows.enumerate() {
        let size = rates.size[r];
        let [decay, scale] = restrained.map_or([1.; 2], |by| [by.decay[r], by.scale[r]]);
        for (((p, g), m), v) in p.iter_mut().zip(g).zip(m).zip(v) {
            let g = scale * g;
            *m = BETA_1 * *m + (1. - BETA_1) * g;
            *v = BETA_2 * *v + (1. - BETA_2) * g * g;
            *p = decay * *p - size * *m / (v.sqrt() + rates.epsilon);
        }
    }
    Tensor::from_primitive::<Flex>(value)
}

fn composed<const D: usize>(
    value: Tensor<D>,
    gradient: Tensor<D>,
    [first, second]: &mut [Tensor<2>; 2],
    rates: &Rates,
) -> Tensor<D> {
    let (shape, flat) = (value.dims(), first.dims());
    let (value, gradient) = (value.reshape(flat), gradient.reshape(flat));
    let data = TensorData::new(rates.size.clone(), [rates.size.len(), 1]);
    let size = Tensor::<2>::from_data(data, (&value.device(), value.dtype()));
    let m = first.clone() * BETA_1 + gradient.clone() * (1. - BETA_1);
    let v = second.clone() * BETA_2 + gradient.clone() * gradient * (1. - BETA_2);
    let value = value - size * m.clone() / (v.clone().sqrt() + rates.epsilon);
    (*first, *second) = (m, v);
    value.reshape(shape)
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
        let zeros = Tensor::<2>::zeros([2, 7], &device);
        let on_device = Moving::Device(Box::new([zeros.clone(), zeros.clone()]));
        let mut moments = [Moving::zeros(&zeros), on_device];
        assert!(matches!(moments[0], Moving::Host(_)));
        let restrained = Restrained { decay: vec![0.9, 1.], scale: vec![0.5, 2.] };
        for restrained in [None, Some(&restrained)] {
            let values = moments.each_mut().map(|moments| {
                let step = |value, k| moments.step(value, wave(k as f32), (&rates, restrained));
                (0..5).fold(wave(0.), step).into_data().try_to_vec::<f32>().unwrap()
            });
            for (x, y) in values[0].iter().zip(&values[1]) {
                assert!((x - y).abs() < 1e-6, "{x} against {y}");
            }
        }
    }
}
