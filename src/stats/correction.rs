//! Holm's step-down correction for many comparisons (Holm 1979).
//!
//! Bounds the chance of even one false claim in a family of tests at the nominal level, whatever
//! the tests' dependence, and is never weaker than Bonferroni's. What the family is (one baseline's
//! column, or a whole table) is the caller's choice and belongs in the caption.

/// Holm-adjusted p-values, in the order given; compare them with the level directly.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut largest_so_far = 0.0_f64;
    for (rank, &index) in order.iter().enumerate() {
        let still_to_test = (p_values.len() - rank) as f64;
        largest_so_far = largest_so_far.max(p_values[index] * still_to_test).min(1.0);
        adjusted[index] = largest_so_far;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holm_multiplies_by_the_tests_left_and_keeps_the_order() {
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (got, want) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((got - want).abs() < 1e-15, "{adjusted:?}");
        }
        assert_eq!(holm(&[0.9, 0.8]), vec![1.0, 1.0]);
        assert!(holm(&[]).is_empty());
    }
}
