//! Copies of the parameters of single replicas: the best epoch of each fit, which comes at
//! another time for each replica of a cohort.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};

/// The parameters of a cohort, flat `[replica, element]` each, in the order and under the names
/// of the module's traversal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    parameters: Vec<SavedParameter>,
}

/// One parameter of all replicas.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedParameter {
    /// Path in the module, for example `readout.w1`.
    pub name: String,
    /// Shape with the replica axis first.
    pub shape: Vec<usize>,
    /// Row-major values.
    pub values: Vec<f32>,
}

impl Snapshot {
    /// Copies all parameters of a module.
    pub fn of<M: Module>(module: &M) -> Self {
        let mut collect = Collect::default();
        module.visit(&mut collect);
        Self { parameters: collect.parameters }
    }

    /// Copies the parameters of those replicas for which `which` is set.
    pub fn update<M: Module>(&mut self, module: &M, which: &[bool]) {
        if !which.contains(&true) {
            return;
        }
        let now = Self::of(module);
        for (old, new) in self.parameters.iter_mut().zip(now.parameters) {
            let len = old.values.len() / which.len();
            for (r, _) in which.iter().enumerate().filter(|(_, wanted)| **wanted) {
                let range = r * len..(r + 1) * len;
                old.values[range.clone()].copy_from_slice(&new.values[range]);
            }
        }
    }

    /// Puts the parameters back into a module of the same architecture.
    pub fn restore<M: Module>(&self, module: M) -> M {
        module.map(&mut Restore { parameters: &self.parameters, next: 0 })
    }

    /// The parameters, in the order of the module's traversal.
    pub fn parameters(&self) -> &[SavedParameter] {
        &self.parameters
    }
}

#[derive(Default)]
struct Collect {
    path: Vec<String>,
    parameters: Vec<SavedParameter>,
}

impl ModuleVisitor for Collect {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let data = param.val().into_data();
        self.parameters.push(SavedParameter {
            name: self.path.join("."),
            shape: data.shape().to_vec(),
            values: data.convert::<f32>().try_to_vec().expect("converted to float32"),
        });
    }

    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }
}

struct Restore<'a> {
    parameters: &'a [SavedParameter],
    next: usize,
}

impl ModuleMapper for Restore<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let saved = &self.parameters[self.next];
        self.next += 1;
        let (id, old, mapper) = param.consume();
        let data = TensorData::new(saved.values.clone(), saved.shape.clone());
        let tensor = Tensor::from_data(data, (&old.device(), old.dtype()));
        let tensor = if old.is_require_grad() { tensor.require_grad() } else { tensor };
        Param::from_mapped_value(id, tensor, mapper)
    }
}
