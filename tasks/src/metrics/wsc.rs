//! WSC as T5 scores it: a model writes what a pronoun refers to, and that is compared with the candidate.
//!
//! The model takes the candidate for the referent if the words of one are among those of the other, determiners and
//! case aside; that judgement is right if it is the gold one. So a wrong candidate asks for any other text.

use std::collections::BTreeSet;

const DETERMINERS: [&str; 22] = [
    "a", "an", "the", "this", "that", "these", "those", "my", "your", "his", "her", "its", "our",
    "their", "some", "every", "each", "many", "much", "few", "which", "whose",
];

/// Whether a written referent names the candidate.
pub fn names(written: &str, candidate: &str) -> bool {
    let (written, candidate) = (words(written), words(candidate));
    !written.is_empty() && (written.is_subset(&candidate) || candidate.is_subset(&written))
}

/// The share of candidates that are judged as in gold, in [0, 1]. All slices are equally long and not empty.
pub fn accuracy<S: AsRef<str>>(written: &[S], candidates: &[S], is_referent: &[bool]) -> f64 {
    let judged = written.iter().zip(candidates).map(|(w, c)| names(w.as_ref(), c.as_ref()));
    let right = judged.zip(is_referent).filter(|(judged, gold)| judged == *gold).count();
    right as f64 / is_referent.len() as f64
}

fn words(text: &str) -> BTreeSet<String> {
    let words = text
        .split_whitespace()
        .map(|word| word.trim_matches(|letter: char| letter.is_ascii_punctuation()).to_lowercase());
    words.filter(|word| !word.is_empty() && !DETERMINERS.contains(&word.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_nest_whatever_their_determiners_and_case() {
        assert!(names("the mothers", "Mothers"));
        assert!(names("Mr. Singer", "singer"));
        assert!(!names("Arthur and Celeste", "mothers"));
        assert!(!names("the", "mothers"));
    }

    #[test]
    fn another_text_is_right_where_the_candidate_is_wrong() {
        let candidates = ["Mark", "Pete"];
        assert_eq!(accuracy(&["Mark", "Mark"], &candidates, &[true, false]), 1.0);
        assert_eq!(accuracy(&["Pete", "Pete"], &candidates, &[true, false]), 0.0);
    }
}
