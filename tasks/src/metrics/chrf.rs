//! chrF of a corpus (Popović 2015) with sacreBLEU's defaults: character n-grams up to 6, no words, β = 2, case kept,
//! white space left out; and chrF++ (Popović 2017), which adds words and pairs of words.
//!
//! Of several references, an example counts with the one that gives it the highest score. Counts are summed over all
//! examples; precision and recall are then averaged over the orders for which predictions and references have n-grams
//! at all ("effective order"), and chrF is their F with recall weighing β² times as much. chrF++ parts one mark of
//! ASCII punctuation from a word, at its end or else at its start.

use super::overlap::{Overlap, is_space, words};

/// The longest n-grams of characters.
const ORDER: usize = 6;
/// The longest n-grams of words, in chrF++.
const WORD_ORDER: usize = 2;
/// β².
const RECALL_WEIGHT: f64 = 4.0;

/// A text as its n-grams are taken from it.
struct Items<'a> {
    characters: Vec<char>,
    /// None where words do not count.
    words: Vec<&'a str>,
}

/// chrF in [0, 1] of predictions, each with its references.
pub fn chrf<P: AsRef<str>, R: AsRef<str>>(predictions: &[P], references: &[Vec<R>]) -> f64 {
    of_corpus(predictions, references, 0)
}

/// chrF++ in [0, 1] of predictions, each with its references.
pub fn chrf_plus_plus<P: AsRef<str>, R: AsRef<str>>(
    predictions: &[P],
    references: &[Vec<R>],
) -> f64 {
    of_corpus(predictions, references, WORD_ORDER)
}

fn of_corpus<P: AsRef<str>, R: AsRef<str>>(
    predictions: &[P],
    references: &[Vec<R>],
    word_order: usize,
) -> f64 {
    let mut sums = vec![Overlap { shared: 0, predicted: 0, gold: 0 }; ORDER + word_order];
    for (prediction, references) in predictions.iter().zip(references) {
        let prediction = Items::of(prediction.as_ref());
        let mut best: Option<(f64, Vec<Overlap>)> = None;
        for reference in references {
            let counts = counts(&prediction, &Items::of(reference.as_ref()), word_order);
            let score = score(&counts);
            if best.as_ref().is_none_or(|(highest, _)| score > *highest) {
                best = Some((score, counts));
            }
        }
        for (sum, counts) in sums.iter_mut().zip(best.iter().flat_map(|(_, counts)| counts)) {
            sum.shared += counts.shared;
            sum.predicted += counts.predicted;
            sum.gold += counts.gold;
        }
    }
    score(&sums)
}

impl<'a> Items<'a> {
    fn of(text: &'a str) -> Self {
        let characters = text.chars().filter(|c| !is_space(*c)).collect();
        Items { characters, words: words(text).flat_map(parted).flatten().collect() }
    }
}

/// A word, and a mark of punctuation that stood at its end or start.
fn parted(word: &str) -> [Option<&str>; 2] {
    let mark = |c: char| c.is_ascii_punctuation();
    if word.chars().nth(1).is_none() {
        return [Some(word), None];
    }
    if word.ends_with(mark) {
        let (rest, last) = word.split_at(word.len() - 1);
        return [Some(rest), Some(last)];
    }
    if word.starts_with(mark) {
        let (first, rest) = word.split_at(1);
        return [Some(first), Some(rest)];
    }
    [Some(word), None]
}

/// Counts of each order, those of words last. An order which the reference has no n-grams of counts none of the
/// prediction's either.
fn counts(prediction: &Items, reference: &Items, word_order: usize) -> Vec<Overlap> {
    let characters =
        (1..=ORDER).map(|n| Overlap::of_ngrams(&prediction.characters, &reference.characters, n));
    let words =
        (1..=word_order).map(|n| Overlap::of_ngrams(&prediction.words, &reference.words, n));
    let counted = |overlap: Overlap| match overlap.gold {
        0 => Overlap { predicted: 0, ..overlap },
        _ => overlap,
    };
    characters.chain(words).map(counted).collect()
}

fn score(counts: &[Overlap]) -> f64 {
    let effective = || counts.iter().filter(|overlap| overlap.predicted > 0 && overlap.gold > 0);
    let orders = effective().count().max(1) as f64;
    let precision = effective().map(|overlap| overlap.precision()).sum::<f64>() / orders;
    let recall = effective().map(|overlap| overlap.recall()).sum::<f64>() / orders;
    if precision + recall == 0.0 {
        return 0.0;
    }
    (1.0 + RECALL_WEIGHT) * precision * recall / (RECALL_WEIGHT * precision + recall)
}
