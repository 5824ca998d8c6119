//! Error of forecasts against the number of steps ahead, with baselines (Fig 4C), and the same at
//! a few horizons as a table (Fig 4D).

use super::drawn::{About, Figure, csv, distinct, number};
use super::mismatch::Mismatch;
use super::panels::{LineEnd, Of, Panels, Room, leaves};
use crate::cells::{Cell, TableData};
use crate::draw::{
    Canvas, Dash, Paint, Panel, Scale, Stroke, TYPE, Text, extent, fitted, power_of_ten,
};
use crate::palette;
use serde::{Deserialize, Serialize};

/// Errors of models on a few kinds of frames.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Caption.
    pub about: About,
    /// The error with its unit: `mean squared error, [0, 1]²`.
    pub error: String,
    /// What the bands are: `± SD over animals`; nothing where there are none.
    pub band: String,
    /// One panel each: `trained on 1 animal`.
    pub panels: Vec<HorizonPanel>,
}

/// Models that are compared with each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HorizonPanel {
    /// Heading.
    pub title: String,
    /// One per model.
    pub curves: Vec<Curve>,
}

/// The errors of one model; each list has one value per step ahead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// The model.
    pub model: String,
    /// Whether it learns.
    pub role: CurveRole,
    /// Steps ahead, increasing.
    pub steps: Vec<u32>,
    /// Mean error.
    #[serde(with = "super::missing")]
    pub mean: Vec<f64>,
    /// Ends of the band, both empty where there is none.
    #[serde(with = "super::missing")]
    pub low: Vec<f64>,
    /// The upper end.
    #[serde(with = "super::missing")]
    pub high: Vec<f64>,
}

/// What a curve is drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CurveRole {
    /// A model under test: a solid line.
    Model,
    /// What it has to beat: a broken line.
    Baseline,
}

impl Data {
    pub(crate) fn check(&self) -> Result<(), Mismatch> {
        for curve in self.panels.iter().flat_map(|panel| &panel.curves) {
            let n = curve.steps.len();
            self.about.expect("errors of a model", curve.mean.len(), n)?;
            let band = if curve.low.is_empty() && curve.high.is_empty() { 0 } else { n };
            self.about.expect("lower ends of a band", curve.low.len(), band)?;
            self.about.expect("upper ends of a band", curve.high.len(), band)?;
        }
        Ok(())
    }

    /// The errors at a few horizons as a table (Fig 4D): a row per panel and model.
    pub fn table(&self, steps: &[u32]) -> TableData {
        let of_step = |step: &u32| format!("{step} {}", if *step == 1 { "step" } else { "steps" });
        let head = ["condition".to_owned(), "model".to_owned()];
        let rows = self.panels.iter().flat_map(|panel| {
            panel.curves.iter().map(move |curve| {
                let error = |step: &u32| {
                    let at = curve.steps.iter().position(|s| s == step);
                    let value = at.map(|at| curve.mean[at]).filter(|value| value.is_finite());
                    value.map_or(Cell::Missing, |value| Cell::Number { value, decimals: 3 })
                };
                let head = [Cell::Text(panel.title.clone()), Cell::Text(curve.model.clone())];
                head.into_iter().chain(steps.iter().map(error)).collect()
            })
        });
        TableData {
            name: format!("{}-table", self.about.name),
            title: format!("{}: {}", self.about.title, self.error),
            columns: head.into_iter().chain(steps.iter().map(of_step)).collect(),
            rows: rows.collect(),
            notes: vec![format!("{}; protocol: {}.", self.about.n, self.about.protocol)],
        }
    }
}

const LEFT: f64 = 38.;
const HEIGHT: f64 = 120.;
const GAP: f64 = 14.;
const MOST_BANDS: usize = 6;
/// Times the error of the worst baseline that the axis reaches to.
const RUNAWAY: f64 = 20.;

/// Draws the panels beside each other with one axis of errors; a single one takes one column.
pub fn draw(data: &Data) -> Figure {
    draw_in(data, Room::Journal)
}

/// The same for a page of another width.
pub(crate) fn draw_in(data: &Data, room: Room) -> Figure {
    let curves = || data.panels.iter().flat_map(|panel| &panel.curves);
    let mut key: Vec<(String, Stroke)> = Vec::new();
    for curve in curves() {
        let entry = (curve.model.clone(), stroke(curve));
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
    let (axis, y) = Axis::of(data);
    let steps = extent(curves().flat_map(|curve| &curve.steps).map(|&step| f64::from(step)));
    for (k, panel_data) in data.panels.iter().enumerate() {
        let panel = panels.panel(k, steps, y);
        let (top, width) = (panel.top, panel.width);
        let ticks = axis.ticks(&panel.y);
        panel.grid(&mut canvas, &ticks);
        panel.heading(&mut canvas, &panel_data.title);
        if panels.has_axis(k) {
            panel.y_axis(&mut canvas, &ticks, &data.error);
        }
        for curve in panel_data.curves.iter().filter(|_| has_bands(panel_data)) {
            draw_band(&mut canvas, &panel, axis, curve);
        }
        for curve in &panel_data.curves {
            draw_curve(&mut canvas, &panel, axis, curve);
        }
        let end = |curve: &Curve| LineEnd {
            y: curve.mean.last().map_or(f64::NAN, |&mean| panel.y.at(axis.value(mean))),
            name: curve.model.clone(),
            paint: paint(&curve.model),
        };
        let ends = panel_data.curves.iter().map(end).collect();
        panels.name_lines(&mut canvas, &panel, ends);
        let beyond = beyond(&panel, axis, panel_data);
        if !beyond.is_empty() {
            let text = fitted(&format!("above: {}", beyond.join(", ")), TYPE, width - 4.);
            canvas.text(Text::new(panel.right(), top + 8., text).end().paint(Paint::Soft));
        }
        panel.x_axis(&mut canvas, &whole_steps(steps), "steps ahead");
    }
    let alt = format!("Error against steps ahead, of {}.", names.join(", "));
    let band = match data.panels.iter().any(has_bands) && !data.band.is_empty() {
        true => format!("; bands: {}", data.band),
        false => String::new(),
    };
    let details = format!(
        "Lines: mean error, {}{band}; broken lines: baselines.{} A triangle marks where a line leaves the axis.",
        data.error,
        if axis == Axis::Logarithmic { " Logarithmic axis." } else { "" }
    );
    Figure::new(&data.about, canvas, table(data), &alt, &details)
}

/// Ticks at the first step, and at every fourth, or so many that a dozen fit.
fn whole_steps((first, last): (f64, f64)) -> Vec<(f64, String)> {
    if !first.is_finite() || !last.is_finite() {
        return Vec::new();
    }
    let (first, last) = (first as u32, last as u32);
    let every = (last.div_ceil(12)).next_multiple_of(4);
    let others = (1..=last / every).map(|k| k * every).filter(|&step| step > first);
    [first].into_iter().chain(others).map(|step| (step.into(), step.to_string())).collect()
}

/// The axis of errors.
#[derive(Clone, Copy, PartialEq)]
enum Axis {
    /// From zero.
    Linear,
    /// For errors of which the largest is more than ten times the smallest: what is told apart at
    /// the first step would be one line.
    Logarithmic,
}

impl Axis {
    /// For these curves, with its ends.
    fn of(data: &Data) -> (Self, (f64, f64)) {
        let curves = || data.panels.iter().flat_map(|panel| &panel.curves);
        let finite = |error: &f64| error.is_finite() && *error > 0.;
        let means = || curves().flat_map(|curve| &curve.mean).copied().filter(finite);
        let largest = |errors: &mut dyn Iterator<Item = f64>| errors.fold(0., f64::max);
        let is_baseline = |curve: &&Curve| curve.role == CurveRole::Baseline;
        let baselines = curves().filter(is_baseline).flat_map(|curve| &curve.mean).copied();
        let baselines = largest(&mut baselines.filter(finite));
        let all = largest(&mut means());
        let (smallest, end) = (means().fold(f64::INFINITY, f64::min), |times: f64| {
            // A model that runs away does not flatten all others.
            if baselines > 0. { all.min(times * baselines) } else { all }
        });
        if end(RUNAWAY) > 10. * smallest {
            let ends = (smallest.log10(), end(RUNAWAY).log10());
            return (Self::Logarithmic, (ends.0 - 0.05, ends.1 + 0.05));
        }
        let banded = data.panels.iter().filter(|panel| has_bands(panel));
        let bands = banded.flat_map(|panel| &panel.curves).flat_map(|curve| &curve.high);
        let highest = largest(&mut bands.copied().filter(finite)).max(all).min(2. * end(1.));
        (Self::Linear, Scale::nice([0., highest], (0., 1.), 5).domain)
    }

    /// An error as the scale takes it.
    fn value(self, error: f64) -> f64 {
        match self {
            Self::Linear => error,
            Self::Logarithmic => error.log10(),
        }
    }

    fn ticks(self, scale: &Scale) -> Vec<(f64, String)> {
        if self == Self::Linear {
            return scale.ticks(5);
        }
        let (low, high) = scale.domain;
        // Halves of a decade where there are few.
        let factors: &[f64] = if high - low < 2.5 { &[1., 2., 5.] } else { &[1.] };
        // Every second or third decade where there are many.
        let every = ((high - low) / 6.).ceil().max(1.) as usize;
        let decades = (low.floor() as i32..=high.ceil() as i32).rev().step_by(every);
        let errors = decades.flat_map(|k| factors.iter().map(move |&factor| (k, factor)));
        let value = |k: i32, factor: f64| factor * 10f64.powi(k);
        let within = errors.filter(|&(k, factor)| (low..=high).contains(&value(k, factor).log10()));
        let text = |k: i32, factor: f64| match (k, factor) {
            (-4..=3, _) if high - low < 5. => {
                format!("{:.*}", (-k).max(0) as usize, value(k, factor))
            }
            (_, 1.) => power_of_ten(k),
            _ => format!("{factor:.0}·{}", power_of_ten(k)),
        };
        let tick = |(k, factor)| (value(k, factor).log10(), text(k, factor));
        let mut ticks: Vec<(f64, String)> = within.map(tick).collect();
        ticks.sort_by(|a, b| a.0.total_cmp(&b.0));
        ticks
    }
}

/// Bands of more models than these cover each other.
fn has_bands(panel: &HorizonPanel) -> bool {
    panel.curves.len() <= MOST_BANDS
}

fn draw_band(canvas: &mut Canvas, panel: &Panel, axis: Axis, curve: &Curve) {
    // The lower end of a wide band may be no error.
    let y = |value: f64| match axis.value(value.max(0.)) {
        _ if value.is_nan() => f64::NAN,
        f64::NEG_INFINITY => panel.bottom(),
        error => panel.y.clamped(error),
    };
    let limits = curve.low.iter().zip(&curve.high);
    let x = curve.steps.iter().map(|&step| panel.x.at(step.into()));
    let band: Vec<_> = x.zip(limits).map(|(x, (&low, &high))| (x, y(low), y(high))).collect();
    canvas.band(&band, paint(&curve.model), 0.15);
}

/// A line that ends where it leaves the panel.
fn draw_curve(canvas: &mut Canvas, panel: &Panel, axis: Axis, curve: &Curve) {
    let at = |(&step, &mean): (&u32, &f64)| (panel.x.at(step.into()), panel.y.at(axis.value(mean)));
    let all: Vec<(f64, f64)> = curve.steps.iter().zip(&curve.mean).map(at).collect();
    let (top, bottom) = (panel.top, panel.bottom());
    let mut points: Vec<(f64, f64)> = Vec::new();
    for (k, &(x, y)) in all.iter().enumerate() {
        if let Some(&(x_before, y_before)) = k.checked_sub(1).and_then(|k| all.get(k)) {
            for end in [top, bottom] {
                let part = (end - y_before) / (y - y_before);
                if part > 0. && part < 1. {
                    let at = x_before + part * (x - x_before);
                    points.push((at, end));
                    // Where it comes back is no mark.
                    if (end == top && y < y_before) || (end == bottom && y > y_before) {
                        leaves(canvas, panel, at, end == top, paint(&curve.model));
                    }
                }
            }
        }
        let inside = (top - 1e-6..=bottom + 1e-6).contains(&y);
        points.push((x, if inside { y } else { f64::NAN }));
    }
    canvas.line(points, stroke(curve));
}

/// Models with no error that the axis reaches to.
fn beyond<'a>(panel: &Panel, axis: Axis, data: &'a HorizonPanel) -> Vec<&'a str> {
    let is_beyond = |curve: &&Curve| {
        let (_, high) = panel.y.domain;
        curve.mean.iter().all(|&mean| mean.is_finite() && axis.value(mean) > high)
    };
    let beyond = data.curves.iter().filter(|curve| !curve.mean.is_empty()).filter(is_beyond);
    beyond.map(|curve| curve.model.as_str()).collect()
}

fn stroke(curve: &Curve) -> Stroke {
    let dash = match (curve.role, palette::dash(&curve.model)) {
        (CurveRole::Model, _) => Dash::Solid,
        // A baseline without a pattern of its own.
        (CurveRole::Baseline, Dash::Solid) => Dash::Dashed,
        (CurveRole::Baseline, dash) => dash,
    };
    Stroke::new(paint(&curve.model), 1.2).dashed(dash)
}

fn paint(model: &str) -> Paint {
    Paint::Colour(palette::model(model))
}

fn table(data: &Data) -> String {
    let rows = data.panels.iter().flat_map(|panel| {
        panel.curves.iter().flat_map(move |curve| {
            curve.steps.iter().enumerate().map(move |(k, step)| {
                let end = |ends: &[f64]| ends.get(k).copied().map_or_else(String::new, number);
                vec![
                    panel.title.clone(),
                    curve.model.clone(),
                    step.to_string(),
                    number(curve.mean[k]),
                    end(&curve.low),
                    end(&curve.high),
                ]
            })
        })
    });
    csv(&["panel", "model", "step", "mean", "low", "high"], rows)
}
