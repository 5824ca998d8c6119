//! Direct forecasters on animals whose dynamics are known.

use super::*;
use crate::forecast::{ForecastAnimal, follow};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const N_NEURONS: usize = 2;
const N_FRAMES: usize = 900;

/// Numbers between −1 and 1 without a pattern.
fn noise(seed: usize) -> f64 {
    let x = (seed as f64 * 12.9898 + 4.1).sin() * 43758.5453;
    2. * (x - x.floor()) - 1.
}

/// Two neurons that turn about each other and are kicked, and their differences. `scale` and `level`
/// are those of the animal's fluorescence.
fn animal(name: usize, angle: f64, scale: f64, level: f64) -> Vec<f32> {
    let (mut x, mut y) = (0.3, -0.2);
    let (mut features, mut before) = (Vec::new(), [0f64; 2]);
    for frame in 0..N_FRAMES {
        let kick = |k: usize| 0.1 * noise(name * 100_000 + frame * 2 + k);
        let (s, c) = angle.sin_cos();
        (x, y) = (0.97 * (c * x - s * y) + kick(0), 0.97 * (s * x + c * y) + kick(1));
        let values = [x, y].map(|value| level + scale * value);
        let moved = [0, 1].map(|k| if frame == 0 { 0. } else { values[k] - before[k] });
        features.extend([values[0], moved[0], values[1], moved[1]].map(|value| value as f32));
        before = values;
    }
    features
}

fn fit(model: DirectForecast, animals: &[Vec<f32>]) -> Box<dyn Forecaster> {
    let (train, validation): (Vec<usize>, Vec<usize>) = ((0..700).collect(), (720..800).collect());
    let of_animal = |features| ForecastAnimal {
        features,
        train: &train,
        validation: &validation,
        validation_starts: &[],
    };
    let animals: Vec<_> = animals.iter().map(|features| of_animal(features)).collect();
    let frames =
        ForecastFrames { animals: &animals, n_neurons: N_NEURONS, n_features: 2, n_steps: 8 };
    model.fit(&frames, &mut ChaCha8Rng::seed_from_u64(5)).unwrap()
}

/// Skill over copying in traces at 1, 4 and 16 steps, in the last third of an animal.
fn skill(fitted: &dyn Forecaster, features: &[f32]) -> [f64; 3] {
    let n_columns = N_NEURONS * 2;
    let starts: Vec<usize> = (600..N_FRAMES - HEADS).collect();
    let said = follow(fitted, features, n_columns, &starts, HEADS);
    [1, 4, 16].map(|step| {
        let (mut errors, mut copies) = (0., 0.);
        for (at, start) in starts.iter().enumerate() {
            for neuron in 0..N_NEURONS {
                let column = neuron * 2;
                let truth = f64::from(features[(start + step) * n_columns + column]);
                let said = said[(at * HEADS + step - 1) * n_columns + column];
                errors += (said - truth).powi(2);
                copies += (f64::from(features[start * n_columns + column]) - truth).powi(2);
            }
        }
        1. - errors / copies
    })
}

fn three() -> Vec<Vec<f32>> {
    [(1, 0.2, 1., 0.), (2, 0.2, 3., 5.), (3, 0.2, 0.2, -1.)]
        .map(|(name, angle, scale, level)| animal(name, angle, scale, level))
        .to_vec()
}

#[test]
fn a_linear_forecast_holds_in_an_animal_on_another_scale_and_level() {
    let new = animal(9, 0.2, 7., 30.);
    let fitted = fit(DirectForecast::Linear, &three());
    let found = skill(fitted.as_ref(), &new);
    // Of the noise that no one can know, 0.97 of the rotation is left: the best that there is.
    assert!(found[0] > 0.3 && found[1] > 0.5 && found[2] > 0.3, "{found:?}");
    assert!(fitted.chosen().contains("penalty"), "{}", fitted.chosen());
}

#[test]
fn own_past_helps_where_an_animal_is_unlike_those_trained_on() {
    let other = animal(9, -0.35, 1., 0.);
    let of = |model| skill(fit(model, &three()).as_ref(), &other);
    let (pooled, adapted) = (of(DirectForecast::Linear), of(DirectForecast::LinearAdapted));
    assert!(adapted[1] > pooled[1] + 0.05, "{pooled:?} {adapted:?}");
    let both = of(DirectForecast::LinearAnalog);
    assert!(both[1] > pooled[1] + 0.05, "{pooled:?} {both:?}");
}

#[test]
fn analogs_find_what_came_after_such_a_state() {
    let found = skill(fit(DirectForecast::Analog, &three()).as_ref(), &animal(9, 0.2, 1., 0.));
    assert!(found[1] > 0.2 && found[2] > 0.2, "{found:?}");
}

#[test]
fn forecasts_of_traces_are_on_the_scale_of_the_animal() {
    // The same animal, in other units from its first frame on: so are its forecasts, less what the
    // prior still counts.
    let new = animal(9, 0.2, 1., 0.);
    let scaled: Vec<f32> = new.iter().map(|value| value * 4.).collect();
    let fitted = fit(DirectForecast::Linear, &three());
    for (one, other) in
        skill(fitted.as_ref(), &new).into_iter().zip(skill(fitted.as_ref(), &scaled))
    {
        assert!((one - other).abs() < 0.02, "{one} {other}");
    }
}

#[test]
fn starts_that_are_asked_for_together_change_nothing() {
    let new = animal(9, 0.2, 1., 0.);
    for model in [
        DirectForecast::Linear,
        DirectForecast::LinearAdapted,
        DirectForecast::Analog,
        DirectForecast::LinearAnalog,
        DirectForecast::Population,
    ] {
        let fitted = fit(model, &three());
        let starts: Vec<usize> = (0..300).step_by(7).collect();
        let together = follow(fitted.as_ref(), &new, 4, &starts, HEADS);
        let alone = follow(fitted.as_ref(), &new, 4, &starts[42..], HEADS);
        assert_eq!(together[42 * HEADS * 4..], alone, "{model:?}");
        // What follows the start is never asked for.
        let cut = follow(fitted.as_ref(), &new[..(starts[42] + 1) * 4], 4, &starts[42..], HEADS);
        assert_eq!(cut, alone, "{model:?}");
    }
}

/// As [`animal`], where the second neuron answers to the first one's distance from zero, whatever its sign.
fn bent(name: usize) -> Vec<f32> {
    let (mut x, mut y, mut features) = (0.3f64, 0., Vec::new());
    for frame in 0..N_FRAMES {
        let kick = |k: usize| 0.15 * noise(name * 100_000 + frame * 2 + k);
        y = 0.7 * y + 0.6 * x.abs() + 0.2 * kick(1);
        x = 0.92 * x + kick(0);
        features.extend([x as f32, 0., y as f32, 0.]);
    }
    features
}

#[test]
fn networks_find_what_no_linear_forecast_says() {
    let animals = [1, 2, 3, 4].map(bent);
    let linear = skill(fit(DirectForecast::LinearAdapted, &animals).as_ref(), &bent(9));
    let fitted = fit(DirectForecast::Population, &animals);
    let found = skill(fitted.as_ref(), &bent(9));
    assert!(found[1] > linear[1] + 0.1, "{found:?} against {linear:?}");
    assert!(fitted.chosen().contains("networks of epochs"), "{}", fitted.chosen());
}

#[test]
fn a_neuron_that_never_moved_corrects_nothing_whatever_its_value() {
    let fitted = fit(DirectForecast::Population, &[1, 2, 3].map(bent));
    let with = |value: f32| {
        let mut features = bent(9);
        features.chunks_exact_mut(4).for_each(|frame| frame[2] = value);
        follow(fitted.as_ref(), &features, 4, &[400], HEADS)
    };
    let (low, high) = (with(-3.), with(3.));
    // Its own forecast is that of what is corrected, which is about its value.
    let own = |said: &[f64]| said.iter().skip(2).step_by(4).copied().collect::<Vec<_>>();
    let close = |said: Vec<f64>, value: f64| said.iter().all(|x| (x - value).abs() < 1.);
    assert!(close(own(&low), -3.) && close(own(&high), 3.), "{:?} {:?}", own(&low), own(&high));
}
