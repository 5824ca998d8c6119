//! Signals and limits: what stops a run leaves it fit to go on, within two seconds, and says by its
//! exit code whether to queue it again; what a limit refuses is told with the name of the file.

#![cfg(unix)]

mod common;

use common::{assert_same_files, run, text};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::tempdir;

/// Two seconds, and one for a machine that is busy with other tests.
const SOON: Duration = Duration::from_secs(3);

/// What a shell ignores in its background is not ignored in these tests, wherever they are run; macOS has no
/// such program, and its tests are run in the foreground.
const HEARS: &str =
    if cfg!(target_os = "linux") { "exec env --default-signal=INT,HUP " } else { "exec " };

/// Starts a line of the shell in a folder; `nervering` in it is the program.
fn start(folder: &Path, line: &str) -> Child {
    let line = &line.replace("exec nervering", &format!("{HEARS}nervering"));
    let program = Path::new(env!("CARGO_BIN_EXE_nervering"));
    let path = std::env::join_paths(
        std::iter::once(program.parent().unwrap().to_owned())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    Command::new("sh")
        .args(["-c", line])
        .env("PATH", path.unwrap())
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn send(signal: &str, process: &Child) {
    let sent = Command::new("kill").args([signal, &process.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn n_fits(folder: &Path) -> usize {
    folder.join("fits").read_dir().map_or(0, Iterator::count)
}

/// Waits until there are more fits than before.
fn await_fits(folder: &Path, before: usize, process: &mut Child) {
    let begin = Instant::now();
    while n_fits(folder) <= before {
        assert!(begin.elapsed() < Duration::from_secs(120), "no fit in two minutes");
        assert_eq!(process.try_wait().unwrap(), None, "ended before its first fit");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The exit code, what was said, and how long the end has been waited for.
fn end(process: Child) -> (Option<i32>, String, Duration) {
    let begin = Instant::now();
    let Output { status, stderr, .. } = process.wait_with_output().unwrap();
    (status.code(), text(&stderr), begin.elapsed())
}

#[test]
fn a_signal_stops_a_study_soon_and_the_exit_code_says_whether_to_queue_it_again() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let codes = [("-INT", 130), ("-TERM", 143), ("-HUP", 129), ("-USR1", 75), ("-XCPU", 75)];
    for (signal, expected) in codes {
        let before = n_fits(&out);
        let mut demo =
            start(folder.path(), "exec nervering demo --preset full --threads 2 --out out");
        await_fits(&out, before, &mut demo);
        send(signal, &demo);
        // As `timeout` does.
        send(signal, &demo);
        let (code, said, waited) = end(demo);
        assert_eq!(code, Some(expected), "{signal}: {said}");
        assert!(said.contains("run the same command again"), "{signal}: {said}");
        assert!(waited < SOON, "{signal}: {waited:?}");
        assert!(!out.join("manifest.json").exists() && !out.join("study.lock").exists());
    }
}

#[test]
fn a_step_that_takes_long_is_not_waited_for_and_a_second_signal_ends_at_once() {
    let folder = tempdir().unwrap();
    run(folder.path(), &["simulate", "a", "--animals", "2", "--duration-s", "20000"], 0);
    let study = "name = \"long\"\ntraining_sizes = [1]\n[recordings]\ntrain = [\"a\"]\n\
                 [[variant]]\nprotocol = \"paper\"\nmodels = [\"majority\", \"svm\"]\n";
    std::fs::write(folder.path().join("long.toml"), study).unwrap();
    for (pause, least) in [(None, 1200), (Some(400), 0)] {
        let out = folder.path().join(format!("out{least}"));
        let line =
            format!("exec nervering study run long.toml --threads 1 --out {}", out.display());
        let mut long = start(folder.path(), &line);
        // All of the majority: the next one is a support vector machine.
        await_fits(&out, 19, &mut long);
        std::thread::sleep(Duration::from_millis(200));
        send("-TERM", &long);
        if let Some(pause) = pause {
            std::thread::sleep(Duration::from_millis(pause));
            send("-INT", &long);
        }
        let (code, said, waited) = end(long);
        assert_eq!(code, Some(143), "{said}");
        assert!(said.contains("finished fits are saved"), "{said}");
        assert!(waited < SOON && waited >= Duration::from_millis(least), "{waited:?}: {said}");
        if pause.is_some() {
            assert!(waited < Duration::from_millis(900), "{waited:?}");
        }
    }
}

#[test]
fn what_saves_nothing_is_not_queued_again() {
    let folder = tempdir().unwrap();
    for (signal, expected) in [("-USR1", 138), ("-INT", 130)] {
        let process = start(folder.path(), "exec nervering reproduce synthetic --preset full");
        std::thread::sleep(Duration::from_secs(2));
        send(signal, &process);
        let (code, said, waited) = end(process);
        assert_eq!(code, Some(expected), "{said}");
        assert!(said.contains("nothing is saved") && waited < SOON, "{waited:?}: {said}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_was_ignored_from_the_beginning_stays_so() {
    let folder = tempdir().unwrap();
    let line = "trap '' HUP; exec env nervering demo --preset full --threads 2 --out out";
    let mut demo = start(folder.path(), line);
    let out = folder.path().join("out");
    await_fits(&out, 0, &mut demo);
    send("-HUP", &demo);
    await_fits(&out, n_fits(&out), &mut demo);
    send("-TERM", &demo);
    assert_eq!(end(demo).0, Some(143));
}

#[test]
fn the_limit_of_processor_time_saves_and_asks_to_be_queued_again() {
    let folder = tempdir().unwrap();
    let line = "ulimit -S -t 3; exec nervering demo --preset full --threads 2 --out out";
    let (code, said, _) = end(start(folder.path(), line));
    assert_eq!(code, Some(75), "{said}");
    assert!(said.contains("run the same command again"), "{said}");
}

#[test]
fn a_file_that_may_not_grow_is_named_and_the_next_run_goes_on() {
    let folder = tempdir().unwrap();
    let demo = "nervering demo --preset smoke --seed 3 --threads 1 --out";
    assert_eq!(end(start(folder.path(), &format!("{demo} whole"))).0, Some(0));
    // Of the shell, blocks of 512 or 1024 bytes: all results fit, the page does not.
    for blocks in [1, 64] {
        let line = format!("ulimit -f {blocks}; exec {demo} cut");
        let (code, said, _) = end(start(folder.path(), &line));
        assert_eq!(code, Some(1), "{said}");
        let named = said.lines().find(|line| line.starts_with("error: ")).unwrap();
        assert!(named.contains("cut/") && said.contains("larger than files may be here"), "{said}");
        assert!(!folder.path().join("cut/manifest.json").exists());
    }
    assert_eq!(end(start(folder.path(), &format!("{demo} cut"))).0, Some(0));
    assert_same_files(&folder.path().join("whole"), &folder.path().join("cut"));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "no folder").unwrap();
    let (code, said, _) =
        end(start(folder.path(), "exec nervering demo --preset smoke --out file/out"));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("error: file/out: failed to create the folder"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn memory_that_the_system_refuses_is_an_error_in_words() {
    let folder = tempdir().unwrap();
    let line = "ulimit -v 120000; exec nervering demo --preset smoke --threads 1 --out out";
    let (code, said, _) = end(start(folder.path(), line));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("out of memory") && said.contains("(ulimit -v: 117 MiB)"), "{said}");
}
