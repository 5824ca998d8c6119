//! Units of traces as files state them, and what the user asks to be done about them.

use crate::error::IoError;
use crate::options::ReadOptions;
use crate::reader::ReadOutcome;
use crate::series::Carries;
use crate::warning::{Level, Warning};
use nervering_recording::{Recording, TraceUnit};

/// The unit that the field of the traces states by its name, as their writers use it: `deltaFOverF…` of
/// the Zimmer laboratory is ΔF/F; `trace_array` of the Flavell laboratory is z-scored. Other fields
/// (`traces`, `trace_array_original`) state nothing.
pub(crate) fn stated_unit(field: &str) -> Option<TraceUnit> {
    let last = field.rsplit('/').find(|part| !part.is_empty())?;
    match last {
        "trace_array" => Some(TraceUnit::ZScore),
        _ => last.starts_with("deltaFOverF").then_some(TraceUnit::DeltaF),
    }
}

/// The unit of a series of NWB: what is written as the unit of its data, where that is understood, else
/// what the series carries by its type, name or description.
pub(crate) fn unit_of_series(written: Option<&str>, carries: Carries) -> Option<TraceUnit> {
    written.and_then(written_unit).or(match carries {
        Carries::DfOverF | Carries::SaidDfOverF => Some(TraceUnit::DeltaF),
        Carries::ZScored => Some(TraceUnit::ZScore),
        // A ratio of two colours need not be one to a baseline, and fluorescence is often said of ΔF/F.
        Carries::Ratio | Carries::Fluorescence | Carries::Denoised | Carries::Other(_) => None,
    })
}

/// A unit as people write it: `dF/F`, `ΔF/F0`, `delta F over F`, `F/F20`, `z-score`. Others, such as `n.a.`,
/// `lumens` and `percent`, say nothing of the scale or are none of those known.
fn written_unit(text: &str) -> Option<TraceUnit> {
    let text =
        text.to_lowercase().replace("over", "/").replace("delta", "d").replace(['δ', '∆'], "d");
    let plain: String = text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
    // A baseline may have a name of its own: F0, F20.
    match plain.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "df/f" | "dff" => Some(TraceUnit::DeltaF),
        "f/f" => Some(TraceUnit::Ratio),
        "zscore" | "zscores" | "zscored" => Some(TraceUnit::ZScore),
        _ => None,
    }
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
        for field in ["deltaFOverF_bc", "deltaFOverF"] {
            assert_eq!(stated_unit(field), Some(TraceUnit::DeltaF), "{field}");
        }
        for field in ["trace_array", "gcamp/trace_array"] {
            assert_eq!(stated_unit(field), Some(TraceUnit::ZScore), "{field}");
        }
        for field in ["", "traces", "gcamp/trace_array_original", "trace_array/other"] {
            assert_eq!(stated_unit(field), None, "{field}");
        }
    }

    #[test]
    fn the_unit_of_a_series_is_what_is_written_else_what_it_carries() {
        for text in ["dF/F", "ΔF/F", "∆F/F0", "dFF", "delta F over F", "deltaF/F", "df / f"] {
            let unit = unit_of_series(Some(text), Carries::Fluorescence);
            assert_eq!(unit, Some(TraceUnit::DeltaF), "{text}");
        }
        for text in ["F/F0", "F/F20", "F over F0"] {
            let unit = unit_of_series(Some(text), Carries::DfOverF);
            assert_eq!(unit, Some(TraceUnit::Ratio), "{text}");
        }
        for text in ["z-score", "Z scored"] {
            let unit = unit_of_series(Some(text), Carries::Fluorescence);
            assert_eq!(unit, Some(TraceUnit::ZScore), "{text}");
        }
        for text in
            [None, Some("n.a."), Some("lumens"), Some("% dF/F x"), Some("percent"), Some("")]
        {
            assert_eq!(unit_of_series(text, Carries::Fluorescence), None, "{text:?}");
            assert_eq!(unit_of_series(text, Carries::DfOverF), Some(TraceUnit::DeltaF), "{text:?}");
        }
        assert_eq!(unit_of_series(None, Carries::ZScored), Some(TraceUnit::ZScore));
        assert_eq!(unit_of_series(None, Carries::Ratio), None);
    }
}
