//! The largest of many numbers.

/// The places of the `count` largest values, largest first; of equal values the earlier.
pub(super) fn largest(values: &[f32], count: usize) -> Vec<usize> {
    let mut best: Vec<usize> = Vec::with_capacity(count + 1);
    for (place, value) in values.iter().enumerate() {
        let is_full = best.len() == count;
        if is_full && best.last().is_none_or(|&last| values[last] >= *value) {
            continue;
        }
        let rank = best.partition_point(|&other| values[other] >= *value);
        best.insert(rank, place);
        best.truncate(count);
    }
    best
}

/// The logarithm of the sum of exponentials.
pub(super) fn log_partition(logits: &[f32]) -> f64 {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|logit| f64::from((logit - largest).exp())).sum();
    f64::from(largest) + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_come_in_order_and_ties_by_place() {
        let values = [1.0, 5.0, -2.0, 5.0, 7.0, 0.0];
        assert_eq!(largest(&values, 4), [4, 1, 3, 0]);
        assert_eq!(largest(&values, 9), [4, 1, 3, 0, 5, 2]);
        assert_eq!(largest(&values, 0), [0; 0]);
    }

    #[test]
    fn the_log_partition_does_not_overflow() {
        assert!((log_partition(&[1000.0, 1000.0]) - 1000.0 - 2f64.ln()).abs() < 1e-6);
    }
}
