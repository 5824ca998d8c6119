//! Files that were stored, from bytes that may be anything: what reads is written and reads again. Shared
//! by the fuzz targets and by the replay of what they have found.

use super::common::signed;
use nervering_fit::{ForecastingModel, Model};
use nervering_grid::{Folder, write_atomically};
use nervering_recording::Recording;
use nervering_simulate::{SimulationConfig, simulate};
use nervering_study::forecast::{ForecastFile, ForecastFit};
use nervering_study::{FitResult, Plan, StudyFile, TaskName};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::OnceLock;

/// What the results are of, and their key.
const STUDY: &str = "name = \"fuzz\"\n";
const KEY: &str = "paper-gnn-1";

/// Reads a model file of either kind, as it is and with the checksum that it should have, since no change
/// by chance gets past that. Says whether it is one.
pub fn reads_as_model(bytes: &[u8]) -> bool {
    let mut reads = false;
    for bytes in [bytes, &signed(bytes)] {
        if let Ok(model) = Model::from_bytes(bytes) {
            let written = model.to_bytes().expect("a model that was read can be written");
            let again = Model::from_bytes(&written).expect("what was written reads");
            assert_eq!(again.to_bytes().unwrap(), written);
            reads = true;
        }
        if let Ok(model) = ForecastingModel::from_bytes(bytes) {
            let written = model.to_bytes().expect("a forecaster that was read can be written");
            let again = ForecastingModel::from_bytes(&written).expect("what was written reads");
            assert_eq!(again.to_bytes().unwrap(), written);
            reads = true;
        }
    }
    reads
}

/// Reads a study file, and plans a small study. Says whether it is one.
pub fn reads_as_study(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let path = Path::new("input");
    match TaskName::of_file(text, path) {
        Ok(TaskName::Decode) => {
            let Ok(file) = StudyFile::parse(text, path) else { return false };
            let Ok(mut config) = file.study(|_| Err("none".to_owned())) else { return false };
            config.max_subsets = Some(config.max_subsets.unwrap_or(2).min(2));
            if let Ok(plan) = Plan::new(config, animals(), &[]) {
                assert!(plan.n_fits() > 0);
                plan.n_steps();
            }
        }
        Ok(TaskName::Forecast) => {
            let Ok(file) = ForecastFile::parse(text, path) else { return false };
            let Ok(mut config) = file.study(|_| Err("none".to_owned())) else { return false };
            config.max_subsets = Some(config.max_subsets.unwrap_or(2).min(2));
            if let Ok(plan) = Plan::new(config, animals(), &[]) {
                assert!(plan.n_fits() > 0);
                plan.n_steps();
            }
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return false;
        }
    }
    true
}

/// Two short animals.
fn animals() -> &'static [Recording] {
    static ANIMALS: OnceLock<Vec<Recording>> = OnceLock::new();
    ANIMALS.get_or_init(|| {
        let config =
            SimulationConfig { n_animals: 2, duration_s: 60., ..SimulationConfig::default() };
        let simulated = simulate(&config, 1).expect("a sound simulation");
        simulated.into_iter().map(|animal| animal.recording).collect()
    })
}

/// Reads the result of a fit or of a forecast from its file, as it is and in an envelope whose checksum
/// holds. Says whether it is one.
pub fn reads_as_result(bytes: &[u8], folder: &Path) -> bool {
    let enveloped = std::str::from_utf8(bytes).map(enveloped).unwrap_or_default();
    let mut reads = false;
    for bytes in [bytes, enveloped.as_bytes()] {
        reads |= survives::<FitResult>(bytes, folder) | survives::<ForecastFit>(bytes, folder);
    }
    reads
}

fn survives<T: Serialize + DeserializeOwned>(bytes: &[u8], root: &Path) -> bool {
    let folder = Folder::open(root, STUDY).expect("a folder to read in");
    let path = root.join(Folder::result_name(KEY));
    write_atomically(&path, bytes).expect("to write the input");
    let load = || folder.load::<T>(KEY, &|warning| assert!(warning.contains("made anew")));
    let Some(result) = load().expect("the file can be read") else { return false };
    folder.save(KEY, &result).expect("to write what was read");
    let written = std::fs::read(&path).expect("to read what was written");
    let again = load().expect("the file can be read").expect("what was written reads");
    folder.save(KEY, &again).expect("to write what was read");
    assert_eq!(std::fs::read(&path).expect("to read what was written"), written);
    true
}

/// A result as it stands in its file.
fn enveloped(result: &str) -> String {
    let study = nervering_grid::sha256(STUDY.as_bytes());
    let mut hash = Sha256::new();
    for part in [&study, KEY, result] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let sha256 = nervering_grid::hex(&hash.finalize());
    format!(
        "{{\"study\":\"{study}\",\"key\":\"{KEY}\",\"sha256\":\"{sha256}\",\"result\":{result}}}\n"
    )
}
