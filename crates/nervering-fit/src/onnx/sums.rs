//! Means over the frames so far, which go on from call to call: [`Sums`].

use super::graph::{Graph, Value};
use super::pass::Goes;
use super::proto::Element;
use super::shorthand::FRAMES;

/// Means over the frames so far, with some that came before all.
pub(super) struct Sums {
    /// Frames that count, `[frame, 1]`.
    count: Value,
    prior_frames: f64,
    goes: Goes,
    /// Frames at the end that will be given again.
    again: usize,
}

impl Sums {
    /// Of frames the last of which will be given `again`, so that what goes on stops before them.
    pub(super) fn new(
        graph: &mut Graph,
        of: &Value,
        prior_frames: f64,
        goes: Goes,
        again: usize,
    ) -> Self {
        let n_frames = graph.n_frames(of);
        let frames = graph.range(&n_frames);
        let frames = graph.cast(&frames, Element::Double);
        let mut count = graph.by("Add", &frames, 1.);
        if goes == Goes::On {
            let before = graph.state("n_frames", Element::Double, &[1], &[0.]);
            count = graph.of("Add", &[&count, &before]);
            let last = graph.last(&count, 1, again);
            graph.next("n_frames", &last, &[1]);
        }
        let count = graph.unsqueeze(&count, 1);
        let count = graph.by("Add", &count, prior_frames);
        Self { count, prior_frames, goes, again }
    }

    /// `[frame, neuron]`, of numbers whose sum before is a state of this name.
    pub(super) fn mean(
        &mut self,
        graph: &mut Graph,
        name: &str,
        of: &Value,
        prior: &[f64],
    ) -> Value {
        let (name, n) = (format!("sum_of_{name}"), prior.len());
        let axis = graph.number(Element::Int64, FRAMES as f64);
        let mut sum = graph.of("CumSum", &[of, &axis]);
        if self.goes == Goes::On {
            let before = graph.state(&name, Element::Double, &[n], &vec![0.; n]);
            sum = graph.of("Add", &[&sum, &before]);
            let last = graph.last(&sum, 1, self.again);
            let last = graph.squeeze(&last, FRAMES);
            graph.next(&name, &last, &[n]);
        }
        let prior: Vec<f64> = prior.iter().map(|value| value * self.prior_frames).collect();
        let prior = graph.numbers(Element::Double, &[n], &prior);
        let sum = graph.of("Add", &[&sum, &prior]);
        graph.of("Div", &[&sum, &self.count])
    }
}
