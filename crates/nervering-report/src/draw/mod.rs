//! What figures are drawn on: a [`Canvas`] of marks in points (1/72 inch), y downwards, which
//! becomes SVG ([`svg`]) and PNG ([`png`]).
//!
//! Marks are few: rectangles, lines, polygons, dots, text and one kind of image. Their colour is a
//! [`Paint`], either a colour that means something or a role such as ink or paper, which a page in
//! the dark may print otherwise. [`Panel`] adds axes. Nothing here knows what is drawn.

pub(crate) mod dash;
mod indexed;
mod ink;
mod panel;
pub(crate) mod png;
mod scale;
pub(crate) mod svg;
mod up_text;
mod width;

pub(crate) use dash::Dash;
pub(crate) use indexed::{Pixels, base64};
pub(crate) use panel::Panel;
pub(crate) use scale::{Scale, extent, power_of_ten};
pub(crate) use width::{fitted, text_width};

use crate::rgb::Rgb;

/// Width of a figure over one column of a journal, 85 mm, in points.
pub(crate) const ONE_COLUMN: f64 = 85. * MM;
/// Width of a figure over two columns, 180 mm, in points.
pub(crate) const TWO_COLUMNS: f64 = 180. * MM;
/// Points per millimetre.
pub(crate) const MM: f64 = 72. / 25.4;
/// Size of type, in points.
pub(crate) const TYPE: f64 = 7.;
/// Size of headings of panels, in points.
pub(crate) const LARGE_TYPE: f64 = 8.;
/// Width of axes and other plain lines, in points.
pub(crate) const HAIRLINE: f64 = 0.5;

/// What a mark is painted with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Paint {
    /// Text and axes: black on paper, light in the dark.
    Ink,
    /// Text of second rank; 7 : 1 on paper.
    Soft,
    /// Grid lines.
    Faint,
    /// The background.
    Paper,
    /// A colour that means something, the same everywhere.
    Colour(Rgb),
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stroke {
    pub paint: Paint,
    /// In points.
    pub width: f64,
    pub dash: Dash,
}

impl Stroke {
    /// A solid line.
    pub fn new(paint: Paint, width: f64) -> Self {
        Self { paint, width, dash: Dash::Solid }
    }

    pub fn dashed(self, dash: Dash) -> Self {
        Self { dash, ..self }
    }
}

/// Which end of a text stands at its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// Which way a text runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Across,
    /// From bottom to top.
    Up,
}

/// A line of text, its baseline at `y` (at `x` when it runs upwards).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Text {
    pub x: f64,
    pub y: f64,
    pub text: String,
    pub size: f64,
    pub anchor: Anchor,
    pub direction: Direction,
    pub weight: Weight,
    pub paint: Paint,
}

/// Plain or bold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    Plain,
    Bold,
}

impl Text {
    /// Plain text of the common size that starts at `x`.
    pub fn new(x: f64, y: f64, text: impl Into<String>) -> Self {
        Self {
            x,
            y,
            text: text.into(),
            size: TYPE,
            anchor: Anchor::Start,
            direction: Direction::Across,
            weight: Weight::Plain,
            paint: Paint::Ink,
        }
    }

    pub fn middle(self) -> Self {
        Self { anchor: Anchor::Middle, ..self }
    }

    pub fn end(self) -> Self {
        Self { anchor: Anchor::End, ..self }
    }

    pub fn up(self) -> Self {
        Self { direction: Direction::Up, ..self }
    }

    pub fn bold(self) -> Self {
        Self { weight: Weight::Bold, ..self }
    }

    pub fn size(self, size: f64) -> Self {
        Self { size, ..self }
    }

    pub fn paint(self, paint: Paint) -> Self {
        Self { paint, ..self }
    }
}

/// One thing that is drawn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Mark {
    Rect {
        x: f64,
        y: f64,
        width: f64,
        height: f64,
        paint: Paint,
        opacity: f64,
    },
    Line {
        points: Vec<(f64, f64)>,
        stroke: Stroke,
    },
    Polygon {
        points: Vec<(f64, f64)>,
        paint: Paint,
        opacity: f64,
    },
    /// Dots of one size and paint.
    Dots {
        at: Vec<(f64, f64)>,
        radius: f64,
        paint: Paint,
        opacity: f64,
    },
    Text(Text),
    /// Cells of a heat map, stretched over a rectangle.
    Image {
        x: f64,
        y: f64,
        width: f64,
        height: f64,
        pixels: Pixels,
    },
}

/// A figure while it is drawn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Canvas {
    /// In points.
    pub width: f64,
    /// In points.
    pub height: f64,
    pub marks: Vec<Mark>,
}

impl Canvas {
    pub fn new(width: f64, height: f64) -> Self {
        Self { width, height, marks: Vec::new() }
    }

    pub fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, paint: Paint) {
        self.marks.push(Mark::Rect { x, y, width, height, paint, opacity: 1. });
    }

    pub fn tint(&mut self, x: f64, y: f64, width: f64, height: f64, paint: Paint, opacity: f64) {
        self.marks.push(Mark::Rect { x, y, width, height, paint, opacity });
    }

    /// A line through points; points that are no numbers break it.
    pub fn line(&mut self, points: impl IntoIterator<Item = (f64, f64)>, stroke: Stroke) {
        let mut run = Vec::new();
        let mut end = |run: &mut Vec<(f64, f64)>| {
            let points = std::mem::take(run);
            if points.len() > 1 {
                self.marks.push(Mark::Line { points, stroke });
            }
        };
        for (x, y) in points {
            if x.is_finite() && y.is_finite() {
                run.push((x, y));
            } else {
                end(&mut run);
            }
        }
        end(&mut run);
    }

    pub fn polygon(&mut self, points: Vec<(f64, f64)>, paint: Paint, opacity: f64) {
        if points.len() > 2 {
            self.marks.push(Mark::Polygon { points, paint, opacity });
        }
    }

    /// A band between two lines over the same x; where one of them is no number, it is broken.
    pub fn band(&mut self, points: &[(f64, f64, f64)], paint: Paint, opacity: f64) {
        let known = |p: &(f64, f64, f64)| p.0.is_finite() && p.1.is_finite() && p.2.is_finite();
        for run in points.split(|p| !known(p)) {
            let there = run.iter().map(|&(x, low, _)| (x, low));
            let back = run.iter().rev().map(|&(x, _, high)| (x, high));
            self.polygon(there.chain(back).collect(), paint, opacity);
        }
    }

    pub fn dots(&mut self, at: Vec<(f64, f64)>, radius: f64, paint: Paint, opacity: f64) {
        let at: Vec<_> = at.into_iter().filter(|p| p.0.is_finite() && p.1.is_finite()).collect();
        if !at.is_empty() {
            self.marks.push(Mark::Dots { at, radius, paint, opacity });
        }
    }

    pub fn text(&mut self, text: Text) {
        self.marks.push(Mark::Text(text));
    }

    pub fn image(&mut self, x: f64, y: f64, width: f64, height: f64, pixels: Pixels) {
        self.marks.push(Mark::Image { x, y, width, height, pixels });
    }

    /// A key of lines: a piece of each and its name, as [`Canvas::key`] lays them out. Returns the
    /// height used.
    pub fn line_key(&mut self, x: f64, y: f64, width: f64, entries: &[(String, Stroke)]) -> f64 {
        const PIECE: f64 = 17.;
        self.lay_out(x, y, width, PIECE, entries, |canvas, at, line, stroke| {
            canvas.line([(at, line - 2.5), (at + PIECE, line - 2.5)], *stroke);
        })
    }

    /// A key: a swatch and a name for every entry, in as many lines as it takes, from (x, y) with
    /// `width` at hand. Returns the height used.
    pub fn key(&mut self, x: f64, y: f64, width: f64, entries: &[(String, Paint)]) -> f64 {
        self.lay_out(x, y, width, 6., entries, |canvas, at, line, paint| {
            canvas.rect(at, line - 5.5, 6., 6., *paint);
        })
    }

    /// Entries of a key, each behind a sign of `sign` points that `draw` puts there.
    fn lay_out<T>(
        &mut self,
        x: f64,
        y: f64,
        width: f64,
        sign: f64,
        entries: &[(String, T)],
        draw: impl Fn(&mut Self, f64, f64, &T),
    ) -> f64 {
        let (mut at, mut line) = (x, y);
        for (name, entry) in entries {
            let name = fitted(name, TYPE, width - sign - 4.);
            let needed = sign + 3. + text_width(&name, TYPE);
            if at > x && at + needed > x + width {
                at = x;
                line += 10.;
            }
            draw(self, at, line, entry);
            self.text(Text::new(at + sign + 2.5, line, name));
            at += needed + 8.;
        }
        line + 10. - y
    }
}
