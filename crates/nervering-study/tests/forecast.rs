//! Baselines of forecasting on the real partial worms of Kato et al. 2015: three and fifteen
//! neurons, with the derivative of the paper, which looks ahead, and with one that does not.
//!
//! Skips where the data is absent. To see the numbers: `nervering reproduce fig4d --models
//! copy,mean,damped-copy,ar,var --kato WT_NoStim_part.mat --protocol strict`.

use nervering_fit::{ForecastModel, Protocol};
use nervering_grid::Run;
use nervering_models::Loss;
use nervering_models::trajectory::TrajectoryConfig;
use nervering_recording::{NeuronSet, Recording};
use nervering_study::forecast::*;
use nervering_study::{Comparison, Plan, ReadingEntry, Results, StudyConfig, run};
use std::path::PathBuf;

fn worms() -> Option<Vec<Recording>> {
    let data = std::env::var_os("NERVERING_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let file = data.join("kato2015/WT_NoStim_part.mat");
    if !file.exists() {
        println!("skipped: no {}", file.display());
        return None;
    }
    Some(
        nervering_io::read_recordings(&file, &nervering_io::ReadOptions::default())
            .unwrap()
            .recordings,
    )
}

/// Leave-one-out of the baselines under both protocols.
fn results(worms: &[Recording], neurons: NeuronSet) -> Results<Forecast> {
    let variant = |protocol| Comparison::new(protocol, &ForecastModel::BASELINES, neurons.clone());
    let config = StudyConfig {
        name: "baselines".into(),
        title: "Baselines".into(),
        variants: [Protocol::Paper, Protocol::Strict].map(variant).to_vec(),
        training_sizes: vec![worms.len() - 1],
        max_subsets: None,
        epochs: 1,
        seed: 0,
        reading: ReadingEntry::default(),
        aim: Forecast { network: TrajectoryConfig::scripts(), loss: Loss::default() },
    };
    let plan = Plan::new(config, worms, &[]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    run(&plan, folder.path(), &Run::quietly(2)).unwrap()
}

#[test]
fn a_linear_autoregression_loses_most_of_its_skill_without_the_next_frame() {
    let Some(worms) = worms() else { return };
    for neurons in [NeuronSet::Paper3, NeuronSet::Paper15] {
        let results = results(&worms, neurons.clone());
        let sections = forecast_sections(&results);
        let skill = |variant: &str| {
            let is_it = |section: &&ForecastSection| {
                section.variant == variant
                    && section.role == nervering_statistics::Role::UnseenAnimal
            };
            let rows = &sections.iter().find(is_it).unwrap().rows;
            let var = rows.iter().find(|row| row.model == "var" && row.step == 1).unwrap();
            var.trace.skill.unwrap().mean
        };
        let (paper, strict) = (skill("paper"), skill("strict"));
        assert!(strict < paper - 0.3, "{neurons}: {paper:.2} with, {strict:.2} without");
    }
}
