//! Baselines of forecasting on the real partial worms of Kato et al. 2015: three and fifteen
//! neurons, with the derivative of the paper, which looks ahead, and with one that does not.
//!
//! Skips where the data is absent. To see the numbers: `nervering reproduce fig4d --models
//! copy,mean,damped-copy,ar,var --kato WT_NoStim_part.mat --protocol strict`.

use nervering_fit::{ForecastModel, Protocol};
use nervering_grid::Run;
use nervering_recording::{NeuronSet, Recording};
use nervering_statistics::Role;
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

/// Leave-one-out of some models under some protocols.
fn results(
    worms: &[Recording],
    neurons: &NeuronSet,
    protocols: &[Protocol],
    models: &[ForecastModel],
) -> Results<Forecast> {
    let variant = |&protocol: &Protocol| Comparison::new(protocol, models, neurons.clone());
    let config = StudyConfig {
        name: "baselines".into(),
        title: "Baselines".into(),
        variants: protocols.iter().map(variant).collect(),
        training_sizes: vec![worms.len() - 1],
        max_subsets: None,
        epochs: 1,
        seed: 0,
        reading: ReadingEntry::default(),
        aim: Forecast::default(),
    };
    let plan = Plan::new(config, worms, &[]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    run(&plan, folder.path(), &Run::quietly(2)).unwrap()
}

#[test]
fn a_linear_autoregression_loses_most_of_its_skill_without_the_next_frame() {
    let Some(worms) = worms() else { return };
    for neurons in [NeuronSet::Paper3, NeuronSet::Paper15] {
        let protocols = [Protocol::Paper, Protocol::Strict];
        let results =
            results(&worms, &neurons, &protocols, &[ForecastModel::Copy, ForecastModel::Var]);
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

#[test]
fn direct_linear_forecasts_beat_an_autoregression_in_every_worm() {
    let Some(worms) = worms() else { return };
    use ForecastModel::{Ar, Copy, Linear, LinearAdapted};
    let models = [Copy, Ar, Linear, LinearAdapted];
    let results = results(&worms, &NeuronSet::Paper15, &[Protocol::Strict], &models);
    let sections = skill_sections(&results);
    let unseen = &sections[0];
    let skill = |model: &str, step: usize| unseen.row(model, step, Over::Copy).unwrap();
    for (step, linear, adapted) in
        [(1, 0.19, 0.24), (4, 0.31, 0.38), (8, 0.30, 0.39), (16, 0.22, 0.34)]
    {
        let found =
            [skill("linear", step), skill("linear-adapted", step)].map(|row| row.spread.mean);
        assert!(found[0] > linear && found[1] > adapted, "{step} ahead: {found:?}");
        let over_ar = unseen.row("linear-adapted", step, Over::Ar).unwrap();
        assert!(over_ar.animals.iter().all(|(_, skill)| *skill > 0.), "{step} ahead: {over_ar:?}");
        let over_linear = unseen.row("linear-adapted", step, Over::BestLinear).unwrap();
        assert!(over_linear.interval.unwrap().low > 0., "{step} ahead: {over_linear:?}");
    }
    // What is told of intervals: conformal ones hold nine in ten in every worm.
    for row in fan_rows(&results).iter().filter(|row| row.role == Role::UnseenAnimal) {
        let Covered { least, most, .. } = row.conformal;
        assert!(least > 0.86 && most < 0.93, "{} {} ahead: {least} to {most}", row.model, row.step);
    }
}
