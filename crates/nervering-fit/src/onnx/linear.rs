//! What is linear, and no network: the steps of linear decoders and of the most frequent class, and the
//! regression of autoregressive forecasters.

use super::graph::Value;
use super::numbers::Numbered;
use super::pass::{Array, Run, shape_of_frames};

impl Run<'_> {
    /// `[x, 1] · weightsᵀ`.
    pub(super) fn scores(&mut self, weights: &str, x: &Value) -> Value {
        let Numbered { shape, values } = self.tensor(weights);
        let (n_classes, n_inputs) = (shape[0], shape[1] - 1);
        let at = |class: usize, input: usize| values[class * (n_inputs + 1) + input];
        let by_input: Vec<f64> = (0..n_inputs)
            .flat_map(|input| (0..n_classes).map(move |class| (class, input)))
            .map(|(class, input)| at(class, input))
            .collect();
        let intercepts: Vec<f64> = (0..n_classes).map(|class| at(class, n_inputs)).collect();
        let by_input = self.graph.numbers(self.element, &[n_inputs, n_classes], &by_input);
        let intercepts = self.graph.numbers(self.element, &[n_classes], &intercepts);
        let product = self.graph.of("MatMul", &[x, &by_input]);
        self.graph.of("Add", &[&product, &intercepts])
    }

    /// `x + intercepts + past · weights` of each group of columns, of as many lags as there are frames.
    pub(super) fn regression(&mut self, weights: &str, intercepts: &str, x: &Array) -> Value {
        let Numbered { shape, values } = self.tensor(weights);
        let (groups, n_inputs, columns) = (shape[0], shape[1], shape[2]);
        let n_used = self.past.len() * columns;
        // Weights of lags that a fit has not chosen are 0.
        let of_group = |group: &[f64]| group[..n_used * columns].to_vec();
        let used: Vec<f64> = values.chunks_exact(n_inputs * columns).flat_map(of_group).collect();
        let weights = self.graph.numbers(self.element, &[groups, n_used, columns], &used);
        let intercepts = self.constant(intercepts);
        let grouped = [0, groups as i64, columns as i64];
        let past: Vec<Value> = self.past.iter().map(|frame| frame.value.clone()).collect();
        let past: Vec<Value> =
            past.iter().map(|frame| self.graph.reshape(frame, &grouped)).collect();
        let past = self.graph.concat(&past.iter().collect::<Vec<_>>(), -1);
        let rows = self.graph.unsqueeze(&past, -2);
        let moved = self.graph.of("MatMul", &[&rows, &weights]);
        let moved = self.graph.squeeze(&moved, -2);
        let moved = self.graph.of("Add", &[&moved, &intercepts]);
        let moved = self.graph.reshape(&moved, &shape_of_frames(&x.axes));
        self.graph.of("Add", &[&x.value, &moved])
    }

    /// Log-probabilities of the classes seen in training, which leave something to the others.
    pub(super) fn log_softmax_of_seen(
        &mut self,
        classes: &str,
        n_frames: &str,
        scores: &Value,
    ) -> Value {
        let (seen, n_classes) = (self.tensor(classes).values, self.n_classes);
        let smoothed = self.tensor(n_frames).values[0] + n_classes as f64;
        let present = (1. - (n_classes - seen.len()) as f64 / smoothed).ln();
        // Where each class seen stands among all.
        let mut places = vec![0.; seen.len() * n_classes];
        let mut added = vec![-smoothed.ln(); n_classes];
        for (k, &class) in seen.iter().enumerate() {
            places[k * n_classes + class as usize] = 1.;
            added[class as usize] = present;
        }
        let logs = self.graph.softmax("LogSoftmax", scores, -1);
        let places = self.graph.numbers(self.element, &[seen.len(), n_classes], &places);
        let of_all = self.graph.of("MatMul", &[&logs, &places]);
        let added = self.graph.numbers(self.element, &[n_classes], &added);
        self.graph.of("Add", &[&of_all, &added])
    }

    /// Log-probabilities that are the same for every frame.
    pub(super) fn log_frequencies(&mut self, counts: &str, x: &Value) -> Value {
        let counts = self.tensor(counts).values;
        let n_classes = counts.len();
        let total = counts.iter().sum::<f64>() + n_classes as f64;
        let logs: Vec<f64> = counts.iter().map(|count| ((count + 1.) / total).ln()).collect();
        let logs = self.graph.numbers(self.element, &[1, n_classes], &logs);
        self.graph.for_frames_of(&logs, x, &[n_classes])
    }
}
