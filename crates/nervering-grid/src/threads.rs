//! Jobs on threads.

use crate::error::GridError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Runs jobs on threads, of which each takes the next one until none is left, one of them has failed,
/// or the user has interrupted them. Results come in no particular order.
///
/// # Errors
/// That of a job, or [`GridError::Threads`] when no thread could be started.
pub fn on_threads<J: Sync, R: Send, E: From<GridError> + Send>(
    threads: usize,
    jobs: &[J],
    interrupted: &(dyn Fn() -> bool + Sync),
    run_job: impl Fn(&J) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let of_threads = thread_pool(threads)?.broadcast(|_| -> Result<Vec<R>, E> {
        let mut results = Vec::new();
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            if interrupted() || failed.load(Ordering::Relaxed) {
                break;
            }
            results.push(run_job(job).inspect_err(|_| failed.store(true, Ordering::Relaxed))?);
        }
        Ok(results)
    });
    let mut all = Vec::new();
    for results in of_threads {
        all.extend(results?);
    }
    Ok(all)
}

/// Threads that jobs are spread over.
///
/// # Errors
/// [`GridError::Threads`] when the system refuses.
pub fn thread_pool(threads: usize) -> Result<rayon::ThreadPool, GridError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| GridError::Threads { threads, reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_is_run_once_and_a_failure_ends_the_others() {
        let jobs: Vec<usize> = (0..100).collect();
        let mut done = on_threads(3, &jobs, &|| false, |&job| Ok::<_, GridError>(job)).unwrap();
        done.sort_unstable();
        assert_eq!(done, jobs);
        let fails = |&job: &usize| match job {
            5 => Err(GridError::Threads { threads: job, reason: "a test".into() }),
            job => Ok(job),
        };
        assert!(on_threads(1, &jobs, &|| false, fails).is_err());
        let none = on_threads(2, &jobs, &|| true, |&job| Ok::<_, GridError>(job)).unwrap();
        assert!(none.is_empty());
    }
}
