//! Neurons of which it is known what they know.

use super::*;
use crate::aligned::tests::{names, recording};
use nervering_recording::State;

/// Noise without a pattern in [−1, 1].
fn noise(a: usize, b: usize) -> f64 {
    let mut state = (a as u64) << 32 | b as u64;
    for _ in 0..3 {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state ^= state >> 29;
    }
    (state >> 11) as f64 / (1u64 << 52) as f64 - 1.
}

const NEURONS: [&str; 5] = ["RID", "ALA", "AVAL", "AVBL", "VB02"];

/// Two states in bouts of changing length. AVAL knows the state but for some noise, AVBL the same and
/// noisier, VB02 is as slow as the states and knows nothing, RID and ALA are noise.
fn worm(animal: &str, seed: usize) -> Recording {
    let mut s = Vec::new();
    while s.len() < 800 {
        let length = 20 + (10. * noise(seed, s.len())) as usize;
        let state =
            if s.last() == Some(&State::Forward) { State::Reverse1 } else { State::Forward };
        s.extend(vec![state; length]);
    }
    s.truncate(800);
    let level = |t: usize| if s[t] == State::Reverse1 { 1. } else { 0. };
    let known: Vec<f64> = (0..s.len()).map(level).collect();
    recording(animal, &NEURONS, &s, move |t, k| match k {
        2 => known[t] + 0.4 * noise(100 * seed, t),
        3 => known[t] + 1.5 * noise(100 * seed + 1, t),
        4 => (t as f64 / 60. + seed as f64).sin(),
        _ => noise(100 * seed + 10 + k, t),
    })
}

const CONFIG: InformationConfig = InformationConfig { n_shifts: 99, most_chosen: 2, seed: 1 };

fn found(n: usize) -> Information {
    let worms: Vec<Recording> = (0..n).map(|k| worm(&format!("w{k}"), k + 1)).collect();
    information(&worms, &names(&NEURONS), StateCoding::Two, CONFIG).unwrap()
}

#[test]
fn the_neuron_that_knows_is_found_and_keeps_nearly_everything() {
    let found = found(4);
    let order: Vec<&str> = found.singles.iter().map(|single| single.neuron.as_str()).collect();
    assert_eq!(order[..2], ["AVAL", "AVBL"]);
    assert!((found.entropy.mean.unwrap() - 1.).abs() < 0.05);
    let best = &found.singles[0];
    assert!(best.decoded.bits.mean.unwrap() > 0.85, "{best:?}");
    assert!(best.binned.mean.unwrap() > 0.8, "{:?}", best.binned);
    assert!(best.decoded.share.unwrap() > 0.95);
    assert!(best.decoded.accuracy.mean.unwrap() > 0.95);
    assert_eq!(found.all.share, Some(1.));
    for single in &found.singles[2..] {
        assert!(single.decoded.bits.mean.unwrap().abs() < 0.05, "{single:?}");
        assert!((single.decoded.balanced.mean.unwrap() - 0.5).abs() < 0.1);
    }
}

#[test]
fn a_slow_neuron_that_knows_nothing_has_bits_counted_and_none_left() {
    let found = found(4);
    let slow = found.singles.iter().find(|single| single.neuron.as_str() == "VB02").unwrap();
    let shifted: Vec<f64> = slow.by_animal.iter().map(|found| found.unwrap().1.mean).collect();
    let fast = found.singles.iter().find(|single| single.neuron.as_str() == "RID").unwrap();
    // The plug-in bias of independent frames is (12 − 1)(2 − 1) / (2 · 800 · ln 2) = 0.01 bits.
    let independent = fast.by_animal[0].unwrap().1.mean;
    assert!((independent - 0.01).abs() < 0.005, "{independent}");
    assert!(shifted.iter().all(|bits| *bits > 2. * independent), "{shifted:?}");
    assert!(slow.binned.mean.unwrap().abs() < 0.06, "{:?}", slow.binned);
    let p: Vec<f64> = slow.by_animal.iter().map(|found| found.unwrap().1.p).collect();
    assert!(p.iter().sum::<f64>() / 4. > 0.2, "{p:?}");
}

#[test]
fn neurons_are_chosen_without_the_animal_that_is_told() {
    let found = found(4);
    assert_eq!(found.chosen.len(), 2);
    assert!(found.chosen[0].neurons.iter().all(|of| of[0].as_str() == "AVAL"));
    let [one, two] = [0, 1].map(|k| found.chosen[k].decoded.bits.mean.unwrap());
    assert!(two >= one - 0.01, "{one} {two}");
    // Two animals: there is none to choose on besides the one trained on.
    let worms = [worm("a", 1), worm("b", 2)];
    let few = information(&worms, &names(&NEURONS), StateCoding::Two, CONFIG).unwrap();
    assert_eq!(few.chosen, []);
    let one = information(&worms[..1], &names(&NEURONS), StateCoding::Two, CONFIG).unwrap_err();
    assert!(one.to_string().contains("number of animals: found 1"), "{one}");
}
