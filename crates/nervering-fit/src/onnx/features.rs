//! Traces and derivatives as a model sees them, `[frame, neuron, feature]`: [`Features`]. They are given in the
//! units of the recording and scaled in the graph, by the ranges of the training animals, of what is given, or
//! of the frames so far; the last go on from call to call.

use super::graph::{Graph, Value};
use super::pass::Goes;
use super::proto::{Axis, Element};
use super::shorthand::FRAMES;
use crate::scaling::Scaling;
use nervering_prepare::{Interval, N_FEATURES};

/// Name of the smallest so far, and of the largest.
const SO_FAR: [&str; 2] = ["lowest", "highest"];

/// Scaled features, and the ends of what they are scaled by.
pub(super) struct Features {
    /// In single precision, as the model has them.
    pub(super) scaled: Value,
    /// In the units of the recording, `[frame, neuron, feature]` of ranges so far, else without frames or with
    /// one.
    pub(super) low: Value,
    /// The same.
    pub(super) high: Value,
}

/// Traces and derivatives, as the graph is given them.
pub(super) fn given(graph: &mut Graph, n: usize) -> Value {
    let axes = [Axis::Named("frame"), Axis::Fixed(n), Axis::Fixed(N_FEATURES)];
    graph.input("features", Element::Double, &axes)
}

/// The same of plain rows, which have no derivatives.
pub(super) fn rows(graph: &mut Graph, n: usize) -> Value {
    let rows = graph.input("rows", Element::Double, &[Axis::Named("frame"), Axis::Fixed(n)]);
    let traces = graph.unsqueeze(&rows, 2);
    let none = graph.of("Sub", &[&traces, &traces]);
    graph.concat(&[&traces, &none], 2)
}

impl Features {
    /// Scaled. The last `again` frames will be given once more as the first of the next call, so that ranges
    /// stop before them.
    pub(super) fn new(
        graph: &mut Graph,
        given: &Value,
        scaling: &Scaling,
        interval: Interval,
        [n, again]: [usize; 2],
        goes: Goes,
    ) -> Self {
        let [low, high] = match scaling {
            Scaling::Training(ranges) => {
                let (low, high): (Vec<f64>, Vec<f64>) = ranges.values().iter().copied().unzip();
                [low, high].map(|end| graph.numbers(Element::Double, &[n, N_FEATURES], &end))
            }
            Scaling::WholeRecording | Scaling::Signals(_) => {
                ["ReduceMin", "ReduceMax"].map(|end| graph.reduce(end, given, FRAMES))
            }
            Scaling::Causal => so_far(graph, given, [n, again], goes),
        };
        let above = graph.of("Sub", &[given, &low]);
        let width = graph.of("Sub", &[&high, &low]);
        // 0 as long as there is no range.
        let [none, one] = [0., 1.].map(|value| graph.number(Element::Double, value));
        let has_range = graph.above(&width, &none);
        let divisor = graph.choose(&has_range, &width, &one);
        let scaled = graph.of("Div", &[&above, &divisor]);
        let scaled = match scaling {
            Scaling::Training(_) => scaled,
            _ => graph.choose(&has_range, &scaled, &none),
        };
        let scaled = graph.cast(&scaled, Element::Float);
        let scaled = match interval {
            Interval::ZeroToOne => scaled,
            Interval::MinusOneToOne => {
                let doubled = graph.by("Mul", &scaled, 2.);
                graph.by("Sub", &doubled, 1.)
            }
        };
        Self { scaled, low, high }
    }

    /// The way back of what is said of frames, `[frame, step, neuron, feature]`, by the ranges of the frames from
    /// which it is said, all but the first.
    pub(super) fn in_units(
        &self,
        graph: &mut Graph,
        said: &Value,
        scaling: &Scaling,
        interval: Interval,
        first: usize,
    ) -> Value {
        let said = graph.cast(said, Element::Double);
        let unit = match interval {
            Interval::ZeroToOne => said,
            Interval::MinusOneToOne => {
                let above = graph.by("Add", &said, 1.);
                graph.by("Div", &above, 2.)
            }
        };
        let width = graph.of("Sub", &[&self.high, &self.low]);
        let [width, low] = [&width, &self.low].map(|end| match scaling {
            Scaling::Causal => {
                let of_starts = graph.frames(end, first, 0);
                graph.unsqueeze(&of_starts, 1)
            }
            _ => end.clone(),
        });
        let moved = graph.of("Mul", &[&unit, &width]);
        graph.of("Add", &[&moved, &low])
    }
}

/// The smallest and the largest up to each frame.
fn so_far(graph: &mut Graph, given: &Value, [n, again]: [usize; 2], goes: Goes) -> [Value; 2] {
    let (shape, axes) = ([n, N_FEATURES], [Axis::Fixed(n), Axis::Fixed(N_FEATURES)]);
    let nothing = [f64::INFINITY, f64::NEG_INFINITY].map(|end| vec![end; n * N_FEATURES]);
    let before = [0, 1].map(|k| match goes {
        Goes::On => graph.state(SO_FAR[k], Element::Double, &shape, &nothing[k]),
        Goes::Anew => graph.numbers(Element::Double, &shape, &nothing[k]),
    });
    let mut body = graph.body();
    let ends = SO_FAR.map(|name| body.input(name, Element::Double, &axes));
    let frame = body.input("frame", Element::Double, &axes);
    let ends =
        [("Min", &ends[0]), ("Max", &ends[1])].map(|(what, end)| body.of(what, &[end, &frame]));
    for kept in ["next_", "up_to_"] {
        ends.iter()
            .zip(SO_FAR)
            .for_each(|(end, name)| body.output(end, &format!("{kept}{name}"), &axes));
    }
    let mut found = graph.scan(body, &[&before[0], &before[1]], given, 2).split_off(2);
    if goes == Goes::On {
        for (end, name) in found.iter().zip(SO_FAR) {
            let last = graph.last(end, 1, again);
            let last = graph.squeeze(&last, FRAMES);
            graph.next(name, &last, &shape);
        }
    }
    let high = found.pop().expect("two ends");
    [found.pop().expect("two ends"), high]
}
