//! Validation on animals of the extended set: they choose the epoch of networks, and no other animal of
//! the set does.

use nervering_fit::Validation;
use nervering_grid::Run;
use nervering_recording::{Behavior, Recording, State};
use nervering_simulate::{SimulationConfig, simulate};
use nervering_study::{FitResult, Plan, Preset, builtin, run};

fn animals(n_animals: usize, name: &str, seed: u64) -> Vec<Recording> {
    let config = SimulationConfig {
        n_animals,
        duration_s: 90.,
        n_other_neurons: 0,
        ..SimulationConfig::default()
    };
    let named = |(k, animal): (usize, nervering_simulate::SimulatedAnimal)| {
        let mut parts = animal.recording.into_parts();
        parts.animal = format!("{name}{k}");
        Recording::new(parts).unwrap()
    };
    simulate(&config, seed).unwrap().into_iter().enumerate().map(named).collect()
}

/// With states that say the opposite.
fn poisoned(recording: &Recording) -> Recording {
    let mut parts = recording.clone().into_parts();
    let labelled = parts.behavior.take().unwrap();
    let states = labelled.states().iter().map(|state| match state {
        State::Forward | State::Slowing => State::SustainedReverse,
        _ => State::Forward,
    });
    parts.behavior = Some(Behavior::new(states.collect()));
    Recording::new(parts).unwrap()
}

/// The fits of the variant that validates on extended animals.
fn fits(train: &[Recording], extended: &[Recording]) -> Vec<FitResult> {
    let config = builtin::extended(Preset::Smoke, 1, train.len());
    let plan = Plan::new(config, train, extended).unwrap();
    let expected: Vec<String> = ["l0", "l2"].map(str::to_owned).into();
    assert_eq!(plan.validating(), expected);
    let folder = tempfile::tempdir().unwrap();
    let results = run(&plan, folder.path(), &Run::quietly(2)).unwrap();
    let of = results
        .config
        .variants
        .iter()
        .find(|variant| variant.preparation.validation == Validation::Extended);
    let name = of.unwrap().name.clone();
    results.fits.into_iter().filter(|fit| fit.variant == name).collect()
}

#[test]
fn animals_that_do_not_validate_change_no_fit_and_those_that_do_choose_its_epoch() {
    let (train, extended) = (animals(2, "a", 1), animals(4, "l", 2));
    let losses = |fits: &[FitResult]| -> Vec<f64> {
        fits.iter()
            .map(|fit| fit.training.as_ref().unwrap().best_validation_loss.unwrap())
            .collect()
    };
    let found = fits(&train, &extended);
    assert_eq!(found.len(), 4, "four networks, one fold");
    let mut other = extended.clone();
    (other[1], other[3]) = (poisoned(&other[1]), poisoned(&other[3]));
    assert_eq!(losses(&fits(&train, &other)), losses(&found));
    let mut other = extended.clone();
    other[0] = poisoned(&other[0]);
    for (a, b) in losses(&fits(&train, &other)).into_iter().zip(losses(&found)) {
        assert_ne!(a, b);
    }
}
