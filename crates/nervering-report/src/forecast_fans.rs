//! How sure forecasts of traces were and with what right: as text in a [`Layout`],
//! and as CSV with unrounded numbers.

use crate::fits::role_name;
use crate::forecast_skills::marked;
use crate::layout::{Layout, push_folded};
use crate::table::{csv_bytes, number};
use nervering_study::forecast::{Covered, FanRow};

/// Columns of the widest name of a model, with its mark.
const MODEL: usize = 16;
/// Columns of a coverage with those of the animals where it is least and most.
const COVERED: usize = 17;
/// Columns of a number.
const NUMBER: usize = 9;

/// Steps ahead that the tables show: those of Figure 4D.
pub const TABLE_STEPS: [usize; 3] = [1, 8, 16];

/// The lines of one section's rows, at the steps of tables.
pub(crate) fn fan_lines(rows: &[&FanRow], title: &str, layout: Layout) -> Vec<String> {
    let mut lines = vec![format!("━ {title}: how much of the traces 90 % intervals hold")];
    for step in TABLE_STEPS {
        let of_step: Vec<&&FanRow> = rows.iter().filter(|row| row.step == step).collect();
        if of_step.is_empty() {
            continue;
        }
        let ahead = format!("{step} ahead");
        let names = ["normal", "quantiles", "conformal"].map(|name| format!("{name:>COVERED$}"));
        let numbers = ["width", "CRPS", "over ar"].map(|name| format!("{name:>NUMBER$}"));
        let mut table = vec![format!("{ahead:MODEL$}{}{}", names.concat(), numbers.concat())];
        for row in of_step {
            let covered = [row.normal, row.empirical, row.conformal].map(covered).concat();
            let over_ar = row.crps_over_ar.map_or("–".to_owned(), |skill| short(skill, 2));
            let numbers = [short(row.conformal.width, 3), short(row.crps, 4), over_ar];
            let numbers = numbers.map(|text| format!("{text:>NUMBER$}")).concat();
            table.push(format!("{:MODEL$}{covered}{numbers}", marked(&row.model)));
        }
        push_folded(&mut lines, table, MODEL, &[3 * COVERED, 3 * NUMBER], layout.width());
        lines.push(String::new());
    }
    lines.pop();
    lines
}

/// `0.91 (0.90-0.92)`.
fn covered(Covered { mean, least, most, .. }: Covered) -> String {
    format!("{:>COVERED$}", format!("{mean:.2} ({least:.2}-{most:.2})"))
}

fn short(value: f64, decimals: usize) -> String {
    if value.abs() < 100. { format!("{value:.decimals$}") } else { format!("{value:.0e}") }
}

/// What is said under these tables.
pub(crate) const FAN_NOTE: &str = "Intervals of 90 % for traces: how much of what came they hold, mean over animals (least and most of an animal). Normal and quantiles come from what was missed in validation frames of the animals trained on, in units of the size of recent one-step errors; conformal ones start there and move with each frame of the animal that is forecast. Width is that of conformal intervals, CRPS that of quantiles, in [0, 1] of each neuron's range; over ar is 1 - CRPS / CRPS of ar.";

/// Every step of every row.
pub fn forecast_fans_csv(rows: &[FanRow]) -> Vec<u8> {
    let mut header: Vec<String> =
        ["variant", "n_trained", "role", "model", "step"].map(str::to_owned).into();
    for kind in ["normal", "empirical", "conformal"] {
        for part in ["coverage", "coverage_least", "coverage_most", "width"] {
            header.push(format!("{kind}_{part}"));
        }
    }
    header.extend(["normal_nll", "empirical_crps", "crps_over_ar", "n_animals"].map(str::to_owned));
    let of_row = |row: &FanRow| {
        let mut fields = vec![
            row.variant.clone(),
            row.n_trained.to_string(),
            role_name(row.role).to_owned(),
            row.model.clone(),
            row.step.to_string(),
        ];
        for Covered { mean, least, most, width } in [row.normal, row.empirical, row.conformal] {
            fields.extend([mean, least, most, width].map(|value| number(Some(value))));
        }
        fields.extend([number(Some(row.nll)), number(Some(row.crps)), number(row.crps_over_ar)]);
        fields.push(row.n_animals.to_string());
        fields
    };
    csv_bytes(&header, rows.iter().map(of_row))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nervering_statistics::Role;

    #[test]
    fn lines_keep_to_their_columns() {
        let covered = Covered { mean: 0.9, least: 0.777, most: 1., width: 0.25 };
        let row = |step: usize| FanRow {
            variant: "strict".into(),
            n_trained: 4,
            role: Role::UnseenAnimal,
            model: "linear-adapted".into(),
            step,
            normal: covered,
            empirical: covered,
            conformal: covered,
            nll: -1.,
            crps: 0.0123,
            crps_over_ar: Some(-1e9),
            n_animals: 5,
        };
        let rows = TABLE_STEPS.map(row);
        let lines =
            fan_lines(&rows.iter().collect::<Vec<_>>(), "strict, trained on 4", Layout::FILE);
        assert!(lines.iter().all(|line| line.chars().count() <= crate::WIDTH), "{lines:#?}");
        assert!(lines[2].contains("linear-adapted*  0.90 (0.78-1.00)"), "{}", lines[2]);
        let csv = String::from_utf8(forecast_fans_csv(&rows)).unwrap();
        assert_eq!(csv.lines().count(), 4);
    }
}
