//! Cases of the checks of names, and of left–right pairs.

use super::fixtures::*;
use nervering_io::Level::{Advice, Doubtful, Wrong};
use nervering_recording::{NeuronLabel, RecordingParts, State};

pub const CASES: &[Case] = &[
    Case {
        kind: "no-identified-neuron",
        wrong: || changed(|p| p.neurons = vec![NeuronLabel::from_text("---"); N_NEURONS]),
        finds: &[("no-identified-neuron", Wrong), ("paper-15", Advice)],
        right: || changed(|p| keep_names(p, 1)),
    },
    Case {
        kind: "few-identified",
        wrong: || changed(|p| keep_names(p, 9)),
        finds: &[("few-identified", Advice), ("paper-15", Advice)],
        right: || changed(|p| keep_names(p, 10)),
    },
    Case {
        kind: "look-alike-label",
        wrong: || changed(|p| rename(p, UNNAMED, "SMDVL?")),
        finds: &[("look-alike-label", Doubtful)],
        right: || changed(|p| rename(p, UNNAMED, "left?")),
    },
    Case {
        kind: "look-alike-name",
        wrong: || changed(|p| rename(p, UNNAMED, "AVD1")),
        finds: &[("look-alike-name", Doubtful)],
        right: || changed(|p| rename(p, UNNAMED, "I1L")),
    },
    Case {
        kind: "unknown-name",
        wrong: || changed(|p| rename(p, UNNAMED, "XYZ")),
        finds: &[("unknown-name", Doubtful)],
        right: || changed(|p| rename(p, UNNAMED, "vb3")),
    },
    Case {
        kind: "not-a-neuron",
        wrong: || changed(|p| rename(p, UNNAMED, "SPEED")),
        finds: &[("not-a-neuron", Wrong)],
        // Without identity it enters no model.
        right: || changed(|p| p.neurons[UNNAMED] = NeuronLabel::Unidentified("SPEED".into())),
    },
    Case {
        kind: "name-twice",
        wrong: || changed(|p| p.neurons[UNNAMED] = NeuronLabel::from_candidates(["AVAL", "SMDVL"])),
        finds: &[("name-twice", Doubtful)],
        right: || changed(|p| p.neurons[UNNAMED] = NeuronLabel::from_candidates(["AVEL", "SMDVL"])),
    },
    Case {
        kind: "shifted-names",
        wrong: || changed(|p| p.neurons.rotate_right(1)),
        finds: &[("shifted-names", Doubtful)],
        // Where left and right do not go together, no other place is better.
        right: || {
            changed(|p| {
                map(p, |frame, column, _| random(5, frame, column));
                p.neurons.rotate_right(1);
            })
        },
    },
    Case {
        kind: "paper-15",
        wrong: || changed(|p| rename(p, 2, "3")),
        finds: &[("paper-15", Advice)],
        right: || changed(|p| p.neurons.swap(2, 7)),
    },
    Case {
        kind: "label-defining-neurons",
        wrong: || changed(|p| p.provenance.source = "WT_NoStim.mat".into()),
        finds: &[("label-defining-neurons", Advice)],
        right: || {
            changed(|p| {
                p.provenance.source = "WT_NoStim.mat".into();
                p.behavior = None;
            })
        },
    },
];

/// Leaves the first names and numbers the others.
fn keep_names(parts: &mut RecordingParts, n: usize) {
    for column in n..N_NEURONS {
        rename(parts, column, &(column + 1).to_string());
    }
}

#[test]
fn a_shift_is_told_with_both_correlations() {
    let found = warnings(changed(|p| p.neurons.rotate_right(1)));
    let shifted = found.iter().find(|w| w.kind == "shifted-names").unwrap();
    assert!(shifted.text.contains("left and right of 4 pairs correlate by"), "{}", shifted.text);
    assert!(shifted.text.contains("off the column before it"), "{}", shifted.text);
    let other_way = warnings(changed(|p| p.neurons.rotate_left(1)));
    let shifted = other_way.iter().find(|w| w.kind == "shifted-names").unwrap();
    assert!(shifted.text.contains("off the column after it"), "{}", shifted.text);
}

#[test]
fn characters_that_pass_for_one_another_are_told_apart() {
    for (written, meant) in [("AVD1", "AVDL"), ("VBO3", "VB03"), ("SMBD1", "SMBDL"), ("RIX", "")] {
        let found = warnings(changed(|p| rename(p, UNNAMED, written)));
        let guess = found.iter().find(|w| w.text.contains(&format!("is it {meant}?")));
        assert_eq!(guess.is_some(), !meant.is_empty(), "{written}: {found:?}");
    }
    let found = warnings(changed(|p| rename(p, UNNAMED, "AVA1")));
    assert!(found[0].text.contains("is it AVAL, which is there too?"), "{}", found[0].text);
}

/// What is said of a column that is called as a neuron and holds these values.
fn nature(value: impl Fn(usize) -> f64) -> Option<String> {
    let found = warnings(changed(|p| {
        rename(p, UNNAMED, "SMDVL");
        map(p, |frame, column, old| if column == UNNAMED { value(frame) } else { old });
    }));
    found.into_iter().find(|w| w.kind == "not-a-neuron").map(|w| w.text)
}

#[test]
fn a_column_is_no_neuron_by_its_nature() {
    let state = |frame: usize| State::ALL.iter().position(|s| *s == states(frame)).unwrap() as f64;
    type Value<'a> = &'a dyn Fn(usize) -> f64;
    let cases: [(Value<'_>, &str); 6] = [
        (&|frame| frame as f64, "goes one way in every frame"),
        (&|frame| -0.35 * frame as f64, "goes one way in every frame"),
        (&|frame| 0.1 * (state(frame) / 2.).floor(), "has one value for each state"),
        // A frame late.
        (&|frame| state(frame.saturating_sub(1)), "holds 7 codes"),
        (&|frame| f64::from(frame / 15 % 2 == 0), "holds 2 codes"),
        (&|frame| if frame / 12 % 3 == 0 { 0.5 } else { 1.25 }, "holds 2 codes"),
    ];
    for (value, words) in cases {
        let text = nature(value).unwrap_or_default();
        assert!(text.contains(&format!("SMDVL ({words}")), "{words}: {text}");
    }
}

#[test]
fn a_neuron_that_only_looks_like_a_label_or_a_time_passes() {
    let noise = |frame| random(9, frame, 3);
    let rising = |frame: usize| frame as f64 + if frame == 100 { 1.5 } else { 0. };
    let of_state = |frame: usize| f64::from(states(frame) == State::Forward);
    type Value<'a> = &'a dyn Fn(usize) -> f64;
    let cases: [(&str, Value<'_>); 6] = [
        ("it falls once", &rising),
        ("the state, and one frame otherwise", &|f| {
            of_state(f) + f64::from(f == 33) * 0.5 + 0.01 * noise(f)
        }),
        ("whole numbers of a camera", &|frame| (300. * noise(frame)).round()),
        ("events of single frames", &|frame| f64::from(noise(frame) > 0.9)),
        ("few digits", &|frame| ((frame as f64 / 40.).sin() * 10.).round() / 10.),
        ("few levels that never last", &|frame| (4. * noise(frame)).floor() / 2.),
    ];
    for (what, value) in cases {
        assert_eq!(nature(value), None, "{what}");
    }
}
