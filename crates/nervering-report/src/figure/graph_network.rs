//! Inferred edges as links between nodes on a circle, beside the connectome on the same circle.

use super::drawn::Figure;
use super::graph::Data;
use super::panels::Room;
use crate::draw::{
    Canvas, Dash, LARGE_TYPE, ONE_COLUMN, Paint, Stroke, TWO_COLUMNS, Text, fitted, text_width,
};
use crate::palette;
use std::f64::consts::TAU;

/// Draws the circles beside each other; without a connectome in one column.
pub fn draw(data: &Data) -> Figure {
    draw_in(data, Room::Journal)
}

/// The same for a page of another width.
pub(crate) fn draw_in(data: &Data, room: Room) -> Figure {
    let is_beside = data.connectome.is_some() && room == Room::Journal;
    let whole = if is_beside { TWO_COLUMNS } else { ONE_COLUMN };
    let panel = if is_beside { whole / 2. } else { whole };
    let inferred = Paint::Colour(palette::model("gnn"));
    let circle = Circle::new((0., 0.), panel, &data.neurons);
    let height = circle.middle() + circle.radius + 18.;
    let n_rows = if data.connectome.is_some() && !is_beside { 2. } else { 1. };
    let mut canvas = Canvas::new(whole, height * n_rows);
    circle.title(&mut canvas, &format!("inferred: {}, weight ≥ {}", data.model, data.threshold));
    let weights = data.inferred.iter().enumerate();
    for (k, &weight) in weights.filter(|(_, weight)| **weight >= data.threshold) {
        let span = (1. - data.threshold).max(f32::MIN_POSITIVE);
        let strength = f64::from((weight - data.threshold) / span).clamp(0., 1.);
        circle.link(&mut canvas, k, Stroke::new(inferred, 0.3 + 1.2 * strength));
    }
    circle.nodes(&mut canvas);
    if let Some(connectome) = &data.connectome {
        let corner = if is_beside { (panel, 0.) } else { (0., height) };
        let circle = Circle::new(corner, panel, &data.neurons);
        circle.title(
            &mut canvas,
            &format!("{}: {}", connectome.known_from.what(), connectome.source),
        );
        let most = connectome.chemical.iter().copied().fold(1f32, f32::max);
        let junction = Paint::Colour(palette::REVERSE_2);
        let n = data.neurons.len();
        for (k, &count) in connectome.electrical.iter().enumerate() {
            // Each junction once: it has no direction.
            if count > 0. && k / n < k % n {
                circle.chord(&mut canvas, k, Stroke::new(junction, 0.9).dashed(Dash::Dashed));
            }
        }
        let chemical = connectome.chemical.iter().enumerate();
        for (k, &count) in chemical.filter(|(_, count)| **count > 0.) {
            let width = 0.3 + 1.2 * f64::from(count / most).sqrt();
            circle.link(&mut canvas, k, Stroke::new(Paint::Soft, width));
        }
        circle.nodes(&mut canvas);
    }
    let n_links = data.inferred.iter().filter(|weight| **weight >= data.threshold).count();
    let alt = format!(
        "{n_links} inferred links of weight {} or more between {} neurons on a circle{}.",
        data.threshold,
        data.neurons.len(),
        data.connectome
            .as_ref()
            .map_or_else(String::new, |c| { format!(", beside the {}", c.known_from.what()) })
    );
    let details = format!(
        "Links of weight {} or more, wider with weight, arrows to the receiver; rings: edges of a \
         neuron to itself{}.",
        data.threshold,
        data.connectome
            .as_ref()
            .map_or_else(String::new, |c| { format!("; right: {}", c.legend("arrows", "broken")) })
    );
    Figure::new(&data.about, canvas, data.csv(), &alt, &details)
}

/// Nodes on a circle, the first at the top, clockwise.
struct Circle<'a> {
    left: f64,
    top: f64,
    panel: f64,
    radius: f64,
    neurons: &'a [String],
}

impl<'a> Circle<'a> {
    fn new((left, top): (f64, f64), panel: f64, neurons: &'a [String]) -> Self {
        let widest = neurons.iter().map(|name| text_width(name, 7.)).fold(0., f64::max).min(44.);
        Self { left, top, panel, radius: panel / 2. - widest - 18., neurons }
    }

    fn title(&self, canvas: &mut Canvas, text: &str) {
        let text = fitted(text, LARGE_TYPE, self.panel - 8.);
        canvas.text(Text::new(self.left + 4., self.top + 9., text).bold().size(LARGE_TYPE));
    }

    /// Height of the centre: a title and a name stand above the circle.
    fn middle(&self) -> f64 {
        self.top + self.radius + 36.
    }

    fn direction(&self, node: usize) -> (f64, f64) {
        let angle = TAU * node as f64 / self.neurons.len().max(1) as f64;
        (angle.sin(), -angle.cos())
    }

    fn at(&self, node: usize) -> (f64, f64) {
        let (x, y) = self.direction(node);
        (self.left + self.panel / 2. + self.radius * x, self.middle() + self.radius * y)
    }

    /// A straight line for entry `k` of the matrix.
    fn chord(&self, canvas: &mut Canvas, k: usize, stroke: Stroke) {
        let n = self.neurons.len();
        canvas.line([self.at(k / n), self.at(k % n)], stroke);
    }

    /// A bent arrow for entry `k` of the matrix; there and back bend apart.
    fn link(&self, canvas: &mut Canvas, k: usize, stroke: Stroke) {
        let n = self.neurons.len();
        let (sender, receiver) = (k / n, k % n);
        if sender == receiver {
            return self.ring(canvas, sender, stroke);
        }
        let (from, to) = (self.at(sender), self.at(receiver));
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let bend = 0.12;
        let control = ((from.0 + to.0) / 2. - bend * dy, (from.1 + to.1) / 2. + bend * dx);
        let point = |t: f64| {
            let (a, b, c) = ((1. - t) * (1. - t), 2. * t * (1. - t), t * t);
            (a * from.0 + b * control.0 + c * to.0, a * from.1 + b * control.1 + c * to.1)
        };
        // The tip stands before the node.
        let length = dx.hypot(dy).max(1.);
        let (tip, tail) = (1. - 3.2 / length, 1. - (7.2 + 1.2 * stroke.width) / length);
        canvas.line((0..=12).map(|k| point(tail * f64::from(k) / 12.)), stroke);
        let (end, begin) = (point(tip), point(tail));
        let (ux, uy) = (end.0 - begin.0, end.1 - begin.1);
        let half = (1.1 + 0.6 * stroke.width) / ux.hypot(uy).max(1e-9);
        let corner = |side: f64| (begin.0 - side * half * uy, begin.1 + side * half * ux);
        canvas.polygon(vec![end, corner(1.), corner(-1.)], stroke.paint, 1.);
    }

    /// A ring at the outside of a node, for its edge to itself.
    fn ring(&self, canvas: &mut Canvas, node: usize, stroke: Stroke) {
        const RADIUS: f64 = 3.4;
        let ((x, y), (dx, dy)) = (self.at(node), self.direction(node));
        let middle = (x + (RADIUS + 1.5) * dx, y + (RADIUS + 1.5) * dy);
        let angles = (0..=16).map(|k| TAU * f64::from(k) / 16.);
        let around =
            angles.map(|angle| (middle.0 + RADIUS * angle.cos(), middle.1 + RADIUS * angle.sin()));
        canvas.line(around, stroke);
    }

    fn nodes(&self, canvas: &mut Canvas) {
        for (node, name) in self.neurons.iter().enumerate() {
            let ((x, y), (dx, dy)) = (self.at(node), self.direction(node));
            canvas.dots(vec![(x, y)], 2.6, Paint::Paper, 1.);
            canvas.dots(vec![(x, y)], 2., Paint::Ink, 1.);
            let text = Text::new(x + 11. * dx, y + 12. * dy + 2.4, fitted(name, 7., 44.));
            canvas.text(match dx {
                _ if dx.abs() < 0.15 => text.middle(),
                _ if dx < 0. => text.end(),
                _ => text,
            });
        }
    }
}
