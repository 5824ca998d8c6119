//! The model of a stream: [`Runner`] takes frames to a decoder or a forecaster and gives what it says as
//! [`Said`], which is laid out as a line of CSV or of JSON.

use crate::failure::Failure;
use nervering::fit::{
    ForecastingModel, LiveAnswer, LiveDecoder, LiveForecasts, ModelError, SavedModel,
};
use nervering::recording::NeuronName;
use serde_json::{Map, Value, json};
use std::collections::VecDeque;
use std::num::NonZeroUsize;

/// Trace and derivative, of every neuron at every step.
const N_FEATURES: usize = 2;

/// A model that follows a stream.
pub enum Runner<'m> {
    /// Says states.
    Decoder {
        live: LiveDecoder<'m>,
        neurons: &'m [NeuronName],
        states: Vec<&'m str>,
        fps: f64,
        /// Times of the frames that have no answer yet.
        times: VecDeque<f64>,
    },
    /// Says how traces go on.
    Forecaster {
        live: LiveForecasts<'m>,
        model: &'m ForecastingModel,
        n_steps: usize,
        n_frames: usize,
    },
}

/// What is said of one frame.
pub enum Said<'m> {
    /// Its state.
    State { frame: usize, seconds: f64, state: &'m str, probabilities: Vec<f32> },
    /// The traces after it, `[step, neuron]`.
    Forecast { frame: usize, seconds: f64, values: Vec<f64>, neurons: &'m [NeuronName] },
}

impl<'m> Runner<'m> {
    /// Before the first frame.
    ///
    /// # Errors
    /// [`Failure::Model`] for a model that rests on frames to come, and for steps that it does not have;
    /// [`Failure::NoSuchOption`] for steps of a decoder.
    pub fn new(saved: &'m SavedModel, steps: Option<NonZeroUsize>) -> Result<Self, Failure> {
        match saved {
            SavedModel::Decoder(_) if steps.is_some() => {
                Err(Failure::NoSuchOption { option: "--steps", task: "a decoder" })
            }
            SavedModel::Decoder(model) => Ok(Self::Decoder {
                live: model.live()?,
                neurons: model.neurons(),
                states: model.coding().class_names(),
                fps: model.training_fps(),
                times: VecDeque::new(),
            }),
            SavedModel::Forecaster(model) => {
                let n_steps = steps.map_or(1, NonZeroUsize::get);
                let live = model.live()?;
                live.forecast(n_steps)?;
                Ok(Self::Forecaster { live, model, n_steps, n_frames: 0 })
            }
        }
    }

    /// The neurons that it reads.
    pub fn neurons(&self) -> &'m [NeuronName] {
        match self {
            Self::Decoder { neurons, .. } => neurons,
            Self::Forecaster { model, .. } => model.neurons(),
        }
    }

    /// Frames per second of the animals trained on.
    pub fn training_fps(&self) -> f64 {
        match self {
            Self::Decoder { fps, .. } => *fps,
            Self::Forecaster { model, .. } => model.training_fps(),
        }
    }

    /// Names of the columns: those of `predict`, but for what nobody has labelled yet; of a forecaster
    /// `AVAL+1` for the trace of AVAL one frame ahead.
    pub fn header(&self) -> Vec<String> {
        let first = ["frame", "time_s"].map(str::to_owned).into_iter();
        match self {
            Self::Decoder { states, .. } => {
                let shares = states.iter().map(|state| format!("p_{}", state.replace(' ', "_")));
                first.chain(["state".to_owned()]).chain(shares).collect()
            }
            Self::Forecaster { model, n_steps, .. } => {
                let of_step = |step: usize| {
                    model.neurons().iter().map(move |neuron| format!("{neuron}+{step}"))
                };
                first.chain((1..=*n_steps).flat_map(of_step)).collect()
            }
        }
    }

    /// Takes a frame; what is said may be of an earlier one, and is nothing before there is enough.
    ///
    /// # Errors
    /// [`ModelError`] for a frame that the model does not take.
    pub fn step(&mut self, seconds: f64, traces: &[f64]) -> Result<Option<Said<'m>>, ModelError> {
        match self {
            Self::Decoder { live, states, times, .. } => {
                let answer = live.step_at(seconds, traces)?;
                times.push_back(seconds);
                let Some(LiveAnswer { frame, class, log_probabilities }) = answer else {
                    return Ok(None);
                };
                let seconds = times.pop_front().unwrap_or(seconds);
                let probabilities = log_probabilities.into_iter().map(f32::exp).collect();
                Ok(Some(Said::State {
                    frame,
                    seconds,
                    state: states[usize::from(class)],
                    probabilities,
                }))
            }
            Self::Forecaster { live, model, n_steps, n_frames } => {
                live.push(seconds, traces)?;
                let frame = *n_frames;
                *n_frames += 1;
                let Some(values) = live.forecast(*n_steps)? else { return Ok(None) };
                let values = values.into_iter().step_by(N_FEATURES).collect();
                Ok(Some(Said::Forecast { frame, seconds, values, neurons: model.neurons() }))
            }
        }
    }
}

impl Said<'_> {
    /// As a line of values.
    pub fn csv(&self) -> String {
        let finite =
            |value: &f64| if value.is_finite() { value.to_string() } else { String::new() };
        match self {
            Self::State { frame, seconds, state, probabilities } => {
                let shares: String =
                    probabilities.iter().map(|share| format!(",{share}")).collect();
                format!("{frame},{seconds},{state}{shares}")
            }
            Self::Forecast { frame, seconds, values, .. } => {
                let values: String =
                    values.iter().map(|value| format!(",{}", finite(value))).collect();
                format!("{frame},{seconds}{values}")
            }
        }
    }

    /// As an object; `header` names the shares of states.
    pub fn json(&self, header: &[String]) -> String {
        let object = match self {
            Self::State { frame, seconds, state, probabilities } => {
                let names = header.iter().skip(3).map(|name| name.trim_start_matches("p_"));
                let shares =
                    names.zip(probabilities).map(|(name, share)| (name.to_owned(), json!(share)));
                let shares: Map<String, Value> = shares.collect();
                json!({"frame": frame, "time_s": seconds, "state": state, "probabilities": shares})
            }
            Self::Forecast { frame, seconds, values, neurons } => {
                let of_neuron = |(k, neuron): (usize, &NeuronName)| {
                    let ahead: Vec<f64> =
                        values.iter().skip(k).step_by(neurons.len()).copied().collect();
                    (neuron.to_string(), json!(ahead))
                };
                let ahead: Map<String, Value> = neurons.iter().enumerate().map(of_neuron).collect();
                json!({"frame": frame, "time_s": seconds, "forecast": ahead})
            }
        };
        object.to_string()
    }
}
