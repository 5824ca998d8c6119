//! The public data sets that Nervering knows: what they are, who published them, where they are.
//!
//! A [`Dataset`] is a static entry of [`DATASETS`] with its [`RemoteFile`]s. Addresses and the one
//! published checksum are from the projects' own pages; a file without a checksum has none
//! published, and the one seen at the first download is pinned in the cache ([`crate::Cache`]).

/// A public data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dataset {
    /// The name it goes by on the command line, for example `kato2015`.
    pub name: &'static str,
    /// What was recorded, in one line.
    pub title: &'static str,
    /// The publication to cite.
    pub citation: &'static str,
    /// Identifier of the project on the Open Science Framework.
    pub osf_project: &'static str,
    /// Its files.
    pub files: &'static [RemoteFile],
}

/// A file of a data set, and what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemoteFile {
    /// Name of the file.
    pub name: &'static str,
    /// Number of animals in it.
    pub n_animals: usize,
    /// Where it is.
    pub address: Address,
    /// SHA-256 in lowercase hexadecimal, where one is published.
    pub sha256: Option<&'static str>,
    /// Bytes above which whatever comes is not this file.
    pub max_bytes: u64,
}

/// Where a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// At this address.
    File(&'static str),
    /// At the address that a listing of the Open Science Framework gives for its name: JSON of
    /// OSF's API, version 2.
    OsfListing(&'static str),
}

impl Address {
    /// The address that is asked first.
    pub fn url(self) -> &'static str {
        match self {
            Self::File(url) | Self::OsfListing(url) => url,
        }
    }
}

impl Dataset {
    /// Page of the project.
    pub fn page(&self) -> String {
        format!("https://osf.io/{}/", self.osf_project)
    }
}

/// Finds a data set by its name.
pub fn dataset(name: &str) -> Option<&'static Dataset> {
    DATASETS.iter().find(|dataset| dataset.name == name)
}

const fn nichols(name: &'static str, n_animals: usize, url: &'static str) -> RemoteFile {
    RemoteFile { name, n_animals, address: Address::File(url), sha256: None, max_bytes: MAX_BYTES }
}

/// The files are of some 100 to 300 MB.
const MAX_BYTES: u64 = 2 << 30;

/// Every data set, oldest first.
pub static DATASETS: &[Dataset] = &[
    Dataset {
        name: "kato2015",
        title: "five immobilised adults, 18 min each, seven motor states",
        citation: "Kato et al. 2015, Cell 163:656",
        osf_project: "2395t",
        files: &[RemoteFile {
            name: "WT_NoStim.mat",
            n_animals: 5,
            address: Address::OsfListing(
                "https://api.osf.io/v2/nodes/2395t/files/osfstorage/?filter%5Bname%5D=WT_NoStim.mat",
            ),
            sha256: Some("7531811c1718e26a0455f59cb2f8188cf25809278cfea85770dfe03315a0098a"),
            max_bytes: MAX_BYTES,
        }],
    },
    Dataset {
        name: "nichols2017",
        title: "immobilised L4 larvae, 18 min each, oxygen steps; the paper uses the two prelet files",
        citation: "Nichols et al. 2017, Science 356:eaam6851",
        osf_project: "kbf38",
        files: &[
            nichols(
                "n2_prelet.mat",
                11,
                "https://files.de-1.osf.io/v1/resources/kbf38/providers/osfstorage/5d24867945253a001939ac2c",
            ),
            nichols(
                "n2_let.mat",
                12,
                "https://files.de-1.osf.io/v1/resources/kbf38/providers/osfstorage/5d248679a26b340016064333",
            ),
            nichols(
                "npr1_prelet.mat",
                10,
                "https://files.de-1.osf.io/v1/resources/kbf38/providers/osfstorage/5d24866f1c5b4a001b9bde6e",
            ),
            nichols(
                "npr1_let.mat",
                11,
                "https://files.de-1.osf.io/v1/resources/kbf38/providers/osfstorage/5d248670114a420019020fd1",
            ),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_data_set_is_found_by_its_name_and_by_no_other() {
        for entry in DATASETS {
            assert_eq!(dataset(entry.name), Some(entry));
        }
        assert_eq!(dataset("Kato"), None);
    }

    #[test]
    fn addresses_lie_in_the_project_and_checksums_are_sha256() {
        for entry in DATASETS {
            for file in entry.files {
                let url = file.address.url();
                assert!(url.starts_with("https://"), "{url}");
                assert!(url.contains(entry.osf_project), "{url}");
                if let Some(sha256) = file.sha256 {
                    let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
                    assert!(sha256.len() == 64 && sha256.chars().all(hex), "{sha256}");
                }
            }
        }
    }

    #[test]
    fn the_paper_has_five_worms_and_twenty_one() {
        let animals = |name, files: &[&str]| -> usize {
            let files_of = dataset(name).unwrap().files.iter();
            files_of.filter(|f| files.contains(&f.name)).map(|f| f.n_animals).sum()
        };
        assert_eq!(animals("kato2015", &["WT_NoStim.mat"]), 5);
        assert_eq!(animals("nichols2017", &["n2_prelet.mat", "npr1_prelet.mat"]), 21);
    }
}
