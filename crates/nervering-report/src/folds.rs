//! Which frames had which use in each fold, as CSV: [`folds_csv`].

use crate::table::csv_bytes;
use nervering_study::PartOfFold;

/// One row per variant, animal trained on, fold and use. `frames` are stretches `first-last` of frames
/// counted from 0, both ends included, with blanks between them.
pub fn folds_csv<'a>(parts: impl Iterator<Item = PartOfFold<'a>>) -> Vec<u8> {
    let header = ["variant", "animal", "fold", "part", "n_frames", "frames"];
    let rows = parts.map(|part| {
        let n_frames: usize = part.stretches.iter().map(|s| s.end() - s.start() + 1).sum();
        let of_stretch = part.stretches.iter().map(|s| format!("{}-{}", s.start(), s.end()));
        let stretches: Vec<String> = of_stretch.collect();
        vec![
            part.variant.to_owned(),
            part.animal.to_owned(),
            part.fold.to_string(),
            part.part.to_owned(),
            n_frames.to_string(),
            stretches.join(" "),
        ]
    });
    csv_bytes(&header.map(str::to_owned), rows)
}
