//! Which instruction set kernels run on: the widest of the CPU, or a narrower one that the environment
//! variable `NERVERING_SIMD` names, so that each can be measured and tested on any machine that has it.
//!
//! Sets round differently in the last bits: results are the same on one machine as long as the variable is.

use super::simd::InstructionSet;
use std::sync::OnceLock;

/// `plain`, `avx2`, `avx512` or `neon`.
const VARIABLE: &str = "NERVERING_SIMD";

/// A value of `NERVERING_SIMD` that this CPU cannot follow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{VARIABLE}: found {found:?}, expected {} on this CPU", expected())]
pub struct NoSuchSet {
    /// The value.
    pub found: String,
}

fn expected() -> String {
    let names: Vec<&str> = InstructionSet::available().into_iter().map(variable_name).collect();
    names.join(" or ")
}

fn variable_name(set: InstructionSet) -> &'static str {
    match set {
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 => "avx512",
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => "avx2",
        #[cfg(target_arch = "aarch64")]
        InstructionSet::Neon => "neon",
        InstructionSet::Portable => "plain",
    }
}

impl InstructionSet {
    /// The one that the environment asks for; `None` where it asks for none.
    ///
    /// # Errors
    /// [`NoSuchSet`] for one that there is not, or that this CPU lacks.
    pub fn of_environment() -> Result<Option<Self>, NoSuchSet> {
        match std::env::var_os(VARIABLE) {
            Some(value) if !value.is_empty() => named(&value.to_string_lossy()).map(Some),
            _ => Ok(None),
        }
    }

    /// The one that the environment asks for where this CPU has it, and otherwise the widest of the CPU.
    /// Decided once.
    pub fn detect() -> Self {
        static CHOSEN: OnceLock<InstructionSet> = OnceLock::new();
        let widest = || *Self::available().first().expect("portable code runs anywhere");
        *CHOSEN.get_or_init(|| Self::of_environment().ok().flatten().unwrap_or_else(widest))
    }
}

fn named(name: &str) -> Result<InstructionSet, NoSuchSet> {
    let sets = InstructionSet::available();
    let found = sets.into_iter().find(|set| variable_name(*set) == name);
    found.ok_or_else(|| NoSuchSet { found: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_of_the_cpu_is_known_by_its_name_and_no_other() {
        for set in InstructionSet::available() {
            assert_eq!(named(variable_name(set)), Ok(set));
        }
        let error = named("sse").unwrap_err().to_string();
        assert!(error.starts_with("NERVERING_SIMD: found \"sse\", expected "), "{error}");
        assert!(error.contains("plain"), "{error}");
    }
}
