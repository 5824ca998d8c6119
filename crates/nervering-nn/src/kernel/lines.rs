//! Buffers of sixteen numbers to a cache line: a register's load or store that crosses two lines
//! takes as long as two, and the allocator promises sixteen bytes only.

use std::ops::{Deref, DerefMut};

/// Numbers in groups of sixteen, each group on one cache line.
pub(super) struct Lines {
    /// As many as it takes to start on a line.
    values: Vec<f32>,
    start: usize,
    len: usize,
}

impl Lines {
    /// `len` groups of zeros.
    pub(super) fn zeros(len: usize) -> Self {
        let values = vec![0f32; (len + 1) * 16];
        // Where the offset is unknown (under an interpreter) any start is right, only slower.
        let start = Some(values.as_ptr().align_offset(64)).filter(|&start| start <= 16);
        Self { values, start: start.unwrap_or(0), len: len * 16 }
    }

    /// A vector, zero beyond its last number.
    pub(super) fn pad(v: &[f32]) -> Self {
        let mut lines = Self::zeros(v.len().div_ceil(16));
        lines.as_flattened_mut()[..v.len()].copy_from_slice(v);
        lines
    }
}

impl Deref for Lines {
    type Target = [[f32; 16]];

    #[inline(always)]
    fn deref(&self) -> &[[f32; 16]] {
        self.values[self.start..self.start + self.len].as_chunks().0
    }
}

impl DerefMut for Lines {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [[f32; 16]] {
        self.values[self.start..self.start + self.len].as_chunks_mut().0
    }
}

impl Clone for Lines {
    /// A copy elsewhere starts on a line, too.
    fn clone(&self) -> Self {
        let mut lines = Self::zeros(self.len / 16);
        lines.copy_from_slice(self);
        lines
    }
}

/// On the stack, each group of sixteen on one cache line.
#[repr(align(64))]
pub(super) struct OnLines<const N: usize>(pub(super) [[f32; 16]; N]);
