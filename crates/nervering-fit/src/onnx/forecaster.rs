//! Forecasters as ONNX: [`ForecastingModel::to_onnx`]. A graph holds the whole roll-out, step after step, since each
//! step of a network has statistics of its own.

use super::features::{self, Features};
use super::graph::{Graph, Value};
use super::numbers::Numbers;
use super::pass::{Array, Extent, Goes, Refusal, Run};
use super::proto::{Axis, Element};
use super::shorthand::FRAMES;
use super::sums::Sums;
use super::{file, forecaster_not_exported};
use crate::error::ModelError;
use crate::forecaster::{AnyForecaster, ForecastingModel};
use nervering_models::forecast::linear::LEAST_SD;
use nervering_models::written::{Operation, Written};
use nervering_prepare::N_FEATURES;

impl ForecastingModel {
    /// The bytes of a file of ONNX (opset 18); the same for the same model.
    ///
    /// # Errors
    /// [`ModelError::NotExportable`] says why a model cannot be exported.
    pub fn to_onnx(&self) -> Result<Vec<u8>, ModelError> {
        let refused = |why| ModelError::NotExportable { model: self.model.as_str(), why };
        if let Some(why) = forecaster_not_exported(self.model) {
            return Err(refused(why));
        }
        let mut graph = Graph::default();
        let (n, again) = (self.neurons.len(), self.n_history() - 1);
        let given = features::given(&mut graph, n);
        let (scaling, interval) = (&self.scaling, self.interval);
        let seen = Features::new(&mut graph, &given, scaling, interval, [n, again], Goes::On);
        let said = self.said(&mut graph, &seen.scaled).map_err(refused)?;
        let forecast = seen.in_units(&mut graph, &said, scaling, interval, again);
        let lengths = [Self::MOST_STEPS, n, N_FEATURES].map(Axis::Fixed);
        let axes = [&[Axis::Named("start")][..], &lengths].concat();
        graph.output(&forecast, "forecast", &axes);
        let animals = self.provenance.animals.iter().map(|animal| animal.name.as_str());
        let about = [
            ("model", self.model.to_string()),
            ("neurons", super::lines(self.neurons.iter().map(|name| name.as_str()))),
            ("features", "trace\nderivative per second".to_owned()),
            ("derivative", self.derivative.as_str().to_owned()),
            ("normalisation", self.normalisation().to_string()),
            ("history", self.n_history().to_string()),
            ("steps", Self::MOST_STEPS.to_string()),
            ("trained_on", super::lines(animals)),
        ];
        Ok(file(graph, &about))
    }

    /// Normalised forecasts `[start, step, neuron, feature]` of normalised frames, from each that has as many
    /// before it as the model needs.
    fn said(&self, graph: &mut Graph, frames: &Value) -> Result<Value, Refusal> {
        let numbers = Numbers::new(self.tensors());
        match &self.fitted.0 {
            AnyForecaster::Baseline { fitted, .. } => {
                let (written, frames) = (fitted.written(), graph.cast(frames, Element::Double));
                let steps = written.steps().first();
                match steps.map(|step| &step.operation) {
                    Some(Operation::RunningScores { .. }) => {
                        self.at_once(graph, &numbers, &written, &frames)
                    }
                    _ => {
                        let run = Run::new(graph, &numbers, None, Goes::On, Element::Double);
                        self.rolled_out(run, &written, &frames, None)
                    }
                }
            }
            AnyForecaster::Network { network, corrected, .. } => {
                let drift = match corrected {
                    None => None,
                    Some(corrected) => {
                        let numbers = Numbers::of_arrays(corrected.arrays());
                        let exact = graph.cast(frames, Element::Double);
                        let said = self.at_once(graph, &numbers, &corrected.written(), &exact)?;
                        Some(self.increments(graph, &exact, &said))
                    }
                };
                let run = Run::new(graph, &numbers, None, Goes::On, Element::Float);
                self.rolled_out(run, &network.written(), frames, drift.as_ref())
            }
        }
    }

    /// Frame after frame from each start, each put in again; `drift` is added to each.
    fn rolled_out(
        &self,
        mut run: Run<'_>,
        written: &Written,
        frames: &Value,
        drift: Option<&Value>,
    ) -> Result<Value, Refusal> {
        let history = self.n_history();
        let axes = vec![self.neurons.len(), N_FEATURES];
        let steps = written.steps();
        // The present frame of every start, and those before it.
        let mut past = Vec::new();
        for lag in 0..history {
            let value = run.graph.frames(frames, history - 1 - lag, lag);
            past.push(Array { value, axes: axes.clone() });
        }
        if let AnyForecaster::Network { .. } = self.fitted.0 {
            // The present frame is taken in by the first step.
            for before in past.iter().skip(1).rev() {
                run.walk(steps, before.clone(), Extent::ToMemory)?;
            }
        }
        run.past = past;
        let mut said = Vec::with_capacity(Self::MOST_STEPS);
        for step in 0..Self::MOST_STEPS {
            let mut next = run.walk(steps, run.past[0].clone(), Extent::Whole)?;
            if let Some(drift) = drift {
                let of_step = run.graph.slice(drift, 1, step as i64, Some(step as i64 + 1));
                let of_step = run.graph.squeeze(&of_step, 1);
                next.value = run.graph.of("Add", &[&next.value, &of_step]);
            }
            said.push(next.value.clone());
            run.past.insert(0, next);
            run.past.truncate(history);
        }
        Ok(run.graph.stack(&said, 1))
    }

    /// By how much forecasts move at each step, in single precision.
    fn increments(&self, graph: &mut Graph, frames: &Value, said: &Value) -> Value {
        let present = graph.frames(frames, self.n_history() - 1, 0);
        let present = graph.unsqueeze(&present, 1);
        let earlier = graph.slice(said, 1, 0, Some(-1));
        let before = graph.concat(&[&present, &earlier], 1);
        let moved = graph.of("Sub", &[said, &before]);
        graph.cast(&moved, Element::Float)
    }

    /// All steps ahead at once, from what is seen of each frame so far; the running means and the last frames go
    /// on from call to call.
    fn at_once(
        &self,
        graph: &mut Graph,
        numbers: &Numbers,
        written: &Written,
        frames: &Value,
    ) -> Result<Value, Refusal> {
        let operations: Vec<&Operation> =
            written.steps().iter().map(|step| &step.operation).collect();
        let [
            Operation::RunningScores { means, sds, prior_frames, lags },
            Operation::Heads { weights, levels, steps },
        ] = operations[..]
        else {
            return Err("it goes on learning from the animal that it forecasts");
        };
        let (n, again) = (self.neurons.len(), self.n_history() - 1);
        let double = Element::Double;
        let traces = graph.slice(frames, -1, 0, Some(1));
        let traces = graph.squeeze(&traces, -1);
        let prior = graph.numbers(double, &[n], &numbers.get(means, None).values);
        let from_prior = graph.of("Sub", &[&traces, &prior]);
        let mut sums = Sums::new(graph, &traces, *prior_frames, Goes::On, again);
        let mean = sums.mean(graph, "traces", &from_prior, &vec![0.; n]);
        let squares = graph.of("Mul", &[&from_prior, &from_prior]);
        let prior_squares: Vec<f64> =
            numbers.get(sds, None).values.iter().map(|sd| sd * sd).collect();
        let square = sums.mean(graph, "squares", &squares, &prior_squares);
        let of_mean = graph.of("Mul", &[&mean, &mean]);
        let variance = graph.of("Sub", &[&square, &of_mean]);
        let variance = graph.by("Max", &variance, 0.);
        let sd = graph.of("Sqrt", &[&variance]);
        let sd = graph.by("Max", &sd, LEAST_SD);
        let mut seen = vec![graph.of("Sub", &[&from_prior, &mean])];
        let all = before(graph, &traces, [n, *lags, again]);
        for lag in 1..=*lags {
            let earlier = graph.frames(&all, lags - lag, lag);
            seen.push(graph.of("Sub", &[&earlier, &traces]));
        }
        let seen = graph.stack(&seen, 2);
        let scale = graph.unsqueeze(&sd, 2);
        let seen = graph.of("Div", &[&seen, &scale]);
        let n_inputs = n * (lags + 1);
        let seen = graph.reshape(&seen, &[0, n_inputs as i64]);
        // The last row of the weights is of the constant.
        let weights = numbers.get(weights, None);
        let n_outputs = weights.shape[1];
        let (of_inputs, constant) = weights.values.split_at(n_inputs * n_outputs);
        let of_inputs = graph.numbers(double, &[n_inputs, n_outputs], of_inputs);
        let constant = graph.numbers(double, &[n_outputs], constant);
        let said = graph.of("MatMul", &[&seen, &of_inputs]);
        let said = graph.of("Add", &[&said, &constant]);
        let said = graph.reshape(&said, &[0, n as i64, N_FEATURES as i64, *steps as i64]);
        let scale = graph.unsqueeze(&scale, 3);
        let said = graph.of("Mul", &[&said, &scale]);
        let origin = origin(graph, frames, &numbers.get(levels, None).values, n);
        let origin = graph.unsqueeze(&origin, 3);
        let said = graph.of("Add", &[&said, &origin]);
        let said = graph.frames(&said, again, 0);
        let by_step = graph.transpose(&said, &[3, 0, 1, 2]);
        // Steps beyond the last that has weights stay as that is.
        let places: Vec<i64> = (0..Self::MOST_STEPS).map(|k| k.min(steps - 1) as i64).collect();
        let places = graph.integers(&places);
        let by_step = graph.at(&by_step, &places);
        Ok(graph.transpose(&by_step, &[1, 0, 2, 3]))
    }
}

/// The traces with so many frames in front: those of before, and before the first frame the first.
fn before(graph: &mut Graph, traces: &Value, [n, lags, again]: [usize; 3]) -> Value {
    let none = vec![f64::NAN; lags * n];
    let before = graph.state("traces_before", Element::Double, &[lags, n], &none);
    let is_none = graph.is_nan(&before);
    let first = graph.slice(traces, FRAMES, 0, Some(1));
    let before = graph.choose(&is_none, &first, &before);
    let all = graph.concat(&[&before, traces], FRAMES);
    let last = graph.last(&all, lags, again);
    graph.next("traces_before", &last, &[lags, n]);
    all
}

/// What steps are relative to: the present trace, and of other features their `levels`.
fn origin(graph: &mut Graph, frames: &Value, levels: &[f64], n: usize) -> Value {
    let is_trace: Vec<f64> =
        (0..n * N_FEATURES).map(|k| f64::from(u8::from(k % N_FEATURES == 0))).collect();
    let of_neuron = |levels: &[f64]| [&[0.][..], levels].concat();
    let levels: Vec<f64> = levels.chunks_exact(N_FEATURES - 1).flat_map(of_neuron).collect();
    let [is_trace, levels] =
        [is_trace, levels].map(|of| graph.numbers(Element::Double, &[n, N_FEATURES], &of));
    let traces = graph.of("Mul", &[frames, &is_trace]);
    graph.of("Add", &[&traces, &levels])
}
