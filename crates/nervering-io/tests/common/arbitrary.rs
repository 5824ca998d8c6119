//! Any recording, for properties that hold of all of them.

use nervering_recording::{
    Behavior, FileDerivative, NeuronLabel, NeuronNames, Provenance, Recording, RecordingParts,
    State, TimeBase, TraceUnit, Traces,
};
use proptest::prelude::*;

fn label() -> impl Strategy<Value = NeuronLabel> {
    prop_oneof![
        "[A-Z]{3}[LR]".prop_map(|text| NeuronNames::Any.label(&text)),
        prop::sample::select(vec!["AVAL", "VB1", "R1AL"]).prop_map(NeuronLabel::from_text),
        "(VB|DA)[1-9]".prop_map(|text| NeuronLabel::from_text(&text)),
        "[0-9]{1,3}|---||\\PC{0,8}|time_s|state|AVAL\\.derivative|A,\"B\n|\u{1}\u{7f}"
            .prop_map(NeuronLabel::Unidentified),
        Just(NeuronLabel::from_candidates(["SMDVL", "SMDVR"])),
        Just(NeuronLabel::from_candidates(["AVAL", "AVAR", "AVEL"])),
    ]
}

/// Any number that a trace may hold.
fn number() -> impl Strategy<Value = f64> {
    use proptest::num::f64::*;
    prop_oneof![4 => NORMAL | SUBNORMAL | ZERO, 1 => Just(f64::NAN), 2 => -1.0..3.0]
}

/// The name of a known state, or a label of one's own.
fn state() -> impl Strategy<Value = String> {
    let known: Vec<String> =
        State::ALL.iter().filter_map(|state| state.known_name()).map(str::to_owned).collect();
    prop_oneof![prop::sample::select(known), "[a-zA-Z,\"; é=]{1,12}[a-z]"]
}

/// Any sound recording of up to 5 neurons and 19 frames.
pub fn recording() -> impl Strategy<Value = Recording> {
    (1..6_usize, 2..20_usize)
        .prop_flat_map(|(n_neurons, n_frames)| {
            let values = || prop::collection::vec(number(), n_neurons * n_frames);
            (
                prop::collection::vec(label(), n_neurons),
                values(),
                prop::option::of((values(), "\\PC{0,8}")),
                prop::option::of(prop::collection::vec(state(), n_frames)),
                prop::collection::vec(0.9..1.1_f64, n_frames),
                "\\PC{1,8}[a-z]",
                ("\\PC{0,8}", "\\PC{0,8}", "\\PC{0,8}"),
            )
        })
        .prop_filter_map(
            "a sound recording",
            |(neurons, values, derivative, states, steps, animal, from)| {
                let (n_neurons, n_frames) = (neurons.len(), steps.len());
                let mut clock = 0.;
                let seconds = steps
                    .iter()
                    .map(|step| {
                        clock += step / 3.;
                        clock
                    })
                    .collect();
                Recording::new(RecordingParts {
                    animal,
                    neurons,
                    traces: Traces::new(n_frames, n_neurons, values).ok()?,
                    derivative: match derivative {
                        Some((values, field)) => Some(FileDerivative {
                            values: Traces::new(n_frames, n_neurons, values).ok()?,
                            field,
                        }),
                        None => None,
                    },
                    behavior: states.and_then(|states| Behavior::from_names(states).ok()),
                    time: TimeBase::new(seconds).ok()?,
                    provenance: Provenance {
                        unit: TraceUnit::ALL.get(n_frames % 7).copied(),
                        source: from.0,
                        place: from.1,
                        trace_field: from.2,
                    },
                })
                .ok()
            },
        )
}
