//! Accuracy against the number of animals trained on: means joined by a line, standard deviations,
//! and every fit as a dot (Fig 4A).

use super::drawn::Figure;
use super::panels::{LineEnd, Of, Panels, Room};
use super::scores::{Data, Score, across};
use crate::draw::{Canvas, Dash, Paint, Panel, Stroke};
use crate::palette;

const LEFT: f64 = 36.;
const HEIGHT: f64 = 130.;
const GAP: f64 = 12.;

/// Draws a panel per kind of evaluated frames; a single one takes one column.
pub fn draw(data: &Data) -> Figure {
    draw_in(data, Room::Journal)
}

/// The same for a page of another width.
pub(crate) fn draw_in(data: &Data, room: Room) -> Figure {
    let (kinds, sizes, models) = (data.kinds(), data.sizes(), data.models());
    let key: Vec<(String, Paint)> = models.iter().map(|&m| (m.to_owned(), paint(m))).collect();
    let n_panels = kinds.len();
    let of = Of { room, n_panels, names: &models, left: LEFT, height: HEIGHT, gap: GAP };
    let draw_key = |canvas: &mut Canvas, x: f64, y: f64, width: f64| canvas.key(x, y, width, &key);
    let panels = Panels::new(&of, draw_key);
    let mut canvas = panels.canvas(draw_key);
    for (at, kind) in kinds.iter().enumerate() {
        let x = (-0.5, sizes.len().max(1) as f64 - 0.5);
        let y = (100. * data.lowest(), 100.);
        let panel = panels.panel(at, x, y);
        let ticks = panel.y.ticks(5);
        panel.grid(&mut canvas, &ticks);
        panel.heading(&mut canvas, kind);
        if panels.has_axis(at) {
            panel.y_axis(&mut canvas, &ticks, &format!("{}, %", data.measure));
        }
        let mut ends = Vec::new();
        for (place, model) in models.iter().enumerate() {
            let dodge = 0.7 * ((place as f64 + 0.5) / models.len() as f64 - 0.5);
            let of_model = |score: &&Score| score.model == *model && score.on == *kind;
            let mut scores: Vec<&Score> = data.scores.iter().filter(of_model).collect();
            scores.sort_by_key(|score| score.n_trained);
            let x = |score: &Score| {
                let at = sizes.iter().position(|&n| n == score.n_trained).unwrap_or(0);
                panel.x.at(at as f64 + dodge)
            };
            let lane = panel.x.at(0.6 / models.len() as f64) - panel.x.at(0.);
            draw_model(&mut canvas, &panel, model, &scores, x, lane);
            let last = scores.iter().rev().find_map(|score| score.mean);
            ends.push(LineEnd {
                y: last.map_or(f64::NAN, |mean| panel.y.at(100. * mean)),
                name: (*model).to_owned(),
                paint: paint(model),
            });
        }
        panels.name_lines(&mut canvas, &panel, ends);
        let groups = sizes.iter().enumerate().map(|(k, n)| (k as f64, n.to_string()));
        panel.x_axis(&mut canvas, &groups.collect::<Vec<_>>(), "animals trained on");
    }
    let alt = format!(
        "{} of {} against the number of animals trained on; evaluated on {}.",
        data.measure,
        models.join(", "),
        kinds.join("; ")
    );
    let details = format!(
        "Lines: mean over {}; bars: ± SD; small dots: every fit on every evaluated animal. In %; \
         the axis does not begin at zero.",
        data.over
    );
    Figure::new(&data.about, canvas, data.csv(), &alt, &details)
}

fn draw_model(
    canvas: &mut Canvas,
    panel: &Panel,
    model: &str,
    scores: &[&Score],
    x: impl Fn(&Score) -> f64,
    lane: f64,
) {
    let y = |value: f64| panel.y.clamped(100. * value);
    for score in scores {
        let dots = score.singles.iter().enumerate();
        let dots = dots.map(|(k, &single)| (x(score) + 0.4 * lane * across(k), y(single)));
        canvas.dots(dots.collect(), 0.7, paint(model), 0.35);
    }
    let mean = |score: &Score| score.mean.map_or(f64::NAN, y);
    let dash = if model.ends_with("-text") { Dash::Dashed } else { Dash::Solid };
    let line = Stroke::new(paint(model), 1.).dashed(dash);
    canvas.line(scores.iter().map(|score| (x(score), mean(score))), line);
    for score in scores {
        if let (Some(mean), Some(sd)) = (score.mean, score.sd) {
            let ends = [(x(score), y(mean - sd)), (x(score), y(mean + sd))];
            canvas.line(ends, Stroke::new(paint(model), 1.));
        }
    }
    let means = scores.iter().map(|score| (x(score), mean(score)));
    canvas.dots(means.clone().collect(), 2.4, Paint::Paper, 1.);
    canvas.dots(means.collect(), 1.8, paint(model), 1.);
}

fn paint(model: &str) -> Paint {
    Paint::Colour(palette::model(model))
}
