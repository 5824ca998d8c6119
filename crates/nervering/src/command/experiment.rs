//! What experiments take, and their recordings: shared by `reproduce` and `study`.

use super::cached;
use super::hyperparameters::HyperparameterOptions;
use super::options::StudyOptions;
use super::reading::ReadingOptions;
use super::ready::CHECKPOINT_EVERY;
use crate::failure::Failure;
use crate::nearest::meant;
use crate::output::talk;
use crate::progress::Busy;
use clap::Args;
use nervering::catalog::{ConnectomeName, connectome};
use nervering::fit::{GivenConnectome, Normalisation, Protocol};
use nervering::io::UNUSED_IN_MAP;
use nervering::io::inspect::SAME_ANIMAL_TWICE;
use nervering::io::{Level, Warning, inspect, read_all};
use nervering::models::ResidualOf;
use nervering::recording::{ConnectionKind, NeuronSet, Recording, StateCoding, Weighting};
use nervering::statistics::TakenFrom;
use nervering::study::StudyError;
use std::fmt::Display;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// What an experiment takes.
#[derive(Debug, Args)]
pub struct ExperimentArgs {
    /// Recordings to train on and to test: WT_NoStim.mat of Kato et al., other files or folders that
    /// `inspect` reads, or kato2015 after `data fetch`
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(super) kato: Vec<PathBuf>,
    /// An extended set, evaluated and never trained on: the files of Nichols et al., others, or
    /// nichols2017 after `data fetch`
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(super) nichols: Vec<PathBuf>,
    /// How frames are split and what normalises what: paper, authors-code, strict or animals
    /// [default: that of the experiment; of most paper, of compare strict]
    #[arg(long, value_name = "PROTOCOL")]
    pub(super) protocol: Option<Protocol>,
    /// Models to compare, separated by commas [default: those of the experiment]
    #[arg(long, value_name = "MODELS", value_delimiter = ',')]
    pub(super) models: Option<Vec<String>>,
    /// Neurons: shared, paper-15, paper-3, names separated by commas, or named, of tcn-any and
    /// tcn-any-… alone [default: those of the experiment]
    #[arg(long, value_name = "SET")]
    pub(super) neurons: Option<NeuronSet>,
    /// Those of the neurons whose errors are measured, in forecasting studies: paper-15, paper-3, or
    /// names separated by commas [default: all that models see]
    #[arg(long, value_name = "SET")]
    pub(super) scored: Option<NeuronSet>,
    /// States told apart: 2, 4, 6, 7, or own, those that the files have [default: those of the
    /// experiment]
    #[arg(long, value_name = "STATES", value_parser = states)]
    pub(super) states: Option<StateCoding>,
    /// Numbers of animals to train on, separated by commas [default: those of the experiment]
    #[arg(long, value_name = "SIZES", value_delimiter = ',')]
    pub(super) training_sizes: Option<Vec<usize>>,
    /// Where static edges come from in evaluation, separated by commas: evaluated (inferred anew from
    /// each animal), training (those of the animals trained on), or running; beside --batch-norm pair
    /// by pair [default: those of the experiment]
    #[arg(long, value_name = "FROM", value_delimiter = ',')]
    pub(super) edges: Option<Vec<TakenFrom>>,
    /// Where batch norms take their statistics from in evaluation, in the same way: evaluated (adapts
    /// the networks to each animal), training, or running [default: those of the experiment]
    #[arg(long, value_name = "FROM", value_delimiter = ',')]
    pub(super) batch_norm: Option<Vec<TakenFrom>>,
    /// What features are normalised by: whole-recording, training or causal [default: that of the
    /// protocol]
    #[arg(long, value_name = "BY")]
    pub(super) normalisation: Option<Normalisation>,
    /// Connectome for the networks that are given their edges [default: white1986]
    #[arg(long, value_name = "NAME")]
    pub(super) connectome: Option<ConnectomeName>,
    /// Epochs of training [default: those of the preset]
    #[arg(long, value_name = "N")]
    pub(super) epochs: Option<NonZeroUsize>,
    /// Folds to run, the first N of those that are cut [default: those of the preset]
    #[arg(long, value_name = "N")]
    pub(super) folds: Option<NonZeroUsize>,
    /// Times that each fit that starts from drawn weights is made, each from others
    /// [default: those of the experiment]
    #[arg(long, value_name = "N")]
    pub(super) initialisations: Option<NonZeroUsize>,
    /// Hidden units of every network [default: 16 in decoding studies, those of the preset in
    /// forecasting ones]
    #[arg(long, value_name = "N")]
    pub(super) width: Option<NonZeroUsize>,
    #[command(flatten)]
    pub(super) hyperparameters: HyperparameterOptions,
    /// What networks correct, in forecasting studies: copy, as in the paper, or linear
    /// [default: copy]
    #[arg(long, value_name = "FORECAST")]
    pub(super) residual_of: Option<ResidualOf>,
    /// Seconds of work between two checkpoints of a fit, in forecasting studies: what a run that
    /// is killed may lose [default: 30]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    checkpoint_every: Option<Duration>,
    #[command(flatten)]
    pub options: StudyOptions,
    #[command(flatten)]
    pub(super) reading: ReadingOptions,
    /// Recordings that another program gives, in the place of files.
    #[arg(skip)]
    pub(crate) given: Option<Recordings>,
}

/// Recordings to train on, and those that are only evaluated.
pub type Recordings = (Vec<Recording>, Vec<Recording>);

impl ExperimentArgs {
    /// Takes files that stand by themselves on the command line as those to train on and to test.
    ///
    /// # Errors
    /// [`Failure::NoSuchOption`] where files were given by their roles too.
    pub fn set_files(&mut self, files: Vec<PathBuf>) -> Result<(), Failure> {
        let roles = [("--kato", !self.kato.is_empty()), ("--nichols", !self.nichols.is_empty())];
        if let Some(option) = roles.into_iter().find_map(if_given) {
            return Err(Failure::NoSuchOption {
                option,
                task: "a comparison, which takes its files by themselves",
            });
        }
        self.kato = files;
        Ok(())
    }

    /// An option, if one was given, that a study file sets.
    pub fn set_in_a_file(&self) -> Option<&'static str> {
        let others = [
            ("--neurons", self.neurons.is_some()),
            ("--states", self.states.is_some()),
            ("--residual-of", self.residual_of.is_some()),
            ("--scored", self.scored.is_some()),
            ("--preset", self.options.preset.is_some()),
            ("--seed", self.options.seed.is_some()),
        ];
        let of_studies = self.of_training().into_iter().chain(others).find_map(if_given);
        of_studies.or_else(|| self.hyperparameters.given()).or_else(|| self.reading.given())
    }

    /// An option, if one was given, that means nothing where nothing is trained.
    pub fn for_studies_only(&self) -> Option<&'static str> {
        let others = [
            ("--nichols", !self.nichols.is_empty()),
            ("--checkpoint-every", self.checkpoint_every.is_some()),
            ("--residual-of", self.residual_of.is_some()),
            ("--scored", self.scored.is_some()),
        ];
        let others = others.into_iter().chain(self.of_training()).find_map(if_given);
        others.or_else(|| self.hyperparameters.given())
    }

    /// An option, if one was given, that decoding studies do not have.
    pub fn of_forecasts(&self) -> Option<&'static str> {
        let options = [
            ("--checkpoint-every", self.checkpoint_every.is_some()),
            ("--residual-of", self.residual_of.is_some()),
            ("--scored", self.scored.is_some()),
        ];
        options.into_iter().find_map(if_given)
    }

    /// An option, if one was given, that forecasting studies do not have.
    pub fn of_decoding(&self) -> Option<&'static str> {
        let options = [
            ("--states", self.states.is_some()),
            ("--edges", self.edges.is_some()),
            ("--batch-norm", self.batch_norm.is_some()),
            ("--folds", self.folds.is_some()),
        ];
        options.into_iter().find_map(if_given).or_else(|| self.hyperparameters.given())
    }

    /// Work between two checkpoints of a fit.
    pub fn checkpoint_every(&self) -> Duration {
        self.checkpoint_every.unwrap_or(CHECKPOINT_EVERY)
    }

    /// The models asked for.
    ///
    /// # Errors
    /// [`Failure::Plan`] for a name that stands for none.
    pub(super) fn models<M: FromStr<Err: Display>>(
        &self,
        known: &[String],
    ) -> Result<Option<Vec<M>>, Failure> {
        let model = |name: &String| {
            name.parse().map_err(|error: M::Err| {
                let reason = error.to_string() + &meant(name, known.iter().map(String::as_str));
                Failure::Plan(StudyError::Choice { what: "models", reason })
            })
        };
        self.models.as_ref().map(|names| names.iter().map(model).collect()).transpose()
    }

    /// An option, if one was given, that means nothing where no recording is read.
    pub fn of_recordings(&self) -> Option<&'static str> {
        let others = [
            ("--kato", !self.kato.is_empty()),
            ("--neurons", self.neurons.is_some()),
            ("--states", self.states.is_some()),
        ];
        let of_studies = self.for_studies_only().or_else(|| others.into_iter().find_map(if_given));
        of_studies.or_else(|| self.reading.given())
    }

    /// The options that say how models are trained and measured, and whether each was given.
    fn of_training(&self) -> [(&'static str, bool); 11] {
        [
            ("--protocol", self.protocol.is_some()),
            ("--models", self.models.is_some()),
            ("--training-sizes", self.training_sizes.is_some()),
            ("--edges", self.edges.is_some()),
            ("--batch-norm", self.batch_norm.is_some()),
            ("--normalisation", self.normalisation.is_some()),
            ("--connectome", self.connectome.is_some()),
            ("--epochs", self.epochs.is_some()),
            ("--folds", self.folds.is_some()),
            ("--initialisations", self.initialisations.is_some()),
            ("--width", self.width.is_some()),
        ]
    }

    /// The neurons asked for.
    pub fn neuron_set(&self) -> Option<NeuronSet> {
        self.neurons.clone()
    }

    /// The states asked for.
    pub fn coding(&self) -> Option<StateCoding> {
        self.states.clone()
    }

    /// Files to train on, and files that are only evaluated.
    pub fn recordings(&self) -> (&[PathBuf], &[PathBuf]) {
        (&self.kato, &self.nichols)
    }
}

/// The option, if it was given.
fn if_given((option, given): (&'static str, bool)) -> Option<&'static str> {
    given.then_some(option)
}

/// Recordings to train on, and those that are only evaluated. What is doubtful in them is said.
///
/// # Errors
/// [`Failure`] when they cannot be read, or one animal stands under two names.
pub fn read(
    train: &[PathBuf],
    extended: &[PathBuf],
    reading: &ReadingOptions,
) -> Result<(Vec<Recording>, Vec<Recording>), Failure> {
    let (train, extended) = (cached::expanded(train)?, cached::expanded(extended)?);
    let options = reading.options();
    let busy = Busy::begin("reading recordings");
    let mut read_train = read_all(&train, &options)?;
    let n_train = read_train.recordings.len();
    if !extended.is_empty() {
        let mut read = read_all(&extended, &options)?;
        // A name of the map that only the other files have is used all the same.
        read_train.warnings.retain(|w| w.kind != UNUSED_IN_MAP || read.warnings.contains(w));
        read.warnings.retain(|w| w.kind != UNUSED_IN_MAP);
        read_train.recordings.extend(read.recordings);
        read_train.warnings.extend(read.warnings);
    }
    let noticed = looked_at(&read_train.recordings, &read_train.warnings);
    busy.end();
    for warning in noticed? {
        if warning.level > Level::Advice {
            talk(&warning.to_string());
        }
    }
    let mut recordings = read_train.recordings;
    let extended = recordings.split_off(n_train);
    Ok((recordings, extended))
}

/// What is noticed about the recordings of a study.
///
/// # Errors
/// [`Failure::SameAnimal`] when one animal stands under two names.
pub fn looked_at(recordings: &[Recording], read: &[Warning]) -> Result<Vec<Warning>, Failure> {
    let warnings = inspect(recordings, read).warnings;
    match warnings.iter().find(|warning| warning.kind == SAME_ANIMAL_TWICE) {
        Some(Warning { place, text, .. }) => {
            Err(Failure::SameAnimal { place: place.clone(), text: text.clone() })
        }
        None => Ok(warnings),
    }
}

/// A connectome as networks are given it.
pub fn given(which: ConnectomeName) -> GivenConnectome {
    GivenConnectome {
        name: which.as_str().to_owned(),
        connectome: Arc::new(connectome(which)),
        kinds: vec![ConnectionKind::Chemical, ConnectionKind::Electrical],
        weighting: Weighting::RowNormalised,
    }
}

/// Reads a number of seconds.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: Option<f64> = text.parse().ok();
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| "expected a number of seconds, 0 or more".to_owned())
}

/// Reads which states are told apart.
pub fn states(text: &str) -> Result<StateCoding, String> {
    if text == "own" {
        return Ok(StateCoding::Own(Vec::new()));
    }
    let n_states = text.parse().ok();
    n_states
        .and_then(StateCoding::from_n_states)
        .ok_or_else(|| "expected 2, 4, 6, 7 or own".to_owned())
}
