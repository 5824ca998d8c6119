//! Work that takes longer than a moment: [`watched`] runs it on a thread of its own, while the calling
//! thread, which alone may speak to Python, hears its signals and tells how far the work has come.

use crate::error::wrong;
use nervering::grid::Progress;
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// Time between two looks at signals.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// That of a program's first thread.
const STACK: usize = 8 << 20;

/// What work is told, and tells.
#[derive(Default)]
pub struct Watch {
    stopped: AtomicBool,
    steps: AtomicUsize,
    fits: AtomicUsize,
    lines: Mutex<Vec<String>>,
}

impl Watch {
    /// Whether the work has been asked to stop.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Hears of gradient steps, and says whether to go on.
    pub fn go_on_after(&self, n_steps: usize) -> bool {
        self.steps.fetch_add(n_steps, Ordering::Relaxed);
        !self.is_stopped()
    }

    fn say(&self, line: String) {
        self.lines.lock().expect("no thread panics while it says a line").push(line);
    }

    /// Tells `progress` the steps and fits so far, and what was said.
    fn tell(&self, progress: &Py<PyAny>, py: Python<'_>) -> PyResult<()> {
        let lines = std::mem::take(&mut *self.lines.lock().expect("as above"));
        let (steps, fits) = (self.steps.load(Ordering::Relaxed), self.fits.load(Ordering::Relaxed));
        progress.call1(py, (steps, fits, lines)).map(drop)
    }
}

impl Progress for Watch {
    fn fits_done(&self, n_new: usize, n_resumed: usize) {
        self.fits.fetch_add(n_new + n_resumed, Ordering::Relaxed);
    }

    fn steps(&self, n: usize) {
        self.steps.fetch_add(n, Ordering::Relaxed);
    }

    fn group_finished(&self, line: &str) {
        self.say(line.to_owned());
    }

    fn resumed(&self, n_fits: usize, n_steps: usize) {
        self.say(format!("{n_fits} fits go on from where the last run was, {n_steps} steps done"));
    }

    fn warned(&self, text: &str) {
        self.say(format!("warning: {text}"));
    }
}

/// Runs `work` without holding Python. `progress`, if any, is called with steps, fits and lines. A signal
/// asks the work to stop; once it has, the exception is raised with the words of what stopped.
///
/// # Errors
/// What Python's handlers or `progress` raise, and `failed` of what the work says.
pub fn watched<T: Send, E: Send>(
    py: Python<'_>,
    progress: Option<Py<PyAny>>,
    failed: impl Fn(E) -> PyErr,
    work: impl FnOnce(&Watch) -> Result<T, E> + Send,
) -> PyResult<T> {
    let watch = &Watch::default();
    let progress = progress.as_ref();
    let look = |py: Python<'_>| {
        py.check_signals()?;
        progress.map_or(Ok(()), |progress| watch.tell(progress, py))
    };
    let (done, raised) = thread::scope(|scope| {
        let (ended, has_ended) = channel::<()>();
        let builder = thread::Builder::new().name("nervering".into()).stack_size(STACK);
        let worker = builder.spawn_scoped(scope, move || {
            // Dropped when the work has ended, however it has.
            let _ended = ended;
            work(watch)
        });
        let worker = worker.map_err(wrong)?;
        let raised = py.detach(move || {
            let mut raised = None;
            while let Err(RecvTimeoutError::Timeout) = has_ended.recv_timeout(LOOK_EVERY) {
                if raised.is_none()
                    && let Err(error) = Python::attach(look)
                {
                    watch.stopped.store(true, Ordering::Relaxed);
                    raised = Some(error);
                }
            }
            raised
        });
        match worker.join() {
            Ok(done) => Ok::<_, PyErr>((done, raised)),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })?;
    match (done, raised) {
        (Ok(done), None) => {
            look(py)?;
            Ok(done)
        }
        (Ok(_), Some(raised)) => Err(raised),
        (Err(error), None) => Err(failed(error)),
        (Err(error), Some(raised)) => Err(match raised.is_instance_of::<PyKeyboardInterrupt>(py) {
            true => PyKeyboardInterrupt::new_err(failed(error).value(py).to_string()),
            false => raised,
        }),
    }
}
