//! The information of one neuron and the state within one animal, from counts of bins: as many frames in
//! each quarter of the trace, and in each third of the derivative. Counted information is too high, and
//! the more so as neighbouring frames are alike: the bias is measured by moving the states along the
//! recording in a circle, which keeps the autocorrelation of both.

use super::config::InformationConfig;
use crate::shifts::{ShiftTest, shift_test};
use nervering_prepare::{N_FEATURES, Prepared};
use nervering_statistics::seed::generator;

/// Bins of the trace.
const N_TRACE: usize = 4;
/// Bins of the derivative.
const N_DERIVATIVE: usize = 3;

/// Bits as they were counted, and what shifts gave; `None` where there is nothing to count.
pub(super) fn binned(
    animal: &Prepared,
    neuron: usize,
    seconds: &[f64],
    config: InformationConfig,
) -> Option<(f64, ShiftTest)> {
    let n_inputs = animal.neurons.len() * N_FEATURES;
    let feature = |k: usize| -> Vec<f32> {
        animal.features.iter().skip(neuron * N_FEATURES + k).step_by(n_inputs).copied().collect()
    };
    let [trace, derivative] =
        [quantiles(&feature(0), N_TRACE), quantiles(&feature(1), N_DERIVATIVE)];
    let bins: Vec<usize> =
        trace.iter().zip(&derivative).map(|(t, d)| t * N_DERIVATIVE + d).collect();
    let n_states = animal.coding.n_classes();
    let bits = |shift: usize| mutual_information(&bins, &animal.labels, n_states, shift);
    let found = bits(0)?;
    let parts = ["information", animal.neurons[neuron].as_str(), &animal.animal];
    let mut rng = generator(config.seed, &parts);
    let shifted = shift_test(found, seconds, config.n_shifts, &mut rng, bits)?;
    Some((found, shifted))
}

/// The part of the sorted values that each lies in, of `n` parts of as many values.
fn quantiles(values: &[f32], n: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut part = vec![0; values.len()];
    for (rank, &frame) in order.iter().enumerate() {
        part[frame] = rank * n / values.len();
    }
    part
}

/// Information of bins and states in bits, counted over the frames of known state; `shift` moves the
/// states that many frames on. `None` without such a frame.
fn mutual_information(
    bins: &[usize],
    labels: &[Option<u8>],
    n_states: usize,
    shift: usize,
) -> Option<f64> {
    let n_bins = N_TRACE * N_DERIVATIVE;
    let mut joint = vec![0.; n_bins * n_states];
    for (frame, &bin) in bins.iter().enumerate() {
        if let Some(state) = labels[(frame + labels.len() - shift) % labels.len()] {
            joint[bin * n_states + usize::from(state)] += 1.;
        }
    }
    let total: f64 = joint.iter().sum();
    let of_bin = |bin: usize| joint[bin * n_states..][..n_states].iter().sum::<f64>();
    let of_state = |state: usize| (0..n_bins).map(|bin| joint[bin * n_states + state]).sum::<f64>();
    let (bins, states): (Vec<f64>, Vec<f64>) =
        ((0..n_bins).map(of_bin).collect(), (0..n_states).map(of_state).collect());
    let term = |(k, &count): (usize, &f64)| match count > 0. {
        true => count / total * (count * total / bins[k / n_states] / states[k % n_states]).log2(),
        false => 0.,
    };
    (total > 0.).then(|| joint.iter().enumerate().map(term).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn information_of_known_counts() {
        // A bin for each of two states: one bit; two states that bins do not tell apart: none.
        let labels: Vec<Option<u8>> = (0..40).map(|t| Some(u8::from(t % 2 == 1))).collect();
        let told: Vec<usize> = (0..40).map(|t| 5 * (t % 2)).collect();
        let bits = |bins: &[usize], shift| mutual_information(bins, &labels, 2, shift).unwrap();
        assert!((bits(&told, 0) - 1.).abs() < 1e-12);
        assert!((bits(&told, 7) - 1.).abs() < 1e-12);
        let blind: Vec<usize> = (0..40).map(|t| t / 2 % 2).collect();
        assert!(bits(&blind, 0).abs() < 1e-12);
        // 3/8 and 1/8 on either side: 1 − H(1/4).
        let partly: Vec<usize> = (0..40).map(|t| if t < 20 { t % 2 } else { t / 2 % 2 }).collect();
        let h = 2. - 0.75 * 3f64.log2();
        assert!((bits(&partly, 0) - (1. - h)).abs() < 1e-12, "{}", bits(&partly, 0));
        assert_eq!(mutual_information(&[0, 1], &[None, None], 2, 0), None);
    }

    #[test]
    fn quantiles_hold_as_many_values_each() {
        let values = [5., 1., 4., 2., 3., 0.];
        assert_eq!(quantiles(&values, 3), [2, 0, 2, 1, 1, 0]);
        assert_eq!(quantiles(&[1.; 4], 2), [0, 0, 1, 1]);
    }
}
