//! A decoder that runs along with a recording: [`LiveDecoder`] takes in frames as they come and answers
//! for each, at once or so much later as its model waits. Its memory is bounded, and its answers are those
//! for the whole recording, to the bit.

use super::fit::Seen;
use super::{Decoder, Model};
use crate::error::ModelError;
use crate::preparation::Normalisation;
use crate::scaling::Scaling;
use crate::signals::{PRIOR_FRAMES, SignalScaling};
use nervering_models::sequence::Structure;
use nervering_models::{DecoderModel, Inputs, Look, NetworkConfig};
use nervering_prepare::SignalFollower;
use nervering_statistics::NetworkStatistics;
use nervering_statistics::metrics::most_probable;
use std::collections::VecDeque;

/// A causal model on its way through a recording.
pub struct LiveDecoder<'m> {
    model: &'m Model,
    followers: Vec<SignalFollower>,
    /// Rows that the network looks at, the newest last.
    window: VecDeque<Vec<f32>>,
    /// Rows that it looks at, at most.
    reach: usize,
    /// Frames that an answer waits for.
    delay: usize,
    n_frames: usize,
    /// What the frames so far say of the states, where they are filtered.
    so_far: Option<Vec<f64>>,
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
        let Scaling::Signals(scaling) = &self.scaling else {
            return Err(refused("it takes no signals over time; tcn-causal does"));
        };
        let (Inputs::Signals(Look::Back { delay_s }), DecoderModel::Network(config)) =
            (self.name.inputs(), self.name.model())
        else {
            return Err(refused("it looks ahead or takes rows of lags; tcn-causal looks back"));
        };
        let NetworkConfig::Tcn(config) = config else {
            return Err(refused("how far it looks back is not bounded"));
        };
        let structure = self.readout.as_ref().map_or(Structure::Frames, |of| of.structure);
        if !matches!(structure, Structure::Frames | Structure::Filter) {
            return Err(refused(
                "its states are chosen over the whole recording; fit it with --decode filter",
            ));
        }
        let SignalScaling { normalisation, levels, interval_s, .. } = scaling;
        let follower = |&levels| match normalisation {
            Normalisation::Causal => SignalFollower::running(levels, PRIOR_FRAMES, *interval_s),
            Normalisation::Training | Normalisation::WholeRecording => {
                SignalFollower::fixed(levels, *interval_s)
            }
        };
        if *normalisation == Normalisation::WholeRecording {
            return Err(refused(
                "it is normalised by the whole recording; fit it with --normalisation causal",
            ));
        }
        Ok(LiveDecoder {
            model: self,
            followers: levels.of_neurons().iter().map(follower).collect(),
            window: VecDeque::new(),
            reach: 1 + config.receptive_field()[0],
            delay: (delay_s / interval_s).round() as usize,
            n_frames: 0,
            so_far: None,
        })
    }
}

impl LiveDecoder<'_> {
    /// Frames that an answer waits for.
    pub fn delay(&self) -> usize {
        self.delay
    }

    /// Takes in the next frame: the trace of each neuron of the model, in its order. Answers for the frame
    /// that can be told now, which is [`LiveDecoder::delay`] frames back; `None` before there is one.
    ///
    /// # Errors
    /// [`ModelError::LiveFrame`] for another number of values than neurons, and for one that is not finite;
    /// the frame is then as if it had not come.
    pub fn step(&mut self, traces: &[f64]) -> Result<Option<LiveAnswer>, ModelError> {
        let refused = |found: String, expected: String| {
            Err(ModelError::LiveFrame { frame: self.n_frames, found, expected })
        };
        if traces.len() != self.followers.len() {
            let expected = format!("{}, one per neuron of the model", self.followers.len());
            return refused(format!("{} traces", traces.len()), expected);
        }
        if let Some(trace) = traces.iter().find(|trace| !trace.is_finite()) {
            return refused(format!("a trace of {trace}"), "finite ones".to_owned());
        }
        let of_neuron = |(follower, &value): (&mut SignalFollower, &f64)| follower.step(value);
        let row: Vec<f32> = self.followers.iter_mut().zip(traces).flat_map(of_neuron).collect();
        self.n_frames += 1;
        if self.n_frames <= self.delay {
            return Ok(None);
        }
        self.window.push_back(row);
        if self.window.len() > self.reach {
            self.window.pop_front();
        }
        let log_probabilities = self.said();
        let log_probabilities = match &self.model.readout {
            None => log_probabilities,
            Some(readout) => readout.chain.follow(&mut self.so_far, &log_probabilities),
        };
        let class = most_probable(&log_probabilities, log_probabilities.len())[0];
        let frame = self.n_frames - 1 - self.delay;
        Ok(Some(LiveAnswer { frame, class, log_probabilities }))
    }

    /// What the network says of the newest row.
    fn said(&self) -> Vec<f32> {
        let Decoder::Network { network, .. } = &self.model.decoder else {
            unreachable!("a live model is a network");
        };
        let features: Vec<f32> = self.window.iter().flatten().copied().collect();
        let frames: Vec<usize> = (0..self.window.len()).collect();
        let seen = [Seen { features: &features, frames: &frames }];
        let mut rows = network.predict(&seen, NetworkStatistics::TRAINING).swap_remove(0);
        rows.split_off(rows.len() - self.model.coding.n_classes())
    }
}
