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
    /// The neurons of the adult hermaphrodite.
    Known,
    /// Those, and these others.
    Also(BTreeSet<NeuronName>),
    /// Whatever has the form of a name ([`NeuronName`]).
    #[default]
    Any,
}

impl NeuronNames {
    /// Whether a name counts.
    pub fn accepts(&self, name: &NeuronName) -> bool {
        match self {
            Self::Known => name.is_of_hermaphrodite(),
            Self::Also(others) => name.is_of_hermaphrodite() || others.contains(name),
            Self::Any => true,
        }
    }

    /// Reads a single entry: a name that counts is identified, anything else is not.
    pub fn label(&self, text: &str) -> NeuronLabel {
        match self.name(text) {
            Some(name) => NeuronLabel::Identified(name),
            None => NeuronLabel::Unidentified(text.trim().to_owned()),
        }
    }

    /// Reads a list of entries for one neuron. Entries that are no names are passed over; one
    /// distinct name that remains identifies the neuron, several leave it undecided.
    pub fn label_of_candidates<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> NeuronLabel {
        let mut names = Vec::<NeuronName>::new();
        let mut written = Vec::new();
        for text in texts {
            written.push(text.trim());
            if let Some(name) = self.name(text)
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
        match names.len() {
            0 => NeuronLabel::Unidentified(written.join(" ")),
            1 => NeuronLabel::Identified(names.remove(0)),
            _ => NeuronLabel::Candidates(names),
        }
    }

    /// The name that an entry is, if it counts.
    fn name(&self, text: &str) -> Option<NeuronName> {
        text.parse().ok().filter(|name| self.accepts(name))
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
            list => list.split(',').map(str::parse).collect::<Result<_, _>>().map(Self::Also),
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
        let undecided = NeuronNames::Known.label_of_candidates(["AVAL", "XYZ", "AVAR"]);
        assert_eq!(undecided.to_string(), "AVAL|AVAR");
    }

    #[test]
    fn a_policy_reads_back_from_its_text() {
        for text in ["known", "any", "AB1,XYZ"] {
            assert_eq!(text.parse::<NeuronNames>().unwrap().to_string(), text);
        }
        assert!("AB1,,XYZ".parse::<NeuronNames>().is_err());
    }
}
