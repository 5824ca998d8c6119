//! Texts of users that become parts of paths, checked in one place.

use crate::error::GridError;

/// Refuses a text that could lead out of a folder, hide in it, or be no name of a file somewhere:
/// what is allowed is 1 to 60 letters and digits of ASCII, `-`, `_` and `.`, beginning with a letter or
/// digit.
///
/// # Errors
/// [`GridError::Name`]; `what` says what the text names.
pub fn check_name(what: &'static str, name: &str) -> Result<(), GridError> {
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins && name.len() <= 60 && name.chars().all(sound) {
        return Ok(());
    }
    let expected =
        "1 to 60 letters, digits, hyphens, underscores and dots, beginning with a letter or digit";
    Err(GridError::Name { what, found: name.to_owned(), expected })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_lead_out_of_its_folder() {
        for name in ["table1", "no-ava", "Kato_2015.b", "7"] {
            check_name("name", name).unwrap();
        }
        let long = "a".repeat(61);
        for name in ["", ".", "..", "../../worm", "/etc", "a/b", "a\\b", "-x", "a\0", "ä", &long] {
            assert!(check_name("name", name).is_err(), "{name:?}");
        }
    }
}
