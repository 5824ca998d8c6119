//! Baselines of forecasting on the real partial worms of Kato et al. 2015: three and fifteen
//! neurons, with the derivative of the paper, which looks ahead, and with one that does not.
//!
//! Skips where the data is absent. To see the numbers: `nervering reproduce fig4d --models
//! copy,mean,damped-copy,ar,var --kato WT_NoStim_part.mat --protocol strict`.

use nervering_models::Loss;
use nervering_models::trajectory::TrajectoryConfig;
use nervering_recording::{NeuronSet, Recording};
use nervering_study::forecast::*;
use nervering_study::{Progress, Protocol, ReadingEntry};
use std::path::PathBuf;
use std::time::Duration;

struct Silent;

impl Progress for Silent {
    fn fits_done(&self, _: usize, _: usize) {}
    fn steps(&self, _: usize) {}
    fn group_finished(&self, _: &str) {}
}

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
fn results(worms: &[Recording], neurons: NeuronSet) -> ForecastResults {
    let variant =
        |protocol| ForecastVariant::new(protocol, &ForecastModel::BASELINES, neurons.clone());
    let config = ForecastConfig {
        name: "baselines".into(),
        title: "Baselines".into(),
        variants: [Protocol::Paper, Protocol::Strict].map(variant).to_vec(),
        training_sizes: vec![worms.len() - 1],
        max_subsets: None,
        epochs: 1,
        network: TrajectoryConfig::scripts(),
        loss: Loss::default(),
        seed: 0,
        reading: ReadingEntry::default(),
    };
    let plan = ForecastPlan::new(config, worms, &[]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let times = CheckpointTimes { every: Duration::MAX, clock: &|| Duration::ZERO };
    run_forecasts(&plan, folder.path(), 2, &Silent, &times, &|| false).unwrap()
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
