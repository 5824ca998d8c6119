//! Words for errors and names that all parts of the layouts use.

use crate::error::IoError;
use crate::mat::Value;
use std::path::Path;

/// The error for an array of strings, a categorical array or another object, whose content MATLAB
/// does not tell in the open: where cellstr helps, that is the way.
pub(super) fn not_a_cell(value: &Value<'_>) -> IoError {
    let found = value.describe();
    let advice = match found.as_str() {
        "a string array" | "a categorical array" => {
            let name = value.name().split(['{', '(']).next().unwrap_or_default().to_owned();
            format!("in MATLAB, replace it by cellstr({name}) and save the file again")
        }
        _ => "in MATLAB, replace it by a cell array of text and save the file again".to_owned(),
    };
    value.unsupported(found, advice)
}

pub(super) fn listed(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let more = if names.len() > SHOWN { ", …" } else { "" };
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    format!("[{}{more}]", shown.join(", "))
}

/// The last component of a path, as text.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The last component of a path without its extension, as text.
pub(super) fn file_stem(path: &Path) -> String {
    path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
