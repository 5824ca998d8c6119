//! A trained network on an animal of which a little is known beforehand: its readout is fitted again, on the
//! labels of the first seconds, or on frames of which it is sure itself.
//!
//! Everything before the readout stays as it was trained. With labels it is the readout of the largest
//! posterior ([`Refit`]). Without, it is self-training (Lee 2013, "Pseudo-label"): frames to which it gives a
//! state with more than [`SURE`] become labels, for [`ROUNDS`] rounds, unless the shares of the states that it
//! then sees move by more than [`MOST_MOVED`] in sum: the whole is then left as it was.

use super::asked::Kind;
use super::fit::FittedDecoders;
use super::network::HeldNetwork;
use super::seen::Seen;
use super::{Decoder, Model, ModelPrediction};
use crate::adaptation::Adaptation;
use crate::error::ModelError;
use nervering_models::refit::Refit;
use nervering_prepare::Selected;
use nervering_recording::{Recording, StateCoding};
use nervering_statistics::NetworkStatistics;
use nervering_statistics::metrics::most_probable;

/// Ridge towards the trained readout, beside the mean loss of [`RIDGE_S`] seconds of labelled frames: of 0.3, 3
/// and 10 the one that gained most in animals left out of those trained on. Fewer seconds weigh less.
const RIDGE: f64 = 3.;
/// See [`RIDGE`].
const RIDGE_S: f64 = 120.;
/// Probability from which a frame teaches without a label.
const SURE: f64 = 0.9;
/// Times that frames are chosen and the readout is fitted on them.
const ROUNDS: usize = 3;
/// Sum of absolute changes of the shares of states, at most 2, above which self-training is taken back.
const MOST_MOVED: f64 = 0.2;

impl Adaptation {
    /// The frames of an animal whose labels it takes.
    fn labelled(self, selected: &Selected) -> usize {
        match self {
            Self::Unlabelled => 0,
            Self::Labels { seconds } => selected.n_within(seconds),
        }
    }

    /// The classes of the networks that the labels of an animal teach.
    fn targets(self, selected: &Selected, coding: &StateCoding) -> Vec<Option<u8>> {
        let mut targets = vec![None; selected.n_frames];
        for (frame, target) in targets[..self.labelled(selected)].iter_mut().enumerate() {
            *target = selected.class_in(coding, frame);
        }
        targets
    }

    /// The networks as they are after it; `None` for self-training that was taken back.
    fn taught(
        self,
        network: &dyn HeldNetwork,
        seen: Seen<'_>,
        selected: &Selected,
        coding: &StateCoding,
        statistics: NetworkStatistics,
    ) -> Option<Box<dyn HeldNetwork>> {
        let ridge = match self {
            Self::Unlabelled => RIDGE,
            Self::Labels { seconds } => RIDGE * RIDGE_S / seconds,
        };
        let teach = |network: &dyn HeldNetwork, targets: &[Option<u8>]| {
            network.with_readout(seen, statistics, &|rows, width, weights| {
                let n_classes = coding.n_classes();
                Refit { rows, width, targets, n_classes, ridge }.weights(weights)
            })
        };
        match self {
            Self::Labels { .. } => Some(teach(network, &self.targets(selected, coding))),
            Self::Unlabelled => {
                let before = shares(network, seen, statistics, coding);
                let mut taught: Option<Box<dyn HeldNetwork>> = None;
                for _ in 0..ROUNDS {
                    let now = taught.as_deref().unwrap_or(network);
                    let said = now.predict_of_networks(seen, statistics);
                    taught = Some(teach(now, &sure(&said, coding.n_classes())));
                }
                let after = shares(taught.as_deref()?, seen, statistics, coding);
                let moved: f64 = before.iter().zip(&after).map(|(a, b)| (a - b).abs()).sum();
                taught.filter(|_| moved <= MOST_MOVED)
            }
        }
    }
}

/// The state of every frame that is told with more than [`SURE`].
fn sure(log_probabilities: &[f32], n_classes: usize) -> Vec<Option<u8>> {
    let classes = most_probable(log_probabilities, n_classes);
    let rows = log_probabilities.chunks_exact(n_classes).zip(classes);
    let of_frame = |(row, class): (&[f32], u8)| {
        (f64::from(row[usize::from(class)]).exp() > SURE).then_some(class)
    };
    rows.map(of_frame).collect()
}

/// Share of the frames that each class of the networks is said of.
fn shares(
    network: &dyn HeldNetwork,
    seen: Seen<'_>,
    statistics: NetworkStatistics,
    coding: &StateCoding,
) -> Vec<f64> {
    let n_classes = coding.n_classes();
    let classes = most_probable(&network.predict_of_networks(seen, statistics), n_classes);
    let mut shares = vec![0.; n_classes];
    classes.iter().for_each(|&class| shares[usize::from(class)] += 1. / classes.len() as f64);
    shares
}

impl FittedDecoders {
    /// The decoder of a fit of one fold as it is for an animal of which so much is known; `None` where it
    /// stays as it is: what is no network, and self-training that was taken back. `features` are the
    /// animal's, of all frames.
    ///
    /// # Panics
    /// For a fit of several folds.
    pub fn adapted(
        &self,
        to: Adaptation,
        features: &[f32],
        selected: &Selected,
        coding: &StateCoding,
        statistics: Option<NetworkStatistics>,
    ) -> Option<Self> {
        let Kind::Network(network) = &self.kind else { return None };
        assert!(self.reports.len() <= 1, "one fold");
        let frames: Vec<usize> = (0..selected.n_frames).collect();
        let seen = Seen { features, frames: &frames };
        let statistics = statistics.unwrap_or(NetworkStatistics::TRAINING);
        let network = to.taught(network.as_ref(), seen, selected, coding, statistics)?;
        Some(self.with_network(network))
    }
}

/// What became of an adaptation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adapted {
    /// None was asked for.
    No,
    /// The readout was fitted again.
    Yes,
    /// Self-training was taken back.
    TakenBack,
}

impl Model {
    /// Decodes every frame of a recording by the model as it is for an animal of which so much is known.
    /// Measured are the frames after those whose labels it was told.
    ///
    /// # Errors
    /// [`ModelError::NoAdaptation`] for what is no network and for a recording without a label in the
    /// seconds that teach, and as [`Model::predict`].
    pub fn predict_adapted(
        &self,
        recording: &Recording,
        statistics: Option<NetworkStatistics>,
        to: Adaptation,
    ) -> Result<ModelPrediction, ModelError> {
        let refused = |why| ModelError::NoAdaptation { model: self.name, why };
        let Decoder::Network { network, .. } = &self.decoder else {
            return Err(refused("it is no network, whose readout could be fitted again"));
        };
        let statistics = self.statistics(statistics)?;
        let (selected, features) = self.prepared(recording)?;
        let coding = &self.network_coding;
        let is_labelled = || to.targets(&selected, coding).iter().any(Option::is_some);
        if matches!(to, Adaptation::Labels { .. }) && !is_labelled() {
            return Err(refused("the recording has no label in the seconds that are to teach it"));
        }
        let frames: Vec<usize> = (0..selected.n_frames).collect();
        let seen = Seen { features: &features, frames: &frames };
        let from = statistics.unwrap_or(NetworkStatistics::TRAINING);
        let taught = to.taught(network.as_ref(), seen, &selected, coding, from);
        let adapted = if taught.is_some() { Adapted::Yes } else { Adapted::TakenBack };
        let network = taught.as_deref().unwrap_or(network.as_ref());
        let said = self.decoded(network, seen, from);
        let tested = to.labelled(&selected)..selected.n_frames;
        let prediction = self.evaluated(selected, said, statistics, tested)?;
        Ok(ModelPrediction { adapted, ..prediction })
    }
}
