//! An inspection as text of at most 100 columns, or of the width that it is formatted with: a table of animals, a table of their states, the
//! shared neurons, and the warnings by level.

use super::checks::{counted, listed};
use super::{Animal, Inspection};
use crate::series::TraceSeries;
use crate::warning::Level;
use nervering_recording::{FoundUnit, NeuronName, State};
use std::collections::BTreeMap;
use std::fmt;

/// Columns of the widest line, unless another width is asked for.
const WIDTH: usize = 100;
/// Columns of an animal's name, and where there are fewer than usual.
const NAME_WIDTH: usize = 24;
const NARROW_NAME_WIDTH: usize = 15;
/// Columns of a state's name.
const STATE_WIDTH: usize = 20;
/// Columns of the kind of a warning; the longest is 25.
const KIND_WIDTH: usize = 25;

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_animals(f, &self.animals)?;
        write_states(f, &self.animals)?;
        let shared: Vec<&str> = self.shared.iter().map(NeuronName::as_str).collect();
        let lead = match self.animals.len() {
            0 | 1 => format!("{}: ", counted(shared.len(), "identified neuron")),
            n => format!("{} neurons identified in all {n} animals: ", shared.len()),
        };
        writeln!(f)?;
        write_wrapped(f, "", &format!("{lead}{}", shared.join(" ")))?;
        write_units(f, &self.animals)?;
        writeln!(f)?;
        write_series(f, &self.series)?;
        write_warnings(f, self)
    }
}

/// Columns that a line may have.
fn width_of(f: &fmt::Formatter<'_>) -> usize {
    f.width().unwrap_or(WIDTH)
}

/// Columns of an animal's name.
fn name_width(f: &fmt::Formatter<'_>) -> usize {
    if width_of(f) < WIDTH { NARROW_NAME_WIDTH } else { NAME_WIDTH }
}

fn write_animals(f: &mut fmt::Formatter<'_>, animals: &[Animal]) -> fmt::Result {
    let name_width = name_width(f);
    let is_narrow = width_of(f) < WIDTH;
    let (headings, widths) = match is_narrow {
        false => (["derivative", "transitions", "median bout"], [10, 11, 11]),
        true => (["deriv.", "switches", "bout"], [7, 8, 7]),
    };
    let [derivative, transitions, bout] = headings;
    let [of_derivative, of_transitions, of_bout] = widths;
    writeln!(
        f,
        "{:name_width$} {:>7} {:>8} {:>6} {:>8} {:>6} {derivative:>of_derivative$} \
         {transitions:>of_transitions$} {bout:>of_bout$}",
        "animal", "frames", "minutes", "fps", "neurons", "named",
    )?;
    for animal in animals {
        let (transitions, bout) = match &animal.behavior {
            Some(behavior) => {
                let seconds = behavior.median_bout as f64 / animal.fps;
                (behavior.n_transitions.to_string(), format!("{seconds:.1} s"))
            }
            None => ("-".into(), "-".into()),
        };
        writeln!(
            f,
            "{:name_width$} {:>7} {:>8.1} {:>6.2} {:>8} {:>6} {:>of_derivative$} \
             {transitions:>of_transitions$} {bout:>of_bout$}",
            shortened(&animal.name, name_width),
            animal.n_frames,
            animal.duration / 60.,
            animal.fps,
            animal.n_neurons,
            animal.n_identified,
            if animal.derivative_field.is_some() { "in file" } else { "none" },
        )?;
    }
    Ok(())
}

/// Fractions of frames, for the states that any animal shows: as many columns as fit, then the next.
fn write_states(f: &mut fmt::Formatter<'_>, animals: &[Animal]) -> fmt::Result {
    let (name_width, most) = (name_width(f), width_of(f));
    let labelled: Vec<_> =
        animals.iter().filter_map(|animal| Some((animal, animal.behavior.as_ref()?))).collect();
    let mut shown: Vec<(StateOrder, &str)> = Vec::new();
    for (name, _) in labelled.iter().flat_map(|(_, behavior)| &behavior.fractions) {
        let state = (order(name), name.as_str());
        if let Err(at) = shown.binary_search(&state) {
            shown.insert(at, state);
        }
    }
    let shown: Vec<(&str, usize)> = shown
        .into_iter()
        .map(|(_, name)| (name, name.chars().count().clamp(6, STATE_WIDTH)))
        .collect();
    let mut rest = shown.as_slice();
    while !rest.is_empty() {
        let mut width = name_width;
        let fits = |&&(_, of_state): &&(&str, usize)| {
            width += 1 + of_state;
            width <= most
        };
        let (columns, others) = rest.split_at(rest.iter().take_while(fits).count().max(1));
        rest = others;
        write!(f, "\n{:name_width$}", "fraction of frames")?;
        for (name, width) in columns {
            write!(f, " {:>width$}", shortened(name, STATE_WIDTH))?;
        }
        for (animal, behavior) in &labelled {
            write!(f, "\n{:name_width$}", shortened(&animal.name, name_width))?;
            for (name, width) in columns {
                write!(f, " {:>width$.3}", behavior.fraction(name))?;
            }
        }
        writeln!(f)?;
    }
    Ok(())
}

/// Known states in their own order, then others, unknown last.
type StateOrder = (bool, bool, usize);

fn order(name: &str) -> StateOrder {
    let known = State::ALL.iter().position(|state| state.known_name() == Some(name));
    let is_unknown = name.parse() == Ok(State::Unknown);
    (is_unknown, known.is_none(), known.unwrap_or_default())
}

/// What the traces are: once where all animals agree, else by unit.
fn write_units(f: &mut fmt::Formatter<'_>, animals: &[Animal]) -> fmt::Result {
    let mut by_unit: Vec<(FoundUnit, Vec<String>)> = Vec::new();
    for animal in animals {
        match by_unit.iter_mut().find(|(unit, _)| *unit == animal.unit) {
            Some((_, names)) => names.push(shortened(&animal.name, NAME_WIDTH)),
            None => by_unit.push((animal.unit, vec![shortened(&animal.name, NAME_WIDTH)])),
        }
    }
    match by_unit.as_slice() {
        [(unit, _)] => write_wrapped(f, "", &format!("unit of the traces: {unit}")),
        several => several.iter().try_for_each(|(unit, names)| {
            write_wrapped(f, "", &format!("unit of the traces of {}: {unit}", listed(names)))
        }),
    }
}

/// The series of traces of files that offer several, and which was read.
fn write_series(f: &mut fmt::Formatter<'_>, series: &[TraceSeries]) -> fmt::Result {
    let mut of_file = BTreeMap::<&str, usize>::new();
    series.iter().for_each(|one| *of_file.entry(&one.source).or_default() += 1);
    let shown: Vec<&TraceSeries> =
        series.iter().filter(|one| of_file[one.source.as_str()] > 1).collect();
    if shown.is_empty() {
        return Ok(());
    }
    writeln!(f, "series of traces (--series NAME takes another)")?;
    for TraceSeries { source, place, carries, is_read } in shown {
        let fate = if *is_read { "read" } else { "not read" };
        write_wrapped(f, "  ", &format!("{source}, {place}: {carries}, {fate}"))?;
    }
    writeln!(f)
}

/// What stands in a file must not steer the terminal.
fn printable(c: char) -> char {
    if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }
}

/// A name cut to some width.
fn shortened(name: &str, width: usize) -> String {
    let shown = name.chars().map(printable);
    if name.chars().count() <= width {
        return shown.collect();
    }
    shown.take(width - 1).chain(['…']).collect()
}

/// The number of warnings of each level, then the warnings of one level after the other: kind, place
/// and text in columns.
fn write_warnings(f: &mut fmt::Formatter<'_>, inspection: &Inspection) -> fmt::Result {
    let levels = [Level::Wrong, Level::Doubtful, Level::Advice];
    let counts = levels.map(|level| format!("{} {level}", inspection.count(level)));
    let all = counted(inspection.warnings.len(), "warning");
    writeln!(f, "{all}: {}", counts.join(", "))?;
    for level in levels {
        let of_level = || inspection.warnings.iter().filter(|warning| warning.level == level);
        if of_level().next().is_none() {
            continue;
        }
        let meaning = match level {
            Level::Wrong => "a study that uses this will be wrong or will fail",
            Level::Doubtful => "probably not what was meant; look before publishing",
            Level::Advice => "good to know",
        };
        writeln!(f, "\n{level}: {meaning}")?;
        for warning in of_level() {
            let lead = format!("  {:KIND_WIDTH$} ", warning.kind);
            write_wrapped(f, &lead, &format!("{}: {}", warning.place, warning.text))?;
        }
    }
    Ok(())
}

/// Writes words on lines after a lead; later lines are indented by as much, or
/// by two columns where there is no lead. A word that is longer than a line is broken.
fn write_wrapped(f: &mut fmt::Formatter<'_>, lead: &str, text: &str) -> fmt::Result {
    let most = width_of(f);
    let mut line = lead.to_owned();
    let mut width = lead.chars().count();
    let indent = width.max(2);
    let start = |line: &mut String| {
        *line = " ".repeat(indent);
        indent
    };
    let mut empty = true;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if !empty && width + 1 + length > most {
            writeln!(f, "{line}")?;
            width = start(&mut line);
            empty = true;
        }
        if !empty {
            line.push(' ');
            width += 1;
        }
        for c in word.chars() {
            if width == most {
                writeln!(f, "{line}")?;
                width = start(&mut line);
            }
            line.push(printable(c));
            width += 1;
        }
        empty = false;
    }
    writeln!(f, "{line}")
}
