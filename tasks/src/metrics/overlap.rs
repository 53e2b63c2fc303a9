//! What two sequences share as bags of items, and precision, recall and F1 of that.
//!
//! An item that occurs twice on both sides is shared twice, one that occurs twice on one side only once. Token F1,
//! SQuAD's F1 and ROUGE count so; BLEU and chrF use the counts of n-grams alone.

use std::{collections::HashMap, hash::Hash};

/// Counts of items: those of the prediction, those of the reference, and those they share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    pub shared: usize,
    pub predicted: usize,
    pub gold: usize,
}

impl Overlap {
    /// Of two sequences' n-grams; items themselves are the n-grams with n = 1.
    pub fn of_ngrams<T: Eq + Hash>(predicted: &[T], gold: &[T], n: usize) -> Self {
        let (p, g) = (ngrams(predicted, n), ngrams(gold, n));
        let shared = p.iter().map(|(ngram, count)| *count.min(g.get(ngram).unwrap_or(&0))).sum();
        Overlap { shared, predicted: p.values().sum(), gold: g.values().sum() }
    }

    /// The share of the prediction that is in the reference; 0 for an empty prediction.
    pub fn precision(self) -> f64 {
        ratio(self.shared, self.predicted)
    }

    /// The share of the reference that is in the prediction; 0 for an empty reference.
    pub fn recall(self) -> f64 {
        ratio(self.shared, self.gold)
    }

    /// The harmonic mean of precision and recall; 0 where nothing is shared.
    pub fn f1(self) -> f64 {
        ratio(2 * self.shared, self.predicted + self.gold)
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// F1 of two bags of words, in [0, 1]; two empty ones agree.
pub(super) fn word_f1(predicted: &[&str], gold: &[&str]) -> f64 {
    if predicted.is_empty() && gold.is_empty() {
        return 1.0;
    }
    Overlap::of_ngrams(predicted, gold, 1).f1()
}

/// How often every run of `n` items occurs.
pub(super) fn ngrams<T: Eq + Hash>(items: &[T], n: usize) -> HashMap<&[T], usize> {
    let mut counts = HashMap::new();
    for ngram in items.windows(n) {
        *counts.entry(ngram).or_default() += 1;
    }
    counts
}

/// The words between white space, which is here what Python's `str.split()` takes for it: Unicode's, and the four
/// separators of ASCII. The reference implementations of all text metrics are Python programs.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

/// Whether Python's `str.isspace()` holds of a character.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}
