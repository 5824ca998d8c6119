//! Cases of the checks of values, artefacts and scale.

use super::fixtures::*;
use nervering_io::Level::{Advice, Doubtful, Wrong};
use nervering_recording::{RecordingParts, TraceUnit};

pub const CASES: &[Case] = &[
    Case {
        kind: "flat-trace",
        wrong: || changed(|p| map(p, |_, column, v| if column == 7 { 0.25 } else { v })),
        finds: &[("flat-trace", Wrong)],
        right: || changed(|p| at(p, 7, |frame, _| if frame == 3 { 0.26 } else { 0.25 })),
    },
    Case {
        kind: "missing-values",
        wrong: || changed(|p| at(p, 7, |frame, v| if frame == 9 { f64::NAN } else { v })),
        finds: &[("missing-values", Doubtful)],
        right: || changed(|_| {}),
    },
    Case {
        kind: "saturated-trace",
        wrong: || changed(|p| at(p, 7, |_, v| v.min(0.2))),
        finds: &[("saturated-trace", Doubtful)],
        // Values of few digits meet their largest value often, but not for long.
        right: || changed(|p| at(p, 7, |frame, _| (8. * random(3, frame, 7)).floor())),
    },
    Case {
        kind: "stuck-trace",
        wrong: || {
            changed(|p| at(p, 7, |frame, v| if (100..130).contains(&frame) { 0.01 } else { v }))
        },
        finds: &[("stuck-trace", Doubtful)],
        right: || {
            changed(|p| at(p, 7, |frame, v| if (100..110).contains(&frame) { 0.01 } else { v }))
        },
    },
    Case {
        kind: "duplicate-trace",
        wrong: || changed(|p| copy(p, 0.)),
        finds: &[("duplicate-trace", Doubtful)],
        right: || changed(|p| copy(p, 1e-9)),
    },
    Case {
        kind: "spikes",
        wrong: || changed(|p| at(p, 7, |frame, v| if frame == 50 { v + 1. } else { v })),
        finds: &[("spikes", Advice)],
        // A rise that stays is what calcium does.
        right: || changed(|p| at(p, 7, |frame, v| if frame > 50 { v + 1. } else { v })),
    },
    Case {
        kind: "motion-artefact",
        wrong: || changed(|p| jump(p, 11)),
        finds: &[("motion-artefact", Doubtful)],
        right: || changed(|p| jump(p, 4)),
    },
    Case {
        kind: "drift",
        wrong: || changed(|p| map(p, |frame, _, v| v - 0.003 * frame as f64 + 1.)),
        finds: &[("drift", Doubtful)],
        right: || {
            changed(|p| map(p, |frame, c, v| if c < 5 { v - 0.003 * frame as f64 } else { v }))
        },
    },
    Case {
        kind: "z-scored",
        wrong: || changed(|p| map_traces(p, |_, trace| z_scored(&trace))),
        finds: &[("z-scored", Doubtful)],
        // Some neurons may look like it by chance.
        right: || {
            changed(|p| map_traces(p, |k, trace| if k < 8 { z_scored(&trace) } else { trace }))
        },
    },
    Case {
        kind: "min-max-scaled",
        wrong: || changed(|p| map_traces(p, |_, trace| scaled(&trace))),
        finds: &[("min-max-scaled", Doubtful)],
        right: || changed(|p| map_traces(p, |k, trace| if k < 8 { scaled(&trace) } else { trace })),
    },
    Case {
        kind: "percent",
        wrong: || changed(|p| map(p, |_, _, v| 100. * v)),
        finds: &[("percent", Doubtful)],
        right: || changed(|p| map(p, |_, _, v| 5. * v)),
    },
    Case {
        kind: "raw-fluorescence",
        wrong: || changed(|p| map(p, |_, _, v| 400. + 300. * v)),
        finds: &[("raw-fluorescence", Doubtful)],
        right: || changed(|p| map(p, |_, _, v| 1. + v)),
    },
    Case {
        kind: "ratio",
        wrong: || changed(|p| map(p, |_, _, v| 1. + v)),
        finds: &[("ratio", Advice)],
        right: || changed(|p| map(p, |_, _, v| 0.3 + v)),
    },
    Case {
        kind: "unit-contradicted",
        wrong: || {
            changed(|p| {
                p.provenance.unit = Some(TraceUnit::DeltaF);
                map(p, |_, _, v| 1. + v);
            })
        },
        finds: &[("unit-contradicted", Doubtful)],
        right: || changed(|p| p.provenance.unit = Some(TraceUnit::DeltaF)),
    },
    Case {
        kind: "below-minus-one",
        wrong: || changed(|p| map(p, |_, _, v| 6. * v)),
        finds: &[("below-minus-one", Doubtful)],
        right: || changed(|p| map(p, |_, _, v| 2. * v)),
    },
    Case {
        kind: "not-bleach-corrected",
        wrong: || changed(|p| p.provenance.trace_field = "deltaFOverF".into()),
        finds: &[("not-bleach-corrected", Advice)],
        right: || changed(|p| p.provenance.trace_field = "traces".into()),
    },
];

/// Changes the values of one neuron.
fn at(parts: &mut RecordingParts, neuron: usize, new: impl Fn(usize, f64) -> f64) {
    map(parts, |frame, column, v| if column == neuron { new(frame, v) } else { v });
}

/// Makes the neuron without a name the one before it, plus something.
fn copy(parts: &mut RecordingParts, plus: f64) {
    let original: Vec<f64> = parts.traces.neuron(UNNAMED - 1).collect();
    at(parts, UNNAMED, |frame, _| original[frame] + plus * frame as f64);
}

/// Lifts the first neurons at one frame for a while.
fn jump(parts: &mut RecordingParts, n_neurons: usize) {
    map(
        parts,
        |frame, column, v| {
            if column < n_neurons && (205..212).contains(&frame) { v + 1. } else { v }
        },
    );
}

fn z_scored(trace: &[f64]) -> Vec<f64> {
    let n = trace.len() as f64;
    let mean = trace.iter().sum::<f64>() / n;
    let sd = (trace.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    trace.iter().map(|v| (v - mean) / sd).collect()
}

fn scaled(trace: &[f64]) -> Vec<f64> {
    let low = trace.iter().copied().fold(f64::INFINITY, f64::min);
    let high = trace.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    trace.iter().map(|v| (v - low) / (high - low)).collect()
}

#[test]
fn a_flat_neuron_without_a_name_is_only_doubtful() {
    let found = warnings(changed(|p| at(p, UNNAMED, |_, _| 0.)));
    assert_eq!((found[0].kind, found[0].level), ("flat-trace", Doubtful));
    assert!(found[0].text.ends_with("column 16"), "{}", found[0].text);
}

#[test]
fn one_trace_under_two_names_is_wrong() {
    let found = warnings(changed(|p| {
        copy(p, 0.);
        rename(p, UNNAMED, "VB03");
    }));
    assert_eq!((found[0].kind, found[0].level), ("duplicate-trace", Wrong));
    assert!(found[0].text.contains("VB02 and VB03"), "{}", found[0].text);
}

#[test]
fn a_motion_artefact_is_told_by_its_frames() {
    let found = warnings(changed(|p| jump(p, 11)));
    assert!(found[0].text.contains("at frame 206, 213"), "{}", found[0].text);
}
