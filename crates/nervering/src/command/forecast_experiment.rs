//! The forecasting experiments by name: shared by `reproduce` and `study`.

use super::any_plan::AnyPlan;
use super::experiment::{ExperimentArgs, read};
use crate::failure::Failure;
use clap::ValueEnum;
use nervering::models::forecast::ForecastModel;
use nervering::recording::NeuronSet;
use nervering::study::Protocol;
use nervering::study::forecast::builtin::{self, Animals, Extended};
use nervering::study::forecast::{ForecastConfig, ForecastVariant};
use std::num::NonZeroUsize;

/// A built-in study of forecasts
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ForecastExperiment {
    /// Figure 4C: error of forecasts against the steps ahead, trained on one worm and on several
    Fig4c,
    /// Figure 4D: error of forecasts 1, 8 and 16 steps ahead, on worms never seen
    Fig4d,
}

impl ForecastExperiment {
    /// The study and its recordings; what is doubtful in them is said.
    ///
    /// # Errors
    /// [`Failure`] when the recordings cannot be read, or the study not be planned with them.
    pub fn plan(self, args: &ExperimentArgs) -> Result<AnyPlan, Failure> {
        if let Some(option) = args.of_decoding() {
            return Err(Failure::NoSuchOption { option, task: "a forecasting study" });
        }
        if args.kato.is_empty() {
            return Err(Failure::NoRecordings);
        }
        // Before anything is read: what is mistyped need not wait.
        let models = args.models()?;
        let (train, extended) = read(&args.kato, &args.nichols, &args.reading)?;
        let of_extended = if extended.is_empty() { Extended::None } else { Extended::Some };
        let animals = Animals { n_train: train.len(), extended: of_extended };
        AnyPlan::forecast(self.config(args, models, animals), train, extended)
    }

    /// The preset, with what was asked for otherwise.
    fn config(
        self,
        args: &ExperimentArgs,
        models: Option<Vec<ForecastModel>>,
        animals: Animals,
    ) -> ForecastConfig {
        let (preset, seed) = (args.options.preset(), args.options.seed());
        let mut config = match self {
            Self::Fig4c => builtin::fig4c(preset, seed, animals),
            Self::Fig4d => builtin::fig4d(preset, seed, animals),
        };
        if let Some(neurons) = &args.neurons {
            config.variants = vec![variant(neurons.clone())];
        }
        let protocol = args.protocol.unwrap_or(Protocol::Paper);
        config = config.under(protocol);
        for variant in &mut config.variants {
            if let Some(models) = &models {
                variant.models.clone_from(models);
            }
            if let (Some(normalisation), true) = (args.normalisation, variant.protocol == protocol)
            {
                variant.normalisation = normalisation;
            }
        }
        if let Some(sizes) = &args.training_sizes {
            config.training_sizes.clone_from(sizes);
        }
        config.reading = args.reading.entry();
        config.epochs = args.epochs.map_or(config.epochs, NonZeroUsize::get);
        config.network.width = args.width.map_or(config.network.width, NonZeroUsize::get);
        config
    }
}

/// Every model on neurons of one's own.
fn variant(neurons: NeuronSet) -> ForecastVariant {
    ForecastVariant::new(Protocol::Paper, ForecastModel::ALL, neurons)
}
