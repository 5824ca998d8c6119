//! Asymmetric Diffusion Map Modelling on loops whose phase is known, and on the real partial worms
//! where they are present (see CONTRIBUTING.md); they print their accuracies.

use nervering_models::adm::{Adm, FittedAdm, HORIZON};
use nervering_models::{DirectDecoder, DirectModel, FitError, LabelledFrames, Prediction};
use nervering_prepare::{DerivativeSource, Prepared, Scope, prepare};
use nervering_recording::{NeuronSet, StateCoding};
use std::f64::consts::{PI, TAU};
use std::path::PathBuf;

/// A system that goes round one of two loops, chosen at random each time where they meet.
struct Rounds {
    /// `[frame, 8]`: four traces and their backward differences.
    features: Vec<f32>,
    /// True phase of each frame in radians, from 0.
    phase: Vec<f64>,
    /// True loop of each frame.
    on_loop: Vec<u8>,
}

const N_INPUTS: usize = 8;

/// Mean frames of a round.
const PERIOD: f64 = 90.;

/// Simulates `n` frames: a figure of as many circles as loops, each in two traces of its own, all
/// through one point at phase 0.
fn rounds(n: usize, n_loops: u64, seed: u64) -> Rounds {
    let mut state = seed;
    let mut draw = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1u64 << 31) as f64
    };
    let (mut phase, mut own) = (0f64, 0u8);
    let mut rounds = Rounds { features: Vec::new(), phase: Vec::new(), on_loop: Vec::new() };
    let mut before = [0.; 4];
    for frame in 0..n {
        let mut now = [(); 4].map(|()| 0.1 * (draw() + draw() + draw() - 1.5));
        now[2 * usize::from(own)] += 1. - phase.cos();
        now[2 * usize::from(own) + 1] += phase.sin();
        let step = |d: usize| if frame == 0 { 0. } else { now[d] - before[d] };
        rounds.features.extend((0..4).flat_map(|d| [now[d] as f32, step(d) as f32]));
        before = now;
        rounds.phase.push(phase);
        rounds.on_loop.push(own);
        // nearly twice as fast on one side as on the other
        phase += TAU / PERIOD * (1. + 0.3 * phase.sin()) * (0.8 + 0.4 * draw());
        if phase >= TAU {
            phase -= TAU;
            own = ((draw() * n_loops as f64) as u8).min(n_loops as u8 - 1);
        }
    }
    rounds
}

impl Rounds {
    /// Class 0 in the first half of the way round, 1 in the second.
    fn halves(&self) -> Vec<Option<u8>> {
        self.phase.iter().map(|&phase| Some(u8::from(phase >= PI))).collect()
    }

    fn frames<'a>(&'a self, labels: &'a [Option<u8>], runs: &'a [usize]) -> LabelledFrames<'a> {
        LabelledFrames { features: &self.features, n_inputs: N_INPUTS, labels, runs, n_classes: 2 }
    }
}

fn accuracy(said: &Prediction, labels: &[Option<u8>]) -> f64 {
    let known: Vec<_> =
        said.classes.iter().zip(labels).filter_map(|(a, b)| Some(*a == (*b)?)).collect();
    known.iter().filter(|&&right| right).count() as f64 / known.len() as f64
}

/// Expected frames to the next switch and the truth, both at most [`HORIZON`] + 1, of the frames
/// that are decoded right and followed by a frame of another known state.
fn switches(
    adm: &FittedAdm,
    features: &[f32],
    runs: &[usize],
    labels: &[Option<u8>],
) -> Vec<(f64, f64)> {
    let classes = adm.predict(features, runs).classes;
    let switch = adm.time_to_switch(features, runs);
    let of_frame = |(frame, row): (usize, &[f64])| {
        assert!((row.iter().sum::<f64>() - 1.).abs() < 1e-9);
        assert!(row.iter().all(|p| (0. ..=1. + 1e-12).contains(p)));
        let own = labels[frame].filter(|&label| label == classes[frame])?;
        let other = |label: &Option<u8>| label.is_some_and(|label| label != own);
        let truth = labels[frame..].iter().position(other)?.min(HORIZON + 1);
        let expected: f64 = row.iter().zip(1..).map(|(p, ahead)| p * f64::from(ahead)).sum();
        Some((expected, truth as f64))
    };
    switch.chunks_exact(HORIZON + 1).enumerate().filter_map(of_frame).collect()
}

/// Mean absolute errors of the expected times, and of the best constant.
fn errors(switches: &[(f64, f64)]) -> [f64; 2] {
    let mut truths: Vec<f64> = switches.iter().map(|&(_, truth)| truth).collect();
    truths.sort_by(f64::total_cmp);
    let median = truths[truths.len() / 2];
    let mean = |error: &dyn Fn(&(f64, f64)) -> f64| {
        switches.iter().map(error).sum::<f64>() / switches.len() as f64
    };
    [
        mean(&|(expected, truth)| (expected - truth).abs()),
        mean(&|(_, truth)| (median - truth).abs()),
    ]
}

#[test]
fn the_phase_of_a_noisy_cycle_is_recovered() {
    let rounds = rounds(2400, 1, 3);
    let adm = Adm.fit_manifold(&rounds.frames(&rounds.halves(), &[1400, 1000])).unwrap();
    let manifold = adm.manifold();
    assert_eq!(manifold.points.len(), 1349 + 949);
    let mean_step = manifold.eigenvalue.1.atan2(manifold.eigenvalue.0);
    assert!((mean_step / (TAU / PERIOD) - 1.).abs() < 0.1, "{mean_step} rad a frame");

    // circular means of θ in thirty sectors of the true phase, in order
    let mut sums = [(0., 0.); 30];
    for point in &manifold.points {
        let sector = &mut sums[(rounds.phase[point.frame] / TAU * 30.) as usize];
        sector.0 += point.theta.cos();
        sector.1 += point.theta.sin();
    }
    let theta = sums.map(|(cos, sin)| f64::atan2(sin, cos));
    let steps = (0..30).map(|k| (theta[(k + 1) % 30] - theta[k]).rem_euclid(TAU));
    assert!(steps.clone().all(|step| step > 0.02 && step < 1.), "{theta:?}");
    let turns = steps.sum::<f64>() / TAU;
    assert!((turns - 1.).abs() < 1e-9, "{turns} turns");
    // and within a sector they agree
    for ((cos, sin), k) in sums.into_iter().zip(0..) {
        let n = manifold.points.iter().map(|p| rounds.phase[p.frame] / TAU * 30.);
        let n = n.filter(|phase| *phase as usize == k).count() as f64;
        assert!(f64::hypot(cos, sin) / n > 0.95, "sector {k}");
    }
}

#[test]
fn two_loops_are_told_apart_where_they_are_apart() {
    let rounds = rounds(3000, 2, 5);
    let adm = Adm.fit_manifold(&rounds.frames(&rounds.halves(), &[3000])).unwrap();
    let points = &adm.manifold().points;
    // half a round on, most of the history is the loop's own; there each α belongs to one of them
    let apart = points.iter().filter(|p| rounds.phase[p.frame] > PI);
    let n_loops = 1 + points.iter().map(|p| p.alpha).max().unwrap();
    let mut counts = vec![[0; 2]; n_loops];
    apart.for_each(|p| counts[p.alpha][usize::from(rounds.on_loop[p.frame])] += 1);
    let total: usize = counts.iter().flatten().sum();
    let pure: usize = counts.iter().map(|[a, b]| *a.max(b)).sum();
    println!("{n_loops} loops, frames by true loop: {counts:?}");
    assert!(pure as f64 > 0.95 * total as f64, "{counts:?}");
    assert!((2..=8).contains(&n_loops));
}

#[test]
fn an_unseen_animal_is_decoded_and_so_is_its_next_switch() {
    let (known, unseen) = (rounds(1800, 2, 7), rounds(700, 2, 8));
    let adm = Adm.fit_manifold(&known.frames(&known.halves(), &[1000, 800])).unwrap();
    let said = adm.predict(&unseen.features, &[400, 300]);
    let right = accuracy(&said, &unseen.halves());
    assert!(right > 0.94, "{right}");
    assert!(accuracy(&adm.predict(&known.features, &[1000, 800]), &known.halves()) > 0.96);

    let [error, of_constant] =
        errors(&switches(&adm, &unseen.features, &[400, 300], &unseen.halves()));
    println!("next switch: wrong by {error:.1} frames, the best constant by {of_constant:.1}");
    // half a round takes some 45 frames
    assert!(error < 5., "{error}");
}

#[test]
fn the_future_changes_no_prediction() {
    let (known, mut unseen) = (rounds(900, 2, 9), rounds(160, 2, 10));
    let adm = Adm.fit_manifold(&known.frames(&known.halves(), &[900])).unwrap();
    let bits = |said: Prediction| {
        said.log_probabilities.unwrap().into_iter().map(f32::to_bits).collect::<Vec<_>>()
    };
    let runs = [70, 90];
    let before = adm.predict(&unseen.features, &runs);
    for frame in [0, 7, 69, 70, 71, 118] {
        let (all, _) = unseen.features.split_at_mut(160 * N_INPUTS);
        all[(frame + 1) * N_INPUTS..].fill(1e30);
        let after = adm.predict(&unseen.features, &runs);
        assert_eq!(after.classes[..=frame], before.classes[..=frame], "frame {frame}");
        let [a, b] = [after, before.clone()].map(|said| bits(said)[..2 * (frame + 1)].to_vec());
        assert_eq!(a, b, "frame {frame}");
        unseen = rounds(160, 2, 10);
    }
}

#[test]
fn labels_name_the_bins_and_shape_nothing() {
    let rounds = rounds(900, 2, 11);
    let halves = rounds.halves();
    let few: Vec<_> = (0..900).map(|k| if k < 300 { halves[k] } else { None }).collect();
    let [all, few] = [&halves, &few].map(|labels| {
        let frames = rounds.frames(labels, &[900]);
        Adm.fit_manifold(&frames).unwrap()
    });
    assert_eq!(all.manifold(), few.manifold());
    // frames without a label are decoded by others of their bin, or by the nearest that have one;
    // three rounds have labels
    let said = few.predict(&rounds.features, &[900]);
    let unlabelled = |k: usize| if k < 300 { None } else { halves[k] };
    let right = accuracy(&said, &(0..900).map(unlabelled).collect::<Vec<_>>());
    assert!(right > 0.8, "{right}");
}

#[test]
fn the_same_frames_give_the_same_bytes() {
    let rounds = rounds(700, 2, 12);
    let [first, second] = [(); 2].map(|()| {
        let adm = Adm.fit_manifold(&rounds.frames(&rounds.halves(), &[700])).unwrap();
        (adm.manifold().clone(), adm.predict(&rounds.features, &[700]))
    });
    assert_eq!(first, second);
}

#[test]
fn a_known_place_is_its_own_nearest() {
    let rounds = rounds(800, 2, 13);
    let adm = Adm.fit_manifold(&rounds.frames(&rounds.halves(), &[450, 350])).unwrap();
    let places = adm.project(&rounds.features, &[450, 350]);
    for (idx, point) in adm.manifold().points.iter().enumerate() {
        assert_eq!(places[point.frame], idx);
    }
}

#[test]
fn refuses_what_has_no_manifold() {
    let rounds = rounds(900, 1, 14);
    let halves = rounds.halves();
    let fit = |frames: LabelledFrames| Adm.fit(&frames).err().unwrap();
    let error = fit(rounds.frames(&halves, &[900, 1]));
    assert_eq!(error, FitError::Runs { sum: 901, n_frames: 900 });
    assert_eq!(fit(rounds.frames(&[None; 900], &[900])), FitError::NoLabels { n_frames: 900 });
    let windows = [8; 113].map(|length| length.min(900));
    let message = fit(rounds.frames(&halves, &[&windows[..112], &[4]].concat())).to_string();
    assert!(message.contains("found 0 frames with 50 consecutive ones before"), "{message}");
    for (value, expected) in
        [(f32::NAN, "an input that is not finite"), (0.5, "no input that varies")]
    {
        let features = vec![value; 900 * N_INPUTS];
        let frames = LabelledFrames { features: &features, ..rounds.frames(&halves, &[900]) };
        let message = fit(frames).to_string();
        assert!(message.contains(expected), "{message}");
    }
}

/// The real partial worms, the paper's fifteen neurons, forward against reverse; none where absent.
fn worms() -> Vec<Prepared> {
    let data = std::env::var_os("NERVERING_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let file = data.join("kato2015/WT_NoStim_part.mat");
    if !file.exists() {
        println!("skipped: no {}", file.display());
        return Vec::new();
    }
    let recordings = nervering_io::read_recordings(&file, &nervering_io::ReadOptions::default())
        .unwrap()
        .recordings;
    let neurons = NeuronSet::Paper15.resolve(&recordings).unwrap();
    let prepared = recordings.iter().map(|recording| {
        let (source, scope) = (DerivativeSource::Backward, Scope::WholeRecording);
        prepare(recording, &neurons, &StateCoding::Two, source, scope).unwrap()
    });
    prepared.collect()
}

/// Fits on some worms; `known` says which of a worm's frames keep their label.
fn fit_worms(worms: &[&Prepared], known: impl Fn(usize) -> bool) -> FittedAdm {
    let features: Vec<f32> = worms.iter().flat_map(|worm| worm.features.clone()).collect();
    let label = |(frame, label): (usize, &Option<u8>)| label.filter(|_| known(frame));
    let labels: Vec<_> =
        worms.iter().flat_map(|worm| worm.labels.iter().enumerate().map(label)).collect();
    let runs: Vec<_> = worms.iter().map(|worm| worm.n_frames).collect();
    let frames = LabelledFrames {
        features: &features,
        n_inputs: 30,
        labels: &labels,
        runs: &runs,
        n_classes: 2,
    };
    Adm.fit_manifold(&frames).unwrap()
}

#[test]
fn unseen_real_worms_are_decoded_well_above_chance() {
    let worms = worms();
    let mut accuracies = Vec::new();
    for (k, unseen) in worms.iter().enumerate() {
        let others: Vec<_> = worms.iter().enumerate().filter(|(j, _)| *j != k).collect();
        let others: Vec<_> = others.into_iter().map(|(_, worm)| worm).collect();
        let adm = fit_worms(&others, |_| true);
        let right = accuracy(&adm.predict(&unseen.features, &[unseen.n_frames]), &unseen.labels);
        let [error, of_constant] =
            errors(&switches(&adm, &unseen.features, &[unseen.n_frames], &unseen.labels));
        println!(
            "{}: {:.1} % as the unseen worm; next switch wrong by {error:.1} frames, the best \
             constant by {of_constant:.1}",
            unseen.animal,
            100. * right
        );
        accuracies.push(right);
    }
    if !worms.is_empty() {
        let mean = accuracies.iter().sum::<f64>() / accuracies.len() as f64;
        println!("mean {:.1} %; Brennan & Proekt report 81 % on whole recordings", 100. * mean);
        assert!(mean > 0.7, "{mean}");
    }
}

#[test]
fn held_out_frames_of_real_worms_are_decoded() {
    let worms = worms();
    if worms.is_empty() {
        return;
    }
    // every tenth window of 8 frames, and a block of some minute out of every eight
    let in_window = |frame: usize| frame / 8 % 10 == 3;
    let in_block = |frame: usize| frame / 165 % 8 == 3;
    let all: Vec<_> = worms.iter().collect();
    let adm = fit_worms(&all, |frame| !in_window(frame) && !in_block(frame));
    let said: Vec<_> =
        worms.iter().map(|worm| adm.predict(&worm.features, &[worm.n_frames])).collect();
    let parts: [(_, &dyn Fn(usize) -> bool); 2] =
        [("windows of 8", &|frame| in_window(frame) && !in_block(frame)), ("blocks", &in_block)];
    for (name, held_out) in parts {
        let of_worm = |(worm, said): (&Prepared, &Prediction)| {
            let label = |(frame, label): (usize, &Option<u8>)| label.filter(|_| held_out(frame));
            let labels: Vec<_> = worm.labels.iter().enumerate().map(label).collect();
            accuracy(said, &labels)
        };
        let accuracies: Vec<_> = worms.iter().zip(&said).map(of_worm).collect();
        let mean = accuracies.iter().sum::<f64>() / accuracies.len() as f64;
        println!("held-out {name}: mean {:.1} %; Brennan & Proekt report 83 %", 100. * mean);
        assert!(mean > 0.75, "{name}: {accuracies:?}");
    }
}
