//! The backward pass of a network of the population, written out: from the gradient of a loss by what was
//! said to that by every parameter.

use super::network::{OF_WINDOW, Parameters, Part, Passed, Sizes, WIDTH};
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

/// The gradient by all parameters, in their order. `by_said` is `[frame, neuron, feature, head]`; of absent
/// neurons it is zero.
pub(super) fn gradient(network: &Parameters, passed: &Passed, by_said: &[f32]) -> Vec<f32> {
    let sizes = network.sizes;
    let mut found = Found { sizes, values: vec![0.; sizes.n_parameters()] };
    let [inner, inner_slopes] = &passed.inner;
    let [hidden, hidden_slopes] = &passed.hidden;

    found.layer(Part::Heads, Part::HeadsBias, hidden, by_said);
    let mut by_hidden = backwards(network, Part::Heads, by_said);
    times(&mut by_hidden, hidden_slopes);
    found.layer(Part::Hidden, Part::HiddenBias, inner, &by_hidden);
    let mut by_inner = backwards(network, Part::Hidden, &by_hidden);
    times(&mut by_inner, inner_slopes);

    // v = φ((1 + a) ⊙ u + c): from here `by_inner` becomes the gradient by u.
    let n_frames = passed.modulation.len() / (2 * WIDTH);
    let mut by_modulation = vec![0.; passed.modulation.len()];
    let identities = network.part(Part::Identity);
    let by_identity = found.part(Part::Identity);
    for frame in 0..n_frames {
        let shared = &passed.modulation[frame * 2 * WIDTH..][..WIDTH];
        let by_shared = &mut by_modulation[frame * 2 * WIDTH..][..2 * WIDTH];
        let (by_gains, by_shifts) = by_shared.split_at_mut(WIDTH);
        for neuron in 0..sizes.n_neurons {
            let at = (frame * sizes.n_neurons + neuron) * WIDTH;
            let by_row = &mut by_inner[at..at + WIDTH];
            let own = &passed.own[at..at + WIDTH];
            let identity = &identities[neuron * 2 * WIDTH..][..WIDTH];
            let (by_own_gains, by_own_shifts) =
                by_identity[neuron * 2 * WIDTH..][..2 * WIDTH].split_at_mut(WIDTH);
            for unit in 0..WIDTH {
                let by_gain = by_row[unit] * own[unit];
                by_gains[unit] += by_gain;
                by_own_gains[unit] += by_gain;
                by_shifts[unit] += by_row[unit];
                by_own_shifts[unit] += by_row[unit];
                by_row[unit] *= 1. + shared[unit] + identity[unit];
            }
        }
    }
    found.layer(Part::Own, Part::OwnBias, &passed.windows, &by_inner);
    found.layer(Part::Modulation, Part::ModulationBias, &passed.population, &by_modulation);
    let mut by_population = backwards(network, Part::Modulation, &by_modulation);
    times(&mut by_population, &passed.population_slopes);
    found.layer(Part::Population, Part::PopulationBias, &passed.windows, &by_population);
    debug_assert_eq!(passed.windows.len(), n_frames * sizes.n_neurons * OF_WINDOW);
    found.values
}

struct Found {
    sizes: Sizes,
    values: Vec<f32>,
}

impl Found {
    fn part(&mut self, part: Part) -> &mut [f32] {
        let [begin, length] = self.sizes.place(part);
        &mut self.values[begin..begin + length]
    }

    /// Of `y = x W + b`, from the gradient by `y`.
    fn layer(&mut self, matrix: Part, bias: Part, x: &[f32], by_y: &[f32]) {
        let [n_in, n_out] = self.sizes.shape(matrix);
        let n_rows = by_y.len() / n_out;
        let x = MatRef::from_row_major_slice(x, n_rows, n_in);
        let by = MatRef::from_row_major_slice(by_y, n_rows, n_out);
        let to = MatMut::from_row_major_slice_mut(self.part(matrix), n_in, n_out);
        matmul(to, Accum::Replace, x.transpose(), by, 1., Par::Seq);
        let sums = self.part(bias);
        for row in by_y.chunks_exact(n_out) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
    }
}

/// `g Wᵀ`, the gradient by the inputs of a layer.
fn backwards(network: &Parameters, matrix: Part, by_y: &[f32]) -> Vec<f32> {
    let [n_in, n_out] = network.sizes.shape(matrix);
    let n_rows = by_y.len() / n_out;
    let mut by_x = vec![0.; n_rows * n_in];
    let to = MatMut::from_row_major_slice_mut(&mut by_x, n_rows, n_in);
    let by = MatRef::from_row_major_slice(by_y, n_rows, n_out);
    matmul(to, Accum::Replace, by, network.matrix(matrix).transpose(), 1., Par::Seq);
    by_x
}

fn times(values: &mut [f32], factors: &[f32]) {
    values.iter_mut().zip(factors).for_each(|(value, factor)| *value *= factor);
}
