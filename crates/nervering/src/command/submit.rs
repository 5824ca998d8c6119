//! `nervering study submit --slurm`: a study as a job array of SLURM, a shard a task, and a job that
//! joins them. The scripts and what the jobs say stand beside the study's folder.

use super::experiment::ExperimentArgs;
use super::named::Named;
use super::ready::Cost;
use super::shard::ShardCommand;
use crate::failure::Failure;
use crate::output::{count, print, print_json, talk};
use clap::Args;
use nervering::grid::write_atomically;
use serde::Serialize;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

/// Seconds before its time is over that a task is told to keep where it stands.
const WARNED_BEFORE_S: u64 = 60;
/// Time beside the fits, and by how much an estimate may be wrong.
const SPARE: (Duration, f64) = (Duration::from_secs(600), 2.);
/// Mebibytes beside what planning took, and by how much that may be wrong.
const SPARE_MIB: (u64, f64) = (256, 1.5);

/// Submit a study to a cluster: an array of jobs, one a shard, and one that joins them
#[derive(Debug, Args)]
pub struct Submit {
    #[command(flatten)]
    named: Named,
    /// The batch system: SLURM is the one there is
    #[arg(long, required = true)]
    slurm: bool,
    /// Shards, each a task of the array
    #[arg(long, value_name = "N")]
    shards: NonZeroUsize,
    /// Partition [default: that of the cluster]
    #[arg(long, value_name = "NAME")]
    partition: Option<String>,
    /// Most time of a task, as SLURM reads it [default: twice what is estimated]
    #[arg(long, value_name = "TIME")]
    time: Option<String>,
    /// Memory of a task, as SLURM reads it [default: half as much again as planning takes]
    #[arg(long, value_name = "SIZE")]
    mem: Option<String>,
    /// Processors of a task
    #[arg(long, value_name = "N", default_value = "1")]
    cpus: NonZeroUsize,
    /// Write the scripts and submit nothing
    #[arg(long)]
    dry_run: bool,
}

/// Options of this command that the tasks are not given; `!` marks those without a value.
const OWN: [&str; 10] = [
    "--slurm!",
    "--shards",
    "--partition",
    "--time",
    "--mem",
    "--cpus",
    "--dry-run!",
    "--json!",
    "--fresh!",
    "--shard",
];

impl Submit {
    pub fn run(self) -> Result<ExitCode, Failure> {
        let begin = Instant::now();
        let ready = self.named.ready()?;
        let args: &ExperimentArgs = &self.named.args;
        let cost = ready.cost(&args.options, begin)?;
        let out = absolute(&ready.out(&args.options))?;
        ready.begin(&args.options, &out)?;
        ready.open(&out)?;
        let asked = ShardCommand::now(&OWN)?;
        asked.keep(&out)?;
        let scripts = Scripts::new(&self, &asked, &out, &cost)?;
        scripts.write()?;
        if self.dry_run {
            let (array, merge) = (scripts.array.display(), scripts.merge.display());
            talk(&format!("Nothing is submitted; the scripts are {array} and {merge}."));
            return Ok(ExitCode::SUCCESS);
        }
        let array = sbatch(&[], &scripts.array)?;
        let after = format!("--dependency=afterok:{array}");
        let merge = sbatch(&[&after, "--kill-on-invalid-dep=yes"], &scripts.merge)?;
        let submitted = Submitted {
            format: "nervering-study-submitted",
            version: 1,
            array: &array,
            merge: &merge,
            shards: self.shards.get(),
            folder: out.display().to_string(),
            logs: scripts.folder.display().to_string(),
        };
        match args.options.json {
            true => print_json(&submitted)?,
            false => print(&submitted.text())?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What `--json` prints. Fields may be added within a version; none changes or goes.
#[derive(Debug, Serialize)]
struct Submitted<'a> {
    format: &'static str,
    version: u32,
    array: &'a str,
    merge: &'a str,
    shards: usize,
    folder: String,
    logs: String,
}

impl Submitted<'_> {
    fn text(&self) -> String {
        let Self { array, merge, folder, logs, .. } = self;
        let tasks = count(self.shards, "task");
        format!(
            "Job {array}: an array of {tasks}, one a shard\nJob {merge}: joins them when all are done\n\n\
             Watch them:\n  squeue -j {array},{merge}\n  nervering study status {folder}\n\
             What they say: {logs}\n"
        )
    }
}

/// The two scripts of a study, beside its folder.
struct Scripts {
    folder: PathBuf,
    array: PathBuf,
    merge: PathBuf,
    texts: [String; 2],
}

impl Scripts {
    fn new(
        submit: &Submit,
        asked: &ShardCommand,
        out: &Path,
        cost: &Cost,
    ) -> Result<Self, Failure> {
        let mut name = out.file_name().unwrap_or_default().to_owned();
        name.push("-slurm");
        let folder = out.with_file_name(name);
        let program = crate::program_path::path()
            .map_err(|source| Failure::Read { path: PathBuf::from("nervering"), source })?;
        let texts = [
            array(submit, asked, &program, out, &folder, cost),
            merge(submit, &program, out, &folder, cost),
        ];
        let (array, merge) = (folder.join("array.sh"), folder.join("merge.sh"));
        Ok(Self { folder, array, merge, texts })
    }

    fn write(&self) -> Result<(), Failure> {
        write_atomically(&self.array, self.texts[0].as_bytes())?;
        Ok(write_atomically(&self.merge, self.texts[1].as_bytes())?)
    }
}

/// Lines that both scripts begin with.
fn head(submit: &Submit, what: &str, log: &Path, cost: &Cost, parts: usize) -> String {
    let time = submit.time.clone().unwrap_or_else(|| time_of(cost.thread_time, parts));
    let memory = submit.mem.clone().or_else(|| cost.memory.map(memory_of));
    let memory = memory.map_or_else(String::new, |mem| format!("#SBATCH --mem={mem}\n"));
    let partition = submit.partition.as_ref();
    let partition = partition.map_or_else(String::new, |p| format!("#SBATCH --partition={p}\n"));
    format!(
        "#!/bin/bash\n#SBATCH --job-name=nervering-{what}\n#SBATCH --output={}\n\
         #SBATCH --open-mode=append\n#SBATCH --nodes=1\n#SBATCH --ntasks=1\n\
         #SBATCH --time={time}\n{memory}{partition}",
        log.display()
    )
}

/// A task runs its shard. Told that its time is nearly over, or stopped to make room, the program
/// keeps where it stands and ends with 75, and the task is put into the queue again.
fn array(
    submit: &Submit,
    asked: &ShardCommand,
    program: &Path,
    out: &Path,
    logs: &Path,
    cost: &Cost,
) -> String {
    let (n, cpus) = (submit.shards, submit.cpus);
    let head = head(submit, "shard", &logs.join("shard-%a.log"), cost, n.get() * cpus.get());
    let arguments: Vec<String> = asked.arguments.iter().map(|text| quoted(text)).collect();
    let (program, out) =
        (quoted(&program.display().to_string()), quoted(&out.display().to_string()));
    let directory = quoted(&asked.directory.display().to_string());
    let arguments = arguments.join(" ");
    format!(
        "{head}#SBATCH --array=1-{n}\n#SBATCH --cpus-per-task={cpus}\n#SBATCH --requeue\n\
         #SBATCH --signal=B:USR1@{WARNED_BEFORE_S}\n\
         cd {directory} || exit 1\n\
         {program} study run {arguments} --out {out} \\\n    \
         --shard \"$SLURM_ARRAY_TASK_ID/{n}\" --threads \"${{SLURM_CPUS_PER_TASK:-1}}\" &\n\
         pid=$!\n\
         trap 'kill -USR1 $pid' USR1\n\
         trap 'kill -TERM $pid' TERM\n\
         while :; do wait $pid; code=$?; kill -0 $pid 2>/dev/null || break; done\n\
         # It has kept where it stands, and goes on when it is run again.\n\
         if [ $code = 75 ]; then\n    \
         scontrol requeue \"${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID\" && exit 0\n\
         fi\n\
         exit $code\n"
    )
}

fn merge(submit: &Submit, program: &Path, out: &Path, logs: &Path, cost: &Cost) -> String {
    let cost = Cost { thread_time: Duration::ZERO, ..*cost };
    let head = head(submit, "merge", &logs.join("merge.log"), &cost, 1);
    let (program, out) =
        (quoted(&program.display().to_string()), quoted(&out.display().to_string()));
    format!("{head}{program} study merge {out}\n")
}

/// As a shell reads one word.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=+,:@".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// `hours:minutes:seconds` of one of so many parts.
fn time_of(thread_time: Duration, parts: usize) -> String {
    let (outside, factor) = SPARE;
    let seconds = thread_time.as_secs_f64() * factor / parts as f64 + outside.as_secs_f64();
    let minutes = (seconds / 60.).ceil() as u64;
    format!("{:02}:{:02}:00", minutes / 60, minutes % 60)
}

/// Mebibytes.
fn memory_of(bytes: u64) -> String {
    let (outside, factor) = SPARE_MIB;
    format!("{}M", (bytes as f64 * factor / f64::from(1 << 20)).ceil() as u64 + outside)
}

/// Submits a script, and gives back the number of the job.
fn sbatch(options: &[&str], script: &Path) -> Result<String, Failure> {
    let output = Command::new("sbatch").arg("--parsable").args(options).arg(script).output();
    let failed = |reason: String| Failure::Submit { script: script.to_owned(), reason };
    let output = output.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => failed("found no sbatch on this machine".to_owned()),
        _ => failed(error.to_string()),
    })?;
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if !output.status.success() {
        return Err(failed(said(&output.stderr)));
    }
    // `job;cluster` where there are several clusters.
    let job = said(&output.stdout);
    let job = job.split(';').next().unwrap_or_default();
    match job.parse::<u64>() {
        Ok(_) => Ok(job.to_owned()),
        Err(_) => Err(failed(format!("sbatch said {job:?}, expected the number of a job"))),
    }
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|source| Failure::Read { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_as_a_shell_reads_them() {
        assert_eq!(quoted("a-b/c.toml"), "a-b/c.toml");
        assert_eq!(quoted("two worms"), "'two worms'");
        assert_eq!(quoted("worm's"), "'worm'\\''s'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn a_task_has_twice_the_time_estimated_and_ten_minutes() {
        assert_eq!(time_of(Duration::ZERO, 4), "00:10:00");
        assert_eq!(time_of(Duration::from_secs(7200), 2), "02:10:00");
        assert_eq!(memory_of(100 << 20), "406M");
    }
}
