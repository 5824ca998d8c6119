//! Text that runs upwards, for PNG: `kuva` sets turned text twice as heavy, so it is set across here, on a
//! scrap of its own, and the dots of that are turned by a quarter, which moves each of them and blends none.

use super::ink::{UNIT, colour};
use super::{Anchor, Paint, Text, text_width};
use kuva::backend::raster::RasterBackend;
use kuva::render::color::Color;
use kuva::render::render::{Primitive, Scene, TextAnchor};

/// The dots of a text that runs upwards, as rectangles in hundredths of a point on white paper.
///
/// # Errors
/// What the libraries say.
pub(super) fn up_text(text: &Text, dots_per_point: f64) -> Result<Option<Primitive>, String> {
    if text.text.trim().is_empty() {
        return Ok(None);
    }
    let (margin, baseline) = (text.size, 1.5 * text.size);
    let width = text_width(&text.text, text.size) * 1.1 + 2. * margin;
    let mut scene = Scene::new(width * UNIT, 2.2 * text.size * UNIT);
    let x = match text.anchor {
        Anchor::Start => margin,
        Anchor::Middle => width / 2.,
        Anchor::End => width - margin,
    };
    scene.add(Primitive::Text {
        x: x * UNIT,
        y: baseline * UNIT,
        content: text.text.replace('$', "\\$"),
        size: (text.size * UNIT).round() as u32,
        anchor: match text.anchor {
            Anchor::Start => TextAnchor::Start,
            Anchor::Middle => TextAnchor::Middle,
            Anchor::End => TextAnchor::End,
        },
        rotate: None,
        bold: false,
        color: Some(colour(Paint::Colour([0, 0, 0]))),
    });
    let scrap = RasterBackend { scale: (dots_per_point / UNIT) as f32 }.render_scene(&scene)?;
    let (n_columns, n_rows, grey) = greys(&scrap)?;
    let dots = |points: f64| (points * dots_per_point).round() as i64;
    let (anchor, base) = (dots(x), dots(baseline));
    let (left, top) = (dots(text.x), dots(text.y));
    let Color::Rgb(r, g, b) = colour(text.paint) else { return Ok(None) };
    let to_unit = |dots: i64| dots as f64 / dots_per_point * UNIT;
    let (mut xs, mut ys, mut ws, mut hs, mut fills) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in 0..n_rows {
        for column in 0..n_columns {
            let paper = u16::from(grey[row * n_columns + column]);
            if paper == 255 {
                continue;
            }
            let blended = |ink: u8| ((u16::from(ink) * (255 - paper) + 255 * paper) / 255) as u8;
            xs.push(to_unit(left + row as i64 - base));
            ys.push(to_unit(top - (column as i64 - anchor) - 1));
            ws.push(to_unit(1));
            hs.push(to_unit(1));
            fills.push(Color::Rgb(blended(r), blended(g), blended(b)));
        }
    }
    Ok(Some(Primitive::RectBatch { x: xs, y: ys, w: ws, h: hs, fills }))
}

/// Columns, rows, and how light each dot is: black text on white has one channel as good as another.
fn greys(png: &[u8]) -> Result<(usize, usize, Vec<u8>), String> {
    let decoder = png::Decoder::new(std::io::Cursor::new(png));
    let mut reader = decoder.read_info().map_err(|error| error.to_string())?;
    let size = reader.output_buffer_size().ok_or("the text is too large")?;
    let mut bytes = vec![0; size];
    let info = reader.next_frame(&mut bytes).map_err(|error| error.to_string())?;
    let channels = info.color_type.samples();
    let (n_columns, n_rows) = (info.width as usize, info.height as usize);
    let light = |dot: &[u8]| match dot {
        // Nothing where nothing was drawn.
        [red, _, _, alpha] => {
            let (red, alpha) = (u16::from(*red), u16::from(*alpha));
            ((red * alpha + 255 * (255 - alpha)) / 255) as u8
        }
        [first, ..] => *first,
        [] => 255,
    };
    Ok((
        n_columns,
        n_rows,
        bytes[..n_columns * n_rows * channels].chunks(channels).map(light).collect(),
    ))
}
