//! `nervering compare` on files that stand by themselves, and what it refuses.

mod common;

use common::{run, text};
use std::path::Path;
use tempfile::tempdir;

fn simulate(folder: &Path, n_animals: &str) {
    run(folder, &["simulate", "a", "--animals", n_animals, "--duration-s", "150"], 0);
}

#[test]
fn files_by_themselves_are_compared_by_leaving_each_animal_out_and_a_sentence_answers() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    simulate(at, "3");
    let smoke = ["--preset", "smoke", "--models", "majority,logistic,mlp", "--out", "c"];
    let said = text(&run(at, &[&["compare", "a"], &smoke[..]].concat(), 0).stdout);
    let answer = said.lines().nth(2).unwrap();
    assert!(answer.starts_with("In animals never seen, "), "{said}");
    let whole = said.replace('\n', " ");
    assert!(whole.contains("trained on 2, n = 3"), "{said}");
    assert!(whole.contains("shuffled windows would have claimed"), "{said}");
    let study = std::fs::read_to_string(at.join("c/study.toml")).unwrap();
    assert!(
        study.contains("protocol = \"strict\"") && study.contains("states = \"own\""),
        "{study}"
    );
    let page = std::fs::read_to_string(at.join("c/report.html")).unwrap();
    assert!(page.contains("In animals never seen, "));
}

#[test]
fn forecasts_are_compared_too() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    simulate(at, "3");
    let few = ["--task", "forecast", "--models", "copy,ar,linear", "--preset", "smoke"];
    let said = text(&run(at, &[&["compare", "a"], &few[..]].concat(), 0).stdout);
    assert!(said.contains("linear") && said.contains("strict"), "{said}");
}

#[test]
fn one_animal_and_files_by_role_are_refused() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    simulate(at, "2");
    let one = std::fs::read_dir(at.join("a")).unwrap().map(|entry| entry.unwrap().path());
    let one = one.filter(|path| path.extension().is_some_and(|e| e == "csv")).min().unwrap();
    let one = one.to_str().unwrap();
    let said = text(&run(at, &["compare", one], 2).stderr);
    assert!(said.contains("1 animal") && said.contains("left out in turn"), "{said}");
    let said = text(&run(at, &["compare", "a", "--kato", one], 2).stderr);
    assert!(said.contains("--kato") && said.contains("by themselves"), "{said}");
    let help = text(&run(at, &["compare", "--help"], 0).stdout);
    assert!(!help.contains("--kato") && !help.contains("--nichols"), "{help}");
}
