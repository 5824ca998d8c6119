//! The report of a forecasting study: [`forecast`] brings its results into the shapes that tables,
//! figures and the page take. As in [`crate::document()`], means come from the room `study`; here
//! the least of them is looked for and counts are added up.

mod asked;
mod figures;
mod tables;

pub use asked::ForecastReport;

use crate::cells::{capitalised, shown};
use crate::document::{Document, Setting, Summary};
use crate::forecast_fans::TABLE_STEPS;
use crate::of_study::views;
use asked::units;
use nervering_statistics::Role;
use nervering_study::Results;
use nervering_study::forecast::{Forecast, ForecastRow, ForecastSection, skill_sections};

/// Everything that the page shows of a forecasting study.
pub fn forecast(study: &ForecastReport<'_>) -> Document {
    let Results { config, .. } = study.results;
    let setting = |name: &str, value: String| Setting { name: name.to_owned(), value };
    let variants = config.variants.iter().map(|variant| {
        let models: Vec<&str> = variant.models.iter().map(|model| model.as_str()).collect();
        let scored = variant.choices.0.as_ref().map(|set| format!(", scored {set}"));
        let about = format!(
            "protocol {}, neurons {}{}, derivative {}, models {}",
            variant.preparation.protocol,
            variant.preparation.neurons,
            scored.unwrap_or_default(),
            variant.preparation.derivative.as_str(),
            models.join(" ")
        );
        setting(&variant.name, about)
    });
    let mut configuration: Vec<Setting> = variants.collect();
    let sizes: Vec<String> = config.training_sizes.iter().map(usize::to_string).collect();
    configuration.push(setting("animals trained on", sizes.join(", ")));
    configuration.push(setting("epochs", config.epochs.to_string()));
    let sections = study.sections;
    let views = views(study.recordings);
    Document {
        summary: summary(study),
        tables: tables::tables(study.results, sections, &skill_sections(study.results)),
        figures: figures::figures(study, sections, &views),
        recordings: views,
        configuration,
        study_file: Some(study.study_file.to_owned()),
        software: vec![setting("nervering", env!("CARGO_PKG_VERSION").to_owned())],
        seeds: vec![setting("seed", config.seed.to_string())],
        citations: study.citations.to_vec(),
        ..Document::new(config.title.as_str())
    }
}

/// The first of the notes says what the data are, and the one about forecasts what was measured; of
/// the others, those that say what leaks come first.
fn summary(study: &ForecastReport<'_>) -> Summary {
    let results = study.results;
    let leaks = |note: &String| note.contains("It leaks");
    let (mut data, mut distrust) = (Vec::new(), Vec::new());
    for (k, note) in results.notes.iter().enumerate() {
        match k == 0 || note.starts_with("A forecast") {
            true => data.push(note.clone()),
            false => distrust.push(note.clone()),
        }
    }
    distrust.sort_by_key(|note| !leaks(note));
    let ahead: Vec<&str> = results
        .config
        .variants
        .iter()
        .filter(|variant| variant.preparation.looks_ahead())
        .map(|variant| variant.name.as_str())
        .collect();
    if !ahead.is_empty() {
        distrust.insert(
            0,
            format!(
                "The derivative under {} is computed from frames after the start too. What is said of \
                 the first steps is better than any forecast could be, of linear models most of all: \
                 look at the strict protocol before you believe it.",
                ahead.join(", ")
            ),
        );
    }
    let best = study.sections.iter().filter(|section| section.role != Role::SameAnimal);
    let best = best.filter_map(|section| least(section, results));
    let mut found: Vec<String> = best.collect();
    found.extend_from_slice(study.findings);
    let found = found.iter().map(|sentence| capitalised(sentence)).collect();
    Summary { asked: vec![results.config.title.clone()], data, found, distrust }
}

/// The models of least error at the steps of the table, beside copying.
fn least(section: &ForecastSection, results: &Results<Forecast>) -> Option<String> {
    let of_step = |step: usize| {
        let rows = || section.rows.iter().filter(|row| row.step == step);
        let mse = |row: &ForecastRow| Some(row.both.mse?.mean);
        let with_mse = rows().filter_map(|row| Some((row, mse(row)?)));
        let (best, error) = with_mse.min_by(|a, b| a.1.total_cmp(&b.1))?;
        let skill = best
            .both
            .skill
            .map_or_else(String::new, |skill| format!(", skill {}", shown(skill.mean, 2)));
        Some(format!("{step}: {} {error:.4}{skill}", best.model))
    };
    let steps: Vec<String> = TABLE_STEPS.into_iter().filter_map(of_step).collect();
    let n = section.rows.iter().filter_map(|row| Some(row.both.mse?.n)).max()?;
    (!steps.is_empty()).then(|| {
        format!(
            "{}: the least error of traces and derivatives together, by steps ahead, is {} (mean over \
             {} {}).",
            section.title(results.config.variants.len() > 1),
            steps.join("; "),
            n,
            units(section.unit, n)
        ) + &of_networks(section, results)
    })
}

/// At which steps a network has the least error of all.
fn of_networks(section: &ForecastSection, results: &Results<Forecast>) -> String {
    let trains =
        |model: &str| results.fits.iter().any(|fit| fit.model == model && fit.training.is_some());
    if !section.rows.iter().any(|row| trains(&row.model)) {
        return String::new();
    }
    let steps = section.rows.iter().map(|row| row.step).max().unwrap_or(0);
    let of_network = |step: &usize| {
        let rows = section.rows.iter().filter(|row| row.step == *step);
        let with_mse = rows.filter_map(|row| Some((row, row.both.mse?.mean)));
        let least = with_mse.min_by(|a, b| a.1.total_cmp(&b.1));
        least.is_some_and(|(row, _)| trains(&row.model))
    };
    let best: Vec<usize> = (1..=steps).filter(of_network).collect();
    match &best[..] {
        [] => format!(" At none of the {steps} steps is a network better than all baselines."),
        best if best.len() == steps => {
            " At every step a network is better than all baselines.".into()
        }
        [first, .., last] if last - first + 1 == best.len() => {
            format!(" A network is better than all baselines at steps {first} to {last}.")
        }
        best => {
            let steps: Vec<String> = best.iter().map(usize::to_string).collect();
            format!(" A network is better than all baselines at {}.", steps.join(", "))
        }
    }
}
