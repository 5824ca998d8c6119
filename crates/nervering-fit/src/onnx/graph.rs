//! A graph under way: operations with their results, numbers that are part of it, and what it keeps from one
//! call to the next ([`Graph::state`]). What nothing rests on is left out, and the same numbers stand in it
//! once.

use super::proto::{self, Axis, Element, Message, Setting};
use std::collections::{BTreeMap, BTreeSet};

/// The result of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    name: String,
    pub(super) element: Element,
}

/// Operations in the order in which they are done.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// How names begin, which are not those of a graph around it.
    prefix: String,
    nodes: Vec<Node>,
    /// By shape, type and bytes.
    constants: BTreeMap<(Vec<usize>, Element, Vec<u8>), String>,
    /// In the order in which they came.
    initializers: Vec<(String, Message)>,
    inputs: Vec<Message>,
    outputs: Vec<Message>,
    given: Vec<String>,
    states: Vec<String>,
}

#[derive(Debug)]
struct Node {
    inputs: Vec<String>,
    outputs: Vec<String>,
    message: Message,
}

impl Graph {
    /// What is done to each of several, within another graph.
    pub(super) fn body(&self) -> Self {
        Self { prefix: format!("{}body_{}_", self.prefix, self.nodes.len()), ..Self::default() }
    }

    /// What the graph is given.
    pub(super) fn input(&mut self, name: &str, element: Element, axes: &[Axis]) -> Value {
        let name = format!("{}{name}", self.prefix);
        self.inputs.push(proto::value(&name, element, axes));
        self.given.push(name.clone());
        Value { name, element }
    }

    /// What it gives.
    pub(super) fn output(&mut self, value: &Value, name: &str, axes: &[Axis]) {
        let name = format!("{}{name}", self.prefix);
        self.outputs.push(proto::value(&name, value.element, axes));
        self.given.push(name.clone());
        self.add("Identity", &[value], vec![name], &[]);
    }

    /// What the graph goes on from: an input that may be left out, and is then `default`, as before the
    /// first frame. [`Graph::next`] gives the output that is to be put in the next time.
    pub(super) fn state(
        &mut self,
        name: &str,
        element: Element,
        shape: &[usize],
        default: &[f64],
    ) -> Value {
        let axes: Vec<Axis> = shape.iter().map(|&n| Axis::Fixed(n)).collect();
        let state = self.input(name, element, &axes);
        let tensor = proto::tensor(&state.name, shape, element, &raw(element, default));
        self.initializers.push((state.name.clone(), tensor));
        self.states.push(name.to_owned());
        state
    }

    /// What a state is after the frames given.
    pub(super) fn next(&mut self, name: &str, value: &Value, shape: &[usize]) {
        let axes: Vec<Axis> = shape.iter().map(|&n| Axis::Fixed(n)).collect();
        self.output(value, &format!("next_{name}"), &axes);
    }

    /// The names of what it goes on from.
    pub(super) fn states(&self) -> &[String] {
        &self.states
    }

    fn add(&mut self, what: &str, on: &[&Value], outputs: Vec<String>, settings: &[Setting]) {
        let inputs: Vec<String> = on.iter().map(|value| value.name.clone()).collect();
        let message = proto::node(what, &inputs, &outputs, settings);
        self.nodes.push(Node { inputs, outputs, message });
    }

    /// An operation on some values, which gives what is of the type of the first.
    pub(super) fn run(&mut self, what: &str, on: &[&Value], settings: &[Setting]) -> Value {
        self.run_to(on[0].element, what, on, settings)
    }

    /// The same without settings.
    pub(super) fn of(&mut self, what: &str, on: &[&Value]) -> Value {
        self.run(what, on, &[])
    }

    /// An operation that gives something of another type.
    pub(super) fn run_to(
        &mut self,
        element: Element,
        what: &str,
        on: &[&Value],
        settings: &[Setting],
    ) -> Value {
        let name = format!("{}{what}_{}", self.prefix, self.nodes.len());
        self.add(what, on, vec![name.clone()], settings);
        Value { name, element }
    }

    /// The `count` smallest along the axis of frames, in order.
    pub(super) fn ascending(&mut self, x: &Value, count: &Value) -> Value {
        let name = format!("{}TopK_{}", self.prefix, self.nodes.len());
        let outputs = vec![name.clone(), format!("{name}_places")];
        let settings = [Setting::Int("axis", 0), Setting::Int("largest", 0)];
        self.add("TopK", &[x, count], outputs, &settings);
        Value { name, element: x.element }
    }

    /// `body` along the first axis of `along`, which is given the states and a part of `along`, and gives the
    /// states after it and so many results; these results of all parts, and the last states before them.
    pub(super) fn scan(
        &mut self,
        body: Self,
        states: &[&Value],
        along: &Value,
        n_results: usize,
    ) -> Vec<Value> {
        let at = self.nodes.len();
        let outputs: Vec<String> = (0..states.len() + n_results)
            .map(|k| format!("{}Scan_{at}_{k}", self.prefix))
            .collect();
        let settings =
            [Setting::Body("body", body.message("body")), Setting::Int("num_scan_inputs", 1)];
        let on: Vec<&Value> = states.iter().copied().chain([along]).collect();
        self.add("Scan", &on, outputs.clone(), &settings);
        outputs.into_iter().map(|name| Value { name, element: along.element }).collect()
    }

    /// Numbers that are part of the graph.
    pub(super) fn numbers(&mut self, element: Element, shape: &[usize], values: &[f64]) -> Value {
        let key = (shape.to_vec(), element, raw(element, values));
        if let Some(name) = self.constants.get(&key) {
            return Value { name: name.clone(), element };
        }
        let name = format!("{}constant_{}", self.prefix, self.constants.len());
        self.initializers.push((name.clone(), proto::tensor(&name, shape, element, &key.2)));
        self.constants.insert(key, name.clone());
        Value { name, element }
    }

    /// `GraphProto`.
    pub(super) fn message(self, name: &str) -> Message {
        let mut needed: BTreeSet<String> = self.given.iter().cloned().collect();
        let mut nodes = Vec::new();
        for node in self.nodes.into_iter().rev() {
            if node.outputs.iter().any(|output| needed.contains(output)) {
                needed.extend(node.inputs);
                nodes.push(node.message);
            }
        }
        nodes.reverse();
        let numbers = self.initializers.into_iter().filter(|(name, _)| needed.contains(name));
        let numbers = numbers.map(|(_, tensor)| tensor).collect();
        let all = |into: Message, field: u64, parts: Vec<Message>| {
            parts.into_iter().fold(into, |all, part| all.message(field, part))
        };
        let graph = all(Message::default(), 1, nodes).text(2, name);
        let graph = all(graph, 5, numbers);
        all(all(graph, 11, self.inputs), 12, self.outputs)
    }
}

/// Numbers as a tensor has them.
fn raw(element: Element, values: &[f64]) -> Vec<u8> {
    let bytes = |&value: &f64| match element {
        Element::Float => (value as f32).to_le_bytes().to_vec(),
        Element::Double => value.to_le_bytes().to_vec(),
        Element::Int64 => (value as i64).to_le_bytes().to_vec(),
        Element::Bool => vec![u8::from(value != 0.)],
    };
    values.iter().flat_map(bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_rests_on_is_left_out_and_the_same_numbers_stand_once() {
        let graph = |and_more: bool| {
            let mut graph = Graph::default();
            let x = graph.input("x", Element::Float, &[Axis::Named("frame")]);
            let one = graph.numbers(Element::Float, &[], &[1.]);
            let more = graph.of("Add", &[&x, &one]);
            let again = graph.numbers(Element::Float, &[], &[1.]);
            let more = graph.of("Add", &[&more, &again]);
            if and_more {
                let unused = graph.numbers(Element::Float, &[3], &[1., 2., 3.]);
                graph.of("Mul", &[&more, &unused]);
            }
            graph.output(&more, "y", &[Axis::Named("frame")]);
            graph
        };
        assert_eq!(graph(false).constants.len(), 1);
        let [plain, pruned] = [false, true].map(|more| graph(more).message("g").bytes());
        // The names of later results count the operations before them.
        assert_eq!(plain.len(), pruned.len());
    }
}
