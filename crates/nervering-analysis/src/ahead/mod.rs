//! States of behaviour up to half a minute ahead, and the time to the next switch, in an animal never seen
//! (Brennan & Proekt 2019, as the paper cites them: "enabled the prediction of motor action states up to
//! 30 s ahead"). [`ahead`] fits Asymmetric Diffusion Map Modelling to all animals but one and lets its
//! Markov chain over bins of phase and loop run on from where the left-out animal is.
//!
//! What it has to beat starts from the same knowledge: the state as decoded now and a chain over states
//! alone, that state for good, and how frequent states are. Nothing of a later frame enters: derivatives
//! look back, and the left-out animal is scaled by what has been seen of it ([`AheadScope`]).

mod states;
mod switch;
#[cfg(test)]
mod tests;

pub use states::{StateTeller, StatesAhead};
pub use switch::{AHEAD_S, SwitchTeller, SwitchTimes};

use states::KnownStates;
use switch::KnownSwitches;

use crate::error::{AnalysisError, at_least};
use crate::loop_manifold::fit_prepared;
use crate::over_animals::{Band, OverAnimals};
use nervering_prepare::{DerivativeSource, Prepared, Scope, prepare};
use nervering_recording::{NeuronName, Recording, StateCoding};
use nervering_statistics::SignFlipTest;

/// What the animal that is told ahead is scaled by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AheadScope {
    /// Its range up to each frame.
    Causal,
    /// Its range over the whole recording, as the source has it: that has seen the future.
    WholeRecording,
}

impl AheadScope {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Causal, Self::WholeRecording];

    /// `range so far` or `whole recording`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Causal => "range so far",
            Self::WholeRecording => "whole recording",
        }
    }
}

/// States and switches ahead of several animals.
#[derive(Debug, Clone, PartialEq)]
pub struct Ahead {
    /// The neurons.
    pub neurons: Vec<NeuronName>,
    /// The states told apart.
    pub coding: StateCoding,
    /// Seconds ahead, from 0.
    pub seconds: Vec<f64>,
    /// One per scope.
    pub scopes: Vec<AheadBy>,
}

/// Everything under one scope.
#[derive(Debug, Clone, PartialEq)]
pub struct AheadBy {
    /// What the animal that is told ahead was scaled by.
    pub scope: AheadScope,
    /// One per animal.
    pub animals: Vec<AnimalAhead>,
    /// States over animals, one per teller.
    pub states: Vec<StatesOverAnimals>,
    /// Times to the next switch over animals, one per teller.
    pub switches: Vec<SwitchOverAnimals>,
}

/// One animal, told by the others.
#[derive(Debug, Clone, PartialEq)]
pub struct AnimalAhead {
    /// The animal.
    pub animal: String,
    /// Its frames with a known state.
    pub n_labelled: usize,
    /// One per teller.
    pub states: Vec<StatesAhead>,
    /// One per teller.
    pub switches: Vec<SwitchTimes>,
}

/// What one teller knows of the states ahead.
#[derive(Debug, Clone, PartialEq)]
pub struct StatesOverAnimals {
    /// The teller.
    pub teller: StateTeller,
    /// Balanced accuracy in [0, 1] at each of [`Ahead::seconds`].
    pub balanced: Band,
    /// Bits per frame more than frequencies know, at each of [`Ahead::seconds`].
    pub bits: Band,
    /// Balanced accuracies and bits by animal, second by second.
    pub by_second: Vec<[OverAnimals; 2]>,
    /// Those of ADM less those of this teller, of balanced accuracy and of bits, second by second.
    pub adm_less: Vec<[Option<SignFlipTest>; 2]>,
}

/// What one teller knows of the time to the next switch.
#[derive(Debug, Clone, PartialEq)]
pub struct SwitchOverAnimals {
    /// The teller.
    pub teller: SwitchTeller,
    /// Mean absolute error in seconds.
    pub error_s: OverAnimals,
    /// Rank correlation of told and true times.
    pub correlation: OverAnimals,
    /// The error of ADM less that of this teller.
    pub adm_less: Option<SignFlipTest>,
}

/// Tells states and switches of every animal ahead from the manifold of all others. Deterministic but for
/// intervals of more than five animals.
///
/// # Errors
/// [`AnalysisError`] for fewer than two animals, a neuron that an animal lacks or that cannot be scaled,
/// and animals too short to have loops.
pub fn ahead(
    recordings: &[Recording],
    neurons: &[NeuronName],
    coding: StateCoding,
    seed: u64,
) -> Result<Ahead, AnalysisError> {
    at_least("number of animals", recordings.len(), 2)?;
    let coding = coding.resolve(recordings)?;
    let prepared = |recording: &Recording, scope| -> Result<Prepared, AnalysisError> {
        if recording.behavior().is_none() {
            return Err(AnalysisError::NoBehavior { animal: recording.animal().to_owned() });
        }
        Ok(prepare(recording, neurons, &coding, DerivativeSource::Backward, scope)?)
    };
    let known: Vec<Prepared> = recordings
        .iter()
        .map(|recording| prepared(recording, Scope::WholeRecording))
        .collect::<Result<_, _>>()?;
    let seconds: Vec<f64> = (0..=AHEAD_S).map(|second| second as f64).collect();
    let mut by_scope = vec![Vec::new(); AheadScope::ALL.len()];
    for (k, recording) in recordings.iter().enumerate() {
        let others: Vec<&Prepared> = known[..k].iter().chain(&known[k + 1..]).collect();
        let fitted = fit_prepared(&others)?;
        let fps = recording.time().fps();
        let steps: Vec<usize> = seconds.iter().map(|s| (s * fps).round() as usize).collect();
        let states = KnownStates::new(&fitted, &others, &steps);
        let switches = KnownSwitches::new(&fitted, &others, &states, fps);
        for (scope, animals) in AheadScope::ALL.into_iter().zip(&mut by_scope) {
            let causal;
            let animal = match scope {
                AheadScope::WholeRecording => &known[k],
                AheadScope::Causal => {
                    causal = prepared(recording, Scope::Causal)?;
                    &causal
                }
            };
            let bins = fitted.bins(&animal.features, &[animal.n_frames]);
            animals.push(AnimalAhead {
                animal: animal.animal.clone(),
                n_labelled: animal.labels.iter().flatten().count(),
                states: states.tell(&bins, &animal.labels),
                switches: switches.tell(&bins, &animal.labels),
            });
        }
    }
    let scopes = AheadScope::ALL.into_iter().zip(by_scope);
    let scopes = scopes.map(|(scope, animals)| AheadBy::of(scope, animals, seed)).collect();
    Ok(Ahead { neurons: neurons.to_vec(), coding, seconds, scopes })
}

impl AheadBy {
    fn of(scope: AheadScope, animals: Vec<AnimalAhead>, seed: u64) -> Self {
        let states =
            StateTeller::ALL.map(|teller| StatesOverAnimals::of(&animals, scope, teller, seed));
        let mut states = states.to_vec();
        let of_adm = states[0].by_second.clone();
        for of_teller in &mut states {
            let name = of_teller.teller.as_str();
            let pairs = of_adm.iter().zip(&of_teller.by_second).enumerate();
            let less = |(second, (adm, other)): (usize, (&[OverAnimals; 2], &[OverAnimals; 2]))| {
                let second = second.to_string();
                let parts = ["ahead", scope.as_str(), name, &second];
                [0, 1].map(|k| adm[k].less(&other[k], seed, &parts))
            };
            of_teller.adm_less = pairs.map(less).collect();
        }
        let switches = SwitchTeller::ALL.map(|teller| {
            let of = |quantity: fn(&SwitchTimes) -> Option<f64>, what: &str| {
                let times = |animal: &AnimalAhead| {
                    animal.switches.iter().find(|times| times.teller == teller).and_then(quantity)
                };
                let parts = ["switch", scope.as_str(), teller.as_str(), what];
                OverAnimals::of(animals.iter().map(times).collect(), seed, &parts)
            };
            SwitchOverAnimals {
                teller,
                error_s: of(|times| times.error_s, "error"),
                correlation: of(|times| times.correlation, "correlation"),
                adm_less: None,
            }
        });
        let mut switches = switches.to_vec();
        let of_adm = switches[0].error_s.clone();
        for of_teller in &mut switches {
            let parts = ["switch", scope.as_str(), of_teller.teller.as_str()];
            of_teller.adm_less = of_adm.less(&of_teller.error_s, seed, &parts);
        }
        Self { scope, animals, states, switches }
    }
}

impl StatesOverAnimals {
    fn of(animals: &[AnimalAhead], scope: AheadScope, teller: StateTeller, seed: u64) -> Self {
        let told: Vec<&StatesAhead> = animals
            .iter()
            .filter_map(|animal| animal.states.iter().find(|told| told.teller == teller))
            .collect();
        let n_seconds = told.first().map_or(0, |told| told.balanced.len());
        let at = |second: usize| {
            let text = second.to_string();
            let over = |values: &dyn Fn(&StatesAhead) -> f64, what: &str| {
                let value = |told: &&StatesAhead| Some(values(told)).filter(|v| v.is_finite());
                let parts = ["ahead", scope.as_str(), teller.as_str(), what, &text];
                OverAnimals::of(told.iter().map(value).collect(), seed, &parts)
            };
            [
                over(&|told| told.balanced[second], "balanced"),
                over(&|told| told.bits[second], "bits"),
            ]
        };
        let band = |curves: Vec<&[f64]>| Band::of(&curves);
        Self {
            teller,
            balanced: band(told.iter().map(|told| told.balanced.as_slice()).collect()),
            bits: band(told.iter().map(|told| told.bits.as_slice()).collect()),
            by_second: (0..n_seconds).map(at).collect(),
            adm_less: Vec::new(),
        }
    }
}
