//! Decoders as ONNX: [`Model::to_onnx`].

use super::features::{self, Features};
use super::graph::{Graph, Value};
use super::numbers::{Member, Numbers};
use super::pass::{Array, Extent, Goes, Refusal, Run, is_memory};
use super::proto::{Axis, Element, Setting};
use super::signals::signals;
use super::{decoder_not_exported, file};
use crate::decoder::{Decoder, Model, Outputs};
use crate::error::ModelError;
use crate::preparation::Normalisation;
use crate::scaling::Scaling;
use nervering_models::{Inputs, Look};
use nervering_prepare::N_FEATURES;

impl Model {
    /// The bytes of a file of ONNX (opset 18); the same for the same model.
    ///
    /// # Errors
    /// [`ModelError::NotExportable`] says why a model cannot be exported.
    pub fn to_onnx(&self) -> Result<Vec<u8>, ModelError> {
        let refused = |why| ModelError::NotExportable { model: self.name.as_str(), why };
        if let Some(why) = decoder_not_exported(self.name) {
            return Err(refused(why));
        }
        if self.readout.is_some() {
            return Err(refused("its states are chosen together and not frame by frame"));
        }
        let mut graph = Graph::default();
        let goes = self.goes();
        let seen = self.seen(&mut graph, goes).map_err(refused)?;
        let logs = self.log_probabilities(&mut graph, seen, goes).map_err(refused)?;
        let of_classes = [Axis::Named("frame"), Axis::Fixed(self.coding.n_classes())];
        graph.output(&logs, "log_probabilities", &of_classes);
        let probabilities = graph.of("Exp", &[&logs]);
        graph.output(&probabilities, "probabilities", &of_classes);
        let settings = [Setting::Int("axis", 1), Setting::Int("keepdims", 0)];
        let state = graph.run_to(Element::Int64, "ArgMax", &[&logs], &settings);
        graph.output(&state, "state", &[Axis::Named("frame")]);
        let takes = match (goes, graph.states()) {
            (Goes::Anew, _) => "whole recordings",
            _ if self.normalisation() == Normalisation::WholeRecording => "whole recordings",
            (Goes::On, []) => "single frames",
            (Goes::On, _) => "frames in order",
        };
        let features = match (self.name.inputs(), self.is_of_rows()) {
            (Inputs::Frames, true) => "value",
            (Inputs::Frames, false) => "trace\nderivative per second",
            _ => "trace",
        };
        let animals = self.provenance.animals.iter().map(|animal| animal.name.as_str());
        let about = [
            ("model", self.name.to_string()),
            ("neurons", super::lines(self.neurons.iter().map(|name| name.as_str()))),
            ("features", features.to_owned()),
            ("derivative", self.derivative.as_str().to_owned()),
            ("normalisation", self.normalisation().to_string()),
            ("states", self.coding.class_names().join("\n")),
            ("takes", takes.to_owned()),
            ("trained_on", super::lines(animals)),
        ];
        Ok(file(graph, &about))
    }

    /// Whether it was fitted on plain rows, which have no derivatives.
    fn is_of_rows(&self) -> bool {
        let mut names = self.neurons.iter().enumerate();
        names.all(|(k, name)| name.as_str() == format!("X{:05}", k + 1))
    }

    /// Whether what it makes of frames can go on in a later call: not where an answer comes later than its
    /// frame, or rests on the sequence that the frame stands in.
    fn goes(&self) -> Goes {
        let cut_into_sequences = match &self.decoder {
            Decoder::Direct(_) => false,
            Decoder::Network { network, .. } => {
                network.written().steps().iter().any(|step| is_memory(&step.operation))
            }
        };
        let looks_ahead = match self.name.inputs() {
            Inputs::Frames => false,
            Inputs::Signals(Look::Back { delay_s }) | Inputs::Context(Look::Back { delay_s }) => {
                delay_s > 0. || self.normalisation() == Normalisation::WholeRecording
            }
            _ => true,
        };
        if cut_into_sequences || looks_ahead { Goes::Anew } else { Goes::On }
    }

    /// What the model is given, of what the graph is given: of an ensemble, what its members look at in turn.
    fn seen(&self, graph: &mut Graph, goes: Goes) -> Result<Vec<Array>, Refusal> {
        let n = self.neurons.len();
        if let Scaling::Signals(scaling) = &self.scaling {
            let axes = vec![n, crate::signals::n_features(scaling.inputs)];
            let on_scales = signals(graph, scaling, goes)?.into_iter();
            return Ok(on_scales.map(|value| Array { value, axes: axes.clone() }).collect());
        }
        let given = match self.is_of_rows() {
            true => features::rows(graph, n),
            false => features::given(graph, n),
        };
        let features = Features::new(graph, &given, &self.scaling, self.interval, [n, 0], goes);
        Ok(vec![Array { value: features.scaled, axes: vec![n, N_FEATURES] }])
    }

    fn log_probabilities(
        &self,
        graph: &mut Graph,
        mut seen: Vec<Array>,
        goes: Goes,
    ) -> Result<Value, Refusal> {
        let numbers = Numbers::new(self.tensors());
        match &self.decoder {
            Decoder::Direct(decoder) => {
                let Array { value, axes } = seen.remove(0);
                let value = graph.cast(&value, Element::Double);
                let mut run = Run::new(graph, &numbers, None, goes, Element::Double);
                run.n_classes = self.coding.n_classes();
                let steps = decoder.written();
                let said = run.walk(steps.steps(), Array { value, axes }, Extent::Whole)?;
                Ok(graph.cast(&said.value, Element::Float))
            }
            Decoder::Network { network, .. } => {
                let (written, of) = (network.written(), self.name.members());
                let mut said = Vec::new();
                for at in 0..of {
                    let member = (of > 1).then_some(Member { at, of });
                    let mut run = Run::new(graph, &numbers, member, goes, Element::Float);
                    let seen = seen[at % seen.len()].clone();
                    said.push(run.walk(written.steps(), seen, Extent::Whole)?.value);
                }
                Ok(self.combined(graph, said))
            }
        }
    }

    /// One answer of those of all members, of the states that the model tells apart: as
    /// [`Outputs::combined`].
    fn combined(&self, graph: &mut Graph, mut said: Vec<Value>) -> Value {
        let Outputs { members, classes, n_classes, .. } =
            Outputs::new(self.name, &self.network_coding, &self.coding);
        if members == 1 && classes.is_none() {
            return said.pop().expect("what one network says");
        }
        let all = graph.stack(&said, 0);
        let all = graph.cast(&all, Element::Double);
        let mean = graph.reduce("ReduceMean", &all, 0);
        let mean = graph.squeeze(&mean, 0);
        let mut probabilities = graph.of("Exp", &[&mean]);
        if let Some(classes) = classes {
            let mut places = vec![0.; classes.len() * n_classes];
            for (k, class) in classes.iter().enumerate() {
                class.iter().for_each(|&class| places[k * n_classes + usize::from(class)] = 1.);
            }
            let places = graph.numbers(Element::Double, &[classes.len(), n_classes], &places);
            probabilities = graph.of("MatMul", &[&probabilities, &places]);
        }
        let total = graph.reduce("ReduceSum", &probabilities, 1);
        let shares = graph.of("Div", &[&probabilities, &total]);
        let shares = graph.by("Max", &shares, f64::from(f32::MIN_POSITIVE));
        let logs = graph.of("Log", &[&shares]);
        graph.cast(&logs, Element::Float)
    }
}
