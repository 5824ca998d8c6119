//! The connectomes that ship with the program: six tables, embedded as text and read on demand.
//!
//! [`connectome`] gives the [`Connectome`] of a [`ConnectomeName`]. The tables are those of the
//! *C. elegans* Connectome Toolbox 0.3.5 (OpenWorm, MIT licence), whose notice and primary sources
//! stand beside them in [`NOTICE`]. They go further than neurons: rows that lead to or from muscles,
//! glia or other end organs are passed over, since a [`Connectome`] joins neurons. Entries that
//! would stand twice once names are canonical are summed; none of the tables has any.

use nervering_recording::{Connection, ConnectionKind, Connectome, NeuronName};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Sources and licence of the tables.
pub const NOTICE: &str = include_str!("../connectomes/NOTICE.md");

/// A connectome that ships with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConnectomeName {
    /// White et al. 1986, the one the paper uses.
    White1986,
    /// Varshney et al. 2011, a revision of the former without the pharynx.
    Varshney2011,
    /// Cook et al. 2019, the adult hermaphrodite; the only one with all 302 neurons.
    Cook2019,
    /// Witvliet et al. 2021, adult 7: the brain only.
    Witvliet7,
    /// Witvliet et al. 2021, adult 8: the brain only.
    Witvliet8,
    /// Randi et al. 2023, responses to stimulation of single neurons, with sign.
    Randi2023,
}

impl ConnectomeName {
    /// Every connectome, oldest first.
    pub const ALL: [ConnectomeName; 6] = [
        Self::White1986,
        Self::Varshney2011,
        Self::Cook2019,
        Self::Witvliet7,
        Self::Witvliet8,
        Self::Randi2023,
    ];

    /// The name it goes by on the command line, for example `white1986`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::White1986 => "white1986",
            Self::Varshney2011 => "varshney2011",
            Self::Cook2019 => "cook2019",
            Self::Witvliet7 => "witvliet2021-7",
            Self::Witvliet8 => "witvliet2021-8",
            Self::Randi2023 => "randi2023",
        }
    }

    /// What was mapped, in one line.
    pub fn title(self) -> &'static str {
        match self {
            Self::White1986 => "the first wiring diagram, adult hermaphrodites",
            Self::Varshney2011 => "a revision of it, without the pharynx",
            Self::Cook2019 => "the whole adult hermaphrodite, 302 neurons",
            Self::Witvliet7 => "the brain of adult 7",
            Self::Witvliet8 => "the brain of adult 8",
            Self::Randi2023 => "functional: responses to stimulated neurons, with sign",
        }
    }

    /// The publication to cite.
    pub fn citation(self) -> &'static str {
        match self {
            Self::White1986 => "White et al. 1986, Phil. Trans. R. Soc. B 314:1",
            Self::Varshney2011 => "Varshney et al. 2011, PLoS Comput. Biol. 7:e1001066",
            Self::Cook2019 => "Cook et al. 2019, Nature 571:63",
            Self::Witvliet7 | Self::Witvliet8 => "Witvliet et al. 2021, Nature 596:257",
            Self::Randi2023 => "Randi et al. 2023, Nature 623:406",
        }
    }

    fn table(self) -> &'static str {
        match self {
            Self::White1986 => include_str!("../connectomes/white_1986.csv"),
            Self::Varshney2011 => include_str!("../connectomes/varshney_2011.csv"),
            Self::Cook2019 => include_str!("../connectomes/cook_2019_hermaphrodite.csv"),
            Self::Witvliet7 => include_str!("../connectomes/witvliet_2021_7.csv"),
            Self::Witvliet8 => include_str!("../connectomes/witvliet_2021_8.csv"),
            Self::Randi2023 => include_str!("../connectomes/randi_2023_functional.csv"),
        }
    }
}

impl fmt::Display for ConnectomeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that names no connectome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found the connectome {found:?}, expected one of {}", ConnectomeName::ALL.map(ConnectomeName::as_str).join(", "))]
pub struct UnknownConnectome {
    /// The text as it was written.
    pub found: String,
}

impl FromStr for ConnectomeName {
    type Err = UnknownConnectome;

    /// Reads the names of [`ConnectomeName::as_str`].
    ///
    /// # Errors
    /// [`UnknownConnectome`] for anything else.
    fn from_str(text: &str) -> Result<Self, UnknownConnectome> {
        let named = |name: &Self| name.as_str() == text;
        let unknown = || UnknownConnectome { found: text.to_owned() };
        Self::ALL.into_iter().find(named).ok_or_else(unknown)
    }
}

/// Reads a connectome that ships with the program. Takes a few milliseconds.
pub fn connectome(which: ConnectomeName) -> Connectome {
    // The tables are part of the program, so one that does not read is a fault of the program, and
    // the tests read all of them.
    let read = parse(which.table()).unwrap_or_else(|row| panic!("{which}: row {row:?}"));
    Connectome::new(read).expect("summed entries and the weights of the tables are sound")
}

/// The rows between two neurons of the hermaphrodite, equal ones summed, or a row that is no row.
fn parse(table: &str) -> Result<Vec<Connection>, &str> {
    let mut summed = BTreeMap::<(NeuronName, NeuronName, ConnectionKind), f64>::new();
    for row in table.lines().skip(1) {
        let fields: Vec<&str> = row.split(',').collect();
        let &[pre, post, kind, weight] = fields.as_slice() else { return Err(row) };
        let kind = match kind {
            "chemical" => ConnectionKind::Chemical,
            "electrical" => ConnectionKind::Electrical,
            "Functional" => ConnectionKind::Functional,
            _ => return Err(row),
        };
        let weight: f64 = weight.parse().map_err(|_| row)?;
        if let (Some(pre), Some(post)) = (neuron(pre), neuron(post)) {
            *summed.entry((pre, post, kind)).or_default() += weight;
        }
    }
    let connection = |((pre, post, kind), weight)| Connection { pre, post, kind, weight };
    Ok(summed.into_iter().map(connection).collect())
}

fn neuron(text: &str) -> Option<NeuronName> {
    text.parse().ok().filter(NeuronName::is_of_hermaphrodite)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nervering_recording::{NeuronSet, Weighting};
    use std::collections::BTreeSet;

    fn paper_15() -> Vec<NeuronName> {
        let NeuronSet::Names(names) = "AIBL,AIBR,ALA,AVAL,AVAR,AVBL,AVER,RID,RIML,RIMR,RMED,RMEL,\
             RMER,VB01,VB02"
            .parse()
            .unwrap()
        else {
            panic!("a list of names")
        };
        names
    }

    /// Neurons, connections between them; counted apart from this reader, in Python.
    #[test]
    fn every_table_has_the_neurons_and_connections_counted_elsewhere() {
        let expected =
            [(299, 3398), (279, 3225), (302, 5905), (180, 2472), (180, 2533), (178, 1150)];
        for (name, (n_neurons, n_connections)) in ConnectomeName::ALL.into_iter().zip(expected) {
            let connectome = connectome(name);
            assert_eq!(connectome.connections().len(), n_connections, "{name}");
            let ends = connectome.connections().iter().flat_map(|c| [&c.pre, &c.post]);
            assert_eq!(ends.collect::<BTreeSet<_>>().len(), n_neurons, "{name}");
        }
    }

    #[test]
    fn gap_junctions_stand_in_both_directions_with_one_weight() {
        use ConnectionKind::Electrical;
        let all: Vec<NeuronName> =
            nervering_recording::HERMAPHRODITE_NEURONS.map(|n| n.parse().unwrap()).to_vec();
        for name in ConnectomeName::ALL {
            let weights = connectome(name).adjacency(&all, &[Electrical]);
            for pre in 0..all.len() {
                for post in 0..pre {
                    let (one, other) = (pre * all.len() + post, post * all.len() + pre);
                    assert_eq!(weights[one], weights[other], "{name}: {} {}", all[pre], all[post]);
                }
            }
        }
    }

    #[test]
    fn white_1986_among_the_papers_fifteen_is_as_known() {
        use ConnectionKind::{Chemical, Electrical};
        let (white, neurons) = (connectome(ConnectomeName::White1986), paper_15());
        let n = neurons.len();
        let chemical = white.adjacency(&neurons, &[Chemical]);
        assert_eq!(chemical.iter().filter(|w| **w > 0.).count(), 27);
        let electrical = white.adjacency(&neurons, &[Electrical]);
        let pairs = (0..n).flat_map(|i| (0..i).map(move |j| (i, j)));
        assert_eq!(pairs.filter(|(i, j)| electrical[i * n + j] > 0.).count(), 13);
        let lone: Vec<&str> = (0..n)
            .filter(|&i| {
                let both = |w: &[f64]| (0..n).all(|j| w[i * n + j] == 0. && w[j * n + i] == 0.);
                both(&chemical) && both(&electrical)
            })
            .map(|i| neurons[i].as_str())
            .collect();
        assert_eq!(lone, ["RMED", "RMEL", "RMER"]);
        let edges = white.edge_weights(&neurons, &[Chemical, Electrical], Weighting::RowNormalised);
        for row in edges.chunks(n) {
            assert!((row.iter().sum::<f64>() - 1.).abs() < 1e-12);
        }
    }

    #[test]
    fn names_read_back_and_others_are_told_what_there_is() {
        for name in ConnectomeName::ALL {
            assert_eq!(name.as_str().parse(), Ok(name));
            assert!(NOTICE.contains(&name.citation().split(" et al").next().unwrap().to_owned()));
        }
        let error = "white".parse::<ConnectomeName>().unwrap_err();
        assert!(error.to_string().contains("white1986, varshney2011, cook2019"), "{error}");
    }

    #[test]
    fn equal_rows_are_summed_and_end_organs_passed_over() {
        let table = "pre,post,kind,weight\nVB1,AVAL,chemical,2\nVB01,AVAL,chemical,3\nAVAL,BWM,chemical,9\n";
        let read = parse(table).unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].weight, 5.);
        assert_eq!(parse("pre\nAVAL,AVAR,chemical"), Err("AVAL,AVAR,chemical"));
    }
}
