//! A look at the footer before the `parquet` crate reads it. A field that the crate does not know it
//! passes over, and flags in a list it takes for elements of no bytes: five bytes then announce two
//! thousand million of them, half a second's work, and a footer holds many such fields. No field of
//! a footer is a list of flags, so one that has any is refused.
//!
//! Source: the Thrift compact protocol. Nothing is read here but lengths.

use super::thrift::Thrift;

/// Structs and lists within each other; a sound footer has six.
const MAX_DEPTH: usize = 32;

/// Whether every element of every list takes a byte or more, so that reading the footer costs no more
/// than its length.
pub(super) fn is_sound(footer: &[u8]) -> bool {
    pass_struct(&mut Thrift { rest: footer }, 0).is_some()
}

fn pass_struct(bytes: &mut Thrift, depth: usize) -> Option<()> {
    loop {
        let head = bytes.byte()?;
        if head == 0 {
            return Some(());
        }
        // A delta of 0 says that the number of the field follows.
        if head >> 4 == 0 {
            bytes.varint()?;
        }
        match head & 0xf {
            // A flag has its value in its type.
            1 | 2 => {}
            kind => pass(bytes, kind, depth)?,
        }
    }
}

/// Passes over a value that is no flag.
fn pass(bytes: &mut Thrift, kind: u8, depth: usize) -> Option<()> {
    if depth >= MAX_DEPTH {
        return None;
    }
    match kind {
        9 | 10 => {
            let (kind, length) = bytes.list()?;
            (0..length).try_for_each(|_| pass(bytes, kind, depth + 1))
        }
        11 => {
            let length = bytes.varint()?;
            let kinds = if length > 0 { bytes.byte()? } else { 0 };
            (0..length).try_for_each(|_| {
                pass(bytes, kinds >> 4, depth + 1)?;
                pass(bytes, kinds & 0xf, depth + 1)
            })
        }
        12 => pass_struct(bytes, depth + 1),
        // Not flags, nor what does not exist.
        kind => bytes.pass_plain(kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_in_a_list_that_take_no_time_to_write_and_half_a_second_to_pass_over_are_refused() {
        // Field 9, a list; 2147483647 flags.
        let flags = [0x9c, 0x19, 0xf1, 0xff, 0xff, 0xff, 0xff, 0x07];
        assert!(!is_sound(&[&flags[..1], &flags[1..], &[0, 0]].concat()));
        let map = [0x1b, 0xff, 0xff, 0xff, 0xff, 0x07, 0x11, 0];
        assert!(!is_sound(&map));
    }

    #[test]
    fn what_a_footer_has_is_sound_and_every_cut_of_it_is_not() {
        // A number, a text, a list of structs with a flag each, an empty list, a map of numbers.
        let footer = [
            0x15, 2, 0x18, 1, b'a', 0x19, 0x2c, 0x11, 0, 0x12, 0, 0x19, 0x03, 0x1b, 1, 0x55, 2, 4,
            0,
        ];
        assert!(is_sound(&footer));
        for at in 0..footer.len() {
            assert!(!is_sound(&footer[..at]), "{at}");
        }
    }

    #[test]
    fn structs_nested_without_end_are_refused() {
        assert!(!is_sound(&[0x1c; 100_000]));
    }
}
