//! What a model that sees frames one by one is shown of the frames of an experiment: [`FrameFeatures`]
//! makes of each trace the trace and its backward derivative, normalised by the training ranges or by the
//! animal's own range so far, as [`crate::scaling::Scaling`] makes them of a whole recording.

use crate::scaling::Scaling;
use nervering_prepare::{Interval, N_FEATURES, backward_differences, placed};

/// The features of frames as they come.
pub(crate) struct FrameFeatures<'m> {
    by: By<'m>,
    interval: Interval,
    /// Time and traces of the frame before.
    before: Option<(f64, Vec<f64>)>,
}

/// What features are normalised by: smallest and largest of each, `[neuron, feature]`.
enum By<'m> {
    Training(&'m [(f64, f64)]),
    SoFar(Vec<(f64, f64)>),
}

impl<'m> FrameFeatures<'m> {
    /// Before the first frame. All but training ranges are taken as ranges so far.
    pub(crate) fn new(scaling: &'m Scaling, interval: Interval, n_neurons: usize) -> Self {
        let by = match scaling {
            Scaling::Training(ranges) => By::Training(ranges.values()),
            Scaling::Causal | Scaling::WholeRecording | Scaling::Signals(_) => {
                By::SoFar(vec![(f64::INFINITY, f64::NEG_INFINITY); n_neurons * N_FEATURES])
            }
        };
        Self { by, interval, before: None }
    }

    /// The features of the next frame, `[neuron, feature]`; `None`, and nothing is taken in, for a time that
    /// is not after the one before it.
    pub(crate) fn step(&mut self, seconds: f64, traces: &[f64]) -> Option<Vec<f32>> {
        let follows = self.before.as_ref().is_none_or(|(before, _)| seconds > *before);
        if !seconds.is_finite() || !follows {
            return None;
        }
        let mut features = Vec::with_capacity(traces.len() * N_FEATURES);
        for (neuron, &trace) in traces.iter().enumerate() {
            let derivative = match &self.before {
                None => 0.,
                Some((before, traces)) => {
                    backward_differences(&[*before, seconds], &[traces[neuron], trace])[1]
                }
            };
            for (feature, value) in [trace, derivative].into_iter().enumerate() {
                let at = neuron * N_FEATURES + feature;
                let (low, high) = match &mut self.by {
                    By::Training(ranges) => ranges[at],
                    By::SoFar(ranges) => {
                        let (low, high) = &mut ranges[at];
                        (*low, *high) = (low.min(value), high.max(value));
                        ranges[at]
                    }
                };
                features.push(self.interval.of(placed(value, low, high) as f32));
            }
        }
        self.before = Some((seconds, traces.to_vec()));
        Some(features)
    }
}
