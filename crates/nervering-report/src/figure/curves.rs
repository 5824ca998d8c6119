//! A quantity against another, one line per condition with a band: scores around an onset (Fig 1E),
//! predictions against seconds ahead, information against the number of neurons.

use super::drawn::{About, Figure, csv, distinct, number};
use super::horizon::CurveRole;
use super::mismatch::Mismatch;
use super::panels::{LineEnd, Of, Panels, Room};
use crate::draw::{Canvas, Dash, Paint, Panel, Scale, Stroke, extent};
use crate::palette;
use serde::{Deserialize, Serialize};

/// Panels beside each other on the same axes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Caption.
    pub about: About,
    /// What the abscissa is, with its unit: `time from onset, s`.
    pub abscissa: String,
    /// What the values are, with their unit: `correlation`.
    pub quantity: String,
    /// What the bands are: `± SD over animals`.
    pub band: String,
    /// A value to compare with, drawn across: chance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<f64>,
    /// From left to right.
    pub panels: Vec<CurvesPanel>,
}

/// Lines that are compared with each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurvesPanel {
    /// Heading.
    pub title: String,
    /// From back to front.
    pub series: Vec<Series>,
}

/// One condition; each list has one value per x.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// The condition or model; its colour goes by it.
    pub name: String,
    /// Whether it is what is tested or what it has to beat.
    pub role: CurveRole,
    /// The abscissa, increasing.
    pub x: Vec<f64>,
    /// The values; NaN (in JSON `null`) is missing.
    #[serde(with = "super::missing")]
    pub mean: Vec<f64>,
    /// Lower ends of the band; both ends are empty where there is none.
    #[serde(with = "super::missing")]
    pub low: Vec<f64>,
    /// Upper ends.
    #[serde(with = "super::missing")]
    pub high: Vec<f64>,
}

impl Data {
    pub(crate) fn check(&self) -> Result<(), Mismatch> {
        for series in self.panels.iter().flat_map(|panel| &panel.series) {
            let n = series.x.len();
            self.about.expect("values of a line", series.mean.len(), n)?;
            let band = if series.low.is_empty() && series.high.is_empty() { 0 } else { n };
            self.about.expect("lower ends of a band", series.low.len(), band)?;
            self.about.expect("upper ends of a band", series.high.len(), band)?;
        }
        Ok(())
    }

    fn series(&self) -> impl Iterator<Item = &Series> {
        self.panels.iter().flat_map(|panel| &panel.series)
    }
}

const LEFT: f64 = 36.;
const HEIGHT: f64 = 112.;
const GAP: f64 = 24.;

/// Draws the panels beside each other; a single one takes one column.
pub fn draw(data: &Data) -> Figure {
    draw_in(data, Room::Journal)
}

/// The same for a page of another width.
pub(crate) fn draw_in(data: &Data, room: Room) -> Figure {
    let mut key: Vec<(String, Stroke)> = Vec::new();
    for series in data.series() {
        let entry = (series.name.clone(), stroke(series));
        if !key.contains(&entry) {
            key.push(entry);
        }
    }
    let names = distinct(key.iter().map(|(name, _)| name.as_str()));
    let n_panels = data.panels.len();
    let of = Of { room, n_panels, names: &names, left: LEFT, height: HEIGHT, gap: GAP };
    let draw_key =
        |canvas: &mut Canvas, x: f64, y: f64, width: f64| canvas.line_key(x, y, width, &key);
    let panels = Panels::new(&of, draw_key);
    let mut canvas = panels.canvas(draw_key);
    let x = extent(data.series().flat_map(|series| series.x.iter().copied()));
    let values = data
        .series()
        .flat_map(|series| series.mean.iter().chain(&series.low).chain(&series.high).copied());
    let finite = values.chain(data.reference).filter(|value| value.is_finite());
    let y = Scale::nice(finite, (0., 1.), 5).domain;
    for (k, panel_data) in data.panels.iter().enumerate() {
        let panel = panels.panel(k, x, y);
        let top = panel.top;
        let ticks = panel.y.ticks(5);
        panel.grid(&mut canvas, &ticks);
        panel.heading(&mut canvas, &panel_data.title);
        if panels.has_axis(k) {
            panel.y_axis(&mut canvas, &ticks, &data.quantity);
        }
        if x.0 < 0. && x.1 > 0. {
            let zero = panel.x.at(0.);
            canvas.line([(zero, top), (zero, panel.bottom())], Stroke::new(Paint::Soft, 0.5));
        }
        if let Some(reference) = data.reference {
            let y = panel.y.at(reference);
            let line = Stroke::new(Paint::Soft, 0.6).dashed(Dash::Dotted);
            canvas.line([(panel.left, y), (panel.right(), y)], line);
        }
        for series in &panel_data.series {
            let ends = series.low.iter().zip(&series.high);
            let band = series
                .x
                .iter()
                .zip(ends)
                .map(|(&x, (&low, &high))| (panel.x.at(x), panel.y.at(low), panel.y.at(high)));
            canvas.band(&band.collect::<Vec<_>>(), stroke(series).paint, 0.14);
        }
        for series in &panel_data.series {
            let at = |(&x, &mean): (&f64, &f64)| (panel.x.at(x), panel.y.at(mean));
            canvas.line(series.x.iter().zip(&series.mean).map(at), stroke(series));
        }
        let end = |series: &Series| LineEnd {
            y: series.mean.last().map_or(f64::NAN, |&mean| panel.y.at(mean)),
            name: series.name.clone(),
            paint: stroke(series).paint,
        };
        panels.name_lines(&mut canvas, &panel, panel_data.series.iter().map(end).collect());
        panel.x_axis(&mut canvas, &ticks_of_x(data, &panel), &data.abscissa);
    }
    let alt = format!("{} against {}, of {}.", data.quantity, data.abscissa, names.join(", "));
    let band = match data.series().any(|series| !series.low.is_empty()) {
        true => format!("; bands: {}", data.band),
        false => String::new(),
    };
    let reference = if data.reference.is_some() { " Dotted across: no effect." } else { "" };
    let details = format!("Lines: mean {}{band}.{reference}", data.quantity);
    Figure::new(&data.about, canvas, table(data), &alt, &details)
}

/// Where only whole numbers stand, no others are written.
fn ticks_of_x(data: &Data, panel: &Panel) -> Vec<(f64, String)> {
    const MOST: f64 = 8.;
    let (first, last) = panel.x.domain;
    let whole = data.series().flat_map(|series| &series.x).all(|x| x.fract() == 0.);
    if !whole || last - first > MOST {
        return panel.x.ticks(6);
    }
    (first as i64..=last as i64).map(|k| (k as f64, k.to_string())).collect()
}

fn stroke(series: &Series) -> Stroke {
    let dash = match (series.role, palette::dash(&series.name)) {
        (CurveRole::Model, _) => Dash::Solid,
        // A baseline without a pattern of its own.
        (CurveRole::Baseline, Dash::Solid) => Dash::Dashed,
        (CurveRole::Baseline, dash) => dash,
    };
    Stroke::new(Paint::Colour(palette::condition(&series.name)), 1.2).dashed(dash)
}

fn table(data: &Data) -> String {
    let rows = data.panels.iter().flat_map(|panel| {
        panel.series.iter().flat_map(move |series| {
            series.x.iter().enumerate().map(move |(k, &x)| {
                let end = |ends: &[f64]| ends.get(k).copied().map_or_else(String::new, number);
                vec![
                    panel.title.clone(),
                    series.name.clone(),
                    number(x),
                    number(series.mean[k]),
                    end(&series.low),
                    end(&series.high),
                ]
            })
        })
    });
    csv(&["panel", "series", "x", "mean", "low", "high"], rows)
}
