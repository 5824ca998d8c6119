//! The checks of the inspector, each a small function over all recordings, listed in [`CHECKS`].
//!
//! One file holds the checks of one subject. A check says nothing about sound recordings, gives the
//! numbers it judges by, and says what to do. A new check is one function, one line here, and one
//! case in `tests/inspection`, which refuses a check without a case. Thresholds stand beside the
//! question they answer; they were set so that the five worms of Kato et al. and simulated animals
//! pass wherever they are sound.

mod animals;
mod artefacts;
mod behavior;
mod bouts;
mod derivative;
mod labels;
mod measure;
mod names;
mod not_neurons;
mod pairs;
mod scale;
mod time;
mod values;

use crate::warning::Level;
use nervering_recording::{Recording, State};
use std::collections::BTreeSet;

/// Kind of the warning that two recordings are of one animal: it makes every test on unseen animals
/// void.
pub const SAME_ANIMAL_TWICE: &str = "same-animal-twice";

/// Kind of the warning that a name is none of a known neuron.
pub(crate) const UNKNOWN_NAME: &str = "unknown-name";
/// Kind of the warning that a column is a label, a time or a stimulus.
pub(crate) const NOT_A_NEURON: &str = "not-a-neuron";

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// The animal, or `all animals`.
    pub place: String,
    /// What was found and what to do.
    pub text: String,
}

/// One question asked of the recordings.
pub struct Check {
    /// Name of what it finds, the `kind` of its warnings.
    pub kind: &'static str,
    /// What it looks for.
    pub about: &'static str,
    /// Asks it.
    pub run: fn(&[Recording]) -> Vec<Finding>,
}

const fn check(
    kind: &'static str,
    about: &'static str,
    run: fn(&[Recording]) -> Vec<Finding>,
) -> Check {
    Check { kind, about, run }
}

/// Every check, in the order in which they are run.
pub static CHECKS: &[Check] = &[
    // who is who
    check(SAME_ANIMAL_TWICE, "two animals with the same traces", animals::same_animal_twice),
    check("nothing-shared", "no neuron that all animals have", animals::nothing_shared),
    check("few-shared", "fewer than three neurons that all have", animals::few_shared),
    check("no-identified-neuron", "an animal without a named neuron", names::no_identified_neuron),
    check("few-identified", "an animal with few named neurons", names::few_identified),
    check("look-alike-label", "labels that are nearly names", names::look_alike_label),
    check("look-alike-name", "1 for L, O for 0 in a name", names::look_alike_name),
    check(UNKNOWN_NAME, "names that no neuron has", names::unknown_name),
    check(NOT_A_NEURON, "labels, times, stimuli as neurons", not_neurons::not_a_neuron),
    check("name-twice", "a name that two columns claim", names::name_twice),
    check("shifted-names", "names one column beside their traces", pairs::shifted_names),
    check("paper-15", "neurons of the paper that are missing", names::paper_15),
    check("label-defining-neurons", "neurons the labels came from", names::label_defining_neurons),
    // time
    check("time-unit", "times in milliseconds or minutes", time::time_unit),
    check("rate-as-period", "a rate that is a period", time::rate_as_period),
    check("time-in-frames", "times that count frames", time::time_in_frames),
    check("unusual-rate", "a rate outside 0.5 to 50 per second", time::unusual_rate),
    check("uneven-sampling", "intervals of many lengths", time::uneven_sampling),
    check("dropped-frames", "intervals of two frames", time::dropped_frames),
    check("crowded-frames", "two frames at nearly one time", time::crowded_frames),
    check("too-short", "recordings too short for ten folds", time::too_short),
    check("different-rates", "animals recorded at different rates", animals::different_rates),
    // the values of traces
    check("flat-trace", "traces that never change", values::flat_trace),
    check("missing-values", "traces with NaN", values::missing_values),
    check("saturated-trace", "traces that are cut at one value", values::saturated_trace),
    check("stuck-trace", "traces that stand still for a while", values::stuck_trace),
    check("duplicate-trace", "two columns with one trace", values::duplicate_trace),
    check("spikes", "jumps that last one frame", artefacts::spikes),
    check("motion-artefact", "many neurons that jump at once", artefacts::motion_artefact),
    check("drift", "most neurons fall or rise throughout", artefacts::drift),
    // their scale
    check("z-scored", "traces scaled to mean 0 and SD 1", scale::z_scored),
    check("min-max-scaled", "traces scaled to [0, 1] or [-1, 1]", scale::min_max_scaled),
    check("percent", "ΔF/F in percent", scale::percent),
    check("raw-fluorescence", "fluorescence instead of ΔF/F", scale::raw_fluorescence),
    check("ratio", "F/F0 instead of ΔF/F", scale::ratio),
    check("unit-contradicted", "values unlike the unit stated", scale::unit_contradicted),
    check("below-minus-one", "ΔF/F below what light allows", scale::below_minus_one),
    check("not-bleach-corrected", "the field without correction", scale::not_bleach_corrected),
    check("different-units", "animals in different units", animals::different_units),
    check("different-fields", "animals from different fields", animals::different_fields),
    // derivatives
    check("derivative-mismatch", "a derivative of other traces", derivative::mismatch),
    check("derivative-shifted", "a derivative some frames off", derivative::shifted),
    check("derivative-unit", "a derivative per frame", derivative::unit),
    check("derivative-missing-values", "a derivative with NaN", derivative::missing_values),
    check("derivative-looks-ahead", "a derivative that sees t + 1", derivative::looks_ahead),
    // behaviour
    check("unlabelled", "recordings without behaviour", behavior::unlabelled),
    check("partly-labelled", "animals with and without behaviour", animals::partly_labelled),
    check("many-unknown", "many frames without a state", behavior::many_unknown),
    check("unlabelled-end", "labels shorter than the traces", behavior::unlabelled_end),
    check("outside-coding", "states outside the seven", behavior::outside_coding),
    check("own-states", "labels that are no known states", labels::own_states),
    check("look-alike-state", "labels that are nearly others", labels::look_alike_state),
    check("absent-state", "states an animal never shows", behavior::absent_state),
    check("one-state", "a single state throughout", behavior::one_state),
    check("dominant-state", "a state that is nearly all", behavior::dominant_state),
    check("states-against-neurons", "reversals without AVA", behavior::states_against_neurons),
    check("few-transitions", "hardly any change of state", bouts::few_transitions),
    check("flicker", "bouts of one frame", bouts::flicker),
    check("few-bouts", "states of very few bouts", bouts::few_bouts),
];

/// Things named in a warning before it says "and n more".
const NAMED: usize = 8;

pub(crate) fn listed<T: ToString>(items: &[T]) -> String {
    let shown: Vec<String> = items.iter().take(NAMED).map(T::to_string).collect();
    let more = items.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// `1 value`, `3 values`.
pub(super) fn counted(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// Asks every recording. What is the same in all of several is said once.
fn per_animal(
    recordings: &[Recording],
    ask: impl Fn(&Recording) -> Option<(Level, String)>,
) -> Vec<Finding> {
    let about = |recording: &Recording| {
        ask(recording).map(|(level, text)| Finding {
            level,
            place: recording.animal().to_owned(),
            text,
        })
    };
    let mut found: Vec<Finding> = recordings.iter().filter_map(about).collect();
    let same =
        found.windows(2).all(|two| (two[0].level, &two[0].text) == (two[1].level, &two[1].text));
    if found.len() > 1 && found.len() == recordings.len() && same {
        found.truncate(1);
        found[0].place = ALL_ANIMALS.to_owned();
    }
    found
}

/// Asks every recording about every state, and says in one piece of advice of which it is so, with
/// the animals where there are several.
fn states_of_animals(
    recordings: &[Recording],
    is: impl Fn(&Recording, &str) -> bool,
    text: impl Fn(String) -> String,
) -> Vec<Finding> {
    let mut concerned = BTreeSet::new();
    let mut of_states = Vec::new();
    for state in names_of_states(recordings) {
        let animals: Vec<usize> =
            (0..recordings.len()).filter(|&k| is(&recordings[k], &state)).collect();
        let names: Vec<&str> = animals.iter().map(|&k| recordings[k].animal()).collect();
        if !animals.is_empty() {
            of_states.push((state, listed(&names)));
        }
        concerned.extend(animals);
    }
    let (place, states) = match concerned.first() {
        None => return Vec::new(),
        Some(&only) if concerned.len() == 1 => {
            let states: Vec<&String> = of_states.iter().map(|(state, _)| state).collect();
            (recordings[only].animal().to_owned(), listed(&states))
        }
        Some(_) => {
            let states: Vec<String> =
                of_states.iter().map(|(state, animals)| format!("{state} ({animals})")).collect();
            (format!("{} of {} animals", concerned.len(), recordings.len()), states.join(", "))
        }
    };
    vec![Finding { level: Level::Advice, place, text: text(states) }]
}

/// Every state that a recording shows, by name: the known ones in their order, then the others.
fn names_of_states(recordings: &[Recording]) -> Vec<String> {
    let mut names = BTreeSet::new();
    for behavior in recordings.iter().filter_map(Recording::behavior) {
        for state in behavior.shown() {
            let known = State::ALL.iter().position(|&known| known == state);
            names.insert((known.is_none(), known, behavior.name(state).to_owned()));
        }
    }
    names.into_iter().map(|(_, _, name)| name).collect()
}

/// Whether an animal is simulated: its states are commanded, not derived from neurons, and the part
/// that a neuron takes in them varies more from animal to animal than in real ones.
fn is_simulated(recording: &Recording) -> bool {
    recording.provenance().source == "nervering-simulate"
}

const ALL_ANIMALS: &str = "all animals";

fn about_all(level: Level, text: String) -> Vec<Finding> {
    vec![Finding { level, place: ALL_ANIMALS.to_owned(), text }]
}
