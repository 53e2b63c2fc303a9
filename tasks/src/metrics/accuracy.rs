//! The share of examples whose class is predicted right.

/// Accuracy of equally long, non-empty slices, in [0, 1].
pub fn accuracy(predictions: &[usize], gold: &[usize]) -> f64 {
    let right = predictions.iter().zip(gold).filter(|(p, g)| p == g).count();
    right as f64 / gold.len() as f64
}
