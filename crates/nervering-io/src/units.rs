//! Units of traces as files state them, and what the user asks to be done about them.

use crate::error::IoError;
use crate::options::ReadOptions;
use crate::reader::ReadOutcome;
use crate::warning::{Level, Warning};
use nervering_recording::{Recording, TraceUnit};

/// The unit that the field of the traces states by its name, as their writers use it: `deltaFOverF…` of
/// the Zimmer laboratory and what stands inside `DfOverF` of NWB are ΔF/F; `trace_array` of the Flavell
/// laboratory is z-scored. Other fields (`traces`, `trace_array_original`) state nothing.
pub(crate) fn stated_unit(field: &str) -> Option<TraceUnit> {
    let mut parts = field.split('/').filter(|part| !part.is_empty());
    if parts.clone().next_back() == Some("trace_array") {
        return Some(TraceUnit::ZScore);
    }
    let is_delta_f = |part: &str| part.starts_with("deltaFOverF") || part == "DfOverF";
    parts.any(is_delta_f).then_some(TraceUnit::DeltaF)
}

/// Gives every recording the unit that the user says it has, then brings it to ΔF/F where that was
/// asked for, with a warning that says so.
///
/// # Errors
/// [`IoError::Unit`] for traces that cannot be brought to ΔF/F.
pub(crate) fn apply(options: &ReadOptions, outcome: &mut ReadOutcome) -> Result<(), IoError> {
    if options.unit.is_none() && options.to_delta_f.is_none() {
        return Ok(());
    }
    let recordings = std::mem::take(&mut outcome.recordings);
    for recording in recordings {
        let animal = recording.animal().to_owned();
        let failed = |source| IoError::Unit { animal: animal.clone(), source: Box::new(source) };
        let mut found = recording.unit();
        let mut parts = recording.into_parts();
        if let Some(unit) = options.unit {
            parts.provenance.unit = Some(unit);
            found = nervering_recording::FoundUnit {
                unit,
                basis: nervering_recording::UnitBasis::Stated,
            };
        }
        if let Some(conversion) = options.to_delta_f {
            if found.unit != TraceUnit::DeltaF {
                let text = format!("converted to ΔF/F from {found}, as asked for");
                outcome.warnings.push(Warning::new(Level::Advice, "converted", &*animal, text));
            }
            parts = conversion.apply(parts, found).map_err(failed)?;
        }
        let recording = Recording::new(parts).expect("a sound recording with other values");
        outcome.recordings.push(recording);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_states_its_unit_by_its_name() {
        for field in ["deltaFOverF_bc", "/processing/ophys/DfOverF/RoiResponseSeries"] {
            assert_eq!(stated_unit(field), Some(TraceUnit::DeltaF), "{field}");
        }
        for field in ["trace_array", "gcamp/trace_array"] {
            assert_eq!(stated_unit(field), Some(TraceUnit::ZScore), "{field}");
        }
        for field in
            ["", "traces", "gcamp/trace_array_original", "/processing/ophys/Fluorescence/F"]
        {
            assert_eq!(stated_unit(field), None, "{field}");
        }
    }
}
