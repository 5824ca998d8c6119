//! Which axis of a matrix is that of the frames.

use crate::mat::Matrix;

/// Rows and columns that are transposed together.
const TILE: usize = 32;

/// Which axis of a matrix, in the order of the file, is time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Orientation {
    /// `[neuron, frame]`, as in the published file; frames × neurons in MATLAB.
    NeuronByFrame,
    /// `[frame, neuron]`; neurons × frames in MATLAB.
    FrameByNeuron,
}

impl Orientation {
    /// The values in the order `[frame, neuron]`.
    pub(super) fn frame_major(self, matrix: Matrix) -> Vec<f64> {
        if self == Self::FrameByNeuron {
            return matrix.values;
        }
        let Matrix { rows, columns, values } = matrix;
        let mut by_frame = vec![0.; values.len()];
        // A tile of either order fits the first-level cache.
        for row_tile in (0..rows).step_by(TILE) {
            for column_tile in (0..columns).step_by(TILE) {
                for row in row_tile..rows.min(row_tile + TILE) {
                    for column in column_tile..columns.min(column_tile + TILE) {
                        by_frame[column * rows + row] = values[row * columns + column];
                    }
                }
            }
        }
        by_frame
    }
}
