//! What validating on some animals of the extended set does in these, and in the others.

use super::over_animals::smallest_p;
use super::{AddedReport, AnalysisAbout, count, number, percent, table, words};
use crate::cells::{Cell, TableData, p_text, shown};
use crate::figure::{FigureData, dots};
use crate::table::{csv_bytes, number as field};
use nervering_study::{Validated, ValidatedHalf};

/// Which half is meant.
const HALVES: [&str; 2] = ["validate", "never seen"];

/// What it adds to the report of a study.
pub fn validated(found: &[Validated], about: &AnalysisAbout<'_>) -> AddedReport {
    AddedReport {
        tables: vec![gains(found)],
        figures: vec![FigureData::Dots(dots_of_gains(found, about))],
        files: vec![("tables/validation-animals.csv".to_owned(), by_animal(found))],
        found: found.iter().filter_map(said).collect(),
        distrust: vec![
            "Animals that validate choose the epoch by their labels: what is measured on them, in the \
             table above too, is no test of the variant that validates on them."
                .to_owned(),
            "The same number of animals validates and is never seen, every second by name. More that \
             validate would choose better, and leave fewer to say so."
                .to_owned(),
            "Models without epochs (majority, logistic, SVM) are the same under both."
                .to_owned(),
        ],
    }
}

fn said(of: &Validated) -> Option<String> {
    let gain = |half: &ValidatedHalf| {
        let gain = half.gain?;
        Some(format!("{} % (p {})", shown(100. * gain.mean_difference, 1), p_text(gain.p)))
    };
    // What has no epochs gains exactly nothing.
    let differs = of.halves.iter().any(|half| half.gain.is_some_and(|g| g.mean_difference != 0.));
    let [validating, never] = [gain(&of.halves[0])?, gain(&of.halves[1])?];
    differs.then(|| {
        format!(
            "{}: validating on extended animals gains {validating} balanced accuracy in these, and {never} \
             in the others.",
            of.model
        )
    })
}

fn gains(found: &[Validated]) -> TableData {
    let mut table = table(
        "validation",
        "Validated on frames of the animals trained on, or on every second extended animal",
        &["model", "in animals that", "own frames, balanced %", "extended", "gain", "p", "animals"],
    );
    let mut most = 1;
    for of in found {
        for (half, name) in of.halves.iter().zip(HALVES) {
            let n = half.gain.map_or(0, |gain| gain.n_animals);
            most = most.max(n);
            table.rows.push(vec![
                words(&of.model),
                words(if name == HALVES[0] { "validate" } else { "are never seen" }),
                percent(ValidatedHalf::mean_of(&half.training)),
                percent(ValidatedHalf::mean_of(&half.extended)),
                number(half.gain.map(|gain| 100. * gain.mean_difference), 1),
                half.gain.map_or(Cell::Missing, |gain| Cell::P(gain.p)),
                count(n),
            ]);
        }
    }
    table.notes.push(
        "Balanced accuracy in %, means over animals. What is gained in the animals that validate and not in \
         those never seen is overfitting to the validation set."
            .to_owned(),
    );
    table.notes.push(smallest_p(most));
    table
}

fn dots_of_gains(found: &[Validated], about: &AnalysisAbout<'_>) -> dots::Data {
    let n =
        found.iter().flat_map(|of| &of.halves).map(|half| half.animals.len()).max().unwrap_or(0);
    let rows = found.iter().flat_map(|of| {
        of.halves.iter().zip(HALVES).map(|(half, name)| {
            let both = half.extended.iter().zip(&half.training);
            let gain = |(a, b): (&Option<f64>, &Option<f64>)| {
                a.zip(*b).map_or(f64::NAN, |(a, b)| 100. * (a - b))
            };
            let mut values: Vec<f64> = both.map(gain).collect();
            values.resize(n, f64::NAN);
            dots::DotRow {
                name: name.to_owned(),
                group: of.model.clone(),
                values,
                mean: half.gain.map(|gain| 100. * gain.mean_difference),
            }
        })
    });
    dots::Data {
        about: about.figure(
            "validation",
            "What validating on extended animals gains, in these and in those never seen",
            "as the study's variants",
        ),
        quantity: "gain in balanced accuracy, %".to_owned(),
        reference: Some(0.),
        animals: vec![String::new(); n],
        rows: rows.collect(),
    }
}

/// Every animal.
fn by_animal(found: &[Validated]) -> Vec<u8> {
    let header = ["model", "half", "animal", "validated_on_own", "validated_on_extended"];
    let rows = found.iter().flat_map(|of| {
        of.halves.iter().zip(HALVES).flat_map(move |(half, name)| {
            half.animals.iter().enumerate().map(move |(k, animal)| {
                vec![
                    of.model.clone(),
                    name.to_owned(),
                    animal.clone(),
                    field(half.training[k]),
                    field(half.extended[k]),
                ]
            })
        })
    });
    csv_bytes(&header.map(str::to_owned), rows)
}
