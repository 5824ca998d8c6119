//! What figures of matrices share: cells with shades and texts, names of rows to the left and of
//! columns above.

use crate::draw::{Canvas, HAIRLINE, Paint, Stroke, TYPE, Text, fitted, text_width};
use crate::palette::{self, Rgb};

/// Where cells stand.
pub(super) struct Grid {
    pub left: f64,
    pub top: f64,
    /// Width and height of a cell.
    pub cell: (f64, f64),
}

/// What stands in a cell: its colour, and lines of text, the first of them bold where there are two.
pub(super) struct Cell {
    pub colour: Rgb,
    pub lines: Vec<String>,
}

impl Grid {
    /// The cell in a row and a column.
    pub fn draw(&self, canvas: &mut Canvas, (row, column): (usize, usize), cell: &Cell) {
        let (width, height) = self.cell;
        let (x, y) = self.corner(row, column);
        canvas.rect(x, y, width - 0.4, height - 0.4, Paint::Colour(cell.colour));
        let ink = Paint::Colour(palette::readable_on(cell.colour));
        let n = cell.lines.len() as f64;
        for (k, line) in cell.lines.iter().enumerate() {
            let size = if k == 0 { TYPE.min(height * 0.55) } else { 6. };
            let baseline = y + height / 2. + 2.4 + 8. * (k as f64 - (n - 1.) / 2.);
            let text = Text::new(x + width / 2., baseline, line.as_str()).middle().size(size);
            canvas.text(if n > 1. && k == 0 { text.paint(ink).bold() } else { text.paint(ink) });
        }
    }

    /// Names to the left of the rows, cut to `room` points.
    pub fn row_names(&self, canvas: &mut Canvas, names: &[String], room: f64) {
        let size = TYPE.min(self.cell.1 * 0.95);
        for (row, name) in names.iter().enumerate() {
            let (x, y) = self.corner(row, 0);
            let name = fitted(name, size, room);
            let baseline = y + self.cell.1 / 2. + 0.34 * size;
            canvas.text(Text::new(x - 3., baseline, name).end().size(size));
        }
    }

    /// Names above the columns, running upwards, cut to `room` points.
    pub fn column_names(&self, canvas: &mut Canvas, names: &[String], room: f64) {
        let size = TYPE.min(self.cell.0 * 0.95);
        for (column, name) in names.iter().enumerate() {
            let (x, y) = self.corner(0, column);
            let name = fitted(name, size, room);
            let x = x + self.cell.0 / 2. + 0.34 * size;
            canvas.text(Text::new(x, y - 3., name).up().size(size));
        }
    }

    /// A frame around so many rows and columns.
    pub fn frame(&self, canvas: &mut Canvas, n_rows: usize, n_columns: usize) {
        let (x, y) = self.corner(0, 0);
        let (right, bottom) = self.corner(n_rows, n_columns);
        let corners = [(x, y), (right, y), (right, bottom), (x, bottom), (x, y)];
        canvas.line(corners, Stroke::new(Paint::Soft, HAIRLINE));
    }

    fn corner(&self, row: usize, column: usize) -> (f64, f64) {
        (self.left + self.cell.0 * column as f64, self.top + self.cell.1 * row as f64)
    }
}

/// Points that names of the common size take, at most `limit`.
pub(super) fn room_for(names: &[String], limit: f64) -> f64 {
    names.iter().map(|name| text_width(name, TYPE)).fold(0., f64::max).min(limit)
}
