//! A figure: the accuracy of every fit on every evaluated animal as a point, one strip per row of
//! the table, with the mean of the table as a line. SVG, drawn by hand: rectangles, lines, circles
//! and text need no library.

use nervering_study::{FitResult, Role, Section, Spread, SummaryRow};
use std::fmt::Write;

/// Width of the figure in pixels.
const FIGURE_WIDTH: f64 = 760.;
/// Where the accuracy axis begins and ends.
const AXIS: (f64, f64) = (180., 736.);
/// Where the first strip begins, below title and legend.
const TOP: f64 = 64.;
/// Height of one strip, two lanes of points.
const STRIP: f64 = 44.;
/// Dark on white with a contrast above 4.5, and told apart by those who do not see red or green.
const LANES: [(Role, &str, &str); 2] = [
    (Role::SameAnimal, "test folds of the animals trained on", "#8a5a00"),
    (Role::UnseenAnimal, "unseen animals", "#0060a8"),
];

/// Draws the accuracies of `fits` in the rows of `section` that they belong to.
pub fn accuracy_svg(title: &str, section: &Section, fits: &[FitResult]) -> String {
    let fits: Vec<&FitResult> = fits.iter().filter(|fit| fit.variant == section.variant).collect();
    let mut rows: Vec<&SummaryRow> = section.rows.iter().collect();
    rows.sort_by_key(|row| row.n_trained);
    let axis = Axis::over(&fits);
    let bottom = TOP + STRIP * rows.len() as f64;
    let height = bottom + 48.;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {FIGURE_WIDTH} {height}\" \
         width=\"{FIGURE_WIDTH}\" height=\"{height}\" \
         font-family=\"Helvetica, Arial, sans-serif\" font-size=\"13\" fill=\"#222\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    push_text(&mut svg, 12., 22., "font-weight=\"bold\"", title);
    for ((_, name, colour), x) in LANES.into_iter().zip([AXIS.0, AXIS.0 + 270.]) {
        push(&mut svg, format!("<circle cx=\"{x}\" cy=\"41\" r=\"4\" fill=\"{colour}\"/>"));
        push_text(&mut svg, x + 10., 45.5, "", name);
    }
    for tick in axis.ticks() {
        let x = axis.x(tick);
        let line = "stroke=\"#ddd\"";
        push(&mut svg, format!("<path d=\"M{x:.1} {TOP}V{bottom}\" {line}/>"));
        let label = format!("{:.0}", 100. * tick);
        push_text(&mut svg, x, bottom + 18., "text-anchor=\"middle\"", &label);
    }
    let centre = (AXIS.0 + AXIS.1) / 2.;
    let axis_title = "accuracy, %: one point per fit and animal, a line at the mean";
    push_text(&mut svg, centre, bottom + 38., "text-anchor=\"middle\"", axis_title);
    for (k, row) in rows.iter().enumerate() {
        push_strip(&mut svg, &axis, TOP + STRIP * k as f64, row, &fits);
    }
    svg.push_str("</svg>\n");
    svg
}

fn push_strip(svg: &mut String, axis: &Axis, top: f64, row: &SummaryRow, fits: &[&FitResult]) {
    let animals = if row.n_trained == 1 { "animal" } else { "animals" };
    push_text(svg, 12., top + 20., "font-weight=\"bold\"", &row.model);
    let trained = format!("trained on {} {animals}", row.n_trained);
    push_text(svg, 12., top + 35., "font-size=\"11\" fill=\"#555\"", &trained);
    let of_row =
        |fit: &&&FitResult| fit.model == row.model && fit.trained_on.len() == row.n_trained;
    let means: [Option<&Spread>; 2] = [row.same.accuracy.as_ref(), row.unseen.accuracy.as_ref()];
    for ((k, (role, _, colour)), mean) in LANES.into_iter().enumerate().zip(means) {
        let centre = top + 13. + 18. * k as f64;
        push(svg, format!("<g fill=\"{colour}\" fill-opacity=\"0.45\">"));
        let evaluations = fits.iter().filter(of_row).flat_map(|fit| &fit.evaluations);
        let points = evaluations.filter(|e| e.role == role).filter_map(|e| e.accuracy);
        for (at, accuracy) in points.enumerate() {
            // Points of one lane are spread over five heights, so that equal ones can be counted.
            let y = centre + 2.4 * ((at * 2 % 5) as f64 - 2.);
            let x = axis.x(accuracy);
            push(svg, format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.6\"/>"));
        }
        svg.push_str("</g>\n");
        if let Some(mean) = mean {
            let (x, from, to) = (axis.x(mean.mean), centre - 8., centre + 8.);
            let stroke = format!("stroke=\"{colour}\" stroke-width=\"2.5\"");
            push(svg, format!("<path d=\"M{x:.1} {from}V{to}\" {stroke}/>"));
        }
    }
}

/// Accuracy to pixels.
struct Axis {
    /// The accuracy at the left end; the right end is 1.
    from: f64,
}

impl Axis {
    /// From the full tenth below the lowest accuracy, leaving at least three tenths.
    fn over(fits: &[&FitResult]) -> Self {
        let evaluations = fits.iter().flat_map(|fit| &fit.evaluations);
        let lowest = evaluations.filter_map(|e| e.accuracy).fold(1., f64::min);
        Self { from: ((lowest * 10.).floor() / 10.).clamp(0., 0.7) }
    }

    fn x(&self, accuracy: f64) -> f64 {
        AXIS.0 + (AXIS.1 - AXIS.0) * (accuracy - self.from) / (1. - self.from)
    }

    /// Every tenth.
    fn ticks(&self) -> impl Iterator<Item = f64> {
        let first = (self.from * 10.).round() as usize;
        (first..=10).map(|tenth| tenth as f64 / 10.)
    }
}

fn push(svg: &mut String, element: String) {
    writeln!(svg, "{element}").expect("writing to memory does not fail");
}

fn push_text(svg: &mut String, x: f64, y: f64, attributes: &str, text: &str) {
    let space = if attributes.is_empty() { "" } else { " " };
    let text = escaped(text);
    push(svg, format!("<text x=\"{x:.1}\" y=\"{y:.1}\"{space}{attributes}>{text}</text>"));
}

/// Text as XML takes it; names of models and studies may come from a file.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
