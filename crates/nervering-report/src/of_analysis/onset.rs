//! How well the onset of backward locomotion is told from mean activity around it: that of the same
//! animal, of another, and of all others (Figure 1E).

use super::over_animals::{ends, smallest_p, spread};
use super::{AnalysisAbout, AnalysisReport, count, counted, number, table, words};
use crate::cells::{Cell, TableData, capitalised, p_text, shown};
use crate::figure::{CurveRole, FigureData, curves, dots, state_means};
use crate::table::{csv_bytes, number as field};
use nervering_analysis::{
    AnimalOnsets, OnsetScore, OnsetWindow, Onsets, REACH_S, TemplateScores, Templates,
};

/// Neurons whose means around the onset are drawn, if they are there.
const DRAWN: [&str; 3] = ["AVAL", "RIML", "RIBL"];
const NORMALISATION: &str = "z-scores over the whole recording, per neuron";
/// The report of decoded onsets.
pub fn onset(found: &Onsets, about: &AnalysisAbout<'_>) -> AnalysisReport {
    let asked = "Is the onset of backward locomotion told from the mean activity around it, and is that \
                 of other animals as good as the animal's own?";
    let title = "The onset of backward locomotion, decoded from mean activity around it";
    let mut document = about.document(title, asked, &found.neurons);
    document.tables = vec![of_templates(found), of_animals(found)];
    document.figures = vec![
        FigureData::Dots(probabilities(found, about)),
        FigureData::Curves(courses(found, about)),
        FigureData::StateMeans(means(found, about)),
    ];
    let summary = &mut document.summary;
    summary.found.extend(OnsetWindow::ALL.iter().filter_map(|&window| said(found, window)));
    summary.distrust.extend(distrust());
    let files = vec![
        ("tables/onset-scores.csv".to_owned(), scores(found)),
        ("tables/onset-templates.csv".to_owned(), templates(found)),
    ];
    AnalysisReport { document, files }
}

fn said(found: &Onsets, window: OnsetWindow) -> Option<String> {
    let mean = |templates| found.scores(window, templates).auroc.mean;
    let [own, one, others] = Templates::ALL.map(mean);
    let (own, one, others) = (own?, one?, others?);
    let test = found.others_less_own.iter().find(|(of, _)| *of == window)?.1?;
    Some(format!(
        "{}, an onset scores above a frame far from any with a probability of {own:.2} by the mean of \
         the animal's own other onsets, {one:.2} by that of one other animal, and {others:.2} by the \
         mean of all others (others less own: {}, p {}, {}; chance .5).",
        capitalised(window.as_str()),
        shown(test.mean_difference, 2),
        p_text(test.p),
        counted(test.n_animals, "animal"),
    ))
}

fn distrust() -> Vec<String> {
    [
        "The paper and its source show a figure and name no measure. Here a template is the mean over \
         onsets of all neurons' z-scores, a score is its correlation with the activity of a frame, and \
         the probability is the area under the ROC.",
        "A mean of the onsets of four animals is over more of them than that of one, and smoother: where \
         all others decode better than the animal itself, that says how few onsets an animal has, and \
         no more than that they are alike.",
        "Labels were derived from some of these neurons (AVA rises at a reversal by construction), and \
         traces were z-scored with the whole recording.",
        "What precedes an onset also precedes other things; a probability before the onset near .5 says \
         that reversals are not told from other moments by a mean, and not that they cannot be.",
    ]
    .map(str::to_owned)
    .into()
}

fn of_templates(found: &Onsets) -> TableData {
    let mut table = table(
        "onset",
        "Probability that an onset scores above a frame far from any",
        &["looked at", "template of", "mean ± SD", "95 % interval", "moved", "p < .05", "animals"],
    );
    for scores in &found.over_animals {
        table.rows.push(vec![
            words(scores.window.as_str()),
            words(scores.templates.as_str()),
            spread(&scores.auroc, 1., 2),
            ends(&scores.auroc, 1., 2),
            number(scores.moved, 2),
            match scores.n_significant {
                (_, 0) => Cell::Missing,
                (n, of) => words(&format!("{n} of {of}")),
            },
            count(scores.auroc.n),
        ]);
    }
    table.notes.push(format!(
        "Areas under the ROC, one per animal; chance is .5. Around: {REACH_S:.0} s before to \
         {REACH_S:.0} s after; before: {REACH_S:.0} s before the onset alone. Moved: the same with the \
         animal's onsets moved along its recording, {} times; p < .05: animals in which so few of these \
         reach what was found.",
        found.n_shifts
    ));
    table.notes.push(smallest_p(found.animals.len()));
    table
}

fn of_animals(found: &Onsets) -> TableData {
    let mut table = table(
        "onset-animals",
        "The same of each animal",
        &[
            "animal",
            "onsets",
            "others",
            "own",
            "one other",
            "all others",
            "own before",
            "one other before",
            "all others before",
        ],
    );
    for animal in &found.animals {
        let mut row = vec![words(&animal.animal), count(animal.n_onsets), count(animal.n_others)];
        row.extend(animal.scores.iter().map(|score| number(score.auroc, 2)));
        table.rows.push(row);
    }
    table.notes.push(format!(
        "Onsets: frames of reverse crawling after another known state, with {REACH_S:.0} s of recording \
         on either side. Others: frames more than {:.0} s from any onset.",
        2. * REACH_S
    ));
    table
}

fn probabilities(found: &Onsets, about: &AnalysisAbout<'_>) -> dots::Data {
    let row = |scores: &TemplateScores| dots::DotRow {
        name: scores.templates.as_str().to_owned(),
        group: scores.window.as_str().to_owned(),
        values: scores.auroc.values.iter().map(|value| value.unwrap_or(f64::NAN)).collect(),
        mean: scores.auroc.mean,
    };
    let title =
        "How well onsets of backward locomotion are told from other frames, by whose template";
    dots::Data {
        about: about.figure("onset", title, NORMALISATION),
        quantity: "area under the ROC".to_owned(),
        reference: Some(0.5),
        animals: found.animals.iter().map(|animal| animal.animal.clone()).collect(),
        rows: found.over_animals.iter().map(row).collect(),
    }
}

fn courses(found: &Onsets, about: &AnalysisAbout<'_>) -> curves::Data {
    let series = |scores: &TemplateScores| {
        let [low, high] = scores.course.ends();
        curves::Series {
            name: scores.templates.as_str().to_owned(),
            role: CurveRole::Model,
            x: if low.is_empty() { Vec::new() } else { found.course_s.clone() },
            mean: scores.course.mean.clone(),
            low,
            high,
        }
    };
    let panel = |&window: &OnsetWindow| {
        let of_window = found.over_animals.iter().filter(|scores| scores.window == window);
        let title = format!("template: {}", window.as_str());
        curves::CurvesPanel { title, series: of_window.map(series).collect() }
    };
    curves::Data {
        about: about.figure(
            "onset-scores",
            "Correlation of activity with templates of the onset of backward locomotion",
            NORMALISATION,
        ),
        abscissa: "time from onset, s".to_owned(),
        quantity: "correlation".to_owned(),
        band: "± SD over animals".to_owned(),
        reference: None,
        panels: OnsetWindow::ALL.iter().map(panel).collect(),
    }
}

/// The templates of some neurons, per animal.
fn means(found: &Onsets, about: &AnalysisAbout<'_>) -> state_means::Data {
    let n_neurons = found.neurons.len();
    let place = |name: &str| found.neurons.iter().position(|neuron| neuron.as_str() == name);
    let mut drawn: Vec<usize> = DRAWN.iter().filter_map(|name| place(name)).collect();
    if drawn.is_empty() {
        drawn = (0..n_neurons.min(DRAWN.len())).collect();
    }
    let x: Vec<f32> = found.lags_s.iter().map(|&lag| lag as f32).collect();
    let panel = |&neuron: &usize| {
        let of_animal = |animal: &AnimalOnsets| {
            let template = animal.template.as_ref()?;
            let mean: Vec<f32> =
                (0..x.len()).map(|lag| template[lag * n_neurons + neuron] as f32).collect();
            Some(state_means::AnimalMean {
                animal: animal.animal.clone(),
                n_bouts: animal.n_onsets,
                low: vec![f32::NAN; mean.len()],
                high: vec![f32::NAN; mean.len()],
                mean,
            })
        };
        let animals: Vec<_> = found.animals.iter().filter_map(of_animal).collect();
        let n = animals.len() as f32;
        let at = |k: usize| animals.iter().map(|animal| animal.mean[k]).sum::<f32>() / n;
        state_means::MeansPanel {
            neuron: found.neurons[neuron].to_string(),
            state: "reverse".to_owned(),
            x: x.clone(),
            all: if animals.is_empty() { Vec::new() } else { (0..x.len()).map(at).collect() },
            animals,
        }
    };
    state_means::Data {
        about: about.figure(
            "onset-means",
            "Mean activity around the onset of backward locomotion, per animal, without intervals",
            NORMALISATION,
        ),
        abscissa: "time from onset, s".to_owned(),
        quantity: "z-score".to_owned(),
        panels: drawn.iter().map(panel).collect(),
    }
}

/// Every probability.
fn scores(found: &Onsets) -> Vec<u8> {
    let header = [
        "animal",
        "window",
        "template",
        "onsets",
        "others",
        "auroc",
        "auroc_moved",
        "sd_moved",
        "p",
        "shifts",
    ];
    let row = |animal: &AnimalOnsets, score: &OnsetScore| {
        vec![
            animal.animal.clone(),
            score.window.as_str().to_owned(),
            score.templates.as_str().to_owned(),
            animal.n_onsets.to_string(),
            animal.n_others.to_string(),
            field(score.auroc),
            field(score.shifted.map(|shifted| shifted.mean)),
            field(score.shifted.map(|shifted| shifted.sd)),
            field(score.shifted.map(|shifted| shifted.p)),
            score.shifted.map_or_else(String::new, |shifted| shifted.n.to_string()),
        ]
    };
    let rows = found
        .animals
        .iter()
        .flat_map(|animal| animal.scores.iter().map(move |score| row(animal, score)));
    csv_bytes(&header.map(str::to_owned), rows)
}

/// Every template.
fn templates(found: &Onsets) -> Vec<u8> {
    let header = ["animal", "neuron", "lag_s", "z_score"];
    let n_neurons = found.neurons.len();
    let of_animal = |animal: &AnimalOnsets| {
        let values = animal.template.iter().flatten().enumerate();
        let row = |(k, value): (usize, &f64)| {
            vec![
                animal.animal.clone(),
                found.neurons[k % n_neurons].to_string(),
                field(Some(found.lags_s[k / n_neurons])),
                field(Some(*value)),
            ]
        };
        values.map(row).collect::<Vec<_>>()
    };
    csv_bytes(&header.map(str::to_owned), found.animals.iter().flat_map(of_animal))
}
