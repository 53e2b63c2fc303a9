//! Matthews' correlation coefficient, which CoLA is scored by.
//!
//! For any number of labels it is Gorodkin's R_K (2004), which is what scikit-learn computes; with two labels that
//! is the classic (TP·TN − FP·FN) / √((TP+FP)(TP+FN)(TN+FP)(TN+FN)). Where predictions or gold are constant the
//! quotient is 0/0, and the value 0, as in scikit-learn.

use std::collections::BTreeMap;

/// Matthews' coefficient of equally long slices, in [-1, 1].
pub fn matthews(predictions: &[usize], gold: &[usize]) -> f64 {
    // Label -> (times predicted, times gold).
    let mut counts: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    let mut right = 0.0;
    for (p, g) in predictions.iter().zip(gold) {
        counts.entry(*p).or_default().0 += 1.0;
        counts.entry(*g).or_default().1 += 1.0;
        right += f64::from(u8::from(p == g));
    }
    let total = gold.len() as f64;
    let sum = |term: fn(&(f64, f64)) -> f64| counts.values().map(term).sum::<f64>();
    let covariance = right * total - sum(|(p, g)| p * g);
    let spread = (total * total - sum(|(p, _)| p * p)) * (total * total - sum(|(_, g)| g * g));
    if spread > 0.0 { covariance / spread.sqrt() } else { 0.0 }
}
