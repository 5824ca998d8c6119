//! The time derivative of a trace, and how far it looks ahead.
//!
//! A [`DerivativeSource`] is what a study asks for, a [`DerivativeMethod`] what a recording got.
//! The distinction matters: a derivative that contains frame t + 1 leaks the target of a one-step
//! forecast (FACTS section 4), so results carry the method.

use nervering_recording::Recording;
use std::fmt;
use std::str::FromStr;

/// How a derivative was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DerivativeMethod {
    /// Taken from the file. Published derivatives are smoothers over the whole trace, so every
    /// frame may look ahead to the end of the recording.
    FromFile,
    /// [`central_differences`]: looks one frame ahead.
    CentralDifferences,
    /// [`backward_differences`]: looks ahead not at all.
    BackwardDifferences,
}

impl DerivativeMethod {
    /// The name under which results record it, for example `central-differences`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FromFile => "from-file",
            Self::CentralDifferences => "central-differences",
            Self::BackwardDifferences => "backward-differences",
        }
    }
}

impl fmt::Display for DerivativeMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Which derivative a study asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DerivativeSource {
    /// The file's own where it has one, central differences elsewhere: the paper's choice.
    FileOrCentral,
    /// Central differences, whatever the file has.
    Central,
    /// Backward differences, whatever the file has.
    Backward,
}

impl DerivativeSource {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::FileOrCentral, Self::Central, Self::Backward];

    /// The name in study files, for example `file-or-central`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FileOrCentral => "file-or-central",
            Self::Central => "central",
            Self::Backward => "backward",
        }
    }

    /// The method that this recording gets.
    pub fn method(self, recording: &Recording) -> DerivativeMethod {
        match self {
            Self::FileOrCentral if recording.file_derivative().is_some() => {
                DerivativeMethod::FromFile
            }
            Self::FileOrCentral | Self::Central => DerivativeMethod::CentralDifferences,
            Self::Backward => DerivativeMethod::BackwardDifferences,
        }
    }
}

impl FromStr for DerivativeSource {
    type Err = UnknownDerivative;

    fn from_str(text: &str) -> Result<Self, UnknownDerivative> {
        let named = |source: &Self| source.as_str() == text;
        Self::ALL.into_iter().find(named).ok_or(UnknownDerivative { found: text.to_owned() })
    }
}

/// A text that names no source of derivatives.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found {found:?}, expected file-or-central, central or backward")]
pub struct UnknownDerivative {
    /// The text as it was written.
    pub found: String,
}

/// The derivative of one column of the traces, ΔF/F per second, one value per frame, and how it
/// came about. A missing value (NaN) in the trace makes its differences NaN.
///
/// # Panics
/// If the recording has no such column.
pub fn derivative(
    recording: &Recording,
    column: usize,
    source: DerivativeSource,
) -> (Vec<f64>, DerivativeMethod) {
    let seconds = recording.time().seconds();
    let trace = || recording.traces().neuron(column).collect::<Vec<_>>();
    match (source, recording.file_derivative()) {
        (DerivativeSource::FileOrCentral, Some(file)) => {
            (file.values.neuron(column).collect(), DerivativeMethod::FromFile)
        }
        (DerivativeSource::FileOrCentral | DerivativeSource::Central, _) => {
            (central_differences(seconds, &trace()), DerivativeMethod::CentralDifferences)
        }
        (DerivativeSource::Backward, _) => {
            (backward_differences(seconds, &trace()), DerivativeMethod::BackwardDifferences)
        }
    }
}

/// `(x[t+1] − x[t−1]) / (s[t+1] − s[t−1])`, one-sided at both ends; units of `values` per second.
/// Inside, it is exact for quadratics on even and for straight lines on uneven times. A single
/// frame has derivative 0.
///
/// # Panics
/// If there is not one time per value.
pub fn central_differences(seconds: &[f64], values: &[f64]) -> Vec<f64> {
    assert_eq!(seconds.len(), values.len(), "times and values");
    let last = values.len().saturating_sub(1);
    (0..values.len())
        .map(|t| difference(seconds, values, t.saturating_sub(1), (t + 1).min(last)))
        .collect()
}

/// `(x[t] − x[t−1]) / (s[t] − s[t−1])`, units of `values` per second. Strictly causal; frame 0,
/// which has no past, is 0.
///
/// # Panics
/// If there is not one time per value.
pub fn backward_differences(seconds: &[f64], values: &[f64]) -> Vec<f64> {
    assert_eq!(seconds.len(), values.len(), "times and values");
    (0..values.len()).map(|t| difference(seconds, values, t.saturating_sub(1), t)).collect()
}

fn difference(seconds: &[f64], values: &[f64], from: usize, to: usize) -> f64 {
    if from == to { 0. } else { (values[to] - values[from]) / (seconds[to] - seconds[from]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn uneven(steps: &[f64]) -> Vec<f64> {
        let sum = |so_far: &mut f64, step: &f64| {
            *so_far += step;
            Some(*so_far)
        };
        steps.iter().scan(0., sum).collect()
    }

    proptest! {
        #[test]
        fn central_differences_are_exact_for_lines_on_uneven_times(
            steps in prop::collection::vec(0.1..1f64, 2..40),
            slope in -5.0..5f64,
            offset in -5.0..5f64,
        ) {
            let seconds = uneven(&steps);
            let values: Vec<_> = seconds.iter().map(|s| offset + slope * s).collect();
            for d in central_differences(&seconds, &values) {
                prop_assert!((d - slope).abs() < 1e-9);
            }
            for d in &backward_differences(&seconds, &values)[1..] {
                prop_assert!((d - slope).abs() < 1e-9);
            }
        }

        #[test]
        fn central_differences_are_exact_inside_for_quadratics_on_even_times(
            n in 3..40usize,
            a in -2.0..2f64,
            b in -2.0..2f64,
        ) {
            let seconds: Vec<_> = (0..n).map(|k| 4. + k as f64 / 2.9).collect();
            let values: Vec<_> = seconds.iter().map(|s| (a * s + b) * s).collect();
            let derivative = central_differences(&seconds, &values);
            for t in 1..n - 1 {
                prop_assert!((derivative[t] - (2. * a * seconds[t] + b)).abs() < 1e-8);
            }
            let first = (values[1] - values[0]) / (seconds[1] - seconds[0]);
            prop_assert!((derivative[0] - first).abs() < 1e-12);
        }

        #[test]
        fn a_poisoned_future_leaves_the_backward_derivative_alone(
            values in prop::collection::vec(-1.0..1f64, 2..40),
            from in 0..40usize,
        ) {
            let from = from % values.len();
            let seconds = uneven(&vec![0.3; values.len()]);
            let mut poisoned = values.clone();
            poisoned[from..].fill(f64::NAN);
            let (clean, other) =
                (backward_differences(&seconds, &values), backward_differences(&seconds, &poisoned));
            prop_assert_eq!(&clean[..from], &other[..from]);
        }
    }

    #[test]
    fn ends_are_one_sided_and_frame_0_has_no_past() {
        let (seconds, values) = ([0., 1., 3.], [0., 2., 3.]);
        assert_eq!(central_differences(&seconds, &values), [2., 1., 0.5]);
        assert_eq!(backward_differences(&seconds, &values), [0., 2., 0.5]);
    }
}
