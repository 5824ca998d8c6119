//! Baselines of forecasting on the real partial worms of Kato et al. 2015: three and fifteen
//! neurons, with the derivative of the paper, which looks ahead, and with one that does not.
//!
//! Skips where the data is absent. To see the numbers:
//! `cargo test --release --workspace --test forecast -- --nocapture`

use nervering_recording::{NeuronSet, Recording};
use nervering_study::forecast::*;
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
    Some(nervering_io::read_recordings(&file).unwrap().recordings)
}

/// The rows of steps 1, 8 and 16, printed.
fn rows(worms: &[Recording], neurons: NeuronSet, protocol: ForecastProtocol) -> Vec<ForecastRow> {
    let models = ForecastModel::BASELINES.to_vec();
    let network = TrajectoryConfig::scripts();
    let loss = Loss::SquaredError;
    let config = ForecastConfig { neurons, protocol, models, network, loss, epochs: 1, seed: 0 };
    println!("\n{} neurons, {}: {}", config.neurons, protocol.as_str(), protocol.describe());
    let results = leave_one_out(worms, &config, &|| true).unwrap();
    assert!(results.iter().all(|result| result.outcome.errors().is_some()));
    let rows = forecast_rows(&results, &[1, 8, 16]);
    println!(
        "model        step  MSE trace  derivative        both   skill trace  derivative  both"
    );
    for row in &rows {
        let mse = |of: ErrorSpread| of.mse.unwrap().mean;
        let skill = |of: ErrorSpread| of.skill.unwrap();
        println!(
            "{:12} {:4} {:10.5}  {:10.5}  {:10.5}   {:5.2} ± {:.2}  {:10.2}  {:4.2}",
            row.model,
            row.step,
            mse(row.trace),
            mse(row.derivative),
            mse(row.both),
            skill(row.trace).mean,
            skill(row.trace).sd,
            skill(row.derivative).mean,
            skill(row.both).mean,
        );
    }
    for result in results.iter().filter(|result| result.model == "var") {
        println!("var, without {}: {}", result.animal, result.chosen);
    }
    rows
}

#[test]
fn a_linear_autoregression_loses_most_of_its_skill_without_the_next_frame() {
    let Some(worms) = worms() else { return };
    for neurons in [NeuronSet::Paper3, NeuronSet::Paper15] {
        let skill = |protocol| {
            let rows = rows(&worms, neurons.clone(), protocol);
            let var = rows.iter().find(|row| row.model == "var" && row.step == 1).unwrap();
            var.trace.skill.unwrap().mean
        };
        let (paper, strict) = (skill(ForecastProtocol::Paper), skill(ForecastProtocol::Strict));
        assert!(strict < paper - 0.3, "{neurons}: {paper:.2} with, {strict:.2} without");
    }
}
