//! Animals whose traces are in different units, put together: [`MixedUnits`] says which are in which.

use crate::{Recording, TraceUnit};
use std::collections::BTreeMap;
use std::fmt;

/// Animals named of one unit before it says "and n more".
const NAMED: usize = 8;

/// Two units or more, and the animals in each. It prints as `ΔF/F in worm1, worm2; F/F0 in worm3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MixedUnits {
    animals: BTreeMap<TraceUnit, Vec<String>>,
}

impl MixedUnits {
    /// The units of recordings, stated or guessed, where there are several. Animals in an unknown unit do
    /// not count.
    pub fn of<'r>(recordings: impl IntoIterator<Item = &'r Recording>) -> Option<Self> {
        let mut animals = BTreeMap::<TraceUnit, Vec<String>>::new();
        for recording in recordings {
            animals.entry(recording.unit().unit).or_default().push(recording.animal().to_owned());
        }
        animals.remove(&TraceUnit::Unknown);
        (animals.len() > 1).then_some(Self { animals })
    }
}

impl fmt::Display for MixedUnits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (k, (unit, animals)) in self.animals.iter().enumerate() {
            let shown = animals[..animals.len().min(NAMED)].join(", ");
            write!(f, "{}{unit} in {shown}", if k > 0 { "; " } else { "" })?;
            if animals.len() > NAMED {
                write!(f, " and {} more", animals.len() - NAMED)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NeuronLabel, Provenance, RecordingParts, TimeBase, Traces};

    fn recording(animal: &str, unit: TraceUnit) -> Recording {
        let parts = RecordingParts {
            animal: animal.into(),
            neurons: vec![NeuronLabel::from_text("AVAL")],
            traces: Traces::new(3, 1, vec![0., 0.1, 0.2]).unwrap(),
            derivative: None,
            behavior: None,
            time: TimeBase::regular(3, 3., 0.).unwrap(),
            provenance: Provenance { unit: Some(unit), ..Provenance::default() },
        };
        Recording::new(parts).unwrap()
    }

    #[test]
    fn animals_are_named_by_unit_where_there_are_several() {
        let mut all: Vec<Recording> =
            (1..=9).map(|k| recording(&format!("w{k}"), TraceUnit::DeltaF)).collect();
        all.push(recording("x", TraceUnit::Unknown));
        assert_eq!(MixedUnits::of(&all), None);
        all.push(recording("y", TraceUnit::Ratio));
        let text = MixedUnits::of(&all).unwrap().to_string();
        assert_eq!(text, "ΔF/F in w1, w2, w3, w4, w5, w6, w7, w8 and 1 more; F/F0 in y");
    }
}
