//! Which model is best, and which are not told apart from it: by the one primary measure of a study,
//! balanced accuracy in animals never seen, or the skill of forecasts over copying.

use crate::layout::{BEST, Layout, Marks, TIE};
use crate::table::Table;
use nervering_statistics::seed::generator;
use nervering_statistics::{BootstrapConfig, PairedComparison, bootstrap_mean};
use nervering_study::forecast::{Over, SkillSection};
use nervering_study::{Compared, Section};

/// How a model stands among those trained on as many animals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The highest measure of all.
    Best,
    /// Not told apart from the best: the interval of their difference holds 0, or, where models were not
    /// compared over animals, the measures are the same to a tenth of a percent.
    Tie,
    /// Neither.
    Other,
}

impl Standing {
    /// The name of a row with its mark, where the layout has marks.
    pub(crate) fn marked(self, label: &str, layout: Layout) -> String {
        match (layout.marks, self) {
            (Marks::None, _) => label.to_owned(),
            (Marks::Best, Self::Best) => format!("{BEST}{label}"),
            (Marks::Best, Self::Tie) => format!("{TIE}{label}"),
            (Marks::Best, Self::Other) => format!("  {label}"),
        }
    }
}

/// How a model of a section stands.
pub(crate) fn standing(
    table: &Table<'_>,
    section: &Section,
    n_trained: usize,
    model: &str,
) -> Standing {
    let measured: Vec<(&str, f64)> = section
        .rows
        .iter()
        .filter(|row| row.n_trained == n_trained)
        .filter_map(|row| Some((row.model.as_str(), row.unseen.balanced_accuracy?.mean)))
        .collect();
    let Some(&(best, of_best)) = measured.iter().reduce(|a, b| if b.1 > a.1 { b } else { a })
    else {
        return Standing::Other;
    };
    let Some((_, value)) = measured.iter().find(|(name, _)| *name == model) else {
        return Standing::Other;
    };
    if measured.len() < 2 {
        return Standing::Other;
    }
    if model == best {
        return Standing::Best;
    }
    let is_its = |compared: &&Compared| {
        (compared.variant.as_str(), compared.n_trained) == (section.variant.as_str(), n_trained)
    };
    let ties = match table.compared.iter().find(is_its) {
        Some(compared) => compared.pairs.iter().any(|pair| is_tie(pair, best, model)),
        None => (1000. * value).round() == (1000. * of_best).round(),
    };
    if ties { Standing::Tie } else { Standing::Other }
}

/// Whether a comparison is of these two and does not tell them apart.
fn is_tie(pair: &PairedComparison, best: &str, model: &str) -> bool {
    let names = [pair.first.as_str(), pair.second.as_str()];
    let is_theirs = names == [best, model] || names == [model, best];
    let interval = pair.difference.as_ref().and_then(|difference| difference.interval);
    is_theirs && interval.is_none_or(|interval| interval.low <= 0. && interval.high >= 0.)
}

/// How each forecaster of a section stands by its skill over copying, mean over some steps.
pub(crate) fn skill_standings<'a>(
    section: &'a SkillSection,
    steps: &[usize],
) -> Vec<(&'a str, Standing)> {
    let models = section.models();
    let of_animals = models.iter().map(|model| skills(section, model, steps));
    let of_animals: Vec<Vec<f64>> = of_animals.collect();
    let mean = |skills: &[f64]| skills.iter().sum::<f64>() / skills.len() as f64;
    let measured = of_animals.iter().enumerate().filter(|(_, skills)| !skills.is_empty());
    let measured: Vec<(usize, f64)> = measured.map(|(at, skills)| (at, mean(skills))).collect();
    let best = measured.iter().copied().reduce(|a, b| if b.1 > a.1 { b } else { a });
    // One alone is best of nothing.
    let best = best.filter(|_| measured.len() > 1);
    let stands = |at: usize| match best {
        Some((best, _)) if at == best => Standing::Best,
        Some((best, _)) if is_level(&of_animals[best], &of_animals[at], models[at]) => {
            Standing::Tie
        }
        _ => Standing::Other,
    };
    models.iter().enumerate().map(|(at, &model)| (model, stands(at))).collect()
}

/// Of each animal, the mean over steps; none where a step is missing.
fn skills(section: &SkillSection, model: &str, steps: &[usize]) -> Vec<f64> {
    let rows: Option<Vec<_>> =
        steps.iter().map(|&step| section.row(model, step, Over::Copy)).collect();
    let rows = rows.unwrap_or_default();
    let n = rows.iter().map(|row| row.animals.len()).min().unwrap_or(0);
    let of_animal = |at: usize| rows.iter().map(|row| row.animals[at].1).sum::<f64>();
    (0..n).map(|at| of_animal(at) / steps.len() as f64).collect()
}

/// Whether the interval of the differences holds 0; with one animal, whether they are the same when rounded.
fn is_level(best: &[f64], other: &[f64], model: &str) -> bool {
    if best.len() != other.len() {
        return false;
    }
    let differences: Vec<f64> = best.iter().zip(other).map(|(best, other)| best - other).collect();
    let mut rng = generator(0, &["standing", model]);
    match bootstrap_mean(&differences, &BootstrapConfig::default(), &mut rng) {
        Some(interval) => interval.low <= 0. && interval.high >= 0.,
        None => differences.iter().all(|difference| difference.abs() < 0.005),
    }
}
