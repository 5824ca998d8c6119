//! Cases of the checks across animals.

use super::fixtures::*;
use nervering_io::Level::{Advice, Doubtful, Wrong};
use nervering_recording::{RecordingParts, TimeBase};

pub const CASES: &[Case] = &[
    Case {
        kind: "same-animal-twice",
        wrong: || {
            let mut rounded = sound("b", 1);
            map(&mut rounded, |_, _, v| (v * 1e6).round() / 1e6);
            vec![sound("a", 1), rounded]
        },
        finds: &[("same-animal-twice", Wrong)],
        right: || vec![sound("a", 1), sound("b", 2)],
    },
    Case {
        kind: "nothing-shared",
        wrong: || second_changed(|p| other_names(p, 0)),
        finds: &[("nothing-shared", Wrong), ("paper-15", Advice)],
        right: || second_changed(|p| other_names(p, 1)),
    },
    Case {
        kind: "few-shared",
        wrong: || second_changed(|p| other_names(p, 2)),
        finds: &[("few-shared", Doubtful), ("paper-15", Advice)],
        right: || second_changed(|p| other_names(p, 3)),
    },
    Case {
        kind: "different-rates",
        wrong: || second_changed(|p| p.time = TimeBase::regular(N_FRAMES, 4.5, 0.).unwrap()),
        finds: &[("different-rates", Advice)],
        right: || second_changed(|p| p.time = TimeBase::regular(N_FRAMES, 3.5, 0.).unwrap()),
    },
    Case {
        kind: "different-units",
        wrong: || second_changed(|p| map(p, |_, _, v| v / 30.)),
        finds: &[("different-units", Doubtful)],
        right: || second_changed(|p| map(p, |_, _, v| v / 10.)),
    },
    Case {
        kind: "different-fields",
        wrong: || second_changed(|p| p.provenance.trace_field = "traces".into()),
        finds: &[("different-fields", Advice)],
        right: || second_changed(|p| p.provenance.trace_field = String::new()),
    },
    Case {
        kind: "partly-labelled",
        wrong: || second_changed(|p| p.behavior = None),
        finds: &[("partly-labelled", Advice), ("unlabelled", Advice)],
        right: || {
            let mut both = vec![sound("a", 1), sound("b", 2)];
            both.iter_mut().for_each(|p| p.behavior = None);
            both
        },
    },
];

/// Leaves the last `n` of the paper's names and gives others that do exist to the rest.
fn other_names(parts: &mut RecordingParts, n: usize) {
    let others = (1..=9).map(|k| format!("DA{k}")).chain((1..=7).map(|k| format!("DB{k}")));
    for (column, name) in others.enumerate().take(PAPER_15.len() - n) {
        rename(parts, column, &name);
    }
}

#[test]
fn rates_that_are_twice_apart_are_doubtful() {
    let found =
        warnings(second_changed(|p| p.time = TimeBase::regular(N_FRAMES, 6.5, 0.).unwrap()));
    assert_eq!((found[0].kind, found[0].level), ("different-rates", Doubtful));
}

#[test]
fn one_animal_as_a_ratio_among_others_is_told_by_its_unit() {
    let found = warnings(second_changed(|p| map(p, |_, _, v| 1. + v)));
    let units = found.iter().find(|w| w.kind == "different-units").unwrap();
    assert_eq!(units.level, Doubtful);
    assert!(units.text.contains("ΔF/F in a; F/F0 in b"), "{}", units.text);
}

#[test]
fn the_animal_that_costs_most_neurons_is_named() {
    let mut parts = second_changed(|_| {});
    let mut odd = sound("odd one", 3);
    other_names(&mut odd, 1);
    parts.push(odd);
    let found = warnings(parts);
    let few = found.iter().find(|w| w.kind == "few-shared").unwrap();
    assert!(few.text.contains("only VB02 identified in all 3 of them"), "{}", few.text);
    assert!(few.text.contains("without odd one there would be 15"), "{}", few.text);
}

#[test]
fn what_is_the_same_in_all_is_said_once() {
    let mut both = second_changed(|p| p.behavior = None);
    both[0].behavior = None;
    let found = warnings(both);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].kind, found[0].place.as_str()), ("unlabelled", "all animals"));
}
