//! Which fits a study is made of, and what it keeps of them.

use super::*;

#[test]
fn every_model_is_fitted_and_forecasts_unseen_animals_and_the_future_of_those_it_knows() {
    for &protocol in Protocol::ALL {
        let plan = plan(protocol, ForecastModel::ALL, N_FRAMES);
        let folder = tempfile::tempdir().unwrap();
        let results = run_in(folder.path(), &plan, 2, usize::MAX).0.unwrap();
        assert_eq!(results.fits.len(), ForecastModel::ALL.len() * 3);
        let again = tempfile::tempdir().unwrap();
        assert_eq!(run_in(again.path(), &plan, 1, usize::MAX).0.unwrap(), results);
        let sections = forecast_sections(&results);
        let roles: Vec<Role> = sections.iter().map(|section| section.role).collect();
        match protocol {
            Protocol::Strict => assert_eq!(roles, [Role::SameAnimal, Role::UnseenAnimal]),
            _ => assert_eq!(roles, [Role::UnseenAnimal]),
        }
        let rows = &sections.last().unwrap().rows;
        let row = |model, step| rows.iter().find(|r| r.model == model && r.step == step).unwrap();
        assert_eq!(row("copy", 16).both.skill.unwrap().mean, 0.);
        assert!(row("var", 16).both.skill.unwrap().mean > 0.5);
        assert!(row("gnn", 1).both.mse.is_some() && row("mlp", 1).n_diverged == 0);
    }
}

#[test]
fn a_study_that_cannot_be_is_refused() {
    let refused = |config: StudyConfig<Forecast>, animals: &[Recording]| {
        Plan::new(config, animals, &[]).unwrap_err().to_string()
    };
    let ok = || config(Protocol::Strict, &[ForecastModel::Copy]);
    let one = animals(N_FRAMES)[..1].to_vec();
    assert!(refused(ok(), &one).contains("training size: found 2, expected 1 to 1"));
    let all = animals(N_FRAMES);
    let wide = TrajectoryConfig { width: 0, ..TrajectoryConfig::scripts() };
    assert!(
        refused(StudyConfig { aim: Forecast { network: wide, ..ok().aim }, ..ok() }, &all)
            .contains("width: found 0")
    );
    let twice = config(Protocol::Strict, &[ForecastModel::Copy; 2]);
    assert!(refused(twice, &all).contains("copy twice"));
}

#[test]
fn the_built_in_studies_leave_one_out_and_train_on_all_for_an_extended_set() {
    let sizes = |n_train, extended| {
        let animals = builtin::Animals { n_train, extended };
        let c = builtin::fig4c(Preset::Quick, 0, animals).training_sizes;
        let d = builtin::fig4d(Preset::Quick, 0, animals).training_sizes;
        (c, d)
    };
    assert_eq!(sizes(5, builtin::Extended::None), (vec![1, 4], vec![4]));
    assert_eq!(sizes(5, builtin::Extended::Some), (vec![1, 4, 5], vec![4, 5]));
    assert_eq!(sizes(2, builtin::Extended::None), (vec![1], vec![1]));
}

/// What fits inferred: whose graph, from which initial weights, in which animal of which role.
type Inferred = Vec<(String, usize, String, Role)>;

#[test]
fn graphs_are_kept_where_asked_of_every_initialisation_and_of_whom_they_are() {
    let models = [ForecastModel::Copy, ForecastModel::Gnn, ForecastModel::GnnFree];
    let plan = |keep_edges: crate::KeepEdges, initialisations: usize| {
        let config = config(Protocol::Strict, &models);
        let aim = Forecast { keep_edges, initialisations, ..config.aim };
        let config = StudyConfig { max_subsets: Some(1), aim, ..config };
        Plan::new(config, &animals(N_FRAMES), &[]).unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let ran = |name: &str, plan: &Plan<Forecast>| {
        run_in(&folder.path().join(name), plan, 1, usize::MAX).0.unwrap()
    };
    let plan_of_two = plan(crate::KeepEdges::Yes, 2);
    let results = ran("two", &plan_of_two);
    let mut inferred: Inferred = Vec::new();
    for fit in &results.fits {
        for evaluation in fit.evaluations.iter().filter(|e| e.edges.is_some()) {
            let animal = evaluation.animal.clone();
            inferred.push((fit.model.clone(), fit.initialisation, animal, evaluation.role));
        }
    }
    let expected: Inferred = [("gnn", Role::UnseenAnimal), ("gnn-free", Role::SameAnimal)]
        .iter()
        .flat_map(|&(model, role)| {
            let of = move |animal: &'static str| {
                let role = if animal == "c" { Role::UnseenAnimal } else { Role::SameAnimal };
                [0, 1].map(|init| (model.to_owned(), init, animal.to_owned(), role))
            };
            let animals: &[&str] =
                if role == Role::SameAnimal { &["a", "b"] } else { &["a", "b", "c"] };
            animals.iter().copied().flat_map(of).collect::<Vec<_>>()
        })
        .collect();
    let sorted = |mut found: Inferred| {
        found.sort_by(|a, b| (&a.0, a.1, &a.2).cmp(&(&b.0, b.1, &b.2)));
        found
    };
    assert_eq!(sorted(inferred), sorted(expected));
    assert_eq!(results.fits.len(), 5, "copy has no initial weights");

    let graphs =
        crate::inferred_graphs(&plan_of_two, &results, &animals(N_FRAMES), &[], 1).unwrap();
    let of: Vec<(&str, Option<Role>, usize)> = graphs
        .iter()
        .map(|graph| (graph.model.as_str(), graph.role, graph.by_animal.len()))
        .collect();
    let [unseen, same] = [Role::UnseenAnimal, Role::SameAnimal].map(Some);
    let traces = crate::TRACE_CORRELATION;
    assert_eq!(of, [(traces, None, 3), ("gnn", unseen, 1), ("gnn-free", same, 2)]);

    // The first initialisation is what it is alone, but for its graph, and its file has no word of either.
    let alone = ran("alone", &plan(crate::KeepEdges::No, 1));
    for fit in &alone.fits {
        let same = results.fits.iter().find(|f| f.model == fit.model && f.initialisation == 0);
        let mut same = same.unwrap().clone();
        same.evaluations.iter_mut().for_each(|evaluation| evaluation.edges = None);
        assert_eq!(&same, fit);
    }
    let text =
        std::fs::read_to_string(folder.path().join("alone/fits/strict-gnn-1+2.json")).unwrap();
    assert!(!text.contains("edges") && !text.contains("initialisation"), "{text}");
}
