//! Forecasting studies end to end: the built-in ones, those of a file, plans, and what is refused.

mod common;

use common::{assert_same_files, real_data, run, text};
use std::path::Path;
use tempfile::tempdir;

fn simulate(folder: &Path) {
    run(folder, &["simulate", "a", "--animals", "3", "--duration-s", "150"], 0);
}

/// Figure 4D of simulated animals in its smallest form, with a few models.
fn fig4d(folder: &Path, more: &[&str]) -> String {
    let study = ["reproduce", "fig4d", "--kato", "a", "--preset", "smoke"];
    let models = ["--models", "copy,var,mlp,gnn-static,lstm-mlp"];
    text(&run(folder, &[&study[..], &models, more].concat(), 0).stdout)
}

#[test]
fn figure_4d_is_a_table_of_every_model_and_says_who_beats_the_linear_ones() {
    let folder = tempdir().unwrap();
    simulate(folder.path());
    let table = fig4d(folder.path(), &["--out", "one", "--threads", "1"]);
    for line in table.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    for model in ["copy", "var", "mlp", "gnn-static", "lstm-mlp"] {
        let of_model = table.lines().filter(|line| line.starts_with(&format!("{model} ")));
        // Errors and skill, then skill from every frame on over copy and over the best linear, and by
        // animal, of three neurons and of fifteen; of the best linear by thirds as well.
        let expected = if model == "var" { 12 } else { 10 };
        assert_eq!(of_model.count(), expected, "{table}");
    }
    for part in ["three-paper, trained on 2, unseen animals", "skill over copy", "look ahead"] {
        assert!(table.contains(part), "{part}: {table}");
    }
    assert!(table.contains("2 of 800 epochs, 8 of 256 hidden units"), "{table}");
    assert!(table.contains("var is beaten") || table.contains("no other model beats var"));
    let written = std::fs::read_to_string(folder.path().join("one/tables/fig4d.txt")).unwrap();
    assert_eq!(written, table);
    let training = std::fs::read_to_string(folder.path().join("one/tables/training.csv")).unwrap();
    // Three networks, left one out of three, two epochs, two sets of neurons.
    assert_eq!(training.lines().count(), 1 + 3 * 3 * 2 * 2);
    let steps = std::fs::read_to_string(folder.path().join("one/tables/fig4d.csv")).unwrap();
    assert_eq!(steps.lines().count(), 1 + 5 * 16 * 2);

    let page = std::fs::read_to_string(folder.path().join("one/report.html")).unwrap();
    for part in ["What to distrust", "At none of the 16 steps", "look at the strict protocol"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(folder.path().join("one/figures/horizon-three-paper-both.svg").exists());

    let json = fig4d(folder.path(), &["--out", "two", "--threads", "2", "--json"]);
    assert_same_files(&folder.path().join("one"), &folder.path().join("two"));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["format"], "nervering-forecast-table");
    let rows = json["sections"][0]["rows"].as_array().unwrap();
    let copy = rows.iter().find(|row| row["model"] == "copy" && row["step"] == 16).unwrap();
    assert_eq!(copy["both"]["skill"]["mean"], 0.);
    assert_eq!(copy["trace"]["mse"]["n"], 3);
}

#[test]
fn a_strict_study_says_what_shuffled_windows_would_have_claimed() {
    let folder = tempdir().unwrap();
    simulate(folder.path());
    let study = ["reproduce", "fig4c", "--kato", "a", "--preset", "smoke", "--protocol", "strict"];
    let cut = ["--models", "copy,ar,mlp", "--neurons", "paper-3"];
    let table = text(&run(folder.path(), &[&study[..], &cut].concat(), 0).stdout);
    let unwrapped = table.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "strict, trained on 1, the future of the same animals",
        "strict, trained on 2, unseen animals, beside what shuffled would have claimed",
        "Nothing of a frame after its start enters a forecast.",
        "It leaks: a derivative holds the frame that is to be forecast",
    ] {
        assert!(unwrapped.contains(part), "{part}: {table}");
    }
}

const STUDY: &str = r#"
task = "forecast"
name = "next"
training_sizes = [1, 2]
epochs = 2
width = 4
seed = 5

[recordings]
train = ["a"]

[[variant]]
protocol = "authors-code"
models = ["copy", "mean", "mlp"]
neurons = "paper-3"
"#;

#[test]
fn a_study_file_is_planned_and_run_and_what_it_wrote_runs_again() {
    let at = &tempdir().unwrap();
    let at = at.path();
    simulate(at);
    std::fs::write(at.join("next.toml"), STUDY).unwrap();
    let plan = || -> serde_json::Value {
        let study = ["study", "plan", "next.toml", "--out", "one", "--json"];
        serde_json::from_slice(&run(at, &study, 0).stdout).unwrap()
    };
    let before = plan();
    assert!(!at.join("one").exists(), "a plan leaves no folder");
    // Three models; three animals alone and three pairs; steps of the network alone.
    assert_eq!((&before["n_fits"], &before["n_steps"]), (&18.into(), &(2 * (3 + 6)).into()));
    let table = text(&run(at, &["study", "run", "next.toml", "--out", "one"], 0).stdout);
    assert!(table.contains("MSE, [-1, 1]²") && table.contains("70 % train"), "{table}");
    assert_eq!(plan()["n_fits_done"], 18);
    let again = ["study", "run", "one/study.toml", "--kato", "a", "--out", "two"];
    run(at, &again, 0);
    assert_same_files(&at.join("one"), &at.join("two"));
    let status = text(&run(at, &["study", "status", "one"], 0).stdout);
    assert!(status.contains("18 of 18 fits done: finished"), "{status}");
    let other = ["study", "run", "next.toml", "--epochs", "3", "--out", "one"];
    // A file says itself what it trains on.
    std::fs::write(at.join("next.toml"), STUDY.replace("epochs = 2", "epochs = 3")).unwrap();
    let stderr = text(&run(at, &other[..3], 0).stderr);
    assert!(stderr.contains("nervering-out/next"), "{stderr}");
    let stderr = text(&run(at, &["study", "run", "next.toml", "--out", "one"], 2).stderr);
    assert!(stderr.contains("another study") && stderr.contains("(2 there, 3 now)"), "{stderr}");
}

#[test]
fn networks_that_correct_a_linear_forecast_say_so_in_studies_and_models() {
    let folder = tempdir().unwrap();
    simulate(folder.path());
    let study = ["reproduce", "fig4d", "--kato", "a", "--preset", "smoke", "--neurons", "paper-3"];
    let linear = ["--models", "copy,linear,mlp", "--residual-of", "linear", "--out", "one"];
    let table = text(&run(folder.path(), &[&study[..], &linear].concat(), 0).stdout);
    assert!(table.contains("Networks correct the forecast of linear"), "{table}");
    let written = std::fs::read_to_string(folder.path().join("one/study.toml")).unwrap();
    assert!(written.contains("residual_of = \"linear\""), "{written}");
    let fit = ["fit", "mlp", "--task", "forecast", "--on", "a", "--epochs", "2", "--width", "8"];
    run(folder.path(), &[&fit[..], &["--neurons", "paper-3"], &linear[2..4]].concat(), 0);
    run(folder.path(), &["predict", "model.safetensors", "a"], 0);
    let csv = folder.path().join("nervering-out/forecasts.csv");
    assert!(std::fs::read_to_string(csv).unwrap().lines().count() > 100);
}

#[test]
fn what_a_study_of_one_task_does_not_have_is_refused() {
    let folder = tempdir().unwrap();
    simulate(folder.path());
    let said = |arguments: &[&str]| text(&run(folder.path(), arguments, 2).stderr);
    let fig4d = ["reproduce", "fig4d", "--kato", "a", "--preset", "smoke"];
    let stderr = said(&[&fig4d[..], &["--states", "4"]].concat());
    assert!(stderr.contains("--states: a forecasting study has no such option"), "{stderr}");
    let stderr = said(&[&fig4d[..], &["--models", "copy,logistic"]].concat());
    assert!(stderr.contains("logistic") && stderr.contains("damped-copy"), "{stderr}");
    let stderr = said(&["reproduce", "table1", "--kato", "a", "--checkpoint-every", "3"]);
    assert!(stderr.contains("--checkpoint-every: a decoding study"), "{stderr}");
    let linear = ["--residual-of", "linear"];
    let stderr = said(&[&["reproduce", "table1", "--kato", "a"], &linear[..]].concat());
    assert!(stderr.contains("--residual-of: a decoding study"), "{stderr}");
    let fit = ["fit", "ar", "--task", "forecast", "--on", "a", "--residual-of"];
    let stderr = said(&[&fit[..], &["linear"]].concat());
    assert!(stderr.contains("--residual-of: a forecaster that is no network"), "{stderr}");
    let stderr = said(&[&fit[..], &["var"]].concat());
    assert!(stderr.contains("expected copy or linear"), "{stderr}");
    let stderr = said(&[&fig4d[..], &["--checkpoint-every", "soon"]].concat());
    assert!(stderr.contains("seconds"), "{stderr}");
    let of_file = |text: String| {
        std::fs::write(folder.path().join("s.toml"), text).unwrap();
        said(&["study", "plan", "s.toml"])
    };
    let stderr = of_file(STUDY.replace("width", "widht"));
    assert!(stderr.contains("s.toml, line 6") && stderr.contains("\"width\"?"), "{stderr}");
    let stderr = of_file(STUDY.replace("\"forecast\"", "\"foresee\""));
    assert!(stderr.contains("foresee") && stderr.contains("decode or forecast"), "{stderr}");
    let stderr = of_file(STUDY.replace("\"mean\"", "\"maen\""));
    assert!(stderr.contains("maen"), "{stderr}");
    // Half a minute is too short to train on the past of.
    run(folder.path(), &["simulate", "b", "--animals", "2", "--duration-s", "30"], 0);
    let short = ["reproduce", "fig4d", "--kato", "b", "--preset", "smoke", "--protocol", "strict"];
    assert!(said(&short).contains("found 90 frames"), "{}", said(&short));
}

#[test]
fn figure_4d_runs_on_the_real_worms() {
    let Some(file) = real_data() else { return };
    let folder = tempdir().unwrap();
    let study = ["reproduce", "fig4d", "--kato", file.to_str().unwrap(), "--preset", "smoke"];
    let cut = ["--models", "copy,ar,var,mlp", "--neurons", "paper-3", "--protocol", "strict"];
    let json = run(folder.path(), &[&study[..], &cut, &["--json"]].concat(), 0).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    // Skill of VAR for the trace one step ahead in unseen worms, as it is and as it is claimed to be.
    let skill = |variant: &str| {
        let sections = json["sections"].as_array().unwrap();
        let is_it =
            |s: &&serde_json::Value| s["variant"] == variant && s["role"] == "unseen-animal";
        let rows = sections.iter().find(is_it).unwrap()["rows"].as_array().unwrap();
        let var = rows.iter().find(|row| row["model"] == "var" && row["step"] == 1).unwrap();
        var["trace"]["skill"]["mean"].as_f64().unwrap()
    };
    let (strict, claimed) = (skill("strict"), skill("shuffled"));
    assert!(strict > 0. && claimed > strict + 0.3, "{strict} {claimed}");
}
