//! Skill of forecasts in traces from every frame on: as text in a [`Layout`], and as
//! CSV with unrounded numbers. Models that learn from the past of the animal that they forecast are
//! marked, since others are not told as much.

use crate::best::{Standing, skill_standings};
use crate::fits::role_name;
use crate::layout::{BEST, Layout, Marks, TIE, push_folded};
use crate::table::{csv_bytes, number};
use nervering_fit::ForecastModel;
use nervering_study::forecast::{Over, SkillRow, SkillSection};
use std::fmt::Write;

/// Steps ahead that the text shows.
pub(crate) const STEPS: [usize; 4] = [1, 4, 8, 16];
/// Columns of the widest name of a model, with its mark.
const MODEL: usize = 15;
/// Columns of a skill with its interval.
const SKILL: usize = 20;
/// Columns of an animal.
const ANIMAL: usize = 13;
/// Animals that stand side by side.
const MOST_ANIMALS: usize = 6;
/// The step at which animals are told one by one.
const STEP_OF_ANIMALS: usize = 8;

/// The lines of a section, under `title`.
pub(crate) fn skill_lines(section: &SkillSection, title: &str, layout: Layout) -> Vec<String> {
    let mut lines = vec![format!("━ {title}: skill in traces, from every frame on")];
    let standings = skill_standings(section, &STEPS);
    let standing = |model: &str| {
        let found = standings.iter().find(|(name, _)| *name == model);
        found.map_or(Standing::Other, |(_, standing)| *standing)
    };
    let head = MODEL + if layout.marks == Marks::Best { BEST.chars().count() } else { 0 };
    for over in Over::ALL {
        let rows: Vec<&SkillRow> = section.rows.iter().filter(|row| row.over == over).collect();
        if rows.is_empty() {
            continue;
        }
        let steps = STEPS.map(|step| format!("{:>SKILL$}", format!("{step} ahead"))).concat();
        let what = match over {
            Over::Copy => "over copy".to_owned(),
            Over::Ar => "over ar".to_owned(),
            Over::BestLinear => "over linear".to_owned(),
        };
        let mut table = vec![format!("{what:head$}{steps}{:>5}", ">0")];
        for model in section.models() {
            let of_step = |step: usize| section.row(model, step, over);
            if STEPS.iter().all(|&step| of_step(step).is_none()) {
                continue;
            }
            let cell = |step: usize| format!("{:>SKILL$}", of_step(step).map_or_else(none, skill));
            let cells = STEPS.map(cell).concat();
            // In how many animals it is better at each of these steps.
            let of_steps: Vec<&SkillRow> = STEPS.iter().filter_map(|&k| of_step(k)).collect();
            let n = of_steps.iter().map(|row| row.animals.len()).max().unwrap_or(0);
            let better = |at: usize| {
                of_steps.iter().all(|row| row.animals.get(at).is_some_and(|(_, skill)| *skill > 0.))
            };
            let n_better = (0..n).filter(|&at| better(at)).count();
            let name = standing(model).marked(&marked(model), layout);
            table.push(format!("{name:head$}{cells}{:>5}", format!("{n_better}/{n}")));
        }
        let columns = [SKILL, SKILL, SKILL, SKILL + 5];
        push_folded(&mut lines, table, head, &columns, layout.width());
        lines.push(String::new());
    }
    if let Some(names) = best(section) {
        lines.push(format!("Best linear at {names}."));
    }
    if layout.marks == Marks::Best && standings.iter().any(|(_, of)| *of == Standing::Best) {
        let ties =
            "not told apart from it: the 95 % interval of the difference over animals holds 0";
        let [best, tie] = [BEST, TIE].map(str::trim_end);
        lines.push(format!(
            "{best}: highest skill over copy, mean over these steps. {tie}: {ties}."
        ));
    }
    lines.extend(animals(section, layout));
    lines.extend(thirds(section, layout));
    lines
}

fn none() -> String {
    "–".to_owned()
}

/// As many digits as there is room for.
fn short(value: f64) -> String {
    match value.abs() {
        size if size < 0.995 => format!("{value:.2}"),
        size if size < 9.95 => format!("{value:.1}"),
        size if size < 99.5 => format!("{value:.0}"),
        _ => format!("{value:.0e}"),
    }
}

/// `0.27 [0.24,0.31]`.
fn skill(row: &SkillRow) -> String {
    let mut text = short(row.spread.mean);
    if let Some(interval) = &row.interval
        && interval.low > -99.
    {
        _ = write!(text, " [{},{}]", short(interval.low), short(interval.high));
    }
    text
}

/// With a star where it learns from the animal's own past.
pub(crate) fn marked(model: &str) -> String {
    let learns = model.parse::<ForecastModel>().is_ok_and(ForecastModel::learns_from_own_past);
    format!("{model}{}", if learns { "*" } else { "" })
}

/// `1 ahead ar, 4 linear, 8 linear, 16 linear`.
fn best(section: &SkillSection) -> Option<String> {
    let name = |step: &usize| Some(format!("{step} ahead {}", section.best_linear.get(step - 1)?));
    let names: Option<Vec<String>> = STEPS.iter().map(name).collect();
    Some(names?.join(", "))
}

fn animals(section: &SkillSection, layout: Layout) -> Vec<String> {
    let of_model = |model: &str| section.row(model, STEP_OF_ANIMALS, Over::Copy);
    let models = section.models();
    let Some(first) = models.iter().find_map(|model| of_model(model)) else { return Vec::new() };
    let names: Vec<&str> = first.animals.iter().map(|(name, _)| name.as_str()).collect();
    if names.len() > MOST_ANIMALS || names.len() < 2 {
        return Vec::new();
    }
    let headed = |name: &&str| format!(" {:>1$}", shortened(name), ANIMAL - 1);
    let heading: String = names.iter().map(headed).collect();
    let mut lines = vec![String::new(), format!("Over copy, {STEP_OF_ANIMALS} ahead, by animal")];
    let mut table = vec![format!("{:MODEL$}{heading}", "")];
    for model in models {
        let Some(row) = of_model(model) else { continue };
        let cell = |name: &&str| {
            let found = row.animals.iter().find(|(animal, _)| animal == name);
            let text = found.map_or_else(none, |(_, skill)| short(*skill));
            format!("{text:>ANIMAL$}")
        };
        let cells: String = names.iter().map(cell).collect();
        table.push(format!("{:MODEL$}{cells}", marked(model)));
    }
    push_folded(&mut lines, table, MODEL, &vec![ANIMAL; names.len()], layout.width());
    lines
}

/// The end of a name that is too long: what tells animals apart stands there.
fn shortened(name: &str) -> String {
    let n = name.chars().count();
    name.chars().skip(n.saturating_sub(ANIMAL - 1)).collect()
}

fn thirds(section: &SkillSection, layout: Layout) -> Vec<String> {
    if section.thirds.is_empty() {
        return Vec::new();
    }
    const OF_STEP: usize = 20;
    let steps = STEPS.map(|step| format!("{:>OF_STEP$}", format!("{step} ahead"))).concat();
    let mut lines = vec![
        String::new(),
        "Over copy, in the first, middle and last third of a recording".to_owned(),
    ];
    let mut table = vec![format!("{:MODEL$}{steps}", "")];
    let mut models: Vec<&str> = section.thirds.iter().map(|row| row.model.as_str()).collect();
    models.dedup();
    for model in models {
        let cell = |step: usize| {
            let is_it = |row: &&_| {
                let row: &nervering_study::forecast::ThirdRow = row;
                (row.model.as_str(), row.step) == (model, step)
            };
            let text = section
                .thirds
                .iter()
                .find(is_it)
                .map_or_else(none, |row| row.skills.map(short).join("  "));
            format!("{text:>OF_STEP$}")
        };
        table.push(format!("{:MODEL$}{}", marked(model), STEPS.map(cell).concat()));
    }
    push_folded(&mut lines, table, MODEL, &[OF_STEP; STEPS.len()], layout.width());
    lines
}

/// What is said under the tables of skill.
pub(crate) fn skill_note(sections: &[SkillSection]) -> Option<String> {
    let mut models: Vec<&str> = sections.iter().flat_map(SkillSection::models).collect();
    models.retain(|model| marked(model) != **model);
    let mut names: Vec<&str> = Vec::new();
    models.into_iter().for_each(|model| {
        if !names.contains(&model) {
            names.push(model)
        }
    });
    let mut note = match sections {
        [] => return None,
        _ => "Skill from every frame on is 1 - MSE / MSE of the reference in traces: mean over animals, with a 95 % bootstrap interval over them, and in how many animals it is above 0 at each of these steps. \"Over linear\" is over the best linear forecaster, chosen among ar, var and linear on these very animals, in its favour.".to_owned(),
    };
    if !names.is_empty() {
        _ = write!(
            note,
            " *: {} also learn from the past of the animal that they forecast, from no label and no later frame; all others learn from the animals trained on alone.",
            names.join(", ")
        );
    }
    let intervals = sections.iter().flat_map(|section| &section.rows).filter_map(|r| r.interval);
    if let Some(caution) = intervals.map(|interval| interval.caution()).next().flatten() {
        _ = write!(note, " Mind that {caution}.");
    }
    Some(note)
}

/// One row per model, step and reference: the mean over animals with its interval, and then each animal
/// by name. `third` is 1 to 3 for a third of the recordings, and empty for the whole.
pub fn forecast_skills_csv(sections: &[SkillSection]) -> Vec<u8> {
    let header = [
        "variant",
        "n_trained",
        "role",
        "model",
        "learns_from_own_past",
        "step",
        "over",
        "third",
        "animal",
        "skill",
        "low",
        "high",
        "n_animals",
    ];
    let of_section = |section: &SkillSection| {
        let beginning = |model: &str| {
            let learns = if marked(model) == model { "no" } else { "yes" };
            let role = role_name(section.role);
            [&section.variant, &section.n_trained.to_string(), role, model, learns]
                .map(str::to_owned)
        };
        let mut rows: Vec<Vec<String>> = Vec::new();
        for row in &section.rows {
            let place = [row.step.to_string(), row.over.as_str().to_owned(), String::new()];
            let start: Vec<String> = beginning(&row.model).into_iter().chain(place).collect();
            let [low, high] = [row.interval.map(|i| i.low), row.interval.map(|i| i.high)];
            let n = row.animals.len().to_string();
            let mean = [String::new(), number(Some(row.spread.mean)), number(low), number(high), n];
            rows.push(start.iter().cloned().chain(mean).collect());
            for (animal, skill) in &row.animals {
                let of_animal = [animal.clone(), number(Some(*skill))];
                let nothing = [const { String::new() }; 3];
                rows.push(start.iter().cloned().chain(of_animal).chain(nothing).collect());
            }
        }
        for row in &section.thirds {
            for (third, skill) in row.skills.iter().enumerate() {
                let place =
                    [row.step.to_string(), Over::Copy.as_str().to_owned(), (third + 1).to_string()];
                let nothing = [const { String::new() }; 3];
                let fields = beginning(&row.model).into_iter().chain(place);
                let fields = fields.chain([String::new(), number(Some(*skill))]).chain(nothing);
                rows.push(fields.collect());
            }
        }
        rows
    };
    csv_bytes(&header.map(str::to_owned), sections.iter().flat_map(of_section))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nervering_statistics::{Interval, IntervalMethod, Resamples, Role};
    use nervering_study::Spread;

    /// As wide as an interval can be told.
    fn wide(mean: f64) -> Interval {
        let (method, resamples) = (IntervalMethod::Bca, Resamples::Exact(4));
        let [low, high] = [mean - 0.01, mean + 0.01];
        Interval { low, high, level: 0.95, method, resamples, n_animals: 2 }
    }

    #[test]
    fn lines_keep_to_their_columns_and_marks_tell_who_learns_from_the_animal() {
        let row = |model: &str, step: usize, over: Over, mean: f64| SkillRow {
            model: model.into(),
            step,
            over,
            spread: Spread { mean, sd: 0., n: 2 },
            interval: Some(wide(mean)),
            animals: vec![("TS20140715e-long-name".into(), mean), ("b".into(), -mean)],
        };
        let mut rows = Vec::new();
        for model in ["copy", "linear", "linear-adapted", "node-mlp-shared"] {
            for step in STEPS {
                rows.extend(
                    Over::ALL.map(|over| row(model, step, over, -0.97 * (step * step) as f64)),
                );
            }
        }
        let section = SkillSection {
            variant: "strict".into(),
            n_trained: 4,
            role: Role::UnseenAnimal,
            rows,
            thirds: Vec::new(),
            best_linear: vec!["linear".into(); 16],
        };
        let lines = skill_lines(&section, "strict, trained on 4, unseen animals", Layout::FILE);
        for line in &lines {
            assert!(line.chars().count() <= crate::WIDTH, "{line}");
        }
        let text = lines.join("\n");
        assert!(text.contains("linear-adapted* ") && !text.contains("linear* "), "{text}");
        assert!(text.contains("Best linear at 1 ahead linear, 4 ahead linear"), "{text}");
        assert!(skill_note(&[section]).unwrap().contains("*: linear-adapted also"));
    }

    #[test]
    fn on_a_terminal_the_best_is_marked_among_several_and_one_alone_is_not() {
        let row = |model: &str, step: usize, mean: f64| SkillRow {
            model: model.into(),
            step,
            over: Over::Copy,
            spread: Spread { mean, sd: 0., n: 2 },
            interval: Some(wide(mean)),
            animals: vec![("a".into(), mean), ("b".into(), mean)],
        };
        let lines = |models: &[(&str, f64)]| {
            let of_model = |&(model, mean): &(&str, f64)| STEPS.map(|step| row(model, step, mean));
            let section = SkillSection {
                variant: "strict".into(),
                n_trained: 4,
                role: Role::UnseenAnimal,
                rows: models.iter().flat_map(of_model).collect(),
                thirds: Vec::new(),
                best_linear: Vec::new(),
            };
            skill_lines(&section, "strict", Layout::terminal(100)).join("\n")
        };
        let several = lines(&[("ar", 0.1), ("linear", 0.3), ("gnn", 0.3)]);
        assert!(several.contains("▸ linear") && several.contains("· gnn"), "{several}");
        assert!(several.contains("  ar ") && several.contains("▸: highest skill"), "{several}");
        let alone = lines(&[("linear", 0.3)]);
        assert!(!alone.contains('▸') && !alone.contains('·'), "{alone}");
    }
}
