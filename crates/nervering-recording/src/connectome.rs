//! A table of known connections between named neurons.

use crate::NeuronName;

/// What joins two neurons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConnectionKind {
    /// A chemical synapse, directed.
    Chemical,
    /// A gap junction; a table lists it in both directions.
    Electrical,
    /// A measured effect of stimulating `pre` on `post`.
    Functional,
}

/// One directed entry of a connectome.
#[derive(Debug, Clone, PartialEq)]
pub struct Connection {
    /// The sending (or stimulated) neuron.
    pub pre: NeuronName,
    /// The receiving neuron.
    pub post: NeuronName,
    /// What joins them.
    pub kind: ConnectionKind,
    /// Number of synapses or sections, or size of the effect; positive.
    pub weight: f64,
}

/// Connections of one animal or atlas, no entry twice.
#[derive(Debug, Clone, PartialEq)]
pub struct Connectome {
    connections: Vec<Connection>,
}

/// Why a list of connections is not a connectome.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectomeError {
    /// A weight that is not a positive finite number.
    #[error("connection {pre} → {post}: found weight {weight}, expected a positive number")]
    Weight {
        /// The sender.
        pre: NeuronName,
        /// The receiver.
        post: NeuronName,
        /// The weight found.
        weight: f64,
    },
    /// The same connection stands twice.
    #[error(
        "connection {pre} → {post} ({kind:?}) stands twice, expected one entry with the summed weight"
    )]
    Duplicate {
        /// The sender.
        pre: NeuronName,
        /// The receiver.
        post: NeuronName,
        /// Its kind.
        kind: ConnectionKind,
    },
}

impl Connectome {
    /// Takes a list of connections and orders it by sender, receiver and kind.
    ///
    /// # Errors
    /// [`ConnectomeError`] for weights that are not positive and for entries that stand twice.
    pub fn new(mut connections: Vec<Connection>) -> Result<Self, ConnectomeError> {
        fn key(c: &Connection) -> (&NeuronName, &NeuronName, ConnectionKind) {
            (&c.pre, &c.post, c.kind)
        }
        connections.sort_by(|a, b| key(a).cmp(&key(b)));
        for c in &connections {
            if !(c.weight.is_finite() && c.weight > 0.) {
                let (pre, post) = (c.pre.clone(), c.post.clone());
                return Err(ConnectomeError::Weight { pre, post, weight: c.weight });
            }
        }
        if let Some(pair) = connections.windows(2).find(|pair| key(&pair[0]) == key(&pair[1])) {
            let Connection { pre, post, kind, .. } = pair[0].clone();
            return Err(ConnectomeError::Duplicate { pre, post, kind });
        }
        Ok(Self { connections })
    }

    /// All connections, ordered by sender, receiver and kind.
    pub fn connections(&self) -> &[Connection] {
        &self.connections
    }

    /// Summed weights of the given kinds among `neurons`, row-major `[pre, post]`.
    pub fn adjacency(&self, neurons: &[NeuronName], kinds: &[ConnectionKind]) -> Vec<f64> {
        let mut weights = vec![0.; neurons.len() * neurons.len()];
        let index = |name| neurons.iter().position(|n| n == name);
        for c in self.connections.iter().filter(|c| kinds.contains(&c.kind)) {
            if let (Some(pre), Some(post)) = (index(&c.pre), index(&c.post)) {
                weights[pre * neurons.len() + post] += c.weight;
            }
        }
        weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(pre: &str, post: &str, kind: ConnectionKind, weight: f64) -> Connection {
        Connection { pre: pre.parse().unwrap(), post: post.parse().unwrap(), kind, weight }
    }

    #[test]
    fn adjacency_sums_the_kinds_asked_for() {
        use ConnectionKind::*;
        let connectome = Connectome::new(vec![
            connection("AVAL", "AVAR", Chemical, 2.),
            connection("AVAL", "AVAR", Electrical, 3.),
            connection("AVAR", "RIML", Chemical, 1.),
        ])
        .unwrap();
        let neurons = ["AVAL", "AVAR"].map(|n| n.parse().unwrap());
        assert_eq!(connectome.adjacency(&neurons, &[Chemical, Electrical]), [0., 5., 0., 0.]);
        assert_eq!(connectome.adjacency(&neurons, &[Chemical]), [0., 2., 0., 0.]);
    }

    #[test]
    fn duplicates_and_weights_that_are_not_positive_are_refused() {
        use ConnectionKind::Chemical;
        let twice = connection("AVAL", "AVAR", Chemical, 2.);
        assert!(matches!(
            Connectome::new(vec![twice.clone(), twice]),
            Err(ConnectomeError::Duplicate { .. })
        ));
        let zero = connection("AVAL", "AVAR", Chemical, 0.);
        assert!(matches!(Connectome::new(vec![zero]), Err(ConnectomeError::Weight { .. })));
    }
}
