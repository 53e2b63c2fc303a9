//! Pearson's correlation coefficient, which STS-B is scored by.
//!
//! Deviations from the mean are taken first and products summed after, in double precision, as scipy does; the
//! result is clamped to [-1, 1]. A side that is constant, or a single example, has no correlation: scipy gives NaN
//! with a warning, this gives 0, so that a model without any idea scores like one whose guesses are unrelated. Numbers
//! and deviations at the ends of the range are scaled by a power of two, which changes no other result by a bit.

/// Pearson's coefficient of equally long slices of finite numbers, in [-1, 1].
pub fn pearson(predictions: &[f64], gold: &[f64]) -> f64 {
    if constant(predictions) || constant(gold) {
        return 0.0;
    }
    let (p, g) = (deviations(predictions), deviations(gold));
    let product: f64 = p.iter().zip(&g).map(|(p, g)| p * g).sum();
    let norm = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
    let norms = norm(&p) * norm(&g);
    if norms > 0.0 { (product / norms).clamp(-1.0, 1.0) } else { 0.0 }
}

/// Exact comparison: rounding in the mean would let a constant side pass for a varying one.
fn constant(values: &[f64]) -> bool {
    values.windows(2).all(|pair| pair[0] == pair[1])
}

fn deviations(values: &[f64]) -> Vec<f64> {
    let values = scaled(values.to_vec());
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    scaled(values.iter().map(|value| value - mean).collect())
}

/// The values as they are, or smaller or larger by a power of two, so that their sums and squares are in range.
fn scaled(mut values: Vec<f64>) -> Vec<f64> {
    let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let factor = match largest {
        1e100.. => 2.0_f64.powi(-600),
        ..1e-100 => 2.0_f64.powi(600),
        _ => return values,
    };
    values.iter_mut().for_each(|value| *value *= factor);
    values
}
