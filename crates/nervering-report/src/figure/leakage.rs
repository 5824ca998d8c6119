//! What a leaking protocol claims beside what a strict one finds: a line per model from the one
//! score to the other, with every fit as a dot.

use super::drawn::{About, Figure, csv, number};
use super::panels::Room;
use super::scores::across;
use crate::draw::{Canvas, LARGE_TYPE, Paint, Panel, Stroke, Text, fitted};
use crate::palette;
use serde::{Deserialize, Serialize};

/// The same models under two protocols.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Caption.
    pub about: About,
    /// What a score is: `accuracy on test folds`. Scores are in [0, 1], drawn in %.
    pub measure: String,
    /// The protocol that leaks: `shuffled windows`.
    pub leaking: String,
    /// The protocol that does not: `contiguous blocks with gaps`.
    pub strict: String,
    /// One per model.
    pub models: Vec<Pair>,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// The model.
    pub model: String,
    /// Under the protocol that leaks.
    pub leaking: Score,
    /// Under the strict one.
    pub strict: Score,
}

/// Scores under one protocol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// Mean in [0, 1].
    pub mean: f64,
    /// Every single value, in [0, 1].
    pub singles: Vec<f64>,
}

const LEFT: f64 = 92.;
const RIGHT: f64 = 74.;
const ROW: f64 = 24.;

/// Draws a row per model over two columns; the difference stands at the right.
pub fn draw(data: &Data) -> Figure {
    draw_in(data, Room::Journal)
}

/// The same for a page of another width.
pub(crate) fn draw_in(data: &Data, room: Room) -> Figure {
    let whole = room.two_columns();
    // On a phone the second entry of the key stands below the first.
    let (beside, below, words) =
        if room == Room::Phone { (0., 10., 140.) } else { (200., 0., 180.) };
    let top = 24. + below;
    let bottom = top + ROW * data.models.len() as f64;
    let mut canvas = Canvas::new(whole, bottom + 24.);
    canvas.dots(vec![(LEFT + 3., 5.5)], 2.6, Paint::Soft, 1.);
    canvas.dots(vec![(LEFT + 3., 5.5)], 1.6, Paint::Paper, 1.);
    let leaking = fitted(&data.leaking, 7., words);
    canvas.text(Text::new(LEFT + 9., 8., leaking));
    canvas.dots(vec![(LEFT + 3. + beside, 5.5 + below)], 2.6, Paint::Soft, 1.);
    canvas.text(Text::new(LEFT + 9. + beside, 8. + below, fitted(&data.strict, 7., words)));
    let all = data.models.iter().flat_map(|pair| [&pair.leaking, &pair.strict]);
    let lowest = all.flat_map(|score| score.singles.iter().chain([&score.mean]));
    let lowest = lowest.copied().filter(|v| v.is_finite()).fold(0.7, f64::min);
    let from = ((lowest * 10. + 1e-9).floor() * 10.).clamp(0., 70.);
    let size = (whole - LEFT - RIGHT, bottom - top);
    let panel = Panel::new((LEFT, top), size, (from, 100.), (0., 1.));
    let ticks = panel.x.ticks(if room == Room::Phone { 2 } else { 6 });
    for (value, _) in &ticks {
        let x = panel.x.at(*value);
        canvas.line([(x, top), (x, bottom)], Stroke::new(Paint::Faint, 0.5));
    }
    canvas.text(Text::new(panel.right() + 8., top - 6., "difference").paint(Paint::Soft));
    for (k, pair) in data.models.iter().enumerate() {
        let y = top + ROW * (k as f64 + 0.5);
        let paint = Paint::Colour(palette::model(&pair.model));
        let name = fitted(&pair.model, LARGE_TYPE, LEFT - 10.);
        canvas.text(Text::new(4., y + 2.8, name).bold().size(LARGE_TYPE));
        for (score, side) in [(&pair.leaking, -1.), (&pair.strict, 1.)] {
            let dots = score.singles.iter().enumerate().map(|(k, &single)| {
                (panel.x.clamped(100. * single), y + side * (5.5 + 2.6 * across(k)))
            });
            canvas.dots(dots.collect(), 0.9, paint, 0.4);
        }
        let x = |score: &Score| panel.x.clamped(100. * score.mean);
        let (from, to) = (x(&pair.leaking), x(&pair.strict));
        canvas.line([(from, y), (to, y)], Stroke::new(paint, 1.4));
        canvas.dots(vec![(from, y)], 3., paint, 1.);
        canvas.dots(vec![(from, y)], 1.7, Paint::Paper, 1.);
        canvas.dots(vec![(to, y)], 3., paint, 1.);
        let difference = 100. * (pair.strict.mean - pair.leaking.mean);
        let sign = if difference < 0. { "−" } else { "+" };
        let text = format!("{sign}{:.1} points", difference.abs());
        canvas.text(Text::new(panel.right() + 8., y + 2.4, text));
    }
    panel.x_axis(&mut canvas, &ticks, &format!("{}, %", data.measure));
    let models: Vec<&str> = data.models.iter().map(|pair| pair.model.as_str()).collect();
    let alt = format!(
        "{} of {} under two protocols, {} and {}, joined by a line per model.",
        data.measure,
        models.join(", "),
        data.leaking,
        data.strict
    );
    let details = format!(
        "Ring and dots above: {}; disc and dots below: {}. Large: mean; small: every value. In %; \
         the axis need not begin at zero.",
        data.leaking, data.strict
    );
    Figure::new(&data.about, canvas, table(data), &alt, &details)
}

fn table(data: &Data) -> String {
    let rows = data.models.iter().flat_map(|pair| {
        [(&data.leaking, &pair.leaking), (&data.strict, &pair.strict)].into_iter().flat_map(
            move |(protocol, score)| {
                let row = |quantity: &str, value: f64| {
                    vec![pair.model.clone(), protocol.clone(), quantity.to_owned(), number(value)]
                };
                let singles = score.singles.iter().map(move |&value| row("single", value));
                [row("mean", score.mean)].into_iter().chain(singles).collect::<Vec<_>>()
            },
        )
    });
    csv(&["model", "protocol", "quantity", "value"], rows)
}
