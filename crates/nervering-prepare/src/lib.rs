//! Recordings to numbers: derivative, normalisation, features and labels, windows, folds, subsets.
//!
//! [`prepare`] turns one [`nervering_recording::Recording`] into a [`Prepared`]: features
//! `[frame, neuron, feature]` and one label per frame. Every statistic in it is computed by a
//! function that takes a [`Scope`], so none can be computed without saying which frames it saw;
//! the derivative says by its [`DerivativeMethod`] how far it looks ahead. [`cut_windows`] and
//! [`Folds`] say which frames train, validate and test; [`subsets_of_size`] and
//! [`non_empty_subsets`] say which animals train.
//!
//! This room knows no files, no tensors and no models, and draws randomness only from the
//! generator it is handed.

mod derivative;
mod error;
mod features;
mod folds;
mod normalize;
mod scope;
mod subsets;
mod windows;

pub use derivative::{
    DerivativeMethod, DerivativeSource, backward_differences, central_differences, derivative,
};
pub use error::{Feature, PrepareError};
pub use features::{N_FEATURES, Prepared, prepare};
pub use folds::{Folds, Split};
pub use normalize::{Series, min_max};
pub use scope::{Scope, ScopeKind};
pub use subsets::{non_empty_subsets, subsets_of_size};
pub use windows::cut_windows;
