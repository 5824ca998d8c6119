//! Kernel of message passing with a shared adjacency: `m[t, i] = Σ_j w[i, j] · f[t, j]`, for one
//! replica. Rows are whole panels; the frame's features stay in the first-level cache.

use super::lines::Lines;
use super::outer::flush;
use super::simd::{InstructionSet, Kernel, Simd, dispatch};

/// Frames summed in float32 before the sum moves to float64.
const FRAMES: usize = 64;

/// Features `[frame, n, width]` of one replica and the number of nodes and units.
#[derive(Clone, Copy)]
pub(crate) struct NodeFeatures<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) n: usize,
    pub(crate) width: usize,
}

/// Appends `m [frame, n, width]` to `out`, for `w [n, n]`, receiver first.
pub(crate) fn forward(set: InstructionSet, w: &[f32], f: NodeFeatures, out: &mut Vec<f32>) {
    dispatch(set, Mix { w, f, out })
}

/// Appends the gradients `dw [n, n]` and `df [frame, n, width]`; `gm` is the gradient of the
/// messages.
pub(crate) fn backward(
    set: InstructionSet,
    gm: &[f32],
    w: &[f32],
    f: NodeFeatures,
    dw: &mut Vec<f32>,
    df: &mut Vec<f32>,
) {
    let n = f.n;
    let transposed: Vec<f32> = (0..n * n).map(|k| w[k % n * n + k / n]).collect();
    dispatch(set, Mix { w: &transposed, f: NodeFeatures { values: gm, ..f }, out: df });
    dispatch(set, Correlate { gm, f, out: dw });
}

struct Mix<'a> {
    w: &'a [f32],
    f: NodeFeatures<'a>,
    out: &'a mut Vec<f32>,
}

impl Kernel for Mix<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) {
        let NodeFeatures { values, n, width } = self.f;
        let n_panels = width / 16;
        let mut messages = Lines::zeros(n * n_panels);
        for frame in values.as_chunks::<16>().0.chunks_exact(n * n_panels) {
            for panel in 0..n_panels {
                let mut i = 0;
                while i < n {
                    if i + 4 <= n {
                        mix_rows::<S, 4>(s, self.w, n, i, frame, n_panels, panel, &mut messages);
                        i += 4;
                    } else {
                        mix_rows::<S, 1>(s, self.w, n, i, frame, n_panels, panel, &mut messages);
                        i += 1;
                    }
                }
            }
            self.out.extend_from_slice(messages.as_flattened());
        }
    }
}

#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn mix_rows<S: Simd, const N: usize>(
    s: S,
    w: &[f32],
    n: usize,
    first: usize,
    frame: &[[f32; 16]],
    n_panels: usize,
    panel: usize,
    messages: &mut [[f32; 16]],
) {
    let w: [&[f32]; N] = std::array::from_fn(|k| &w[(first + k) * n..][..n]);
    let mut sums = [s.zero(); N];
    for (j, f) in frame.chunks_exact(n_panels).enumerate() {
        let f = s.load(&f[panel]);
        for k in 0..N {
            sums[k] = s.mul_add(s.splat(w[k][j]), f, sums[k]);
        }
    }
    for k in 0..N {
        s.store(sums[k], &mut messages[(first + k) * n_panels + panel]);
    }
}

/// `dw[i, j] = Σ_t ⟨gm[t, i], f[t, j]⟩`.
struct Correlate<'a> {
    gm: &'a [f32],
    f: NodeFeatures<'a>,
    out: &'a mut Vec<f32>,
}

impl Kernel for Correlate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) {
        let NodeFeatures { values, n, width } = self.f;
        let row = n * width / 16;
        let (gm, f) = (self.gm.as_chunks::<16>().0, values.as_chunks::<16>().0);
        let mut chunk = Lines::zeros(n * n);
        let mut totals = vec![0f64; n * n * 16];
        for (gm, f) in gm.chunks(FRAMES * row).zip(f.chunks(FRAMES * row)) {
            let mut i = 0;
            while i < n {
                let rows = if i + 4 <= n { 4 } else { 1 };
                let mut j = 0;
                while j < n {
                    let columns = if j + 4 <= n { 4 } else { 1 };
                    let at = (i, j);
                    match (rows, columns) {
                        (4, 4) => correlate::<S, 4, 4>(s, gm, f, n, width / 16, at, &mut chunk),
                        (4, _) => correlate::<S, 4, 1>(s, gm, f, n, width / 16, at, &mut chunk),
                        (_, 4) => correlate::<S, 1, 4>(s, gm, f, n, width / 16, at, &mut chunk),
                        _ => correlate::<S, 1, 1>(s, gm, f, n, width / 16, at, &mut chunk),
                    }
                    j += columns;
                }
                i += rows;
            }
            flush(&mut chunk, &mut totals);
        }
        self.out.extend(totals.chunks_exact(16).map(|lanes| lanes.iter().sum::<f64>() as f32));
    }
}

#[inline(always)]
fn correlate<S: Simd, const I: usize, const J: usize>(
    s: S,
    gm: &[[f32; 16]],
    f: &[[f32; 16]],
    n: usize,
    n_panels: usize,
    (i, j): (usize, usize),
    chunk: &mut [[f32; 16]],
) {
    let mut sums = [[s.zero(); J]; I];
    let frames = gm.chunks_exact(n * n_panels).zip(f.chunks_exact(n * n_panels));
    for (gm, f) in frames {
        for panel in 0..n_panels {
            let f: [S::V; J] = std::array::from_fn(|k| s.load(&f[(j + k) * n_panels + panel]));
            for row in 0..I {
                let gm = s.load(&gm[(i + row) * n_panels + panel]);
                for column in 0..J {
                    sums[row][column] = s.mul_add(gm, f[column], sums[row][column]);
                }
            }
        }
    }
    for row in 0..I {
        for column in 0..J {
            s.store(sums[row][column], &mut chunk[(i + row) * n + j + column]);
        }
    }
}
