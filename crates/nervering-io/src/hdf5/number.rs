//! Numbers as HDF5 describes them, bit by bit: any width up to 16 bytes, either order, integers of
//! any precision, floating-point numbers with any split into sign, exponent and mantissa.
//!
//! Everything becomes the nearest `f64`, ties to even, as libhdf5 and numpy convert it. The widths
//! that files are full of have paths of their own, tested against the general one.

/// Widest number, in bytes: `long double` on most machines, and quadruple precision.
const MAX_BYTES: usize = 16;
/// Exponents of fewer bits are of small formats that spend no code on infinity, and which of them it
/// is the description does not tell.
const MIN_EXPONENT_BITS: u32 = 5;

/// A number type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number {
    /// Bytes of an element.
    pub bytes: usize,
    pub order: Order,
    pub form: Form,
}

/// Which byte comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Little,
    Big,
}

/// What the bits are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Integer { bits: Bits, is_signed: bool },
    Float(Float),
}

/// A run of bits, the lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bits {
    pub offset: u32,
    pub length: u32,
}

/// The parts of a floating-point number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Float {
    /// All bits that count.
    pub bits: Bits,
    /// Place of the sign.
    pub sign: u32,
    pub exponent: Bits,
    pub mantissa: Bits,
    pub bias: u32,
    pub normalization: Normalization,
}

/// Whether the leading 1 of the mantissa stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Normalization {
    Written,
    Implied,
}

const fn ieee(exponent: u32, mantissa: u32, bias: u32) -> Form {
    Form::Float(Float {
        bits: Bits { offset: 0, length: 1 + exponent + mantissa },
        sign: exponent + mantissa,
        exponent: Bits { offset: mantissa, length: exponent },
        mantissa: Bits { offset: 0, length: mantissa },
        bias,
        normalization: Normalization::Implied,
    })
}

const SINGLE: Form = ieee(8, 23, 127);
const DOUBLE: Form = ieee(11, 52, 1023);

impl Bits {
    fn end(self) -> u32 {
        self.offset.saturating_add(self.length)
    }

    fn of(self, word: u128) -> u128 {
        let mask = if self.length >= 128 { u128::MAX } else { (1 << self.length) - 1 };
        if self.offset >= 128 { 0 } else { word >> self.offset & mask }
    }
}

impl Number {
    /// Whether all parts lie within the bytes and mean a number.
    pub(super) fn is_sound(&self) -> bool {
        if !(1..=MAX_BYTES).contains(&self.bytes) {
            return false;
        }
        let n_bits = 8 * self.bytes as u32;
        match self.form {
            Form::Integer { bits, .. } => bits.length > 0 && bits.end() <= n_bits,
            Form::Float(float) => {
                let parts = [float.bits, float.exponent, float.mantissa];
                parts.iter().all(|part| part.length > 0 && part.end() <= n_bits)
                    && float.sign < n_bits
                    && (MIN_EXPONENT_BITS..=15).contains(&float.exponent.length)
                    && float.mantissa.length <= 112
                    && float.bias < 1 << 16
            }
        }
    }

    /// The numbers in some bytes; bytes that make no whole number at the end are left.
    pub(crate) fn decode(&self, bytes: &[u8]) -> Vec<f64> {
        fn each<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f64) -> Vec<f64> {
            bytes.as_chunks().0.iter().map(|&element| number(element)).collect()
        }
        let is_whole = |bits: Bits| bits.offset == 0 && bits.length == 8 * self.bytes as u32;
        match (self.form, self.bytes, self.order) {
            (DOUBLE, 8, Order::Little) => each(bytes, f64::from_le_bytes),
            (DOUBLE, 8, Order::Big) => each(bytes, f64::from_be_bytes),
            (SINGLE, 4, Order::Little) => each(bytes, |b| f32::from_le_bytes(b).into()),
            (SINGLE, 4, Order::Big) => each(bytes, |b| f32::from_be_bytes(b).into()),
            (Form::Integer { bits, is_signed }, 1, _) if is_whole(bits) => match is_signed {
                false => bytes.iter().map(|&byte| byte.into()).collect(),
                true => bytes.iter().map(|&byte| f64::from(byte as i8)).collect(),
            },
            (Form::Integer { bits, is_signed: false }, 2, Order::Little) if is_whole(bits) => {
                each(bytes, |b| u16::from_le_bytes(b).into())
            }
            _ => self.decode_slowly(bytes),
        }
    }

    /// The same for every form.
    fn decode_slowly(&self, bytes: &[u8]) -> Vec<f64> {
        let value = |element: &[u8]| {
            let add = |word: u128, &byte: &u8| word << 8 | u128::from(byte);
            let word = match self.order {
                Order::Little => element.iter().rev().fold(0, add),
                Order::Big => element.iter().fold(0, add),
            };
            match self.form {
                Form::Integer { bits, is_signed } => {
                    let value = bits.of(word);
                    if is_signed && value >> (bits.length - 1) & 1 == 1 {
                        let magnitude = (!value).wrapping_add(1);
                        -(Bits { offset: 0, length: bits.length }.of(magnitude) as f64)
                    } else {
                        value as f64
                    }
                }
                Form::Float(float) => float.value(word),
            }
        };
        bytes.chunks_exact(self.bytes).map(value).collect()
    }
}

impl Float {
    fn value(&self, word: u128) -> f64 {
        let sign = if word >> self.sign & 1 == 1 { -1. } else { 1. };
        let exponent = self.exponent.of(word) as i64;
        let mantissa = self.mantissa.of(word);
        let (n_mantissa, bias) = (i64::from(self.mantissa.length), i64::from(self.bias));
        let is_last = exponent == (1 << self.exponent.length) - 1;
        let (mantissa, scale) = match self.normalization {
            // The leading 1 is part of the mantissa of infinity too.
            Normalization::Written if is_last => {
                let rest = Bits { offset: 0, length: self.mantissa.length - 1 };
                return sign * if rest.of(mantissa) == 0 { f64::INFINITY } else { f64::NAN };
            }
            Normalization::Implied if is_last => {
                return sign * if mantissa == 0 { f64::INFINITY } else { f64::NAN };
            }
            Normalization::Written => (mantissa, exponent.max(1) - bias - (n_mantissa - 1)),
            Normalization::Implied if exponent == 0 => (mantissa, 1 - bias - n_mantissa),
            Normalization::Implied => (mantissa | 1 << n_mantissa, exponent - bias - n_mantissa),
        };
        sign * scaled(mantissa, scale)
    }
}

/// `mantissa` × 2 to the power `scale`, rounded once, ties to even.
fn scaled(mantissa: u128, scale: i64) -> f64 {
    if mantissa == 0 {
        return 0.;
    }
    let top = i64::from(127 - mantissa.leading_zeros()) + scale;
    if top > 1023 {
        return f64::INFINITY;
    }
    // The last bit that the result can hold.
    let last = (top - 52).max(-1074);
    let n_dropped = last - scale;
    let kept = match n_dropped {
        i64::MIN..=0 => mantissa << -n_dropped,
        1..=127 => {
            let (kept, rest) = (mantissa >> n_dropped, mantissa & ((1 << n_dropped) - 1));
            let half = 1 << (n_dropped - 1);
            kept + u128::from(rest > half || rest == half && kept & 1 == 1)
        }
        _ => 0,
    };
    // At most 53 bits, and exact powers: both steps are exact, but for what became too large.
    let (first, second) = (last / 2, last - last / 2);
    kept as f64 * power(first) * power(second)
}

/// 2 to a power from -1022 to 1023.
fn power(exponent: i64) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(bytes: usize, order: Order, form: Form) -> Number {
        Number { bytes, order, form }
    }

    fn integer(bytes: usize, order: Order, bits: Bits, is_signed: bool) -> Number {
        number(bytes, order, Form::Integer { bits, is_signed })
    }

    const HALF: Form = ieee(5, 10, 15);
    const EXTENDED: Form = Form::Float(Float {
        bits: Bits { offset: 0, length: 80 },
        sign: 79,
        exponent: Bits { offset: 64, length: 15 },
        mantissa: Bits { offset: 0, length: 64 },
        bias: 16383,
        normalization: Normalization::Written,
    });

    /// Words that meet every kind of value, and a spread of others.
    fn words() -> impl Iterator<Item = u64> {
        let special = [0, 1, f64::to_bits(1.), f64::to_bits(-0.), f64::to_bits(f64::MAX)];
        let limits = [f64::to_bits(f64::MIN_POSITIVE), f64::to_bits(f64::INFINITY), u64::MAX];
        let spread = (0..20_000u64).map(|k| k.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        special.into_iter().chain(limits).chain(spread)
    }

    fn same(a: f64, b: f64) -> bool {
        a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
    }

    #[test]
    fn the_general_way_agrees_with_the_usual_widths() {
        for order in [Order::Little, Order::Big] {
            let swapped = |bytes: &mut [u8]| {
                if order == Order::Big {
                    bytes.reverse()
                }
            };
            for word in words() {
                let (mut double, mut single) = (word.to_le_bytes(), (word as u32).to_le_bytes());
                swapped(&mut double);
                swapped(&mut single);
                for (bytes, form) in [(&double[..], DOUBLE), (&single[..], SINGLE)] {
                    let number = number(bytes.len(), order, form);
                    let (fast, slow) = (number.decode(bytes)[0], number.decode_slowly(bytes)[0]);
                    assert!(same(fast, slow), "{bytes:02x?}: {fast} and {slow}");
                }
                let whole = Bits { offset: 0, length: 64 };
                let signed = integer(8, order, whole, true).decode(&double)[0];
                assert!(same(signed, word as i64 as f64));
                let unsigned = integer(8, order, whole, false).decode(&double)[0];
                assert!(same(unsigned, word as f64));
            }
        }
    }

    #[test]
    fn half_precision_is_exact() {
        let half = |bits: u16| number(2, Order::Little, HALF).decode(&bits.to_le_bytes())[0];
        let cases = [(0x3c00, 1.), (0x3800, 0.5), (0xc000, -2.), (0x7bff, 65504.)];
        for (bits, value) in cases {
            assert_eq!(half(bits), value);
        }
        assert_eq!(half(0x0001), 2f64.powi(-24));
        assert_eq!(half(0x03ff), 1023. * 2f64.powi(-24));
        assert_eq!((half(0x7c00), half(0xfc00)), (f64::INFINITY, f64::NEG_INFINITY));
        assert!(half(0x7e00).is_nan() && half(0x8000) == 0. && half(0x8000).is_sign_negative());
    }

    #[test]
    fn long_double_rounds_once_to_the_nearest() {
        let value = |exponent: u16, mantissa: u64| {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&mantissa.to_le_bytes());
            bytes[8..10].copy_from_slice(&exponent.to_le_bytes());
            number(16, Order::Little, EXTENDED).decode(&bytes)[0]
        };
        let top = 1 << 63;
        assert_eq!(value(16383, top), 1.);
        assert_eq!(value(16383 | 0x8000, top | 1 << 62), -1.5);
        // Halfway between two doubles, and a bit above.
        assert_eq!(value(16383, top | 1 << 10), 1.);
        assert_eq!(value(16383, top | 1 << 10 | 1), 1. + f64::EPSILON);
        assert_eq!(value(16383, top | 3 << 10), 1. + 2. * f64::EPSILON);
        assert_eq!(value(16383 + 1023, u64::MAX), f64::INFINITY);
        assert_eq!(value(16383 - 1074, top), f64::from_bits(1));
        // Halfway to the smallest double: to even, which is zero.
        assert_eq!(value(16383 - 1075, top), 0.);
        assert_eq!(value(16383 - 1075, top | 1), f64::from_bits(1));
        assert_eq!(value(0x7fff, top), f64::INFINITY);
        assert!(value(0x7fff, top | top >> 1).is_nan());
        assert_eq!(value(0, 0), 0.);
    }

    #[test]
    fn integers_of_odd_widths_and_places() {
        let whole = |n| Bits { offset: 0, length: n };
        assert_eq!(integer(3, Order::Little, whole(24), true).decode(&[0xff; 3]), [-1.]);
        assert_eq!(integer(3, Order::Big, whole(24), false).decode(&[1, 2, 3]), [66051.]);
        assert_eq!(integer(16, Order::Little, whole(128), true).decode(&[0xff; 16]), [-1.]);
        // Twelve bits in the middle of two bytes.
        let middle = Bits { offset: 2, length: 12 };
        let bytes = (0xabc_u16 << 2 | 3).to_le_bytes();
        assert_eq!(integer(2, Order::Little, middle, false).decode(&bytes), [2748.]);
        assert_eq!(integer(2, Order::Little, middle, true).decode(&bytes), [-1348.]);
        assert!(!integer(2, Order::Little, Bits { offset: 6, length: 12 }, false).is_sound());
        assert!(!integer(17, Order::Little, whole(8), false).is_sound());
    }
}
