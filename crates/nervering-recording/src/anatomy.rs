//! Which neurons the hermaphrodite has: the closed list of its 302 names.
//!
//! A [`NeuronName`] is any text of the right form, because other stages, males and new names exist;
//! this list tells a slip of the pen from a cell. It also knows which cells are the left and right
//! of one class: `AVAL` and `AVAR` are, `AVL` is not the left of anything.

use crate::NeuronName;

/// The 302 neurons of the adult hermaphrodite in canonical form, in ascending order: the names of
/// White et al. 1986 (Phil. Trans. R. Soc. B 314:1), which are the neurons that Cook et al. 2019
/// (Nature 571:63) tabulate.
pub const HERMAPHRODITE_NEURONS: [&str; 302] = [
    "ADAL", "ADAR", "ADEL", "ADER", "ADFL", "ADFR", "ADLL", "ADLR", "AFDL", "AFDR", "AIAL", "AIAR",
    "AIBL", "AIBR", "AIML", "AIMR", "AINL", "AINR", "AIYL", "AIYR", "AIZL", "AIZR", "ALA", "ALML",
    "ALMR", "ALNL", "ALNR", "AQR", "AS01", "AS02", "AS03", "AS04", "AS05", "AS06", "AS07", "AS08",
    "AS09", "AS10", "AS11", "ASEL", "ASER", "ASGL", "ASGR", "ASHL", "ASHR", "ASIL", "ASIR", "ASJL",
    "ASJR", "ASKL", "ASKR", "AUAL", "AUAR", "AVAL", "AVAR", "AVBL", "AVBR", "AVDL", "AVDR", "AVEL",
    "AVER", "AVFL", "AVFR", "AVG", "AVHL", "AVHR", "AVJL", "AVJR", "AVKL", "AVKR", "AVL", "AVM",
    "AWAL", "AWAR", "AWBL", "AWBR", "AWCL", "AWCR", "BAGL", "BAGR", "BDUL", "BDUR", "CANL", "CANR",
    "CEPDL", "CEPDR", "CEPVL", "CEPVR", "DA01", "DA02", "DA03", "DA04", "DA05", "DA06", "DA07",
    "DA08", "DA09", "DB01", "DB02", "DB03", "DB04", "DB05", "DB06", "DB07", "DD01", "DD02", "DD03",
    "DD04", "DD05", "DD06", "DVA", "DVB", "DVC", "FLPL", "FLPR", "HSNL", "HSNR", "I1L", "I1R",
    "I2L", "I2R", "I3", "I4", "I5", "I6", "IL1DL", "IL1DR", "IL1L", "IL1R", "IL1VL", "IL1VR",
    "IL2DL", "IL2DR", "IL2L", "IL2R", "IL2VL", "IL2VR", "LUAL", "LUAR", "M1", "M2L", "M2R", "M3L",
    "M3R", "M4", "M5", "MCL", "MCR", "MI", "NSML", "NSMR", "OLLL", "OLLR", "OLQDL", "OLQDR",
    "OLQVL", "OLQVR", "PDA", "PDB", "PDEL", "PDER", "PHAL", "PHAR", "PHBL", "PHBR", "PHCL", "PHCR",
    "PLML", "PLMR", "PLNL", "PLNR", "PQR", "PVCL", "PVCR", "PVDL", "PVDR", "PVM", "PVNL", "PVNR",
    "PVPL", "PVPR", "PVQL", "PVQR", "PVR", "PVT", "PVWL", "PVWR", "RIAL", "RIAR", "RIBL", "RIBR",
    "RICL", "RICR", "RID", "RIFL", "RIFR", "RIGL", "RIGR", "RIH", "RIML", "RIMR", "RIPL", "RIPR",
    "RIR", "RIS", "RIVL", "RIVR", "RMDDL", "RMDDR", "RMDL", "RMDR", "RMDVL", "RMDVR", "RMED",
    "RMEL", "RMER", "RMEV", "RMFL", "RMFR", "RMGL", "RMGR", "RMHL", "RMHR", "SAADL", "SAADR",
    "SAAVL", "SAAVR", "SABD", "SABVL", "SABVR", "SDQL", "SDQR", "SIADL", "SIADR", "SIAVL", "SIAVR",
    "SIBDL", "SIBDR", "SIBVL", "SIBVR", "SMBDL", "SMBDR", "SMBVL", "SMBVR", "SMDDL", "SMDDR",
    "SMDVL", "SMDVR", "URADL", "URADR", "URAVL", "URAVR", "URBL", "URBR", "URXL", "URXR", "URYDL",
    "URYDR", "URYVL", "URYVR", "VA01", "VA02", "VA03", "VA04", "VA05", "VA06", "VA07", "VA08",
    "VA09", "VA10", "VA11", "VA12", "VB01", "VB02", "VB03", "VB04", "VB05", "VB06", "VB07", "VB08",
    "VB09", "VB10", "VB11", "VC01", "VC02", "VC03", "VC04", "VC05", "VC06", "VD01", "VD02", "VD03",
    "VD04", "VD05", "VD06", "VD07", "VD08", "VD09", "VD10", "VD11", "VD12", "VD13",
];

impl NeuronName {
    /// Whether the adult hermaphrodite has a neuron of this name.
    pub fn is_of_hermaphrodite(&self) -> bool {
        HERMAPHRODITE_NEURONS.binary_search(&self.as_str()).is_ok()
    }

    /// The neuron on the other side: `AVAR` for `AVAL`, none for `AVL` or `RID`.
    pub fn partner(&self) -> Option<NeuronName> {
        let (class, side) = self.as_str().split_at_checked(self.as_str().len() - 1)?;
        let other = match side {
            "L" => "R",
            "R" => "L",
            _ => return None,
        };
        let partner: NeuronName = format!("{class}{other}").parse().ok()?;
        (self.is_of_hermaphrodite() && partner.is_of_hermaphrodite()).then_some(partner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> NeuronName {
        text.parse().unwrap()
    }

    #[test]
    fn the_list_is_canonical_and_in_order() {
        assert!(HERMAPHRODITE_NEURONS.is_sorted_by(|a, b| a < b));
        for text in HERMAPHRODITE_NEURONS {
            assert_eq!(name(text).as_str(), text);
            assert!(name(text).is_of_hermaphrodite());
        }
        for text in ["AVA1", "MDL01", "VB12", "BWM", "CEPSHL", "GLRL"] {
            assert!(!name(text).is_of_hermaphrodite(), "{text}");
        }
    }

    #[test]
    fn left_and_right_are_partners_only_where_both_exist() {
        for (one, other) in [("AVAL", "AVAR"), ("SMDVR", "SMDVL"), ("RMEL", "RMER")] {
            assert_eq!(name(one).partner(), Some(name(other)));
        }
        for single in ["AVL", "RIR", "AQR", "RID", "VB02", "RMED", "ALA", "XXXL"] {
            assert_eq!(name(single).partner(), None, "{single}");
        }
        let paired = HERMAPHRODITE_NEURONS.iter().filter(|n| name(n).partner().is_some()).count();
        assert_eq!(paired % 2, 0);
    }
}
