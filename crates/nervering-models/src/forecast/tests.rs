//! Baselines on systems whose forecasts are known.

use super::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn drawn() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(7)
}

/// A rotation that turns and shrinks, `[frame, 2 numbers]`, with a kick every 37 frames.
fn spiral(n_frames: usize) -> Vec<f32> {
    let (mut x, mut y) = (1f64, 0f64);
    let mut features = Vec::new();
    for frame in 0..n_frames {
        if frame % 37 == 0 {
            (x, y) = (1. + (frame as f64).sin() / 3., (frame as f64).cos() / 2.);
        }
        features.extend([x as f32, y as f32]);
        (x, y) = turned(x, y);
    }
    features
}

fn turned(x: f64, y: f64) -> (f64, f64) {
    (0.1 + 0.95 * (0.9 * x - 0.3 * y), 0.95 * (0.3 * x + 0.9 * y))
}

fn fit(model: &dyn BaselineForecast, features: &[f32]) -> Box<dyn Forecaster> {
    // No frame that follows a kick is learnt from.
    let train: Vec<usize> = (0..600).filter(|frame| frame % 37 > 8).collect();
    let starts: Vec<usize> = (630..700).filter(|start| (8..28).contains(&(start % 37))).collect();
    let validation: Vec<usize> = (630..720).collect();
    let animal = ForecastAnimal {
        features,
        train: &train,
        validation: &validation,
        validation_starts: &starts,
    };
    let frames = ForecastFrames { animals: &[animal], n_neurons: 1, n_features: 2, n_steps: 8 };
    model.fit(&frames, &mut drawn()).unwrap()
}

fn said(fitted: &dyn Forecaster, features: &[f32], start: usize, n_steps: usize) -> Vec<f64> {
    follow(fitted, features, 2, &[start], n_steps)
}

#[test]
fn linear_dynamics_are_recovered_and_rolled_out() {
    let features = spiral(800);
    for model in [&VectorAutoregression as &dyn BaselineForecast, &Autoregression] {
        let start = 37 * 20 + 9;
        let forecast = said(fit(model, &features).as_ref(), &features, start, 16);
        let (mut x, mut y) = (f64::from(features[start * 2]), f64::from(features[start * 2 + 1]));
        for (step, found) in forecast.chunks_exact(2).enumerate() {
            (x, y) = turned(x, y);
            let distance = (found[0] - x).abs().max((found[1] - y).abs());
            assert!(distance < 1e-3, "{}, step {step}: {distance}", model.name());
        }
    }
}

#[test]
fn linear_edges_are_the_sizes_of_the_coefficients() {
    let features = spiral(800);
    let train: Vec<usize> = (0..800).filter(|frame| frame % 37 > 8).collect();
    let animal = ForecastAnimal {
        features: &features,
        train: &train,
        validation: &[],
        validation_starts: &[],
    };
    let edges = |n_neurons: usize, n_features: usize| {
        let frames = ForecastFrames { animals: &[animal], n_neurons, n_features, n_steps: 8 };
        linear_edges(&frames).unwrap()
    };
    // The increment is [[−0.145, −0.285], [0.285, −0.145]] times the frame, and a drift.
    for (found, known) in edges(2, 1).iter().zip([0.145, 0.285, 0.285, 0.145]) {
        assert!((found - known).abs() < 1e-3, "{found} for {known}");
    }
    assert!((edges(1, 2)[0] - 0.86).abs() < 3e-3, "of one neuron, all four");
}

#[test]
fn copy_mean_and_damped_copy_say_what_their_names_say() {
    let features = spiral(800);
    let n = features.len() / 2;
    assert_eq!(
        said(fit(&Copy, &features).as_ref(), &features, 5, 2)[..2],
        [f64::from(features[10]), f64::from(features[11])]
    );
    let mean = said(fit(&Mean, &features).as_ref(), &features, 5, 3);
    assert_eq!(mean[..2], mean[4..]);
    let train = (0..600).filter(|frame| frame % 37 > 8).collect::<Vec<_>>();
    let by_hand =
        train.iter().map(|t| f64::from(features[t * 2])).sum::<f64>() / train.len() as f64;
    assert!((mean[0] - by_hand).abs() < 1e-12);
    // A damped copy goes from the present to the mean and not beyond.
    let far = said(fit(&DampedCopy, &features).as_ref(), &features, n - 1, 400);
    assert!((far[far.len() - 2] - by_hand).abs() < 1e-3, "{} {by_hand}", far[far.len() - 2]);
}

#[test]
fn no_baseline_looks_beyond_the_start() {
    let features = spiral(800);
    for model in baselines() {
        let fitted = fit(model, &features);
        let start = 720;
        let mut poisoned = features.clone();
        poisoned[(start + 1) * 2..].fill(f32::NAN);
        let clean = said(fitted.as_ref(), &features, start, 16);
        assert!(clean.iter().all(|value| value.is_finite()), "{}", model.name());
        assert_eq!(clean, said(fitted.as_ref(), &poisoned, start, 16), "{}", model.name());
    }
}

#[test]
fn what_cannot_be_fitted_is_said() {
    let features = spiral(40);
    let fit = |model: &dyn BaselineForecast, train: &[usize], starts: &[usize]| {
        let animal = ForecastAnimal {
            features: &features,
            train,
            validation: &[],
            validation_starts: starts,
        };
        let frames = ForecastFrames { animals: &[animal], n_neurons: 1, n_features: 2, n_steps: 8 };
        model.fit(&frames, &mut drawn()).err()
    };
    assert_eq!(fit(&Mean, &[], &[]), Some(ForecastError::NoFrames { n_lags: 0 }));
    assert_eq!(fit(&DampedCopy, &[0], &[]), Some(ForecastError::NoFrames { n_lags: 1 }));
    let too_early = Some(ForecastError::NoFrames { n_lags: MOST_LAGS });
    assert_eq!(fit(&VectorAutoregression, &[3], &[20]), too_early);
    let no_choice = Some(ForecastError::NoValidation { n_lags: MOST_LAGS });
    assert_eq!(fit(&Autoregression, &[20, 21], &[3]), no_choice);
    let too_short: Vec<usize> = (7..7 + HEADS).collect();
    let no_stretch = Some(ForecastError::NoStretch { expected: HEADS + 1 });
    for model in [DirectForecast::Linear, DirectForecast::LinearAnalog, DirectForecast::Population]
    {
        assert_eq!(fit(&model, &too_short, &[20]), no_stretch);
        let frames: Vec<usize> = (7..40).collect();
        assert_eq!(fit(&model, &frames, &[20]), None);
    }
}

#[test]
fn a_restored_baseline_forecasts_the_same_bits_and_refuses_what_is_not_its_own() {
    let features = spiral(800);
    let sizes = ForecasterSizes { n_neurons: 1, n_features: 2 };
    let said = |fitted: &dyn Forecaster| -> Vec<u64> {
        said(fitted, &features, 300, 16).into_iter().map(f64::to_bits).collect()
    };
    for model in baselines() {
        let fitted = fit(model, &features);
        let arrays = fitted.arrays();
        let restored = model.restore(&arrays, sizes).unwrap();
        assert_eq!(said(restored.as_ref()), said(fitted.as_ref()), "{}", model.name());
        assert_eq!(restored.arrays(), arrays);
        assert_eq!(restored.chosen(), fitted.chosen());
        for k in 0..arrays.len() {
            let refused = |change: &dyn Fn(&mut Vec<DecoderArray>)| {
                let mut arrays = fitted.arrays();
                change(&mut arrays);
                model.restore(&arrays, sizes).err().expect("refused").to_string()
            };
            assert!(refused(&|arrays| _ = arrays.remove(k)).contains("found none"));
            assert!(refused(&|arrays| arrays[k].name = "others".into()).contains("others"));
            assert!(refused(&|arrays| arrays[k].values[0] = f64::NAN).contains("NaN"));
            assert!(refused(&|arrays| arrays[k].shape[0] += 1).contains("shape"));
        }
        let three = ForecasterSizes { n_neurons: 3, n_features: 2 };
        // What is the same for every neuron is so for any number of them.
        let fits_any = ["copy", "nri", "dnri"].contains(&model.name());
        assert_eq!(model.restore(&arrays, three).is_err(), !fits_any, "{}", model.name());
    }
    let var = fit(&VectorAutoregression, &features);
    let with = |name: &str, at: usize, value: f64| {
        let mut arrays = var.arrays();
        arrays.iter_mut().find(|array| array.name == name).unwrap().values[at] = value;
        VectorAutoregression.restore(&arrays, sizes).err().expect("refused").to_string()
    };
    for lags in [0., 5., 9., 1e300, -1., 1.5] {
        assert!(with("lags", 0, lags).contains("one of [1, 2"), "{lags}");
    }
}
