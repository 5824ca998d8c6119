//! The tables of a forecasting study as text in a [`Layout`]: error and skill of
//! every model at three steps, what shuffled windows would have claimed, what came out, and under
//! it what the numbers are.

use crate::forecast_fans::{FAN_NOTE, TABLE_STEPS, fan_lines};
use crate::forecast_skills::{skill_lines, skill_note};
use crate::layout::{Layout, push_folded, push_wrapped};
use nervering_fit::Protocol;
use nervering_study::forecast::{
    ErrorSpread, FanRow, Forecast, ForecastRow, ForecastSection, SkillSection,
};
use nervering_study::{Comparison, StudyConfig};

/// Columns of the widest name of a model.
const MODEL: usize = 16;
/// Columns of a number.
const NUMBER: usize = 8;
/// Columns of trace, derivative and both, and of what stands last.
const GROUPS: [usize; 3] = [3 * NUMBER, 3 * NUMBER, 3 * NUMBER + 10];
/// What stands for a number that does not exist.
const NONE: &str = "–";

/// What the tables of a forecasting study show.
#[derive(Debug, Clone, Copy)]
pub struct ForecastTable<'a> {
    /// What was asked for.
    pub config: &'a StudyConfig<Forecast>,
    /// One per variant, number of training animals and kind of evaluated animals.
    pub sections: &'a [ForecastSection],
    /// Skill from every frame on.
    pub skills: &'a [SkillSection],
    /// How sure forecasts were.
    pub fans: &'a [FanRow],
    /// What came out, in sentences.
    pub findings: &'a [String],
    /// Sentences that stand under it: protocol, leakage, what was cut.
    pub notes: &'a [String],
}

/// Lays the tables out for reading, ending in a line break.
pub fn forecast_text(table: &ForecastTable<'_>, layout: Layout) -> String {
    let mut lines = vec![table.config.title.clone()];
    let several = table.config.variants.len() > 1;
    for section in table.sections {
        lines.push(String::new());
        lines.push(format!("━ {}: {}", section.title(several), about(section)));
        push_errors(&mut lines, section, ("MSE, [0, 1]²", 1.), layout);
        if variant(table, section).is_some_and(|v| v.preparation.protocol == Protocol::AuthorsCode)
        {
            lines.push(String::new());
            push_errors(&mut lines, section, ("MSE, [-1, 1]²", 4.), layout);
        }
        if section.rows.iter().any(|row| row.both.skill.is_some()) {
            lines.push(String::new());
            push_skills(&mut lines, section, layout);
        }
    }
    push_claims(&mut lines, table);
    for skills in table.skills {
        let is_its = |section: &&ForecastSection| {
            (&section.variant, section.n_trained, section.role)
                == (&skills.variant, skills.n_trained, skills.role)
        };
        let Some(section) = table.sections.iter().find(is_its) else { continue };
        lines.push(String::new());
        let title = section.title(several);
        lines.extend(skill_lines(skills, &title, layout));
        let is_its = |row: &&FanRow| {
            (&row.variant, row.n_trained, row.role)
                == (&skills.variant, skills.n_trained, skills.role)
        };
        let fans: Vec<&FanRow> = table.fans.iter().filter(is_its).collect();
        if !fans.is_empty() {
            lines.push(String::new());
            lines.extend(fan_lines(&fans, &title, layout));
        }
    }
    let mut text = String::new();
    for line in lines {
        push_wrapped(&mut text, line.trim_end(), "", layout);
    }
    let mut notes = table.notes.to_vec();
    notes.extend(skill_note(table.skills));
    if !table.fans.is_empty() {
        notes.push(FAN_NOTE.to_owned());
    }
    for of_sentences in [table.findings, &notes] {
        if !of_sentences.is_empty() {
            text.push('\n');
        }
        for sentence in of_sentences {
            push_wrapped(&mut text, &format!("- {sentence}"), "  ", layout);
        }
    }
    text
}

fn variant<'a>(
    table: &ForecastTable<'a>,
    section: &ForecastSection,
) -> Option<&'a Comparison<Forecast>> {
    table.config.variants.iter().find(|variant| variant.name == section.variant)
}

/// `mean over 5 animals`.
fn about(section: &ForecastSection) -> String {
    let most = section.rows.iter().filter_map(|row| row.both.mse).map(|mse| mse.n).max();
    let unit = match section.unit {
        nervering_study::Unit::Pairs => "pairs of fit and animal",
        nervering_study::Unit::Animals => "animals",
    };
    match most {
        Some(n) => format!("means over {n} {unit}"),
        None => "every fit diverged".to_owned(),
    }
}

/// Two lines above the numbers of trace, derivative and both, at each step.
fn push_heading(lines: &mut Vec<String>, what: &str, last: &str) {
    let width = NUMBER * TABLE_STEPS.len();
    let group = |name: &str| format!("{name:>width$}");
    let groups = ["trace", "derivative", "both"].map(group).concat();
    lines.push(format!("{:MODEL$}{groups}", ""));
    let steps = TABLE_STEPS.map(|step| format!("{step:>NUMBER$}")).concat().repeat(3);
    lines.push(format!("{what:MODEL$}{steps}{last:>10}"));
}

/// Pushes one line per model: `number` of each quantity and step, and what stands last.
fn push_models(
    lines: &mut Vec<String>,
    section: &ForecastSection,
    number: impl Fn(ErrorSpread) -> Option<String>,
    last: impl Fn(&ForecastRow) -> String,
) {
    for first in section.rows.iter().filter(|row| row.step == TABLE_STEPS[0]) {
        let model = &first.model;
        let quantities: [fn(&ForecastRow) -> ErrorSpread; 3] =
            [|row| row.trace, |row| row.derivative, |row| row.both];
        let mut line = format!("{model:MODEL$}");
        for quantity in quantities {
            for step in TABLE_STEPS {
                let text = section.row(model, step).and_then(|row| number(quantity(row)));
                line += &format!("{:>NUMBER$}", text.as_deref().unwrap_or(NONE));
            }
        }
        lines.push(format!("{line}{:>10}", last(first)));
    }
}

fn push_errors(
    lines: &mut Vec<String>,
    section: &ForecastSection,
    (what, scale): (&str, f64),
    layout: Layout,
) {
    let any = section.rows.iter().any(|row| row.n_diverged > 0);
    let mut table = Vec::new();
    push_heading(&mut table, what, if any { "diverged" } else { "" });
    let number = |spread: ErrorSpread| spread.mse.map(|mse| error(mse.mean * scale));
    let last = |row: &ForecastRow| if any { row.n_diverged.to_string() } else { String::new() };
    push_models(&mut table, section, number, last);
    push_folded(lines, table, MODEL, &GROUPS, layout.width());
}

/// Five decimals, or a power of ten where those would not fit.
fn error(value: f64) -> String {
    if value < 10. { format!("{value:.5}") } else { format!("{value:.0e}") }
}

fn push_skills(lines: &mut Vec<String>, section: &ForecastSection, layout: Layout) {
    let mut table = Vec::new();
    push_heading(&mut table, "skill over copy", "");
    let number = |spread: ErrorSpread| spread.skill.map(|skill| skill_text(skill.mean));
    push_models(&mut table, section, number, |_| String::new());
    push_folded(lines, table, MODEL, &GROUPS, layout.width());
}

/// Two decimals, or a power of ten where those would not fit.
fn skill_text(value: f64) -> String {
    if value > -1000. { format!("{value:.2}") } else { format!("{value:.0e}") }
}

/// The skill in the trace beside the one that shuffled windows, with features that look ahead, would
/// have claimed.
fn push_claims(lines: &mut Vec<String>, table: &ForecastTable<'_>) {
    for claim in table.sections {
        let of = variant(table, claim).and_then(|variant| variant.claim_of.as_deref());
        let is_asked = |section: &&ForecastSection| {
            Some(section.variant.as_str()) == of
                && (section.n_trained, section.role) == (claim.n_trained, claim.role)
        };
        let Some(section) = table.sections.iter().find(is_asked) else { continue };
        lines.push(String::new());
        let title = section.title(table.config.variants.len() > 1);
        lines.push(format!("━ {title}, beside what {} would have claimed", claim.variant));
        let pair = 2 * NUMBER;
        let steps = TABLE_STEPS.map(|step| format!("{:>pair$}", format!("step {step}"))).concat();
        lines.push(format!("{:MODEL$}{steps}", "skill, trace"));
        let titles = format!("{:>NUMBER$}{:>NUMBER$}", "skill", "claimed").repeat(3);
        lines.push(format!("{:MODEL$}{titles}", ""));
        for first in section.rows.iter().filter(|row| row.step == TABLE_STEPS[0]) {
            let mut line = format!("{:MODEL$}", first.model);
            for step in TABLE_STEPS {
                for section in [section, claim] {
                    let skill = section.row(&first.model, step).and_then(|row| row.trace.skill);
                    let text = skill.map_or(NONE.to_owned(), |skill| skill_text(skill.mean));
                    line += &format!("{text:>NUMBER$}");
                }
            }
            lines.push(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_to_their_columns() {
        for value in [0., 0.00123, 9.99999, 12.3, 1e30] {
            assert!(error(value).len() < NUMBER, "{}", error(value));
        }
        for value in [1., 0.5, -3.25, -999.9, -1e12] {
            assert!(skill_text(value).len() < NUMBER, "{}", skill_text(value));
        }
    }
}
