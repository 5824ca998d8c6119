//! The series of neurons that an NWB file offers, and what each carries.
//!
//! A series inside `DfOverF` is ΔF/F. Of another, its name and the name of what holds it decide; the
//! names are those that suite2p, CaImAn, neuroconv and the WormID files use. What lies around a
//! cell, a second channel for reference and spikes that were inferred are no activity of a cell, and
//! are never read unless they are asked for.

use super::objects::{Objects, Typed};
use super::per_neuron::{self, Field};
use super::series::Series;
use crate::error::IoError;
use crate::series::{Candidate, Carries};
use nervering_recording::NeuronNames;

/// A series of many neurons, in one of the two forms.
pub(super) enum Offered<'f> {
    Rois(Series<'f>),
    PerNeuron(Field<'f>),
}

/// Types of series of many neurons: that of NWB, and of its extension for microscopy.
const KINDS: [&str; 2] = ["RoiResponseSeries", "MicroscopyResponseSeries"];

/// Words for ΔF/F, in lower case.
const DF_OVER_F: [&str; 8] =
    ["df/f", "dff", "df_over_f", "dfoverf", "df_f", "dfof", "Δf", "deltaf"];
const SPIKES: [&str; 8] =
    ["deconvolved", "deconvolution", "deconv", "spike", "spikes", "spks", "event", "events"];
const SURROUND: [&str; 5] = ["neuropil", "npil", "background", "bg", "surround"];
const BASELINE: [&str; 3] = ["baseline", "f0", "residuals"];
const REFERENCE: [&str; 11] = [
    "reference",
    "ref",
    "red",
    "rfp",
    "tagrfp",
    "mcherry",
    "mkate",
    "tdtomato",
    "isosbestic",
    "control",
    "noise",
];
/// Words by which a name speaks of what was taken away.
const TAKEN_AWAY: [&str; 6] =
    ["corrected", "subtracted", "removed", "minus", "normalized", "normalised"];
const Z_SCORED: [&str; 5] = ["zscore", "zscored", "zscores", "standardized", "standardised"];
const DENOISED: [&str; 4] = ["denoised", "denoise", "dnmf", "smoothed"];

/// All series of neurons in the order of the file; of those inside one kind, the widest first.
pub(super) fn offered<'f>(
    objects: &Objects<'f>,
    accepted: &NeuronNames,
    warn: &mut impl FnMut(crate::Level, &'static str, String),
) -> Result<Vec<Candidate<Offered<'f>>>, IoError> {
    let (mut rois, mut failed) = (Vec::new(), Vec::new());
    for object in objects.all.iter().filter(|object| KINDS.contains(&object.kind.as_str())) {
        match Series::open(&object.node) {
            Ok(Some(series)) => rois.push((carries(object), series)),
            Ok(None) => failed.push(object.node.unexpected("a series without data", "data")),
            Err(error) => failed.push(error),
        }
    }
    let width = |series: &Series<'_>| series.data.shape().iter().copied().max().unwrap_or(0);
    rois.sort_by_key(|(_, series)| std::cmp::Reverse(width(series)));
    let mut candidates = Vec::new();
    for field in per_neuron::fields(objects, accepted)? {
        let (place, carries) = (format!("/acquisition/{}", field.name), field.carries);
        candidates.push(Candidate { place, carries, item: Offered::PerNeuron(field) });
    }
    candidates.extend(rois.into_iter().map(|(carries, series)| Candidate {
        place: series.node.place().to_owned(),
        carries,
        item: Offered::Rois(series),
    }));
    for error in failed {
        if candidates.is_empty() {
            return Err(error);
        }
        let text = format!("a series of neurons is not read: {}", error.chain());
        warn(crate::Level::Doubtful, "series-without-data", text);
    }
    Ok(candidates)
}

fn carries(object: &Typed<'_>) -> Carries {
    let place = object.node.place();
    let mut parts = place.rsplit('/');
    let name = parts.next().unwrap_or_default();
    // A module holds series of every kind.
    let holder = match object.within.as_str() {
        "" | "ProcessingModule" => "",
        _ => parts.next().unwrap_or_default(),
    };
    let words: Vec<String> = [name, holder].into_iter().flat_map(words).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    if has(&SPIKES) {
        return Carries::Other("inferred spikes");
    }
    if !has(&TAKEN_AWAY) {
        for (list, what) in [
            (&SURROUND[..], "neuropil or background"),
            (&BASELINE, "a baseline"),
            (&REFERENCE, "a reference channel"),
        ] {
            if has(list) {
                return Carries::Other(what);
            }
        }
    }
    let follows = |first: &str, second: &str| {
        words.windows(2).any(|pair| pair[0] == first && pair[1].starts_with(second))
    };
    if has(&Z_SCORED) || follows("z", "score") {
        return Carries::ZScored;
    }
    if object.within == "DfOverF" {
        return Carries::DfOverF;
    }
    let described = object.node.text_attribute("description").unwrap_or_default();
    let text = format!("{place} {described}").to_lowercase();
    if DF_OVER_F.iter().any(|said| text.contains(said)) {
        Carries::SaidDfOverF
    } else if has(&DENOISED) {
        Carries::Denoised
    } else if has(&["ratio", "ratiometric"]) {
        Carries::Ratio
    } else {
        Carries::Fluorescence
    }
}

/// The words of a name such as `ReferenceCalciumSeries` or `dff_raw`, in lower case. Letters in
/// capitals that follow each other are one word.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let letters: Vec<char> = name.chars().collect();
    for (k, &letter) in letters.iter().enumerate() {
        let before = k.checked_sub(1).map(|k| letters[k]);
        let begins = letter.is_uppercase()
            && (before.is_some_and(|c| c.is_lowercase() || c.is_ascii_digit())
                || before.is_some_and(char::is_uppercase)
                    && letters.get(k + 1).is_some_and(|c| c.is_lowercase()));
        if (begins || !letter.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        assert_eq!(
            words("ReferenceCalciumImResponseSeries"),
            ["reference", "calcium", "im", "response", "series"]
        );
        assert_eq!(words("dff_z-score2"), ["dff", "z", "score2"]);
        assert_eq!(words("RFPSeries Red"), ["rfp", "series", "red"]);
        assert_eq!(words("__"), Vec::<String>::new());
    }
}
