//! The commands on files, end to end: help, simulate, inspect, convert, data, cite, and what is
//! said when something is wrong.

mod common;

use common::{assert_same_files, files, nervering, real_data, run, text};
use std::path::Path;
use tempfile::tempdir;

const SHORT: [&str; 4] = ["--animals", "2", "--duration-s", "60"];

fn simulate(folder: &Path, out: &str, seed: &str) {
    run(folder, &[&["simulate", out, "--seed", seed], SHORT.as_slice()].concat(), 0);
}

#[test]
fn help_names_every_command_and_the_exit_codes() {
    let folder = tempdir().unwrap();
    let help = text(&run(folder.path(), &["--help"], 0).stdout);
    for command in ["demo", "reproduce", "inspect", "convert", "simulate", "data", "cite"] {
        assert!(help.contains(&format!("\n  {command} ")), "{command}\n{help}");
        let of_command = text(&run(folder.path(), &[command, "--help"], 0).stdout);
        assert!(of_command.contains("Usage: nervering"), "{of_command}");
    }
    assert!(help.contains("2 wrong usage or input"), "{help}");
}

#[test]
fn wrong_usage_has_exit_code_2_and_says_what_was_expected() {
    let folder = tempdir().unwrap();
    let wrong: [(&[&str], &str); 7] = [
        (&["dance"], "dance"),
        (&["demo", "--preset", "tiny"], "smoke"),
        (&["demo", "--threads", "0"], "--threads"),
        (&["reproduce", "table1"], "--kato"),
        (&["reproduce", "table1", "--kato", "x", "--models", "gnn,cnn"], "gnn-text"),
        (&["reproduce", "table1", "--kato", "x", "--states", "3"], "expected 2, 4, 6, 7 or own"),
        (&["simulate", "out", "--animals", "0"], "n_animals"),
    ];
    for (arguments, expected) in wrong {
        let output = run(folder.path(), arguments, 2);
        let stderr = text(&output.stderr);
        assert!(stderr.contains(expected), "{arguments:?}: {stderr}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    assert!(files(folder.path()).is_empty(), "nothing is written");
}

#[test]
fn an_unreadable_file_is_named_in_at_most_five_lines() {
    let folder = tempdir().unwrap();
    std::fs::write(folder.path().join("notes.txt"), "dear diary\n").unwrap();
    for file in ["missing.mat", "notes.txt"] {
        let commands: [&[&str]; 3] = [
            &["inspect", file],
            &["convert", file, "out"],
            &["reproduce", "table1", "--kato", file],
        ];
        for command in commands {
            let stderr = text(&run(folder.path(), command, 2).stderr);
            assert!(stderr.starts_with("error: ") && stderr.contains(file), "{stderr}");
            assert!(stderr.lines().count() <= 5, "{stderr}");
        }
    }
}

#[test]
fn simulated_animals_are_the_same_for_the_same_seed() {
    let folder = tempdir().unwrap();
    for (out, seed) in [("a", "7"), ("b", "7"), ("c", "8")] {
        simulate(folder.path(), out, seed);
    }
    assert_same_files(&folder.path().join("a"), &folder.path().join("b"));
    assert_ne!(files(&folder.path().join("a")), files(&folder.path().join("c")));
}

#[test]
fn files_that_are_there_are_replaced_only_when_asked() {
    let folder = tempdir().unwrap();
    simulate(folder.path(), "a", "7");
    let before = files(&folder.path().join("a"));
    let again = [&["simulate", "a", "--seed", "8"], SHORT.as_slice()].concat();
    let stderr = text(&run(folder.path(), &again, 2).stderr);
    assert!(stderr.contains("sim01.csv") && stderr.contains("--overwrite"), "{stderr}");
    assert_eq!(files(&folder.path().join("a")), before);
    run(folder.path(), &[again.as_slice(), &["--overwrite"]].concat(), 0);
    assert_ne!(files(&folder.path().join("a")), before);
}

#[test]
fn a_converted_table_is_the_table_it_came_from() {
    let folder = tempdir().unwrap();
    simulate(folder.path(), "a", "7");
    let written = text(&run(folder.path(), &["convert", "a/sim02.csv", "b"], 0).stdout);
    assert_eq!(written.trim(), Path::new("b").join("sim02.csv").to_str().unwrap());
    for name in ["sim02.csv", "sim02.json"] {
        let read = |out: &str| std::fs::read(folder.path().join(out).join(name)).unwrap();
        assert_eq!(read("a"), read("b"), "{name}");
    }
    // Through Parquet and back, the table is the same file.
    run(folder.path(), &["convert", "a/sim02.csv", "p", "--format", "parquet"], 0);
    run(folder.path(), &["convert", "p/sim02.parquet", "c"], 0);
    let [direct, detour] =
        ["b/sim02.csv", "c/sim02.csv"].map(|name| std::fs::read(folder.path().join(name)).unwrap());
    assert!(direct == detour);
}

#[test]
fn inspect_says_what_is_in_a_folder() {
    let folder = tempdir().unwrap();
    simulate(folder.path(), "a", "7");
    let seen = text(&run(folder.path(), &["inspect", "a"], 0).stdout);
    for expected in ["sim01", "sim02", "105", "in all 2 animals", "AVAL"] {
        assert!(seen.contains(expected), "{expected}\n{seen}");
    }
    let json = run(folder.path(), &["inspect", "a", "--json"], 0).stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["format"], "nervering-inspection");
    assert_eq!(json["animals"][1]["name"], "sim02");
}

/// Simulated animals are sound, and long enough for every check to have its say.
#[test]
fn simulated_animals_are_not_accused() {
    let folder = tempdir().unwrap();
    run(folder.path(), &["simulate", "a", "--animals", "3", "--duration-s", "700"], 0);
    let seen = text(&run(folder.path(), &["inspect", "a"], 0).stdout);
    assert!(seen.contains(" 0 wrong, 0 doubtful"), "{seen}");
}

#[test]
fn inspect_tells_what_it_looks_for() {
    let folder = tempdir().unwrap();
    let checks = text(&run(folder.path(), &["inspect", "--checks"], 0).stdout);
    assert!(checks.lines().count() >= 30, "{checks}");
    assert!(checks.contains("\nshifted-names "), "{checks}");
    run(folder.path(), &["inspect"], 2);
}

#[test]
fn inspect_fails_when_something_is_wrong() {
    let folder = tempdir().unwrap();
    let rows: String = (0..50).map(|k| format!("{},{}\n", k as f64 / 3., "NaN")).collect();
    std::fs::write(folder.path().join("nan.csv"), format!("time_s,AVAL\n{rows}")).unwrap();
    let seen = run(folder.path(), &["inspect", "nan.csv"], 1);
    assert!(text(&seen.stdout).contains("wrong: "), "{}", text(&seen.stdout));
    assert!(seen.stderr.is_empty(), "a finding is no failure: {}", text(&seen.stderr));
}

#[test]
fn the_public_data_and_the_papers_are_listed() {
    let folder = tempdir().unwrap();
    let list = text(&run(folder.path(), &["data", "list"], 0).stdout);
    assert!(list.contains("WT_NoStim.mat") && list.contains("7531811c1718e26a"), "{list}");
    assert!(list.contains("white1986") && list.contains("Cook et al. 2019"), "{list}");
    let papers = text(&run(folder.path(), &["cite"], 0).stdout);
    assert!(papers.contains("Wang") && papers.contains("Kato"), "{papers}");
}

#[test]
fn a_labs_copy_is_fetched_verified_and_found_again_without_the_network() {
    let folder = tempdir().unwrap();
    let fetch = |arguments: &[&str], exit_code: i32| {
        let arguments = [&["data", "fetch"], arguments, &["--cache", "kept"]].concat();
        let mut command = nervering(folder.path());
        let output = command.args(&arguments).env("NERVERING_OFFLINE", "1").output().unwrap();
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(exit_code), "{arguments:?}: {stderr}");
        (text(&output.stdout), stderr)
    };
    let one = ["nichols2017", "--file", "n2_prelet.mat"];
    let (_, said) = fetch(&one, 2);
    assert!(said.contains("n2_prelet.mat") && said.contains("switched off"), "{said}");

    std::fs::create_dir(folder.path().join("lab")).unwrap();
    std::fs::write(folder.path().join("lab/n2_prelet.mat"), "<html>no such file</html>").unwrap();
    let from_lab = [one.as_slice(), &["--mirror", "lab"]].concat();
    let (_, said) = fetch(&from_lab, 1);
    assert!(said.contains("does not read as n2_prelet.mat; it was deleted"), "{said}");
    simulate(folder.path(), "simulated", "1");
    std::fs::copy(
        folder.path().join("simulated/sim01.csv"),
        folder.path().join("lab/n2_prelet.mat"),
    )
    .unwrap();
    let (paths, said) = fetch(&from_lab, 0);
    assert!(said.contains("found 1 animal, expected 11"), "{said}");
    let kept = Path::new("kept").join("nichols2017").join("n2_prelet.mat");
    assert_eq!(paths.trim(), kept.to_str().unwrap());
    assert!(said.contains("copied") && said.contains("pinned for next time"), "{said}");
    assert!(said.contains("next: nervering inspect \"kept"), "{said}");
    let (_, said) = fetch(&one, 0);
    assert!(said.contains("already there, SHA-256 as at first use"), "{said}");
    let list = text(&run(folder.path(), &["data", "list", "--cache", "kept"], 0).stdout);
    assert!(list.contains(&format!("here    {}", kept.display())), "{list}");
    let list = run(folder.path(), &["data", "list", "--json", "--cache", "kept"], 0).stdout;
    let list: serde_json::Value = serde_json::from_slice(&list).unwrap();
    let files = &list["data_sets"][1]["files"];
    assert_eq!(files[0]["here"], kept.to_str().unwrap());
    assert!(files[1]["here"].is_null() && files[1]["sha256"].is_null(), "{files}");
    assert_eq!(list["connectomes"][2]["name"], "cook2019");

    // Of this one the checksum is published, and it is another.
    std::fs::write(folder.path().join("lab/WT_NoStim.mat"), "worms").unwrap();
    let (paths, said) = fetch(&["kato2015", "--mirror", "lab"], 1);
    assert!(paths.is_empty() && said.contains("7531811c1718e26a"), "{said}");
    let (_, said) = fetch(&["kato"], 2);
    assert!(said.contains("expected one of kato2015, nichols2017"), "{said}");
    let (_, said) = fetch(&["nichols2017", "--file", "n2.mat"], 2);
    assert!(said.contains("npr1_let.mat"), "{said}");
}

/// It once was taken as it lay there, whatever it was.
#[test]
#[cfg(target_os = "linux")]
fn a_file_of_the_cache_that_has_changed_is_told_by_whatever_reads_it() {
    let folder = tempdir().unwrap();
    let of_cache = |arguments: &[&str], exit_code: i32| {
        let mut command = nervering(folder.path());
        let cache = folder.path().join("cache");
        let output = command.args(arguments).env("XDG_CACHE_HOME", cache).output().unwrap();
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(exit_code), "{arguments:?}: {stderr}");
        stderr
    };
    simulate(folder.path(), "simulated", "1");
    let nichols = Path::new("cache/nervering/nichols2017");
    let (kept, kato) = (nichols.join("n2_let.mat"), Path::new("cache/nervering/kato2015"));
    std::fs::create_dir_all(folder.path().join(nichols)).unwrap();
    std::fs::create_dir_all(folder.path().join(kato)).unwrap();
    let table = std::fs::read(folder.path().join("simulated/sim01.csv")).unwrap();
    std::fs::write(folder.path().join(&kept), &table).unwrap();
    let kept = kept.to_str().unwrap();
    let said = of_cache(&["inspect", kept], 0);
    assert!(said.contains("SHA-256 pinned for next time"), "{said}");
    std::fs::write(folder.path().join(kept), [table.as_slice(), b"\n"].concat()).unwrap();
    std::fs::write(folder.path().join(kato).join("WT_NoStim.mat"), &table).unwrap();
    for arguments in [
        ["inspect", kept, "simulated"].as_slice(),
        &["inspect", nichols.to_str().unwrap()],
        &["convert", kept, "tables"],
        &["reproduce", "table1", "--kato", "nichols2017", "--out", "out"],
        &["reproduce", "pca", "--kato", "nichols2017", "--out", "out"],
        &["fit", "majority", "--on", kept],
    ] {
        let said = of_cache(arguments, 1);
        assert!(
            said.contains("SHA-256") && said.contains("move it away and fetch it again"),
            "{said}"
        );
    }
    let said = of_cache(&["reproduce", "table1", "--kato", "kato2015", "--out", "out"], 1);
    assert!(said.contains("7531811c1718e26a") && said.contains("as published"), "{said}");
}

#[test]
fn no_colour_is_used_where_no_terminal_is() {
    let folder = tempdir().unwrap();
    for arguments in [["demo", "--presets"], ["demo", "--help"]] {
        let output =
            nervering(folder.path()).args(arguments).env("NO_COLOR", "1").output().unwrap();
        assert!(![output.stdout, output.stderr].concat().contains(&0x1b), "{arguments:?}");
    }
}

#[test]
fn the_real_worms_are_inspected_and_converted() {
    let Some(file) = real_data() else { return };
    let folder = tempdir().unwrap();
    let file = file.to_str().unwrap();
    let seen = text(&run(folder.path(), &["inspect", file], 0).stdout);
    assert!(seen.contains("TS20140715e") && seen.contains("23 neurons identified"), "{seen}");
    let written = text(&run(folder.path(), &["convert", file, "tables"], 0).stdout);
    assert_eq!(written.lines().count(), 5);
    let tables = text(&run(folder.path(), &["inspect", "tables"], 0).stdout);
    assert!(tables.contains("23 neurons identified"), "{tables}");
}
