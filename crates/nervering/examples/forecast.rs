//! A forecast: how far ahead is the activity of neurons known in an animal never seen? A vector
//! autoregression against copying, on simulated animals. `cargo run --release --example forecast`

use nervering::fit::{ForecastModel, Protocol};
use nervering::grid::Run;
use nervering::simulate::{SimulationConfig, simulate};
use nervering::study::forecast::builtin::{Animals, Extended, fig4d};
use nervering::study::forecast::forecast_sections;
use nervering::study::{self, Plan, Preset};
use std::error::Error;
use std::path::Path;

/// Runs the study in a folder; gives back the skill over copying, one step ahead, of the trace.
pub fn run_in(folder: &Path) -> Result<f64, Box<dyn Error>> {
    let config = SimulationConfig { n_animals: 3, duration_s: 200., ..SimulationConfig::default() };
    let animals = simulate(&config, 1)?;
    let recordings: Vec<_> = animals.into_iter().map(|animal| animal.recording).collect();
    let animals = Animals { n_train: recordings.len(), extended: Extended::None };
    let study = fig4d(Preset::Smoke, 1, animals).under(Protocol::Strict).with_variants(|variant| {
        variant.models = vec![ForecastModel::Copy, ForecastModel::Var];
    });
    let plan = Plan::new(study, &recordings, &[])?;
    let results = study::run(&plan, folder, &Run::quietly(2))?;
    let sections = forecast_sections(&results);
    let rows = sections.iter().flat_map(|section| &section.rows);
    let first = rows.clone().find(|row| row.model == "var" && row.step == 1);
    let skill = first.and_then(|row| row.trace.skill).ok_or("every forecast diverged")?.mean;
    println!("{skill:.2} skill over copying, one step ahead");
    for row in rows.filter(|row| row.model == "var") {
        let skill = row.trace.skill.map_or("diverged".to_owned(), |s| format!("{:.2}", s.mean));
        println!("step {:>2}: {skill}", row.step);
    }
    Ok(skill)
}

/// Runs it in `example-forecast`.
fn main() -> Result<(), Box<dyn Error>> {
    run_in(Path::new("example-forecast")).map(drop)
}
