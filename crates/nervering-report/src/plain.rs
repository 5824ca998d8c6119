//! A document as text of at most [`WIDTH`] columns, for a terminal: [`document_text`] gives its
//! tables and what was found and is to be distrusted, [`tables_text`] tables alone. Headings are
//! broken over lines, and long names are cut. Characters that steer a terminal are replaced, since
//! names come from files.

use crate::document::{Cell, Document, TableData};
use crate::html::turns_direction;
use crate::text::{WIDTH, push_wrapped};
use std::borrow::Cow;

/// Spaces between columns, where there is room.
const GAP: usize = 2;
/// The least width to which a column of words is cut.
const LEAST: usize = 6;

/// Title, tables, what was found and what to distrust, ending in a line break.
pub fn document_text(document: &Document) -> String {
    let mut text = String::new();
    push_wrapped(&mut text, &harmless(&document.title), "");
    text.push('\n');
    text += &tables_text(&document.tables);
    let summary = &document.summary;
    let blocks =
        [("Data", &summary.data), ("Found", &summary.found), ("Distrust", &summary.distrust)];
    for (heading, sentences) in blocks.into_iter().filter(|(_, sentences)| !sentences.is_empty()) {
        text += &format!("\n{heading}\n");
        for sentence in sentences {
            push_wrapped(&mut text, &format!("- {}", harmless(sentence)), "  ");
        }
    }
    text
}

/// Tables below each other, with an empty line between them.
pub fn tables_text(tables: &[TableData]) -> String {
    tables.iter().map(table).collect::<Vec<_>>().join("\n")
}

fn table(data: &TableData) -> String {
    let rows: Vec<Vec<String>> = data
        .rows
        .iter()
        .map(|row| row.iter().map(|cell| harmless(&cell.text()).into()).collect())
        .collect();
    let headings: Vec<Cow<'_, str>> = data.columns.iter().map(|name| harmless(name)).collect();
    let of_words =
        |column: usize| data.rows.iter().all(|row| matches!(row.get(column), Some(Cell::Text(_))));
    let is_words: Vec<bool> = (0..headings.len()).map(of_words).collect();
    let (widths, gap) = layout(&headings, &rows, &is_words);
    let line = |cells: &[String]| {
        let mut line = String::new();
        for (column, (cell, &width)) in cells.iter().zip(&widths).enumerate() {
            line += &" ".repeat(if column == 0 { 0 } else { gap });
            line += &match is_words[column] {
                true => format!("{:width$}", cut(cell, width)),
                false => format!("{cell:>width$}"),
            };
        }
        line.trim_end().to_owned() + "\n"
    };
    let mut text = String::new();
    push_wrapped(&mut text, &harmless(&data.title), "");
    let broken: Vec<Vec<String>> =
        headings.iter().zip(&widths).map(|(name, &width)| lines_of(name, width)).collect();
    let n_lines = broken.iter().map(Vec::len).max().unwrap_or(0);
    for k in 0..n_lines {
        // Headings stand on the last line, next to their numbers.
        let cell = |lines: &Vec<String>| {
            (k + lines.len()).checked_sub(n_lines).map_or_else(String::new, |at| lines[at].clone())
        };
        text += &line(&broken.iter().map(cell).collect::<Vec<_>>());
    }
    text += &"─"
        .repeat((widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)).min(WIDTH));
    text.push('\n');
    rows.iter().for_each(|row| text += &line(row));
    data.notes.iter().for_each(|note| push_wrapped(&mut text, &harmless(note), ""));
    text
}

/// Columns as wide as their cells and the longest word of their heading, and the spaces between them.
/// Where all do not fit, columns of words are cut, the widest first: a number that lost a digit would
/// be another number.
fn layout(
    headings: &[Cow<'_, str>],
    rows: &[Vec<String>],
    is_words: &[bool],
) -> (Vec<usize>, usize) {
    let longest_word = |name: &str| name.split(' ').map(|word| word.chars().count()).max();
    let width = |(column, name): (usize, &Cow<'_, str>)| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let cells = cells.map(|cell| cell.chars().count()).max();
        cells.max(longest_word(name)).unwrap_or(0)
    };
    let mut widths: Vec<usize> = headings.iter().enumerate().map(width).collect();
    let total =
        |widths: &[usize], gap| widths.iter().sum::<usize>() + gap * widths.len().saturating_sub(1);
    let gap = if total(&widths, GAP) > WIDTH { 1 } else { GAP };
    while total(&widths, gap) > WIDTH {
        let words = widths.iter_mut().zip(is_words).filter(|(_, is_words)| **is_words);
        match words.map(|(width, _)| width).max() {
            Some(widest) if *widest > LEAST => *widest -= 1,
            _ => break,
        }
    }
    (widths, gap)
}

/// The words of a heading over as many lines as they need.
fn lines_of(name: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in name.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                *line += " ";
                *line += word;
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The text, or as much of it as fits and an ellipsis.
fn cut(text: &str, width: usize) -> Cow<'_, str> {
    if text.chars().count() <= width {
        return Cow::Borrowed(text);
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    Cow::Owned(kept + "…")
}

/// Without characters that move the cursor, change colours or turn the direction of reading.
fn harmless(text: &str) -> Cow<'_, str> {
    let steers = |c: char| c.is_control() || turns_direction(c);
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(name: &str) -> TableData {
        TableData {
            name: "t".into(),
            title: "A table".into(),
            columns: ["animal", "variance held by three, %", "p"].map(str::to_owned).into(),
            rows: vec![
                vec![
                    Cell::Text(name.into()),
                    Cell::Spread { mean: 66.25, sd: Some(1.5), decimals: 1 },
                    Cell::Number { value: -0.5, decimals: 2 },
                ],
                vec![Cell::Text("b".into()), Cell::Missing, Cell::Missing],
            ],
            notes: vec!["Said under it.".into()],
        }
    }

    #[test]
    fn no_zero_has_a_minus_and_no_probability_is_zero() {
        let cell = |value, decimals| Cell::Number { value, decimals }.text();
        assert_eq!([cell(-0.004, 2), cell(-0.006, 2), cell(-1.5, 0)], ["0.00", "−0.01", "−2"]);
        assert_eq!([Cell::P(0.0001).text(), Cell::P(0.05).text()], ["<0.001", "0.050"]);
    }

    #[test]
    fn headings_are_broken_and_numbers_stand_under_them() {
        let expected = "\
A table
          variance
           held by
animal    three, %      p
─────────────────────────
a       66.2 ± 1.5  −0.50
b                –      –
Said under it.
";
        assert_eq!(tables_text(&[data("a")]), expected);
    }

    #[test]
    fn long_and_steering_names_stay_within_their_column() {
        let name = format!("\u{1b}[31m\u{202e}{}\n", "worm ".repeat(60));
        let text = tables_text(&[data(&name)]);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert_eq!(text.lines().count(), 8);
        assert!(text.contains('…') && !text.contains('\u{1b}') && !text.contains('\u{202e}'));
        let mut document = Document::new(name);
        document.summary.found.push("It is so.".into());
        assert!(document_text(&document).ends_with("\nFound\n- It is so.\n"));
    }
}
