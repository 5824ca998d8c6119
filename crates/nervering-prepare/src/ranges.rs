//! Ranges pooled over the training frames of several animals: [`Ranges`], fitted once and applied to
//! any animal, so that what an evaluated animal does later never shapes its own features.
//!
//! [`crate::min_max`] gives each animal a range of its own; this is the inductive alternative, one
//! affine map per neuron and feature for all animals of a fit.

use crate::{Feature, Interval, PrepareError, ScopeKind, Selected};

/// Smallest and largest training value of every neuron and feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranges {
    /// `[neuron, feature]`, each smallest and largest.
    ranges: Vec<(f64, f64)>,
}

impl Ranges {
    /// The ranges of the given frames of each animal, pooled.
    ///
    /// # Errors
    /// [`PrepareError`] for an animal without a frame, frames beyond a recording, a missing value
    /// among them, and a neuron that does not vary over all of them.
    ///
    /// # Panics
    /// Without an animal, or when the animals differ in their neurons.
    pub fn fit(animals: &[(&Selected, &[usize])]) -> Result<Self, PrepareError> {
        let (first, _) = animals[0];
        let mut ranges = Vec::new();
        for (neuron, feature) in first.columns() {
            let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
            for &(animal, frames) in animals {
                assert_eq!(animal.neurons, first.neurons, "animals with the same neurons");
                let name = || (animal.animal.clone(), animal.neurons[neuron].clone());
                if frames.is_empty() {
                    return Err(PrepareError::EmptyScope { animal: animal.animal.clone() });
                }
                for &frame in frames {
                    if frame >= animal.n_frames {
                        let (animal, n_frames) = (animal.animal.clone(), animal.n_frames);
                        return Err(PrepareError::ScopeFrame { animal, frame, n_frames });
                    }
                    let value = animal.values[animal.at(frame, neuron, feature)];
                    if value.is_nan() {
                        let (animal, neuron) = name();
                        return Err(PrepareError::MissingValue { animal, neuron, feature, frame });
                    }
                    (low, high) = (low.min(value), high.max(value));
                }
            }
            if low >= high {
                let names: Vec<&str> = animals.iter().map(|(a, _)| a.animal.as_str()).collect();
                return Err(PrepareError::Flat {
                    animal: names.join(", "),
                    neuron: first.neurons[neuron].clone(),
                    feature,
                    scope: ScopeKind::TrainingFrames.as_str(),
                    value: low,
                });
            }
            ranges.push((low, high));
        }
        Ok(Self { ranges })
    }

    /// The features of an animal, `[frame, neuron, feature]`. Values outside the ranges come out
    /// outside `interval`; they are not clipped, because a model should see that they are unusual.
    ///
    /// # Errors
    /// [`PrepareError`] for a missing value, and one that single precision cannot hold.
    ///
    /// # Panics
    /// When the animal has other neurons than those fitted on.
    pub fn apply(&self, animal: &Selected, interval: Interval) -> Result<Vec<f32>, PrepareError> {
        assert_eq!(self.ranges.len(), animal.columns().count(), "one range per neuron and feature");
        let mut features = vec![0f32; animal.values.len()];
        for ((neuron, feature), &(low, high)) in animal.columns().zip(&self.ranges) {
            for frame in 0..animal.n_frames {
                let at = animal.at(frame, neuron, feature);
                let value = animal.values[at];
                let normalized = (value - low) / (high - low);
                if !(normalized as f32).is_finite() {
                    return Err(unusable(animal, neuron, feature, frame, value, normalized));
                }
                features[at] = interval.of(normalized as f32);
            }
        }
        Ok(features)
    }

    /// Smallest and largest value by neuron and feature, `[neuron, feature]`, in the units of the
    /// file.
    pub fn values(&self) -> &[(f64, f64)] {
        &self.ranges
    }

    /// Ranges that were fitted earlier.
    pub fn from_values(ranges: Vec<(f64, f64)>) -> Self {
        Self { ranges }
    }
}

fn unusable(
    animal: &Selected,
    neuron: usize,
    feature: Feature,
    frame: usize,
    value: f64,
    normalized: f64,
) -> PrepareError {
    let (neuron, animal) = (animal.neurons[neuron].clone(), animal.animal.clone());
    if value.is_nan() {
        return PrepareError::MissingValue { animal, neuron, feature, frame };
    }
    PrepareError::OutOfReach { animal, neuron, feature, frame, value, normalized }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DerivativeMethod;
    use nervering_recording::{State, StateCoding};

    fn animal(name: &str, traces: &[f64]) -> Selected {
        let n_frames = traces.len();
        Selected {
            animal: name.into(),
            neurons: vec!["AVAL".parse().unwrap()],
            present: vec![true],
            n_frames,
            values: traces.iter().flat_map(|&v| [v, -v]).collect(),
            labels: vec![None; n_frames],
            states: vec![State::Unknown; n_frames],
            seconds: (0..n_frames).map(|k| k as f64).collect(),
            coding: StateCoding::Two,
            derivative_method: DerivativeMethod::BackwardDifferences,
        }
    }

    #[test]
    fn ranges_are_pooled_over_training_frames_and_applied_to_any_animal() {
        let (a, b) = (animal("a", &[0., 1., 50.]), animal("b", &[-50., 3., 4.]));
        let ranges = Ranges::fit(&[(&a, &[0, 1]), (&b, &[1, 2])]).unwrap();
        assert_eq!(ranges.values(), [(0., 4.), (-4., 0.)]);
        let unit = ranges.apply(&b, Interval::ZeroToOne).unwrap();
        assert_eq!(unit, [-12.5, 13.5, 0.75, 0.25, 1., 0.]);
        let symmetric = ranges.apply(&a, Interval::MinusOneToOne).unwrap();
        assert_eq!(symmetric[..4], [-1., 1., -0.5, 0.5]);
        assert_eq!(Ranges::from_values(ranges.values().to_vec()), ranges);
    }

    #[test]
    fn poison_outside_the_training_frames_changes_no_range() {
        let clean = animal("a", &[0., 1., 2., 3.]);
        let poisoned = animal("a", &[0., 1., 1e30, f64::NAN]);
        let fit = |a: &Selected| Ranges::fit(&[(a, &[0, 1])]).unwrap();
        assert_eq!(fit(&clean), fit(&poisoned));
    }

    #[test]
    fn what_cannot_be_fitted_or_applied_is_named() {
        let a = animal("a", &[1., 1., f64::NAN]);
        let flat = Ranges::fit(&[(&a, &[0, 1])]).unwrap_err();
        assert!(matches!(flat, PrepareError::Flat { .. }), "{flat}");
        let missing = Ranges::fit(&[(&a, &[2])]).unwrap_err();
        assert!(missing.to_string().contains("frame 2"), "{missing}");
        assert!(matches!(Ranges::fit(&[(&a, &[])]), Err(PrepareError::EmptyScope { .. })));
        assert!(matches!(Ranges::fit(&[(&a, &[3])]), Err(PrepareError::ScopeFrame { .. })));
        let ranges = Ranges::from_values(vec![(0., 1.); 2]);
        let nan = ranges.apply(&a, Interval::ZeroToOne).unwrap_err();
        assert!(matches!(nan, PrepareError::MissingValue { frame: 2, .. }), "{nan}");
        let huge = ranges.apply(&animal("b", &[1e39]), Interval::ZeroToOne).unwrap_err();
        assert!(matches!(huge, PrepareError::OutOfReach { frame: 0, .. }), "{huge}");
    }
}
