//! The analyses that need no training, and the comparison of inferred edges, end to end on simulated
//! animals.

mod common;

use common::{assert_same_files, files, run, text};
use std::path::Path;
use tempfile::tempdir;

const ANALYSES: [&str; 6] = ["pca", "variability", "manifold", "onset", "ahead", "information"];

fn simulate(folder: &Path) {
    run(folder, &["simulate", "a", "--animals", "3", "--duration-s", "180", "--seed", "4"], 0);
    std::fs::remove_dir_all(folder.join("a/truth")).unwrap();
}

/// Runs it in its smallest form and gives what it printed.
fn smoke(folder: &Path, what: &str, out: &str, more: &[&str]) -> String {
    let arguments =
        ["reproduce", what, "--kato", "a", "--preset", "smoke", "--seed", "3", "--out", out];
    text(&run(folder, &[&arguments, more].concat(), 0).stdout)
}

#[test]
fn analyses_leave_the_same_bytes_at_one_and_two_threads_and_when_repeated() {
    let folder = tempdir().unwrap();
    simulate(folder.path());
    for what in ANALYSES {
        let [one, two] = [("one", "1"), ("two", "2")].map(|(out, n)| {
            let out = format!("{what}-{out}");
            let printed = smoke(folder.path(), what, &out, &["--threads", n]);
            (printed, folder.path().join(out))
        });
        assert_eq!(one.0, two.0);
        assert_same_files(&one.1, &two.1);
        smoke(folder.path(), what, two.1.to_str().unwrap(), &[]);
        assert_same_files(&one.1, &two.1);

        assert!(one.0.lines().all(|line| line.chars().count() <= 100), "{}", one.0);
        for heading in ["\nData\n- 3 animals (sim01, ", "\nFound\n", "\nDistrust\n"] {
            assert!(one.0.contains(heading), "{heading:?} in\n{}", one.0);
        }
        let written = files(&one.1);
        let table = format!("tables/{what}.txt");
        assert_eq!(one.0.as_bytes(), written[Path::new(&table)]);
        for name in ["report.html", "report.json", "manifest.json"] {
            assert!(written.contains_key(Path::new(name)), "{name} in {:?}", written.keys());
        }
        let figures = |ending: &str| {
            let has = |path: &&std::path::PathBuf| path.extension().is_some_and(|e| e == ending);
            written.keys().filter(|path| path.starts_with("figures")).filter(has).count()
        };
        assert!(figures("svg") >= 2);
        assert_eq!([figures("png"), figures("csv")], [figures("svg"); 2]);
    }
    // What lies behind the tables, animal by animal.
    for (what, table, header) in [
        (
            "onset",
            "onset-scores",
            "animal,window,template,onsets,others,auroc,auroc_moved,sd_moved,p,shifts",
        ),
        ("ahead", "ahead-animals", "scaled_by,animal,told_by,seconds_ahead,balanced_accuracy,bits"),
        ("ahead", "switches-animals", "scaled_by,animal,told_by,frames,error_s,rank_correlation"),
        (
            "information",
            "information-neurons",
            "neuron,animal,bits_across,accuracy,balanced_accuracy,bits_counted,bits_shifted,sd_shifted,\
             bits_within,p,shifts",
        ),
    ] {
        let written = files(&folder.path().join(format!("{what}-one")));
        let csv = text(&written[Path::new(&format!("tables/{table}.csv"))]);
        assert_eq!(csv.lines().next(), Some(header));
        let n_rows = match table {
            "onset-scores" => 3 * 2 * 3,
            "ahead-animals" => 2 * 3 * 4 * 31,
            "switches-animals" => 2 * 3 * 4,
            _ => 15 * 3,
        };
        assert_eq!(csv.lines().count(), 1 + n_rows, "{table}");
    }
    let manifold = files(&folder.path().join("manifold-one"));
    let places = text(&manifold[Path::new("tables/manifold.csv")]);
    let header = "manifold,animal,frame,time_s,state,x,y,z,theta,alpha,bin";
    assert_eq!(places.lines().next(), Some(header));
    // Every frame with 50 before it and one after, alone and together.
    let n_frames =
        text(&std::fs::read(folder.path().join("a/sim01.csv")).unwrap()).lines().count() - 1;
    let of_first = |which: &str| places.lines().filter(|l| l.starts_with(which)).count();
    assert_eq!(of_first("alone,sim01,"), n_frames - 51);
    assert_eq!(of_first("together,sim01,"), n_frames - 51);
}

#[test]
fn analyses_as_json_hold_the_printed_tables() {
    let folder = tempdir().unwrap();
    simulate(folder.path());
    let json = smoke(folder.path(), "pca", "out", &["--json", "--neurons", "AVAL,RIML,AVBL,RID"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["format"], &json["name"]), (&"nervering-analysis".into(), &"pca".into()));
    let pooling =
        json["tables"].as_array().unwrap().iter().find(|t| t["name"] == "pooling").unwrap();
    let retained = pooling["rows"][0][2]["number"]["value"].as_f64().unwrap();
    assert!((0. ..=1.).contains(&retained), "{pooling}");
    let onset = smoke(folder.path(), "onset", "onset", &["--json"]);
    let onset: serde_json::Value = serde_json::from_str(&onset).unwrap();
    let rows = onset["tables"][0]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2 * 3, "every window, every kind of template");
    let ahead = smoke(folder.path(), "ahead", "ahead", &["--json", "--states", "2"]);
    assert!(ahead.contains("2 states") || ahead.contains("adm, balanced %"), "{ahead}");
    let other = smoke(folder.path(), "pca", "other", &["--states", "4"]);
    assert!(other.contains("4 states"), "{other}");
}

#[test]
fn names_of_animals_cannot_steer_terminal_page_or_spreadsheet() {
    let folder = tempdir().unwrap();
    simulate(folder.path());
    let hostile = "=1+1 <img src=x onerror=window.hit=1>\u{1b}[31m\u{202e}\n";
    let path = folder.path().join("a").join(format!("{hostile}.csv"));
    if std::fs::rename(folder.path().join("a/sim02.csv"), path).is_err() {
        println!("skipped: this file system takes no such name");
        return;
    }
    for what in ANALYSES {
        let printed = smoke(folder.path(), what, what, &[]);
        assert!(!printed.contains(['\u{1b}', '\u{202e}']), "{printed}");
        assert!(printed.lines().all(|line| line.chars().count() <= 100), "{printed}");
        for (path, bytes) in files(&folder.path().join(what)) {
            let Ok(content) = String::from_utf8(bytes) else { continue };
            match path.extension().and_then(|ending| ending.to_str()) {
                Some("html" | "svg") => {
                    assert!(!content.contains("<img src=x"), "{}", path.display());
                }
                Some("csv") => {
                    let formula =
                        |line: &str| line.split(',').any(|f| f.trim_matches('"').starts_with("=1"));
                    assert!(!content.lines().any(formula), "{}", path.display());
                }
                _ => {}
            }
        }
    }
}

#[test]
fn analyses_refuse_what_only_studies_take_and_the_folder_of_a_study() {
    let folder = tempdir().unwrap();
    simulate(folder.path());
    let pca = ["reproduce", "pca", "--kato", "a", "--out", "out"];
    let stderr = text(&run(folder.path(), &[&pca[..], &["--epochs", "3"]].concat(), 2).stderr);
    assert!(stderr.contains("--epochs: pca trains nothing"), "{stderr}");
    let stderr = text(&run(folder.path(), &["reproduce", "manifold"], 2).stderr);
    assert!(stderr.contains("--kato"), "{stderr}");
    let one = ["reproduce", "variability", "--kato", "a/sim01.csv"];
    let stderr = text(&run(folder.path(), &one, 2).stderr);
    assert!(stderr.contains("number of animals: found 1"), "{stderr}");
    let seven = ["reproduce", "onset", "--kato", "a", "--states", "7"];
    let stderr = text(&run(folder.path(), &seven, 2).stderr);
    assert!(stderr.contains("--states: onset has no such option"), "{stderr}");
    for what in ["onset", "ahead", "information"] {
        let one = ["reproduce", what, "--kato", "a/sim01.csv"];
        let stderr = text(&run(folder.path(), &one, 2).stderr);
        assert!(stderr.contains("number of animals: found 1"), "{stderr}");
    }
    std::fs::create_dir(folder.path().join("out")).unwrap();
    std::fs::write(folder.path().join("out/study.toml"), "").unwrap();
    let stderr = text(&run(folder.path(), &pca, 2).stderr);
    assert!(stderr.contains("study.toml") && stderr.contains("--out"), "{stderr}");
    assert_eq!(files(&folder.path().join("out")).len(), 1, "nothing is written");
}

#[test]
fn inferred_edges_stand_beside_connectomes_and_correlations() {
    let folder = tempdir().unwrap();
    simulate(folder.path());
    let [one, two] = [("one", "1"), ("two", "2")]
        .map(|(out, n)| smoke(folder.path(), "edges", out, &["--threads", n]));
    assert_eq!(one, two);
    let (first, second) = (folder.path().join("one"), folder.path().join("two"));
    assert_same_files(&first, &second);
    assert!(one.lines().all(|line| line.chars().count() <= 100), "{one}");
    for words in ["|r| of traces", "white1986", "cook2019", "randi2023", "AUROC", "\nDistrust\n"] {
        assert!(one.contains(words), "{words} in\n{one}");
    }
    let written = files(&first);
    let comparisons = text(&written[Path::new("tables/edge-comparisons.csv")]);
    // Three models and the traces, each against three references of two tables and one of a third.
    assert_eq!(comparisons.lines().count(), 1 + 4 * 7, "{comparisons}");
    // FACTS section 1: 27 synaptic connections and 13 pairs of gap junctions among the 15.
    let joined = |kind: &str| {
        let row = comparisons.lines().find(|l| l.contains(&format!(",white1986,{kind},"))).unwrap();
        row.split(',').nth(9).unwrap().to_owned()
    };
    assert_eq!((joined("chemical"), joined("electrical")), ("27".into(), "26".into()));
    let edges = text(&written[Path::new("graphs/paper-gnn-trained-1.csv")]);
    assert_eq!(edges.lines().count(), 1 + 15 * 15);
    let graph = text(&written[Path::new("graphs/paper-gnn-trained-1.graphml")]);
    assert_eq!(graph.matches("<edge ").count(), 15 * 15);
    let matrix = "figures/graph-paper-gnn-trained-1-matrix.svg";
    assert!(written.contains_key(Path::new(matrix)), "{matrix} in {:?}", written.keys());
    // Out of weights that hardly differ no network is drawn, which is said.
    let weights = edges.lines().skip(1).map(|line| line.rsplit(',').next().unwrap());
    let weights: Vec<f64> = weights.map(|weight| weight.parse().unwrap()).collect();
    let range = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max)
        - weights.iter().copied().fold(f64::INFINITY, f64::min);
    let network = Path::new("figures/graph-paper-gnn-trained-1-network.png");
    assert_eq!(written.contains_key(network), range >= 0.05, "weights differ by {range}");
    let whole = one.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(range >= 0.05 || whole.contains("no network is drawn of them"), "{one}");
    let json = smoke(folder.path(), "edges", "one", &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["edges"][0]["name"], "edge-agreement");
}
