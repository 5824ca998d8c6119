//! The built-in forecasting studies: the paper's Figures 4C and 4D.
//!
//! Both are one grid, under the paper's protocol, which [`StudyConfig::under`] brings under
//! another: Figure 4C asks for the error against the number of steps, trained on one worm and on
//! several, Figure 4D for a table at three steps, trained on as many as there are.

use super::Forecast;
use super::notes::epochs_of;
use crate::comparison::{Comparison, Preset};
use crate::config::StudyConfig;
use crate::decode::KeepEdges;
use crate::reading::ReadingEntry;
use nervering_fit::Protocol;
use nervering_models::forecast::ForecastModel;
use nervering_models::trajectory::TrajectoryConfig;
use nervering_recording::NeuronSet;

/// The animals of a study.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Animals {
    /// To train on.
    pub n_train: usize,
    /// Whether there are others, that are only evaluated.
    pub extended: Extended,
}

/// Whether a study has an extended set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extended {
    /// It has none, and one trained on all animals would be measured on nothing new.
    None,
    /// It has one.
    Some,
}

impl Animals {
    /// All but one, for leave-one-out; and all of them, where the extended set is there to be
    /// forecast.
    fn most(self) -> Vec<usize> {
        let mut sizes = vec![self.n_train.saturating_sub(1).max(1)];
        if self.extended == Extended::Some && self.n_train > 1 {
            sizes.push(self.n_train);
        }
        sizes
    }
}

/// What takes longer than all others together, each pair or neuron having a memory of its own: in the quick size
/// only where it is asked for.
const SLOW: [ForecastModel; 3] = [
    ForecastModel::Dnri,
    ForecastModel::RecurrentAttention,
    ForecastModel::RecurrentAttentionConnectome,
];

/// Figure 4C: error against the number of steps, trained on one worm and on several.
pub fn fig4c(preset: Preset, seed: u64, animals: Animals) -> StudyConfig<Forecast> {
    let title = "Figure 4C: error of forecasts against the steps ahead";
    let mut training_sizes = animals.most();
    if !training_sizes.contains(&1) {
        training_sizes.insert(0, 1);
    }
    study("fig4c", title, preset, seed, training_sizes)
}

/// Figure 4D: error of forecasts one, eight and sixteen steps ahead.
pub fn fig4d(preset: Preset, seed: u64, animals: Animals) -> StudyConfig<Forecast> {
    let title = "Figure 4D: error of forecasts 1, 8 and 16 steps ahead";
    study("fig4d", title, preset, seed, animals.most())
}

/// How well neurons are forecast in animals never seen, over the neurons that all animals share: for
/// recordings of one's own.
pub fn compare(preset: Preset, seed: u64, animals: Animals) -> StudyConfig<Forecast> {
    use ForecastModel::{Analog, Ar, Copy, Gnn, Linear, LinearAdapted, LinearAnalog, Mlp};
    let models = [Copy, Ar, Linear, LinearAdapted, Analog, LinearAnalog, Mlp, Gnn];
    let title = "Forecasts 1, 8 and 16 steps ahead, in animals never seen";
    StudyConfig {
        variants: vec![Comparison::new(Protocol::Paper, &models, NeuronSet::Shared)],
        ..study("compare-forecasts", title, preset, seed, animals.most())
    }
}

/// The graphs that forecasters hear by, kept for comparison with connectomes: inferred from states, free
/// for the animals trained on, and read out of each animal; of one animal and of all but one, from several
/// initial weights each. Strict: a graph of what has been seen of frames to come would be no finding.
pub fn forecast_edges(preset: Preset, seed: u64, animals: Animals) -> StudyConfig<Forecast> {
    use ForecastModel::{Copy, Gnn, GnnFree, GnnStatic, Linear, Nri};
    let title = "Edges of forecasters against connectomes and the functional atlas";
    let models = [Copy, Linear, Gnn, GnnStatic, GnnFree, Nri];
    let mut training_sizes = vec![animals.n_train.saturating_sub(1).max(1)];
    if !training_sizes.contains(&1) {
        training_sizes.insert(0, 1);
    }
    let variant = Comparison::new(Protocol::Strict, &models, NeuronSet::Paper15);
    let study = StudyConfig {
        variants: vec![variant],
        ..study("forecast-edges", title, preset, seed, training_sizes)
    };
    let initialisations = if preset == Preset::Full { 3 } else { 2 };
    let keep_edges = KeepEdges::Yes;
    StudyConfig { aim: Forecast { initialisations, keep_edges, ..study.aim }, ..study }
}

fn study(
    name: &str,
    title: &str,
    preset: Preset,
    seed: u64,
    training_sizes: Vec<usize>,
) -> StudyConfig<Forecast> {
    let whole = TrajectoryConfig::scripts();
    let (epochs, network) = match preset {
        Preset::Smoke => (2, TrajectoryConfig { width: 8, ..whole }),
        Preset::Quick => (200, TrajectoryConfig { width: 16, ..whole }),
        Preset::Full => (epochs_of(Protocol::Paper), whole),
    };
    // The paper forecasts the three neurons that all its animals share.
    let sets = [("three", NeuronSet::Paper3), ("fifteen", NeuronSet::Paper15)];
    let is_asked = |model: &ForecastModel| preset != Preset::Quick || !SLOW.contains(model);
    let models: Vec<ForecastModel> = ForecastModel::ALL.iter().copied().filter(is_asked).collect();
    let variant = |(name, neurons): (&str, NeuronSet)| Comparison {
        name: format!("{name}-paper"),
        ..Comparison::new(Protocol::Paper, &models, neurons)
    };
    StudyConfig {
        name: name.to_owned(),
        title: title.to_owned(),
        variants: sets.map(variant).to_vec(),
        training_sizes,
        max_subsets: None,
        epochs,
        seed,
        reading: ReadingEntry::default(),
        aim: Forecast { network, ..Forecast::default() },
    }
}
