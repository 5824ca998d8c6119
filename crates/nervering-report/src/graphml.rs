//! Weighted directed graphs as files: GraphML, which NetworkX, igraph, Gephi and Cytoscape read, and
//! a list of edges as CSV.

use crate::html::escaped;
use crate::table::{csv_bytes, number};
use std::fmt::Write;

/// A graph in GraphML: nodes by their neurons' names, edges from sender to receiver with a `weight`.
/// `weights` are row-major `[receiver, sender]`.
pub fn graphml(neurons: &[String], weights: &[f64]) -> Vec<u8> {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n\
         <key id=\"weight\" for=\"edge\" attr.name=\"weight\" attr.type=\"double\"/>\n\
         <graph edgedefault=\"directed\">\n",
    );
    let written = "writing to a string does not fail";
    for neuron in neurons {
        writeln!(text, "<node id=\"{}\"/>", escaped(neuron)).expect(written);
    }
    for (pre, post, weight) in edges(neurons, weights) {
        let (pre, post, weight) = (escaped(pre), escaped(post), number(Some(weight)));
        let edge = format!("<edge source=\"{pre}\" target=\"{post}\">");
        writeln!(text, "{edge}<data key=\"weight\">{weight}</data></edge>").expect(written);
    }
    text += "</graph>\n</graphml>\n";
    text.into_bytes()
}

/// The same as `pre,post,weight`.
pub fn edge_list_csv(neurons: &[String], weights: &[f64]) -> Vec<u8> {
    let rows = edges(neurons, weights)
        .map(|(pre, post, weight)| vec![pre.to_owned(), post.to_owned(), number(Some(weight))]);
    csv_bytes(&["pre", "post", "weight"].map(str::to_owned), rows)
}

/// Every ordered pair, a neuron and itself included, by sender.
fn edges<'a>(
    neurons: &'a [String],
    weights: &'a [f64],
) -> impl Iterator<Item = (&'a str, &'a str, f64)> {
    let n = neurons.len();
    let from = move |pre: usize| {
        let to = move |post: usize| {
            (neurons[pre].as_str(), neurons[post].as_str(), weights[post * n + pre])
        };
        (0..n).map(to)
    };
    (0..n).flat_map(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_lead_from_sender_to_receiver_and_names_are_escaped() {
        let neurons = ["AVAL", "<R>"].map(str::to_owned);
        // AVAL takes 0.25 from <R>.
        let weights = [1., 0.25, 0.5, 0.];
        let csv = String::from_utf8(edge_list_csv(&neurons, &weights)).unwrap();
        assert_eq!(csv, "pre,post,weight\nAVAL,AVAL,1\nAVAL,<R>,0.5\n<R>,AVAL,0.25\n<R>,<R>,0\n");
        let xml = String::from_utf8(graphml(&neurons, &weights)).unwrap();
        assert!(xml.contains("<node id=\"&lt;R&gt;\"/>"), "{xml}");
        let edge =
            "<edge source=\"&lt;R&gt;\" target=\"AVAL\"><data key=\"weight\">0.25</data></edge>";
        assert!(xml.contains(edge), "{xml}");
        assert_eq!(xml.matches("<edge ").count(), 4);
    }
}
