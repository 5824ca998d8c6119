//! Cases of the checks of names, and of left–right pairs.

use super::fixtures::*;
use nervering_io::Level::{Advice, Doubtful, Wrong};
use nervering_recording::{NeuronLabel, RecordingParts};

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
