//! What neurons know of the state of behaviour, in bits: each alone, a few chosen one after the other, and
//! all. The paper cites that "strategically choosing 1 neuron retains ∼75% of the information contained
//! in the larger set of 15 neurons" (Brennan & Proekt 2019) and names no measure.
//!
//! Two measures stand beside each other. `decoded` is the information that a linear decoder trained on
//! the other animals gets across to an animal it has never seen: a lower bound that needs no correction,
//! and the only one of the two that sets of neurons have. `binned` is what a neuron's bins of trace and
//! derivative say within its own animal, however it is coded, less what they say when the states are moved
//! along the recording. The neurons of a set are chosen on the animals trained on alone.

mod binned;
mod choose;
mod config;
mod decoded;
#[cfg(test)]
mod tests;

pub use config::InformationConfig;

use crate::error::{AnalysisError, at_least};
use crate::over_animals::OverAnimals;
use crate::shifts::ShiftTest;
use binned::binned;
use choose::choose;
use decoded::{Told, tell};
use nervering_prepare::{DerivativeSource, Prepared, Scope, prepare};
use nervering_recording::{NeuronName, Recording, StateCoding};

/// The fewest animals of which neurons are chosen: one that is told, and two to choose on.
const LEAST_TO_CHOOSE: usize = 3;

/// What neurons know of the state.
#[derive(Debug, Clone, PartialEq)]
pub struct Information {
    /// The states told apart.
    pub coding: StateCoding,
    /// The animals.
    pub animals: Vec<String>,
    /// What there is to know: the entropy of each animal's states in bits.
    pub entropy: OverAnimals,
    /// Every neuron alone, the one that gets most across first.
    pub singles: Vec<NeuronInformation>,
    /// One, two and more neurons, chosen one after the other; empty for fewer than three animals.
    pub chosen: Vec<ChosenNeurons>,
    /// All neurons.
    pub all: DecodedBits,
    /// How much was measured.
    pub config: InformationConfig,
}

/// One neuron.
#[derive(Debug, Clone, PartialEq)]
pub struct NeuronInformation {
    /// The neuron.
    pub neuron: NeuronName,
    /// Bits within each animal, corrected: the information of bins less its mean over shifts.
    pub binned: OverAnimals,
    /// That information as it was counted, and what shifts gave, by animal; `None` where a recording is
    /// too short for shifts.
    pub by_animal: Vec<Option<(f64, ShiftTest)>>,
    /// What gets across to animals never seen.
    pub decoded: DecodedBits,
}

/// Neurons chosen on the animals trained on.
#[derive(Debug, Clone, PartialEq)]
pub struct ChosenNeurons {
    /// Of each animal that is told, in the order of choice; as many of each.
    pub neurons: Vec<Vec<NeuronName>>,
    /// What gets across to that animal.
    pub decoded: DecodedBits,
}

/// What a linear decoder of some neurons gets across to animals that it has never seen.
#[derive(Debug, Clone, PartialEq)]
pub struct DecodedBits {
    /// Entropy of the states less the decoder's mean −log₂ of the state that was: bits per frame, below 0
    /// where a decoder is surer than it should be.
    pub bits: OverAnimals,
    /// Share of frames decoded rightly, in [0, 1].
    pub accuracy: OverAnimals,
    /// Mean recall over the states that occur, in [0, 1].
    pub balanced: OverAnimals,
    /// Mean bits over those of all neurons; `None` where these know nothing.
    pub share: Option<f64>,
}

impl DecodedBits {
    fn of(told: &[Told], seed: u64, purpose: &str) -> Self {
        let over = |what: &str, value: fn(&Told) -> Option<f64>| {
            let parts = ["information", purpose, what];
            OverAnimals::of(told.iter().map(value).collect(), seed, &parts)
        };
        Self {
            bits: over("bits", |told| told.bits),
            accuracy: over("accuracy", |told| told.accuracy),
            balanced: over("balanced", |told| told.balanced),
            share: None,
        }
    }

    fn with_share_of(mut self, all: &Self) -> Self {
        let of_all = all.bits.mean.filter(|bits| *bits > 0.);
        self.share = self.bits.mean.zip(of_all).map(|(bits, all)| bits / all);
        self
    }
}

/// Measures what neurons know. Traces and derivatives are scaled to [0, 1] per neuron over the whole
/// recording, as under the paper's protocol.
///
/// # Errors
/// [`AnalysisError`] for fewer than two animals, one without states, and a neuron that an animal lacks or
/// that cannot be scaled.
pub fn information(
    recordings: &[Recording],
    neurons: &[NeuronName],
    coding: StateCoding,
    config: InformationConfig,
) -> Result<Information, AnalysisError> {
    at_least("number of animals", recordings.len(), 2)?;
    at_least("circular shifts", config.n_shifts, 1)?;
    let coding = coding.resolve(recordings)?;
    let prepared = |recording: &Recording| -> Result<Prepared, AnalysisError> {
        if recording.behavior().is_none() {
            return Err(AnalysisError::NoBehavior { animal: recording.animal().to_owned() });
        }
        let source = DerivativeSource::FileOrCentral;
        Ok(prepare(recording, neurons, &coding, source, Scope::WholeRecording)?)
    };
    let animals: Vec<Prepared> = recordings.iter().map(prepared).collect::<Result<_, _>>()?;
    let all_animals: Vec<&Prepared> = animals.iter().collect();
    let others =
        |k: usize| -> Vec<&Prepared> { animals[..k].iter().chain(&animals[k + 1..]).collect() };
    // Of a set of neurons, every animal by a decoder of all others.
    let told = |set: &dyn Fn(usize) -> Vec<usize>| -> Result<Vec<Told>, AnalysisError> {
        (0..animals.len()).map(|k| tell(&others(k), &animals[k], &set(k))).collect()
    };
    let seed = config.seed;
    let everything: Vec<usize> = (0..neurons.len()).collect();
    let all = DecodedBits::of(&told(&|_| everything.clone())?, seed, "all");
    let all = all.clone().with_share_of(&all);

    let mut singles = Vec::new();
    for (place, neuron) in neurons.iter().enumerate() {
        let decoded = DecodedBits::of(&told(&|_| vec![place])?, seed, neuron.as_str());
        let within = |(animal, recording): (&&Prepared, &Recording)| {
            binned(animal, place, recording.time().seconds(), config)
        };
        let by_animal: Vec<Option<(f64, ShiftTest)>> =
            all_animals.iter().zip(recordings).map(within).collect();
        let corrected =
            by_animal.iter().map(|found| found.map(|(bits, shifted)| bits - shifted.mean));
        let parts = ["information", neuron.as_str(), "binned"];
        singles.push(NeuronInformation {
            neuron: neuron.clone(),
            binned: OverAnimals::of(corrected.collect(), seed, &parts),
            by_animal,
            decoded: decoded.with_share_of(&all),
        });
    }
    // The sort is stable: of equals the first.
    let bits = |single: &NeuronInformation| single.decoded.bits.mean.unwrap_or(f64::NEG_INFINITY);
    singles.sort_by(|a, b| bits(b).total_cmp(&bits(a)));

    let mut chosen = Vec::new();
    if animals.len() >= LEAST_TO_CHOOSE {
        let most = config.most_chosen.min(neurons.len());
        let orders: Vec<Vec<usize>> =
            (0..animals.len()).map(|k| choose(&others(k), most)).collect::<Result<_, _>>()?;
        for size in 1..=most {
            let decoded = told(&|k| orders[k][..size].to_vec())?;
            let decoded = DecodedBits::of(&decoded, seed, &format!("chosen {size}"));
            let named =
                |order: &Vec<usize>| order[..size].iter().map(|&n| neurons[n].clone()).collect();
            chosen.push(ChosenNeurons {
                neurons: orders.iter().map(named).collect(),
                decoded: decoded.with_share_of(&all),
            });
        }
    }
    let entropies = animals.iter().map(|animal| decoded::entropy(&animal.labels)).collect();
    Ok(Information {
        coding,
        animals: animals.iter().map(|animal| animal.animal.clone()).collect(),
        entropy: OverAnimals::of(entropies, seed, &["information", "entropy"]),
        singles,
        chosen,
        all,
        config,
    })
}
