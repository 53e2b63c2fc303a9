//! Positive weights that satisfy G w = w^−p: the bargaining and fair-allocation conditions.
//!
//! With p = 1 this is the Nash bargaining solution (Navon et al. 2022), with p = 1/α the α-fair one (Ban and Ji 2024).
//! It is where ½ wᵀGw − Σ ∫ wᵢ^−p is least, a convex function, found by Newton's method with a line search. Gradients
//! are brought to norm one first. A shift of 1e-12, or of twice what rounding took from the least eigenvalue, keeps
//! the weights finite where gradients cancel.

use nalgebra::{DMatrix, DVector};

const SHIFT: f64 = 1e-12;

/// The w > 0 with (G w)ᵢ = wᵢ^−p, G being positive semi-definite; 0 for tasks whose gradient is zero.
pub fn fair_weights(gramian: &DMatrix<f64>, power: f64) -> Vec<f64> {
    let norms: Vec<f64> = gramian.diagonal().iter().map(|x| x.sqrt()).collect();
    let kept: Vec<usize> = (0..norms.len()).filter(|&i| norms[i] > 0.0).collect();
    let mut weights = vec![0.0; norms.len()];
    if kept.is_empty() {
        return weights;
    }
    // The geometric mean: scaling all gradients then scales the weights and changes nothing else.
    let mean = (kept.iter().map(|&i| norms[i].ln()).sum::<f64>() / kept.len() as f64).exp();
    let mut cosines = DMatrix::from_fn(kept.len(), kept.len(), |i, j| {
        gramian[(kept[i], kept[j])] / (norms[kept[i]] * norms[kept[j]])
    });
    let shift = SHIFT.max(-2.0 * cosines.symmetric_eigenvalues().min());
    (0..kept.len()).for_each(|i| cosines[(i, i)] += shift);
    // In x = w ‖g‖ the condition is (C x)ᵢ = cᵢ xᵢ^−p.
    let shares = DVector::from_fn(kept.len(), |i, _| (norms[kept[i]] / mean).powf(power - 1.0));
    let x = newton(&cosines, &shares, power);
    let scale = mean.powf(-2.0 / (1.0 + power)) * mean;
    kept.iter().zip(&x).for_each(|(&i, x)| weights[i] = x / norms[i] * scale);
    weights
}

/// The x > 0 with (C x)ᵢ = cᵢ xᵢ^−p.
fn newton(cosines: &DMatrix<f64>, shares: &DVector<f64>, power: f64) -> DVector<f64> {
    let size = shares.len();
    let value = |x: &DVector<f64>| {
        let gains: f64 = x.iter().zip(shares).map(|(x, c)| c * integral(*x, power)).sum();
        0.5 * x.dot(&(cosines * x)) - gains
    };
    // The solution where gradients are orthogonal.
    let mut x = shares.map(|c| c.powf(1.0 / (1.0 + power)));
    let mut last_decrement = f64::INFINITY;
    for _ in 0..500 {
        let gains = DVector::from_fn(size, |i, _| shares[i] * x[i].powf(-power));
        let gradient = cosines * &x - &gains;
        let mut hessian = cosines.clone();
        for i in 0..size {
            hessian[(i, i)] += power * gains[i] / x[i];
        }
        let Some(factor) = hessian.cholesky() else { break };
        let step = -factor.solve(&gradient);
        let decrement = -gradient.dot(&step);
        if !decrement.is_finite() || decrement <= 1e-28 {
            break;
        }
        let nearest = x
            .iter()
            .zip(&step)
            .filter(|(_, s)| **s < 0.0)
            .map(|(x, s)| -x / s)
            .fold(f64::INFINITY, f64::min);
        let mut way = (0.95 * nearest).min(1.0);
        if decrement > 1e-10 {
            let before = value(&x);
            while way > 1e-12 && value(&(&x + &step * way)) > before - 1e-4 * way * decrement {
                way /= 2.0;
            }
        } else if decrement >= last_decrement {
            // Rounding is all that is left.
            break;
        }
        last_decrement = decrement;
        x += step * way;
    }
    x
}

/// ∫ x^−p up to a constant.
fn integral(x: f64, power: f64) -> f64 {
    if power == 1.0 { x.ln() } else { x.powf(1.0 - power) / (1.0 - power) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_condition_holds_over_six_orders_of_magnitude() {
        let rows = [[1e-3, 0.0, 2e-3], [-1.0, 0.5, 1.0], [300.0, 1000.0, -200.0]];
        let j = DMatrix::from_fn(3, 3, |i, k| rows[i][k]);
        let gramian = &j * j.transpose();
        for power in [1.0, 0.5, 2.0] {
            let weights = DVector::from_vec(fair_weights(&gramian, power));
            let products = &gramian * &weights;
            for (product, weight) in products.iter().zip(&weights) {
                let expected = weight.powf(-power);
                assert!((product / expected - 1.0).abs() < 1e-8, "{power}: {product} {expected}");
            }
        }
    }

    #[test]
    fn opposite_and_zero_gradients_give_finite_weights() {
        let opposite = DMatrix::from_row_slice(2, 2, &[1.0, -1.0, -1.0, 1.0]);
        assert!(fair_weights(&opposite, 1.0).iter().all(|w| w.is_finite() && *w > 0.0));
        assert_eq!(fair_weights(&DMatrix::zeros(2, 2), 1.0), [0.0, 0.0]);
    }
}
