//! A forecasting study that is killed (SIGKILL) at thirty random moments and taken up each time ends
//! with the same bytes as one that ran through, and it does go on from its checkpoints.

mod common;

use common::{assert_same_files, run, text};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::tempdir;

const KILLS: usize = 30;

/// A network without and one with a memory, one with static edges, and a baseline; the larger steps
/// come first.
const STUDY: &str = r#"
task = "forecast"
name = "killed"
training_sizes = [2]
max_subsets = 2
epochs = 120
width = 8

[recordings]
train = ["a"]

[[variant]]
protocol = "strict"
models = ["gnn-static", "lstm-mlp", "mlp", "var"]
neurons = "paper-3"
"#;

const ARGUMENTS: [&str; 6] = ["study", "run", "killed.toml", "--checkpoint-every", "0.02", "--out"];

/// Starts the study, kills it after a while, and returns what it had said; nothing if it had ended
/// by then.
fn killed_after(folder: &Path, wait: Duration) -> Option<String> {
    let mut study = Command::new(env!("CARGO_BIN_EXE_nervering"))
        .args(ARGUMENTS)
        .args(["killed", "--threads", "2"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(wait);
    let is_running = study.try_wait().unwrap().is_none();
    study.kill().unwrap();
    let stderr = text(&study.wait_with_output().unwrap().stderr);
    is_running.then_some(stderr)
}

#[test]
fn a_study_killed_at_thirty_random_moments_ends_with_the_same_bytes() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    run(at, &["simulate", "a", "--animals", "3", "--duration-s", "150"], 0);
    std::fs::write(at.join("killed.toml"), STUDY).unwrap();
    let begin = Instant::now();
    run(at, &[&ARGUMENTS[..], &["whole", "--threads", "1"]].concat(), 0);
    let whole = begin.elapsed();

    // Together the waits are about as long as the work, so that the last kills come near its end.
    let rng = &mut ChaCha8Rng::seed_from_u64(4);
    let longest = Duration::from_millis(200) + whole / 15;
    let (mut n_killed, mut n_resumed) = (0, 0);
    for _ in 0..3 * KILLS {
        let wait = longest.mul_f64(rng.random());
        // One that had ended by then was not killed.
        let Some(said) = killed_after(at, wait) else { continue };
        n_killed += 1;
        // "2 fits go on from where the last run was, 17 gradient steps done"
        n_resumed += usize::from(said.contains("on from where the last run was"));
        assert!(!said.contains("cannot be used") && !said.contains("error"), "{said}");
        if n_killed == KILLS {
            break;
        }
    }
    assert_eq!(n_killed, KILLS, "kills of a study that was under way");
    assert!(n_resumed >= KILLS / 6, "went on from a checkpoint {n_resumed} times");
    run(at, &[&ARGUMENTS[..], &["killed", "--threads", "2"]].concat(), 0);
    assert_same_files(&at.join("whole"), &at.join("killed"));
}
