//! Sizes and colours as `kuva` takes them.

use super::Paint;
use super::svg::on_paper;
use kuva::render::color::Color;

/// `kuva` takes sizes of type as whole numbers: its scene is in hundredths of a point.
pub(super) const UNIT: f64 = 100.;

pub(super) fn colour(paint: Paint) -> Color {
    let [r, g, b] = on_paper(paint);
    Color::Rgb(r, g, b)
}
