//! What signals are, whatever scales them, and what they never look at.

use super::*;
use crate::{DerivativeMethod, SignalFollower};
use nervering_recording::{State, StateCoding};

const FPS: f64 = 3.;

fn animal(traces: [&[f64]; 2]) -> Selected {
    let n_frames = traces[0].len();
    let row = |frame: usize| [traces[0][frame], 0., traces[1][frame], 0.];
    Selected {
        animal: "worm".into(),
        neurons: vec!["AVAL".parse().unwrap(), "AVAR".parse().unwrap()],
        present: vec![true; 2],
        n_frames,
        values: (0..n_frames).flat_map(row).collect(),
        labels: vec![None; n_frames],
        states: vec![State::Unknown; n_frames],
        seconds: (0..n_frames).map(|k| k as f64 / FPS).collect(),
        coding: StateCoding::Two,
        derivative_method: DerivativeMethod::CentralDifferences,
    }
}

fn waves(n: usize, scale: f64, offset: f64) -> Selected {
    let wave = |k: usize, speed: f64| offset + scale * (k as f64 * speed).sin();
    let [a, b] = [0.1, 0.37].map(|speed| (0..n).map(|k| wave(k, speed)).collect::<Vec<_>>());
    animal([&a, &b])
}

fn back(delay_s: f64) -> Smoothing {
    Smoothing::Back { delay_s, interval_s: 1. / FPS }
}

fn signals(animal: &Selected, smoothing: Smoothing) -> Signals {
    Signals::new(animal, 0..animal.n_frames, smoothing).unwrap()
}

#[test]
fn levels_are_z_scores_and_slopes_have_their_unit() {
    let scaled = signals(&waves(400, 2., 7.), Smoothing::Around)
        .scaled(SignalScope::Own, LevelScale::ZScore)
        .unwrap();
    for (column, variance) in [(0, 1.), (1, 1. / (1.5 * 1.5)), (2, 1.), (3, 1. / (1.5 * 1.5))] {
        let values: Vec<f64> =
            scaled.iter().skip(column).step_by(4).map(|&value| f64::from(value)).collect();
        let squares = values.iter().map(|value| value * value).sum::<f64>() / 400.;
        assert!((squares - variance).abs() < 1e-5, "column {column}: {squares}");
    }
}

#[test]
fn a_range_is_of_the_middle_of_the_levels() {
    let animal = waves(400, 2., 7.);
    let of = |animal: &Selected, scale| {
        signals(animal, Smoothing::Around).scaled(SignalScope::Own, scale).unwrap()
    };
    let [scores, places] = [LevelScale::ZScore, LevelScale::Range].map(|to| of(&animal, to));
    for neuron in 0..2 {
        let column = |of: &[f32], k: usize| -> Vec<f32> {
            of.iter().skip(2 * neuron + k).step_by(4).copied().collect()
        };
        let outside = column(&places, 0).iter().filter(|place| place.abs() > 1. + 1e-6).count();
        assert_eq!(outside, 16, "two of a hundred to either side");
        assert_eq!(column(&places, 1), column(&scores, 1));
        // One is a linear function of the other.
        let [a, b] = [&scores, &places].map(|of| column(of, 0));
        let slope = (b[50] - b[0]) / (a[50] - a[0]);
        for (a, b) in a.iter().zip(&b) {
            assert!((b - places[2 * neuron] - slope * (a - scores[2 * neuron])).abs() < 1e-4);
        }
    }
    // A neuron that is still but for a moment has no range of its middle.
    let still: Vec<f64> = (0..2000).map(|k| f64::from(u8::from((100..103).contains(&k)))).collect();
    let still = self::animal([&still, &still]);
    assert_eq!(of(&still, LevelScale::Range), of(&still, LevelScale::ZScore));
}

#[test]
fn the_unit_of_the_traces_does_not_matter() {
    let [a, b] = [waves(300, 1., 0.), waves(300, 40., 900.)];
    for smoothing in [Smoothing::Around, back(0.)] {
        for scale in [LevelScale::ZScore, LevelScale::Range] {
            let of = |animal| signals(animal, smoothing).scaled(SignalScope::Own, scale).unwrap();
            let largest = of(&a).iter().zip(of(&b)).fold(0f32, |m, (a, b)| m.max((a - b).abs()));
            assert!(largest < 1e-4, "{smoothing:?}: {largest}");
        }
    }
}

#[test]
fn what_looks_back_never_moves_when_later_frames_do() {
    let clean = waves(200, 1., 0.);
    let mut poisoned = clean.clone();
    let from = 120;
    poisoned.values[from * 4..].iter_mut().for_each(|value| *value = 1e6);
    let other = waves(150, 1., 0.2);
    for delay_s in [0., 1.] {
        let expected = Levels::expected(&[&signals(&other, back(delay_s))]);
        let scope = SignalScope::Running { prior: &expected, frames: 100. };
        let of = |animal| {
            let signals = signals(animal, back(delay_s));
            (signals.scaled(scope, LevelScale::ZScore).unwrap(), signals.in_context(scope).unwrap())
        };
        let (clean, poisoned) = (of(&clean), of(&poisoned));
        let answered = from - (delay_s * FPS) as usize;
        assert_eq!(clean.0[..answered * 4], poisoned.0[..answered * 4]);
        let row = 2 * Signals::n_in_context(back(delay_s));
        assert_eq!(clean.1[..answered * row], poisoned.1[..answered * row]);
        assert_ne!(clean.0[..(answered + 1) * 4], poisoned.0[..(answered + 1) * 4]);
    }
}

#[test]
fn a_follower_gives_the_bits_of_the_whole() {
    let (animal, other) = (waves(90, 1., 0.3), waves(50, 1., 0.));
    let prior = Levels::pooled(&[&signals(&other, back(0.))]);
    let running = SignalScope::Running { prior: &prior, frames: 60. };
    for scope in [SignalScope::Fixed(&prior), running] {
        let whole = signals(&animal, back(0.)).scaled(scope, LevelScale::ZScore).unwrap();
        for neuron in 0..2 {
            let levels = prior.of_neurons()[neuron];
            let mut follower = match scope {
                SignalScope::Running { frames, .. } => {
                    SignalFollower::running(levels, frames, 1. / FPS)
                }
                _ => SignalFollower::fixed(levels, 1. / FPS),
            };
            for frame in 0..90 {
                let value = animal.values[animal.at(frame, neuron, Feature::Trace)];
                assert_eq!(follower.step(value), whole[frame * 4 + 2 * neuron..][..2]);
            }
        }
    }
}

#[test]
fn a_delay_shows_each_frame_what_is_known_later() {
    let animal = waves(60, 1., 0.);
    let now = signals(&animal, back(0.)).scaled(SignalScope::Own, LevelScale::ZScore).unwrap();
    let late = signals(&animal, back(1.)).scaled(SignalScope::Own, LevelScale::ZScore).unwrap();
    assert_eq!(late[..57 * 4], now[3 * 4..]);
    assert_eq!(late[57 * 4..58 * 4], now[59 * 4..]);
    assert_eq!(late.len(), now.len());
}

#[test]
fn a_context_shows_the_frames_around() {
    let animal = waves(100, 1., 0.);
    let signals = signals(&animal, Smoothing::Around);
    let scaled = signals.scaled(SignalScope::Own, LevelScale::ZScore).unwrap();
    let context = signals.in_context(SignalScope::Own).unwrap();
    let n = Signals::n_in_context(Smoothing::Around);
    assert_eq!((n, context.len()), (54, 100 * 2 * 54));
    let at = |frame: usize, neuron: usize, lag: usize| {
        context[(frame * 2 + neuron) * n + 2 * lag..][..2].to_vec()
    };
    let shown = |frame: usize, neuron: usize| scaled[frame * 4 + 2 * neuron..][..2].to_vec();
    assert_eq!(at(50, 1, 13), shown(50, 1));
    // 7.8 s at three frames a second.
    assert_eq!((at(50, 0, 0), at(50, 0, 26)), (shown(27, 0), shown(73, 0)));
    assert_eq!((at(2, 1, 0), at(98, 1, 26)), (shown(0, 1), shown(99, 1)));
}

#[test]
fn what_an_animal_lacks_is_absent_whatever_stands_there() {
    let full = waves(120, 1., 0.);
    let mut lacking = full.clone();
    lacking.present[1] = false;
    lacking.values.iter_mut().skip(2).step_by(4).for_each(|value| *value = f64::NAN);
    let of = |animal| signals(animal, Smoothing::Around);
    let levels = Levels::pooled(&[&of(&full), &of(&lacking)]);
    assert_eq!(levels.of_neurons()[1], Levels::pooled(&[&of(&full)]).of_neurons()[1]);
    assert_eq!(
        Levels::expected(&[&of(&full), &of(&lacking)]).of_neurons()[1].values().map(f64::to_bits),
        Levels::expected(&[&of(&full)]).of_neurons()[1].values().map(f64::to_bits)
    );
    assert!(!Levels::pooled(&[&of(&lacking)]).of_neurons()[1].are_known());
    let running = SignalScope::Running { prior: &levels, frames: 60. };
    for scope in [SignalScope::Own, SignalScope::Fixed(&levels), running] {
        let tokens = of(&lacking).tokens(scope, LevelScale::ZScore).unwrap();
        let hidden =
            of(&full).showing(|neuron| neuron == 0).tokens(scope, LevelScale::ZScore).unwrap();
        let whole = of(&full).tokens(scope, LevelScale::ZScore).unwrap();
        assert_eq!(tokens, hidden);
        for (tokens, whole) in tokens.chunks(6).zip(whole.chunks(6)) {
            assert_eq!(tokens[..3], whole[..3]);
            assert_eq!((tokens[0], &tokens[3..], whole[3]), (1., &[0.; 3][..], 1.));
        }
    }
}

#[test]
fn flat_and_missing_traces_are_named() {
    let flat = animal([&[1.; 30], &[2.; 30]]);
    let error =
        signals(&flat, Smoothing::Around).scaled(SignalScope::Own, LevelScale::ZScore).unwrap_err();
    assert!(matches!(error, PrepareError::Flat { .. }), "{error}");
    let mut missing = waves(30, 1., 0.);
    missing.values[4 * 12 + 2] = f64::NAN;
    let error = Signals::new(&missing, 10..30, back(0.)).unwrap_err();
    assert!(error.to_string().contains("frame 12"), "{error}");
    assert!(Signals::new(&missing, 13..30, back(0.)).is_ok());
}
