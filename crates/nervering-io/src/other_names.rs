//! Labels of columns that look like names and identify no neuron: other words ([`Meaning`]), and
//! names that no known neuron has. [`tell`] turns them into warnings once everything is read.

use crate::inspect::checks::finding::{NOT_A_NEURON, UNKNOWN_NAME, listed};
use crate::outcome::ReadOutcome;
use crate::warning::{Level, Warning};
use nervering_recording::{NeuronLabel, NeuronName, Recording, nearest_neurons};
use std::collections::BTreeMap;

/// What a column holds that is called by a word which is no neuron's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// States of behaviour, or another class of frames.
    Label,
    /// A time, or a number of frames.
    Time,
    Stimulus,
    /// Where the animal is, or how it moves.
    Movement,
}

/// Words as [`folded`] makes them.
const LABELS: [&str; 54] = [
    "annotation",
    "beh",
    "behav",
    "behavior",
    "behaviors",
    "behaviour",
    "behaviours",
    "bout",
    "bouts",
    "class",
    "classes",
    "cluster",
    "code",
    "codes",
    "dorsalturn",
    "dt",
    "dwell",
    "dwelling",
    "epoch",
    "event",
    "events",
    "forward",
    "fwd",
    "label",
    "labels",
    "mode",
    "motif",
    "nostate",
    "omega",
    "phase",
    "quiescence",
    "quiescent",
    "rev",
    "reversal",
    "reversals",
    "reverse",
    "revsus",
    "roam",
    "roaming",
    "sleep",
    "slow",
    "slowing",
    "state",
    "statecode",
    "statecodes",
    "stateid",
    "states",
    "syllable",
    "trial",
    "turn",
    "turning",
    "turns",
    "ventralturn",
    "vt",
];
const TIMES: [&str; 26] = [
    "frame",
    "frameid",
    "frameindex",
    "frameno",
    "framenumber",
    "frames",
    "idx",
    "index",
    "min",
    "minutes",
    "ms",
    "msec",
    "rowid",
    "row",
    "rownames",
    "sec",
    "seconds",
    "secs",
    "time",
    "timems",
    "times",
    "timestamp",
    "timestamps",
    "tms",
    "ts",
    "volume",
];
const STIMULI: [&str; 18] = [
    "co2",
    "laser",
    "led",
    "light",
    "o2",
    "odor",
    "odour",
    "opto",
    "oxygen",
    "shock",
    "stim",
    "stimon",
    "stimuli",
    "stimulus",
    "stims",
    "temp",
    "temperature",
    "touch",
];
const MOVEMENTS: [&str; 24] = [
    "acceleration",
    "angle",
    "angularvelocity",
    "bending",
    "curvature",
    "direction",
    "eigenworm",
    "heading",
    "headangle",
    "headcurvature",
    "motion",
    "posx",
    "posy",
    "position",
    "pumping",
    "speed",
    "vel",
    "veloc",
    "velocity",
    "velocityms",
    "worm",
    "wormspeed",
    "xpos",
    "ypos",
];

impl Meaning {
    /// What a word means that is no neuron's name; nothing for any other text.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let word = folded(text);
        let stem = word.trim_end_matches(|c: char| c.is_ascii_digit());
        let all: [(Self, &[&str]); 4] = [
            (Self::Label, &LABELS),
            (Self::Time, &TIMES),
            (Self::Stimulus, &STIMULI),
            (Self::Movement, &MOVEMENTS),
        ];
        let is = |words: &[&str]| words.contains(&word.as_str()) || words.contains(&stem);
        all.into_iter().find_map(|(meaning, words)| is(words).then_some(meaning))
    }

    /// With an article, as in `a label`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Label => "a label",
            Self::Time => "a time",
            Self::Stimulus => "a stimulus",
            Self::Movement => "a movement",
        }
    }
}

/// Letters and digits in lower case.
fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
}

/// Warns of labels that identify nothing although they may have been meant to: words that mean
/// something else, and names that no known neuron has. What is the same in several animals is said
/// once.
pub(crate) fn tell(outcome: &mut ReadOutcome) {
    let n_animals = outcome.recordings.len();
    let mut said = BTreeMap::<(&'static str, String), Vec<String>>::new();
    for recording in &outcome.recordings {
        for (kind, text) in
            [(NOT_A_NEURON, words_of(recording)), (UNKNOWN_NAME, names_of(recording))]
        {
            if let Some(text) = text {
                said.entry((kind, text)).or_default().push(recording.animal().to_owned());
            }
        }
    }
    for ((kind, text), animals) in said {
        let place = match animals.as_slice() {
            [only] => only.clone(),
            all if all.len() == n_animals => "all animals".to_owned(),
            some => listed(some),
        };
        outcome.warnings.push(Warning::new(Level::Doubtful, kind, place, text));
    }
}

/// What files say of neurons without identity, the empty and the long left out.
fn unidentified(recording: &Recording) -> impl Iterator<Item = &str> {
    const LONGEST: usize = 40;
    recording.neurons().iter().filter_map(|label| match label {
        NeuronLabel::Unidentified(text) if (1..=LONGEST).contains(&text.len()) => Some(&**text),
        _ => None,
    })
}

fn words_of(recording: &Recording) -> Option<String> {
    let found: Vec<String> = unidentified(recording)
        .filter_map(|text| Some(format!("{text} ({})", Meaning::of(text)?.as_str())))
        .collect();
    let text = || {
        format!(
            "columns that by their names hold no neuron count as neurons without identity: {}; leave them out, and give states by name in a column called state",
            listed(&found)
        )
    };
    (!found.is_empty()).then(text)
}

fn names_of(recording: &Recording) -> Option<String> {
    let has_form = |text: &&str| text.parse::<NeuronName>().is_ok();
    let found: Vec<String> = unidentified(recording)
        .filter(|text| has_form(text) && Meaning::of(text).is_none() && !is_numbered(text))
        .map(with_nearest)
        .collect();
    let text = || {
        format!(
            "names that no neuron of C. elegans has identify nothing: {}; correct them, or accept them with --names",
            listed(&found)
        )
    };
    (!found.is_empty()).then(text)
}

/// A name with the known ones nearest to it.
pub(crate) fn with_nearest(name: impl AsRef<str>) -> String {
    let name = name.as_ref();
    let nearest: Vec<String> = nearest_neurons(name).iter().map(ToString::to_string).collect();
    match nearest.as_slice() {
        [] => name.to_owned(),
        [one] => format!("{name} (is it {one}?)"),
        [others @ .., last] => format!("{name} (is it {} or {last}?)", others.join(", ")),
    }
}

/// Whether a text numbers a cell, as `roi12` and `n7` do.
fn is_numbered(text: &str) -> bool {
    const NOUNS: [&str; 11] =
        ["c", "cell", "id", "n", "neur", "neuron", "roi", "s", "trace", "unit", "x"];
    let word = folded(text);
    let noun = word.trim_end_matches(|c: char| c.is_ascii_digit());
    noun.len() < word.len() && NOUNS.contains(&noun)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nervering_recording::{HERMAPHRODITE_NEURONS, MALE_NEURONS};

    #[test]
    fn words_mean_something_and_names_of_neurons_do_not() {
        for (text, expected) in [
            ("State", Some(Meaning::Label)),
            (" behavior_1", Some(Meaning::Label)),
            ("Frame #", Some(Meaning::Time)),
            ("stim_on", Some(Meaning::Stimulus)),
            ("head curvature", Some(Meaning::Movement)),
            ("STATER", None),
            ("17", None),
            ("---", None),
            ("", None),
        ] {
            assert_eq!(Meaning::of(text), expected, "{text:?}");
        }
        for name in HERMAPHRODITE_NEURONS.into_iter().chain(MALE_NEURONS) {
            assert_eq!(Meaning::of(name), None, "{name}");
            assert!(!is_numbered(name), "{name}");
        }
    }

    #[test]
    fn a_name_is_told_with_the_nearest() {
        assert_eq!(with_nearest("AVA1"), "AVA1 (is it AVAL?)");
        assert_eq!(with_nearest("AVA"), "AVA (is it AVAL or AVAR?)");
        assert_eq!(with_nearest("XYZ"), "XYZ");
    }
}
