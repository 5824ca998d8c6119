//! Values to positions: a linear scale and the ticks that a reader expects on it.

/// A linear map from values to points. Either end may be the larger one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    /// Values at the two ends; they differ.
    pub domain: (f64, f64),
    /// Positions of these in points.
    pub range: (f64, f64),
}

impl Scale {
    /// From values to positions. Where there is but one value, or none, the domain is widened.
    pub fn new(domain: (f64, f64), range: (f64, f64)) -> Self {
        let (from, to) = domain;
        let size = from.abs().max(to.abs());
        let domain = if !(to - from).is_finite() {
            (0., 1.)
        } else if (to - from).abs() <= 1e-9 * size || size < 1e-290 {
            let half = if size > 1e9 { size } else { 0.5 };
            (from - half, to + half)
        } else {
            domain
        };
        Self { domain, range }
    }

    /// Over the values given, with the ends moved out to the next ticks.
    pub fn nice(values: impl IntoIterator<Item = f64>, range: (f64, f64), n_ticks: usize) -> Self {
        let (from, to) = extent(values);
        let scale = Self::new((from, to), range);
        let step = step(scale.domain, n_ticks);
        let out = |value: f64, round: fn(f64) -> f64| round(value / step * (1. - 1e-12)) * step;
        Self { domain: (out(scale.domain.0, f64::floor), out(scale.domain.1, f64::ceil)), range }
    }

    /// The position of a value.
    pub fn at(&self, value: f64) -> f64 {
        let ((from, to), (begin, end)) = (self.domain, self.range);
        begin + (value - from) / (to - from) * (end - begin)
    }

    /// The position of a value, at the nearer end for one outside.
    pub fn clamped(&self, value: f64) -> f64 {
        let (from, to) = self.domain;
        self.at(value.clamp(from.min(to), from.max(to)))
    }

    /// About `n` round values and their texts, all with the same number of decimals.
    pub fn ticks(&self, n: usize) -> Vec<(f64, String)> {
        let step = step(self.domain, n);
        let decimals = (-step.log10().floor()).clamp(0., 9.) as usize;
        let decimals = if step < 1. { decimals } else { 0 };
        let (from, to) = (self.domain.0.min(self.domain.1), self.domain.0.max(self.domain.1));
        let first = (from / step - 1e-9).ceil() as i64;
        let last = (to / step + 1e-9).floor() as i64;
        (first..=last)
            .map(|k| {
                let value = k as f64 * step;
                // A true minus sign, and never a negative zero.
                let text = format!("{:.decimals$}", value.abs());
                let sign = if k < 0 { "−" } else { "" };
                (value, format!("{sign}{text}"))
            })
            .collect()
    }
}

/// `10⁻³`.
pub(crate) fn power_of_ten(exponent: i32) -> String {
    const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let digits = exponent.unsigned_abs().to_string();
    let raised = digits.bytes().map(|digit| RAISED[usize::from(digit - b'0')]);
    let sign = if exponent < 0 { "⁻" } else { "" };
    format!("10{sign}{}", raised.collect::<String>())
}

/// Smallest and largest of the values that are numbers.
pub(crate) fn extent(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    values
        .into_iter()
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
}

/// 1, 2 or 5 times a power of ten: the distance of about `n` ticks.
fn step((from, to): (f64, f64), n: usize) -> f64 {
    let rough = (to - from).abs() / n.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    // The nearest by ratio: the borders are the geometric means of neighbours.
    let factor = match rough / power {
        part if part < 2f64.sqrt() => 1.,
        part if part < 10f64.sqrt() => 2.,
        part if part < 50f64.sqrt() => 5.,
        _ => 10.,
    };
    factor * power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(domain: (f64, f64), n: usize) -> Vec<String> {
        Scale::new(domain, (0., 100.)).ticks(n).into_iter().map(|tick| tick.1).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(texts((0., 1.), 5), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(texts((-40., 55.), 4), ["−40", "−20", "0", "20", "40"]);
        assert_eq!(texts((0., 16.), 4), ["0", "5", "10", "15"]);
        assert_eq!(texts((0.01, 0.03), 2), ["0.01", "0.02", "0.03"]);
    }

    #[test]
    fn a_single_value_has_a_scale() {
        let scale = Scale::new((3., 3.), (0., 10.));
        assert_eq!(scale.at(3.), 5.);
        let none = Scale::nice([f64::NAN], (0., 10.), 4);
        assert!(none.at(0.5).is_finite());
    }

    #[test]
    fn nice_ends_are_ticks() {
        let scale = Scale::nice([0.13, 0.87], (0., 10.), 4);
        assert_eq!(scale.domain, (0., 1.));
    }
}
