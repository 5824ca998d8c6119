//! Every colour that means something: one per behaviour state, model and animal, the same in every
//! figure and in the page, and the two maps from numbers to colours.
//!
//! States and models are told apart by those who do not see red or green: the colours of things
//! that stand in one figure differ in lightness too, which the tests compute. Forward states are
//! blue, reverse states run from yellow to brown, turns are green and purple. A laboratory's own states
//! are dealt colours of a list, each time the one that is farthest from all that are taken for those
//! who see least of the difference ([`crate::vision`]).

use crate::draw::dash::Dash;
pub(crate) use crate::rgb::Rgb;
use crate::rgb::linear;
use crate::vision;

/// What is not known.
pub(crate) const UNKNOWN: Rgb = rgb(0xb8b8b8);

/// A model of unknown name: none that has a colour.
const OTHER_MODELS: [Rgb; 6] =
    [rgb(0x332288), rgb(0x88ccee), rgb(0x117733), rgb(0xddcc77), rgb(0x882255), rgb(0x999933)];

/// What states that are none of the paper's get: from the qualitative schemes of Paul Tol
/// (<https://sronpersonalpages.nl/~pault/>), without those that are too light for paper, and with five
/// darker ones that still stand out in the dark.
const OTHER_STATES: [Rgb; 24] = [
    rgb(0x4b3fb0),
    rgb(0xddcc77),
    rgb(0x88ccee),
    rgb(0x882255),
    rgb(0x44aa99),
    rgb(0x999933),
    rgb(0xaa4499),
    rgb(0x77aadd),
    rgb(0xee8866),
    rgb(0x44bb99),
    rgb(0xbbcc33),
    rgb(0xaaaa00),
    rgb(0x0077bb),
    rgb(0x33bbee),
    rgb(0x009988),
    rgb(0xee7733),
    rgb(0xcc3311),
    rgb(0xee3377),
    rgb(0x1a56a0),
    rgb(0xddaa33),
    rgb(0xbb5566),
    rgb(0x2d6666),
    rgb(0x7a3b3b),
    rgb(0x666633),
];

/// A line that points at something, and gap junctions: the colours of reverse states.
pub(crate) const REVERSE: Rgb = rgb(0xc8501a);
pub(crate) const REVERSE_2: Rgb = rgb(0xe98a1c);

/// The colour of a state of the paper, by its short or long name in any of the three codings.
pub(crate) fn state(name: &str) -> Option<Rgb> {
    Some(match name.to_ascii_lowercase().as_str() {
        "fwd" | "forward" => rgb(0x2a7fc9),
        "slow" | "slowing" => rgb(0x7cc4f0),
        "dt" | "dorsal turn" | "dorsal" => rgb(0x0b8a66),
        "vt" | "ventral turn" | "ventral" => rgb(0x9b3a87),
        "turn" => rgb(0x9c9440),
        "rev1" | "reverse 1" => rgb(0xf4c542),
        "rev2" | "reverse 2" => REVERSE_2,
        "revsus" | "sustained reverse" => rgb(0xa8410c),
        "rev" | "reverse" => REVERSE,
        "nostate" | "unknown" => UNKNOWN,
        _ => return None,
    })
}

/// Colours for `n` other states beside these, none twice while there are any left, the most distinct
/// first: up to nine are told apart beside the paper's four states, whatever a reader sees. After
/// all have been dealt they begin again.
pub(crate) fn others(taken: &[Rgb], n: usize) -> Vec<Rgb> {
    let mut left = OTHER_STATES.to_vec();
    let nearest = |colour: Rgb, taken: &[Rgb]| {
        let distances = taken.iter().map(|&taken| vision::contrast(colour, taken));
        distances.fold(vision::contrast(colour, UNKNOWN), f64::min)
    };
    let mut dealt = Vec::new();
    while dealt.len() < n.min(OTHER_STATES.len()) {
        let taken: Vec<Rgb> = taken.iter().chain(&dealt).copied().collect();
        let far = |&(_, &colour): &(usize, &Rgb)| nearest(colour, &taken);
        // Of several equally far ones the first.
        let best = left.iter().enumerate().rev().max_by(|a, b| far(a).total_cmp(&far(b)));
        let Some((at, _)) = best else { break };
        dealt.push(left.remove(at));
    }
    dealt.iter().copied().cycle().take(n).collect()
}

/// The colour of a model: graph networks are blue and violet, perceptrons orange and brown, direct
/// decoders green, other graph layers red and purple, baselines grey. The sibling of the paper's
/// text is the lighter one. A network has one colour, whether it decodes or forecasts; the greys of
/// baselines of forecasts are told apart by [`dash`].
pub(crate) fn model(name: &str) -> Rgb {
    // What stands after the name says how it was evaluated.
    let name = name.split(',').next().unwrap_or(name);
    let named = MODELS.iter().find(|(named, _)| *named == name);
    named.map_or_else(|| other_model(name), |(_, colour)| *colour)
}

/// What is compared with each other and is no model.
const CONDITIONS: [(&str, Rgb); 7] = [
    // Whose onsets a template is the mean of.
    ("its own other onsets", rgb(0x1c6bb8)),
    ("one other animal", rgb(0xc97b12)),
    ("all other animals", rgb(0x23855c)),
    // What the states ahead, or a switch, are told from.
    ("states alone", rgb(0x8e5bb0)),
    ("state stays", rgb(0x5a5a5a)),
    // Which neurons are read.
    ("chosen one by one", rgb(0xb3402e)),
    ("all neurons", rgb(0x707070)),
];

/// The colour of a condition, or of the model of that name.
pub(crate) fn condition(name: &str) -> Rgb {
    let named = CONDITIONS.iter().find(|(named, _)| *named == name);
    named.map_or_else(|| model(name), |(_, colour)| *colour)
}

/// How the line of a model or condition is broken: those of baselines are.
pub(crate) fn dash(name: &str) -> Dash {
    match name {
        "states alone" => Dash::Dashed,
        "state stays" => Dash::Dotted,
        "all neurons" => Dash::Long,
        "var" => Dash::Long,
        "ar" => Dash::Dashed,
        "damped-copy" => Dash::Mixed,
        "copy" | "majority" => Dash::Dotted,
        "mean" => Dash::Sparse,
        _ => Dash::Solid,
    }
}

/// Every name that a model goes by.
const MODELS: [(&str, Rgb); 60] = [
    ("majority", rgb(0x9a9a9a)),
    ("mean", rgb(0xa6a6a6)),
    ("copy", rgb(0x919191)),
    ("damped-copy", rgb(0x7c7c7c)),
    ("ar", rgb(0x666666)),
    ("var", rgb(0x4e4e4e)),
    ("linear", rgb(0x3a9d6a)),
    ("linear-adapted", rgb(0x1b6e5f)),
    ("analog", rgb(0xc2558a)),
    ("linear-analog", rgb(0x7a2e6b)),
    ("population", rgb(0xc0392b)),
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
    ("gnn-dynamic", rgb(0x1f7f9f)),
    ("gnn-free", rgb(0x3563b8)),
    ("rgnn", rgb(0x6a5fa8)),
    ("rgnn-connectome", rgb(0x9a8fd0)),
    ("lstm", rgb(0xa0522d)),
    ("lstm-causal", rgb(0xc98d6f)),
    ("lstm-gnn", rgb(0x3f7d8c)),
    ("gin-0", rgb(0xcc6677)),
    ("gin-eps", rgb(0xe3a0ab)),
    ("sage", rgb(0x999933)),
    ("gat", rgb(0x882255)),
    ("attention", rgb(0xaa4499)),
    ("tcn", rgb(0x008a7a)),
    ("tcn-causal", rgb(0x5cc2b0)),
    ("tcn-delay-350ms", rgb(0x4bb0a8)),
    ("tcn-delay-1s", rgb(0x2f9c9a)),
    ("tcn-delay-2s", rgb(0x1c7f86)),
    ("tcn-mlp", rgb(0xb5651d)),
    ("tcn-gnn", rgb(0x274d9e)),
    ("tcn-any", rgb(0xc2417a)),
    ("tcn-any-attention", rgb(0xd97fa5)),
    ("tcn-any-gnn", rgb(0x8a2b57)),
    ("logistic-context", rgb(0x6b6b4a)),
    ("logistic-causal", rgb(0x8f8f70)),
    ("svm-context", rgb(0x2f6b3a)),
    ("svm-causal", rgb(0x74a36b)),
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
fn other_model(name: &str) -> Rgb {
    let sum = name.bytes().fold(7usize, |sum, byte| sum.wrapping_mul(31) ^ usize::from(byte));
    OTHER_MODELS[sum % OTHER_MODELS.len()]
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

    /// Two of one set that are nearest to each other.
    fn nearest(names: &[&str], colour: fn(&str) -> Rgb) -> (f64, String) {
        let mut nearest = (f64::INFINITY, String::new());
        for (k, a) in names.iter().enumerate() {
            for b in &names[k + 1..] {
                let distance = vision::distance(colour(a), colour(b));
                if distance < nearest.0 {
                    nearest = (distance, format!("{a} {b}"));
                }
            }
        }
        nearest
    }

    fn known(name: &str) -> Rgb {
        state(name).unwrap()
    }

    #[test]
    fn states_are_told_apart_without_red_or_green() {
        let seven = ["FWD", "SLOW", "DT", "VT", "TURN", "REV1", "REV2", "REVSUS", "NOSTATE"];
        let four = ["forward", "reverse", "dorsal turn", "ventral turn"];
        for names in [&seven[..], &four[..]] {
            let (distance, which) = nearest(names, known);
            assert!(distance > 12., "{which}: {distance:.1}");
        }
    }

    #[test]
    fn other_states_are_told_apart_from_each_other_and_from_those_beside_them() {
        let two = ["FWD", "REV"];
        let four = ["forward", "reverse", "dorsal turn", "ventral turn"];
        let seven = ["FWD", "SLOW", "DT", "VT", "REV1", "REV2", "REVSUS"];
        for (beside, n) in [(&[][..], 13), (&two, 11), (&four, 9), (&seven, 7)] {
            let mut all: Vec<Rgb> = beside.iter().map(|name| known(name)).collect();
            let dealt = others(&all, n);
            all.push(UNKNOWN);
            for (k, &colour) in dealt.iter().enumerate() {
                for &other in all.iter().chain(&dealt[..k]) {
                    let distance = vision::distance(colour, other);
                    assert!(distance > 12., "{k} beside {beside:?}: {distance:.1}");
                }
            }
        }
    }

    #[test]
    fn as_many_states_as_there_can_be_have_colours_none_twice_while_there_are_any_left() {
        let dealt = others(&[], 64);
        let all: std::collections::BTreeSet<Rgb> = dealt[..24].iter().copied().collect();
        assert_eq!((dealt.len(), all.len()), (64, 24));
        assert_eq!(dealt[..24], dealt[24..48], "and then again");
        assert_eq!(others(&[], 3), dealt[..3], "further ones change no earlier one");
        let every = ["FWD", "SLOW", "DT", "VT", "TURN", "REV1", "REV2", "REVSUS", "REV"];
        assert!(every.iter().all(|name| !OTHER_STATES.contains(&known(name))));
    }

    #[test]
    fn lines_of_other_states_stand_out_on_paper_and_in_the_dark() {
        for colour in OTHER_STATES {
            let paper = 1.05 / (luminance(colour) + 0.05);
            let dark = (luminance(colour) + 0.05) / (luminance(rgb(0x15181b)) + 0.05);
            assert!(paper > 1.6 && dark > 2., "{colour:?}: {paper:.2}, {dark:.2}");
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
    fn conditions_are_told_apart_from_each_other_and_from_models_beside_them() {
        let onset = ["its own other onsets", "one other animal", "all other animals"];
        let ahead = ["adm", "states alone", "state stays"];
        let neurons = ["chosen one by one", "all neurons"];
        for names in [&onset[..], &ahead, &neurons] {
            let (distance, which) = nearest(names, condition);
            assert!(distance > 10., "{which}: {distance:.1}");
        }
        for (name, colour) in CONDITIONS {
            let paper = 1.05 / (luminance(colour) + 0.05);
            let dark = (luminance(colour) + 0.05) / (luminance(rgb(0x15181b)) + 0.05);
            let least = if dash(name) == Dash::Solid { 2.4 } else { 2. };
            assert!(paper > least && dark > 2., "{name}: {paper:.2}, {dark:.2}");
        }
    }

    #[test]
    fn no_two_models_or_conditions_have_one_colour() {
        let all = MODELS.iter().chain(&CONDITIONS);
        let mut colours: Vec<Rgb> = all.map(|named| named.1).collect();
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
        for colour in names.map(known).into_iter().chain(["gnn", "mlp", "svm"].map(model)) {
            let paper = 1.05 / (luminance(colour) + 0.05);
            assert!(paper > 2.4, "{colour:?} on paper: {paper:.2}");
        }
        for (name, colour) in MODELS {
            let dark = (luminance(colour) + 0.05) / (luminance(rgb(0x15181b)) + 0.05);
            assert!(dark > 2., "{name} in the dark: {dark:.2}");
        }
    }
}
