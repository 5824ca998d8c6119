//! The allocator of the program. Training allocates and frees temporaries of megabytes at every
//! step. The system's allocator gives such pages back to the kernel each time; this one keeps them,
//! once [`keep_pages`] has told it to: by itself it gives them back after a moment, and the kernel
//! then clears them again, which took four tenths of a training of the forecasting `gnn` on fifteen
//! neurons.

use libmimalloc_sys::{mi_option_set, mi_option_t};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay`: milliseconds before free pages are given back. The number is the same in
/// all versions of the allocator from 2.1 on.
const PURGE_DELAY: mi_option_t = 15;
/// Never.
const NEVER: std::ffi::c_long = -1;

/// Keeps free pages for what comes next. To be called once, before any thread is started.
pub fn keep_pages() {
    // SAFETY: the function writes a number into the allocator's table of options. It is not safe
    // beside other threads that set or read options; there are none yet.
    unsafe {
        mi_option_set(PURGE_DELAY, NEVER);
    }
}
