//! Studies end to end: the demo in its smallest form leaves the same bytes at one and two threads,
//! is taken up where it was left, and loses nothing when interrupted.

mod common;

use common::{assert_same_files, files, real_data, run, text};
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::tempdir;

fn smoke(folder: &Path, out: &str, threads: &str) -> String {
    let arguments = ["demo", "--preset", "smoke", "--seed", "3", "--threads", threads];
    text(&run(folder, &[&arguments, ["--out", out].as_slice()].concat(), 0).stdout)
}

#[test]
fn the_demo_leaves_the_same_bytes_at_one_and_two_threads_and_when_taken_up_again() {
    let folder = tempdir().unwrap();
    let [one, two] = [("one", "1"), ("two", "2")].map(|(out, n)| smoke(folder.path(), out, n));
    assert_eq!(one, two);
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    assert_same_files(&one, &two);

    let written = files(&one);
    for name in ["study.toml", "manifest.json", "tables/demo.csv", "tables/demo.txt"] {
        assert!(written.contains_key(Path::new(name)), "{name} in {:?}", written.keys());
    }
    for name in ["tables/fits.csv", "tables/folds.csv", "figures/accuracy.svg"] {
        assert!(written.contains_key(Path::new(name)), "{name} in {:?}", written.keys());
    }

    let report: serde_json::Value =
        serde_json::from_slice(&written[Path::new("report.json")]).unwrap();
    let kinds: Vec<&str> =
        report["figures"].as_array().unwrap().iter().map(|f| f["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["strip", "confusion", "training", "heat-map", "trace"]);
    let curves = report["figures"][2]["panels"].as_array().unwrap();
    assert!(curves.iter().all(|panel| !panel["kept"].as_array().unwrap().is_empty()), "{curves:?}");
    for recording in report["recordings"].as_array().unwrap() {
        let animal = recording["animal"].as_str().unwrap();
        let predictions = recording["predictions"].as_array().unwrap();
        assert!(!predictions.is_empty(), "what models say of {animal}");
        for prediction in predictions {
            let trained = prediction["trained_on"].as_str().unwrap();
            assert!(!trained.contains(animal), "{trained} of {animal}");
        }
    }

    std::fs::remove_file(two.join("manifest.json")).unwrap();
    let fits: Vec<_> = written.keys().filter(|path| path.starts_with("fits")).collect();
    assert!(fits.len() > 3);
    for path in fits.iter().step_by(3) {
        std::fs::remove_file(two.join(path)).unwrap();
    }
    smoke(folder.path(), "two", "2");
    assert_same_files(&one, &two);
}

/// The rows of a table of a folder, by the names of its columns.
fn rows(folder: &Path, table: &str) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(folder.join("tables").join(table)).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned));
    let header: Vec<String> = lines.next().unwrap().collect();
    lines.map(|fields| header.iter().cloned().zip(fields).collect()).collect()
}

#[test]
fn the_frames_that_a_fold_says_to_test_are_those_that_were_measured() {
    let folder = tempdir().unwrap();
    smoke(folder.path(), "out", "2");
    let out = folder.path().join("out");
    let key = |row: &BTreeMap<String, String>| {
        ["variant", "animal", "fold"].map(|column| row[column].clone())
    };
    let mut tested = BTreeMap::new();
    let mut used: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for row in rows(&out, "folds.csv") {
        let frames = row["frames"].split(' ').flat_map(|stretch| {
            let (first, last) = stretch.split_once('-').unwrap();
            first.parse::<usize>().unwrap()..=last.parse().unwrap()
        });
        let frames: Vec<usize> = frames.collect();
        assert_eq!(row["n_frames"], frames.len().to_string());
        if row["part"] == "test" {
            tested.insert(key(&row), row["n_frames"].clone());
        }
        used.entry(key(&row)).or_default().extend(frames);
    }
    for (key, mut frames) in used {
        let n = frames.len();
        frames.sort_unstable();
        frames.dedup();
        assert_eq!(frames.len(), n, "a frame of {key:?} has two uses");
    }
    let fits = rows(&out, "fits.csv");
    let mut same_animal = fits.iter().filter(|row| row["role"] == "same-animal").peekable();
    assert!(same_animal.peek().is_some());
    for row in same_animal {
        assert_eq!(tested[&key(row)], row["n_frames"], "{row:?}");
    }
}

#[test]
fn the_table_of_the_demo_is_readable_and_as_json() {
    let folder = tempdir().unwrap();
    let table = smoke(folder.path(), "out", "2");
    assert_eq!(table, std::fs::read_to_string(folder.path().join("out/tables/demo.txt")).unwrap());
    for line in table.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    for model in ["majority", "svm", "mlp", "gnn"] {
        assert!(table.lines().any(|line| line.starts_with(&format!("{model} "))), "{table}");
    }
    // Finished already: the same table, from the results that are there.
    let arguments = ["demo", "--preset", "smoke", "--seed", "3", "--out", "out", "--json"];
    let json = run(folder.path(), &arguments, 0).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["format"], "nervering-study-table");
    assert_eq!(json["animals"].as_array().unwrap().len(), 3);
    for row in json["sections"][0]["rows"].as_array().unwrap() {
        let accuracy = row["unseen"]["accuracy"]["mean"].as_f64().unwrap();
        assert!((0. ..=1.).contains(&accuracy), "{row}");
    }
}

#[test]
fn a_plan_counts_what_the_study_then_runs_and_what_is_done_already() {
    let folder = tempdir().unwrap();
    let plan = |more: &[&str]| {
        let arguments =
            ["study", "plan", "demo", "--preset", "smoke", "--seed", "3", "--out", "out"];
        run(folder.path(), &[&arguments, more].concat(), 0).stdout
    };
    let json = || -> serde_json::Value { serde_json::from_slice(&plan(&["--json"])).unwrap() };
    let before = json();
    assert!(!folder.path().join("out").exists(), "a plan leaves no folder");
    assert_eq!(before["format"], "nervering-study-plan");
    assert_eq!(before["n_fits_done"], 0);
    assert!(before["wall_s"].as_f64().unwrap() > 0.);
    smoke(folder.path(), "out", "2");
    let n_fits = folder.path().join("out/fits").read_dir().unwrap().count();
    let in_groups = before["n_fits"].as_u64().unwrap() as usize;
    let after = json();
    assert_eq!(after["n_fits_done"].as_u64().unwrap() as usize, in_groups);
    assert_eq!((&after["n_fits"], &after["n_steps"]), (&0.into(), &0.into()));
    assert!(n_fits > 0 && in_groups >= n_fits, "{in_groups} fits planned, {n_fits} entries");
    for line in String::from_utf8(plan(&[])).unwrap().lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_demo_says_how_to_go_on_and_keeps_its_fits() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};
    let folder = tempdir().unwrap();
    let mut demo = common::hearing()
        .args(["demo", "--preset", "full", "--threads", "1", "--out", "out"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let fits = || folder.path().join("out/fits").read_dir().map_or(0, Iterator::count);
    let begin = Instant::now();
    while fits() == 0 {
        assert!(begin.elapsed() < Duration::from_secs(120), "no fit in two minutes");
        assert_eq!(demo.try_wait().unwrap(), None, "ended before its first fit");
        std::thread::sleep(Duration::from_millis(20));
    }
    let killed = Command::new("kill").args(["-INT", &demo.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = demo.wait_with_output().unwrap();
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("run the same command again"), "{stderr}");
    assert!(output.stdout.is_empty(), "no table of half a study");
    assert!(fits() > 0);
    assert!(!folder.path().join("out/manifest.json").exists());
}

#[test]
fn a_study_that_the_animals_do_not_allow_is_wrong_input() {
    let folder = tempdir().unwrap();
    run(folder.path(), &["simulate", "a", "--animals", "2", "--duration-s", "60"], 0);
    let study = ["reproduce", "table1", "--kato", "a", "--preset", "smoke"];
    let missing = [&study, ["--neurons", "AVAL,URXL"].as_slice()].concat();
    let stderr = text(&run(folder.path(), &missing, 2).stderr);
    assert!(stderr.contains("URXL") && stderr.contains("sim01"), "{stderr}");
    let too_many = [&study, ["--training-sizes", "3"].as_slice()].concat();
    run(folder.path(), &too_many, 2);
}

#[test]
fn table_1_runs_on_the_real_worms() {
    let Some(file) = real_data() else { return };
    let folder = tempdir().unwrap();
    let arguments = ["--preset", "smoke", "--models", "majority,gnn", "--training-sizes", "1"];
    let study = ["reproduce", "table1", "--kato", file.to_str().unwrap(), "--out", "out"];
    let cut = ["--epochs", "2", "--folds", "1"];
    let output = run(folder.path(), &[&study, &arguments, cut.as_slice()].concat(), 0);
    let table = text(&output.stdout);
    assert!(table.contains("gnn  ") && table.contains("majority  "), "{table}");
    assert!(!table.contains("svm"), "{table}");
}

#[test]
fn the_statistics_move_the_networks_and_no_baseline() {
    let folder = tempdir().unwrap();
    run(folder.path(), &["simulate", "a", "--animals", "2", "--duration-s", "120"], 0);
    let study = ["reproduce", "table1", "--kato", "a", "--preset", "smoke", "--json"];
    let from = ["--batch-norm", "evaluated,training,running"];
    let models = [&["--models", "logistic,mlp"], &from[..]].concat();
    let json = run(folder.path(), &[&study[..], &models].concat(), 0).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let sections = json["sections"].as_array().unwrap();
    let models = |k: usize| -> Vec<&str> {
        let rows = sections[k]["rows"].as_array().unwrap().iter();
        rows.map(|row| row["model"].as_str().unwrap()).collect()
    };
    assert_eq!((models(0), models(1)), (vec!["logistic", "mlp"], vec!["mlp"]));
    let nll = |section: usize, row: usize| {
        sections[section]["rows"][row]["unseen"]["nll"]["mean"].as_f64().unwrap()
    };
    assert_ne!(nll(0, 1), nll(1, 0));
    assert_ne!(nll(1, 0), nll(2, 0));
    run(folder.path(), &["reproduce", "table1", "--kato", "a", "--edges", "mine"], 2);
    let uneven = ["--edges", "evaluated,training", "--batch-norm", "evaluated,training,running"];
    let stderr = text(&run(folder.path(), &[&study[..], &uneven].concat(), 2).stderr);
    assert!(stderr.contains("2 of edges and 3 of batch_norm"), "{stderr}");
}

#[test]
fn one_animal_leaves_none_unseen_and_has_no_deviation() {
    let folder = tempdir().unwrap();
    run(folder.path(), &["simulate", "a", "--animals", "1", "--duration-s", "120"], 0);
    let study = ["reproduce", "table1", "--kato", "a", "--preset", "smoke"];
    let output = run(folder.path(), &[&study[..], &["--models", "logistic,mlp"]].concat(), 0);
    let (said, table) = (text(&output.stderr), text(&output.stdout));
    assert!(said.contains("no fit leaves an animal unseen"), "{said}");
    let note = "There is one animal: none is unseen";
    // Notes are wrapped at the width of the table.
    let flat = table.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(note) && flat.contains("no spread over animals"), "{table}");
    let rows =
        || table.lines().filter(|line| line.starts_with("mlp") || line.starts_with("logistic"));
    assert!(rows().count() == 2 && rows().all(|row| !row.contains('±')), "{table}");
    let out = folder.path().join("nervering-out/table1");
    let json = std::fs::read_to_string(out.join("report.json")).unwrap();
    assert!(json.contains("No animal was unseen"));
    let csv = std::fs::read_to_string(out.join("tables/table1.csv")).unwrap();
    let mut lines = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let at = |name: &str| header.iter().position(|column| *column == name).unwrap();
    for row in lines {
        assert_eq!([row[at("same_accuracy_sd")], row[at("same_accuracy_n")]], ["", "1"]);
    }
}

#[test]
fn settings_of_networks_are_swept_beside_their_initial_weights() {
    let folder = tempdir().unwrap();
    run(folder.path(), &["simulate", "a", "--animals", "2", "--duration-s", "120"], 0);
    let study = ["reproduce", "hyperparameters", "--kato", "a", "--preset", "smoke"];
    let cut = ["--models", "mlp", "--epochs", "2"];
    let table = text(&run(folder.path(), &[&study[..], &cut].concat(), 0).stdout);
    let heading =
        "━ hyper-parameters of mlp, trained on 1 animal: balanced accuracy in unseen animals";
    assert!(table.contains(heading), "{table}");
    for setting in ["base", "width-8", "rate-3e-3", "relu", "epochs-double"] {
        assert!(table.lines().any(|line| line.starts_with(&format!("{setting} "))), "{setting}");
    }
    assert!(!table.contains("edge-scale"), "{table}");
    let csv = folder.path().join("nervering-out/hyperparameters/tables/sweep.csv");
    assert_eq!(std::fs::read_to_string(csv).unwrap().lines().count(), 1 + 10 * 3);
    let toml = folder.path().join("nervering-out/hyperparameters/study.toml");
    let toml = std::fs::read_to_string(toml).unwrap();
    assert!(toml.contains("learning_rate = 0.003") && toml.contains("width = 64"), "{toml}");
}

const STUDY: &str = r#"
name = "turns"
training_sizes = [1]
epochs = 3
seed = 5

[recordings]
train = ["a"]

[[variant]]
protocol = "strict"
models = ["majority", "logistic", "mlp"]
states = 4
folds_run = 2

[[variant]]
name = "shuffled"
protocol = "paper"
models = ["majority", "logistic", "mlp"]
states = 4
folds_run = 1
claim_of = "strict"
"#;

#[test]
fn a_study_file_runs_and_what_it_wrote_runs_again() {
    let folder = tempdir().unwrap();
    run(folder.path(), &["simulate", "a", "--animals", "3", "--duration-s", "300"], 0);
    std::fs::write(folder.path().join("turns.toml"), STUDY).unwrap();
    let table =
        text(&run(folder.path(), &["study", "run", "turns.toml", "--out", "one"], 0).stdout);
    assert!(table.contains("what shuffled windows would have claimed"), "{table}");
    assert!(table.contains("against logistic"), "{table}");
    for line in table.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    let again = ["study", "run", "one/study.toml", "--kato", "a", "--out", "two"];
    run(folder.path(), &again, 0);
    assert_same_files(&folder.path().join("one"), &folder.path().join("two"));
    let status = text(&run(folder.path(), &["study", "status", "one"], 0).stdout);
    // Three models on three subsets, two folds and one.
    assert!(status.contains("27 of 27 fits done: finished"), "{status}");
    let seed = ["study", "run", "turns.toml", "--seed", "3"];
    let stderr = text(&run(folder.path(), &seed, 2).stderr);
    assert!(stderr.contains("--seed") && stderr.contains("turns.toml"), "{stderr}");
}

#[test]
fn a_data_set_that_was_not_fetched_is_told_how_to() {
    let folder = tempdir().unwrap();
    let mut command = common::nervering(folder.path());
    let command = command.env("XDG_CACHE_HOME", folder.path()).env("HOME", folder.path());
    let output = command.args(["reproduce", "table1", "--kato", "kato2015"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("nervering data fetch kato2015"));
}

#[test]
fn a_study_file_that_is_wrong_is_told_where() {
    let folder = tempdir().unwrap();
    run(folder.path(), &["simulate", "a", "--animals", "2", "--duration-s", "60"], 0);
    let said = |text_of_file: &str| {
        std::fs::write(folder.path().join("s.toml"), text_of_file).unwrap();
        text(&run(folder.path(), &["study", "plan", "s.toml"], 2).stderr)
    };
    let stderr = said(&STUDY.replace("folds_run", "fold_run"));
    assert!(stderr.contains("s.toml, line 14") && stderr.contains("\"folds_run\""), "{stderr}");
    let stderr = said(&STUDY.replace("\"logistic\"", "\"logistics\""));
    assert!(stderr.contains("logistics"), "{stderr}");
    let stderr = text(&run(folder.path(), &["study", "run", "tabel1"], 2).stderr);
    assert!(stderr.contains("tabel1") && stderr.contains("table1"), "{stderr}");
}

#[test]
fn an_animal_given_under_two_names_is_refused() {
    let folder = tempdir().unwrap();
    run(folder.path(), &["simulate", "a", "--animals", "2", "--duration-s", "60"], 0);
    std::fs::copy(folder.path().join("a/sim01.csv"), folder.path().join("a/other.csv")).unwrap();
    let study = ["reproduce", "table1", "--kato", "a", "--preset", "smoke", "--out", "out"];
    let stderr = text(&run(folder.path(), &study, 2).stderr);
    assert!(stderr.contains("other") && stderr.contains("sim01"), "{stderr}");
    assert!(!folder.path().join("out").exists());
}

#[test]
fn a_result_that_was_swapped_or_edited_is_told_and_made_anew() {
    let folder = tempdir().unwrap();
    let first = smoke(folder.path(), "one", "1");
    let fits = folder.path().join("one/fits");
    let mut names: Vec<_> = std::fs::read_dir(&fits).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    let whole: Vec<_> = names.iter().map(|name| std::fs::read(name).unwrap()).collect();
    std::fs::write(&names[0], &whole[1]).unwrap();
    let edited =
        String::from_utf8(whole[2].clone()).unwrap().replacen("accuracy\":0", "accuracy\":9", 1);
    std::fs::write(&names[2], edited).unwrap();
    std::fs::write(&names[3], &whole[3][..40]).unwrap();
    let arguments = ["demo", "--preset", "smoke", "--seed", "3", "--threads", "1", "--out", "one"];
    let again = run(folder.path(), &arguments, 0);
    assert_eq!(text(&again.stdout), first);
    let said = text(&again.stderr);
    for k in [0, 2, 3] {
        let name = names[k].file_name().unwrap().to_str().unwrap();
        assert!(said.contains(name), "{name} in {said}");
        assert_eq!(std::fs::read(&names[k]).unwrap(), whole[k]);
    }
}

#[test]
fn finished_means_that_all_files_are_there_as_written() {
    let folder = tempdir().unwrap();
    smoke(folder.path(), "one", "1");
    let out = folder.path().join("one");
    std::fs::write(out.join("movie.bin"), "a stranger's").unwrap();
    let said = text(&run(folder.path(), &["study", "verify", "one"], 0).stdout);
    assert!(said.contains("additional: movie.bin"), "{said}");
    std::fs::write(out.join("tables/demo.csv"), "x").unwrap();
    let said = text(&run(folder.path(), &["study", "verify", "one"], 1).stdout);
    assert!(said.contains("altered: tables/demo.csv"), "{said}");
    smoke(folder.path(), "one", "1");
    run(folder.path(), &["study", "verify", "one"], 0);
    let manifest = std::fs::read_to_string(out.join("manifest.json")).unwrap();
    assert!(!manifest.contains("movie"), "{manifest}");
    let fit = std::fs::read_dir(out.join("fits")).unwrap().next().unwrap().unwrap().path();
    std::fs::remove_file(fit).unwrap();
    let said = text(&run(folder.path(), &["study", "status", "one"], 0).stdout);
    assert!(said.contains("unfinished"), "{said}");
    std::fs::remove_file(out.join("manifest.json")).unwrap();
    run(folder.path(), &["report", "one"], 0);
    assert!(!out.join("manifest.json").exists());
}

#[test]
fn a_second_run_in_a_folder_is_told_who_has_it() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("one");
    let lock = nervering::grid::Lock::take(&out, "process 7 on worm").unwrap();
    let arguments = ["demo", "--preset", "smoke", "--out", "one"];
    let said = text(&run(folder.path(), &arguments, 2).stderr);
    assert!(said.contains("process 7 on worm"), "{said}");
    drop(lock);
    smoke(folder.path(), "one", "1");
    assert!(!out.join("study.lock").exists());
}

#[test]
fn names_that_lead_out_and_too_many_subsets_are_refused() {
    let folder = tempdir().unwrap();
    run(folder.path(), &["simulate", "many", "--animals", "2"], 0);
    let study = |name: &str| {
        format!(
            "name = \"{name}\"\ntraining_sizes = [1]\nepochs = 1\n[recordings]\ntrain = [\"many\"]\n\
             [[variant]]\nprotocol = \"paper\"\nmodels = [\"majority\"]\nneurons = \"shared\"\n"
        )
    };
    for name in ["../../worm", ""] {
        std::fs::write(folder.path().join("s.toml"), study(name)).unwrap();
        let said = text(&run(folder.path(), &["study", "run", "s.toml", "--out", "out"], 2).stderr);
        assert!(said.contains("name of the study"), "{said}");
        assert!(!folder.path().join("out").exists());
    }
}
