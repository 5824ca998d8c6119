//! One animal as the replicas of a cohort see it: each replica its own frames of it.

use burn::tensor::{Device, Tensor, TensorData};
use nervering_nn::ops::{Engine, Frames, Labels};
use nervering_nn::pass::{Pass, Runs};

/// Frames of one animal for one replica, in plain numbers.
#[derive(Debug, Clone, Copy)]
pub struct BatchRows<'a> {
    /// All frames of the animal, row-major `[frame, neuron, feature]`.
    pub features: &'a [f32],
    /// Class of each frame of the animal, `None` where unknown.
    pub labels: &'a [Option<u8>],
    /// Which frames this replica uses, at least one.
    pub frames: &'a [usize],
}

/// One animal, one step: `[replica, frame, neuron, feature]`, with the present frames first.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Features.
    pub x: Tensor<4>,
    /// Classes and present frames.
    pub labels: Labels,
    /// Which of the frames follow each other.
    pub runs: Runs,
}

impl Batch {
    /// Brings each replica's frames together, padded to the longest.
    ///
    /// # Panics
    /// When a replica has no frame, or lengths do not fit `n_neurons` and `n_features`.
    pub fn new(rows: &[BatchRows], n_neurons: usize, n_features: usize, device: &Device) -> Self {
        let frames = Frames::new(rows.iter().map(|rows| rows.frames.len()).collect::<Vec<_>>());
        let (padded, row_len) = (frames.padded(), n_neurons * n_features);
        let mut x = Vec::with_capacity(rows.len() * padded * row_len);
        let mut classes = Vec::with_capacity(rows.len() * padded);
        for (r, rows) in rows.iter().enumerate() {
            assert_eq!(rows.features.len(), rows.labels.len() * row_len, "features and labels");
            for &frame in rows.frames {
                x.extend_from_slice(&rows.features[frame * row_len..(frame + 1) * row_len]);
                classes.push(rows.labels[frame].map_or(-1, i32::from));
            }
            x.resize((r + 1) * padded * row_len, 0.);
            classes.resize((r + 1) * padded, -1);
        }
        let data = TensorData::new(x, [rows.len(), padded, n_neurons, n_features]);
        let labels = Labels { classes: classes.into(), frames };
        let runs: Vec<_> = rows.iter().map(|rows| lengths_of_runs(rows.frames)).collect();
        Self { x: Tensor::from_data(data, device), labels, runs: Runs::new(runs) }
    }

    /// A pass over these frames in which everything over frames is taken from them.
    pub(crate) fn pass(&self, engine: Engine) -> Pass {
        let frames = self.labels.frames.clone();
        Pass::with_batch_statistics(engine, frames).with_runs(self.runs.clone())
    }
}

/// Lengths of the runs of consecutive frames.
fn lengths_of_runs(frames: &[usize]) -> Vec<usize> {
    frames.chunk_by(|a, b| a + 1 == *b).map(<[usize]>::len).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_end_where_a_frame_does_not_follow_the_last() {
        assert_eq!(lengths_of_runs(&[8, 9, 10, 16, 24, 25, 3]), [3, 1, 2, 1]);
        assert_eq!(lengths_of_runs(&[5]), [1]);
    }
}
