//! F1, the harmonic mean of precision and recall, of one label or averaged over labels.
//!
//! F1 = 2TP / (2TP + FP + FN), and 0 where that is 0/0, as scikit-learn's `zero_division=0`.
//! The macro average runs over the labels that occur among predictions or gold, as scikit-learn's default does;
//! a label that the task has but the data lack does not pull it down. An index beyond the task's labels
//! stands for a prediction that could not be read: it is a miss of the gold label, and not averaged over. T5 scores
//! CB by the average over all three labels, whether they occur or not; that is scikit-learn's with `labels=range(3)`.

use std::collections::BTreeSet;

/// F1 of one label against all others, in [0, 1].
pub fn f1_of_label(predictions: &[usize], gold: &[usize], label: usize) -> f64 {
    let (mut both, mut either) = (0_usize, 0_usize);
    for (p, g) in predictions.iter().zip(gold) {
        both += usize::from(*p == label && *g == label);
        either += usize::from(*p == label) + usize::from(*g == label);
    }
    // 2TP + FP + FN counts every prediction and every gold target of the label once.
    if either == 0 { 0.0 } else { 2.0 * both as f64 / either as f64 }
}

/// The plain mean of the F1 of every label below `labels`, also of those that do not occur, in [0, 1].
pub fn macro_f1_all(labels: usize, predictions: &[usize], gold: &[usize]) -> f64 {
    (0..labels).map(|label| f1_of_label(predictions, gold, label)).sum::<f64>() / labels as f64
}

/// The plain mean of the F1 of every label below `labels` that occurs, in [0, 1].
pub fn macro_f1(labels: usize, predictions: &[usize], gold: &[usize]) -> f64 {
    let occurring: BTreeSet<usize> =
        predictions.iter().chain(gold).copied().filter(|label| *label < labels).collect();
    occurring.iter().map(|label| f1_of_label(predictions, gold, *label)).sum::<f64>()
        / occurring.len() as f64
}
