//! The terminal: how wide tables may be, and what is coloured. Off a terminal tables are as files hold
//! them, and nothing is coloured; on one, `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` and `TERM=dumb` decide, as
//! they do for help and errors.

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use nervering::report::Layout;
use std::io::IsTerminal;
use terminal_size::{Width, terminal_size_of};

/// Columns of a terminal that does not tell.
const USUAL: usize = 80;

const HEADING: Style = Style::new().bold();
const BEST: Style = AnsiColor::Green.on_default().bold();
const TIE: Style = AnsiColor::Green.on_default();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// How tables on standard output are laid out.
pub fn layout() -> Layout {
    let stdout = std::io::stdout();
    if !stdout.is_terminal() {
        return Layout::FILE;
    }
    let told = terminal_size_of(&stdout).map(|(Width(columns), _)| usize::from(columns));
    let variable = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let known = told.into_iter().chain(variable).find(|&columns| columns > 0);
    Layout::terminal(known.unwrap_or(USUAL))
}

/// Tables for standard output, with headings and the best rows coloured where that is wanted.
pub fn painted(tables: &str) -> String {
    match AutoStream::choice(&std::io::stdout()) {
        ColorChoice::Never => tables.to_owned(),
        _ => tables.split_inclusive('\n').map(painted_line).collect(),
    }
}

/// A line for standard error, with what kind it is coloured where that is wanted.
pub fn painted_talk(line: &str) -> String {
    if AutoStream::choice(&std::io::stderr()) == ColorChoice::Never {
        return line.to_owned();
    }
    let kinds = [("error:", ERROR), ("warning:", WARNING)];
    let kind =
        kinds.into_iter().find_map(|(kind, style)| Some((kind, style, line.strip_prefix(kind)?)));
    kind.map_or_else(
        || line.to_owned(),
        |(kind, style, rest)| format!("{style}{kind}{style:#}{rest}"),
    )
}

/// The beginning of a line says what it is.
fn painted_line(line: &str) -> String {
    let styles = [("━", HEADING), ("▸ ", BEST), ("· ", TIE)];
    let text = line.trim_end_matches('\n');
    match styles.into_iter().find(|(begins, _)| text.starts_with(begins)) {
        Some((_, style)) => format!("{style}{text}{style:#}{}", &line[text.len()..]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_headings_and_the_best_rows_are_coloured() {
        assert_eq!(painted_line("gnn  97.1\n"), "gnn  97.1\n");
        assert_eq!(painted_line("━ strict\n"), "\u{1b}[1m━ strict\u{1b}[0m\n");
        let best = painted_line("▸ gnn 97.1");
        assert!(
            best.starts_with("\u{1b}[1m\u{1b}[32m▸ gnn 97.1") && best.ends_with("\u{1b}[0m"),
            "{best:?}"
        );
    }
}
