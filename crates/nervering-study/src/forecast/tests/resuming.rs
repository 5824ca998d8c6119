//! A fit that is left and taken up gives the same bytes as one that never was.

use super::*;

#[test]
fn a_fit_that_is_left_at_any_step_and_taken_up_gives_the_same_bytes() {
    // A memory, static edges, and statistics over all starts.
    let models = [ForecastModel::Mlp, ForecastModel::LstmMlp, ForecastModel::GnnStatic];
    for protocol in [Protocol::Paper, Protocol::Strict] {
        let config = StudyConfig { epochs: 4, ..config(protocol, &models) };
        let config = StudyConfig { max_subsets: Some(1), ..config };
        let plan = Plan::new(config, &animals(N_FRAMES), &[]).unwrap();
        let whole = tempfile::tempdir().unwrap();
        let (expected, heard) = run_in(whole.path(), &plan, 1, usize::MAX);
        let n_steps = heard.steps.load(Ordering::Relaxed);
        assert_eq!(n_steps, 3 * 4 * 2);
        let folder = tempfile::tempdir().unwrap();
        // Three steps at a time: in the middle of an epoch and at its end.
        let (mut n_runs, mut resumed) = (1, 0);
        let found = loop {
            let (results, heard) = run_in(folder.path(), &plan, 1, 3);
            resumed += heard.resumed.load(Ordering::Relaxed);
            match results {
                Ok(results) => break results,
                Err(crate::StudyError::Grid(GridError::Interrupted { .. })) => n_runs += 1,
                Err(error) => panic!("{error}"),
            }
        };
        assert_eq!(found, expected.unwrap());
        assert!(n_runs >= n_steps / 4 && resumed > 0, "{n_runs} runs, {resumed} steps resumed");
        let fits = |folder: &Path| {
            let mut files: Vec<_> = std::fs::read_dir(folder.join("fits"))
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .map(|path| (path.file_name().unwrap().to_owned(), std::fs::read(&path).unwrap()))
                .collect();
            files.sort();
            files
        };
        assert_eq!(fits(folder.path()), fits(whole.path()));
        assert!(!folder.path().join("checkpoints").exists());
    }
}

#[test]
fn a_checkpoint_that_is_damaged_costs_a_warning_and_time_alone() {
    let plan = plan(Protocol::Paper, &[ForecastModel::Mlp], N_FRAMES);
    let whole = tempfile::tempdir().unwrap();
    let expected = run_in(whole.path(), &plan, 1, usize::MAX).0.unwrap();
    let folder = tempfile::tempdir().unwrap();
    run_in(folder.path(), &plan, 1, 1).0.unwrap_err();
    let checkpoint = folder.path().join("checkpoints/paper-mlp-1+2.safetensors");
    let bytes = std::fs::read(&checkpoint).unwrap();
    std::fs::write(&checkpoint, &bytes[..bytes.len() / 2]).unwrap();
    let (results, heard) = run_in(folder.path(), &plan, 1, usize::MAX);
    assert_eq!(results.unwrap(), expected);
    assert_eq!(heard.warned.load(Ordering::Relaxed), 1);
    assert_eq!(heard.resumed.load(Ordering::Relaxed), 0);
}
