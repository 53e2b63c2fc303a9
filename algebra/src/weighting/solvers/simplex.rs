//! Problems on the simplex {w ≥ 0, Σ w = 1}: projection, softmax, and the point of least norm.
//!
//! The point of least norm in the convex hull of gradients is found by Wolfe's algorithm ("Finding the nearest point in
//! a polytope", 1976) in terms of inner products alone. It ends at the exact active set after finitely many steps.

use nalgebra::{DMatrix, DVector};

use super::{rounding, submatrix};

/// The softmax of `logits`, safe against overflow.
pub fn softmax(logits: &[f64]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let exponentials: Vec<f64> = logits.iter().map(|x| (x - largest).exp()).collect();
    let sum: f64 = exponentials.iter().sum();
    exponentials.iter().map(|x| x / sum).collect()
}

/// The point of the simplex nearest to `point`, by sorting.
pub fn project_onto_simplex(point: &[f64]) -> Vec<f64> {
    let mut sorted = point.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut shift) = (0.0, 0.0);
    for (k, &value) in sorted.iter().enumerate() {
        sum += value;
        let candidate = (sum - 1.0) / (k + 1) as f64;
        if value > candidate {
            shift = candidate;
        }
    }
    point.iter().map(|x| (x - shift).max(0.0)).collect()
}

/// Weights w on the simplex for which wᵀ G w is least, G being positive semi-definite.
///
/// Where several do (dependent gradients), one of them: the combined gradient is the same.
pub fn min_norm_weights(gramian: &DMatrix<f64>) -> Vec<f64> {
    let tasks = gramian.nrows();
    let Some(start) = (0..tasks).min_by(|&a, &b| gramian[(a, a)].total_cmp(&gramian[(b, b)]))
    else {
        return Vec::new();
    };
    let mut weights = DVector::zeros(tasks);
    weights[start] = 1.0;
    improved(gramian, weights, vec![start])
}

/// As [`min_norm_weights`], begun at the solution of a similar problem: a few rounds where its active set is nearly
/// right.
pub fn min_norm_weights_from(gramian: &DMatrix<f64>, start: &[f64]) -> Vec<f64> {
    let mut weights = DVector::from_column_slice(start);
    let mut active: Vec<usize> = (0..start.len()).filter(|&i| start[i] > 0.0).collect();
    if shrink_to_affine_minimum(gramian, &mut weights, &mut active) {
        return improved(gramian, weights, active);
    }
    min_norm_weights(gramian)
}

/// Wolfe's rounds from weights of least norm in the affine hull of the active gradients.
fn improved(gramian: &DMatrix<f64>, mut weights: DVector<f64>, mut active: Vec<usize>) -> Vec<f64> {
    let tasks = gramian.nrows();
    // Every round lowers the norm or ends; the bound is for rounding that would undo that.
    for _ in 0..100 * tasks {
        let products = gramian * &weights;
        let squared_norm = weights.dot(&products);
        let own_rounding: f64 =
            active.iter().map(|&i| weights[i] * rounding(gramian, &weights, i)).sum();
        let gain = |j: usize| squared_norm - products[j];
        let entering = (0..tasks)
            .filter(|j| !active.contains(j))
            .filter(|&j| gain(j) > own_rounding + rounding(gramian, &weights, j))
            .max_by(|&a, &b| {
                relative(gain(a), gramian, a).total_cmp(&relative(gain(b), gramian, b))
            });
        let Some(entering) = entering else { break };
        let before = (weights.clone(), active.clone());
        active.push(entering);
        if !shrink_to_affine_minimum(gramian, &mut weights, &mut active) {
            (weights, _) = before;
            break;
        }
        let squared_after = weights.dot(&(gramian * &weights));
        if squared_after >= squared_norm {
            (weights, _) = before;
            break;
        }
    }
    weights.iter().copied().collect()
}

/// The gain by a gradient in units of its norm.
fn relative(gain: f64, gramian: &DMatrix<f64>, task: usize) -> f64 {
    let norm = gramian[(task, task)].sqrt();
    if norm > 0.0 { gain / norm } else { f64::INFINITY }
}

/// Moves to the least norm in the affine hull of the active gradients, dropping those that would weigh less than zero;
/// says whether that was possible to rounding.
fn shrink_to_affine_minimum(
    gramian: &DMatrix<f64>,
    weights: &mut DVector<f64>,
    active: &mut Vec<usize>,
) -> bool {
    while !active.is_empty() {
        let Some(target) = affine_minimum(&submatrix(gramian, active)) else { return false };
        if target.iter().all(|&w| w > 0.0) {
            weights.fill(0.0);
            active.iter().zip(&target).for_each(|(&i, &w)| weights[i] = w);
            return true;
        }
        // As far towards the target as all weights stay nonnegative.
        let way = active
            .iter()
            .zip(&target)
            .filter(|(_, w)| **w <= 0.0)
            .map(|(&i, w)| if weights[i] > 0.0 { weights[i] / (weights[i] - w) } else { 0.0 })
            .fold(1.0, f64::min);
        let mut smallest = (f64::INFINITY, 0);
        for (place, (&i, &w)) in active.iter().zip(&target).enumerate() {
            weights[i] += way * (w - weights[i]);
            if w <= 0.0 && weights[i] < smallest.0 {
                smallest = (weights[i], place);
            }
        }
        weights[active.remove(smallest.1)] = 0.0;
        active.retain(|&i| {
            let keep = weights[i] > 0.0;
            if !keep {
                weights[i] = 0.0;
            }
            keep
        });
    }
    false
}

/// The coefficients, summing to one, of the least norm in the affine hull; none where the points are affinely
/// dependent.
fn affine_minimum(gramian: &DMatrix<f64>) -> Option<Vec<f64>> {
    let size = gramian.nrows();
    // The least squared norm: a larger shift would drown the short gradients' part in rounding.
    let scale = gramian.diagonal().min();
    if size == 1 || scale == 0.0 {
        return (size == 1).then(|| vec![1.0]);
    }
    // G + s 1 1ᵀ is positive definite where the points are affinely independent, and its inverse times 1 is
    // proportional to the coefficients.
    let solution = gramian.map(|x| x + scale).cholesky()?.solve(&DVector::from_element(size, 1.0));
    let sum = solution.sum();
    let finite = sum > 0.0 && solution.iter().all(|x| x.is_finite());
    finite.then(|| solution.iter().map(|x| x / sum).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_projection_onto_the_simplex_is_nearest() {
        assert_eq!(project_onto_simplex(&[0.2, 0.3, 0.5]), [0.2, 0.3, 0.5]);
        assert_eq!(project_onto_simplex(&[5.0, 0.0]), [1.0, 0.0]);
        let projected = project_onto_simplex(&[0.6, 0.6, -1.0]);
        assert!(projected.iter().zip([0.5, 0.5, 0.0]).all(|(a, b)| (a - b).abs() < 1e-15));
    }

    #[test]
    fn softmax_does_not_overflow() {
        assert_eq!(softmax(&[1e4, 0.0]), [1.0, 0.0]);
    }

    #[test]
    fn the_least_norm_of_orthogonal_gradients_weighs_by_inverse_squares() {
        let gramian = DMatrix::from_diagonal(&DVector::from_vec(vec![1.0, 4.0, 1e6]));
        let sum = 1.0 + 0.25 + 1e-6;
        for (w, expected) in min_norm_weights(&gramian).iter().zip([1.0, 0.25, 1e-6]) {
            assert!((w - expected / sum).abs() < 1e-14);
        }
    }

    #[test]
    fn the_origin_inside_the_hull_is_found() {
        let points = DMatrix::from_row_slice(4, 2, &[1.0, 0.0, -1.0, 1.0, -1.0, -1.0, 3.0, 3.0]);
        let gramian = &points * points.transpose();
        let weights = DVector::from_vec(min_norm_weights(&gramian));
        assert!((points.transpose() * weights).norm() < 1e-12);
    }
}
