//! Data to standard output, talk to standard error.

use crate::failure::Failure;
pub use crate::talk::talk;
use crate::terminal::painted;
use std::io::{ErrorKind, Write};

/// Writes data to standard output. A reader that has gone away, such as `head`, is no failure.
///
/// # Errors
/// [`Failure::Output`] when the system refuses for another reason.
pub fn print(data: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(data.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}

/// Writes tables to standard output, coloured where that is wanted.
///
/// # Errors
/// As [`print`].
pub fn print_tables(tables: &str) -> Result<(), Failure> {
    print(&painted(tables))
}

/// Writes one JSON document to standard output.
///
/// # Errors
/// [`Failure::Output`] when the system refuses.
pub fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Failure::Output(e.into()))?;
    print(&(text + "\n"))
}

/// A number in groups of three, as in `14,000`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (k, digit) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 fit`, `2 fits`.
pub fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_told_apart() {
        assert_eq!([0, 999, 1000, 1234567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(count(1, "fit"), "1 fit");
        assert_eq!(count(0, "fit"), "0 fits");
    }
}
