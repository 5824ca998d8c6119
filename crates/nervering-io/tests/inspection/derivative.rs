//! Cases of the checks of derivatives.

use super::fixtures::*;
use nervering_io::Level::{Advice, Doubtful};
use nervering_recording::Traces;

pub const CASES: &[Case] = &[
    Case {
        kind: "derivative-mismatch",
        wrong: || changed(|p| with_derivative(p, |trace, frame| -backward(trace, frame))),
        finds: &[("derivative-mismatch", Doubtful)],
        right: || changed(|p| with_derivative(p, smoothed)),
    },
    Case {
        kind: "derivative-shifted",
        wrong: || changed(|p| with_derivative(p, |trace, k| backward(trace, k.saturating_sub(3)))),
        finds: &[("derivative-shifted", Doubtful)],
        right: || changed(|p| with_derivative(p, |trace, k| backward(trace, k.saturating_sub(1)))),
    },
    Case {
        kind: "derivative-unit",
        wrong: || changed(|p| with_derivative(p, |trace, frame| central(trace, frame) / FPS)),
        finds: &[("derivative-unit", Doubtful), ("derivative-looks-ahead", Advice)],
        right: || changed(|p| with_derivative(p, central)),
    },
    Case {
        kind: "derivative-missing-values",
        wrong: || {
            changed(|p| {
                with_derivative(p, |trace, k| if k == 9 { f64::NAN } else { backward(trace, k) });
            })
        },
        finds: &[("derivative-missing-values", Doubtful)],
        right: || changed(|p| with_derivative(p, backward)),
    },
    Case {
        kind: "derivative-looks-ahead",
        wrong: || changed(|p| with_derivative(p, central)),
        finds: &[("derivative-looks-ahead", Advice)],
        right: || changed(|p| with_derivative(p, causal)),
    },
];

/// A derivative that is smoothed over many frames, as published ones are.
fn smoothed(trace: &[f64], frame: usize) -> f64 {
    let near = frame.saturating_sub(4)..(frame + 5).min(trace.len());
    let n = near.len() as f64;
    near.map(|k| central(trace, k)).sum::<f64>() / n
}

/// The slope over the last three frames.
fn causal(trace: &[f64], frame: usize) -> f64 {
    (0..3).map(|k| backward(trace, frame.saturating_sub(k))).sum::<f64>() / 3.
}

#[test]
fn the_derivative_of_another_animal_does_not_belong() {
    let found = warnings(changed(|p| {
        let mut other = sound("b", 77);
        // In another order of neurons, so that not even their reversals coincide.
        let values = other.traces.values().chunks(N_NEURONS).flat_map(|row| row.iter().rev());
        other.traces = Traces::new(N_FRAMES, N_NEURONS, values.copied().collect()).unwrap();
        with_derivative(&mut other, backward);
        p.derivative = other.derivative;
    }));
    assert_eq!((found[0].kind, found[0].level), ("derivative-mismatch", Doubtful), "{found:?}");
}
