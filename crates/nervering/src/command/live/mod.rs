//! `nervering live`: a model beside an experiment that is under way. Frames come in on standard input or from
//! a socket ([`zeromq`]) and are read ([`frames`]); each goes through the model of the file ([`runner`]), with its own normalisation, and what is
//! said of it leaves at once on standard output. What is wrong with a frame is told on standard error
//! ([`doubts`]), and the stream goes on.

mod doubts;
mod frames;
mod runner;
mod zeromq;

use crate::failure::Failure;
use crate::interrupt::{Leaves, listen};
use crate::output::{grouped, talk};
use clap::{Args, ValueEnum};
use doubts::{Doubt, Doubts};
use frames::{Frame, Stream};
use nervering::fit::SavedModel;
use runner::Runner;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use zeromq::Messages;

/// Decode or forecast an experiment under way: frames on standard input or from a ZeroMQ socket, a line
/// per frame on standard output
///
/// Frames are CSV (a header with time_s and neurons, then a line per frame) or JSON lines
/// ({"time_s": 1.2, "AVAL": 0.31, ...}), in the unit that the model was trained on. What is said is that of
/// `predict` on the recorded file, to the bit for decoders. The model must not look ahead: `fit tcn-causal
/// --normalisation causal`, or `fit gnn --protocol strict`.
#[derive(Debug, Args)]
pub struct Live {
    /// The model, as `nervering fit` wrote it
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// How what is said is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Csv)]
    format: Format,
    /// Of a forecaster: steps ahead, at most 16 [default: 1]
    #[arg(long, value_name = "N")]
    steps: Option<NonZeroUsize>,
    /// Read frames from the ZeroMQ socket that publishes (PUB) or pushes (PUSH) there, one a message,
    /// instead of standard input: tcp://127.0.0.1:5555
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
}

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A header, then values separated by commas
    Csv,
    /// An object per line
    Json,
}

impl Live {
    pub fn run(self) -> Result<ExitCode, Failure> {
        listen(Leaves::Nothing)?;
        let saved = SavedModel::read(&self.model)?;
        let mut runner = Runner::new(&saved, self.steps)?;
        let lines: Box<dyn BufRead> = match &self.from {
            Some(address) => Box::new(BufReader::new(Messages::connect(address)?)),
            None => Box::new(std::io::stdin().lock()),
        };
        let mut stream = Stream::new(lines, runner.neurons());
        let mut doubts = Doubts::new(runner.training_fps());
        let header = runner.header();
        if self.format == Format::Csv && !write(&header.join(","))? {
            return Ok(ExitCode::SUCCESS);
        }
        let mut latency = Latency::default();
        while let Some(frame) = stream.next_frame()? {
            let begin = Instant::now();
            let Frame { line, seconds, traces } = match frame {
                Ok(frame) => frame,
                Err(doubt) => {
                    doubts.tell(&doubt);
                    continue;
                }
            };
            let Some(traces) = doubts.looked_at(line, seconds, traces, runner.neurons()) else {
                continue;
            };
            match runner.step(seconds, &traces) {
                Ok(said) => {
                    if let Some(said) = said {
                        let line = match self.format {
                            Format::Csv => said.csv(),
                            Format::Json => said.json(&header),
                        };
                        if !write(&line)? {
                            return Ok(ExitCode::SUCCESS);
                        }
                    }
                    latency.add(begin.elapsed());
                }
                Err(error) => doubts.tell(&Doubt::Refused { line, reason: error.to_string() }),
            }
        }
        talk(&latency.text());
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes a line to standard output, which leaves at once. Whether somebody is still reading.
///
/// # Errors
/// [`Failure::Output`] when the system refuses for another reason.
fn write(line: &str) -> Result<bool, Failure> {
    let mut stdout = std::io::stdout().lock();
    match writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::Output(error)),
    }
}

/// How long frames took, from when a line was there to when what is said of it had left. The last
/// [`Latency::KEPT`] are kept.
#[derive(Default)]
struct Latency {
    n: usize,
    last: Vec<Duration>,
}

impl Latency {
    const KEPT: usize = 100_000;

    fn add(&mut self, took: Duration) {
        match self.last.len() < Self::KEPT {
            true => self.last.push(took),
            false => self.last[self.n % Self::KEPT] = took,
        }
        self.n += 1;
    }

    /// `1,325 frames; per frame 0.12 ms in the middle, 0.20 ms at 99 %, 1.10 ms at most`.
    fn text(&self) -> String {
        let mut sorted = self.last.clone();
        sorted.sort_unstable();
        let Some(most) = sorted.last() else { return "no frame was used".to_owned() };
        let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
        let ms = |took: Duration| format!("{:.2} ms", 1000. * took.as_secs_f64());
        format!(
            "{} frames; per frame {} in the middle, {} at 99 %, {} at most",
            grouped(self.n),
            ms(at(0.5)),
            ms(at(0.99)),
            ms(*most)
        )
    }
}
