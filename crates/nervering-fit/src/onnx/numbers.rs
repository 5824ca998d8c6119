//! The tensors that a pass names, as its file has them: [`Numbers`].

use crate::model_file::{PARAMETERS, STATISTICS, Tensor, Values, tensor_of};
use nervering_models::DecoderArray;
use std::collections::BTreeMap;

/// Tensors by name.
pub(super) struct Numbers(BTreeMap<String, Numbered>);

/// A tensor.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Numbered {
    /// Its own, without an axis of members.
    pub(super) shape: Vec<usize>,
    /// Row-major.
    pub(super) values: Vec<f64>,
}

/// One of the networks of an ensemble.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) at: usize,
    /// Of so many.
    pub(super) of: usize,
}

impl Numbers {
    pub(super) fn new(tensors: Vec<Tensor>) -> Self {
        let numbered = |Tensor { name, shape, values }| {
            let values = match values {
                Values::F32(values) => values.into_iter().map(f64::from).collect(),
                Values::F64(values) => values,
            };
            (name, Numbered { shape, values })
        };
        Self(tensors.into_iter().map(numbered).collect())
    }

    /// Of a forecast that a network corrects.
    pub(super) fn of_arrays(arrays: Vec<DecoderArray>) -> Self {
        Self::new(arrays.into_iter().map(tensor_of).collect())
    }

    /// The tensor of this name, or the member's part of it.
    ///
    /// # Panics
    /// When there is none: a model writes its pass out with the names of its own tensors.
    pub(super) fn get(&self, name: &str, member: Option<Member>) -> Numbered {
        let whole = self.0.get(name).unwrap_or_else(|| panic!("the model has {name}"));
        let Some(Member { at, of }) = member else { return whole.clone() };
        let n = whole.values.len() / of;
        // Parameters have an axis of members, statistics one member after the other.
        let shape = match name.starts_with(PARAMETERS) {
            true => whole.shape[1..].to_vec(),
            false => vec![n],
        };
        Numbered { shape, values: whole.values[at * n..(at + 1) * n].to_vec() }
    }

    /// The k-th of what is taken over frames.
    pub(super) fn statistic(&self, k: usize, what: &str, member: Option<Member>) -> Numbered {
        self.get(&format!("{STATISTICS}{k}.{what}"), member)
    }
}
