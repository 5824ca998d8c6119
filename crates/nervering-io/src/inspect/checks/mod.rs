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
pub(crate) mod finding;
mod labels;
mod measure;
mod names;
mod not_neurons;
mod pairs;
mod scale;
mod time;
mod values;

pub use finding::{Finding, SAME_ANIMAL_TWICE};
pub(crate) use finding::{counted, listed};

use finding::{NOT_A_NEURON, UNKNOWN_NAME};
use nervering_recording::Recording;

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
