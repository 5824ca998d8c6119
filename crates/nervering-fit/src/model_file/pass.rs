//! What a model does, written out in the metadata of its file, so that a program that knows nothing of it
//! can follow: [`Pass`], and how signals over time are made, [`SignalsOf`]. A file that says something else
//! than its architecture is refused.

use super::error::{ModelFileError, field};
use crate::signals::{PRIOR_FRAMES, scales, smoothing};
use nervering_models::Inputs;
use nervering_models::written::Written;
use nervering_prepare::{SLOPE_UNIT, SMOOTHING_S, Signals, Smoothing};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The steps of a pass.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pass {
    /// Networks with parameters `[member, …]`, whose log-probabilities are averaged; none for one network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    members: Option<usize>,
    /// Frames up to the start that warm a memory up before a roll-out, the start included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    burn_in: Option<usize>,
    /// See [`nervering_models::written::Step`].
    steps: Vec<Value>,
}

impl Pass {
    pub(super) fn new(written: &Written) -> Self {
        let steps = written.steps().iter();
        let steps = steps.map(|step| serde_json::to_value(step).expect("a step is plain data"));
        Self { members: None, burn_in: None, steps: steps.collect() }
    }

    /// Of an ensemble.
    pub(super) fn of_members(self, n_members: usize) -> Self {
        Self { members: (n_members > 1).then_some(n_members), ..self }
    }

    /// Of a network with a memory.
    pub(super) fn after(self, burn_in: usize) -> Self {
        Self { burn_in: (burn_in > 1).then_some(burn_in), ..self }
    }

    /// Refuses what a file says where that is not what the model does.
    pub(super) fn check(&self, found: &Self) -> Result<(), ModelFileError> {
        if self == found {
            return Ok(());
        }
        let differs = |at: &usize| self.steps.get(*at) != found.steps.get(*at);
        let text = |steps: &[Value], at: usize| {
            steps.get(at).map_or_else(|| "no step".to_owned(), Value::to_string)
        };
        let n_steps = self.steps.len().max(found.steps.len());
        let (found, expected) = match (0..n_steps).find(differs) {
            Some(at) => (text(&found.steps, at), text(&self.steps, at)),
            None => (
                format!("members {:?}, burn-in {:?}", found.members, found.burn_in),
                format!("{:?} and {:?}", self.members, self.burn_in),
            ),
        };
        Err(field("pass", found, expected))
    }
}

/// How a model of signals over time gets them.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignalsOf {
    /// `gaussian`, around a frame, with central differences, or `exponential`, up to it, with backward ones.
    smoothing: String,
    /// SD of the Gaussian, cut at three; or time constant of the exponential, which begins at the first value.
    smoothing_s: f64,
    /// By how much later signals stand for a frame.
    delay_s: f64,
    /// Root mean squares of a slope that are one unit.
    slope_unit: f64,
    /// What levels are told in, for the members of an ensemble in turn: `z-score`, or `range`, by which the 2nd and
    /// the 98th percentile are −1 and 1.
    levels: Vec<String>,
    /// Frames that the levels of the training animals count for where signals are scaled as they come.
    prior_frames: f64,
    /// Lags that stand side by side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lags_s: Option<Vec<f64>>,
}

impl SignalsOf {
    /// Of a model that sees signals.
    pub(super) fn new(inputs: Inputs) -> Option<Self> {
        inputs.look()?;
        // The interval is a tensor of the file.
        let of_model = smoothing(inputs, 1.);
        let (name, delay_s) = match of_model {
            Smoothing::Around => ("gaussian", 0.),
            Smoothing::Back { delay_s, .. } => ("exponential", delay_s),
        };
        Some(Self {
            smoothing: name.to_owned(),
            smoothing_s: SMOOTHING_S,
            delay_s,
            slope_unit: SLOPE_UNIT,
            levels: scales(inputs).iter().map(|scale| scale.as_str().to_owned()).collect(),
            prior_frames: PRIOR_FRAMES,
            lags_s: matches!(inputs, Inputs::Context(_))
                .then(|| Signals::lags_s(of_model).collect()),
        })
    }

    /// Refuses what a file says where that is not what the model is given.
    pub(super) fn check(found: Option<&Self>, inputs: Inputs) -> Result<(), ModelFileError> {
        let expected = Self::new(inputs);
        let text = |signals: Option<&Self>| match signals {
            None => "none".to_owned(),
            Some(signals) => serde_json::to_string(signals).expect("plain data"),
        };
        match expected.as_ref() == found {
            true => Ok(()),
            false => Err(field("signals", text(found), text(expected.as_ref()))),
        }
    }
}
