//! Layers and operations over `burn`, each with a **replica axis**: the fits of a cohort share one
//! architecture and one loop, and every tensor has them along its first axis.
//!
//! - [`ops`]: operations in a fused and a composed form.
//! - [`block`], [`linear`], [`edges`]: the layers of the paper, built on them. [`node_blocks`],
//!   [`lstm`]: layers of its variants. [`temporal`]: residual convolutions over time.
//! - [`pass`]: how a network is run: present frames, engine, where statistics over frames are from.
//! - [`plain`]: the same for small networks over plain slices.
//! - [`init`]: initial weights. [`adam`]: the optimiser. [`snapshot`]: parameters of single replicas.
//!
//! A replica's results do not depend on the other replicas of its cohort, to the bit. This room
//! knows tensors and graphs; it does not know what a neuron is called.

pub mod activation;
pub mod adam;
pub mod block;
pub mod edges;
pub mod init;
mod kernel;
pub mod linear;
pub mod lstm;
pub mod machine;
pub mod node_blocks;
pub mod ops;
pub mod pass;
pub mod plain;
pub mod snapshot;
pub mod temporal;

pub use kernel::ceiling::{OPERATIONS_PER_TURN, multiply_add};
pub use kernel::chosen::NoSuchSet;
pub use kernel::simd::InstructionSet;
