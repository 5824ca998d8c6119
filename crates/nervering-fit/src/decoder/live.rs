//! A decoder that runs along with a recording: [`LiveDecoder`] takes in frames as they come and answers
//! for each, at once or so much later as its model waits. Its memory is bounded, and its answers are those
//! for the whole recording, to the bit. A frame becomes a row of what its model sees, signals over time or trace and
//! backward derivative; the model is shown the last rows, as many as it remembers, or one of rows with lags.

use super::Model;
use super::live_features::FrameFeatures;
use crate::error::ModelError;
use crate::preparation::Normalisation;
use crate::scaling::Scaling;
use crate::signals::{PRIOR_FRAMES, SignalScaling, smoothing};
use nervering_models::sequence::Structure;
use nervering_models::{Inputs, Look, Remembered};
use nervering_prepare::{DerivativeSource, N_CHANNELS, SignalFollower, Signals};
use nervering_statistics::NetworkStatistics;
use nervering_statistics::metrics::most_probable;
use std::collections::VecDeque;

/// A causal model on its way through a recording.
pub struct LiveDecoder<'m> {
    model: &'m Model,
    sees: Sees<'m>,
    window: Window,
    n_frames: usize,
    /// What the frames so far say of the states, where they are filtered.
    so_far: Option<Vec<f64>>,
}

/// What a model sees of a frame.
enum Sees<'m> {
    Signals {
        followers: Vec<SignalFollower>,
        /// Frames that an answer waits for.
        delay: usize,
    },
    Frames(FrameFeatures<'m>),
}

/// The rows that an answer rests on, the newest last.
struct Window {
    rows: VecDeque<Vec<f32>>,
    remembered: Remembered,
    /// Of a model of rows with lags, how many frames back these are, the earliest first.
    lags: Option<Vec<usize>>,
}

impl Window {
    /// Shows rows side by side, as [`Signals::in_context`] does.
    fn show_lags(&mut self, scaling: &SignalScaling) {
        let SignalScaling { inputs, interval_s, .. } = *scaling;
        let back = |lag_s: f64| (-lag_s / interval_s).round() as usize;
        let lags: Vec<usize> = Signals::lags_s(smoothing(inputs, interval_s)).map(back).collect();
        let reach = lags.iter().copied().max().unwrap_or(0);
        self.remembered = Remembered { most: reach + 1, let_go: 1 };
        self.lags = Some(lags);
    }

    fn push(&mut self, row: Vec<f32>) {
        if self.rows.len() == self.remembered.most {
            self.rows.drain(..self.remembered.let_go);
        }
        self.rows.push_back(row);
    }

    /// What the model is shown, and of how many frames.
    fn shown(&self) -> (Vec<f32>, usize) {
        let Some(lags) = &self.lags else {
            return (self.rows.iter().flatten().copied().collect(), self.rows.len());
        };
        let newest = self.rows.len() - 1;
        let n_neurons = self.rows[newest].len() / N_CHANNELS;
        let of_neuron = |neuron: usize| {
            lags.iter().flat_map(move |&lag| {
                // Before the beginning the first frame stands.
                let row = &self.rows[newest.saturating_sub(lag)];
                row[neuron * N_CHANNELS..][..N_CHANNELS].iter().copied()
            })
        };
        ((0..n_neurons).flat_map(of_neuron).collect(), 1)
    }
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
        let mut window =
            Window { rows: VecDeque::new(), remembered: self.name.remembered(), lags: None };
        let sees = match (&self.scaling, self.name.inputs().look()) {
            (Scaling::Signals(scaling), Some(Look::Back { delay_s })) => {
                if let Inputs::Context(_) = scaling.inputs {
                    window.show_lags(scaling);
                }
                sees_signals(scaling, delay_s)
            }
            (Scaling::Signals(_), _) => {
                return Err(refused("it looks ahead; tcn-causal looks back"));
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
        Ok(LiveDecoder { model: self, sees, window, n_frames: 0, so_far: None })
    }
}

fn sees_signals<'m>(scaling: &SignalScaling, delay_s: f64) -> Sees<'m> {
    let SignalScaling { normalisation, levels, interval_s, .. } = scaling;
    let follower = |&levels| match normalisation {
        Normalisation::Causal => SignalFollower::running(levels, PRIOR_FRAMES, *interval_s),
        Normalisation::Training | Normalisation::WholeRecording => {
            SignalFollower::fixed(levels, *interval_s)
        }
    };
    Sees::Signals {
        followers: levels.of_neurons().iter().map(follower).collect(),
        delay: (delay_s / interval_s).round() as usize,
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
        let delay = self.delay();
        let row = match (&mut self.sees, seconds) {
            (Sees::Signals { followers, .. }, _) => {
                let of_neuron =
                    |(follower, &value): (&mut SignalFollower, &f64)| follower.step(value);
                followers.iter_mut().zip(traces).flat_map(of_neuron).collect()
            }
            (Sees::Frames(frames), Some(seconds)) => match frames.step(seconds, traces) {
                Some(features) => features,
                None => {
                    let expected = "one after that of the frame before it".to_owned();
                    return self.refused(format!("a time of {seconds} s"), expected);
                }
            },
            (Sees::Frames(_), None) => return Ok(None),
        };
        self.n_frames += 1;
        if self.n_frames <= delay {
            return Ok(None);
        }
        self.window.push(row);
        let (class, log_probabilities) = self.said();
        let frame = self.n_frames - 1 - delay;
        Ok(Some(match &self.model.readout {
            None => LiveAnswer { frame, class, log_probabilities },
            Some(readout) => {
                let log_probabilities = readout.chain.follow(&mut self.so_far, &log_probabilities);
                let class = most_probable(&log_probabilities, log_probabilities.len())[0];
                LiveAnswer { frame, class, log_probabilities }
            }
        }))
    }

    /// What the model says of the newest row: the class, and what it rests on.
    fn said(&self) -> (u8, Vec<f32>) {
        let (features, n_frames) = self.window.shown();
        let statistics = NetworkStatistics::TRAINING;
        let said = self.model.said_of_frames(&features, n_frames, statistics);
        let class = said.classes[n_frames - 1];
        let mut rows = said.log_probabilities.unwrap_or_default();
        let of_newest = rows.split_off(rows.len() - rows.len() / n_frames);
        (class, of_newest)
    }
}
