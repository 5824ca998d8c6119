//! How far apart two colours look, to those who see red and green and to those who do not.

use crate::rgb::{Rgb, linear};

/// How a colour looks without the receptors of long (0) or middle (1) wavelengths, as linear light:
/// matrices of Machado, Oliveira & Fernandes 2009, severity 1.
const DICHROMATS: [[[f64; 3]; 3]; 2] = [
    [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
];

/// Distance in CIELAB (ΔE of 1976), the smallest of what trichromats and either dichromat see. From
/// about 12 on, colours of thin lines are told apart.
#[cfg(test)]
pub(crate) fn distance(a: Rgb, b: Rgb) -> f64 {
    distances(a, b).into_iter().fold(f64::INFINITY, f64::min)
}

/// The same where trichromats, who see most differences as larger, are asked for more of them: by this
/// colours are chosen that are unlike for everyone, and not as near for most as for a few.
pub(crate) fn contrast(a: Rgb, b: Rgb) -> f64 {
    let [trichromat, protanope, deuteranope] = distances(a, b);
    (0.6 * trichromat).min(protanope).min(deuteranope)
}

/// What trichromats, protanopes and deuteranopes see.
fn distances(a: Rgb, b: Rgb) -> [f64; 3] {
    let light = |colour: Rgb| colour.map(|channel| linear(f64::from(channel) / 255.));
    let (a, b) = (light(a), light(b));
    let between = |a: [f64; 3], b: [f64; 3]| {
        let squares = lab(a).into_iter().zip(lab(b)).map(|(a, b)| (a - b).powi(2));
        squares.sum::<f64>().sqrt()
    };
    let seen = |matrix: [[f64; 3]; 3], light: [f64; 3]| {
        matrix.map(|row| row.iter().zip(light).map(|(a, b)| a * b).sum::<f64>())
    };
    let [protanope, deuteranope] =
        DICHROMATS.map(|matrix| between(seen(matrix, a), seen(matrix, b)));
    [between(a, b), protanope, deuteranope]
}

/// CIELAB under D65, from linear light.
fn lab([r, g, b]: [f64; 3]) -> [f64; 3] {
    let f = |t: f64| if t > 0.008856 { t.cbrt() } else { 7.787 * t + 16. / 116. };
    let x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
    let y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
    let z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
    [116. * y - 16., 500. * (x - y), 200. * (y - z)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_and_white_are_a_hundred_apart_and_red_and_green_near_for_dichromats() {
        let (black, white) = ([0, 0, 0], [255, 255, 255]);
        assert!((distance(black, white) - 100.).abs() < 0.5, "{}", distance(black, white));
        assert_eq!(distance(white, white), 0.);
        // Red and a green that protanopes take for it: far apart for trichromats alone.
        let (red, green) = ([0xb0, 0x30, 0x30], [0x50, 0x50, 0x2c]);
        let [trichromat, protanope, _] = distances(red, green);
        assert!(protanope < 0.5 * trichromat, "{protanope:.0} of {trichromat:.0}");
        assert_eq!(contrast(red, green), protanope);
    }
}
