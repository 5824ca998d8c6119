//! How a quantity of animals stands in tables.

use super::counted;
use crate::cells::{Cell, shown};
use nervering_analysis::OverAnimals;
use nervering_study::Spread;

/// Mean and standard deviation, times `unit`.
pub(super) fn spread(over: &OverAnimals, unit: f64, decimals: u8) -> Cell {
    let of =
        |mean: f64| Cell::Spread { mean: unit * mean, sd: over.sd.map(|sd| unit * sd), decimals };
    over.mean.map_or(Cell::Missing, of)
}

/// `71–83`, the interval of the mean times `unit`.
pub(super) fn ends(over: &OverAnimals, unit: f64, decimals: usize) -> Cell {
    let Some(interval) = over.interval else { return Cell::Missing };
    let [low, high] = [interval.low, interval.high].map(|end| unit * end);
    let dash = if low < 0. || high < 0. { " to " } else { "–" };
    Cell::Text(format!("{}{dash}{}", shown(low, decimals), shown(high, decimals)))
}

/// What so few animals cannot show.
pub(super) fn smallest_p(n_animals: usize) -> String {
    let exponent = i32::try_from(n_animals.clamp(1, 20)).unwrap_or(20);
    format!(
        "p: sign flips of paired differences, the animal as the unit; {} cannot give less than {:.3}.",
        counted(n_animals, "animal"),
        2f64.powi(1 - exponent)
    )
}

/// Of a spread over several.
pub(super) fn deviation(spread: Spread) -> Option<f64> {
    (spread.n > 1).then_some(spread.sd)
}
