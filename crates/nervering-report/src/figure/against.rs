//! A measure against a condition that takes a few values, such as the seconds that an answer waits for
//! or the neurons that are shown: one panel per coding of states, one line per model.

use super::drawn::{About, Figure, csv, distinct, number};
use super::mismatch::Mismatch;
use super::panels::{LineEnd, Of, Panels, Room};
use super::scores::tenth_below;
use crate::draw::{Canvas, Paint, Panel, Stroke, TYPE, fitted};
use crate::palette;
use serde::{Deserialize, Serialize};

/// A measure of models under several conditions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Caption.
    pub about: About,
    /// What is measured, in [0, 1]: `balanced accuracy`. It is drawn in %.
    pub measure: String,
    /// What mean and deviation are over: `unseen animals`.
    pub over: String,
    /// What the conditions are: `seconds that the answer waits`.
    pub condition: String,
    /// The conditions as they stand under the axis, from left to right.
    pub conditions: Vec<String>,
    /// One panel each.
    pub panels: Vec<AgainstPanel>,
}

/// Models that are compared with each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgainstPanel {
    /// Heading: `4 states`.
    pub title: String,
    /// One per model.
    pub lines: Vec<Line>,
}

/// One model; each list has one value per condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The model.
    pub model: String,
    /// Mean in [0, 1], where it was measured.
    pub mean: Vec<Option<f64>>,
    /// Standard deviation, where there is one.
    pub sd: Vec<Option<f64>>,
}

const LEFT: f64 = 36.;
const HEIGHT: f64 = 130.;
const GAP: f64 = 12.;

impl Data {
    pub(crate) fn check(&self) -> Result<(), Mismatch> {
        let n = self.conditions.len();
        for line in self.panels.iter().flat_map(|panel| &panel.lines) {
            self.about.expect("means of a model", line.mean.len(), n)?;
            self.about.expect("deviations of a model", line.sd.len(), n)?;
        }
        Ok(())
    }

    fn models(&self) -> Vec<&str> {
        let lines = self.panels.iter().flat_map(|panel| &panel.lines);
        distinct(lines.map(|line| line.model.as_str()))
    }

    /// The full tenth below the lowest value, leaving at least three tenths.
    fn lowest(&self) -> f64 {
        let lines = self.panels.iter().flat_map(|panel| &panel.lines);
        let ends = lines.flat_map(|line| line.mean.iter().zip(&line.sd));
        let lowest = ends
            .filter_map(|(mean, sd)| Some((*mean)? - sd.unwrap_or(0.)))
            .filter(|value| value.is_finite())
            .fold(1., f64::min);
        tenth_below(lowest)
    }

    fn csv(&self) -> String {
        let cell = |value: Option<f64>| value.map_or_else(String::new, number);
        let rows = self.panels.iter().flat_map(|panel| {
            panel.lines.iter().flat_map(move |line| {
                let values = self.conditions.iter().zip(line.mean.iter().zip(&line.sd));
                let measured = values.filter(|(_, (mean, _))| mean.is_some());
                measured.map(move |(condition, (&mean, &sd))| {
                    let head = [&panel.title, &line.model, condition].map(Clone::clone);
                    head.into_iter().chain([cell(mean), cell(sd)]).collect()
                })
            })
        });
        csv(&["panel", "model", "condition", "mean", "sd"], rows)
    }
}

/// Draws the panels beside each other with one axis; a single one takes one column.
pub fn draw(data: &Data) -> Figure {
    draw_in(data, Room::Journal)
}

/// The same for a page of another width.
pub(crate) fn draw_in(data: &Data, room: Room) -> Figure {
    let models = data.models();
    let key: Vec<(String, Paint)> = models.iter().map(|&m| (m.to_owned(), paint(m))).collect();
    let n_panels = data.panels.len();
    let of = Of { room, n_panels, names: &models, left: LEFT, height: HEIGHT, gap: GAP };
    let draw_key = |canvas: &mut Canvas, x: f64, y: f64, width: f64| canvas.key(x, y, width, &key);
    let panels = Panels::new(&of, draw_key);
    let mut canvas = panels.canvas(draw_key);
    let n = data.conditions.len().max(1) as f64;
    for (at, panel_data) in data.panels.iter().enumerate() {
        let y = (100. * data.lowest(), 100.);
        let panel = panels.panel(at, (-0.5, n - 0.5), y);
        let width = panel.width;
        let ticks = panel.y.ticks(5);
        panel.grid(&mut canvas, &ticks);
        panel.heading(&mut canvas, &panel_data.title);
        if panels.has_axis(at) {
            panel.y_axis(&mut canvas, &ticks, &format!("{}, %", data.measure));
        }
        for line in &panel_data.lines {
            let place = models.iter().position(|&model| model == line.model).unwrap_or(0);
            let dodge = 0.3 * ((place as f64 + 0.5) / models.len() as f64 - 0.5);
            draw_line(&mut canvas, &panel, line, dodge);
        }
        let end = |line: &Line| LineEnd {
            y: line
                .mean
                .iter()
                .rev()
                .flatten()
                .next()
                .map_or(f64::NAN, |mean| panel.y.at(100. * mean)),
            name: line.model.clone(),
            paint: paint(&line.model),
        };
        panels.name_lines(&mut canvas, &panel, panel_data.lines.iter().map(end).collect());
        let texts = data.conditions.iter().map(|text| fitted(text, TYPE, width / n));
        let places: Vec<(f64, String)> = (0..).map(f64::from).zip(texts).collect();
        panel.x_axis(&mut canvas, &places, &data.condition);
    }
    let alt = format!("{} of {} against {}.", data.measure, models.join(", "), data.condition);
    let details = format!(
        "Dots: mean over {}; bars: ± SD. In %; the axis does not begin at zero.",
        data.over
    );
    Figure::new(&data.about, canvas, data.csv(), &alt, &details)
}

fn draw_line(canvas: &mut Canvas, panel: &Panel, line: &Line, dodge: f64) {
    let colour = paint(&line.model);
    let y = |value: f64| panel.y.clamped(100. * value);
    let measured: Vec<(f64, f64, Option<f64>)> = (0..)
        .zip(line.mean.iter().zip(&line.sd))
        .filter_map(|(at, (mean, sd))| Some((panel.x.at(f64::from(at) + dodge), (*mean)?, *sd)))
        .collect();
    let means = measured.iter().map(|&(x, mean, _)| (x, y(mean)));
    canvas.line(means.clone(), Stroke::new(colour, 1.).dashed(palette::dash(&line.model)));
    for &(x, mean, sd) in &measured {
        if let Some(sd) = sd {
            canvas.line([(x, y(mean - sd)), (x, y(mean + sd))], Stroke::new(colour, 1.));
        }
    }
    canvas.dots(means.clone().collect(), 2.4, Paint::Paper, 1.);
    canvas.dots(means.collect(), 1.8, colour, 1.);
}

fn paint(model: &str) -> Paint {
    Paint::Colour(palette::model(model))
}
