//! Probabilities that the activity of a neuron in two animals, or two states, comes from one
//! distribution (Fig 1D).

use super::drawn::{About, Figure, csv, number};
use super::matrix::{Cell, Grid, room_for};
use super::mismatch::Mismatch;
use crate::draw::{Canvas, ONE_COLUMN, TWO_COLUMNS, Text};
use crate::palette;
use serde::{Deserialize, Serialize};

/// A matrix of probabilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Caption.
    pub about: About,
    /// Names of the rows, for example neurons.
    pub rows: Vec<String>,
    /// Names of the columns, for example pairs of animals or states.
    pub columns: Vec<String>,
    /// Probabilities in [0, 1], row-major `[row, column]`; `None` where there is none.
    pub probabilities: Vec<Option<f64>>,
    /// The test, and what was done about the number of tests.
    pub test: String,
}

impl Data {
    pub(crate) fn check(&self) -> Result<(), Mismatch> {
        let n = self.rows.len() * self.columns.len();
        self.about.expect("probabilities", self.probabilities.len(), n)
    }
}

/// Draws the matrix over one column, or over two with more than ten columns of cells.
pub fn draw(data: &Data) -> Figure {
    let whole = if data.columns.len() > 10 { TWO_COLUMNS } else { ONE_COLUMN };
    let (left, top) = (room_for(&data.rows, 60.) + 6., room_for(&data.columns, 70.) + 8.);
    let width = ((whole - left - 4.) / data.columns.len().max(1) as f64).min(30.);
    let height = width.clamp(9., 13.);
    let bottom = top + height * data.rows.len() as f64;
    let mut canvas = Canvas::new(whole, bottom + 16.);
    let grid = Grid { left, top, cell: (width, height) };
    grid.row_names(&mut canvas, &data.rows, left - 5.);
    grid.column_names(&mut canvas, &data.columns, top - 5.);
    let n_columns = data.columns.len();
    for (k, probability) in data.probabilities.iter().enumerate() {
        let cell = match probability {
            Some(p) => {
                let text = if *p < 0.005 { "<.01".to_owned() } else { format!("{p:.2}") };
                // The zero before the point is left out, as in print.
                let text = text.trim_start_matches('0').to_owned();
                let lines = if width >= 15. { vec![text] } else { Vec::new() };
                Cell { colour: palette::shade(*p), lines }
            }
            None => Cell { colour: palette::UNKNOWN, lines: Vec::new() },
        };
        grid.draw(&mut canvas, (k / n_columns, k % n_columns), &cell);
    }
    grid.frame(&mut canvas, data.rows.len(), n_columns);
    let note = "white 0, dark blue 1; grey: no test";
    canvas.text(Text::new(left, bottom + 10., note));
    let alt = format!(
        "Matrix of {} rows and {} columns with the probability that two samples come from one \
         distribution.",
        data.rows.len(),
        n_columns
    );
    let details = format!(
        "Probability that two samples come from one distribution, in [0, 1]. Test: {}.",
        data.test
    );
    Figure::new(&data.about, canvas, table(data), &alt, &details)
}

fn table(data: &Data) -> String {
    let n_columns = data.columns.len();
    let rows = data.probabilities.iter().enumerate().map(|(k, p)| {
        let (row, column) = (data.rows[k / n_columns].clone(), data.columns[k % n_columns].clone());
        vec![row, column, p.map_or_else(String::new, number)]
    });
    csv(&["row", "column", "probability"], rows)
}
