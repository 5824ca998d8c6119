//! The phase θ of each state along the cycle, and its diffusion coordinates: the leading
//! eigenvectors of the transition matrix (Brennan & Proekt 2019).
//!
//! The source takes the eigenvectors of the matrix raised to the power at which it is full enough;
//! they are those of the matrix itself, in the same order, and here are taken from it. A state's
//! phase is its angle in the first eigenvector whose eigenvalue is complex. Of the two, conjugate to
//! each other, it is the one whose eigenvalue turns forwards, so that θ grows with time.

use super::transitions::SparseRows;
use faer::dyn_stack::{MemBuffer, MemStack, StackReq};
use faer::matrix_free::LinOp;
use faer::matrix_free::eigen::{PartialEigenParams, partial_eigen, partial_eigen_scratch};
use faer::{Col, Mat, MatMut, MatRef, Par, c64};

/// Eigenvalues asked for at first, and at most, until one is complex.
const N_EIGENVALUES: [usize; 3] = [8, 16, 32];
/// The power that eigenvectors are found by: slow modes, whose eigenvalues crowd below 1, are
/// further apart there.
const POWER: usize = 16;
/// Residual at which an eigenvector counts as found: far below the width of a phase bin.
const TOLERANCE: f64 = 1e-6;
/// Restarts after which those not found are given up.
const MAX_RESTARTS: usize = 40;
/// Imaginary parts up to here are a real eigenvalue's.
const REAL: f64 = 1e-9;

/// The leading eigenvectors, as they are used.
pub(super) struct Phases {
    /// Phase of each state in radians, from −π to π.
    pub(super) theta: Vec<f64>,
    /// The complex eigenvalue that belongs to it; its angle is the mean step of θ per frame.
    pub(super) eigenvalue: (f64, f64),
    /// Each state in the first three real dimensions after the constant one: a real eigenvector is
    /// one, a complex one is two.
    pub(super) coordinates: Vec<[f64; 3]>,
}

/// Finds phases and coordinates of the states of a transition matrix.
///
/// # Errors
/// Says why there are none.
pub(super) fn phases(transitions: &SparseRows) -> Result<Phases, String> {
    for n in N_EIGENVALUES {
        let (values, vectors) = leading(transitions, n);
        let Some(cycle) = values.iter().position(|value| value.im > REAL) else { continue };
        let vector = oriented(vectors.col(cycle).iter().copied().collect());
        let theta = vector.iter().map(|z| z.im.atan2(z.re)).collect();

        let mut dimensions = Vec::with_capacity(4);
        // the first eigenvector of a matrix whose rows sum to 1 is constant
        for (k, value) in values.iter().enumerate().skip(1).filter(|(_, value)| value.im >= -REAL) {
            let vector = oriented(vectors.col(k).iter().copied().collect());
            dimensions.push(vector.iter().map(|z| z.re).collect::<Vec<_>>());
            if value.im > REAL {
                dimensions.push(vector.iter().map(|z| z.im).collect());
            }
        }
        let coordinate = |d: usize, state: usize| dimensions.get(d).map_or(0., |x| x[state]);
        let coordinates = (0..transitions.n_rows())
            .map(|state| [0, 1, 2].map(|d| coordinate(d, state)))
            .collect();
        return Ok(Phases { theta, eigenvalue: (values[cycle].re, values[cycle].im), coordinates });
    }
    let most = N_EIGENVALUES[2];
    Err(format!(
        "found no cycle in the recordings: none of the {most} slowest modes turns; give more frames"
    ))
}

/// Scales an eigenvector to a largest element of 1: its own scale and angle mean nothing.
fn oriented(mut vector: Vec<c64>) -> Vec<c64> {
    let larger = |a: c64, b: c64| if b.norm_sqr() > a.norm_sqr() { b } else { a };
    let largest = vector.iter().copied().reduce(larger);
    let largest = largest.unwrap_or(c64::new(1., 0.));
    vector.iter_mut().for_each(|z| *z /= largest);
    vector
}

/// The `n` largest eigenvalues, fewer where not so many converge, and their eigenvectors.
fn leading(matrix: &SparseRows, n: usize) -> (Vec<c64>, Mat<c64>) {
    let n_states = matrix.n_rows();
    let parameters = PartialEigenParams {
        min_dim: 2 * n,
        max_dim: 6 * n,
        max_restarts: MAX_RESTARTS,
        ..Default::default()
    };
    let raised = Raised(matrix);
    let mut vectors = Mat::zeros(n_states, n);
    let mut of_power = vec![c64::new(0., 0.); n];
    let needed = partial_eigen_scratch(&raised, n, Par::Seq, parameters);
    let mut workspace = MemBuffer::new(needed);
    // numbers without a pattern, the same each time: multiples of the golden ratio
    let start = Col::from_fn(n_states, |i| (i as f64 * GOLDEN).fract() - 0.4);
    let found = partial_eigen(
        vectors.as_mut(),
        &mut of_power,
        &raised,
        (&start / start.norm_l2()).as_ref(),
        TOLERANCE,
        Par::Seq,
        MemStack::new(&mut workspace),
        parameters,
    );
    // a power's eigenvalue does not say which of its roots it comes from
    let value = |k: usize| rayleigh(matrix, &vectors.col(k).iter().copied().collect::<Vec<_>>());
    let values = (0..found.n_converged_eigen).map(value).collect();
    (values, vectors)
}

/// The fractional part of the golden ratio.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// v*·P·v / v*·v, the eigenvalue of an eigenvector.
fn rayleigh(matrix: &SparseRows, vector: &[c64]) -> c64 {
    let (mut product, mut square) = (c64::new(0., 0.), 0.);
    for (own, row) in vector.iter().zip(matrix.rows()) {
        let ahead: c64 = row.iter().map(|&(to, p)| vector[to as usize] * p).sum();
        product += own.conj() * ahead;
        square += own.norm_sqr();
    }
    product / square
}

/// The matrix to its [`POWER`].
#[derive(Debug)]
struct Raised<'a>(&'a SparseRows);

impl LinOp<f64> for Raised<'_> {
    fn apply_scratch(&self, _rhs_ncols: usize, _par: Par) -> StackReq {
        StackReq::EMPTY
    }

    fn nrows(&self) -> usize {
        self.0.n_rows()
    }

    fn ncols(&self) -> usize {
        self.0.n_rows()
    }

    fn apply(&self, out: MatMut<f64>, rhs: MatRef<f64>, _par: Par, _stack: &mut MemStack) {
        for (out, rhs) in out.col_iter_mut().zip(rhs.col_iter()) {
            let mut vector: Vec<f64> = rhs.iter().copied().collect();
            for _ in 0..POWER {
                vector = self.0.expect(&vector);
            }
            out.iter_mut().zip(vector).for_each(|(out, value)| *out = value);
        }
    }

    fn conj_apply(&self, out: MatMut<f64>, rhs: MatRef<f64>, par: Par, stack: &mut MemStack) {
        self.apply(out, rhs, par, stack);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A walk around a ring of `n` states: mostly on by one, now and then staying.
    fn ring(n: u32) -> SparseRows {
        SparseRows::from_rows((0..n).map(|i| vec![(i, 0.3), ((i + 1) % n, 0.7)]))
    }

    #[test]
    fn the_phase_of_a_ring_grows_evenly_with_the_place() {
        let n = 90;
        let found = phases(&ring(n)).unwrap();
        let step = std::f64::consts::TAU / f64::from(n);
        // eigenvalues of a circulant matrix: .3 + .7·exp(iω)
        let expected = (0.3 + 0.7 * step.cos(), 0.7 * step.sin());
        assert!((found.eigenvalue.0 - expected.0).abs() < 1e-6, "{:?}", found.eigenvalue);
        assert!((found.eigenvalue.1 - expected.1).abs() < 1e-6, "{:?}", found.eigenvalue);
        for pair in found.theta.windows(2) {
            let grown = (pair[1] - pair[0]).rem_euclid(std::f64::consts::TAU);
            assert!((grown - step).abs() < 1e-3, "{grown}, expected {step}");
        }
        for (theta, [x, y, _]) in found.theta.iter().zip(found.coordinates) {
            assert!((x - theta.cos()).abs() < 1e-3 && (y - theta.sin()).abs() < 1e-3);
        }
    }

    #[test]
    fn what_only_spreads_has_no_phase() {
        let n = 60u32;
        let row = |i: u32| vec![(i, 0.5), (i.saturating_sub(1), 0.25), ((i + 1).min(n - 1), 0.25)];
        let merged = |i: u32| {
            let mut row = row(i);
            row.sort_unstable_by_key(|&(to, _)| to);
            row.dedup_by(|b, a| a.0 == b.0 && (a.1 += b.1, true).1);
            row
        };
        let message = phases(&SparseRows::from_rows((0..n).map(merged))).err().unwrap();
        assert!(message.contains("found no cycle"), "{message}");
    }
}
