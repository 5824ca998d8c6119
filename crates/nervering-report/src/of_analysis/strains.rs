//! N2 against *npr-1*: what models decode in either, and what either does.

use super::{AddedReport, AnalysisAbout, count, counted, number, table, words};
use crate::cells::{Cell, TableData, p_text, shown};
use crate::figure::{FigureData, dots};
use crate::table::{csv_bytes, number as field};
use nervering_statistics::TwoSampleTest;
use nervering_study::{Strain, StrainDifference, StrainQuantity, Strains};

/// What the comparison of strains adds to the report of a study.
pub fn strains(found: &Strains, about: &AnalysisAbout<'_>) -> AddedReport {
    AddedReport {
        tables: vec![differences(found)],
        figures: vec![FigureData::Dots(accuracies(found, about))],
        files: vec![("tables/strains-animals.csv".to_owned(), by_animal(found))],
        found: said(found),
        distrust: distrust(found),
    }
}

/// The model or state, and of several variants which.
fn name(found: &Strains, of: &StrainDifference) -> String {
    let mut variants = found.compared.iter().filter(|other| !other.variant.is_empty());
    let several = variants.any(|other| other.variant != of.variant && !of.variant.is_empty());
    if several { format!("{}: {}", of.variant, of.what) } else { of.what.clone() }
}

fn said(found: &Strains) -> Vec<String> {
    let tested: Vec<&StrainDifference> =
        found.compared.iter().filter(|of| of.test.is_some()).collect();
    let different: Vec<String> = tested
        .iter()
        .filter(|of| of.p_holm.is_some_and(|p| p <= 0.05))
        .map(|of| {
            format!(
                "{} ({}, p {})",
                name(found, of),
                of.quantity.as_str(),
                p_text(of.p_holm.unwrap_or(1.))
            )
        })
        .collect();
    let listed = match different.is_empty() {
        true => "none differs".to_owned(),
        false => format!("{} differ: {}", different.len(), different.join(", ")),
    };
    let mut said = vec![format!(
        "Of {} of {} N2 and {} npr-1, {listed} at 5 % after Holm's correction over all. The paper noticed \
         no difference and combined them.",
        counted(tested.len(), "quantity").replace("quantitys", "quantities"),
        found.animals[0].len(),
        found.animals[1].len()
    )];
    let decoded = tested.iter().filter(|of| of.quantity == StrainQuantity::BalancedAccuracy);
    said.extend(decoded.filter_map(|of| {
        let test = of.test?;
        let [low, high] = test.interval?.map(|end| shown(100. * end, 1));
        Some(format!(
            "{}: N2 less npr-1 {} % balanced accuracy, 95 % interval {low} to {high}, p {} ({} corrected).",
            name(found, of),
            shown(100. * test.difference, 1),
            p_text(test.p),
            p_text(of.p_holm?)
        ))
    }));
    said
}

fn distrust(found: &Strains) -> Vec<String> {
    let mut distrust = vec![
        "That no difference is found is no proof that strains are alike: what the interval of a difference \
         leaves open is not excluded. Intervals of so few animals are too narrow."
            .to_owned(),
        "A model's balanced accuracy may differ because animals behave otherwise, or were recorded \
         otherwise, and not because their brains do: the strains of the published set were also raised \
         and recorded in batches of their own."
            .to_owned(),
        "Labels of the published larvae were made from some of the neurons that models see (AVAL, VB02)."
            .to_owned(),
    ];
    if found.n_of_neither > 0 {
        distrust.push(format!(
            "{} of the extended set have neither n2 nor npr1 in their names and are not compared.",
            counted(found.n_of_neither, "animal")
        ));
    }
    distrust
}

/// What a quantity is multiplied by in tables, and its decimals there.
fn scale(quantity: StrainQuantity) -> (f64, u8) {
    match quantity {
        StrainQuantity::BalancedAccuracy | StrainQuantity::Share => (100., 1),
        StrainQuantity::MedianBout => (1., 1),
    }
}

/// `balanced accuracy, %`.
fn heading(quantity: StrainQuantity) -> &'static str {
    match quantity {
        StrainQuantity::BalancedAccuracy => "balanced, %",
        StrainQuantity::Share => "frames, %",
        StrainQuantity::MedianBout => "bout, s",
    }
}

fn differences(found: &Strains) -> TableData {
    let [n2, npr1] = Strain::ALL.map(Strain::as_str);
    let mut table = table(
        "strain-differences",
        &format!("{n2} against {npr1}"),
        &["of", "quantity", n2, npr1, "difference", "95 % interval", "p", "p (Holm)", "animals"],
    );
    for of in &found.compared {
        let (unit, decimals) = scale(of.quantity);
        let test = of.test;
        let mean = |k: usize| number(of.means[k].map(|mean| unit * mean), decimals);
        let interval = |test: TwoSampleTest| {
            let [low, high] = test.interval?.map(|end| shown(unit * end, decimals.into()));
            Some(words(&format!("{low} to {high}")))
        };
        table.rows.push(vec![
            words(&name(found, of)),
            words(heading(of.quantity)),
            mean(0),
            mean(1),
            number(test.map(|test| unit * test.difference), decimals),
            test.and_then(interval).unwrap_or(Cell::Missing),
            test.map_or(Cell::Missing, |test| Cell::P(test.p)),
            of.p_holm.map_or(Cell::Missing, Cell::P),
            test.map_or(count(0), |test| words(&format!("{} and {}", test.n[0], test.n[1]))),
        ]);
    }
    table.notes.push(
        "One value per animal, means over animals. Balanced: what a model trained on the animals of \
         --kato decodes. Frames: share of the labelled ones in the state; bout: median length of its \
         complete bouts. p: every way to deal the animals into the strains; Holm's correction over all \
         rows."
            .to_owned(),
    );
    table
}

fn accuracies(found: &Strains, about: &AnalysisAbout<'_>) -> dots::Data {
    // One dot per animal in its strain's row; the other strain's animals have none there.
    let n = found.animals.iter().map(Vec::len).max().unwrap_or(0);
    let decoded =
        found.compared.iter().filter(|of| of.quantity == StrainQuantity::BalancedAccuracy);
    let rows = decoded.flat_map(|of| {
        let groups = Strain::ALL.iter().zip(&of.values).zip(of.means);
        groups.map(|((strain, values), mean)| {
            let mut padded: Vec<f64> =
                values.iter().map(|value| value.map_or(f64::NAN, |value| 100. * value)).collect();
            padded.resize(n, f64::NAN);
            dots::DotRow {
                name: strain.as_str().to_owned(),
                group: name(found, of),
                values: padded,
                mean: mean.map(|mean| 100. * mean),
            }
        })
    });
    dots::Data {
        about: about.figure(
            "strains",
            "Balanced accuracy in animals of two strains, none of which was trained on",
            "as the study's first variant",
        ),
        quantity: "balanced accuracy, %".to_owned(),
        reference: None,
        animals: vec![String::new(); n],
        rows: rows.collect(),
    }
}

/// Every animal.
fn by_animal(found: &Strains) -> Vec<u8> {
    let header = ["variant", "of", "quantity", "strain", "animal", "value"];
    let rows = found.compared.iter().flat_map(|of| {
        Strain::ALL.iter().enumerate().flat_map(move |(k, strain)| {
            found.animals[k].iter().zip(&of.values[k]).map(move |(animal, &value)| {
                vec![
                    of.variant.clone(),
                    of.what.clone(),
                    of.quantity.as_str().to_owned(),
                    strain.as_str().to_owned(),
                    animal.clone(),
                    field(value),
                ]
            })
        })
    });
    csv_bytes(&header.map(str::to_owned), rows)
}
