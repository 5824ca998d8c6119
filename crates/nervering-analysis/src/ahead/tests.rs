//! Animals that go round one way, at a known pace.

use super::switch::frames_to_switch;
use super::*;
use crate::aligned::tests::{names, recording};
use nervering_recording::State;
use std::f64::consts::TAU;

/// Rounds of 60 frames at 2 frames per second: forward on one half and backward on the other, where
/// neurons turn evenly. A chain of states knows the mean of a half, the phase how much of it is left.
fn worm(animal: &str, n_frames: usize, seed: usize) -> Recording {
    let s: Vec<State> = (0..n_frames)
        .map(|t| if (t + seed) % 60 < 30 { State::Forward } else { State::Reverse1 })
        .collect();
    recording(animal, &["AVAL", "RIML", "RID"], &s, |t, k| {
        let noise = 0.02 * ((t * t + 7 * t * k + 31 * seed * t) as f64).sin();
        ((t + seed) as f64 / 60. * TAU + k as f64 * 2.).sin() + noise
    })
}

fn found() -> Ahead {
    let worms = [worm("a", 480, 1), worm("b", 480, 2), worm("c", 480, 3)];
    ahead(&worms, &names(&["AVAL", "RIML", "RID"]), StateCoding::Two, 1).unwrap()
}

#[test]
fn phase_tells_what_comes_where_states_alone_know_only_how_often() {
    let found = found();
    assert_eq!(found.seconds.len(), AHEAD_S + 1);
    let whole = &found.scopes[1];
    assert_eq!(whole.scope, AheadScope::WholeRecording);
    let [adm, alone, stays, frequencies] = [0, 1, 2, 3].map(|k| &whole.states[k]);
    // Half a round is 15 s: then every state is the other one.
    let at = |of: &StatesOverAnimals, second: usize| of.balanced.mean[second];
    assert!(at(adm, 0) > 0.9 && at(adm, 15) > 0.85 && at(adm, 30) > 0.85, "{:?}", adm.balanced);
    assert!(at(stays, 0) > 0.9 && at(stays, 15) < 0.15, "{:?}", stays.balanced);
    assert!(at(alone, 7) < at(adm, 7) - 0.2, "{:?}", alone.balanced);
    assert_eq!(at(frequencies, 15), 0.5);
    let bits = |of: &StatesOverAnimals| of.bits.mean[15];
    assert!(bits(adm) > 0.3 && bits(alone) < 0.1, "{} {}", bits(adm), bits(alone));
    assert!(frequencies.bits.mean[15].abs() < 0.02);
    let less = stays.adm_less[15][0].unwrap();
    assert!(less.mean_difference > 0.7 && less.n_animals == 3);
    assert_eq!(adm.adm_less[15][0].unwrap().mean_difference, 0.);
}

#[test]
fn the_time_to_the_switch_is_told_by_phase() {
    for by in found().scopes {
        let [adm, alone, dwell, constant] = [0, 1, 2, 3].map(|k| &by.switches[k]);
        let error = |of: &SwitchOverAnimals| of.error_s.mean.unwrap();
        // Between 0.5 and 15 s are left, evenly: a constant is wrong by a quarter of that.
        assert!((error(constant) - 3.75).abs() < 0.3, "{constant:?}");
        assert!((error(dwell) - 3.75).abs() < 0.4, "{dwell:?}");
        assert!(error(adm) < 1.5, "{:?}: {adm:?}", by.scope);
        assert!(error(adm) < error(alone) - 1.5);
        assert!(adm.correlation.mean.unwrap() > 0.6, "{:?}: {adm:?}", by.scope);
        assert_eq!(constant.correlation.mean, None);
    }
}

#[test]
fn frames_to_switch_are_counted_back_and_cut() {
    let labels = [Some(0), Some(0), None, Some(0), Some(1), Some(1), None, Some(0), Some(0)];
    let left = frames_to_switch(&labels, 2);
    let expected = [Some(3), Some(3), None, Some(1), Some(3), Some(2), None, None, None];
    assert_eq!(left, expected);
    // Where more than the horizon is left, the switch is surely later.
    assert_eq!(frames_to_switch(&[Some(1); 5], 2), [Some(3), Some(3), None, None, None]);
}

#[test]
fn no_later_frame_changes_what_is_told() {
    // A switch of the future cannot move what is known of frames before it.
    let worms = [worm("a", 480, 1), worm("b", 480, 2)];
    let mut parts = worms[1].clone().into_parts();
    let n = 300;
    let values: Vec<f64> = (0..480 * 3)
        .map(|k| if k / 3 < n { worms[1].traces().neuron(k % 3).nth(k / 3).unwrap() } else { 1e3 })
        .collect();
    parts.traces = nervering_recording::Traces::new(480, 3, values).unwrap();
    let poisoned = Recording::new(parts).unwrap();
    let neurons = names(&["AVAL", "RIML", "RID"]);
    let bins = |other: &Recording| {
        let whole = (DerivativeSource::Backward, Scope::WholeRecording);
        let known = prepare(&worms[0], &neurons, &StateCoding::Two, whole.0, whole.1).unwrap();
        let fitted = fit_prepared(&[&known]).unwrap();
        let told = prepare(other, &neurons, &StateCoding::Two, whole.0, Scope::Causal).unwrap();
        fitted.bins(&told.features, &[480])[..n].to_vec()
    };
    assert_eq!(bins(&worms[1]), bins(&poisoned));
}

#[test]
fn one_animal_and_one_without_states_are_refused() {
    let neurons = names(&["AVAL", "RIML", "RID"]);
    let tell =
        |worms: &[Recording]| ahead(worms, &neurons, StateCoding::Two, 1).unwrap_err().to_string();
    assert!(tell(&[worm("a", 480, 1)]).contains("number of animals: found 1"));
    let mut parts = worm("silent", 480, 2).into_parts();
    parts.behavior = None;
    let silent = Recording::new(parts).unwrap();
    assert!(tell(&[worm("a", 480, 1), silent]).contains("silent"));
}
