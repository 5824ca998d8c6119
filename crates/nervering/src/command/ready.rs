//! A study with its recordings, whatever its aim: [`ReadyStudy`] is planned and run.

use super::edges::edge_tables;
use super::experiment::ExperimentArgs;
use super::lock::lock;
use super::options::StudyOptions;
use super::planned::{Planned, print_plan};
use crate::failure::Failure;
use crate::interrupt::{interrupted, listen};
use crate::output::{count, print, talk};
use crate::progress::Shown;
use nervering::grid::{CheckpointTimes, Run, Shard};
use nervering::recording::Recording;
use nervering::report::{Tell, Telling, citations, write_folder};
use nervering::study::{self, Plan, Preset, Results, StudyConfig, estimate};
use std::path::Path;
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
}

impl<A: Tell> Ready<A> {
    /// Plans a study.
    ///
    /// # Errors
    /// [`Failure::Plan`] when it does not fit the recordings.
    pub fn new(
        config: StudyConfig<A>,
        mut train: Vec<Recording>,
        extended: Vec<Recording>,
    ) -> Result<Self, Failure> {
        let plan = Plan::new(config, &train, &extended).map_err(Failure::Plan)?;
        train.extend(extended);
        Ok(Self { plan, recordings: train })
    }

    /// What is about to happen, before anyone has waited for it.
    fn announced(&self, out: &Path, n_threads: usize) -> String {
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
        format!(
            "{}\n{} ({}), {variants}\n{}\n{}, {} in all, on {}, into {}",
            config.title,
            count(plan.animals().len(), "animal"),
            plan.animals().join(" "),
            models.join(" "),
            count(plan.n_fits(), "fit"),
            count(plan.n_steps(), "gradient step"),
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
}

impl<A: Tell> ReadyStudy for Ready<A> {
    fn print(&self, args: &ExperimentArgs, begin: Instant) -> Result<ExitCode, Failure> {
        let config = self.plan.config();
        let out = args.options.out(&config.name);
        let planned = Planned {
            name: &config.name,
            title: &config.title,
            n_variants: config.variants.len(),
            estimate: &|out, threads, budget, clock| {
                estimate(&self.plan, out, threads, budget, clock)
            },
            rehearse_report: &|| self.rehearse_report(&out),
        };
        print_plan(&planned, &args.options, begin)
    }

    fn run(&self, options: &StudyOptions, checkpoint_every: Duration) -> Result<ExitCode, Failure> {
        let plan = &self.plan;
        let (out, threads) = (options.out(&plan.config().name), options.n_threads());
        talk(&self.announced(&out, threads));
        let _lock = lock(&out)?;
        listen()?;
        let progress = Shown::of(plan.n_fits(), plan.n_steps());
        let begin = Instant::now();
        let how = Run {
            threads,
            shard: Shard::WHOLE,
            times: CheckpointTimes { every: checkpoint_every, clock: &|| begin.elapsed() },
            progress: &progress,
            interrupted: &interrupted,
        };
        let results = study::run(plan, &out, &how);
        progress.end();
        let results = results.map_err(Failure::Run)?;
        let n_nulls = match options.preset() {
            Preset::Smoke => 99,
            Preset::Quick => 999,
            Preset::Full => 9999,
        };
        let telling = Telling {
            recordings: &self.recordings,
            folder: &out,
            citations: &citations(),
            edge_tables: &edge_tables(),
            n_nulls,
        };
        let told = write_folder(plan, &results, &telling)?;
        let fits = count(results.fits.len(), "fit");
        let page = out.join("report.html");
        talk(&format!("{fits} in {}; the report is {}\n", progress.elapsed(), page.display()));
        print(if options.json { &told.json } else { &told.text })?;
        Ok(ExitCode::SUCCESS)
    }
}
