//! What the order of states says without a neuron, as a part of the report of a study that asks for it.

use super::over_animals::{ends, spread};
use super::{AddedReport, count, table, words};
use crate::cells::Cell;
use crate::table::{csv_bytes, number};
use nervering_analysis::SequenceOnly;

/// One table, with a row for each way of telling states apart.
pub fn sequence(found: &[SequenceOnly]) -> AddedReport {
    let columns = ["", "accuracy, %", "balanced, %", "interval", "bouts right, %", "bouts"];
    let mut rows =
        table("sequence-only", "sequence-only: states from the true state before", &columns);
    for of in found {
        rows.rows.push(vec![
            words(&states(of)),
            spread(&of.accuracy, 100., 1),
            spread(&of.balanced, 100., 1),
            ends(&of.balanced, 100., 1),
            spread(&of.bouts_right, 100., 1),
            count(of.animals.iter().map(|animal| animal.n_bouts).sum()),
        ]);
    }
    rows.notes.push(
        "Each bout is said to be what most often follows the state before it in the other animals; all its frames count. \
         The state before is the true one, which no decoder is told. Mean ± SD over animals, 95 % interval of the mean."
            .to_owned(),
    );
    let said = |of: &SequenceOnly| {
        let Cell::Spread { mean, .. } = spread(&of.balanced, 100., 1) else { return None };
        Some(format!(
            "The order of states alone, told the true state before each, says {} at {mean:.1} % balanced accuracy: what a \
             decoder that sees time has beyond that it has from neurons.",
            states(of)
        ))
    };
    AddedReport {
        tables: vec![rows],
        figures: Vec::new(),
        files: vec![("tables/sequence-only.csv".to_owned(), by_animal(found))],
        found: found.iter().filter_map(said).collect(),
        distrust: Vec::new(),
    }
}

fn states(of: &SequenceOnly) -> String {
    format!("{} states", of.coding.n_classes())
}

fn by_animal(found: &[SequenceOnly]) -> Vec<u8> {
    let header = ["n_states", "animal", "n_bouts", "accuracy", "balanced_accuracy", "bouts_right"];
    let rows = found.iter().flat_map(|of| {
        of.animals.iter().map(|animal| {
            vec![
                of.coding.n_classes().to_string(),
                animal.animal.clone(),
                animal.n_bouts.to_string(),
                number(animal.accuracy),
                number(animal.balanced),
                number(animal.bouts_right),
            ]
        })
    });
    csv_bytes(&header.map(str::to_owned), rows)
}
