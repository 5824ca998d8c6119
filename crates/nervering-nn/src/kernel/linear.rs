//! Kernel of a linear layer, for one replica: `y[row] = b + x[row] · w`, to whole panels.

use super::lines::Lines;
use super::outer::{GRADIENT_CHUNK, Sums, add_outer};
use super::product::{Panels, Plain, TILE, product};
use super::simd::{InstructionSet, Kernel, Simd, dispatch};

/// Rows and parameters of one replica: `[row, n_in]`, `[n_in, n_out]`, `[n_out]`.
#[derive(Clone, Copy)]
pub(crate) struct Linear<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) w: &'a [f32],
    pub(crate) b: &'a [f32],
}

/// Gradients of one replica, each appended to what is there; that of `x` where it is wanted.
pub(crate) struct Gradients<'a> {
    pub(crate) x: Option<&'a mut Vec<f32>>,
    pub(crate) w: &'a mut Vec<f32>,
    pub(crate) b: &'a mut Vec<f32>,
}

/// Appends `y [row, n_out]`.
pub(crate) fn forward(set: InstructionSet, of: Linear, y: &mut Vec<f32>) {
    dispatch(set, Forward { of, y })
}

/// Appends the gradients for `gradient` of `y`.
pub(crate) fn backward(set: InstructionSet, of: Linear, gradient: &[f32], gradients: Gradients) {
    dispatch(set, Backward { of, gradient, gradients })
}

impl Linear<'_> {
    fn n_in(&self) -> usize {
        self.w.len() / self.b.len()
    }
}

struct Forward<'a> {
    of: Linear<'a>,
    y: &'a mut Vec<f32>,
}

impl Kernel for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) {
        let Self { of, y } = self;
        let (n_in, n_out) = (of.n_in(), of.b.len());
        let w = Panels::pack(of.w, n_in, n_out);
        let b = Lines::pad(of.b);
        let begin = y.len();
        y.resize(begin + of.x.len() / n_in * n_out, 0.);
        let y: &mut [[f32; 16]] = y[begin..].as_chunks_mut().0;
        for (x, y) in of.x.chunks(TILE * n_in).zip(y.chunks_mut(TILE * n_out / 16)) {
            product(s, x, &w, &b, Plain, y);
        }
    }
}

struct Backward<'a> {
    of: Linear<'a>,
    gradient: &'a [f32],
    gradients: Gradients<'a>,
}

impl Kernel for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) {
        let Self { of, gradient, gradients } = self;
        let (n_in, n_out) = (of.n_in(), of.b.len());
        let n_panels = n_out / 16;
        let (mut w, mut b) = (Sums::new(n_in * n_panels), Sums::new(n_panels));
        let gradient: &[[f32; 16]] = gradient.as_chunks().0;
        let chunks = of.x.chunks(GRADIENT_CHUNK * n_in);
        for (n_before, (x, gradient)) in
            chunks.zip(gradient.chunks(GRADIENT_CHUNK * n_panels)).enumerate()
        {
            if n_before > 0 {
                w.flush();
                b.flush();
            }
            add_outer(s, x, n_in, gradient, &mut w.chunk, Some(&mut b.chunk));
        }
        w.append_to(gradients.w);
        b.append_to(gradients.b);
        let Some(dx) = gradients.x else { return };
        let back = Panels::pack_transposed(of.w, n_out, n_in);
        let no_bias = Lines::zeros(back.n_panels);
        let mut tile = Lines::zeros(TILE * back.n_panels);
        for gradient in gradient.chunks(TILE * n_panels) {
            let tile = &mut tile[..gradient.len() / n_panels * back.n_panels];
            product(s, gradient.as_flattened(), &back, &no_bias, Plain, tile);
            for row in tile.chunks_exact(back.n_panels) {
                dx.extend_from_slice(&row.as_flattened()[..n_in]);
            }
        }
    }
}
