//! What came out of a forecasting study, in sentences computed from its results: which models beat
//! the linear autoregressions, and from which step on.

use super::rows::{Versus, forecast_sections, versus};
use super::{Forecast, ForecastSection};
use crate::run::Results;
use nervering_fit::ForecastModel;
use nervering_prepare::EVALUATION_STEPS;

/// Sentences, one per section and linear baseline, and one for every section with fits that
/// diverged. What a variant says that is there only for what it would have claimed is no finding.
pub fn findings(results: &Results<Forecast>) -> Vec<String> {
    let mut sentences = Vec::new();
    let linear = [ForecastModel::Var, ForecastModel::Ar, ForecastModel::Linear];
    let of_baselines = linear.map(|baseline| (baseline, versus(results, baseline)));
    let claims = results.config.variants.iter().filter(|variant| variant.claim_of.is_some());
    let claims: Vec<&String> = claims.map(|variant| &variant.name).collect();
    for section in forecast_sections(results) {
        if claims.contains(&&section.variant) {
            continue;
        }
        for (baseline, all) in &of_baselines {
            let is_here = |versus: &&Versus| {
                (&versus.variant, versus.n_trained, versus.role)
                    == (&section.variant, section.n_trained, section.role)
            };
            let here: Vec<&Versus> = all.iter().filter(is_here).collect();
            if !here.is_empty() {
                let place = place(&section, results);
                sentences.push(format!("{place}: {}.", against(baseline.as_str(), &here)));
            }
        }
        sentences.extend(diverged(&section, results));
    }
    sentences
}

fn place(section: &ForecastSection, results: &Results<Forecast>) -> String {
    section.title(results.config.variants.len() > 1)
}

/// `var is beaten at every step by ar, and from step 3 on by gnn`.
fn against(baseline: &str, all: &[&Versus]) -> String {
    // When, and by whom, in the order in which it is first true.
    let mut when: Vec<(String, Vec<&str>)> = Vec::new();
    for versus in all {
        let steps = steps(versus);
        if steps.is_empty() {
            continue;
        }
        match when.iter_mut().find(|(text, _)| *text == steps) {
            Some((_, models)) => models.push(&versus.model),
            None => when.push((steps, vec![&versus.model])),
        }
    }
    if when.is_empty() {
        return format!("no other model beats {baseline} at any step");
    }
    let by = |(steps, models): (String, Vec<&str>)| format!("{steps} by {}", models.join(", "));
    let beaten: Vec<String> = when.into_iter().map(by).collect();
    format!("{baseline} is beaten {}", beaten.join("; "))
}

/// `from step 3 on`, `at steps 2-5`; nothing for none.
fn steps(versus: &Versus) -> String {
    let from = versus.better_from();
    if from == Some(1) {
        return "at every step".to_owned();
    }
    let before = |step: &&usize| from.is_none_or(|from| **step < from);
    let alone: Vec<usize> = versus.better_at.iter().take_while(before).copied().collect();
    let runs = alone.chunk_by(|a, b| a + 1 == *b).map(|run| match run {
        [only] => only.to_string(),
        [first, .., last] => format!("{first}-{last}"),
        [] => unreachable!("chunks are not empty"),
    });
    let runs: Vec<String> = runs.collect();
    let mut parts = Vec::new();
    if !runs.is_empty() {
        let plural = if alone.len() == 1 { "" } else { "s" };
        parts.push(format!("at step{plural} {}", runs.join(", ")));
    }
    parts.extend(from.map(|from| match from {
        EVALUATION_STEPS => format!("at step {from}"),
        from => format!("from step {from} on"),
    }));
    parts.join(" and ")
}

fn diverged(section: &ForecastSection, results: &Results<Forecast>) -> Option<String> {
    let mut models: Vec<String> = Vec::new();
    for row in section.rows.iter().filter(|row| row.step == 1 && row.n_diverged > 0) {
        models.push(format!("{} {}", row.n_diverged, row.model));
    }
    let place = place(section, results);
    let text = || {
        format!("{place}: diverged, and in no mean: {} (evaluations, model).", models.join(", "))
    };
    (!models.is_empty()).then(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nervering_statistics::Role;

    fn model(name: &str, better_at: &[usize]) -> Versus {
        Versus {
            variant: "paper".into(),
            n_trained: 4,
            role: Role::UnseenAnimal,
            model: name.into(),
            baseline: "var".into(),
            better_at: better_at.to_vec(),
            n: 5,
        }
    }

    #[test]
    fn steps_are_told_as_people_would() {
        let all: Vec<usize> = (1..=16).collect();
        let cases: [(&[usize], &str); 6] = [
            (&all, "at every step"),
            (&all[4..], "from step 5 on"),
            (&[], ""),
            (&[2], "at step 2"),
            (&[2, 3, 4, 9], "at steps 2-4, 9"),
            (&[2, 15, 16], "at step 2 and from step 15 on"),
        ];
        for (better_at, expected) in cases {
            assert_eq!(steps(&model("x", better_at)), expected);
        }
    }

    #[test]
    fn models_that_are_better_alike_share_a_clause() {
        let (a, b, c) = (model("ar", &[1]), model("gnn", &[1]), model("mlp", &[]));
        assert_eq!(against("var", &[&a, &b, &c]), "var is beaten at step 1 by ar, gnn");
        assert_eq!(against("var", &[&c]), "no other model beats var at any step");
    }
}
