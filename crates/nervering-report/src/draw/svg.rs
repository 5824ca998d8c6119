//! A canvas as SVG: sized in millimetres, named for screen readers, and without a style sheet, so
//! that it stands in a page whose policy allows none. Roles of paint are also classes, which the
//! page in the dark prints otherwise.

use super::{Anchor, Canvas, Direction, MM, Mark, Paint, Stroke, Text, Weight, base64};
use crate::escape::escaped;
use crate::rgb::Rgb;
use std::fmt::Write;

/// Faces that most readers have one of.
const FACES: &str = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";

/// The canvas as an SVG document. `name` tells its identifiers from those of other figures of a
/// page; `title` and `description` are what a screen reader says.
pub(crate) fn svg(canvas: &Canvas, name: &str, title: &str, description: &str) -> String {
    let (width, height) = (decimal(canvas.width), decimal(canvas.height));
    let (name, title, description) = (escaped(name), escaped(title), escaped(description));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{:.1}mm\" height=\"{:.1}mm\" role=\"img\" \
         aria-labelledby=\"{name}-title {name}-desc\" font-family=\"{FACES}\">\n\
         <title id=\"{name}-title\">{title}</title>\n\
         <desc id=\"{name}-desc\">{description}</desc>\n\
         <rect class=\"paper\" width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n",
        canvas.width / MM,
        canvas.height / MM,
    );
    for mark in &canvas.marks {
        push_mark(&mut svg, mark);
    }
    svg.push_str("</svg>\n");
    svg
}

fn push_mark(svg: &mut String, mark: &Mark) {
    match mark {
        Mark::Rect { x, y, width, height, paint, opacity } => push(
            svg,
            format_args!(
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{}/>",
                decimal(*x),
                decimal(*y),
                decimal(*width),
                decimal(*height),
                fill(*paint, *opacity)
            ),
        ),
        Mark::Line { points, stroke } => push(
            svg,
            format_args!("<path d=\"{}\" fill=\"none\"{}/>", path(points), stroked(stroke)),
        ),
        Mark::Polygon { points, paint, opacity } => {
            push(svg, format_args!("<path d=\"{}Z\"{}/>", path(points), fill(*paint, *opacity)));
        }
        // A dot is the round end of a line of no length: half the bytes of a circle, and a study
        // has ten thousands of them.
        Mark::Dots { at, radius, paint, opacity } => {
            let stroke = stroked(&Stroke::new(*paint, 2. * radius));
            let opacity = decimal(*opacity);
            push(
                svg,
                format_args!("<g stroke-linecap=\"round\" stroke-opacity=\"{opacity}\"{stroke}>"),
            );
            for &(x, y) in at {
                push(svg, format_args!("<path d=\"M{} {}h.01\"/>", tenth(x), tenth(y)));
            }
            svg.push_str("</g>\n");
        }
        Mark::Text(text) => push_text(svg, text),
        Mark::Image { x, y, width, height, pixels } => push(
            svg,
            format_args!(
                "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
                 image-rendering=\"pixelated\" href=\"data:image/png;base64,{}\"/>",
                decimal(*x),
                decimal(*y),
                decimal(*width),
                decimal(*height),
                base64(&pixels.png())
            ),
        ),
    }
}

fn push_text(svg: &mut String, text: &Text) {
    let anchor = match text.anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    let weight = match text.weight {
        Weight::Plain => "",
        Weight::Bold => " font-weight=\"bold\"",
    };
    let (x, y) = (decimal(text.x), decimal(text.y));
    let turn = match text.direction {
        Direction::Across => String::new(),
        Direction::Up => format!(" transform=\"rotate(-90 {x} {y})\""),
    };
    push(
        svg,
        format_args!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\"{anchor}{weight}{turn}{}>{}</text>",
            decimal(text.size),
            fill(text.paint, 1.),
            escaped(&text.text)
        ),
    );
}

/// Points as path data.
fn path(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (k, &(x, y)) in points.iter().enumerate() {
        let command = if k == 0 { 'M' } else { 'L' };
        write!(path, "{command}{} {}", decimal(x), decimal(y)).expect(IN_MEMORY);
    }
    path
}

fn fill(paint: Paint, opacity: f64) -> String {
    let (class, colour) = role(paint);
    let opacity = if opacity < 1. {
        format!(" fill-opacity=\"{}\"", decimal(opacity))
    } else {
        String::new()
    };
    format!("{class} fill=\"{}\"{opacity}", hex(colour))
}

fn stroked(stroke: &Stroke) -> String {
    let (class, colour) = match stroke.paint {
        Paint::Colour(colour) => (String::new(), colour),
        paint => {
            let (class, colour) = role(paint);
            (class.replace("class=\"", "class=\"line-"), colour)
        }
    };
    let lengths: Vec<String> = stroke.dash.lengths().iter().map(|&l| decimal(l)).collect();
    let dash = match &lengths[..] {
        [] => String::new(),
        lengths => format!(" stroke-dasharray=\"{}\"", lengths.join(" ")),
    };
    let (colour, width) = (hex(colour), decimal(stroke.width));
    format!("{class} stroke=\"{colour}\" stroke-width=\"{width}\" stroke-linejoin=\"round\"{dash}")
}

/// The class of a role, with a space before it, and its colour on paper.
fn role(paint: Paint) -> (String, Rgb) {
    let class = match paint {
        Paint::Ink => " class=\"ink\"",
        Paint::Soft => " class=\"soft\"",
        Paint::Faint => " class=\"faint\"",
        Paint::Paper => " class=\"paper\"",
        Paint::Colour(_) => "",
    };
    (class.to_owned(), on_paper(paint))
}

/// What a paint is on white paper.
pub(crate) fn on_paper(paint: Paint) -> Rgb {
    match paint {
        Paint::Ink => [0x1a, 0x1a, 0x1a],
        Paint::Soft => [0x59, 0x59, 0x59],
        Paint::Faint => [0xdd, 0xdd, 0xdd],
        Paint::Paper => [0xff, 0xff, 0xff],
        Paint::Colour(colour) => colour,
    }
}

pub(crate) fn hex([r, g, b]: Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// A number with at most one decimal, for dots: 0.1 pt is a tenth of a small one.
fn tenth(value: f64) -> String {
    decimal((value * 10.).round() / 10.)
}

/// A number with at most two decimals, without zeros at its end: 0.01 pt is below what is seen.
fn decimal(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

const IN_MEMORY: &str = "writing to memory does not fail";

fn push(svg: &mut String, element: std::fmt::Arguments<'_>) {
    writeln!(svg, "{element}").expect(IN_MEMORY);
}
