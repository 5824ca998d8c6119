//! What to simulate: [`SimulationConfig`], its defaults, and why one cannot be run.
//!
//! Behaviour and loadings are fixed by the sources named in their own files; what stands here is
//! how much of everything there is.

use std::ops::RangeInclusive;

/// How many animals to simulate, how long, and how noisy and how different from each other.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulationConfig {
    /// Number of animals, 1 to 1,000. Default 5, as in Kato et al.
    pub n_animals: usize,
    /// Length of every recording in seconds, 30 to 36,000. Default 1,080 (18 min).
    pub duration_s: f64,
    /// Range from which each animal's rate is drawn, volumes per second, within 1 to 30. Default
    /// 2.8 to 3.07, the range of the five worms.
    pub fps: RangeInclusive<f64>,
    /// Neurons besides the paper's fifteen, 0 to 1,000; some are named in some animals, the rest
    /// carry numbers. Default 90.
    pub n_other_neurons: usize,
    /// How much an animal's loadings differ from the shared ones, 0 to 5. At 0 all animals are
    /// alike; at 1 a linear decoder loses on unseen animals about what it loses on the worms of
    /// Kato et al.; at the default of 3 it loses more, so that differences between models show in
    /// short runs: two states decoded at about 98 % within an animal and 84 % across, four at 95 %
    /// and 56 %.
    pub variability: f64,
    /// Standard deviation of the imaging noise in ΔF/F, 0 to 1. Default 0.025.
    pub noise: f64,
    /// Standard deviation, over neurons, of the relative error that bleach correction leaves at
    /// the end of the recording, 0 to 1. Default 0.05.
    pub bleaching: f64,
}

impl Default for SimulationConfig {
    fn default() -> Self {
        Self {
            n_animals: 5,
            duration_s: 1080.,
            fps: 2.8..=3.07,
            n_other_neurons: 90,
            variability: 3.0,
            noise: 0.025,
            bleaching: 0.05,
        }
    }
}

/// Why animals cannot be simulated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SimulateError {
    /// A setting outside its range.
    #[error("simulation setting {field}: found {found}, expected {expected}")]
    Setting {
        /// The field of [`SimulationConfig`].
        field: &'static str,
        /// Its value.
        found: String,
        /// What it may be.
        expected: &'static str,
    },
    /// More values than a simulation may hold in memory.
    #[error(
        "{n_animals} animals × {n_frames} frames × {n_neurons} neurons are more than {MAX_VALUES} values; simulate fewer or shorter ones at a time"
    )]
    TooLarge {
        /// Animals asked for.
        n_animals: usize,
        /// Frames of the fastest recording.
        n_frames: usize,
        /// Neurons per animal.
        n_neurons: usize,
    },
}

/// 2 GiB of traces.
const MAX_VALUES: usize = 1 << 28;

impl SimulationConfig {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`SimulateError`] for the first setting outside the range its documentation gives, and for
    /// simulations above 2²⁸ values in total.
    pub fn validate(&self) -> Result<(), SimulateError> {
        let check = |sound: bool, field, found: String, expected| {
            if sound { Ok(()) } else { Err(SimulateError::Setting { field, found, expected }) }
        };
        let Self { n_animals, duration_s, fps, n_other_neurons, variability, noise, bleaching } =
            self;
        check((1..=1000).contains(n_animals), "n_animals", n_animals.to_string(), "1 to 1000")?;
        let found = duration_s.to_string();
        check((30. ..=36_000.).contains(duration_s), "duration_s", found, "30 to 36000 seconds")?;
        let rates = 1. ..=30.;
        let sound = rates.contains(fps.start()) && rates.contains(fps.end()) && !fps.is_empty();
        let expected = "an ascending range within 1 to 30 volumes per second";
        check(sound, "fps", format!("{} to {}", fps.start(), fps.end()), expected)?;
        let found = n_other_neurons.to_string();
        check(*n_other_neurons <= 1000, "n_other_neurons", found, "0 to 1000")?;
        let found = variability.to_string();
        check((0. ..=5.).contains(variability), "variability", found, "0 to 5")?;
        check((0. ..=1.).contains(noise), "noise", noise.to_string(), "0 to 1 ΔF/F")?;
        check((0. ..=1.).contains(bleaching), "bleaching", bleaching.to_string(), "0 to 1")?;
        let n_frames = n_frames(*duration_s, *fps.end());
        let n_neurons = crate::roles::PAPER_15.len() + n_other_neurons;
        // No product of the ranges above overflows.
        if n_animals * n_frames * n_neurons > MAX_VALUES {
            let n_animals = *n_animals;
            return Err(SimulateError::TooLarge { n_animals, n_frames, n_neurons });
        }
        Ok(())
    }
}

/// Frames of a recording at a rate.
pub(crate) fn n_frames(duration_s: f64, fps: f64) -> usize {
    (duration_s * fps).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(SimulationConfig::default().validate(), Ok(()));
    }

    #[test]
    fn a_setting_out_of_range_is_named() {
        let base = SimulationConfig::default;
        let wrong = [
            ("n_animals", SimulationConfig { n_animals: 0, ..base() }),
            ("duration_s", SimulationConfig { duration_s: f64::NAN, ..base() }),
            ("fps", SimulationConfig { fps: 3.0..=2.0, ..base() }),
            ("fps", SimulationConfig { fps: 2.0..=f64::INFINITY, ..base() }),
            ("n_other_neurons", SimulationConfig { n_other_neurons: usize::MAX, ..base() }),
            ("variability", SimulationConfig { variability: -1., ..base() }),
            ("noise", SimulationConfig { noise: f64::NAN, ..base() }),
            ("bleaching", SimulationConfig { bleaching: 2., ..base() }),
        ];
        for (name, config) in wrong {
            match config.validate() {
                Err(SimulateError::Setting { field, .. }) => assert_eq!(field, name),
                other => panic!("{name}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_simulation_that_fills_the_memory_is_refused() {
        let config = SimulationConfig {
            n_animals: 1000,
            duration_s: 36_000.,
            ..SimulationConfig::default()
        };
        let error = config.validate().unwrap_err();
        assert!(error.to_string().starts_with("1000 animals × 110520 frames"), "{error}");
    }
}
