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
    /// Number of synapses or sections, positive; or the size of a measured effect, negative where
    /// stimulation lowers the response.
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
    /// A weight that is not finite, zero, or a negative number of synapses.
    #[error(
        "connection {pre} → {post} ({kind:?}): found weight {weight}, expected a positive number (a measured effect may be negative)"
    )]
    Weight {
        /// The sender.
        pre: NeuronName,
        /// The receiver.
        post: NeuronName,
        /// Its kind.
        kind: ConnectionKind,
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
    /// [`ConnectomeError`] for weights that are not positive (of [`ConnectionKind::Functional`]: not
    /// finite or zero) and for entries that stand twice.
    pub fn new(mut connections: Vec<Connection>) -> Result<Self, ConnectomeError> {
        fn key(c: &Connection) -> (&NeuronName, &NeuronName, ConnectionKind) {
            (&c.pre, &c.post, c.kind)
        }
        connections.sort_by(|a, b| key(a).cmp(&key(b)));
        for c in &connections {
            let signed = c.kind == ConnectionKind::Functional;
            let sound = c.weight > 0. || (signed && c.weight < 0.);
            if !(sound && c.weight.is_finite()) {
                let Connection { pre, post, kind, weight } = c.clone();
                return Err(ConnectomeError::Weight { pre, post, kind, weight });
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

    /// The adjacency of a graph network among `neurons`, row-major `[receiver, sender]`.
    ///
    /// Every neuron has an edge to itself, one synapse more than the table states (`A + I`, as in
    /// Kipf & Welling 2017): some neurons, such as RMED in White et al. 1986, have no other edge
    /// among those that a study records.
    pub fn edge_weights(
        &self,
        neurons: &[NeuronName],
        kinds: &[ConnectionKind],
        weighting: Weighting,
    ) -> Vec<f64> {
        let n_neurons = neurons.len();
        let by_sender = self.adjacency(neurons, kinds);
        let mut weights = vec![0.; by_sender.len()];
        for (receiver, row) in weights.chunks_mut(n_neurons.max(1)).enumerate() {
            for (sender, weight) in row.iter_mut().enumerate() {
                *weight = by_sender[sender * n_neurons + receiver];
            }
            row[receiver] += 1.;
            match weighting {
                Weighting::Count => {}
                Weighting::Binary => row.iter_mut().for_each(|w| *w = f64::from(*w != 0.)),
                Weighting::RowNormalised => {
                    let sum: f64 = row.iter().map(|w| w.abs()).sum();
                    if sum > 0. {
                        row.iter_mut().for_each(|w| *w /= sum);
                    }
                }
            }
        }
        weights
    }
}

/// What the number of synapses means for an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Weighting {
    /// 1 where there is a connection, whatever its weight or sign.
    Binary,
    /// The summed weights of the table.
    Count,
    /// The summed weights, divided by the sum of their sizes over all senders to one receiver, so
    /// that a receiver's input does not grow with the number of its synapses.
    RowNormalised,
}

impl Weighting {
    /// Every weighting.
    pub const ALL: [Weighting; 3] = [Self::Binary, Self::Count, Self::RowNormalised];

    /// The name, for example `row-normalised`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Count => "count",
            Self::RowNormalised => "row-normalised",
        }
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
        for weight in [0., -1., f64::NAN, f64::INFINITY] {
            let wrong = connection("AVAL", "AVAR", Chemical, weight);
            assert!(matches!(Connectome::new(vec![wrong]), Err(ConnectomeError::Weight { .. })));
        }
    }

    #[test]
    fn a_measured_effect_may_be_negative_but_not_nothing() {
        use ConnectionKind::Functional;
        let effect = |weight| Connectome::new(vec![connection("ADAL", "AS1", Functional, weight)]);
        assert_eq!(effect(-0.12).unwrap().connections()[0].weight, -0.12);
        assert!(effect(0.).is_err() && effect(f64::NEG_INFINITY).is_err());
    }

    #[test]
    fn edges_go_from_the_column_to_the_row_and_every_neuron_has_its_own() {
        use ConnectionKind::*;
        let connectome = Connectome::new(vec![
            connection("AVAL", "AVAR", Chemical, 2.),
            connection("AVAL", "AVAR", Electrical, 3.),
            connection("RIML", "RIML", Chemical, 1.),
        ])
        .unwrap();
        let neurons = ["AVAL", "AVAR", "RIML"].map(|n| n.parse().unwrap());
        let of = |weighting| connectome.edge_weights(&neurons, &[Chemical, Electrical], weighting);
        assert_eq!(of(Weighting::Count), [1., 0., 0., 5., 1., 0., 0., 0., 2.]);
        assert_eq!(of(Weighting::Binary), [1., 0., 0., 1., 1., 0., 0., 0., 1.]);
        assert_eq!(of(Weighting::RowNormalised), [1., 0., 0., 5. / 6., 1. / 6., 0., 0., 0., 1.]);
        assert_eq!(connectome.edge_weights(&[], &[Chemical], Weighting::Count), []);
    }
}
