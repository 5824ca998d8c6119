//! The normal and Student's t distribution, as far as intervals need them.

use std::f64::consts::PI;

/// P(Z ≤ z) by Marsaglia's series (J. Stat. Softw. 11(4), 2004): absolute error below 1e-15.
pub(super) fn normal_cdf(z: f64) -> f64 {
    // The series loses its digits further out, where the result is 0 or 1 to 15 digits.
    if z.abs() > 8. {
        return if z > 0. { 1. } else { 0. };
    }
    let (mut sum, mut last, mut term, mut k) = (z, 0., z, 1.);
    while sum != last {
        last = sum;
        k += 2.;
        term *= z * z / k;
        sum += term;
    }
    (0.5 + sum * (-z * z / 2.).exp() / (2. * PI).sqrt()).clamp(0., 1.)
}

/// The z with P(Z ≤ z) = p; ±8 for p beyond what the cumulative distribution resolves.
pub(super) fn normal_quantile(p: f64) -> f64 {
    bisect(normal_cdf, p, -8., 8.)
}

/// The t with P(T ≤ t) = p for `df` ≥ 1 degrees of freedom and p in [0.5, 1).
pub fn student_t_quantile(p: f64, df: usize) -> f64 {
    let mut high = 2.;
    while student_t_cdf(high, df) < p && high < 1e12 {
        high *= 2.;
    }
    bisect(|t| student_t_cdf(t, df), p, 0., high)
}

/// P(T ≤ t) for t ≥ 0 by the finite sums of Abramowitz & Stegun 26.7.3 and 26.7.4.
fn student_t_cdf(t: f64, df: usize) -> f64 {
    let theta = (t / (df as f64).sqrt()).atan();
    let (sin, cos) = theta.sin_cos();
    let odd = df % 2 == 1;
    // Odd: sin θ (cos θ + ⅔ cos³ θ + …), even: sin θ (1 + ½ cos² θ + …), up to cos^(df − 2).
    let (mut term, mut sum, mut k) = if odd { (cos, 0., 1) } else { (1., 0., 0) };
    while k + 2 <= df {
        sum += term;
        term *= cos * cos * (k + 1) as f64 / (k + 2) as f64;
        k += 2;
    }
    let inside = if odd { 2. / PI * (theta + sin * sum) } else { sin * sum };
    0.5 + inside / 2.
}

/// Where an increasing function reaches `target`, to the last bit or nearly so.
fn bisect(f: impl Fn(f64) -> f64, target: f64, mut low: f64, mut high: f64) -> f64 {
    for _ in 0..200 {
        let middle = (low + high) / 2.;
        if middle <= low || middle >= high {
            break;
        }
        if f(middle) < target { low = middle } else { high = middle }
    }
    (low + high) / 2.
}
