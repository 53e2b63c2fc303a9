//! ROUGE-1, -2, -L and -Lsum with stemming (Lin 2004), as the Python package `rouge_score` computes them.
//!
//! A text is put in lower case and cut into runs of ASCII letters and digits; words of more than three characters
//! are stemmed. ROUGE-n compares n-grams, ROUGE-L the longest common subsequence of the whole texts. ROUGE-Lsum
//! takes every line for a sentence: for each sentence of the reference, the words that some line of the prediction
//! has in common with it in order; a word counts at most as often as either text has it. Nothing here finds
//! sentences: who wants ROUGE-Lsum puts them on lines.

use std::collections::HashMap;

use super::{
    overlap::Overlap,
    porter::stem,
    subsequence::{common_length, common_subsequence},
};

/// Words shorter than this are not stemmed.
const STEMMED: usize = 4;

/// The members of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rouge {
    /// Of n-grams of this size.
    N(usize),
    /// Of the longest common subsequence.
    L,
    /// Of longest common subsequences, line by line.
    Lsum,
}

impl Rouge {
    /// What a prediction has in common with one reference.
    pub fn overlap(self, prediction: &str, reference: &str) -> Overlap {
        match self {
            Rouge::N(n) => Overlap::of_ngrams(&tokens(prediction), &tokens(reference), n),
            Rouge::L => {
                let (p, g) = (tokens(prediction), tokens(reference));
                let shared = common_length(&g, &p);
                Overlap { shared, predicted: p.len(), gold: g.len() }
            }
            Rouge::Lsum => by_lines(&lines(prediction), &lines(reference)),
        }
    }

    /// F1 in [0, 1] against the reference that gives the highest; 0 without references.
    pub fn best_f1<R: AsRef<str>>(self, prediction: &str, references: &[R]) -> f64 {
        let each = references.iter().map(|r| self.overlap(prediction, r.as_ref()).f1());
        each.fold(0.0, f64::max)
    }
}

/// The stemmed words of a text.
fn tokens(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| if word.len() < STEMMED { word.into() } else { stem(word) }).collect()
}

fn lines(text: &str) -> Vec<Vec<String>> {
    text.split('\n').map(tokens).collect()
}

fn by_lines(prediction: &[Vec<String>], reference: &[Vec<String>]) -> Overlap {
    let (mut left_p, mut left_g) = (counts(prediction), counts(reference));
    let mut shared = 0;
    for sentence in reference {
        let mut common: Vec<usize> =
            prediction.iter().flat_map(|line| common_subsequence(sentence, line)).collect();
        common.sort_unstable();
        common.dedup();
        for word in common.into_iter().map(|at| sentence[at].as_str()) {
            if let (Some(p @ 1..), Some(g @ 1..)) = (left_p.get_mut(word), left_g.get_mut(word)) {
                *p -= 1;
                *g -= 1;
                shared += 1;
            }
        }
    }
    let words = |lines: &[Vec<String>]| lines.iter().map(Vec::len).sum();
    Overlap { shared, predicted: words(prediction), gold: words(reference) }
}

fn counts(lines: &[Vec<String>]) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for word in lines.iter().flatten() {
        *counts.entry(word.as_str()).or_default() += 1;
    }
    counts
}
