//! Inferred edges against known connections: do neurons that the model joins strongly have synapses,
//! gap junctions, or a measured effect on each other?
//!
//! All ordered pairs of different neurons count. Agreement is measured as Pearson and Spearman
//! correlation of inferred with known weights (pairs without a connection have weight 0) and as the
//! AUROC with which inferred weights tell connected pairs from others. Each stands against graphs
//! in which every neuron keeps its number of connections: p-values are the share of these that
//! agree at least as well, the graph itself included.

use super::error::AnalysisError;
use super::rewire::{Direction, Graph};
use nervering_recording::{ConnectionKind, Connectome, NeuronName};
use nervering_statistics::{auroc, mean, pearson, spearman};
use rand::Rng;

/// Which connections of a table the edges are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EdgeReference {
    /// Chemical synapses.
    Chemical,
    /// Gap junctions.
    Electrical,
    /// Chemical synapses and gap junctions, summed.
    Both,
    /// Effects of stimulation, by their size: inferred weights have no sign.
    Functional,
}

impl EdgeReference {
    /// Every reference.
    pub const ALL: [Self; 4] = [Self::Chemical, Self::Electrical, Self::Both, Self::Functional];

    /// Name in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chemical => "chemical",
            Self::Electrical => "electrical",
            Self::Both => "chemical and electrical",
            Self::Functional => "functional",
        }
    }

    /// The kinds of connections, each rewired by itself.
    fn layers(self) -> &'static [(ConnectionKind, Direction)] {
        use ConnectionKind::{Chemical, Electrical, Functional};
        use Direction::{Directed, Undirected};
        match self {
            Self::Chemical => &[(Chemical, Directed)],
            Self::Electrical => &[(Electrical, Undirected)],
            Self::Both => &[(Chemical, Directed), (Electrical, Undirected)],
            Self::Functional => &[(Functional, Directed)],
        }
    }
}

/// Edges that a model inferred.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InferredEdges<'a> {
    /// The neurons.
    pub neurons: &'a [NeuronName],
    /// Weights, row-major `[receiver, sender]`: `w[i, j]` says how much i takes from j.
    pub weights: &'a [f64],
}

/// Inferred edges against one table.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgeComparison {
    /// Which connections.
    pub reference: EdgeReference,
    /// Neurons compared.
    pub n_neurons: usize,
    /// Neurons left out, since the table has no such connection of theirs with any neuron at all:
    /// they were not measured, which is something else than not being connected.
    pub absent: Vec<NeuronName>,
    /// Ordered pairs compared.
    pub n_pairs: usize,
    /// Pairs among them that are connected.
    pub n_connected: usize,
    /// Correlation of the weights; `None` when either does not vary.
    pub pearson: Option<Agreement>,
    /// Correlation of their ranks.
    pub spearman: Option<Agreement>,
    /// Probability that a connected pair has the larger inferred weight, ties counting half; `None`
    /// when all pairs are connected or none is.
    pub auroc: Option<Agreement>,
}

/// One measure of agreement, and what it is in rewired graphs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// What was found.
    pub observed: f64,
    /// Its mean in rewired graphs.
    pub null_mean: f64,
    /// Its standard deviation there.
    pub null_sd: f64,
    /// One-sided: (1 + rewired graphs that agree at least as well) / (1 + rewired graphs).
    pub p_greater: f64,
    /// Two-sided: twice the smaller of the two one-sided p-values, at most 1.
    pub p_two_sided: f64,
    /// Rewired graphs.
    pub n_nulls: usize,
}

/// Compares inferred edges with a table of connections and `n_nulls` rewired forms of it.
///
/// # Errors
/// [`AnalysisError`] when the weights are not neurons × neurons finite numbers, or no rewired graph
/// is asked for.
pub fn compare_edges(
    inferred: &InferredEdges<'_>,
    connectome: &Connectome,
    reference: EdgeReference,
    n_nulls: usize,
    rng: &mut impl Rng,
) -> Result<EdgeComparison, AnalysisError> {
    check(inferred.neurons, inferred.weights)?;
    super::error::at_least("number of rewired graphs", n_nulls, 1)?;
    let kinds: Vec<ConnectionKind> = reference.layers().iter().map(|(kind, _)| *kind).collect();
    let is_present = |neuron: &NeuronName| {
        let mut of_kind = connectome.connections().iter().filter(|c| kinds.contains(&c.kind));
        of_kind.any(|c| c.pre == *neuron || c.post == *neuron)
    };
    let (present, absent): (Vec<usize>, Vec<usize>) =
        (0..inferred.neurons.len()).partition(|&k| is_present(&inferred.neurons[k]));
    let neurons: Vec<NeuronName> = present.iter().map(|&k| inferred.neurons[k].clone()).collect();
    let n = neurons.len();

    // From here on everything is [sender, receiver], as the tables are.
    let weight =
        |(a, b): (usize, usize)| inferred.weights[present[b] * inferred.neurons.len() + present[a]];
    let scores: Vec<f64> = pairs(n).map(weight).collect();
    let layers: Vec<Graph> = reference
        .layers()
        .iter()
        .map(|&(kind, direction)| {
            let weights = connectome.adjacency(&neurons, &[kind]);
            let sizes: Vec<f64> = weights.iter().map(|weight| weight.abs()).collect();
            Graph::new(&sizes, n, direction)
        })
        .collect();
    let known = known_weights(&layers, n);
    let observed = measures(&scores, &known);
    let mut nulls = [const { Vec::new() }; 3];
    for _ in 0..n_nulls {
        let rewired: Vec<Graph> = layers.iter().map(|layer| layer.rewired(rng)).collect();
        let found = measures(&scores, &known_weights(&rewired, n));
        for (nulls, (found, observed)) in nulls.iter_mut().zip(found.into_iter().zip(observed)) {
            // Two rewired layers may cover all pairs, where nothing can be measured; counting that
            // as agreement makes the p-value larger, never smaller.
            nulls.extend(found.or(observed));
        }
    }
    let [pearson, spearman, auroc] = [0, 1, 2].map(|k| agreement(observed[k]?, &nulls[k]));
    Ok(EdgeComparison {
        reference,
        n_neurons: n,
        absent: absent.into_iter().map(|k| inferred.neurons[k].clone()).collect(),
        n_pairs: scores.len(),
        n_connected: known.iter().filter(|weight| **weight != 0.).count(),
        pearson,
        spearman,
        auroc,
    })
}

/// Checks that weights are one finite number per ordered pair.
pub(super) fn check(neurons: &[NeuronName], weights: &[f64]) -> Result<(), AnalysisError> {
    let n = neurons.len();
    if weights.len() != n * n {
        return Err(AnalysisError::Edges {
            place: format!("of {n} neurons"),
            found: format!("{} weights", weights.len()),
            expected: format!("{n} × {n}"),
        });
    }
    if let Some(at) = weights.iter().position(|weight| !weight.is_finite()) {
        return Err(AnalysisError::Edges {
            place: format!("from {} to {}", neurons[at % n], neurons[at / n]),
            found: weights[at].to_string(),
            expected: "a finite number".into(),
        });
    }
    Ok(())
}

/// All ordered pairs of different neurons.
fn pairs(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(move |a| (0..n).filter(move |&b| b != a).map(move |b| (a, b)))
}

/// Summed weights of all layers, in the order of [`pairs`].
fn known_weights(layers: &[Graph], n: usize) -> Vec<f64> {
    let layers: Vec<Vec<f64>> = layers.iter().map(Graph::weights).collect();
    pairs(n).map(|(a, b)| layers.iter().map(|weights| weights[a * n + b]).sum()).collect()
}

/// Pearson, Spearman, AUROC.
fn measures(scores: &[f64], known: &[f64]) -> [Option<f64>; 3] {
    let connected: Vec<bool> = known.iter().map(|weight| *weight != 0.).collect();
    [pearson(scores, known), spearman(scores, known), auroc(scores, &connected)]
}

fn agreement(observed: f64, nulls: &[f64]) -> Option<Agreement> {
    // The same graph sums in the same order, but one that is equivalent may not.
    let tolerance = 1e-12;
    let share = |is_as_far: &dyn Fn(f64) -> bool| {
        let n_as_far = nulls.iter().filter(|null| is_as_far(**null)).count();
        (1 + n_as_far) as f64 / (1 + nulls.len()) as f64
    };
    let p_greater = share(&|null| null >= observed - tolerance);
    let p_less = share(&|null| null <= observed + tolerance);
    let null_mean = mean(nulls);
    let squares: f64 = nulls.iter().map(|null| (null - null_mean).powi(2)).sum();
    Some(Agreement {
        observed,
        null_mean,
        null_sd: (squares / (nulls.len() - 1).max(1) as f64).sqrt(),
        p_greater,
        p_two_sided: (2. * p_greater.min(p_less)).min(1.),
        n_nulls: nulls.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::aligned::tests::names;
    use super::*;
    use nervering_recording::Connection;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const NEURONS: [&str; 8] = ["AVAL", "AVAR", "RIML", "RIMR", "AIBL", "AIBR", "VB01", "VB02"];

    fn connectome(kind: ConnectionKind, edges: &[(usize, usize, f64)]) -> Connectome {
        let connection = |&(a, b, weight): &(usize, usize, f64)| Connection {
            pre: NEURONS[a].parse().unwrap(),
            post: NEURONS[b].parse().unwrap(),
            kind,
            weight,
        };
        Connectome::new(edges.iter().map(connection).collect()).unwrap()
    }

    fn random_edges(rng: &mut ChaCha8Rng) -> Vec<(usize, usize, f64)> {
        let edges = pairs(8).filter(|_| rng.random_bool(0.35)).collect::<Vec<_>>();
        edges.into_iter().map(|(a, b)| (a, b, f64::from(rng.random_range(1..9u8)))).collect()
    }

    #[test]
    fn edges_that_are_the_connectome_agree_with_it_and_their_transpose_does_not() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let edges = random_edges(&mut rng);
        let table = connectome(ConnectionKind::Chemical, &edges);
        let neurons = names(&NEURONS);
        let by_sender = table.adjacency(&neurons, &[ConnectionKind::Chemical]);
        let by_receiver: Vec<f64> = (0..64).map(|at| by_sender[at % 8 * 8 + at / 8]).collect();
        let mut compare = |weights: &[f64]| {
            let inferred = InferredEdges { neurons: &neurons, weights };
            compare_edges(&inferred, &table, EdgeReference::Chemical, 199, &mut rng).unwrap()
        };
        let right = compare(&by_receiver);
        assert_eq!((right.n_pairs, right.n_connected), (56, edges.len()));
        for found in [right.pearson, right.spearman, right.auroc].map(Option::unwrap) {
            assert!((found.observed - 1.).abs() < 1e-12);
            assert_eq!((found.p_greater, found.p_two_sided), (1. / 200., 2. / 200.));
            assert!(found.null_mean < 0.8 && found.null_sd > 0.);
        }
        assert!(compare(&by_sender).pearson.unwrap().observed < 0.9);
    }

    #[test]
    fn random_edges_have_uniform_p_values() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let neurons = names(&NEURONS);
        let mut p_values = Vec::new();
        for _ in 0..150 {
            let table = connectome(ConnectionKind::Chemical, &random_edges(&mut rng));
            let weights: Vec<f64> = (0..64).map(|_| rng.random()).collect();
            let inferred = InferredEdges { neurons: &neurons, weights: &weights };
            let found =
                compare_edges(&inferred, &table, EdgeReference::Chemical, 39, &mut rng).unwrap();
            p_values.push(found.auroc.unwrap().p_greater);
        }
        for level in [0.1, 0.25, 0.5, 0.75] {
            let share = p_values.iter().filter(|p| **p <= level).count() as f64 / 150.;
            let sd = (level * (1. - level) / 150f64).sqrt();
            assert!((share - level).abs() < 3.5 * sd, "{share} of p-values at most {level}");
        }
    }

    #[test]
    fn hubs_alone_are_no_agreement() {
        // AVAL and AVAR send to all others, and the model weighs their outputs most, whoever
        // receives: the AUROC is 1, and so it is in every rewired graph.
        let edges: Vec<_> = pairs(8).filter(|(a, _)| *a < 2).map(|(a, b)| (a, b, 1.)).collect();
        let table = connectome(ConnectionKind::Chemical, &edges);
        let neurons = names(&NEURONS);
        let weights: Vec<f64> = (0..64).map(|at| if at % 8 < 2 { 1. } else { 0. }).collect();
        let inferred = InferredEdges { neurons: &neurons, weights: &weights };
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let found =
            compare_edges(&inferred, &table, EdgeReference::Chemical, 99, &mut rng).unwrap();
        let auroc = found.auroc.unwrap();
        assert_eq!((auroc.observed, auroc.null_mean, auroc.p_greater), (1., 1., 1.));
    }

    #[test]
    fn neurons_outside_the_table_are_left_out_and_named() {
        let both_ways = [(0, 1, 2.), (1, 0, 2.), (1, 2, 1.), (2, 1, 1.)];
        let table = connectome(ConnectionKind::Electrical, &both_ways);
        let neurons = names(&["RID", "RIML", "AVAR", "AVAL"]);
        let weights: Vec<f64> = (0..16).map(f64::from).collect();
        let inferred = InferredEdges { neurons: &neurons, weights: &weights };
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let mut compare =
            |reference| compare_edges(&inferred, &table, reference, 9, &mut rng).unwrap();
        let found = compare(EdgeReference::Electrical);
        assert_eq!(found.absent, names(&["RID"]));
        assert_eq!((found.n_neurons, found.n_pairs, found.n_connected), (3, 6, 4));
        assert!(compare(EdgeReference::Both).pearson.is_some());
        let none = compare(EdgeReference::Functional);
        assert_eq!((none.n_pairs, none.auroc, none.absent.len()), (0, None, 4));
    }

    #[test]
    fn weights_that_are_no_matrix_of_numbers_are_refused() {
        let table = connectome(ConnectionKind::Chemical, &[(0, 1, 1.)]);
        let neurons = names(&["AVAL", "AVAR"]);
        let error = |weights: &[f64], n_nulls| {
            let inferred = InferredEdges { neurons: &neurons, weights };
            let mut rng = ChaCha8Rng::seed_from_u64(5);
            let reference = EdgeReference::Chemical;
            compare_edges(&inferred, &table, reference, n_nulls, &mut rng).unwrap_err().to_string()
        };
        assert!(error(&[1.; 3], 9).contains("found 3 weights, expected 2 × 2"));
        assert!(error(&[1., 1., f64::NAN, 1.], 9).contains("from AVAL to AVAR: found NaN"));
        assert!(error(&[1.; 4], 0).contains("number of rewired graphs: found 0"));
    }
}
