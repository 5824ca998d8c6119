//! The written-out passes against the same network composed of `burn`'s operations, and what a mask means.

use super::gradient::gradient;
use super::network::{Frames, OF_WINDOW, Parameters, Part, Sizes, WIDTH};
use super::{EPOCHS, Missed, N_NETWORKS, Population};
use crate::forecast::HEADS;
use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SIZES: Sizes = Sizes { n_neurons: 3, n_features: 2 };
const N_FRAMES: usize = 5;

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(11)
}

fn drawn(n: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    (0..n).map(|_| 2. * rng.random::<f32>() - 1.).collect()
}

/// One that says something: no part of it is zero.
fn network(rng: &mut ChaCha8Rng) -> Parameters {
    let begun = Parameters::drawn(SIZES, rng);
    Parameters { values: drawn(begun.values.len(), rng).iter().map(|v| 0.4 * v).collect(), ..begun }
}

/// The equations of the module on tensors: what is said, `[frame · neuron, output]`, and the parameters.
fn composed(
    network: &Parameters,
    frames: Frames<'_>,
    kept: Option<&[f32]>,
) -> (Tensor<2>, Vec<Tensor<2>>) {
    let device = Device::flex().autodiff();
    let tensor = |values: &[f32], shape: [usize; 2]| {
        Tensor::<2>::from_data(TensorData::new(values.to_vec(), shape), &device)
    };
    let parameters: Vec<Tensor<2>> =
        Part::ALL.map(|part| tensor(network.part(part), SIZES.shape(part)).require_grad()).to_vec();
    let of = |part: Part| parameters[Part::ALL.iter().position(|p| *p == part).unwrap()].clone();
    let gelu = |x: Tensor<2>| {
        let cube = x.clone() * x.clone() * x.clone();
        let inner = (x.clone() + cube * 0.044715) * (2. / std::f64::consts::PI).sqrt();
        x * (inner.tanh() + 1.) * 0.5
    };
    let (n_frames, n) = (frames.present.len() / SIZES.n_neurons, SIZES.n_neurons);
    let mask: Vec<f32> = frames.present.iter().map(|&is| f32::from(u8::from(is))).collect();
    let mask = tensor(&mask, [n_frames * n, 1]);
    let windows = tensor(frames.windows, [n_frames * n, OF_WINDOW]) * mask.clone();
    let own = windows.clone().matmul(of(Part::Own)) + of(Part::OwnBias);
    let side_by_side = windows.reshape([n_frames, n * OF_WINDOW]);
    let mut population = gelu(side_by_side.matmul(of(Part::Population)) + of(Part::PopulationBias));
    if let Some(kept) = kept {
        population = population * tensor(kept, [n_frames, WIDTH]);
    }
    let shared = population.matmul(of(Part::Modulation)) + of(Part::ModulationBias);
    let of_neurons =
        shared.reshape([n_frames, 1, 2 * WIDTH]) + of(Part::Identity).reshape([1, n, 2 * WIDTH]);
    let of_neurons = of_neurons.reshape([n_frames * n, 2 * WIDTH]);
    let gains = of_neurons.clone().narrow(1, 0, WIDTH) + 1.;
    let inner = gelu(gains * own + of_neurons.narrow(1, WIDTH, WIDTH));
    let hidden = gelu(inner.matmul(of(Part::Hidden)) + of(Part::HiddenBias));
    let said = hidden.matmul(of(Part::Heads)) + of(Part::HeadsBias);
    (said * mask, parameters)
}

fn values(t: Tensor<2>) -> Vec<f32> {
    t.into_data().convert::<f32>().try_to_vec().unwrap()
}

/// Whether two vectors are the same but for rounding.
fn assert_close(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let norm = expected.iter().map(|x| x * x).sum::<f32>().sqrt();
    let apart = found.iter().zip(expected).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt();
    assert!(norm > 1e-3 && apart < 1e-5 * norm, "{what}: {apart} of {norm}");
}

#[test]
fn passes_are_those_of_the_composed_network() {
    let rng = &mut rng();
    let network = network(rng);
    let windows = drawn(N_FRAMES * SIZES.n_inputs(), rng);
    let present: Vec<bool> = (0..N_FRAMES * SIZES.n_neurons).map(|k| k % 4 != 1).collect();
    let frames = Frames { windows: &windows, present: &present };
    let dropped: Vec<f32> = (0..N_FRAMES * WIDTH).map(|k| [0., 1.4, 1.4][k % 3]).collect();
    for kept in [None, Some(dropped.as_slice())] {
        let (expected, parameters) = composed(&network, frames, kept);
        let passed = network.passed(frames, kept);
        assert_close(&passed.said, &values(expected.clone()), "said");
        // Of half the sum of squares the gradient by what was said is what was said.
        let found = gradient(&network, &passed, &passed.said);
        let gradients = ((expected.clone() * expected).sum() * 0.5).backward();
        for (part, parameter) in Part::ALL.into_iter().zip(parameters) {
            let expected = values(parameter.grad(&gradients).unwrap());
            let [begin, length] = SIZES.place(part);
            assert_close(&found[begin..begin + length], &expected, part.name());
        }
    }
}

#[test]
fn what_stands_in_absent_neurons_changes_no_bit() {
    let rng = &mut rng();
    let network = network(rng);
    let windows = drawn(SIZES.n_inputs(), rng);
    let present = [true, false, true];
    let said = |filled: f32| {
        let mut windows = windows.clone();
        windows[OF_WINDOW..2 * OF_WINDOW].fill(filled);
        let frames = Frames { windows: &windows, present: &present };
        let passed = network.passed(frames, None);
        (passed.said.clone(), gradient(&network, &passed, &passed.said))
    };
    let still = said(0.);
    assert!(still.0[SIZES.of_neuron()..2 * SIZES.of_neuron()].iter().all(|value| *value == 0.));
    for filled in [1e30, f32::NAN, f32::INFINITY] {
        assert_eq!(still, said(filled));
    }
}

#[test]
fn a_network_that_has_learnt_nothing_corrects_nothing() {
    let network = Parameters::drawn(SIZES, &mut rng());
    let windows = drawn(SIZES.n_inputs(), &mut rng());
    let said = network.said(Frames { windows: &windows, present: &[true; 3] });
    assert!(said.iter().all(|value| *value == 0.));
}

/// An animal whose first neuron is to be corrected by the product of the two others.
fn animal(n_frames: usize, rng: &mut ChaCha8Rng) -> Missed {
    let windows = drawn(n_frames * SIZES.n_inputs(), rng);
    let of_frame = |windows: &[f32]| {
        let mut missed = vec![0.; SIZES.n_outputs()];
        missed[..HEADS].fill(3. * windows[OF_WINDOW] * windows[2 * OF_WINDOW]);
        missed
    };
    Missed {
        missed: windows.chunks_exact(SIZES.n_inputs()).flat_map(of_frame).collect(),
        present: vec![true; n_frames * SIZES.n_neurons],
        squares: vec![1.; SIZES.of_neuron()],
        windows,
    }
}

#[test]
fn an_ensemble_learns_a_product_and_the_same_one_each_time() {
    for n_animals in [1, 3] {
        let animals: Vec<Missed> =
            (0..n_animals).map(|_| animal(4_500 / n_animals, &mut rng())).collect();
        let population = Population::fit(SIZES, &animals, &mut rng());
        assert_eq!(population, Population::fit(SIZES, &animals, &mut rng()));
        assert_eq!((population.networks.len(), population.epochs.len()), (N_NETWORKS, N_NETWORKS));
        assert!(population.epochs.iter().all(|&epoch| 0 < epoch && epoch <= EPOCHS));
        let new = animal(200, &mut ChaCha8Rng::seed_from_u64(99));
        let (mut errors, mut squares) = (0., 0.);
        for (windows, missed) in new
            .windows
            .chunks_exact(SIZES.n_inputs())
            .zip(new.missed.chunks_exact(SIZES.n_outputs()))
        {
            let said = population.correction(windows, &[true; 3]);
            errors += (said[0] - f64::from(missed[0])).powi(2);
            squares += f64::from(missed[0]).powi(2);
        }
        assert!(errors < 0.6 * squares, "{errors} of {squares}");
    }
}

/// Numbers of `tests/population/reference.py`, whose header says what goes in.
#[derive(serde::Deserialize)]
struct Reference {
    said: Vec<f32>,
    gradients: Vec<(String, usize, f32)>,
}

#[test]
fn passes_are_those_of_another_program() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/population/reference.json");
    let text = std::fs::read_to_string(path).unwrap();
    let reference: Reference = serde_json::from_str(&text).unwrap();
    let wave = |rate: f64, phase: f64, k: usize| (rate * k as f64 + phase).sin();
    let of_part = |(at, part): (usize, Part)| {
        let n = SIZES.shape(part).iter().product();
        (0..n).map(move |k| (0.3 * wave(0.7, 1.3 * at as f64, k)) as f32)
    };
    let values = Part::ALL.into_iter().enumerate().flat_map(of_part).collect();
    let network = Parameters { sizes: SIZES, values };
    let n_frames = 3;
    let windows: Vec<f32> =
        (0..n_frames * SIZES.n_inputs()).map(|k| wave(0.37, 0.1, k) as f32).collect();
    let present: Vec<bool> = (0..n_frames * SIZES.n_neurons).map(|k| k % 4 != 1).collect();
    let kept: Vec<f32> = (0..n_frames * WIDTH).map(|k| if k % 3 == 0 { 0. } else { 1.4 }).collect();
    let passed = network.passed(Frames { windows: &windows, present: &present }, Some(&kept));
    assert_close(&passed.said, &reference.said, "said");
    let all = gradient(&network, &passed, &passed.said);
    for part in Part::ALL {
        let of_part = reference.gradients.iter().filter(|(name, ..)| name == part.name());
        let [begin, _] = SIZES.place(part);
        let (found, expected): (Vec<f32>, Vec<f32>) =
            of_part.map(|(_, at, value)| (all[begin + at], *value)).unzip();
        assert!(expected.len() > 2, "{}", part.name());
        assert_close(&found, &expected, part.name());
    }
}
