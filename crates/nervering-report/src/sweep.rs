//! Sweeps of hyper-parameters: every setting of a model beside the spread of its initial weights, as text,
//! CSV and a table of the page.

use crate::cells::{Cell, TableData};
use crate::layout::{Layout, push_wrapped};
use crate::table::{csv_bytes, number};
use nervering_statistics::Role;
use nervering_study::{Setting, Sweep};
use std::fmt::Write;

/// What stands for a number that does not exist.
const NONE: &str = "–";

/// The sweeps for reading; nothing where there are none.
pub(crate) fn sweeps_text(sweeps: &[Sweep], layout: Layout) -> String {
    let mut text = String::new();
    for sweep in sweeps {
        text.push('\n');
        push_wrapped(&mut text, &format!("━ {}", title(sweep)), "  ", layout);
        let heading = ["setting", "weights", "mean ± SD over weights", "from the first"];
        let [setting, weights, mean, from] = heading;
        _ = writeln!(text, "{setting:24} {weights:>7} {mean:>23} {from:>15}");
        for setting in &sweep.settings {
            let sd = setting.sd().map_or(NONE.to_owned(), |sd| format!("{:.1}", 100. * sd));
            let mean = format!("{:.1} ± {sd:>4}", 100. * setting.mean());
            let from = format!("{:+.1}", points(difference(sweep, setting)));
            let n = setting.of_seeds.len();
            _ = writeln!(text, "{:24} {n:>7} {mean:>23} {from:>15}", setting.name);
        }
        push_wrapped(&mut text, &found(sweep), "", layout);
    }
    text
}

/// What a sweep comes to, in a sentence.
pub(crate) fn found(sweep: &Sweep) -> String {
    let (low, high) = sweep.range();
    let sd = |sd: Option<f64>| sd.map_or(NONE.to_owned(), |sd| format!("{:.1}", 100. * sd));
    format!(
        "{}, trained on {}: {:.1} to {:.1} %, SD {} over settings beside {} over initial weights.",
        sweep.model,
        sweep.n_trained,
        100. * low,
        100. * high,
        sd(sweep.sd_of_settings()),
        sd(sweep.sd_of_seeds()),
    )
}

/// One row per setting and initial weights.
pub(crate) fn sweeps_csv(sweeps: &[Sweep]) -> Vec<u8> {
    let header = ["model", "n_trained", "setting", "initialisation", "balanced_accuracy"];
    let of_sweep = |sweep: &Sweep| {
        let of_setting = |setting: &Setting| {
            let row = |(seed, value): (usize, &f64)| {
                vec![
                    sweep.model.clone(),
                    sweep.n_trained.to_string(),
                    setting.name.clone(),
                    seed.to_string(),
                    number(Some(*value)),
                ]
            };
            setting.of_seeds.iter().enumerate().map(row).collect::<Vec<_>>()
        };
        sweep.settings.iter().flat_map(of_setting).collect::<Vec<_>>()
    };
    csv_bytes(&header.map(str::to_owned), sweeps.iter().flat_map(of_sweep))
}

/// A sweep as a table of the page.
pub(crate) fn sweep_table(sweep: &Sweep) -> TableData {
    let columns = ["setting", "initial weights", "balanced, %", "from the first, points"];
    let row = |setting: &Setting| {
        vec![
            Cell::Text(setting.name.clone()),
            Cell::Number { value: setting.of_seeds.len() as f64, decimals: 0 },
            Cell::Spread {
                mean: 100. * setting.mean(),
                sd: setting.sd().map(|sd| 100. * sd),
                decimals: 1,
            },
            Cell::Number { value: points(difference(sweep, setting)), decimals: 1 },
        ]
    };
    TableData {
        name: format!("sweep-{}-{}", sweep.model, sweep.n_trained),
        title: title(sweep),
        columns: columns.map(str::to_owned).into(),
        rows: sweep.settings.iter().map(row).collect(),
        notes: vec![
            found(sweep),
            "Mean ± SD over initial weights; folds and subsets of an animal are averaged first, then animals."
                .to_owned(),
        ],
    }
}

fn title(sweep: &Sweep) -> String {
    let on = match sweep.role {
        Role::UnseenAnimal => "unseen animals",
        Role::SameAnimal => "the animals trained on",
        Role::ExtendedAnimal => "the extended set",
    };
    let animals = if sweep.n_trained == 1 { "animal" } else { "animals" };
    let (model, n) = (&sweep.model, sweep.n_trained);
    format!("hyper-parameters of {model}, trained on {n} {animals}: balanced accuracy in {on}, %")
}

fn difference(sweep: &Sweep, setting: &Setting) -> f64 {
    setting.mean() - sweep.settings[0].mean()
}

/// Percentage points, rounded before they are shown, so that no zero has a minus.
fn points(share: f64) -> f64 {
    (1000. * share).round() / 10. + 0.
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_stand_beside_the_first_and_the_spread_of_weights() {
        let setting =
            |name: &str, of_seeds: &[f64]| Setting { name: name.into(), of_seeds: of_seeds.into() };
        let sweep = Sweep {
            model: "gnn".into(),
            n_trained: 1,
            role: Role::UnseenAnimal,
            settings: vec![setting("base", &[0.8, 0.9]), setting("width-64", &[0.75, 0.75])],
        };
        let text = sweeps_text(&[sweep], Layout::FILE);
        assert!(
            text.contains("trained on 1 animal: balanced accuracy in unseen animals"),
            "{text}"
        );
        let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(line("base").ends_with("85.0 ±  7.1            +0.0"), "{text}");
        assert!(line("width-64").ends_with("75.0 ±  0.0           -10.0"), "{text}");
        assert!(text.contains("SD 7.1 over settings beside 5.0 over initial weights."), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }
}
