//! Everything that a document becomes: the files of a report, by their paths in the study folder.

use crate::document::Document;
use crate::figure::{PngError, file_name};
use crate::page::page_with;
use std::collections::BTreeSet;

/// What journals ask for at least.
const DOTS_PER_INCH: f64 = 300.;

/// `report.json`, `report.html`, and every figure as SVG, PNG and CSV below `figures/`, every table
/// as CSV below `tables/`, as path and content. The document must have passed [`Document::check`].
///
/// # Errors
/// [`PngError`] for a figure that cannot be made into pixels.
pub fn files(document: &Document) -> Result<Vec<(String, Vec<u8>)>, PngError> {
    let figures = document.draw();
    let mut files = vec![
        ("report.json".to_owned(), document.to_json().into_bytes()),
        ("report.html".to_owned(), page_with(document, &figures).into_bytes()),
    ];
    for figure in figures {
        let png = figure.png(DOTS_PER_INCH)?;
        let path = |ending: &str| format!("figures/{}.{ending}", figure.name);
        files.extend([
            (path("png"), png),
            (path("svg"), figure.svg.clone().into_bytes()),
            (path("csv"), figure.csv.clone().into_bytes()),
        ]);
    }
    let mut names = BTreeSet::new();
    for table in &document.tables {
        let name = file_name(&table.name);
        let numbered = std::iter::once(name.clone()).chain((2..).map(|k| format!("{name}-{k}")));
        let free = numbered.into_iter().find(|name| names.insert(name.clone()));
        let name = free.expect("numbers do not end");
        files.push((format!("tables/{name}.csv"), table.csv()));
    }
    Ok(files)
}
