//! Kernel of the LSTM's cell: what follows the products with its weights, row by row. Rows are
//! whole panels of sixteen units.

use super::simd::{InstructionSet, Kernel, Simd, dispatch};

/// One step of some rows.
#[derive(Clone, Copy)]
pub(crate) struct Cell<'a> {
    /// Input, forget, cell and output gates before their non-linearities, `[row, 4 · width]`.
    pub(crate) gates: &'a [f32],
    /// Hidden state and cell before the step, `[row, 2 · width]`.
    pub(crate) before: &'a [f32],
    pub(crate) width: usize,
}

/// Appends hidden state and cell after the step to `after`, and the gates after their
/// non-linearities to `open`.
pub(crate) fn forward(set: InstructionSet, cell: Cell, after: &mut Vec<f32>, open: &mut Vec<f32>) {
    dispatch(set, Forward { cell, after, open })
}

/// Appends the gradients of gates and state before, for `gradient` of hidden state and cell after
/// the step. Of `cell`, the gates are those after their non-linearities; `after` is the result.
pub(crate) fn backward(
    set: InstructionSet,
    cell: Cell,
    after: &[f32],
    gradient: &[f32],
    dgates: &mut Vec<f32>,
    dbefore: &mut Vec<f32>,
) {
    dispatch(set, Backward { cell, after, gradient, dgates, dbefore })
}

/// `1 / (1 + e^−x)`.
#[inline(always)]
fn logistic<S: Simd>(s: S, x: S::V) -> S::V {
    let mut values = [0f32; 16];
    s.store(s.exp(s.sub(s.zero(), x)), &mut values);
    for value in &mut values {
        *value = 1. / (1. + *value);
    }
    s.load(&values)
}

/// To about 1e-7 absolute.
#[inline(always)]
fn tanh<S: Simd>(s: S, x: S::V) -> S::V {
    s.mul_add(s.splat(2.), logistic(s, s.add(x, x)), s.splat(-1.))
}

struct Forward<'a> {
    cell: Cell<'a>,
    after: &'a mut Vec<f32>,
    open: &'a mut Vec<f32>,
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) {
        let n = self.cell.width / 16;
        let gates = self.cell.gates.as_chunks::<16>().0.chunks_exact(4 * n);
        let before = self.cell.before.as_chunks::<16>().0.chunks_exact(2 * n);
        let (mut after, mut open) = (vec![[0f32; 16]; 2 * n], vec![[0f32; 16]; 4 * n]);
        for (gates, before) in gates.zip(before) {
            for k in 0..n {
                let input = logistic(s, s.load(&gates[k]));
                let forget = logistic(s, s.load(&gates[n + k]));
                let candidate = tanh(s, s.load(&gates[2 * n + k]));
                let output = logistic(s, s.load(&gates[3 * n + k]));
                let kept = s.mul(forget, s.load(&before[n + k]));
                let cell = s.mul_add(input, candidate, kept);
                s.store(s.mul(output, tanh(s, cell)), &mut after[k]);
                s.store(cell, &mut after[n + k]);
                for (at, gate) in [input, forget, candidate, output].into_iter().enumerate() {
                    s.store(gate, &mut open[at * n + k]);
                }
            }
            self.after.extend_from_slice(after.as_flattened());
            self.open.extend_from_slice(open.as_flattened());
        }
    }
}

struct Backward<'a> {
    cell: Cell<'a>,
    after: &'a [f32],
    gradient: &'a [f32],
    dgates: &'a mut Vec<f32>,
    dbefore: &'a mut Vec<f32>,
}

impl Kernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) {
        let n = self.cell.width / 16;
        let states = |values| <[f32]>::as_chunks::<16>(values).0.chunks_exact(2 * n);
        let open = self.cell.gates.as_chunks::<16>().0.chunks_exact(4 * n);
        let (mut dgates, mut dbefore) = (vec![[0f32; 16]; 4 * n], vec![[0f32; 16]; 2 * n]);
        let one = s.splat(1.);
        // Slopes from the values: of the logistic function y (1 − y), of tanh 1 − y².
        let of_logistic = |y: S::V| s.mul(y, s.sub(one, y));
        let of_tanh = |y: S::V| s.sub(one, s.mul(y, y));
        let rows = open.zip(states(self.cell.before)).zip(states(self.after));
        for (((open, before), after), gradient) in rows.zip(states(self.gradient)) {
            for k in 0..n {
                let [input, forget, candidate, output] =
                    [0, 1, 2, 3].map(|at| s.load(&open[at * n + k]));
                let bounded = tanh(s, s.load(&after[n + k]));
                let dhidden = s.load(&gradient[k]);
                let through = s.mul(s.mul(dhidden, output), of_tanh(bounded));
                let dcell = s.add(s.load(&gradient[n + k]), through);
                let dinput = s.mul(s.mul(dcell, candidate), of_logistic(input));
                let kept = s.load(&before[n + k]);
                let dforget = s.mul(s.mul(dcell, kept), of_logistic(forget));
                let dcandidate = s.mul(s.mul(dcell, input), of_tanh(candidate));
                let doutput = s.mul(s.mul(dhidden, bounded), of_logistic(output));
                for (at, d) in [dinput, dforget, dcandidate, doutput].into_iter().enumerate() {
                    s.store(d, &mut dgates[at * n + k]);
                }
                s.store(s.mul(dcell, forget), &mut dbefore[n + k]);
            }
            self.dgates.extend_from_slice(dgates.as_flattened());
            self.dbefore.extend_from_slice(dbefore.as_flattened());
        }
    }
}
