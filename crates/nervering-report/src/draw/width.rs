//! How wide a text is: advance widths of DejaVu Sans, which PNGs are set in. The sans-serif faces
//! that a reader of the SVG may have are narrower, so what fits here fits there.

/// Advance widths of the characters from space to tilde in thousandths of the type size.
#[rustfmt::skip]
const ADVANCES: [u16; 95] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337,
    636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531,
    1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787,
    603, 787, 695, 635, 611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500,
    500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612,
    635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
];

/// Width in points of a text of `size` points. Characters beyond ASCII count as wide ones.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    let advance = |c: char| {
        let at = (c as usize).checked_sub(0x20).and_then(|at| ADVANCES.get(at));
        at.map_or(if (c as u32) < 0x2e80 { 0.7 } else { 1.1 }, |&w| f64::from(w) / 1000.)
    };
    text.chars().map(advance).sum::<f64>() * size
}

/// The text, or as much of it as fits into `width` points, with an ellipsis.
pub(crate) fn fitted(text: &str, size: f64, width: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = size;
    for c in text.chars() {
        used += text_width(c.encode_utf8(&mut [0; 4]), size);
        if used > width {
            break;
        }
        kept.push(c);
    }
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_to_what_fits() {
        let cut = fitted("a name that nobody would give a neuron", 7., 60.);
        assert!(text_width(&cut, 7.) <= 60. && cut.ends_with('…'), "{cut}");
        assert_eq!(fitted("AVAL", 7., 60.), "AVAL");
        assert_eq!(fitted("神経神経神経", 7., 20.), "神…");
    }
}
