//! Simulated animals resemble the worms of Kato et al.: states, dwell times, ranges, names, and
//! how far a linear decoder carries. Run with `--nocapture` to see the numbers.

mod decoder;
mod worms;

use decoder::accuracy;
use nervering_recording::{NeuronSet, Recording, State, StateCoding};
use nervering_simulate::{SimulationConfig, simulate};

fn animals(config: &SimulationConfig, seed: u64) -> Vec<Recording> {
    simulate(config, seed).unwrap().into_iter().map(|animal| animal.recording).collect()
}

/// Only the fifteen, which is all that these tests look at.
fn small(n_animals: usize) -> SimulationConfig {
    SimulationConfig { n_animals, n_other_neurons: 0, ..SimulationConfig::default() }
}

#[test]
fn states_transitions_and_bouts_are_those_of_the_five_worms() {
    use State::*;
    // Smallest and largest of the five worms, FACTS section 1.
    let fractions = [
        (DorsalTurn, 0.028, 0.074),
        (Forward, 0.019, 0.217),
        (Unknown, 0.006, 0.025),
        (Reverse1, 0.025, 0.062),
        (Reverse2, 0.025, 0.054),
        (SustainedReverse, 0.304, 0.378),
        (Slowing, 0.199, 0.461),
        (VentralTurn, 0.055, 0.132),
    ];
    let animals = animals(&small(60), 11);
    let in_range = |what: &str, values: Vec<f64>, low: f64, high: f64| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        println!("{what}: mean {mean:.3}, worms {low} to {high}");
        assert!((low..=high).contains(&mean), "{what}: mean {mean}");
        // Five worms do not show the extremes of sixty.
        let wide = values.iter().filter(|v| (0.6 * low..=1.4 * high).contains(*v)).count();
        assert!(wide * 10 >= values.len() * 9, "{what}: {wide} of {} near", values.len());
    };
    for (state, low, high) in fractions {
        let fraction = |animal: &Recording| {
            animal.behavior().unwrap().count(state) as f64 / animal.n_frames() as f64
        };
        in_range(state.known_name().unwrap(), animals.iter().map(fraction).collect(), low, high);
    }
    let bouts = |animal: &Recording| {
        let mut frames: Vec<_> = animal.behavior().unwrap().bouts().map(|bout| bout.1).collect();
        frames.sort_unstable();
        frames
    };
    let medians = animals.iter().map(|a| bouts(a)[bouts(a).len() / 2] as f64).collect();
    in_range("median bout", medians, 13., 20.);
    let transitions = animals.iter().map(|a| bouts(a).len() as f64 - 1.).collect();
    in_range("transitions", transitions, 99., 124.);
}

#[test]
fn traces_have_the_range_and_noise_of_real_ones() {
    let (mut lows, mut ranges, mut noises) = (Vec::new(), Vec::new(), Vec::new());
    for animal in animals(&small(10), 12) {
        for column in 0..15 {
            let trace: Vec<_> = animal.traces().neuron(column).collect();
            let low = trace.iter().copied().fold(f64::INFINITY, f64::min);
            let range = trace.iter().copied().fold(f64::NEG_INFINITY, f64::max) - low;
            let second = trace.windows(3).map(|w| (w[0] - 2. * w[1] + w[2]).powi(2));
            lows.push(low);
            ranges.push(range);
            noises.push((second.sum::<f64>() / trace.len() as f64 / 6.).sqrt() / range);
        }
    }
    let quantiles = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        [values.len() / 10, values.len() / 2, values.len() * 9 / 10].map(|k| values[k])
    };
    let [lows, ranges, noises] = [&mut lows, &mut ranges, &mut noises].map(quantiles);
    println!("10, 50, 90 %: lowest {lows:.3?}, range {ranges:.3?}, noise / range {noises:.3?}");
    // The real files: lowest −0.02 to 0.12, range 0.29 to 2.85 (median 1.2), noise 0.008 to 0.07.
    assert!(lows[0] > -0.15 && lows[2] < 0.12);
    assert!(ranges[0] > 0.29 && (0.8..1.8).contains(&ranges[1]) && ranges[2] < 2.85);
    assert!(noises[0] > 0.008 && noises[2] < 0.07);
}

#[test]
fn the_paper_neurons_are_shared_and_few_others_are() {
    let animals = animals(&SimulationConfig { duration_s: 30., ..Default::default() }, 13);
    assert_eq!(NeuronSet::Paper15.resolve(&animals).unwrap().len(), 15);
    let shared = NeuronSet::Shared.resolve(&animals).unwrap().len();
    assert!((15..=22).contains(&shared), "{shared}");
    for animal in &animals {
        assert_eq!(animal.neurons().len(), 105);
        let numbered = |(column, label): (usize, &nervering_recording::NeuronLabel)| {
            label.name().is_some() || label.to_string() == (column + 1).to_string()
        };
        assert!(animal.neurons().iter().enumerate().all(numbered));
    }
}

/// Mean over seeds of (within, across, chance).
fn decoded(config: &SimulationConfig, coding: StateCoding) -> [f64; 3] {
    let mut sum = [0.; 3];
    for seed in 0..4 {
        let found = accuracy(&animals(config, seed), coding.clone());
        for (sum, value) in sum.iter_mut().zip([found.within, found.across, found.chance]) {
            *sum += value / 4.;
        }
    }
    println!("variability {}, {coding:?}: {sum:.3?}", config.variability);
    sum
}

#[test]
fn a_decoder_is_better_than_chance_and_worse_on_other_animals() {
    let config = small(5);
    let [within, across, chance] = decoded(&config, StateCoding::Two);
    assert!((0.93..0.99).contains(&within) && (0.70..0.88).contains(&across));
    assert!(across > chance + 0.15);
    let [within_4, across_4, chance_4] = decoded(&config, StateCoding::Four);
    assert!(within_4 < within && across_4 < across);
    assert!(within_4 > 0.9 && across_4 > chance_4 + 0.08 && across_4 < within_4 - 0.2);
}

#[test]
fn without_variability_other_animals_are_as_good_as_ones_own() {
    let config = SimulationConfig { variability: 0., ..small(5) };
    let [within, across, _] = decoded(&config, StateCoding::Two);
    assert!((within - across).abs() < 0.01);
}

#[test]
fn variability_1_carries_as_far_as_the_real_worms() {
    let Some(worms) = worms::worms() else { return };
    let config = SimulationConfig { variability: 1., ..small(5) };
    for (coding, tolerance) in
        [(StateCoding::Two, 0.03), (StateCoding::Four, 0.08), (StateCoding::Seven, 0.12)]
    {
        let real = accuracy(&worms, coding.clone());
        println!("real, {coding:?}: {:.3?}", [real.within, real.across, real.chance]);
        let [within, across, _] = decoded(&config, coding.clone());
        assert!((within - real.within).abs() < tolerance, "{coding:?} within");
        assert!((across - real.across).abs() < tolerance, "{coding:?} across");
    }
}
