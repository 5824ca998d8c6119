//! A graph under way: operations with their results, and numbers that are part of it.

use super::proto::{self, Axis, Element, Message, Setting};

/// The result of an operation, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value(pub(super) String);

/// Operations in the order in which they are done.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: Vec<Message>,
    constants: Vec<Message>,
    inputs: Vec<Message>,
    outputs: Vec<Message>,
}

impl Graph {
    /// What the graph is given.
    pub(super) fn input(&mut self, name: &str, element: Element, axes: &[Axis]) -> Value {
        self.inputs.push(proto::value(name, element, axes));
        Value(name.to_owned())
    }

    /// What it gives.
    pub(super) fn output(&mut self, value: &Value, name: &str, element: Element, axes: &[Axis]) {
        self.nodes.push(proto::node("Identity", &[&value.0], name, &[]));
        self.outputs.push(proto::value(name, element, axes));
    }

    /// An operation on some values.
    pub(super) fn run(&mut self, what: &str, on: &[&Value], settings: &[Setting]) -> Value {
        let name = format!("{what}_{}", self.nodes.len());
        let inputs: Vec<&str> = on.iter().map(|value| value.0.as_str()).collect();
        self.nodes.push(proto::node(what, &inputs, &name, settings));
        Value(name)
    }

    fn constant(&mut self, shape: &[usize], element: Element, raw: &[u8]) -> Value {
        let name = format!("constant_{}", self.constants.len());
        self.constants.push(proto::tensor(&name, shape, element, raw));
        Value(name)
    }

    /// Numbers of single precision.
    pub(super) fn floats(&mut self, shape: &[usize], values: &[f32]) -> Value {
        let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(shape, Element::Float, &raw)
    }

    /// Numbers of double precision.
    pub(super) fn doubles(&mut self, shape: &[usize], values: &[f64]) -> Value {
        let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(shape, Element::Double, &raw)
    }

    /// Whole numbers.
    pub(super) fn integers(&mut self, values: &[i64]) -> Value {
        let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(&[values.len()], Element::Int64, &raw)
    }

    /// Another precision.
    pub(super) fn cast(&mut self, value: &Value, to: Element) -> Value {
        self.run("Cast", &[value], &[Setting::Int("to", to as i64)])
    }

    /// Two axes: the first stays, the others become one of so many.
    pub(super) fn flat(&mut self, value: &Value, n: usize) -> Value {
        let shape = self.integers(&[0, n as i64]);
        self.run("Reshape", &[value, &shape], &[])
    }

    /// `GraphProto`.
    pub(super) fn message(self, name: &str, about: &str) -> Message {
        let all = |into: Message, field: u64, parts: Vec<Message>| {
            parts.into_iter().fold(into, |all, part| all.message(field, part))
        };
        let graph = all(Message::default(), 1, self.nodes).text(2, name);
        let graph = all(graph, 5, self.constants).text(10, about);
        all(all(graph, 11, self.inputs), 12, self.outputs)
    }
}
