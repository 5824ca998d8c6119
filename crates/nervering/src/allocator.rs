//! The allocator of the program, and of whatever else trains in a process. Training allocates and frees temporaries of megabytes at every
//! step. The system's allocator gives such pages back to the kernel each time; this one keeps them,
//! once [`set_up`] has told it to: by itself it gives them back after a moment, and the kernel
//! then clears them again, which took four tenths of a training of the forecasting `gnn` on fifteen
//! neurons.
//!
//! Where the system refuses memory, the program says so and ends with exit code 1; by itself it would
//! abort.

use crate::memory::address_space;
use libmimalloc_sys::{mi_option_set, mi_option_t};
use mimalloc::MiMalloc;
use std::alloc::{GlobalAlloc, Layout};
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// `mi_option_purge_delay`: milliseconds before free pages are given back. The number is the same in
/// all versions of the allocator from 2.1 on.
const PURGE_DELAY: mi_option_t = 15;
/// Never.
const NEVER: std::ffi::c_long = -1;

/// MiB of address space that the system gives; 0 where that is not known.
static LIMIT: AtomicU64 = AtomicU64::new(0);

/// At once.
const AT_ONCE: std::ffi::c_long = 0;

/// What becomes of free pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FreePages {
    /// They are kept for what comes next: for training.
    Kept,
    /// They are given back at once, and none is a huge one, of which 2 MiB are held for the few bytes that are left
    /// in it: for what reads and draws. A report takes three fifths of the memory so, and no more time.
    GivenBack,
}

/// Says what becomes of free pages, and looks up what is to be said when there are no more. To be
/// called once, before any thread is started.
pub fn set_up(free_pages: FreePages) {
    let delay = match free_pages {
        FreePages::Kept => NEVER,
        FreePages::GivenBack => AT_ONCE,
    };
    // SAFETY: the function writes a number into the allocator's table of options. It is not safe
    // beside other threads that set or read options; there are none yet.
    unsafe {
        mi_option_set(PURGE_DELAY, delay);
    }
    if free_pages == FreePages::GivenBack {
        no_huge_pages();
    }
    LIMIT.store(address_space().map_or(0, |limit| limit.bytes >> 20), Ordering::Relaxed);
}

/// Asks the kernel for pages of the usual size alone. Where it does not know the question, they stay as they are.
#[cfg(target_os = "linux")]
fn no_huge_pages() {
    use std::ffi::{c_int, c_ulong};
    unsafe extern "C" {
        fn prctl(option: c_int, a: c_ulong, b: c_ulong, c: c_ulong, d: c_ulong) -> c_int;
    }
    const PR_SET_THP_DISABLE: c_int = 41;
    // SAFETY: the call takes numbers alone and changes how pages are mapped, not what is in them.
    unsafe {
        prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    }
}

#[cfg(not(target_os = "linux"))]
fn no_huge_pages() {}

/// An allocator that says when there is no memory.
pub struct Allocator(MiMalloc);

impl Default for Allocator {
    fn default() -> Self {
        Self::new()
    }
}

impl Allocator {
    /// The one of a process.
    pub const fn new() -> Self {
        Self(MiMalloc)
    }
}

// SAFETY: all that is given back comes from an allocator that keeps the contract, for the very
// arguments; nothing is given back where that has found nothing.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the same contract.
        found(unsafe { self.0.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the same contract.
        found(unsafe { self.0.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the same contract.
        unsafe { self.0.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller keeps the same contract.
        found(unsafe { self.0.realloc(at, layout, size) }, size)
    }
}

#[inline]
fn found(at: *mut u8, size: usize) -> *mut u8 {
    if at.is_null() {
        out_of_memory(size);
    }
    at
}

/// Says so without allocating, and ends.
#[cold]
fn out_of_memory(size: usize) -> ! {
    static ENDING: AtomicBool = AtomicBool::new(false);
    if ENDING.swap(true, Ordering::Relaxed) {
        // Ending takes memory too, or another thread is at it.
        std::process::abort();
    }
    let mut stderr = std::io::stderr().lock();
    let _ = write!(stderr, "error: out of memory: the system refused {size} more bytes");
    match LIMIT.load(Ordering::Relaxed) {
        0 => {}
        mebibytes => _ = write!(stderr, " (ulimit -v: {mebibytes} MiB)"),
    }
    let _ = writeln!(stderr, "\n  fewer --threads take less; what a study has saved is kept");
    std::process::exit(1)
}
