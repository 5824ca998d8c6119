//! The built-in studies: the paper's experiments, the questions that a referee would ask of them,
//! and the demo.
//!
//! Every one is a [`StudyConfig`] under the paper's protocol, which [`StudyConfig::under`] brings under
//! another. A study that needs no training (`pca`, `variability`) is an analysis, not a study.

use crate::comparison::{Comparison, Preset};
use crate::config::{StudyConfig, told_apart};
use crate::decode::{Decode, KeepEdges};
use crate::reading::ReadingEntry;
use nervering_fit::{Normalisation, Protocol, Structure};
use nervering_models::ModelName;
use nervering_prepare::DerivativeSource;
use nervering_recording::{NeuronName, NeuronSet, StateCoding};
use nervering_statistics::BatchStatistics;
use nervering_statistics::seed::generator;
use rand::seq::IndexedRandom;

/// Neurons from which the states of the Kato recordings were derived (FACTS: circularity).
pub const LABEL_NEURONS: [&str; 8] =
    ["AVAL", "AVAR", "RIBL", "RIBR", "SMDDL", "SMDDR", "SMDVL", "SMDVR"];

/// Folds run of those that are cut, and epochs.
fn size(preset: Preset) -> (usize, usize) {
    match preset {
        Preset::Smoke => (1, 5),
        Preset::Quick => (2, 200),
        Preset::Full => (10, 800),
    }
}

fn study(
    name: &str,
    title: &str,
    preset: Preset,
    seed: u64,
    variants: Vec<Comparison<Decode>>,
) -> StudyConfig<Decode> {
    let (folds, epochs) = size(preset);
    StudyConfig {
        name: name.to_owned(),
        title: title.to_owned(),
        variants,
        training_sizes: vec![1],
        max_subsets: None,
        epochs,
        seed,
        reading: ReadingEntry::default(),
        aim: Decode::default(),
    }
    .with_variants(|variant| variant.folds_run = folds.min(variant.preparation.n_folds))
}

fn paper(models: &[ModelName], neurons: NeuronSet, coding: StateCoding) -> Comparison<Decode> {
    let mut comparison = Comparison::new(Protocol::Paper, models, neurons);
    comparison.preparation.coding = coding;
    comparison
}

/// The two models that the paper follows through its experiments, with the baselines.
const MAIN_MODELS: &[ModelName] =
    &[ModelName::Majority, ModelName::Logistic, ModelName::Mlp, ModelName::Gnn];

/// The demo: forward against reverse crawling of simulated animals, trained on one of them and on
/// several.
pub fn demo(preset: Preset, seed: u64) -> StudyConfig<Decode> {
    let (training_sizes, folds, epochs, max_subsets) = match preset {
        Preset::Smoke => (vec![1, 2], 1, 5, Some(2)),
        Preset::Quick => (vec![1, 3], 1, 150, Some(3)),
        Preset::Full => (vec![1, 2, 3, 4], 10, 800, None),
    };
    let title = "Forward against reverse crawling of simulated animals";
    let variant = paper(&ModelName::TABLE1, NeuronSet::Paper15, StateCoding::Two);
    let study = study("demo", title, preset, seed, vec![variant]);
    StudyConfig { training_sizes, epochs, max_subsets, ..study }
        .with_variants(|variant| variant.folds_run = folds)
}

/// Table 1: forward against reverse crawling, trained on one animal.
pub fn table1(preset: Preset, seed: u64) -> StudyConfig<Decode> {
    let title = format!("Table 1: {}", told_apart(&StateCoding::Two));
    let variant = paper(&ModelName::TABLE1, NeuronSet::Paper15, StateCoding::Two);
    study("table1", &title, preset, seed, vec![variant])
}

/// Figure 4A, left: seven states, on the test folds of the animals trained on.
pub fn fig4a_left(preset: Preset, seed: u64) -> StudyConfig<Decode> {
    let told = told_apart(&StateCoding::Seven);
    let title = format!("Figure 4A, left: {told} in the worms trained on");
    let variant = paper(MAIN_MODELS, NeuronSet::Paper15, StateCoding::Seven);
    let study = study("fig4a-left", &title, preset, seed, vec![variant]);
    StudyConfig { training_sizes: sizes(preset), ..study }
}

/// Figure 4A, right: four states and three neurons, on unseen animals, against the number of
/// animals trained on.
pub fn fig4a_right(preset: Preset, seed: u64) -> StudyConfig<Decode> {
    let told = told_apart(&StateCoding::Four);
    let title =
        format!("Figure 4A, right: {told} in worms never seen, against the number trained on");
    let models = [MAIN_MODELS, &[ModelName::Svm]].concat();
    let variant = paper(&models, NeuronSet::Paper3, StateCoding::Four);
    let study = study("fig4a-right", &title, preset, seed, vec![variant]);
    StudyConfig { training_sizes: sizes(preset), ..study }
}

fn sizes(preset: Preset) -> Vec<usize> {
    match preset {
        Preset::Smoke => vec![1],
        Preset::Quick => vec![1, 4],
        Preset::Full => vec![1, 2, 3, 4, 5],
    }
}

/// Figure 4B: confusion of four states on every evaluated set, trained on as many animals as leave
/// one unseen.
pub fn fig4b(preset: Preset, seed: u64, n_animals: usize) -> StudyConfig<Decode> {
    let told = told_apart(&StateCoding::Four);
    let title = format!("Figure 4B: confusion of {told} in worms never seen");
    let variant = paper(MAIN_MODELS, NeuronSet::Paper3, StateCoding::Four);
    let study = study("fig4b", &title, preset, seed, vec![variant]);
    StudyConfig { training_sizes: vec![n_animals.saturating_sub(1).max(1)], ..study }
}

/// Whether decoding rests on the AVA neurons: `neurons` are all that the animals share of the
/// paper's fifteen.
pub fn no_ava(preset: Preset, seed: u64, neurons: &[NeuronName]) -> StudyConfig<Decode> {
    let title = "Without the AVA neurons";
    without("no-ava", title, &["AVAL", "AVAR"], preset, seed, neurons)
}

/// Whether decoding rests on the neurons that the labels were made from.
pub fn no_label_neurons(preset: Preset, seed: u64, neurons: &[NeuronName]) -> StudyConfig<Decode> {
    let title = "Without the neurons that the state labels were derived from";
    without("no-label-neurons", title, &LABEL_NEURONS, preset, seed, neurons)
}

fn without(
    name: &str,
    title: &str,
    dropped: &[&str],
    preset: Preset,
    seed: u64,
    neurons: &[NeuronName],
) -> StudyConfig<Decode> {
    let kept: Vec<NeuronName> =
        neurons.iter().filter(|name| !dropped.contains(&name.as_str())).cloned().collect();
    let variant = |name: &str, neurons: Vec<NeuronName>| Comparison {
        name: format!("{name}-paper"),
        ..paper(&ModelName::TABLE1, NeuronSet::Names(neurons), StateCoding::Four)
    };
    let variants = vec![variant("all", neurons.to_vec()), variant("without", kept)];
    study(name, title, preset, seed, variants)
}

/// Numbers of neurons kept, of those there are, and draws of each.
const KEPT: [usize; 6] = [2, 3, 5, 8, 11, 14];
const DRAWS: usize = 3;

/// Accuracy against the number of neurons kept, each number drawn at random several times, and of each
/// neuron alone.
pub fn neurons(preset: Preset, seed: u64, neurons: &[NeuronName]) -> StudyConfig<Decode> {
    let title = "How many neurons, and which one alone";
    let models = [ModelName::Majority, ModelName::Logistic, ModelName::Mlp];
    let variant = |name: String, neurons: Vec<NeuronName>| Comparison {
        name: format!("{name}-paper"),
        ..paper(&models, NeuronSet::Names(neurons), StateCoding::Four)
    };
    let mut variants = vec![variant("all".to_owned(), neurons.to_vec())];
    for n in KEPT.into_iter().filter(|&n| n < neurons.len()) {
        for draw in 1..=DRAWS {
            let mut rng = generator(seed, &["neurons", &n.to_string(), &draw.to_string()]);
            let mut kept: Vec<NeuronName> = neurons.sample(&mut rng, n).cloned().collect();
            kept.sort();
            variants.push(variant(format!("{n}-of-{}-draw-{draw}", neurons.len()), kept));
        }
    }
    variants.extend(neurons.iter().map(|neuron| {
        variant(format!("only-{}", neuron.as_str().to_lowercase()), vec![neuron.clone()])
    }));
    study("neurons", title, preset, seed, variants)
}

/// Every evaluation statistic of every network of Table 1: how much of a network's generalisation
/// is adaptation to the evaluated animal.
pub fn statistics(preset: Preset, seed: u64) -> StudyConfig<Decode> {
    let title = "Batch statistics of the evaluated animal, of the training animals, and running";
    let variant = Comparison {
        statistics: BatchStatistics::ALL.to_vec(),
        ..paper(
            &[ModelName::MlpText, ModelName::Mlp, ModelName::GnnText, ModelName::Gnn],
            NeuronSet::Paper15,
            StateCoding::Four,
        )
    };
    study("statistics", title, preset, seed, vec![variant])
}

/// Whether the graph networks owe their advantage to batch norm, to their number of parameters, or to
/// their edges: MLPs with as much of the first two, and networks whose edges are given, uniform,
/// random, shuffled, or lead from each neuron to itself alone.
pub fn controls(preset: Preset, seed: u64) -> StudyConfig<Decode> {
    let title = "Controls: batch norm, parameters, edges";
    let models = [
        ModelName::Majority,
        ModelName::Logistic,
        ModelName::Mlp,
        ModelName::MlpNorm,
        ModelName::MlpWide,
        ModelName::Gnn,
        ModelName::GnnConnectome,
        ModelName::GnnShuffled,
        ModelName::GnnRandom,
        ModelName::GnnUniform,
        ModelName::GnnSelf,
    ];
    let variant = paper(&models, NeuronSet::Paper15, StateCoding::Four);
    study("controls", title, preset, seed, vec![variant])
}

/// One-hot edges: a scale inside the softmax, which the paper found not to generalise.
pub fn one_hot(preset: Preset, seed: u64) -> StudyConfig<Decode> {
    let title = "One-hot encoding of edges";
    let models = [ModelName::Majority, ModelName::Logistic, ModelName::Gnn, ModelName::GnnOnehot];
    let variant = paper(&models, NeuronSet::Paper15, StateCoding::Two);
    study("one-hot", title, preset, seed, vec![variant])
}

/// Decoding from frames in order, in animals never seen: whole recordings at once, or as they come, with
/// an answer at once and up to two seconds later; and states chosen together. Trained on all animals but
/// one.
pub fn temporal(preset: Preset, seed: u64, n_animals: usize) -> StudyConfig<Decode> {
    use ModelName::{
        Logistic, Majority, Svm, SvmContext, Tcn, TcnCausal, TcnDelay1s, TcnDelay2s, TcnDelay350ms,
    };
    let variant = |name: &str, models: &[ModelName], coding: &StateCoding| {
        let mut comparison = Comparison::new(Protocol::Animals, models, NeuronSet::Paper15);
        comparison.name = format!("{name}-{}", coding.n_classes());
        comparison.preparation.coding = coding.clone();
        comparison
    };
    let mut variants = Vec::new();
    for coding in [StateCoding::Four, StateCoding::Six, StateCoding::Seven] {
        let offline = [Majority, Logistic, Svm, SvmContext, Tcn];
        variants.push(variant("offline", &offline, &coding));
        if coding == StateCoding::Six {
            continue;
        }
        let mut together = variant("semi-markov", &[Logistic, Tcn], &coding);
        together.preparation.structure = Structure::SemiMarkov;
        variants.push(together);
        let live = [Majority, Logistic, TcnCausal, TcnDelay350ms, TcnDelay1s, TcnDelay2s];
        let mut causal = variant("causal", &live, &coding);
        causal.preparation.normalisation = Normalisation::Causal;
        causal.preparation.derivative = DerivativeSource::Backward;
        variants.push(causal);
    }
    let title = "States from frames in order, in animals never seen";
    let study = study("temporal", title, preset, seed, variants);
    let initialisations = if preset == Preset::Full { 3 } else { 1 };
    StudyConfig {
        training_sizes: vec![n_animals.saturating_sub(1).max(1)],
        epochs: if preset == Preset::Smoke { 5 } else { 800 },
        aim: Decode { initialisations, ..study.aim },
        ..study
    }
}

/// Every model there is that takes frames as they are prepared for all, on four states.
pub fn models(preset: Preset, seed: u64) -> StudyConfig<Decode> {
    let title = format!("Every model: {}", told_apart(&StateCoding::Four));
    let variant = paper(&ModelName::of_frames(), NeuronSet::Paper15, StateCoding::Four);
    study("models", &title, preset, seed, vec![variant])
}

/// The edges that the graph networks infer, kept for comparison with connectomes; from several
/// initial weights each, to see whether they are a property of the worm or of the fit.
pub fn edges(preset: Preset, seed: u64) -> StudyConfig<Decode> {
    let title = "Inferred edges against connectomes and the functional atlas";
    let variant =
        paper(&[ModelName::GnnText, ModelName::Gnn], NeuronSet::Paper15, StateCoding::Four);
    let study = study("edges", title, preset, seed, vec![variant]);
    let initialisations = if preset == Preset::Full { 3 } else { 2 };
    let keep_edges = KeepEdges::Yes;
    StudyConfig { aim: Decode { initialisations, keep_edges, ..study.aim }, ..study }
}
