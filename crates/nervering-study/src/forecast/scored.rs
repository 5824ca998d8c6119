//! Which neurons the errors of forecasts are of: [`Scored`]. Models see and forecast all neurons of a
//! variant; where errors are of some of them alone, what the others tell of these can be told from how well
//! they are forecast themselves.

use crate::error::StudyError;
use nervering_recording::{NeuronName, NeuronSet};

/// The neurons whose errors are measured; all where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scored(pub Option<NeuronSet>);

impl Scored {
    /// Their places among the neurons that models see, in the order of these.
    ///
    /// # Errors
    /// [`StudyError::Config`] for neurons that models do not see, and for a set whose names depend on
    /// recordings.
    pub fn places(&self, seen: &[NeuronName]) -> Result<Vec<usize>, StudyError> {
        let Some(set) = &self.0 else { return Ok((0..seen.len()).collect()) };
        let wrong = |found: String, expected: String| StudyError::Config {
            what: "scored",
            found,
            expected,
        };
        let Some(names) = set.listed() else {
            let expected = "paper-15, paper-3, or names separated by commas".to_owned();
            return Err(wrong(set.to_string(), expected));
        };
        let together = |names: &[&NeuronName]| {
            names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ")
        };
        let unseen: Vec<&NeuronName> = names.iter().filter(|name| !seen.contains(name)).collect();
        if !unseen.is_empty() {
            let all: Vec<&NeuronName> = seen.iter().collect();
            let expected = format!("some of the neurons that models see: {}", together(&all));
            return Err(wrong(together(&unseen), expected));
        }
        Ok((0..seen.len()).filter(|&place| names.contains(&seen[place])).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neurons_are_found_by_name_and_those_not_seen_are_told() {
        let seen = ["AIBR", "AVAL", "RIML", "VB02"].map(|name| name.parse().unwrap());
        let places = |set: &str| Scored(Some(set.parse().unwrap())).places(&seen);
        assert_eq!(Scored(None).places(&seen).unwrap(), [0, 1, 2, 3]);
        assert_eq!(places("paper-3").unwrap(), [0, 1, 3]);
        assert_eq!(places("RIML,AIBR").unwrap(), [0, 2]);
        let said = |set: &str| places(set).unwrap_err().to_string();
        assert_eq!(
            said("AVAL,AVAR"),
            "scored: found AVAR, expected some of the neurons that models see: AIBR, AVAL, RIML, VB02"
        );
        assert!(said("shared").contains("expected paper-15, paper-3, or names"));
    }
}
