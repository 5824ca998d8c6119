//! Operations on shapes and places, which need numbers of their own in a graph, by short names.

use super::graph::{Graph, Value};
use super::proto::{Element, Setting};

/// Axis of frames.
pub(super) const FRAMES: i64 = 0;
/// The end of an axis, however long it is.
const END: i64 = i64::MAX;

impl Graph {
    /// One number.
    pub(super) fn number(&mut self, element: Element, value: f64) -> Value {
        self.numbers(element, &[], &[value])
    }

    /// Whole numbers in a row.
    pub(super) fn integers(&mut self, values: &[i64]) -> Value {
        let numbers: Vec<f64> = values.iter().map(|&value| value as f64).collect();
        self.numbers(Element::Int64, &[values.len()], &numbers)
    }

    /// With one number.
    pub(super) fn by(&mut self, what: &str, x: &Value, value: f64) -> Value {
        let number = self.number(x.element, value);
        self.of(what, &[x, &number])
    }

    /// Another precision.
    pub(super) fn cast(&mut self, x: &Value, to: Element) -> Value {
        match x.element == to {
            true => x.clone(),
            false => self.run_to(to, "Cast", &[x], &[Setting::Int("to", to as i64)]),
        }
    }

    /// Another shape; 0 is an axis as it was, −1 whatever is left.
    pub(super) fn reshape(&mut self, x: &Value, shape: &[i64]) -> Value {
        let shape = self.integers(shape);
        self.of("Reshape", &[x, &shape])
    }

    /// With one axis of one more.
    pub(super) fn unsqueeze(&mut self, x: &Value, axis: i64) -> Value {
        let axes = self.integers(&[axis]);
        self.of("Unsqueeze", &[x, &axes])
    }

    /// Without an axis of one.
    pub(super) fn squeeze(&mut self, x: &Value, axis: i64) -> Value {
        let axes = self.integers(&[axis]);
        self.of("Squeeze", &[x, &axes])
    }

    /// One behind the other.
    pub(super) fn concat(&mut self, parts: &[&Value], axis: i64) -> Value {
        self.run("Concat", parts, &[Setting::Int("axis", axis)])
    }

    /// Along a new axis.
    pub(super) fn stack(&mut self, parts: &[Value], axis: i64) -> Value {
        let parts: Vec<Value> = parts.iter().map(|part| self.unsqueeze(part, axis)).collect();
        self.concat(&parts.iter().collect::<Vec<_>>(), axis)
    }

    /// Places of an axis; those below 0 count from the end. To the end without `to`.
    pub(super) fn slice(&mut self, x: &Value, axis: i64, from: i64, to: Option<i64>) -> Value {
        let [from, to, axis] = [from, to.unwrap_or(END), axis].map(|at| self.integers(&[at]));
        self.of("Slice", &[x, &from, &to, &axis])
    }

    /// Without the first frames and without the last.
    pub(super) fn frames(&mut self, x: &Value, first: usize, last: usize) -> Value {
        self.slice(x, FRAMES, first as i64, (last > 0).then_some(-(last as i64)))
    }

    /// So many frames, before which so many come, counted from the end.
    pub(super) fn last(&mut self, x: &Value, n: usize, after: usize) -> Value {
        let from = -((n + after) as i64);
        self.slice(x, FRAMES, from, (after > 0).then_some(-(after as i64)))
    }

    /// From the last frame to the first.
    pub(super) fn reversed(&mut self, x: &Value) -> Value {
        let [last, beyond, axis, step] =
            [-1, i64::MIN, FRAMES, -1].map(|number| self.integers(&[number]));
        self.of("Slice", &[x, &last, &beyond, &axis, &step])
    }

    /// Axes in another order.
    pub(super) fn transpose(&mut self, x: &Value, order: &[i64]) -> Value {
        self.run("Transpose", &[x], &[Setting::Ints("perm", order.to_vec())])
    }

    /// Frames at some places.
    pub(super) fn at(&mut self, x: &Value, places: &Value) -> Value {
        self.run("Gather", &[x, places], &[Setting::Int("axis", FRAMES)])
    }

    /// Of one axis the sum, the mean, the smallest or the largest, which stays an axis of one.
    pub(super) fn reduce(&mut self, what: &str, x: &Value, axis: i64) -> Value {
        let axes = self.integers(&[axis]);
        self.run(what, &[x, &axes], &[Setting::Int("keepdims", 1)])
    }

    /// The softmax, or its logarithm.
    pub(super) fn softmax(&mut self, what: &str, x: &Value, axis: i64) -> Value {
        self.run(what, &[x], &[Setting::Int("axis", axis)])
    }

    /// Whether one number is above another.
    pub(super) fn above(&mut self, x: &Value, y: &Value) -> Value {
        self.run_to(Element::Bool, "Greater", &[x, y], &[])
    }

    /// Whether numbers are none.
    pub(super) fn is_nan(&mut self, x: &Value) -> Value {
        self.run_to(Element::Bool, "IsNaN", &[x], &[])
    }

    /// One or the other, number by number.
    pub(super) fn choose(&mut self, whether: &Value, yes: &Value, no: &Value) -> Value {
        self.run_to(yes.element, "Where", &[whether, yes, no], &[])
    }

    /// Lengths of the axes from one on, up to another.
    pub(super) fn shape(&mut self, x: &Value, from: i64, to: Option<i64>) -> Value {
        let mut settings = vec![Setting::Int("start", from)];
        settings.extend(to.map(|to| Setting::Int("end", to)));
        self.run_to(Element::Int64, "Shape", &[x], &settings)
    }

    /// How many frames there are: one number.
    pub(super) fn n_frames(&mut self, x: &Value) -> Value {
        let length = self.shape(x, FRAMES, Some(FRAMES + 1));
        self.squeeze(&length, 0)
    }

    /// 0, 1, 2 … below `n`.
    pub(super) fn range(&mut self, n: &Value) -> Value {
        let [zero, one] = [0., 1.].map(|at| self.number(Element::Int64, at));
        self.of("Range", &[&zero, n, &one])
    }

    /// Places of frames within the recording: before the first the first, after the last the last.
    pub(super) fn within(&mut self, places: &Value, n_frames: &Value) -> Value {
        let last = self.by("Sub", n_frames, 1.);
        let places = self.of("Min", &[places, &last]);
        self.by("Max", &places, 0.)
    }

    /// The same for every frame of another: `[…]` → `[frame, …]`.
    pub(super) fn for_frames_of(&mut self, x: &Value, of: &Value, axes: &[usize]) -> Value {
        let n_frames = self.shape(of, FRAMES, Some(FRAMES + 1));
        let axes: Vec<i64> = axes.iter().map(|&n| n as i64).collect();
        let axes = self.integers(&axes);
        let shape = self.concat(&[&n_frames, &axes], 0);
        self.of("Expand", &[x, &shape])
    }
}
