//! What commands look like on a terminal of 80 columns: nothing is wider, nothing that stands in the layout of
//! files is lost, the best model is marked, and colour is there where it is wanted. The terminal is that of
//! `script` (util-linux); elsewhere these tests print that they skip.
#![cfg(target_os = "linux")]

mod common;

use common::{run, text};
use std::path::Path;
use std::process::Command;
use tempfile::tempdir;

/// What a command prints on a terminal of so many columns, standard error left out; `None` without `script`.
fn on_terminal(at: &Path, columns: usize, variables: &str, arguments: &str) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_nervering");
    let line =
        format!("stty rows 50 cols {columns}; {variables} '{program}' {arguments} 2> /dev/null");
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).current_dir(at).env("TERM", "xterm");
    // What else decides on colour: continuous integration shows it, whatever the terminal can.
    for of_surroundings in ["CI", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(of_surroundings);
    }
    let Ok(output) = command.output() else {
        println!("skipped: no script(1)");
        return None;
    };
    assert!(output.status.success(), "{arguments}: {}", text(&output.stdout));
    Some(text(&output.stdout).replace("\r\n", "\n"))
}

/// Without the sequences that colour.
fn bare(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |bare, part| bare + part.split_once('m').map_or("", |(_, rest)| rest))
}

/// Words and numbers, each once.
fn words(text: &str) -> Vec<String> {
    let ends = |c: char| "▸·".contains(c);
    let words = text.split_whitespace().map(|word| word.trim_matches(ends).to_owned());
    let mut words: Vec<String> =
        words.filter(|word| !word.is_empty() && !word.contains(['─', '━'])).collect();
    words.sort();
    words.dedup();
    words
}

#[test]
fn no_line_is_wider_than_the_terminal_and_no_number_is_lost() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    run(at, &["simulate", "a", "--animals", "3", "--duration-s", "150"], 0);
    run(at, &["fit", "logistic", "--on", "a", "--neurons", "shared", "--out", "m"], 0);
    let compare = "compare a --preset smoke --models majority,logistic,mlp --out c";
    let forecast = "compare a --task forecast --preset smoke --models copy,ar,linear --out f";
    for arguments in [
        compare,
        forecast,
        "inspect a",
        "predict m a --out p --overwrite",
        "fit logistic --on a --neurons shared --out m --overwrite",
        "reproduce pca --kato a --neurons shared --preset smoke --out pca",
        "reproduce variability --kato a --neurons shared --preset smoke --out v",
        "study status c",
        "data list",
        "cite",
        "--help",
        "fit --help",
        "compare --help",
    ] {
        let Some(said) = on_terminal(at, 80, "", arguments) else { return };
        let said = bare(&said);
        // An address is never broken.
        for line in said.lines().filter(|line| !line.contains("://")) {
            assert!(line.chars().count() <= 80, "{arguments}: {line}");
        }
        assert!(said.lines().count() > 1, "{arguments}: {said}");
    }
    // Off a terminal the same words stand in the layout of files.
    let (narrow, wide) = (
        on_terminal(at, 80, "", compare).unwrap(),
        run(at, &compare.split(' ').collect::<Vec<_>>(), 0),
    );
    let wide = text(&wide.stdout);
    let of_file = std::fs::read_to_string(at.join("c/tables/compare.txt")).unwrap();
    assert_eq!(wide, of_file, "what is piped is the file");
    let narrow = words(&bare(&narrow));
    let lost: Vec<String> =
        words(&wide).into_iter().filter(|word| !narrow.contains(word)).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn the_best_model_is_marked_and_colour_is_there_where_it_is_wanted() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    run(at, &["simulate", "a", "--animals", "3", "--duration-s", "150"], 0);
    let compare = "compare a --preset smoke --models majority,logistic --out c";
    let Some(said) = on_terminal(at, 100, "", compare) else { return };
    assert!(said.contains("\u{1b}[") && bare(&said).contains("▸ logistic"), "{said}");
    assert!(bare(&said).contains("▸: highest balanced accuracy"), "{said}");
    for variables in ["NO_COLOR=1", "TERM=dumb", "CLICOLOR=0"] {
        let said = on_terminal(at, 100, variables, compare).unwrap();
        assert!(!said.contains('\u{1b}') && said.contains("▸ logistic"), "{variables}: {said}");
    }
    let piped = text(&run(at, &compare.split(' ').collect::<Vec<_>>(), 0).stdout);
    assert!(!piped.contains('\u{1b}') && !piped.contains('▸'), "{piped}");
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = text(&run(at, &["completions", shell], 0).stdout);
        for word in ["compare", "live", "view", "threads"] {
            assert!(script.contains(word), "{shell} lacks {word}");
        }
    }
    run(at, &["man", "man1"], 0);
    let page = std::fs::read_to_string(at.join("man1/nervering-view.1")).unwrap();
    assert!(page.contains(".TH") && page.contains("model"), "{page}");
}

/// A view of recordings, and what it refuses.
#[test]
fn a_view_is_one_file_with_what_a_model_says() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    run(at, &["simulate", "a", "--animals", "2", "--duration-s", "60"], 0);
    run(at, &["fit", "logistic", "--on", "a", "--neurons", "shared", "--out", "m"], 0);
    let said = text(&run(at, &["view", "a", "--model", "m", "--out", "v/view.html"], 0).stderr);
    assert!(said.contains("v/view.html: 2 animals"), "{said}");
    let page = std::fs::read_to_string(at.join("v/view.html")).unwrap();
    for part in ["sim01", "sim02", "few-transitions", "It has been trained on", "65,535 steps"] {
        assert!(page.contains(part), "{part}");
    }
    let foreign = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!foreign.contains("http://") && !foreign.contains("https://"), "it asks for nothing");
    let said = text(&run(at, &["view", "a", "--out", "v/view.html"], 2).stderr);
    assert!(said.contains("already there") && said.contains("--overwrite"), "{said}");
    run(at, &["view", "a", "--animals", "sim01", "--out", "v/view.html", "--overwrite"], 0);
}

#[test]
fn predictions_are_the_same_on_any_number_of_threads() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    run(at, &["simulate", "a", "--animals", "3", "--duration-s", "60"], 0);
    let fit = ["fit", "gnn", "--on", "a", "--neurons", "shared", "--epochs", "3", "--out", "m"];
    run(at, &fit, 0);
    let predict = |threads: &str, out: &str| {
        text(&run(at, &["predict", "m", "a", "--threads", threads, "--out", out], 0).stdout)
    };
    assert_eq!(predict("1", "one"), predict("3", "three"));
    common::assert_same_files(&at.join("one"), &at.join("three"));
}
