//! The built-in studies by name, as they were asked for: shared by `reproduce` and `study`.

use super::experiment::{ExperimentArgs, Recordings, given, read};
use super::ready::Ready;
use crate::failure::Failure;
use clap::ValueEnum;
use nervering::catalog::ConnectomeName;
use nervering::fit::{GivenConnectome, ModelError, Protocol};
use nervering::io::animals_at_least;
use nervering::models::{ForecastModel, ModelName};
use nervering::recording::{NeuronName, NeuronSet, Recording, StateCoding};
use nervering::study::forecast::builtin::{self as forecasts, Animals, Extended};
use nervering::study::forecast::{Forecast, Scored};
use nervering::study::{
    Aim, Asked, Comparison, Decode, StudyConfig, StudyError, builtin, check_strains, check_subsets,
};
use std::fmt::Display;
use std::num::NonZeroUsize;
use std::str::FromStr;

/// A built-in study of the paper's experiments, or of the questions they raise
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Experiment {
    /// Forward against reverse crawling, in the same worms and in worms never seen
    Table1,
    /// Figure 4A, left: seven states in the worms trained on
    Fig4aLeft,
    /// Figure 4A, right: four states, three neurons, against the number of worms trained on
    Fig4aRight,
    /// Figure 4B: confusion of four states, trained on all worms but one
    Fig4b,
    /// Without the AVA neurons
    NoAva,
    /// Without the neurons that the labels were derived from
    NoLabelNeurons,
    /// One-hot edges
    OneHot,
    /// MLPs with as much batch norm or as many parameters as the graph network; other edges
    Controls,
    /// Edges and batch norms of the evaluated animal, of the training animals, and running
    Statistics,
    /// How many neurons, and which one alone
    Neurons,
    /// Width, rate, activation, epochs and scale of edges, beside the spread of initial weights
    Hyperparameters,
    /// N2 against npr-1, on the files of --nichols
    Strains,
    /// The extended set of --nichols as validation set, which the paper tried and left out
    Extended,
    /// Inferred edges, kept for comparison with connectomes
    Edges,
    /// Every model there is that takes single frames, or has a memory
    Models,
    /// Frames in order, in worms never seen: whole recordings, as they come, and states together
    Temporal,
    /// One model of all named neurons, shown fewer and fewer of worms never seen
    MissingNeurons,
    /// What the traces or first labels of a new worm are worth
    Adaptation,
    /// What `nervering compare` asks of one's own recordings
    #[value(hide = true)]
    Compare,
}

/// A built-in study of forecasts
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ForecastExperiment {
    /// Figure 4C: error of forecasts against the steps ahead, trained on one worm and on several
    Fig4c,
    /// Figure 4D: error of forecasts 1, 8 and 16 steps ahead, on worms never seen
    Fig4d,
    /// Edges of forecasters, inferred and free, kept for comparison with connectomes
    ForecastEdges,
    /// What `nervering compare --task forecast` asks of one's own recordings
    #[value(name = "compare-forecasts", hide = true)]
    Compare,
}

impl Experiment {
    /// The study and its recordings; what is doubtful in them is said.
    ///
    /// # Errors
    /// [`Failure`] when the recordings cannot be read, or the study not be planned with them.
    pub fn ready(self, args: &ExperimentArgs) -> Result<Ready<Decode>, Failure> {
        if let Some(option) = args.of_forecasts() {
            return Err(Failure::NoSuchOption { option, task: "a decoding study" });
        }
        let (mut asked, (train, extended)) = asked::<Decode>(args, ModelName::ALL)?;
        if self == Self::Compare {
            check_two(&train)?;
            // The states that the files have.
            asked.coding = asked.coding.or(Some(StateCoding::Own(Vec::new())));
        }
        if let Some(coding) = &mut asked.coding {
            // The title names own states; what does not fit the recordings is told by the plan.
            let resolved = coding.resolve(train.iter().chain(&extended));
            *coding = resolved.unwrap_or_else(|_| coding.clone());
        }
        match self {
            Self::Strains => check_strains(&extended).map_err(Failure::Plan)?,
            Self::Extended if extended.is_empty() => return Err(Failure::NoExtended),
            _ => {}
        }
        let config = self.config(args, asked, &train)?;
        Ready::new(config, train, extended)
    }

    /// The preset, with what was asked for otherwise.
    fn config(
        self,
        args: &ExperimentArgs,
        mut asked: Asked<Decode>,
        train: &[Recording],
    ) -> Result<StudyConfig<Decode>, Failure> {
        let (preset, seed) = (args.options.preset(), args.options.seed());
        let all = |otherwise| neurons(args, train, otherwise);
        let config = match self {
            Self::Table1 => builtin::table1(preset, seed),
            Self::Fig4aLeft => builtin::fig4a_left(preset, seed),
            Self::Fig4aRight => builtin::fig4a_right(preset, seed),
            Self::Fig4b => builtin::fig4b(preset, seed, train.len()),
            Self::NoAva => builtin::no_ava(preset, seed, &all(NeuronSet::Paper15)?),
            // Among the paper's fifteen only the AVA neurons define labels.
            Self::NoLabelNeurons => {
                builtin::no_label_neurons(preset, seed, &all(NeuronSet::Shared)?)
            }
            Self::OneHot => builtin::one_hot(preset, seed),
            Self::Controls => builtin::controls(preset, seed),
            Self::Statistics => builtin::statistics(preset, seed),
            Self::Neurons => builtin::neurons(preset, seed, &all(NeuronSet::Paper15)?),
            Self::Hyperparameters => {
                let models = asked.models.take().unwrap_or(builtin::SWEPT.to_vec());
                builtin::hyperparameters(preset, seed, &models, asked.epochs)
            }
            Self::Strains => builtin::strains(preset, seed, train.len()),
            Self::Extended => builtin::extended(preset, seed, train.len()),
            Self::Edges => builtin::edges(preset, seed),
            Self::Models => builtin::models(preset, seed),
            Self::Temporal => builtin::temporal(preset, seed, train.len()),
            Self::MissingNeurons => builtin::missing_neurons(preset, seed, train.len()),
            Self::Adaptation => builtin::adaptation(preset, seed, train.len()),
            Self::Compare => builtin::compare(preset, seed, train.len()),
        };
        // Some have a protocol of their own.
        asked.protocol = asked.protocol.or(match self {
            Self::Temporal | Self::MissingNeurons | Self::Adaptation => Some(Protocol::Animals),
            Self::Compare => Some(Protocol::Strict),
            _ => None,
        });
        // Their variants differ in their neurons.
        if matches!(self, Self::NoAva | Self::NoLabelNeurons | Self::Neurons | Self::MissingNeurons)
        {
            asked.neurons = None;
        }
        let mut config = config;
        if self == Self::NoLabelNeurons {
            // Asked for one protocol or coding, a study has no variants of another besides.
            let (protocol, coding) = (asked.protocol, asked.coding.is_some());
            config.variants.retain(|variant| {
                protocol.is_none_or(|_| variant.protocol() != Protocol::Animals)
                    && !(coding && variant.preparation.coding == StateCoding::Seven)
            });
        }
        let possible = config.training_sizes.iter().filter(|&&n| n <= train.len()).copied();
        asked.training_sizes = asked.training_sizes.or_else(|| Some(possible.collect()));
        let mut config = asked.study(config).map_err(Failure::Plan)?;
        let chosen = args.hyperparameters.with_width(args.width);
        for variant in &mut config.variants {
            // What a study varies it keeps.
            variant.choices = variant.choices.or(chosen);
        }
        config.reading = args.reading.entry();
        let initialisations = args.initialisations.map(NonZeroUsize::get);
        config.aim.initialisations = initialisations.unwrap_or(config.aim.initialisations);
        let needs = |variant: &Comparison<Decode>| {
            variant.models.iter().any(|model| model.needs_connectome())
        };
        if config.variants.iter().any(needs) {
            config.aim.connectome = Some(connectome_of(args));
        }
        Ok(config)
    }
}

impl ForecastExperiment {
    /// The study and its recordings; what is doubtful in them is said.
    ///
    /// # Errors
    /// [`Failure`] when the recordings cannot be read, or the study not be planned with them.
    pub fn ready(self, args: &ExperimentArgs) -> Result<Ready<Forecast>, Failure> {
        if let Some(option) = args.of_decoding() {
            return Err(Failure::NoSuchOption { option, task: "a forecasting study" });
        }
        let (mut asked, (train, extended)) = asked::<Forecast>(args, ForecastModel::ALL)?;
        let of_extended = if extended.is_empty() { Extended::None } else { Extended::Some };
        let animals = Animals { n_train: train.len(), extended: of_extended };
        let (preset, seed) = (args.options.preset(), args.options.seed());
        let mut config = match self {
            Self::Fig4c => forecasts::fig4c(preset, seed, animals),
            Self::Fig4d => forecasts::fig4d(preset, seed, animals),
            Self::ForecastEdges => forecasts::forecast_edges(preset, seed, animals),
            Self::Compare => forecasts::compare(preset, seed, animals),
        };
        if self == Self::Compare {
            check_two(&train)?;
            asked.protocol = asked.protocol.or(Some(Protocol::Strict));
        }
        // Neurons of one's own in the place of the study's sets.
        if self != Self::ForecastEdges
            && let Some(neurons) = asked.neurons.take()
        {
            let models = config.variants[0].models.clone();
            config.variants = vec![Comparison::new(Protocol::Paper, &models, neurons)];
        }
        let mut config = asked.study(config).map_err(Failure::Plan)?;
        if self == Self::ForecastEdges {
            // What shuffled windows would have claimed is said of forecasts, not of graphs.
            config.variants.retain(|variant| variant.claim_of.is_none());
        }
        for variant in &mut config.variants {
            variant.choices = Scored(args.scored.clone());
        }
        config.reading = args.reading.entry();
        let width = args.width.map(NonZeroUsize::get);
        config.aim.network.width = width.unwrap_or(config.aim.network.width);
        config.aim.network.residual_of = args.residual_of.unwrap_or_default();
        let initialisations = args.initialisations.map(NonZeroUsize::get);
        config.aim.initialisations = initialisations.unwrap_or(config.aim.initialisations);
        let mut models = config.variants.iter().flat_map(|variant| &variant.models);
        if models.any(|model| model.needs_connectome()) {
            config.aim.connectome = Some(connectome_of(args));
        }
        Ready::new(config, train, extended)
    }
}

/// The connectome for networks that need one.
fn connectome_of(args: &ExperimentArgs) -> GivenConnectome {
    given(args.connectome.unwrap_or(ConnectomeName::White1986))
}

/// Refuses what leaves no animal out.
fn check_two(train: &[Recording]) -> Result<(), Failure> {
    match train.len() {
        0 | 1 => Err(Failure::Plan(StudyError::Config {
            what: "recordings",
            found: format!("{} animal", train.len()),
            expected: "two or more, since each is left out in turn".to_owned(),
        })),
        _ => Ok(()),
    }
}

/// What was asked for, and the recordings. What is mistyped is told before anything is read.
fn asked<A: Aim>(
    args: &ExperimentArgs,
    known: &[A::Model],
) -> Result<(Asked<A>, Recordings), Failure>
where
    A::Model: FromStr<Err: Display>,
{
    if args.kato.is_empty() && args.given.is_none() {
        return Err(Failure::NoRecordings);
    }
    let known: Vec<String> = known.iter().map(ToString::to_string).collect();
    let asked = Asked {
        protocol: args.protocol,
        models: args.models(&known)?,
        neurons: args.neurons.clone(),
        coding: args.states.clone(),
        edges: args.edges.clone(),
        batch_norm: args.batch_norm.clone(),
        normalisation: args.normalisation,
        folds: args.folds.map(NonZeroUsize::get),
        training_sizes: args.training_sizes.clone(),
        epochs: args.epochs.map(NonZeroUsize::get),
    };
    let recordings = match &args.given {
        Some(recordings) => recordings.clone(),
        None => {
            // What many animals are too many for is told before they are read.
            if let Some(sizes) = &args.training_sizes {
                check_subsets(animals_at_least(&args.kato), sizes).map_err(Failure::Plan)?;
            }
            read(&args.kato, &args.nichols, &args.reading)?
        }
    };
    Ok((asked, recordings))
}

/// The neurons asked for, or others.
fn neurons(
    args: &ExperimentArgs,
    train: &[Recording],
    otherwise: NeuronSet,
) -> Result<Vec<NeuronName>, Failure> {
    let set = args.neurons.clone().unwrap_or(otherwise);
    let failed = |missing| {
        let set = set.to_string();
        Failure::Plan(ModelError::NeuronSet { set, missing }.into())
    };
    set.resolve(train).map_err(failed)
}
