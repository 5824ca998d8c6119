//! The calcium traces of one recording: a dense matrix `[frame, neuron]` in ΔF/F.

/// Values of all neurons at all frames, row-major `[frame, neuron]`. Traces are ΔF/F, their
/// derivatives ΔF/F per second. A missing value is NaN; nothing is infinite.
#[derive(Debug, Clone, PartialEq)]
pub struct Traces {
    n_frames: usize,
    n_neurons: usize,
    values: Vec<f64>,
}

/// Why a matrix is not a matrix of traces.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TracesError {
    /// The number of values is not frames × neurons.
    #[error("found {found} values, expected {n_frames} frames × {n_neurons} neurons")]
    Shape {
        /// Values given.
        found: usize,
        /// Frames stated.
        n_frames: usize,
        /// Neurons stated.
        n_neurons: usize,
    },
    /// No frame or no neuron.
    #[error("found {n_frames} frames × {n_neurons} neurons, expected at least one of each")]
    Empty {
        /// Frames stated.
        n_frames: usize,
        /// Neurons stated.
        n_neurons: usize,
    },
    /// An infinite value.
    #[error(
        "frame {frame}, neuron {neuron} (both from 0): found {value}, expected a finite number or NaN for missing"
    )]
    Infinite {
        /// Frame, counted from 0.
        frame: usize,
        /// Column, counted from 0.
        neuron: usize,
        /// The value found.
        value: f64,
    },
}

impl Traces {
    /// Takes row-major values `[frame, neuron]`.
    ///
    /// # Errors
    /// [`TracesError`] when the shape does not fit, is empty, or a value is infinite.
    pub fn new(n_frames: usize, n_neurons: usize, values: Vec<f64>) -> Result<Self, TracesError> {
        if n_frames.checked_mul(n_neurons) != Some(values.len()) {
            return Err(TracesError::Shape { found: values.len(), n_frames, n_neurons });
        }
        if values.is_empty() {
            return Err(TracesError::Empty { n_frames, n_neurons });
        }
        if let Some(at) = values.iter().position(|v| v.is_infinite()) {
            return Err(TracesError::Infinite {
                frame: at / n_neurons,
                neuron: at % n_neurons,
                value: values[at],
            });
        }
        Ok(Self { n_frames, n_neurons, values })
    }

    /// Number of imaging volumes.
    pub fn n_frames(&self) -> usize {
        self.n_frames
    }

    /// Number of recorded neurons, identified or not.
    pub fn n_neurons(&self) -> usize {
        self.n_neurons
    }

    /// All values, row-major `[frame, neuron]`.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The values of all neurons at one frame.
    pub fn frame(&self, frame: usize) -> &[f64] {
        &self.values[frame * self.n_neurons..(frame + 1) * self.n_neurons]
    }

    /// The values of one neuron over time.
    pub fn neuron(&self, neuron: usize) -> impl ExactSizeIterator<Item = f64> + '_ {
        assert!(neuron < self.n_neurons, "neuron {neuron} of {}", self.n_neurons);
        self.values[neuron..].iter().step_by(self.n_neurons).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neuron_is_a_column() {
        let traces = Traces::new(2, 3, vec![1., 2., 3., 4., 5., 6.]).unwrap();
        assert_eq!(traces.neuron(1).collect::<Vec<_>>(), [2., 5.]);
        assert_eq!(traces.frame(1), [4., 5., 6.]);
        assert_eq!(traces.neuron(2).len(), 2);
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        assert!(matches!(Traces::new(2, 3, vec![0.; 5]), Err(TracesError::Shape { found: 5, .. })));
        assert!(matches!(Traces::new(0, 3, vec![]), Err(TracesError::Empty { .. })));
        assert!(matches!(Traces::new(usize::MAX, 2, vec![]), Err(TracesError::Shape { .. })));
        let error = Traces::new(2, 2, vec![0., 0., 0., f64::INFINITY]).unwrap_err();
        assert!(error.to_string().contains("frame 1, neuron 1"), "{error}");
    }

    #[test]
    fn a_missing_value_is_kept() {
        assert!(Traces::new(1, 1, vec![f64::NAN]).unwrap().neuron(0).next().unwrap().is_nan());
    }
}
