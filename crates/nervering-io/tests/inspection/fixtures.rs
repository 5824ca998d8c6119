//! Animals for the checks: [`sound`] gives one without fault, of which every case changes one thing.

use nervering_io::{Level, Warning, inspect};
use nervering_recording::{
    Behavior, FileDerivative, NeuronLabel, NeuronNames, Provenance, Recording, RecordingParts,
    State, StateCoding, TimeBase, Traces,
};

pub const FPS: f64 = 3.;
pub const N_FRAMES: usize = 420;
pub const PAPER_15: [&str; 15] = [
    "AIBL", "AIBR", "ALA", "AVAL", "AVAR", "AVBL", "AVER", "RID", "RIML", "RIMR", "RMED", "RMEL",
    "RMER", "VB01", "VB02",
];
/// The paper's neurons and one without a name.
pub const N_NEURONS: usize = 16;
pub const UNNAMED: usize = 15;

/// A check, recordings in which it finds something, and recordings that it must not mistake.
pub struct Case {
    pub kind: &'static str,
    pub wrong: fn() -> Vec<RecordingParts>,
    /// Everything that is found in `wrong`, by any check.
    pub finds: &'static [(&'static str, Level)],
    /// Sound, or as near to `wrong` as it can be without being it.
    pub right: fn() -> Vec<RecordingParts>,
}

/// All seven states in bouts of ten frames.
pub fn states(frame: usize) -> State {
    State::ALL[frame / 10 % 7]
}

/// A sound animal.
pub fn sound(animal: &str, seed: u64) -> RecordingParts {
    labelled(animal, seed, N_FRAMES, states)
}

/// A sound animal that behaves as told. The neurons of reversal rise and fall with it, every class
/// has a slow rhythm of its own that its left and right share, and there is noise.
pub fn labelled(
    animal: &str,
    seed: u64,
    n_frames: usize,
    state: impl Fn(usize) -> State,
) -> RecordingParts {
    let states: Vec<State> = (0..n_frames).map(state).collect();
    let mut reversal = 0.;
    let reversal: Vec<f64> = states
        .iter()
        .map(|state| {
            let goal = f64::from(StateCoding::Two.class(*state) == Some(1));
            reversal += 0.4 * (goal - reversal);
            reversal
        })
        .collect();
    let names: Vec<&str> = PAPER_15.into_iter().chain(["16"]).collect();
    let mut values = Vec::new();
    for (frame, reversal) in reversal.iter().enumerate() {
        for (column, name) in names.iter().enumerate() {
            let class = name.trim_end_matches(['L', 'R']);
            let drives = matches!(class, "AIB" | "AVA" | "AVE" | "RIM");
            let pitch =
                class.bytes().fold(7, |sum, byte| (31 * sum + u64::from(byte)) % 101) as f64;
            let rhythm = (0.1 + 0.002 * pitch) * frame as f64 + pitch + seed as f64;
            let noise = random(seed, frame, column) - 0.5;
            let driven = if drives { *reversal } else { 0. };
            values.push(driven + 0.25 * rhythm.sin() + 0.04 * noise);
        }
    }
    RecordingParts {
        animal: animal.into(),
        neurons: names.iter().map(|name| NeuronLabel::from_text(name)).collect(),
        traces: Traces::new(n_frames, N_NEURONS, values).unwrap(),
        derivative: None,
        behavior: Some(Behavior::new(states)),
        time: TimeBase::regular(n_frames, FPS, 0.25).unwrap(),
        provenance: Provenance {
            source: "nervering-simulate".into(),
            place: "fixture".into(),
            trace_field: "deltaFOverF_bc".into(),
            unit: None,
        },
    }
}

/// A number in [0, 1) that depends on its arguments alone (splitmix64).
pub fn random(seed: u64, frame: usize, column: usize) -> f64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ ((frame * N_NEURONS + column) as u64);
    for factor in [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb] {
        z = (z ^ (z >> 30)).wrapping_mul(factor).wrapping_add(0x9e37_79b9_7f4a_7c15);
    }
    (z >> 11) as f64 / (1_u64 << 53) as f64
}

/// One animal, changed.
pub fn changed(change: impl FnOnce(&mut RecordingParts)) -> Vec<RecordingParts> {
    let mut parts = sound("a", 1);
    change(&mut parts);
    vec![parts]
}

/// Two animals, the second changed.
pub fn second_changed(change: impl FnOnce(&mut RecordingParts)) -> Vec<RecordingParts> {
    let mut parts = sound("b", 2);
    change(&mut parts);
    vec![sound("a", 1), parts]
}

/// Gives every value anew, from frame, column and the value.
pub fn map(parts: &mut RecordingParts, new: impl Fn(usize, usize, f64) -> f64) {
    let n_neurons = parts.traces.n_neurons();
    let values = parts.traces.values().iter().enumerate();
    let values = values.map(|(k, v)| new(k / n_neurons, k % n_neurons, *v)).collect();
    parts.traces = Traces::new(parts.traces.n_frames(), n_neurons, values).unwrap();
}

/// Gives every trace anew.
pub fn map_traces(parts: &mut RecordingParts, new: impl Fn(usize, Vec<f64>) -> Vec<f64>) {
    let columns = 0..parts.traces.n_neurons();
    let traces: Vec<_> = columns.map(|k| new(k, parts.traces.neuron(k).collect())).collect();
    map(parts, |frame, column, _| traces[column][frame]);
}

/// Gives the animal a derivative, value by value, from its traces.
pub fn with_derivative(parts: &mut RecordingParts, of: impl Fn(&[f64], usize) -> f64) {
    let mut derived = parts.clone();
    map_traces(&mut derived, |_, trace| (0..trace.len()).map(|frame| of(&trace, frame)).collect());
    parts.derivative = Some(FileDerivative { values: derived.traces, field: "derivs".into() });
}

/// The step from the frame before, per second: knows nothing of the next frame.
pub fn backward(trace: &[f64], frame: usize) -> f64 {
    FPS * (trace[frame] - trace[frame.saturating_sub(1)])
}

/// The central difference, per second.
pub fn central(trace: &[f64], frame: usize) -> f64 {
    let (before, after) = (frame.saturating_sub(1), (frame + 1).min(trace.len() - 1));
    FPS * (trace[after] - trace[before]) / (after - before) as f64
}

pub fn rename(parts: &mut RecordingParts, column: usize, name: &str) {
    parts.neurons[column] = NeuronNames::Any.label(name);
}

pub fn recordings(parts: Vec<RecordingParts>) -> Vec<Recording> {
    parts.into_iter().map(|parts| Recording::new(parts).unwrap()).collect()
}

pub fn warnings(parts: Vec<RecordingParts>) -> Vec<Warning> {
    inspect(&recordings(parts), &[]).warnings
}
