//! The table of a study as text of at most [`WIDTH`] columns: accuracies in percent with one
//! decimal, recall per state, and under it what the numbers are.

use crate::table::{Table, has_deviation};
use nervering_study::{Spread, SummaryRow};

/// Columns of the widest line.
pub const WIDTH: usize = 100;

/// Lays a table out for reading, ending in a line break. Rows stand by the number of animals
/// trained on, models in the given order.
pub fn table_text(table: &Table<'_>) -> String {
    let mut rows: Vec<&SummaryRow> = table.rows.iter().collect();
    rows.sort_by_key(|row| row.n_trained);
    let mut lines = vec![table.title.to_owned(), String::new()];
    push_accuracies(&mut lines, &rows);
    push_recalls(&mut lines, &rows, table.states);
    lines.push(String::new());
    let mut text = String::new();
    for line in lines {
        // Padding to the right of the last column is no part of the table.
        push_wrapped(&mut text, line.trim_end(), "");
    }
    push_wrapped(&mut text, &averaging(&rows), "");
    if !table.notes.is_empty() {
        text.push('\n');
    }
    for note in table.notes {
        push_wrapped(&mut text, &format!("- {note}"), "  ");
    }
    text
}

fn push_accuracies(lines: &mut Vec<String>, rows: &[&SummaryRow]) {
    let unseen = "whole recordings of unseen animals";
    let same = "test folds of these animals";
    lines.push(format!("{:20}  {same:^31}   {unseen:^44}", ""));
    lines.push(format!("{:20}  {}   {}", "", "─".repeat(31), "─".repeat(44)));
    lines.push(format!(
        "{:10} {:>9}  {:>12}  {:>12}  {:>3}   {:>12}  {:>12}  {:>11}  {:>3}",
        "model", "trained", "accuracy", "balanced", "n", "accuracy", "balanced", "NLL", "n"
    ));
    for (k, row) in rows.iter().enumerate() {
        if k > 0 && rows[k - 1].n_trained != row.n_trained {
            lines.push(String::new());
        }
        let animals = if row.n_trained == 1 { "animal " } else { "animals" };
        lines.push(format!(
            "{:10} {:>9}  {:>12}  {:>12}  {:>3}   {:>12}  {:>12}  {:>11}  {:>3}",
            row.model,
            format!("{} {animals}", row.n_trained),
            percent(row.same.as_ref()),
            percent(row.same_balanced.as_ref()),
            row.same.as_ref().map_or(0, |s| s.n),
            percent(row.unseen.as_ref()),
            percent(row.unseen_balanced.as_ref()),
            nats(row.unseen_nll.as_ref()),
            row.unseen.as_ref().map_or(0, |s| s.n),
        ));
    }
}

/// Recall of every state on unseen animals, unless there is none to show.
fn push_recalls(lines: &mut Vec<String>, rows: &[&SummaryRow], states: &[String]) {
    let known = |row: &&SummaryRow| row.recall_unseen.iter().any(Option::is_some);
    if states.is_empty() || !rows.iter().any(known) {
        return;
    }
    lines.push(String::new());
    let mut header = format!("{:10} {:>9}", "recall, %", "trained");
    for state in states {
        header += &format!("  {state:>6}");
    }
    lines.push(header);
    for (k, row) in rows.iter().enumerate().filter(|(_, row)| known(row)) {
        if k > 0 && rows[k - 1].n_trained != row.n_trained {
            lines.push(String::new());
        }
        let animals = if row.n_trained == 1 { "animal " } else { "animals" };
        let mut line = format!("{:10} {:>9}", row.model, format!("{} {animals}", row.n_trained));
        for (state, recall) in states.iter().zip(&row.recall_unseen) {
            let width = state.chars().count().max(6);
            let recall = recall.map_or("–".to_owned(), |r| format!("{:.1}", 100. * r));
            line += &format!("  {recall:>width$}");
        }
        lines.push(line);
    }
}

/// What the numbers above are.
fn averaging(rows: &[&SummaryRow]) -> String {
    let n_fits: usize = rows.iter().map(|row| row.n_fits).sum();
    let fits = if n_fits == 1 { "1 fit" } else { &format!("{n_fits} fits") };
    format!(
        "Accuracies in %, NLL in nats per frame: mean ± SD over n pairs of training subset and \
         evaluated animal, folds averaged first; {fits} in all. Balanced: mean recall over the \
         states that occur. Recall: of all frames of unseen animals pooled. A dash: no such number."
    )
}

/// `97.7 ±  3.1`, without the deviation where there is but one value.
fn percent(spread: Option<&Spread>) -> String {
    match spread {
        None => "–       ".to_owned(),
        Some(s) if has_deviation(s) => format!("{:.1} ± {:>4.1}", 100. * s.mean, 100. * s.sd),
        Some(s) => format!("{:.1}       ", 100. * s.mean),
    }
}

/// `0.12 ± 0.03`, without the deviation where there is but one value; fewer decimals for numbers
/// from 10, so that the column keeps its width.
fn nats(spread: Option<&Spread>) -> String {
    let Some(s) = spread else {
        return "–       ".to_owned();
    };
    let deviation = has_deviation(s).then_some(s.sd);
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

/// Appends a text in lines of [`WIDTH`] columns, later lines indented. Spaces inside a line that
/// fits are kept; a word longer than a line is left whole.
fn push_wrapped(text: &mut String, paragraph: &str, indent: &str) {
    if paragraph.chars().count() <= WIDTH {
        text.push_str(paragraph);
        text.push('\n');
        return;
    }
    let mut width = 0;
    for word in paragraph.split_whitespace() {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > WIDTH {
            text.push('\n');
            text.push_str(indent);
            width = indent.chars().count();
        } else if width > 0 {
            text.push(' ');
            width += 1;
        }
        text.push_str(word);
        width += length;
    }
    text.push('\n');
}
