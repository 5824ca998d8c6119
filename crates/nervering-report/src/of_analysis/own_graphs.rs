//! Simulations with a graph of their own each: how well it is read out of their motion.

use super::over_animals::deviation;
use super::{count, counted, number, table, words};
use crate::cells::{Cell, TableData};
use crate::table::{csv_bytes, number as field};
use nervering_study::known_truth::{KnownTruth, LINEAR, ReadGraphs};

/// How well graphs of simulations are read that have one each.
pub(super) fn said(found: &KnownTruth) -> Vec<String> {
    let of_system = |system: &str| -> Option<String> {
        let rows = || found.own_graphs.iter().filter(|read| read.system == system);
        let of_source = |read: &ReadGraphs| {
            let auroc = read.auroc.map_or("none".to_owned(), |auroc| format!("{auroc:.3}"));
            let right = read.right.map_or_else(String::new, |right| {
                format!(" and {:.1} % of pairs on the right side of ½", 100. * right)
            });
            format!("{} with AUROC {auroc}{right}", read.source)
        };
        let sources: Vec<String> = rows().map(of_source).collect();
        let of_all = found.config.own_graphs.n_train;
        (!sources.is_empty()).then(|| {
            format!(
                "{system}, a graph of each simulation, read out of its motion alone: {}; trained on \
                 {} with other graphs.",
                sources.join(", "),
                counted(of_all, "simulation")
            )
        })
    };
    let systems = found.config.own_graphs.systems.iter();
    systems.filter_map(|system| of_system(system.name())).collect()
}

pub(super) fn table_of(found: &KnownTruth) -> TableData {
    let own = &found.config.own_graphs;
    let mut table = table(
        "synthetic-own-graphs",
        "A graph of each simulation: what is read out of its motion against the true one",
        &["system", "edges of", "AUROC", "of one simulation", "right at ½", "simulations"],
    );
    for read in &found.own_graphs {
        let of_one = read.of_one();
        table.rows.push(vec![
            words(read.system),
            words(read.source),
            number(read.auroc, 3),
            match of_one {
                Some(of) => Cell::Spread { mean: of.mean, sd: deviation(of), decimals: 3 },
                None => Cell::Missing,
            },
            number(read.right, 3),
            count(of_one.map_or(0, |of| of.n)),
        ]);
    }
    table.notes.push(format!(
        "Models are trained on {} with a graph of their own each, and read those of others, all of {} \
         frames. AUROC over ordered pairs of different nodes of all simulations, and mean ± SD of that of \
         one. {LINEAR}: as above, fitted to the simulation itself.",
        counted(own.n_train, "simulation"),
        found.config.n_frames
    ));
    table
}

/// The AUROC of every graph.
pub(super) fn by_simulation(found: &KnownTruth) -> Vec<u8> {
    let header = ["system", "edges", "simulation", "auroc"];
    let rows = found.own_graphs.iter().flat_map(|read| {
        read.of_simulations.iter().enumerate().map(move |(k, &auroc)| {
            let (system, source) = (read.system.to_owned(), read.source.to_owned());
            vec![system, source, (k + 1).to_string(), field(auroc)]
        })
    });
    csv_bytes(&header.map(str::to_owned), rows)
}
