//! Which neurons *C. elegans* has: the closed lists of the 302 names of the hermaphrodite and the 93
//! that only the male has.
//!
//! A [`NeuronName`] is any text of the right form, because other species and new names exist; these
//! lists tell a slip of the pen from a cell, and say which cell it is nearest to. They also know
//! which cells are the left and right of one class: `AVAL` and `AVAR` are, `AVL` is not the left of
//! anything.

use crate::{NeuronName, edit_distance};

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

/// The 93 neurons that only the male has, in canonical form, in ascending order; with the 294 of the
/// hermaphrodite other than HSN and VC they are his 387.
///
/// 90 are the male-specific names in the adjacency matrices of Cook et al. 2019 (Nature 571:63,
/// Supplementary Information 5, as corrected in July 2020). `CP00`, `DX4` and `EF4` are not in those
/// matrices; Sulston et al. 1980 (Dev. Biol. 78:542) name them, and Wang et al. 2024 (eLife
/// 13:RP95402, Supplementary file 3) list them as CP0, DX3/4 and EF3/4.
pub const MALE_NEURONS: [&str; 93] = [
    "CA01", "CA02", "CA03", "CA04", "CA05", "CA06", "CA07", "CA08", "CA09", "CEMDL", "CEMDR",
    "CEMVL", "CEMVR", "CP00", "CP01", "CP02", "CP03", "CP04", "CP05", "CP06", "CP07", "CP08",
    "CP09", "DVE", "DVF", "DX1", "DX2", "DX3", "DX4", "EF1", "EF2", "EF3", "EF4", "HOA", "HOB",
    "MCML", "MCMR", "PCAL", "PCAR", "PCBL", "PCBR", "PCCL", "PCCR", "PDC", "PGA", "PHDL", "PHDR",
    "PVV", "PVX", "PVY", "PVZ", "R1AL", "R1AR", "R1BL", "R1BR", "R2AL", "R2AR", "R2BL", "R2BR",
    "R3AL", "R3AR", "R3BL", "R3BR", "R4AL", "R4AR", "R4BL", "R4BR", "R5AL", "R5AR", "R5BL", "R5BR",
    "R6AL", "R6AR", "R6BL", "R6BR", "R7AL", "R7AR", "R7BL", "R7BR", "R8AL", "R8AR", "R8BL", "R8BR",
    "R9AL", "R9AR", "R9BL", "R9BR", "SPCL", "SPCR", "SPDL", "SPDR", "SPVL", "SPVR",
];

impl NeuronName {
    /// Whether the adult hermaphrodite or the adult male has a neuron of this name.
    pub fn is_known(&self) -> bool {
        self.is_of_hermaphrodite() || MALE_NEURONS.binary_search(&self.as_str()).is_ok()
    }

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
        (self.is_known() && partner.is_known()).then_some(partner)
    }
}

/// Of each neuron the number of its class, from 0 in the order in which classes come: neurons that are each other's
/// partner are of one, others are a class of their own.
pub fn classes(neurons: &[NeuronName]) -> Vec<usize> {
    let mut classes: Vec<usize> = Vec::with_capacity(neurons.len());
    let mut n_classes = 0;
    for neuron in neurons {
        let partner = neuron.partner();
        let place = partner.and_then(|partner| neurons.iter().position(|other| *other == partner));
        let of_partner = place.and_then(|place| classes.get(place).copied());
        classes.push(of_partner.unwrap_or(n_classes));
        n_classes += usize::from(of_partner.is_none());
    }
    classes
}

/// The known names nearest to a text: those that differ in characters that pass for one another in
/// print, else the members of the class that the text names (`AVA`: AVAL and AVAR), else those with two
/// neighbouring characters swapped and those one edit away. None where the text is far from all; at most four.
pub fn nearest_neurons(text: &str) -> Vec<NeuronName> {
    let text = text.trim().to_ascii_uppercase();
    if text.len() < 2 || text.len() > LONGEST {
        return Vec::new();
    }
    let known = || HERMAPHRODITE_NEURONS.into_iter().chain(MALE_NEURONS);
    let in_class = |name: &&str| {
        name.strip_prefix(text.as_str()).is_some_and(|rest| {
            matches!(rest, "L" | "R" | "D" | "V" | "DL" | "DR" | "VL" | "VR")
                || rest.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    if let Some(name) = look_alike_neuron(&text) {
        return vec![name];
    }
    let mut nearest: Vec<&str> = known().filter(in_class).collect();
    if nearest.is_empty() && text.len() > 2 {
        let swapped = known().filter(|name| is_swap(&text, name));
        let edited = known().filter(|name| edit_distance(&text, name) == 1);
        nearest = swapped.chain(edited).collect();
    }
    nearest.into_iter().take(MOST_NEAREST).map(named).collect()
}

/// Whether two texts differ in the order of two neighbouring characters.
fn is_swap(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let differ: Vec<usize> = (0..a.len().min(b.len())).filter(|&k| a[k] != b[k]).collect();
    match differ[..] {
        [i, j] => a.len() == b.len() && j == i + 1 && a[i] == b[j] && a[j] == b[i],
        _ => false,
    }
}

/// The known name that a text is but for characters that pass for one another in print, such as `AVAL`
/// for `AVA1`.
pub fn look_alike_neuron(text: &str) -> Option<NeuronName> {
    let folded = fold(&text.to_ascii_uppercase());
    let mut known = HERMAPHRODITE_NEURONS.into_iter().chain(MALE_NEURONS);
    known.find(|name| fold(name) == folded).map(named)
}

fn named(known: &str) -> NeuronName {
    known.parse().expect("known names are names")
}

/// Names that [`nearest_neurons`] gives at most.
const MOST_NEAREST: usize = 4;
/// Characters of a text above which it is near to no name.
const LONGEST: usize = 8;

/// Characters that pass for one another in print made the same: O and 0, I, L and 1, S and 5, Z and 2.
fn fold(text: &str) -> String {
    let same = |c| match c {
        'O' => '0',
        'I' | 'L' => '1',
        'S' => '5',
        'Z' => '2',
        other => other,
    };
    text.chars().map(same).collect()
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
    fn the_list_of_the_male_is_canonical_in_order_and_apart() {
        assert!(MALE_NEURONS.is_sorted_by(|a, b| a < b));
        for text in MALE_NEURONS {
            assert_eq!(name(text).as_str(), text);
            assert!(name(text).is_known() && !name(text).is_of_hermaphrodite(), "{text}");
        }
        assert_eq!(name("cp3").as_str(), "CP03");
        // Of the hermaphrodite the male lacks HSN and VC.
        let lacks = |text: &&&str| text.starts_with("HSN") || text.starts_with("VC");
        let shared =
            HERMAPHRODITE_NEURONS.len() - HERMAPHRODITE_NEURONS.iter().filter(lacks).count();
        assert_eq!(shared + MALE_NEURONS.len(), 387);
    }

    #[test]
    fn the_nearest_names_are_found_and_none_for_other_words() {
        for (text, expected) in [
            ("AVA1", "AVAL"),
            ("vbo2", "VB02"),
            ("AVA", "AVAL AVAR"),
            ("VB12", "VA12 VB02 VB10 VB11"),
            ("RIMLL", "RIML"),
            ("SMD", "SMDDL SMDDR SMDVL SMDVR"),
            ("M", ""),
            ("STATE", ""),
            ("SPEED", ""),
            ("", ""),
            ("AVALAVALAVAL", ""),
        ] {
            let found: Vec<String> = nearest_neurons(text).iter().map(|n| n.to_string()).collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
        assert_eq!(nearest_neurons("CEM").len(), 4);
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

    #[test]
    fn left_and_right_are_of_one_class_and_others_of_their_own() {
        let names = ["AVL", "AVAR", "SMDDL", "RID", "AVAL", "SMDVR", "SMDDR", "VB02"].map(name);
        assert_eq!(classes(&names), [0, 1, 2, 3, 1, 4, 2, 5]);
        assert!(classes(&[]).is_empty());
    }
}
