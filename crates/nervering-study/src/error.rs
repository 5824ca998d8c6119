//! Everything that can go wrong with a study.

use nervering_analysis::AnalysisError;
use nervering_grid::GridError;
use nervering_models::FitError;
use nervering_models::forecast::ForecastError;
use nervering_prepare::PrepareError;
use nervering_recording::{CodingError, MissingNeurons};
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
    /// Two recordings carry the same name.
    #[error("two recordings are of an animal named {animal:?}; rename one, or give it once")]
    SameAnimalTwice {
        /// The name.
        animal: String,
    },
    /// A recording without states, in a study that decodes them.
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
    Neurons {
        /// The set asked for.
        set: String,
        /// What is missing where.
        #[source]
        missing: MissingNeurons,
    },
    /// The recordings do not have the states that are to be told apart.
    #[error(transparent)]
    Coding(#[from] CodingError),
    /// A recording could not be prepared.
    #[error("failed to prepare a recording")]
    Prepare(#[from] PrepareError),
    /// A recording could not be analysed.
    #[error("failed to analyse the recordings")]
    Analysis(#[from] AnalysisError),
    /// A model could not be fitted.
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
    /// The study's folder or the threads.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// The user stopped the run; everything earned is saved.
    #[error("{}; run the same command again to go on", stopped(*done, *total))]
    Interrupted {
        /// Fits that are saved.
        done: usize,
        /// Fits of the study.
        total: usize,
    },
}

/// How far a run had come.
fn stopped(done: usize, total: usize) -> String {
    match (done, total) {
        (0, total) => format!("stopped before the first of {total} fits had ended"),
        (1, total) => format!("stopped after 1 of {total} fits, which is saved"),
        (done, total) => format!("stopped after {done} of {total} fits, which are saved"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_was_stopped_before_its_first_fit_claims_nothing_saved() {
        let said = |done| StudyError::Interrupted { done, total: 15 }.to_string();
        assert_eq!(
            said(0),
            "stopped before the first of 15 fits had ended; run the same command again to go on"
        );
        assert!(said(1).contains("1 of 15 fits, which is saved"), "{}", said(1));
        assert!(said(2).contains("2 of 15 fits, which are saved"), "{}", said(2));
    }
}
