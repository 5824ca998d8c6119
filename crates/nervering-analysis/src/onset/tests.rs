//! Animals whose onsets are known.

use super::*;
use crate::aligned::tests::{names, recording, states};
use nervering_recording::State;

/// The probability of each animal.
fn aurocs(found: &Onsets, window: OnsetWindow, templates: Templates) -> Vec<Option<f64>> {
    found.scores(window, templates).auroc.values.clone()
}

/// The score of an animal.
fn score(animal: &AnimalOnsets, templates: Templates) -> &OnsetScore {
    let is = |s: &&OnsetScore| (s.window, s.templates) == (OnsetWindow::Around, templates);
    animal.scores.iter().find(is).unwrap()
}

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

/// Forward and backward bouts of changing lengths; the first neuron bumps at each onset to the height
/// `bump`, the second does nothing but noise.
fn worm(animal: &str, seed: usize, bump: f64) -> Recording {
    let bouts: Vec<(State, usize)> = (0..16)
        .flat_map(|k| {
            let length = |j: usize| 30 + (15. * noise(seed, 2 * k + j)) as usize;
            [(State::Forward, length(0)), (State::Reverse1, length(1))]
        })
        .collect();
    let s = states(&bouts);
    let mut onsets = vec![false; s.len()];
    for t in 1..s.len() {
        onsets[t] = s[t - 1] == State::Forward && s[t] == State::Reverse1;
    }
    recording(animal, &["AVAL", "RID", "ALA"], &s.clone(), move |t, k| {
        let near = onsets[t.saturating_sub(2)..(t + 3).min(onsets.len())].iter().any(|is| *is);
        let height = if k == 0 && near { bump } else { 0. };
        height + 0.3 * noise(1000 * seed + k, t)
    })
}

fn found(worms: &[Recording]) -> Onsets {
    onsets(worms, &names(&["AVAL", "RID", "ALA"]), 99, 1).unwrap()
}

#[test]
fn a_bump_that_all_share_is_decoded_by_every_template() {
    let found = found(&[worm("a", 1, 1.), worm("b", 2, 1.), worm("c", 3, 1.)]);
    for templates in Templates::ALL {
        for auroc in aurocs(&found, OnsetWindow::Around, templates) {
            assert!(auroc.unwrap() > 0.97, "{templates:?}: {auroc:?}");
        }
    }
    for animal in &found.animals {
        assert_eq!(animal.n_onsets, 16);
        let score = score(animal, Templates::Others);
        let shifted = score.shifted.unwrap();
        assert!(shifted.p < 0.05 && (shifted.mean - 0.5).abs() < 0.1, "{shifted:?}");
        // The mean score is highest at the onset.
        let best =
            (0..score.course.len()).max_by(|&a, &b| score.course[a].total_cmp(&score.course[b]));
        assert!(found.course_s[best.unwrap()].abs() < 0.7);
    }
}

#[test]
fn an_animal_that_does_the_opposite_is_decoded_by_itself_alone() {
    let found = found(&[worm("a", 1, 1.), worm("b", 2, 1.), worm("odd", 3, -1.)]);
    let of = |templates| aurocs(&found, OnsetWindow::Around, templates)[2].unwrap();
    assert!(of(Templates::Own) > 0.97, "{}", of(Templates::Own));
    assert!(of(Templates::Others) < 0.05, "{}", of(Templates::Others));
    // Of the two others one is alike and one the opposite.
    let one = aurocs(&found, OnsetWindow::Around, Templates::OneOther)[0].unwrap();
    assert!((one - 0.5).abs() < 0.05, "{one}");
}

#[test]
fn noise_is_decoded_by_nobody() {
    let found = found(&[worm("a", 4, 0.), worm("b", 5, 0.), worm("c", 6, 0.)]);
    for window in OnsetWindow::ALL {
        for templates in Templates::ALL {
            let aurocs: Vec<f64> =
                aurocs(&found, window, templates).into_iter().flatten().collect();
            assert!((mean(&aurocs) - 0.5).abs() < 0.1, "{window:?} {templates:?}: {aurocs:?}");
        }
    }
}

#[test]
fn templates_are_means_over_whole_windows_in_seconds_whatever_the_frame_rate() {
    let a = worm("a", 1, 1.);
    let found = found(&[a.clone(), worm("b", 2, 1.)]);
    let template = found.animals[0].template.as_ref().unwrap();
    assert_eq!(template.len(), found.lags_s.len() * 3);
    assert!((found.lags_s[0] + REACH_S).abs() < 1e-9 && found.lags_s[9].abs() < 1e-12);
    // At lag 0 the mean z-score of the frames of onset.
    let trace = scaled_trace(&a, &names(&["AVAL"])[0], TraceScale::ZScore).unwrap();
    let activity = Activity::of(&a, &names(&["AVAL"])).unwrap();
    let at: Vec<f64> = activity.onsets.iter().map(|&onset| trace[onset]).collect();
    assert!((template[9 * 3] - mean(&at)).abs() < 1e-12);
}

#[test]
fn one_animal_or_no_states_are_refused() {
    let one = onsets(&[worm("a", 1, 1.)], &names(&["AVAL"]), 9, 1).unwrap_err().to_string();
    assert!(one.contains("number of animals: found 1"), "{one}");
    let still = recording("still", &["AVAL"], &states(&[(State::Forward, 90)]), |t, _| t as f64);
    let found = onsets(&[worm("a", 1, 1.), still], &names(&["AVAL"]), 9, 1).unwrap();
    assert_eq!((found.animals[1].n_onsets, &found.animals[1].template), (0, &None));
    let score = score(&found.animals[0], Templates::Others);
    assert_eq!((score.auroc, score.course.len()), (None, 0));
}
