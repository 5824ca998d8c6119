//! Hostile input: every format must outlive any damage to its files.
//!
//! [`survives`] cuts a file at 512 points, changes it in 5,000 seeded ways, and reads each result.
//! No read may panic, take longer than 2 s, or hold more than 256 MB + 2 × the file's size. Include
//! this file by `#[path = "common/hostile.rs"] mod hostile;` in a test binary of its own: it brings
//! the counting allocator of that binary, and memory of tests beside it would be counted too.

#[path = "reseal.rs"]
mod reseal;

use reseal::reseal;
use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

const TRUNCATIONS: usize = 512;
const MUTATIONS: usize = 5_000;
const SLOW: Duration = Duration::from_secs(2);
/// A read that is not back after this time is taken to hang.
const HUNG: Duration = Duration::from_secs(60);
const MEMORY: usize = 256 << 20;

/// Counts the bytes that are allocated now, and the most since [`Counting::restart`].
struct Counting {
    now: AtomicUsize,
    peak: AtomicUsize,
}

#[global_allocator]
static ALLOCATED: Counting = Counting { now: AtomicUsize::new(0), peak: AtomicUsize::new(0) };

impl Counting {
    fn grow(&self, bytes: usize) {
        let now = self.now.fetch_add(bytes, Relaxed) + bytes;
        self.peak.fetch_max(now, Relaxed);
    }

    fn restart(&self) -> usize {
        let now = self.now.load(Relaxed);
        self.peak.store(now, Relaxed);
        now
    }
}

// SAFETY: every call goes to the system allocator with the arguments it came with.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.grow(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        self.grow(layout.size());
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        self.now.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        self.grow(size);
        self.now.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Reads every truncation and mutation of a file and checks the three promises. `read` gets the
/// path of a file called `name` with the damaged bytes.
///
/// # Panics
/// When a promise is broken, with the case and the file that broke it, which is kept.
pub fn survives(name: &str, bytes: &[u8], read: impl Fn(&Path) + Send + Sync) {
    // One at a time: memory is counted for the whole process.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let (send, receive) = channel();
    let (verdict, case) = std::thread::scope(|scope| {
        let (path, read) = (&path, &read);
        let reader = scope.spawn(move || {
            for (case, damaged) in cases(bytes) {
                write_anew(path, &damaged);
                let length = damaged.len();
                drop(damaged);
                send.send(case).unwrap();
                check(path, length, read)?;
            }
            Ok(())
        });
        let mut case = String::new();
        loop {
            match receive.recv_timeout(HUNG) {
                Ok(next) => case = next,
                Err(RecvTimeoutError::Disconnected) => break (reader.join(), case),
                Err(RecvTimeoutError::Timeout) => {
                    // A thread that hangs cannot be ended.
                    eprintln!("{name}, {case}: no answer after {HUNG:?}, see {}", path.display());
                    std::process::abort();
                }
            }
        }
    });
    let fault = match verdict {
        Ok(Ok(())) => return,
        Ok(Err(fault)) => fault,
        Err(_) => "panicked (above)".to_owned(),
    };
    let kept = folder.keep().join(path.file_name().unwrap());
    panic!("{name}, {case}: {fault}; the file is {}", kept.display());
}

/// Writes a new file: ext4 flushes one that is overwritten to the disk, which takes milliseconds.
pub fn write_anew(path: &Path, bytes: &[u8]) {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{error}"),
        _ => std::fs::write(path, bytes).unwrap(),
    }
}

fn check(path: &Path, length: usize, read: &(impl Fn(&Path) + Sync)) -> Result<(), String> {
    let before = ALLOCATED.restart();
    let time = || {
        let start = Instant::now();
        read(path);
        start.elapsed()
    };
    // The machine may be busy with something else, so a slow read has a second chance.
    if time() > SLOW {
        let again = time();
        if again > SLOW {
            return Err(format!("took {again:?}, twice more than {SLOW:?}"));
        }
    }
    let peak = ALLOCATED.peak.load(Relaxed).saturating_sub(before);
    let limit = MEMORY + 2 * length;
    if peak > limit {
        return Err(format!("held {} MiB, more than {} MiB", peak >> 20, limit >> 20));
    }
    Ok(())
}

/// Every damaged version of a file with the words for it.
fn cases(bytes: &[u8]) -> impl Iterator<Item = (String, Vec<u8>)> {
    let cuts = (0..TRUNCATIONS).map(|k| bytes.len() * k / TRUNCATIONS);
    let truncated = cuts.map(|at| (format!("cut to {at} bytes"), bytes[..at].to_vec()));
    let words = word_positions(bytes);
    let is_hdf5 = [0, 512]
        .iter()
        .any(|&at| bytes.get(at..).is_some_and(|rest| rest.starts_with(b"\x89HDF\r\n\x1a\n")));
    let mutated = (0..MUTATIONS).map(move |seed| {
        let mut random = Random(seed as u64);
        let mut damaged = bytes.to_vec();
        for _ in 0..1 + random.below(4) {
            mutate(&mut damaged, &words, &mut random);
        }
        // Every other change is given sound checksums, so that the code behind them sees it.
        if is_hdf5 && seed % 2 == 1 {
            reseal(&mut damaged);
        }
        (format!("mutation {seed}"), damaged)
    });
    truncated.chain(mutated)
}

/// Where eight bytes look like a size, an offset or a count: most bytes of a file are numbers, and
/// changes there reach no structure.
fn word_positions(bytes: &[u8]) -> Vec<usize> {
    let is_small = |word: &[u8]| {
        let word = u64::from_le_bytes(word.try_into().expect("a window of eight"));
        word != 0 && word < 1 << 24
    };
    bytes.windows(8).enumerate().filter(|(_, word)| is_small(word)).map(|(at, _)| at).collect()
}

fn mutate(bytes: &mut Vec<u8>, words: &[usize], random: &mut Random) {
    if bytes.is_empty() {
        return;
    }
    let at = random.below(bytes.len());
    let word = if words.is_empty() { at } else { words[random.below(words.len())] };
    match random.below(8) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = random.next() as u8,
        2 => {
            let value = [0, 0xff, b'0', b'"', random.next() as u8][random.below(5)];
            let length = 1 + random.below(64);
            bytes.iter_mut().skip(at).take(length).for_each(|byte| *byte = value);
        }
        3 => {
            let from = random.below(bytes.len());
            let length = (1 + random.below(64)).min(bytes.len() - at.max(from));
            bytes.copy_within(from..from + length, at);
        }
        4 => {
            let end = (at + 1 + random.below(64)).min(bytes.len());
            bytes.drain(at..end);
        }
        5 => {
            let extreme = [u32::MAX, 0x7fff_ffff, 0x8000_0000, 0, 1 << random.below(32)];
            overwrite(bytes, word, &extreme[random.below(5)].to_le_bytes());
        }
        6 => {
            let extreme = [u64::MAX, u64::MAX / 8, 1 << 63, 0, 1 << random.below(63)];
            overwrite(bytes, word, &extreme[random.below(5)].to_le_bytes());
        }
        _ => {
            // One small number in the place of another: a loop, or one thing taken for another.
            let other = if words.is_empty() { at } else { words[random.below(words.len())] };
            let copied = bytes.get(other..other + 8).map(<[u8]>::to_vec).unwrap_or_default();
            overwrite(bytes, word, &copied);
        }
    }
}

fn overwrite(bytes: &mut [u8], at: usize, with: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + with.len()) {
        place.copy_from_slice(with);
    }
}

/// SplitMix64 (Steele, Lea & Flood 2014): a mutation is found again by its seed alone.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}
