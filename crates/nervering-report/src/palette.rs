//! Every colour that means something: one per behaviour state, model and animal, the same in every
//! figure and in the page, and the two maps from numbers to colours.
//!
//! States and models are told apart by those who do not see red or green: the colours of things
//! that stand in one figure differ in lightness too, which the tests compute. Forward states are
//! blue, reverse states run from yellow to brown, turns are green and purple.

use crate::draw::Dash;

/// Red, green and blue of sRGB.
pub(crate) type Rgb = [u8; 3];

/// What is not known.
pub(crate) const UNKNOWN: Rgb = rgb(0xb8b8b8);

/// A state of unknown name: none that has a colour.
const OTHERS: [Rgb; 6] =
    [rgb(0x332288), rgb(0x88ccee), rgb(0x117733), rgb(0xddcc77), rgb(0x882255), rgb(0x999933)];

/// The colour of a state, by its short or long name in any of the three codings.
pub(crate) fn state(name: &str) -> Rgb {
    match name.to_ascii_lowercase().as_str() {
        "fwd" | "forward" => rgb(0x2a7fc9),
        "slow" | "slowing" => rgb(0x7cc4f0),
        "dt" | "dorsal turn" | "dorsal" => rgb(0x0b8a66),
        "vt" | "ventral turn" | "ventral" => rgb(0x9b3a87),
        "turn" => rgb(0x9c9440),
        "rev1" | "reverse 1" => rgb(0xf4c542),
        "rev2" | "reverse 2" => rgb(0xe98a1c),
        "revsus" | "sustained reverse" => rgb(0xa8410c),
        "rev" | "reverse" => rgb(0xc8501a),
        "nostate" | "unknown" => UNKNOWN,
        _ => other(name),
    }
}

/// The colour of a model: graph networks are blue and violet, perceptrons orange and brown, direct
/// decoders green, other graph layers red and purple, baselines grey. The sibling of the paper's
/// text is the lighter one. A network has one colour, whether it decodes or forecasts; the greys of
/// baselines of forecasts are told apart by [`dash`].
pub(crate) fn model(name: &str) -> Rgb {
    let named = MODELS.iter().find(|(named, _)| *named == name);
    named.map_or_else(|| other(name), |(_, colour)| *colour)
}

/// How the line of a model is broken: those of baselines are.
pub(crate) fn dash(name: &str) -> Dash {
    match name {
        "var" => Dash::Long,
        "ar" => Dash::Dashed,
        "damped-copy" => Dash::Mixed,
        "copy" | "majority" => Dash::Dotted,
        "mean" => Dash::Sparse,
        _ => Dash::Solid,
    }
}

/// Every name that a model goes by.
const MODELS: [(&str, Rgb); 35] = [
    ("majority", rgb(0x9a9a9a)),
    ("mean", rgb(0xa6a6a6)),
    ("copy", rgb(0x919191)),
    ("damped-copy", rgb(0x7c7c7c)),
    ("ar", rgb(0x666666)),
    ("var", rgb(0x4e4e4e)),
    ("logistic", rgb(0x555555)),
    ("lda", rgb(0x7d7248)),
    ("svm", rgb(0x117733)),
    ("svm-linear", rgb(0x6fb582)),
    ("adm", rgb(0x44aa99)),
    ("mlp", rgb(0xd9660b)),
    ("mlp-text", rgb(0xf2b279)),
    ("mlp-norm", rgb(0xa63f00)),
    ("mlp-wide", rgb(0xe88f4a)),
    ("node-mlp", rgb(0xddcc77)),
    ("node-mlp-shared", rgb(0xb39a2e)),
    ("lstm-mlp", rgb(0x8f4a2c)),
    ("gnn", rgb(0x0b5fa5)),
    ("gnn-text", rgb(0x86bfe8)),
    ("gnn-static", rgb(0x5f9fd0)),
    ("gnn-connectome", rgb(0x5f45c4)),
    ("gnn-shuffled", rgb(0x8d7fd6)),
    ("gnn-random", rgb(0xb7addf)),
    ("gnn-uniform", rgb(0x4fa3b8)),
    ("gnn-self", rgb(0x9fd3de)),
    ("gnn-onehot", rgb(0x3d7ea6)),
    ("gnn-2step", rgb(0x2b3fae)),
    ("gnn-sum", rgb(0x5b8fd9)),
    ("lstm-gnn", rgb(0x3f7d8c)),
    ("gin-0", rgb(0xcc6677)),
    ("gin-eps", rgb(0xe3a0ab)),
    ("sage", rgb(0x999933)),
    ("gat", rgb(0x882255)),
    ("attention", rgb(0xaa4499)),
];

/// The colour of an animal by its place in the study.
pub(crate) fn animal(at: usize) -> Rgb {
    const ANIMALS: [Rgb; 7] = [
        rgb(0x5b4fb3),
        rgb(0x44aa99),
        rgb(0xcc6677),
        rgb(0xb89b2f),
        rgb(0x6699cc),
        rgb(0x882255),
        rgb(0x117733),
    ];
    ANIMALS[at % ANIMALS.len()]
}

/// The same colour for the same name, whatever stands beside it.
fn other(name: &str) -> Rgb {
    let sum = name.bytes().fold(7usize, |sum, byte| sum.wrapping_mul(31) ^ usize::from(byte));
    OTHERS[sum % OTHERS.len()]
}

/// The sequential map, from [0, 1]: cividis (Nuñez et al. 2018), made for colour-blind readers.
pub(crate) fn sequential(value: f64) -> Rgb {
    const CIVIDIS: [Rgb; 9] = [
        rgb(0x00224e),
        rgb(0x123570),
        rgb(0x3b496c),
        rgb(0x575d6d),
        rgb(0x707173),
        rgb(0x8a8678),
        rgb(0xa59c74),
        rgb(0xc3b369),
        rgb(0xfee838),
    ];
    between(&CIVIDIS, value)
}

/// From paper to ink, from [0, 1]: for matrices in which a cell carries a number.
pub(crate) fn shade(value: f64) -> Rgb {
    const BLUES: [Rgb; 5] =
        [rgb(0xffffff), rgb(0xd6e4f2), rgb(0x93bcdf), rgb(0x3f84bd), rgb(0x0a3f78)];
    between(&BLUES, value)
}

/// Black or white, whichever is read better on a colour: the border is the geometric mean of
/// (1 + 0.05) and (0 + 0.05), less 0.05 (WCAG 2.2).
pub(crate) fn readable_on(colour: Rgb) -> Rgb {
    if luminance(colour) > 0.179 { rgb(0x000000) } else { rgb(0xffffff) }
}

/// Relative luminance in [0, 1] (WCAG 2.2).
pub(crate) fn luminance(colour: Rgb) -> f64 {
    let [r, g, b] = colour.map(|channel| linear(f64::from(channel) / 255.));
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// An sRGB channel in [0, 1] as a quantity of light.
fn linear(channel: f64) -> f64 {
    if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
}

fn between(colours: &[Rgb], value: f64) -> Rgb {
    let at = value.clamp(0., 1.) * (colours.len() - 1) as f64;
    let low = (at as usize).min(colours.len() - 2);
    let part = at - low as f64;
    let mix = |k: usize| {
        let (from, to) = (f64::from(colours[low][k]), f64::from(colours[low + 1][k]));
        (from + part * (to - from)).round() as u8
    };
    [mix(0), mix(1), mix(2)]
}

const fn rgb(hex: u32) -> Rgb {
    [(hex >> 16) as u8, (hex >> 8) as u8, hex as u8]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How the colour looks without the receptors of long (0) or middle (1) wavelengths: matrices
    /// of Machado, Oliveira & Fernandes 2009, severity 1, on linear light.
    fn as_seen_by(dichromat: usize, colour: Rgb) -> [f64; 3] {
        const MATRICES: [[[f64; 3]; 3]; 2] = [
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
        let light = colour.map(|channel| linear(f64::from(channel) / 255.));
        MATRICES[dichromat].map(|row| row.iter().zip(light).map(|(a, b)| a * b).sum())
    }

    /// CIELAB under D65, from linear light.
    fn lab([r, g, b]: [f64; 3]) -> [f64; 3] {
        let f = |t: f64| if t > 0.008856 { t.cbrt() } else { 7.787 * t + 16. / 116. };
        let x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
        let y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
        let z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
        [116. * y - 16., 500. * (x - y), 200. * (y - z)]
    }

    fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
    }

    /// Two of one set that are nearest to each other, for either dichromat.
    fn nearest(names: &[&str], colour: fn(&str) -> Rgb) -> (f64, String) {
        let mut nearest = (f64::INFINITY, String::new());
        for dichromat in 0..2 {
            let seen = |name: &str| lab(as_seen_by(dichromat, colour(name)));
            for (k, a) in names.iter().enumerate() {
                for b in &names[k + 1..] {
                    let distance = distance(seen(a), seen(b));
                    if distance < nearest.0 {
                        nearest = (distance, format!("{a} {b} to dichromat {dichromat}"));
                    }
                }
            }
        }
        nearest
    }

    #[test]
    fn states_are_told_apart_without_red_or_green() {
        let seven = ["FWD", "SLOW", "DT", "VT", "TURN", "REV1", "REV2", "REVSUS", "NOSTATE"];
        let four = ["forward", "reverse", "dorsal turn", "ventral turn"];
        for names in [&seven[..], &four[..]] {
            let (distance, which) = nearest(names, state);
            assert!(distance > 12., "{which}: {distance:.1}");
        }
    }

    #[test]
    fn models_are_told_apart_without_red_or_green() {
        // Those of the paper. All that there are cannot be: figures that hold more name each.
        let paper = ["majority", "logistic", "svm", "mlp-text", "mlp", "gnn-text", "gnn"];
        let wiring = ["majority", "mlp", "gnn", "gnn-connectome", "gnn-shuffled", "gnn-uniform"];
        let forecasts = ["copy", "mlp", "node-mlp", "gnn", "lstm-mlp", "lstm-gnn"];
        for names in [&paper[..], &wiring, &forecasts] {
            let (distance, which) = nearest(names, model);
            assert!(distance > 10., "{which}: {distance:.1}");
        }
    }

    #[test]
    fn greys_of_forecasts_have_dashes_of_their_own_and_stand_out_in_the_dark_too() {
        let baselines = ["copy", "mean", "damped-copy", "ar", "var"];
        for (k, name) in baselines.iter().enumerate() {
            assert!(dash(name) != Dash::Solid);
            assert!(baselines[k + 1..].iter().all(|other| dash(other) != dash(name)), "{name}");
            let dark = luminance(rgb(0x15181b)) + 0.05;
            let (line, paper) = (luminance(model(name)) + 0.05, 1.05);
            assert!(paper / line > 2.4 && line / dark > 2., "{name}");
        }
    }

    #[test]
    fn no_two_models_have_one_colour() {
        let mut colours: Vec<Rgb> = MODELS.iter().map(|model| model.1).collect();
        let n = colours.len();
        colours.sort_unstable();
        colours.dedup();
        assert_eq!(colours.len(), n);
    }

    #[test]
    fn text_on_a_shaded_cell_is_readable() {
        for k in 0..=100 {
            let cell = shade(f64::from(k) / 100.);
            let (a, b) = (luminance(cell), luminance(readable_on(cell)));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= 4.5, "{cell:?}: {contrast:.2}");
        }
    }

    #[test]
    fn colours_of_lines_stand_out_on_paper_and_in_the_dark() {
        let names = ["FWD", "DT", "VT", "REV2", "REVSUS", "reverse"];
        for colour in names.map(state).into_iter().chain(["gnn", "mlp", "svm"].map(model)) {
            let paper = 1.05 / (luminance(colour) + 0.05);
            assert!(paper > 2.4, "{colour:?} on paper: {paper:.2}");
        }
        for (name, colour) in MODELS {
            let dark = (luminance(colour) + 0.05) / (luminance(rgb(0x15181b)) + 0.05);
            assert!(dark > 2., "{name} in the dark: {dark:.2}");
        }
    }
}
