//! Units of traces as files state them, and what the user asks to be done about them.

use crate::error::IoError;
use crate::options::ReadOptions;
use crate::outcome::ReadOutcome;
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
/// what the series carries by its type, or by its name and description, which are `said`.
pub(crate) fn unit_of_series(
    written: Option<&str>,
    carries: Carries,
    said: &str,
) -> Option<TraceUnit> {
    let is_delta_f = matches!(carries, Carries::DfOverF | Carries::SaidDfOverF);
    match written.and_then(written_unit) {
        Some(Written::Unit(unit)) => return Some(unit),
        // A hundred times something that is not told, unless the series is.
        Some(Written::Percent) if is_delta_f => return Some(TraceUnit::PercentDeltaF),
        Some(Written::Percent) | None => {}
    }
    match carries {
        _ if is_delta_f && says_percent(said) => Some(TraceUnit::PercentDeltaF),
        Carries::DfOverF | Carries::SaidDfOverF => Some(TraceUnit::DeltaF),
        Carries::ZScored => Some(TraceUnit::ZScore),
        // A ratio of two colours need not be one to a baseline, and fluorescence is often said of ΔF/F.
        Carries::Ratio | Carries::Fluorescence | Carries::Denoised | Carries::Other(_) => None,
    }
}

/// What a unit as people write it says.
enum Written {
    Unit(TraceUnit),
    /// Percent, of what is not said or not understood.
    Percent,
}

/// A unit as people write it: `dF/F`, `ΔF/F0`, `delta F over F`, `% dF/F`, `F/F20`, `z-score`, `percent`.
/// Others, such as `n.a.` and `lumens`, say nothing of the scale or are none of those known.
fn written_unit(text: &str) -> Option<Written> {
    let folded = folded(text);
    let is_percent = folded.contains('%');
    let plain = folded.replace('%', "");
    // `in % of dF/F`, `dF/F in %`.
    let plain = match is_percent {
        true => plain.trim_start_matches("in").trim_start_matches("of").trim_end_matches("in"),
        false => &plain,
    };
    // A baseline may have a name of its own: F0, F20.
    Some(match (plain.trim_end_matches(|c: char| c.is_ascii_digit()), is_percent) {
        ("df/f" | "dff", true) => Written::Unit(TraceUnit::PercentDeltaF),
        ("f/f", true) => Written::Unit(TraceUnit::Unknown),
        (_, true) => Written::Percent,
        ("df/f" | "dff", false) => Written::Unit(TraceUnit::DeltaF),
        ("f/f", false) => Written::Unit(TraceUnit::Ratio),
        ("zscore" | "zscores" | "zscored", false) => Written::Unit(TraceUnit::ZScore),
        _ => return None,
    })
}

/// Whether a name or a description says ΔF/F in percent: `dff_percent`, `dF/F (%)`. A percentile and `20 %
/// baseline` do not.
fn says_percent(text: &str) -> bool {
    let folded = folded(text);
    let in_percent = ["df/f%", "df/f0%", "dff%", "df/fin%", "df/f0in%", "dffin%"];
    ["%df/f", "%dff"].iter().chain(&in_percent).any(|said| folded.contains(said))
}

/// A text in lower case with letters, digits, slashes and percent signs alone; every way to write Δ, a
/// fraction and percent is one.
fn folded(text: &str) -> String {
    let text = text.to_lowercase().replace("percentile", "quantile");
    let text = text
        .replace("over", "/")
        .replace("dfof", "df/f")
        .replace("delta", "d")
        .replace(['δ', '∆'], "d");
    let text = text.replace("per cent", "%").replace("percent", "%").replace("pct", "%");
    text.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '%')).collect()
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
        let of = |text, carries| unit_of_series(text, carries, "");
        for text in ["dF/F", "ΔF/F", "∆F/F0", "dFF", "delta F over F", "deltaF/F", "df / f"] {
            assert_eq!(of(Some(text), Carries::Fluorescence), Some(TraceUnit::DeltaF), "{text}");
        }
        for text in ["F/F0", "F/F20", "F over F0"] {
            assert_eq!(of(Some(text), Carries::DfOverF), Some(TraceUnit::Ratio), "{text}");
        }
        for text in ["z-score", "Z scored"] {
            assert_eq!(of(Some(text), Carries::Fluorescence), Some(TraceUnit::ZScore), "{text}");
        }
        for text in [None, Some("n.a."), Some("lumens"), Some("dF/F x"), Some("")] {
            assert_eq!(of(text, Carries::Fluorescence), None, "{text:?}");
            assert_eq!(of(text, Carries::DfOverF), Some(TraceUnit::DeltaF), "{text:?}");
        }
        assert_eq!(of(None, Carries::ZScored), Some(TraceUnit::ZScore));
        assert_eq!(of(None, Carries::Ratio), None);
    }

    /// A hundred times as large, it was once taken for ΔF/F.
    #[test]
    fn percent_is_a_unit_of_its_own() {
        for text in ["% dF/F", "dF/F (%)", "percent ΔF/F0", "ΔF/F0 in %", "dFF_pct", "%dF/F"] {
            for carries in [Carries::Fluorescence, Carries::DfOverF] {
                let unit = unit_of_series(Some(text), carries, "");
                assert_eq!(unit, Some(TraceUnit::PercentDeltaF), "{text}");
            }
        }
        for text in ["%", "percent", "% dF/F x", "per cent change"] {
            let of = |carries| unit_of_series(Some(text), carries, "");
            assert_eq!(of(Carries::SaidDfOverF), Some(TraceUnit::PercentDeltaF), "{text}");
            assert_eq!(of(Carries::Fluorescence), None, "{text}");
        }
        // A hundred times F/F₀ is none of those known.
        let unit = unit_of_series(Some("F/F0 (%)"), Carries::DfOverF, "");
        assert_eq!(unit, Some(TraceUnit::Unknown));
    }

    #[test]
    fn a_name_or_description_says_percent_and_no_percentile_does() {
        let of = |said| unit_of_series(Some("n.a."), Carries::SaidDfOverF, said);
        for said in ["/processing/ophys/dff_percent", "dF/F in percent", "ΔF/F0 (%)", "% dF/F"] {
            assert_eq!(of(said), Some(TraceUnit::PercentDeltaF), "{said}");
        }
        for said in ["dF/F over the 20th percentile", "dF/F, 20 % baseline", "dff"] {
            assert_eq!(of(said), Some(TraceUnit::DeltaF), "{said}");
        }
        // What is written wins.
        let unit = unit_of_series(Some("dF/F"), Carries::DfOverF, "dF/F in percent");
        assert_eq!(unit, Some(TraceUnit::DeltaF));
    }
}
