//! Systems whose graph is known: errors of forecasts, and whether inferred edges are the true ones.

use super::over_animals::deviation;
use super::{AnalysisReport, count, counted, number, own_graphs, table, words};
use crate::cells::{Cell, TableData};
use crate::document::{Citation, Document, Setting};
use crate::figure::{About, FigureData, graph, horizon};
use crate::table::{csv_bytes, number as field};
use nervering_study::Spread;
use nervering_study::known_truth::{
    CORRELATION, EdgeRow, ErrorRow, Found, InferredGraph, KnownTruth, LINEAR, SystemResult,
};

/// Steps ahead of the table.
const STEPS: [usize; 3] = [1, 8, 16];
/// What errors of a table are multiplied by.
const THOUSAND: f64 = 1000.;

/// The report of a study of known truth.
pub fn known_truth(found: &KnownTruth, citations: &[Citation]) -> AnalysisReport {
    let mut document = Document::new("Simulated systems whose graph is known");
    let (errors, edges) = (found.error_rows(&STEPS), found.edge_rows());
    document.configuration = configuration(found);
    let summary = &mut document.summary;
    summary.asked.push(
        "Do networks that forecast find the graph that a system was simulated with, and do they \
         forecast it better than linear regression?"
            .to_owned(),
    );
    summary.data = found.systems.iter().map(|system| data(found, system)).collect();
    for system in &found.systems {
        let of_system: Vec<&ErrorRow> =
            errors.iter().filter(|row| row.system == system.system).collect();
        summary.found.extend(forecasts_said(&of_system));
        document.tables.push(error_table(found, system, &of_system));
        let of_system: Vec<&EdgeRow> =
            edges.iter().filter(|row| row.system == system.system).collect();
        summary.found.extend(edges_said(&of_system));
    }
    summary.found.extend(own_graphs::said(found));
    summary.distrust = distrust(found, &edges);
    document.tables.push(edge_table(&edges));
    document.tables.push(own_graphs::table_of(found));
    document.figures = figures(found);
    let setting = |name: &str, value: String| Setting { name: name.to_owned(), value };
    document.software = vec![setting("nervering", env!("CARGO_PKG_VERSION").to_owned())];
    document.seeds = vec![setting("seed", found.config.seed.to_string())];
    document.citations = citations.to_vec();
    let files = vec![
        ("tables/synthetic-errors-by-instance.csv".to_owned(), errors_by_instance(found)),
        ("tables/synthetic-edges-by-instance.csv".to_owned(), edges_by_instance(found)),
        ("tables/synthetic-weights.csv".to_owned(), weights(found)),
        (
            "tables/synthetic-own-graphs-by-simulation.csv".to_owned(),
            own_graphs::by_simulation(found),
        ),
    ];
    AnalysisReport { document, files }
}

fn data(found: &KnownTruth, system: &SystemResult) -> String {
    let config = &found.config;
    format!(
        "{}: {} of {} nodes ({}), each seen in {} to train on, {} to choose by and as many to \
         evaluate, of {} frames.",
        system.system,
        counted(config.n_instances, "network"),
        system.n_nodes,
        system.features.join(", "),
        counted(config.n_batches * config.batch, "trajectory").replace("ys", "ies"),
        config.n_evaluated,
        config.n_frames,
    )
}

/// The best baseline at each horizon, and how the networks stand to it.
fn forecasts_said(rows: &[&ErrorRow]) -> Vec<String> {
    let is_baseline = |row: &&&ErrorRow| is_baseline(row.model);
    let mean = |row: &ErrorRow| row.mse.map(|mse| mse.mean);
    let best = |step: usize| {
        let of_step = rows.iter().filter(is_baseline).filter(|row| row.step == step);
        let finite = of_step.filter_map(|row| Some((row.model, mean(row)?)));
        finite.min_by(|a, b| a.1.total_cmp(&b.1))
    };
    let mut models: Vec<&str> = Vec::new();
    for row in rows.iter().filter(|row| !self::is_baseline(row.model)) {
        if !models.contains(&row.model) {
            models.push(row.model);
        }
    }
    let of_model = |model: &str| {
        let at_step = |step: usize| {
            let row = rows.iter().find(|row| row.model == model && row.step == step)?;
            let (baseline, least) = best(step)?;
            Some(match mean(row) {
                Some(error) => format!("{} {baseline} at step {step}", times(error / least)),
                None => format!("diverged at step {step}"),
            })
        };
        let steps: Vec<String> = STEPS.iter().filter_map(|&step| at_step(step)).collect();
        format!("{model} {}", steps.join(", "))
    };
    if models.is_empty() {
        return Vec::new();
    }
    let texts: Vec<String> = models.iter().map(|model| of_model(model)).collect();
    vec![format!(
        "{}, forecasts: mean squared error as a multiple of the best baseline's (below 1 is better): \
         {}.",
        rows[0].system,
        texts.join("; ")
    )]
}

/// `0.4 ×`, `more than 1000 ×`.
fn times(ratio: f64) -> String {
    match ratio {
        _ if ratio > 1000. => "more than 1000 ×".to_owned(),
        _ if ratio < 10. => format!("{ratio:.2} ×"),
        _ => format!("{ratio:.0} ×"),
    }
}

/// Whether each network found the graph, and which reference did better.
fn edges_said(rows: &[&EdgeRow]) -> Vec<String> {
    let auroc = |row: &EdgeRow| row.auroc.map(|auroc| auroc.mean);
    let references = || rows.iter().filter(|row| row.is_reference());
    let of_network = |row: &&&EdgeRow| {
        let Some(found) = auroc(row) else {
            return format!("{} fails: its edges are no numbers", row.source);
        };
        let interval = row.interval.map_or_else(String::new, |interval| {
            format!(" (95 % interval {:.2} to {:.2})", interval.low, interval.high)
        });
        let verdict = match row.found {
            Found::Above => "tells coupled pairs from others",
            Found::Chance => "fails: its edges are not told from chance",
            Found::Below => "fails: coupled pairs have the smaller weights",
            Found::Unknown => "cannot be judged from one network",
        };
        let better: Vec<String> = references()
            .filter_map(|reference| Some((reference.source, auroc(reference)?)))
            .filter(|(_, of_reference)| *of_reference > found)
            .map(|(source, of_reference)| format!("{source} with {of_reference:.2}"))
            .collect();
        let better = match better.is_empty() {
            true => String::new(),
            false => format!("; better without a network: {}", better.join(", ")),
        };
        format!("{} {verdict}, AUROC {found:.2}{interval}{better}", row.source)
    };
    let networks: Vec<String> =
        rows.iter().filter(|row| !row.is_reference()).map(|row| of_network(&row)).collect();
    match (networks.is_empty(), rows.first()) {
        (false, Some(first)) => vec![format!("{}, edges: {}.", first.system, networks.join("; "))],
        _ => Vec::new(),
    }
}

fn distrust(found: &KnownTruth, edges: &[EdgeRow]) -> Vec<String> {
    let config = &found.config;
    let mut said = vec![
        "gnn and gnn-static give a pair its weight from one frame of the two nodes, by the same function \
         for every pair, and are trained to forecast alone. Of nodes that are alike, such as particles \
         on springs, a weight can then tell a coupling only by what a single frame shows of it, for \
         example that coupled particles are near each other. gnn-free has a weight of its own for every \
         pair, and nri reads the whole trajectory of every pair, as Kipf et al. do."
            .to_owned(),
        "A linear regression is the true model of the linear network and, away from walls, of springs, \
         which have no noise: there nothing can forecast better, and nothing finds edges better."
            .to_owned(),
        "Nothing says which weights mean a coupling. AUROC is stated for large ones; |AUROC − ½| is \
         beside what it is for graphs with their nodes renamed, since in a small graph chance is \
         some way from ½."
            .to_owned(),
    ];
    if config.width < 256 || config.epochs < 600 {
        said.push(format!(
            "Networks are smaller and shorter trained than the paper's: width {} instead of 256, {} \
             of 600 epochs.",
            config.width, config.epochs
        ));
    }
    let best_epochs = found.systems.iter().flat_map(|system| &system.instances);
    let best_epochs = best_epochs.flat_map(|instance| &instance.models);
    let best_epochs: Vec<usize> = best_epochs.filter_map(|result| result.best_epoch).collect();
    let n_late = best_epochs.iter().filter(|best| **best * 20 > config.epochs * 19).count();
    if n_late > 0 {
        said.push(format!(
            "{n_late} of {} kept an epoch of the last twentieth: they were still learning when \
             training ended, and their errors are not the least that they can reach.",
            counted(best_epochs.len(), "fit")
        ));
    }
    if let Some(caution) = edges.iter().find_map(|row| row.interval?.caution()) {
        let caution = caution.replace("animals", "networks");
        said.push(format!("On the intervals: {caution}."));
    }
    let chosen = found.systems.iter().flat_map(|system| {
        let of_model = |place: usize| {
            let results = || system.instances.iter().map(move |instance| &instance.models[place]);
            let n_diverged = results().filter(|result| result.errors.is_none()).count();
            let text = || {
                format!(
                    "{} of {} ({n_diverged})",
                    results().next().map_or("", |r| r.model),
                    system.system
                )
            };
            (n_diverged > 0).then(text)
        };
        (0..found.config.models.len()).filter_map(of_model).collect::<Vec<_>>()
    });
    let diverged: Vec<String> = chosen.collect();
    if !diverged.is_empty() {
        said.push(format!(
            "Forecasts that were not finite are in no mean: {}.",
            diverged.join(", ")
        ));
    }
    said
}

fn error_table(found: &KnownTruth, system: &SystemResult, rows: &[&ErrorRow]) -> TableData {
    let mut columns = vec!["model".to_owned()];
    columns.extend(STEPS.map(|step| format!("error, {}", counted(step, "step"))));
    columns.extend(STEPS.map(|step| format!("skill, {}", counted(step, "step"))));
    let (name, title) = (format!("synthetic-errors-{}", system.system), system.system);
    let title =
        format!("{title}, forecasts: mean squared error in thousandths of [0, 1]², and skill");
    let mut table = TableData { columns, ..table(&name, &title, &[]) };
    for of_model in rows.chunks(STEPS.len()) {
        let mut row = vec![words(of_model[0].model)];
        row.extend(of_model.iter().map(|row| match row.mse {
            Some(mse) => Cell::Spread {
                mean: THOUSAND * mse.mean,
                sd: deviation(mse).map(|sd| THOUSAND * sd),
                decimals: 3,
            },
            None => Cell::Missing,
        }));
        row.extend(of_model.iter().map(|row| number(row.skill.map(|skill| skill.mean), 3)));
        table.rows.push(row);
    }
    table.notes.push(format!(
        "Mean ± SD over {}, of {}. Skill is 1 − error / error of copy, taken in each network.",
        counted(found.config.n_instances, "network"),
        system.features[..system.n_changing].join(", ")
    ));
    table
}

fn edge_table(rows: &[EdgeRow]) -> TableData {
    let mut table = table(
        "synthetic-edges",
        "Inferred edges against the true graph, over ordered pairs of different nodes",
        &[
            "system",
            "edges of",
            "AUROC",
            "95 % from",
            "to",
            "couplings",
            "|AUROC − ½|",
            "by chance",
            "networks",
        ],
    );
    for row in rows {
        let spread = |spread: Option<Spread>| match spread {
            Some(spread) => Cell::Spread { mean: spread.mean, sd: deviation(spread), decimals: 2 },
            None => Cell::Missing,
        };
        table.rows.push(vec![
            words(row.system),
            words(row.source),
            spread(row.auroc),
            number(row.interval.map(|interval| interval.low), 2),
            number(row.interval.map(|interval| interval.high), 2),
            words(row.found.as_str()),
            number(row.distance.map(|distance| distance.mean), 2),
            number(row.distance_by_chance, 2),
            count(row.auroc.map_or(0, |auroc| auroc.n)),
        ]);
    }
    table.notes.push(format!(
        "Mean ± SD over networks with a bootstrap interval. {CORRELATION}: size of the correlation of \
         two nodes' features; {LINEAR}: size of the coefficients of a linear regression of the next \
         frame on the present one; both on the trajectories trained on. Networks: mean weight over \
         all frames of trajectories not trained on, under batch statistics of these."
    ));
    table
}

fn is_baseline(model: &str) -> bool {
    matches!(model, "copy" | "mean" | "damped-copy" | "ar" | "var")
}

fn figures(found: &KnownTruth) -> Vec<FigureData> {
    let mut figures: Vec<FigureData> = found
        .systems
        .iter()
        .map(|system| FigureData::Horizon(errors_drawn(found, system)))
        .collect();
    for system in &found.systems {
        let graphs = system.instances[0].graphs.iter();
        let of_networks = graphs.filter(|graph| ![CORRELATION, LINEAR].contains(&graph.source));
        figures
            .extend(of_networks.map(|graph| FigureData::GraphMatrix(graph_drawn(system, graph))));
    }
    figures
}

fn errors_drawn(found: &KnownTruth, system: &SystemResult) -> horizon::Data {
    let results = &found.systems;
    let n_steps = results
        .iter()
        .flat_map(|s| &s.instances)
        .flat_map(|instance| &instance.models)
        .find_map(|result| result.errors.as_ref())
        .map_or(0, Vec::len);
    let steps: Vec<usize> = (1..=n_steps).collect();
    let rows = found.error_rows(&steps);
    let of_system: Vec<&ErrorRow> = rows.iter().filter(|row| row.system == system.system).collect();
    let curve = |rows: &[&ErrorRow]| {
        let of = |value: fn(Spread) -> f64| -> Vec<f64> {
            rows.iter().map(|row| row.mse.map_or(f64::NAN, value)).collect()
        };
        horizon::Curve {
            model: rows[0].model.to_owned(),
            role: match is_baseline(rows[0].model) {
                true => horizon::CurveRole::Baseline,
                false => horizon::CurveRole::Model,
            },
            steps: rows.iter().map(|row| row.step as u32).collect(),
            mean: of(|mse| mse.mean),
            low: of(|mse| (mse.mean - mse.sd).max(0.)),
            high: of(|mse| mse.mean + mse.sd),
        }
    };
    horizon::Data {
        about: About {
            name: format!("synthetic-{}", system.system),
            title: format!("Error of forecasts of {}", system.system),
            n: counted(system.instances.len(), "network"),
            protocol: "ranges and batch statistics of the trajectories trained on".to_owned(),
            normalisation: "each feature to [0, 1] over all nodes".to_owned(),
        },
        error: "mean squared error, [0, 1]²".to_owned(),
        band: "± SD over networks".to_owned(),
        panels: vec![horizon::HorizonPanel {
            title: system.system.to_owned(),
            curves: of_system.chunks(n_steps.max(1)).map(curve).collect(),
        }],
    }
}

/// The first network of a kind: the graph that a model infers beside the true one.
fn graph_drawn(system: &SystemResult, inferred: &InferredGraph) -> graph::Data {
    let n = system.n_nodes;
    let truth = &system.instances[0].truth;
    // Here receivers stand in rows, in figures senders.
    let turned = |k: usize| k % n * n + k / n;
    let auroc = inferred.auroc.map_or_else(String::new, |auroc| format!(", AUROC {auroc:.2}"));
    graph::Data {
        about: About {
            name: format!("synthetic-{}-{}", system.system, inferred.source),
            title: format!(
                "Edges that {} infers in the first network of {}{auroc}",
                inferred.source, system.system
            ),
            n: "1 network, mean over frames".to_owned(),
            protocol: String::new(),
            normalisation: "each feature to [0, 1] over all nodes".to_owned(),
        },
        neurons: (1..=n).map(|node| format!("node {node}")).collect(),
        inferred: (0..n * n).map(|k| inferred.weights[turned(k)] as f32).collect(),
        model: inferred.source.to_owned(),
        null: None,
        connectome: Some(graph::ConnectomeData {
            known_from: graph::KnownFrom::Simulation,
            source: system.system.to_owned(),
            chemical: (0..n * n).map(|k| if truth[turned(k)] { 1. } else { 0. }).collect(),
            electrical: vec![0.; n * n],
        }),
        threshold: 0.5,
    }
}

fn configuration(found: &KnownTruth) -> Vec<Setting> {
    let config = &found.config;
    let models: Vec<&str> = config.models.iter().map(|model| model.as_str()).collect();
    let setting = |name: &str, value: String| Setting { name: name.to_owned(), value };
    let mut settings = vec![
        setting("models", models.join(" ")),
        setting("networks of each kind", config.n_instances.to_string()),
        setting("batches × trajectories", format!("{} × {}", config.n_batches, config.batch)),
        setting("trajectories to choose by, and to evaluate", config.n_evaluated.to_string()),
        setting("frames of a trajectory", config.n_frames.to_string()),
        setting("hidden units", config.width.to_string()),
        setting("epochs", config.epochs.to_string()),
    ];
    let own = &config.own_graphs;
    let models: Vec<&str> = own.models.iter().map(|model| model.as_str()).collect();
    settings.push(setting("models of simulations with a graph each", models.join(" ")));
    let simulations = format!("{}, {}", own.n_train, own.n_evaluated);
    settings.push(setting("such simulations, to train on and to read", simulations));
    settings.extend(config.systems.iter().map(|s| setting(s.name(), format!("{s:?}"))));
    settings
}

/// Every error of every fit.
fn errors_by_instance(found: &KnownTruth) -> Vec<u8> {
    let header = ["system", "instance", "model", "chosen", "step", "mse"];
    let mut rows = Vec::new();
    for (system, at, instance) in instances(found) {
        for result in &instance.models {
            let row = |step: String, mse: String| {
                let (model, chosen) = (result.model.to_owned(), result.chosen.clone());
                vec![system.system.to_owned(), at.to_string(), model, chosen, step, mse]
            };
            match &result.errors {
                None => rows.push(row(String::new(), String::new())),
                Some(errors) => rows.extend(
                    errors
                        .iter()
                        .enumerate()
                        .map(|(k, &error)| row((k + 1).to_string(), field(Some(error)))),
                ),
            }
        }
    }
    csv_bytes(&header.map(str::to_owned), rows)
}

fn edges_by_instance(found: &KnownTruth) -> Vec<u8> {
    let header = ["system", "instance", "edges", "auroc"];
    let rows = instances(found).flat_map(|(system, at, instance)| {
        instance.graphs.iter().map(move |graph| {
            let (system, source) = (system.system.to_owned(), graph.source.to_owned());
            vec![system, at.to_string(), source, field(graph.auroc)]
        })
    });
    csv_bytes(&header.map(str::to_owned), rows)
}

/// Every weight beside the truth.
fn weights(found: &KnownTruth) -> Vec<u8> {
    let header = ["system", "instance", "edges", "receiver", "sender", "coupled", "weight"];
    let rows = instances(found).flat_map(|(system, at, instance)| {
        instance.graphs.iter().flat_map(move |graph| {
            graph.weights.iter().enumerate().map(move |(k, &weight)| {
                vec![
                    system.system.to_owned(),
                    at.to_string(),
                    graph.source.to_owned(),
                    (k / system.n_nodes + 1).to_string(),
                    (k % system.n_nodes + 1).to_string(),
                    u8::from(instance.truth[k]).to_string(),
                    field(Some(weight)),
                ]
            })
        })
    });
    csv_bytes(&header.map(str::to_owned), rows)
}

/// Every instance with its kind and its number, from 1.
fn instances(
    found: &KnownTruth,
) -> impl Iterator<Item = (&SystemResult, usize, &nervering_study::known_truth::InstanceResult)> {
    found.systems.iter().flat_map(|system| {
        system.instances.iter().enumerate().map(move |(k, instance)| (system, k + 1, instance))
    })
}
