//! What computes, [`Machine`]: where tensors live, how operations on them are done, and on how many threads.

use crate::ops::Engine;
use burn::tensor::Device;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;

/// Rows (frames × neurons) that fits trained in lockstep have together, at most: as many as keep a step's
/// activations in the second-level cache of a processor, and share `burn`'s cost per operation.
const ROWS_AT_ONCE: usize = 20_000;

/// Handed down from whoever asks for a fit to the operations of its networks. No result depends on the number of
/// threads, nor on how many fits are trained in lockstep.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    device: Device,
    engine: Engine,
    threads: NonZeroUsize,
}

impl Machine {
    /// The processor, by the kernels of its widest instruction set, or of the one that the environment asks for.
    pub fn cpu(threads: NonZeroUsize) -> Self {
        Self { device: Device::flex(), engine: Engine::fastest(), threads }
    }

    /// Where tensors live of which no gradient is wanted.
    pub fn plain(&self) -> &Device {
        &self.device
    }

    /// Where tensors live of which gradients are wanted.
    pub fn learning(&self) -> Device {
        self.device.clone().autodiff()
    }

    /// How operations are done.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Cells of a study that are worked on at a time.
    pub fn threads(&self) -> usize {
        self.threads.get()
    }

    /// How many fits of so many rows (frames × neurons) are trained in lockstep; 1 at least.
    pub fn fits_at_once(&self, n_rows: usize) -> usize {
        (ROWS_AT_ONCE / n_rows.max(1)).max(1)
    }
}

/// The processor, with a thread for each of its cores that this process may use.
impl Default for Machine {
    fn default() -> Self {
        Self::cpu(available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }
}
