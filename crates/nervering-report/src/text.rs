//! The tables of a study as text in a [`Layout`]: accuracies in percent with one
//! decimal, recall per state, what shuffled windows would have claimed, models against each other,
//! and under it what the numbers are.

use crate::answer::answer;
use crate::best::{Standing, standing};
use crate::cells::p_text;
use crate::figure::in_order;
use crate::layout::{Layout, Marks, WIDTH, push_folded, push_wrapped};
use crate::table::{Laid, LaidRow, Table, has_deviation};
use nervering_fit::{Inputs, ModelName};
use nervering_statistics::{ModelMean, PairedComparison, TakenFrom};
use nervering_study::{Claim, Compared, Measures, Section, Spread, SummaryRow, Unit};

/// Columns of the model's name, or of where its edges come from.
const MODEL: usize = 17;
/// Columns of a row's beginning: the model, and the number of animals trained on.
const BEGINNING: usize = MODEL + 8;
/// Sections that are laid out one by one.
const MOST_SECTIONS: usize = 6;
/// What stands for a number that does not exist.
const NONE: &str = "–";

/// Lays the tables out for reading, ending in a line break. Rows stand by the number of animals
/// trained on, models in the given order.
pub fn table_text(table: &Table<'_>, layout: Layout) -> String {
    let mut lines = vec![table.title.to_owned()];
    if let Some(answer) = answer(table) {
        lines.extend([String::new(), answer]);
    }
    if is_compact(table) {
        push_compact(&mut lines, table, layout);
    }
    let laid = Laid::all(table.sections);
    for of_section in laid.iter().filter(|_| !is_compact(table)) {
        let Laid { section, rows } = of_section;
        lines.push(String::new());
        if laid.len() > 1 {
            lines.push(heading(section, &laid));
        }
        let line = |row| Line::new(row, section, table, layout);
        let rows: Vec<Line<'_>> = rows.iter().map(line).collect();
        push_accuracies(&mut lines, &rows, layout);
        push_extended(&mut lines, &rows);
        if is_in_detail(section, table) {
            if section.unit == Unit::Animals {
                push_beyond(&mut lines, &rows, layout);
                push_bouts(&mut lines, &rows, layout);
            }
            push_recalls(&mut lines, &rows, &section.states, layout);
        }
    }
    push_claims(&mut lines, table.claims, layout);
    table.compared.iter().for_each(|compared| push_compared(&mut lines, compared, table, layout));
    lines.push(String::new());
    let mut text = String::new();
    for line in lines {
        // Padding to the right of the last column is no part of the table.
        push_wrapped(&mut text, line.trim_end(), "", layout);
    }
    if layout.marks == Marks::Best {
        push_wrapped(&mut text, &marks_note(table), "", layout);
    }
    push_wrapped(&mut text, &averaging(table), "", layout);
    if !table.notes.is_empty() {
        text.push('\n');
    }
    for note in table.notes {
        push_wrapped(&mut text, &format!("- {note}"), "  ", layout);
    }
    text
}

/// What the marks stand for.
fn marks_note(table: &Table<'_>) -> String {
    let ties = match table.compared.is_empty() {
        true => "the same when rounded",
        false => "not told apart from it: the 95 % interval of the difference holds 0",
    };
    format!("▸: highest balanced accuracy in unseen animals. ·: {ties}.")
}

/// Whether a study has so many sections that one line per row is all that a reader can take in.
pub(crate) fn is_compact(table: &Table<'_>) -> bool {
    Laid::all(table.sections).len() > MOST_SECTIONS
}

/// One row with what stands at its beginning.
struct Line<'a> {
    label: String,
    row: &'a SummaryRow,
}

impl<'a> Line<'a> {
    fn new(laid: &LaidRow<'a>, of: &Section, table: &Table<'_>, layout: Layout) -> Self {
        let label = laid.label(of);
        let standing = match laid.section == of {
            true => standing(table, of, laid.row.n_trained, &laid.row.model),
            false => Standing::Other,
        };
        Self { label: standing.marked(&label, layout), row: laid.row }
    }

    fn beginning(&self) -> String {
        beginning(&self.label, self.row.n_trained)
    }
}

/// One line per row of all sections.
fn push_compact(lines: &mut Vec<String>, table: &Table<'_>, layout: Layout) {
    lines.push(String::new());
    let mut rows = vec![format!(
        "{:24} {:MODEL$} {:>7} {:>12} {:>12} {:>12} {:>3}",
        "variant", "model", "trained", "same, bal.", "unseen", "unseen, bal.", "n"
    )];
    for (k, laid) in Laid::all(table.sections).iter().enumerate() {
        if k > 0 {
            rows.push(String::new());
        }
        let section = laid.section;
        rows.extend(laid.rows.iter().map(|laid| {
            let row = laid.row;
            format!(
                "{:24} {} {:>12} {:>12} {:>12} {:>3}",
                section.variant,
                Line::new(laid, section, table, layout).beginning(),
                percent(row.same.balanced_accuracy),
                percent(row.unseen.accuracy),
                percent(row.unseen.balanced_accuracy),
                count(row.unseen.accuracy),
            )
        }));
    }
    push_folded(lines, rows, 25 + BEGINNING, &[13, 13, 13, 4], layout.width());
}

/// The first section of a variant, unless it is there only for what it would have claimed.
fn is_in_detail(section: &Section, table: &Table<'_>) -> bool {
    let first = table.sections.iter().find(|other| other.variant == section.variant);
    let is_first = first.is_some_and(|first| first.statistics == section.statistics);
    let is_asked = |claim: &Claim| claim.variant == section.variant;
    is_first && (table.claims.is_empty() || table.claims.iter().any(is_asked))
}

/// Names the variant, and what its networks take over frames where it has several tables.
fn heading(section: &Section, all: &[Laid<'_>]) -> String {
    let of_variant = all.iter().filter(|other| other.section.variant == section.variant).count();
    match of_variant {
        1 => format!("━ {}", section.variant),
        _ => format!("━ {}, batch norms and edges: {}", section.variant, section.statistics),
    }
}

/// Pushes one line per row after a header, with an empty line between training sizes.
fn push_rows<T>(
    lines: &mut Vec<String>,
    rows: &[T],
    n_trained: impl Fn(&T) -> usize,
    line: impl Fn(&T) -> String,
) {
    for (k, row) in rows.iter().enumerate() {
        if k > 0 && n_trained(&rows[k - 1]) != n_trained(row) {
            lines.push(String::new());
        }
        lines.push(line(row));
    }
}

/// The model and the number of animals that it was trained on.
fn beginning(model: &str, n_trained: usize) -> String {
    // A long name takes of the room before the number.
    let room = BEGINNING - model.chars().count().min(BEGINNING - 2);
    format!("{model}{n_trained:>room$}")
}

fn push_accuracies(lines: &mut Vec<String>, rows: &[Line<'_>], layout: Layout) {
    // In a piece of its own a heading is no wider than its columns.
    let same = match layout.width() < WIDTH {
        true => "trained on, test frames",
        false => "animals trained on, test frames",
    };
    let unseen = "unseen animals, whole recordings";
    let mut table = Vec::new();
    table.push(format!("{:BEGINNING$} {same:^29}   {unseen:^41}", ""));
    table.push(format!("{:BEGINNING$} {}   {}", "", "─".repeat(29), "─".repeat(41)));
    table.push(format!(
        "{:MODEL$} {:>7} {:>12} {:>12} {:>3}   {:>12} {:>12} {:>11} {:>3}",
        "model", "trained", "accuracy", "balanced", "n", "accuracy", "balanced", "NLL", "n"
    ));
    push_rows(
        &mut table,
        rows,
        |line| line.row.n_trained,
        |line| {
            let row = line.row;
            let Measures { accuracy, balanced_accuracy, .. } = row.same;
            format!(
                "{} {:>12} {:>12} {:>3}   {}",
                line.beginning(),
                percent(accuracy),
                percent(balanced_accuracy),
                count(accuracy),
                of_whole_recordings(&row.unseen),
            )
        },
    );
    push_folded(lines, table, BEGINNING, &[1 + 29, 3 + 41], layout.width());
}

/// Accuracy, balanced accuracy, log-likelihood and number of values on whole recordings.
fn of_whole_recordings(measures: &Measures) -> String {
    let Measures { accuracy, balanced_accuracy, nll, .. } = *measures;
    format!(
        "{:>12} {:>12} {:>11} {:>3}",
        percent(accuracy),
        percent(balanced_accuracy),
        nats(nll),
        count(accuracy)
    )
}

/// The extended set, where there is one.
fn push_extended(lines: &mut Vec<String>, rows: &[Line<'_>]) {
    if rows.iter().all(|line| line.row.extended.accuracy.is_none()) {
        return;
    }
    lines.push(String::new());
    lines.push(format!(
        "{:MODEL$} {:>7} {:>12} {:>12} {:>11} {:>3}",
        "extended set", "trained", "accuracy", "balanced", "NLL", "n"
    ));
    push_rows(
        lines,
        rows,
        |line| line.row.n_trained,
        |line| format!("{} {}", line.beginning(), of_whole_recordings(&line.row.extended)),
    );
}

/// What accuracy does not show, on unseen animals.
fn push_beyond(lines: &mut Vec<String>, rows: &[Line<'_>], layout: Layout) {
    if rows.iter().all(|line| line.row.unseen.accuracy.is_none()) {
        return;
    }
    lines.push(String::new());
    let mut table = vec![format!(
        "{:MODEL$} {:>7} {:>12} {:>12} {:>12} {:>12} {:>12}",
        "unseen", "trained", "macro-F1", "calibration", "switches", "off by, s", "dwell, s"
    )];
    push_rows(
        &mut table,
        rows,
        |line| line.row.n_trained,
        |line| {
            let unseen = &line.row.unseen;
            format!(
                "{} {:>12} {:>12} {:>12} {:>12} {:>12}",
                line.beginning(),
                percent(unseen.macro_f1),
                percent(unseen.calibration_error),
                percent(unseen.transitions_found),
                nats(unseen.transition_error_s),
                nats(unseen.dwell_distance_s),
            )
        },
    );
    push_folded(lines, table, BEGINNING, &[13; 5], layout.width());
}

/// A prediction as a sequence of bouts, on unseen animals, where a model looks at frames in order.
fn push_bouts(lines: &mut Vec<String>, rows: &[Line<'_>], layout: Layout) {
    let looks = |line: &Line<'_>| {
        let model: Result<ModelName, _> = line.row.model.parse();
        model.is_ok_and(|model| model.inputs() != Inputs::Frames)
    };
    let known = |line: &Line<'_>| line.row.unseen.forgiving_accuracy.is_some();
    if !rows.iter().any(looks) || !rows.iter().any(known) {
        return;
    }
    lines.push(String::new());
    let mut table = vec![format!(
        "{:MODEL$} {:>7} {:>12} {:>12} {:>12} {:>12} {:>12} {:>12}",
        "as bouts",
        "trained",
        "within 1 s",
        "switch F1",
        "entry F1",
        "on time",
        "spurious/min",
        "segment F1"
    )];
    push_rows(
        &mut table,
        rows,
        |line| line.row.n_trained,
        |line| {
            let unseen = &line.row.unseen;
            format!(
                "{} {:>12} {:>12} {:>12} {:>12} {:>12} {:>12}",
                line.beginning(),
                percent(unseen.forgiving_accuracy),
                percent(unseen.transition_f1),
                percent(unseen.entry_f1),
                percent(unseen.within_1s),
                nats(unseen.spurious_per_minute),
                percent(unseen.segment_f1),
            )
        },
    );
    push_folded(lines, table, BEGINNING, &[13; 6], layout.width());
}

/// Recall of every state on unseen animals, unless there is none to show.
fn push_recalls(lines: &mut Vec<String>, rows: &[Line<'_>], states: &[String], layout: Layout) {
    let known = |line: &&Line<'_>| line.row.recall_unseen.iter().any(Option::is_some);
    let rows: Vec<&Line<'_>> = rows.iter().filter(known).collect();
    if states.is_empty() || rows.is_empty() {
        return;
    }
    let width = |state: &String| state.chars().count().max(6);
    let order = in_order(states);
    lines.push(String::new());
    let named = |&k: &usize| format!("  {:>width$}", states[k], width = width(&states[k]));
    let names: String = order.iter().map(named).collect();
    let mut table = vec![format!("{:MODEL$} {:>7}{names}", "recall, %", "trained")];
    push_rows(
        &mut table,
        &rows,
        |line| line.row.n_trained,
        |line| {
            let mut text = line.beginning();
            for &k in &order {
                let (state, recall) =
                    (&states[k], line.row.recall_unseen.get(k).copied().flatten());
                let recall = recall.map_or(NONE.to_owned(), |r| format!("{:.1}", 100. * r));
                text += &format!("  {recall:>width$}", width = width(state));
            }
            text
        },
    );
    let columns: Vec<usize> = order.iter().map(|&k| 2 + width(&states[k])).collect();
    push_folded(lines, table, BEGINNING, &columns, layout.width());
}

/// What shuffled windows would have claimed.
fn push_claims(lines: &mut Vec<String>, claims: &[Claim], layout: Layout) {
    for of_variant in claims.chunk_by(|a, b| a.variant == b.variant) {
        lines.push(String::new());
        let variant = &of_variant[0].variant;
        lines.push(format!("━ {variant}, beside what shuffled windows would have claimed"));
        let (same, unseen) = ("animals trained on, balanced", "unseen animals, balanced");
        let mut table = Vec::new();
        table.push(format!("{:BEGINNING$} {same:^34}   {unseen:^34}", ""));
        table.push(format!("{:BEGINNING$} {}   {}", "", "─".repeat(34), "─".repeat(34)));
        table.push(format!(
            "{:MODEL$} {:>7} {:>12} {:>12} {:>8}   {:>12} {:>12} {:>8}",
            "model", "trained", "strict", "shuffled", "more", "strict", "shuffled", "more"
        ));
        let mut of_variant: Vec<&Claim> = of_variant.iter().collect();
        of_variant.sort_by_key(|claim| claim.n_trained);
        push_rows(
            &mut table,
            &of_variant,
            |claim| claim.n_trained,
            |claim| {
                let pair = |found: Option<Spread>, claimed: Option<Spread>| {
                    // Rounded before it is shown, so that no zero has a minus.
                    let more = found.zip(claimed).map(|(f, c)| (1000. * (c.mean - f.mean)).round());
                    let more = more.map(|tenths| tenths / 10. + 0.);
                    let more = more.map_or(NONE.to_owned(), |more| format!("{more:+.1}"));
                    format!("{:>12} {:>12} {more:>8}", percent(found), percent(claimed))
                };
                format!(
                    "{} {}   {}",
                    beginning(&claim.model, claim.n_trained),
                    pair(claim.same, claim.same_claimed),
                    pair(claim.unseen, claim.unseen_claimed)
                )
            },
        );
        push_folded(lines, table, BEGINNING, &[1 + 34, 3 + 34], layout.width());
    }
}

/// Every model's interval, and its difference from the linear baseline, or the first model where
/// there is none.
fn push_compared(lines: &mut Vec<String>, compared: &Compared, of: &Table<'_>, layout: Layout) {
    let Compared { variant, n_trained, means, pairs } = compared;
    let baseline = means.iter().find(|mean| mean.model == "logistic").or(means.first());
    let Some(baseline) = baseline else { return };
    let animals = if *n_trained == 1 { "animal" } else { "animals" };
    lines.push(String::new());
    lines.push(format!(
        "━ {variant}, trained on {n_trained} {animals}: balanced accuracy in unseen animals, %"
    ));
    let against = format!("against {}", baseline.model);
    let mut table = vec![format!(
        "{:MODEL$} {:>7} {:>20}   {against:>22} {:>20} {:>7}",
        "model", "animals", "mean [95 %]", "difference [95 %]", "p Holm"
    )];
    let section = of.sections.iter().find(|section| section.variant == *variant);
    let standing = |mean: &ModelMean| {
        section.map_or(Standing::Other, |section| standing(of, section, *n_trained, &mean.model))
    };
    for mean in means {
        let interval = |low: f64, high: f64| format!("[{:.1}, {:.1}]", 100. * low, 100. * high);
        let centre = mean.mean.map_or(NONE.to_owned(), |m| format!("{:.1}", 100. * m));
        let spread = mean.interval.map_or(String::new(), |i| interval(i.low, i.high));
        let line = format!(
            "{} {:>20}",
            beginning(&standing(mean).marked(&mean.model, layout), mean.n_animals),
            format!("{centre} {spread}").trim()
        );
        let of_both = |pair: &&PairedComparison| {
            [(&pair.first, &pair.second), (&pair.second, &pair.first)]
                .contains(&(&mean.model, &baseline.model))
        };
        let pair = pairs.iter().find(of_both);
        let difference = pair.and_then(|pair| Some((pair, pair.difference.as_ref()?)));
        let Some((pair, found)) = difference else {
            table.push(line);
            continue;
        };
        // First minus second; the table shows the model minus the baseline.
        let sign = if pair.first == mean.model { 1. } else { -1. };
        let ends = found.interval.map(|i| [sign * i.low, sign * i.high]);
        let spread = ends.map_or(String::new(), |[a, b]| interval(a.min(b), a.max(b)));
        let value = format!("{:+.1}", 100. * sign * found.test.mean_difference);
        table.push(format!("{line}   {value:>22} {spread:>20} {:>7}", p_text(found.p_holm)));
    }
    push_folded(lines, table, BEGINNING, &[21, 3 + 22 + 21 + 8], layout.width());
}

/// What the numbers above are.
fn averaging(table: &Table<'_>) -> String {
    let fits = |section: &Section| section.rows.iter().map(|row| row.n_fits).sum::<usize>();
    let mut seen: Vec<(&str, usize)> = Vec::new();
    for section in table.sections {
        match seen.iter_mut().find(|(variant, _)| *variant == section.variant) {
            Some((_, n)) => *n = (*n).max(fits(section)),
            None => seen.push((&section.variant, fits(section))),
        }
    }
    let n_fits: usize = seen.iter().map(|(_, n)| n).sum();
    let fits = if n_fits == 1 { "1 fit" } else { &format!("{n_fits} fits") };
    let has = |unit| table.sections.iter().any(|section| section.unit == unit);
    let units = match (has(Unit::Pairs), has(Unit::Animals)) {
        (true, true) => {
            "mean ± SD over n animals (strict) or n pairs of training subset and evaluated animal"
        }
        (_, true) => "mean ± SD over n animals, training subsets and folds averaged first",
        _ => "mean ± SD over n pairs of training subset and evaluated animal",
    };
    let mut text = format!(
        "Accuracies in %, NLL in nats per frame: {units}, folds averaged first; {fits} in all. \
         Balanced: mean recall over the states that occur. Recall: of all frames of unseen animals \
         pooled."
    );
    text = text.replace("folds averaged first, folds averaged first", "folds averaged first");
    if has(Unit::Animals) {
        text += " In animals trained on, the test blocks of an animal are put together first: one may \
                 hold a single state. Calibration: expected error of the stated probability. Switches: labelled \
                 transitions that are predicted within 5 s. Dwell: distance between labelled and \
                 predicted bout lengths.";
    }
    if table.sections.iter().any(|s| s.statistics.edges != s.statistics.batch_norm) {
        text += &edges(table.sections);
    }
    if !table.compared.is_empty() {
        text += " Intervals: bootstrap over animals, too narrow for so few. p: sign-flip test over \
                 animals, corrected for the number of models (Holm)";
        let tests = table.compared.iter().flat_map(|compared| &compared.pairs);
        let smallest = tests.filter_map(|pair| Some(pair.difference.as_ref()?.test.smallest_p));
        let smallest = smallest.fold(f64::INFINITY, f64::min);
        text += &match smallest.is_finite() {
            true => format!("; before the correction no p below {smallest:.4} is possible here."),
            false => ".".to_owned(),
        };
    }
    text + " A dash: no such number."
}

/// What rows are whose edges are others than those of the row above.
fn edges(sections: &[Section]) -> String {
    let has = |from| sections.iter().any(|section| section.statistics.edges == from);
    let of = [
        (TakenFrom::Evaluated, "evaluated edges are inferred anew from each evaluated animal"),
        (TakenFrom::Training, "training edges are those of the animals trained on"),
        (TakenFrom::Running, "running edges are inferred from the evaluated animal so far"),
    ];
    let said: Vec<&str> = of.iter().filter(|(from, _)| has(*from)).map(|(_, said)| *said).collect();
    format!(
        " Rows under a model are of the same fits with other static edges: {}.",
        said.join("; ")
    )
}

fn count(spread: Option<Spread>) -> usize {
    spread.map_or(0, |s| s.n)
}

/// `97.7 ±  3.1`, without the deviation where there is but one value.
fn percent(spread: Option<Spread>) -> String {
    match spread {
        None => format!("{NONE}       "),
        Some(s) if has_deviation(&s) => format!("{:.1} ± {:>4.1}", 100. * s.mean, 100. * s.sd),
        Some(s) => format!("{:.1}       ", 100. * s.mean),
    }
}

/// `0.12 ± 0.03`, without the deviation where there is but one value; fewer decimals for numbers
/// from 10, so that the column keeps its width.
fn nats(spread: Option<Spread>) -> String {
    let Some(s) = spread else {
        return format!("{NONE}       ");
    };
    let deviation = has_deviation(&s).then_some(s.sd);
    let decimals = match s.mean.max(deviation.unwrap_or(0.)) {
        largest if largest >= 99.95 => 0,
        largest if largest >= 9.995 => 1,
        _ => 2,
    };
    match deviation {
        Some(sd) => format!("{:.decimals$} ± {sd:.decimals$}", s.mean),
        None => format!("{:.decimals$}       ", s.mean),
    }
}
