//! A study with its recordings, whatever its aim: [`ReadyStudy`] is planned and run.

use super::edges::edge_tables;
use super::experiment::ExperimentArgs;
use super::lock::{lock, owner};
use super::options::StudyOptions;
use super::planned::{Planned, measure, print_plan};
use super::shard::Asked;
use crate::failure::Failure;
use crate::interrupt::{ask_first, interrupted};
use crate::memory;
use crate::output::{count, print, talk};
use crate::progress::Shown;
use nervering::grid::{
    CheckpointTimes, Folder, GridError, Run, Shard, ShardRun, Stand, Task, forget_shards,
};
use nervering::recording::Recording;
use nervering::report::{Tell, Telling, citations, write_folder};
use nervering::study::{self, Plan, Preset, Results, StudyConfig, StudyError, estimate};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Work that a killed run may lose, where nothing else is asked for.
pub const CHECKPOINT_EVERY: Duration = Duration::from_secs(30);

/// A plan and all its recordings, those to train on first.
pub struct Ready<A: Tell> {
    plan: Plan<A>,
    recordings: Vec<Recording>,
}

/// A study that can be planned and run.
pub trait ReadyStudy {
    /// Calibrates, and prints what it will cost; its recordings have been read since `begin`.
    ///
    /// # Errors
    /// As [`print_plan`].
    fn print(&self, args: &ExperimentArgs, begin: Instant) -> Result<ExitCode, Failure>;

    /// Runs it or takes it up again, writes its folder, and prints its table.
    ///
    /// # Errors
    /// [`Failure::Run`] for a study that did not end or was interrupted.
    fn run(&self, options: &StudyOptions, checkpoint_every: Duration) -> Result<ExitCode, Failure>;

    /// Runs one shard of it, or takes it up again.
    ///
    /// # Errors
    /// [`Failure::Run`] for a shard that did not end or was interrupted.
    fn run_shard(
        &self,
        options: &StudyOptions,
        checkpoint_every: Duration,
        shard: Shard,
    ) -> Result<ExitCode, Failure>;

    /// Joins what shards have earned in these folders, in the first of them or another, writes the folder
    /// and prints the table.
    ///
    /// # Errors
    /// [`Failure::Run`] when some fits are in none of them.
    fn merge(
        &self,
        options: &StudyOptions,
        from: &[PathBuf],
        out: &Path,
    ) -> Result<ExitCode, Failure>;

    /// Calibrates; its recordings have been read since `begin`.
    ///
    /// # Errors
    /// As [`print_plan`].
    fn cost(&self, options: &StudyOptions, begin: Instant) -> Result<Cost, Failure>;

    /// Its folder.
    fn out(&self, options: &StudyOptions) -> PathBuf;

    /// Makes its folder, or checks that it is of this study.
    ///
    /// # Errors
    /// [`Failure::Grid`] for a folder of another study, or one that cannot be written.
    fn open(&self, out: &Path) -> Result<(), Failure>;
}

/// What a study costs.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Of one thread for all of it.
    pub thread_time: Duration,
    /// Bytes, where the system tells.
    pub memory: Option<u64>,
}

impl<A: Tell> Ready<A> {
    /// Plans a study.
    ///
    /// # Errors
    /// [`Failure::Plan`] when it does not fit the recordings.
    pub fn new(
        config: StudyConfig<A>,
        mut train: Vec<Recording>,
        mut extended: Vec<Recording>,
    ) -> Result<Self, Failure> {
        // As the plan takes them.
        for recordings in [&mut train, &mut extended] {
            recordings.sort_by(|a, b| a.animal().cmp(b.animal()));
        }
        let plan = Plan::new(config, &train, &extended).map_err(Failure::Plan)?;
        train.extend(extended);
        Ok(Self { plan, recordings: train })
    }

    /// What is about to happen, before anyone has waited for it.
    fn announced(&self, out: &Path, n_threads: usize, shard: Shard) -> String {
        let (plan, config) = (&self.plan, self.plan.config());
        let mut models: Vec<String> = Vec::new();
        for model in config.variants.iter().flat_map(|variant| &variant.models) {
            let model = model.to_string();
            if !models.contains(&model) {
                models.push(model);
            }
        }
        let variants: Vec<&str> = config.variants.iter().map(|v| v.name.as_str()).collect();
        let variants = match variants.len() {
            1..=4 => variants.join(" "),
            n => count(n, "variant"),
        };
        let cells = shard.cells(plan);
        let n_steps: usize = cells.iter().map(|&cell| plan.steps(cell)).sum();
        let shard = match shard.is_whole() {
            true => String::new(),
            false => format!("shard {shard}: "),
        };
        format!(
            "{}\n{} ({}), {variants}\n{}\n{shard}{}, {} in all, on {}, into {}",
            config.title,
            count(plan.animals().len(), "animal"),
            plan.animals().join(" "),
            models.join(" "),
            count(cells.len(), "fit"),
            count(n_steps, "gradient step"),
            count(n_threads, "thread"),
            out.display()
        )
    }

    /// The report of the study with no fit yet, made and thrown away. Most of a report's memory goes
    /// into the figures and the page of the recordings, so this takes about as much as the true one.
    fn rehearse_report(&self, out: &Path) -> Result<(), Failure> {
        let telling = Telling {
            recordings: &self.recordings,
            folder: out,
            citations: &citations(),
            edge_tables: &[],
            n_nulls: 0,
        };
        let nothing = Results::of(&self.plan, Vec::new());
        Ok(A::tell(&self.plan, &nothing, &telling).map(drop)?)
    }

    fn planned<'a>(
        &'a self,
        rehearse: &'a dyn Fn() -> Result<(), Failure>,
        estimate: &'a super::planned::Calibrated<'a>,
    ) -> Planned<'a> {
        let config = self.plan.config();
        Planned {
            name: &config.name,
            title: &config.title,
            n_variants: config.variants.len(),
            estimate,
            rehearse_report: rehearse,
        }
    }

    /// Writes the folder of a study that is whole, and prints its table.
    fn told(
        &self,
        results: &Results<A>,
        out: &Path,
        options: &StudyOptions,
        since: &str,
    ) -> Result<ExitCode, Failure> {
        let n_nulls = match options.preset() {
            Preset::Smoke => 99,
            Preset::Quick => 999,
            Preset::Full => 9999,
        };
        let telling = Telling {
            recordings: &self.recordings,
            folder: out,
            citations: &citations(),
            edge_tables: &edge_tables(),
            n_nulls,
        };
        forget_shards(out)?;
        let told = write_folder(&self.plan, results, &telling)?;
        let (fits, page) = (count(results.fits.len(), "fit"), out.join("report.html"));
        talk(&format!("{fits} in {since}; the report is {}\n", page.display()));
        print(if options.json { &told.json } else { &told.text })?;
        Ok(ExitCode::SUCCESS)
    }

    /// How a shard is run; `begin` is any moment.
    fn how<'a>(
        options: &StudyOptions,
        shard: Shard,
        progress: &'a Shown,
        times: CheckpointTimes<'a>,
    ) -> Run<'a> {
        Run { threads: options.n_threads(), shard, times, progress, interrupted: &interrupted }
    }
}

impl<A: Tell> ReadyStudy for Ready<A> {
    fn print(&self, args: &ExperimentArgs, begin: Instant) -> Result<ExitCode, Failure> {
        let out = self.out(&args.options);
        let rehearse = || self.rehearse_report(&out);
        let calibrate = |out: &Path, threads, budget, clock: &super::planned::Clock<'_>| {
            estimate(&self.plan, out, threads, budget, clock)
        };
        print_plan(&self.planned(&rehearse, &calibrate), &args.options, begin)
    }

    fn cost(&self, options: &StudyOptions, begin: Instant) -> Result<Cost, Failure> {
        let out = self.out(options);
        let rehearse = || self.rehearse_report(&out);
        let calibrate = |out: &Path, threads, budget, clock: &super::planned::Clock<'_>| {
            estimate(&self.plan, out, threads, budget, clock)
        };
        let (estimate, memory) = measure(&self.planned(&rehearse, &calibrate), options, begin)?;
        let thread_time = estimate.parts.iter().map(|part| part.thread_time).sum();
        Ok(Cost { thread_time, memory })
    }

    fn out(&self, options: &StudyOptions) -> PathBuf {
        options.out(&self.plan.config().name)
    }

    fn open(&self, out: &Path) -> Result<(), Failure> {
        let _lock = lock(out)?;
        Folder::open(out, &self.plan.study_toml())?;
        Ok(())
    }

    fn run(&self, options: &StudyOptions, checkpoint_every: Duration) -> Result<ExitCode, Failure> {
        let (plan, out) = (&self.plan, self.out(options));
        talk(&self.announced(&out, options.n_threads(), Shard::WHOLE));
        let _lock = lock(&out)?;
        ask_first();
        memory::watch();
        let progress = Shown::of(plan.n_fits(), plan.n_steps());
        let begin = Instant::now();
        let times = CheckpointTimes { every: checkpoint_every, clock: &|| begin.elapsed() };
        let how = Self::how(options, Shard::WHOLE, &progress, times);
        let results = study::run(plan, &out, &how);
        progress.end();
        self.told(&results.map_err(Failure::Run)?, &out, options, &progress.elapsed())
    }

    fn run_shard(
        &self,
        options: &StudyOptions,
        checkpoint_every: Duration,
        shard: Shard,
    ) -> Result<ExitCode, Failure> {
        let (plan, out) = (&self.plan, self.out(options));
        talk(&self.announced(&out, options.n_threads(), shard));
        let cells = shard.cells(plan);
        let run = ShardRun::begin(&out, shard, cells.len(), &owner())?;
        Asked::now(&["--json!"])?.keep(&out)?;
        ask_first();
        memory::watch();
        let n_steps = cells.iter().map(|&cell| plan.steps(cell)).sum();
        let progress = Shown::of(cells.len(), n_steps);
        let begin = Instant::now();
        let times = CheckpointTimes { every: checkpoint_every, clock: &|| begin.elapsed() };
        let ran = study::run_shard(plan, &out, &Self::how(options, shard, &progress, times));
        progress.end();
        match ran {
            Ok(n_fits) => {
                run.end(Stand::Done, None)?;
                let (fits, since) = (count(n_fits, "fit"), progress.elapsed());
                talk(&format!(
                    "shard {shard}: {fits} in {since}; join the shards with study merge"
                ));
                Ok(ExitCode::SUCCESS)
            }
            Err(error) => {
                let stopped = matches!(error, StudyError::Grid(GridError::Interrupted { .. }));
                let stand = if stopped { Stand::Stopped } else { Stand::Failed };
                // That the shard failed counts, not that this could not be said.
                let _ = run.end(stand, Some(error.to_string()));
                Err(Failure::Run(error))
            }
        }
    }

    fn merge(
        &self,
        options: &StudyOptions,
        from: &[PathBuf],
        out: &Path,
    ) -> Result<ExitCode, Failure> {
        let _lock = lock(out)?;
        ask_first();
        let progress = Shown::of(self.plan.n_fits(), 0);
        let how = Self::how(options, Shard::WHOLE, &progress, CheckpointTimes::NEVER);
        let results = study::merge(&self.plan, out, from, &how);
        progress.end();
        self.told(&results.map_err(Failure::Run)?, out, options, &progress.elapsed())
    }
}
