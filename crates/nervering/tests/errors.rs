//! What is said when something is wrong, in the user's words: never the bare text of the operating system,
//! always what to do, and exit code 2 for what lies in what was asked for.

mod common;

use common::{files, run, text};
use std::fs;
use std::path::Path;
use tempfile::{TempDir, tempdir};

/// A folder with two simulated animals in `a`, and the name of a file of one.
fn with_animals() -> (TempDir, String) {
    let folder = tempdir().unwrap();
    run(folder.path(), &["simulate", "a", "--animals", "2", "--duration-s", "60"], 0);
    let names = fs::read_dir(folder.path().join("a")).unwrap();
    let names = names
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "csv"));
    let first = names.min().unwrap();
    let first = format!("a/{}", first.file_name().unwrap().to_str().unwrap());
    (folder, first)
}

/// What is said of wrong usage: nothing of the system's own words, at most five lines, exit code 2.
fn said(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments, 2);
    let said = text(&output.stderr);
    assert!(!said.contains("os error"), "{arguments:?}: {said}");
    assert_eq!(text(&output.stdout), "", "{arguments:?}");
    said
}

#[test]
fn a_missing_file_names_what_is_near() {
    let (folder, file) = with_animals();
    let missing = file.replace(".csv", ".cvs");
    for command in [
        &["inspect", &missing][..],
        &["compare", &missing],
        &["view", &missing],
        &["fit", "logistic", "--on", &missing],
        &["convert", &missing, "out"],
        &["reproduce", "table1", "--kato", &missing],
    ] {
        let said = said(folder.path(), command);
        assert!(said.contains("no such file"), "{said}");
        assert!(said.contains(file.strip_prefix("a/").unwrap()), "{command:?}: {said}");
    }
    let said = said(folder.path(), &["inspect", "nowhere/deep/x.csv"]);
    assert!(said.contains("no such file") && said.contains("no folder nowhere"), "{said}");
}

#[test]
fn a_folder_where_a_file_is_asked_for_is_said_to_be_one() {
    let (folder, file) = with_animals();
    let of_model = said(folder.path(), &["predict", "a", &file]);
    assert!(of_model.contains("is a folder"), "{of_model}");
    let study = said(folder.path(), &["study", "plan", "a"]);
    assert!(study.contains("no such file or study") || study.contains("is a folder"), "{study}");
    let names = said(folder.path(), &["inspect", "a", "--map", ""]);
    assert!(!names.is_empty());
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_said_to_be_so() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, file) = with_animals();
    let path = folder.path().join(&file);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&path).is_ok() {
        println!("skipped: this user may read everything");
        return;
    }
    let said = said(folder.path(), &["inspect", &file]);
    assert!(said.contains("permissions"), "{said}");
}

#[test]
fn no_threads_are_refused_in_words_for_every_command() {
    let (folder, file) = with_animals();
    for command in [&["inspect", &file][..], &["fit", "logistic", "--on", "a"], &["demo"]] {
        let said = said(folder.path(), &[command, &["--threads", "0"]].concat());
        assert!(said.contains("1 or more") && said.contains("--threads"), "{said}");
    }
    let mut command = common::nervering(folder.path());
    let output =
        command.args(["inspect", &file]).env("NERVERING_THREADS", "many").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("1 or more"), "{}", text(&output.stderr));
    let mut command = common::nervering(folder.path());
    let demo = ["study", "plan", "demo", "--preset", "smoke"];
    let output = command.args(demo).env("NERVERING_THREADS", "1").output().unwrap();
    assert!(text(&output.stdout).contains("on 1 thread,"), "{}", text(&output.stdout));
}

#[test]
fn a_table_given_as_a_model_and_a_model_given_as_a_recording_are_told() {
    let (folder, file) = with_animals();
    for command in ["predict", "graph"] {
        let said = said(folder.path(), &[command, &file, &file]);
        assert!(said.contains("no model") && said.contains("nervering fit"), "{said}");
    }
    let of_live = said(folder.path(), &["live", &file]);
    assert!(of_live.contains("no model"), "{of_live}");
    run(
        folder.path(),
        &["fit", "logistic", "--on", "a", "--neurons", "shared", "--out", "m.safetensors"],
        0,
    );
    for command in
        [&["inspect", "m.safetensors"][..], &["predict", "m.safetensors", "m.safetensors"]]
    {
        let said = said(folder.path(), command);
        assert!(said.contains("it is a model") && said.contains("recordings"), "{said}");
    }
}

#[test]
fn unknown_names_are_told_with_the_nearest() {
    let (folder, _) = with_animals();
    let at = folder.path();
    let model = said(at, &["fit", "logistc", "--on", "a"]);
    assert!(model.contains("did you mean logistic?"), "{model}");
    let forecaster = said(at, &["fit", "linea", "--task", "forecast", "--on", "a"]);
    assert!(forecaster.contains("did you mean linear"), "{forecaster}");
    let compared = said(at, &["compare", "a", "--models", "majority,gnm"]);
    assert!(compared.contains("did you mean gnn?"), "{compared}");
    let neuron = said(at, &["fit", "logistic", "--on", "a", "--neurons", "AVLA,AVAR"]);
    assert!(neuron.contains("did you mean AVAL"), "{neuron}");
    let option = said(at, &["compare", "a", "--model", "gnn"]);
    assert!(option.contains("--models"), "{option}");
    let label = text(&run(at, &["inspect", "a", "--map", "FWDD=REV1"], 0).stdout);
    assert!(label.contains("was \"FWD\" meant?"), "{label}");
    let states = said(at, &["fit", "logistic", "--on", "a", "--states", "9"]);
    assert!(states.contains("expected 2, 4, 6, 7 or own"), "{states}");
    let study = said(at, &["study", "plan", "table11"]);
    assert!(study.contains("did you mean table1?"), "{study}");
    let animal = said(at, &["fit", "logistic", "--on", "a", "--animals", "sim1"]);
    assert!(animal.contains("sim01"), "{animal}");
}

#[test]
fn a_folder_without_recordings_says_what_is_in_it() {
    let folder = tempdir().unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    let said_of = |name: &str| said(folder.path(), &["compare", name]);
    let empty = said_of("empty");
    assert!(empty.contains("found no recording") && empty.contains("empty"), "{empty}");
    fs::create_dir_all(folder.path().join("outer/inner")).unwrap();
    fs::write(folder.path().join("outer/notes.txt"), "x").unwrap();
    let outer = said_of("outer");
    assert!(outer.contains("inner") && outer.contains("notes.txt"), "{outer}");
}

#[test]
fn a_folder_of_another_study_is_left_as_it_is_and_begun_anew_where_asked() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    let demo = |seed: &str, more: &[&str], code: i32| {
        let smoke = ["demo", "--preset", "smoke", "--out", "d", "--seed", seed];
        run(at, &[&smoke[..], more].concat(), code)
    };
    demo("1", &[], 0);
    let before = files(&at.join("d"));
    let output = demo("2", &[], 2);
    let said = text(&output.stderr);
    assert!(said.contains("seed (1 there, 2 now)"), "{said}");
    assert!(said.contains("--fresh") && said.contains("--out"), "{said}");
    assert!(!said.contains("fits,"), "it began: {said}");
    assert_eq!(files(&at.join("d")), before, "nothing was touched");
    fs::write(at.join("d/notes.txt"), "mine").unwrap();
    demo("2", &["--fresh"], 0);
    assert!(fs::read_to_string(at.join("d/study.toml")).unwrap().contains("seed = 2"));
    assert_eq!(fs::read_to_string(at.join("d/notes.txt")).unwrap(), "mine");
    let verified = text(&run(at, &["study", "verify", "d"], 0).stdout);
    assert!(verified.contains("notes.txt"), "{verified}");
    // An analysis leaves it alone as well.
    run(at, &["simulate", "a", "--animals", "2", "--duration-s", "60"], 0);
    let analysis = ["reproduce", "pca", "--kato", "a", "--neurons", "shared", "--out", "d"];
    let said = text(&run(at, &analysis, 2).stderr);
    assert!(said.contains("--fresh"), "{said}");
    run(at, &[&analysis[..], &["--fresh"]].concat(), 0);
}

#[test]
fn an_instruction_set_that_there_is_not_is_refused_with_those_there_are() {
    for (set, code) in [("sse", 2), ("plain", 0)] {
        let folder = tempdir().unwrap();
        let mut command = common::nervering(folder.path());
        let output = command.env("NERVERING_SIMD", set).arg("cite").assert().code(code);
        let said = text(&output.get_output().stderr);
        assert_eq!(code == 2, said.contains("NERVERING_SIMD: found \"sse\", expected "), "{said}");
    }
}

/// The rows are broken, which reading would tell: the number is told first.
#[test]
fn too_many_subsets_of_animals_are_counted_before_anything_is_read() {
    let folder = tempdir().unwrap();
    let worms = folder.path().join("worms");
    fs::create_dir(&worms).unwrap();
    for k in 0..30 {
        fs::write(worms.join(format!("worm{k:02}.csv")), "time_s,state,AVAL\nbroken\n").unwrap();
    }
    let plan = ["study", "plan", "table1", "--kato", "worms", "--training-sizes"];
    let said = |size: &str| text(&run(folder.path(), &[&plan[..], &[size]].concat(), 2).stderr);
    let many = said("15");
    assert!(many.contains("155117520 subsets of 15 of 30 animals"), "{many}");
    assert!(many.contains("max-subsets"), "{many}");
    let file = "name = \"many\"\ntraining_sizes = [15]\n[recordings]\ntrain = [\"worms\"]\n\
                [[variant]]\nprotocol = \"strict\"\nmodels = [\"majority\"]\n";
    fs::write(folder.path().join("many.toml"), file).unwrap();
    let many = text(&run(folder.path(), &["study", "plan", "many.toml"], 2).stderr);
    assert!(many.contains("subsets of 15 of 30 animals"), "{many}");
    let few = said("1");
    assert!(few.contains("worm00.csv") && !few.contains("subsets"), "{few}");
}
