//! A study in shards: joined, of one folder or of several, it has the bytes of a study that one process ran;
//! what is missing or of another study is told.

mod common;

use common::{assert_same_files, run, text};
use std::path::Path;
use tempfile::tempdir;

const STUDY: &str = "name = \"turns\"\ntraining_sizes = [1]\nepochs = 2\n[recordings]\ntrain = [\"worms\"]\n\
                     [[variant]]\nprotocol = \"strict\"\nmodels = [\"logistic\", \"mlp\"]\nfolds_run = 2\n";

/// A folder with three animals, a study of them, and what one process makes of it.
fn whole(folder: &Path) {
    run(folder, &["simulate", "worms", "--animals", "3", "--duration-s", "150"], 0);
    std::fs::write(folder.join("turns.toml"), STUDY).unwrap();
    run(folder, &["study", "run", "turns.toml", "--out", "whole"], 0);
}

fn shard(folder: &Path, shard: &str, out: &str) {
    run(folder, &["study", "run", "turns.toml", "--shard", shard, "--out", out], 0);
}

#[test]
fn shards_join_to_the_bytes_of_one_process() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    whole(at);
    for k in ["3/3", "1/3"] {
        shard(at, k, "one");
    }
    let missing = run(at, &["study", "merge", "one"], 1);
    assert!(text(&missing.stderr).contains("4 of 12 fits are missing"), "{missing:?}");
    shard(at, "2/3", "one");
    let status = text(&run(at, &["study", "status", "one"], 0).stdout);
    assert!(status.contains("12 of 12 fits done") && status.contains("study merge"), "{status}");
    assert_eq!(status.matches("done     process").count(), 3, "{status}");
    let table = run(at, &["study", "merge", "one"], 0).stdout;
    assert_same_files(&at.join("whole"), &at.join("one"));
    let expected = run(at, &["study", "run", "turns.toml", "--out", "whole"], 0).stdout;
    assert_eq!(text(&table), text(&expected));
    // Of folders of their own.
    shard(at, "1/2", "a");
    shard(at, "2/2", "b");
    run(at, &["study", "merge", "a", "b", "--out", "joined"], 0);
    assert_same_files(&at.join("whole"), &at.join("joined"));
}

/// Two that wrote the command of their folder at the same moment took each other's file away.
#[test]
fn shards_that_begin_at_the_same_moment_leave_each_other_alone() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    whole(at);
    for round in 0..5 {
        let out = format!("out{round}");
        let start = |k: usize| {
            let shard = format!("{k}/4");
            std::process::Command::new(env!("CARGO_BIN_EXE_nervering"))
                .args(["study", "run", "turns.toml", "--threads", "1", "--shard", &shard])
                .args(["--out", &out])
                .current_dir(at)
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        };
        let shards: Vec<_> = (1..=4).map(start).collect();
        for shard in shards {
            let output = shard.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", text(&output.stderr));
        }
        run(at, &["study", "merge", &out], 0);
        assert_same_files(&at.join("whole"), &at.join(&out));
    }
}

#[test]
fn what_cannot_be_joined_is_told() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    whole(at);
    let none = text(&run(at, &["study", "merge", "whole"], 2).stderr);
    assert!(none.contains("found no shards"), "{none}");
    shard(at, "1/2", "a");
    let several = text(&run(at, &["study", "merge", "a", "whole"], 2).stderr);
    assert!(several.contains("--out"), "{several}");
    std::fs::write(at.join("turns.toml"), STUDY.replace("epochs = 2", "epochs = 3")).unwrap();
    shard(at, "2/2", "b");
    let other = text(&run(at, &["study", "merge", "b", "a", "--out", "joined"], 2).stderr);
    assert!(other.contains("another configuration"), "{other}");
    let wrong = text(&run(at, &["study", "run", "turns.toml", "--shard", "3/2"], 2).stderr);
    assert!(wrong.contains("expected a shard"), "{wrong}");
}

#[test]
fn a_task_of_a_job_array_is_its_shard() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    whole(at);
    for (id, out) in [("10", "one"), ("12", "one")] {
        let status = common::nervering(at)
            .args(["study", "run", "turns.toml", "--out", out])
            .envs([("SLURM_ARRAY_TASK_ID", id), ("SLURM_ARRAY_TASK_COUNT", "2")])
            .envs([("SLURM_ARRAY_TASK_MIN", "10"), ("SLURM_ARRAY_TASK_STEP", "2")])
            .output()
            .unwrap();
        assert!(status.status.success(), "{status:?}");
        assert!(text(&status.stderr).contains("shard "), "{status:?}");
    }
    run(at, &["study", "merge", "one"], 0);
    assert_same_files(&at.join("whole"), &at.join("one"));
}

#[cfg(unix)]
#[test]
fn a_study_is_written_as_a_job_array_and_the_job_that_joins_it() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    whole(at);
    let submit = ["study", "submit", "turns.toml", "--slurm", "--shards", "2", "--out", "far away"];
    run(at, &[&submit[..], &["--dry-run", "--partition", "long", "--time", "30"]].concat(), 0);
    let script =
        |name: &str| std::fs::read_to_string(at.join("far away-slurm").join(name)).unwrap();
    let array = script("array.sh");
    for line in ["#SBATCH --array=1-2", "#SBATCH --partition=long", "#SBATCH --time=30"] {
        assert!(array.lines().any(|found| found == line), "{line}\n{array}");
    }
    // The array as a shell without SLURM runs it, and then the other.
    for task in ["1", "2"] {
        let status = std::process::Command::new("bash")
            .arg(at.join("far away-slurm/array.sh"))
            .env("SLURM_ARRAY_TASK_ID", task)
            .output();
        assert!(status.unwrap().status.success(), "task {task}");
    }
    let merge = std::process::Command::new("bash").arg(at.join("far away-slurm/merge.sh")).output();
    assert!(merge.unwrap().status.success());
    assert_same_files(&at.join("whole"), &at.join("far away"));
    assert!(script("merge.sh").contains("study merge"));
}
