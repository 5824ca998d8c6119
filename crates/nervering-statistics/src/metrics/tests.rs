//! The metrics against scikit-learn, SciPy and NumPy on random inputs
//! (`tests/scipy/metrics.json`, made by `tests/scipy/generate.py`), and against other formulas.

use super::*;
use crate::bouts::frame_edges_s;
use crate::metrics::runs::Run;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

/// One random input and what Python makes of it. All frames are evaluated.
#[derive(Deserialize)]
struct Case {
    n_classes: usize,
    /// −1 is unknown.
    labels: Vec<i16>,
    times_s: Vec<f64>,
    log_probabilities: Vec<f32>,
    accuracy: f64,
    balanced_accuracy: f64,
    macro_f1: f64,
    recall: Vec<Option<f64>>,
    nll: f64,
    calibration_error: f64,
    transitions_labelled: usize,
    transitions_predicted: usize,
    transitions_found: usize,
    mean_error_s: Option<f64>,
    mean_absolute_error_s: Option<f64>,
    dwell_distance_s: f64,
}

fn close(found: Option<f64>, expected: f64, what: &str) {
    let found = found.unwrap_or_else(|| panic!("{what}: none, expected {expected}"));
    assert!((found - expected).abs() < 1e-9, "{what}: {found}, expected {expected}");
}

#[test]
fn every_metric_is_what_python_makes_of_it() {
    let text = include_str!("../../tests/scipy/metrics.json");
    let cases: Vec<Case> = serde_json::from_str(text).unwrap();
    assert!(cases.len() >= 6);
    for case in cases {
        let labels: Vec<Option<u8>> =
            case.labels.iter().map(|&label| u8::try_from(label).ok()).collect();
        let frames: Vec<usize> = (0..labels.len()).collect();
        let predicted = Predicted {
            classes: &most_probable(&case.log_probabilities, case.n_classes),
            log_probabilities: Some(&case.log_probabilities),
        };
        let evaluated = EvaluatedFrames {
            animal: "a",
            role: Role::UnseenAnimal,
            labels: &labels,
            times_s: &case.times_s,
            frames: &frames,
        };
        let found = evaluate(&evaluated, predicted, case.n_classes);
        close(found.accuracy, case.accuracy, "accuracy");
        close(found.balanced_accuracy, case.balanced_accuracy, "balanced accuracy");
        close(found.macro_f1, case.macro_f1, "macro-F1");
        close(found.nll, case.nll, "NLL");
        close(found.calibration_error, case.calibration_error, "calibration error");
        close(found.dwell_distance_s, case.dwell_distance_s, "dwell distance");
        for (found, expected) in found.recall().into_iter().zip(case.recall) {
            assert_eq!(found.is_some(), expected.is_some());
            expected.into_iter().for_each(|expected| close(found, expected, "recall"));
        }
        let transitions = found.transitions.unwrap();
        assert_eq!(transitions.n_labelled, case.transitions_labelled);
        assert_eq!(transitions.n_predicted, case.transitions_predicted);
        assert_eq!(transitions.n_found, case.transitions_found);
        let errors = [
            (transitions.mean_error_s, case.mean_error_s),
            (transitions.mean_absolute_error_s, case.mean_absolute_error_s),
        ];
        for (found, expected) in errors {
            assert_eq!(found.is_some(), expected.is_some());
            expected.into_iter().for_each(|expected| close(found, expected, "timing"));
        }
    }
}

#[test]
fn unknown_frames_count_nowhere_and_shuffled_windows_have_no_timing() {
    let labels = [None, Some(0), None, Some(1), None, Some(1), Some(1)];
    let predicted = Predicted {
        classes: &[0, 0, 1, 0, 1],
        log_probabilities: Some(&[0.5f32, 0.5].map(f32::ln).repeat(5)),
    };
    let evaluated = EvaluatedFrames {
        animal: "a",
        role: Role::SameAnimal,
        labels: &labels,
        times_s: &[0., 1., 2., 3., 4., 5., 6.],
        frames: &[1, 2, 3, 5, 6],
    };
    let evaluation = evaluate(&evaluated, predicted, 2);
    assert_eq!((evaluation.n_frames, evaluation.n_labelled), (5, 4));
    assert_eq!(evaluation.confusion, [[1, 1], [0, 2]]);
    assert_eq!(evaluation.accuracy, Some(0.75));
    assert_eq!(evaluation.balanced_accuracy, Some((1. + 2. / 3.) / 2.));
    assert!((evaluation.nll.unwrap() - 2f64.ln()).abs() < 1e-6);
    assert_eq!((evaluation.transitions, evaluation.dwell_distance_s), (None, None));
}

#[test]
fn an_evaluation_without_the_later_fields_still_reads() {
    let text = r#"{"animal": "a", "role": "same-animal", "n_frames": 2, "n_labelled": 1,
        "accuracy": 1.0, "balanced_accuracy": 1.0, "nll": null, "confusion": [[1, 0], [0, 0]]}"#;
    let evaluation: Evaluation = serde_json::from_str(text).unwrap();
    assert_eq!((evaluation.macro_f1, evaluation.transitions.clone()), (None, None));
    let written = serde_json::to_string(&evaluation).unwrap();
    assert_eq!(serde_json::from_str::<Evaluation>(&written).unwrap(), evaluation);
}

/// States that hold for a while, as one run; `late` shifts the prediction by so many frames.
fn run(rng: &mut ChaCha8Rng, n: usize, late: usize) -> Run {
    let mut labels = Vec::new();
    while labels.len() < n {
        let class = rng.random_range(0..3u8);
        labels.extend(vec![Some(class); rng.random_range(10..30)]);
    }
    labels.truncate(n);
    let predicted = (0..n).map(|t| labels[t.saturating_sub(late)].unwrap()).collect();
    let times: Vec<f64> = (0..n).map(|t| t as f64 / 3.).collect();
    Run { labels, predicted, edges_s: frame_edges_s(&times) }
}

#[test]
fn a_delayed_prediction_is_late_by_its_delay() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for late in 0..10 {
        let run = run(&mut rng, 600, late);
        let timing = timing::transition_timing(std::slice::from_ref(&run));
        // The last transition's echo may fall behind the end.
        assert!(timing.n_found + 1 >= timing.n_labelled && timing.n_labelled > 10);
        close(timing.mean_error_s, late as f64 / 3., "delay");
        // Only the first and the last bout change their length.
        let distance = dwell::dwell_distance(&[run], 3).unwrap();
        assert!(distance <= late as f64, "{late}: {distance}");
    }
    let far = run(&mut rng, 600, 16);
    assert!(timing::transition_timing(&[far]).n_found < 10);
}

#[test]
fn one_frame_of_flicker_spoils_dwell_times_but_hardly_accuracy() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut flicker = run(&mut rng, 900, 0);
    for t in (5..900).step_by(10) {
        flicker.predicted[t] = (flicker.predicted[t] + 1) % 3;
    }
    let timing = timing::transition_timing(std::slice::from_ref(&flicker));
    assert_eq!(timing.found(), Some(1.));
    assert!(timing.n_predicted > 4 * timing.n_labelled);
    // Bouts of mean 20 frames become bouts of some 5.
    assert!(dwell::dwell_distance(&[flicker], 3).unwrap() > 3.);
}

#[test]
fn the_wasserstein_distance_is_the_mean_difference_of_sorted_copies() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for _ in 0..50 {
        let (n, m) = (rng.random_range(1..9usize), rng.random_range(1..9usize));
        // Few values, so that some are equal.
        let mut a: Vec<f64> = (0..n).map(|_| f64::from(rng.random_range(0..6u8))).collect();
        let mut b: Vec<f64> = (0..m).map(|_| f64::from(rng.random_range(0..6u8))).collect();
        // m copies of each a and n copies of each b make samples of equal size.
        let copies = |values: &[f64], times: usize| {
            let mut all: Vec<f64> = values.iter().flat_map(|&v| vec![v; times]).collect();
            all.sort_by(f64::total_cmp);
            all
        };
        let pairs = copies(&a, m).into_iter().zip(copies(&b, n));
        let expected = pairs.map(|(x, y)| (x - y).abs()).sum::<f64>() / (n * m) as f64;
        close(Some(dwell::wasserstein(&mut a, &mut b)), expected, "Wasserstein");
    }
}

#[test]
fn a_state_that_is_never_predicted_costs_its_mean_bout() {
    let labels: Vec<Option<u8>> = [0, 0, 0, 0, 1, 1, 0, 0].map(Some).to_vec();
    let times: Vec<f64> = (0..8).map(f64::from).collect();
    let run = Run { labels, predicted: vec![0; 8], edges_s: frame_edges_s(&times) };
    // State 0: bouts of 4 and 2 s against one of 8 s; state 1: 2 s against 0 s.
    close(dwell::dwell_distance(&[run], 2), (6. * 5. + 2. * 2.) / 8., "dwell");
}
