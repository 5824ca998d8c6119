//! Activity of neurons in a behaviour state: the mean of every animal with its 95 % interval, and
//! the mean of all animals (Fig 1C).

use super::drawn::{About, Figure, csv, distinct, number32};
use super::mismatch::Mismatch;
use super::state_colours::StateColours;
use crate::draw::{Canvas, Dash, ONE_COLUMN, Paint, Panel, Scale, Stroke, TWO_COLUMNS, extent};
use crate::palette;
use serde::{Deserialize, Serialize};

/// Panels of one figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Caption.
    pub about: About,
    /// What the abscissa is, with its unit: `time from onset, s`, or `phase of the bout`.
    pub abscissa: String,
    /// What the values are, with their unit: `ΔF/F`.
    pub quantity: String,
    /// One per neuron and state.
    pub panels: Vec<MeansPanel>,
}

/// One neuron in one state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeansPanel {
    /// The neuron.
    pub neuron: String,
    /// The state.
    pub state: String,
    /// The abscissa.
    pub x: Vec<f32>,
    /// One per animal.
    pub animals: Vec<AnimalMean>,
    /// Mean over animals at each x; may be empty.
    #[serde(with = "super::missing")]
    pub all: Vec<f32>,
}

/// One animal; each list has one value per x.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnimalMean {
    /// Its name.
    pub animal: String,
    /// Bouts averaged over.
    pub n_bouts: usize,
    /// The mean; NaN (in JSON `null`) is missing.
    #[serde(with = "super::missing")]
    pub mean: Vec<f32>,
    /// Lower end of the 95 % interval.
    #[serde(with = "super::missing")]
    pub low: Vec<f32>,
    /// Upper end.
    #[serde(with = "super::missing")]
    pub high: Vec<f32>,
}

impl Data {
    pub(crate) fn check(&self) -> Result<(), Mismatch> {
        for panel in &self.panels {
            let n = panel.x.len();
            self.about.expect(
                "pooled means",
                panel.all.len(),
                if panel.all.is_empty() { 0 } else { n },
            )?;
            for animal in &panel.animals {
                for part in [&animal.mean, &animal.low, &animal.high] {
                    self.about.expect("means or limits of an animal", part.len(), n)?;
                }
            }
        }
        Ok(())
    }
}

const LEFT: f64 = 34.;
const GAP_X: f64 = 20.;
const GAP_Y: f64 = 40.;
const HEIGHT: f64 = 72.;

/// Draws a row of panels per neuron and a column per state; one column wide up to two states.
pub fn draw(data: &Data, colours: &StateColours) -> Figure {
    let neurons = distinct(data.panels.iter().map(|panel| panel.neuron.as_str()));
    let states = distinct(data.panels.iter().map(|panel| panel.state.as_str()));
    let animals: Vec<&str> = distinct(
        data.panels.iter().flat_map(|panel| &panel.animals).map(|animal| animal.animal.as_str()),
    );
    let whole = if states.len() > 2 { TWO_COLUMNS } else { ONE_COLUMN };
    let n_columns = states.len().max(1) as f64;
    let width = (whole - LEFT - 6. - GAP_X * (n_columns - 1.)) / n_columns;
    let mut key: Vec<(String, Paint)> =
        animals.iter().enumerate().map(|(k, name)| (name.to_string(), animal_paint(k))).collect();
    key.push(("mean of all animals (dashed)".to_owned(), Paint::Ink));
    // The key is drawn twice: once to learn its height.
    let top = Canvas::new(0., 0.).key(LEFT, 8., whole - LEFT, &key) + 14.;
    let mut canvas = Canvas::new(whole, top + (HEIGHT + GAP_Y) * neurons.len() as f64 - 14.);
    canvas.key(LEFT, 8., whole - LEFT, &key);

    for panel_data in &data.panels {
        let row = neurons.iter().position(|name| *name == panel_data.neuron).unwrap_or(0);
        let column = states.iter().position(|name| *name == panel_data.state).unwrap_or(0);
        let of_neuron = data.panels.iter().filter(|panel| panel.neuron == panel_data.neuron);
        let limits = of_neuron.flat_map(|panel| &panel.animals).flat_map(|animal| {
            animal.low.iter().chain(&animal.high).chain(&animal.mean).map(|&v| f64::from(v))
        });
        let y = Scale::nice(limits, (0., 1.), 3).domain;
        let left = LEFT + (width + GAP_X) * column as f64;
        let x = extent(panel_data.x.iter().map(|&x| f64::from(x)));
        let corner = (left, top + (HEIGHT + GAP_Y) * row as f64);
        let panel = Panel::new(corner, (width, HEIGHT), x, y);
        // Beside each other, narrow panels have no room for the neuron in every heading.
        let heading = match column > 0 && states.len() > 4 {
            true => panel_data.state.clone(),
            false => format!("{}, {}", panel_data.neuron, panel_data.state),
        };
        panel.heading(&mut canvas, &heading);
        let state = colours.paint(&panel_data.state);
        canvas.rect(panel.left, panel.top - 1.5, panel.width, 1.5, state);
        draw_panel(&mut canvas, &panel, panel_data, &animals);
        let ticks = panel.y.ticks(3);
        if column == 0 {
            panel.y_axis(&mut canvas, &ticks, &data.quantity);
        }
        let n_ticks = if width > 90. { 4 } else { 2 };
        panel.x_axis(&mut canvas, &panel.x.ticks(n_ticks), &data.abscissa);
    }

    let alt = format!(
        "Mean activity of {} in the states {}, one line per animal with its 95 % interval.",
        neurons.join(", "),
        states.join(", ")
    );
    let details = format!(
        "Lines: mean {} of the bouts of each animal; bands: its 95 % interval; dashed: mean of all \
         animals.",
        data.quantity
    );
    Figure::new(&data.about, canvas, table(data), &alt, &details)
}

fn draw_panel(canvas: &mut Canvas, panel: &Panel, data: &MeansPanel, animals: &[&str]) {
    let x: Vec<f64> = data.x.iter().map(|&x| panel.x.at(x.into())).collect();
    let y = |value: f32| panel.y.clamped(value.into());
    for animal in &data.animals {
        let paint = animal_paint(animals.iter().position(|a| *a == animal.animal).unwrap_or(0));
        let limits = animal.low.iter().zip(&animal.high);
        let band: Vec<_> =
            x.iter().zip(limits).map(|(&x, (&low, &high))| (x, y(low), y(high))).collect();
        canvas.band(&band, paint, 0.18);
    }
    for animal in &data.animals {
        let paint = animal_paint(animals.iter().position(|a| *a == animal.animal).unwrap_or(0));
        let points = x.iter().zip(&animal.mean).map(|(&x, &mean)| (x, y(mean)));
        canvas.line(points, Stroke::new(paint, 0.9));
    }
    let points = x.iter().zip(&data.all).map(|(&x, &mean)| (x, y(mean)));
    canvas.line(points, Stroke::new(Paint::Ink, 1.).dashed(Dash::Dashed));
}

fn animal_paint(at: usize) -> Paint {
    Paint::Colour(palette::animal(at))
}

fn table(data: &Data) -> String {
    let rows = data.panels.iter().flat_map(|panel| {
        panel.animals.iter().flat_map(move |animal| {
            panel.x.iter().enumerate().map(move |(k, &x)| {
                let (neuron, state) = (panel.neuron.clone(), panel.state.clone());
                let (name, n_bouts) = (animal.animal.clone(), animal.n_bouts.to_string());
                let values = [x, animal.mean[k], animal.low[k], animal.high[k]].map(number32);
                [neuron, state, name, n_bouts].into_iter().chain(values).collect()
            })
        })
    });
    csv(&["neuron", "state", "animal", "n_bouts", "x", "mean", "low_95", "high_95"], rows)
}
