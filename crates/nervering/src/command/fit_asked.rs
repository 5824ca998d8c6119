//! What `nervering fit` is asked for.

use super::experiment::states;
use super::hyperparameters::HyperparameterOptions;
use super::reading::ReadingOptions;
use clap::{Args, ValueEnum};
use nervering::catalog::ConnectomeName;
use nervering::fit::{Normalisation, Protocol, Structure};
use nervering::models::ResidualOf;
use nervering::recording::{NeuronSet, StateCoding};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Train one model on all given animals and write it as a file
#[derive(Debug, Args)]
pub struct Fit {
    /// The model: to decode, a network (tcn and its causal forms look at frames in order), majority,
    /// logistic or lda; to forecast, copy, mean,
    /// damped-copy, ar, var or a network
    #[arg(value_name = "MODEL")]
    pub model: String,
    /// What it is to do: decode behaviour, or forecast neurons
    #[arg(long, value_enum, value_name = "TASK", default_value_t = Purpose::Decode)]
    pub task: Purpose,
    /// Recordings to train on: files or folders
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    pub on: Vec<PathBuf>,
    /// Names of the animals to train on, separated by commas [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub animals: Option<Vec<String>>,
    /// File for the model
    #[arg(long, value_name = "FILE", default_value = "model.safetensors")]
    pub out: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    pub overwrite: bool,
    /// Neurons: shared, paper-15, paper-3, names separated by commas, or for tcn-any and tcn-any-… named
    /// (all that any animal has)
    #[arg(long, value_name = "SET", default_value = "paper-15")]
    pub neurons: NeuronSet,
    /// To decode: states told apart, 2, 4, 6 or 7 [default: 2]
    #[arg(long, value_name = "N", value_parser = states)]
    pub states: Option<StateCoding>,
    /// To decode: how states are chosen from what the model says of frames: frames (each by itself),
    /// filter (a Markov chain over the frames so far), markov or semi-markov (over all frames)
    /// [default: frames]
    #[arg(long, value_name = "HOW")]
    pub decode: Option<Structure>,
    /// Which frames validate and where derivatives come from: strict (the last tenth of each
    /// recording; backward differences), animals (whole animals: models that need no validation learn
    /// from every frame), paper (shuffled windows) or authors-code
    #[arg(long, value_name = "PROTOCOL", default_value = "strict")]
    pub protocol: Protocol,
    /// What features are normalised by: whole-recording, training or causal [default: that of the
    /// protocol]
    #[arg(long, value_name = "BY")]
    pub normalisation: Option<Normalisation>,
    /// Connectome for a network that is given its edges [default: white1986]
    #[arg(long, value_name = "NAME")]
    pub connectome: Option<ConnectomeName>,
    /// Hidden units of a network [default: 16 to decode, 256 to forecast]
    #[arg(long, value_name = "N")]
    pub width: Option<NonZeroUsize>,
    /// To forecast: what a network corrects: copy, as in the paper, or linear [default: copy]
    #[arg(long, value_name = "FORECAST")]
    pub residual_of: Option<ResidualOf>,
    #[command(flatten)]
    pub hyperparameters: HyperparameterOptions,
    /// Epochs of training; the best one is kept
    #[arg(long, value_name = "N", default_value = "800")]
    pub epochs: NonZeroUsize,
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Print the figures as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub reading: ReadingOptions,
}

/// What a model is trained for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Purpose {
    /// States of behaviour
    Decode,
    /// Traces and derivatives of the next frames
    Forecast,
}
