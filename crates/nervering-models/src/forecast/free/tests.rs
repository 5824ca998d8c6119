//! A known graph is found, and what is saved says the same.

use super::training::fit_in;
use super::{FittedFree, Free};
use crate::arrays::ForecasterSizes;
use crate::forecast::following::follow_each;
use crate::forecast::{BaselineForecast, ForecastAnimal, ForecastFrames, Forecaster};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const N: usize = 4;
const N_FRAMES: usize = 60;
/// Who pulls at whom, `[receiver, sender]`.
const COUPLED: [(usize, usize); 5] = [(0, 1), (1, 0), (2, 0), (3, 2), (1, 3)];

/// Points on lines that pull at some of the others, from anywhere: place and speed of each.
fn trajectory(rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut drawn = || std::array::from_fn::<f64, N, _>(|_| rng.random_range(-1.0..1.0));
    let (mut at, mut speed) = (drawn(), drawn().map(|speed| speed / 2.));
    let mut frames = Vec::new();
    for _ in 0..N_FRAMES {
        let mut pulls = at.map(|place| -0.3 * place);
        for (receiver, sender) in COUPLED {
            pulls[receiver] += 0.5 * (at[sender] - at[receiver]);
        }
        for k in 0..N {
            speed[k] += 0.1 * pulls[k];
            at[k] += 0.1 * speed[k];
            frames.extend([at[k] as f32, speed[k] as f32]);
        }
    }
    frames
}

#[test]
fn a_known_graph_is_found_and_kept() {
    let rng = &mut ChaCha8Rng::seed_from_u64(3);
    let all: Vec<Vec<f32>> = (0..60).map(|_| trajectory(rng)).collect();
    let train: Vec<usize> = (0..N_FRAMES).collect();
    let animals: Vec<ForecastAnimal<'_>> = all
        .iter()
        .map(|features| ForecastAnimal {
            features,
            train: &train,
            validation: &[],
            validation_starts: &[],
        })
        .collect();
    let frames = ForecastFrames { animals: &animals, n_neurons: N, n_features: 2, n_steps: 8 };
    let (network, scales) = fit_in(&frames, 1_500, rng).unwrap();
    let edges = network.edges();
    let of = |coupled: bool| {
        let pairs = (0..N * N).filter(|k| k / N != k % N);
        pairs.filter(move |k| COUPLED.contains(&(k / N, k % N)) == coupled).map(|k| edges[k])
    };
    let (least, most) = (of(true).fold(1., f64::min), of(false).fold(0., f64::max));
    assert!(least > most, "{edges:.2?}");

    let sizes = ForecasterSizes { n_neurons: N, n_features: 2 };
    let fitted = FittedFree { network, scales, sizes };
    let starts: Vec<usize> = (0..N_FRAMES).collect();
    let each = follow_each(&fitted, &all[0], 2 * N, &starts, 4);
    assert_eq!(fitted.at_once(&all[0], &starts, 4).unwrap(), each);
    let again = Free.restore(&fitted.arrays(), sizes).unwrap();
    assert_eq!(again.edges(&[]), fitted.edges(&[]));
    let said = |forecaster: &dyn Forecaster| {
        let mut following = forecaster.begin();
        following.push(&all[0][..2 * N]);
        following.forecast(4)
    };
    assert_eq!(said(&*again), said(&fitted));
    // A step is much nearer to the truth than staying is.
    let (now, next) = (&all[0][..2 * N], &all[0][2 * N..4 * N]);
    let error = |said: &dyn Fn(usize) -> f64| {
        (0..2 * N).map(|k| (said(k) - f64::from(next[k])).powi(2)).sum::<f64>()
    };
    let steps = said(&fitted);
    let (found, copied) = (error(&|k| steps[k]), error(&|k| f64::from(now[k])));
    assert!(found < 0.05 * copied, "{found:e} {copied:e}");
}
