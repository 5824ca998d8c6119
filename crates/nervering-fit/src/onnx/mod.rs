//! A decoder as a file of ONNX, for whatever runs those: [`Model::to_onnx`].
//!
//! The graph takes what a recording has, traces and derivatives per second in their own units
//! `[frame, neuron, feature]` in double precision (of a model of plain rows the rows themselves), scales
//! them by the ranges of the training animals, and gives `log_probabilities` and `probabilities`
//! `[frame, class]` and the `state` of every frame, a place in the names of the metadata. Everything over
//! frames is that of the training animals, so that each frame is by itself.

mod graph;
mod networks;
mod proto;

use crate::decoder::{Decoder, Model};
use crate::error::ModelError;
use crate::scaling::Scaling;
use graph::{Graph, Value};
use nervering_models::DecoderArray;
use nervering_prepare::{Interval, N_FEATURES, Ranges};
use proto::{Axis, Element, Message, Setting};

/// Of the format.
const IR_VERSION: i64 = 9;
/// Of the operations.
const OPSET: i64 = 18;

impl Model {
    /// The bytes of a file of ONNX (opset 18); the same for the same model.
    ///
    /// # Errors
    /// [`ModelError::NotExportable`] says why a model cannot be exported.
    pub fn to_onnx(&self) -> Result<Vec<u8>, ModelError> {
        let refused = |why| ModelError::NotExportable { model: self.name, why };
        let Scaling::Training(ranges) = &self.scaling else {
            return Err(refused("its features are not scaled by ranges of the animals trained on"));
        };
        if self.readout.is_some() {
            return Err(refused("its states are chosen together and not frame by frame"));
        }
        let mut graph = Graph::default();
        let (n, classes) = (self.neurons.len(), self.coding.n_classes());
        let features = self.features(&mut graph, ranges);
        let logs = match &self.decoder {
            Decoder::Network { network, .. } => {
                let config = self.network().expect("a network has a configuration");
                if let Some(why) = networks::refusal(config) {
                    return Err(refused(why));
                }
                let sizes = [n, N_FEATURES];
                let logits =
                    networks::logits(&mut graph, config, network.as_ref(), features, sizes);
                graph.run("LogSoftmax", &[&logits], &[Setting::Int("axis", 1)])
            }
            Decoder::Direct(decoder) => {
                let arrays = decoder.arrays();
                let flat = graph.flat(&features, n * N_FEATURES);
                direct(&mut graph, &arrays, &flat, classes)
                    .ok_or_else(|| refused("it is neither linear nor a network"))?
            }
        };
        let of_classes = [Axis::Named("frame"), Axis::Fixed(classes)];
        graph.output(&logs, "log_probabilities", Element::Float, &of_classes);
        let probabilities = graph.run("Exp", &[&logs], &[]);
        graph.output(&probabilities, "probabilities", Element::Float, &of_classes);
        let settings = [Setting::Int("axis", 1), Setting::Int("keepdims", 0)];
        let state = graph.run("ArgMax", &[&logs], &settings);
        graph.output(&state, "state", Element::Int64, &[Axis::Named("frame")]);
        Ok(self.file(graph))
    }

    /// Whether it was fitted on plain rows, which have no derivatives.
    fn is_of_rows(&self) -> bool {
        let mut names = self.neurons.iter().enumerate();
        names.all(|(k, name)| name.as_str() == format!("X{:05}", k + 1))
    }

    /// What the graph is given, scaled: `[frame, neuron, feature]` in single precision.
    fn features(&self, graph: &mut Graph, ranges: &Ranges) -> Value {
        let n = self.neurons.len();
        let (lows, widths): (Vec<f64>, Vec<f64>) =
            ranges.values().iter().map(|(low, high)| (*low, high - low)).unzip();
        let given = match self.is_of_rows() {
            true => {
                let rows =
                    graph.input("rows", Element::Double, &[Axis::Named("frame"), Axis::Fixed(n)]);
                let axes = graph.integers(&[2]);
                let traces = graph.run("Unsqueeze", &[&rows, &axes], &[]);
                let none = graph.run("Sub", &[&traces, &traces], &[]);
                graph.run("Concat", &[&traces, &none], &[Setting::Int("axis", 2)])
            }
            false => {
                let axes = [Axis::Named("frame"), Axis::Fixed(n), Axis::Fixed(N_FEATURES)];
                graph.input("features", Element::Double, &axes)
            }
        };
        let low = graph.doubles(&[n, N_FEATURES], &lows);
        let width = graph.doubles(&[n, N_FEATURES], &widths);
        let above = graph.run("Sub", &[&given, &low], &[]);
        let scaled = graph.run("Div", &[&above, &width], &[]);
        let scaled = graph.cast(&scaled, Element::Float);
        match self.interval {
            Interval::ZeroToOne => scaled,
            Interval::MinusOneToOne => {
                let (two, one) = (graph.floats(&[], &[2.]), graph.floats(&[], &[1.]));
                let doubled = graph.run("Mul", &[&scaled, &two], &[]);
                graph.run("Sub", &[&doubled, &one], &[])
            }
        }
    }

    /// `ModelProto`, with what a user must know of the model as metadata.
    fn file(&self, graph: Graph) -> Vec<u8> {
        let neurons: Vec<&str> = self.neurons.iter().map(|name| name.as_str()).collect();
        let animals = self.provenance.animals.iter().map(|animal| animal.name.as_str());
        let metadata = [
            ("nervering.model", self.name.to_string()),
            ("nervering.neurons", neurons.join("\n")),
            ("nervering.features", "trace\nderivative per second".to_owned()),
            ("nervering.derivative", self.derivative.as_str().to_owned()),
            ("nervering.states", self.coding.class_names().join("\n")),
            ("nervering.trained_on", animals.collect::<Vec<_>>().join("\n")),
        ];
        let about =
            format!("{}, fitted by nervering; the metadata name neurons and states", self.name);
        let model = Message::default()
            .int(1, IR_VERSION)
            .text(2, "nervering")
            .text(3, env!("CARGO_PKG_VERSION"))
            .message(7, graph.message(self.name.as_str(), &about))
            .message(8, Message::default().text(1, "").int(2, OPSET));
        let model = metadata.iter().fold(model, |model, (key, value)| {
            model.message(14, Message::default().text(1, key).text(2, value))
        });
        model.bytes()
    }
}

/// The log-probabilities of a linear model or of the most frequent class, in the double precision in which
/// they are computed here.
fn direct(
    graph: &mut Graph,
    arrays: &[DecoderArray],
    features: &Value,
    n_classes: usize,
) -> Option<Value> {
    let named = |name: &str| arrays.iter().find(|array| array.name == name);
    if let Some(counts) = named("counts") {
        let total = counts.values.iter().sum::<f64>() + n_classes as f64;
        let logs: Vec<f32> =
            counts.values.iter().map(|count| ((count + 1.) / total).ln() as f32).collect();
        // One row for each of the frames, whatever their features are.
        let zero = graph.floats(&[], &[0.]);
        let zeros = graph.run("Mul", &[features, &zero], &[]);
        let axes = graph.integers(&[1]);
        let nothing = graph.run("ReduceSum", &[&zeros, &axes], &[Setting::Int("keepdims", 1)]);
        let logs = graph.floats(&[1, n_classes], &logs);
        return Some(graph.run("Add", &[&nothing, &logs], &[]));
    }
    let (means, weights) = (named("means")?, named("weights")?);
    let (classes, n_frames) = (named("classes")?, named("n_frames")?.values[0]);
    let (n_seen, n_inputs) = (classes.values.len(), means.values.len());
    let smoothed = n_frames + n_classes as f64;
    let n_absent = n_classes - n_seen;
    let present = (1. - n_absent as f64 / smoothed).ln();
    // `[input, class seen]`, the last row of each class its intercept.
    let mut by_input = vec![0.; n_inputs * n_seen];
    let mut intercepts = vec![0.; n_seen];
    for (k, row) in weights.values.chunks_exact(n_inputs + 1).enumerate() {
        row[..n_inputs]
            .iter()
            .enumerate()
            .for_each(|(i, &weight)| by_input[i * n_seen + k] = weight);
        intercepts[k] = row[n_inputs];
    }
    let mut places = vec![0.; n_seen * n_classes];
    let mut added = vec![-smoothed.ln(); n_classes];
    for (k, &class) in classes.values.iter().enumerate() {
        places[k * n_classes + class as usize] = 1.;
        added[class as usize] = present;
    }
    let x = graph.cast(features, Element::Double);
    let means = graph.doubles(&[n_inputs], &means.values);
    let centred = graph.run("Sub", &[&x, &means], &[]);
    let weights = graph.doubles(&[n_inputs, n_seen], &by_input);
    let scores = graph.run("MatMul", &[&centred, &weights], &[]);
    let intercepts = graph.doubles(&[n_seen], &intercepts);
    let scores = graph.run("Add", &[&scores, &intercepts], &[]);
    let logs = graph.run("LogSoftmax", &[&scores], &[Setting::Int("axis", 1)]);
    let places = graph.doubles(&[n_seen, n_classes], &places);
    let of_all = graph.run("MatMul", &[&logs, &places], &[]);
    let added = graph.doubles(&[n_classes], &added);
    let logs = graph.run("Add", &[&of_all, &added], &[]);
    Some(graph.cast(&logs, Element::Float))
}
