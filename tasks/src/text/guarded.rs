//! Calls into the tokenizers crate on behalf of files and texts that others made.
//!
//! The crate panics on some of them: on settings of a `tokenizer.json` that it does not expect where they are, and
//! where training comes to NaN. Its functions borrow or build what is dropped with the error, so
//! nothing half-done stays behind, and a panic is as good as an error. Panics of our own code are not for this.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// What the call gives, or says.
///
/// # Errors
/// Those of the call, and its panics, in words.
pub(super) fn guarded<T, E: ToString>(call: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(outcome) => outcome.map_err(|error| error.to_string()),
        Err(panic) => Err(format!("the tokenizers crate gave up ({})", words_of(panic.as_ref()))),
    }
}

fn words_of(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    let words = owned.or_else(|| panic.downcast_ref::<&str>().copied());
    words.filter(|words| !words.is_empty()).unwrap_or("it does not say why")
}
