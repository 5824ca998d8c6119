//! Accuracy as bars from zero, with the standard deviation as a line and every fit as a dot
//! (Fig 4A).

use super::drawn::Figure;
use super::panels::{Of, Panels, Room};
use super::scores::{Data, Score, across};
use crate::draw::{Canvas, Paint, Panel, Stroke, Text};
use crate::palette;

const LEFT: f64 = 36.;
const HEIGHT: f64 = 120.;
const GAP: f64 = 12.;

/// Draws a panel per kind of evaluated frames, a group of bars per number of animals trained on.
pub fn draw(data: &Data) -> Figure {
    draw_in(data, Room::Journal)
}

/// The same for a page of another width.
pub(crate) fn draw_in(data: &Data, room: Room) -> Figure {
    let (kinds, sizes, models) = (data.kinds(), data.sizes(), data.models());
    let key: Vec<(String, Paint)> = models.iter().map(|&m| (m.to_owned(), paint(m))).collect();
    // Bars have no end to be named at: a key it is, and who draws them draws few models.
    let n_panels = kinds.len().max(2);
    let of = Of { room, n_panels, names: &[], left: LEFT, height: HEIGHT, gap: GAP };
    let draw_key = |canvas: &mut Canvas, x: f64, y: f64, width: f64| canvas.key(x, y, width, &key);
    let panels = Panels::new(&of, draw_key);
    let mut canvas = panels.canvas(draw_key);
    for (at, kind) in kinds.iter().enumerate() {
        let x = (0., sizes.len().max(1) as f64);
        let panel = panels.panel(at, x, (0., 100.));
        let ticks = panel.y.ticks(5);
        panel.grid(&mut canvas, &ticks);
        panel.heading(&mut canvas, kind);
        if panels.has_axis(at) {
            panel.y_axis(&mut canvas, &ticks, &format!("{}, %", data.measure));
        }
        for score in data.scores.iter().filter(|score| score.on == *kind) {
            draw_bar(&mut canvas, &panel, score, &sizes, &models);
        }
        let groups = sizes.iter().enumerate().map(|(k, n)| (k as f64 + 0.5, n.to_string()));
        panel.x_axis(&mut canvas, &groups.collect::<Vec<_>>(), "animals trained on");
    }
    if data.scores.is_empty() {
        canvas.text(Text::new(LEFT, panels.top + 20., "no scores"));
    }
    let alt = format!(
        "Bars of the {} of {}, by the number of animals trained on; evaluated on {}.",
        data.measure,
        models.join(", "),
        kinds.join("; ")
    );
    let details = format!(
        "Bars: mean over {}; lines: ± SD; dots: every fit on every evaluated animal. In %.",
        data.over
    );
    Figure::new(&data.about, canvas, data.csv(), &alt, &details)
}

fn draw_bar(canvas: &mut Canvas, panel: &Panel, score: &Score, sizes: &[usize], models: &[&str]) {
    let group = sizes.iter().position(|&n| n == score.n_trained).unwrap_or(0) as f64;
    let place = models.iter().position(|m| *m == score.model).unwrap_or(0) as f64;
    let slot = 0.84 / models.len().max(1) as f64;
    let left = panel.x.at(group + 0.08 + slot * place);
    let width = panel.x.at(slot) - panel.x.at(0.);
    let centre = left + width / 2.;
    let y = |value: f64| panel.y.clamped(100. * value);
    let paint = paint(&score.model);
    if let Some(mean) = score.mean {
        let (inset, top) = (0.06 * width, y(mean));
        canvas.tint(left + inset, top, 0.88 * width, panel.bottom() - top, paint, 0.35);
        let ends = [(left + inset, top), (left + width - inset, top)];
        canvas.line(ends, Stroke::new(paint, 1.4));
    }
    let dots = score.singles.iter().enumerate();
    let dots = dots.map(|(k, &single)| (centre + 0.36 * width * across(k), y(single)));
    canvas.dots(dots.collect(), (0.1 * width).clamp(0.5, 1.1), paint, 0.5);
    if let (Some(mean), Some(sd)) = (score.mean, score.sd) {
        let line = Stroke::new(Paint::Ink, 0.8);
        canvas.line([(centre, y(mean - sd)), (centre, y(mean + sd))], line);
    }
}

fn paint(model: &str) -> Paint {
    Paint::Colour(palette::model(model))
}
