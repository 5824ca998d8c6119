//! The report of a study: [`document`] brings its results into the shapes that tables, figures and
//! the page take. It chooses and rearranges; every mean comes from the room `study`, and only counts
//! are added up here.

mod against;
mod asked;
mod figures;
mod recordings;
mod tables;
mod training;

pub use asked::StudyReport;
pub(crate) use recordings::{first_animal, states, unit, views};
pub(crate) use training::panels;

use crate::answer::answer;
use crate::cells::capitalised;
use crate::document::{Document, Setting, Summary};
use crate::table::{Laid, Table, has_deviation};
use nervering_study::{Spread, SummaryRow};

/// Everything that the page shows of a study.
pub fn document(study: &StudyReport<'_>) -> Document {
    let (table, results) = (study.table, study.results);
    let setting = |name: &str, value: String| Setting { name: name.to_owned(), value };
    let variants = results.config.variants.iter().map(|variant| {
        let models: Vec<&str> = variant.models.iter().map(|model| model.as_str()).collect();
        let about = format!(
            "protocol {}, neurons {}, {} states ({}), {} of {} folds, models {}",
            variant.preparation.protocol,
            variant.preparation.neurons,
            variant.preparation.coding.n_classes(),
            variant.preparation.coding.class_names().join(", "),
            variant.folds_run,
            variant.preparation.n_folds,
            models.join(" ")
        );
        setting(&variant.name, about)
    });
    let mut views = recordings::views(study.recordings);
    recordings::add_predictions(&mut views, study);
    Document {
        summary: summary(study),
        tables: tables::tables(table),
        figures: figures::figures(study, &views),
        recordings: views,
        configuration: variants.collect(),
        study_file: Some(study.study_file.to_owned()),
        software: vec![setting("nervering", env!("CARGO_PKG_VERSION").to_owned())],
        seeds: vec![setting("seed", study.seed.to_string())],
        citations: study.citations.to_vec(),
        ..Document::new(table.title)
    }
}

/// The first of the notes says what the data are; the others what the numbers rest on.
fn summary(study: &StudyReport<'_>) -> Summary {
    let table = study.table;
    let (data, distrust) = match table.notes {
        [] => (Vec::new(), Vec::new()),
        [data, rest @ ..] => (vec![data.clone()], rest.to_vec()),
    };
    let laid = Laid::all(table.sections);
    let found = laid.iter().filter_map(|of_section| found(of_section, laid.len() > 1));
    let mut found: Vec<String> = answer(table).into_iter().chain(found.take(6)).collect();
    found.extend(claimed(table));
    Summary { asked: vec![table.title.to_owned()], data, found, distrust }
}

/// The best model and the baselines of a section, trained on most animals.
fn found(laid: &Laid<'_>, several: bool) -> Option<String> {
    let Laid { section, rows } = laid;
    let unseen = rows.iter().any(|laid| laid.row.unseen.balanced_accuracy.is_some());
    // Trained on all animals, none is unseen: that size is none of those compared.
    let score = |row: &SummaryRow| match unseen {
        true => row.unseen.balanced_accuracy,
        false => row.same.balanced_accuracy,
    };
    let scored = rows.iter().filter(|laid| score(laid.row).is_some());
    let most = scored.map(|laid| laid.row.n_trained).max()?;
    let rows: Vec<(String, Spread)> = rows
        .iter()
        .filter(|laid| laid.row.n_trained == most)
        .filter_map(|laid| Some((laid.full_label(section), score(laid.row)?)))
        .collect();
    let on = if unseen { "unseen animals" } else { "the animals trained on" };
    let best = rows.iter().max_by(|a, b| a.1.mean.total_cmp(&b.1.mean))?;
    let text = |(model, spread): &(String, Spread)| match has_deviation(spread) {
        true => format!("{model} {:.1} ± {:.1} %", 100. * spread.mean, 100. * spread.sd),
        false => format!("{model} {:.1} %", 100. * spread.mean),
    };
    let baselines = ["logistic", "majority"];
    let baselines =
        rows.iter().filter(|(model, _)| baselines.contains(&model.as_str()) && *model != best.0);
    let baselines: Vec<String> = baselines.map(text).collect();
    let variant = if several {
        format!("{}, batch norms and edges {}: ", section.variant, section.statistics)
    } else {
        String::new()
    };
    let against = match &baselines[..] {
        [] => String::new(),
        baselines => format!("; {}", baselines.join(", ")),
    };
    let over = match best.1.n {
        1 => "one value".to_owned(),
        n => format!("mean ± SD over {n}"),
    };
    let text = format!(
        "{variant}balanced accuracy on {on}, trained on {most}, {over}: best is {}{against}.",
        text(best)
    );
    let text = capitalised(&text);
    Some(if unseen { text } else { format!("{text} No animal was unseen.") })
}

/// By how much shuffled windows would have claimed more, model by model.
fn claimed(table: &Table<'_>) -> Option<String> {
    let most = table.claims.iter().map(|claim| claim.n_trained).max()?;
    let more: Vec<String> = table
        .claims
        .iter()
        .filter(|claim| claim.n_trained == most)
        .filter_map(|claim| {
            let more = claim.same_claimed?.mean - claim.same?.mean;
            Some(format!("{} {:+.1}", claim.model, 100. * more))
        })
        .collect();
    (!more.is_empty()).then(|| {
        let more = more.join(", ");
        format!("Percentage points of balanced accuracy that shuffled windows would have claimed more within the {most} animals trained on: {more}.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nervering_statistics::NetworkStatistics;
    use nervering_study::{Measures, Section, Unit};

    /// Trained on four of five animals and on all of them, the summary once gave the accuracy of the
    /// latter, within the animals trained on, as one of unseen animals.
    #[test]
    fn what_is_said_of_unseen_animals_is_of_unseen_animals() {
        let measures = |mean| Measures {
            balanced_accuracy: Some(Spread { mean, sd: 0.01, n: 5 }),
            ..Measures::default()
        };
        let row = |n_trained, unseen: Option<f64>| SummaryRow {
            model: "gnn".into(),
            n_trained,
            same: measures(0.9),
            unseen: unseen.map(measures).unwrap_or_default(),
            extended: Measures::default(),
            recall_unseen: vec![],
            n_fits: 5,
        };
        let found_in =
            |section: &Section| found(&Laid::all(std::slice::from_ref(section))[0], false).unwrap();
        let mut section = Section {
            variant: "paper".into(),
            statistics: NetworkStatistics::EVALUATED,
            unit: Unit::Pairs,
            states: vec![],
            rows: vec![row(4, Some(0.6)), row(5, None)],
        };
        let said = found_in(&section);
        assert!(said.starts_with("Balanced accuracy on unseen animals, trained on 4"), "{said}");
        assert!(said.contains("best is gnn 60.0 ± 1.0 %"), "{said}");
        section.rows.remove(0);
        let said = found_in(&section);
        assert!(said.starts_with("Balanced accuracy on the animals trained on, trained on 5"));
        assert!(said.ends_with("No animal was unseen."), "{said}");
    }

    /// "gnn 90.0 ± 0.0 %, mean ± SD over 1" was said.
    #[test]
    fn one_value_has_no_deviation() {
        let one = Some(Spread { mean: 0.9, sd: 0., n: 1 });
        let row = SummaryRow {
            model: "gnn".into(),
            n_trained: 1,
            same: Measures { balanced_accuracy: one, ..Measures::default() },
            unseen: Measures::default(),
            extended: Measures::default(),
            recall_unseen: vec![],
            n_fits: 1,
        };
        let section = Section {
            variant: "paper".into(),
            statistics: NetworkStatistics::EVALUATED,
            unit: Unit::Pairs,
            states: vec![],
            rows: vec![row],
        };
        let said = found(&Laid::all(&[section])[0], false).unwrap();
        assert!(said.contains("one value: best is gnn 90.0 %.") && !said.contains('±'), "{said}");
    }
}
