//! Inferred edges against known connections, as a part of the report of a study that keeps edges.

use super::{AddedReport, number, table, words};
use crate::cells::{Cell, TableData, p_text};
use crate::edge_list::EdgeList;
use crate::figure::{About, FigureData, graph};
use crate::table::{csv_bytes, number as field};
use nervering_analysis::{Agreement, EdgeReference, FitFactor};
use nervering_recording::ConnectionKind;
use nervering_statistics::Role;
use nervering_study::{EdgeTable, InferredGraph, TRACE_CORRELATION};

/// The report of a study's graphs. `tables` are those that they were compared with.
pub fn edges(graphs: &[InferredGraph], tables: &[EdgeTable]) -> AddedReport {
    let several = graphs.iter().any(|graph| graph.variant != graphs[0].variant);
    let name = |graph: &InferredGraph| match several {
        true => format!("{} ({})", graph.model, graph.variant),
        false => graph.model.clone(),
    };
    let mut files = vec![("tables/edge-comparisons.csv".to_owned(), comparisons(graphs))];
    let inferred = || graphs.iter().filter(|graph| graph.n_trained.is_some());
    for graph in inferred() {
        let weights: Vec<f32> = graph.mean.iter().map(|&weight| weight as f32).collect();
        let (model, path) = (name(graph), format!("graphs/{}", file(graph)));
        let animal = "mean over fits and animals";
        let list = EdgeList { animal, model: &model, neurons: &graph.neurons, weights: &weights };
        files.push((format!("{path}.csv"), list.csv()));
        files.push((format!("{path}.graphml"), list.graphml().into_bytes()));
    }
    let figures = inferred().flat_map(|graph| {
        let null = graphs.iter().find(|other| {
            other.model == TRACE_CORRELATION
                && other.variant == graph.variant
                && other.neurons == graph.neurons
        });
        let data = drawn(graph, null, tables);
        let is_flat = is_flat(&data.inferred);
        let network = graph::Data {
            about: About { name: format!("{}-network", data.about.name), ..data.about.clone() },
            ..data.clone()
        };
        let matrix = graph::Data {
            about: About { name: format!("{}-matrix", data.about.name), ..data.about.clone() },
            ..data
        };
        // Out of weights that hardly differ a network could only be drawn by their noise.
        let network = (!is_flat).then_some(FigureData::GraphNetwork(network));
        std::iter::once(FigureData::GraphMatrix(matrix)).chain(network)
    });
    AddedReport {
        tables: vec![agreement(graphs, &name), stability(graphs, &name)],
        figures: figures.collect(),
        files,
        found: graphs.iter().filter_map(|graph| said(graph, graphs, &name(graph))).collect(),
        distrust: distrust(graphs, tables).into_iter().chain(flat(graphs, &name)).collect(),
    }
}

/// `gnn-1-edges`; variants and models come from a fixed list or a study file.
fn file(graph: &InferredGraph) -> String {
    let size = graph.n_trained.map_or_else(String::new, |n| format!("-trained-{n}"));
    crate::figure::file_name(&format!("{}-{}{size}", graph.variant, graph.model))
}

/// Short names that fit a table.
fn reference(reference: EdgeReference) -> &'static str {
    match reference {
        EdgeReference::Both => "both",
        reference => reference.as_str(),
    }
}

fn size(graph: &InferredGraph) -> Cell {
    match graph.n_trained {
        Some(n) => super::count(n),
        None => Cell::Missing,
    }
}

fn agreement(graphs: &[InferredGraph], name: &dyn Fn(&InferredGraph) -> String) -> TableData {
    let mut table = table(
        "edge-agreement",
        "Mean inferred edges against known connections",
        &[
            "edges of",
            "trained",
            "known connections",
            "joined pairs",
            "r",
            "p",
            "AUROC",
            "rewired",
            "p",
            "AUROC per animal",
        ],
    );
    for graph in graphs {
        for against in &graph.against {
            let found = &against.comparison;
            let observed = |of: Option<Agreement>| number(of.map(|a| a.observed), 2);
            let p = |of: Option<Agreement>| of.map_or(Cell::Missing, |a| Cell::P(a.p_greater));
            table.rows.push(vec![
                words(&name(graph)),
                size(graph),
                words(&format!("{} {}", against.table, reference(found.reference))),
                words(&format!("{}/{}", found.n_connected, found.n_pairs)),
                observed(found.pearson),
                p(found.pearson),
                observed(found.auroc),
                match found.auroc {
                    Some(a) => Cell::Spread { mean: a.null_mean, sd: Some(a.null_sd), decimals: 2 },
                    None => Cell::Missing,
                },
                p(found.auroc),
                match against.auroc {
                    Some(spread) => Cell::Spread {
                        mean: spread.mean,
                        sd: (spread.n > 1).then_some(spread.sd),
                        decimals: 2,
                    },
                    None => Cell::Missing,
                },
            ]);
        }
    }
    let n_nulls = graphs.iter().flat_map(|graph| &graph.against);
    let n_nulls = n_nulls.filter_map(|a| a.comparison.auroc).map(|a| a.n_nulls).max().unwrap_or(0);
    table.notes.push(format!(
        "Over ordered pairs of different neurons: Pearson's r with the known weights, and AUROC of \
         joined pairs. Rewired: mean ± SD of {n_nulls} graphs in which every neuron keeps its number \
         of connections; p: share of these and the inferred one that agree at least as well, one-sided; an AUROC below one half is \
         disagreement, whatever its p. Per animal: mean ± \
         SD over the animals' own graphs."
    ));
    table
}

fn stability(graphs: &[InferredGraph], name: &dyn Fn(&InferredGraph) -> String) -> TableData {
    let title = "How alike the edges of two fits are that differ in one thing";
    let columns = ["edges of", "trained", "the two fits have", "r, mean ± SD", "pairs", "constant"];
    let mut table = table("edge-stability", title, &columns);
    for graph in graphs.iter().filter(|graph| graph.n_trained.is_some()) {
        for found in graph.stability.iter().filter(|found| found.n_pairs > 0) {
            table.rows.push(vec![
                words(&name(graph)),
                size(graph),
                words(&format!("other {}", changed(found.factor))),
                match found.mean {
                    Some(mean) => Cell::Spread { mean, sd: found.sd, decimals: 2 },
                    None => Cell::Missing,
                },
                super::count(found.n_pairs),
                super::count(found.n_constant),
            ]);
        }
    }
    table.notes.push(
        "Pearson's r between the edges, those from a neuron to itself left out. Constant: pairs without \
         an r, since all edges of one are equal; they are in no mean. Pairs share fits, so that the SD \
         is no standard error."
            .to_owned(),
    );
    table
}

fn changed(factor: FitFactor) -> &'static str {
    match factor {
        FitFactor::Animals => "training animals and recording",
        factor => factor.as_str(),
    }
}

fn said(graph: &InferredGraph, all: &[InferredGraph], name: &str) -> Option<String> {
    let with_auroc = graph.against.iter().filter_map(|a| Some((a, a.comparison.auroc?)));
    let measured: Vec<_> = with_auroc.collect();
    let n_references = measured.len();
    // Below one half joined pairs have the smaller weights, however far below rewired graphs are.
    let (agree, disagree): (Vec<_>, Vec<_>) =
        measured.into_iter().partition(|(_, auroc)| auroc.observed > 0.5);
    let n_met = agree.iter().filter(|(_, auroc)| auroc.p_greater <= 0.05).count();
    let observed = |graph: &InferredGraph| -> Vec<Option<f64>> {
        graph.against.iter().map(|a| a.comparison.auroc.map(|auroc| auroc.observed)).collect()
    };
    let is_baseline =
        |other: &&InferredGraph| other.model == TRACE_CORRELATION && other.variant == graph.variant;
    let baseline = all.iter().find(is_baseline).filter(|_| graph.model != TRACE_CORRELATION);
    let beyond = baseline.map_or_else(String::new, |baseline| {
        let pairs = observed(graph).into_iter().zip(observed(baseline));
        let n_beyond = pairs.filter(|(found, of_traces)| found > of_traces).count();
        format!(" Its AUROC is above that of {TRACE_CORRELATION} in {n_beyond}.")
    });
    let against = match disagree.len() {
        0 => String::new(),
        n => format!(
            " In {n} its AUROC is one half or less: there joined pairs have the smaller weights, which is \
             disagreement even where rewired graphs disagree more."
        ),
    };
    let best = agree.iter().min_by(|a, b| a.1.p_greater.total_cmp(&b.1.p_greater));
    let best = best.map_or_else(String::new, |(against, auroc)| {
        format!(
            "; the smallest p is {}, AUROC {:.2} against {:.2} ({}, {})",
            p_text(auroc.p_greater),
            auroc.observed,
            auroc.null_mean,
            against.table,
            reference(against.comparison.reference)
        )
    });
    (n_references > 0).then(|| {
        format!(
            "{name}: {n_met} of {n_references} references are met, with an AUROC above one half and better \
             than rewired graphs meet them (p ≤ 0.05, not corrected){best}.{against}{beyond}"
        )
    })
}

/// Weights in [0, 1] that differ by less than this are flat.
const FLAT: f32 = 0.05;

/// Whether all weights are about the same.
fn is_flat(weights: &[f32]) -> bool {
    let known = || weights.iter().copied().filter(|weight| weight.is_finite());
    known().fold(f32::NEG_INFINITY, f32::max) - known().fold(f32::INFINITY, f32::min) < FLAT
}

/// Which graphs are flat.
fn flat(graphs: &[InferredGraph], name: &dyn Fn(&InferredGraph) -> String) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for graph in graphs.iter().filter(|graph| graph.n_trained.is_some()) {
        let weights: Vec<f32> = graph.mean.iter().map(|&weight| weight as f32).collect();
        if is_flat(&weights) && !names.contains(&name(graph)) {
            names.push(name(graph));
        }
    }
    (!names.is_empty()).then(|| {
        format!(
            "The mean weights of {} differ by less than {FLAT}: no network is drawn of them.",
            names.join(", ")
        )
    })
}

fn distrust(graphs: &[InferredGraph], tables: &[EdgeTable]) -> Vec<String> {
    let mut said = vec![
        "A pair's weight is what a model hears by; nothing asks it to be a synapse. The first row is the correlation of traces: edges that agree with anatomy no better than it \
         have found that neurons go together."
            .to_owned(),
        "p-values are not corrected for the number of references and models, and the references \
         overlap."
            .to_owned(),
    ];
    said.extend(of_training(graphs));
    if tables.iter().any(|table| table.references.contains(&EdgeReference::Functional)) {
        said.push(
            "The functional atlas lists measured effects only: a pair without an entry may not have \
             been tried. Effects count by their size, since inferred weights have no sign."
                .to_owned(),
        );
    }
    let mut named: Vec<String> = Vec::new();
    for against in graphs.iter().flat_map(|graph| &graph.against) {
        let absent: Vec<&str> =
            against.comparison.absent.iter().map(|neuron| neuron.as_str()).collect();
        if absent.is_empty() {
            continue;
        }
        let kind = reference(against.comparison.reference);
        let text = format!("{}, {kind}: {}", against.table, absent.join(" "));
        if !named.contains(&text) {
            named.push(text);
        }
    }
    if !named.is_empty() {
        said.push(format!(
            "Left out, since a table has no such connection of theirs at all: {}.",
            named.join("; ")
        ));
    }
    said
}

/// Which graphs are those of the animals trained on.
fn of_training(graphs: &[InferredGraph]) -> Option<String> {
    let of_role =
        |role: Role| graphs.iter().filter(move |graph| graph.role == Some(role)).map(|g| &g.model);
    let mut theirs: Vec<&str> = of_role(Role::SameAnimal).map(String::as_str).collect();
    theirs.dedup();
    if theirs.is_empty() {
        None
    } else if of_role(Role::UnseenAnimal).next().is_none() {
        Some(
            "No animal was unseen, so that edges were inferred on the test frames of the animals trained on."
                .to_owned(),
        )
    } else {
        Some(format!(
            "The graphs of {} are those of the animals trained on; the others' were inferred in animals never seen.",
            theirs.join(", ")
        ))
    }
}

/// The mean graph beside the first table with chemical synapses. As many links are drawn as the table
/// has synaptic connections between these neurons.
fn drawn(graph: &InferredGraph, null: Option<&InferredGraph>, tables: &[EdgeTable]) -> graph::Data {
    let n = graph.neurons.len();
    let by_sender = |mean: &[f64]| -> Vec<f32> {
        (0..n * n).map(|k| mean[(k % n) * n + k / n] as f32).collect()
    };
    let inferred = by_sender(&graph.mean);
    let null = null.filter(|null| null.mean.len() == n * n);
    let null = null.map(|null| graph::NullData {
        name: "correlation of traces".to_owned(),
        weights: by_sender(&null.mean),
    });
    let anatomy = tables.iter().find(|table| table.references.contains(&EdgeReference::Chemical));
    let connectome = anatomy.map(|table| {
        let of = |kind| {
            let weights = table.connectome.adjacency(&graph.neurons, &[kind]);
            weights.into_iter().map(|weight| weight as f32).collect()
        };
        graph::ConnectomeData {
            known_from: graph::KnownFrom::Anatomy,
            source: table.name.clone(),
            chemical: of(ConnectionKind::Chemical),
            electrical: of(ConnectionKind::Electrical),
        }
    });
    let others = |k: &usize| k / n != k % n;
    let mut weights: Vec<f32> =
        (0..n * n).filter(others).map(|k| inferred[k]).filter(|w| w.is_finite()).collect();
    weights.sort_by(|a, b| b.total_cmp(a));
    let n_links = connectome.as_ref().map_or(2 * n, |connectome| {
        connectome.chemical.iter().filter(|weight| **weight > 0.).count().max(n)
    });
    let threshold = weights.get(n_links.saturating_sub(1)).or(weights.last()).copied();
    let animals = super::counted(graph.by_animal.len(), "animal");
    let trained = graph.n_trained.map_or_else(String::new, |n| format!(", trained on {n}"));
    graph::Data {
        about: About {
            name: format!("graph-{}", file(graph)),
            title: format!("Edges inferred by {}{trained} ({})", graph.model, graph.variant),
            n: format!("{animals}, {}", super::counted(graph.n_fits, "fit")),
            protocol: String::new(),
            normalisation: "that of the study".to_owned(),
        },
        neurons: graph.neurons.iter().map(ToString::to_string).collect(),
        inferred,
        null,
        model: format!("{}{trained}, mean", graph.model),
        connectome,
        // Two decimals are read more easily; rounded down, so that no link is lost.
        threshold: threshold.map_or(0., |weight| (100. * weight).floor() / 100.),
    }
}

/// Every comparison with everything that is known of it.
fn comparisons(graphs: &[InferredGraph]) -> Vec<u8> {
    let mut header: Vec<String> = [
        "variant",
        "model",
        "n_trained",
        "n_fits",
        "n_animals",
        "table",
        "connections",
        "n_neurons",
        "n_pairs",
        "n_connected",
        "absent",
    ]
    .map(str::to_owned)
    .into();
    for measure in ["pearson", "spearman", "auroc"] {
        let parts = ["", "_null_mean", "_null_sd", "_p_greater", "_p_two_sided"];
        header.extend(parts.map(|part| format!("{measure}{part}")));
    }
    header.extend(["n_nulls", "auroc_animals_mean", "auroc_animals_sd"].map(str::to_owned));
    let rows = graphs.iter().flat_map(|graph| {
        graph.against.iter().map(move |against| {
            let found = &against.comparison;
            let absent: Vec<&str> = found.absent.iter().map(|neuron| neuron.as_str()).collect();
            let mut row = vec![
                graph.variant.clone(),
                graph.model.clone(),
                graph.n_trained.map_or_else(String::new, |n| n.to_string()),
                graph.n_fits.to_string(),
                graph.by_animal.len().to_string(),
                against.table.clone(),
                reference(found.reference).to_owned(),
                found.n_neurons.to_string(),
                found.n_pairs.to_string(),
                found.n_connected.to_string(),
                absent.join(" "),
            ];
            let measures = [found.pearson, found.spearman, found.auroc];
            for measure in measures {
                let of = |value: fn(&Agreement) -> f64| field(measure.as_ref().map(value));
                row.extend([
                    of(|a| a.observed),
                    of(|a| a.null_mean),
                    of(|a| a.null_sd),
                    of(|a| a.p_greater),
                    of(|a| a.p_two_sided),
                ]);
            }
            let n_nulls = measures.iter().flatten().map(|a| a.n_nulls).max().unwrap_or(0);
            row.push(n_nulls.to_string());
            row.push(field(against.auroc.as_ref().map(|spread| spread.mean)));
            row.push(field(against.auroc.as_ref().filter(|s| s.n > 1).map(|s| s.sd)));
            row
        })
    });
    csv_bytes(&header, rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nervering_analysis::EdgeComparison;
    use nervering_study::Against;

    fn against(observed: f64, null_mean: f64, p_greater: f64) -> Against {
        let auroc = Agreement {
            observed,
            null_mean,
            null_sd: 0.02,
            p_greater,
            p_two_sided: 1.,
            n_nulls: 999,
        };
        let comparison = EdgeComparison {
            reference: EdgeReference::Chemical,
            n_neurons: 4,
            absent: Vec::new(),
            n_pairs: 12,
            n_connected: 4,
            pearson: None,
            spearman: None,
            auroc: Some(auroc),
        };
        Against { table: "white1986".into(), comparison, auroc: None }
    }

    #[test]
    fn an_auroc_below_one_half_is_no_agreement_however_bad_rewired_graphs_are() {
        let graph = |against: Vec<Against>| InferredGraph {
            variant: "paper".into(),
            model: "gnn".into(),
            n_trained: Some(4),
            n_fits: 1,
            role: Some(Role::UnseenAnimal),
            neurons: Vec::new(),
            mean: Vec::new(),
            by_animal: Vec::new(),
            against,
            stability: Vec::new(),
        };
        let below = graph(vec![against(0.49, 0.4, 0.001)]);
        let text = said(&below, &[], "gnn").unwrap();
        assert!(text.starts_with("gnn: 0 of 1 references are met"), "{text}");
        assert!(text.contains("disagreement") && !text.contains("smallest p"), "{text}");
        let both = graph(vec![against(0.49, 0.4, 0.001), against(0.7, 0.5, 0.01)]);
        let text = said(&both, &[], "gnn").unwrap();
        assert!(text.starts_with("gnn: 1 of 2 references are met"), "{text}");
        assert!(text.contains("AUROC 0.70 against 0.50") && text.contains("In 1 its"), "{text}");
        assert_eq!(said(&graph(Vec::new()), &[], "gnn"), None);
    }
}
