//! Simulated animals: [`simulate`] puts commands, latents, mixing and calcium together into
//! [`SimulatedAnimal`]s, recordings that come with their [`Truth`].

use crate::calcium::image;
use crate::commands::{labels, simulate_bouts};
use crate::config::n_frames;
use crate::latent::simulate_latents;
use crate::mixing::draw_neurons;
use crate::stream::{Purpose, stream};
use crate::{SimulateError, SimulationConfig};
use nervering_recording::{
    Behavior, NeuronLabel, Provenance, Recording, RecordingParts, State, TimeBase, TraceUnit,
    Traces,
};
use rand::RngExt;

/// A recording and what it was made from.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedAnimal {
    /// As any other recording: labelled, no derivative, named `sim01`, `sim02`, …
    pub recording: Recording,
    /// What a real recording does not tell.
    pub truth: Truth,
}

/// What a simulated recording was made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    /// The state that was commanded at every frame, also where the label is unknown.
    pub commands: Vec<State>,
    /// The latent trajectory, row-major `[frame, latent]` with [`crate::N_LATENTS`] latents.
    pub latents: Vec<f64>,
    /// ΔF/F per unit of each latent before the calcium kernel, row-major `[neuron, latent]`;
    /// neurons in the order of the recording.
    pub loadings: Vec<f64>,
}

/// Simulates `config.n_animals` animals. Every animal draws from streams of its own, so the first
/// animals are the same however many follow; on one platform the same configuration and seed give
/// the same bits.
///
/// # Errors
/// [`SimulateError`] for a configuration that [`SimulationConfig::validate`] refuses.
pub fn simulate(
    config: &SimulationConfig,
    seed: u64,
) -> Result<Vec<SimulatedAnimal>, SimulateError> {
    config.validate()?;
    Ok((0..config.n_animals).map(|animal| simulate_animal(config, seed, animal)).collect())
}

fn simulate_animal(config: &SimulationConfig, seed: u64, animal: usize) -> SimulatedAnimal {
    let stream = |purpose| stream(seed, animal, purpose);
    let mut behavior = stream(Purpose::Behavior);
    let fps = behavior.random_range(config.fps.clone());
    let n_frames = n_frames(config.duration_s, fps);
    let bouts = simulate_bouts(n_frames, fps, &mut behavior);
    let labels = labels(&bouts, &mut behavior);
    let latents = simulate_latents(&bouts, fps, &mut stream(Purpose::Latent));
    let mut neurons = stream(Purpose::Neurons);
    let neurons = draw_neurons(config.n_other_neurons, config.variability, &mut neurons);

    let n_neurons = neurons.len();
    let mut imaging = stream(Purpose::Imaging);
    let mut values = vec![0.; n_frames * n_neurons];
    let mut loadings = Vec::new();
    for (column, neuron) in neurons.iter().enumerate() {
        let (trace, scale) = image(neuron, &latents, fps, config, &mut imaging);
        loadings.extend(neuron.loadings.map(|loading| scale * loading));
        for (row, value) in values.chunks_exact_mut(n_neurons).zip(trace) {
            row[column] = value;
        }
    }

    let name = |(column, name): (usize, Option<&str>)| match name {
        Some(name) => NeuronLabel::from_text(name),
        // As in the file of Kato et al.
        None => NeuronLabel::Unidentified((column + 1).to_string()),
    };
    let parts = RecordingParts {
        animal: format!("sim{:02}", animal + 1),
        neurons: neurons.iter().map(|neuron| neuron.name).enumerate().map(name).collect(),
        traces: Traces::new(n_frames, n_neurons, values).expect("simulated values are finite"),
        derivative: None,
        behavior: Some(Behavior::new(labels)),
        time: TimeBase::regular(n_frames, fps, 0.).expect("the rate is positive"),
        provenance: Provenance {
            source: "nervering-simulate".to_owned(),
            place: format!("seed {seed}, animal {}", animal + 1),
            trace_field: "simulated ΔF/F, bleach-corrected".to_owned(),
            unit: Some(TraceUnit::DeltaF),
        },
    };
    let truth = Truth {
        commands: bouts.iter().flat_map(|b| std::iter::repeat_n(b.state, b.n_frames)).collect(),
        latents,
        loadings,
    };
    let recording = Recording::new(parts).expect("no name stands twice in the table of roles");
    SimulatedAnimal { recording, truth }
}
