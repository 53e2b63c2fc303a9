//! The share of words whose tag is predicted right, over all sentences together.
//! Every word counts the same, whatever sentence it stands in.

/// Accuracy over words, in [0, 1]; `None` if there are no words. Both sides must have the same shape.
pub fn tag_accuracy(predictions: &[&[usize]], gold: &[&[usize]]) -> Option<f64> {
    let words: usize = gold.iter().map(|tags| tags.len()).sum();
    let pairs = predictions.iter().zip(gold).flat_map(|(p, g)| p.iter().zip(*g));
    (words > 0).then(|| pairs.filter(|(p, g)| p == g).count() as f64 / words as f64)
}
