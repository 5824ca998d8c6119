//! What becomes of errors: whose they are, and where a forecast is not finite.

use super::*;

#[test]
fn errors_are_of_the_neurons_that_are_scored_and_forecasts_of_all() {
    let with = |scored: Option<&str>| {
        let mut config = config(Protocol::Strict, &[ForecastModel::Copy, ForecastModel::Var]);
        let set = scored.map(|set| set.parse().unwrap());
        config.variants[0].choices = Scored(set);
        let plan = Plan::new(config, &animals(N_FRAMES), &[]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        run_in(folder.path(), &plan, 1, usize::MAX).0.unwrap()
    };
    let [all, first, second] = [None, Some("AVAL"), Some("RIML")].map(with);
    assert_eq!(with(Some("RIML,AVAL")).fits, all.fits);
    let mut n_compared = 0;
    for ((all, first), second) in all.fits.iter().zip(&first.fits).zip(&second.fits) {
        let evaluations = all.evaluations.iter().zip(&first.evaluations).zip(&second.evaluations);
        for ((all, first), second) in evaluations {
            let errors = |e: &ForecastEvaluation| e.every.errors().unwrap().both();
            let halves = errors(first).into_iter().zip(errors(second));
            for (all, (first, second)) in errors(all).into_iter().zip(halves) {
                assert!((all - (first + second) / 2.).abs() < 1e-12 * all.max(1e-6));
                n_compared += 1;
            }
            let width = |e: &ForecastEvaluation| e.fans.as_ref().unwrap().conformal.width[0];
            assert!((width(all) - (width(first) + width(second)) / 2.).abs() < 1e-9);
            if let Some(shown) = &second.shown {
                assert_eq!(shown.neuron, 1);
            }
        }
    }
    // Two models, three pairs of animals, each of three animals, at sixteen steps.
    assert_eq!(n_compared, 2 * 3 * 3 * 16);
    let mut wrong = config(Protocol::Strict, &[ForecastModel::Copy]);
    wrong.variants[0].choices = Scored(Some(NeuronSet::Paper3));
    let error = Plan::new(wrong, &animals(N_FRAMES), &[]).unwrap_err().to_string();
    assert!(error.contains("scored: found AIBR, VB02, expected some of"), "{error}");
}

/// Results of `copy` and of `gnn`, per animal: errors at every step, or a divergence.
fn results(gnn: [Option<f64>; 2]) -> Results<Forecast> {
    let finite = |error: f64| {
        Outcome::Finite(StepErrors { trace: vec![error; 16], derivative: vec![error; 16] })
    };
    let fit = |model: ForecastModel, animal: &str, error: Option<f64>| ForecastFit {
        variant: "paper".into(),
        model: model.as_str().into(),
        trained_on: vec![format!("not {animal}"), "another".into()],
        initialisation: 0,
        chosen: String::new(),
        training: None,
        evaluations: vec![ForecastEvaluation {
            animal: animal.into(),
            role: Role::UnseenAnimal,
            n_forecasts: 2,
            outcome: error.map_or(Outcome::Diverged { n_diverged: 1, first_step: 2 }, finite),
            n_every: 20,
            every: error.map_or(Outcome::Diverged { n_diverged: 1, first_step: 2 }, finite),
            thirds: Vec::new(),
            edges: None,
            fans: None,
            shown: None,
        }],
    };
    let models = [ForecastModel::Copy, ForecastModel::Gnn];
    let fits = vec![
        fit(models[0], "a", Some(4.)),
        fit(models[0], "b", Some(2.)),
        fit(models[1], "a", gnn[0]),
        fit(models[1], "b", gnn[1]),
    ];
    Results { fits, config: config(Protocol::Paper, &models), notes: Vec::new() }
}

#[test]
fn a_forecast_that_is_not_finite_is_averaged_into_nothing() {
    let mut results = results([Some(1.), None]);
    let row = |results: &Results<Forecast>| {
        let sections = forecast_sections(results);
        assert_eq!(sections.len(), 1);
        sections[0].rows.iter().find(|row| row.model == "gnn").unwrap().clone()
    };
    let gnn = row(&results);
    assert_eq!((gnn.n_diverged, gnn.both.mse.unwrap().n), (1, 1));
    assert_eq!(gnn.trace.skill.unwrap().mean, 0.75);
    // Nor is a fit whose training diverged.
    results.fits[2].training = Some(ForecastTraining {
        epochs: 9,
        best_epoch: 1,
        best_validation_error: Some(0.5),
        learning_rate: 1.,
        final_learning_rate: 1.,
        diverged_in: Some(2),
        training_errors: vec![1.],
        validation_errors: vec![0.5],
    });
    assert_eq!((row(&results).n_diverged, row(&results).both.mse), (2, None));
    assert!(
        findings(&results).iter().any(|text| text.contains("2 gnn")),
        "{:?}",
        findings(&results)
    );
}

#[test]
fn who_is_better_is_told_where_neither_diverged() {
    let of = |gnn| versus(&results(gnn), ForecastModel::Copy);
    let better = of([Some(1.), Some(3.)]);
    assert_eq!((better.len(), better[0].n, better[0].better_from()), (1, 2, Some(1)));
    assert_eq!(of([Some(5.), Some(2.)])[0].better_from(), None);
    // In the animal that is left it is better.
    assert_eq!((of([Some(1.), None])[0].n, of([Some(1.), None])[0].better_from()), (1, Some(1)));
}

#[test]
fn errors_under_the_scripts_are_in_the_units_of_the_text() {
    // Copying does not learn: the features alone differ, by the protocols' intervals.
    let error = |protocol| {
        let plan = plan(protocol, &[ForecastModel::Copy], N_FRAMES);
        let folder = tempfile::tempdir().unwrap();
        let results = run_in(folder.path(), &plan, 1, usize::MAX).0.unwrap();
        results.fits[0].evaluations[0].outcome.errors().unwrap().both()[15]
    };
    let (text, scripts) = (error(Protocol::Paper), error(Protocol::AuthorsCode));
    assert!((text / scripts - 1.).abs() < 1e-5, "{text} {scripts}");
}

#[test]
fn a_network_is_trained_by_the_loss_that_is_asked_for() {
    let fits = |loss: Loss| {
        let config = config(Protocol::Strict, &[ForecastModel::Mlp]);
        let config = StudyConfig { aim: Forecast { loss, ..config.aim }, ..config };
        let plan = Plan::new(config, &animals(N_FRAMES), &[]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        run_in(folder.path(), &plan, 1, usize::MAX).0.unwrap().fits
    };
    assert_ne!(fits(Loss::SquaredError), fits(Loss::AbsoluteError));
}
