//! What neurons know of the state in bits: each alone, a few, and all. [`information`] is a report of its
//! own, [`information_tables`] what a study of neurons adds to its.

use super::over_animals::{ends, spread};
use super::{
    AddedReport, AnalysisAbout, AnalysisReport, count, counted, number, percent, table, words,
};
use crate::cells::{Cell, TableData};
use crate::figure::{CurveRole, FigureData, curves, dots};
use crate::table::{csv_bytes, number as field};
use nervering_analysis::{ChosenNeurons, Information, LEAST_SHIFT_S, OverAnimals};
use nervering_recording::NeuronName;

const NORMALISATION: &str = "min-max to [0, 1] over the whole recording, per neuron";

/// The report of information.
pub fn information(
    found: &Information,
    neurons: &[NeuronName],
    about: &AnalysisAbout<'_>,
) -> AnalysisReport {
    let asked = "How much of what all neurons say of the state does one neuron keep, and which?";
    let title = "Information of neurons about the state of behaviour";
    let mut document = about.document(title, asked, neurons);
    let AddedReport { tables, figures, files, found, distrust } = information_tables(found, about);
    document.tables = tables;
    document.figures = figures;
    document.summary.found.extend(found);
    document.summary.distrust.extend(distrust);
    AnalysisReport { document, files }
}

/// Tables, figures and sentences of it.
pub fn information_tables(found: &Information, about: &AnalysisAbout<'_>) -> AddedReport {
    AddedReport {
        tables: vec![singles(found), sets(found)],
        figures: vec![
            FigureData::Dots(dots_of_singles(found, about)),
            FigureData::Curves(line_of_sets(found, about)),
        ],
        files: vec![("tables/information-neurons.csv".to_owned(), by_animal(found))],
        found: said(found),
        distrust: distrust(),
    }
}

fn said(found: &Information) -> Vec<String> {
    let bits = |over: &OverAnimals| over.mean.map_or_else(|| "–".to_owned(), |b| format!("{b:.2}"));
    let share = |share: Option<f64>| {
        share.map_or_else(|| "–".to_owned(), |share| format!("{:.0} %", 100. * share))
    };
    let mut said = Vec::new();
    if let Some(best) = found.singles.first() {
        said.push(format!(
            "{} alone gets {} of the {} bits per frame across that all {} neurons do, or {}, to animals \
             never seen; there are {} bits to know. The paper cites about 75 %.",
            best.neuron,
            bits(&best.decoded.bits),
            bits(&found.all.bits),
            found.singles.len(),
            share(best.decoded.share),
            bits(&found.entropy)
        ));
    }
    for chosen in &found.chosen {
        let n = chosen.neurons.first().map_or(0, Vec::len);
        said.push(format!(
            "{} chosen on the animals trained on ({}) {} {}.",
            capitalised_count(n, "neuron"),
            tally(chosen),
            if n == 1 { "keeps" } else { "keep" },
            share(chosen.decoded.share)
        ));
    }
    said
}

fn capitalised_count(n: usize, noun: &str) -> String {
    match n {
        1 => format!("One {noun}"),
        _ => counted(n, noun),
    }
}

/// Neurons that a tally names.
const MOST_NAMED: usize = 4;

/// `AVAL 5, RIML 4, AVAR 1`: how often each was chosen, the most frequent first.
fn tally(chosen: &ChosenNeurons) -> String {
    let mut counts: Vec<(&NeuronName, usize)> = Vec::new();
    for neuron in chosen.neurons.iter().flatten() {
        match counts.iter_mut().find(|(name, _)| *name == neuron) {
            Some((_, n)) => *n += 1,
            None => counts.push((neuron, 1)),
        }
    }
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let named = |&(name, n): &(&NeuronName, usize)| format!("{name} {n}");
    let others = if counts.len() > MOST_NAMED { ", …" } else { "" };
    let named: Vec<String> = counts.iter().take(MOST_NAMED).map(named).collect();
    named.join(", ") + others
}

fn distrust() -> Vec<String> {
    [
        "Bits got across are those of a linear decoder of trace and derivative trained on the other \
         animals: a lower bound. What all neurons know may be more than it reads, so that the share of one \
         is, if anything, too high.",
        "Bits within an animal are of one neuron's bins, counted on the frames they are told of, and hold \
         for that animal alone; moving the states takes off what slow traces share by chance.",
        "The first of many neurons is the best in hindsight; the one chosen on the animals trained on is \
         not.",
        "States were derived from some of these neurons (AVA, VB02 among others), so that what those know \
         of them is there by construction. Derivatives look ahead, and features are scaled by each whole \
         recording.",
    ]
    .map(str::to_owned)
    .into()
}

fn singles(found: &Information) -> TableData {
    let mut table = table(
        "information",
        "Each neuron alone",
        &[
            "neuron",
            "bits across",
            "95 % interval",
            "share, %",
            "accuracy, %",
            "balanced, %",
            "bits within, corrected",
            "animals p < .05",
        ],
    );
    for single in &found.singles {
        let tested: Vec<f64> =
            single.by_animal.iter().flatten().map(|(_, shifted)| shifted.p).collect();
        let n_small = tested.iter().filter(|p| **p < 0.05).count();
        table.rows.push(vec![
            words(single.neuron.as_str()),
            spread(&single.decoded.bits, 1., 2),
            ends(&single.decoded.bits, 1., 2),
            percent(single.decoded.share),
            number(single.decoded.accuracy.mean.map(|share| 100. * share), 1),
            number(single.decoded.balanced.mean.map(|share| 100. * share), 1),
            spread(&single.binned, 1., 2),
            match tested.len() {
                0 => Cell::Missing,
                n => words(&format!("{n_small} of {n}")),
            },
        ]);
    }
    table.notes.push(format!(
        "Share: of the bits of all neurons. Across: entropy of an animal's states less the cross-entropy of a logistic decoder of trace and \
         derivative, trained on all other animals; bits per frame, mean ± SD over {}. Within: information \
         of twelve bins of trace and derivative in the animal itself, less its mean over {} circular shifts \
         of the states by {LEAST_SHIFT_S:.0} s or more; p from these.",
        counted(found.animals.len(), "animal"),
        found.config.n_shifts
    ));
    table
}

fn sets(found: &Information) -> TableData {
    let mut table = table(
        "information-sets",
        "Neurons chosen one after the other, and all",
        &[
            "neurons",
            "chosen, and how often",
            "bits across",
            "95 % interval",
            "share, %",
            "accuracy, %",
            "balanced, %",
        ],
    );
    let row = |n: usize, names: &str, decoded: &nervering_analysis::DecodedBits| {
        vec![
            count(n),
            words(names),
            spread(&decoded.bits, 1., 2),
            ends(&decoded.bits, 1., 2),
            percent(decoded.share),
            number(decoded.accuracy.mean.map(|share| 100. * share), 1),
            number(decoded.balanced.mean.map(|share| 100. * share), 1),
        ]
    };
    for chosen in &found.chosen {
        let n = chosen.neurons.first().map_or(0, Vec::len);
        table.rows.push(row(n, &tally(chosen), &chosen.decoded));
    }
    table.rows.push(row(found.singles.len(), "all", &found.all));
    table.notes.push(
        "Each time the neuron is added with which most gets across between the animals trained on, without \
         the animal that is told; so which ones differ by animal."
            .to_owned(),
    );
    table
}

fn dots_of_singles(found: &Information, about: &AnalysisAbout<'_>) -> dots::Data {
    let row = |name: &str, bits: &OverAnimals| dots::DotRow {
        name: name.to_owned(),
        group: String::new(),
        values: bits.values.iter().map(|value| value.unwrap_or(f64::NAN)).collect(),
        mean: bits.mean,
    };
    let singles =
        found.singles.iter().map(|single| row(single.neuron.as_str(), &single.decoded.bits));
    let all = format!("all {} neurons", found.singles.len());
    dots::Data {
        about: about.figure(
            "information",
            "Bits about the state that each neuron gets across to animals never seen",
            NORMALISATION,
        ),
        quantity: "bits per frame".to_owned(),
        reference: Some(0.),
        animals: found.animals.clone(),
        rows: std::iter::once(row(&all, &found.all.bits)).chain(singles).collect(),
    }
}

fn line_of_sets(found: &Information, about: &AnalysisAbout<'_>) -> curves::Data {
    let all = found.singles.len() as f64;
    let end = |bits: &OverAnimals, sign: f64| {
        bits.mean.zip(bits.sd).map_or(f64::NAN, |(mean, sd)| mean + sign * sd)
    };
    let of_chosen = |value: &dyn Fn(&OverAnimals) -> f64| -> Vec<f64> {
        found.chosen.iter().map(|chosen| value(&chosen.decoded.bits)).collect()
    };
    let mean = |bits: &OverAnimals| bits.mean.unwrap_or(f64::NAN);
    let sizes = found.chosen.iter().map(|chosen| chosen.neurons.first().map_or(0, Vec::len) as f64);
    let last = found.chosen.len() as f64;
    let chosen = curves::Series {
        name: "chosen one by one".to_owned(),
        role: CurveRole::Model,
        x: sizes.collect(),
        mean: of_chosen(&mean),
        low: of_chosen(&|bits| end(bits, -1.)),
        high: of_chosen(&|bits| end(bits, 1.)),
    };
    let all_neurons = curves::Series {
        name: "all neurons".to_owned(),
        role: CurveRole::Baseline,
        x: vec![1., last.max(2.).min(all.max(2.))],
        mean: vec![mean(&found.all.bits); 2],
        low: Vec::new(),
        high: Vec::new(),
    };
    curves::Data {
        about: about.figure(
            "information-sets",
            "Bits about the state by neurons chosen on the animals trained on",
            NORMALISATION,
        ),
        abscissa: "neurons".to_owned(),
        quantity: "bits per frame".to_owned(),
        band: "± SD over animals".to_owned(),
        reference: None,
        panels: vec![curves::CurvesPanel {
            title: "in animals never seen".to_owned(),
            series: vec![all_neurons, chosen],
        }],
    }
}

/// Every neuron in every animal.
fn by_animal(found: &Information) -> Vec<u8> {
    let header = [
        "neuron",
        "animal",
        "bits_across",
        "accuracy",
        "balanced_accuracy",
        "bits_counted",
        "bits_shifted",
        "sd_shifted",
        "bits_within",
        "p",
        "shifts",
    ];
    let rows = found.singles.iter().flat_map(|single| {
        found.animals.iter().enumerate().map(move |(k, animal)| {
            let decoded = &single.decoded;
            let counted = single.by_animal[k];
            vec![
                single.neuron.to_string(),
                animal.clone(),
                field(decoded.bits.values[k]),
                field(decoded.accuracy.values[k]),
                field(decoded.balanced.values[k]),
                field(counted.map(|(bits, _)| bits)),
                field(counted.map(|(_, shifted)| shifted.mean)),
                field(counted.map(|(_, shifted)| shifted.sd)),
                field(single.binned.values[k]),
                field(counted.map(|(_, shifted)| shifted.p)),
                counted.map_or_else(String::new, |(_, shifted)| shifted.n.to_string()),
            ]
        })
    });
    csv_bytes(&header.map(str::to_owned), rows)
}
