//! Whichever operation on a file fails, a study ends with an error that names the file, and the next
//! run finishes it to the bytes of a study that nothing happened to.

use nervering_fit::{ModelName, Protocol};
use nervering_grid::faults::every_fault;
use nervering_grid::{CheckpointTimes, GridError, Lock, Progress, Run, finish};
use nervering_models::ForecastModel;
use nervering_models::trajectory::TrajectoryConfig;
use nervering_recording::{NeuronSet, Recording};
use nervering_simulate::{SimulationConfig, simulate};
use nervering_study::forecast::Forecast;
use nervering_study::{
    Comparison, Plan, Preset, ReadingEntry, StudyConfig, StudyError, builtin, run,
};
use std::path::Path;
use std::time::Duration;

/// Hears nothing, and no warning: what a failure leaves is no damaged result.
struct Silent;

impl Progress for Silent {
    fn warned(&self, text: &str) {
        panic!("{text}");
    }
}

fn animals() -> Vec<Recording> {
    let config = SimulationConfig { n_animals: 2, duration_s: 120., ..SimulationConfig::default() };
    simulate(&config, 7).unwrap().into_iter().map(|animal| animal.recording).collect()
}

/// A study as a program runs it: nobody else in its folder, its fits, its tables and the manifest.
fn whole_run(
    root: &Path,
    stored: &[String],
    fits: impl FnOnce() -> Result<(), StudyError>,
) -> Result<(), String> {
    let said = |error: GridError| error.to_string();
    let _lock = Lock::take(root, "process 7 on worm").map_err(said)?;
    fits().map_err(|error| error.to_string())?;
    finish(root, stored, &[("tables/all.csv".to_owned(), b"1\n".to_vec())]).map_err(said)
}

#[test]
fn a_decoding_study_survives_the_failure_of_every_operation() {
    let config = builtin::table1(Preset::Smoke, 1).with_variants(|variant| {
        variant.models = vec![ModelName::Majority, ModelName::Mlp];
        variant.preparation.neurons = NeuronSet::Shared;
    });
    let plan = Plan::new(StudyConfig { epochs: 1, ..config }, &animals(), &[]).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let n = every_fault(scratch.path(), &|root| {
        let fits = || run(&plan, root, &Run { progress: &Silent, ..Run::quietly(2) }).map(drop);
        whole_run(root, &plan.stored(), fits)
    });
    let n = n.unwrap();
    println!("{n} operations");
    assert!(n > 5 * plan.n_fits());
}

#[test]
fn a_forecasting_study_with_checkpoints_survives_the_failure_of_every_operation() {
    let models = [ForecastModel::Copy, ForecastModel::Mlp];
    let config = StudyConfig {
        name: "faults".into(),
        title: "Faults".into(),
        variants: vec![Comparison::new(Protocol::Strict, &models, NeuronSet::Paper3)],
        training_sizes: vec![1],
        max_subsets: None,
        epochs: 2,
        seed: 3,
        reading: ReadingEntry::default(),
        aim: Forecast {
            network: TrajectoryConfig { width: 4, ..TrajectoryConfig::scripts() },
            ..Forecast::default()
        },
    };
    let plan = Plan::new(config, &animals(), &[]).unwrap();
    // After every step.
    let times = CheckpointTimes { every: Duration::ZERO, clock: &|| Duration::ZERO };
    let scratch = tempfile::tempdir().unwrap();
    let n = every_fault(scratch.path(), &|root| {
        let how = Run { times, progress: &Silent, ..Run::quietly(2) };
        let fits = || run(&plan, root, &how).map(drop);
        whole_run(root, &plan.stored(), fits)
    });
    let n = n.unwrap();
    println!("{n} operations");
    assert!(n > 5 * (plan.n_fits() + plan.n_steps()));
}
