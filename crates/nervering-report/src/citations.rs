//! The papers behind what is run.

use crate::document::Citation;

/// What a paper is behind, the reference, and where it is.
pub const PAPERS: [(&str, &str, &str); 4] = [
    (
        "The models, the protocols and the experiments",
        "Wang PY, Sapra S, George VK, Silva GA. Generalizable machine learning in neuroscience using graph neural networks. Frontiers in Artificial Intelligence 4:618372, 2021. arXiv:2010.08569",
        "https://doi.org/10.3389/frai.2021.618372",
    ),
    (
        "The five adults, and their seven states",
        "Kato S, Kaplan HS, Schrödel T, Skora S, Lindsay TH, Yemini E, Lockery S, Zimmer M. Global brain dynamics embed the motor command sequence of Caenorhabditis elegans. Cell 163:656-669, 2015.",
        "https://doi.org/10.1016/j.cell.2015.09.034",
    ),
    (
        "The larvae of the extended set",
        "Nichols ALA, Eichler T, Latham R, Zimmer M. A global brain state underlies C. elegans sleep behavior. Science 356:eaam6851, 2017.",
        "https://doi.org/10.1126/science.aam6851",
    ),
    (
        "Asymmetric diffusion map modelling (adm), which Table 1 compares with",
        "Brennan C, Proekt A. A quantitative model of conserved macroscopic dynamics predicts future motor commands. eLife 8:e46814, 2019.",
        "https://doi.org/10.7554/eLife.46814",
    ),
];

/// The papers, for a report.
pub fn citations() -> Vec<Citation> {
    let citation = |&(_, text, url): &(&str, &str, &str)| Citation {
        text: text.to_owned(),
        url: Some(url.to_owned()),
    };
    PAPERS.iter().map(citation).collect()
}
