//! The checks of the inspector, each a small function over all recordings, listed in [`CHECKS`].
//!
//! A check says nothing about sound recordings. A new check is one function and one line.

mod behavior;
mod identity;
mod traces;

use crate::warning::Level;
use nervering_recording::Recording;

/// Kind of the warning that two recordings are of one animal: it makes every test on unseen animals
/// void.
pub const SAME_ANIMAL_TWICE: &str = "same-animal-twice";

/// What a check found: how much it matters, where, and what.
pub type Finding = (Level, String, String);

/// One question asked of the recordings.
pub struct Check {
    /// Name of what it finds, the `kind` of its warnings.
    pub kind: &'static str,
    /// What it looks for.
    pub about: &'static str,
    /// Asks it.
    pub run: fn(&[Recording]) -> Vec<Finding>,
}

/// Every check, in the order in which they are run.
pub static CHECKS: &[Check] = &[
    Check {
        kind: SAME_ANIMAL_TWICE,
        about: "two animals with the same traces",
        run: identity::same_animal_twice,
    },
    Check {
        kind: "nothing-shared",
        about: "no neuron that all animals have",
        run: identity::nothing_shared,
    },
    Check {
        kind: "no-identified-neuron",
        about: "an animal without any named neuron",
        run: identity::no_identified_neuron,
    },
    Check { kind: "flat-trace", about: "traces that never change", run: traces::flat_trace },
    Check { kind: "missing-values", about: "traces with NaN", run: traces::missing_values },
    Check {
        kind: "normalised-traces",
        about: "traces that are z-scored or scaled to [0, 1]",
        run: traces::normalised_traces,
    },
    Check { kind: "time-unit", about: "times that are not in seconds", run: traces::time_unit },
    Check {
        kind: "too-short",
        about: "recordings too short for ten folds",
        run: traces::too_short,
    },
    Check {
        kind: "different-rates",
        about: "animals recorded at different rates",
        run: traces::different_rates,
    },
    Check { kind: "unlabelled", about: "recordings without behaviour", run: behavior::unlabelled },
    Check {
        kind: "many-unknown",
        about: "a large part of the frames without a state",
        run: behavior::many_unknown,
    },
    Check {
        kind: "outside-coding",
        about: "states that seven classes do not tell apart",
        run: behavior::outside_coding,
    },
    Check {
        kind: "absent-state",
        about: "states that an animal never shows",
        run: behavior::absent_state,
    },
    Check {
        kind: "derivative-mismatch",
        about: "derivatives that do not belong to the traces",
        run: traces::derivative_mismatch,
    },
    Check {
        kind: "look-alike-label",
        about: "labels that are nearly names",
        run: identity::look_alike_label,
    },
    Check {
        kind: "paper-15",
        about: "neurons of the paper that are missing",
        run: identity::paper_15,
    },
];

/// Neurons named in a warning before it says "and n more".
const NAMED: usize = 8;

fn listed<T: ToString>(items: &[T]) -> String {
    let shown: Vec<String> = items.iter().take(NAMED).map(T::to_string).collect();
    let more = items.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// Smallest and largest value that is not missing.
fn range(values: &[f64]) -> Option<(f64, f64)> {
    let mut present = values.iter().copied().filter(|v| !v.is_nan());
    let first = present.next()?;
    Some(present.fold((first, first), |(low, high), v| (low.min(v), high.max(v))))
}

fn per_animal(
    recordings: &[Recording],
    ask: impl Fn(&Recording) -> Option<(Level, String)>,
) -> Vec<Finding> {
    let about = |recording: &Recording| {
        ask(recording).map(|(level, text)| (level, recording.animal().to_owned(), text))
    };
    recordings.iter().filter_map(about).collect()
}
