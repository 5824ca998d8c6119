//! Colours as numbers.

/// Red, green and blue of sRGB.
pub(crate) type Rgb = [u8; 3];

/// An sRGB channel in [0, 1] as a quantity of light.
pub(crate) fn linear(channel: f64) -> f64 {
    if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
}
