//! What the study finds where it is known, and that it does not depend on threads.

use super::*;
use crate::comparison::Preset;
use nervering_grid::Silent;
use nervering_simulate::coupled::{CoupledConfig, LinearConfig};

fn smoke() -> KnownTruthConfig {
    KnownTruthConfig::preset(Preset::Smoke, 3)
}

fn on(threads: usize) -> Machine {
    Machine::cpu(threads.try_into().unwrap())
}

fn results(config: &KnownTruthConfig, threads: usize) -> KnownTruth {
    run(config, &on(threads), &Silent, &|| false).unwrap()
}

#[test]
fn results_are_the_same_at_any_number_of_threads() {
    let one = results(&smoke(), 1);
    assert_eq!(one, results(&smoke(), 3));
    let other = results(&KnownTruthConfig { seed: 4, ..smoke() }, 2);
    assert_ne!(one, other);
    assert_eq!(one.systems.len(), 3);
    let read: Vec<_> = one.own_graphs.iter().map(|read| (read.system, read.source)).collect();
    let expected = ["springs", "kuramoto"].map(|system| [(system, LINEAR), (system, "nri")]);
    assert_eq!(read, expected.concat());
    assert!(one.own_graphs.iter().all(|read| read.of_simulations.len() == 4));
    for system in &one.systems {
        for instance in &system.instances {
            let names: Vec<&str> = instance.models.iter().map(|result| result.model).collect();
            let expected: Vec<&str> = one.config.models.iter().map(|m| m.as_str()).collect();
            assert_eq!(names, expected);
            let sources: Vec<&str> = instance.graphs.iter().map(|graph| graph.source).collect();
            assert_eq!(sources, [CORRELATION, LINEAR, "gnn", "gnn-static", "gnn-free"]);
            for graph in &instance.graphs {
                assert_eq!(graph.weights.len(), system.n_nodes * system.n_nodes);
            }
            for result in &instance.models {
                assert_eq!(result.errors.as_ref().map(Vec::len), Some(16), "{}", result.model);
            }
        }
    }
}

#[test]
fn var_forecasts_a_linear_network_down_to_its_noise_and_finds_its_edges() {
    use ForecastModel::{Ar, Copy, Var};
    let config = KnownTruthConfig {
        systems: vec![CoupledConfig::Linear(LinearConfig::default())],
        models: vec![Copy, Ar, Var],
        own_graphs: OwnGraphsConfig { systems: Vec::new(), ..smoke().own_graphs },
        n_instances: 3,
        n_batches: 10,
        batch: 10,
        n_evaluated: 40,
        ..smoke()
    };
    let results = results(&config, 2);
    let rows = results.error_rows(&[1, 16]);
    let skill = |model: &str| {
        rows.iter().find(|row| row.model == model && row.step == 1).unwrap().skill.unwrap().mean
    };
    assert_eq!(skill("copy"), 0.);
    assert!(skill("var") > skill("ar") + 0.05, "{} {}", skill("var"), skill("ar"));
    let edges = results.edge_rows();
    let linear = edges.iter().find(|row| row.source == LINEAR).unwrap();
    assert!(linear.auroc.unwrap().mean > 0.97, "{linear:?}");
    assert_eq!(linear.found, Found::Above);
    assert!(linear.distance.unwrap().mean > 2. * linear.distance_by_chance.unwrap());
}

#[test]
fn chance_alone_is_some_way_from_a_half() {
    // Weights that have nothing to do with the truth: mean distance by chance, and no verdict.
    let truth = [false, true, false, true, false, true, false, true, false];
    let instance = |weights: [f64; 9]| InstanceResult {
        truth: truth.to_vec(),
        models: Vec::new(),
        graphs: vec![InferredGraph::new("gnn", weights.to_vec(), &truth)],
    };
    let high = [0., 0.9, 0.1, 0.8, 0., 0.9, 0.1, 0.7, 0.];
    let low = high.map(|weight| 1. - weight);
    let system = |instances: Vec<InstanceResult>| KnownTruth {
        config: KnownTruthConfig { models: Vec::new(), ..smoke() },
        own_graphs: Vec::new(),
        systems: vec![SystemResult {
            system: "springs",
            features: &["x"],
            n_changing: 1,
            n_nodes: 3,
            instances,
        }],
    };
    let row = |instances| system(instances).edge_rows().remove(0);
    let both = row(vec![instance(high), instance(low)]);
    assert_eq!((both.auroc.unwrap().mean, both.found), (0.5, Found::Chance));
    assert_eq!(both.distance.unwrap().mean, 0.5);
    // Of three ways to leave out one of three symmetric pairs one is the truth, at a distance of ½;
    // in the two others one coupled pair lies below all and one above: AUROC ¼.
    let by_chance = both.distance_by_chance.unwrap();
    assert!((by_chance - 1. / 3.).abs() < 0.05, "{by_chance}");
    assert_eq!(row(vec![instance(low), instance(low)]).found, Found::Below);
    assert_eq!(row(vec![instance(high), instance(high)]).found, Found::Above);
    assert_eq!(row(vec![instance(high)]).found, Found::Unknown);
    assert_eq!(InferredGraph::new("gnn", vec![f64::NAN; 9], &truth).auroc, None);
}

#[test]
fn a_study_that_is_stopped_says_how_far_it_came() {
    let config = KnownTruthConfig { models: vec![ForecastModel::Mlp], ..smoke() };
    let stopped = run(&config, &on(1), &Silent, &|| true).unwrap_err().to_string();
    assert!(stopped.starts_with("stopped after 0 of 8 fits"), "{stopped}");
    let none = run(&KnownTruthConfig { epochs: 0, ..smoke() }, &on(1), &Silent, &|| false);
    assert_eq!(none.unwrap_err().to_string(), "epochs: found 0, expected at least 1");
    let short = run(&KnownTruthConfig { n_frames: 23, ..smoke() }, &on(1), &Silent, &|| false);
    assert!(short.unwrap_err().to_string().contains("found 23"));
}

#[test]
fn a_regression_of_each_simulation_finds_springs_of_its_own() {
    let own_graphs = OwnGraphsConfig { models: Vec::new(), n_evaluated: 20, ..smoke().own_graphs };
    let config = KnownTruthConfig { models: Vec::new(), own_graphs, ..smoke() };
    let results = results(&config, 2);
    let [springs, _] = results.own_graphs.as_slice() else { panic!("{:?}", results.own_graphs) };
    // Twenty short simulations, each by itself; chance is one half.
    assert!(springs.auroc.unwrap() > 0.75, "{springs:?}");
    assert_eq!(springs.right, None, "sizes of coefficients have no half");
}
