//! Predicted against labelled states, in percent of the labelled frames and as counts (Fig 4B).

use super::drawn::{About, Figure, csv};
use super::matrix::{Cell, Grid, room_for};
use super::mismatch::Mismatch;
use super::panels::Room;
use super::states::in_order;
use crate::draw::{Canvas, LARGE_TYPE, ONE_COLUMN, TWO_COLUMNS, Text, fitted};
use crate::palette;
use serde::{Deserialize, Serialize};

/// Confusion counts of a few models on the same frames.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Caption.
    pub about: About,
    /// Names of the states.
    pub states: Vec<String>,
    /// One matrix each.
    pub models: Vec<Counts>,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// The model, and what tells it from the others: `gnn, trained on 4 animals`.
    pub model: String,
    /// Frames `[predicted, labelled]`.
    pub counts: Vec<Vec<u64>>,
}

impl Data {
    pub(crate) fn check(&self) -> Result<(), Mismatch> {
        let n = self.states.len();
        self.models.iter().try_for_each(|model| {
            self.about.expect("rows of counts", model.counts.len(), n)?;
            let mut rows = model.counts.iter();
            rows.try_for_each(|row| self.about.expect("counts in a row", row.len(), n))
        })
    }
}

/// Draws the matrices beside each other, two to a row.
pub fn draw(data: &Data) -> Figure {
    draw_in(data, Room::Journal)
}

/// The same for a page of another width.
pub(crate) fn draw_in(data: &Data, room: Room) -> Figure {
    let n = data.states.len();
    let n_columns = if room == Room::Phone { 1 } else { data.models.len().clamp(1, 2) };
    let whole = if n_columns > 1 { TWO_COLUMNS } else { ONE_COLUMN };
    let order = in_order(&data.states);
    let states: Vec<String> = order.iter().map(|&k| data.states[k].clone()).collect();
    let names = room_for(&data.states, 62.);
    let (left, top) = (names + 18., names + 30.);
    let panel = whole / n_columns as f64;
    let cell = ((panel - left - 6.) / n.max(1) as f64).min(44.);
    let height = cell.clamp(20., 26.);
    let block = top + height * n as f64 + 12.;
    let mut canvas =
        Canvas::new(whole, block * data.models.len().div_ceil(n_columns).max(1) as f64);
    for (k, model) in data.models.iter().enumerate() {
        let x = panel * (k % n_columns) as f64;
        let y = block * (k / n_columns) as f64;
        let title = fitted(&model.model, LARGE_TYPE, panel - 8.);
        canvas.text(Text::new(x + 4., y + 9., title).bold().size(LARGE_TYPE));
        let grid = Grid { left: x + left, top: y + top, cell: (cell, height) };
        let middle = (grid.left + cell * n as f64 / 2., grid.top + height * n as f64 / 2.);
        canvas.text(Text::new(middle.0, y + 20., "labelled").middle());
        canvas.text(Text::new(x + 9., middle.1, "predicted").middle().up());
        grid.row_names(&mut canvas, &states, names + 1.);
        grid.column_names(&mut canvas, &states, names + 1.);
        for (row, &predicted) in order.iter().enumerate() {
            for (column, &labelled) in order.iter().enumerate() {
                let count = model.counts[predicted][labelled];
                let of_label: f64 = model.counts.iter().map(|row| row[labelled] as f64).sum();
                let share = count as f64 / of_label.max(1.);
                let percent =
                    if of_label == 0. { "–".to_owned() } else { format!("{:.1}", 100. * share) };
                let lines = vec![percent, grouped(count)];
                let cell = Cell { colour: palette::shade(share), lines };
                grid.draw(&mut canvas, (row, column), &cell);
            }
        }
        grid.frame(&mut canvas, n, n);
    }
    let models: Vec<&str> = data.models.iter().map(|model| model.model.as_str()).collect();
    let alt = format!(
        "Confusion matrices of {} over the states {}.",
        models.join("; "),
        data.states.join(", ")
    );
    let details = "Upper number: percent of the frames with this label (columns sum to 100); lower \
                   number: frames.";
    Figure::new(&data.about, canvas, table(data), &alt, details)
}

/// `6,021`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (k, digit) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn table(data: &Data) -> String {
    let rows = data.models.iter().flat_map(|model| {
        model.counts.iter().enumerate().flat_map(move |(predicted, counts)| {
            counts.iter().enumerate().map(move |(labelled, count)| {
                let (predicted, labelled) = (&data.states[predicted], &data.states[labelled]);
                vec![model.model.clone(), predicted.clone(), labelled.clone(), count.to_string()]
            })
        })
    });
    csv(&["model", "predicted", "labelled", "n_frames"], rows)
}
