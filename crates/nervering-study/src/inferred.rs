//! The edges that a study's graph networks inferred: their mean, against tables of known connections,
//! and whether they are a property of the worm or of the fit. [`inferred_graphs`] gathers them from
//! the results of a study that keeps edges.
//!
//! A graph is the mean over the evaluated animals of the mean over fits, so that every animal counts
//! once. Edges inferred on animals that the fit has never seen are taken, or, where there are none,
//! those on the test frames of the animals trained on. Beside the models stands what they must beat
//! to have found more than that neurons go together: the correlation of traces
//! ([`TRACE_CORRELATION`]).

use crate::aim::Aim;
use crate::comparison::Comparison;
use crate::decode::Decode;
use crate::forecast::{Forecast, ForecastFit};
use crate::plan::Plan;
use crate::result::FitResult;
use crate::run::Results;
use crate::summary::Spread;
use nervering_analysis::{
    AnalysisError, EdgeComparison, EdgeReference, FitEdges, InferredEdges, Stability,
    compare_edges, stability,
};
use nervering_recording::{Connectome, NeuronName, Recording};
use nervering_statistics::seed::generator;
use nervering_statistics::{Role, mean, pearson};

/// The name of the baseline: the size of Pearson's correlation between the traces of two neurons.
pub const TRACE_CORRELATION: &str = "|r| of traces";

/// A table of known connections, and what to compare with it.
#[derive(Debug, Clone)]
pub struct EdgeTable {
    /// Its name, for example `white1986`.
    pub name: String,
    /// The connections.
    pub connectome: Connectome,
    /// Which of them, each by itself.
    pub references: Vec<EdgeReference>,
}

/// What a model infers between the neurons of a variant.
#[derive(Debug, Clone, PartialEq)]
pub struct InferredGraph {
    /// The variant of the study.
    pub variant: String,
    /// The model, or [`TRACE_CORRELATION`].
    pub model: String,
    /// Training animals per fit; `None` for what is not trained.
    pub n_trained: Option<usize>,
    /// Fits behind it.
    pub n_fits: usize,
    /// Frames that the edges were inferred on; `None` for what is not trained.
    pub role: Option<Role>,
    /// The neurons.
    pub neurons: Vec<NeuronName>,
    /// The mean graph, row-major `[receiver, sender]`.
    pub mean: Vec<f64>,
    /// The graph of each evaluated animal, mean over fits.
    pub by_animal: Vec<(String, Vec<f64>)>,
    /// The mean graph against each table and reference.
    pub against: Vec<Against>,
    /// How alike the graphs of single fits are.
    pub stability: Vec<Stability>,
}

/// A graph against one reference of one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Against {
    /// Name of the table.
    pub table: String,
    /// The mean graph.
    pub comparison: EdgeComparison,
    /// AUROC of the animals' own graphs; `None` where it does not exist.
    pub auroc: Option<Spread>,
}

/// A fit as its graphs are gathered.
#[derive(Debug, Clone, Copy)]
pub struct FitOf<'a> {
    /// Its variant.
    pub variant: &'a str,
    /// Its model.
    pub model: &'a str,
    /// The animals trained on.
    pub trained_on: &'a [String],
    /// The fold left out.
    pub fold: usize,
    /// Which initial weights.
    pub initialisation: usize,
}

/// A graph that a fit inferred: on which frames of which animal, and its weights, row-major `[receiver, sender]`.
pub type Graph<'a> = (Role, &'a str, &'a [f32]);

/// A study whose fits may infer graphs.
pub trait InfersEdges: Aim {
    /// What a fit is of.
    fn of_fit(fit: &Self::Fit) -> FitOf<'_>;

    /// What it inferred; nothing where no graphs are kept.
    fn graphs<'a>(fit: &'a Self::Fit, variant: &Comparison<Self>) -> Vec<Graph<'a>>;
}

impl InfersEdges for Decode {
    fn of_fit(fit: &Self::Fit) -> FitOf<'_> {
        let FitResult { variant, model, trained_on, fold, initialisation, .. } = fit;
        FitOf { variant, model, trained_on, fold: *fold, initialisation: *initialisation }
    }

    /// Of several statistics by the first.
    fn graphs<'a>(fit: &'a Self::Fit, variant: &Comparison<Self>) -> Vec<Graph<'a>> {
        let first = variant.statistics.first().copied();
        let by_first = fit.evaluations.iter().filter(|e| e.statistics == first);
        by_first.filter_map(|e| Some((e.role, e.animal.as_str(), e.edges.as_deref()?))).collect()
    }
}

impl InfersEdges for Forecast {
    fn of_fit(fit: &Self::Fit) -> FitOf<'_> {
        let ForecastFit { variant, model, trained_on, initialisation, .. } = fit;
        FitOf { variant, model, trained_on, fold: 0, initialisation: *initialisation }
    }

    fn graphs<'a>(fit: &'a Self::Fit, _: &Comparison<Self>) -> Vec<Graph<'a>> {
        let all = fit.evaluations.iter();
        all.filter_map(|e| Some((e.role, e.animal.as_str(), e.edges.as_deref()?))).collect()
    }
}

/// Gathers the graphs of every variant, model and number of training animals, after the baseline of
/// the variant. `recordings` are those of the plan.
///
/// # Errors
/// [`AnalysisError::Edges`] for edges that are not one finite number per pair of neurons, as a
/// network that has diverged leaves them.
pub fn inferred_graphs<A: InfersEdges>(
    plan: &Plan<A>,
    results: &Results<A>,
    recordings: &[Recording],
    tables: &[EdgeTable],
    n_nulls: usize,
) -> Result<Vec<InferredGraph>, AnalysisError> {
    let mut graphs = Vec::new();
    for (place, variant) in results.config.variants.iter().enumerate() {
        let neurons = plan.neurons(place);
        let mut of_variant = Vec::new();
        for model in &variant.models {
            let model = model.to_string();
            for &size in &plan.config().training_sizes {
                let of_group = |fit: &&A::Fit| {
                    let of = A::of_fit(fit);
                    (of.variant, of.model, of.trained_on.len())
                        == (variant.name.as_str(), model.as_str(), size)
                };
                let fits: Vec<&A::Fit> = results.fits.iter().filter(of_group).collect();
                of_variant.extend(of_fits(variant, &model, size, &fits, neurons)?);
            }
        }
        if !of_variant.is_empty() {
            graphs.push(of_traces(&variant.name, recordings, neurons));
            graphs.extend(of_variant);
        }
    }
    for graph in &mut graphs {
        graph.against = against(graph, tables, n_nulls, plan.config().seed)?;
    }
    Ok(graphs)
}

/// The graph of fits of one model on one number of animals; `None` for a model that infers no edges.
fn of_fits<A: InfersEdges>(
    variant: &Comparison<A>,
    model: &str,
    n_trained: usize,
    fits: &[&A::Fit],
    neurons: &[NeuronName],
) -> Result<Option<InferredGraph>, AnalysisError> {
    let of_role = |role: Role| {
        let of_fit = |fit: &&A::Fit| {
            let of = A::of_fit(fit);
            let graphs = A::graphs(fit, variant).into_iter().filter(|(of, ..)| *of == role);
            let edges = graphs.map(|(_, recording, weights)| FitEdges {
                trained_on: of.trained_on.to_vec(),
                fold: of.fold,
                initialisation: of.initialisation,
                recording: recording.to_owned(),
                weights: weights.iter().map(|&weight| f64::from(weight)).collect(),
            });
            edges.collect::<Vec<_>>()
        };
        (role, fits.iter().flat_map(of_fit).collect::<Vec<FitEdges>>())
    };
    let roles = [Role::UnseenAnimal, Role::SameAnimal].map(of_role);
    let Some((role, edges)) = roles.into_iter().find(|(_, edges)| !edges.is_empty()) else {
        return Ok(None);
    };
    let stability = stability(&edges, neurons.len())?;
    let mut animals: Vec<&String> = Vec::new();
    for edges in &edges {
        if !animals.contains(&&edges.recording) {
            animals.push(&edges.recording);
        }
    }
    let of_animal = |animal: &&String| {
        let of_animal = edges.iter().filter(|edges| edges.recording == **animal);
        ((*animal).clone(), mean_of(&of_animal.map(|e| e.weights.as_slice()).collect::<Vec<_>>()))
    };
    let by_animal: Vec<(String, Vec<f64>)> = animals.iter().map(of_animal).collect();
    Ok(Some(InferredGraph {
        variant: variant.name.clone(),
        model: model.to_owned(),
        n_trained: Some(n_trained),
        n_fits: fits.len(),
        role: Some(role),
        neurons: neurons.to_vec(),
        mean: mean_of(&by_animal.iter().map(|(_, w)| w.as_slice()).collect::<Vec<_>>()),
        by_animal,
        against: Vec::new(),
        stability,
    }))
}

/// The baseline, over the recordings that have all neurons at every frame.
fn of_traces(variant: &str, recordings: &[Recording], neurons: &[NeuronName]) -> InferredGraph {
    let of_recording = |recording: &Recording| {
        let columns: Option<Vec<usize>> =
            neurons.iter().map(|neuron| recording.column(neuron)).collect();
        let traces: Vec<Vec<f64>> =
            columns?.iter().map(|&k| recording.traces().neuron(k).collect()).collect();
        let pairs = traces.iter().flat_map(|a| traces.iter().map(move |b| (a, b)));
        let sizes: Option<Vec<f64>> =
            pairs.map(|(a, b)| pearson(a, b).map(f64::abs).filter(|r| r.is_finite())).collect();
        Some((recording.animal().to_owned(), sizes?))
    };
    let by_animal: Vec<(String, Vec<f64>)> = recordings.iter().filter_map(of_recording).collect();
    InferredGraph {
        variant: variant.to_owned(),
        model: TRACE_CORRELATION.to_owned(),
        n_trained: None,
        n_fits: 0,
        role: None,
        neurons: neurons.to_vec(),
        mean: match &by_animal[..] {
            [] => vec![0.; neurons.len() * neurons.len()],
            of_animals => {
                mean_of(&of_animals.iter().map(|(_, w)| w.as_slice()).collect::<Vec<_>>())
            }
        },
        by_animal,
        against: Vec::new(),
        stability: Vec::new(),
    }
}

/// The mean of at least one list of weights, entry by entry.
fn mean_of(weights: &[&[f64]]) -> Vec<f64> {
    let entry = |k: usize| mean(&weights.iter().map(|weights| weights[k]).collect::<Vec<_>>());
    (0..weights[0].len()).map(entry).collect()
}

fn against(
    graph: &InferredGraph,
    tables: &[EdgeTable],
    n_nulls: usize,
    seed: u64,
) -> Result<Vec<Against>, AnalysisError> {
    let mut found = Vec::new();
    for table in tables {
        for &reference in &table.references {
            let size = graph.n_trained.map_or_else(String::new, |n| n.to_string());
            let parts =
                ["edges", &graph.variant, &graph.model, &size, &table.name, reference.as_str()];
            let compare = |weights: &[f64], n_nulls: usize, of: &[&str]| {
                let mut rng = generator(seed, &[&parts[..], of].concat());
                let inferred = InferredEdges { neurons: &graph.neurons, weights };
                compare_edges(&inferred, &table.connectome, reference, n_nulls, &mut rng)
            };
            let comparison = compare(&graph.mean, n_nulls, &["mean"])?;
            let mut auroc_by_animal = Vec::new();
            for (animal, weights) in &graph.by_animal {
                // Only what was observed is used of it, so one rewired graph will do.
                let of_animal = compare(weights, 1, &["animal", animal])?;
                auroc_by_animal.extend(of_animal.auroc.map(|auroc| auroc.observed));
            }
            let auroc = Spread::of(&auroc_by_animal);
            found.push(Against { table: table.name.clone(), comparison, auroc });
        }
    }
    Ok(found)
}
