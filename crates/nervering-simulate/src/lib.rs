//! Simulated animals with known truth, good enough to develop on and to show what a study does.
//!
//! [`simulate`] turns a [`SimulationConfig`] and a seed into [`SimulatedAnimal`]s: a recording as
//! any other, and its [`Truth`]. An animal is made in four steps, each in its file: a semi-Markov
//! sequence of motor commands, a latent loop that the commands drive, the animal's own linear
//! mixing of it into neurons, and calcium, bleaching and noise.
//!
//! The animals resemble those of Kato et al. 2015 in state fractions, dwell times, names, ranges
//! and noise; at variability 1 also in how far a linear decoder carries from one to another, while
//! by default they differ more. They are no model of the worm: a result on them says nothing about
//! biology.
//!
//! Beside the animals stand [`coupled`] systems with a known graph: springs, phase oscillators and a
//! linear network, on which it can be seen whether a model that infers edges finds them.
//!
//! This room knows no files and no models, and draws randomness from the seed or generator it is
//! given only.

mod animal;
mod calcium;
mod commands;
mod config;
pub mod coupled;
mod latent;
mod mixing;
mod roles;
mod stream;

pub use animal::{SimulatedAnimal, Truth, simulate};
pub use config::{SimulateError, SimulationConfig};
pub use latent::N_LATENTS;
