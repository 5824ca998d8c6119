//! `nervering live`: what it says of a stream is what `predict` says of the recorded file.

mod common;

use common::{run, text};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::tempdir;

/// Two animals to train on in `a`, and one that is new in `b/sim03.csv`.
fn animals(at: &Path) -> String {
    run(at, &["simulate", "all", "--animals", "3", "--duration-s", "90"], 0);
    for folder in ["a", "b"] {
        fs::create_dir(at.join(folder)).unwrap();
    }
    for (animal, folder) in [("sim01", "a"), ("sim02", "a"), ("sim03", "b")] {
        for ending in ["csv", "json"] {
            let name = format!("{animal}.{ending}");
            fs::copy(at.join("all").join(&name), at.join(folder).join(&name)).unwrap();
        }
    }
    fs::read_to_string(at.join("b/sim03.csv")).unwrap()
}

fn live(at: &Path, arguments: &[&str], stream: &str) -> (String, String, i32) {
    let mut command = common::nervering(at);
    let output = command.arg("live").args(arguments).write_stdin(stream).output().unwrap();
    (text(&output.stdout), text(&output.stderr), output.status.code().unwrap())
}

/// Rows of a table without the last column.
fn without_labels(table: &str) -> Vec<String> {
    table.lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned()).collect()
}

#[test]
fn a_decoder_says_the_same_to_the_digit_as_of_the_recorded_file() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    let table = animals(at);
    let shared = ["--neurons", "paper-3", "--states", "4"];
    let causal = [
        "fit",
        "tcn-causal",
        "--on",
        "a",
        "--normalisation",
        "causal",
        "--epochs",
        "10",
        "--out",
        "tcn",
    ];
    let strict =
        ["fit", "gnn", "--on", "a", "--protocol", "strict", "--epochs", "5", "--out", "gnn"];
    for (fit, model) in [(&causal[..], "tcn"), (&strict[..], "gnn")] {
        run(at, &[fit, &shared].concat(), 0);
        run(at, &["predict", model, "b", "--out", &format!("{model}-said")], 0);
        let of_file = fs::read_to_string(at.join(format!("{model}-said/sim03.csv"))).unwrap();
        let (said, told, code) = live(at, &[model], &table);
        assert_eq!(code, 0, "{told}");
        assert_eq!(said.lines().collect::<Vec<_>>(), without_labels(&of_file), "{model}");
        assert!(told.contains("per frame") && !told.contains("warning"), "{told}");
    }
    let (json, _, _) = live(at, &["tcn", "--format", "json"], &table);
    let first: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(first["frame"], 0);
    assert_eq!(first["probabilities"].as_object().unwrap().len(), 4);
}

#[test]
fn a_forecaster_says_the_same_as_of_the_recorded_file() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    let table = animals(at);
    let fit =
        ["fit", "linear", "--task", "forecast", "--on", "a", "--neurons", "paper-3", "--out", "f"];
    run(at, &fit, 0);
    run(at, &["predict", "f", "b", "--every", "1", "--steps", "2", "--out", "f.csv"], 0);
    let of_file = fs::read_to_string(at.join("f.csv")).unwrap();
    let (said, told, code) = live(at, &["f", "--steps", "2"], &table);
    assert_eq!(code, 0, "{told}");
    let header: Vec<&str> = said.lines().next().unwrap().split(',').collect();
    let mut n = 0;
    for line in said.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        for (name, value) in header.iter().zip(&cells).skip(2) {
            let (neuron, step) = name.split_once('+').unwrap();
            let row = format!("sim03,{},{},{neuron},{step},{value},", cells[0], cells[1]);
            assert!(of_file.contains(&row), "{row}");
            n += 1;
        }
    }
    assert!(n > 100, "{n} values");
    let (_, told, code) = live(at, &["f", "--steps", "17"], &table);
    assert!(code == 2 && told.contains("1 to 16"), "{told}");
}

#[test]
fn what_is_wrong_with_frames_is_told_and_the_stream_goes_on() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    let table = animals(at);
    run(at, &["fit", "logistic", "--on", "a", "--neurons", "paper-3", "--out", "m"], 0);
    let mut lines: Vec<String> = table.lines().map(str::to_owned).collect();
    let n_clean = live(at, &["m"], &table).0.lines().count();
    let aval = lines[0].split(',').position(|name| name == "AVAL").unwrap();
    let mut cells: Vec<&str> = lines[30].split(',').collect();
    cells[aval] = "";
    lines[30] = cells.join(",");
    // Ten frames fewer, one of them again after later ones, and a line that is none.
    let again = lines[35].clone();
    lines.insert(45, again);
    lines.insert(46, "what is this".to_owned());
    lines.drain(60..70);
    let (said, told, code) = live(at, &["m"], &(lines.join("\n") + "\n"));
    assert_eq!(code, 0, "{told}");
    assert_eq!(said.lines().count(), n_clean - 10, "{told}");
    for part in [
        "line 31: AVAL is missing",
        "line 46: the time goes back",
        "line 47: found no time",
        "a gap of",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let (said, told, code) = live(at, &["m"], "time_s,AVAR\n0,1\n");
    assert_eq!((said.lines().count(), code), (1, 2));
    assert!(told.contains("lacks") && told.contains("AVAL"), "{told}");
}

#[test]
fn a_model_that_looks_ahead_is_refused_and_told_what_to_do() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    animals(at);
    let fit = [
        "fit",
        "logistic",
        "--on",
        "a",
        "--protocol",
        "paper",
        "--neurons",
        "paper-3",
        "--out",
        "m",
    ];
    run(at, &fit, 0);
    let (said, told, code) = live(at, &["m"], "");
    assert_eq!((said.as_str(), code), ("", 2));
    assert!(
        told.contains("--normalisation causal") || told.contains("--protocol strict"),
        "{told}"
    );
}

/// An answer is there before the next frame comes.
#[test]
fn every_line_is_flushed() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    let table = animals(at);
    run(at, &["fit", "logistic", "--on", "a", "--neurons", "paper-3", "--out", "m"], 0);
    let mut child = Command::new(env!("CARGO_BIN_EXE_nervering"))
        .args(["live", "m"])
        .current_dir(at)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(said.next().unwrap().unwrap().starts_with("frame,time_s,state"));
    let mut lines = table.lines();
    writeln!(stdin, "{}", lines.next().unwrap()).unwrap();
    for (k, line) in lines.take(20).enumerate() {
        writeln!(stdin, "{line}").unwrap();
        stdin.flush().unwrap();
        assert!(said.next().unwrap().unwrap().starts_with(&format!("{k},")));
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}
