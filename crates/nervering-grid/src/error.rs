//! Why a grid cannot be run or its folder not be used.

use std::path::PathBuf;

/// Why a grid cannot be run or its folder not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GridError {
    /// A text that cannot stand in a path.
    #[error("{what}: found {found:?}, expected {expected}")]
    Name {
        /// What the text names.
        what: &'static str,
        /// The text.
        found: String,
        /// What is possible.
        expected: &'static str,
    },
    /// The folder holds the results of another study.
    #[error(
        "{}: found another configuration or other data than now asked for; name another folder with --out, or remove this one", .path.display()
    )]
    OtherStudy {
        /// Its `study.toml`.
        path: PathBuf,
    },
    /// Another run is at work in the folder.
    #[error("{}: in use by {owner}; wait for it, or name another folder with --out", .path.display())]
    InUse {
        /// The lock.
        path: PathBuf,
        /// What the lock says of its owner.
        owner: String,
    },
    /// The folder went away under the run.
    #[error(
        "{}: the study's folder was removed or renamed while it ran; run the same command again", .path.display()
    )]
    Gone {
        /// The folder.
        path: PathBuf,
    },
    /// A folder without a manifest.
    #[error("{}: found none, so the study is unfinished; run it again to finish it", .path.display())]
    NoManifest {
        /// Where it should be.
        path: PathBuf,
    },
    /// A manifest that cannot be read.
    #[error("{}: found no manifest of this program ({reason}); run the study again to make it anew", .path.display())]
    NotAManifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file system refused.
    #[error("{}: failed to {action}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// Results that no folder has.
    #[error("{n} of {total} fits are missing ({named}); run the shards that lack them again")]
    Missing {
        /// How many.
        n: usize,
        /// Of how many.
        total: usize,
        /// The first of them.
        named: String,
    },
    /// The user stopped the run; everything earned is saved.
    #[error("{}; run the same command again to go on", stopped(*done, *total))]
    Interrupted {
        /// Fits that are saved.
        done: usize,
        /// Fits of the study, or of its shard.
        total: usize,
    },
    /// The worker threads could not be started.
    #[error("failed to start {threads} threads: {reason}")]
    Threads {
        /// How many.
        threads: usize,
        /// Why.
        reason: String,
    },
}

impl GridError {
    /// What the system said when something was tried with a file or folder.
    pub(crate) fn io(
        path: &std::path::Path,
        action: &'static str,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, action, source }
    }
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
        let said = |done| GridError::Interrupted { done, total: 15 }.to_string();
        assert_eq!(
            said(0),
            "stopped before the first of 15 fits had ended; run the same command again to go on"
        );
        assert!(said(1).contains("1 of 15 fits, which is saved"), "{}", said(1));
        assert!(said(2).contains("2 of 15 fits, which are saved"), "{}", said(2));
    }
}
