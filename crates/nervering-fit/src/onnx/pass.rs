//! The steps of a pass ([`Written`](nervering_models::written::Written)) as operations of ONNX: [`Run`], which
//! is to ONNX what the class of that name in `docs/read_model.py` is to numpy. What goes along frames is in
//! [`memory`](super::memory).

use super::graph::{Graph, Value};
use super::numbers::{Member, Numbered, Numbers};
use super::proto::{Element, Setting};
use nervering_models::written::{Operation, Step};
use std::collections::BTreeMap;

/// What a memory holds: the result first, then the cell of one that has some. Nothing before the first frame.
pub(super) type Remembered = Option<Vec<Value>>;

/// Why something cannot be exported.
pub(super) type Refusal = &'static str;

/// An array of a pass.
#[derive(Debug, Clone)]
pub(super) struct Array {
    pub(super) value: Value,
    /// Lengths of the axes behind that of frames; of a parameter, which has none of frames, of all.
    pub(super) axes: Vec<usize>,
}

/// Whether a memory can go on from what an earlier call has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goes {
    /// Every call is a recording of its own.
    Anew,
    /// Frames before those given are a state of the graph.
    On,
}

/// One walk along the steps of a pass. In a roll-out it goes on from step to step.
pub(super) struct Run<'a> {
    pub(super) graph: &'a mut Graph,
    numbers: &'a Numbers,
    pub(super) member: Option<Member>,
    pub(super) goes: Goes,
    /// Numbers of single precision of a network, of double precision of what is none.
    pub(super) element: Element,
    /// Statistics that were taken.
    taken: usize,
    /// Results of steps that are done once.
    kept: BTreeMap<usize, Array>,
    /// What a memory holds in a roll-out.
    pub(super) remembered: Remembered,
    /// Temporal blocks so far.
    pub(super) n_blocks: usize,
    /// Frames of a roll-out, the present first.
    pub(super) past: Vec<Array>,
    /// Classes that what is no network tells apart.
    pub(super) n_classes: usize,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        graph: &'a mut Graph,
        numbers: &'a Numbers,
        member: Option<Member>,
        goes: Goes,
        element: Element,
    ) -> Self {
        let (kept, past, remembered) = (BTreeMap::new(), Vec::new(), None);
        Self {
            graph,
            numbers,
            member,
            goes,
            element,
            taken: 0,
            kept,
            remembered,
            n_blocks: 0,
            past,
            n_classes: 0,
        }
    }

    /// The result of all steps; where a memory is only warmed up, nothing behind it is done.
    pub(super) fn walk(
        &mut self,
        steps: &[Step],
        given: Array,
        extent: Extent,
    ) -> Result<Array, Refusal> {
        let mut arrays = vec![given];
        for (at, step) in steps.iter().enumerate() {
            let of: Vec<&Array> = step.of.iter().map(|&place| &arrays[place]).collect();
            let array = match self.kept.get(&at) {
                Some(array) => array.clone(),
                None => self.apply(&step.operation, &of)?,
            };
            if step.once {
                self.kept.insert(at, array.clone());
            }
            arrays.push(array);
            if extent == Extent::ToMemory && is_memory(&step.operation) {
                break;
            }
        }
        Ok(arrays.pop().expect("at least what was given"))
    }

    /// A tensor of the model.
    pub(super) fn tensor(&self, name: &str) -> Numbered {
        self.numbers.get(name, self.member)
    }

    /// The same as part of the graph.
    pub(super) fn constant(&mut self, name: &str) -> Value {
        let Numbered { shape, values } = self.tensor(name);
        self.graph.numbers(self.element, &shape, &values)
    }

    /// The same in another shape.
    pub(super) fn constant_as(&mut self, name: &str, shape: &[usize]) -> Value {
        let Numbered { values, .. } = self.tensor(name);
        self.graph.numbers(self.element, shape, &values)
    }

    fn apply(&mut self, operation: &Operation, of: &[&Array]) -> Result<Array, Refusal> {
        use Operation as O;
        // What has no first array, or no second, looks at none.
        let none = Array { value: self.graph.number(self.element, 0.), axes: Vec::new() };
        let x = of.first().copied().unwrap_or(&none).clone();
        let y = of.get(1).copied().unwrap_or(&none).clone();
        let n = x.axes.first().copied().unwrap_or(1);
        let last = x.axes.last().copied().unwrap_or(1);
        let mut axes = x.axes.clone();
        let value = match operation {
            O::Dense { w, b } => {
                let out = *self.tensor(w).shape.last().expect("weights have axes");
                *axes.last_mut().expect("an array has an axis") = out;
                self.dense(w, b.as_deref(), &x.value)
            }
            O::Relu => self.graph.of("Relu", &[&x.value]),
            O::Elu => self.elu(&x.value),
            O::LeakyRelu { slope } => {
                self.graph.run("LeakyRelu", &[&x.value], &[Setting::Float("alpha", *slope as f32)])
            }
            O::Sigmoid => self.graph.of("Sigmoid", &[&x.value]),
            O::Tanh => self.graph.of("Tanh", &[&x.value]),
            O::BatchNorm { gamma, beta, epsilon } => {
                self.batch_norm([gamma, beta], *epsilon, &x.value, last)
            }
            O::MeanOverFrames => {
                let mean = self.statistic("over_frames");
                self.taken += 1;
                let shape = [&[1][..], &axes].concat();
                self.graph.numbers(self.element, &shape, &mean)
            }
            O::Parameter { name } => {
                axes = self.tensor(name).shape;
                self.constant(name)
            }
            O::SideBySide => {
                axes = vec![x.axes.iter().product()];
                self.graph.reshape(&x.value, &[0, axes[0] as i64])
            }
            O::ByNeuron => {
                axes = y.axes;
                self.graph.reshape(&x.value, &shape_of_frames(&axes))
            }
            O::Join => {
                *axes.last_mut().expect("an array has an axis") += y.axes.last().unwrap_or(&0);
                self.graph.concat(&[&x.value, &y.value], -1)
            }
            O::Pairs => {
                axes = vec![n, n, 2 * last];
                let sides = [(2, [1, 1, n, 1]), (1, [1, n, 1, 1])].map(|(axis, shape)| {
                    let one = self.graph.unsqueeze(&x.value, axis);
                    let shape = self.graph.integers(&shape.map(|length| length as i64));
                    self.graph.of("Expand", &[&one, &shape])
                });
                self.graph.concat(&[&sides[0], &sides[1]], -1)
            }
            O::EdgeWeight { scale } => {
                axes.pop();
                let [first, second] =
                    [0, 1].map(|k| self.graph.slice(&x.value, -1, k, Some(k + 1)));
                let apart = self.graph.of("Sub", &[&second, &first]);
                let apart = self.graph.squeeze(&apart, -1);
                let apart = self.graph.by("Mul", &apart, *scale);
                self.graph.of("Sigmoid", &[&apart])
            }
            O::WithoutSelf => {
                let other = |k: usize| f64::from(u8::from(k / last != k % last));
                let others: Vec<f64> = (0..last * last).map(other).collect();
                let others = self.graph.numbers(self.element, &[last, last], &others);
                self.graph.of("Mul", &[&x.value, &others])
            }
            O::Mix => {
                axes = y.axes;
                self.graph.of("MatMul", &[&x.value, &y.value])
            }
            O::MixPairs => {
                axes = vec![n, *y.axes.last().unwrap_or(&1)];
                let weights = self.graph.unsqueeze(&x.value, -1);
                let each = self.graph.of("Mul", &[&weights, &y.value]);
                let sum = self.graph.reduce("ReduceSum", &each, -2);
                self.graph.squeeze(&sum, -2)
            }
            O::PairScores { a } => {
                axes = vec![n, n];
                self.pair_scores(a, &x.value, last)
            }
            O::SoftmaxOverSenders => self.graph.softmax("Softmax", &x.value, -1),
            O::SoftmaxOverNeurons => self.graph.softmax("Softmax", &x.value, -2),
            O::SumOverNeurons => {
                axes = vec![1, last];
                self.graph.reduce("ReduceSum", &x.value, -2)
            }
            O::MeanOfOthers => {
                let all = self.graph.reduce("ReduceSum", &x.value, -2);
                let others = self.graph.of("Sub", &[&all, &x.value]);
                self.graph.by("Div", &others, n.saturating_sub(1).max(1) as f64)
            }
            O::ToEveryNeuron => {
                axes = y.axes;
                let shape: Vec<i64> =
                    [1].into_iter().chain(axes.iter().map(|&n| n as i64)).collect();
                let shape = self.graph.integers(&shape);
                self.graph.of("Expand", &[&x.value, &shape])
            }
            O::Add => self.graph.of("Add", &[&x.value, &y.value]),
            O::Multiply => self.graph.of("Mul", &[&x.value, &y.value]),
            O::ByIdentity { own, shared, classes } => {
                let (maps, shape) = self.maps([own, shared], classes);
                axes = vec![n, shape[2]];
                let maps = self.graph.numbers(self.element, &shape, &maps);
                let rows = self.graph.unsqueeze(&x.value, -2);
                let product = self.graph.of("MatMul", &[&rows, &maps]);
                self.graph.squeeze(&product, -2)
            }
            O::SumOfPresent => {
                axes = vec![last];
                self.sum_of_present(&x.value, &y.value, n)
            }
            O::SharesOfPresent => self.shares_of_present(&x.value, &y.value),
            O::ByHead => {
                let units = y.axes.last().copied().unwrap_or(1);
                axes = y.axes;
                let heads: Vec<i64> = (0..units).map(|u| (u * last / units) as i64).collect();
                let heads = self.graph.integers(&heads);
                self.graph.run("Gather", &[&x.value, &heads], &[Setting::Int("axis", -1)])
            }
            O::IdentityEdges { own, shared, classes, query, key } => {
                axes = vec![classes.len(); 2];
                self.identity_edges([own, shared], classes, [query, key])
            }
            O::MixOfPresent => {
                axes = y.axes;
                let given = of.get(2).copied().unwrap_or(&none).value.clone();
                let there = self.graph.slice(&given, -1, 0, Some(1));
                let sent = self.graph.of("Mul", &[&y.value, &there]);
                let sum = self.graph.of("MatMul", &[&x.value, &sent]);
                let total = self.graph.of("MatMul", &[&x.value, &there]);
                let total = self.graph.by("Max", &total, 1e-12);
                self.graph.of("Div", &[&sum, &total])
            }
            O::Lstm { .. } | O::RecurrentAttention(_) => {
                let array = self.recurrent(operation, &x);
                axes = array.axes;
                array.value
            }
            O::Reversed => self.graph.reversed(&x.value),
            O::TemporalBlock { w1, b1, w2, b2, taps } => {
                self.temporal_block([w1, b1, w2, b2], *taps, &x)
            }
            O::Standardise { means, sds } => {
                let centred = self.less(&x.value, means);
                let sds = self.constant(sds);
                self.graph.of("Div", &[&centred, &sds])
            }
            O::Centre { means } => self.less(&x.value, means),
            O::Scores { weights } => {
                axes = vec![self.tensor(weights).shape[0]];
                self.scores(weights, &x.value)
            }
            O::LogSoftmax => self.graph.softmax("LogSoftmax", &x.value, -1),
            O::LogSoftmaxOfSeen { classes, n_frames } => {
                self.log_softmax_of_seen(classes, n_frames, &x.value)
            }
            O::LogFrequencies { counts } => self.log_frequencies(counts, &x.value),
            O::Constant { name } => {
                let one = self.constant_as(name, &axes);
                self.graph.for_frames_of(&one, &x.value, &axes)
            }
            O::Damp { means, factors } => {
                let [means, factors] = [means, factors].map(|name| self.constant_as(name, &axes));
                let apart = self.graph.of("Sub", &[&x.value, &means]);
                let damped = self.graph.of("Mul", &[&apart, &factors]);
                self.graph.of("Add", &[&damped, &means])
            }
            O::Regression { weights, intercepts } => self.regression(weights, intercepts, &x),
            O::RunningScores { .. } | O::Heads { .. } => {
                return Err("it says all steps at once, and is no part of another pass");
            }
            O::PastSteps { .. } | O::MeanOfPast | O::MeanOfSenders | O::MemoryOfPairs { .. } => {
                return Err(super::READS_GRAPHS);
            }
            O::AdaptedHeads { .. } | O::Analogs { .. } | O::Population { .. } => {
                return Err(super::GOES_ON_LEARNING);
            }
        };
        Ok(Array { value, axes })
    }

    /// The next of the statistics, which is of one kind.
    fn statistic(&self, what: &str) -> Vec<f64> {
        self.numbers.statistic(self.taken, what, self.member).values
    }

    fn less(&mut self, x: &Value, means: &str) -> Value {
        let means = self.constant(means);
        self.graph.of("Sub", &[x, &means])
    }

    /// `x · w + b`, of every neuron with its own where there are such.
    fn dense(&mut self, w: &str, b: Option<&str>, x: &Value) -> Value {
        let shape = self.tensor(w).shape;
        let weights = self.constant(w);
        let product = match shape[..] {
            [_, _, _] => {
                let rows = self.graph.unsqueeze(x, -2);
                let product = self.graph.of("MatMul", &[&rows, &weights]);
                self.graph.squeeze(&product, -2)
            }
            _ => self.graph.of("MatMul", &[x, &weights]),
        };
        let Some(b) = b else { return product };
        let bias = match shape[..] {
            [n, _, out] => self.constant_as(b, &[n, out]),
            _ => self.constant(b),
        };
        self.graph.of("Add", &[&product, &bias])
    }

    /// The same of weights and bias by name.
    pub(super) fn layer(&mut self, [w, b]: &[String; 2], x: &Value) -> Value {
        self.dense(w, Some(b.as_str()), x)
    }

    fn elu(&mut self, x: &Value) -> Value {
        if self.element == Element::Float {
            return self.graph.of("Elu", &[x]);
        }
        // Runtimes have it in single precision alone.
        let below = self.graph.by("Min", x, 0.);
        let exponential = self.graph.of("Exp", &[&below]);
        let below = self.graph.by("Sub", &exponential, 1.);
        let above = self.graph.of("Relu", &[x]);
        self.graph.of("Add", &[&above, &below])
    }

    fn batch_norm(
        &mut self,
        [gamma, beta]: [&str; 2],
        epsilon: f64,
        x: &Value,
        width: usize,
    ) -> Value {
        let [mean, variance] = ["mean", "var"].map(|what| self.statistic(what));
        self.taken += 1;
        let [gamma, beta] = [gamma, beta].map(|name| self.tensor(name).values);
        let deviations = variance.iter().map(|variance| (variance + epsilon).sqrt());
        let scale: Vec<f64> = gamma.iter().zip(deviations).map(|(gamma, sd)| gamma / sd).collect();
        // Of every neuron its own, or the same for all.
        let shape = match mean.len() == width {
            true => vec![width],
            false => vec![mean.len() / width, width],
        };
        let [mean, scale, beta] =
            [mean, scale, beta].map(|values| self.graph.numbers(self.element, &shape, &values));
        let centred = self.graph.of("Sub", &[x, &mean]);
        let scaled = self.graph.of("Mul", &[&centred, &scale]);
        self.graph.of("Add", &[&scaled, &beta])
    }

    /// What identities make of numbers, `[neuron, number, unit]`.
    fn maps(&self, [own, shared]: [&str; 2], classes: &[usize]) -> (Vec<f64>, [usize; 3]) {
        let [own, shared] = [own, shared].map(|name| self.tensor(name));
        let units = *own.shape.last().expect("a matrix has columns");
        let of_neuron = own.values.len() / classes.len();
        let row = |&class: &usize| &shared.values[class * of_neuron..][..of_neuron];
        let maps = own.values.iter().zip(classes.iter().flat_map(row));
        let shape = [classes.len(), of_neuron / units, units];
        (maps.map(|(own, shared)| own + shared).collect(), shape)
    }

    fn sum_of_present(&mut self, x: &Value, given: &Value, n: usize) -> Value {
        let there = self.graph.slice(given, -1, 0, Some(1));
        let x = self.graph.of("Mul", &[x, &there]);
        let [sum, there] = [x, there].map(|of| {
            let sum = self.graph.reduce("ReduceSum", &of, -2);
            self.graph.squeeze(&sum, -2)
        });
        let there = self.graph.by("Max", &there, 1.);
        let all = self.graph.number(self.element, n as f64);
        let share = self.graph.of("Div", &[&all, &there]);
        let root = self.graph.of("Sqrt", &[&share]);
        self.graph.of("Mul", &[&sum, &root])
    }

    fn shares_of_present(&mut self, scores: &Value, given: &Value) -> Value {
        let there = self.graph.slice(given, -1, 0, Some(1));
        let absent = self.graph.by("Sub", &there, 1.);
        let absent = self.graph.by("Mul", &absent, 1e9);
        let scores = self.graph.of("Add", &[scores, &absent]);
        let shares = self.graph.softmax("Softmax", &scores, -2);
        let count = self.graph.reduce("ReduceSum", &there, -2);
        self.graph.of("Mul", &[&shares, &count])
    }

    fn identity_edges(
        &mut self,
        parts: [&str; 2],
        classes: &[usize],
        layers: [&String; 2],
    ) -> Value {
        let (maps, [n, n_numbers, units]) = self.maps(parts, classes);
        let who = maps.chunks_exact(n_numbers * units).flat_map(|map| map[..units].to_vec());
        let who = self.graph.numbers(self.element, &[n, units], &who.collect::<Vec<_>>());
        let [query, key] = layers.map(|name| {
            let layer = self.constant(name);
            self.graph.of("MatMul", &[&who, &layer])
        });
        let key = self.graph.transpose(&key, &[1, 0]);
        let scores = self.graph.of("MatMul", &[&query, &key]);
        let scores = self.graph.by("Div", &scores, (units as f64).sqrt());
        self.graph.softmax("Softmax", &scores, -1)
    }

    fn pair_scores(&mut self, a: &str, x: &Value, width: usize) -> Value {
        let values = self.tensor(a).values;
        let [receivers, senders] = [&values[..width], &values[width..]].map(|values| {
            let weights = self.graph.numbers(self.element, &[width, 1], values);
            self.graph.of("MatMul", &[x, &weights])
        });
        let senders = self.graph.transpose(&senders, &[0, 2, 1]);
        self.graph.of("Add", &[&receivers, &senders])
    }
}

/// How far a walk goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// To the end.
    Whole,
    /// To the memory, which is warmed up.
    ToMemory,
}

/// Whether an operation goes along frames in sequences, or from step to step of a roll-out.
pub(super) fn is_memory(operation: &Operation) -> bool {
    matches!(operation, Operation::Lstm { .. } | Operation::RecurrentAttention(_))
}

/// As a shape that leaves the frames as they are.
pub(super) fn shape_of_frames(axes: &[usize]) -> Vec<i64> {
    std::iter::once(0).chain(axes.iter().map(|&n| n as i64)).collect()
}
