//! One dot per animal in rows of conditions, with the mean over animals: how well onsets are decoded
//! (Fig 1E), how wrong the time of a switch is, what single neurons know.

use super::drawn::{About, Figure, csv, number};
use super::mismatch::Mismatch;
use crate::draw::{
    Canvas, Dash, LARGE_TYPE, Paint, Panel, Scale, Stroke, TWO_COLUMNS, Text, fitted,
};
use crate::palette;
use serde::{Deserialize, Serialize};

/// Rows of dots.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Caption.
    pub about: About,
    /// What the values are, with their unit.
    pub quantity: String,
    /// A value to compare with: chance, or nothing known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<f64>,
    /// The animals; without names where those of one row are not those of another.
    pub animals: Vec<String>,
    /// From top to bottom; rows of one group stand together.
    pub rows: Vec<DotRow>,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DotRow {
    /// What it is.
    pub name: String,
    /// What it belongs to, told under its name; may be empty.
    pub group: String,
    /// One value per animal; NaN (in JSON `null`) is missing.
    #[serde(with = "super::missing")]
    pub values: Vec<f64>,
    /// Mean over animals.
    pub mean: Option<f64>,
}

impl Data {
    pub(crate) fn check(&self) -> Result<(), Mismatch> {
        let n = self.animals.len();
        self.rows
            .iter()
            .try_for_each(|row| self.about.expect("values of a row", row.values.len(), n))
    }
}

const LEFT: f64 = 112.;
const ROW: f64 = 12.;
/// Animals that a key names; of more the colours would begin again.
const MOST_NAMED: usize = 7;

/// Draws the rows over two columns.
pub fn draw(data: &Data) -> Figure {
    let named = data.animals.iter().filter(|name| !name.is_empty());
    let key: Vec<(String, Paint)> = match named.clone().count() {
        0..=MOST_NAMED => {
            named.enumerate().map(|(k, name)| (name.clone(), paint(data, k))).collect()
        }
        n => vec![(super::drawn::animals(n), paint(data, 0))],
    };
    // The key is drawn twice: once to learn its height.
    let top = Canvas::new(0., 0.).key(LEFT, 8., TWO_COLUMNS - LEFT, &key) + 4.;
    let has_groups = data.rows.iter().any(|row| !row.group.is_empty());
    let height = if has_groups { 1.7 * ROW } else { ROW };
    let bottom = top + height * data.rows.len() as f64;
    let mut canvas = Canvas::new(TWO_COLUMNS, bottom + 24.);
    canvas.key(LEFT, 8., TWO_COLUMNS - LEFT, &key);
    let values = data.rows.iter().flat_map(|row| row.values.iter().copied().chain(row.mean));
    let x = Scale::nice(values.chain(data.reference).filter(|v| v.is_finite()), (0., 1.), 8).domain;
    let size = (TWO_COLUMNS - LEFT - 10., (bottom - top).max(1.));
    let panel = Panel::new((LEFT, top), size, x, (0., 1.));
    let ticks = panel.x.ticks(8);
    let across = |canvas: &mut Canvas, value: f64, stroke: Stroke| {
        let x = panel.x.at(value);
        canvas.line([(x, top), (x, bottom)], stroke);
    };
    for (value, _) in &ticks {
        across(&mut canvas, *value, Stroke::new(Paint::Faint, 0.5));
    }
    if let Some(reference) = data.reference {
        let line = Stroke::new(Paint::Soft, 0.8).dashed(Dash::Dotted);
        across(&mut canvas, reference, line);
    }
    for (k, row) in data.rows.iter().enumerate() {
        let y = top + height * k as f64;
        if k > 0 && data.rows[k - 1].group != row.group {
            canvas.line([(4., y), (panel.right(), y)], Stroke::new(Paint::Faint, 0.5));
        }
        let centre = y + height / 2.;
        let name = fitted(&row.name, LARGE_TYPE, LEFT - 12.);
        let baseline = if row.group.is_empty() { centre + 2.8 } else { centre - 0.5 };
        canvas.text(Text::new(4., baseline, name).size(LARGE_TYPE));
        if !row.group.is_empty() {
            let group = fitted(&row.group, crate::draw::TYPE, LEFT - 12.);
            canvas.text(Text::new(4., centre + 7.5, group).paint(Paint::Soft));
        }
        if let Some(mean) = row.mean.filter(|mean| mean.is_finite()) {
            let x = panel.x.at(mean);
            let ends = [(x, centre - 0.38 * height), (x, centre + 0.38 * height)];
            canvas.line(ends, Stroke::new(Paint::Ink, 1.6));
        }
        let n = row.values.len().max(1) as f64;
        for (animal, &value) in row.values.iter().enumerate() {
            // Beside each other, so that equal ones are all seen.
            let off = ((animal as f64 + 0.5) / n - 0.5) * 0.55 * height;
            canvas.dots(vec![(panel.x.at(value), centre + off)], 1.7, paint(data, animal), 0.9);
        }
    }
    panel.x_axis(&mut canvas, &ticks, &data.quantity);
    let names: Vec<&str> = data.rows.iter().map(|row| row.name.as_str()).collect();
    let alt = format!(
        "{} of {}, a dot per animal.",
        data.quantity,
        super::drawn::distinct(names).join(", ")
    );
    let reference = if data.reference.is_some() { " Dotted: no effect." } else { "" };
    let details =
        format!("Dots: {}, one per animal; lines: mean over animals.{reference}", data.quantity);
    Figure::new(&data.about, canvas, table(data), &alt, &details)
}

fn paint(data: &Data, animal: usize) -> Paint {
    let one = data.animals.len() > MOST_NAMED || data.animals.iter().all(String::is_empty);
    Paint::Colour(palette::animal(if one { 0 } else { animal }))
}

fn table(data: &Data) -> String {
    let rows = data.rows.iter().flat_map(|row| {
        let of_row = |animal: &str, value: f64| {
            vec![row.group.clone(), row.name.clone(), animal.to_owned(), number(value)]
        };
        let of_animal = |(k, (name, &value)): (usize, (&String, &f64))| match name.is_empty() {
            true => of_row(&(k + 1).to_string(), value),
            false => of_row(name, value),
        };
        let values = data.animals.iter().zip(&row.values).enumerate();
        let singles: Vec<_> = values.map(of_animal).collect();
        singles.into_iter().chain(row.mean.map(|mean| of_row("mean", mean)))
    });
    csv(&["group", "row", "animal", "value"], rows)
}
