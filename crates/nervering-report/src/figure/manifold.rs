//! Trajectories of whole brains in three dimensions, coloured by behaviour: principal components
//! or a diffusion map (Fig 2, S1). Parallel projection from a stated direction; the page turns it.

use super::drawn::{About, Figure, csv, number32};
use super::mismatch::Mismatch;
use super::panels::Room;
use super::state_colours::StateColours;
use super::states::States;
use crate::draw::{
    Anchor, Canvas, HAIRLINE, ONE_COLUMN, Paint, Stroke, TWO_COLUMNS, Text, extent, fitted,
    text_width,
};
use serde::{Deserialize, Serialize};

/// Trajectories of a few animals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Caption.
    pub about: About,
    /// How the dimensions were made: `PCA of derivatives, per animal`.
    pub method: String,
    /// Names of the three axes: `PC 1 (34 %)`.
    pub axes: [String; 3],
    /// One panel each.
    pub animals: Vec<Trajectory>,
    /// Direction of view in degrees: around the third axis, and above the plane of the others.
    pub view: [f64; 2],
}

/// One animal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trajectory {
    /// Its name.
    pub animal: String,
    /// Position at each frame, in the units of the method.
    pub points: Vec<[f32; 3]>,
    /// Behaviour of each frame.
    pub states: States,
    /// Names of its own axes, where they are others than those of the figure: `PC 1 (34 %)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub axes: Option<[String; 3]>,
}

impl Data {
    pub(crate) fn check(&self) -> Result<(), Mismatch> {
        self.animals.iter().try_for_each(|animal| {
            let n_frames = animal.points.len();
            self.about.expect("states of an animal", animal.states.of_frame.len(), n_frames)
        })
    }
}

impl Trajectory {
    /// The box around the points.
    pub(crate) fn frame(&self) -> Frame {
        let mut frame = Frame { middle: [0.; 3], half: [0.; 3], longest: f64::MIN_POSITIVE };
        for axis in 0..3 {
            let (low, high) = extent(self.points.iter().map(|point| f64::from(point[axis])));
            if low.is_finite() {
                frame.middle[axis] = (low + high) / 2.;
                frame.half[axis] = (high - low) / 2.;
            }
        }
        frame.longest = frame.half.into_iter().fold(frame.longest, f64::max);
        frame.half = frame.half.map(|half| half / frame.longest);
        frame
    }
}

/// A box: points become numbers in [−1, 1]³ with one unit on all axes.
pub(crate) struct Frame {
    middle: [f64; 3],
    /// Half of its edges in that unit.
    pub half: [f64; 3],
    /// Half of its longest edge in the units of the points.
    longest: f64,
}

impl Frame {
    pub fn unit(&self, point: [f32; 3]) -> [f64; 3] {
        let mut unit = point.map(f64::from);
        unit.iter_mut().zip(self.middle).for_each(|(x, middle)| *x = (*x - middle) / self.longest);
        unit
    }
}

/// Height of the place for the axes, below the trajectory.
const AXES: f64 = 44.;
/// At most so many frames make one line: lines are drawn from the farthest to the nearest.
const FRAMES_PER_LINE: usize = 12;

/// Draws a panel per animal, up to three beside each other; a single one takes one column.
pub fn draw(data: &Data, colours: &StateColours) -> Figure {
    draw_in(data, colours, Room::Journal)
}

/// The same for a page of another width.
pub(crate) fn draw_in(data: &Data, colours: &StateColours, room: Room) -> Figure {
    let n = data.animals.len();
    let (whole, n_columns) = match (room, n) {
        (Room::Phone, _) | (_, 0 | 1) => (ONE_COLUMN, 1),
        (Room::Journal, 2 | 4) => (TWO_COLUMNS, 2),
        (Room::Journal, _) => (TWO_COLUMNS, 3),
    };
    let side = (whole / n_columns as f64).min(215.);
    let states = data.animals.iter().flat_map(|animal| animal.states.key(colours));
    let mut key: Vec<(String, Paint)> = Vec::new();
    for entry in states {
        if !key.contains(&entry) {
            key.push(entry);
        }
    }
    let top = Canvas::new(0., 0.).key(6., 8., whole - 12., &key) + 2.;
    let mut canvas = Canvas::new(whole, top + side * n.div_ceil(n_columns).max(1) as f64);
    canvas.key(6., 8., whole - 12., &key);
    let view = View::new(data.view);
    for (k, animal) in data.animals.iter().enumerate() {
        let left = whole / n_columns as f64 * (k % n_columns) as f64;
        let corner =
            (left + (whole / n_columns as f64 - side) / 2., top + side * (k / n_columns) as f64);
        draw_trajectory(&mut canvas, corner, side, animal, &view, colours, &data.axes);
    }
    let names: Vec<&str> = data.animals.iter().map(|animal| animal.animal.as_str()).collect();
    let alt = format!(
        "Trajectories of {} in three dimensions, coloured by behaviour; axes {}.",
        names.join(", "),
        data.axes.join(", ")
    );
    let details = format!(
        "{}; one panel per animal, colour by behaviour, equal units on the three axes, seen from \
         {:.0}° around the third axis and {:.0}° above.",
        data.method, data.view[0], data.view[1]
    );
    Figure::new(&data.about, canvas, table(data), &alt, &details)
}

/// A parallel projection.
struct View {
    around: (f64, f64),
    above: (f64, f64),
}

impl View {
    fn new([around, above]: [f64; 2]) -> Self {
        Self { around: around.to_radians().sin_cos(), above: above.to_radians().sin_cos() }
    }

    /// Right, down and towards the viewer.
    fn project(&self, [x, y, z]: [f64; 3]) -> (f64, f64, f64) {
        let (sin, cos) = self.around;
        let (right, away) = (cos * x - sin * y, sin * x + cos * y);
        let (sin, cos) = self.above;
        (right, -(cos * z - sin * away), -(cos * away + sin * z))
    }
}

fn draw_trajectory(
    canvas: &mut Canvas,
    (left, top): (f64, f64),
    side: f64,
    data: &Trajectory,
    view: &View,
    colours: &StateColours,
    axes: &[String; 3],
) {
    let frame = data.frame();
    let seen = || data.points.iter().map(|&point| view.project(frame.unit(point)));
    let within = |of: (f64, f64)| if of.0 <= of.1 { of } else { (0., 1.) };
    let (x, y) = (within(extent(seen().map(|p| p.0))), within(extent(seen().map(|p| p.1))));
    // The trajectory as it is seen fills the panel; below it stand the axes.
    let room = ((side - 16.).max(10.), (side - 20. - AXES).max(10.));
    let unit = (room.0 / (x.1 - x.0).max(1e-9)).min(room.1 / (y.1 - y.0).max(1e-9));
    let centre = (left + side / 2., top + 14. + room.1 / 2.);
    let place = |point: [f64; 3]| {
        let at = view.project(point);
        let (x, y) = (at.0 - (x.0 + x.1) / 2., at.1 - (y.0 + y.1) / 2.);
        (centre.0 + unit * x, centre.1 + unit * y)
    };
    let title = fitted(&data.animal, 8., side - 8.);
    canvas.text(Text::new(left + 6., top + 9., title).bold().size(8.));
    let axes = data.axes.as_ref().unwrap_or(axes);
    let names = draw_axes(canvas, (left, top + side), view, axes, side);
    let point = |t: usize| frame.unit(data.points[t]);
    let mut lines = Vec::new();
    for (state, frames) in data.states.runs() {
        let mut begin = frames.start;
        while begin < frames.end {
            let end = (begin + FRAMES_PER_LINE).min(frames.end);
            let points = (begin..(end + 1).min(data.points.len())).map(point);
            let points: Vec<_> = points.collect();
            let depth = points.iter().map(|&p| view.project(p).2).sum::<f64>();
            lines.push((depth / points.len() as f64, points, data.states.paint(state, colours)));
            begin = end;
        }
    }
    lines.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (_, points, paint) in lines {
        canvas.line(points.into_iter().map(&place), Stroke::new(paint, 0.7));
    }
    for name in names {
        let width = text_width(&name.text, 6.) + 2.;
        let left = match name.anchor {
            Anchor::Start => name.x - 1.,
            Anchor::Middle => name.x - width / 2.,
            Anchor::End => name.x - width + 1.,
        };
        canvas.tint(left, name.y - 5.5, width, 7.5, Paint::Paper, 0.75);
        canvas.text(name);
    }
}

/// Where the three axes point, from one corner in the lower left of the panel, and a name for the end of
/// each, to be drawn over the trajectory.
fn draw_axes(
    canvas: &mut Canvas,
    (left, bottom): (f64, f64),
    view: &View,
    axes: &[String; 3],
    side: f64,
) -> Vec<Text> {
    const LENGTH: f64 = 24.;
    let from = (left + 0.2 * side, bottom - 0.45 * AXES);
    let mut names = Vec::new();
    for (axis, name) in axes.iter().enumerate() {
        let mut end = [0.; 3];
        end[axis] = LENGTH;
        let (dx, dy, _) = view.project(end);
        let to = (from.0 + dx, from.1 + dy);
        canvas.line([from, to], Stroke::new(Paint::Soft, HAIRLINE));
        let length = dx.hypot(dy).max(1.);
        let x = to.0 + 4. * dx / length;
        let y = to.1 + 6. * dy / length + 2.;
        let text = Text::new(x, y, fitted(name, 6., side / 2.)).size(6.);
        names.push(match to.0 - from.0 {
            right if right < -2. => text.end(),
            right if right > 20. => text,
            _ => text.middle(),
        });
    }
    names
}

fn table(data: &Data) -> String {
    let rows = data.animals.iter().flat_map(|animal| {
        animal.points.iter().enumerate().map(|(t, point)| {
            let state = animal.states.name(animal.states.of_frame[t]).to_owned();
            let head = [animal.animal.clone(), t.to_string(), state];
            head.into_iter().chain(point.map(number32)).collect()
        })
    });
    csv(&["animal", "frame", "state", "axis_1", "axis_2", "axis_3"], rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_along_an_axis_shows_the_other_two() {
        let view = View::new([0., 0.]);
        let (right, down, near) = view.project([1., 2., 3.]);
        assert_eq!((right, down), (1., -3.));
        assert_eq!(near, -2., "the second axis points away");
        let (right, down, _) = View::new([0., 90.]).project([1., 2., 3.]);
        assert!((right - 1.).abs() < 1e-12 && (down - 2.).abs() < 1e-12);
    }
}
