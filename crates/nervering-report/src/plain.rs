//! A document as text in a [`Layout`]: [`document_text`] gives its
//! tables and what was found and is to be distrusted, [`tables_text`] tables alone. Headings are
//! broken over lines; in a narrow layout, columns that do not fit stand below the others; long names are
//! cut. Characters that steer a terminal are replaced, since
//! names come from files.

use crate::cells::{Cell, TableData};
use crate::document::Document;
use crate::escape::turns_direction;
use crate::layout::{Layout, WIDTH, push_wrapped};
use std::borrow::Cow;

/// Spaces between columns, where there is room.
const GAP: usize = 2;
/// The least width to which a column of words is cut.
const LEAST: usize = 6;

/// Title, tables, what was found and what to distrust, ending in a line break.
pub fn document_text(document: &Document, layout: Layout) -> String {
    let mut text = String::new();
    push_wrapped(&mut text, &harmless(&document.title), "", layout);
    text.push('\n');
    text += &tables_text(&document.tables, layout);
    let summary = &document.summary;
    let blocks =
        [("Data", &summary.data), ("Found", &summary.found), ("Distrust", &summary.distrust)];
    for (heading, sentences) in blocks.into_iter().filter(|(_, sentences)| !sentences.is_empty()) {
        text += &format!("\n{heading}\n");
        for sentence in sentences {
            push_wrapped(&mut text, &format!("- {}", harmless(sentence)), "  ", layout);
        }
    }
    text
}

/// Tables below each other, with an empty line between them.
pub fn tables_text(tables: &[TableData], layout: Layout) -> String {
    tables.iter().map(|data| table(data, layout)).collect::<Vec<_>>().join("\n")
}

fn table(data: &TableData, layout: Layout) -> String {
    let rows: Vec<Vec<String>> = data
        .rows
        .iter()
        .map(|row| row.iter().map(|cell| harmless(&cell.text()).into()).collect())
        .collect();
    let headings: Vec<Cow<'_, str>> = data.columns.iter().map(|name| harmless(name)).collect();
    let of_words =
        |column: usize| data.rows.iter().all(|row| matches!(row.get(column), Some(Cell::Text(_))));
    let is_words: Vec<bool> = (0..headings.len()).map(of_words).collect();
    let mut text = String::new();
    push_wrapped(&mut text, &harmless(&data.title), "", layout);
    let columns = Columns { headings: &headings, rows: &rows, is_words: &is_words };
    let pieces = columns.pieces(layout.width());
    text += &pieces
        .iter()
        .map(|piece| columns.text(piece, layout.width()))
        .collect::<Vec<_>>()
        .join("\n");
    data.notes.iter().for_each(|note| push_wrapped(&mut text, &harmless(note), "", layout));
    text
}

/// The cells of a table.
struct Columns<'a> {
    headings: &'a [Cow<'a, str>],
    rows: &'a [Vec<String>],
    /// Whether all cells of a column are words.
    is_words: &'a [bool],
}

impl Columns<'_> {
    /// Which columns stand beside each other. In a narrow layout those that do not fit stand below, each
    /// time after the words that the rows begin with.
    fn pieces(&self, width: usize) -> Vec<Vec<usize>> {
        let all: Vec<usize> = (0..self.headings.len()).collect();
        if width >= WIDTH || self.fits(&all, width) {
            return vec![all];
        }
        let n_head = self.is_words.iter().take_while(|is_words| **is_words).count();
        let (head, rest) = all.split_at(n_head.clamp(1, 2).min(all.len()));
        let mut pieces: Vec<Vec<usize>> = Vec::new();
        for &column in rest {
            let wider = |piece: &Vec<usize>| [piece.as_slice(), &[column]].concat();
            match pieces.last_mut() {
                Some(piece) if self.fits(&wider(piece), width) => piece.push(column),
                _ => pieces.push([head, &[column]].concat()),
            }
        }
        pieces
    }

    /// Whether columns fit without a name being cut.
    fn fits(&self, columns: &[usize], width: usize) -> bool {
        let widths = columns.iter().map(|&column| self.width(column)).sum::<usize>();
        widths + GAP * columns.len().saturating_sub(1) <= width
    }

    /// As wide as its cells and the longest word of its heading.
    fn width(&self, column: usize) -> usize {
        let longest_word = self.headings[column].split(' ').map(|word| word.chars().count()).max();
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        let cells = cells.map(|cell| cell.chars().count()).max();
        cells.max(longest_word).unwrap_or(0)
    }

    /// Headings, a line, and rows.
    fn text(&self, columns: &[usize], width: usize) -> String {
        let is_words: Vec<bool> = columns.iter().map(|&column| self.is_words[column]).collect();
        let (widths, gap) =
            fitted(columns.iter().map(|&c| self.width(c)).collect(), &is_words, width);
        let line = |cells: &[&str]| {
            let mut line = String::new();
            for (k, (cell, &width)) in cells.iter().zip(&widths).enumerate() {
                line += &" ".repeat(if k == 0 { 0 } else { gap });
                line += &match is_words[k] {
                    true => format!("{:width$}", cut(cell, width)),
                    false => format!("{cell:>width$}"),
                };
            }
            line.trim_end().to_owned() + "\n"
        };
        let headings = columns.iter().map(|&column| &self.headings[column]);
        let broken: Vec<Vec<String>> =
            headings.zip(&widths).map(|(name, &width)| lines_of(name, width)).collect();
        let n_lines = broken.iter().map(Vec::len).max().unwrap_or(0);
        let mut text = String::new();
        for k in 0..n_lines {
            // Headings stand on the last line, next to their numbers.
            let cells = broken.iter().map(|lines| {
                (k + lines.len()).checked_sub(n_lines).map_or("", |at| lines[at].as_str())
            });
            text += &line(&cells.collect::<Vec<_>>());
        }
        let ruled = widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
        text += &"─".repeat(ruled.min(width));
        text.push('\n');
        for row in self.rows {
            let cell = |&column: &usize| row.get(column).map_or("", String::as_str);
            text += &line(&columns.iter().map(cell).collect::<Vec<_>>());
        }
        text
    }
}

/// Widths of columns, and the spaces between them. Where all do not fit, columns of words are cut, the
/// widest first: a number that lost a digit would be another number.
fn fitted(mut widths: Vec<usize>, is_words: &[bool], room: usize) -> (Vec<usize>, usize) {
    let total =
        |widths: &[usize], gap| widths.iter().sum::<usize>() + gap * widths.len().saturating_sub(1);
    let gap = if total(&widths, GAP) > room { 1 } else { GAP };
    while total(&widths, gap) > room {
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
        assert_eq!(tables_text(&[data("a")], Layout::FILE), expected);
    }

    #[test]
    fn columns_that_do_not_fit_stand_below_with_the_beginning_of_their_rows() {
        let columns: Vec<String> = (0..9).map(|k| format!("quantity number{k}")).collect();
        let row = |name: &str| {
            let numbers = (1..9).map(|k| Cell::Number { value: k as f64, decimals: 3 });
            std::iter::once(Cell::Text(name.into())).chain(numbers).collect()
        };
        let data = TableData { columns, rows: vec![row("TS1"), row("TS2")], ..data("a") };
        let text = tables_text(std::slice::from_ref(&data), Layout::terminal(80));
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_eq!(text.matches("TS2").count(), 2, "{text}");
        let words = |text: &str| {
            let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            words.sort();
            words.dedup();
            words.into_iter().filter(|word| !word.starts_with('─')).collect::<Vec<_>>()
        };
        assert_eq!(words(&text), words(&tables_text(&[data], Layout::FILE)));
    }

    #[test]
    fn long_and_steering_names_stay_within_their_column() {
        let name = format!("\u{1b}[31m\u{202e}{}\n", "worm ".repeat(60));
        let text = tables_text(&[data(&name)], Layout::FILE);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert_eq!(text.lines().count(), 8);
        assert!(text.contains('…') && !text.contains('\u{1b}') && !text.contains('\u{202e}'));
        let mut document = Document::new(name);
        document.summary.found.push("It is so.".into());
        assert!(document_text(&document, Layout::FILE).ends_with("\nFound\n- It is so.\n"));
    }
}
