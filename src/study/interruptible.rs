//! A study that Ctrl-C ends in order.

use crate::{Error, Result, signals};

/// Runs a study. A SIGINT or SIGTERM ends the process after the step that is being done and its checkpoint, with a
/// message and the status 130 or 143.
pub(super) fn interruptible<T>(run: impl FnOnce() -> Result<T>) -> Result<T> {
    signals::watch();
    let result = run();
    if let Err(
        error @ (Error::Stopped { signal: Some(signal), .. } | Error::Interrupted { signal, .. }),
    ) = &result
    {
        eprintln!("{error}");
        std::process::exit(signal.status());
    }
    result
}
