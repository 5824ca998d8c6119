//! HDF5 files as trees of groups and arrays, under the limits of [`crate::limits`].
//!
//! [`Container`] is the file: objects by address, their links, attributes and values, whose types,
//! layouts and filters are in files of their own. Superblock, trees and heaps are parsed by the
//! `hdf5-reader` crate. An object is understood piece by piece, so that a member of a group, an
//! attribute, a type or a filter that is not read troubles only who needs it; a [`Trouble`] says
//! whether bytes are damaged or sound and not read here, and then what to do.
//!
//! [`Hdf5`] is a file with its budget, and a [`Node`] a group or data set of it with its place for
//! error messages, for formats that are HDF5 by another name. MATLAB's conventions are the business
//! of [`crate::mat73`]. Links to other files and external storage are never followed.

mod attribute;
mod chunk;
mod container;
mod dataset;
mod datatype;
mod filter;
mod foreign;
mod header;
mod link;
mod lzf;
mod node;
mod number;
mod refusal;
#[cfg(test)]
mod tests;
mod trouble;

pub(crate) use container::{Container, Object, ObjectKind};
pub(crate) use datatype::Kind;
pub(crate) use foreign::describe;
pub(crate) use node::{Content, Hdf5, Node};
pub(crate) use trouble::Trouble;

const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

/// Whether a file that begins so may be HDF5: its signature stands at the start or at a power of
/// two from 512 on.
pub(crate) fn is_hdf5(head: &[u8]) -> bool {
    let signed = |at: &usize| head.get(*at..).is_some_and(|rest| rest.starts_with(SIGNATURE));
    [0, 512, 1024, 2048, 4096].iter().any(signed)
}
