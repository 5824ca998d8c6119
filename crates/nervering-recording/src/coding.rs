//! Codings: which states a study tells apart, and as which classes.
//!
//! A [`StateCoding`] maps states to the seven, four or two classes of the paper, to six, or to the states that
//! the recordings themselves have. What a fixed coding knows and does not tell apart is *unknown*
//! there, and ignored in losses and metrics; a label that it does not know is an error, which shows
//! the map to write.

use crate::{Behavior, OwnLabels, Recording, State, StateMap};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Which states a study tells apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StateCoding {
    /// The seven states of Kato et al. (the paper's Figure 4A, left).
    Seven,
    /// The seven with forward crawling and its slowing as one: where the one ends and the other begins
    /// is a threshold that differs from animal to animal.
    Six,
    /// Reverse, forward, dorsal turn, ventral turn (Figure 4A, right; Nichols et al.).
    Four,
    /// Forward and reverse crawling; turns are ignored (Table 1).
    Two,
    /// Every state by its name, as classes in this order. Without any: those that the recordings of
    /// the study show, which [`StateCoding::resolve`] fills in.
    Own(Vec<String>),
}

/// Why recordings have no classes in a coding.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodingError {
    /// The recordings have states that the coding does not know.
    Unmapped {
        /// Names of these states in alphabetical order.
        names: Vec<String>,
        /// The animals that show any, in the order of the recordings.
        animals: Vec<String>,
        /// What they could be mapped to.
        known: Vec<String>,
        /// The coding.
        coding: StateCoding,
    },
    /// The recordings show fewer than two states.
    TooFew {
        /// Names of these.
        names: Vec<String>,
    },
    /// The recordings show more states than a study tells apart.
    TooMany {
        /// How many.
        found: usize,
    },
}

impl StateCoding {
    /// Most classes of a coding.
    pub const MAX_CLASSES: usize = 64;

    /// Names of the classes, in the order of their indices.
    pub fn class_names(&self) -> Vec<&str> {
        match self {
            Self::Seven => vec!["FWD", "SLOW", "DT", "VT", "REV1", "REV2", "REVSUS"],
            Self::Six => vec!["FWD", "DT", "VT", "REV1", "REV2", "REVSUS"],
            Self::Four => vec!["reverse", "forward", "dorsal turn", "ventral turn"],
            Self::Two => vec!["forward", "reverse"],
            Self::Own(names) => names.iter().map(String::as_str).collect(),
        }
    }

    /// The coding of which these are the classes, if there is one.
    pub fn of_class_names(names: &[String]) -> Option<Self> {
        let fixed = [Self::Two, Self::Four, Self::Six, Self::Seven];
        if let Some(coding) = fixed.into_iter().find(|coding| coding.class_names() == names) {
            return Some(coding);
        }
        let canonical = |name: &String| {
            let state = OwnLabels::default().keep(name);
            state.is_ok_and(|state| {
                state != State::Unknown && state.known_name().is_none_or(|known| known == name)
            })
        };
        let once: BTreeSet<&String> = names.iter().collect();
        let sound = (2..=Self::MAX_CLASSES).contains(&names.len())
            && once.len() == names.len()
            && names.iter().all(canonical);
        sound.then(|| Self::Own(names.to_vec()))
    }

    /// Number of classes.
    pub fn n_classes(&self) -> usize {
        self.class_names().len()
    }

    /// The class of a known state, or `None` where this coding ignores it. Labels of one's own have a
    /// class only together with their behaviour: [`StateCoding::classes`].
    pub fn class(&self, state: State) -> Option<usize> {
        use State::*;
        match (self, state) {
            (Self::Own(names), state) => {
                let name = state.known_name()?;
                names.iter().position(|class| class == name)
            }
            (_, Unknown | Quiescence | Own(_)) => None,
            // A reversal of unstated kind has no place among the seven, nor has a turn of unstated
            // direction among the seven, the six or the four.
            (Self::Seven | Self::Six, Reverse) | (_, Turn) => None,
            (Self::Seven, state) => State::ALL.iter().position(|&known| known == state),
            (Self::Six, Forward | Slowing) => Some(0),
            (Self::Six, state) => Self::Seven.class(state).map(|class| class - 1),
            (Self::Four, Reverse1 | Reverse2 | SustainedReverse | Reverse) => Some(0),
            (Self::Four, Forward | Slowing) => Some(1),
            (Self::Four, DorsalTurn) => Some(2),
            (Self::Four, VentralTurn) => Some(3),
            (Self::Two, Forward | Slowing) => Some(0),
            (Self::Two, Reverse1 | Reverse2 | SustainedReverse | Reverse) => Some(1),
            (Self::Two, DorsalTurn | VentralTurn) => None,
        }
    }

    /// One class per frame, below [`StateCoding::MAX_CLASSES`], or `None` where this coding ignores
    /// the state or does not know it.
    pub fn classes(&self, behavior: &Behavior) -> Vec<Option<u8>> {
        let class = |state: State| match (self, state) {
            (Self::Own(names), State::Own(_)) => {
                names.iter().position(|class| class == behavior.name(state))
            }
            _ => self.class(state),
        };
        let shown = behavior.shown().into_iter();
        let of_state: BTreeMap<State, Option<u8>> =
            shown.map(|state| (state, class(state).map(|class| class as u8))).collect();
        let of = |state| of_state.get(state).copied().flatten();
        behavior.states().iter().map(of).collect()
    }

    /// The coding for these recordings: the same, or for [`StateCoding::Own`] without classes, all
    /// states that any of them shows, the known ones in the order of [`State::ALL`], then the others
    /// by name. The order of the recordings does not matter.
    ///
    /// # Errors
    /// [`CodingError::Unmapped`] when the recordings have labels that the coding does not know; for
    /// one's own states also when there are fewer than two of them, or too many.
    pub fn resolve<'r>(
        &self,
        recordings: impl IntoIterator<Item = &'r Recording>,
    ) -> Result<Self, CodingError> {
        let mut names = BTreeSet::new();
        let mut of_animals = Vec::new();
        for recording in recordings {
            let Some(behavior) = recording.behavior() else { continue };
            let mut unknown = Vec::new();
            for state in behavior.shown() {
                let name = behavior.name(state);
                if !self.knows(name) {
                    unknown.push(name.to_owned());
                }
                names.insert((state.known_name().is_none(), place(name), name.to_owned()));
            }
            of_animals.push((recording.animal(), unknown));
        }
        let own: Vec<String> = names.into_iter().map(|(_, _, name)| name).collect();
        match self {
            Self::Own(classes) if classes.is_empty() => match own.len() {
                0 | 1 => Err(CodingError::TooFew { names: own }),
                2..=Self::MAX_CLASSES => Ok(Self::Own(own)),
                found => Err(CodingError::TooMany { found }),
            },
            _ => {
                of_animals.retain(|(_, unknown)| !unknown.is_empty());
                if of_animals.is_empty() {
                    return Ok(self.clone());
                }
                let animals = of_animals.iter().map(|(animal, _)| (*animal).to_owned()).collect();
                let names: BTreeSet<String> =
                    of_animals.into_iter().flat_map(|(_, unknown)| unknown).collect();
                Err(CodingError::Unmapped {
                    names: names.into_iter().collect(),
                    animals,
                    known: self.known(),
                    coding: self.clone(),
                })
            }
        }
    }

    /// Whether a state of this name means something to the coding, be it only that it is ignored.
    fn knows(&self, name: &str) -> bool {
        match self {
            Self::Own(classes) => classes.is_empty() || classes.iter().any(|class| class == name),
            _ => name.parse::<State>().is_ok(),
        }
    }

    /// Names of the states that it knows, but for the unknown one.
    fn known(&self) -> Vec<String> {
        match self {
            Self::Own(classes) => classes.clone(),
            _ => {
                let known = State::ALL.into_iter().filter(|&state| state != State::Unknown);
                known.filter_map(State::known_name).map(str::to_owned).collect()
            }
        }
    }

    /// Reads the number of states.
    pub fn from_n_states(n_states: usize) -> Option<Self> {
        match n_states {
            7 => Some(Self::Seven),
            6 => Some(Self::Six),
            4 => Some(Self::Four),
            2 => Some(Self::Two),
            _ => None,
        }
    }
}

/// Where a known state stands in [`State::ALL`].
fn place(name: &str) -> usize {
    let known = State::ALL.iter().position(|state| state.known_name() == Some(name));
    known.unwrap_or(State::ALL.len())
}

impl fmt::Display for CodingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unmapped { names, animals, known, coding } => {
                let first = animals.first().map_or("", String::as_str);
                let more = match animals.len() {
                    0 | 1 => String::new(),
                    n => format!(" and {} more", n - 1),
                };
                let are = match names.len() {
                    1 => "is no state",
                    _ => "are no states",
                };
                let of = match coding {
                    StateCoding::Own(_) => "of the model",
                    _ => "that the coding knows",
                };
                write!(
                    f,
                    "{} (animal {first:?}{more}) {are} {of}; write what each stands for, {} or NOSTATE: {}",
                    names.join(", "),
                    known.join(" "),
                    StateMap::proposed(names, known).option(),
                )?;
                match coding {
                    StateCoding::Own(_) => Ok(()),
                    _ => f.write_str(
                        " (in a study file, map under [reading]); or decode the states as they are with --states own",
                    ),
                }
            }
            Self::TooFew { names } if names.is_empty() => {
                f.write_str("no frame has a state, expected two states at least")
            }
            Self::TooFew { names } => {
                write!(f, "every labelled frame is {}, expected two states at least", names[0])
            }
            Self::TooMany { found } => write!(
                f,
                "the recordings show {found} states, expected at most {}; join some with --map",
                StateCoding::MAX_CLASSES
            ),
        }
    }
}

impl std::error::Error for CodingError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NeuronLabel, Provenance, RecordingParts, TimeBase, Traces};

    fn recording(animal: &str, names: &[&str]) -> Recording {
        let n_frames = names.len();
        Recording::new(RecordingParts {
            animal: animal.into(),
            neurons: vec![NeuronLabel::Unidentified("1".into())],
            traces: Traces::new(n_frames, 1, vec![0.; n_frames]).unwrap(),
            derivative: None,
            behavior: Some(Behavior::from_names(names).unwrap()),
            time: TimeBase::regular(n_frames, 3., 0.).unwrap(),
            provenance: Provenance::default(),
        })
        .unwrap()
    }

    #[test]
    fn the_seven_classes_carry_the_names_of_their_states() {
        for state in State::ALL {
            if let Some(class) = StateCoding::Seven.class(state) {
                assert_eq!(Some(StateCoding::Seven.class_names()[class]), state.known_name());
            }
        }
    }

    #[test]
    fn four_states_follow_the_supplement() {
        let classes: Vec<_> = ["REV1", "REV2", "REVSUS", "FWD", "SLOW", "DT", "VT", "NOSTATE"]
            .map(|name| StateCoding::Four.class(name.parse().unwrap()))
            .to_vec();
        let expected = [Some(0), Some(0), Some(0), Some(1), Some(1), Some(2), Some(3), None];
        assert_eq!(classes, expected);
    }

    #[test]
    fn six_states_are_the_seven_with_slowing_as_forward() {
        for state in State::ALL {
            let seven =
                StateCoding::Seven.class(state).map(|k| StateCoding::Seven.class_names()[k]);
            let six = StateCoding::Six.class(state).map(|k| StateCoding::Six.class_names()[k]);
            assert_eq!(six, seven.map(|name| if name == "SLOW" { "FWD" } else { name }));
        }
    }

    #[test]
    fn two_states_ignore_turns() {
        assert_eq!(StateCoding::Two.class(State::VentralTurn), None);
        assert_eq!(StateCoding::Two.class(State::Slowing), Some(0));
        assert_eq!(StateCoding::Two.class(State::Reverse), Some(1));
    }

    #[test]
    fn a_turn_without_direction_is_unknown_in_every_fixed_coding_and_so_is_quiescence() {
        assert_eq!("Turn".parse(), Ok(State::Turn));
        for coding in [StateCoding::Seven, StateCoding::Six, StateCoding::Four, StateCoding::Two] {
            assert_eq!(coding.class(State::Turn), None);
            assert_eq!(coding.class(State::Quiescence), None);
        }
    }

    #[test]
    fn own_classes_are_the_states_of_all_recordings_in_whatever_order_they_come() {
        let a = recording("a", &["roaming", "dwelling", "NOSTATE"]);
        let b = recording("b", &["quiescence", "roaming", "FWD"]);
        let coding = StateCoding::Own(Vec::new());
        let resolved = coding.resolve([&a, &b]).unwrap();
        assert_eq!(resolved.class_names(), ["FWD", "QUIESCENCE", "dwelling", "roaming"]);
        assert_eq!(coding.resolve([&b, &a]), Ok(resolved.clone()));
        assert_eq!(resolved.resolve([&a]), Ok(resolved.clone()));
        assert_eq!(resolved.classes(a.behavior().unwrap()), [Some(3), Some(2), None]);
        assert_eq!(resolved.classes(b.behavior().unwrap()), [Some(1), Some(3), Some(0)]);
    }

    #[test]
    fn labels_under_a_fixed_coding_are_an_error_that_shows_the_map_to_write() {
        let a = recording("a", &["roaming", "FWDD", "REV"]);
        let b = recording("b", &["dwelling", "roaming", "FWD"]);
        for coding in [StateCoding::Two, StateCoding::Four, StateCoding::Six, StateCoding::Seven] {
            let error = coding.resolve([&a, &b]).unwrap_err().to_string();
            let words = "FWDD, dwelling, roaming (animal \"a\" and 1 more) are no states that the coding knows";
            assert!(error.starts_with(words), "{error}");
            let line = "--map FWDD=FWD,dwelling=NOSTATE,roaming=NOSTATE (in a study file";
            assert!(error.contains(line), "{error}");
            let known = recording("c", &["FWD", "TURN", "quiescent"]);
            assert_eq!(coding.resolve([&known]), Ok(coding));
        }
    }

    #[test]
    fn a_model_of_other_states_says_which_it_knows() {
        let model = StateCoding::Own(vec!["dwelling".into(), "roaming".into()]);
        let other = recording("w", &["roaming", "quiescence"]);
        let error = model.resolve([&other]).unwrap_err().to_string();
        assert!(error.contains("QUIESCENCE (animal \"w\") is no state of the model"), "{error}");
        assert!(error.contains("dwelling roaming or NOSTATE"), "{error}");
        assert!(error.ends_with("--map QUIESCENCE=NOSTATE"), "{error}");
    }

    #[test]
    fn one_state_or_very_many_are_nothing_to_decode() {
        let own = StateCoding::Own(Vec::new());
        let one = own.resolve([&recording("a", &["roaming", "roaming", ""])]).unwrap_err();
        assert!(one.to_string().contains("every labelled frame is roaming"), "{one}");
        let names: Vec<String> = (0..60).map(|k| format!("a{k}")).collect();
        let a = recording("a", &names.iter().map(String::as_str).collect::<Vec<_>>());
        let b = recording("b", &["b1", "b2", "b3", "b4", "b5"]);
        assert_eq!(own.resolve([&a, &b]), Err(CodingError::TooMany { found: 65 }));
    }

    #[test]
    fn class_names_give_their_coding_back() {
        let own = StateCoding::Own(vec!["FWD".into(), "dwelling".into()]);
        for coding in
            [StateCoding::Two, StateCoding::Four, StateCoding::Six, StateCoding::Seven, own]
        {
            let names: Vec<String> = coding.class_names().iter().map(|&s| s.into()).collect();
            assert_eq!(StateCoding::of_class_names(&names), Some(coding));
        }
        for wrong in [vec!["a"], vec!["a", "a"], vec!["a", "NOSTATE"], vec!["a", "forward"]] {
            let names: Vec<String> = wrong.iter().map(|&name| name.into()).collect();
            assert_eq!(StateCoding::of_class_names(&names), None, "{wrong:?}");
        }
    }
}
