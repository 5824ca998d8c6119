//! Parameters and gradients of a network by their path in the module, for comparison with other
//! programs, which do not tell a body from a head: their paths are without `body`.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{DType, Gradients, Tensor, TensorData};
use serde::Deserialize;
use std::collections::BTreeMap;

/// One parameter as other programs write it.
#[derive(Deserialize)]
pub struct Values {
    /// Row-major, weights `[in, out]`.
    pub data: Vec<f64>,
}

/// Puts the parameters, found by their path, into a network of one replica; panics where one is
/// missing or left over. What training leaves alone stays, in the given precision.
pub fn load<N: Module>(network: N, params: &BTreeMap<String, Values>, dtype: DType) -> N {
    let mut load = Load { params, dtype, path: Vec::new(), n_loaded: 0 };
    let network = network.map(&mut load);
    assert_eq!(load.n_loaded, params.len(), "parameters loaded of those given");
    network
}

struct Load<'a> {
    params: &'a BTreeMap<String, Values>,
    dtype: DType,
    path: Vec<String>,
    n_loaded: usize,
}

impl ModuleMapper for Load<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if !param.is_require_grad() {
            let (id, fixed, mapper) = param.consume();
            return Param::from_mapped_value(id, fixed.cast(self.dtype), mapper);
        }
        let name = without_body(&self.path.join("."));
        let values = &self.params.get(&name).unwrap_or_else(|| panic!("no {name}")).data;
        self.n_loaded += 1;
        let (id, old, mapper) = param.consume();
        let data = TensorData::new(values.clone(), old.dims());
        let tensor = Tensor::from_data(data, (&old.device(), self.dtype)).require_grad();
        Param::from_mapped_value(id, tensor, mapper)
    }
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }
    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }
}

/// The gradient of every trained parameter by its path.
pub fn gradients<N: Module>(network: &N, gradients: &Gradients) -> BTreeMap<String, Vec<f64>> {
    let mut collect = Collect { gradients, path: Vec::new(), found: BTreeMap::new() };
    network.visit(&mut collect);
    collect.found
}

struct Collect<'a> {
    gradients: &'a Gradients,
    path: Vec<String>,
    found: BTreeMap<String, Vec<f64>>,
}

impl ModuleVisitor for Collect<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if !param.is_require_grad() {
            return;
        }
        let gradient = param.val().grad(self.gradients).expect("every parameter has a gradient");
        self.found.insert(without_body(&self.path.join(".")), values(gradient));
    }
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }
    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }
}

/// A path as other programs have it.
pub fn without_body(path: &str) -> String {
    path.split('.').filter(|part| *part != "body").collect::<Vec<_>>().join(".")
}

/// Numbers of a tensor, row-major.
pub fn values<const D: usize>(t: Tensor<D>) -> Vec<f64> {
    t.into_data().convert::<f64>().try_to_vec().expect("converted to float64")
}
