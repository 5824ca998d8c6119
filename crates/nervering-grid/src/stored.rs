//! The text of one stored result: which study it is of, its key, a checksum over both and the result,
//! and the result as JSON, all in one line. What was swapped, edited, cut off or made by another
//! study does not read back.

use crate::hex;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What stands around a result.
#[derive(Deserialize)]
struct Head {
    study: Option<String>,
    key: Option<String>,
    sha256: Option<String>,
    result: Option<IgnoredAny>,
}

/// `{"study":…,"key":…,"sha256":…,"result":…}`
pub(crate) fn to_text(study: &str, key: &str, result: &impl Serialize) -> String {
    let result = serde_json::to_string(result).expect("a result is plain data");
    text(study, key, &result)
}

fn text(study: &str, key: &str, result: &str) -> String {
    let mut hash = Sha256::new();
    for part in [study, key, result] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let sha256 = hex(&hash.finalize());
    let [study, key] = [study, key].map(|text| serde_json::to_string(text).expect("a text"));
    format!("{{\"study\":{study},\"key\":{key},\"sha256\":\"{sha256}\",\"result\":{result}}}\n")
}

/// The result, or in words why the bytes are not the one that was asked for.
pub(crate) fn from_bytes<T: DeserializeOwned>(
    bytes: &[u8],
    study: &str,
    key: &str,
) -> Result<T, String> {
    let found = std::str::from_utf8(bytes).map_err(|_| "it is no text".to_owned())?;
    let head: Head = serde_json::from_str(found).map_err(|error| error.to_string())?;
    let (Some(its_study), Some(its_key), Some(_), Some(_)) =
        (head.study, head.key, head.sha256, head.result)
    else {
        return Err("it carries no key and checksum".to_owned());
    };
    if its_study != study {
        return Err("it is of another study, other data or another version".to_owned());
    }
    if its_key != key {
        return Err(format!("it is of the fit {its_key:?}"));
    }
    // What was written has one spelling only: from the key on, nothing may differ.
    let marker = "\"result\":";
    let begin = found.find(marker).map(|at| at + marker.len());
    let result = begin.and_then(|begin| found[begin..].strip_suffix("}\n"));
    match result {
        Some(result) if text(study, key, result) == found => {
            serde_json::from_str(result).map_err(|error| error.to_string())
        }
        _ => Err("it is not what was written: its checksum differs".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_reads_back_and_no_changed_byte_does() {
        let written = to_text("a study", "paper-gnn-1", &vec![0.1, f64::MIN_POSITIVE]);
        let read = |bytes: &[u8]| from_bytes::<Vec<f64>>(bytes, "a study", "paper-gnn-1");
        assert_eq!(read(written.as_bytes()).unwrap(), [0.1, f64::MIN_POSITIVE]);
        for at in 0..written.len() {
            assert!(read(&written.as_bytes()[..at]).is_err(), "{at} bytes");
            for bit in 0..8 {
                let mut damaged = written.clone().into_bytes();
                damaged[at] ^= 1 << bit;
                assert!(read(&damaged).is_err(), "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn a_swapped_result_is_told_by_its_key() {
        let written = to_text("a study", "paper-gnn-2", &1);
        let reason = from_bytes::<u8>(written.as_bytes(), "a study", "paper-gnn-1").unwrap_err();
        assert!(reason.contains("paper-gnn-2"), "{reason}");
        let reason = from_bytes::<u8>(written.as_bytes(), "another", "paper-gnn-2").unwrap_err();
        assert!(reason.contains("another study"), "{reason}");
    }
}
