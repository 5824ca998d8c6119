//! A study with its recordings, whatever its aim: [`ReadyStudy`] is planned and run.

use super::edges::edge_tables;
use super::fresh::{self, Held};
use super::lock::{lock, owner};
use super::options::StudyOptions;
use super::planned::{Planned, print_plan};
use super::shard::ShardCommand;
use crate::failure::Failure;
use crate::interrupt::{ask_first, interrupted};
use crate::memory;
use crate::output::{count, print, print_tables, talk};
use crate::progress::{Busy, Shown, duration_text};
use crate::{machine, terminal};
use nervering::fit::sort_by_name;
use nervering::grid::{
    CheckpointTimes, Folder, GridError, Run, Shard, ShardRun, Stand, Task, forget_shards,
};
use nervering::recording::Recording;
use nervering::report::{Layout, Tell, Telling, Told, citations, write_folder};
use nervering::study::{self, Estimate, Plan, Preset, Results, StudyConfig, StudyError, estimate};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Work that a killed run may lose, where nothing else is asked for.
pub const CHECKPOINT_EVERY: Duration = Duration::from_secs(30);
/// How long a calibration takes where nothing needs longer.
const CALIBRATION: Duration = Duration::from_secs(2);

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
    /// [`Failure::Plan`] when the folder holds another study or a fit fails.
    fn print(&self, options: &StudyOptions, begin: Instant) -> Result<ExitCode, Failure>;

    /// Runs it or takes it up again, writes its folder, and prints its table.
    ///
    /// # Errors
    /// [`Failure::Run`] for a study that did not end or was interrupted.
    fn run(&self, options: &StudyOptions, checkpoint_every: Duration) -> Result<ExitCode, Failure>;

    /// Runs it or takes it up again as another program says, and writes its folder; nothing is printed.
    ///
    /// # Errors
    /// As [`ReadyStudy::run`].
    fn run_for(&self, options: &StudyOptions, how: &Run<'_>) -> Result<Told, Failure>;

    /// Its fits, and the gradient steps that they take.
    fn size(&self) -> (usize, usize);

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

    /// Joins in `out` what shards have earned in these folders, writes it and prints the table.
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
    /// As [`ReadyStudy::print`].
    fn cost(&self, options: &StudyOptions, begin: Instant) -> Result<Cost, Failure>;

    /// Its folder.
    fn out(&self, options: &StudyOptions) -> PathBuf;

    /// Checks that it can begin in its folder, or removes what stands there where that is asked for.
    ///
    /// # Errors
    /// [`Failure::OtherStudy`] for a folder of another study.
    fn begin(&self, options: &StudyOptions, out: &Path) -> Result<(), Failure>;

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
            sort_by_name(recordings);
        }
        let plan = Plan::new(config, &train, &extended).map_err(Failure::Plan)?;
        let plan = plan.on(&machine::this());
        train.extend(extended);
        Ok(Self { plan, recordings: train })
    }

    /// What is about to happen, before anyone has waited for it.
    fn announced(&self, out: &Path, work: &Work) -> String {
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
        let shard = match work.shard.is_whole() {
            true => String::new(),
            false => format!("shard {}: ", work.shard),
        };
        let alone = match plan.leaves_no_animal_unseen() {
            true => {
                "\nno fit leaves an animal unseen: nothing will say how a model does on another"
            }
            false => "",
        };
        format!(
            "{}\n{} ({}), {variants}{alone}\n{}\n{shard}{}, {} in all, on {}, into {}",
            config.title,
            count(plan.animals().len(), "animal"),
            plan.animals().join(" "),
            models.join(" "),
            count(work.n_fits, "fit"),
            count(work.n_steps, "gradient step"),
            count(machine::this().threads(), "thread"),
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
            layout: Layout::FILE,
        };
        let nothing = Results::of(&self.plan, Vec::new());
        Ok(A::tell(&self.plan, &nothing, &telling).map(drop)?)
    }

    /// Calibrates: the cost, and the bytes that it takes, where the system tells. The plan has been made
    /// since `begin`, as the run will have to make it.
    fn measured(
        &self,
        options: &StudyOptions,
        begin: Instant,
    ) -> Result<(Estimate, Option<u64>), Failure> {
        let planning = begin.elapsed();
        let (out, threads) = (self.out(options), machine::this().threads());
        talk("Calibrating for about two seconds, or as long as one look at every model takes.");
        let clock = || begin.elapsed();
        let busy = Busy::begin("calibrating");
        let mut estimate =
            estimate(&self.plan, &out, threads, CALIBRATION, &clock).map_err(Failure::Plan)?;
        // The report takes more memory than the fits of most studies.
        let before = clock();
        self.rehearse_report(&out)?;
        busy.end();
        estimate.wall += planning + (clock() - before);
        // A job of every kind has run on all threads by now, and a report has been made, so the study
        // will need about as much.
        Ok((estimate, memory::peak()))
    }

    /// Writes the folder of a study that is whole.
    fn written(
        &self,
        results: &Results<A>,
        out: &Path,
        options: &StudyOptions,
    ) -> Result<Told, Failure> {
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
            layout: terminal::layout(),
        };
        forget_shards(out)?;
        Ok(write_folder(&self.plan, results, &telling)?)
    }

    /// Writes the folder of a study that is whole, and prints its table.
    fn told(
        &self,
        results: &Results<A>,
        out: &Path,
        options: &StudyOptions,
        since: &str,
    ) -> Result<ExitCode, Failure> {
        let busy = Busy::begin("writing tables, figures and page");
        let told = self.written(results, out, options);
        busy.end();
        let told = told?;
        let (fits, page) = (count(results.fits.len(), "fit"), out.join("report.html"));
        talk(&format!("{fits} in {since}; the report is {}\n", page.display()));
        match options.json {
            true => print(&told.json)?,
            false => print_tables(&told.text)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl<A: Tell> ReadyStudy for Ready<A> {
    fn print(&self, options: &StudyOptions, begin: Instant) -> Result<ExitCode, Failure> {
        let (estimate, memory) = self.measured(options, begin)?;
        let config = self.plan.config();
        let planned =
            Planned { name: &config.name, title: &config.title, n_variants: config.variants.len() };
        print_plan(&planned, &estimate, memory, options)
    }

    fn cost(&self, options: &StudyOptions, begin: Instant) -> Result<Cost, Failure> {
        let (estimate, memory) = self.measured(options, begin)?;
        let thread_time = estimate.parts.iter().map(|part| part.thread_time).sum();
        Ok(Cost { thread_time, memory })
    }

    fn out(&self, options: &StudyOptions) -> PathBuf {
        options.out(&self.plan.config().name)
    }

    fn begin(&self, options: &StudyOptions, out: &Path) -> Result<(), Failure> {
        fresh::begin(out, &self.plan.study_toml(), options.held())
    }

    fn open(&self, out: &Path) -> Result<(), Failure> {
        let _lock = lock(out)?;
        Folder::open(out, &self.plan.study_toml())?;
        Ok(())
    }

    fn run(&self, options: &StudyOptions, checkpoint_every: Duration) -> Result<ExitCode, Failure> {
        let (out, work) = (self.out(options), Work::of(&self.plan, Shard::WHOLE));
        fresh::begin(&out, &self.plan.study_toml(), options.held())?;
        talk(&self.announced(&out, &work));
        let _lock = lock(&out)?;
        let run = |how: &Run<'_>| study::run(&self.plan, &out, how);
        let (results, since) = work.done(checkpoint_every, run);
        self.told(&results.map_err(Failure::Run)?, &out, options, &since)
    }

    fn run_for(&self, options: &StudyOptions, how: &Run<'_>) -> Result<Told, Failure> {
        let out = self.out(options);
        fresh::begin(&out, &self.plan.study_toml(), options.held())?;
        let _lock = lock(&out)?;
        let results = study::run(&self.plan, &out, how).map_err(Failure::Run)?;
        self.written(&results, &out, options)
    }

    fn size(&self) -> (usize, usize) {
        let Work { n_fits, n_steps, .. } = Work::of(&self.plan, Shard::WHOLE);
        (n_fits, n_steps)
    }

    fn run_shard(
        &self,
        options: &StudyOptions,
        checkpoint_every: Duration,
        shard: Shard,
    ) -> Result<ExitCode, Failure> {
        if options.held() == Held::Removed {
            let task = "a shard, beside which others may be at work,";
            return Err(Failure::NoSuchOption { option: "--fresh", task });
        }
        let (out, work) = (self.out(options), Work::of(&self.plan, shard));
        fresh::begin(&out, &self.plan.study_toml(), Held::GoneOnFrom)?;
        talk(&self.announced(&out, &work));
        let state = ShardRun::begin(&out, shard, work.n_fits, &owner())?;
        ShardCommand::now(&["--json!", "--fresh!"])?.keep(&out)?;
        let run = |how: &Run<'_>| study::run_shard(&self.plan, &out, how);
        match work.done(checkpoint_every, run) {
            (Ok(n_fits), since) => {
                state.end(Stand::Done, None)?;
                let fits = count(n_fits, "fit");
                talk(&format!(
                    "shard {shard}: {fits} in {since}; join the shards with study merge"
                ));
                Ok(ExitCode::SUCCESS)
            }
            (Err(error), _) => {
                let stopped = matches!(error, StudyError::Grid(GridError::Interrupted { .. }));
                let stand = if stopped { Stand::Stopped } else { Stand::Failed };
                // That the shard failed counts, not that this could not be said.
                let _ = state.end(stand, Some(error.to_string()));
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
        let begin = Instant::now();
        let results = study::merge(&self.plan, out, from, &|warning| talk(&warning));
        let results = results.map_err(Failure::Run)?;
        self.told(&results, out, options, &duration_text(begin.elapsed()))
    }
}

/// A study, or a shard of one, that is to be run.
struct Work {
    shard: Shard,
    n_fits: usize,
    n_steps: usize,
}

impl Work {
    fn of<A: Tell>(plan: &Plan<A>, shard: Shard) -> Self {
        let cells = shard.cells(plan);
        let n_steps = cells.iter().map(|&cell| plan.steps(cell)).sum();
        Self { shard, n_fits: cells.len(), n_steps }
    }

    /// What `run` gives back, and how long it took; its progress is shown, and signals ask it to stop.
    fn done<T>(&self, checkpoint_every: Duration, run: impl FnOnce(&Run<'_>) -> T) -> (T, String) {
        ask_first();
        memory::watch();
        let progress = Shown::of(self.n_fits, self.n_steps);
        let begin = Instant::now();
        let done = run(&Run {
            threads: machine::this().threads(),
            shard: self.shard,
            times: CheckpointTimes { every: checkpoint_every, clock: &|| begin.elapsed() },
            progress: &progress,
            interrupted: &interrupted,
        });
        progress.end();
        (done, progress.elapsed())
    }
}
