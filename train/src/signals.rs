//! SIGINT and SIGTERM as requests: a study ends after the step that is being done, with a checkpoint.
//!
//! A second signal ends the process at once, as it would by default. Nothing is watched until [`watch`] is called,
//! which the studies do; a program that runs trainings of its own decides for itself. Systems without these signals
//! end the process, and a run goes on from its last checkpoint.

use std::fmt;

/// A signal that asks a process to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGTERM: what a batch system sends before it kills.
    Terminate,
}

impl Signal {
    /// What a shell would report of a process that this signal ended: 130 or 143.
    pub fn status(self) -> i32 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        })
    }
}

pub use system::{received, watch};

/// Ends what is being done, in words, where a signal asks for it.
///
/// # Errors
/// [`Error::Interrupted`](crate::Error::Interrupted) exactly then.
pub fn check(what: &'static str) -> crate::Result<()> {
    match received() {
        Some(signal) => Err(crate::Error::Interrupted { signal, what }),
        None => Ok(()),
    }
}

#[cfg(unix)]
mod system {
    use std::sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    };

    use signal_hook::{
        consts::{SIGINT, SIGTERM},
        flag,
    };

    use super::Signal;

    static RECEIVED: OnceLock<Arc<AtomicUsize>> = OnceLock::new();

    /// From now on, signals are kept for [`received`]; the second one ends the process.
    pub fn watch() {
        RECEIVED.get_or_init(|| {
            let received = Arc::new(AtomicUsize::new(0));
            let is_second = Arc::new(AtomicBool::new(false));
            for signal in [SIGINT, SIGTERM] {
                // In this order: what the first signal sets, the second finds. A signal that can't be watched keeps its
                // default, which ends the process.
                let _ = flag::register_conditional_default(signal, is_second.clone());
                let _ = flag::register(signal, is_second.clone());
                let _ = flag::register_usize(signal, received.clone(), signal as usize);
            }
            received
        });
    }

    /// The signal that asks this process to end, if there was one.
    pub fn received() -> Option<Signal> {
        match RECEIVED.get()?.load(Ordering::Relaxed) as i32 {
            SIGINT => Some(Signal::Interrupt),
            SIGTERM => Some(Signal::Terminate),
            _ => None,
        }
    }
}

#[cfg(not(unix))]
mod system {
    use super::Signal;

    /// There is nothing to watch here.
    pub fn watch() {}

    /// Signals end the process here.
    pub fn received() -> Option<Signal> {
        None
    }
}
