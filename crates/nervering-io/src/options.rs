//! How files are to be read where they leave a choice: [`ReadOptions`], which every reader is given.

use nervering_recording::{Conversion, NeuronNames, StateMap, TraceUnit};

/// What the user decides about reading. The default is what holds for files that say everything
/// themselves; a study keeps what was chosen in its `study.toml`, so that it reads the same again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// Which names identify a neuron.
    pub names: NeuronNames,
    /// What the traces are, whatever their files say.
    pub unit: Option<TraceUnit>,
    /// That traces are brought to ΔF/F, and how.
    pub to_delta_f: Option<Conversion>,
    /// The series of traces to read, where files offer several: its place, or the last parts of it.
    /// None leaves it to the order of [`crate::Carries`].
    pub series: Option<String>,
    /// What states of the files stand for. It is applied once a recording is read; codes that a file
    /// does not name are read only where it gives them a meaning.
    pub states: StateMap,
}
