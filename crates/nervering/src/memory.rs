//! Memory: how much this process may have, and how much it has had. Known on Linux, where a limit comes
//! from `ulimit -v` (the address space, beyond which the system refuses to give more) or from a control
//! group, as of a batch system or a container (beyond which it kills). What a study needs is compared
//! with it by `study plan`; a run says once when it comes close.

use crate::output::talk;
use std::fs::read_to_string;
use std::path::Path;
use std::time::Duration;

/// Limits of control groups from here on stand for none.
const NONE: u64 = 1 << 60;
/// Time between two looks at the memory that a run holds.
const LOOK: Duration = Duration::from_millis(500);

/// Most bytes that this process may have, and what says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Bytes.
    pub bytes: u64,
    /// `control group` or `ulimit -v`.
    pub of: &'static str,
}

impl Limit {
    /// The lowest one there is and that the system tells.
    pub fn known() -> Option<Self> {
        [control_group(), address_space()].into_iter().flatten().min_by_key(|limit| limit.bytes)
    }

    /// What is to be said of a need that takes nine tenths of it or more.
    pub fn warning(&self, need: u64) -> Option<String> {
        let close = need / 9 >= self.bytes / 10;
        close.then(|| {
            format!(
                "warning: memory: {} of the {} that it may have ({}); fewer --threads take less, \
                 and what is saved is kept",
                mebibytes(need),
                mebibytes(self.bytes),
                self.of
            )
        })
    }
}

/// `12 MiB`.
pub fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}

/// The limit of the address space.
pub fn address_space() -> Option<Limit> {
    let limits = read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    let bytes = line.split_whitespace().next()?.parse().ok()?;
    Some(Limit { bytes, of: "ulimit -v" })
}

/// The limit of the control groups that this process is in.
fn control_group() -> Option<Limit> {
    let groups = read_to_string("/proc/self/cgroup").ok()?;
    let bytes = of_groups(&groups, Path::new("/sys/fs/cgroup"))?;
    Some(Limit { bytes, of: "control group" })
}

/// The lowest limit of the groups that a process is in and of those around them, from its
/// `/proc/<process>/cgroup`, in either version of control groups.
fn of_groups(groups: &str, mounted: &Path) -> Option<u64> {
    let mut lowest: Option<u64> = None;
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let (root, file) = match controllers {
            "" => (mounted.to_owned(), "memory.max"),
            _ if controllers.split(',').any(|name| name == "memory") => {
                (mounted.join("memory"), "memory.limit_in_bytes")
            }
            _ => continue,
        };
        // A container may see the path of its host but only its own group, mounted at the root.
        let path = root.join(path.trim_start_matches('/'));
        for folder in path.ancestors().take_while(|folder| folder.starts_with(&root)) {
            let limit = read_to_string(folder.join(file)).ok();
            let limit = limit.and_then(|text| text.trim().parse().ok()).filter(|&b| b < NONE);
            lowest = lowest.into_iter().chain(limit).min();
        }
    }
    lowest
}

/// Most bytes that this process has held in memory so far, where the system tells.
pub fn peak() -> Option<u64> {
    of_status("VmHWM:")
}

fn of_status(entry: &str) -> Option<u64> {
    let status = read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(entry))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Says once, from now on, when this process holds nearly as much as its control group may: one that
/// is full ends it without a word.
pub fn watch() {
    let Some(limit) = control_group() else { return };
    let look = move || {
        while let Some(held) = of_status("VmRSS:") {
            if let Some(warning) = limit.warning(held) {
                return talk(&warning);
            }
            std::thread::sleep(LOOK);
        }
    };
    // Where no thread can be had, nothing is said.
    _ = std::thread::Builder::new().name("memory".into()).spawn(look);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_limit_of_all_groups_around_a_process_counts() {
        let mounted = tempfile::tempdir().unwrap();
        let write = |within: &str, text: &str| {
            let path = mounted.path().join(within);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let found = |groups: &str| of_groups(groups, mounted.path());
        write("slurm/job_7/step_0/memory.max", "max\n");
        write("slurm/job_7/memory.max", "2147483648\n");
        write("slurm/memory.max", "8589934592\n");
        assert_eq!(found("0::/slurm/job_7/step_0\n"), Some(2 << 30));
        assert_eq!(found("0::/slurm\n"), Some(8 << 30));
        assert_eq!(found("0::/elsewhere\n"), None);
        write("memory/memory.limit_in_bytes", "9223372036854771712\n");
        write("memory/box/memory.limit_in_bytes", "1048576\n");
        assert_eq!(found("5:devices:/box\n4:memory:/box\n0::/\n"), Some(1 << 20));
        assert_eq!(found("4:memory:/\n"), None);
    }

    #[test]
    fn what_comes_close_to_the_limit_is_told() {
        let limit = Limit { bytes: 1000 << 20, of: "control group" };
        assert_eq!(limit.warning(899 << 20), None);
        let said = limit.warning(1200 << 20).unwrap();
        assert!(said.contains("1200 MiB of the 1000 MiB"), "{said}");
    }
}
