//! WSC as T5 scores it: a model writes what a pronoun refers to, and that is compared with the candidate.
//!
//! The model takes the candidate for the referent if the words of one are among those of the other, determiners and
//! case aside; that judgement is right if it is the gold one. So a wrong candidate asks for any other text, but not
//! for none: a text without any word but determiners judges nothing and is always wrong. A text with an apostrophe
//! never names a candidate without one, nor the other way round, so that `Bob` is not `Bob's hat`. Punctuation
//! belongs to its word. The rules are those of `wsc_simple` in T5's `postprocessors.py`.

use std::collections::HashSet;

use super::overlap::is_space;

const DETERMINERS: [&str; 21] = [
    "a", "an", "the", "this", "that", "these", "those", "my", "your", "his", "her", "our", "their",
    "some", "every", "each", "many", "much", "few", "which", "whose",
];

/// Whether a written referent names the candidate; `None` where nothing but determiners is written.
pub fn names(written: &str, candidate: &str) -> Option<bool> {
    let (written, candidate) = (cleaned(written), cleaned(candidate));
    if written.is_empty() {
        return None;
    }
    if written.contains('\'') != candidate.contains('\'') {
        return Some(false);
    }
    // Cut at single spaces, as T5 does: two in a row have an empty word between them.
    let [written, candidate] =
        [&written, &candidate].map(|text| text.split(' ').collect::<HashSet<_>>());
    Some(written.is_subset(&candidate) || candidate.is_subset(&written))
}

/// The share of candidates that are judged as in gold, in [0, 1]. All slices are equally long and not empty.
pub fn accuracy<S: AsRef<str>>(written: &[S], candidates: &[S], is_referent: &[bool]) -> f64 {
    let judged = written.iter().zip(candidates).map(|(w, c)| names(w.as_ref(), c.as_ref()));
    let right = judged.zip(is_referent).filter(|(judged, gold)| *judged == Some(**gold)).count();
    right as f64 / is_referent.len() as f64
}

/// In lower case, without determiners.
fn cleaned(text: &str) -> String {
    let lower = text.trim_matches(is_space).to_lowercase();
    let kept = lower.split(' ').filter(|word| !DETERMINERS.contains(word));
    kept.collect::<Vec<_>>().join(" ")
}
