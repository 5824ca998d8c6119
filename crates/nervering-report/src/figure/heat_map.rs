//! Calcium of all neurons of one animal over time, the neurons shared by all animals on top, under
//! a ribbon of behaviour (Fig 1A).

use super::drawn::{About, Figure, csv, number32};
use super::mismatch::Mismatch;
use super::panels::Room;
use super::state_colours::StateColours;
use crate::cells::shown;
use crate::draw::{Canvas, HAIRLINE, Paint, Panel, Pixels, Scale, Stroke, TYPE, Text, fitted};
use crate::palette;
use crate::recording_view::RecordingView;
use serde::{Deserialize, Serialize};

/// One recording of a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Caption.
    pub about: About,
    /// Place of the recording in its document, from 0.
    pub recording: usize,
    /// How many of its neurons, the first ones, all animals share.
    pub n_shared: usize,
    /// Values at the two ends of the colours; values beyond have the colour of the end. Of
    /// [`HeatScale::PerNeuron`], those of all neurons together.
    pub limits: [f32; 2],
    /// What the colours span.
    #[serde(default)]
    pub scale: HeatScale,
}

/// What the colours of a heat map span.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeatScale {
    /// The same values in every row: neurons are compared with each other.
    #[default]
    Common,
    /// The middle 98 % of each neuron: when it is active is seen of every one.
    PerNeuron,
}

impl Data {
    pub(crate) fn check(&self, recordings: &[RecordingView]) -> Result<(), Mismatch> {
        let recording = self.about.recording(self.recording, recordings)?;
        let most = recording.neurons.len();
        self.about.expect("shared neurons", self.n_shared, self.n_shared.min(most))
    }
}

/// Steps of colour: more are not told apart, and fewer bytes are needed.
const STEPS: u8 = 64;
const LEFT: f64 = 44.;
const RIGHT: f64 = 40.;

/// Draws the recording over two columns.
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
    let n_others = recording.neurons.len() - data.n_shared;
    let shared_height = (6.8 * data.n_shared as f64).min(200.);
    let others_height = if n_others == 0 { 0. } else { (1.3 * n_others as f64).clamp(24., 170.) };
    let gap = if data.n_shared > 0 && n_others > 0 { 3. } else { 0. };
    let (top, ribbon) = (17., 7.);
    let rows_top = top + ribbon + 3.;
    let bottom = rows_top + shared_height + gap + others_height;
    let mut canvas = Canvas::new(whole, bottom + 23.);
    let width = whole - LEFT - RIGHT;

    let (first, last) = (recording.seconds[0], recording.seconds[recording.seconds.len() - 1]);
    let seconds = (f64::from(first), f64::from(last));
    let panel = Panel::new((LEFT, rows_top), (width, bottom - rows_top), seconds, (0., 1.));
    canvas.key(LEFT, 8., width, &recording.states.key(colours));
    canvas.text(Text::new(LEFT - 4., top + 5.8, "behaviour").end());
    let n_frames = recording.seconds.len();
    let x = |frame: usize| LEFT + width * frame as f64 / n_frames as f64;
    recording.states.ribbon(&mut canvas, colours, x, top, ribbon);

    let (shared, others) = recording.values.split_at(data.n_shared * n_frames);
    if data.n_shared > 0 {
        canvas.image(LEFT, rows_top, width, shared_height, pixels(data, recording, shared));
        let row = shared_height / data.n_shared as f64;
        // Where rows are lower than type, every second or third is named.
        let every = (6.2 / row).ceil() as usize;
        for (k, name) in recording.neurons[..data.n_shared].iter().enumerate().step_by(every) {
            let y = rows_top + row * (k as f64 + 0.5) + 2.2;
            canvas.text(Text::new(LEFT - 4., y, fitted(name, 6., LEFT - 5.)).end().size(6.));
        }
    }
    if n_others > 0 {
        let others_top = bottom - others_height;
        canvas.image(LEFT, others_top, width, others_height, pixels(data, recording, others));
        let label = format!("{n_others} other neurons");
        let label = fitted(&label, TYPE, others_height);
        canvas.text(Text::new(LEFT - 6., bottom - others_height / 2., label).middle().up());
        if gap > 0. {
            let line = Stroke::new(Paint::Colour(palette::REVERSE), 1.2);
            let y = others_top - gap / 2.;
            canvas.line([(LEFT, y), (LEFT + width, y)], line);
        }
    }
    let n_ticks = if room == Room::Phone { 4 } else { 8 };
    panel.x_axis(&mut canvas, &panel.x.ticks(n_ticks), "time, s");
    draw_colours(&mut canvas, data, &recording.unit, rows_top);

    let alt = format!(
        "Heat map of the calcium of {} neurons of {} over {:.0} seconds; {} neurons that all \
         animals share are on top, a ribbon above shows the behaviour.",
        recording.neurons.len(),
        recording.animal,
        last - first,
        data.n_shared
    );
    let details = format!(
        "{} of all {} neurons of {} recorded; above the line the {} that are identified in all \
         animals. {}; grey is missing.",
        recording.unit,
        recording.neurons.len(),
        recording.animal,
        data.n_shared,
        match data.scale {
            HeatScale::Common => format!(
                "Colours end at {} and {}",
                shown(data.limits[0].into(), 2),
                shown(data.limits[1].into(), 2)
            ),
            HeatScale::PerNeuron => {
                "Colours span the middle 98 % of each neuron, so that sizes are not compared"
                    .to_owned()
            }
        }
    );
    Figure::new(&data.about, canvas, table(recording), &alt, &details)
}

/// The values between which all but the outermost hundredth on either side lie.
pub(crate) fn middle(values: &[f32]) -> [f32; 2] {
    const CLIPPED: f64 = 0.01;
    let mut sorted: Vec<f32> = values.iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_by(f32::total_cmp);
    let last = sorted.len().saturating_sub(1);
    let at = |share: f64| sorted.get((share * last as f64).round() as usize).copied().unwrap_or(0.);
    [at(CLIPPED), at(1. - CLIPPED)]
}

fn pixels(data: &Data, recording: &RecordingView, values: &[f32]) -> Pixels {
    let n_columns = recording.seconds.len();
    let of_row = |row: &[f32]| -> Vec<u8> {
        let limits = match data.scale {
            HeatScale::Common => data.limits,
            HeatScale::PerNeuron => middle(row),
        };
        let [low, high] = limits.map(f64::from);
        let cell = |&value: &f32| {
            if !value.is_finite() {
                return STEPS;
            }
            let part = (f64::from(value) - low) / (high - low).max(f64::MIN_POSITIVE);
            (part.clamp(0., 1.) * f64::from(STEPS - 1)).round() as u8
        };
        row.iter().map(cell).collect()
    };
    let mut colours: Vec<_> =
        (0..STEPS).map(|k| palette::sequential(f64::from(k) / f64::from(STEPS - 1))).collect();
    colours.push(palette::UNKNOWN);
    let cells = values.chunks(n_columns.max(1)).flat_map(of_row).collect();
    Pixels { n_columns, n_rows: values.len() / n_columns, cells, colours }
}

/// The scale of colours, at the right.
fn draw_colours(canvas: &mut Canvas, data: &Data, unit: &str, top: f64) {
    let (x, height) = (canvas.width - RIGHT + 8., 70.);
    let cells = (0..STEPS).rev().collect();
    let colours =
        (0..STEPS).map(|k| palette::sequential(f64::from(k) / f64::from(STEPS - 1))).collect();
    canvas.image(x, top, 6., height, Pixels { n_columns: 1, n_rows: STEPS.into(), cells, colours });
    let [low, high] = data.limits.map(f64::from);
    let scale = Scale::new((low, high), (top + height, top));
    let ends = [(low, "1 %"), (high, "99 %")].map(|(value, text)| (value, text.to_owned()));
    let (ticks, unit) = match data.scale {
        HeatScale::Common => (scale.ticks(4), unit),
        HeatScale::PerNeuron => (ends.into(), "of each"),
    };
    for (value, text) in ticks {
        let y = scale.at(value);
        let line = Stroke::new(Paint::Ink, HAIRLINE);
        canvas.line([(x + 6., y), (x + 8., y)], line);
        canvas.text(Text::new(x + 9.5, y + 2.5, text));
    }
    canvas.text(Text::new(x, top + height + 10., fitted(unit, TYPE, RIGHT - 8.)));
}

fn table(recording: &RecordingView) -> String {
    let header: Vec<&str> = ["time_s", "state"]
        .into_iter()
        .chain(recording.neurons.iter().map(String::as_str))
        .collect();
    let n_frames = recording.seconds.len();
    let rows = (0..n_frames).map(|frame| {
        let state = recording.states.name(recording.states.of_frame[frame]).to_owned();
        let values =
            (0..recording.neurons.len()).map(|k| number32(recording.values[k * n_frames + frame]));
        [number32(recording.seconds[frame]), state].into_iter().chain(values).collect()
    });
    csv(&header, rows)
}
