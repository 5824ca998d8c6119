//! A decoder that runs along with a recording: [`LiveDecoder`] takes in frames as they come and answers
//! for each, at once or so much later as its model waits. Its memory is bounded, and its answers are those
//! for the whole recording, to the bit. How a frame becomes what its model sees is one of two: signals over
//! time, of which a network sees the last few seconds, or trace and backward derivative of the frame alone.

use super::live_features::FrameFeatures;
use super::seen::Seen;
use super::{Decoder, Model};
use crate::error::ModelError;
use crate::preparation::Normalisation;
use crate::scaling::Scaling;
use crate::signals::{PRIOR_FRAMES, SignalScaling};
use nervering_models::sequence::Structure;
use nervering_models::{DecoderModel, Inputs, Look, NetworkConfig};
use nervering_prepare::{DerivativeSource, SignalFollower};
use nervering_statistics::NetworkStatistics;
use nervering_statistics::metrics::most_probable;
use std::collections::VecDeque;

/// A causal model on its way through a recording.
pub struct LiveDecoder<'m> {
    model: &'m Model,
    sees: Sees<'m>,
    n_frames: usize,
    /// What the frames so far say of the states, where they are filtered.
    so_far: Option<Vec<f64>>,
}

/// What a model sees of the frames so far.
enum Sees<'m> {
    Signals {
        followers: Vec<SignalFollower>,
        /// Rows that the network looks at, the newest last.
        window: VecDeque<Vec<f32>>,
        /// Rows that it looks at, at most.
        reach: usize,
        /// Frames that an answer waits for.
        delay: usize,
    },
    Frames(FrameFeatures<'m>),
}

/// What a live decoder says of a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveAnswer {
    /// The frame, from 0.
    pub frame: usize,
    /// Its most probable class.
    pub class: u8,
    /// Natural logarithms of the class probabilities.
    pub log_probabilities: Vec<f32>,
}

impl Model {
    /// Begins to decode a recording that is under way.
    ///
    /// # Errors
    /// [`ModelError::NoLiveDecoder`] for a model whose answers rest on later frames.
    pub fn live(&self) -> Result<LiveDecoder<'_>, ModelError> {
        let refused = |why| ModelError::NoLiveDecoder { model: self.name, why };
        let structure = self.readout.as_ref().map_or(Structure::Frames, |of| of.structure);
        if !matches!(structure, Structure::Frames | Structure::Filter) {
            return Err(refused(
                "its states are chosen over the whole recording; fit it with --decode filter",
            ));
        }
        if self.normalisation() == Normalisation::WholeRecording {
            return Err(refused(
                "it is normalised by the whole recording; fit it with --normalisation causal",
            ));
        }
        let sees = match (&self.scaling, self.name.inputs()) {
            (Scaling::Signals(scaling), Inputs::Signals(Look::Back { delay_s })) => {
                self.sees_signals(scaling, delay_s)?
            }
            (Scaling::Signals(_), _) => {
                return Err(refused("it looks ahead or takes rows of lags; tcn-causal looks back"));
            }
            _ if self.derivative != DerivativeSource::Backward => {
                return Err(refused(
                    "its derivatives rest on later frames; fit it with --protocol strict, or take tcn-causal",
                ));
            }
            (scaling, _) => {
                Sees::Frames(FrameFeatures::new(scaling, self.interval, self.neurons.len()))
            }
        };
        Ok(LiveDecoder { model: self, sees, n_frames: 0, so_far: None })
    }

    fn sees_signals(&self, scaling: &SignalScaling, delay_s: f64) -> Result<Sees<'_>, ModelError> {
        let DecoderModel::Network(NetworkConfig::Tcn(config)) = self.name.model() else {
            let why = "it is not followed from frame to frame yet; take tcn-causal";
            return Err(ModelError::NoLiveDecoder { model: self.name, why });
        };
        let SignalScaling { normalisation, levels, interval_s, .. } = scaling;
        let follower = |&levels| match normalisation {
            Normalisation::Causal => SignalFollower::running(levels, PRIOR_FRAMES, *interval_s),
            Normalisation::Training | Normalisation::WholeRecording => {
                SignalFollower::fixed(levels, *interval_s)
            }
        };
        Ok(Sees::Signals {
            followers: levels.of_neurons().iter().map(follower).collect(),
            window: VecDeque::new(),
            reach: 1 + config.receptive_field()[0],
            delay: (delay_s / interval_s).round() as usize,
        })
    }
}

impl LiveDecoder<'_> {
    /// Frames that an answer waits for.
    pub fn delay(&self) -> usize {
        match &self.sees {
            Sees::Signals { delay, .. } => *delay,
            Sees::Frames(_) => 0,
        }
    }

    /// Takes in the next frame of a model that sees signals, which asks for no time: the trace of each
    /// neuron of the model, in its order. Answers for the frame that can be told now, which is
    /// [`LiveDecoder::delay`] frames back; `None` before there is one.
    ///
    /// # Errors
    /// [`ModelError::LiveFrame`] for another number of values than neurons, for one that is not finite, and
    /// for a model that sees derivatives, which rest on times; the frame is then as if it had not come.
    pub fn step(&mut self, traces: &[f64]) -> Result<Option<LiveAnswer>, ModelError> {
        if let Sees::Frames(_) = self.sees {
            let expected = "the time of the frame too, since derivatives rest on it".to_owned();
            return self.refused("traces alone".to_owned(), expected);
        }
        self.take(None, traces)
    }

    /// Takes in the next frame of any model: its time in seconds, and traces as for [`LiveDecoder::step`].
    ///
    /// # Errors
    /// As [`LiveDecoder::step`], and for a time that is not after the one before it, where derivatives
    /// rest on it.
    pub fn step_at(
        &mut self,
        seconds: f64,
        traces: &[f64],
    ) -> Result<Option<LiveAnswer>, ModelError> {
        self.take(Some(seconds), traces)
    }

    fn refused<T>(&self, found: String, expected: String) -> Result<T, ModelError> {
        Err(ModelError::LiveFrame { frame: self.n_frames, found, expected })
    }

    fn take(
        &mut self,
        seconds: Option<f64>,
        traces: &[f64],
    ) -> Result<Option<LiveAnswer>, ModelError> {
        let n_neurons = self.model.neurons.len();
        if traces.len() != n_neurons {
            let expected = format!("{n_neurons}, one per neuron of the model");
            return self.refused(format!("{} traces", traces.len()), expected);
        }
        if let Some(trace) = traces.iter().find(|trace| !trace.is_finite()) {
            return self.refused(format!("a trace of {trace}"), "finite ones".to_owned());
        }
        let said = match (&mut self.sees, seconds) {
            (Sees::Signals { followers, window, reach, delay }, _) => {
                let of_neuron =
                    |(follower, &value): (&mut SignalFollower, &f64)| follower.step(value);
                let row: Vec<f32> = followers.iter_mut().zip(traces).flat_map(of_neuron).collect();
                if self.n_frames >= *delay {
                    window.push_back(row);
                    if window.len() > *reach {
                        window.pop_front();
                    }
                }
                (self.n_frames >= *delay).then(|| said_of_signals(self.model, window))
            }
            (Sees::Frames(frames), Some(seconds)) => match frames.step(seconds, traces) {
                Some(features) => Some(said_of_frame(self.model, &features)),
                None => {
                    let expected = "one after that of the frame before it".to_owned();
                    return self.refused(format!("a time of {seconds} s"), expected);
                }
            },
            (Sees::Frames(_), None) => None,
        };
        self.n_frames += 1;
        let Some((class, log_probabilities)) = said else { return Ok(None) };
        let frame = self.n_frames - 1 - self.delay();
        Ok(Some(match &self.model.readout {
            None => LiveAnswer { frame, class, log_probabilities },
            Some(readout) => {
                let log_probabilities = readout.chain.follow(&mut self.so_far, &log_probabilities);
                let class = most_probable(&log_probabilities, log_probabilities.len())[0];
                LiveAnswer { frame, class, log_probabilities }
            }
        }))
    }
}

/// What a network says of the newest row of signals: the class, and what it rests on.
fn said_of_signals(model: &Model, window: &VecDeque<Vec<f32>>) -> (u8, Vec<f32>) {
    let Decoder::Network { network, .. } = &model.decoder else {
        unreachable!("a live model of signals is a network");
    };
    let features: Vec<f32> = window.iter().flatten().copied().collect();
    let frames: Vec<usize> = (0..window.len()).collect();
    let seen = [Seen { features: &features, frames: &frames }];
    let mut rows = network.predict(&seen, NetworkStatistics::TRAINING).swap_remove(0);
    let said = rows.split_off(rows.len() - model.coding.n_classes());
    (most_probable(&said, said.len())[0], said)
}

/// What a model says of a frame by itself.
fn said_of_frame(model: &Model, features: &[f32]) -> (u8, Vec<f32>) {
    let statistics = NetworkStatistics::TRAINING;
    let said = model.said_of_frames(features, 1, statistics);
    (said.classes[0], said.log_probabilities.unwrap_or_default())
}
