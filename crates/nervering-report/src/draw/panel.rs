//! A rectangle with axes, in which a figure draws.

use super::{Canvas, HAIRLINE, LARGE_TYPE, Paint, Scale, Stroke, TYPE, Text, fitted};

/// Length of a tick in points.
const TICK: f64 = 2.5;

/// Where values are drawn, with a scale along each side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Panel {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
    pub x: Scale,
    pub y: Scale,
}

impl Panel {
    /// A panel from values to points; y grows upwards.
    pub fn new(
        (left, top): (f64, f64),
        (width, height): (f64, f64),
        x: (f64, f64),
        y: (f64, f64),
    ) -> Self {
        let x = Scale::new(x, (left, left + width));
        let y = Scale::new(y, (top + height, top));
        Self { left, top, width, height, x, y }
    }

    pub fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub fn right(&self) -> f64 {
        self.left + self.width
    }

    /// The axis below, with ticks at given values.
    pub fn x_axis(&self, canvas: &mut Canvas, ticks: &[(f64, String)], label: &str) {
        let bottom = self.bottom();
        let line = Stroke::new(Paint::Ink, HAIRLINE);
        canvas.line([(self.left, bottom), (self.right(), bottom)], line);
        for (value, text) in ticks {
            let x = self.x.at(*value);
            canvas.line([(x, bottom), (x, bottom + TICK)], line);
            canvas.text(Text::new(x, bottom + TICK + 7., text.as_str()).middle());
        }
        let middle = self.left + self.width / 2.;
        canvas.text(Text::new(middle, bottom + TICK + 17., label).middle());
    }

    /// The axis to the left, with ticks at given values.
    pub fn y_axis(&self, canvas: &mut Canvas, ticks: &[(f64, String)], label: &str) {
        let line = Stroke::new(Paint::Ink, HAIRLINE);
        canvas.line([(self.left, self.top), (self.left, self.bottom())], line);
        let mut widest: f64 = 0.;
        for (value, text) in ticks {
            let y = self.y.at(*value);
            canvas.line([(self.left - TICK, y), (self.left, y)], line);
            canvas.text(Text::new(self.left - TICK - 1.5, y + 2.5, text.as_str()).end());
            widest = widest.max(super::text_width(text, TYPE));
        }
        let x = self.left - TICK - widest - 5.;
        let label = fitted(label, TYPE, self.height + 40.);
        canvas.text(Text::new(x, self.top + self.height / 2., label).middle().up());
    }

    /// Thin lines across, at the ticks of the left axis.
    pub fn grid(&self, canvas: &mut Canvas, ticks: &[(f64, String)]) {
        for (value, _) in ticks {
            let y = self.y.at(*value);
            let line = Stroke::new(Paint::Faint, HAIRLINE);
            canvas.line([(self.left, y), (self.right(), y)], line);
        }
    }

    /// What the panel shows, above it.
    pub fn heading(&self, canvas: &mut Canvas, text: &str) {
        let text = fitted(text, LARGE_TYPE, self.width + 8.);
        canvas.text(Text::new(self.left, self.top - 4., text).bold().size(LARGE_TYPE));
    }
}
