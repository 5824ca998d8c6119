//! A laboratory's own labels on the command line: decoded as they are, mapped, refused with the map to
//! write, kept by a model file, and taken up again.

mod common;

use common::{assert_same_files, files, run, text};
use std::path::Path;
use tempfile::tempdir;

/// Three animals in the folder `a`, whose states have a laboratory's own names.
fn simulate(folder: &Path) {
    run(folder, &["simulate", "a", "--animals", "3", "--duration-s", "150"], 0);
    for (path, bytes) in files(&folder.join("a")) {
        let table = text(&bytes);
        let renamed = |line: &str| {
            let cells = line.split(',').map(|cell| match cell {
                "FWD" | "SLOW" => "active",
                "REV" | "REV1" | "REV2" | "REVSUS" => "quiet",
                "DT" | "VT" | "TURN" => "pause",
                other => other,
            });
            cells.collect::<Vec<_>>().join(",") + "\n"
        };
        // Not the truth beside them.
        let is_table = path.extension().is_some_and(|extension| extension == "csv");
        if is_table && path.parent() == Some(Path::new("")) {
            let table: String = table.lines().map(renamed).collect();
            assert!(table.contains(",active,") && table.contains(",quiet,"), "{path:?}");
            std::fs::write(folder.join("a").join(path), table).unwrap();
        }
    }
}

fn table1<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let study = ["reproduce", "table1", "--kato", "a", "--preset", "smoke", "--neurons", "shared"];
    [&study, ["--models", "majority,logistic,mlp"].as_slice(), more].concat()
}

#[test]
fn own_states_are_decoded_and_the_title_says_so_everywhere() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    simulate(at);
    let table = text(&run(at, &table1(&["--states", "own", "--out", "own"]), 0).stdout);
    assert!(table.starts_with("Table 1: the states active, pause, quiet\n"), "{table}");
    let written = files(&at.join("own"));
    for name in ["report.html", "report.json", "study.toml", "tables/table1.txt"] {
        let file = text(&written[Path::new(name)]);
        assert!(file.contains("the states active, pause, quiet"), "{name}");
        assert!(!file.contains("forward against reverse"), "{name}");
    }
    let confusion = text(&written[Path::new("tables/confusion.csv")]);
    assert!(confusion.contains("active") && confusion.contains("pause"), "{confusion}");
    // Every own label has a colour of its own in the figures.
    let heat_map = text(&written[Path::new("figures/calcium.svg")]);
    let colours: Vec<&str> = ["active", "pause", "quiet"]
        .iter()
        .map(|name| {
            let key = heat_map.split(&format!(">{name}</text>")).next().unwrap();
            key.rsplit("fill=\"#").find(|part| !part.starts_with("1a1a1a")).unwrap()
        })
        .map(|part| &part[..6])
        .collect();
    assert!(colours[0] != colours[1] && colours[1] != colours[2] && colours[0] != colours[2]);

    // Taken up where it was left, to the same bytes.
    run(at, &table1(&["--states", "own", "--out", "again"]), 0);
    std::fs::remove_file(at.join("again/manifest.json")).unwrap();
    let fits = written.keys().filter(|path| path.starts_with("fits"));
    fits.step_by(2).for_each(|path| std::fs::remove_file(at.join("again").join(path)).unwrap());
    run(at, &table1(&["--states", "own", "--out", "again"]), 0);
    assert_same_files(&at.join("own"), &at.join("again"));
}

#[test]
fn a_fixed_coding_takes_own_labels_with_a_map_and_shows_it_without() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    simulate(at);
    let stderr = text(&run(at, &table1(&["--states", "4", "--out", "four"]), 2).stderr);
    assert!(stderr.contains("--map active=") && stderr.contains("quiet="), "{stderr}");
    assert!(!at.join("four").exists());
    let map = ["--map", "active=FWD,quiet=REV,pause=NOSTATE", "--out", "two"];
    let table = text(&run(at, &table1(&map), 0).stdout);
    assert!(table.starts_with("Table 1: forward against reverse crawling\n"), "{table}");
    let study = std::fs::read_to_string(at.join("two/study.toml")).unwrap();
    assert!(study.contains("active = \"FWD\""), "{study}");
}

/// They were once told on the terminal alone, and forgotten in the study's folder.
#[test]
fn a_report_says_that_its_animals_are_in_different_units() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    simulate(at);
    run(at, &["convert", "a/sim02.csv", "b", "--unit", "ratio"], 0);
    for name in ["sim02.csv", "sim02.json"] {
        std::fs::remove_file(at.join("a").join(name)).unwrap();
    }
    let one = ["--kato", "a", "b", "--preset", "smoke", "--states", "own", "--models", "logistic"];
    let said = "Animals in different units: ΔF/F in sim01, sim03; F/F0 in sim02";
    let study = [&["reproduce", "table1", "--neurons", "shared"], one.as_slice()].concat();
    let table = text(&run(at, &[study.as_slice(), &["--out", "study"]].concat(), 0).stdout);
    let unwrapped = table.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(unwrapped.contains(said), "{table}");
    let page = std::fs::read_to_string(at.join("study/report.html")).unwrap();
    assert!(page.contains(said));
    let pca = ["reproduce", "pca", "--states", "own", "--preset", "smoke", "--out", "pca"];
    run(at, &[pca.as_slice(), &["--kato", "a", "b"]].concat(), 0);
    assert!(std::fs::read_to_string(at.join("pca/report.html")).unwrap().contains(said));
}

#[test]
fn a_model_of_own_states_predicts_in_their_words() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    simulate(at);
    let fit = ["fit", "logistic", "--on", "a", "--animals", "sim01,sim02", "--states", "own"];
    run(at, &fit, 0);
    let predict = ["predict", "model.safetensors", "a", "--animals", "sim03", "--json"];
    let json = run(at, &[predict.as_slice(), &["--out", "said"]].concat(), 0).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["states"], serde_json::json!(["active", "pause", "quiet"]));
    assert!(json["animals"][0]["balanced_accuracy"].as_f64().unwrap() > 0.5, "{json}");
    let said = std::fs::read_to_string(at.join("said/sim03.csv")).unwrap();
    let mut lines = said.lines();
    let header = "frame,time_s,state,p_active,p_pause,p_quiet,labelled";
    assert_eq!(lines.next(), Some(header));
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        assert!(["active", "pause", "quiet"].contains(&cells[2]), "{line}");
        assert!(["active", "pause", "quiet", ""].contains(&cells[6]), "{line}");
    }
}
