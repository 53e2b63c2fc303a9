//! Spearman's rank correlation: Pearson's coefficient of the ranks.
//!
//! Equal values share the average of their ranks, as in scipy's `spearmanr`. A constant side gives 0, as it does
//! for Pearson's coefficient.

use super::pearson::pearson;

/// Spearman's coefficient of equally long slices of finite numbers, in [-1, 1].
pub fn spearman(predictions: &[f64], gold: &[f64]) -> f64 {
    pearson(&average_ranks(predictions), &average_ranks(gold))
}

/// Ranks from 1; equal values get the mean of the ranks they take up together.
fn average_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    // By value, not by bits: 0 and -0 are a tie, and stand side by side in the total order.
    for tie in order.chunk_by(|a, b| values[*a] == values[*b]) {
        for index in tie {
            ranks[*index] = before as f64 + (tie.len() as f64 + 1.0) / 2.0;
        }
        before += tie.len();
    }
    ranks
}
