//! Min–max normalisation of one neuron to [0, 1], over a stated [`Scope`] (paper, Methods:
//! "normalized to [0, 1] per neuron").
//!
//! A [`Series`] is a column of values with the names that an error needs; [`min_max`] maps it.
//! Nothing is imputed and nothing is clipped: a neuron that has a missing value or no range is an
//! error, since a constant column would silently be dead weight in every model.

use crate::{Feature, PrepareError, Scope};
use nervering_recording::NeuronName;

/// One feature of one neuron over all frames of one animal.
#[derive(Debug, Clone, Copy)]
pub struct Series<'a> {
    /// The animal.
    pub animal: &'a str,
    /// The neuron.
    pub neuron: &'a NeuronName,
    /// What the values are.
    pub feature: Feature,
    /// One value per frame.
    pub values: &'a [f64],
}

/// Where the ends of a range are mapped to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Interval {
    /// [0, 1]: the paper's text.
    ZeroToOne,
    /// [−1, 1]: the published scripts. Squared errors are four times those in [0, 1].
    MinusOneToOne,
}

impl Interval {
    /// The name under which results record it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ZeroToOne => "[0, 1]",
            Self::MinusOneToOne => "[-1, 1]",
        }
    }

    /// A number of this interval in [0, 1]: the way back.
    pub fn to_unit(self, value: f64) -> f64 {
        match self {
            Self::ZeroToOne => value,
            Self::MinusOneToOne => (value + 1.) / 2.,
        }
    }

    /// A number of [0, 1] in this interval.
    pub fn of(self, value: f32) -> f32 {
        match self {
            Self::ZeroToOne => value,
            Self::MinusOneToOne => 2. * value - 1.,
        }
    }
}

/// Maps the smallest value within the scope to 0 and the largest to 1, linearly.
///
/// - [`Scope::WholeRecording`]: all results lie in [0, 1].
/// - [`Scope::TrainingFrames`]: frames outside the scope may lie outside [0, 1].
/// - [`Scope::Causal`]: frame t is placed within the range of frames 0 to t, so all results lie in
///   [0, 1] and none depends on a later frame. As long as all values up to t are equal there is no
///   range yet, and the result is 0; frame 0 therefore always is.
///
/// # Errors
/// [`PrepareError`] for a missing value at any frame, a series that does not vary within the
/// scope (causal: that never varies), a scope that is empty or reaches beyond the recording, and
/// results that single precision cannot hold.
pub fn min_max(series: Series<'_>, scope: Scope<'_>) -> Result<Vec<f32>, PrepareError> {
    let Series { animal, neuron, feature, values } = series;
    if let Some(frame) = values.iter().position(|v| v.is_nan()) {
        let (animal, neuron) = (animal.to_owned(), neuron.clone());
        return Err(PrepareError::MissingValue { animal, neuron, feature, frame });
    }
    let (low, high) = range(series, scope)?;
    // "Above" is the case of a series without frames, whose range is inverted.
    if low >= high {
        return Err(PrepareError::Flat {
            animal: animal.to_owned(),
            neuron: neuron.clone(),
            feature,
            scope: scope.kind().as_str(),
            value: low,
        });
    }
    let mut so_far = (f64::INFINITY, f64::NEG_INFINITY);
    let mut normalized = Vec::with_capacity(values.len());
    for (frame, &value) in values.iter().enumerate() {
        so_far = (so_far.0.min(value), so_far.1.max(value));
        let (low, high) = if scope == Scope::Causal { so_far } else { (low, high) };
        let scaled = placed(value, low, high);
        if !(scaled as f32).is_finite() {
            return Err(PrepareError::OutOfReach {
                animal: animal.to_owned(),
                neuron: neuron.clone(),
                feature,
                frame,
                value,
                normalized: scaled,
            });
        }
        normalized.push(scaled as f32);
    }
    Ok(normalized)
}

/// Where a value lies between the ends of a range, which are 0 and 1; 0 where both are the same.
pub fn placed(value: f64, low: f64, high: f64) -> f64 {
    if low == high { 0. } else { (value - low) / (high - low) }
}

/// Smallest and largest value within the scope; for the causal scope those of the last frame.
fn range(series: Series<'_>, scope: Scope<'_>) -> Result<(f64, f64), PrepareError> {
    let values = series.values;
    let mut range = (f64::INFINITY, f64::NEG_INFINITY);
    let mut widen = |value: f64| range = (range.0.min(value), range.1.max(value));
    match scope {
        Scope::WholeRecording | Scope::Causal => values.iter().copied().for_each(widen),
        Scope::TrainingFrames([]) => {
            return Err(PrepareError::EmptyScope { animal: series.animal.to_owned() });
        }
        Scope::TrainingFrames(frames) => {
            for &frame in frames {
                let Some(&value) = values.get(frame) else {
                    let (animal, n_frames) = (series.animal.to_owned(), values.len());
                    return Err(PrepareError::ScopeFrame { animal, frame, n_frames });
                };
                widen(value);
            }
        }
    }
    Ok(range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scaled(values: &[f64], scope: Scope<'_>) -> Result<Vec<f32>, PrepareError> {
        let neuron = &"AVAL".parse().unwrap();
        min_max(Series { animal: "worm1", neuron, feature: Feature::Trace, values }, scope)
    }

    /// The definition: sort the frames of the scope, take the ends.
    fn brute_force(values: &[f64], seen: &[usize], frame: usize) -> f32 {
        let mut sorted: Vec<_> = seen.iter().map(|&t| values[t]).collect();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (sorted[0], sorted[sorted.len() - 1]);
        if low == high { 0. } else { ((values[frame] - low) / (high - low)) as f32 }
    }

    proptest! {
        #[test]
        fn every_scope_agrees_with_brute_force(
            values in prop::collection::vec(-1.0..3f64, 2..60),
            train in prop::collection::vec(0..60usize, 1..30),
        ) {
            let n = values.len();
            let train: Vec<_> = train.into_iter().map(|t| t % n).collect();
            let all: Vec<_> = (0..n).collect();
            let whole = scaled(&values, Scope::WholeRecording).unwrap();
            let causal = scaled(&values, Scope::Causal).unwrap();
            for t in 0..n {
                prop_assert_eq!(whole[t], brute_force(&values, &all, t));
                prop_assert_eq!(causal[t], brute_force(&values, &all[..=t], t));
                prop_assert!((0. ..=1.).contains(&whole[t]) && (0. ..=1.).contains(&causal[t]));
            }
            prop_assume!(train.iter().any(|&t| values[t] != values[train[0]]));
            // Differences that underflow single precision are another test's subject.
            let spread = train.iter().map(|&t| (values[t] - values[train[0]]).abs()).fold(0., f64::max);
            prop_assume!(spread > 1e-9);
            let trained = scaled(&values, Scope::TrainingFrames(&train)).unwrap();
            let expected: Vec<_> = all.iter().map(|&t| brute_force(&values, &train, t)).collect();
            prop_assert_eq!(trained, expected);
        }

        #[test]
        fn a_poisoned_future_leaves_causal_and_training_values_alone(
            values in prop::collection::vec(-1.0..3f64, 4..60),
            cut in 2..60usize,
            poison in prop::collection::vec(-1e6..1e6f64, 60),
        ) {
            let cut = 2 + cut % (values.len() - 2);
            let mut poisoned = values.clone();
            poisoned[cut..].copy_from_slice(&poison[..values.len() - cut]);
            let causal = [scaled(&values, Scope::Causal), scaled(&poisoned, Scope::Causal)];
            let [clean, other] = causal.map(Result::unwrap);
            prop_assert_eq!(&clean[..cut], &other[..cut]);
            let train: Vec<_> = (0..cut).collect();
            let trained = [&values, &poisoned].map(|v| scaled(v, Scope::TrainingFrames(&train)));
            let [clean, other] = trained.map(Result::unwrap);
            prop_assert_eq!(&clean[..cut], &other[..cut]);
        }
    }

    #[test]
    fn values_outside_the_training_range_are_not_clipped() {
        let values = [0., 1., 3., -1.];
        let trained = scaled(&values, Scope::TrainingFrames(&[0, 1])).unwrap();
        assert_eq!(trained, [0., 1., 3., -1.]);
    }

    #[test]
    fn causal_values_are_0_until_there_is_a_range() {
        assert_eq!(scaled(&[2., 2., 4., 3.], Scope::Causal).unwrap(), [0., 0., 1., 0.5]);
        assert_eq!(scaled(&[2., 1.], Scope::Causal).unwrap(), [0., 0.]);
    }

    #[test]
    fn a_flat_or_missing_series_is_named() {
        let flat = scaled(&[2., 2., 3.], Scope::TrainingFrames(&[0, 1])).unwrap_err();
        assert!(matches!(flat, PrepareError::Flat { value: 2., .. }));
        let text = flat.to_string();
        assert!(
            text.contains("\"worm1\", neuron AVAL") && text.contains("training-frames"),
            "{text}"
        );
        let nan = scaled(&[0., 1., f64::NAN], Scope::TrainingFrames(&[0, 1])).unwrap_err();
        assert!(nan.to_string().contains("frame 2: the trace is missing"), "{nan}");
        assert!(matches!(scaled(&[], Scope::Causal), Err(PrepareError::Flat { .. })));
    }

    #[test]
    fn a_scope_without_frames_or_beyond_the_end_is_refused() {
        let empty = scaled(&[0., 1.], Scope::TrainingFrames(&[]));
        assert!(matches!(empty, Err(PrepareError::EmptyScope { .. })));
        let beyond = scaled(&[0., 1.], Scope::TrainingFrames(&[0, 2])).unwrap_err();
        assert!(beyond.to_string().contains("frame 2 lies beyond the 2 frames"), "{beyond}");
    }

    #[test]
    fn what_single_precision_cannot_hold_is_an_error() {
        let huge = scaled(&[0., 1e-300, 1.], Scope::TrainingFrames(&[0, 1])).unwrap_err();
        assert!(matches!(huge, PrepareError::OutOfReach { frame: 2, .. }), "{huge}");
        let overflow = scaled(&[-f64::MAX, f64::MAX], Scope::WholeRecording);
        assert!(matches!(overflow, Err(PrepareError::OutOfReach { frame: 1, .. })));
    }
}
