//! Ridge regression from moments: [`Moments`] of any frames add up, and are solved in closed form for
//! all neurons and steps ahead at once.
//!
//! Each neuron is penalised in its own way, little on its own inputs and more on those of others, which
//! would be one factorisation per neuron. But two neurons' equations differ in the eight penalties of
//! either's own inputs alone: one inverse serves all, and a correction of rank eight each (Woodbury).

use super::heads::HEADS;
use super::watched::OF_NEURON;
use faer::linalg::matmul::matmul;
use faer::linalg::solvers::Solve;
use faer::{Accum, Mat, Par, Side};

/// Penalties per unit of the mean square of inputs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Penalties {
    /// On the inputs of the neuron that is forecast.
    pub(super) own: f64,
    /// On those of the others.
    pub(super) others: f64,
}

/// Sums of products over frames.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Moments {
    /// `[input, input]`; the constant is the last input.
    pub(super) inputs: Mat<f64>,
    /// `[input, output]`, outputs being `[neuron, feature, head]`.
    pub(super) outputs: Mat<f64>,
    /// Sum of squares of each output.
    pub(super) squares: Vec<f64>,
    /// Frames, or what they count for.
    pub(super) count: f64,
}

impl Moments {
    /// Of no frame.
    pub(super) fn none(n_inputs: usize, n_outputs: usize) -> Self {
        Self {
            inputs: Mat::zeros(n_inputs, n_inputs),
            outputs: Mat::zeros(n_inputs, n_outputs),
            squares: vec![0.; n_outputs],
            count: 0.,
        }
    }

    /// Adds frames, each with inputs and outputs, row-major in `rows`.
    pub(super) fn add_rows(&mut self, rows: &Rows) {
        let n = rows.n();
        if n == 0 {
            return;
        }
        let (n_inputs, n_outputs) = (self.inputs.nrows(), self.squares.len());
        let x = Mat::from_fn(n_inputs, n, |k, row| rows.inputs[row * n_inputs + k]);
        let y = Mat::from_fn(n, n_outputs, |row, k| rows.outputs[row * n_outputs + k]);
        let add = Accum::Add;
        matmul(&mut self.inputs, add, &x, x.transpose(), 1., Par::Seq);
        matmul(&mut self.outputs, add, &x, &y, 1., Par::Seq);
        for row in rows.outputs.chunks_exact(n_outputs) {
            self.squares.iter_mut().zip(row).for_each(|(sum, value)| *sum += value * value);
        }
        self.count += n as f64;
    }

    /// The same of traces alone.
    pub(super) fn of_traces(&self, n_features: usize) -> Self {
        let squares = self.squares.chunks_exact(HEADS).step_by(n_features).flatten();
        Self {
            inputs: self.inputs.clone(),
            outputs: columns_of_traces(&self.outputs, n_features),
            squares: squares.copied().collect(),
            count: self.count,
        }
    }

    /// Adds other moments, `weight` times.
    pub(super) fn add(&mut self, other: &Self, weight: f64) {
        self.inputs += faer::Scale(weight) * &other.inputs;
        self.outputs += faer::Scale(weight) * &other.outputs;
        self.squares.iter_mut().zip(&other.squares).for_each(|(sum, s)| *sum += weight * s);
        self.count += weight * other.count;
    }

    /// Mean square of what is to be said of traces: what copying is wrong by.
    pub(super) fn mean_square(&self, n_features: usize) -> f64 {
        let of_traces = self.squares.chunks_exact(HEADS).step_by(n_features).flatten();
        let n = self.squares.len() / n_features;
        of_traces.sum::<f64>() / (self.count * n as f64)
    }

    /// What each frame of an animal is to count for, where animals are to count alike whether they
    /// are long or short, lively or calm. Nothing of one that never moved.
    pub(super) fn weight(&self, n_features: usize) -> f64 {
        let square = self.count * self.mean_square(n_features);
        if square > 0. { 1. / square } else { 0. }
    }

    /// Starts to solve, with this penalty on the inputs of other neurons; nothing where the equations
    /// have no answer.
    pub(super) fn factorised(&self, others: f64) -> Option<Factorised> {
        let n = self.inputs.nrows();
        let penalty = |k: usize| if k + 1 == n { 0. } else { others };
        let matrix =
            Mat::from_fn(n, n, |a, b| self.inputs[(a, b)] + if a == b { penalty(a) } else { 0. });
        let cholesky = matrix.llt(Side::Lower).ok()?;
        let inverse = cholesky.solve(Mat::<f64>::identity(n, n));
        let mut weights = Mat::zeros(n, self.outputs.ncols());
        matmul(&mut weights, Accum::Replace, &inverse, &self.outputs, 1., Par::Seq);
        Some(Factorised { others, inverse, weights })
    }

    /// Weights, `[input, output]`.
    pub(super) fn solve(&self, penalties: Penalties) -> Option<Mat<f64>> {
        self.factorised(penalties.others)?.with_own(penalties.own)
    }

    /// By how much of these moments' squares the squared errors of `weights` are less, mean over the
    /// steps ahead: the skill over copying, in traces, with every neuron in units of its SD.
    pub(super) fn skill(&self, weights: &Mat<f64>, n_features: usize) -> f64 {
        let mut fitted = Mat::zeros(weights.nrows(), weights.ncols());
        matmul(&mut fitted, Accum::Replace, &self.inputs, weights, 1., Par::Seq);
        let (mut gains, mut squares) = ([0.; HEADS], [0.; HEADS]);
        for output in 0..weights.ncols() {
            if !(output / HEADS).is_multiple_of(n_features) {
                continue;
            }
            let columns = weights.col(output).iter().zip(fitted.col(output).iter());
            let gain: f64 = columns
                .zip(self.outputs.col(output).iter())
                .map(|((w, fitted), product)| w * (2. * product - fitted))
                .sum();
            gains[output % HEADS] += gain;
            squares[output % HEADS] += self.squares[output];
        }
        let skills = gains.iter().zip(&squares).map(|(gain, square)| gain / square);
        skills.sum::<f64>() / HEADS as f64
    }
}

/// Those of `[…, neuron, feature, head]` that are of the first feature.
pub(super) fn columns_of_traces(all: &Mat<f64>, n_features: usize) -> Mat<f64> {
    let column = |k: usize| k / HEADS * n_features * HEADS + k % HEADS;
    Mat::from_fn(all.nrows(), all.ncols() / n_features, |row, k| all[(row, column(k))])
}

/// Equations solved as if every neuron were penalised as the others of another.
pub(super) struct Factorised {
    others: f64,
    inverse: Mat<f64>,
    weights: Mat<f64>,
}

impl Factorised {
    /// Weights with another penalty on each neuron's own inputs; nothing without a finite answer.
    pub(super) fn with_own(&self, own: f64) -> Option<Mat<f64>> {
        let mut weights = self.weights.clone();
        let n_inputs = weights.nrows();
        let n_neurons = n_inputs / OF_NEURON;
        let per_neuron = weights.ncols() / n_neurons;
        let less = self.others - own;
        if less != 0. {
            for neuron in 0..n_neurons {
                let (first, output) = (neuron * OF_NEURON, neuron * per_neuron);
                let of_own = self.inverse.submatrix(first, first, OF_NEURON, OF_NEURON);
                let inner = Mat::from_fn(OF_NEURON, OF_NEURON, |a, b| {
                    (if a == b { 1. / less } else { 0. }) - of_own[(a, b)]
                });
                let right = self.weights.submatrix(first, output, OF_NEURON, per_neuron);
                let right = inner.partial_piv_lu().solve(right);
                let columns = self.inverse.submatrix(0, first, n_inputs, OF_NEURON);
                let corrected = weights.submatrix_mut(0, output, n_inputs, per_neuron);
                matmul(corrected, Accum::Add, columns, &right, 1., Par::Seq);
            }
        }
        let is_finite = weights.col_iter().all(|column| column.iter().all(|w| w.is_finite()));
        is_finite.then_some(weights)
    }
}

/// Inputs and outputs of frames, one after the other.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    n: usize,
    inputs: Vec<f64>,
    outputs: Vec<f64>,
}

impl Rows {
    pub(super) fn push(&mut self, inputs: &[f64], outputs: &[f64]) {
        self.n += 1;
        self.inputs.extend_from_slice(inputs);
        self.outputs.extend_from_slice(outputs);
    }

    pub(super) fn n(&self) -> usize {
        self.n
    }

    pub(super) fn clear(&mut self) {
        self.n = 0;
        self.inputs.clear();
        self.outputs.clear();
    }
}

/// `[output]`: what weights make of inputs. Eight sums side by side, in an order that does not depend on
/// the machine.
pub(super) fn applied(weights: &Mat<f64>, inputs: &[f64]) -> Vec<f64> {
    let (inputs8, rest) = inputs.as_chunks::<8>();
    let of_output = |output: usize| {
        let (column8, last) = weights.col_as_slice(output).as_chunks::<8>();
        let mut sums = [0.; 8];
        for (w, x) in column8.iter().zip(inputs8) {
            for k in 0..8 {
                sums[k] += w[k] * x[k];
            }
        }
        let last: f64 = last.iter().zip(rest).map(|(w, x)| w * x).sum();
        sums.iter().sum::<f64>() + last
    };
    (0..weights.ncols()).map(of_output).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers between −1 and 1 without a pattern.
    fn noise(seed: usize) -> f64 {
        let x = (seed as f64 * 12.9898 + 4.1).sin() * 43758.5453;
        2. * (x - x.floor()) - 1.
    }

    #[test]
    fn weights_are_those_of_a_plain_dense_solve_for_each_neuron() {
        let (n_neurons, n_features, n_rows) = (3, 2, 60);
        let (p, o) = (n_neurons * OF_NEURON + 1, n_neurons * n_features * HEADS);
        let input = |row: usize, k: usize| if k + 1 == p { 1. } else { noise(row * p + k) };
        let output = |row: usize, k: usize| input(row, k % (p - 1)) / 2. + noise(7919 * row + k);
        let mut moments = Moments::none(p, o);
        // In two parts, the second of which counts for three.
        let mut parts = [Moments::none(p, o), Moments::none(p, o)];
        for (part, moments) in parts.iter_mut().enumerate() {
            let mut rows = Rows::default();
            for row in part * 40..[40, n_rows][part] {
                let x: Vec<f64> = (0..p).map(|k| input(row, k)).collect();
                let y: Vec<f64> = (0..o).map(|k| output(row, k)).collect();
                rows.push(&x, &y);
            }
            moments.add_rows(&rows);
        }
        let weight = |row: usize| if row < 40 { 1f64 } else { 3. };
        moments.add(&parts[0], 1.);
        moments.add(&parts[1], 3.);
        for penalties in [
            Penalties { own: 0.003, others: 3. },
            Penalties { own: 2., others: 0.1 },
            Penalties { own: 0.5, others: 0.5 },
        ] {
            let found = moments.solve(penalties).unwrap();
            for neuron in 0..n_neurons {
                let penalty = |k: usize| match k {
                    k if k + 1 == p => 0f64,
                    k if k / OF_NEURON == neuron => penalties.own,
                    _ => penalties.others,
                };
                // Rows weighted, and penalties as rows of their own: least squares by QR.
                let x = Mat::from_fn(n_rows + p, p, |row, k| match row.checked_sub(n_rows) {
                    None => weight(row).sqrt() * input(row, k),
                    Some(at) => {
                        if at == k {
                            penalty(k).sqrt()
                        } else {
                            0.
                        }
                    }
                });
                let columns = neuron * n_features * HEADS..(neuron + 1) * n_features * HEADS;
                for column in columns {
                    let y = Mat::from_fn(n_rows + p, 1, |row, _| match row < n_rows {
                        true => weight(row).sqrt() * output(row, column),
                        false => 0.,
                    });
                    let expected = faer::linalg::solvers::SolveLstsq::solve_lstsq(&x.qr(), &y);
                    for k in 0..p {
                        let (found, expected) = (found[(k, column)], expected[(k, 0)]);
                        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
                    }
                }
            }
            // The skill on the same rows, by hand.
            let skill = parts[0].skill(&found, n_features);
            let (mut errors, mut squares) = ([0.; HEADS], [0.; HEADS]);
            for row in 0..40 {
                let x: Vec<f64> = (0..p).map(|k| input(row, k)).collect();
                for (k, said) in applied(&found, &x).iter().enumerate() {
                    if (k / HEADS).is_multiple_of(n_features) {
                        errors[k % HEADS] += (said - output(row, k)).powi(2);
                        squares[k % HEADS] += output(row, k).powi(2);
                    }
                }
            }
            let by_hand = (0..HEADS).map(|h| 1. - errors[h] / squares[h]).sum::<f64>();
            assert!((skill - by_hand / HEADS as f64).abs() < 1e-9);
        }
    }
}
