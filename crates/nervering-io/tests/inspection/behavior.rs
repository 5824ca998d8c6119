//! Cases of the checks of behaviour and its bouts.

use super::fixtures::*;
use nervering_io::Level::{Advice, Doubtful, Wrong};
use nervering_recording::{Behavior, RecordingParts, State};

pub const CASES: &[Case] = &[
    Case {
        kind: "unlabelled",
        wrong: || changed(|p| p.behavior = None),
        finds: &[("unlabelled", Advice)],
        right: || changed(|_| {}),
    },
    Case {
        kind: "many-unknown",
        wrong: || vec![behaving(|t| if t / 10 % 3 == 1 { State::Unknown } else { states(t) })],
        finds: &[("many-unknown", Doubtful)],
        right: || vec![behaving(|t| if t / 10 % 6 == 1 { State::Unknown } else { states(t) })],
    },
    Case {
        kind: "unlabelled-end",
        wrong: || vec![behaving(|t| if t >= 380 { State::Unknown } else { states(t) })],
        finds: &[("unlabelled-end", Doubtful)],
        right: || vec![behaving(|t| if t >= 402 { State::Unknown } else { states(t) })],
    },
    Case {
        kind: "outside-coding",
        wrong: || vec![behaving(|t| State::ALL[t / 10 % 8])],
        finds: &[("outside-coding", Advice)],
        right: || changed(|_| {}),
    },
    Case {
        kind: "own-states",
        wrong: || vec![called(|name| name.replace("DT", "rest"))],
        finds: &[("own-states", Advice)],
        right: || vec![called(|name| name.replace("DT", "reversal"))],
    },
    Case {
        kind: "look-alike-state",
        wrong: || vec![called(|name| name.replace("VT", "ventral-trun"))],
        finds: &[("own-states", Advice), ("look-alike-state", Doubtful)],
        right: || vec![called(|name| name.replace("VT", "ventral turn"))],
    },
    Case {
        kind: "absent-state",
        wrong: || second_changed(|p| *p = without_turns()),
        finds: &[("absent-state", Advice)],
        right: || vec![without_turns()],
    },
    Case {
        kind: "one-state",
        wrong: || vec![behaving(|_| State::Forward)],
        finds: &[("one-state", Wrong)],
        right: || vec![behaving(|t| [State::Forward, State::Reverse1][t / 10 % 2])],
    },
    Case {
        kind: "dominant-state",
        wrong: || vec![behaving(|t| mostly_forward(t, 36))],
        finds: &[("dominant-state", Advice)],
        right: || vec![behaving(|t| mostly_forward(t, 30))],
    },
    Case {
        kind: "states-against-neurons",
        wrong: || changed(|p| recorded(p, exchanged)),
        finds: &[("states-against-neurons", Doubtful), ("label-defining-neurons", Advice)],
        right: || changed(|p| recorded(p, |state| state)),
    },
    Case {
        kind: "few-transitions",
        wrong: || vec![behaving(|t| [State::Forward, State::SustainedReverse][t / 60 % 2])],
        finds: &[("few-transitions", Doubtful)],
        right: || vec![behaving(|t| [State::Forward, State::SustainedReverse][t / 30 % 2])],
    },
    Case {
        kind: "flicker",
        wrong: || vec![behaving(|t| if t % 10 == 5 { State::VentralTurn } else { states(t) })],
        finds: &[("flicker", Doubtful)],
        right: || vec![behaving(|t| if t % 10 > 7 { State::VentralTurn } else { states(t) })],
    },
    Case {
        kind: "few-bouts",
        wrong: || vec![behaving(|t| forward_and_turns(t, 1))],
        finds: &[("few-bouts", Advice)],
        right: || vec![behaving(|t| forward_and_turns(t, 3))],
    },
];

#[test]
fn states_are_told_with_their_animals_where_there_are_several() {
    let rare = |animal: &str, n| labelled(animal, 1, N_FRAMES, |t| forward_and_turns(t, n));
    let place_and_text = |parts| {
        let found = warnings(parts);
        let found = found.into_iter().find(|w| w.kind == "few-bouts").unwrap();
        (found.place, found.text)
    };
    let (place, text) = place_and_text(vec![rare("a", 1), rare("b", 3)]);
    assert!(place == "a" && text.contains("only: DT; accuracy"), "{place}: {text}");
    let (place, text) = place_and_text(vec![rare("a", 1), rare("b", 3), rare("c", 2)]);
    assert!(place == "2 of 3 animals" && text.contains("only: DT (a, c); accuracy"), "{text}");
}

/// A sound animal that behaves as told.
fn behaving(state: fn(usize) -> State) -> RecordingParts {
    labelled("a", 1, N_FRAMES, state)
}

/// A sound animal whose states are called otherwise.
fn called(name: fn(&str) -> String) -> RecordingParts {
    let mut parts = behaving(states);
    let names: Vec<String> = parts.behavior.as_ref().unwrap().names().map(name).collect();
    parts.behavior = Some(Behavior::from_names(names).unwrap());
    parts
}

fn without_turns() -> RecordingParts {
    let turns = [State::DorsalTurn, State::VentralTurn];
    labelled(
        "b",
        2,
        N_FRAMES,
        |t| if turns.contains(&states(t)) { State::Forward } else { states(t) },
    )
}

/// Forward for `n` of every 42 frames, then a reversal.
fn mostly_forward(frame: usize, n: usize) -> State {
    if frame % 42 < n { State::Forward } else { State::SustainedReverse }
}

/// Forward and reverse in turn, with `n` dorsal turns.
fn forward_and_turns(frame: usize, n: usize) -> State {
    match frame / 10 {
        bout if bout % 4 == 1 && bout / 4 < n => State::DorsalTurn,
        bout => [State::Forward, State::SustainedReverse][bout % 2],
    }
}

/// Changes the labels of an animal that is not simulated.
fn recorded(parts: &mut RecordingParts, new: impl Fn(State) -> State) {
    parts.provenance.source = "worm.csv".into();
    let states = parts.behavior.as_ref().unwrap().states();
    parts.behavior = Some(Behavior::new(states.iter().map(|state| new(*state)).collect()));
}

/// Forward for reverse and the other way round, as when codes are read by the wrong key.
fn exchanged(state: State) -> State {
    match state {
        State::Forward => State::Reverse1,
        State::Slowing => State::SustainedReverse,
        State::Reverse1 => State::Forward,
        State::Reverse2 | State::SustainedReverse => State::Slowing,
        other => other,
    }
}
