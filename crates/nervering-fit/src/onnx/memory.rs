//! The steps that look at other frames: long short-term memory and recurrent attention, along sequences or from
//! step to step of a roll-out, and temporal blocks, which can go on from the frames of an earlier call.

use super::graph::Value;
use super::pass::{Array, Goes, Remembered, Run};
use super::proto::Element;
use nervering_models::written::{Listening, Operation};

impl Run<'_> {
    /// A memory along the frames of a recording, or one step further in a roll-out.
    pub(super) fn recurrent(&mut self, operation: &Operation, x: &Array) -> Array {
        let (sequence, burn_in) = match operation {
            Operation::Lstm { sequence, burn_in, .. } => (*sequence, *burn_in),
            Operation::RecurrentAttention(layers) => (layers.sequence, layers.burn_in),
            _ => unreachable!("these two remember"),
        };
        let mut axes = x.axes.clone();
        *axes.last_mut().expect("an array has an axis") = self.width(operation);
        let value = match sequence {
            Some(sequence) => self.along_sequences(operation, x, sequence, burn_in, &axes),
            None => {
                let before = self.remembered.take();
                let after = self.cell(operation, x, before);
                let result = after[0].clone();
                self.remembered = Some(after);
                result
            }
        };
        Array { value, axes }
    }

    /// Units of what it remembers.
    fn width(&self, operation: &Operation) -> usize {
        let weights = match operation {
            Operation::Lstm { w_state, .. } => w_state,
            Operation::RecurrentAttention(layers) => &layers.state[0],
            _ => unreachable!("these two remember"),
        };
        self.tensor(weights).shape[0]
    }

    /// All sequences at once: frame `at` is place `at − hop · s` of sequence s, which begins at frame
    /// `hop · s`, and is taken from the last sequence that is warm by then.
    fn along_sequences(
        &mut self,
        operation: &Operation,
        x: &Array,
        sequence: usize,
        burn_in: usize,
        axes: &[usize],
    ) -> Value {
        let (length, hop, warm) = (sequence as f64, (sequence - burn_in) as f64, burn_in as f64);
        let g = &mut *self.graph;
        let n_frames = g.n_frames(&x.value);
        // As many as begin before the last frames, which are warm in the sequence before; one at least.
        let rounded_up = g.by("Sub", &n_frames, warm);
        let rounded_up = g.by("Add", &rounded_up, hop - 1.);
        let n_sequences = g.by("Div", &rounded_up, hop);
        let n_sequences = g.by("Max", &n_sequences, 1.);
        let starts = g.range(&n_sequences);
        let starts = g.by("Mul", &starts, hop);
        let mut results = Vec::with_capacity(sequence);
        let mut state = None;
        for place in 0..sequence {
            let g = &mut *self.graph;
            let frames = g.by("Add", &starts, place as f64);
            // Beyond the end stands the last frame, whose results are not looked at.
            let frames = g.within(&frames, &n_frames);
            let value = g.at(&x.value, &frames);
            let after = self.cell(operation, &Array { value, axes: x.axes.clone() }, state);
            results.push(after[0].clone());
            state = Some(after);
        }
        let g = &mut *self.graph;
        let all = g.stack(&results, 1);
        let flat: Vec<i64> = [-1].into_iter().chain(axes.iter().map(|&n| n as i64)).collect();
        let all = g.reshape(&all, &flat);
        let frames = g.range(&n_frames);
        let since_warm = g.by("Sub", &frames, warm);
        let since_warm = g.by("Max", &since_warm, 0.);
        let of_sequence = g.by("Div", &since_warm, hop);
        let first = g.by("Mul", &of_sequence, hop);
        let place = g.of("Sub", &[&frames, &first]);
        let before = g.by("Mul", &of_sequence, length);
        let rows = g.of("Add", &[&before, &place]);
        g.at(&all, &rows)
    }

    fn cell(&mut self, operation: &Operation, x: &Array, before: Remembered) -> Vec<Value> {
        match operation {
            Operation::Lstm { w_in, w_state, b, gates, .. } => {
                assert_eq!(
                    *gates,
                    nervering_nn::lstm::GATES,
                    "the order in which they are cut below"
                );
                self.lstm([w_in, w_state, b], x, before)
            }
            Operation::RecurrentAttention(layers) => self.listening(layers, x, before),
            _ => unreachable!("these two remember"),
        }
    }

    fn lstm(&mut self, [w_in, w_state, b]: [&str; 3], x: &Array, before: Remembered) -> Vec<Value> {
        let width = self.tensor(w_state).shape[0];
        let [w_in, w_state, b] = [w_in, w_state, b].map(|name| self.constant(name));
        let g = &mut *self.graph;
        let mut gates = g.of("MatMul", &[&x.value, &w_in]);
        gates = g.of("Add", &[&gates, &b]);
        if let Some(before) = &before {
            let heard = g.of("MatMul", &[&before[0], &w_state]);
            gates = g.of("Add", &[&gates, &heard]);
        }
        let mut gate = |k: usize, activation: &str| {
            let [from, to] = [k * width, (k + 1) * width].map(|at| at as i64);
            let gate = g.slice(&gates, -1, from, Some(to));
            g.of(activation, &[&gate])
        };
        let [input, forget, output] = [0, 1, 3].map(|k| gate(k, "Sigmoid"));
        let candidate = gate(2, "Tanh");
        let mut cell = g.of("Mul", &[&input, &candidate]);
        if let Some(before) = &before {
            let kept = g.of("Mul", &[&forget, &before[1]]);
            cell = g.of("Add", &[&kept, &cell]);
        }
        let seen = g.of("Tanh", &[&cell]);
        vec![g.of("Mul", &[&output, &seen]), cell]
    }

    /// A step of recurrent attention, `[sequence, neuron, unit]`.
    fn listening(&mut self, layers: &Listening, x: &Array, before: Remembered) -> Vec<Value> {
        let width = self.tensor(&layers.state[0]).shape[0];
        let before = match before {
            Some(mut before) => before.swap_remove(0),
            // What comes in is as wide as what is remembered.
            None => self.graph.by("Mul", &x.value, 0.),
        };
        let both = self.graph.concat(&[&x.value, &before], -1);
        let (heads, per_head) = (layers.heads as i64, (width / layers.heads) as f64);
        let [query, key, value] = [&layers.query, &layers.key, &layers.value].map(|layer| {
            let all = self.layer(layer, &both);
            self.graph.reshape(&all, &[0, 0, heads, -1])
        });
        let g = &mut *self.graph;
        let query = g.transpose(&query, &[0, 2, 1, 3]);
        let key = g.transpose(&key, &[0, 2, 3, 1]);
        let value = g.transpose(&value, &[0, 2, 1, 3]);
        let scores = g.of("MatMul", &[&query, &key]);
        let mut scores = g.by("Div", &scores, per_head.sqrt());
        if let (Some(leaning), Some(connectome)) = (&layers.leaning, &layers.connectome) {
            let leaning = self.constant_as(leaning, &[layers.heads, 1, 1]);
            let connectome = self.constant(connectome);
            let leans = self.graph.of("Mul", &[&leaning, &connectome]);
            scores = self.graph.of("Add", &[&scores, &leans]);
        }
        let g = &mut *self.graph;
        let weights = g.softmax("Softmax", &scores, -1);
        let messages = g.of("MatMul", &[&weights, &value]);
        let messages = g.transpose(&messages, &[0, 2, 1, 3]);
        let messages = g.reshape(&messages, &[0, 0, width as i64]);
        let beside = g.concat(&[&x.value, &messages], -1);
        let heard = self.layer(&layers.heard, &beside);
        let own = self.layer(&layers.state, &before);
        let g = &mut *self.graph;
        let mut part = |of: &Value, k: usize| {
            let [from, to] = [k * width, (k + 1) * width].map(|at| at as i64);
            g.slice(of, -1, from, Some(to))
        };
        let [reset, update, candidate] = [0, 1, 2].map(|k| [part(&heard, k), part(&own, k)]);
        let [reset, update] = [reset, update].map(|[heard, own]| {
            let sum = g.of("Add", &[&heard, &own]);
            g.of("Sigmoid", &[&sum])
        });
        let remembered = g.of("Mul", &[&reset, &candidate[1]]);
        let candidate = g.of("Add", &[&candidate[0], &remembered]);
        let candidate = g.of("Tanh", &[&candidate]);
        // (1 − u) c + u h
        let apart = g.of("Sub", &[&before, &candidate]);
        let moved = g.of("Mul", &[&update, &apart]);
        vec![g.of("Add", &[&candidate, &moved])]
    }

    /// `x + relu([x at taps] · w1 + b1) · w2 + b2`. Frames that are not there are 0, or those of the call before.
    pub(super) fn temporal_block(
        &mut self,
        names: [&String; 4],
        taps: [isize; 3],
        x: &Array,
    ) -> Value {
        let reach = |sign: isize| taps.iter().map(|tap| (sign * tap).max(0)).max().unwrap_or(0);
        let (behind, ahead) = (reach(-1) as usize, reach(1) as usize);
        let padded = match self.goes {
            Goes::Anew => self.padded(&x.value, behind, ahead),
            Goes::On => self.continued(x, behind),
        };
        let at_taps = taps.map(|tap| {
            let from = behind.strict_add_signed(tap);
            self.graph.frames(&padded, from, behind + ahead - from)
        });
        let g = &mut *self.graph;
        let beside = g.concat(&at_taps.iter().collect::<Vec<_>>(), -1);
        let [w1, b1, w2, b2] = names.map(|name| self.constant(name));
        let g = &mut *self.graph;
        let hidden = g.of("MatMul", &[&beside, &w1]);
        let hidden = g.of("Add", &[&hidden, &b1]);
        let hidden = g.of("Relu", &[&hidden]);
        let added = g.of("MatMul", &[&hidden, &w2]);
        let added = g.of("Add", &[&added, &b2]);
        g.of("Add", &[&x.value, &added])
    }

    /// With zeros in front and behind.
    fn padded(&mut self, x: &Value, behind: usize, ahead: usize) -> Value {
        let g = &mut *self.graph;
        let pads = g.integers(&[behind as i64, ahead as i64]);
        let (zero, frames) = (g.number(x.element, 0.), g.integers(&[super::shorthand::FRAMES]));
        g.of("Pad", &[x, &pads, &zero, &frames])
    }

    /// With the frames of before in front, which are a state of the graph.
    fn continued(&mut self, x: &Array, behind: usize) -> Value {
        let of_member = self.member.map_or(String::new(), |member| format!("_of_{}", member.at));
        let name = format!("block_{}{of_member}", self.n_blocks);
        self.n_blocks += 1;
        let shape = [&[behind][..], &x.axes].concat();
        let zeros = vec![0.; shape.iter().product()];
        let g = &mut *self.graph;
        let before = g.state(&name, Element::Float, &shape, &zeros);
        let all = g.concat(&[&before, &x.value], super::shorthand::FRAMES);
        let last = g.last(&all, behind, 0);
        g.next(&name, &last, &shape);
        all
    }
}
