//! F1 of words as they stand: no case folded, no punctuation removed, words split at white space.
//!
//! Words count as often as both texts have them. Of several references the best counts. Two texts without words
//! agree. For answers to questions, SQuAD's F1 is the usual choice.

use super::overlap::{word_f1, words};

/// Token F1 in [0, 1] against the reference that gives the highest; 0 without references.
pub fn token_f1<R: AsRef<str>>(prediction: &str, references: &[R]) -> f64 {
    let prediction: Vec<&str> = words(prediction).collect();
    let each = references.iter().map(|r| words(r.as_ref()).collect::<Vec<_>>());
    each.map(|reference| word_f1(&prediction, &reference)).fold(0.0, f64::max)
}
