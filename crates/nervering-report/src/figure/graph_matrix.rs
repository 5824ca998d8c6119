//! Inferred edges as a matrix, senders in rows, beside the connectome.

use super::Figure;
use super::graph::{Data, KnownFrom};
use super::matrix::{Cell, Grid, room_for};
use crate::draw::{Canvas, LARGE_TYPE, ONE_COLUMN, Paint, TWO_COLUMNS, Text, fitted};
use crate::palette;

/// Draws the matrices beside each other; without a connectome in one column.
pub fn draw(data: &Data) -> Figure {
    let n = data.neurons.len();
    let whole = if data.connectome.is_some() { TWO_COLUMNS } else { ONE_COLUMN };
    let panel = if data.connectome.is_some() { whole / 2. } else { whole };
    let names = room_for(&data.neurons, 50.);
    let (left, top) = (names + 18., names + 32.);
    let cell = ((panel - left - 8.) / n.max(1) as f64).min(16.);
    let bottom = top + cell * n as f64;
    let mut canvas = Canvas::new(whole, bottom + 16.);
    let mut matrix = |x: f64, title: &str, shade: &dyn Fn(usize) -> f64| {
        let title = fitted(title, LARGE_TYPE, panel - 8.);
        canvas.text(Text::new(x + 4., 9., title).bold().size(LARGE_TYPE));
        let grid = Grid { left: x + left, top, cell: (cell, cell) };
        let middle = cell * n as f64 / 2.;
        canvas.text(Text::new(grid.left + middle, 21., "receiver").middle());
        canvas.text(Text::new(x + 9., top + middle, "sender").middle().up());
        grid.row_names(&mut canvas, &data.neurons, names + 1.);
        grid.column_names(&mut canvas, &data.neurons, names + 1.);
        for k in 0..n * n {
            let cell = Cell { colour: palette::shade(shade(k)), lines: Vec::new() };
            grid.draw(&mut canvas, (k / n, k % n), &cell);
        }
        grid.frame(&mut canvas, n, n);
    };
    matrix(0., &format!("inferred: {}", data.model), &|k| f64::from(data.inferred[k]));
    let mut note = "white 0, dark blue 1".to_owned();
    if let Some(connectome) = &data.connectome {
        let most = connectome.chemical.iter().copied().fold(1f32, f32::max);
        let title = format!("{}: {}", connectome.known_from.what(), connectome.source);
        // Square roots: a single synapse is to be seen beside the strongest connection.
        matrix(panel, &title, &|k| f64::from(connectome.chemical[k] / most).sqrt());
        for (k, &junctions) in connectome.electrical.iter().enumerate() {
            if junctions > 0. {
                let x = panel + left + cell * ((k % n) as f64 + 0.5) - 0.2;
                let y = top + cell * ((k / n) as f64 + 0.5) - 0.2;
                let dot = Paint::Colour(palette::REVERSE_2);
                canvas.dots(vec![(x, y)], 0.22 * cell, dot, 1.);
            }
        }
        let text = match connectome.known_from {
            KnownFrom::Anatomy => {
                format!("white 0, dark blue {most:.0} synapses; dots: gap junctions")
            }
            KnownFrom::Simulation => "white not coupled, dark blue coupled".to_owned(),
        };
        canvas.text(Text::new(panel + left, bottom + 10., text));
        note += " (weight)";
    }
    canvas.text(Text::new(left, bottom + 10., note));
    let alt = format!(
        "Matrix of inferred weights between {n} neurons{}.",
        data.connectome
            .as_ref()
            .map_or_else(String::new, |c| { format!(", beside the {}", c.known_from.what()) })
    );
    let details = format!(
        "Inferred weights in [0, 1] of {}; rows send, columns receive{}.",
        data.model,
        data.connectome.as_ref().map_or_else(String::new, |c| {
            format!("; right: {}", c.legend("shade, square root of the count", "dots"))
        })
    );
    Figure::new(&data.about, canvas, data.csv(), &alt, &details)
}
