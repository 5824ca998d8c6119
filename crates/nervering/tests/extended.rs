//! What studies answer besides, end to end on simulated animals: strains of an extended set that differ
//! and that do not, validation on animals of the extended set, and what neurons know in bits.

mod common;

use common::{files, run, text};
use nervering::io::write_csv;
use nervering::recording::Recording;
use nervering::simulate::{SimulationConfig, simulate};
use std::path::Path;
use tempfile::tempdir;

/// Writes simulated animals into a folder, under names that begin with one of their own.
fn animals(folder: &Path, name: &str, n_animals: usize, variability: f64, seed: u64) {
    std::fs::create_dir_all(folder).unwrap();
    let config = SimulationConfig {
        n_animals,
        duration_s: 180.,
        n_other_neurons: 0,
        variability,
        ..SimulationConfig::default()
    };
    for (k, animal) in simulate(&config, seed).unwrap().into_iter().enumerate() {
        let mut parts = animal.recording.into_parts();
        parts.animal = format!("{name}_worm{}", k + 1);
        let recording = Recording::new(parts).unwrap();
        write_csv(&recording, &folder.join(format!("{name}_worm{}.csv", k + 1))).unwrap();
    }
}

/// Runs a study in its smallest form and gives its JSON.
fn smoke(folder: &Path, study: &str, out: &str, more: &[&str]) -> serde_json::Value {
    let arguments =
        ["reproduce", study, "--kato", "adults", "--preset", "smoke", "--json", "--out", out];
    let output = run(folder, &[&arguments, more].concat(), 0);
    serde_json::from_str(&text(&output.stdout)).unwrap()
}

/// The cell of a table that the study adds, in the row that begins with these words.
fn cell(json: &serde_json::Value, table: &str, row: &[&str], column: &str) -> f64 {
    let tables = json["added"].as_array().unwrap();
    let table = tables.iter().find(|of| of["name"] == table).unwrap();
    let columns = table["columns"].as_array().unwrap();
    let at = columns.iter().position(|name| name == column).unwrap();
    let is =
        |cells: &&serde_json::Value| row.iter().enumerate().all(|(k, w)| cells[k]["text"] == *w);
    let cell = &table["rows"].as_array().unwrap().iter().find(is).unwrap()[at];
    cell["p"].as_f64().or(cell["number"]["value"].as_f64()).unwrap()
}

#[test]
fn strains_that_differ_are_found_and_strains_that_do_not_are_not() {
    let folder = tempdir().unwrap();
    animals(&folder.path().join("adults"), "adult", 3, 0.5, 1);
    // Eight N2 like the adults; eight npr-1 that are as well, and eight whose neurons do otherwise.
    animals(&folder.path().join("n2"), "n2_prelet", 8, 0.5, 2);
    animals(&folder.path().join("same"), "npr1_prelet", 8, 0.5, 3);
    animals(&folder.path().join("other"), "npr1_prelet", 8, 5., 4);
    let logistic = ["logistic", "balanced, %"];
    let same = smoke(folder.path(), "strains", "alike", &["--nichols", "n2", "same"]);
    assert!(cell(&same, "strain-differences", &logistic, "p (Holm)") > 0.05, "{same:#}");
    let other = smoke(folder.path(), "strains", "unlike", &["--nichols", "n2", "other"]);
    assert!(cell(&other, "strain-differences", &logistic, "p (Holm)") < 0.05, "{other:#}");
    assert!(cell(&other, "strain-differences", &logistic, "difference") > 5., "{other:#}");
    // What both do comes from one simulation.
    assert!(
        cell(&other, "strain-differences", &["reverse", "frames, %"], "p (Holm)") > 0.05,
        "{other:#}"
    );

    let written = files(&folder.path().join("unlike"));
    let by_animal = text(&written[Path::new("tables/strains-animals.csv")]);
    assert_eq!(by_animal.lines().next(), Some("variant,of,quantity,strain,animal,value"));
    assert!(by_animal.contains("paper,logistic,balanced accuracy,npr-1,npr1_prelet_worm8,"));
    assert!(written.contains_key(Path::new("figures/strains.svg")), "{:?}", written.keys());
    let printed = text(&written[Path::new("tables/strains.txt")]);
    assert!(printed.contains("\nN2 against npr-1\n"), "{printed}");
    assert!(printed.lines().all(|line| line.chars().count() <= 100), "{printed}");

    for nichols in [&["--nichols", "n2"][..], &[]] {
        let strains = ["reproduce", "strains", "--kato", "adults"];
        let stderr = text(&run(folder.path(), &[&strains, nichols].concat(), 2).stderr);
        assert!(stderr.contains("of npr-1") && stderr.contains("--nichols"), "{stderr}");
    }
}

#[test]
fn the_extended_set_validates_by_halves_of_which_one_is_never_seen() {
    let folder = tempdir().unwrap();
    animals(&folder.path().join("adults"), "adult", 2, 1., 1);
    animals(&folder.path().join("larvae"), "larva", 4, 3., 2);
    let nichols = ["--nichols", "larvae", "--models", "logistic,mlp"];
    let json = smoke(folder.path(), "extended", "out", &nichols);
    for half in ["validate", "are never seen"] {
        assert_eq!(cell(&json, "validation", &["mlp", half], "animals"), 2.);
        // What has no epochs is the same whatever validates.
        assert_eq!(cell(&json, "validation", &["logistic", half], "gain"), 0.);
    }
    let written = files(&folder.path().join("out"));
    let by_animal = text(&written[Path::new("tables/validation-animals.csv")]);
    let of =
        |half: &str| by_animal.lines().filter(|l| l.starts_with(&format!("mlp,{half},"))).count();
    assert_eq!([of("validate"), of("never seen")], [2, 2], "{by_animal}");
    let printed = text(&written[Path::new("tables/extended.txt")]);
    assert!(printed.contains("chooses the epoch of networks by its"), "{printed}");
    assert!(text(&written[Path::new("study.toml")]).contains("validation = \"extended\""));

    let extended = ["reproduce", "extended", "--kato", "adults"];
    let stderr = text(&run(folder.path(), &extended, 2).stderr);
    assert!(stderr.contains("--nichols"), "{stderr}");
    let one = [&extended[..], &["--nichols", "larvae/larva_worm1.csv"]].concat();
    let stderr = text(&run(folder.path(), &one, 2).stderr);
    assert!(stderr.contains("found 1 of them, expected at least 2"), "{stderr}");
}

#[test]
fn a_study_of_neurons_ranks_them_by_bits_too() {
    let folder = tempdir().unwrap();
    animals(&folder.path().join("adults"), "adult", 3, 0.5, 1);
    let json = smoke(folder.path(), "neurons", "out", &["--neurons", "AVAL,RIML,AVBL,RID"]);
    let names: Vec<_> = json["added"].as_array().unwrap().iter().map(|t| &t["name"]).collect();
    assert_eq!(names, ["information", "information-sets"]);
    assert_eq!(json["added"][0]["rows"].as_array().unwrap().len(), 4);
    let written = files(&folder.path().join("out"));
    assert!(written.contains_key(Path::new("tables/information-neurons.csv")));
    let printed = text(&written[Path::new("tables/neurons.txt")]);
    assert!(printed.contains("\nWhat neurons know of the state\n"), "{printed}");
    assert!(text(&written[Path::new("study.toml")]).contains("added = [\"information\"]"));
}
