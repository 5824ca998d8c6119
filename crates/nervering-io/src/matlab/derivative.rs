//! The file's own derivative of one worm.
//!
//! The layout of `derivs` is not documented: it has been seen as one matrix per worm, and a struct
//! around such matrices is possible. So the field is searched: any matrix of frames × neurons, or
//! one frame fewer, that belongs to the worm is a candidate. One candidate, or one with a known
//! name, is taken; otherwise the derivative is left alone and the reader warns.

use super::fields;
use super::orientation::Orientation;
use crate::error::IoError;
use crate::limits::MAX_CELL_DEPTH;
use crate::mat::{Class, Value};
use nervering_recording::Traces;

/// Names that settle which of several matrices is the derivative of the traces used, best first.
const KNOWN_NAMES: [&str; 5] =
    ["deltaFOverF_bc", "derivs", "deltaFOverF_deriv", "traces", "tracesDif"];
/// Entries of a cell array that are looked into when it is not one per worm.
const MAX_ENTRIES: usize = 64;

/// What the traces look like.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub n_frames: usize,
    pub n_neurons: usize,
    pub orientation: Orientation,
}

/// A derivative that fits the traces.
pub(super) struct Derivative {
    /// Values `[frame, neuron]`.
    pub values: Traces,
    /// Frames: as many as the traces have, or one fewer.
    pub n_frames: usize,
    /// Where it stood, for example `derivs.traces`.
    pub field: String,
}

struct Candidate<'f> {
    value: Value<'f>,
    field: String,
    orientation: Orientation,
    n_frames: usize,
}

/// Finds and reads the derivative of a worm, or says why there is none.
pub(super) fn read_derivative(
    place: &fields::Derivative<'_>,
    shape: Shape,
) -> Result<Derivative, String> {
    let (field, search, of_worm) = match place {
        fields::Derivative::OfAnimal(field) => (field, Search { worm: 0, n_worms: 1, shape }, true),
        fields::Derivative::OfAll { field, animal, n_animals } => {
            (field, Search { worm: *animal, n_worms: *n_animals, shape }, false)
        }
    };
    let mut candidates = Vec::new();
    search
        .collect(field, field.name(), of_worm, 0, &mut candidates)
        .map_err(|error| error.chain())?;
    let chosen = match candidates.len() {
        0 => {
            return Err(format!(
                "{} holds no matrix of {} frames (or one fewer) × {} neurons for this worm",
                field.place(),
                shape.n_frames,
                shape.n_neurons
            ));
        }
        1 => candidates.remove(0),
        n => {
            let last = |candidate: &Candidate<'_>| {
                candidate.field.rsplit('.').next().unwrap_or_default().to_owned()
            };
            let best = KNOWN_NAMES.iter().find_map(|known| {
                let named: Vec<_> = (0..n).filter(|&k| last(&candidates[k]) == *known).collect();
                if let [only] = named.as_slice() { Some(*only) } else { None }
            });
            let Some(best) = best else {
                let fields: Vec<_> = candidates.iter().map(|c| c.field.clone()).collect();
                return Err(format!("{} fit the traces alike", super::words::listed(&fields)));
            };
            candidates.swap_remove(best)
        }
    };
    let matrix = chosen.value.matrix().map_err(|error| error.chain())?;
    let values = chosen.orientation.frame_major(matrix);
    let values = Traces::new(chosen.n_frames, shape.n_neurons, values)
        .map_err(|error| format!("{}: {error}", chosen.value.place()))?;
    Ok(Derivative { values, n_frames: chosen.n_frames, field: chosen.field })
}

struct Search {
    worm: usize,
    n_worms: usize,
    shape: Shape,
}

impl Search {
    /// `of_worm` says whether the way here has already passed a cell array with one entry per worm.
    fn collect<'f>(
        &self,
        value: &Value<'f>,
        field: &str,
        of_worm: bool,
        depth: usize,
        found: &mut Vec<Candidate<'f>>,
    ) -> Result<(), IoError> {
        if depth > MAX_CELL_DEPTH {
            return Ok(());
        }
        match value.class() {
            Class::Struct => {
                for name in value.field_names()? {
                    let inner = value.field(&name)?;
                    self.collect(&inner, &format!("{field}.{name}"), of_worm, depth + 1, found)?;
                }
            }
            Class::Cell => {
                let entries = value.cells()?;
                if !of_worm && entries.len() == self.n_worms {
                    self.collect(&entries[self.worm], field, true, depth + 1, found)?;
                } else if of_worm && entries.len() <= MAX_ENTRIES {
                    for entry in &entries {
                        self.collect(entry, field, of_worm, depth + 1, found)?;
                    }
                }
            }
            Class::Numbers if of_worm || self.n_worms == 1 => {
                let Ok((rows, columns)) = value.dimensions() else {
                    return Ok(());
                };
                if let Some((orientation, n_frames)) = self.shape.fit(rows, columns) {
                    let (value, field) = (value.clone(), field.to_owned());
                    found.push(Candidate { value, field, orientation, n_frames });
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Shape {
    /// Which axis is time, and how many frames there are, if the matrix fits the traces; the
    /// orientation of the traces first, where both would fit.
    fn fit(self, rows: u64, columns: u64) -> Option<(Orientation, usize)> {
        use Orientation::*;
        let other = if self.orientation == NeuronByFrame { FrameByNeuron } else { NeuronByFrame };
        for n_frames in [self.n_frames, self.n_frames - 1] {
            for orientation in [self.orientation, other] {
                let (neurons, frames) = match orientation {
                    NeuronByFrame => (rows, columns),
                    FrameByNeuron => (columns, rows),
                };
                if neurons == self.n_neurons as u64 && frames == n_frames as u64 {
                    return Some((orientation, n_frames));
                }
            }
        }
        None
    }
}
