//! The real partial worms through the whole room: folds of windows of 8, classes, ranges.
//!
//! Skips where the data is absent.

use nervering_prepare::*;
use nervering_recording::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::path::PathBuf;

fn worms() -> Vec<Recording> {
    let data = std::env::var_os("NERVERING_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let file = data.join("kato2015/WT_NoStim_part.mat");
    if !file.exists() {
        println!("skipped: no {}", file.display());
        return Vec::new();
    }
    nervering_io::read_recordings(&file, &nervering_io::ReadOptions::default()).unwrap().recordings
}

#[test]
fn every_worm_prepares_and_splits() {
    for worm in worms() {
        let neurons = NeuronSet::Paper15.resolve(std::slice::from_ref(&worm)).unwrap();
        let n_frames = worm.n_frames();
        let windows = cut_windows(n_frames, 8).unwrap();
        let folds = Folds::shuffled(&windows, 10, &mut ChaCha8Rng::seed_from_u64(1)).unwrap();
        for fold in 0..10 {
            let split = folds.split(fold);
            assert!((15..=19).contains(&folds.windows(fold).len()), "{}", worm.animal());
            assert_eq!(split.train.len() + split.validation.len() + split.test.len(), n_frames);
            let scope = Scope::TrainingFrames(&split.train);
            let source = DerivativeSource::Backward;
            let prepared = prepare(&worm, &neurons, &StateCoding::Four, source, scope).unwrap();
            for &frame in &split.train {
                let row = &prepared.features[frame * 30..(frame + 1) * 30];
                assert!(row.iter().all(|v| (0. ..=1.).contains(v)), "{} {frame}", worm.animal());
            }
        }
    }
}

#[test]
fn every_worm_shows_every_class_and_the_full_range() {
    for worm in worms() {
        let neurons = NeuronSet::Paper15.resolve(std::slice::from_ref(&worm)).unwrap();
        for coding in [StateCoding::Seven, StateCoding::Four, StateCoding::Two] {
            let source = DerivativeSource::FileOrCentral;
            let prepared =
                prepare(&worm, &neurons, &coding, source, Scope::WholeRecording).unwrap();
            for class in 0..coding.n_classes() {
                let frames = prepared.labels.iter().filter(|l| **l == Some(class as u8)).count();
                assert!(frames > 0, "{}: {}", worm.animal(), coding.class_names()[class]);
            }
            for column in 0..30 {
                let values = prepared.features.iter().skip(column).step_by(30);
                let (low, high) = values.fold((2f32, -1f32), |(l, h), &v| (l.min(v), h.max(v)));
                assert_eq!((low, high), (0., 1.), "{} column {column}", worm.animal());
            }
        }
    }
}
