//! States from how the animal moves, by the rule of [`crate::motion`], where a file names none:
//! reversals that it marks, and the velocity, which NWB keeps in its behaviour types or in any
//! `TimeSeries`.

use super::labelling::{Labelling, SHOWN, Told};
use super::samples::at_frames;
use crate::error::IoError;
use crate::hdf5::Content;
use crate::motion::Motion;
use crate::nwb::objects::{Objects, Typed};
use crate::nwb::offered::words;
use crate::nwb::series::Series;
use crate::warning::Level;
use nervering_recording::State;

/// Velocities that say nothing about forward and reverse.
const OF_SOMETHING_ELSE: [&str; 14] = [
    "angular",
    "angle",
    "head",
    "nose",
    "tail",
    "pumping",
    "turning",
    "rotation",
    "rotational",
    "lateral",
    "stage",
    "x",
    "y",
    "z",
];
/// What holds behaviour in NWB.
const HOLDERS: [&str; 7] = [
    "BehavioralTimeSeries",
    "BehavioralEpochs",
    "BehavioralEvents",
    "Position",
    "CompassDirection",
    "PupilTracking",
    "EyeTracking",
];

/// The states that follow from movement; `reversals` are intervals that are called so.
pub(super) fn read(
    objects: &Objects<'_>,
    seconds: &[f64],
    reversals: Option<Labelling>,
    is_activity: &impl Fn(&str) -> bool,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<Option<Labelling>, IoError> {
    let (mut places, mut told) = (Vec::new(), Vec::new());
    let mut motion = Motion::default();
    if let Some(Labelling { states, place, mut warnings }) = reversals {
        motion.reversing = Some(states.into_iter().map(|state| state == State::Reverse).collect());
        told.append(&mut warnings);
        places.push(place);
    }
    for object in objects.all.iter().filter(|object| !is_activity(object.node.place())) {
        if let Err(error) = add(object, seconds, &mut motion, &mut places, &mut told) {
            let text = format!("{} is not used: {}", object.node.place(), error.chain());
            warn(Level::Doubtful, "states-not-used", text);
        }
    }
    Ok(motion.states().map(|(states, text)| {
        let text = format!("{text} (from {})", places.join(", "));
        told.insert(0, (Level::Advice, "states-from-motion", text));
        Labelling { states, place: places.join(", "), warnings: told }
    }))
}

/// Adds what a series says, if it is about movement and nothing else has said it.
fn add(
    object: &Typed<'_>,
    seconds: &[f64],
    motion: &mut Motion,
    places: &mut Vec<String>,
    told: &mut Vec<Told>,
) -> Result<(), IoError> {
    let words = words(object.node.name());
    let has = |word: &str| words.iter().any(|other| other == word);
    let is_velocity = (has("velocity") || has("speed") && has("signed"))
        && !words.iter().any(|word| OF_SOMETHING_ELSE.contains(&word.as_str()));
    let marks_reversals = ["reversal", "reversals", "reversing"].iter().any(|word| has(word));
    let wanted =
        is_velocity && motion.velocity.is_none() || marks_reversals && motion.reversing.is_none();
    if !wanted || object.kind == "IntervalSeries" || object.kind == "TimeIntervals" {
        return Ok(());
    }
    let Some(series) = Series::open(&object.node)? else {
        return Ok(());
    };
    if !series.holds(Content::Numbers) || !series.is_vector() {
        return Ok(());
    }
    let mut values = series.numbers()?;
    let place = object.node.place();
    if !is_velocity {
        if values.iter().any(|&mark| mark != 0. && mark != 1.) {
            return Ok(());
        }
        let marks = values.into_iter().map(|mark| mark > 0.).collect();
        motion.reversing = Some(at_frames(&series, marks, seconds, false, told)?);
        places.push(place.to_owned());
        return Ok(());
    }
    let unit = series.unit();
    let factor = unit.as_deref().and_then(millimetres_per_second);
    values.iter_mut().for_each(|value| *value *= factor.unwrap_or(1.));
    motion.velocity = Some(at_frames(&series, values, seconds, f64::NAN, told)?);
    places.push(match (factor, unit) {
        (Some(1.), _) => place.to_owned(),
        (Some(_), Some(unit)) => format!("{place}, in {unit:?} that are made mm/s"),
        (_, unit) => format!("{place}, in {:?}", unit.unwrap_or_default()),
    });
    Ok(())
}

/// What one of a unit is in mm/s, if it is known.
fn millimetres_per_second(unit: &str) -> Option<f64> {
    let unit: String = unit.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    let unit = unit.replace("per", "/").replace(['*', '·'], "");
    let length = ["/seconds", "/second", "/sec", "/s", "s^-1", "s-1", "s⁻¹"]
        .iter()
        .find_map(|time| unit.strip_suffix(time))?;
    match length {
        "mm" | "millimeter" | "millimeters" | "millimetre" | "millimetres" => Some(1.),
        "um" | "µm" | "μm" | "micron" | "microns" | "micrometer" | "micrometers" | "micrometre"
        | "micrometres" => Some(1e-3),
        "cm" | "centimeter" | "centimeters" | "centimetre" | "centimetres" => Some(10.),
        "m" | "meter" | "meters" | "metre" | "metres" => Some(1e3),
        _ => None,
    }
}

/// Names the series that are about behaviour, where no states follow from any.
pub(super) fn tell_unused(
    objects: &Objects<'_>,
    is_activity: &impl Fn(&str) -> bool,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<(), IoError> {
    let mut places = Vec::new();
    for object in objects.all.iter().filter(|object| !is_activity(object.node.place())) {
        let in_module = || {
            let module = object.node.place().split('/').nth(2).unwrap_or_default();
            module.to_lowercase().contains("behav")
        };
        let is_behaviour = HOLDERS.contains(&object.within.as_str())
            || matches!(object.kind.as_str(), "IntervalSeries" | "SpatialSeries")
            || in_module();
        if is_behaviour && Series::open(&object.node)?.is_some() {
            places.push(object.node.place());
        }
    }
    if !places.is_empty() {
        let more = places.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let text = format!(
            "no states follow from {}{more}; intervals with labels, a velocity or marked reversals would give some",
            places[..places.len().min(SHOWN)].join(", ")
        );
        warn(Level::Advice, "behavior-not-used", text);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn velocities_are_compared_in_one_unit() {
        for (unit, factor) in [
            ("mm/s", Some(1.)),
            ("mm / sec", Some(1.)),
            ("Millimeters per second", Some(1.)),
            ("um/s", Some(1e-3)),
            ("µm s^-1", Some(1e-3)),
            ("m/s", Some(1e3)),
            ("cm*s^-1", Some(10.)),
            ("body lengths/s", None),
            ("pixels/frame", None),
            ("a.u.", None),
        ] {
            assert_eq!(millimetres_per_second(unit), factor, "{unit}");
        }
    }
}
