//! The built-in studies: the paper's experiments, the questions that a referee would ask of them,
//! and the demo.
//!
//! Every one is a [`StudyConfig`] under the paper's protocol, which [`StudyConfig::under`] brings under
//! another. A study that needs no training (`pca`, `variability`) is an analysis, not a study.

use crate::comparison::{Comparison, Preset};
use crate::config::{StudyConfig, told_apart};
use crate::decode::{Added, Decode, KeepEdges};
use crate::reading::ReadingEntry;
use nervering_fit::{
    Activation, Adaptation, Hyperparameters, ModelName, NetworkChoices, Normalisation, Protocol,
    Structure, Validation,
};
use nervering_prepare::DerivativeSource;
use nervering_recording::{NeuronName, NeuronSet, StateCoding};
use nervering_statistics::seed::generator;
use nervering_statistics::{NetworkStatistics, TakenFrom};
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

/// As [`paper`], beside what networks with static edges say with the edges of the animals trained on
/// instead of those inferred anew from each evaluated animal, as the text has it.
fn paper_and_training_edges(
    models: &[ModelName],
    neurons: NeuronSet,
    coding: StateCoding,
) -> Comparison<Decode> {
    let statistics = vec![NetworkStatistics::EVALUATED, NetworkStatistics::TRAINING_EDGES];
    Comparison { statistics, ..paper(models, neurons, coding) }
}

/// What the demo and the studies without some neurons compare: table 1 but for what needs a connectome,
/// or takes long.
const FEWER: [ModelName; 7] = [
    ModelName::Majority,
    ModelName::Logistic,
    ModelName::Svm,
    ModelName::MlpText,
    ModelName::Mlp,
    ModelName::GnnText,
    ModelName::Gnn,
];

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
    let variant = paper_and_training_edges(&FEWER, NeuronSet::Paper15, StateCoding::Two);
    let study = study("demo", title, preset, seed, vec![variant]);
    StudyConfig { training_sizes, epochs, max_subsets, ..study }
        .with_variants(|variant| variant.folds_run = folds)
}

/// Table 1: forward against reverse crawling, trained on one animal.
pub fn table1(preset: Preset, seed: u64) -> StudyConfig<Decode> {
    let title = format!("Table 1: {}", told_apart(&StateCoding::Two));
    let variant =
        paper_and_training_edges(&ModelName::TABLE1, NeuronSet::Paper15, StateCoding::Two);
    study("table1", &title, preset, seed, vec![variant])
}

/// Figure 4A, left: seven states, on the test folds of the animals trained on.
pub fn fig4a_left(preset: Preset, seed: u64) -> StudyConfig<Decode> {
    let told = told_apart(&StateCoding::Seven);
    let title = format!("Figure 4A, left: {told} in the worms trained on");
    let models = [MAIN_MODELS, &[ModelName::GnnText]].concat();
    let variant = paper_and_training_edges(&models, NeuronSet::Paper15, StateCoding::Seven);
    let study = study("fig4a-left", &title, preset, seed, vec![variant]);
    StudyConfig { training_sizes: sizes(preset), ..study }
}

/// Figure 4A, right: four states and three neurons, on unseen animals, against the number of
/// animals trained on.
pub fn fig4a_right(preset: Preset, seed: u64) -> StudyConfig<Decode> {
    let told = told_apart(&StateCoding::Four);
    let cut = match sizes(preset)[..] {
        [only] => format!(" (cut to one number at this preset: {only})"),
        _ => String::new(),
    };
    let title =
        format!("Figure 4A, right: {told} in worms never seen, against the number trained on{cut}");
    let models = [MAIN_MODELS, &[ModelName::Svm, ModelName::GnnText]].concat();
    let variant = paper_and_training_edges(&models, NeuronSet::Paper3, StateCoding::Four);
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
    let mut study = without("no-label-neurons", title, &LABEL_NEURONS, preset, seed, neurons);
    // Decoders that see time, in animals never seen.
    let models = [ModelName::Majority, ModelName::Logistic, ModelName::Tcn];
    let sets = study.variants.iter().map(|variant| variant.preparation.neurons.clone());
    for (kind, set) in ["all", "without"].into_iter().zip(sets.collect::<Vec<_>>()) {
        for coding in [StateCoding::Four, StateCoding::Seven] {
            let mut variant = Comparison::new(Protocol::Animals, &models, set.clone());
            let states = if coding == StateCoding::Four { "" } else { "-7" };
            variant.name = format!("{kind}-animals{states}");
            variant.preparation.coding = coding;
            study.variants.push(variant);
        }
    }
    study
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
        ..paper_and_training_edges(&FEWER, NeuronSet::Names(neurons), StateCoding::Four)
    };
    let variants = vec![variant("all", neurons.to_vec()), variant("without", kept)];
    study(name, title, preset, seed, variants)
}

/// Numbers of neurons kept, of those there are, and draws of each.
const KEPT: [usize; 6] = [2, 3, 5, 8, 11, 14];
const DRAWS: usize = 3;

/// Accuracy against the number of neurons kept, each number drawn at random several times, and of each
/// neuron alone; beside it what neurons know in bits.
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
    let study = study("neurons", title, preset, seed, variants);
    StudyConfig { aim: Decode { added: vec![Added::Information], ..study.aim }, ..study }
}

/// N2 against *npr-1*: four states of three neurons, trained on all animals, tested on those of the
/// extended set, and what their strains have in common.
pub fn strains(preset: Preset, seed: u64, n_animals: usize) -> StudyConfig<Decode> {
    let told = told_apart(&StateCoding::Four);
    let title = format!("N2 against npr-1: {told} in animals never seen");
    let models = [MAIN_MODELS, &[ModelName::Svm]].concat();
    let variant = paper(&models, NeuronSet::Paper3, StateCoding::Four);
    let study = study("strains", &title, preset, seed, vec![variant]);
    StudyConfig {
        training_sizes: vec![n_animals.max(1)],
        aim: Decode { added: vec![Added::Strains], ..study.aim },
        ..study
    }
}

/// The extended set as validation set: the same fits with the epoch chosen by frames of the animals
/// trained on, and by every second extended animal.
pub fn extended(preset: Preset, seed: u64, n_animals: usize) -> StudyConfig<Decode> {
    let told = told_apart(&StateCoding::Four);
    let title = format!("The extended set as validation set: {told}");
    let networks = [ModelName::MlpText, ModelName::Mlp, ModelName::GnnText, ModelName::Gnn];
    let variant = |name: &str, models: &[ModelName], validation| {
        let mut comparison = paper(models, NeuronSet::Paper3, StateCoding::Four);
        comparison.name = format!("{name}-paper");
        comparison.preparation.validation = validation;
        comparison
    };
    let baselines = [ModelName::Majority, ModelName::Logistic];
    let own = [&baselines[..], &networks].concat();
    let variants = vec![
        variant("own", &own, Validation::Training),
        variant("extended", &networks, Validation::Extended),
    ];
    let study = study("extended", &title, preset, seed, variants);
    StudyConfig {
        training_sizes: vec![n_animals.max(1)],
        aim: Decode { added: vec![Added::Validation], ..study.aim },
        ..study
    }
}

/// Every source of static edges beside every source of batch norms, for every network of Table 1: how
/// much of a network's generalisation is adaptation to the evaluated animal, and which.
pub fn statistics(preset: Preset, seed: u64) -> StudyConfig<Decode> {
    let title =
        "Edges and batch norms of the evaluated animal, of the training animals, and running";
    let of_norm = |&batch_norm: &TakenFrom| {
        // Those of one place stand first, the others under them.
        let others = TakenFrom::ALL.iter().filter(move |edges| **edges != batch_norm);
        let edges = std::iter::once(batch_norm).chain(others.copied());
        edges.map(move |edges| NetworkStatistics { edges, batch_norm })
    };
    let variant = Comparison {
        statistics: TakenFrom::ALL.iter().flat_map(of_norm).collect(),
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
        ModelName::GnnText,
        ModelName::Gnn,
        ModelName::GnnDynamic,
        ModelName::GnnConnectome,
        ModelName::GnnShuffled,
        ModelName::GnnRandom,
        ModelName::GnnUniform,
        ModelName::GnnSelf,
    ];
    let variant = paper_and_training_edges(&models, NeuronSet::Paper15, StateCoding::Four);
    study("controls", title, preset, seed, vec![variant])
}

/// "Relatively robust": width, rate, activation, epochs and the scale of edges, each changed by itself,
/// for these models; each fit from several initial weights, whose spread stands beside it. One fold, and
/// so many epochs where others than those of the preset are asked for.
pub fn hyperparameters(
    preset: Preset,
    seed: u64,
    models: &[ModelName],
    epochs: Option<usize>,
) -> StudyConfig<Decode> {
    let title = format!("Robustness to hyper-parameters: {}", told_apart(&StateCoding::Four));
    let none = Hyperparameters::default();
    let network = |network| Hyperparameters { network, ..none };
    let width = |n| network(NetworkChoices { width: Some(n), ..none.network });
    let activation = |a| network(NetworkChoices { activation: Some(a), ..none.network });
    let edge_scale = |n| network(NetworkChoices { edge_scale: Some(n), ..none.network });
    let rate = |rate| Hyperparameters { learning_rate: Some(rate), ..none };
    let epochs = epochs.unwrap_or(size(preset).1);
    let settings = [
        ("base", none, None),
        ("width-8", width(8), None),
        ("width-32", width(32), None),
        ("width-64", width(64), None),
        ("rate-3e-4", rate(3e-4), None),
        ("rate-3e-3", rate(3e-3), None),
        ("relu", activation(Activation::Relu), None),
        ("elu", activation(Activation::Elu), None),
        ("epochs-half", none, Some(epochs.div_ceil(2))),
        ("epochs-double", none, Some(2 * epochs)),
        ("edge-scale-3", edge_scale(3), None),
        ("edge-scale-10", edge_scale(10), None),
        ("edge-scale-30", edge_scale(30), None),
    ];
    let variant = |(name, choices, epochs): (&str, Hyperparameters, Option<usize>)| {
        // Of each setting those that it changes.
        let has_it = |model: &ModelName| choices.check(&[*model]).is_ok();
        let models: Vec<ModelName> = models.iter().copied().filter(has_it).collect();
        let variant = paper(&models, NeuronSet::Paper15, StateCoding::Four);
        Comparison { name: format!("{name}-paper"), choices, epochs, ..variant }
    };
    let variants = settings.into_iter().map(variant).filter(|v| !v.models.is_empty()).collect();
    let study = study("hyperparameters", &title, preset, seed, variants);
    let initialisations = if preset == Preset::Full { 5 } else { 3 };
    let study = StudyConfig { epochs, aim: Decode { initialisations, ..study.aim }, ..study };
    study.with_variants(|variant| variant.folds_run = 1)
}

/// Models that [`hyperparameters`] changes where no others are asked for.
pub const SWEPT: [ModelName; 3] = [ModelName::Mlp, ModelName::GnnText, ModelName::Gnn];

/// One-hot edges: a scale inside the softmax, which the paper found not to generalise. It does not give
/// the scale, so several are run: the more, the nearer edges are to 0 or 1.
pub fn one_hot(preset: Preset, seed: u64) -> StudyConfig<Decode> {
    let title = "One-hot encoding of edges: the scale inside their softmax";
    let scale = |scale: u32| {
        let network = NetworkChoices { edge_scale: Some(scale), ..NetworkChoices::default() };
        let baselines: &[ModelName] =
            if scale == 1 { &[ModelName::Majority, ModelName::Logistic] } else { &[] };
        let models = [baselines, &[ModelName::Gnn]].concat();
        Comparison {
            name: format!("scale-{scale}-paper"),
            choices: Hyperparameters { network, ..Hyperparameters::default() },
            ..paper(&models, NeuronSet::Paper15, StateCoding::Two)
        }
    };
    study("one-hot", title, preset, seed, [1, 3, 10, 30, 100].map(scale).into())
}

/// Decoding from frames in order, in animals never seen: whole recordings at once, or as they come, with
/// an answer at once and up to two seconds later; and states chosen together. Trained on all animals but
/// one.
pub fn temporal(preset: Preset, seed: u64, n_animals: usize) -> StudyConfig<Decode> {
    use ModelName::{
        Logistic, Majority, Svm, SvmContext, Tcn, TcnCausal, TcnDelay1s, TcnDelay2s, TcnDelay350ms,
        TcnGnn, TcnMlp,
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
        // Ten times as long as all others: an encoder of every neuron.
        if preset == Preset::Full && coding == StateCoding::Seven {
            variants.push(variant("encoded", &[TcnMlp, TcnGnn], &coding));
        }
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
    let study = whole_animals("temporal", title, preset, seed, n_animals, variants);
    StudyConfig { aim: Decode { added: vec![Added::Sequence], ..study.aim }, ..study }
}

/// Ten of the paper's fifteen neurons, those of which `missing_neurons` shows the first few: command
/// neurons of reversals, then others.
const TEN: [&str; 10] =
    ["AVAL", "AVAR", "RIML", "RIMR", "AVBL", "AIBL", "AIBR", "AVER", "RID", "VB02"];

/// How well states are decoded as neurons go missing: one model of all neurons that any animal trained on
/// has, shown fewer and fewer of an animal never seen, beside models of those neurons alone.
pub fn missing_neurons(preset: Preset, seed: u64, n_animals: usize) -> StudyConfig<Decode> {
    let of = |n: usize| NeuronSet::Names(TEN[..n].iter().map(|name| neuron(name)).collect());
    let sets = [
        ("named", NeuronSet::Named),
        ("shared", NeuronSet::Shared),
        ("15", NeuronSet::Paper15),
        ("10", of(10)),
        ("5", of(5)),
        ("3", NeuronSet::Paper3),
        ("1", of(1)),
    ];
    let mut variants = Vec::new();
    for coding in [StateCoding::Four, StateCoding::Seven] {
        for (name, set) in &sets {
            let variant = |kind: &str, models: &[ModelName], neurons: &NeuronSet| {
                let mut comparison = Comparison::new(Protocol::Animals, models, neurons.clone());
                comparison.name = format!("{kind}-{name}-{}", coding.n_classes());
                comparison.preparation.coding = coding.clone();
                comparison
            };
            let mut any = variant("any", &[ModelName::TcnAny], &NeuronSet::Named);
            if *set != NeuronSet::Named {
                any.preparation.shown = Some(set.clone());
                let own = [ModelName::Majority, ModelName::Logistic, ModelName::Tcn];
                variants.push(variant("own", &own, set));
            }
            variants.push(any);
        }
    }
    let title = "States as neurons go missing, in animals never seen";
    whole_animals("missing-neurons", title, preset, seed, n_animals, variants)
}

/// How well behaviour is decoded in animals never seen, by every kind of model that answers at once, over the
/// neurons that all animals share: for recordings of one's own.
pub fn compare(preset: Preset, seed: u64, n_animals: usize) -> StudyConfig<Decode> {
    use ModelName::{Gnn, Logistic, LogisticCausal, Majority, Mlp, Svm, TcnCausal};
    let models = [Majority, Logistic, LogisticCausal, Svm, Mlp, Gnn, TcnCausal];
    let variant = paper(&models, NeuronSet::Shared, StateCoding::Two);
    let title = format!("Decoding {}, in animals never seen", told_apart(&StateCoding::Two));
    StudyConfig {
        training_sizes: vec![n_animals.saturating_sub(1).max(1)],
        ..study("compare", &title, preset, seed, vec![variant])
    }
}

fn neuron(name: &str) -> NeuronName {
    name.parse().expect("a canonical name")
}

/// What a little knowledge of a new animal is worth: nothing, its traces, and the labels of its first 30, 60
/// and 120 seconds; tested after two minutes, whatever is known.
pub fn adaptation(preset: Preset, seed: u64, n_animals: usize) -> StudyConfig<Decode> {
    const TESTED_FROM_S: f64 = 120.;
    let labels = |seconds: f64| Some(Adaptation::Labels { seconds });
    let known = [
        ("none", None),
        ("unlabelled", Some(Adaptation::Unlabelled)),
        ("30-s", labels(30.)),
        ("60-s", labels(60.)),
        ("120-s", labels(TESTED_FROM_S)),
    ];
    let mut variants = Vec::new();
    for coding in [StateCoding::Four, StateCoding::Seven] {
        for (name, adapt) in known {
            let models: &[ModelName] = match adapt {
                None => &[ModelName::Majority, ModelName::Logistic, ModelName::Tcn],
                Some(_) => &[ModelName::Tcn],
            };
            let mut variant = Comparison::new(Protocol::Animals, models, NeuronSet::Paper15);
            variant.name = format!("{name}-{}", coding.n_classes());
            variant.preparation.coding = coding.clone();
            variant.preparation.adapt = adapt;
            variant.preparation.tested_from_s = TESTED_FROM_S;
            variants.push(variant);
        }
    }
    let title = "States in animals of which a little is known";
    whole_animals("adaptation", title, preset, seed, n_animals, variants)
}

/// A study that trains on all animals but one.
fn whole_animals(
    name: &str,
    title: &str,
    preset: Preset,
    seed: u64,
    n_animals: usize,
    variants: Vec<Comparison<Decode>>,
) -> StudyConfig<Decode> {
    let study = study(name, title, preset, seed, variants);
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
    let variant =
        paper_and_training_edges(&ModelName::of_frames(), NeuronSet::Paper15, StateCoding::Four);
    study("models", &title, preset, seed, vec![variant])
}

/// The edges that the graph networks infer, kept for comparison with connectomes; from several
/// initial weights each, to see whether they are a property of the worm or of the fit.
pub fn edges(preset: Preset, seed: u64) -> StudyConfig<Decode> {
    let title = "Inferred edges against connectomes and the functional atlas";
    let variant = paper(
        &[ModelName::GnnText, ModelName::Gnn, ModelName::GnnFree],
        NeuronSet::Paper15,
        StateCoding::Four,
    );
    let study = study("edges", title, preset, seed, vec![variant]);
    let initialisations = if preset == Preset::Full { 3 } else { 2 };
    let keep_edges = KeepEdges::Yes;
    StudyConfig { aim: Decode { initialisations, keep_edges, ..study.aim }, ..study }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_1_has_the_five_rows_of_the_paper_and_both_readings_of_the_edges() {
        let variant = &table1(Preset::Full, 0).variants[0];
        let names: Vec<&str> = variant.models.iter().map(|model| model.as_str()).collect();
        for row in ["adm", "svm", "mlp", "gnn-connectome", "gnn"] {
            assert!(names.contains(&row), "{row}");
        }
        let from: Vec<String> = variant.statistics.iter().map(ToString::to_string).collect();
        assert_eq!(from, ["evaluated", "edges training, batch norm evaluated"]);
        // Under the scripts' protocol as well; strict has its own.
        let scripts = table1(Preset::Full, 0).under(Protocol::AuthorsCode);
        assert_eq!(scripts.variants[0].statistics, variant.statistics);
    }

    #[test]
    fn hyper_parameters_are_changed_one_at_a_time_in_the_models_that_have_them() {
        let study = hyperparameters(Preset::Quick, 0, &[ModelName::Mlp, ModelName::Gnn], None);
        let base = &study.variants[0];
        assert_eq!((base.choices, base.epochs), (Hyperparameters::default(), None));
        for variant in &study.variants[1..] {
            let NetworkChoices { width, activation, edge_scale } = variant.choices.network;
            let rate = variant.choices.learning_rate.is_some();
            let changed = [
                width.is_some(),
                activation.is_some(),
                edge_scale.is_some(),
                rate,
                variant.epochs.is_some(),
            ];
            assert_eq!(changed.iter().filter(|is| **is).count(), 1, "{}", variant.name);
            let expected = if edge_scale.is_some() { 1 } else { 2 };
            assert_eq!(variant.models.len(), expected, "{}", variant.name);
        }
        let epochs: Vec<usize> = study.variants.iter().filter_map(|v| v.epochs).collect();
        assert_eq!((study.epochs, epochs), (200, vec![100, 400]));
        // A model that infers no edges has no scale of them.
        let study = hyperparameters(Preset::Smoke, 0, &[ModelName::Mlp], None);
        assert!(study.variants.iter().all(|v| v.choices.network.edge_scale.is_none()));
    }
}
