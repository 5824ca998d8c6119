//! The layouts of `../matlab_layouts.rs` as trees, from worms whose values are known.

#![allow(dead_code, reason = "every test file uses another part of it")]

use super::common::{STATES, Worm, state};
use super::tree::{Tree, column, empty, scalar, structure, text, texts};

/// Names of the codes 1 to 8.
pub const KEY: [&str; 8] = STATES;
pub const NAMES: [&str; 4] = ["AVAL", "2", "RIML", "VB02"];

pub fn worm(k: usize, n_frames: usize) -> Worm {
    Worm::new(k, ["TS1", "TS2", "TS3"][k], &NAMES, n_frames)
}

/// Frames × neurons, as MATLAB has the published traces.
pub fn frames_by_neurons(traces: &[Vec<f64>]) -> Tree {
    Tree::Matrix(traces[0].len(), traces.len(), traces.concat())
}

pub fn neurons_by_frames(traces: &[Vec<f64>]) -> Tree {
    let n_frames = traces[0].len();
    let values = (0..n_frames).flat_map(|t| traces.iter().map(move |trace| trace[t])).collect();
    Tree::Matrix(traces.len(), n_frames, values)
}

/// The derivative with one frame less than the traces.
pub fn shorter(worm: &Worm) -> Vec<Vec<f64>> {
    worm.derivative().iter().map(|slope| slope[..slope.len() - 1].to_vec()).collect()
}

pub fn codes(worm: usize, n_frames: usize) -> Vec<f64> {
    (0..n_frames).map(|t| state(worm, t) as f64 + 1.).collect()
}

pub fn one_hot(worm: &Worm) -> Tree {
    Tree::Struct(worm.states.iter().map(|(name, v)| ((*name).to_owned(), column(v))).collect())
}

pub fn cells(worms: &[Worm], entry: impl Fn(&Worm) -> Tree) -> Tree {
    Tree::Cell(worms.iter().map(entry).collect())
}

/// The struct of the published file: one cell per worm in each field, in the order of the v5
/// re-saves.
pub fn kato(worms: &[Worm]) -> Tree {
    structure([
        ("deltaFOverF", cells(worms, |w| frames_by_neurons(&w.derivative()))),
        ("deltaFOverF_bc", cells(worms, |w| frames_by_neurons(&w.traces))),
        ("NeuronNames", cells(worms, |_| texts(&NAMES))),
        ("tv", cells(worms, |w| column(&w.tv))),
        ("dataset", cells(worms, |w| text(w.dataset))),
        ("fps", cells(worms, |w| scalar(w.fps))),
        ("States", cells(worms, one_hot)),
    ])
}

/// `WT_data/N1…`, whose fields belong to one worm each.
pub fn wt_data(worm: &Worm) -> Tree {
    structure([
        ("deltaFOverF_bc", frames_by_neurons(&worm.traces)),
        ("NeuronNames", texts(&NAMES)),
        ("tv", column(&worm.tv)),
        ("fps", scalar(worm.fps)),
        ("States", one_hot(worm)),
        (
            "processed",
            structure([
                ("deltaFOverF_bc_detr", frames_by_neurons(&worm.derivative())),
                ("derivs", frames_by_neurons(&worm.derivative())),
            ]),
        ),
    ])
}

/// The older deposit, whose states are codes.
pub fn older(worms: &[Worm]) -> Tree {
    let ids = Tree::Cell(vec![
        texts(&["AVAL"]),
        texts(&["---"]),
        texts(&["SMDVL", "SMDVR"]),
        texts(&["VB2", "---"]),
    ]);
    structure([
        ("IDs", cells(worms, |_| ids.clone())),
        ("States", Tree::Cell((0..worms.len()).map(|k| column(&codes(k, 50))).collect())),
        ("dataset", cells(worms, |w| text(w.dataset))),
        ("fps", cells(worms, |w| scalar(w.fps))),
        ("timVectorSeconds", cells(worms, |w| column(&w.tv))),
        ("traces", cells(worms, |w| frames_by_neurons(&w.traces))),
        ("tracesDif", cells(worms, |w| frames_by_neurons(&w.derivative()))),
        ("traces_raw", cells(worms, |w| frames_by_neurons(&w.derivative()))),
    ])
}

/// One worm of its own file, without labels.
pub fn wb_data(worm: &Worm, file_name: &str) -> Tree {
    let ids = NAMES.iter().map(|name| texts(&[name])).collect();
    structure([
        ("deltaFOverF", frames_by_neurons(&worm.derivative())),
        ("deltaFOverF_bc", frames_by_neurons(&worm.traces)),
        ("deltaFOverF_deriv", frames_by_neurons(&worm.derivative())),
        ("tv", column(&worm.tv)),
        ("NeuronIds", Tree::Cell(ids)),
        ("FlNm", text(file_name)),
    ])
}

/// The label file: a key, and an array of structs.
pub fn coloring(sets: &[(&str, Vec<f64>)]) -> Tree {
    let names = vec!["stateTimeSeries".to_owned(), "datasetName".to_owned()];
    let values = sets.iter().map(|(name, codes)| vec![column(codes), text(name)]).collect();
    structure([("key", texts(&KEY)), ("dataset", Tree::Structs(names, values))])
}

/// One of the four files of Nichols et al.: `neurons_by_frames` or the other way round.
pub fn nichols(worms: &[Worm], orientation: fn(&[Vec<f64>]) -> Tree) -> Tree {
    structure([
        ("IDs", cells(worms, |_| nichols_ids())),
        ("fps", cells(worms, |w| scalar(w.fps))),
        ("stimulus", cells(worms, |w| column(&vec![10.; w.tv.len()]))),
        ("timeVectorSeconds", cells(worms, |w| column(&w.tv))),
        ("traces", cells(worms, |w| orientation(&w.traces))),
        ("tracesDif", cells(worms, |w| orientation(&shorter(w)))),
    ])
}

/// Characters, a nested cell, nothing, and again characters.
pub fn nichols_ids() -> Tree {
    Tree::Cell(vec![text("AVAL"), empty(), Tree::Cell(vec![text("RIML")]), text("VB2")])
}
