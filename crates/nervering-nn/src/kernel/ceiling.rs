//! The ceiling of a core's arithmetic, measured with the lanes that the kernels use: what they reach
//! means little without it, and a library's matrix product need not reach it.

use super::simd::{InstructionSet, Kernel, Simd, dispatch};

/// Multiply-adds of sixteen lanes in one turn.
const PER_TURN: usize = 64;

/// Operations in one turn of [`multiply_add`], a multiplication and an addition each counted.
pub const OPERATIONS_PER_TURN: usize = PER_TURN * 16 * 2;

/// Multiplies and adds in registers for so many turns, as fast as the core can. The result is of no
/// use but to depend on all of them.
pub fn multiply_add(set: InstructionSet, n_turns: usize) -> f32 {
    dispatch(set, MultiplyAdd { n_turns })
}

struct MultiplyAdd {
    n_turns: usize,
}

impl Kernel for MultiplyAdd {
    type Output = f32;

    #[inline(always)]
    fn run<S: Simd, const ROWS: usize>(self, s: S) -> f32 {
        // Unequal numbers: equal sums would be computed once.
        let start: [f32; 16] = std::array::from_fn(|lane| lane as f32);
        let mut sums = [s.load(&start); ROWS];
        for (row, sum) in sums.iter_mut().enumerate() {
            *sum = s.mul(*sum, s.splat(row as f32));
        }
        let (factor, term) = (s.splat(std::hint::black_box(0.5)), s.load(&start));
        for _ in 0..self.n_turns {
            for _ in 0..PER_TURN / ROWS {
                for sum in &mut sums {
                    *sum = s.mul_add(*sum, factor, term);
                }
            }
        }
        let mut total = s.zero();
        for sum in sums {
            total = s.add(total, sum);
        }
        s.sum_lanes(total)
    }
}
