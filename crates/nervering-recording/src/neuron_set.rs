//! Which neurons a study uses, and what is missing in which animal.

use crate::{NeuronLabel, NeuronName, NotANeuronName, Recording, nearest_neurons};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// The fifteen neurons that the paper uses within the Kato data.
const PAPER_15: [&str; 15] = [
    "AIBL", "AIBR", "ALA", "AVAL", "AVAR", "AVBL", "AVER", "RID", "RIML", "RIMR", "RMED", "RMEL",
    "RMER", "VB01", "VB02",
];
/// The three that the Kato and the Nichols data share.
const PAPER_3: [&str; 3] = ["AIBR", "AVAL", "VB02"];

/// A choice of neurons, resolved against the animals of a study.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NeuronSet {
    /// All neurons named unambiguously in every given recording.
    Shared,
    /// The paper's fifteen.
    Paper15,
    /// The paper's three: AIBR, AVAL, VB02.
    Paper3,
    /// All that is named unambiguously in any given recording: an animal may lack some of them.
    Named,
    /// A list of one's own, in its own order.
    Names(Vec<NeuronName>),
}

/// Neurons that a set asks for and some animal lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingNeurons {
    /// Per animal that lacks any: its name and what it lacks.
    pub missing: Vec<(String, Vec<NeuronName>)>,
    /// Those that some animal has as the label of a neuron without identity: names that did not count
    /// when it was read.
    pub not_accepted: Vec<NeuronName>,
}

impl fmt::Display for MissingNeurons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.missing.is_empty() {
            return f.write_str("the recordings share no identified neuron");
        }
        for (k, (animal, names)) in self.missing.iter().enumerate() {
            let names: Vec<_> = names.iter().map(NeuronName::as_str).collect();
            let lead = if k == 0 { "" } else { "; " };
            write!(f, "{lead}animal {animal:?} lacks {}", names.join(", "))?;
        }
        for name in self.unknown() {
            let near: Vec<_> = nearest_neurons(name.as_str());
            let near: Vec<_> = near.iter().map(NeuronName::as_str).collect();
            if !near.is_empty() {
                write!(f, "; {name} is no known neuron, did you mean {}?", near.join(" or "))?;
            }
        }
        if !self.not_accepted.is_empty() {
            let names: Vec<_> = self.not_accepted.iter().map(NeuronName::as_str).collect();
            let names = names.join(",");
            write!(
                f,
                "; labels there that are no known names: {names}, which --names {names} accepts"
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for MissingNeurons {}

impl MissingNeurons {
    /// Those missing that are no neurons of C. elegans, each once, unless some animal has them as labels.
    fn unknown(&self) -> Vec<&NeuronName> {
        let mut unknown: Vec<&NeuronName> = Vec::new();
        for name in self.missing.iter().flat_map(|(_, names)| names) {
            if !name.is_known() && !self.not_accepted.contains(name) && !unknown.contains(&name) {
                unknown.push(name);
            }
        }
        unknown
    }

    /// That no neuron is shared.
    fn nothing_shared() -> Self {
        Self { missing: Vec::new(), not_accepted: Vec::new() }
    }
}

impl NeuronSet {
    /// The names to use, present in every recording but for [`NeuronSet::Named`]: alphabetical for
    /// that and for [`NeuronSet::Shared`], otherwise in the order of the set.
    ///
    /// # Errors
    /// [`MissingNeurons`] says by name what is missing in which animal, or that nothing is shared.
    pub fn resolve(&self, recordings: &[Recording]) -> Result<Vec<NeuronName>, MissingNeurons> {
        let Some(names) = self.listed() else {
            return if *self == Self::Named { named(recordings) } else { shared(recordings) };
        };
        let mut missing = Vec::new();
        for recording in recordings {
            let lacks = |name: &&NeuronName| recording.column(name).is_none();
            let lacking: Vec<_> = names.iter().filter(lacks).cloned().collect();
            if !lacking.is_empty() {
                missing.push((recording.animal().to_owned(), lacking));
            }
        }
        if missing.is_empty() {
            return Ok(names);
        }
        let not_accepted = names.into_iter().filter(|name| is_a_label(name, recordings)).collect();
        Err(MissingNeurons { missing, not_accepted })
    }

    /// The names, in the order of the set, where they do not depend on recordings.
    pub fn listed(&self) -> Option<Vec<NeuronName>> {
        match self {
            Self::Shared | Self::Named => None,
            Self::Paper15 => Some(PAPER_15.map(canonical).to_vec()),
            Self::Paper3 => Some(PAPER_3.map(canonical).to_vec()),
            Self::Names(names) => Some(names.clone()),
        }
    }
}

/// Whether a name stands in some recording as the label of a neuron without identity.
fn is_a_label(name: &NeuronName, recordings: &[Recording]) -> bool {
    let mut labels = recordings.iter().flat_map(Recording::neurons);
    labels.any(|label| match label {
        NeuronLabel::Unidentified(text) => {
            text.parse().is_ok_and(|written: NeuronName| written == *name)
        }
        NeuronLabel::Identified(_) | NeuronLabel::Candidates(_) => false,
    })
}

fn canonical(name: &str) -> NeuronName {
    name.parse().expect("the paper's names are canonical")
}

fn shared(recordings: &[Recording]) -> Result<Vec<NeuronName>, MissingNeurons> {
    let Some((first, others)) = recordings.split_first() else {
        return Err(MissingNeurons::nothing_shared());
    };
    let everywhere =
        |name: &&NeuronName| others.iter().all(|recording| recording.column(name).is_some());
    let names: Vec<_> = first.identified().filter(everywhere).cloned().collect();
    if names.is_empty() { Err(MissingNeurons::nothing_shared()) } else { Ok(names) }
}

fn named(recordings: &[Recording]) -> Result<Vec<NeuronName>, MissingNeurons> {
    let names: BTreeSet<&NeuronName> = recordings.iter().flat_map(Recording::identified).collect();
    if names.is_empty() {
        return Err(MissingNeurons::nothing_shared());
    }
    Ok(names.into_iter().cloned().collect())
}

impl FromStr for NeuronSet {
    type Err = NotANeuronName;

    /// Reads `shared`, `named`, `paper-15`, `paper-3`, or names separated by commas; a name that is
    /// given twice counts once.
    ///
    /// # Errors
    /// [`NotANeuronName`] for the first entry that is not a name.
    fn from_str(text: &str) -> Result<Self, NotANeuronName> {
        match text {
            "shared" => return Ok(Self::Shared),
            "named" => return Ok(Self::Named),
            "paper-15" => return Ok(Self::Paper15),
            "paper-3" => return Ok(Self::Paper3),
            _ => {}
        }
        let mut names = Vec::new();
        for entry in text.split(',') {
            let name = entry.parse()?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(Self::Names(names))
    }
}

impl fmt::Display for NeuronSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shared => f.write_str("shared"),
            Self::Named => f.write_str("named"),
            Self::Paper15 => f.write_str("paper-15"),
            Self::Paper3 => f.write_str("paper-3"),
            Self::Names(names) => {
                let names: Vec<_> = names.iter().map(NeuronName::as_str).collect();
                f.write_str(&names.join(","))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Provenance, RecordingParts, TimeBase, Traces};

    fn animal(name: &str, neurons: &[&str]) -> Recording {
        Recording::new(RecordingParts {
            animal: name.into(),
            neurons: neurons.iter().map(|n| NeuronLabel::from_text(n)).collect(),
            traces: Traces::new(2, neurons.len(), vec![0.; 2 * neurons.len()]).unwrap(),
            derivative: None,
            behavior: None,
            time: TimeBase::regular(2, 3., 0.).unwrap(),
            provenance: Provenance::default(),
        })
        .unwrap()
    }

    #[test]
    fn shared_is_the_intersection_of_identified_names() {
        let animals =
            [animal("a", &["VB1", "AVAL", "3"]), animal("b", &["3", "VB01", "RIML", "AVAL"])];
        let names = NeuronSet::Shared.resolve(&animals).unwrap();
        assert_eq!(names.iter().map(NeuronName::as_str).collect::<Vec<_>>(), ["AVAL", "VB01"]);
    }

    #[test]
    fn of_a_name_that_is_none_the_nearest_is_told() {
        let set: NeuronSet = "AVAL,AVLA,RIML".parse().unwrap();
        let error = set.resolve(&[animal("a", &["AVAL"])]).unwrap_err().to_string();
        assert!(error.contains("AVLA is no known neuron, did you mean AVAL"), "{error}");
        assert!(!error.contains("RIML is no"), "it is one, and missing: {error}");
    }

    #[test]
    fn named_is_the_union_of_identified_names() {
        let animals = [animal("a", &["VB1", "AVAL", "3"]), animal("b", &["RIML", "AVAL"])];
        let names = NeuronSet::Named.resolve(&animals).unwrap();
        assert_eq!(
            names.iter().map(NeuronName::as_str).collect::<Vec<_>>(),
            ["AVAL", "RIML", "VB01"]
        );
        assert!(NeuronSet::Named.resolve(&[animal("c", &["1", "2"])]).is_err());
    }

    #[test]
    fn what_is_missing_where_is_said_by_name() {
        let animals = [animal("a", &["AVAL", "AIBR", "VB2"]), animal("b", &["AVAL"])];
        let error = NeuronSet::Paper3.resolve(&animals).unwrap_err();
        assert_eq!(error.to_string(), "animal \"b\" lacks AIBR, VB02");
        let animals = [animal("a", &["AVAL", "Xyz"])];
        let error = "AVAL,XYZ".parse::<NeuronSet>().unwrap().resolve(&animals).unwrap_err();
        let text = "animal \"a\" lacks XYZ; labels there that are no known names: XYZ, which --names XYZ accepts";
        assert_eq!(error.to_string(), text);
        let none = [animal("a", &["AVAL"]), animal("b", &["RIML"])];
        let error = NeuronSet::Shared.resolve(&none).unwrap_err();
        assert!(error.to_string().contains("share no identified neuron"));
    }

    #[test]
    fn a_set_reads_back_from_its_text() {
        for text in ["shared", "named", "paper-15", "paper-3", "AVAL,VB02"] {
            assert_eq!(text.parse::<NeuronSet>().unwrap().to_string(), text);
        }
        assert_eq!("vb2, aval,VB02".parse::<NeuronSet>().unwrap().to_string(), "VB02,AVAL");
        assert!("paper-16".parse::<NeuronSet>().is_err());
    }
}
