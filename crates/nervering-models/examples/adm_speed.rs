//! Prints: `5 worms of 3000 frames, 15 neurons: fitted in … s, decoded in … s, accuracy … %`
//!
//! The time that Asymmetric Diffusion Map Modelling takes, on one thread, to fit five simulated
//! worms and to decode them, every tenth window of 8 frames without a label; accuracy is of those
//! windows, forward against reverse. Run it with `--release`.

use nervering_models::adm::Adm;
use nervering_models::{DirectDecoder, LabelledFrames};
use nervering_prepare::{DerivativeSource, Scope, prepare};
use nervering_recording::{NeuronSet, StateCoding};
use nervering_simulate::{SimulationConfig, simulate};
use std::time::Instant;

const N_FRAMES: usize = 3000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // 1,080 s at 2.8 frames a second are 3,024 frames
    let config = SimulationConfig { n_other_neurons: 0, ..Default::default() };
    let (mut features, mut labels) = (Vec::new(), Vec::new());
    for animal in simulate(&config, 1)? {
        let recording = animal.recording;
        let neurons = NeuronSet::Paper15.resolve(std::slice::from_ref(&recording))?;
        let (source, scope) = (DerivativeSource::Backward, Scope::WholeRecording);
        let prepared = prepare(&recording, &neurons, &StateCoding::Two, source, scope)?;
        features.extend_from_slice(&prepared.features[..N_FRAMES * 30]);
        labels.extend_from_slice(&prepared.labels[..N_FRAMES]);
    }
    let held_out = |frame: usize| frame % N_FRAMES / 8 % 10 == 3;
    let known = labels.iter().enumerate().map(|(frame, label)| label.filter(|_| !held_out(frame)));
    let known: Vec<_> = known.collect();
    let runs = [N_FRAMES; 5];
    let frames = LabelledFrames {
        features: &features,
        n_inputs: 30,
        labels: &known,
        runs: &runs,
        n_classes: 2,
    };
    let start = Instant::now();
    let adm = Adm.fit_manifold(&frames)?;
    let fitted = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let said = adm.predict(&features, &runs);
    let decoded = start.elapsed().as_secs_f64();
    let right = labels.iter().zip(&said.classes).enumerate().filter(|&(frame, _)| held_out(frame));
    let right: Vec<_> = right.filter_map(|(_, (label, said))| Some((*label)? == *said)).collect();
    let accuracy = right.iter().filter(|&&right| right).count() as f64 / right.len() as f64;
    println!(
        "5 worms of {N_FRAMES} frames, 15 neurons: fitted in {fitted:.1} s, decoded in {decoded:.1} s, \
         accuracy {:.1} %",
        100. * accuracy
    );
    Ok(())
}
