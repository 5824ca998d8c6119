//! MATLAB files as trees of values, whatever the container.
//!
//! A [`MatFile`] is a v7.3 file ([`crate::mat73`]) or a v5 file ([`crate::mat5`]). Its [`Value`]s
//! are structs, cell arrays, text and matrices, each with its place for error messages; the layouts
//! in [`crate::matlab`] are written against them once. Each container answers a few questions about
//! one node (`Node` in its module); places, limits and error messages are made here.
//!
//! A [`Budget`] per file bounds what is decoded and visited, so that references to one large object,
//! or in a circle, cost no more than that budget. Real numbers, logicals, text, cells and structs
//! are read; complex numbers, sparse matrices, objects, function handles and tables are values of
//! [`Class::Other`], refused only where they are asked for.

pub(crate) mod class;
pub(crate) mod fault;
pub(crate) mod sparse;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use class::Class;
pub(crate) use value::{Matrix, Value};

use crate::budget::Budget;
use crate::error::IoError;
use crate::limits::MAX_MAT5_BYTES;
use crate::{mat5, mat73};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use value::Node;

/// An open MATLAB file of either container.
pub(crate) struct MatFile {
    budget: Budget,
    container: Container,
}

enum Container {
    V73(mat73::File),
    V5(mat5::File),
}

impl MatFile {
    /// Opens a file and reads it.
    pub(crate) fn read<T>(
        path: &Path,
        read: impl FnOnce(&Self) -> Result<T, IoError>,
    ) -> Result<T, IoError> {
        let file = Self::open(path)?;
        let outcome = read(&file);
        match &file.container {
            Container::V73(container) => container.unless_refused(path, outcome),
            // Read as a whole when it was opened.
            Container::V5(_) => outcome,
        }
    }

    /// Opens the file; its first bytes say which container it is.
    pub(crate) fn open(path: &Path) -> Result<Self, IoError> {
        let mut file = File::open(path).map_err(IoError::read(path))?;
        let mut head = Vec::new();
        let n_head = mat5::HEADER_BYTES as u64;
        file.by_ref().take(n_head).read_to_end(&mut head).map_err(IoError::read(path))?;
        if !mat5::recognises(&head) {
            let container = mat73::File::open(path)?;
            let budget = Budget::new(path, container.length());
            return Ok(Self { budget, container: Container::V73(container) });
        }
        let length = file.metadata().map_err(IoError::read(path))?.len();
        Budget::new(path, length).check("file", length, "bytes", MAX_MAT5_BYTES)?;
        let mut bytes = head;
        bytes.reserve_exact((length as usize).saturating_sub(bytes.len()));
        file.take(MAX_MAT5_BYTES).read_to_end(&mut bytes).map_err(IoError::read(path))?;
        Self::from_bytes(path, bytes)
    }

    /// The same from bytes in memory; `path` is what errors and warnings call them.
    pub(crate) fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self, IoError> {
        let budget = Budget::new(path, bytes.len() as u64);
        let container = if mat5::recognises(&bytes) {
            Container::V5(mat5::File::new(&budget, bytes)?)
        } else {
            Container::V73(mat73::File::from_bytes(path, bytes)?)
        };
        Ok(Self { budget, container })
    }

    /// The file's path.
    pub(crate) fn path(&self) -> &Path {
        self.budget.path()
    }

    /// The variables of the file as the fields of one struct.
    pub(crate) fn root(&self) -> Value<'_> {
        let node = match &self.container {
            Container::V73(file) => Node::V73(file.root()),
            Container::V5(file) => Node::V5(file.root()),
        };
        Value::new(&self.budget, String::new(), node)
    }
}
