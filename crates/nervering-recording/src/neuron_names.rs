//! Which names count as those of neurons: [`NeuronNames`] turns what a file says of a neuron into a
//! [`NeuronLabel`].

use crate::{NeuronLabel, NeuronName, NotANeuronName};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// The names that identify a neuron. Whatever else a file says stays as the label of a neuron without
/// identity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum NeuronNames {
    /// The neurons of *C. elegans*, of the hermaphrodite and of the male ([`NeuronName::is_known`]).
    #[default]
    Known,
    /// Those, and these others: for other species and strains.
    Also(BTreeSet<NeuronName>),
    /// Whatever has the form of a name ([`NeuronName`]).
    Any,
}

impl NeuronNames {
    /// Whether a name counts.
    pub fn accepts(&self, name: &NeuronName) -> bool {
        match self {
            Self::Known => name.is_known(),
            Self::Also(others) => name.is_known() || others.contains(name),
            Self::Any => true,
        }
    }

    /// The same, and these names too.
    pub fn and(self, names: impl IntoIterator<Item = NeuronName>) -> Self {
        let mut others = match self {
            Self::Any => return Self::Any,
            Self::Known => BTreeSet::new(),
            Self::Also(others) => others,
        };
        others.extend(names.into_iter().filter(|name| !name.is_known()));
        if others.is_empty() { Self::Known } else { Self::Also(others) }
    }

    /// Reads a single entry: a name that counts is identified, anything else is not.
    pub fn label(&self, text: &str) -> NeuronLabel {
        match text.parse() {
            Ok(name) if self.accepts(&name) => NeuronLabel::Identified(name),
            _ => NeuronLabel::Unidentified(text.trim().to_owned()),
        }
    }

    /// Reads a list of entries for one neuron. Entries that have not the form of a name are passed
    /// over. One distinct name that remains identifies the neuron if it counts; several leave it
    /// undecided if any of them counts.
    pub fn label_of_candidates<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> NeuronLabel {
        let mut names = Vec::<NeuronName>::new();
        let mut written = Vec::new();
        for text in texts {
            written.push(text.trim());
            if let Ok(name) = text.parse()
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
        if !names.iter().any(|name| self.accepts(name)) {
            return NeuronLabel::Unidentified(written.join(" "));
        }
        match names.len() {
            1 => NeuronLabel::Identified(names.remove(0)),
            _ => NeuronLabel::Candidates(names),
        }
    }
}

impl FromStr for NeuronNames {
    type Err = NotANeuronName;

    /// Reads `known`, `any`, or names separated by commas, which count beside the known ones.
    ///
    /// # Errors
    /// [`NotANeuronName`] for the first entry that has not the form of a name.
    fn from_str(text: &str) -> Result<Self, NotANeuronName> {
        match text.trim() {
            "known" => Ok(Self::Known),
            "any" => Ok(Self::Any),
            list => {
                let names: BTreeSet<NeuronName> =
                    list.split(',').map(str::parse).collect::<Result<_, _>>()?;
                Ok(Self::Known.and(names))
            }
        }
    }
}

impl fmt::Display for NeuronNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known => f.write_str("known"),
            Self::Any => f.write_str("any"),
            Self::Also(names) => {
                let names: Vec<&str> = names.iter().map(NeuronName::as_str).collect();
                f.write_str(&names.join(","))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_names_are_labels_unless_they_are_accepted() {
        let named = |names: &NeuronNames, text| names.label(text).name().map(ToString::to_string);
        let also = "XYZ, vb99".parse().unwrap();
        for (names, text, expected) in [
            (&NeuronNames::Known, " vb1", Some("VB01")),
            (&NeuronNames::Known, "r1al", Some("R1AL")),
            (&NeuronNames::Known, "XYZ", None),
            (&also, "xyz", Some("XYZ")),
            (&also, "AVAL", Some("AVAL")),
            (&also, "XYY", None),
            (&NeuronNames::Any, "XYY", Some("XYY")),
            (&NeuronNames::Any, "17", None),
        ] {
            assert_eq!(named(names, text).as_deref(), expected, "{names} {text}");
        }
        assert_eq!(NeuronNames::Known.label(" Stim "), NeuronLabel::Unidentified("Stim".into()));
    }

    #[test]
    fn a_candidate_that_is_not_accepted_still_leaves_a_neuron_undecided() {
        let of = |texts: &[&str]| NeuronNames::Known.label_of_candidates(texts.iter().copied());
        assert_eq!(of(&["AVAL", "AVAD"]).to_string(), "AVAL|AVAD");
        assert_eq!(of(&["AVAL", "AVAD"]).name(), None);
        assert_eq!(of(&["AVAL", "---"]).name().unwrap().as_str(), "AVAL");
        assert_eq!(of(&["XYZ", "---"]), NeuronLabel::Unidentified("XYZ ---".into()));
        assert_eq!(of(&["XYZ", "XYY"]), NeuronLabel::Unidentified("XYZ XYY".into()));
    }

    #[test]
    fn a_policy_reads_back_from_its_text() {
        for text in ["known", "any", "AB1,XYZ"] {
            assert_eq!(text.parse::<NeuronNames>().unwrap().to_string(), text);
        }
        assert_eq!("AVAL".parse::<NeuronNames>(), Ok(NeuronNames::Known));
        for wrong in ["AB1,,XYZ", "", "XYZ,NaN"] {
            assert!(wrong.parse::<NeuronNames>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_are_added_to_a_policy() {
        let xyz = || ["XYZ", "AVAL"].map(|name| name.parse().unwrap());
        assert_eq!(NeuronNames::Known.and(xyz()).to_string(), "XYZ");
        assert_eq!(NeuronNames::Any.and(xyz()), NeuronNames::Any);
        assert_eq!(NeuronNames::Known.and([]), NeuronNames::Known);
    }
}
