//! A part of a grid that one of several machines runs: [`Shard`].

use crate::task::Task;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Shards that a grid can have.
const MOST: usize = 100_000;

/// One of several parts of a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 1.
    index: usize,
    /// Of how many.
    of: usize,
}

/// Why a text names no shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found {found}, expected a shard I/N from 1/1 to N/N, for example 2/8")]
pub struct NoShard {
    found: String,
}

impl Shard {
    /// The whole grid.
    pub const WHOLE: Self = Self { index: 1, of: 1 };

    /// Number `index`, from 1, of `of`.
    ///
    /// # Errors
    /// [`NoShard`].
    pub fn new(index: usize, of: usize) -> Result<Self, NoShard> {
        match (1..=of).contains(&index) && of <= MOST {
            true => Ok(Self { index, of }),
            false => Err(NoShard { found: format!("{index}/{of}") }),
        }
    }

    /// Which, from 1.
    pub fn index(self) -> usize {
        self.index
    }

    /// Of how many.
    pub fn of(self) -> usize {
        self.of
    }

    /// Whether it is the whole grid.
    pub fn is_whole(self) -> bool {
        self.of == 1
    }

    /// The cells of this shard, ascending. Jobs are dealt kind by kind, each to the shard that has the
    /// fewest steps of its kind, so that shards cost about the same whatever the kinds cost; where two
    /// have as few, to the one that has the fewest jobs in all.
    pub fn cells<T: Task>(self, task: &T) -> Vec<usize> {
        let all: Vec<usize> = (0..task.n_cells()).collect();
        if self.is_whole() {
            return all;
        }
        let mut kinds: BTreeMap<usize, Vec<(usize, Vec<usize>)>> = BTreeMap::new();
        for job in task.jobs(&all) {
            let cost = job.iter().map(|&cell| task.steps(cell) + 1).sum();
            kinds.entry(task.kind(job[0])).or_default().push((cost, job));
        }
        let (mut mine, mut n_jobs) = (Vec::new(), vec![0usize; self.of]);
        for jobs in kinds.into_values() {
            let mut steps = vec![0usize; self.of];
            let mut jobs = jobs;
            jobs.sort_by_key(|(cost, _)| std::cmp::Reverse(*cost));
            for (cost, job) in jobs {
                let least = (0..self.of).min_by_key(|&k| (steps[k], n_jobs[k]));
                let k = least.expect("there is a shard");
                steps[k] += cost;
                n_jobs[k] += 1;
                if k + 1 == self.index {
                    mine.extend(job);
                }
            }
        }
        mine.sort_unstable();
        mine
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

impl FromStr for Shard {
    type Err = NoShard;

    fn from_str(text: &str) -> Result<Self, NoShard> {
        let number = |text: &str| text.parse::<usize>().ok();
        let numbers = text.split_once('/').and_then(|(i, n)| Some((number(i)?, number(n)?)));
        match numbers {
            Some((index, of)) => Self::new(index, of),
            None => Err(NoShard { found: format!("{text:?}") }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_read_as_it_is_written() {
        for text in ["1/1", "2/8", "8/8"] {
            assert_eq!(text.parse::<Shard>().unwrap().to_string(), text);
        }
        for text in ["0/4", "5/4", "1", "a/b", "1/0", "-1/2", "1/1000000"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
