//! Simulations repeat, and what one setting changes leaves the rest alone.

use nervering_recording::State;
use nervering_simulate::{N_LATENTS, SimulateError, SimulatedAnimal, SimulationConfig, simulate};

fn config() -> SimulationConfig {
    SimulationConfig { n_animals: 2, duration_s: 200., ..SimulationConfig::default() }
}

fn run(config: &SimulationConfig, seed: u64) -> Vec<SimulatedAnimal> {
    simulate(config, seed).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_animals_and_another_seed_others() {
    assert_eq!(run(&config(), 1), run(&config(), 1));
    assert_ne!(run(&config(), 1)[0].truth, run(&config(), 2)[0].truth);
    let two = run(&config(), 1);
    assert_ne!(two[0].truth, two[1].truth);
    assert_ne!(two[0].recording.time().fps(), two[1].recording.time().fps());
}

#[test]
fn animals_stay_what_they_were_between_versions() {
    let animal = &run(&config(), 1)[0];
    let column = animal.recording.column(&"AVAL".parse().unwrap()).unwrap();
    let values = [0, 100, 500].map(|frame| animal.recording.traces().frame(frame)[column]);
    let bouts: Vec<_> = animal.recording.behavior().unwrap().bouts().take(4).collect();
    // Within rounding, since platforms may differ in the last bit of exp.
    let expected = [0.35627991998805164, 0.09496405981012766, 0.6785799965757059];
    for (found, expected) in values.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-9, "{values:?}");
    }
    assert!((animal.recording.time().fps() - 2.908671129189511).abs() < 1e-9);
    use State::*;
    let expected = [(Unknown, 4), (Slowing, 73), (Forward, 7), (Slowing, 15)];
    assert_eq!(bouts, expected);
}

#[test]
fn adding_animals_leaves_the_earlier_ones_as_they_were() {
    let more = run(&SimulationConfig { n_animals: 4, ..config() }, 1);
    assert_eq!(run(&config(), 1), more[..2]);
}

#[test]
fn noise_changes_traces_and_nothing_else() {
    let [quiet, noisy] =
        [0., 0.1].map(|noise| run(&SimulationConfig { noise, ..config() }, 1).remove(0));
    assert_eq!(quiet.truth, noisy.truth);
    assert_eq!(quiet.recording.behavior(), noisy.recording.behavior());
    assert_eq!(quiet.recording.neurons(), noisy.recording.neurons());
    assert_ne!(quiet.recording.traces(), noisy.recording.traces());
}

#[test]
fn variability_leaves_behaviour_and_latents_alone() {
    let [alike, unlike] =
        [0., 3.].map(|variability| run(&SimulationConfig { variability, ..config() }, 1).remove(0));
    assert_eq!(alike.truth.commands, unlike.truth.commands);
    assert_eq!(alike.truth.latents, unlike.truth.latents);
    assert_eq!(alike.recording.neurons(), unlike.recording.neurons());
    assert_ne!(alike.truth.loadings, unlike.truth.loadings);
}

#[test]
fn the_truth_explains_the_traces() {
    for SimulatedAnimal { recording, truth } in run(&SimulationConfig::default(), 1) {
        assert_eq!(truth.latents.len(), recording.n_frames() * N_LATENTS);
        assert_eq!(truth.loadings.len(), recording.neurons().len() * N_LATENTS);
        let labels = recording.behavior().unwrap().states();
        let agree =
            |(label, command): (&State, &State)| *label == State::Unknown || label == command;
        assert!(labels.iter().zip(&truth.commands).all(agree));
        let column = recording.column(&"AVAL".parse().unwrap()).unwrap();
        let loadings = &truth.loadings[column * N_LATENTS..(column + 1) * N_LATENTS];
        let mix = truth.latents.chunks_exact(N_LATENTS);
        let mix: Vec<f64> = mix.map(|z| z.iter().zip(loadings).map(|(z, l)| z * l).sum()).collect();
        let trace: Vec<_> = recording.traces().neuron(column).collect();
        let r = correlation(&mix, &trace);
        assert!(r > 0.8, "{}: {r}", recording.animal());
    }
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let product = |x: &[f64], mx: f64, y: &[f64], my: f64| -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum()
    };
    product(a, mean_a, b, mean_b)
        / (product(a, mean_a, a, mean_a) * product(b, mean_b, b, mean_b)).sqrt()
}

#[test]
fn recordings_are_named_and_say_where_they_come_from() {
    let animals = run(&config(), 9);
    assert_eq!(animals[1].recording.animal(), "sim02");
    assert_eq!(animals[1].recording.provenance().place, "seed 9, animal 2");
    assert!(animals[1].recording.file_derivative().is_none());
}

#[test]
fn a_configuration_that_makes_no_sense_is_refused() {
    let none = simulate(&SimulationConfig { n_animals: 0, ..config() }, 1).unwrap_err();
    assert!(matches!(none, SimulateError::Setting { field: "n_animals", .. }));
    assert_eq!(none.to_string(), "simulation setting n_animals: found 0, expected 1 to 1000");
}
