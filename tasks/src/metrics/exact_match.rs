//! Whether a text equals a reference character by character, white space around it aside.

use super::overlap::is_space;

/// Whether a prediction equals one of the references.
pub fn exact_match<R: AsRef<str>>(prediction: &str, references: &[R]) -> bool {
    let prediction = prediction.trim_matches(is_space);
    references.iter().any(|reference| reference.as_ref().trim_matches(is_space) == prediction)
}
