//! Studies of forecasts on three small animals: what the tests of this folder share.

mod errors;
mod leaks;
mod plans;
mod resuming;

use super::aim::Fit;
use super::*;
use crate::comparison::{Comparison, Preset};
use crate::config::StudyConfig;
use crate::plan::{Group, Plan};
use crate::reading::ReadingEntry;
use crate::run::{Results, run};
use nervering_fit::{
    ForecastModel, ForecastTraining, GivenConnectome, Outcome, Protocol, StepErrors, starts_within,
};
use nervering_grid::{CheckpointTimes, GridError, Progress, Run};
use nervering_models::trajectory::TrajectoryConfig;
use nervering_models::{Loss, ResidualOf};
use nervering_prepare::TRAINING_STEPS;
use nervering_recording::{
    Behavior, Connection, ConnectionKind, Connectome, NeuronLabel, NeuronSet, Provenance,
    Recording, RecordingParts, State, TimeBase, Traces, Weighting,
};
use nervering_statistics::Role;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const N_FRAMES: usize = 400;

/// What becomes of traces from some frame on.
type Moved = fn(f64) -> f64;

/// Within the range, so that nothing but the frames themselves moves.
const A_LITTLE: Moved = |value| value * 0.9 - 0.05;

/// As no neuron ever was.
const WILDLY: Moved = |value| 1e5 * value;

/// Two coupled neurons; bouts of ten frames. From frame `moved_from` on, traces are others.
fn animal(name: &str, phase: f64, moved_from: usize, moved: Moved) -> Recording {
    let value = |frame: usize, neuron: usize| {
        let t = frame as f64;
        let value = (t / 9. + phase + neuron as f64).sin() + (t / 23. + 2. * phase).cos() / 2.;
        if frame < moved_from { value } else { moved(value) }
    };
    let traces = (0..N_FRAMES).flat_map(|frame| [value(frame, 0), value(frame, 1)]);
    let state = |frame: usize| match frame / 10 % 2 {
        0 => State::Forward,
        _ => State::Reverse1,
    };
    Recording::new(RecordingParts {
        animal: name.into(),
        neurons: ["AVAL", "RIML"].map(NeuronLabel::from_text).to_vec(),
        traces: Traces::new(N_FRAMES, 2, traces.collect()).unwrap(),
        derivative: None,
        behavior: Some(Behavior::new((0..N_FRAMES).map(state).collect())),
        time: TimeBase::new((0..N_FRAMES).map(|k| k as f64 / 3.).collect()).unwrap(),
        provenance: Provenance::default(),
    })
    .unwrap()
}

fn animals(moved_from: usize) -> Vec<Recording> {
    animals_with(moved_from, A_LITTLE)
}

fn animals_with(moved_from: usize, moved: Moved) -> Vec<Recording> {
    let still = |name, phase| animal(name, phase, N_FRAMES, moved);
    // The animal that is forecast comes last.
    vec![still("a", 0.), still("b", 1.), animal("c", 2., moved_from, moved)]
}

/// For networks that are given a connectome.
fn one_edge() -> GivenConnectome {
    let [pre, post] = ["AVAL", "RIML"].map(|name| name.parse().unwrap());
    let edge = Connection { pre, post, kind: ConnectionKind::Chemical, weight: 1. };
    GivenConnectome {
        name: "one edge".into(),
        connectome: Arc::new(Connectome::new(vec![edge]).unwrap()),
        kinds: vec![ConnectionKind::Chemical],
        weighting: Weighting::RowNormalised,
    }
}

fn config(protocol: Protocol, models: &[ForecastModel]) -> StudyConfig<Forecast> {
    StudyConfig {
        name: "test".into(),
        title: "A test".into(),
        variants: vec![Comparison::new(protocol, models, NeuronSet::Shared)],
        training_sizes: vec![2],
        max_subsets: None,
        epochs: 2,
        seed: 3,
        reading: ReadingEntry::default(),
        aim: Forecast {
            network: TrajectoryConfig { width: 4, ..TrajectoryConfig::scripts() },
            connectome: Some(one_edge()),
            ..Forecast::default()
        },
    }
}

fn plan(protocol: Protocol, models: &[ForecastModel], moved_from: usize) -> Plan<Forecast> {
    Plan::new(config(protocol, models), &animals(moved_from), &[]).unwrap()
}

#[derive(Default)]
struct Heard {
    steps: AtomicUsize,
    resumed: AtomicUsize,
    warned: AtomicUsize,
}

impl Progress for Heard {
    fn steps(&self, n: usize) {
        self.steps.fetch_add(n, Ordering::Relaxed);
    }
    fn resumed(&self, _: usize, n_steps: usize) {
        self.resumed.fetch_add(n_steps, Ordering::Relaxed);
    }
    fn warned(&self, _: &str) {
        self.warned.fetch_add(1, Ordering::Relaxed);
    }
}

/// Runs in a folder, and stops after so many gradient steps.
fn run_in(
    folder: &Path,
    plan: &Plan<Forecast>,
    threads: usize,
    most: usize,
) -> (Result<Results<Forecast>, crate::StudyError>, Heard) {
    let heard = Heard::default();
    let first = AtomicUsize::new(usize::MAX);
    let stop = || {
        let done = heard.steps.load(Ordering::Relaxed);
        let first = first.fetch_min(done, Ordering::Relaxed).min(done);
        done - first >= most
    };
    let times = CheckpointTimes { every: Duration::from_secs(30), clock: &|| Duration::ZERO };
    let how = Run { times, progress: &heard, interrupted: &stop, ..Run::quietly(threads) };
    let results = run(plan, folder, &how);
    (results, heard)
}
