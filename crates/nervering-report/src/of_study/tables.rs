//! Tables for the page: one per section, and one of what shuffled windows would have claimed.

use crate::cells::{Cell, TableData};
use crate::figure::in_order;
use crate::table::{Laid, LaidRow, Table, has_deviation};
use crate::text::is_compact;
use nervering_study::{Claim, Section, Spread, Unit};

/// All tables of a study.
pub(super) fn tables(table: &Table<'_>) -> Vec<TableData> {
    let mut tables: Vec<TableData> = match is_compact(table) {
        true => vec![compact(table.sections)],
        false => Laid::all(table.sections).iter().map(section).collect(),
    };
    for of_variant in table.claims.chunk_by(|a, b| a.variant == b.variant) {
        tables.push(claims(of_variant));
    }
    tables
}

/// Percent where `factor` is 100.
fn cell(spread: Option<Spread>, factor: f64, decimals: u8) -> Cell {
    match spread {
        None => Cell::Missing,
        Some(spread) => Cell::Spread {
            mean: factor * spread.mean,
            sd: has_deviation(&spread).then_some(factor * spread.sd),
            decimals,
        },
    }
}

fn count(n: usize) -> Cell {
    Cell::Number { value: n as f64, decimals: 0 }
}

fn section(laid: &Laid<'_>) -> TableData {
    let Laid { section, rows } = laid;
    // The measure of the summary and of the first figure stands first.
    let columns = [
        "model",
        "trained on",
        "unseen, balanced, %",
        "unseen, %",
        "unseen, NLL, nats",
        "same, balanced, %",
        "same, %",
        "n",
    ];
    let mut columns: Vec<String> = columns.map(str::to_owned).into();
    let has_extended = rows.iter().any(|laid| laid.row.extended.accuracy.is_some());
    if has_extended {
        columns.push("extended, balanced, %".to_owned());
        columns.push("extended, %".to_owned());
    }
    let order = in_order(&section.states);
    columns.extend(order.iter().map(|&k| format!("recall {}, %", section.states[k])));
    let row = |laid: &LaidRow<'_>| {
        let row = laid.row;
        let mut cells = vec![
            Cell::Text(laid.full_label(section)),
            count(row.n_trained),
            cell(row.unseen.balanced_accuracy, 100., 1),
            cell(row.unseen.accuracy, 100., 1),
            cell(row.unseen.nll, 1., 2),
            cell(row.same.balanced_accuracy, 100., 1),
            cell(row.same.accuracy, 100., 1),
            count(row.unseen.accuracy.or(row.same.accuracy).map_or(0, |s| s.n)),
        ];
        if has_extended {
            cells.push(cell(row.extended.balanced_accuracy, 100., 1));
            cells.push(cell(row.extended.accuracy, 100., 1));
        }
        let recall = |&k: &usize| row.recall_unseen.get(k).copied().flatten();
        cells.extend(order.iter().map(|k| match recall(k) {
            Some(recall) => Cell::Number { value: 100. * recall, decimals: 1 },
            None => Cell::Missing,
        }));
        cells
    };
    let unit = match section.unit {
        Unit::Pairs => "Mean ± SD over n pairs of training subset and evaluated animal.",
        Unit::Animals => {
            "Mean ± SD over n animals, training subsets averaged first. The test blocks of an animal trained on are put together."
        }
    };
    TableData {
        name: format!("{}-{}", section.variant, section.statistics.batch_norm),
        title: format!("{}, batch norms and edges: {}", section.variant, section.statistics),
        columns,
        rows: rows.iter().map(row).collect(),
        notes: vec![format!(
            "{unit} Folds are averaged first. Recall is of all frames of unseen animals pooled."
        )],
    }
}

/// One row per row of all sections, for studies of many variants.
fn compact(sections: &[Section]) -> TableData {
    let columns = [
        "variant",
        "model",
        "trained on",
        "unseen, balanced, %",
        "unseen, %",
        "same, balanced, %",
        "n",
    ];
    let of_section = |laid: &Laid<'_>| {
        let section = laid.section;
        let row = |laid: &LaidRow<'_>| {
            let row = laid.row;
            vec![
                Cell::Text(section.variant.clone()),
                Cell::Text(laid.full_label(section)),
                count(row.n_trained),
                cell(row.unseen.balanced_accuracy, 100., 1),
                cell(row.unseen.accuracy, 100., 1),
                cell(row.same.balanced_accuracy, 100., 1),
                count(row.unseen.accuracy.map_or(0, |s| s.n)),
            ]
        };
        laid.rows.iter().map(row).collect::<Vec<_>>()
    };
    TableData {
        name: "all-variants".to_owned(),
        title: "All variants".to_owned(),
        columns: columns.map(str::to_owned).into(),
        rows: Laid::all(sections).iter().flat_map(of_section).collect(),
        notes: vec!["Mean ± SD; folds are averaged first.".to_owned()],
    }
}

fn claims(claims: &[Claim]) -> TableData {
    let columns = [
        "model",
        "trained on",
        "same, strict, %",
        "same, shuffled, %",
        "unseen, strict, %",
        "unseen, shuffled, %",
    ];
    let row = |claim: &Claim| {
        vec![
            Cell::Text(claim.model.clone()),
            count(claim.n_trained),
            cell(claim.same, 100., 1),
            cell(claim.same_claimed, 100., 1),
            cell(claim.unseen, 100., 1),
            cell(claim.unseen_claimed, 100., 1),
        ]
    };
    let variant = &claims[0].variant;
    TableData {
        name: format!("{variant}-claims"),
        title: format!("{variant}: what shuffled windows would have claimed"),
        columns: columns.map(str::to_owned).into(),
        rows: claims.iter().map(row).collect(),
        notes: vec!["Balanced accuracy, mean ± SD.".to_owned()],
    }
}
