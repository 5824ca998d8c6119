//! The page of a forecasting study, of results that are made up: what stands first, which figures
//! and tables there are, and that a network that does not beat a baseline is said not to.

mod common;

use common::simulated;
use nervering_fit::{ForecastModel, ForecastTraining, Outcome, Protocol, StepErrors};
use nervering_report::{Cell, Document, FigureData, ForecastReport, forecast, page};
use nervering_statistics::Role;
use nervering_study::forecast::builtin::{Animals, Extended, fig4c};
use nervering_study::forecast::{
    Forecast, ForecastEvaluation, ForecastFit, findings, forecast_sections,
};
use nervering_study::{Preset, Results};

/// Three animals; the graph network is better than everything from step 9 on, the MLP diverges in
/// one of its fits.
fn results(protocol: Protocol) -> Results<Forecast> {
    let animals = Animals { n_train: 3, extended: Extended::None };
    let mut config = fig4c(Preset::Smoke, 0, animals);
    config.variants.truncate(1);
    config.variants[0].models =
        vec![ForecastModel::Copy, ForecastModel::Var, ForecastModel::Mlp, ForecastModel::Gnn];
    let config = config.under(protocol);
    let names = ["a", "b", "c"];
    let mut fits = Vec::new();
    for variant in &config.variants {
        for subset in [&[0][..], &[1], &[2], &[0, 1], &[0, 2], &[1, 2]] {
            for &model in &variant.models {
                let error = |step: usize| match model {
                    ForecastModel::Copy => 0.01 * step as f64,
                    ForecastModel::Var => 0.005 * step as f64,
                    ForecastModel::Mlp => 0.02 * step as f64,
                    _ => 0.042,
                };
                let errors: Vec<f64> = (1..=16).map(error).collect();
                let trains = matches!(model, ForecastModel::Mlp | ForecastModel::Gnn);
                let diverged_in = (model == ForecastModel::Mlp && subset == [0]).then_some(2);
                let n_done = if diverged_in.is_some() { 1 } else { 2 };
                let evaluated = (0..3).filter(|k| !subset.contains(k));
                fits.push(ForecastFit {
                    variant: variant.name.clone(),
                    model: model.to_string(),
                    trained_on: subset.iter().map(|&k| names[k].to_owned()).collect(),
                    initialisation: 0,
                    chosen: String::new(),
                    training: trains.then(|| ForecastTraining {
                        epochs: 2,
                        best_epoch: n_done,
                        best_validation_error: Some(0.04),
                        learning_rate: 1e-3,
                        final_learning_rate: 1e-3,
                        diverged_in,
                        training_errors: vec![0.1; n_done],
                        validation_errors: vec![0.04; n_done],
                    }),
                    evaluations: evaluated
                        .map(|k| ForecastEvaluation {
                            animal: names[k].to_owned(),
                            role: Role::UnseenAnimal,
                            n_forecasts: 10,
                            outcome: Outcome::Finite(StepErrors {
                                trace: errors.clone(),
                                derivative: errors.clone(),
                            }),
                            n_every: 160,
                            every: Outcome::Finite(StepErrors {
                                trace: errors.clone(),
                                derivative: errors.clone(),
                            }),
                            thirds: Vec::new(),
                            edges: None,
                            fans: None,
                            shown: None,
                        })
                        .collect(),
                });
            }
        }
    }
    let notes = ["3 animals.", "Cut.", "A forecast says.", "It leaks: something."];
    Results { fits, config, notes: notes.map(str::to_owned).to_vec() }
}

fn document(protocol: Protocol) -> Document {
    let recordings = simulated(3, 40.);
    let results = results(protocol);
    let neurons = ["AVAL", "VB02"].map(|name| name.parse().unwrap());
    let document = forecast(&ForecastReport {
        results: &results,
        sections: &forecast_sections(&results),
        findings: &findings(&results),
        recordings: &recordings,
        neurons: &neurons,
        study_file: "task = \"forecast\"\n",
        citations: &[],
    });
    document.check().unwrap();
    document
}

#[test]
fn the_summary_says_what_is_best_and_first_of_all_that_the_derivative_looks_ahead() {
    let summary = document(Protocol::Paper).summary;
    assert_eq!(summary.data, ["3 animals.", "A forecast says."]);
    assert!(summary.distrust[0].contains("computed from frames after the start"), "{summary:?}");
    assert_eq!(summary.distrust[1..], ["It leaks: something.", "Cut."]);
    let best = &summary.found[1];
    assert!(best.contains("rained on 2, unseen animals"), "{best}");
    assert!(best.contains("1: var 0.0050, skill 0.50; 8: var 0.0400"), "{best}");
    assert!(best.contains("16: gnn 0.0420, skill 0.74 (mean over 3 pairs"), "{best}");
    assert!(best.ends_with("A network is better than all baselines at steps 9 to 16."), "{best}");
    let strict = document(Protocol::Strict).summary;
    let shuffled = |text: &String| text.contains("under three-shuffled is computed");
    assert!(strict.distrust.iter().any(shuffled), "its counterpart looks ahead: {strict:?}");
    let alone = |text: &String| text.contains("under three-strict");
    assert!(!strict.distrust.iter().any(alone), "{strict:?}");
}

#[test]
fn tables_show_errors_and_skill_at_three_steps_and_who_diverged() {
    let tables = document(Protocol::Paper).tables;
    // Trained on one and on two: skill over copying and over the linear model, which is `var`; then errors
    // of both together, traces, derivatives.
    assert_eq!(tables.len(), 2 * 2 + 2 * 3);
    let skill = &tables[1];
    assert!(skill.title.contains("over the best linear forecaster"), "{}", skill.title);
    let gnn = skill.rows.iter().find(|row| row[0] == Cell::Text("gnn".into())).unwrap();
    // 1 − 0.042 / 0.08 at the last step, the same in every animal.
    let Cell::Spread { mean, .. } = gnn[4] else { panic!("{gnn:?}") };
    assert!((mean - (1. - 0.042 / 0.08)).abs() < 1e-12);
    let one = &tables[4];
    let columns = ["model", "MSE at 1", "MSE at 8", "MSE at 16"];
    assert_eq!(one.columns[..4], columns);
    let gnn = one.rows.iter().find(|row| row[0] == Cell::Text("gnn".into())).unwrap();
    let Cell::Spread { mean, decimals: 4, .. } = gnn[3] else { panic!("{gnn:?}") };
    assert!((mean - 0.042).abs() < 1e-12);
    assert_eq!(one.notes[1], "Diverged, and in no mean: 2 of mlp.");
    assert_eq!(tables[7].notes.len(), 1);
    let text = nervering_report::tables_text(&tables, nervering_report::Layout::FILE);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

#[test]
fn figures_are_horizons_with_baselines_training_curves_and_the_first_animal() {
    let document = document(Protocol::Paper);
    let figures = document.draw();
    let names: Vec<&str> = figures.iter().map(|figure| figure.name.as_str()).collect();
    let expected = [
        "horizon-three-paper-both",
        "horizon-three-paper-trace",
        "horizon-three-paper-derivative",
        "training",
        "calcium",
        "traces",
    ];
    assert_eq!(names, expected);
    let FigureData::Horizon(horizon) = &document.figures[0] else { panic!("a horizon") };
    let titles: Vec<&str> = horizon.panels.iter().map(|panel| panel.title.as_str()).collect();
    assert_eq!(titles, ["trained on 1 animal", "trained on 2 animals"]);
    assert!(figures[0].caption.contains("broken lines: baselines"), "{}", figures[0].caption);
    let dashed = figures[0].svg.matches("stroke-dasharray").count();
    assert_eq!(dashed, 2 + 2 * 2, "two baselines in the key and in two panels");
    let FigureData::Training(training) = &document.figures[3] else { panic!("training") };
    let fits: Vec<_> = training.panels.iter().map(|p| (p.model.as_str(), p.n_fits)).collect();
    assert_eq!(fits, [("mlp", 3), ("gnn", 3), ("mlp", 3), ("gnn", 3)]);
    let html = page(&document);
    assert!(!html.contains("NaN") && html.contains("What to distrust"));
}
