//! The built-in weightings.

use super::{Method, from_gramian, from_losses};

/// Every built-in weighting, those from losses alone first.
pub fn all() -> impl Iterator<Item = &'static Method> {
    from_losses::LISTED.iter().chain(from_gramian::LISTED)
}
