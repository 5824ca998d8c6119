//! Tests that keep autocorrelation: what is found of two series beside what is found when one of them is
//! moved along the other in a circle, by a time that neither remembers. Frames of one recording are no
//! independent draws, so that exchanging them would find everything significant.

use rand::{Rng, RngExt};

/// The least shift in seconds, either way round: longer than bouts and the calcium of a transition.
pub const LEAST_SHIFT_S: f64 = 30.;

/// What shifted series gave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShiftTest {
    /// Mean over shifts.
    pub mean: f64,
    /// Standard deviation over shifts.
    pub sd: f64,
    /// (1 + shifts that gave as much or more than was found) / (1 + shifts).
    pub p: f64,
    /// Shifts that could be measured.
    pub n: usize,
}

/// Draws `n_shifts` shifts, in frames, and measures each. `None` where a recording is too short for a
/// shift, or none could be measured.
pub fn shift_test(
    found: f64,
    seconds: &[f64],
    n_shifts: usize,
    rng: &mut impl Rng,
    measure: impl Fn(usize) -> Option<f64>,
) -> Option<ShiftTest> {
    let (first, last) = (seconds.first()?, seconds.last()?);
    let least = seconds.partition_point(|second| second - first < LEAST_SHIFT_S);
    let most = seconds.partition_point(|second| last - second >= LEAST_SHIFT_S);
    if least >= most {
        return None;
    }
    let draws = (0..n_shifts).map(|_| rng.random_range(least..most));
    let values: Vec<f64> = draws.filter_map(measure).collect();
    if values.is_empty() {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let as_much = values.iter().filter(|value| **value >= found - 1e-12).count();
    Some(ShiftTest {
        mean,
        sd: (squares / (n - 1.).max(1.)).sqrt(),
        p: (1 + as_much) as f64 / (1 + values.len()) as f64,
        n: values.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nervering_statistics::seed::generator;

    #[test]
    fn shifts_are_long_either_way_and_p_counts_those_that_reach_what_was_found() {
        let seconds: Vec<f64> = (0..400).map(|frame| f64::from(frame) / 4.).collect();
        let mut rng = generator(1, &["shifts"]);
        let test = shift_test(0.5, &seconds, 999, &mut rng, |shift| {
            // 30 s and more from either end of 400 frames.
            assert!((120..=280).contains(&shift), "{shift}");
            Some(if shift < 160 { 0.5 } else { 0. })
        })
        .unwrap();
        assert!((test.p - 0.25).abs() < 0.05, "{test:?}");
        assert!((test.mean - test.p / 2.).abs() < 0.01, "{test:?}");
        let never = shift_test(1., &seconds, 99, &mut rng, |_| Some(0.)).unwrap();
        assert_eq!((never.p, never.sd, never.n), (0.01, 0., 99));
        assert_eq!(shift_test(1., &seconds[..200], 99, &mut rng, |_| Some(0.)), None);
    }
}
