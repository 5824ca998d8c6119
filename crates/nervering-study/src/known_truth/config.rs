//! How much of everything: [`KnownTruthConfig`] and its presets.

use super::{KnownTruthError, OwnGraphsConfig};
use crate::comparison::Preset;
use nervering_models::ForecastModel;
use nervering_models::forecast::MOST_LAGS;
use nervering_prepare::EVALUATION_STEPS;
use nervering_simulate::coupled::CoupledConfig;

/// What to simulate and what to fit.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownTruthConfig {
    /// Kinds of systems.
    pub systems: Vec<CoupledConfig>,
    /// Models, in the order of the tables; skill is against [`ForecastModel::Copy`].
    pub models: Vec<ForecastModel>,
    /// Networks of each kind, each with a graph of its own.
    pub n_instances: usize,
    /// Batches, each one gradient step of an epoch.
    pub n_batches: usize,
    /// Trajectories of each batch.
    pub batch: usize,
    /// Trajectories that choose lags, penalties and epochs, and as many again that are evaluated.
    pub n_evaluated: usize,
    /// Frames of a trajectory; 49 in Kipf et al.
    pub n_frames: usize,
    /// Hidden units of every network; 256 in the paper.
    pub width: usize,
    /// Epochs of every network; 600 in the scripts. The truth is seen during the first 275/600 of
    /// them.
    pub epochs: usize,
    /// Simulations with a graph of their own each.
    pub own_graphs: OwnGraphsConfig,
    /// Seed of everything random.
    pub seed: u64,
}

impl KnownTruthConfig {
    /// Seconds, minutes, or the widths and epochs of the paper.
    pub fn preset(preset: Preset, seed: u64) -> Self {
        use ForecastModel::{Ar, Copy, DampedCopy, Gnn, GnnFree, GnnStatic, Mean, Mlp, Nri, Var};
        let [n_instances, n_batches, batch, n_evaluated, width, epochs] = match preset {
            Preset::Smoke => [2, 2, 4, 6, 8, 2],
            Preset::Quick => [5, 12, 10, 40, 32, 300],
            Preset::Full => [20, 40, 25, 200, 256, 600],
        };
        let [n_train, n_read] = match preset {
            Preset::Smoke => [8, 4],
            Preset::Quick => [10_000, 500],
            Preset::Full => [50_000, 1_000],
        };
        // Couplings of either sign and size are nothing that an edge, which is there or not, could stand for.
        let [springs, kuramoto, _] = CoupledConfig::all();
        let own_graphs = OwnGraphsConfig {
            systems: vec![springs, kuramoto],
            models: vec![Nri],
            n_train,
            n_evaluated: n_read,
        };
        Self {
            systems: CoupledConfig::all().to_vec(),
            models: vec![Copy, Mean, DampedCopy, Ar, Var, Mlp, Gnn, GnnStatic, GnnFree],
            n_instances,
            n_batches,
            batch,
            n_evaluated,
            n_frames: 49,
            width,
            epochs,
            own_graphs,
            seed,
        }
    }

    /// Fits in all.
    pub fn n_fits(&self) -> usize {
        let own = self.own_graphs.systems.len() * self.own_graphs.models.len();
        self.systems.len() * self.n_instances * self.models.len() + own
    }

    /// Gradient steps in all.
    pub fn n_steps(&self) -> usize {
        let n_networks = self.models.iter().filter(|model| model.network().is_some()).count();
        self.systems.len() * self.n_instances * n_networks * self.steps_of_fit()
    }

    /// Gradient steps of the fit of a network.
    pub fn steps_of_fit(&self) -> usize {
        self.epochs * self.n_batches
    }

    pub(super) fn validate(&self) -> Result<(), KnownTruthError> {
        let least = |what, found, least, expected| match found >= least {
            true => Ok(()),
            false => Err(KnownTruthError::Config { what, found, expected }),
        };
        least("instances", self.n_instances, 1, "at least 1")?;
        least("batches", self.n_batches, 1, "at least 1")?;
        least("trajectories of a batch", self.batch, 1, "at least 1")?;
        least("evaluated trajectories", self.n_evaluated, 1, "at least 1")?;
        least("hidden units", self.width, 1, "at least 1")?;
        least("epochs", self.epochs, 1, "at least 1")?;
        least("simulations with graphs of their own", self.own_graphs.n_train, 1, "at least 1")?;
        least("simulations whose graphs are read", self.own_graphs.n_evaluated, 1, "at least 1")?;
        const N_FRAMES: usize = MOST_LAGS + EVALUATION_STEPS;
        const _: () = assert!(N_FRAMES == 24, "the text below");
        least("frames of a trajectory", self.n_frames, N_FRAMES, "at least 24")
    }
}
