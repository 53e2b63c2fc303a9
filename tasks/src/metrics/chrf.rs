//! chrF of a corpus (Popović 2015) with sacreBLEU's defaults: character n-grams up to 6, no words, β = 2, case kept,
//! white space left out.
//!
//! Of several references, an example counts with the one that gives it the highest chrF. Counts are summed over all
//! examples; precision and recall are then averaged over the orders for which predictions and references have n-grams
//! at all ("effective order"), and chrF is their F with recall weighing β² times as much. This is chrF2, not chrF++.

use super::overlap::{Overlap, is_space};

/// The longest n-grams.
const ORDER: usize = 6;
/// β².
const RECALL_WEIGHT: f64 = 4.0;

/// Counts of each order; an order which the reference has no n-grams of counts none of the prediction's either.
type Counts = [Overlap; ORDER];

/// chrF in [0, 1] of predictions, each with its references.
pub fn chrf<P: AsRef<str>, R: AsRef<str>>(predictions: &[P], references: &[Vec<R>]) -> f64 {
    let mut sums = [Overlap { shared: 0, predicted: 0, gold: 0 }; ORDER];
    for (prediction, references) in predictions.iter().zip(references) {
        let prediction = characters(prediction.as_ref());
        let mut best: Option<(f64, Counts)> = None;
        for reference in references {
            let counts = counts(&prediction, &characters(reference.as_ref()));
            let score = score(&counts);
            if best.is_none_or(|(highest, _)| score > highest) {
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

fn characters(text: &str) -> Vec<char> {
    text.chars().filter(|c| !is_space(*c)).collect()
}

fn counts(prediction: &[char], reference: &[char]) -> Counts {
    std::array::from_fn(|index| {
        let mut overlap = Overlap::of_ngrams(prediction, reference, index + 1);
        if overlap.gold == 0 {
            overlap.predicted = 0;
        }
        overlap
    })
}

fn score(counts: &Counts) -> f64 {
    let effective = || counts.iter().filter(|overlap| overlap.predicted > 0 && overlap.gold > 0);
    let orders = effective().count().max(1) as f64;
    let precision = effective().map(|overlap| overlap.precision()).sum::<f64>() / orders;
    let recall = effective().map(|overlap| overlap.recall()).sum::<f64>() / orders;
    if precision + recall == 0.0 {
        return 0.0;
    }
    (1.0 + RECALL_WEIGHT) * precision * recall / (RECALL_WEIGHT * precision + recall)
}
