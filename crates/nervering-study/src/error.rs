//! Everything that can go wrong with a study.

use nervering_analysis::AnalysisError;
use nervering_fit::ModelError;
use nervering_grid::GridError;
use nervering_recording::CodingError;
use std::path::PathBuf;

/// Why a study cannot be planned, run or finished.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// A part of the configuration asks for something that cannot be.
    #[error("{what}: found {found}, expected {expected}")]
    Config {
        /// The part.
        what: &'static str,
        /// What was asked for.
        found: String,
        /// What would be possible.
        expected: String,
    },
    /// A part of the configuration that is none of the choices there are.
    #[error("{what}: {reason}")]
    Choice {
        /// The part.
        what: &'static str,
        /// What was found and what there is.
        reason: String,
    },
    /// A study file that cannot be read.
    #[error("{path}, line {line}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// Recordings that models cannot be trained on, or a fit that failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The recordings do not have the states that are to be told apart.
    #[error(transparent)]
    Coding(#[from] CodingError),
    /// A recording could not be analysed.
    #[error("failed to analyse the recordings")]
    Analysis(#[from] AnalysisError),
    /// The study's folder or the threads.
    #[error(transparent)]
    Grid(#[from] GridError),
}
