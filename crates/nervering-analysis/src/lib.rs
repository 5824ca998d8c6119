//! Analyses that need no training: how animals differ ([`variability`], [`same_distribution`]), what
//! principal components see of them ([`pca`], [`pooled_pca`]), how long states last ([`dwell`]), and
//! what inferred edges have to do with known connections ([`compare_edges`], [`stability`]).
//!
//! Others put these together into the answer to one question about several animals, with what the
//! answer hangs on beside it: [`individuality()`], [`components()`], [`loop_manifolds`],
//! [`onsets`], [`ahead()`] and [`information()`].
//! The edges that a study's networks inferred are gathered where studies are known.
//!
//! Each is a pure function from recordings or numbers to plain structs whose fields say shape and
//! unit. Nothing here draws or prints; what is random takes its generator as an argument, and
//! nothing runs in parallel, so every number is the same at any number of threads.

mod ahead;
mod aligned;
mod components;
mod dwell;
mod edges;
mod error;
mod individuality;
mod information;
mod loop_manifold;
mod onset;
mod over_animals;
mod pca;
mod pooled_pca;
mod rewire;
mod same_distribution;
mod sequence;
mod shifts;
mod stability;
mod variability;

pub use ahead::{
    AHEAD_S, Ahead, AheadBy, AheadScope, AnimalAhead, StateTeller, StatesAhead, StatesOverAnimals,
    SwitchOverAnimals, SwitchTeller, SwitchTimes, ahead,
};
pub use aligned::{AlignConfig, AlignedBout, AlignedBouts, TraceScale, align_bouts};
pub use components::{Components, OwnComponents, Pooled, PooledMeasure, SMOOTHINGS_S, components};
pub use dwell::{Dwell, StateDwell, dwell};
pub use edges::{Agreement, EdgeComparison, EdgeReference, InferredEdges, compare_edges};
pub use error::AnalysisError;
pub use individuality::{ALPHA, Between, Individuality, N_BLOCKS, individuality};
pub use information::{
    ChosenNeurons, DecodedBits, Information, InformationConfig, NeuronInformation, information,
};
pub use loop_manifold::{LoopFrame, LoopManifold, LoopManifolds, Unseen, loop_manifolds};
pub use onset::{
    AnimalOnsets, OnsetScore, OnsetWindow, Onsets, REACH_S, TemplateScores, Templates, onsets,
};
pub use over_animals::{Band, OverAnimals};
pub use pca::{AnimalPca, PcaConfig, PcaNeurons, PcaScale, pca};
pub use pooled_pca::{PermutedNeurons, PooledAnimal, PooledPca, permuted_neurons, pooled_pca};
pub use same_distribution::{
    ExchangeUnit, NeuronConsistency, SameDistribution, SameDistributionConfig, consistency,
    same_distribution,
};
pub use sequence::{AnimalSequence, SequenceOnly, sequence_only};
pub use shifts::{LEAST_SHIFT_S, ShiftTest};
pub use stability::{FitEdges, FitFactor, Stability, stability};
pub use variability::{AnimalCurve, MeanCurve, Variability, variability};
