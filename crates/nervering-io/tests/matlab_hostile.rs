//! Every MATLAB layout and container against damage of every kind: see `common/hostile.rs` for what
//! is promised.

mod common;
#[path = "common/hostile.rs"]
mod hostile;
#[path = "common/layouts.rs"]
mod layouts;
#[path = "common/tree.rs"]
mod tree;

use layouts::*;
use nervering_io::{ReadOptions, read_all};
use std::path::Path;
use tree::{Form, Tree, structure, texts, v5, v73};

/// Reads a damaged file; an error must name it.
fn read(path: &Path) {
    if let Err(error) = read_all(&[path], &ReadOptions::default()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(error.to_string().contains(name), "{error}");
    }
}

/// A short recording, so that structure is much of the file.
fn published() -> Tree {
    let worms = [worm(0, 6)];
    let derivs = cells(&worms, |w| frames_by_neurons(&w.derivative()));
    kato(&worms).with("derivs", derivs)
}

fn four_states() -> Tree {
    let worms = [worm(0, 6), worm(1, 6)];
    let states =
        cells(&worms, |w| structure([("FourStates", tree::column(&vec![2.; w.tv.len()]))]));
    let names = texts(&["Reversal", "Forward", "Quiescence", "Turn"]);
    nichols(&worms, neurons_by_frames).with("FourStates", states).with("FourStatesNames", names)
}

#[test]
fn nichols_v73() {
    hostile::survives("nichols_v73", &v73(&[("n2_prelet", four_states())]), read);
}

#[test]
fn struct_of_structs_v73() {
    let file = structure([("N1", wt_data(&worm(0, 6))), ("N2", wt_data(&worm(1, 6)))]);
    hostile::survives("struct_of_structs_v73", &v73(&[("WT_data", file)]), read);
}

#[test]
fn labels_v73() {
    let labels = coloring(&[("TS1", codes(0, 6)), ("TS2", codes(1, 6))]);
    hostile::survives("labels_v73", &v73(&[("sevenStateColoring", labels)]), read);
}

#[test]
fn published_v5() {
    hostile::survives("published_v5", &v5(&[("WT_NoStim", published())], Form::Plain), read);
}

#[test]
fn one_worm_v5_compressed() {
    let file = [("wbData", wb_data(&worm(0, 6), "TS1")), ("other", texts(&KEY))];
    hostile::survives("one_worm_v5_compressed", &v5(&file, Form::Compressed), read);
}

#[test]
fn older_v5_big_endian() {
    let file = older(&[worm(0, 50)]).with("States_key", texts(&KEY));
    hostile::survives("older_v5_big_endian", &v5(&[("WT", file)], Form::BigEndian), read);
}

#[test]
fn labels_v5() {
    let labels = coloring(&[("TS1", codes(0, 6)), ("TS2", codes(1, 6))]);
    hostile::survives("labels_v5", &v5(&[("sevenStateColoring", labels)], Form::Plain), read);
}

/// Tags, dimensions, flags and lengths of v5 are words of four bytes at multiples of eight or four:
/// each is set to each of a few extremes, so that none is left to chance.
#[test]
fn every_word_of_a_v5_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("every_word.mat");
    let labels = coloring(&[("TS1", codes(0, 6))]);
    let wb_data = wb_data(&worm(0, 3), "TS1");
    let bytes = v5(&[("wbData", wb_data), ("sevenStateColoring", labels)], Form::Plain);
    for at in (124..bytes.len() - 3).step_by(4) {
        for word in [0, 1, 5, 14, 15, 17, 0xffff, 0x0004_0001, 0x7fff_fff8, u32::MAX] {
            let mut damaged = bytes.clone();
            damaged[at..at + 4].copy_from_slice(&word.to_le_bytes());
            hostile::write_anew(&path, &damaged);
            read(&path);
        }
    }
}
