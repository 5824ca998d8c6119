//! A model on a recording: its neurons selected, derived and normalised as in training, decoded,
//! and measured where the recording has labels.

use super::adapt::Adapted;
use super::readout::{at_frames, predicted};
use super::seen::Seen;
use super::{Decoder, Model};
use crate::error::ModelError;
use nervering_models::Prediction;
use nervering_prepare::{Selected, select_present};
use nervering_recording::{NeuronName, NeuronSet, Recording, Resampled};
use nervering_statistics::NetworkStatistics;
use nervering_statistics::metrics::{EvaluatedFrames, evaluate};
use nervering_statistics::{Evaluation, Role};
use std::ops::Range;

/// What a model says of one recording.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelPrediction {
    /// Name of the animal.
    pub animal: String,
    /// The model's neurons that the recording has: all of them, but of a model that takes whichever are
    /// there.
    pub neurons: Vec<NeuronName>,
    /// Times of the frames in seconds.
    pub seconds: Vec<f64>,
    /// The class of each frame in the recording, `None` where unknown or ignored.
    pub labels: Vec<Option<u8>>,
    /// The class of each frame, and the log-probabilities `[frame, class]`.
    pub prediction: Prediction,
    /// Whether the model was adapted to the animal.
    pub adapted: Adapted,
    /// How well the two agree. The role is [`Role::SameAnimal`] for an animal that the model was
    /// trained on, whose frames are then no test.
    pub evaluation: Evaluation,
}

impl ModelPrediction {
    /// Whether the model was trained on this animal, by its name or by its data.
    pub fn is_trained_on(&self) -> bool {
        self.evaluation.role == Role::SameAnimal
    }
}

impl Model {
    /// Checks that recordings have all neurons of the model; of one that takes whichever are there, that
    /// each has one of them.
    ///
    /// # Errors
    /// [`ModelError::Neurons`] names every one that is missing, and where.
    pub fn check_neurons(&self, recordings: &[Recording]) -> Result<(), ModelError> {
        let has_one = |recording: &Recording| {
            self.neurons.iter().any(|neuron| recording.column(neuron).is_some())
        };
        if self.name.inputs().may_be_absent() && recordings.iter().all(has_one) {
            return Ok(());
        }
        let set = NeuronSet::Names(self.neurons.clone());
        set.resolve(recordings).map(|_| ()).map_err(|missing| ModelError::Neurons { missing })
    }

    /// Decodes every frame of a recording. Networks take what they take over frames from
    /// `statistics`, without it from the training animals; other decoders take none.
    ///
    /// # Errors
    /// [`ModelError`] for neurons that the recording lacks, a rate of half that of training or less or
    /// twice or more, values that cannot be prepared, and
    /// statistics for a decoder that takes none.
    pub fn predict(
        &self,
        recording: &Recording,
        statistics: Option<NetworkStatistics>,
    ) -> Result<ModelPrediction, ModelError> {
        let statistics = self.statistics(statistics)?;
        let (selected, features) = self.prepared(recording)?;
        let prediction = self.decode(&features, selected.n_frames, statistics);
        let all = 0..selected.n_frames;
        self.evaluated(selected, prediction, statistics, all)
    }

    /// What its network takes over frames; nothing for a decoder that takes nothing.
    ///
    /// # Errors
    /// [`ModelError::NoStatistics`] where such a decoder is told to.
    pub(super) fn statistics(
        &self,
        asked: Option<NetworkStatistics>,
    ) -> Result<Option<NetworkStatistics>, ModelError> {
        match (asked, self.takes_statistics()) {
            (Some(_), false) => Err(ModelError::NoStatistics { model: self.name }),
            (None, false) => Ok(None),
            (asked, true) => Ok(Some(asked.unwrap_or(NetworkStatistics::TRAINING))),
        }
    }

    /// The same of a recording at another rate: it is brought to that of training
    /// ([`Recording::resampled`]) and decoded there; each of its own frames is then said to be what the
    /// nearest frame at that rate is.
    ///
    /// # Errors
    /// As [`Model::predict`], and [`ModelError::Resample`] for rates that are too far apart.
    pub fn predict_resampled(
        &self,
        recording: &Recording,
        statistics: Option<NetworkStatistics>,
    ) -> Result<ModelPrediction, ModelError> {
        let Resampled { recording: at_rate, nearest } = recording.resampled(self.training_fps())?;
        let there = self.predict(&at_rate, statistics)?;
        let prediction = at_frames(&there.prediction, &nearest, self.coding.n_classes());
        let selected = self.selected(recording)?;
        let all = 0..selected.n_frames;
        self.evaluated(selected, prediction, there.evaluation.statistics, all)
    }

    /// What was said of all frames, beside what is known of those that are tested.
    pub(super) fn evaluated(
        &self,
        selected: Selected,
        prediction: Prediction,
        statistics: Option<NetworkStatistics>,
        tested: Range<usize>,
    ) -> Result<ModelPrediction, ModelError> {
        let role = self.role(&selected);
        let Selected { animal, neurons, present, labels, seconds, .. } = selected;
        let there = neurons.into_iter().zip(present).filter(|&(_, there)| there);
        let neurons = there.map(|(neuron, _)| neuron).collect();
        let n_classes = self.coding.n_classes();
        let numbers = prediction.log_probabilities.iter().flatten();
        if let Some(at) = numbers.clone().position(|value| value.is_nan()) {
            return Err(ModelError::NotANumber { animal, frame: at / n_classes });
        }
        let frames: Vec<usize> = tested.collect();
        let evaluated = EvaluatedFrames {
            animal: &animal,
            role,
            labels: &labels,
            times_s: &seconds,
            frames: &frames,
        };
        let of_tested = at_frames(&prediction, &frames, n_classes);
        let evaluation = evaluate(&evaluated, predicted(&of_tested), n_classes);
        let evaluation = Evaluation { statistics, ..evaluation };
        let adapted = Adapted::No;
        Ok(ModelPrediction { animal, neurons, seconds, labels, prediction, adapted, evaluation })
    }

    /// The weights by which the network's neurons hear each other in a recording,
    /// `[receiver, sender]`, mean over its frames where they differ from frame to frame.
    ///
    /// # Errors
    /// As [`Model::predict`], and [`ModelError::NoEdges`].
    pub fn edges(
        &self,
        recording: &Recording,
        statistics: NetworkStatistics,
    ) -> Result<Vec<f32>, ModelError> {
        let none = || ModelError::NoEdges { model: self.name };
        let Decoder::Network { network, edges: Some(_) } = &self.decoder else {
            return Err(none());
        };
        let (selected, features) = self.prepared(recording)?;
        let frames: Vec<usize> = (0..selected.n_frames).collect();
        let seen = [Seen { features: &features, frames: &frames }];
        let edges = network.edges(&seen, statistics).ok_or_else(none)?.swap_remove(0);
        match edges.iter().any(|weight| weight.is_nan()) {
            true => Err(ModelError::NotANumber { animal: selected.animal, frame: 0 }),
            false => Ok(edges),
        }
    }

    /// The same for the training animals: mean over their training frames, each animal weighing
    /// the same, with their own statistics.
    ///
    /// # Errors
    /// [`ModelError::NoEdges`].
    pub fn training_edges(&self) -> Result<&[f32], ModelError> {
        match &self.decoder {
            Decoder::Network { edges: Some(edges), .. } => Ok(edges),
            _ => Err(ModelError::NoEdges { model: self.name }),
        }
    }

    /// A recording as the model sees it: features `[frame, neuron, feature]`.
    pub(super) fn prepared(
        &self,
        recording: &Recording,
    ) -> Result<(Selected, Vec<f32>), ModelError> {
        let selected = self.selected(recording)?;
        self.check_rate(recording)?;
        let features = self.scaling.features(&selected, self.interval)?;
        Ok((selected, features))
    }

    /// The model's neurons of a recording, in its units.
    pub(crate) fn selected(&self, recording: &Recording) -> Result<Selected, ModelError> {
        self.check_neurons(std::slice::from_ref(recording))?;
        self.coding.resolve([recording])?;
        Ok(select_present(recording, &self.neurons, &self.coding, self.derivative)?)
    }

    fn role(&self, selected: &Selected) -> Role {
        let seen = self.provenance.animals.iter().any(|animal| animal.is(selected));
        if seen { Role::SameAnimal } else { Role::UnseenAnimal }
    }
}
