//! The objects of a file by their types, and what is read of the activity of its neurons.

use crate::error::IoError;
use crate::hdf5::{Hdf5, Node};
use crate::limits::MAX_GROUP_DEPTH;
use nervering_recording::{NeuronLabel, TraceUnit};
use std::collections::BTreeMap;

/// The neurons of the animal and what they did.
pub(super) struct Activity {
    pub(super) place: String,
    pub(super) trace_field: String,
    /// What the traces are, where the file says so.
    pub(super) unit: Option<TraceUnit>,
    pub(super) time_place: String,
    /// Seconds.
    pub(super) seconds: Vec<f64>,
    pub(super) labels: Vec<NeuronLabel>,
    /// Row-major `[frame, neuron]`.
    pub(super) traces: Vec<f64>,
    pub(super) derivative: Option<(Vec<f64>, String)>,
}

/// An object of the file that has a type.
pub(super) struct Typed<'f> {
    pub(super) kind: String,
    /// Type of the object that holds it; empty where that has none.
    pub(super) within: String,
    pub(super) node: Node<'f>,
}

/// All typed groups of the file, in its order. One that several links lead to is there once.
pub(super) struct Objects<'f> {
    pub(super) all: Vec<Typed<'f>>,
    pub(super) by_address: BTreeMap<u64, usize>,
}

impl<'f> Objects<'f> {
    pub(super) fn of(file: &'f Hdf5) -> Result<Self, IoError> {
        let mut objects = Self { all: Vec::new(), by_address: BTreeMap::new() };
        for top in file.root().groups()? {
            // The cached definitions of the format are no data.
            if top.name() != "specifications" {
                objects.collect(top, "", 0)?;
            }
        }
        Ok(objects)
    }

    pub(super) fn collect(
        &mut self,
        node: Node<'f>,
        within: &str,
        depth: usize,
    ) -> Result<(), IoError> {
        if depth >= MAX_GROUP_DEPTH {
            return Ok(());
        }
        let kind = node.text_attribute("neurodata_type").unwrap_or_default();
        if let Some(&known) = self.by_address.get(&node.address()) {
            // The link from what has a type says more than the one from a plain folder.
            let known = &mut self.all[known];
            if known.within.is_empty() && !within.is_empty() {
                known.within = within.to_owned();
                known.node = node;
            }
            return Ok(());
        }
        let groups = node.groups()?;
        if !kind.is_empty() {
            self.by_address.insert(node.address(), self.all.len());
            self.all.push(Typed { kind: kind.clone(), within: within.to_owned(), node });
        }
        groups.into_iter().try_for_each(|group| self.collect(group, &kind, depth + 1))
    }

    /// The object at an address that a reference holds.
    pub(super) fn at(&self, address: u64) -> Option<&Node<'f>> {
        self.by_address.get(&address).map(|&known| &self.all[known].node)
    }
}
