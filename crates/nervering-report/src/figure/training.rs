//! Loss against epochs over the fits of one kind: the median and two bands, of training and
//! validation, the epoch whose weights each fit kept, and below it the learning rate.

use super::drawn::{About, Figure, csv, distinct, number, number32};
use super::mismatch::Mismatch;
use super::panels::{MOST_KEYED, Room};
use crate::draw::{
    Canvas, LARGE_TYPE, ONE_COLUMN, Paint, Panel, Scale, Stroke, TWO_COLUMNS, TYPE, Text, extent,
    fitted, power_of_ten,
};
use crate::palette;
use serde::{Deserialize, Serialize};

/// Curves of fits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Caption.
    pub about: About,
    /// The loss with its unit: `loss, nats per frame`.
    pub loss: String,
    /// One per model and number of animals trained on.
    pub panels: Vec<CurvePanel>,
}

/// The fits of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurvePanel {
    /// The model.
    pub model: String,
    /// What tells the panel from others of the model: `trained on 3 animals`.
    pub condition: String,
    /// Fits that the quantiles are over.
    pub n_fits: usize,
    /// Epochs, from 1, increasing; not all need be listed.
    pub epochs: Vec<u32>,
    /// Training loss at these epochs.
    pub training: Band,
    /// Validation loss at these epochs.
    pub validation: Band,
    /// Median learning rate at these epochs; empty where it is not known.
    #[serde(with = "super::missing")]
    pub learning_rate: Vec<f64>,
    /// Epoch whose weights were kept, and the validation loss there, of every fit that has one.
    pub kept: Vec<(u32, f32)>,
}

/// Quantiles over fits; each list has one value per epoch.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// A tenth of the fits lie below.
    #[serde(with = "super::missing")]
    pub p10: Vec<f32>,
    /// A quarter of the fits lie below.
    #[serde(with = "super::missing")]
    pub p25: Vec<f32>,
    /// Half of the fits lie below.
    #[serde(with = "super::missing")]
    pub median: Vec<f32>,
    /// A quarter of the fits lie above.
    #[serde(with = "super::missing")]
    pub p75: Vec<f32>,
    /// A tenth of the fits lie above.
    #[serde(with = "super::missing")]
    pub p90: Vec<f32>,
}

impl Band {
    /// Every list with its name in files.
    fn lists(&self) -> [(&'static str, &Vec<f32>); 5] {
        let Self { p10, p25, median, p75, p90 } = self;
        [("p10", p10), ("p25", p25), ("median", median), ("p75", p75), ("p90", p90)]
    }
}

impl Data {
    pub(crate) fn check(&self) -> Result<(), Mismatch> {
        self.panels.iter().try_for_each(|panel| {
            let n = panel.epochs.len();
            for (_, list) in panel.training.lists().into_iter().chain(panel.validation.lists()) {
                self.about.expect("losses of a panel", list.len(), n)?;
            }
            let n_rates = if panel.learning_rate.is_empty() { 0 } else { n };
            self.about.expect("learning rates of a panel", panel.learning_rate.len(), n_rates)
        })
    }
}

const LEFT: f64 = 40.;
const HEIGHT: f64 = 100.;
/// Height of the learning rate, and its distance from the loss.
const RATE: (f64, f64) = (18., 7.);
const GAP: (f64, f64) = (14., 54.);

/// Draws the panels, up to three beside each other, with common axes.
pub fn draw(data: &Data) -> Figure {
    draw_in(data, Room::Journal)
}

/// The same for a page of another width.
pub(crate) fn draw_in(data: &Data, room: Room) -> Figure {
    let models = distinct(data.panels.iter().map(|panel| panel.model.as_str()));
    // The panels of one condition beside each other, or one model under all conditions.
    let n_abreast = if models.len() > 1 { models.len() } else { data.panels.len() };
    // As few empty places as can be, then as few rows.
    let n_columns = match n_abreast {
        _ if room == Room::Phone => 1,
        n if n <= 4 => n.max(1),
        n if n.next_multiple_of(3) < n.next_multiple_of(4) => 3,
        _ => 4,
    };
    let whole = if n_columns > 1 { TWO_COLUMNS } else { ONE_COLUMN };
    let width = (whole - LEFT - 8. - GAP.0 * (n_columns - 1) as f64) / n_columns as f64;
    let by_condition = data.panels.chunk_by(|a, b| models.len() < 2 || a.condition == b.condition);
    let rows: Vec<&[CurvePanel]> = by_condition.flat_map(|row| row.chunks(n_columns)).collect();
    let n_rows = rows.len().max(1);
    let has_rates = data.panels.iter().any(|panel| !panel.learning_rate.is_empty());
    let row_height = HEIGHT + if has_rates { RATE.0 + RATE.1 } else { 0. } + GAP.1;
    // Every panel is named: more models than are told apart need no entry each.
    let key = match models.len() {
        0..=MOST_KEYED => {
            models.iter().map(|model| (format!("{model}, validation"), paint(model))).collect()
        }
        _ => vec![("coloured: validation".to_owned(), paint(models[0]))],
    };
    let key: Vec<(String, Paint)> =
        key.into_iter().chain([("training".to_owned(), TRAINING)]).collect();
    let first = Canvas::new(0., 0.).key(LEFT, 8., whole - LEFT, &key) + 22.;
    let mut canvas = Canvas::new(whole, first + row_height * n_rows as f64 - 20.);
    canvas.key(LEFT, 8., whole - LEFT, &key);
    // The outermost tenths may lie far beyond all others, and do not stretch the axis.
    let losses = data.panels.iter().flat_map(|panel| {
        let bands = [&panel.training, &panel.validation];
        bands.into_iter().flat_map(|band| band.p75.iter().chain(&band.median))
    });
    let y = Scale::nice(losses.map(|&v| f64::from(v)).chain([0.]), (0., 1.), 4).domain;
    let x = extent(data.panels.iter().map(|panel| last_epoch(&panel.epochs)).chain([0.]));
    let rates = data.panels.iter().flat_map(|panel| &panel.learning_rate);
    let rates = extent(rates.filter(|rate| **rate > 0.).map(|rate| rate.log10()));
    let rates = (rates.0.floor(), rates.1.ceil());
    let placed = rows.iter().enumerate().flat_map(|(row, panels)| {
        panels.iter().enumerate().map(move |(column, panel)| (row, column, panel))
    });
    for (row, column, of_panel) in placed {
        let left = LEFT + (width + GAP.0) * column as f64;
        let top = first + row_height * row as f64;
        let panel = Panel::new((left, top), (width, HEIGHT), x, y);
        let ticks = panel.y.ticks(4);
        panel.grid(&mut canvas, &ticks);
        let name = fitted(&of_panel.model, LARGE_TYPE, width);
        canvas.text(Text::new(left, top - 12., name).bold().size(LARGE_TYPE));
        let condition = fitted(&of_panel.condition, TYPE, width);
        canvas.text(Text::new(left, top - 4., condition).paint(Paint::Soft));
        draw_losses(&mut canvas, &panel, of_panel);
        let mut lowest = panel;
        if has_rates {
            let below = (left, top + HEIGHT + RATE.1);
            lowest = Panel::new(below, (width, RATE.0), x, rates);
            draw_rate(&mut canvas, &lowest, of_panel);
        }
        if column == 0 {
            panel.y_axis(&mut canvas, &ticks, &data.loss);
            if has_rates {
                lowest.y_axis(&mut canvas, &decades(rates), "rate");
            }
        }
        lowest.x_axis(&mut canvas, &panel.x.ticks(4), "epoch");
    }
    let names = |panel: &CurvePanel| format!("{} {}", panel.model, panel.condition);
    let names: Vec<String> = data.panels.iter().map(names).collect();
    let alt = format!(
        "{} in training and validation against epochs, median and spread over fits, of {}.",
        data.loss,
        names.join("; ")
    );
    let n_fits: Vec<String> = data.panels.iter().map(|panel| panel.n_fits.to_string()).collect();
    let details = format!(
        "Coloured: validation; grey: training; in {}. Line: median over fits; dark band: the middle \
         half of the fits; light band, of validation: eight in ten. Dots: the epoch whose weights \
         each fit kept. What lies above the axis is drawn at its end.{} Fits by panel: {}.",
        data.loss,
        if has_rates { " Below: median learning rate." } else { "" },
        n_fits.join(", ")
    );
    Figure::new(&data.about, canvas, table(data), &alt, &details)
}

const TRAINING: Paint = Paint::Colour(palette::UNKNOWN);

fn paint(model: &str) -> Paint {
    Paint::Colour(palette::model(model))
}

/// The last epoch, of which those between the last two listed may stand for more.
fn last_epoch(epochs: &[u32]) -> f64 {
    match epochs {
        [.., before, last] => f64::from(last + (last - before).saturating_sub(1)),
        [last] => f64::from(*last),
        [] => 0.,
    }
}

fn draw_losses(canvas: &mut Canvas, panel: &Panel, data: &CurvePanel) {
    let paint = paint(&data.model);
    let x = |k: usize| panel.x.at(data.epochs[k].into());
    let y = |loss: f32| panel.y.clamped(loss.into());
    let band = |canvas: &mut Canvas, (low, high): (&[f32], &[f32]), paint, opacity| {
        // Where the upper end is beyond all numbers, the band reaches to the end of the axis.
        let high = |k: usize| if high[k].is_finite() { y(high[k]) } else { panel.top };
        let points: Vec<_> = (0..data.epochs.len()).map(|k| (x(k), y(low[k]), high(k))).collect();
        canvas.band(&points, paint, opacity);
    };
    let line = |canvas: &mut Canvas, median: &[f32], stroke| {
        canvas.line((0..data.epochs.len()).map(|k| (x(k), y(median[k]))), stroke);
    };
    let (training, validation) = (&data.training, &data.validation);
    band(canvas, (&training.p25, &training.p75), TRAINING, 0.35);
    band(canvas, (&validation.p10, &validation.p90), paint, 0.15);
    band(canvas, (&validation.p25, &validation.p75), paint, 0.25);
    line(canvas, &training.median, Stroke::new(TRAINING, 1.));
    line(canvas, &validation.median, Stroke::new(paint, 1.));
    let kept = data.kept.iter().map(|&(epoch, loss)| (panel.x.clamped(epoch.into()), y(loss)));
    canvas.dots(kept.collect(), 1.1, Paint::Ink, 0.45);
}

fn draw_rate(canvas: &mut Canvas, panel: &Panel, data: &CurvePanel) {
    let y = |rate: f64| panel.y.at(rate.log10());
    let mut points: Vec<(f64, f64)> = Vec::new();
    for (&epoch, &rate) in data.epochs.iter().zip(&data.learning_rate) {
        let x = panel.x.at(epoch.into());
        // A rate holds until it is lowered.
        if let Some(&(_, before)) = points.last() {
            points.push((x, before));
        }
        points.push((x, y(rate)));
    }
    canvas.line(points, Stroke::new(Paint::Soft, 0.8));
}

/// Ticks at the first and last of the whole decades.
fn decades((from, to): (f64, f64)) -> Vec<(f64, String)> {
    if !from.is_finite() || !to.is_finite() {
        return Vec::new();
    }
    let text = |power: f64| power_of_ten(power.round() as i32);
    let mut ticks = vec![(from, text(from))];
    if to > from {
        ticks.push((to, text(to)));
    }
    ticks
}

fn table(data: &Data) -> String {
    let rows = data.panels.iter().flat_map(|panel| {
        let row = move |epoch: u32, quantity: String, value: String| {
            let head = [panel.model.clone(), panel.condition.clone(), panel.n_fits.to_string()];
            head.into_iter().chain([epoch.to_string(), quantity, value]).collect::<Vec<_>>()
        };
        let at = move |k: usize, &epoch: &u32| {
            let losses = [("training", &panel.training), ("validation", &panel.validation)];
            let losses = losses.into_iter().flat_map(move |(what, band)| {
                band.lists().map(|(part, list)| (format!("{what}_{part}"), number32(list[k])))
            });
            let rate = panel.learning_rate.get(k).map(|&rate| number(rate));
            let rate = rate.map(|rate| ("learning_rate".to_owned(), rate));
            let of_epoch = losses.chain(rate);
            of_epoch.map(|(what, value)| row(epoch, what, value)).collect::<Vec<_>>()
        };
        let curves = panel.epochs.iter().enumerate().flat_map(move |(k, epoch)| at(k, epoch));
        let kept = panel.kept.iter();
        let kept = kept.map(move |&(epoch, loss)| row(epoch, "kept".to_owned(), number32(loss)));
        curves.chain(kept)
    });
    csv(&["model", "condition", "n_fits", "epoch", "quantity", "value"], rows)
}
