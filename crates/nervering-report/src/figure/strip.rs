//! Accuracy of every fit on every evaluated animal as a dot: one strip per model and training size,
//! one lane in it per kind of evaluated frames, with the mean as a line.

use super::drawn::{Figure, animals};
use super::panels::Room;
use super::scores::{Data, across};
use crate::draw::{Canvas, LARGE_TYPE, Paint, Panel, Stroke, Text, fitted};
use crate::palette::{self, Rgb};

const LEFT: f64 = 96.;
const LANE: f64 = 13.;

/// Draws the strips over two columns, the models of one training size together.
pub fn draw(data: &Data) -> Figure {
    draw_in(data, Room::Journal)
}

/// The same for a page of another width.
pub(crate) fn draw_in(data: &Data, room: Room) -> Figure {
    let whole = room.two_columns();
    let (kinds, sizes, models) = (data.kinds(), data.sizes(), data.models());
    let has = |model: &str, size: usize| {
        data.scores.iter().any(|score| score.model == model && score.n_trained == size)
    };
    let strips: Vec<(&str, usize)> = sizes
        .iter()
        .flat_map(|&size| models.iter().map(move |&model| (model, size)))
        .filter(|&(model, size)| has(model, size))
        .collect();
    let key: Vec<(String, Paint)> =
        kinds.iter().enumerate().map(|(k, kind)| (kind.to_string(), lane_paint(k))).collect();
    let top = Canvas::new(0., 0.).key(LEFT, 8., whole - LEFT, &key) + 2.;
    let strip = (LANE * kinds.len() as f64 + 6.).max(20.);
    let bottom = top + strip * strips.len() as f64;
    let mut canvas = Canvas::new(whole, bottom + 24.);
    canvas.key(LEFT, 8., whole - LEFT, &key);
    let size = (whole - LEFT - 10., bottom - top);
    let panel = Panel::new((LEFT, top), size, (100. * data.lowest(), 100.), (0., 1.));
    let ticks = panel.x.ticks(if room == Room::Phone { 3 } else { 8 });
    for (value, _) in &ticks {
        let x = panel.x.at(*value);
        canvas.line([(x, top), (x, bottom)], Stroke::new(Paint::Faint, 0.5));
    }
    for (row, &(model, n_trained)) in strips.iter().enumerate() {
        let y = top + strip * row as f64;
        if row > 0 && strips[row - 1].1 != n_trained {
            canvas.line([(4., y), (panel.right(), y)], Stroke::new(Paint::Soft, 0.5));
        }
        let name = fitted(model, LARGE_TYPE, LEFT - 12.);
        canvas.text(Text::new(4., y + strip / 2. - 1., name).bold().size(LARGE_TYPE));
        let trained = format!("trained on {}", animals(n_trained));
        canvas.text(Text::new(4., y + strip / 2. + 8., trained).paint(Paint::Soft));
        for (lane, kind) in kinds.iter().enumerate() {
            let centre = y + 3. + LANE * (lane as f64 + 0.5);
            let of_lane = data.scores.iter().filter(|score| {
                score.model == model && score.n_trained == n_trained && score.on == *kind
            });
            for score in of_lane {
                let singles = score.singles.iter().enumerate();
                let dots = singles.map(|(k, &single)| {
                    (panel.x.clamped(100. * single), centre + 0.36 * LANE * across(k))
                });
                canvas.dots(dots.collect(), 1.2, lane_paint(lane), 0.4);
                if let Some(mean) = score.mean {
                    let x = panel.x.clamped(100. * mean);
                    let ends = [(x, centre - 0.5 * LANE), (x, centre + 0.5 * LANE)];
                    canvas.line(ends, Stroke::new(Paint::Paper, 3.2));
                    canvas.line(ends, Stroke::new(lane_paint(lane), 1.8));
                }
            }
        }
    }
    panel.x_axis(&mut canvas, &ticks, &format!("{}, %", data.measure));
    let alt = format!(
        "{} of {} as dots, one per fit and evaluated animal, with means.",
        data.measure,
        models.join(", ")
    );
    let details = format!(
        "One dot per fit and evaluated animal; a line at the mean over {}. In %.",
        data.over
    );
    Figure::new(&data.about, canvas, data.csv(), &alt, &details)
}

/// Lanes are kinds of evaluated frames, and neither states nor models.
fn lane_paint(lane: usize) -> Paint {
    const LANES: [Rgb; 3] = [[0xa0, 0x6a, 0x0c], [0x1f, 0x83, 0xd6], [0x2e, 0x8b, 0x57]];
    Paint::Colour(LANES.get(lane).copied().unwrap_or(palette::UNKNOWN))
}
