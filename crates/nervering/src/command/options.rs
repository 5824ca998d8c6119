//! What every command that runs a study takes.

use super::fresh::Held;
use clap::Args;
use nervering::study::Preset;
use std::path::{Path, PathBuf};

/// How large a study, where to, and how.
#[derive(Debug, Args)]
pub struct StudyOptions {
    /// Size of the study: smoke (seconds), quick (minutes) or full (the paper's grid)
    /// [default: quick]
    #[arg(long, value_name = "PRESET")]
    pub preset: Option<Preset>,
    /// Folder of the study, taken up again where it was left [default: nervering-out/<study>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Seed of everything random [default: 0]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Begin anew: remove what an earlier study has written into the folder
    #[arg(long)]
    fresh: bool,
    /// Print the table as JSON
    #[arg(long)]
    pub json: bool,
}

impl StudyOptions {
    /// The size asked for, or minutes.
    pub fn preset(&self) -> Preset {
        self.preset.unwrap_or(Preset::Quick)
    }

    /// The seed given, or 0.
    pub fn seed(&self) -> u64 {
        self.seed.unwrap_or(0)
    }

    /// The folder given, or that of the study's name.
    pub fn out(&self, study: &str) -> PathBuf {
        self.out.clone().unwrap_or_else(|| Path::new("nervering-out").join(study))
    }

    /// What is done about what the folder holds.
    pub fn held(&self) -> Held {
        if self.fresh { Held::Removed } else { Held::GoneOnFrom }
    }
}
