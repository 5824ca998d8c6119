//! What inferred edges are compared with: the connectomes and the functional atlas that ship with the
//! program.

use nervering::analysis::EdgeReference;
use nervering::catalog::{ConnectomeName, connectome};
use nervering::study::EdgeTable;

/// The paper's connectome, the most complete one, and the atlas of effects.
pub fn edge_tables() -> Vec<EdgeTable> {
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
