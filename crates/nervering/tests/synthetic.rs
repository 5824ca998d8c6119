//! Simulated systems whose graph is known, end to end.

mod common;

use common::{assert_same_files, files, run, text};
use std::path::Path;
use tempfile::tempdir;

fn smoke(folder: &Path, out: &str, more: &[&str]) -> String {
    let arguments = ["reproduce", "synthetic", "--preset", "smoke", "--out", out];
    text(&run(folder, &[&arguments, more].concat(), 0).stdout)
}

#[test]
fn the_study_needs_no_data_and_leaves_the_same_bytes_at_any_number_of_threads() {
    let folder = tempdir().unwrap();
    let [one, two] =
        [("one", "1"), ("two", "2")].map(|(out, n)| smoke(folder.path(), out, &["--threads", n]));
    assert_eq!(one, two);
    let (first, second) = (folder.path().join("one"), folder.path().join("two"));
    assert_same_files(&first, &second);
    smoke(folder.path(), "two", &[]);
    assert_same_files(&first, &second);

    assert!(one.lines().all(|line| line.chars().count() <= 100), "{one}");
    for heading in ["springs, forecasts", "kuramoto, edges", "\nFound\n", "\nDistrust\n"] {
        assert!(one.contains(heading), "{heading:?} in\n{one}");
    }
    let written = files(&first);
    for name in ["report.html", "report.json", "manifest.json"] {
        assert!(written.contains_key(Path::new(name)), "{name} in {:?}", written.keys());
    }
    for system in ["springs", "kuramoto", "linear"] {
        for of in ["", "-gnn", "-gnn-static", "-gnn-free"] {
            for ending in ["svg", "png", "csv"] {
                let figure = format!("figures/synthetic-{system}{of}.{ending}");
                assert!(written.contains_key(Path::new(&figure)), "{figure}");
            }
        }
    }
    let lines = |name: &str| text(&written[Path::new(name)]).lines().count();
    // Three systems, two networks of each; nine models and 16 steps; five graphs of 25 pairs.
    assert_eq!(lines("tables/synthetic-errors-by-instance.csv"), 1 + 6 * 9 * 16);
    assert_eq!(lines("tables/synthetic-edges-by-instance.csv"), 1 + 6 * 5);
    assert_eq!(lines("tables/synthetic-weights.csv"), 1 + 6 * 5 * 25);
    // Of a graph of each simulation: four simulations, two systems, a model and the reference.
    assert_eq!(lines("tables/synthetic-own-graphs-by-simulation.csv"), 1 + 4 * 2 * 2);
    let page = text(&written[Path::new("report.html")]);
    assert!(page.contains("Neural relational inference"), "cited");

    let json: serde_json::Value =
        serde_json::from_str(&smoke(folder.path(), "two", &["--json"])).unwrap();
    assert_eq!(
        (&json["name"], &json["tables"][3]["name"]),
        (&"synthetic".into(), &"synthetic-edges".into())
    );
    assert_ne!(smoke(folder.path(), "other", &["--seed", "4"]), one);
}

#[test]
fn options_that_are_about_recordings_are_refused() {
    let folder = tempdir().unwrap();
    for option in [["--kato", "a"], ["--neurons", "AVAL"], ["--epochs", "3"], ["--states", "4"]] {
        let arguments = [&["reproduce", "synthetic"][..], &option].concat();
        let stderr = text(&run(folder.path(), &arguments, 2).stderr);
        assert!(stderr.contains(option[0]) && stderr.contains("simulates"), "{stderr}");
    }
    std::fs::create_dir(folder.path().join("out")).unwrap();
    std::fs::write(folder.path().join("out/study.toml"), "").unwrap();
    let stderr = text(&run(folder.path(), &["reproduce", "synthetic", "--out", "out"], 2).stderr);
    assert!(stderr.contains("study.toml"), "{stderr}");
}
