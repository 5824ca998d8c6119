//! The label file of Kato et al.: `sevenStateColoring.mat`, a struct with the names of the codes in
//! `key` and an array of structs `dataset`, one per worm, with `stateTimeSeries` and `datasetName`.

use super::codes;
use super::words::file_name;
use crate::error::IoError;
use crate::labels::{LabelSet, dataset_name};
use crate::limits::MAX_FRAMES;
use crate::mat::{Class, MatFile, Value};
use crate::options::ReadOptions;
use crate::states::StateReader;
use crate::warning::Warning;

const KEY: &str = "key";
const DATASET: &str = "dataset";
const SERIES: &str = "stateTimeSeries";
const NAME: &str = "datasetName";

/// Whether a struct is that of a label file. One without a key is too, and is refused by name.
pub(super) fn holds_labels(value: &Value<'_>) -> Result<bool, IoError> {
    if !value.is_one_struct()? {
        return Ok(false);
    }
    match value.find(DATASET)? {
        Some(dataset) if dataset.class() == Class::Struct => {
            let names = dataset.field_names()?;
            Ok([SERIES, NAME].iter().all(|name| names.iter().any(|other| other == name)))
        }
        _ => Ok(false),
    }
}

/// The labels of every worm of the file.
pub(super) fn read_labels(
    file: &MatFile,
    value: &Value<'_>,
    options: &ReadOptions,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<LabelSet>, IoError> {
    let reader = StateReader::new(options);
    let dataset = value.field(DATASET)?;
    let key = value.find(KEY)?.filter(|key| !key.is_empty());
    let names = codes::read_key(&key.ok_or_else(|| dataset.without_key())?, &reader)?;
    let mut sets = Vec::new();
    for element in dataset.elements()? {
        let series = element.field(SERIES)?;
        let (rows, columns) = series.dimensions()?;
        series.check_limit(rows.saturating_mul(columns), "frames", MAX_FRAMES)?;
        let vector = series.vector("a vector of state codes")?;
        let place = format!("{}, {}", file_name(file.path()), series.place());
        let mut warn = |level, kind, text: String| {
            warnings.push(Warning::new(level, kind, &*place, text));
        };
        let states = codes::decode(&series, &vector, &names, &mut warn)?;
        let name = element.field(NAME)?.text()?;
        sets.push(LabelSet {
            path: file.path().to_owned(),
            place: series.place().to_owned(),
            dataset: dataset_name(&name).to_owned(),
            behavior: reader.behavior(states),
        });
    }
    Ok(sets)
}
