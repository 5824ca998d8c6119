//! A canvas as PNG, by the rasteriser of `kuva`, with the typeface that it carries: the same
//! picture on a machine without fonts.

use super::ink::{UNIT, colour};
use super::up_text::up_text;
use super::{Anchor, Canvas, Direction, Mark, Pixels, Stroke, Text, Weight};
use kuva::backend::raster::RasterBackend;
use kuva::render::color::Color;
use kuva::render::render::{PathData, Primitive, Scene, TextAnchor, TextSpan};

/// The canvas at so many dots per inch.
///
/// # Errors
/// What `kuva` says, for a canvas of no size.
pub(crate) fn png(canvas: &Canvas, dots_per_inch: f64) -> Result<Vec<u8>, String> {
    let mut scene = Scene::new(canvas.width * UNIT, canvas.height * UNIT);
    let dots_per_point = dots_per_inch / 72.;
    for mark in &canvas.marks {
        push_mark(&mut scene, mark, dots_per_point)?;
    }
    RasterBackend { scale: (dots_per_point / UNIT) as f32 }.render_scene(&scene)
}

fn push_mark(scene: &mut Scene, mark: &Mark, dots_per_point: f64) -> Result<(), String> {
    match mark {
        Mark::Rect { x, y, width, height, paint, opacity } => scene.add(Primitive::Rect {
            x: x * UNIT,
            y: y * UNIT,
            width: width * UNIT,
            height: height * UNIT,
            fill: colour(*paint),
            stroke: None,
            stroke_width: None,
            opacity: Some(*opacity),
        }),
        Mark::Line { points, stroke } => push_line(scene, points, stroke),
        Mark::Polygon { points, paint, opacity } => {
            let step = |(k, &(x, y)): (usize, &(f64, f64))| {
                format!("{}{:.0} {:.0}", if k == 0 { 'M' } else { 'L' }, x * UNIT, y * UNIT)
            };
            let d: String = points.iter().enumerate().map(step).collect();
            scene.add(Primitive::Path(Box::new(PathData {
                d: d + "Z",
                fill: Some(colour(*paint)),
                stroke: Color::None,
                stroke_width: 0.,
                opacity: Some(*opacity),
                stroke_dasharray: None,
            })));
        }
        Mark::Dots { at, radius, paint, opacity } => {
            for &(x, y) in at {
                scene.add(Primitive::Circle {
                    cx: x * UNIT,
                    cy: y * UNIT,
                    r: radius * UNIT,
                    fill: colour(*paint),
                    fill_opacity: Some(*opacity),
                    stroke: None,
                    stroke_width: None,
                });
            }
        }
        Mark::Text(text) if text.direction == Direction::Up => {
            up_text(text, dots_per_point)?.into_iter().for_each(|dots| scene.add(dots));
        }
        Mark::Text(text) => push_text(scene, text),
        Mark::Image { x, y, width, height, pixels } => {
            push_image(scene, (*x, *y, *width, *height), pixels, dots_per_point);
        }
    }
    Ok(())
}

/// Broken lines are cut here: `kuva` starts the pattern anew at every point.
fn push_line(scene: &mut Scene, points: &[(f64, f64)], stroke: &Stroke) {
    let mut add = |points: Vec<(f64, f64)>| {
        scene.add(Primitive::PolyLine {
            points: points.into_iter().map(|(x, y)| (x * UNIT, y * UNIT)).collect(),
            stroke: colour(stroke.paint),
            stroke_width: stroke.width * UNIT,
            stroke_dasharray: None,
        });
    };
    let lengths = stroke.dash.lengths();
    if lengths.is_empty() {
        return add(points.to_vec());
    }
    // Ink at even places of the pattern, gaps at odd ones.
    let (mut run, mut place, mut left) = (vec![points[0]], 0, lengths[0]);
    for pair in points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let length = (to.0 - from.0).hypot(to.1 - from.1);
        let mut done = 0.;
        while length - done > left {
            done += left;
            let part = done / length;
            let at = (from.0 + part * (to.0 - from.0), from.1 + part * (to.1 - from.1));
            run.push(at);
            if place % 2 == 0 {
                add(std::mem::take(&mut run));
            }
            run = vec![at];
            place = (place + 1) % lengths.len();
            left = lengths[place];
        }
        left -= length - done;
        run.push(to);
    }
    if place % 2 == 0 && run.len() > 1 {
        add(run);
    }
}

fn push_text(scene: &mut Scene, text: &Text) {
    let anchor = match text.anchor {
        Anchor::Start => TextAnchor::Start,
        Anchor::Middle => TextAnchor::Middle,
        Anchor::End => TextAnchor::End,
    };
    let (x, y, size) = (text.x * UNIT, text.y * UNIT, (text.size * UNIT).round() as u32);
    let color = Some(colour(text.paint));
    // A dollar would begin a formula.
    let content = text.text.replace('$', "\\$");
    // Only rich text comes in bold.
    scene.add(match text.weight {
        Weight::Bold => {
            let mut span = TextSpan::plain(text.text.as_str());
            span.bold = true;
            Primitive::RichText { x, y, spans: vec![span], size, anchor, color }
        }
        Weight::Plain => {
            Primitive::Text { x, y, content, size, anchor, rotate: None, bold: false, color }
        }
    });
}

/// One rectangle per run of equal cells of a row, on whole dots: cells that do not fall on these would
/// blend with the paper at their edges.
fn push_image(
    scene: &mut Scene,
    (x, y, width, height): (f64, f64, f64, f64),
    pixels: &Pixels,
    dots_per_point: f64,
) {
    let dots = |points: f64| (points * dots_per_point).round() as usize;
    let (left, top) = (dots(x), dots(y));
    let (n_columns, n_rows) = (dots(x + width) - left, dots(y + height) - top);
    let to_unit = |dots: usize| dots as f64 / dots_per_point * UNIT;
    let cell = |at: usize, of: usize, cells: usize| (2 * at + 1) * cells / (2 * of);
    let (mut xs, mut ys, mut ws, mut hs, mut fills) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut row = 0;
    while row < n_rows {
        let of_row = |row| cell(row, n_rows, pixels.n_rows);
        let below = (row + 1..n_rows).find(|&k| of_row(k) != of_row(row)).unwrap_or(n_rows);
        let colour = |column| pixels.colour(of_row(row), cell(column, n_columns, pixels.n_columns));
        let mut begin = 0;
        while begin < n_columns {
            let [r, g, b] = colour(begin);
            let end = (begin + 1..n_columns).find(|&k| colour(k) != [r, g, b]);
            let end = end.unwrap_or(n_columns);
            xs.push(to_unit(left + begin));
            ys.push(to_unit(top + row));
            ws.push(to_unit(end - begin));
            hs.push(to_unit(below - row));
            fills.push(Color::Rgb(r, g, b));
            begin = end;
        }
        row = below;
    }
    scene.add(Primitive::RectBatch { x: xs, y: ys, w: ws, h: hs, fills });
}
