//! Neuron names in one canonical form, and what a file says about the identity of a neuron.
//!
//! A [`NeuronName`] is the field's name of one cell, such as `AVAL` or `VB02`. A file often says
//! less than that: it numbers a cell, leaves it empty, writes `---`, or lists several candidates.
//! A [`NeuronLabel`] keeps what the file said, and counts such cells as unidentified.

use crate::NeuronNames;
use std::fmt;
use std::str::FromStr;

/// Classes of the ventral cord whose members are counted; their numbers are written with two
/// digits here (`VB1` and `VB01` are the same cell).
const COUNTED_CLASSES: [&str; 10] = ["AS", "CA", "CP", "DA", "DB", "DD", "VA", "VB", "VC", "VD"];

/// What programs write where a neuron has no name. None of it is ever one.
const PLACEHOLDERS: [&str; 15] = [
    "BLANK", "EMPTY", "INF", "NA", "NAN", "NIL", "NOID", "NONAME", "NONE", "NULL", "TBD", "UNDEF",
    "UNID", "UNK", "VOID",
];

/// The canonical name of one identified neuron: upper case, two digits for the counted classes
/// of the ventral cord.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NeuronName(String);

/// The text is not the name of one neuron: a number, a placeholder, a list, or something else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is not the name of one neuron, expected a name such as AVAL or VB02")]
pub struct NotANeuronName {
    /// The text as it was written.
    pub found: String,
}

impl NeuronName {
    /// The name as text, for example `VB02`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NeuronName {
    type Err = NotANeuronName;

    /// Reads a name in any case, with or without the leading zero of a counted class.
    ///
    /// # Errors
    /// [`NotANeuronName`] unless the text is two to six ASCII letters and digits that begin with
    /// a letter, and for what programs write where there is no name, such as `NaN` and `None`.
    fn from_str(text: &str) -> Result<Self, NotANeuronName> {
        let name = text.trim().to_ascii_uppercase();
        let letters_end = name.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(name.len());
        let (class, rest) = name.split_at(letters_end);
        let sound = (2..=6).contains(&name.len())
            && !class.is_empty()
            && rest.chars().all(|c| c.is_ascii_alphanumeric())
            && !PLACEHOLDERS.contains(&name.as_str());
        if !sound {
            return Err(NotANeuronName { found: text.to_owned() });
        }
        if COUNTED_CLASSES.contains(&class)
            && let Ok(number) = rest.parse::<u8>()
        {
            return Ok(Self(format!("{class}{number:02}")));
        }
        Ok(Self(name))
    }
}

impl fmt::Display for NeuronName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a file says about the identity of one recorded neuron.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NeuronLabel {
    /// Exactly one name.
    Identified(NeuronName),
    /// A number, `---`, nothing, or text that is no name; kept as it was written.
    Unidentified(String),
    /// Several names that the annotator could not decide between.
    Candidates(Vec<NeuronName>),
}

impl NeuronLabel {
    /// Reads a single entry as [`NeuronNames::label`] does where only known names count.
    pub fn from_text(text: &str) -> Self {
        NeuronNames::Known.label(text)
    }

    /// Reads several entries as [`NeuronNames::label_of_candidates`] does where only known names
    /// count.
    pub fn from_candidates<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        NeuronNames::Known.label_of_candidates(texts)
    }

    /// The name, if there is exactly one.
    pub fn name(&self) -> Option<&NeuronName> {
        match self {
            Self::Identified(name) => Some(name),
            Self::Unidentified(_) | Self::Candidates(_) => None,
        }
    }
}

impl fmt::Display for NeuronLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identified(name) => name.fmt(f),
            Self::Unidentified(written) => f.write_str(written),
            Self::Candidates(names) => {
                let names: Vec<_> = names.iter().map(NeuronName::as_str).collect();
                f.write_str(&names.join("|"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counted_class_has_one_form() {
        for written in ["VB1", "VB01", "vb01", " Vb1 "] {
            assert_eq!(written.parse::<NeuronName>().unwrap().as_str(), "VB01");
        }
        assert_eq!("AS10".parse::<NeuronName>().unwrap().as_str(), "AS10");
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for name in ["IL1L", "OLQDL", "RIML", "I1L", "M1", "ASER", "URYVR"] {
            assert_eq!(name.parse::<NeuronName>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn numbers_placeholders_and_lists_identify_nothing() {
        for written in ["17", "---", "", "  ", "AVAL/AVAR", "AVAL?", "ÄVAL", "A", "LONGNAME"] {
            assert_eq!(NeuronLabel::from_text(written).name(), None, "{written:?}");
        }
    }

    #[test]
    fn what_stands_for_no_name_is_none() {
        for written in ["nan", "NaN", "None", "NA", "null", "unID", "UNK", " nil "] {
            assert!(written.parse::<NeuronName>().is_err(), "{written:?}");
            assert_eq!(NeuronNames::Any.label(written).name(), None, "{written:?}");
        }
        assert_eq!("nand".parse::<NeuronName>().unwrap().as_str(), "NAND");
    }

    #[test]
    fn one_name_among_placeholders_identifies_and_two_do_not() {
        let one = NeuronLabel::from_candidates(["VB1", "---", "VB01"]);
        assert_eq!(one.name().unwrap().as_str(), "VB01");
        let two = NeuronLabel::from_candidates(["SMDVL", "SMDVR"]);
        assert_eq!(two.name(), None);
        assert_eq!(two.to_string(), "SMDVL|SMDVR");
    }
}
