//! Behaviour in NWB, from the first of these that there is:
//!
//! - states by name: a table of intervals with a column of labels, intervals that are called as a
//!   state ([`intervals`]), a series with one state per sample ([`samples`]). Of several, the one
//!   that labels most frames;
//! - states that follow from how the animal moves ([`movement`]).
//!
//! States are mapped by name; a label that names none of the known states is kept as a label of the
//! laboratory's own, where it stands alone and among labels of behaviour. What there is of behaviour and is not used is named in a warning.

mod intervals;
mod labelling;
mod movement;
mod samples;

use super::objects::Objects;
use super::series::Series;
use crate::error::IoError;
use crate::options::ReadOptions;
use crate::states::StateReader;
use crate::warning::Level;
use intervals::Named;
use labelling::Labelling;
use nervering_recording::{Behavior, State};
use samples::Found;

/// One state per frame, if the file has any that are named or follow from movement. `is_activity`
/// says which places hold the neurons.
pub(super) fn read(
    objects: &Objects<'_>,
    seconds: &[f64],
    options: &ReadOptions,
    is_activity: impl Fn(&str) -> bool,
    warn: &mut impl FnMut(Level, &'static str, String),
) -> Result<Option<Behavior>, IoError> {
    let reader = &StateReader::new(options);
    let (mut found, mut named) = (Vec::new(), Named::default());
    for object in objects.all.iter().filter(|object| !is_activity(object.node.place())) {
        let place = object.node.place();
        let source = match object.kind.as_str() {
            "TimeIntervals" if object.node.name() == "invalid_times" => {
                intervals::invalid(&object.node, seconds)
                    .map(|told| told.into_iter().for_each(|(l, kind, text)| warn(l, kind, text)))
                    .map(|()| Found::Nothing)
            }
            "TimeIntervals" => {
                intervals::from_table(objects, &object.node, seconds, reader, &mut named)
            }
            "IntervalSeries" => {
                intervals::from_interval_series(&object.node, &mut named).map(|()| Found::Nothing)
            }
            _ => Series::open(&object.node).and_then(|series| match series {
                Some(series) => samples::from_series(&series, seconds, reader),
                None => Ok(Found::Nothing),
            }),
        };
        match source {
            Ok(Found::States(labelling)) => found.push(labelling),
            Ok(Found::Codes) => {
                let text = format!(
                    "{place} holds codes of states, and nothing in the file says what they mean; two codings circulate, so they are not used; say what each stands for with --map 1=STATE,2=STATE"
                );
                warn(Level::Doubtful, "states-without-key", text);
            }
            Ok(Found::Nothing) => {}
            // The traces are worth having even so.
            Err(error) => {
                let text = format!("{place} is not used: {}", error.chain());
                warn(Level::Doubtful, "states-not-used", text);
            }
        }
    }
    // Reversals alone say where the animal does not go forward, as in the files of other formats.
    let reversals = if named.are_reversals() { named.paint(seconds)? } else { None };
    if reversals.is_none() {
        found.extend(named.paint(seconds)?);
    }
    let n_labelled = |labelling: &Labelling| {
        labelling.states.iter().filter(|&&state| state != State::Unknown).count()
    };
    let n_found = found.len();
    // Of equals, `max_by_key` takes the last.
    let best = found.into_iter().rev().max_by_key(n_labelled);
    let best = match best {
        Some(best) => {
            if n_found > 1 {
                let text =
                    format!("of {n_found} sources of states, {} labels most frames", best.place);
                warn(Level::Advice, "several-state-sources", text);
            }
            best
        }
        None => match movement::read(objects, seconds, reversals, &is_activity, warn)? {
            Some(labelling) => labelling,
            None => {
                movement::tell_unused(objects, &is_activity, warn)?;
                return Ok(None);
            }
        },
    };
    best.warnings.into_iter().for_each(|(level, kind, text)| warn(level, kind, text));
    Ok(Some(reader.behavior(best.states)))
}
