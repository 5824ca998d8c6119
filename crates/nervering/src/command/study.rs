//! `nervering study`: plan, run and look at studies, built-in ones and those of a file.

use super::named::Named;
use super::shard::{ShardCommand, shard};
use super::submit::Submit;
use super::verify::VerifyArgs;
use crate::failure::Failure;
use crate::interrupt::{Leaves, listen};
use crate::output::{count, grouped, print, print_json};
use crate::terminal::wrapped;
use clap::{Args, Parser, Subcommand};
use nervering::grid::{Shard, ShardState, Stand};
use nervering::study::{Status, status};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Plan, run and look at studies
#[derive(Debug, Args)]
pub struct Study {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Count fits and steps, and predict time and memory from a calibration of two seconds
    Plan(Named),
    /// Run a study, or take it up where it was left
    Run(RunArgs),
    /// Join the shards of a study, of one folder or of several, and write its tables
    Merge(MergeArgs),
    Submit(Box<Submit>),
    /// Say how far the study in a folder has come
    Status(StatusArgs),
    /// Compare every file of a finished study with the checksum it was written with
    Verify(VerifyArgs),
}

#[derive(Debug, Args)]
struct RunArgs {
    #[command(flatten)]
    named: Named,
    /// Run one part of the study of several, for example 2/8; `study merge` joins them [default: the
    /// task of a SLURM job array, or the whole study]
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
}

#[derive(Debug, Args)]
struct MergeArgs {
    /// Folders that shards were run in
    #[arg(value_name = "DIR", required = true)]
    folders: Vec<PathBuf>,
    /// Folder to join them in [default: the only one given]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the table as JSON
    #[arg(long)]
    json: bool,
}

/// `study run`, as a shard was asked for.
#[derive(Debug, Parser)]
#[command(no_binary_name = true)]
struct ParsedCommand {
    #[command(flatten)]
    named: Named,
}

#[derive(Debug, Args)]
struct StatusArgs {
    /// Folder of the study
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Study {
    pub fn run(self) -> Result<ExitCode, Failure> {
        match self.action {
            Action::Plan(named) => {
                let begin = Instant::now();
                named.ready()?.print(&named.args.options, begin)
            }
            Action::Run(RunArgs { named, shard: asked }) => {
                listen(Leaves::Results)?;
                let (options, every) = (&named.args.options, named.args.checkpoint_every());
                match shard(asked)? {
                    whole if whole.is_whole() => named.ready()?.run(options, every),
                    shard => named.ready()?.run_shard(options, every, shard),
                }
            }
            Action::Merge(args) => {
                listen(Leaves::Results)?;
                args.run()
            }
            Action::Submit(submit) => submit.run(),
            Action::Status(args) => args.run(),
            Action::Verify(args) => args.run(),
        }
    }
}

impl MergeArgs {
    fn run(self) -> Result<ExitCode, Failure> {
        let absolute = |path: &Path| {
            let failed = |source| Failure::Read { path: path.to_owned(), source };
            std::path::absolute(path).map_err(failed)
        };
        let folders =
            self.folders.iter().map(|path| absolute(path)).collect::<Result<Vec<_>, _>>()?;
        let out = match (&self.out, &folders[..]) {
            (Some(out), _) => absolute(out)?,
            (None, [only]) => only.clone(),
            (None, _) => {
                return Err(Failure::Shard {
                    reason: "several folders are joined in another: say --out DIR".to_owned(),
                });
            }
        };
        let ShardCommand { directory, arguments } = ShardCommand::of(&folders)?;
        // Paths of recordings are relative to where the shards were asked for.
        std::env::set_current_dir(&directory)
            .map_err(|source| Failure::Read { path: directory, source })?;
        let asked = ParsedCommand::try_parse_from(&arguments)
            .map_err(|error| Failure::Shard { reason: error.to_string() })?;
        let Named { mut args, study } = asked.named;
        args.options.json = self.json;
        let named = Named { study, args };
        named.ready()?.merge(&named.args.options, &folders, &out)
    }
}

impl StatusArgs {
    fn run(self) -> Result<ExitCode, Failure> {
        let status = status(&self.folder).map_err(Failure::Plan)?;
        if self.json {
            print_json(&StatusJson::from(&status))?;
            return Ok(ExitCode::SUCCESS);
        }
        let Status { name, title, n_fits, n_done, finished, shards } = status;
        let state = match (finished, n_done == n_fits) {
            (true, _) => "finished".to_owned(),
            (false, true) if !shards.is_empty() => {
                "all fits are done; study merge joins them and writes the tables".to_owned()
            }
            (false, true) => {
                "all fits are done; run the study again to write its tables".to_owned()
            }
            (false, false) => {
                let left = count(n_fits - n_done, "fit");
                format!("unfinished, {left} to come; run the study again to go on")
            }
        };
        let (done, all) = (grouped(n_done), count(n_fits, "fit"));
        let shards = shards_text(&shards);
        print(&wrapped(&format!("{name}: {title}\n{done} of {all} done: {state}\n{shards}")))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// How a shard stands, in a word.
fn stand(state: &ShardState, is_held: bool) -> &'static str {
    match (state.stand, is_held) {
        (Stand::Running, true) => "running",
        (Stand::Running, false) => "killed",
        (Stand::Done, _) => "done",
        (Stand::Stopped, _) => "stopped",
        (Stand::Failed, _) => "failed",
    }
}

fn shards_text(shards: &[(ShardState, bool)]) -> String {
    if shards.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{:<10}{:>8}  {:<9}by\n", "shard", "fits", "stands");
    for (state, is_held) in shards {
        let (shard, by, fits) = (&state.shard, &state.by, grouped(state.n_cells));
        text += &format!("{shard:<10}{fits:>8}  {:<9}{by}\n", stand(state, *is_held));
        if let Some(reason) = &state.reason {
            text += &format!("{:<10}{reason}\n", "");
        }
    }
    text
}

/// What `--json` prints. Fields may be added within a version; none changes or goes.
#[derive(Debug, Serialize)]
struct StatusJson<'a> {
    format: &'static str,
    version: u32,
    name: &'a str,
    title: &'a str,
    n_fits: usize,
    n_done: usize,
    finished: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shards: Vec<ShardJson<'a>>,
}

#[derive(Debug, Serialize)]
struct ShardJson<'a> {
    shard: &'a str,
    n_fits: usize,
    stands: &'static str,
    by: &'a str,
    reason: Option<&'a str>,
}

impl<'a> From<&'a Status> for StatusJson<'a> {
    fn from(status: &'a Status) -> Self {
        let Status { name, title, n_fits, n_done, finished, shards } = status;
        let (n_fits, n_done, finished) = (*n_fits, *n_done, *finished);
        let shard = |(state, is_held): &'a (ShardState, bool)| ShardJson {
            shard: &state.shard,
            n_fits: state.n_cells,
            stands: stand(state, *is_held),
            by: &state.by,
            reason: state.reason.as_deref(),
        };
        let (format, shards) = ("nervering-study-status", shards.iter().map(shard).collect());
        Self { format, version: 1, name, title, n_fits, n_done, finished, shards }
    }
}
