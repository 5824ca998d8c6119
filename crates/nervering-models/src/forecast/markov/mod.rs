//! What `gnn-free` and `nri` share: both say the next frame of an animal from the present one alone, and hear of
//! other neurons only by a graph. [`Scales`] and [`Steps`] are the numbers that they learn from, [`Decoder`] is
//! the network, [`Learning`] how it is trained. Where the graph comes from is theirs.
//!
//! Of standardised states `x`, with the paper's block `g` without its batch norm,
//!
//! ```text
//! e_ij = g_e([x_i ‖ x_j])                     what j does to i
//! m_i  = Σ_{j ≠ i} w_ij e_ij                  eq. 12, of pairs instead of states
//! Δ_i  = W g_m([x_i ‖ m_i]) + b               in units of the SD of the increments
//! ```
//!
//! Messages are made of both ends, as in Kipf et al. (2018), since a force between two points is a function of both.
//! It is trained on single steps, whose increments are brought to one scale: a roll-out from raw states, as the
//! paper's networks are trained, leaves the graph at chance, for increments are a thousandth of the range. The
//! forecast is Markovian: one that sees the increment before needs no edges.

mod decoder;
mod fitted;
mod learning;
mod scales;

pub(super) use decoder::{Decoder, RollOuts, WIDTH, block, without_self};
pub(super) use fitted::{FittedGraph, finite};
pub(super) use learning::{Learning, gates};
pub(super) use scales::{Scales, Steps};

/// Forecasts that are made at once.
pub(super) const AT_ONCE: usize = 64;

use crate::arrays::{DecoderArray, RestoreError, all_named, check_shape};
use burn::module::Module;
use nervering_nn::snapshot::{SavedParameter, Snapshot};

/// Scales, and a network's parameters, as arrays of a model file.
fn arrays(network: &impl Module, scales: &Scales) -> Vec<DecoderArray> {
    let parameters = Snapshot::of(network).parameters().to_vec();
    let of_parameter = |parameter: SavedParameter| {
        let values = parameter.values.iter().map(|&value| f64::from(value)).collect();
        DecoderArray::new(&parameter.name, &parameter.shape[1..], values)
    };
    scales.arrays().into_iter().chain(parameters.into_iter().map(of_parameter)).collect()
}

/// `like` with numbers from a model file, and its scales.
///
/// # Errors
/// [`RestoreError`] for arrays that are not those of [`arrays`].
fn restored<M: Module>(
    like: M,
    given: &[DecoderArray],
    n_features: usize,
) -> Result<(M, Scales), RestoreError> {
    let expected = Snapshot::of(&like).parameters().to_vec();
    let of_network = expected.iter().map(|parameter| parameter.name.as_str());
    let names: Vec<&str> = Scales::NAMES.into_iter().chain(of_network).collect();
    let given = all_named(given, &names)?;
    let (of_scales, of_network) = given.split_at(Scales::NAMES.len());
    let scales = Scales::restore(of_scales, n_features)?;
    let mut parameters = Vec::new();
    for (SavedParameter { name, shape, .. }, array) in expected.into_iter().zip(of_network) {
        check_shape(array, &shape[1..])?;
        let values = array.values.iter().map(|&value| value as f32).collect();
        parameters.push(SavedParameter { name, shape, values });
    }
    let snapshot = Snapshot::for_module(parameters, &like).expect("names and shapes are its own");
    Ok((snapshot.restore(like), scales))
}
