//! Traces of a few neurons over time, coloured by the behaviour of each frame (Fig 1B).

use super::drawn::{About, Figure, csv, number32};
use super::mismatch::Mismatch;
use super::panels::Room;
use super::state_colours::StateColours;
use crate::draw::{Canvas, Panel, Scale, Stroke, extent};
use crate::recording_view::RecordingView;
use serde::{Deserialize, Serialize};

/// Neurons of one recording of a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Caption.
    pub about: About,
    /// Place of the recording in its document, from 0.
    pub recording: usize,
    /// Places of the neurons in the recording, from 0; a panel each.
    pub neurons: Vec<usize>,
}

impl Data {
    pub(crate) fn check(&self, recordings: &[RecordingView]) -> Result<(), Mismatch> {
        let recording = self.about.recording(self.recording, recordings)?;
        self.neurons.iter().try_for_each(|&neuron| {
            let n = recording.neurons.len();
            self.about.expect("neurons in the recording", n, n.max(neuron + 1))
        })
    }
}

const LEFT: f64 = 38.;
const HEIGHT: f64 = 52.;
const GAP: f64 = 18.;

/// Draws the traces below each other, over two columns.
pub fn draw(data: &Data, recording: &RecordingView, colours: &StateColours) -> Figure {
    draw_in((data, recording), colours, Room::Journal)
}

/// The same for a page of another width.
pub(crate) fn draw_in(
    (data, recording): (&Data, &RecordingView),
    colours: &StateColours,
    room: Room,
) -> Figure {
    let whole = room.two_columns();
    let n = data.neurons.len();
    let bottom = 18. + (HEIGHT + GAP) * n as f64;
    let mut canvas = Canvas::new(whole, bottom + 22.);
    let width = whole - LEFT - 6.;
    canvas.key(LEFT, 8., width, &recording.states.key(colours));
    let time = extent(recording.seconds.iter().map(|&s| f64::from(s)));
    for (k, &neuron) in data.neurons.iter().enumerate() {
        let trace = of_neuron(recording, neuron);
        let top = 18. + GAP - 6. + (HEIGHT + GAP) * k as f64;
        let values = trace.iter().map(|&v| f64::from(v));
        let y = Scale::nice(values, (0., 1.), 3).domain;
        let panel = Panel::new((LEFT, top), (width, HEIGHT), time, y);
        panel.heading(&mut canvas, &recording.neurons[neuron]);
        panel.y_axis(&mut canvas, &panel.y.ticks(3), &recording.unit);
        for (state, frames) in recording.states.runs() {
            // Each run reaches to the next, so that the line has no gaps.
            let frames = frames.start..(frames.end + 1).min(recording.seconds.len());
            let points = frames
                .map(|t| (panel.x.at(recording.seconds[t].into()), panel.y.at(trace[t].into())));
            canvas.line(points, Stroke::new(recording.states.paint(state, colours), 0.8));
        }
        if k + 1 == n {
            let n_ticks = if room == Room::Phone { 4 } else { 8 };
            panel.x_axis(&mut canvas, &panel.x.ticks(n_ticks), "time, s");
        }
    }
    let names = data.neurons.iter().map(|&neuron| recording.neurons[neuron].as_str());
    let names = names.collect::<Vec<_>>().join(", ");
    let alt = format!("{} of {} over time, coloured by behaviour.", names, recording.animal);
    let details = format!(
        "{} of {} in {}; the colour is the behaviour of the frame.",
        names, recording.animal, recording.unit
    );
    Figure::new(&data.about, canvas, table(data, recording), &alt, &details)
}

fn of_neuron(recording: &RecordingView, neuron: usize) -> &[f32] {
    let n_frames = recording.seconds.len();
    &recording.values[neuron * n_frames..(neuron + 1) * n_frames]
}

fn table(data: &Data, recording: &RecordingView) -> String {
    let rows = data.neurons.iter().flat_map(|&neuron| {
        of_neuron(recording, neuron).iter().enumerate().map(move |(t, &value)| {
            vec![
                recording.neurons[neuron].clone(),
                number32(recording.seconds[t]),
                recording.states.name(recording.states.of_frame[t]).to_owned(),
                number32(value),
            ]
        })
    });
    csv(&["neuron", "time_s", "state", "value"], rows)
}
