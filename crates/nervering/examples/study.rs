//! A study: how well is behaviour decoded in animals never seen? Four simulated animals, two models, trained
//! on three and tested on the fourth. `cargo run --release --example study`

use nervering::fit::{ModelName, Protocol};
use nervering::grid::Run;
use nervering::report::{Layout, Telling, citations, write_folder};
use nervering::simulate::{SimulationConfig, simulate};
use nervering::study::{self, Plan, Preset, StudyConfig, builtin};
use std::error::Error;
use std::path::Path;

/// Runs the study in a folder; gives back the balanced accuracy in unseen animals of the second model.
pub fn run_in(folder: &Path) -> Result<f64, Box<dyn Error>> {
    let config = SimulationConfig { n_animals: 4, duration_s: 200., ..SimulationConfig::default() };
    let animals = simulate(&config, 1)?;
    let recordings: Vec<_> = animals.into_iter().map(|animal| animal.recording).collect();
    let study =
        builtin::table1(Preset::Smoke, 1).under(Protocol::Strict).with_variants(|variant| {
            variant.models = vec![ModelName::Majority, ModelName::Logistic];
        });
    let plan = Plan::new(StudyConfig { training_sizes: vec![3], ..study }, &recordings, &[])?;
    let results = study::run(&plan, folder, &Run::quietly(2))?;
    let telling = Telling {
        recordings: &recordings,
        folder,
        citations: &citations(),
        edge_tables: &[],
        n_nulls: 0,
        layout: Layout::FILE,
    };
    let told = write_folder(&plan, &results, &telling)?;
    let sections = study::summary(&results);
    let unseen = sections[0].rows[1].unseen.balanced_accuracy.ok_or("no animal is unseen")?;
    println!("{:.1} % balanced accuracy in unseen animals", 100. * unseen.mean);
    println!("{}", told.text);
    Ok(unseen.mean)
}

/// Runs it in `example-study`.
fn main() -> Result<(), Box<dyn Error>> {
    run_in(Path::new("example-study")).map(drop)
}
