//! Copies of the parameters of single replicas: the best epoch of each fit, which comes at
//! another time for each replica of a cohort; and parameters by name, for whoever writes or reads a
//! model file.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};
use std::collections::BTreeMap;

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

    /// Moves towards the parameters of a module, keeping such a share of what it holds: a running
    /// average.
    pub fn approach<M: Module>(&mut self, module: &M, kept: f64) {
        let (kept, taken) = (kept as f32, (1. - kept) as f32);
        module.visit(&mut Approach { left: &mut self.parameters, kept, taken });
    }

    /// The parameters of one of `n_replicas` replicas, as a cohort of its own.
    pub fn replica(&self, replica: usize, n_replicas: usize) -> Self {
        let of_replica = |saved: &SavedParameter| {
            let len = saved.values.len() / n_replicas;
            let mut shape = saved.shape.clone();
            shape[0] = 1;
            let values = saved.values[replica * len..(replica + 1) * len].to_vec();
            SavedParameter { name: saved.name.clone(), shape, values }
        };
        Self { parameters: self.parameters.iter().map(of_replica).collect() }
    }

    /// Parameters from elsewhere for `module`, in any order.
    ///
    /// # Errors
    /// [`ParametersError`] unless there is exactly one of the right shape for each of the module's.
    pub fn for_module<M: Module>(
        parameters: Vec<SavedParameter>,
        module: &M,
    ) -> Result<Self, ParametersError> {
        let mut given: BTreeMap<String, SavedParameter> = BTreeMap::new();
        for parameter in parameters {
            if let Some(twice) = given.insert(parameter.name.clone(), parameter) {
                return Err(ParametersError::Twice { name: twice.name });
            }
        }
        let mut taken = Vec::new();
        for SavedParameter { name, shape: expected, .. } in Self::of(module).parameters {
            let Some(parameter) = given.remove(&name) else {
                return Err(ParametersError::Missing { name });
            };
            let SavedParameter { shape: found, values, .. } = &parameter;
            let n_values = values.len();
            if *found != expected || n_values != expected.iter().product::<usize>() {
                let found = found.clone();
                return Err(ParametersError::Shape { name, found, n_values, expected });
            }
            taken.push(parameter);
        }
        match given.into_keys().next() {
            Some(name) => Err(ParametersError::Unknown { name }),
            None => Ok(Self { parameters: taken }),
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

/// Parameters that do not belong to a module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParametersError {
    /// The module has one of this name.
    #[error("found no parameter {name:?}, expected one of each of the network's")]
    Missing {
        /// Its path.
        name: String,
    },
    /// The module has none of this name.
    #[error("found parameter {name:?}, expected none that the network does not have")]
    Unknown {
        /// Its path.
        name: String,
    },
    /// Two of one name.
    #[error("found parameter {name:?} twice, expected it once")]
    Twice {
        /// Its path.
        name: String,
    },
    /// Another shape than the module's, or not as many values as the shape says.
    #[error(
        "found parameter {name:?} with shape {found:?} and {n_values} values, expected {expected:?}"
    )]
    Shape {
        /// Its path.
        name: String,
        /// The shape as given.
        found: Vec<usize>,
        /// How many values were given.
        n_values: usize,
        /// The module's shape.
        expected: Vec<usize>,
    },
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

struct Approach<'a> {
    /// Those that the traversal has not come to.
    left: &'a mut [SavedParameter],
    kept: f32,
    taken: f32,
}

impl ModuleVisitor for Approach<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let data = param.val().into_data().convert::<f32>();
        let new = data.as_slice::<f32>().expect("converted to float32");
        let saved = self.left.split_off_first_mut().expect("a module of the same parameters");
        for (old, new) in saved.values.iter_mut().zip(new) {
            *old = self.kept * *old + self.taken * new;
        }
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
