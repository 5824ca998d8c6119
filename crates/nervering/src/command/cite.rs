//! `nervering cite`: the papers behind what is run.

use crate::failure::Failure;
use crate::output::print;
use clap::Args;
use std::process::ExitCode;

const PAPERS: &str = "\
The models, the protocol and Table 1
  Wang PY, Sapra S, George VK, Silva GA. Generalizable machine learning in neuroscience using graph
  neural networks. Frontiers in Artificial Intelligence 4:618372, 2021. arXiv:2010.08569

The five adults of `reproduce table1`, and their seven states
  Kato S, Kaplan HS, Schrödel T, Skora S, Lindsay TH, Yemini E, Lockery S, Zimmer M. Global brain
  dynamics embed the motor command sequence of Caenorhabditis elegans. Cell 163:656-669, 2015.

The larvae of `data list`
  Nichols ALA, Eichler T, Latham R, Zimmer M. A global brain state underlies C. elegans sleep
  behavior. Science 356:eaam6851, 2017.

The decoder that Table 1 compares with
  Brennan C, Proekt A. A quantitative model of conserved macroscopic dynamics predicts future motor
  commands. eLife 8:e46814, 2019.
";

/// Print the papers to cite
#[derive(Debug, Args)]
pub struct Cite {}

impl Cite {
    pub fn run(self) -> Result<ExitCode, Failure> {
        print(PAPERS)?;
        Ok(ExitCode::SUCCESS)
    }
}
