//! Tables of a forecasting study: skill in traces from every frame on, and errors and skill at 1, 8 and
//! 16 steps (Fig 4D).

use super::asked::{QUANTITIES, Quantity, units};
use crate::cells::{Cell, TableData};
use crate::forecast_fans::TABLE_STEPS;
use crate::forecast_skills::{STEPS, marked, skill_note};
use nervering_statistics::Role;
use nervering_study::forecast::{ErrorSpread, Forecast, ForecastSection, Over, SkillSection};
use nervering_study::{Results, Spread};

/// Tables of skill per section of `skills`; then three per section of errors, of which those of unseen
/// animals come first.
pub(super) fn tables(
    results: &Results<Forecast>,
    sections: &[ForecastSection],
    skills: &[SkillSection],
) -> Vec<TableData> {
    let mut sections: Vec<&ForecastSection> = sections.iter().collect();
    sections.sort_by_key(|section| section.role == Role::SameAnimal);
    let of_section =
        |section: &&ForecastSection| QUANTITIES.map(|quantity| table(section, results, quantity));
    let of_skills = skills.iter().flat_map(|skills| {
        let told = [Over::Copy, Over::BestLinear].into_iter();
        told.filter_map(|over| skill_table(skills, over, results, &sections))
    });
    of_skills.chain(sections.iter().flat_map(of_section)).collect()
}

/// Skill over one reference, mean ± SD over animals; nothing where there is no such reference.
fn skill_table(
    skills: &SkillSection,
    over: Over,
    results: &Results<Forecast>,
    sections: &[&ForecastSection],
) -> Option<TableData> {
    let what = match over {
        Over::Copy => "copy",
        Over::Ar => "ar",
        Over::BestLinear => "the best linear forecaster",
    };
    let row = |model: &&str| {
        let cells = STEPS.map(|step| skills.row(model, step, over).map(|row| row.spread));
        let is_told = cells.iter().any(Option::is_some);
        let cells = cells.into_iter().map(|spread| cell(spread, 2));
        is_told.then(|| std::iter::once(Cell::Text(marked(model))).chain(cells).collect())
    };
    let rows: Vec<Vec<Cell>> = skills.models().iter().filter_map(row).collect();
    if rows.is_empty() {
        return None;
    }
    let is_its = |section: &&&ForecastSection| {
        (&section.variant, section.n_trained, section.role)
            == (&skills.variant, skills.n_trained, skills.role)
    };
    let several = results.config.variants.len() > 1;
    let title = sections.iter().find(is_its).map(|section| section.title(several));
    let columns = STEPS.map(|step| format!("{step} ahead"));
    let place = format!("{}-{}-{}", skills.variant, skills.n_trained, kind(skills.role));
    Some(TableData {
        name: format!("{place}-skill-{}", over.as_str()),
        title: format!(
            "Skill in traces over {what}, from every frame on: {}",
            title.unwrap_or_default()
        ),
        columns: std::iter::once("model".to_owned()).chain(columns).collect(),
        rows,
        notes: Vec::from_iter(skill_note(std::slice::from_ref(skills))),
    })
}

fn table(
    section: &ForecastSection,
    results: &Results<Forecast>,
    (name, heading, quantity): Quantity,
) -> TableData {
    let mut columns = vec!["model".to_owned()];
    for what in ["MSE", "skill"] {
        columns.extend(TABLE_STEPS.iter().map(|step| format!("{what} at {step}")));
    }
    let mut models: Vec<&str> = Vec::new();
    for row in &section.rows {
        if !models.contains(&row.model.as_str()) {
            models.push(&row.model);
        }
    }
    let row = |model: &&str| {
        let cells = |part: fn(&ErrorSpread) -> Option<Spread>, decimals: u8| {
            TABLE_STEPS.iter().map(move |step| {
                cell(section.row(model, *step).and_then(|row| part(quantity(row))), decimals)
            })
        };
        let name = Cell::Text((*model).to_owned());
        let numbers = cells(|errors| errors.mse, 4).chain(cells(|errors| errors.skill, 2));
        std::iter::once(name).chain(numbers).collect()
    };
    let n = section.rows.iter().filter_map(|row| Some(row.both.mse?.n)).max().unwrap_or(0);
    let diverged = section.rows.iter().filter(|row| row.step == 1 && row.n_diverged > 0);
    let diverged: Vec<String> =
        diverged.map(|row| format!("{} of {}", row.n_diverged, row.model)).collect();
    let mut notes = vec![format!(
        "Mean squared error in [0, 1]² and skill = 1 − MSE / MSE of copy, at so many steps ahead; \
         mean ± SD over {n} {}.",
        units(section.unit, n)
    )];
    if !diverged.is_empty() {
        notes.push(format!("Diverged, and in no mean: {}.", diverged.join(", ")));
    }
    let several = results.config.variants.len() > 1;
    TableData {
        name: format!("{}-{}-{}-{name}", section.variant, section.n_trained, kind(section.role)),
        title: format!("Forecasts of {heading}: {}", section.title(several)),
        columns,
        rows: models.iter().map(row).collect(),
        notes,
    }
}

fn kind(role: Role) -> &'static str {
    match role {
        Role::SameAnimal => "same",
        Role::UnseenAnimal => "unseen",
        Role::ExtendedAnimal => "extended",
    }
}

fn cell(spread: Option<Spread>, decimals: u8) -> Cell {
    match spread.filter(|spread| spread.mean.is_finite()) {
        None => Cell::Missing,
        Some(Spread { mean, sd, n }) => {
            Cell::Spread { mean, sd: (n > 1 && sd.is_finite()).then_some(sd), decimals }
        }
    }
}
