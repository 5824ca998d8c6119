//! Inferred edges as files for other programs: CSV for tables, GraphML (graphml.graphdrawing.org)
//! for networkx, igraph, Gephi and Cytoscape. Both list every ordered pair of neurons, a neuron with
//! itself included, whatever its weight.

use crate::escape::escaped;
use crate::table::csv_bytes;
use nervering_recording::NeuronName;
use std::fmt::Write;

/// The edges of one graph.
#[derive(Debug, Clone, Copy)]
pub struct EdgeList<'a> {
    /// The animal, or the animals, whose edges they are.
    pub animal: &'a str,
    /// The model that inferred them.
    pub model: &'a str,
    /// The neurons.
    pub neurons: &'a [NeuronName],
    /// Row-major `[receiver, sender]`.
    pub weights: &'a [f32],
}

impl EdgeList<'_> {
    /// Sender, receiver and weight of every edge, by sender.
    fn edges(&self) -> impl Iterator<Item = (&str, &str, f32)> {
        let n = self.neurons.len();
        assert_eq!(self.weights.len(), n * n, "one weight per pair of neurons");
        (0..n * n).map(move |k| {
            let (sender, receiver) = (k / n, k % n);
            let weight = self.weights[receiver * n + sender];
            (self.neurons[sender].as_str(), self.neurons[receiver].as_str(), weight)
        })
    }

    /// `pre,post,weight`: from sender to receiver.
    ///
    /// # Panics
    /// Without one weight per pair of neurons, as all of these.
    pub fn csv(&self) -> Vec<u8> {
        let header = ["pre", "post", "weight"].map(str::to_owned);
        let row = |(pre, post, weight): (&str, &str, f32)| {
            vec![pre.to_owned(), post.to_owned(), weight.to_string()]
        };
        csv_bytes(&header, self.edges().map(row))
    }

    /// A directed graph with neurons as nodes. Control characters in names, which XML forbids, are
    /// shown as U+FFFD.
    pub fn graphml(&self) -> String {
        let (animal, model) = (escaped(self.animal), escaped(self.model));
        let mut xml = format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="animal" for="graph" attr.name="animal" attr.type="string"/>
  <key id="model" for="graph" attr.name="model" attr.type="string"/>
  <key id="weight" for="edge" attr.name="weight" attr.type="double"/>
  <graph id="edges" edgedefault="directed">
    <data key="animal">{animal}</data>
    <data key="model">{model}</data>
"#
        );
        for neuron in self.neurons {
            // A name is letters and digits.
            _ = writeln!(xml, "    <node id=\"{neuron}\"/>");
        }
        for (pre, post, weight) in self.edges() {
            let data = format!("<data key=\"weight\">{weight}</data>");
            _ = writeln!(xml, "    <edge source=\"{pre}\" target=\"{post}\">{data}</edge>");
        }
        xml + "  </graph>\n</graphml>\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_the_matrix_hear_and_columns_speak() {
        let neurons = ["AVAL", "RIML"].map(|name| name.parse().unwrap());
        let weights = [0.5, 0.25, 1., 0.];
        let animal = "<a & \"b\">\u{1b}";
        let list = EdgeList { animal, model: "gnn", neurons: &neurons, weights: &weights };
        let csv = String::from_utf8(list.csv()).unwrap();
        let rows = "AVAL,AVAL,0.5\nAVAL,RIML,1\nRIML,AVAL,0.25\nRIML,RIML,0\n";
        assert_eq!(csv, format!("pre,post,weight\n{rows}"));
        let xml = list.graphml();
        let edge = "<edge source=\"RIML\" target=\"AVAL\"><data key=\"weight\">0.25</data></edge>";
        assert!(xml.contains(edge), "{xml}");
        assert!(xml.contains("&lt;a &amp; &quot;b&quot;&gt;\u{fffd}</data>"), "{xml}");
    }
}
