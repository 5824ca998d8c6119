//! `nervering data`: the public data sets, fetched when asked, and the connectomes that ship with
//! the program.

use super::cached;
use crate::failure::Failure;
use crate::memory::mebibytes;
use crate::output::{grouped, print, print_json, talk};
use crate::terminal::wrapped;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use nervering::catalog::{
    Cache, CatalogError, ConnectomeName, DATASETS, Dataset, Fetched, How, Network, Received,
    RemoteFile, Source, Verified, Web, dataset, fetch,
};
use serde_json::{Value, json};
use std::cell::Cell;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Set to anything but nothing or 0, it keeps `data fetch` from the network.
const OFFLINE: &str = "NERVERING_OFFLINE";

/// The public data sets and connectomes
#[derive(Debug, Args)]
pub struct Data {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the public data sets with their files and checksums, and the connectomes that ship
    /// with the program
    List(List),
    Fetch(Fetch),
}

#[derive(Debug, Args)]
struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    cache: CacheOption,
}

/// Fetch a public data set, verify it and keep it in the cache; a download that broke off goes on
///
/// Nothing else in this program uses the network. Files whose publisher states no checksum are
/// compared with the first copy on this machine. With NERVERING_OFFLINE=1 only copies that are there,
/// or in a folder named with --mirror, are taken.
#[derive(Debug, Args)]
struct Fetch {
    /// Name of the data set, see `nervering data list`
    #[arg(value_name = "NAME")]
    name: String,
    /// Only this file of it; may be repeated
    #[arg(long, value_name = "FILE")]
    file: Vec<String>,
    /// A lab's own copy: an https address or a folder, with the files under their own names
    #[arg(long, value_name = "URL_OR_DIR")]
    mirror: Option<String>,
    #[command(flatten)]
    cache: CacheOption,
}

#[derive(Debug, Args)]
struct CacheOption {
    /// Folder to keep data sets in [default: the platform's cache folder]
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
}

impl CacheOption {
    fn cache(self) -> Result<Cache, CatalogError> {
        self.cache.map_or_else(Cache::of_platform, |folder| Ok(Cache::at(folder)))
    }
}

impl Data {
    pub fn run(self) -> Result<ExitCode, Failure> {
        match self.action {
            Action::List(command) => command.run()?,
            Action::Fetch(command) => command.run()?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    fn run(self) -> Result<(), Failure> {
        let cache = self.cache.cache()?;
        if self.json { print_json(&list_as_json(&cache)) } else { print(&wrapped(&list(&cache))) }
    }
}

impl Fetch {
    fn run(self) -> Result<(), Failure> {
        let dataset = dataset(&self.name).ok_or_else(|| CatalogError::Unknown {
            what: "data set",
            name: self.name.clone(),
            known: listed(DATASETS.iter().map(|dataset| dataset.name)),
        })?;
        let files = chosen(dataset, &self.file)?;
        let source = self.mirror.as_deref().map_or(Source::Publisher, Source::mirror);
        let network = if offline() { Network::Off } else { Network::Allowed(Web::https()) };
        let cache = self.cache.cache()?;
        let mut paths = Vec::new();
        for file in files {
            let shown = Shown::new(file);
            let progress = &mut |received| shown.received(received);
            let fetched = fetch(dataset, file, &cache, &source, &network, &cached::reads, progress);
            shown.end();
            let fetched = fetched?;
            talk(&said(file, &fetched));
            paths.push(fetched.path);
        }
        print(&paths.iter().map(|path| format!("{}\n", path.display())).collect::<String>())?;
        let quoted: Vec<String> =
            paths.iter().map(|path| format!("\"{}\"", path.display())).collect();
        talk(&format!("next: nervering inspect {}", quoted.join(" ")));
        Ok(())
    }
}

/// The named files of a data set, or all.
fn chosen<'a>(dataset: &'a Dataset, names: &[String]) -> Result<Vec<&'a RemoteFile>, CatalogError> {
    if names.is_empty() {
        return Ok(dataset.files.iter().collect());
    }
    let named = |name: &String| {
        let file = dataset.files.iter().find(|file| file.name == name);
        file.ok_or_else(|| CatalogError::Unknown {
            what: "file",
            name: name.clone(),
            known: listed(dataset.files.iter().map(|file| file.name)),
        })
    };
    names.iter().map(named).collect()
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

fn offline() -> bool {
    std::env::var_os(OFFLINE).is_some_and(|value| !value.is_empty() && value != "0")
}

/// What became of a file, in a line.
fn said(file: &RemoteFile, fetched: &Fetched) -> String {
    let how = match fetched.how {
        How::AlreadyThere => "already there".to_owned(),
        How::Copied => "copied".to_owned(),
        How::Downloaded { resumed_from: 0 } => "downloaded".to_owned(),
        How::Downloaded { resumed_from } => {
            format!("downloaded from byte {} on", grouped(resumed_from as usize))
        }
    };
    let verified = match fetched.verified {
        Verified::Published => "SHA-256 as published",
        Verified::Pinned => "SHA-256 as at first use",
        Verified::PinnedNow => "no checksum is published: SHA-256 pinned for next time",
    };
    format!("{}: {how}, {verified}", file.name)
}

/// Between two lines of a download.
const QUIET: Duration = Duration::from_secs(10);

/// How far a download is: a bar on a terminal, a line every ten seconds elsewhere.
struct Shown {
    bar: Option<ProgressBar>,
    name: &'static str,
    /// When the last line was said.
    said: Cell<Instant>,
}

impl Shown {
    fn new(file: &RemoteFile) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let template = "{msg} {bar:32} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} to go";
            let style = ProgressStyle::with_template(template).expect("the template is sound");
            let bar = ProgressBar::no_length().with_style(style.progress_chars("━╸─"));
            bar.with_message(file.name)
        });
        if bar.is_none() {
            talk(&format!("{}: fetching", file.name));
        }
        Self { bar, name: file.name, said: Cell::new(Instant::now()) }
    }

    fn received(&self, received: Received) {
        let Some(bar) = &self.bar else {
            if self.said.get().elapsed() >= QUIET {
                self.said.set(Instant::now());
                let of =
                    received.of.map_or_else(String::new, |of| format!(" of {}", mebibytes(of)));
                talk(&format!("{}: {}{of} received", self.name, mebibytes(received.bytes)));
            }
            return;
        };
        if let Some(of) = received.of {
            bar.set_length(of);
        }
        bar.set_position(received.bytes);
    }

    fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn list(cache: &Cache) -> String {
    let mut text = String::new();
    for dataset in DATASETS {
        text += &format!("{}\n", entry(dataset, cache));
    }
    text += "connectomes, part of this program:\n";
    for name in ConnectomeName::ALL {
        text += &format!("  {name:15} {}\n  {:15} {}\n", name.title(), "", name.citation());
    }
    text
}

fn entry(dataset: &Dataset, cache: &Cache) -> String {
    let Dataset { name, title, citation, .. } = dataset;
    let mut text = format!("{name}: {title}\n  {citation}; {}\n", dataset.page());
    for file in dataset.files {
        let place = match here(dataset, file, cache) {
            Some(path) => path.display().to_string(),
            None => format!("not fetched; nervering data fetch {name} --file {}", file.name),
        };
        text += &format!("  {}, {} animals\n", file.name, file.n_animals);
        text += &format!("    from    {}\n", file.address.url());
        text += &format!("    sha256  {}\n", file.sha256.unwrap_or("none published"));
        text += &format!("    here    {place}\n");
    }
    text
}

/// Where a file is, once fetched.
fn here(dataset: &Dataset, file: &RemoteFile, cache: &Cache) -> Option<PathBuf> {
    Some(cache.path(dataset, file)).filter(|path| path.is_file())
}

/// What [`list`] says; `sha256` is null where none is published, `here` where nothing was fetched.
fn list_as_json(cache: &Cache) -> Value {
    let datasets = DATASETS.iter().map(|dataset| {
        let files = dataset.files.iter().map(|file| {
            json!({
                "name": file.name,
                "n_animals": file.n_animals,
                "from": file.address.url(),
                "sha256": file.sha256,
                "here": here(dataset, file, cache).map(|path| path.display().to_string()),
            })
        });
        json!({
            "name": dataset.name,
            "title": dataset.title,
            "citation": dataset.citation,
            "page": dataset.page(),
            "files": files.collect::<Vec<_>>(),
        })
    });
    let connectomes = ConnectomeName::ALL.map(|connectome| {
        json!({
            "name": connectome.as_str(),
            "title": connectome.title(),
            "citation": connectome.citation(),
        })
    });
    json!({
        "format": "nervering-data",
        "version": 1,
        "data_sets": datasets.collect::<Vec<_>>(),
        "connectomes": connectomes,
    })
}
