//! Everything that can go wrong with one model.

use crate::model_file::error::ModelFileError;
use nervering_grid::GridError;
use nervering_models::forecast::ForecastError;
use nervering_models::{FitError, ForecastModel, ModelName};
use nervering_prepare::PrepareError;
use nervering_recording::{CodingError, MissingNeurons, ResampleError};
use std::path::PathBuf;

/// Why a model cannot be fitted, saved, loaded or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Two recordings carry the same name.
    #[error("two recordings are of an animal named {animal:?}; rename one, or give it once")]
    SameAnimalTwice {
        /// The name.
        animal: String,
    },
    /// A recording without states, where they are to be decoded.
    #[error("animal {animal:?} has no states, expected one per frame; leave it out or label it")]
    NoBehavior {
        /// The animal.
        animal: String,
    },
    /// A recording without a forecast to train on or to measure.
    #[error(
        "animal {animal:?}: found {n_frames} frames, too few for {what}; leave it out or give a longer recording"
    )]
    TooShortToForecast {
        /// The animal.
        animal: String,
        /// Its frames.
        n_frames: usize,
        /// What they do not hold.
        what: &'static str,
    },
    /// Some animal lacks a neuron of the set.
    #[error("neurons {set}: {missing}; choose other neurons, for example \"shared\"")]
    NeuronSet {
        /// The set asked for.
        set: String,
        /// What is missing where.
        #[source]
        missing: MissingNeurons,
    },
    /// A model of neurons that every animal has, where some may lack some.
    #[error(
        "{what}: found neurons \"named\", expected neurons that every animal has, for example \"shared\"; tcn-any takes whichever an animal has"
    )]
    NeedsEveryNeuron {
        /// The model, or what kind of model it is.
        what: String,
    },
    /// A model that cannot be adapted to an animal.
    #[error("model {model} cannot be adapted to this animal: {why}")]
    NoAdaptation {
        /// The model.
        model: ModelName,
        /// Why not.
        why: &'static str,
    },
    /// Something about a network or its training that cannot be.
    #[error("{what}: found {found}, expected {expected}")]
    Hyperparameter {
        /// Its key.
        what: &'static str,
        /// As it was given.
        found: String,
        /// What there can be.
        expected: String,
    },
    /// Too few animals of an extended set for some of them to validate.
    #[error(
        "validation on extended animals: found {found} of them, expected at least {expected}; give more with --nichols"
    )]
    Extended {
        /// Those that have the neurons of the variant.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A decoder could not be fitted.
    #[error("model {model}, trained on {trained_on}, fold {fold}: failed to fit")]
    Fit {
        /// The model.
        model: String,
        /// The animals.
        trained_on: String,
        /// The fold, from 0.
        fold: usize,
        /// Why.
        #[source]
        source: FitError,
    },
    /// A forecaster could not be fitted.
    #[error("model {model}, trained on {trained_on}: failed to fit")]
    Forecast {
        /// The model.
        model: &'static str,
        /// The animals.
        trained_on: String,
        /// Why.
        #[source]
        source: ForecastError,
    },
    /// A file or folder that could not be written.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// A model whose decoders cannot be written to a file.
    #[error(
        "model {model}: what it learns cannot be saved in a model file; choose a network, majority, logistic or lda"
    )]
    CannotBeSaved {
        /// The model.
        model: ModelName,
    },
    /// A model of frames in order, on rows without one.
    #[error(
        "model {model}: found rows without an order, expected frames in order; give recordings, or the time of each row"
    )]
    NeedsOrder {
        /// The model.
        model: ModelName,
    },
    /// A model that other programs cannot be given.
    #[error("model {model} cannot be exported: {why}")]
    NotExportable {
        /// The model.
        model: &'static str,
        /// Why not.
        why: &'static str,
    },
    /// A network that is given its edges, and is given none.
    #[error("model {model}: found no connectome, expected one")]
    NoConnectome {
        /// The model.
        model: &'static str,
    },
    /// No frame that trains, or none that validates, has a state in the coding.
    #[error(
        "found no frame with a known state among the {n_frames} frames that {what}, expected some; label them, or train on other recordings"
    )]
    NoLabels {
        /// "train" or "validate".
        what: &'static str,
        /// How many frames they are.
        n_frames: usize,
    },
    /// No epoch had a validation loss that is a finite number.
    #[error(
        "none of {epochs} epochs had a finite validation loss, so that there is no network to keep; check the units of the recordings"
    )]
    NoEpoch {
        /// Epochs run.
        epochs: usize,
    },
    /// The caller stopped the training.
    #[error("stopped before the last epoch; an unfinished model is not kept")]
    Stopped,
    /// Recordings lack neurons that the model reads.
    #[error("the model cannot be applied: {missing}; it was trained on all of its neurons")]
    Neurons {
        /// What is missing where.
        #[source]
        missing: MissingNeurons,
    },
    /// The recordings have states that the model does not know.
    #[error(transparent)]
    Coding(#[from] CodingError),
    /// A recording could not be prepared.
    #[error("failed to prepare a recording")]
    Prepare(#[from] PrepareError),
    /// A recording at a rate that the model says nothing sound of.
    #[error(
        "animal {animal:?}: recorded at {found:.3} frames per second, the model was trained at {trained}; are the times in seconds? --resample brings the recording to that rate"
    )]
    Rate {
        /// The animal.
        animal: String,
        /// Its rate.
        found: f64,
        /// Those of training.
        trained: String,
    },
    /// A recording that cannot be brought to the model's rate.
    #[error("failed to resample a recording")]
    Resample(#[from] ResampleError),
    /// Statistics for a model that takes none.
    #[error("model {model} takes nothing over frames; leave --edges and --batch-norm out")]
    NoStatistics {
        /// The model.
        model: ModelName,
    },
    /// A decoder that cannot run along with a recording.
    #[error("model {model} cannot run frame by frame: {why}")]
    NoLiveDecoder {
        /// The model.
        model: ModelName,
        /// Why, and what to do.
        why: &'static str,
    },
    /// A decoder without probabilities, whose states were to be chosen together.
    #[error(
        "model {model} gives no probabilities, which choosing states together needs; leave --decode out, or choose another model, for example logistic"
    )]
    NoProbabilities {
        /// The model.
        model: ModelName,
    },
    /// A network whose neurons do not hear each other by weights.
    #[error("model {model} has no edges; choose a graph network, for example gnn")]
    NoEdges {
        /// The model.
        model: ModelName,
    },
    /// A prediction that is no number.
    #[error(
        "animal {animal:?}, frame {frame}: the model gives no number; check the units of the recording"
    )]
    NotANumber {
        /// The animal.
        animal: String,
        /// The frame, from 0.
        frame: usize,
    },
    /// A network that would take too much memory.
    #[error(
        "model {model}, {n_neurons} neurons, width {width}: found more than can be held in memory, or no width; choose fewer neurons, or a smaller --width"
    )]
    TooWide {
        /// The model.
        model: ForecastModel,
        /// Its neurons.
        n_neurons: usize,
        /// Its hidden units.
        width: usize,
    },
    /// Forecasts further ahead than a forecaster goes.
    #[error("steps ahead: found {found}, expected 1 to {most}")]
    Steps {
        /// How many were asked for.
        found: usize,
        /// How many there can be.
        most: usize,
    },
    /// A forecaster that cannot say how sure it is.
    #[error(
        "model {model}: its validation frames hold no 16 in a row, from which to tell how sure it is; fit it with --protocol strict, or leave --intervals out"
    )]
    NoIntervals {
        /// The model.
        model: ForecastModel,
    },
    /// A forecaster that cannot follow an experiment.
    #[error(
        "model {model}: its features rest on later frames or on ranges that change, expected backward derivatives and ranges of the training animals; fit it with --protocol strict"
    )]
    NotLive {
        /// The model.
        model: ForecastModel,
    },
    /// A frame of an experiment that cannot be taken in.
    #[error("frame {frame}: found {found}, expected {expected}")]
    LiveFrame {
        /// The frame, from 0.
        frame: usize,
        /// What it has.
        found: String,
        /// What it should have.
        expected: String,
    },
    /// No frame to forecast from.
    #[error(
        "animal {animal:?}, {n_frames} frames: found none to forecast from, expected one within --from and --to with {n_history} frames up to it"
    )]
    NoStart {
        /// The animal.
        animal: String,
        /// Its frames.
        n_frames: usize,
        /// Frames that a forecast rests on.
        n_history: usize,
    },
    /// A file that holds no model, or a damaged one.
    #[error("{}: found no usable model", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ModelFileError,
    },
    /// A file that could not be read.
    #[error("{}: failed to read", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

impl ModelError {
    /// Whether it lies in what was asked for or given, and not in the run or the system.
    pub fn is_of_usage(&self) -> bool {
        !matches!(self, Self::Stopped | Self::NoEpoch { .. } | Self::Grid(_))
    }
}
