//! Traces of a few neurons over time, coloured by the behaviour of each frame (Fig 1B).

use super::{About, Figure, Mismatch, States, csv, number32};
use crate::draw::{Canvas, Panel, Scale, Stroke, TWO_COLUMNS, extent};
use serde::{Deserialize, Serialize};

/// Neurons of one recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Caption.
    pub about: About,
    /// Name of the animal.
    pub animal: String,
    /// Time of each frame in seconds, increasing; at least two.
    pub seconds: Vec<f32>,
    /// What is drawn, one panel each.
    pub neurons: Vec<Trace>,
    /// What the values are, with their unit: `ΔF/F`.
    pub quantity: String,
    /// Behaviour of each frame.
    pub states: States,
}

/// One neuron.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// Its name.
    pub neuron: String,
    /// One value per frame; NaN (in JSON `null`) is missing.
    #[serde(with = "super::missing")]
    pub values: Vec<f32>,
}

impl Data {
    pub(crate) fn check(&self) -> Result<(), Mismatch> {
        let n_frames = self.seconds.len();
        self.about.expect("frames", n_frames, n_frames.max(2))?;
        self.about.expect("states", self.states.of_frame.len(), n_frames)?;
        self.neurons.iter().try_for_each(|trace| {
            self.about.expect("values of a neuron", trace.values.len(), n_frames)
        })
    }
}

const LEFT: f64 = 38.;
const HEIGHT: f64 = 52.;
const GAP: f64 = 18.;

/// Draws the traces below each other, over two columns.
pub fn draw(data: &Data) -> Figure {
    let n = data.neurons.len();
    let bottom = 18. + (HEIGHT + GAP) * n as f64;
    let mut canvas = Canvas::new(TWO_COLUMNS, bottom + 22.);
    let width = TWO_COLUMNS - LEFT - 6.;
    canvas.key(LEFT, 8., width, &data.states.key());
    let time = extent(data.seconds.iter().map(|&s| f64::from(s)));
    for (k, trace) in data.neurons.iter().enumerate() {
        let top = 18. + GAP - 6. + (HEIGHT + GAP) * k as f64;
        let values = trace.values.iter().map(|&v| f64::from(v));
        let y = Scale::nice(values, (0., 1.), 3).domain;
        let panel = Panel::new((LEFT, top), (width, HEIGHT), time, y);
        panel.heading(&mut canvas, &trace.neuron);
        panel.y_axis(&mut canvas, &panel.y.ticks(3), &data.quantity);
        for (state, frames) in data.states.runs() {
            // Each run reaches to the next, so that the line has no gaps.
            let frames = frames.start..(frames.end + 1).min(data.seconds.len());
            let points = frames
                .map(|t| (panel.x.at(data.seconds[t].into()), panel.y.at(trace.values[t].into())));
            canvas.line(points, Stroke::new(data.states.paint(state), 0.8));
        }
        if k + 1 == n {
            panel.x_axis(&mut canvas, &panel.x.ticks(8), "time, s");
        }
    }
    let names: Vec<&str> = data.neurons.iter().map(|trace| trace.neuron.as_str()).collect();
    let names = names.join(", ");
    let alt = format!("{} of {} over time, coloured by behaviour.", names, data.animal);
    let details = format!(
        "{} of {} in {}; the colour is the behaviour of the frame.",
        names, data.animal, data.quantity
    );
    Figure::new(&data.about, canvas, table(data), &alt, &details)
}

fn table(data: &Data) -> String {
    let rows = data.neurons.iter().flat_map(|trace| {
        trace.values.iter().enumerate().map(|(t, &value)| {
            vec![
                trace.neuron.clone(),
                number32(data.seconds[t]),
                data.states.name(data.states.of_frame[t]).to_owned(),
                number32(value),
            ]
        })
    });
    csv(&["neuron", "time_s", "state", "value"], rows)
}
