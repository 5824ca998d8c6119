//! What a forecast may know, what becomes of errors, and that a fit which is left and taken up gives
//! the same bytes as one that never was.

use super::aim::Fit;
use super::*;
use crate::comparison::{Comparison, Preset};
use crate::config::StudyConfig;
use crate::plan::{Group, Plan};
use crate::reading::ReadingEntry;
use crate::run::{Results, run};
use nervering_fit::{
    ForecastModel, ForecastTraining, GivenConnectome, Outcome, Protocol, StepErrors, starts_within,
};
use nervering_grid::{CheckpointTimes, GridError, Progress, Run};
use nervering_models::trajectory::TrajectoryConfig;
use nervering_models::{Loss, ResidualOf};
use nervering_prepare::TRAINING_STEPS;
use nervering_recording::{
    Behavior, Connection, ConnectionKind, Connectome, NeuronLabel, NeuronSet, Provenance,
    Recording, RecordingParts, State, TimeBase, Traces, Weighting,
};
use nervering_statistics::Role;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const N_FRAMES: usize = 400;

/// What becomes of traces from some frame on.
type Moved = fn(f64) -> f64;

/// Within the range, so that nothing but the frames themselves moves.
const A_LITTLE: Moved = |value| value * 0.9 - 0.05;
/// As no neuron ever was.
const WILDLY: Moved = |value| 1e5 * value;

/// Two coupled neurons; bouts of ten frames. From frame `moved_from` on, traces are others.
fn animal(name: &str, phase: f64, moved_from: usize, moved: Moved) -> Recording {
    let value = |frame: usize, neuron: usize| {
        let t = frame as f64;
        let value = (t / 9. + phase + neuron as f64).sin() + (t / 23. + 2. * phase).cos() / 2.;
        if frame < moved_from { value } else { moved(value) }
    };
    let traces = (0..N_FRAMES).flat_map(|frame| [value(frame, 0), value(frame, 1)]);
    let state = |frame: usize| match frame / 10 % 2 {
        0 => State::Forward,
        _ => State::Reverse1,
    };
    Recording::new(RecordingParts {
        animal: name.into(),
        neurons: ["AVAL", "RIML"].map(NeuronLabel::from_text).to_vec(),
        traces: Traces::new(N_FRAMES, 2, traces.collect()).unwrap(),
        derivative: None,
        behavior: Some(Behavior::new((0..N_FRAMES).map(state).collect())),
        time: TimeBase::new((0..N_FRAMES).map(|k| k as f64 / 3.).collect()).unwrap(),
        provenance: Provenance::default(),
    })
    .unwrap()
}

fn animals(moved_from: usize) -> Vec<Recording> {
    animals_with(moved_from, A_LITTLE)
}

fn animals_with(moved_from: usize, moved: Moved) -> Vec<Recording> {
    let still = |name, phase| animal(name, phase, N_FRAMES, moved);
    // The animal that is forecast comes last.
    vec![still("a", 0.), still("b", 1.), animal("c", 2., moved_from, moved)]
}

/// For networks that are given a connectome.
fn one_edge() -> GivenConnectome {
    let [pre, post] = ["AVAL", "RIML"].map(|name| name.parse().unwrap());
    let edge = Connection { pre, post, kind: ConnectionKind::Chemical, weight: 1. };
    GivenConnectome {
        name: "one edge".into(),
        connectome: Arc::new(Connectome::new(vec![edge]).unwrap()),
        kinds: vec![ConnectionKind::Chemical],
        weighting: Weighting::RowNormalised,
    }
}

fn config(protocol: Protocol, models: &[ForecastModel]) -> StudyConfig<Forecast> {
    StudyConfig {
        name: "test".into(),
        title: "A test".into(),
        variants: vec![Comparison::new(protocol, models, NeuronSet::Shared)],
        training_sizes: vec![2],
        max_subsets: None,
        epochs: 2,
        seed: 3,
        reading: ReadingEntry::default(),
        aim: Forecast {
            network: TrajectoryConfig { width: 4, ..TrajectoryConfig::scripts() },
            connectome: Some(one_edge()),
            ..Forecast::default()
        },
    }
}

fn plan(protocol: Protocol, models: &[ForecastModel], moved_from: usize) -> Plan<Forecast> {
    Plan::new(config(protocol, models), &animals(moved_from), &[]).unwrap()
}

/// Every model's forecast of the last animal from frame `START`, among others.
fn forecasts(protocol: Protocol, moved_from: usize) -> Vec<(ForecastModel, Vec<u64>)> {
    forecasts_with(protocol, moved_from, A_LITTLE)
}

fn forecasts_with(
    protocol: Protocol,
    moved_from: usize,
    moved: Moved,
) -> Vec<(ForecastModel, Vec<u64>)> {
    forecasts_of(config(protocol, ForecastModel::ALL), moved_from, moved)
}

fn forecasts_of(
    config: StudyConfig<Forecast>,
    moved_from: usize,
    moved: Moved,
) -> Vec<(ForecastModel, Vec<u64>)> {
    let plan = Plan::new(config, &animals_with(moved_from, moved), &[]).unwrap();
    let of_model = |group: &Group<ForecastModel>| {
        let fit = Fit::new(&plan, group).unwrap();
        let trained = fit.trained(2, &|_: usize| true).unwrap().unwrap();
        // Another start, later: what it is forecast from moves too.
        let both = fit.forecasts(&trained.forecaster, 2, &[START, START + 40]);
        let steps = &both[..both.len() / 2];
        (group.model, steps.iter().map(|value| value.to_bits()).collect())
    };
    plan.groups.iter().filter(|group| group.subset == [0, 1]).map(of_model).collect()
}

const START: usize = 200;

#[test]
fn a_strict_forecast_of_no_model_moves_when_later_frames_do() {
    let still = forecasts(Protocol::Strict, N_FRAMES);
    assert_eq!(still.len(), ForecastModel::ALL.len());
    assert_eq!(still, forecasts(Protocol::Strict, START + 1));
    // Not in the last bit, were the frames to come such that kernels compute them in another way.
    assert_eq!(still, forecasts_with(Protocol::Strict, START + 1, WILDLY));
    // With the frame it starts from, it does: the test can see a difference.
    for (still, moved) in still.iter().zip(forecasts(Protocol::Strict, START)) {
        assert_eq!(still.1 == moved.1, still.0 == ForecastModel::Mean, "{}", still.0);
    }
}

#[test]
fn nor_does_one_of_a_network_that_corrects_a_linear_forecast() {
    use ForecastModel::{Gnn, GnnStatic, Linear, LstmGnn, Mlp};
    let with = |epochs: usize, moved_from: usize, moved: Moved| {
        let mut config = config(Protocol::Strict, &[Linear, Mlp, Gnn, GnnStatic, LstmGnn]);
        config.aim.network.residual_of = ResidualOf::Linear;
        config.epochs = epochs;
        forecasts_of(config, moved_from, moved)
    };
    let still = with(2, N_FRAMES, A_LITTLE);
    assert_eq!(still, with(2, START + 1, A_LITTLE));
    assert_eq!(still, with(2, START + 1, WILDLY));
    let moved = with(2, START, A_LITTLE);
    let of_linear = |(model, _): &&(ForecastModel, Vec<u64>)| *model == Linear;
    let linear = &still.iter().find(of_linear).expect("among them").1;
    for ((model, still), (_, moved)) in still.iter().zip(&moved) {
        assert_ne!(still, moved, "{model}");
        // After two epochs they have moved away from what they correct, but not far.
        let far =
            still.iter().zip(linear).map(|(a, b)| (f64::from_bits(*a) - f64::from_bits(*b)).abs());
        let far = far.fold(0., f64::max);
        assert!(far < 0.2 && (far > 0.) == (*model != Linear), "{model}: {far}");
    }
}

#[test]
fn a_paper_forecast_moves_when_later_frames_do() {
    for protocol in [Protocol::Paper, Protocol::AuthorsCode] {
        let still = forecasts(protocol, N_FRAMES);
        for (still, moved) in still.iter().zip(forecasts(protocol, START + 1)) {
            // What moves here are derivatives. The mean does not look at the animal, and `linear` looks
            // at traces alone; what learns from the animal's own past may meet one there.
            use ForecastModel::{Analog, Linear, LinearAdapted, LinearAnalog, Mean, Population};
            let looks = match still.0 {
                Mean | Linear => false,
                LinearAdapted | Analog | LinearAnalog | Population => continue,
                _ => true,
            };
            assert_eq!(still.1 != moved.1, looks, "{}", still.0);
        }
    }
}

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

#[test]
fn validation_starts_are_followed_by_validation_frames() {
    for &protocol in Protocol::ALL {
        let plan = plan(protocol, &[ForecastModel::Copy], N_FRAMES);
        let split = &plan.views[0].animals[0].splits[0];
        let starts = starts_within(&split.validation);
        assert!(starts.len() >= 3, "{protocol} {}", starts.len());
        for start in starts {
            for frame in start + 1..=start + TRAINING_STEPS {
                assert!(split.validation.contains(&frame), "{protocol} {start}");
            }
        }
    }
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

#[derive(Default)]
struct Heard {
    steps: AtomicUsize,
    resumed: AtomicUsize,
    warned: AtomicUsize,
}

impl Progress for Heard {
    fn steps(&self, n: usize) {
        self.steps.fetch_add(n, Ordering::Relaxed);
    }
    fn resumed(&self, _: usize, n_steps: usize) {
        self.resumed.fetch_add(n_steps, Ordering::Relaxed);
    }
    fn warned(&self, _: &str) {
        self.warned.fetch_add(1, Ordering::Relaxed);
    }
}

/// Runs in a folder, and stops after so many gradient steps.
fn run_in(
    folder: &Path,
    plan: &Plan<Forecast>,
    threads: usize,
    most: usize,
) -> (Result<Results<Forecast>, crate::StudyError>, Heard) {
    let heard = Heard::default();
    let first = AtomicUsize::new(usize::MAX);
    let stop = || {
        let done = heard.steps.load(Ordering::Relaxed);
        let first = first.fetch_min(done, Ordering::Relaxed).min(done);
        done - first >= most
    };
    let times = CheckpointTimes { every: Duration::from_secs(30), clock: &|| Duration::ZERO };
    let how = Run { times, progress: &heard, interrupted: &stop, ..Run::quietly(threads) };
    let results = run(plan, folder, &how);
    (results, heard)
}

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
fn a_fit_that_is_left_at_any_step_and_taken_up_gives_the_same_bytes() {
    // A memory, static edges, and statistics over all starts.
    let models = [ForecastModel::Mlp, ForecastModel::LstmMlp, ForecastModel::GnnStatic];
    for protocol in [Protocol::Paper, Protocol::Strict] {
        let config = StudyConfig { epochs: 4, ..config(protocol, &models) };
        let config = StudyConfig { max_subsets: Some(1), ..config };
        let plan = Plan::new(config, &animals(N_FRAMES), &[]).unwrap();
        let whole = tempfile::tempdir().unwrap();
        let (expected, heard) = run_in(whole.path(), &plan, 1, usize::MAX);
        let n_steps = heard.steps.load(Ordering::Relaxed);
        assert_eq!(n_steps, 3 * 4 * 2);
        let folder = tempfile::tempdir().unwrap();
        // Three steps at a time: in the middle of an epoch and at its end.
        let (mut n_runs, mut resumed) = (1, 0);
        let found = loop {
            let (results, heard) = run_in(folder.path(), &plan, 1, 3);
            resumed += heard.resumed.load(Ordering::Relaxed);
            match results {
                Ok(results) => break results,
                Err(crate::StudyError::Grid(GridError::Interrupted { .. })) => n_runs += 1,
                Err(error) => panic!("{error}"),
            }
        };
        assert_eq!(found, expected.unwrap());
        assert!(n_runs >= n_steps / 4 && resumed > 0, "{n_runs} runs, {resumed} steps resumed");
        let fits = |folder: &Path| {
            let mut files: Vec<_> = std::fs::read_dir(folder.join("fits"))
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .map(|path| (path.file_name().unwrap().to_owned(), std::fs::read(&path).unwrap()))
                .collect();
            files.sort();
            files
        };
        assert_eq!(fits(folder.path()), fits(whole.path()));
        assert!(!folder.path().join("checkpoints").exists());
    }
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

#[test]
fn a_checkpoint_that_is_damaged_costs_a_warning_and_time_alone() {
    let plan = plan(Protocol::Paper, &[ForecastModel::Mlp], N_FRAMES);
    let whole = tempfile::tempdir().unwrap();
    let expected = run_in(whole.path(), &plan, 1, usize::MAX).0.unwrap();
    let folder = tempfile::tempdir().unwrap();
    run_in(folder.path(), &plan, 1, 1).0.unwrap_err();
    let checkpoint = folder.path().join("checkpoints/paper-mlp-1+2.safetensors");
    let bytes = std::fs::read(&checkpoint).unwrap();
    std::fs::write(&checkpoint, &bytes[..bytes.len() / 2]).unwrap();
    let (results, heard) = run_in(folder.path(), &plan, 1, usize::MAX);
    assert_eq!(results.unwrap(), expected);
    assert_eq!(heard.warned.load(Ordering::Relaxed), 1);
    assert_eq!(heard.resumed.load(Ordering::Relaxed), 0);
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
