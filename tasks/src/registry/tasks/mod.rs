//! The tasks, one file for each family or benchmark.

mod glue;
mod superglue;

use super::Definition;

/// Every definition.
pub(super) fn all() -> Vec<Definition> {
    [glue::all(), superglue::all()].concat()
}
