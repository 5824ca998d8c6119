//! What `nervering study plan` prints: what a study will cost, before anything runs.

use super::options::StudyOptions;
use crate::failure::Failure;
use crate::machine;
use crate::memory::{Limit, mebibytes};
use crate::output::{grouped, print, print_json, talk};
use crate::progress::duration_text;
use crate::terminal::{self, wrapped};
use nervering::study::Estimate;
use serde::Serialize;
use std::fmt::Write;
use std::process::ExitCode;

/// Columns of the table with a column of variants.
const WIDEST: usize = 92;

/// A study of which the cost can be told.
pub struct Planned<'a> {
    pub name: &'a str,
    pub title: &'a str,
    pub n_variants: usize,
}

/// Prints what a study will cost, and warns where it may want more memory than there is.
///
/// # Errors
/// [`Failure::Output`] when the system refuses.
pub fn print_plan(
    study: &Planned<'_>,
    estimate: &Estimate,
    memory: Option<u64>,
    options: &StudyOptions,
) -> Result<ExitCode, Failure> {
    let (threads, limit) = (machine::this().threads(), Limit::known());
    if let (Some(need), Some(limit)) = (memory, limit) {
        limit.warning(need).iter().for_each(|warning| talk(warning));
    }
    if options.json {
        print_json(&PlanJson::new(study, estimate, threads, memory, limit))?;
    } else {
        print(&wrapped(&text(
            study,
            estimate,
            (threads, terminal::layout().width()),
            memory,
            limit,
        )))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn text(
    study: &Planned<'_>,
    estimate: &Estimate,
    (threads, width): (usize, usize),
    memory: Option<u64>,
    limit: Option<Limit>,
) -> String {
    let mut text = format!("{}\n\n", study.title);
    // Where columns do not fit, a variant stands above its models.
    let above = study.n_variants > 1 && width < WIDEST;
    let several = study.n_variants > 1 && !above;
    let beginning = |variant: &str, model: &str| match several {
        true => format!("{variant:<24}{model:<16}"),
        false => format!("{model:<16}"),
    };
    let (n_trained, fits, steps, time) = ("trained on", "fits", "steps", "thread time");
    let heading = beginning("variant", "model");
    _ = writeln!(text, "{heading}{n_trained:>12}{fits:>10}{steps:>14}{time:>16}");
    let mut variant = "";
    for part in &estimate.parts {
        if above && variant != part.variant {
            variant = &part.variant;
            _ = writeln!(text, "{variant}");
        }
        _ = writeln!(
            text,
            "{}{:>12}{:>10}{:>14}{:>16}",
            beginning(&part.variant, &part.model),
            part.n_trained,
            grouped(part.n_fits),
            grouped(part.n_steps),
            duration_text(part.thread_time)
        );
    }
    let n_fits = estimate.parts.iter().map(|part| part.n_fits).sum();
    let n_steps = estimate.parts.iter().map(|part| part.n_steps).sum();
    let thread_time = duration_text(estimate.parts.iter().map(|part| part.thread_time).sum());
    _ = writeln!(
        text,
        "{}{:12}{:>10}{:>14}{thread_time:>16}\n",
        beginning("in all", if several { "" } else { "in all" }),
        "",
        grouped(n_fits),
        grouped(n_steps)
    );
    if estimate.n_fits_done > 0 {
        let done = grouped(estimate.n_fits_done);
        _ = writeln!(text, "{done} more fits are done already.");
    }
    let plural = if threads == 1 { "" } else { "s" };
    let memory = match memory {
        Some(bytes) => format!("up to {} of memory", mebibytes(bytes)),
        None => "memory unknown on this system".to_owned(),
    };
    _ = writeln!(
        text,
        "About {} on {threads} thread{plural}, {memory}.",
        duration_text(estimate.wall)
    );
    if let Some(limit) = limit {
        let bytes = mebibytes(limit.bytes);
        _ = writeln!(text, "It may have {bytes} of memory here ({}).", limit.of);
    }
    text
}

/// What `--json` prints. Fields may be added within a version; none changes or goes.
#[derive(Debug, Serialize)]
struct PlanJson<'a> {
    format: &'static str,
    version: u32,
    name: &'a str,
    title: &'a str,
    threads: usize,
    n_fits: usize,
    n_fits_done: usize,
    n_steps: usize,
    wall_s: f64,
    /// `null` where the system does not tell.
    peak_memory_bytes: Option<u64>,
    /// `null` where there is no limit, or none that the system tells.
    memory_limit_bytes: Option<u64>,
    parts: Vec<PartJson>,
}

#[derive(Debug, Serialize)]
struct PartJson {
    variant: String,
    model: String,
    n_trained: usize,
    n_fits: usize,
    n_steps: usize,
    thread_time_s: f64,
}

impl<'a> PlanJson<'a> {
    fn new(
        study: &Planned<'a>,
        estimate: &Estimate,
        threads: usize,
        peak_memory_bytes: Option<u64>,
        limit: Option<Limit>,
    ) -> Self {
        let parts = estimate.parts.iter().map(|part| PartJson {
            variant: part.variant.clone(),
            model: part.model.clone(),
            n_trained: part.n_trained,
            n_fits: part.n_fits,
            n_steps: part.n_steps,
            thread_time_s: part.thread_time.as_secs_f64(),
        });
        Self {
            format: "nervering-study-plan",
            version: 1,
            name: study.name,
            title: study.title,
            threads,
            n_fits: estimate.parts.iter().map(|part| part.n_fits).sum(),
            n_fits_done: estimate.n_fits_done,
            n_steps: estimate.parts.iter().map(|part| part.n_steps).sum(),
            wall_s: estimate.wall.as_secs_f64(),
            peak_memory_bytes,
            memory_limit_bytes: limit.map(|limit| limit.bytes),
            parts: parts.collect(),
        }
    }
}
