//! The real partial worms, for comparison; `None` (and a line that says so) where absent.

use nervering_recording::{
    Behavior, NeuronLabel, Provenance, Recording, RecordingParts, TimeBase, Traces,
};
use std::path::{Path, PathBuf};

pub fn worms() -> Option<Vec<Recording>> {
    let data = std::env::var_os("NERVERING_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let Ok(folder) = std::fs::read_dir(data.join("kato2015")) else {
        println!("skipped: no kato2015 in {}", data.display());
        return None;
    };
    let mut files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
    files.sort();
    Some(files.iter().map(|path| recording(path)).collect())
}

fn recording(path: &Path) -> Recording {
    let text = std::fs::read_to_string(path).unwrap();
    let mut rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = rows.next().unwrap();
    let (mut seconds, mut states, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        seconds.push(row[0].parse().unwrap());
        states.push(row[1].parse().unwrap());
        values.extend(row[2..].iter().map(|v| v.parse::<f64>().unwrap()));
    }
    Recording::new(RecordingParts {
        animal: path.file_stem().unwrap().to_string_lossy().into(),
        neurons: header[2..].iter().map(|name| NeuronLabel::from_text(name)).collect(),
        traces: Traces::new(seconds.len(), header.len() - 2, values).unwrap(),
        derivative: None,
        behavior: Some(Behavior::new(states)),
        time: TimeBase::new(seconds).unwrap(),
        provenance: Provenance::default(),
    })
    .unwrap()
}
