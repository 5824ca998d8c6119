//! Figures of a study: accuracies, learning curves, confusion, leakage, and the first animal.

use super::asked::{StudyReport, about, about_data, telling};
use super::{against, recordings, training};
use crate::figure::{FigureData, MOST_KEYED, confusion, leakage, scores};
use crate::recording_view::RecordingView;
use crate::table::{Laid, LaidRow, has_deviation};
use nervering_statistics::{Evaluation, NetworkStatistics, Role};
use nervering_study::{Claim, Comparison, Decode, FitResult, Measures, Section, SummaryRow, Unit};

/// Variants that get figures of their own.
const MOST_VARIANTS: usize = 4;
/// Models and training sizes whose accuracies are drawn as strips; more become bars.
const MOST_STRIPS: usize = 16;
/// Models whose confusion is drawn.
const MOST_CONFUSIONS: usize = 4;

/// What a role is called in a figure.
const KINDS: [(Role, &str); 3] = [
    (Role::SameAnimal, "test frames of the animals trained on"),
    (Role::UnseenAnimal, "unseen animals"),
    (Role::ExtendedAnimal, "extended set"),
];

/// All figures of a study, beside views of its recordings.
pub(super) fn figures(study: &StudyReport<'_>, views: &[RecordingView]) -> Vec<FigureData> {
    let mut figures = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for section in study.table.sections {
        if seen.contains(&section.variant.as_str()) || seen.len() == MOST_VARIANTS {
            continue;
        }
        seen.push(&section.variant);
        let variant = study.results.config.variants.iter().find(|v| v.name == section.variant);
        let Some(variant) = variant else { continue };
        figures.extend(of_section(study, section, variant));
    }
    for of_variant in study.table.claims.chunk_by(|a, b| a.variant == b.variant) {
        figures.push(leakage(study, of_variant));
    }
    figures.extend(against::figures(study));
    figures.extend(training::figures(study, &seen));
    figures.extend(recordings::first_animal(study.recordings, study.neurons, views));
    figures
}

fn of_section(
    study: &StudyReport<'_>,
    section: &Section,
    variant: &Comparison<Decode>,
) -> Vec<FigureData> {
    let fits: Vec<&FitResult> =
        study.results.fits.iter().filter(|fit| fit.variant == section.variant).collect();
    let scores = scores(study, section, variant, &fits);
    let mut sizes: Vec<usize> = section.rows.iter().map(|row| row.n_trained).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let mut figures = Vec::new();
    if sizes.len() > 2 {
        let mut learning = scores.clone();
        learning.about.name = name("learning", section, study);
        learning.about.title = format!(
            "Balanced accuracy against the number of animals trained on ({})",
            section.variant
        );
        figures.push(FigureData::Learning(learning));
    }
    // Each strip takes a line of the page, and more models than a key can tell apart are not drawn as bars.
    let n_strips = section.rows.len();
    let first = match (n_strips > MOST_STRIPS, scores.models().len() > MOST_KEYED) {
        (false, _) => FigureData::Strip(scores),
        (true, false) => FigureData::Bars(scores),
        (true, true) => FigureData::Strip(of_one_size(scores, &sizes)),
    };
    figures.insert(0, first);
    figures.extend(confusion(study, section, variant, &fits));
    figures
}

/// The scores of the largest number of animals trained on that leaves one unseen.
fn of_one_size(mut scores: scores::Data, sizes: &[usize]) -> scores::Data {
    let unseen = KINDS[1].1;
    let leaves = |size: &&usize| {
        scores.scores.iter().any(|score| score.n_trained == **size && score.on == unseen)
    };
    let Some(&most) = sizes.iter().rev().find(leaves).or(sizes.last()) else { return scores };
    scores.scores.retain(|score| score.n_trained == most);
    scores.about.title +=
        &format!(", trained on {most}; of other numbers the tables and the CSV tell");
    scores
}

/// `accuracy`, or `accuracy-strict` where the study has several variants.
fn name(what: &str, section: &Section, study: &StudyReport<'_>) -> String {
    match study.results.config.variants.len() {
        1 => what.to_owned(),
        _ => format!("{what}-{}", section.variant),
    }
}

/// Whether an evaluation belongs to a section: models without batch norm stand in the first.
fn is_of(evaluation: &Evaluation, role: Role, statistics: NetworkStatistics) -> bool {
    evaluation.role == role && evaluation.statistics.is_none_or(|s| s == statistics)
}

fn scores(
    study: &StudyReport<'_>,
    section: &Section,
    variant: &Comparison<Decode>,
    fits: &[&FitResult],
) -> scores::Data {
    let title = format!("Balanced accuracy of every model ({})", section.variant);
    let laid = Laid::all(study.table.sections);
    let laid = laid.iter().find(|laid| laid.section == section);
    let of_row = |laid: &LaidRow<'_>| {
        let row = laid.row;
        let kind = |(role, on): (Role, &str), measures: &Measures| {
            let spread = measures.balanced_accuracy?;
            let of_row =
                |fit: &&&FitResult| fit.model == row.model && fit.trained_on.len() == row.n_trained;
            let evaluations = fits.iter().filter(of_row).flat_map(|fit| &fit.evaluations);
            let evaluations = evaluations.filter(|e| is_of(e, role, laid.section.statistics));
            Some(scores::Score {
                model: laid.full_label(section),
                n_trained: row.n_trained,
                on: on.to_owned(),
                mean: Some(spread.mean),
                sd: has_deviation(&spread).then_some(spread.sd),
                n: spread.n,
                singles: evaluations.filter_map(|e| e.balanced_accuracy).collect(),
            })
        };
        let measures = [&row.same, &row.unseen, &row.extended];
        KINDS.into_iter().zip(measures).filter_map(|(k, m)| kind(k, m)).collect::<Vec<_>>()
    };
    scores::Data {
        about: about(study, variant, name("accuracy", section, study), title),
        measure: "balanced accuracy".to_owned(),
        over: match section.unit {
            Unit::Pairs => "pairs of training subset and evaluated animal",
            Unit::Animals => "animals",
        }
        .to_owned(),
        scores: laid.iter().flat_map(|laid| &laid.rows).flat_map(of_row).collect(),
    }
}

/// Confusion in unseen animals, trained on most of those that leave any.
fn confusion(
    study: &StudyReport<'_>,
    section: &Section,
    variant: &Comparison<Decode>,
    fits: &[&FitResult],
) -> Option<FigureData> {
    let role = Role::UnseenAnimal;
    let has = |row: &&SummaryRow| row.unseen.accuracy.is_some() && row.model != "majority";
    let most = section.rows.iter().filter(has).map(|row| row.n_trained).max()?;
    let rows: Vec<&SummaryRow> =
        section.rows.iter().filter(has).filter(|row| row.n_trained == most).collect();
    let rows: Vec<&SummaryRow> = telling(&rows, MOST_CONFUSIONS, |row| {
        row.unseen.balanced_accuracy.map(|spread| spread.mean)
    });
    let n = section.states.len();
    let counts = |row: &&SummaryRow| {
        let mut counts = vec![vec![0u64; n]; n];
        let of_row =
            |fit: &&&FitResult| fit.model == row.model && fit.trained_on.len() == row.n_trained;
        for evaluation in fits.iter().filter(of_row).flat_map(|fit| &fit.evaluations) {
            if is_of(evaluation, role, section.statistics) {
                let cells = counts.iter_mut().flatten().zip(evaluation.confusion.iter().flatten());
                cells.for_each(|(sum, count)| *sum += count);
            }
        }
        confusion::Counts { model: row.model.clone(), counts }
    };
    let animals = if most == 1 { "animal" } else { "animals" };
    let title =
        format!("Confusion in unseen animals, trained on {most} {animals} ({})", section.variant);
    Some(FigureData::Confusion(confusion::Data {
        about: about(study, variant, name("confusion", section, study), title),
        states: section.states.clone(),
        models: rows.iter().map(counts).collect(),
    }))
}

fn leakage(study: &StudyReport<'_>, claims: &[Claim]) -> FigureData {
    let variants = &study.results.config.variants;
    let strict = variants.iter().find(|v| v.name == claims[0].variant);
    let shuffled = variants.iter().find(|v| v.claim_of.as_ref() == Some(&claims[0].variant));
    let most = claims.iter().map(|claim| claim.n_trained).max().unwrap_or(1);
    let singles = |variant: Option<&Comparison<Decode>>, claim: &Claim| -> Vec<f64> {
        let Some(variant) = variant else { return Vec::new() };
        let of_claim = |fit: &&FitResult| {
            (&fit.variant, &fit.model, fit.trained_on.len())
                == (&variant.name, &claim.model, claim.n_trained)
        };
        let evaluations = study.results.fits.iter().filter(of_claim).flat_map(|f| &f.evaluations);
        let evaluations = evaluations.filter(|e| is_of(e, Role::SameAnimal, variant.statistics[0]));
        evaluations.filter_map(|e| e.balanced_accuracy).collect()
    };
    let pair = |claim: &Claim| {
        Some(leakage::Pair {
            model: claim.model.clone(),
            leaking: leakage::Score {
                mean: claim.same_claimed?.mean,
                singles: singles(shuffled, claim),
            },
            strict: leakage::Score { mean: claim.same?.mean, singles: singles(strict, claim) },
        })
    };
    let title = "What shuffled windows claim beside what a split in time finds".to_owned();
    let about = match strict {
        Some(strict) => about(study, strict, format!("leakage-{}", strict.name), title),
        None => about_data("leakage", &title, "", "traces as recorded"),
    };
    FigureData::Leakage(leakage::Data {
        about,
        measure: "balanced accuracy within the animals trained on".to_owned(),
        leaking: "shuffled windows".to_owned(),
        strict: "past trains, future tests".to_owned(),
        models: claims.iter().filter(|claim| claim.n_trained == most).filter_map(pair).collect(),
    })
}
