//! Forecasts of one neuron with their intervals, beside what came: fans that open from frames some way apart, one
//! panel per model.

use super::drawn::{About, Figure, csv, number};
use super::mismatch::Mismatch;
use super::panels::Room;
use crate::draw::{Canvas, Paint, Panel, Scale, Stroke};
use crate::palette;
use serde::{Deserialize, Serialize};

/// One neuron of one animal, as models forecast it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Caption.
    pub about: About,
    /// What is forecast, with its unit: `AVAL, [0, 1]`.
    pub trace: String,
    /// The first frame that is shown.
    pub first: u32,
    /// What came, from that frame on.
    #[serde(with = "super::missing")]
    pub truth: Vec<f64>,
    /// One per model.
    pub panels: Vec<FanPanel>,
}

/// Forecasts of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FanPanel {
    /// The model.
    pub model: String,
    /// In the order of their starts.
    pub fans: Vec<Fan>,
}

/// A forecast and its interval of 90 %, one value per frame after its start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fan {
    /// Frame that it starts from.
    pub start: u32,
    /// 5 %.
    #[serde(with = "super::missing")]
    pub low: Vec<f64>,
    /// 50 %.
    #[serde(with = "super::missing")]
    pub median: Vec<f64>,
    /// 95 %.
    #[serde(with = "super::missing")]
    pub high: Vec<f64>,
}

impl Data {
    pub(crate) fn check(&self) -> Result<(), Mismatch> {
        for fan in self.panels.iter().flat_map(|panel| &panel.fans) {
            let n = fan.median.len();
            self.about.expect("lower ends of an interval", fan.low.len(), n)?;
            self.about.expect("upper ends of an interval", fan.high.len(), n)?;
            // The start itself is shown too.
            let start = (fan.start as usize).checked_sub(self.first as usize);
            let start = start.unwrap_or(self.truth.len());
            self.about.expect("frames shown", self.truth.len(), self.truth.len().max(start + 1))?;
        }
        Ok(())
    }
}

const LEFT: f64 = 38.;
const HEIGHT: f64 = 62.;
const GAP: f64 = 18.;
const TOP: f64 = 30.;

/// Draws the panels below each other, over two columns.
pub fn draw(data: &Data) -> Figure {
    draw_in(data, Room::Journal)
}

/// The same for a page of another width.
pub(crate) fn draw_in(data: &Data, room: Room) -> Figure {
    let whole = room.two_columns();
    let n = data.panels.len();
    let mut canvas = Canvas::new(whole, TOP + (HEIGHT + GAP) * n as f64 + 10.);
    let width = whole - LEFT - 6.;
    let truth = Stroke::new(Paint::Ink, 0.8);
    canvas.line_key(LEFT, 8., width, &[("what came".to_owned(), truth)]);
    let last = f64::from(data.first) + data.truth.len().saturating_sub(1) as f64;
    let frames = (f64::from(data.first), last);
    let fans = data.panels.iter().flat_map(|panel| &panel.fans);
    let ends = fans.flat_map(|fan| fan.low.iter().chain(&fan.high));
    let values = data.truth.iter().chain(ends).copied();
    let y = Scale::nice(values, (0., 1.), 3).domain;
    for (k, of_model) in data.panels.iter().enumerate() {
        let top = TOP + (HEIGHT + GAP) * k as f64;
        let panel = Panel::new((LEFT, top), (width, HEIGHT), frames, y);
        panel.heading(&mut canvas, &of_model.model);
        panel.y_axis(&mut canvas, &panel.y.ticks(3), &data.trace);
        let paint = Paint::Colour(palette::model(&of_model.model));
        for fan in &of_model.fans {
            draw_fan(&mut canvas, &panel, data, fan, paint);
        }
        let at = |(t, &value): (usize, &f64)| {
            (panel.x.at(f64::from(data.first) + t as f64), panel.y.at(value))
        };
        canvas.line(data.truth.iter().enumerate().map(at), truth);
        if k + 1 == n {
            let n_ticks = if room == Room::Phone { 4 } else { 8 };
            panel.x_axis(&mut canvas, &panel.x.ticks(n_ticks), "frame");
        }
    }
    let names: Vec<&str> = data.panels.iter().map(|panel| panel.model.as_str()).collect();
    let alt = format!("Forecasts of {} with their intervals, by {}.", data.trace, names.join(", "));
    let details = "Fans: forecasts from frames some way apart, each from what came before its start; line: median, \
                   shade: from 5 to 95 %; black: what came.";
    Figure::new(&data.about, canvas, table(data), &alt, details)
}

/// A fan opens from what is known at its start.
fn draw_fan(canvas: &mut Canvas, panel: &Panel, data: &Data, fan: &Fan, paint: Paint) {
    let known = data.truth[(fan.start - data.first) as usize];
    let from_start = |values: &[f64]| -> Vec<(f64, f64)> {
        let all = std::iter::once(&known).chain(values).enumerate();
        let at = |(t, &value): (usize, &f64)| {
            let y = if value.is_finite() { panel.y.at(value) } else { f64::NAN };
            (panel.x.at(f64::from(fan.start) + t as f64), y)
        };
        all.map(at).collect()
    };
    let limits = from_start(&fan.low).into_iter().zip(from_start(&fan.high));
    let band: Vec<_> = limits.map(|((x, low), (_, high))| (x, low, high)).collect();
    canvas.band(&band, paint, 0.25);
    canvas.line(from_start(&fan.median), Stroke::new(paint, 0.8));
}

fn table(data: &Data) -> String {
    let rows = data.panels.iter().flat_map(|panel| {
        panel.fans.iter().flat_map(move |fan| {
            (0..fan.median.len()).map(move |step| {
                let frame = fan.start as usize + step + 1;
                let came = data.truth.get(frame - data.first as usize).copied();
                let values = [fan.low[step], fan.median[step], fan.high[step]];
                let head = [fan.start.to_string(), frame.to_string()];
                let values = values.into_iter().chain([came.unwrap_or(f64::NAN)]).map(number);
                std::iter::once(panel.model.clone()).chain(head).chain(values).collect()
            })
        })
    });
    csv(&["model", "start", "frame", "low", "median", "high", "came"], rows)
}
