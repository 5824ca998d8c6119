//! The analyses on the real partial worms of Kato et al. 2015 and the real connectomes: what the
//! paper says about principal components and about consistent neurons, on the eight minutes per
//! worm that are at hand.
//!
//! Skips where the data is absent. To see the numbers:
//! `cargo test --release --workspace --test real_worms -- --nocapture`

use nervering_analysis::*;
use nervering_recording::{
    Connection, ConnectionKind, Connectome, NeuronName, NeuronSet, Recording, StateCoding,
};
use nervering_statistics::pearson;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::path::PathBuf;

fn data() -> PathBuf {
    std::env::var_os("NERVERING_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    )
}

/// The five worms and the paper's fifteen neurons.
fn worms() -> Option<(Vec<Recording>, Vec<NeuronName>)> {
    let file = data().join("kato2015/WT_NoStim_part.mat");
    if !file.exists() {
        println!("skipped: no {}", file.display());
        return None;
    }
    let worms = nervering_io::read_recordings(&file, &nervering_io::ReadOptions::default())
        .unwrap()
        .recordings;
    let neurons = NeuronSet::Paper15.resolve(&worms).unwrap();
    Some((worms, neurons))
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len() as f64;
    values.sum::<f64>() / n
}

#[test]
fn three_components_hold_about_two_thirds_of_each_worm() {
    let Some((worms, _)) = worms() else { return };
    for smoothing_s in [0., 1., 2.] {
        let config = PcaConfig { smoothing_s, ..PcaConfig::new(StateCoding::Seven) };
        let found: Vec<AnimalPca> =
            worms.iter().map(|worm| pca(worm, PcaNeurons::All, &config).unwrap()).collect();
        for worm in &found {
            println!(
                "{}: {} neurons, smoothed over {smoothing_s} s: three components hold {:.1} %, states explain {:.1} % of them",
                worm.animal,
                worm.neurons.len(),
                100. * worm.explained_by(3),
                100. * worm.state_share.unwrap()
            );
        }
        let share = mean(found.iter().map(|worm| worm.explained_by(3)));
        println!("mean {:.1} % (the paper: about 65 %)", 100. * share);
        match smoothing_s {
            1. => assert!((0.6..0.72).contains(&share), "{share}"),
            // Differences of neighbouring frames are mostly noise.
            0. => assert!(share < 0.3, "{share}"),
            _ => assert!(share > 0.7, "{share}"),
        }
    }
}

#[test]
fn pooled_components_retain_nine_tenths_of_each_worm() {
    let Some((worms, neurons)) = worms() else { return };
    for scale in [PcaScale::Centred, PcaScale::Standardised] {
        let config = PcaConfig { scale, ..PcaConfig::new(StateCoding::Seven) };
        let found = pooled_pca(&worms, &neurons, &config).unwrap();
        println!("{scale:?}, 15 neurons:");
        for worm in &found.animals {
            println!(
                "  {}: own three hold {:.1} %, pooled three {:.1} % ({:.1} % retained); states explain {:.1} % and {:.1} % of the path",
                worm.animal,
                100. * worm.own_share,
                100. * worm.pooled_share,
                100. * worm.retained(),
                100. * worm.own_state_share.unwrap(),
                100. * worm.pooled_state_share.unwrap()
            );
            assert!(worm.retained() > 0.85 && worm.retained() < 1., "{}", worm.retained());
        }
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let chance = permuted_neurons(&worms, &neurons, &config, 20, &mut rng).unwrap();
        let chance = [&chance.retained, &chance.overlap, &chance.agreement]
            .map(|values| mean(values.iter().copied()));
        let numbers = [found.retained(), found.overlap(), found.agreement().unwrap()];
        println!(
            "  states explain {:.1} % of all paths, state × animal {:.1} %",
            100. * found.state_share.unwrap(),
            100. * found.state_and_animal_share.unwrap()
        );
        for (name, (number, chance)) in
            ["retained", "overlap", "agreement"].into_iter().zip(numbers.into_iter().zip(chance))
        {
            println!("  {name} {number:.2}, with neurons permuted {chance:.2}");
            // By these numbers pooling does not fail on this data, whatever the paper says.
            assert!(number > chance + 0.15, "{name}: {number}, by chance {chance}");
        }
    }
}

/// Names of the consistent neurons, pairs that differ, and pairs.
fn consistent(aligned: &[AlignedBouts], unit: ExchangeUnit) -> (Vec<String>, usize, usize) {
    let config = SameDistributionConfig { n_permutations: 999, unit };
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let tests = same_distribution(aligned, &config, &mut rng).unwrap();
    let neurons = consistency(&tests, 0.05);
    let names = neurons.iter().filter(|n| n.is_consistent()).map(|n| n.neuron.to_string());
    let different = neurons.iter().map(|n| n.n_different).sum();
    (names.collect(), different, tests.len())
}

#[test]
fn few_neurons_go_through_states_alike_in_all_worms() {
    let Some((worms, neurons)) = worms() else { return };
    for coding in [StateCoding::Seven, StateCoding::Four] {
        for scale in [TraceScale::ZScore, TraceScale::UnitRange] {
            let config = AlignConfig { scale, ..AlignConfig::new(coding.clone()) };
            let align = |worm: &Recording| align_bouts(worm, &neurons, &config).unwrap();
            let aligned: Vec<AlignedBouts> = worms.iter().map(align).collect();
            let bouts: Vec<usize> = aligned.iter().map(|worm| worm.bouts.len()).collect();
            println!("{coding:?}, {scale:?}, bouts {bouts:?}");
            let mut n_consistent = Vec::new();
            for unit in [ExchangeUnit::Bout, ExchangeUnit::Block(6)] {
                let (names, different, n) = consistent(&aligned, unit);
                println!(
                    "  {unit:?}: {} of 15 consistent (the paper: 3): {}; {different} of {n} pairs differ",
                    names.len(),
                    names.join(" ")
                );
                n_consistent.push(names.len());
            }
            assert!(n_consistent[0] <= 3 && n_consistent[1] >= n_consistent[0]);
            let (mut within, mut n_within) = (0, 0);
            for worm in &aligned {
                let (_, different, n) = consistent(&worm.halves(), ExchangeUnit::Bout);
                within += different;
                n_within += n;
            }
            println!("  Bout, between the halves of one worm: {within} of {n_within} differ");
            // Far more than one in twenty: part of what tells two worms apart is drift.
            assert!(within * 5 > n_within, "{within} of {n_within}");
        }
    }
}

#[test]
fn curves_and_dwell_times_of_every_worm() {
    let Some((worms, neurons)) = worms() else { return };
    let config = AlignConfig::new(StateCoding::Seven);
    let aligned: Vec<AlignedBouts> =
        worms.iter().map(|worm| align_bouts(worm, &neurons, &config).unwrap()).collect();
    let curves = variability(&aligned);
    assert_eq!((curves.neurons.len(), curves.states.len(), curves.animals.len()), (15, 7, 5));
    // How much of the spread between curves of one state is between animals, not within bouts.
    for name in ["ALA", "RIML", "AVAL"] {
        let neuron = neurons.iter().position(|n| n.as_str() == name).unwrap();
        let of_neuron = curves.curves.iter().filter(|c| c.neuron == neuron);
        let apart = of_neuron.filter_map(|curve| {
            let over_animals =
                curves.means.iter().find(|m| (m.neuron, m.state) == (neuron, curve.state))?;
            let half_width = curve.half_width.as_ref()?;
            let outside = (0..curves.phases.len())
                .filter(|&k| (curve.mean[k] - over_animals.mean[k]).abs() > half_width[k]);
            Some(outside.count() as f64 / curves.phases.len() as f64)
        });
        let apart: Vec<f64> = apart.collect();
        println!(
            "{name}: the mean over animals lies outside an animal's 95 % interval at {:.0} % of phases, over {} curves",
            100. * mean(apart.iter().copied()),
            apart.len()
        );
        assert!(mean(apart.iter().copied()) > 0.05);
    }
    for worm in &worms {
        let found = dwell(worm, &StateCoding::Seven).unwrap();
        let states = found.states.iter().map(|state| {
            format!(
                "{} {}×{:.1} s",
                state.state,
                state.n_bouts,
                state.median_s().unwrap_or(f64::NAN)
            )
        });
        println!("{}: {}", found.animal, states.collect::<Vec<_>>().join(", "));
        let n: usize = found.states.iter().map(|state| state.n_frames).sum();
        assert!(n <= worm.n_frames() && n > worm.n_frames() * 9 / 10);
    }
}

fn table(name: &str) -> Connectome {
    let text = std::fs::read_to_string(data().join("connectome").join(name)).unwrap();
    let connection = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let weight: f64 = fields[3].parse().unwrap();
        let kind = match fields[2] {
            "chemical" => ConnectionKind::Chemical,
            "electrical" => ConnectionKind::Electrical,
            "Functional" => ConnectionKind::Functional,
            other => panic!("{name}: a connection of kind {other}"),
        };
        // Tables of whole animals list muscles too.
        let (pre, post) = (fields[0].parse().ok()?, fields[1].parse().ok()?);
        Some(Connection { pre, post, kind, weight: weight.abs() })
    };
    Connectome::new(text.lines().skip(1).filter_map(connection).collect()).unwrap()
}

#[test]
fn correlations_between_traces_against_the_real_tables() {
    let Some((worms, neurons)) = worms() else { return };
    // What any inferred edges must beat: how far two neurons go together, |r|.
    let trace = |worm: &Recording, name| -> Vec<f64> {
        worm.traces().neuron(worm.column(name).unwrap()).collect()
    };
    let edges: Vec<FitEdges> = worms
        .iter()
        .map(|worm| {
            let traces: Vec<Vec<f64>> = neurons.iter().map(|name| trace(worm, name)).collect();
            let pairs = traces.iter().flat_map(|a| traces.iter().map(move |b| (a, b)));
            FitEdges {
                trained_on: vec![worm.animal().into()],
                fold: 0,
                initialisation: 0,
                recording: worm.animal().into(),
                weights: pairs.map(|(a, b)| pearson(a, b).unwrap().abs()).collect(),
            }
        })
        .collect();
    let stable = stability(&edges, 15).unwrap();
    let between = stable.iter().find(|s| s.factor == FitFactor::Animals).unwrap();
    println!(
        "|r| of two worms correlates at {:.2} over {} pairs",
        between.mean.unwrap(),
        between.n_pairs
    );
    assert_eq!(between.n_pairs, 10);

    let average: Vec<f64> =
        (0..225).map(|at| mean(edges.iter().map(|worm| worm.weights[at]))).collect();
    let inferred = InferredEdges { neurons: &neurons, weights: &average };
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for (name, references) in [
        ("white_1986.csv", &EdgeReference::ALL[..3]),
        ("cook_2019_hermaphrodite.csv", &EdgeReference::ALL[..3]),
        ("randi_2023_functional.csv", &EdgeReference::ALL[3..]),
    ] {
        let table = table(name);
        for &reference in references {
            let found = compare_edges(&inferred, &table, reference, 999, &mut rng).unwrap();
            let [r, auroc] = [found.pearson, found.auroc].map(Option::unwrap);
            println!(
                "{name}, {}: {} of {} pairs; r {:.2} (rewired {:.2} ± {:.2}, p {:.3}), AUROC {:.2} (rewired {:.2} ± {:.2}, p {:.3})",
                reference.as_str(),
                found.n_connected,
                found.n_pairs,
                r.observed,
                r.null_mean,
                r.null_sd,
                r.p_greater,
                auroc.observed,
                auroc.null_mean,
                auroc.null_sd,
                auroc.p_greater
            );
            match (name, reference) {
                // FACTS section 1.
                ("white_1986.csv", EdgeReference::Chemical) => assert_eq!(found.n_connected, 27),
                ("white_1986.csv", EdgeReference::Electrical) => assert_eq!(found.n_connected, 26),
                _ => assert!(found.n_connected > 0),
            }
        }
    }
}
