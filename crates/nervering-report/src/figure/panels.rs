//! What figures of lines share: panels on common axes beside each other, or below each other where they do
//! not fit ([`Panels`]); a key of up to [`MOST_KEYED`] names, and where there are more, each name at the end
//! of its line; and a mark where a line leaves its axis ([`leaves`]).

use crate::draw::{
    Canvas, HAIRLINE, ONE_COLUMN, Paint, Panel, Stroke, TWO_COLUMNS, Text, fitted, text_width,
};

/// Names that stand in a key; a reader cannot tell more colours apart.
pub(crate) const MOST_KEYED: usize = 6;
/// Size of the names at the ends of lines, and the most points that one takes.
const NAME: f64 = 6.;
const MOST_NAME: f64 = 62.;
/// Points between a panel and the names of its lines.
const LEADER: f64 = 7.;
/// The least width of a panel beside others.
const LEAST: f64 = 78.;
/// Room below a panel for its axis, and between rows for headings.
const AXIS: f64 = 24.;
const HEADING: f64 = 16.;

/// What a figure is drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// One or two columns of a journal.
    Journal,
    /// A phone: one column, panels below each other.
    Phone,
}

impl Room {
    /// The width that two columns of a journal become.
    pub(super) fn two_columns(self) -> f64 {
        if self == Self::Phone { ONE_COLUMN } else { TWO_COLUMNS }
    }
}

/// What panels are laid out for.
pub(super) struct Of<'a> {
    pub room: Room,
    pub n_panels: usize,
    /// Names of lines.
    pub names: &'a [&'a str],
    /// Points to the left of the first panel, for its axis.
    pub left: f64,
    /// Height of a panel.
    pub height: f64,
    /// Between panels.
    pub gap: f64,
}

/// Where panels stand.
pub(super) struct Panels {
    pub whole: f64,
    n_panels: usize,
    n_columns: usize,
    left: f64,
    gap: f64,
    pub top: f64,
    width: f64,
    height: f64,
    /// Points for names at the ends of lines; 0 where they stand in a key.
    names: f64,
}

/// The end of a line: its height on the canvas, its name and paint.
pub(super) struct LineEnd {
    pub y: f64,
    pub name: String,
    pub paint: Paint,
}

impl Panels {
    /// Lays them out below a key, which `key` draws at (x, y) in a width and whose height it returns.
    pub fn new(of: &Of<'_>, key: impl Fn(&mut Canvas, f64, f64, f64) -> f64) -> Self {
        let n_panels = of.n_panels.max(1);
        let widest = of.names.iter().map(|name| text_width(name, NAME)).fold(0., f64::max);
        let names = if of.names.len() > MOST_KEYED { LEADER + widest.min(MOST_NAME) } else { 0. };
        let whole = match (of.room, n_panels) {
            (Room::Phone, _) | (_, 1) => ONE_COLUMN,
            (Room::Journal, _) => TWO_COLUMNS,
        };
        let width = |n: usize| (whole - of.left - 8. - of.gap * (n as f64 - 1.)) / n as f64 - names;
        let most = if of.room == Room::Phone { 1 } else { n_panels };
        let n_columns = (1..=most).rev().find(|&n| width(n) >= LEAST).unwrap_or(1);
        let top = match names > 0. {
            true => 22.,
            false => key(&mut Canvas::new(0., 0.), of.left, 8., whole - of.left) + 14.,
        };
        let (left, gap, height) = (of.left, of.gap, of.height);
        Self { whole, n_panels, n_columns, left, gap, top, width: width(n_columns), height, names }
    }

    /// A canvas for all of them, with the key on it.
    pub fn canvas(&self, key: impl Fn(&mut Canvas, f64, f64, f64) -> f64) -> Canvas {
        let n_rows = self.n_panels.div_ceil(self.n_columns) as f64;
        let height = self.top + n_rows * (self.height + AXIS) + (n_rows - 1.) * HEADING;
        let mut canvas = Canvas::new(self.whole, height);
        if self.names == 0. {
            key(&mut canvas, self.left, 8., self.whole - self.left);
        }
        canvas
    }

    /// A panel, with scales over these values.
    pub fn panel(&self, k: usize, x: (f64, f64), y: (f64, f64)) -> Panel {
        let (row, column) = ((k / self.n_columns) as f64, (k % self.n_columns) as f64);
        let left = self.left + (self.width + self.names + self.gap) * column;
        let top = self.top + (self.height + AXIS + HEADING) * row;
        Panel::new((left, top), (self.width, self.height), x, y)
    }

    /// Whether a panel is the first of its row, and carries the axis of all.
    pub fn has_axis(&self, k: usize) -> bool {
        k.is_multiple_of(self.n_columns)
    }

    /// Names of lines at their ends, where there are too many for a key.
    pub fn name_lines(&self, canvas: &mut Canvas, panel: &Panel, mut ends: Vec<LineEnd>) {
        if self.names == 0. {
            return;
        }
        ends.retain(|end| !end.y.is_nan());
        ends.sort_by(|a, b| a.y.total_cmp(&b.y));
        let within = (panel.top, panel.bottom());
        let wanted: Vec<f64> = ends.iter().map(|end| end.y.clamp(within.0, within.1)).collect();
        let places = spread(&wanted, NAME + 0.6, within);
        for ((end, wanted), place) in ends.iter().zip(wanted).zip(places) {
            let right = panel.right();
            let leader = [(right, wanted), (right + LEADER - 1.5, place)];
            canvas.line(leader, Stroke::new(end.paint, HAIRLINE));
            let name = fitted(&end.name, NAME, self.names - LEADER);
            canvas.text(Text::new(right + LEADER, place + 0.34 * NAME, name).size(NAME));
        }
    }
}

/// A triangle where a line leaves its panel, upwards or downwards.
pub(super) fn leaves(canvas: &mut Canvas, panel: &Panel, x: f64, upwards: bool, paint: Paint) {
    let (y, tip) = if upwards { (panel.top, -3.6) } else { (panel.bottom(), 3.6) };
    canvas.polygon(vec![(x - 2.2, y), (x + 2.2, y), (x, y + tip)], paint, 1.);
}

/// Places near those that are wanted, in their order, `gap` apart where there is room for that.
fn spread(wanted: &[f64], gap: f64, (low, high): (f64, f64)) -> Vec<f64> {
    let n = wanted.len();
    let gap = if n > 1 { gap.min((high - low) / (n - 1) as f64) } else { gap };
    let mut places = wanted.to_vec();
    for k in 1..n {
        places[k] = places[k].max(places[k - 1] + gap);
    }
    let mut most = high;
    for place in places.iter_mut().rev() {
        *place = place.min(most);
        most = *place - gap;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_order_and_their_distance_within_the_panel() {
        let places = spread(&[10., 10., 11., 90., 100., 100.], 7., (0., 100.));
        assert_eq!(places, [10., 17., 24., 86., 93., 100.]);
        let crowded = spread(&[50.; 5], 30., (0., 100.));
        assert_eq!(crowded, [0., 25., 50., 75., 100.]);
        assert_eq!(spread(&[], 7., (0., 1.)), [0f64; 0]);
    }

    #[test]
    fn panels_stand_below_each_other_where_they_do_not_fit() {
        let names: Vec<String> = (0..17).map(|k| format!("a-long-name-{k}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let of = |room, names| Of { room, n_panels: 4, names, left: 36., height: 100., gap: 12. };
        let key = |_: &mut Canvas, _: f64, _: f64, _: f64| 10.;
        let few = Panels::new(&of(Room::Journal, &names[..3]), key);
        assert_eq!((few.n_columns, few.names), (4, 0.));
        let many = Panels::new(&of(Room::Journal, &names), key);
        assert!(many.n_columns < 4 && many.names > 0., "{}", many.n_columns);
        let phone = Panels::new(&of(Room::Phone, &names), key);
        assert_eq!((phone.n_columns, phone.whole), (1, ONE_COLUMN));
        let last = phone.panel(3, (0., 1.), (0., 1.));
        assert!(last.bottom() + 20. < phone.canvas(key).height && last.right() < ONE_COLUMN);
    }
}
