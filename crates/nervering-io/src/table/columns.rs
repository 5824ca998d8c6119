//! How the label of a neuron becomes the name of its column, and back.
//!
//! Most labels are their own column name: `AVAL`, `17`, `SMDVL|SMDVR`. A column name must be
//! unique and read back as the same label, so otherwise the label is marked:
//!
//! - `#` and the neuron's number (from 1) follow a label that stands more than once (`---#17`) or
//!   is empty (`#4`);
//! - `?` also goes before the text of an unidentified neuron that would read as a name
//!   (`?AVAL#5`).
//!
//! Reading takes off the mark. A table from elsewhere, whose unidentified columns carry any text
//! without `#`, keeps that text.

use nervering_recording::{NeuronLabel, NeuronNames};
use std::collections::HashMap;

/// Name of the first column.
pub(crate) const TIME: &str = "time_s";
/// Name of the column of states.
pub(crate) const STATE: &str = "state";
/// What a column of derivatives has after the name of its neuron's column.
pub(crate) const DERIVATIVE_SUFFIX: &str = ".derivative";

/// One unique column name per label, or the first neuron whose label cannot be written.
///
/// They read back as the labels where `accepted` names count.
pub(crate) fn column_names(
    labels: &[NeuronLabel],
    accepted: &NeuronNames,
) -> Result<Vec<String>, usize> {
    let texts: Vec<String> = labels.iter().map(NeuronLabel::to_string).collect();
    let mut uses = HashMap::<&str, usize>::new();
    for text in &texts {
        *uses.entry(text).or_default() += 1;
    }
    let mut names = Vec::with_capacity(labels.len());
    for (neuron, (label, text)) in labels.iter().zip(&texts).enumerate() {
        let number = neuron + 1;
        let candidates = [text.clone(), format!("{text}#{number}"), format!("?{text}#{number}")];
        let first = usize::from(uses[text.as_str()] > 1 || is_reserved(text));
        let name =
            candidates.into_iter().skip(first).find(|name| label_of(name, accepted) == *label);
        names.push(name.ok_or(neuron)?);
    }
    Ok(names)
}

/// Whether a column name has a meaning other than a neuron's label, or is hard on other tools.
fn is_reserved(text: &str) -> bool {
    text.is_empty() || text == TIME || text == STATE || text.ends_with(DERIVATIVE_SUFFIX)
}

/// The label that a column name stands for.
pub(crate) fn label_of(column: &str, accepted: &NeuronNames) -> NeuronLabel {
    let (text, marked) = match column.rsplit_once('#') {
        Some((text, number)) if is_number(number) => (text, true),
        _ => (column, false),
    };
    let is_a_name = |text| accepted.label(text).name().is_some();
    let has_form = |text| NeuronNames::Any.label(text).name().is_some();
    match text.strip_prefix('?') {
        Some(verbatim) if marked => NeuronLabel::Unidentified(verbatim.to_owned()),
        // Of names none of which counts, the text is kept as it stands.
        _ if text.contains('|')
            && text.split('|').all(has_form)
            && text.split('|').any(is_a_name) =>
        {
            accepted.label_of_candidates(text.split('|'))
        }
        _ => accepted.label(text),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unidentified(text: &str) -> NeuronLabel {
        NeuronLabel::Unidentified(text.into())
    }

    #[test]
    fn ordinary_labels_are_their_own_column_names() {
        let labels = ["AVAL", "17", "VB1", "---"]
            .map(NeuronLabel::from_text)
            .into_iter()
            .chain([NeuronLabel::from_candidates(["SMDVL", "SMDVR"])]);
        let names = column_names(&labels.collect::<Vec<_>>(), &NeuronNames::Known).unwrap();
        assert_eq!(names, ["AVAL", "17", "VB01", "---", "SMDVL|SMDVR"]);
    }

    #[test]
    fn labels_that_repeat_or_mislead_are_marked() {
        let pair = NeuronLabel::from_candidates(["SMDVL", "SMDVR"]);
        let labels = [
            unidentified("---"),
            unidentified("---"),
            unidentified(""),
            unidentified("AVAL"),
            pair.clone(),
            pair,
            unidentified("state"),
            unidentified("a#3"),
        ];
        let names = column_names(&labels, &NeuronNames::Known).unwrap();
        let expected = [
            "---#1",
            "---#2",
            "#3",
            "?AVAL#4",
            "SMDVL|SMDVR#5",
            "SMDVL|SMDVR#6",
            "state#7",
            "a#3#8",
        ];
        assert_eq!(names, expected);
        for (name, label) in names.iter().zip(&labels) {
            assert_eq!(label_of(name, &NeuronNames::Known), *label);
        }
    }

    #[test]
    fn a_candidate_list_of_one_cannot_be_written() {
        let one = NeuronLabel::Candidates(vec!["AVAL".parse().unwrap()]);
        assert_eq!(column_names(&[unidentified("1"), one], &NeuronNames::Known), Err(1));
    }

    proptest! {
        #[test]
        fn any_unidentified_text_reads_back_from_a_unique_column(
            texts in proptest::collection::vec("(\\PC{0,6}|[?#|0-9A]{0,5}|AVAL|---)", 0..8)
        ) {
            let labels: Vec<_> = texts.iter().map(|text| unidentified(text)).collect();
            let names = column_names(&labels, &NeuronNames::Known).unwrap();
            let unique: std::collections::HashSet<_> = names.iter().collect();
            prop_assert_eq!(unique.len(), names.len());
            for (name, label) in names.iter().zip(&labels) {
                prop_assert_eq!(&label_of(name, &NeuronNames::Known), label);
                prop_assert!(!is_reserved(name));
            }
        }
    }
}
