//! What stands in a study's text, page and folder besides its own tables.

use super::{TellError, Telling};
use crate::document::Document;
use crate::layout::Layout;
use crate::of_analysis::{AddedReport, edges};
use crate::plain::document_text;
use nervering_study::{InfersEdges, KeepEdges, Plan, Results, inferred_graphs};

/// Compares the edges of a study; `None` for one that keeps none.
pub(super) fn edges_of<A: InfersEdges>(
    plan: &Plan<A>,
    results: &Results<A>,
    keeps: KeepEdges,
    telling: &Telling<'_>,
) -> Result<Option<AddedReport>, TellError> {
    if keeps == KeepEdges::No {
        return Ok(None);
    }
    let Telling { recordings, edge_tables, n_nulls, .. } = *telling;
    let graphs = inferred_graphs(plan, results, recordings, edge_tables, n_nulls)?;
    Ok((!graphs.is_empty()).then(|| edges(&graphs, edge_tables)))
}

impl AddedReport {
    /// What stands under the tables of a study.
    pub(super) fn text(&self, title: &str, layout: Layout) -> String {
        let mut document = Document::new(title);
        document.tables.clone_from(&self.tables);
        document.summary.found.clone_from(&self.found);
        document.summary.distrust.clone_from(&self.distrust);
        format!("\n{}", document_text(&document, layout))
    }

    /// Puts what the page holds into the document; gives back its files.
    pub(super) fn joined_to(&self, document: &mut Document) -> Vec<(String, Vec<u8>)> {
        document.tables.extend(self.tables.iter().cloned());
        document.figures.extend(self.figures.iter().cloned());
        document.summary.found.extend(self.found.iter().cloned());
        document.summary.distrust.extend(self.distrust.iter().cloned());
        self.files.clone()
    }
}
