//! The nouns of Nervering: what a recorded animal is, before any file, tensor or model.
//!
//! A [`Recording`] is one animal in one session: [`NeuronLabel`]s, [`Traces`], a [`TimeBase`],
//! optionally [`Behavior`], and its [`Provenance`]. Construction validates, so a value that
//! exists is sound: equal lengths, increasing time without gaps, no name twice. A [`NeuronSet`]
//! says which neurons a study uses and tells by name what is missing in which animal; a
//! [`StateCoding`] says which states it tells apart, a [`StateMap`] what those of a file stand for. A
//! [`Connectome`] is a table of known connections. [`TraceUnit`] says on which scale traces are,
//! [`Recording::resampled`] brings them to another rate.
//!
//! This room knows no files, no tensors and no models.

mod anatomy;
mod behavior;
mod coding;
mod connectome;
mod mixed_units;
mod nearest;
mod neuron;
mod neuron_names;
mod neuron_set;
mod own_labels;
mod recording;
mod resample;
mod state;
mod state_map;
mod time;
mod traces;
mod unit;

pub use anatomy::{
    HERMAPHRODITE_NEURONS, MALE_NEURONS, classes, look_alike_neuron, nearest_neurons,
};
pub use behavior::Behavior;
pub use coding::{CodingError, StateCoding};
pub use connectome::{Connection, ConnectionKind, Connectome, ConnectomeError, Weighting};
pub use mixed_units::MixedUnits;
pub use nearest::edit_distance;
pub use neuron::{NeuronLabel, NeuronName, NotANeuronName};
pub use neuron_names::NeuronNames;
pub use neuron_set::{MissingNeurons, NeuronSet};
pub use own_labels::{NotALabel, OwnLabels};
pub use recording::{FileDerivative, Provenance, Recording, RecordingError, RecordingParts};
pub use resample::{ResampleError, Resampled};
pub use state::{OwnLabel, State, UnknownStateName};
pub use state_map::{NotAStateMap, StateMap};
pub use time::{TimeBase, TimeError};
pub use traces::{Traces, TracesError};
pub use unit::{Conversion, ConversionError, FoundUnit, TraceUnit, UnitBasis, UnknownUnit};
