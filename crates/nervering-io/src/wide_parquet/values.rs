//! From the bytes of a value to a number, as exactly as 64 bits allow: whole numbers are exact or
//! refused, decimals and counts of time are the nearest number, as a reader of their text would give.
//!
//! Source: the Parquet format, `LogicalTypes.md`; IEEE 754 for FLOAT16; the Julian day of INT96 as
//! Impala counts it.

use super::fault::Fault;
use super::meaning::Meaning;

/// The powers of ten that 64-bit floats hold exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];
/// Whole numbers up to this one are exact.
const EXACT: u128 = 1 << 53;

/// The number that a value stands for; a count of time is given in seconds, a point in time is none.
pub(super) fn number(meaning: Meaning, bytes: &[u8]) -> Result<f64, Fault> {
    match meaning {
        Meaning::Float => match bytes.len() {
            4 => Ok(f32::from_le_bytes(fixed(bytes)?).into()),
            _ => Ok(f64::from_le_bytes(fixed(bytes)?)),
        },
        Meaning::Float16 => Ok(of_half(u16::from_le_bytes(fixed(bytes)?))),
        Meaning::Integer { bits, is_signed } => integer(bytes, bits, is_signed),
        Meaning::ScaledInteger { scale } => decimal(whole(bytes)?.into(), scale),
        Meaning::Decimal { scale } => decimal(big_endian(bytes)?, scale),
        Meaning::Span(unit) => Ok(scaled(whole(bytes)?.into(), unit.decimals())),
        Meaning::Instant { .. } | Meaning::Text | Meaning::Nothing => {
            Err(Fault::Cell("a value that is no number".into()))
        }
    }
}

/// A point in time: units since 1970-01-01.
pub(super) fn instant(bytes: &[u8]) -> Result<i128, Fault> {
    const NANOSECONDS_PER_DAY: i128 = 86_400_000_000_000;
    const DAY_OF_1970: i128 = 2_440_588;
    let Some((nanoseconds, day)) = bytes.split_first_chunk::<8>().filter(|_| bytes.len() == 12)
    else {
        return Ok(whole(bytes)?.into());
    };
    let day = i128::from(u32::from_le_bytes(fixed(day)?)) - DAY_OF_1970;
    Ok(day * NANOSECONDS_PER_DAY + i128::from(i64::from_le_bytes(*nanoseconds)))
}

/// The number nearest to `n` over ten to the power of `decimals`.
pub(super) fn scaled(n: i128, decimals: u32) -> f64 {
    match POWERS.get(decimals as usize) {
        // Both are exact, so that one rounding is all.
        Some(power) if n.unsigned_abs() <= EXACT => n as f64 / power,
        // A text of digits always parses.
        _ => format!("{n}e-{decimals}").parse().unwrap_or(f64::NAN),
    }
}

/// The bytes of a value whose width is known.
fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Fault> {
    let wrong = |_| Fault::Damaged(format!("a value of {} bytes instead of {N}", bytes.len()));
    bytes.try_into().map_err(wrong)
}

/// An INT32 or INT64.
fn whole(bytes: &[u8]) -> Result<i64, Fault> {
    match bytes.len() {
        4 => Ok(i32::from_le_bytes(fixed(bytes)?).into()),
        _ => Ok(i64::from_le_bytes(fixed(bytes)?)),
    }
}

fn integer(bytes: &[u8], bits: u32, is_signed: bool) -> Result<f64, Fault> {
    let stored = whole(bytes)?;
    let n = match (is_signed, bits) {
        (true, _) => i128::from(stored),
        // Unsigned numbers as wide as their physical type use its sign.
        (false, 64) => i128::from(stored as u64),
        (false, 32) if bytes.len() == 4 => i128::from(stored as u32),
        (false, _) => i128::from(stored),
    };
    let (least, most) = match is_signed {
        true => (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1),
        false => (0, (1_i128 << bits) - 1),
    };
    if !(least..=most).contains(&n) {
        let sign = if is_signed { "" } else { "U" };
        return Err(Fault::Cell(format!("{n}, which {sign}INT({bits}) does not hold")));
    }
    exact(n)
}

/// A whole number as it is.
fn exact(n: i128) -> Result<f64, Fault> {
    let value = n as f64;
    if value as i128 != n {
        return Err(Fault::Cell(format!("{n}, which no 64-bit float holds exactly")));
    }
    Ok(value)
}

fn decimal(n: i128, scale: u32) -> Result<f64, Fault> {
    if scale == 0 { exact(n) } else { Ok(scaled(n, scale)) }
}

/// A whole number in bytes, the most significant first.
fn big_endian(bytes: &[u8]) -> Result<i128, Fault> {
    let sign = match bytes.first() {
        Some(first) if first & 0x80 != 0 => 0xff,
        Some(_) => 0,
        None => return Err(Fault::Damaged("a DECIMAL of no bytes".into())),
    };
    let surplus = bytes.len().saturating_sub(16);
    let (above, bytes) = bytes.split_at(surplus);
    let mut whole = [sign; 16];
    whole[16 - bytes.len()..].copy_from_slice(bytes);
    let n = i128::from_be_bytes(whole);
    if above.iter().any(|&byte| byte != sign) || (n < 0) != (sign != 0) {
        return Err(Fault::Cell("a DECIMAL of more than 38 digits".into()));
    }
    Ok(n)
}

fn of_half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 != 0 { -1. } else { 1. };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * f64::exp2(-24.),
        31 if fraction == 0. => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024. + fraction) * f64::exp2(f64::from(exponent - 25)),
    }
}

/// A point in time as a calendar and a clock show it, to the second; none for years of more than four
/// digits. `seconds` are those since 1970-01-01.
///
/// Source: H. Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`.
pub(super) fn calendar(seconds: i128) -> Option<String> {
    let seconds = i64::try_from(seconds).ok()?;
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let days = days.checked_add(719_468)?;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    (0..10_000)
        .contains(&year)
        .then(|| format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{:02}", second % 60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wide_parquet::meaning::Unit;
    use proptest::prelude::*;

    #[test]
    fn decimals_are_the_number_that_their_text_is() {
        let decimal =
            |n: i128, scale| number(Meaning::Decimal { scale }, &n.to_be_bytes()).unwrap();
        assert_eq!(decimal(6918, 4), 0.6918);
        assert_eq!(decimal(-1, 2), -0.01);
        let stored = number(Meaning::ScaledInteger { scale: 4 }, &6918_i32.to_le_bytes());
        assert_eq!(stored, Ok(0.6918));
        assert_eq!(decimal(i128::MAX, 38), 1.701_411_834_604_692_3);
        assert_eq!(number(Meaning::Decimal { scale: 1 }, &[0xfb]).unwrap(), -0.5);
        // 32 bytes, of which 16 say the sign alone.
        let wide = [[0xff; 16], (-25_i128).to_be_bytes()].concat();
        assert_eq!(number(Meaning::Decimal { scale: 1 }, &wide).unwrap(), -2.5);
        for bytes in [[[0xff; 16], 25_i128.to_be_bytes()].concat(), [[1; 16], [0; 16]].concat()] {
            let fault = number(Meaning::Decimal { scale: 1 }, &bytes).unwrap_err();
            assert_eq!(fault, Fault::Cell("a DECIMAL of more than 38 digits".into()));
        }
        assert!(number(Meaning::Decimal { scale: 1 }, &[]).is_err());
    }

    #[test]
    fn whole_numbers_are_exact_or_refused() {
        let integer = |bytes: &[u8], bits, is_signed| {
            number(Meaning::Integer { bits, is_signed }, bytes).map_err(|fault| fault.to_string())
        };
        assert_eq!(integer(&(-1_i32).to_le_bytes(), 32, false), Ok(4_294_967_295.));
        assert_eq!(integer(&(-1_i32).to_le_bytes(), 32, true), Ok(-1.));
        assert_eq!(
            integer(&(1_u64 << 63).to_le_bytes(), 64, false),
            Ok(9_223_372_036_854_775_808.)
        );
        let inexact = "9007199254740993, which no 64-bit float holds exactly";
        assert_eq!(
            integer(&9_007_199_254_740_993_i64.to_le_bytes(), 64, true),
            Err(inexact.into())
        );
        let outside = "300, which UINT(8) does not hold";
        assert_eq!(integer(&300_i32.to_le_bytes(), 8, false), Err(outside.into()));
        let outside = "-129, which INT(8) does not hold";
        assert_eq!(integer(&(-129_i32).to_le_bytes(), 8, true), Err(outside.into()));
    }

    #[test]
    fn a_half_is_its_number() {
        for (bits, value) in [
            (0x3c00, 1.),
            (0xc000, -2.),
            (0x7bff, 65_504.),
            (0x0001, 5.960_464_477_539_063e-8),
            (0x3555, 0.333_251_953_125),
            (0x7c00, f64::INFINITY),
        ] {
            assert_eq!(of_half(bits), value, "{bits:x}");
        }
        assert!(of_half(0x7e00).is_nan());
        assert!(of_half(0x8000).is_sign_negative());
    }

    #[test]
    fn counts_of_time_are_seconds() {
        let span = |n: i64, unit| number(Meaning::Span(unit), &n.to_le_bytes()).unwrap();
        assert_eq!(span(500, Unit::Milliseconds), 0.5);
        assert_eq!(span(333_333_333, Unit::Nanoseconds), 0.333_333_333);
        assert_eq!(number(Meaning::Span(Unit::Milliseconds), &7_i32.to_le_bytes()), Ok(0.007));
    }

    #[test]
    fn points_in_time_are_those_of_the_calendar() {
        let mut bytes = 43_200_000_000_000_i64.to_le_bytes().to_vec();
        bytes.extend(2_460_432_u32.to_le_bytes());
        let nanoseconds = instant(&bytes).unwrap();
        let text = calendar(nanoseconds.div_euclid(1_000_000_000));
        assert_eq!(text.as_deref(), Some("2024-05-01 12:00:00"));
        assert_eq!(calendar(-1).as_deref(), Some("1969-12-31 23:59:59"));
        assert_eq!(calendar(951_782_400).as_deref(), Some("2000-02-29 00:00:00"));
        assert_eq!(calendar(i128::MAX), None);
    }

    proptest! {
        #[test]
        fn a_scaled_number_is_what_its_text_reads_as(n in any::<i64>(), decimals in 0_u32..40) {
            let text: f64 = format!("{n}e-{decimals}").parse().unwrap();
            prop_assert_eq!(scaled(n.into(), decimals), text);
        }
    }
}
