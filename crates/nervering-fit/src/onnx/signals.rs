//! Signals over time as a model sees them: traces are smoothed, brought to scale and shown with their lags in the
//! graph, as [`nervering_prepare::Signals`] does it. What looks back alone goes on from call to call.

use super::graph::{Graph, Value};
use super::pass::{Goes, Refusal};
use super::proto::{Axis, Element};
use super::shorthand::FRAMES;
use super::sums::Sums;
use crate::preparation::Normalisation;
use crate::signals::{PRIOR_FRAMES, SignalScaling, scales as level_scales, smoothing};
use nervering_models::{Inputs, Look};
use nervering_prepare::{LevelScale, N_CHANNELS, SLOPE_UNIT, SMOOTHING_S, Signals, TAIL};

/// SDs at which a Gaussian is cut.
const REACH: f64 = 3.;

/// The trace and the slope of every neuron, `[frame, neuron]`.
struct Smoothed {
    level: Value,
    slope: Value,
    /// Seconds from frame to frame.
    interval: Value,
}

/// What scales them, one of each neuron, or of each frame and neuron.
struct Scales {
    mean: Value,
    deviation: Value,
    slope: Value,
    /// The 2nd and the 98th percentile, where they are known.
    range: Option<[Value; 2]>,
}

/// Signals `[frame, neuron, number]` in single precision, of traces that the graph is given: on each scale.
pub(super) fn signals(
    graph: &mut Graph,
    scaling: &SignalScaling,
    goes: Goes,
) -> Result<Vec<Value>, Refusal> {
    let inputs = scaling.inputs;
    let look = inputs.look().ok_or("it sees no signals")?;
    let n = scaling.levels.of_neurons().len();
    let traces = graph.input("traces", Element::Double, &[Axis::Named("frame"), Axis::Fixed(n)]);
    let there = inputs.may_be_absent().then(|| there(graph, scaling, &traces));
    let traces = where_there(graph, there.as_ref(), traces);
    let smoothed = match look {
        Look::Around => around(graph, &traces),
        Look::Back { .. } => back(graph, &traces, scaling, goes),
    };
    let scales = scales(graph, &smoothed, scaling, goes);
    let unit = graph.by("Mul", &scales.slope, SLOPE_UNIT);
    let slope = graph.of("Div", &[&smoothed.slope, &unit]);
    let mut on_scale = |&scale: &LevelScale| {
        let level = level(graph, &smoothed, &scales, scale);
        let [level, slope] = [level, slope.clone()].map(|channel| {
            let shown = where_there(graph, there.as_ref(), channel);
            graph.cast(&shown, Element::Float)
        });
        let mut shown = graph.stack(&[level, slope], 2);
        if let Look::Back { delay_s } = look {
            shown = late(graph, &shown, (delay_s / scaling.interval_s).round());
        }
        match (inputs, &there) {
            (Inputs::Context(Look::Around), _) => {
                context(graph, &shown, scaling, &smoothed.interval)
            }
            (Inputs::Context(Look::Back { .. }), _) => context_behind(graph, &shown, scaling, goes),
            (_, Some(there)) => {
                let there = graph.cast(there, Element::Float);
                let there = graph.reshape(&there, &[n as i64, 1]);
                let there = graph.for_frames_of(&there, &shown, &[n, 1]);
                graph.concat(&[&there, &shown], 2)
            }
            _ => shown,
        }
    };
    Ok(level_scales(inputs).iter().map(&mut on_scale).collect())
}

/// The level of every neuron on a scale.
fn level(graph: &mut Graph, smoothed: &Smoothed, scales: &Scales, scale: LevelScale) -> Value {
    let (mut middle, mut unit) = (scales.mean.clone(), scales.deviation.clone());
    if let (LevelScale::Range, Some([low, high])) = (scale, &scales.range) {
        let (sum, width) = (graph.of("Add", &[low, high]), graph.of("Sub", &[high, low]));
        let [between, half] = [sum, width].map(|of| graph.by("Div", &of, 2.));
        let nothing = graph.number(Element::Double, 0.);
        let varies = graph.run_to(Element::Bool, "Greater", &[&half, &nothing], &[]);
        middle = graph.choose(&varies, &between, &middle);
        unit = graph.choose(&varies, &half, &unit);
    }
    let from_middle = graph.of("Sub", &[&smoothed.level, &middle]);
    graph.of("Div", &[&from_middle, &unit])
}

/// The levels of all neurons below which this share of the frames lies.
fn percentile(graph: &mut Graph, level: &Value, share: f64) -> Value {
    let n_frames = graph.n_frames(level);
    let count = graph.reshape(&n_frames, &[1]);
    let ascending = graph.ascending(level, &count);
    let last = graph.by("Add", &n_frames, -1.);
    let last = graph.cast(&last, Element::Double);
    let place = graph.by("Mul", &last, share);
    let place = graph.by("Add", &place, 0.5);
    let place = graph.of("Floor", &[&place]);
    let place = graph.cast(&place, Element::Int64);
    graph.at(&ascending, &place)
}

/// 0 for neurons that are not there.
fn where_there(graph: &mut Graph, there: Option<&Value>, x: Value) -> Value {
    let Some(there) = there else { return x };
    let nothing = graph.number(x.element, 0.);
    graph.choose(there, &x, &nothing)
}

/// Of every neuron whether it is there, `[1, neuron]`: a trace that is no number is that of a neuron that the
/// animal lacks.
fn there(graph: &mut Graph, scaling: &SignalScaling, traces: &Value) -> Value {
    let levels = scaling.levels.of_neurons();
    let known: Vec<f64> = levels.iter().map(|of| f64::from(u8::from(of.are_known()))).collect();
    let known = graph.numbers(Element::Bool, &[1, known.len()], &known);
    let first = graph.slice(traces, FRAMES, 0, Some(1));
    let absent = graph.is_nan(&first);
    let present = graph.of("Not", &[&absent]);
    graph.of("And", &[&present, &known])
}

/// A Gaussian at the recording's own interval, and central differences of its result.
fn around(graph: &mut Graph, traces: &Value) -> Smoothed {
    let interval = graph.input("interval_s", Element::Double, &[]);
    let unit = graph.number(Element::Double, SMOOTHING_S);
    let sigma = graph.of("Div", &[&unit, &interval]);
    let reach = graph.by("Mul", &sigma, REACH);
    let reach = graph.of("Ceil", &[&reach]);
    let reach = graph.cast(&reach, Element::Int64);
    let twice = graph.by("Mul", &reach, 2.);
    let n_offsets = graph.by("Add", &twice, 1.);
    let offsets = graph.range(&n_offsets);
    let offsets = graph.of("Sub", &[&offsets, &reach]);
    let exact = graph.cast(&offsets, Element::Double);
    let exact = graph.of("Div", &[&exact, &sigma]);
    let squared = graph.of("Mul", &[&exact, &exact]);
    let exponent = graph.by("Mul", &squared, -0.5);
    let weights = graph.of("Exp", &[&exponent]);
    // Weights of places that are none are left out, and the others made whole.
    let n_frames = graph.n_frames(traces);
    let frames = graph.range(&n_frames);
    let column = graph.unsqueeze(&frames, 1);
    let wanted = graph.of("Add", &[&column, &offsets]);
    let places = graph.within(&wanted, &n_frames);
    let is_within = graph.run_to(Element::Bool, "Equal", &[&wanted, &places], &[]);
    let is_within = graph.cast(&is_within, Element::Double);
    let weights = graph.of("Mul", &[&is_within, &weights]);
    let seen = graph.at(traces, &places);
    let rows = graph.unsqueeze(&weights, 1);
    let sums = graph.of("MatMul", &[&rows, &seen]);
    let sums = graph.squeeze(&sums, 1);
    let total = graph.reduce("ReduceSum", &weights, 1);
    let level = graph.of("Div", &[&sums, &total]);
    let [after, before] = [1., -1.].map(|step| {
        let beside = graph.by("Add", &frames, step);
        graph.within(&beside, &n_frames)
    });
    let steps = graph.of("Sub", &[&after, &before]);
    // A frame that is alone has no slope.
    let steps = graph.by("Max", &steps, 1.);
    let steps = graph.cast(&steps, Element::Double);
    let seconds = graph.of("Mul", &[&steps, &interval]);
    let seconds = graph.unsqueeze(&seconds, 1);
    let [after, before] = [after, before].map(|places| graph.at(&level, &places));
    let rise = graph.of("Sub", &[&after, &before]);
    let slope = graph.of("Div", &[&rise, &seconds]);
    Smoothed { level, slope, interval }
}

/// An exponential that begins at the first value, and its backward differences, at the interval of training.
fn back(graph: &mut Graph, traces: &Value, scaling: &SignalScaling, goes: Goes) -> Smoothed {
    let n = scaling.levels.of_neurons().len();
    let first = graph.slice(traces, FRAMES, 0, Some(1));
    let first = graph.squeeze(&first, FRAMES);
    let before = match goes {
        Goes::Anew => first,
        // No number before the first frame.
        Goes::On => {
            let before = graph.state("level", Element::Double, &[n], &vec![f64::NAN; n]);
            let is_none = graph.is_nan(&before);
            graph.choose(&is_none, &first, &before)
        }
    };
    let mut body = graph.body();
    let axes = [Axis::Fixed(n)];
    let level = body.input("level", Element::Double, &axes);
    let trace = body.input("trace", Element::Double, &axes);
    let keeps = (-scaling.interval_s / SMOOTHING_S).exp();
    let kept = body.by("Mul", &level, keeps);
    let taken = body.by("Mul", &trace, 1. - keeps);
    let next = body.of("Add", &[&kept, &taken]);
    let rise = body.of("Sub", &[&next, &level]);
    let slope = body.by("Div", &rise, scaling.interval_s);
    for (value, name) in [(&next, "next_level"), (&next, "level_here"), (&slope, "slope")] {
        body.output(value, name, &axes);
    }
    let found = graph.scan(body, &[&before], traces, 2);
    if goes == Goes::On {
        graph.next("level", &found[0], &[n]);
    }
    let interval = graph.number(Element::Double, scaling.interval_s);
    Smoothed { level: found[1].clone(), slope: found[2].clone(), interval }
}

/// What scales signals: of the recording, of the training animals, or of the frames so far after those.
fn scales(graph: &mut Graph, smoothed: &Smoothed, scaling: &SignalScaling, goes: Goes) -> Scales {
    let levels = scaling.levels.of_neurons();
    let n = levels.len();
    let [mean, deviation, slope, low, high] =
        std::array::from_fn(|k| levels.iter().map(|of| of.values()[k]).collect::<Vec<f64>>());
    match scaling.normalisation {
        Normalisation::Training => {
            let [mean, deviation, slope, low, high] = [mean, deviation, slope, low, high]
                .map(|of| graph.numbers(Element::Double, &[n], &of));
            Scales { mean, deviation, slope, range: Some([low, high]) }
        }
        Normalisation::WholeRecording => {
            let mean = graph.reduce("ReduceMean", &smoothed.level, FRAMES);
            let apart = graph.of("Sub", &[&smoothed.level, &mean]);
            let [deviation, slope] = [&apart, &smoothed.slope].map(|of| {
                let squares = graph.of("Mul", &[of, of]);
                let square = graph.reduce("ReduceMean", &squares, FRAMES);
                graph.of("Sqrt", &[&square])
            });
            let range = level_scales(scaling.inputs)
                .contains(&LevelScale::Range)
                .then(|| [TAIL, 1. - TAIL].map(|share| percentile(graph, &smoothed.level, share)));
            Scales { mean, deviation, slope, range }
        }
        Normalisation::Causal => {
            let prior = graph.numbers(Element::Double, &[n], &mean);
            let centred = graph.of("Sub", &[&smoothed.level, &prior]);
            let mut sums = Sums::new(graph, &smoothed.level, PRIOR_FRAMES, goes, 0);
            let so_far = sums.mean(graph, "levels", &centred, &vec![0.; n]);
            let squares = graph.of("Mul", &[&centred, &centred]);
            let prior_squares: Vec<f64> = deviation.iter().map(|sd| sd * sd).collect();
            let square = sums.mean(graph, "squares", &squares, &prior_squares);
            let slopes = graph.of("Mul", &[&smoothed.slope, &smoothed.slope]);
            let prior_slopes: Vec<f64> = slope.iter().map(|slope| slope * slope).collect();
            let slopes = sums.mean(graph, "slopes", &slopes, &prior_slopes);
            let of_mean = graph.of("Mul", &[&so_far, &so_far]);
            let variance = graph.of("Sub", &[&square, &of_mean]);
            let [deviation, slope] = [variance, slopes].map(|of| graph.of("Sqrt", &[&of]));
            let mean = graph.of("Add", &[&so_far, &prior]);
            Scales { mean, deviation, slope, range: None }
        }
    }
}

/// What stands for a frame is what is known so many frames later; at the end, what is known last.
fn late(graph: &mut Graph, shown: &Value, delay: f64) -> Value {
    if delay == 0. {
        return shown.clone();
    }
    let n_frames = graph.n_frames(shown);
    let frames = graph.range(&n_frames);
    let later = graph.by("Add", &frames, delay);
    let places = graph.within(&later, &n_frames);
    graph.at(shown, &places)
}

/// Frames at all lags side by side, beyond the ends the first and the last.
fn context(graph: &mut Graph, shown: &Value, scaling: &SignalScaling, interval: &Value) -> Value {
    let lags_s: Vec<f64> = lags_s(scaling);
    let lags_s = graph.numbers(Element::Double, &[lags_s.len()], &lags_s);
    let lags = graph.of("Div", &[&lags_s, interval]);
    // Halves go away from 0.
    let sizes = graph.of("Abs", &[&lags]);
    let sizes = graph.by("Add", &sizes, 0.5);
    let sizes = graph.of("Floor", &[&sizes]);
    let signs = graph.of("Sign", &[&lags]);
    let lags = graph.of("Mul", &[&sizes, &signs]);
    let lags = graph.cast(&lags, Element::Int64);
    let n_frames = graph.n_frames(shown);
    let frames = graph.range(&n_frames);
    side_by_side(graph, shown, scaling, [&frames, &lags, &n_frames])
}

/// The same of frames behind alone, at the interval of training; they go on from call to call.
fn context_behind(graph: &mut Graph, shown: &Value, scaling: &SignalScaling, goes: Goes) -> Value {
    let frames_of = |lag_s: &f64| (lag_s / scaling.interval_s).round();
    let lags: Vec<f64> = lags_s(scaling).iter().map(frames_of).collect();
    let reach = lags.iter().fold(0f64, |reach, lag| reach.max(-lag)) as usize;
    let lags = graph.numbers(Element::Int64, &[lags.len()], &lags);
    let n_frames = graph.n_frames(shown);
    let frames = graph.range(&n_frames);
    if goes == Goes::Anew {
        return side_by_side(graph, shown, scaling, [&frames, &lags, &n_frames]);
    }
    let shape = [reach, scaling.levels.of_neurons().len(), N_CHANNELS];
    let none = vec![f64::NAN; shape.iter().product()];
    let before = graph.state("signals", Element::Float, &shape, &none);
    let is_none = graph.is_nan(&before);
    let first = graph.slice(shown, FRAMES, 0, Some(1));
    let before = graph.choose(&is_none, &first, &before);
    let all = graph.concat(&[&before, shown], FRAMES);
    let last = graph.last(&all, reach, 0);
    graph.next("signals", &last, &shape);
    let frames = graph.by("Add", &frames, reach as f64);
    let n_frames = graph.by("Add", &n_frames, reach as f64);
    side_by_side(graph, &all, scaling, [&frames, &lags, &n_frames])
}

fn lags_s(scaling: &SignalScaling) -> Vec<f64> {
    Signals::lags_s(smoothing(scaling.inputs, scaling.interval_s)).collect()
}

/// `[frame, neuron, lag · channel]`.
fn side_by_side(
    graph: &mut Graph,
    shown: &Value,
    scaling: &SignalScaling,
    [frames, lags, n_frames]: [&Value; 3],
) -> Value {
    let column = graph.unsqueeze(frames, 1);
    let places = graph.of("Add", &[&column, lags]);
    let places = graph.within(&places, n_frames);
    let seen = graph.at(shown, &places);
    let by_neuron = graph.transpose(&seen, &[0, 2, 1, 3]);
    let n_numbers = N_CHANNELS * lags_s(scaling).len();
    graph.reshape(&by_neuron, &[0, 0, n_numbers as i64])
}
