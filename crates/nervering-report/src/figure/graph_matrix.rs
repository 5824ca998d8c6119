//! Inferred edges as a matrix, senders in rows, beside what is there without a model and the connectome.
//! Shades go from the least to the greatest weight of each matrix: weights that differ by a hundredth are
//! to be seen, and that they do not differ more is written below.

use super::drawn::Figure;
use super::graph::{Data, KnownFrom, range};
use super::matrix::{Cell, Grid, room_for};
use super::panels::Room;
use crate::cells::shown;
use crate::draw::{Canvas, LARGE_TYPE, ONE_COLUMN, Paint, TWO_COLUMNS, TYPE, Text, fitted};
use crate::palette;

/// One matrix: its title, the shade of each cell in [0, 1], and what the shades are.
struct Matrix {
    title: String,
    shades: Vec<f64>,
    note: String,
}

/// Draws the matrices beside each other; a single one in one column.
pub fn draw(data: &Data) -> Figure {
    draw_in(data, Room::Journal)
}

/// The same for a page of another width.
pub(crate) fn draw_in(data: &Data, room: Room) -> Figure {
    let n = data.neurons.len();
    let matrices = matrices(data);
    let n_columns = if room == Room::Phone { 1 } else { matrices.len() };
    let whole = if n_columns > 1 { TWO_COLUMNS } else { ONE_COLUMN };
    let panel = whole / n_columns as f64;
    let names = room_for(&data.neurons, 50.);
    let (left, top) = (names + 18., names + 32.);
    let cell = ((panel - left - 8.) / n.max(1) as f64).min(16.);
    let n_lines = matrices.iter().map(|matrix| matrix.note.split("; ").count()).max().unwrap_or(1);
    let height = top + cell * n as f64 + 7. + 9. * n_lines as f64;
    let n_rows = matrices.len().div_ceil(n_columns) as f64;
    let mut canvas = Canvas::new(whole, height * n_rows);
    for (k, matrix) in matrices.iter().enumerate() {
        let x = panel * (k % n_columns) as f64;
        let y = height * (k / n_columns) as f64;
        let title = fitted(&matrix.title, LARGE_TYPE, panel - 8.);
        canvas.text(Text::new(x + 4., y + 9., title).bold().size(LARGE_TYPE));
        let grid = Grid { left: x + left, top: y + top, cell: (cell, cell) };
        let middle = cell * n as f64 / 2.;
        canvas.text(Text::new(grid.left + middle, y + 21., "receiver").middle());
        canvas.text(Text::new(x + 9., grid.top + middle, "sender").middle().up());
        grid.row_names(&mut canvas, &data.neurons, names + 1.);
        grid.column_names(&mut canvas, &data.neurons, names + 1.);
        for (k, &shade) in matrix.shades.iter().enumerate() {
            let cell = Cell { colour: palette::shade(shade), lines: Vec::new() };
            grid.draw(&mut canvas, (k / n, k % n), &cell);
        }
        grid.frame(&mut canvas, n, n);
        let bottom = y + top + cell * n as f64;
        for (k, line) in matrix.note.split("; ").enumerate() {
            let line = fitted(line, TYPE, panel - left);
            canvas.text(Text::new(grid.left, bottom + 10. + 9. * k as f64, line));
        }
        if let Some(connectome) = data.connectome.as_ref().filter(|_| k + 1 == matrices.len()) {
            for (k, &junctions) in connectome.electrical.iter().enumerate() {
                if junctions > 0. {
                    let x = grid.left + cell * ((k % n) as f64 + 0.5) - 0.2;
                    let y = grid.top + cell * ((k / n) as f64 + 0.5) - 0.2;
                    let dot = Paint::Colour(palette::REVERSE_2);
                    canvas.dots(vec![(x, y)], 0.22 * cell, dot, 1.);
                }
            }
        }
    }
    let alt = format!(
        "Matrix of inferred weights between {n} neurons{}.",
        data.connectome
            .as_ref()
            .map_or_else(String::new, |c| { format!(", beside the {}", c.known_from.what()) })
    );
    let null = data.null.as_ref().map_or_else(String::new, |null| {
        format!("; beside it: {}, which no model was needed for", null.name)
    });
    let (low, high) = range(&data.inferred);
    let details = format!(
        "Inferred weights of {}, {} to {}, edges of a neuron to itself on the diagonal; rows send, columns \
         receive{null}{}. Shades of each matrix span its own range.",
        data.model,
        shown(low, 2),
        shown(high, 2),
        data.connectome.as_ref().map_or_else(String::new, |c| {
            format!("; right: {}", c.legend("shade, square root of the count", "dots"))
        })
    );
    Figure::new(&data.about, canvas, data.csv(), &alt, &details)
}

fn matrices(data: &Data) -> Vec<Matrix> {
    let of_weights = |title: String, weights: &[f32], what: &str| {
        let (low, high) = range(weights);
        let shade = |&weight: &f32| (f64::from(weight) - low) / (high - low);
        let note = format!("white {}, dark blue {}{what}", shown(low, 2), shown(high, 2));
        Matrix { title, shades: weights.iter().map(shade).collect(), note }
    };
    let inferred = of_weights(format!("inferred: {}", data.model), &data.inferred, " (weight)");
    let null = data.null.as_ref().map(|null| of_weights(null.name.clone(), &null.weights, ""));
    let connectome = data.connectome.as_ref().map(|connectome| {
        let most = connectome.chemical.iter().copied().fold(1f32, f32::max);
        // Square roots: a single synapse is to be seen beside the strongest connection.
        let shade = |&count: &f32| f64::from(count / most).sqrt();
        Matrix {
            title: format!("{}: {}", connectome.known_from.what(), connectome.source),
            shades: connectome.chemical.iter().map(shade).collect(),
            note: match connectome.known_from {
                KnownFrom::Anatomy => {
                    format!("white 0, dark blue {most:.0} synapses; dots: gap junctions")
                }
                KnownFrom::Simulation => "white not coupled, dark blue coupled".to_owned(),
            },
        }
    });
    std::iter::once(inferred).chain(null).chain(connectome).collect()
}
