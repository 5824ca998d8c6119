//! What a study that keeps edges adds to its report: the inferred graphs beside the connectomes and
//! the functional atlas that ship with the program.

use crate::failure::Failure;
use nervering::analysis::EdgeReference;
use nervering::catalog::{ConnectomeName, connectome};
use nervering::recording::Recording;
use nervering::report::{EdgesReport, edges};
use nervering::study::{
    EdgeTable, KeepEdges, Plan, Preset, StudyError, StudyResults, inferred_graphs,
};

/// Compares the edges of a study; `None` for one that keeps none.
///
/// # Errors
/// [`Failure::Run`] for edges that are no numbers.
pub fn of_study(
    plan: &Plan,
    results: &StudyResults,
    recordings: &[Recording],
    preset: Preset,
) -> Result<Option<EdgesReport>, Failure> {
    if plan.config().keep_edges == KeepEdges::No {
        return Ok(None);
    }
    let n_nulls = match preset {
        Preset::Smoke => 99,
        Preset::Quick => 999,
        Preset::Full => 9999,
    };
    let tables = tables();
    let graphs = inferred_graphs(plan, results, recordings, &tables, n_nulls)
        .map_err(|error| Failure::Run(StudyError::Analysis(error)))?;
    Ok((!graphs.is_empty()).then(|| edges(&graphs, &tables)))
}

/// The paper's connectome, the most complete one, and the atlas of effects.
fn tables() -> Vec<EdgeTable> {
    use EdgeReference::{Both, Chemical, Electrical, Functional};
    let anatomy = [Chemical, Electrical, Both];
    let table = |which: ConnectomeName, references: &[EdgeReference]| EdgeTable {
        name: which.to_string(),
        connectome: connectome(which),
        references: references.to_vec(),
    };
    vec![
        table(ConnectomeName::White1986, &anatomy),
        table(ConnectomeName::Cook2019, &anatomy),
        table(ConnectomeName::Randi2023, &[Functional]),
    ]
}
