//! `nervering reproduce`: the paper's experiments as built-in studies, the analyses that need no
//! training, and simulated systems whose graph is known.

use super::analysis::Analysis;
use super::experiment::ExperimentArgs;
use super::experiments::{Experiment, ForecastExperiment};
use super::ready::ReadyStudy;
use super::synthetic::Synthetic;
use crate::failure::Failure;
use crate::interrupt::{Leaves, listen};
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use std::process::ExitCode;
use std::sync::LazyLock;

/// Run an experiment of the paper, or a question that it raises, on recordings
#[derive(Debug, Args)]
pub struct Reproduce {
    /// Which one
    #[arg(value_enum, value_name = "EXPERIMENT")]
    question: Question,
    #[command(flatten)]
    args: ExperimentArgs,
}

/// What can be reproduced.
#[derive(Debug, Clone, Copy)]
enum Question {
    /// By training models.
    Experiment(Experiment),
    /// By training models to forecast.
    Forecast(ForecastExperiment),
    /// By looking at the recordings.
    Analysis(Analysis),
    /// On simulated systems.
    Synthetic(Synthetic),
}

impl ValueEnum for Question {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<Vec<Question>> = LazyLock::new(|| {
            let experiments = Experiment::value_variants().iter().copied();
            let forecasts = ForecastExperiment::value_variants().iter().copied();
            let analyses = Analysis::value_variants().iter().copied();
            let synthetic = Synthetic::value_variants().iter().copied();
            let studies = experiments.map(Question::Experiment);
            let studies = studies.chain(forecasts.map(Question::Forecast));
            let of_recordings = studies.chain(analyses.map(Question::Analysis));
            of_recordings.chain(synthetic.map(Question::Synthetic)).collect()
        });
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Experiment(experiment) => experiment.to_possible_value(),
            Self::Forecast(experiment) => experiment.to_possible_value(),
            Self::Analysis(analysis) => analysis.to_possible_value(),
            Self::Synthetic(synthetic) => synthetic.to_possible_value(),
        }
    }
}

impl Reproduce {
    pub fn run(self) -> Result<ExitCode, Failure> {
        listen(match self.question {
            Question::Experiment(_) | Question::Forecast(_) => Leaves::Results,
            Question::Analysis(_) | Question::Synthetic(_) => Leaves::Nothing,
        })?;
        let (options, every) = (&self.args.options, self.args.checkpoint_every());
        match self.question {
            Question::Experiment(experiment) => experiment.ready(&self.args)?.run(options, every),
            Question::Forecast(experiment) => experiment.ready(&self.args)?.run(options, every),
            Question::Analysis(analysis) => analysis.run(&self.args),
            Question::Synthetic(synthetic) => synthetic.run(&self.args),
        }
    }
}
