//! Whichever operation on a file fails, a study ends with an error that names the file, and the next
//! run finishes it to the same bytes.

use nervering_grid::faults::every_fault;
use nervering_grid::{
    Folder, GridError, Lock, finish, on_threads, redraw, remove_folder_if_there, remove_if_there,
};
use std::path::Path;

const STUDY: &str = "name = \"squares\"\n";

/// A study of squares: each leaves a checkpoint on its way.
fn run(root: &Path) -> Result<(), GridError> {
    let _lock = Lock::take(root, "process 7 on worm")?;
    let folder = Folder::open(root, STUDY)?;
    let mut missing = Vec::new();
    for n in 0..4u64 {
        if folder.load::<u64>(&n.to_string(), &|warning| panic!("{warning}"))?.is_none() {
            missing.push(n);
        }
    }
    on_threads(2, &missing, &|| false, |n| {
        let checkpoint = format!("checkpoints/{n}");
        folder.write(&checkpoint, b"half way")?;
        folder.save(&n.to_string(), &(n * n))?;
        remove_if_there(&folder.path(&checkpoint))
    })?;
    remove_folder_if_there(&folder.path("checkpoints"))?;
    let results = (0..4).map(|n| Folder::result_name(&n.to_string()));
    let stored: Vec<String> = std::iter::once("study.toml".to_owned()).chain(results).collect();
    finish(root, &stored, &[("tables/squares.csv".to_owned(), b"0,1,4,9\n".to_vec())])
}

#[test]
fn a_grid_survives_the_failure_of_every_operation() {
    let scratch = tempfile::tempdir().unwrap();
    let n = every_fault(scratch.path(), &|root| run(root).map_err(|error| error.to_string()));
    // Four results of five operations each are the least.
    assert!(n.unwrap() > 20);
}

#[test]
fn a_report_that_is_drawn_again_survives_the_failure_of_every_operation() {
    let scratch = tempfile::tempdir().unwrap();
    let draw = |root: &Path| {
        run(root)?;
        redraw(root, &[("figures/a.svg".to_owned(), b"<svg/>".to_vec())]).map(drop)
    };
    let n = every_fault(scratch.path(), &|root| draw(root).map_err(|error| error.to_string()));
    assert!(n.unwrap() > 30);
}

#[test]
fn an_analysis_without_results_survives_the_failure_of_every_operation() {
    let scratch = tempfile::tempdir().unwrap();
    let files = [("tables/a.csv".to_owned(), b"1\n".to_vec()), ("b.txt".to_owned(), b"2".to_vec())];
    let n = every_fault(scratch.path(), &|root| {
        finish(root, &[], &files).map_err(|error| error.to_string())
    });
    assert!(n.unwrap() > 10);
}
