//! `nervering view`: recordings to look at, before anything is trained.

use super::cached;
use super::convert::{check_free, make_folder};
use super::mismatches::told;
use super::model::{chosen, shown};
use super::reading::ReadingOptions;
use crate::failure::Failure;
use crate::output::{count, talk};
use crate::progress::Busy;
use clap::Args;
use nervering::fit::Model;
use nervering::grid::write_atomically;
use nervering::io::{inspect, read_all};
use nervering::report::{ViewAbout, ViewFinding, ViewedAnimal, ViewedModel, view_page};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Write one page to look at recordings: heat maps, traces and states, what `inspect` finds, and what a model
/// says of every frame
///
/// The page holds all that it shows: it can be mailed, and opened without a network.
#[derive(Debug, Args)]
pub struct View {
    /// Recordings: files or folders that `inspect` reads
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Names of the animals to show, separated by commas [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    animals: Option<Vec<String>>,
    /// A model that decodes, as `nervering fit` wrote it: its probabilities stand under the traces
    #[arg(long, value_name = "MODEL")]
    model: Option<PathBuf>,
    /// File for the page
    #[arg(long, value_name = "FILE", default_value = "view.html")]
    out: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    reading: ReadingOptions,
}

impl View {
    pub fn run(self) -> Result<ExitCode, Failure> {
        check_free(&self.out, self.overwrite)?;
        let model = self.model.as_deref().map(Model::read).transpose()?;
        let files = cached::expanded(&self.files)?;
        let options = match &model {
            Some(model) => self.reading.options_for(model.neurons()),
            None => self.reading.options(),
        };
        let busy = Busy::begin("reading recordings");
        let read = read_all(&files, &options)?;
        let inspection = inspect(&read.recordings, &read.warnings);
        busy.end();
        let recordings = chosen(read.recordings, self.animals.as_deref())?;
        let mut said = Vec::new();
        if let Some(model) = &model {
            model.check_neurons(&recordings)?;
            for recording in &recordings {
                let busy = Busy::begin(format!("predicting {}", shown(recording.animal())));
                said.push(model.predict(recording, None)?);
                let mismatches = model.mismatches(recording)?;
                busy.end();
                told(recording, mismatches);
            }
        }
        let findings: Vec<ViewFinding> = inspection
            .warnings
            .iter()
            .map(|warning| ViewFinding {
                level: warning.level.to_string(),
                kind: warning.kind.to_owned(),
                place: warning.place.clone(),
                text: warning.text.clone(),
            })
            .collect();
        let viewed: Vec<ViewedAnimal<'_>> = recordings
            .iter()
            .enumerate()
            .map(|(k, recording)| ViewedAnimal { recording, said: said.get(k) })
            .collect();
        let of_model = model.as_ref().map(|model| ViewedModel {
            name: model.name().as_str(),
            states: model.coding().class_names(),
            trained_on: model
                .provenance()
                .animals
                .iter()
                .map(|animal| animal.name.as_str())
                .collect(),
        });
        let title = match recordings.as_slice() {
            [only] => only.animal().to_owned(),
            several => count(several.len(), "recording"),
        };
        let about = ViewAbout { title: &title, findings: &findings, model: of_model.as_ref() };
        let busy = Busy::begin("writing the page");
        let page = view_page(&viewed, &about);
        if let Some(folder) = self.out.parent().filter(|folder| *folder != Path::new("")) {
            make_folder(folder)?;
        }
        write_atomically(&self.out, page.as_bytes())?;
        busy.end();
        let size = page.len() as f64 / 1e6;
        talk(&format!(
            "{}: {}, {size:.1} MB",
            self.out.display(),
            count(recordings.len(), "animal")
        ));
        Ok(ExitCode::SUCCESS)
    }
}
