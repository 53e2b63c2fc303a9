//! Projection onto the cone of directions that conflict with no task.
//!
//! The projection of Jᵀu onto {d : J d ≥ 0} is Jᵀv for the v ≥ u of least vᵀ G v (Quinton and Rey, arXiv 2406.16232,
//! proposition 1). With v = u + x this is nonnegative least squares on inner products, with gradients brought to norm
//! one first. Exchanging all wrong coordinates at once (Portugal, Júdice and Vicente 1994) ends after a few rounds on
//! most matrices; where it does not, or gradients depend on each other, the active sets of Lawson and Hanson (1974)
//! take over.

use nalgebra::{DMatrix, DVector};

use super::{rounding, submatrix};

/// The v ≥ `lower` for which vᵀ G v is least, G being positive semi-definite.
///
/// A task whose gradient is zero keeps its bound.
pub fn project_above(gramian: &DMatrix<f64>, lower: &[f64]) -> Vec<f64> {
    let norms: Vec<f64> = gramian.diagonal().iter().map(|x| x.sqrt()).collect();
    let kept: Vec<usize> = (0..norms.len()).filter(|&i| norms[i] > 0.0).collect();
    let cosines = DMatrix::from_fn(kept.len(), kept.len(), |i, j| {
        let (i, j) = (kept[i], kept[j]);
        gramian[(i, j)] / (norms[i] * norms[j])
    });
    let bound = DVector::from_fn(kept.len(), |i, _| lower[kept[i]] * norms[kept[i]]);
    let solution = nonnegative_least_squares(&cosines, &bound);
    let mut result = lower.to_vec();
    for (place, &task) in kept.iter().enumerate() {
        // Exactly the bound where it holds, not the bound times and divided by the norm.
        if solution[place] > 0.0 {
            result[task] = lower[task] + solution[place] / norms[task];
        }
    }
    result
}

/// The x ≥ 0 for which (u + x)ᵀ C (u + x) is least.
fn nonnegative_least_squares(c: &DMatrix<f64>, u: &DVector<f64>) -> DVector<f64> {
    by_exchange(c, u).unwrap_or_else(|| by_active_sets(c, u))
}

/// Rounds after which exchanging is taken to go in circles.
const EXCHANGES: usize = 12;

/// By exchanging all coordinates that are on the wrong side; none where that does not end, or C is singular to
/// rounding.
fn by_exchange(c: &DMatrix<f64>, u: &DVector<f64>) -> Option<DVector<f64>> {
    let size = u.len();
    let slope_at_bound = -(c * u);
    let mut free = vec![false; size];
    for _ in 0..EXCHANGES {
        let chosen: Vec<usize> = (0..size).filter(|&i| free[i]).collect();
        let mut x = DVector::zeros(size);
        if !chosen.is_empty() {
            let factor = submatrix(c, &chosen).cholesky()?;
            let pivots = factor.l_dirty().diagonal();
            if pivots.min() <= DEPENDENT * pivots.max() {
                return None;
            }
            let slopes = DVector::from_fn(chosen.len(), |i, _| slope_at_bound[chosen[i]]);
            chosen.iter().zip(&factor.solve(&slopes)).for_each(|(&i, &value)| x[i] = value);
        }
        let v = u + &x;
        let descent = -(c * &v);
        let mut right = true;
        for i in 0..size {
            let wrong = match free[i] {
                true => x[i] < 0.0,
                false => descent[i] > 0.0 && descent[i] > rounding(c, &v, i),
            };
            free[i] ^= wrong;
            right &= !wrong;
        }
        if right {
            return Some(x);
        }
    }
    None
}

/// Gradients whose pivots are this far apart are left to the slower way, which drops those that depend on others.
const DEPENDENT: f64 = 1e-6;

/// By adding and dropping one coordinate at a time.
fn by_active_sets(c: &DMatrix<f64>, u: &DVector<f64>) -> DVector<f64> {
    let size = u.len();
    let mut x = DVector::zeros(size);
    let mut free: Vec<usize> = Vec::new();
    let mut refused: Vec<usize> = Vec::new();
    let slope_at_bound = -(c * u);
    for _ in 0..100 * size {
        let v = u + &x;
        let descent = -(c * &v);
        let entering = (0..size)
            .filter(|j| !free.contains(j) && !refused.contains(j))
            .filter(|&j| descent[j] > rounding(c, &v, j))
            .max_by(|&a, &b| descent[a].total_cmp(&descent[b]));
        let Some(entering) = entering else { break };
        free.push(entering);
        let before = x.clone();
        if !settle(c, &slope_at_bound, &mut x, &mut free) || x == before {
            // To rounding, this gradient depends on those already free: it cannot lower the norm.
            x = before;
            free.retain(|&i| x[i] > 0.0);
            refused.push(entering);
            continue;
        }
        refused.clear();
    }
    x
}

/// Moves to the least value over the free coordinates, fixing again those that would become negative; says whether
/// that was possible to rounding.
fn settle(
    c: &DMatrix<f64>,
    slope_at_bound: &DVector<f64>,
    x: &mut DVector<f64>,
    free: &mut Vec<usize>,
) -> bool {
    while !free.is_empty() {
        let Some(factor) = submatrix(c, free).cholesky() else { return false };
        let target = factor.solve(&DVector::from_fn(free.len(), |i, _| slope_at_bound[free[i]]));
        if target.iter().any(|t| !t.is_finite()) {
            return false;
        }
        if target.iter().all(|&t| t > 0.0) {
            free.iter().zip(&target).for_each(|(&i, &t)| x[i] = t);
            return true;
        }
        let way = free
            .iter()
            .zip(&target)
            .filter(|(_, t)| **t <= 0.0)
            .map(|(&i, t)| if x[i] > 0.0 { x[i] / (x[i] - t) } else { 0.0 })
            .fold(1.0, f64::min);
        let mut smallest = (f64::INFINITY, 0);
        for (place, (&i, &t)) in free.iter().zip(&target).enumerate() {
            x[i] += way * (t - x[i]);
            if t <= 0.0 && x[i] < smallest.0 {
                smallest = (x[i], place);
            }
        }
        x[free.remove(smallest.1)] = 0.0;
        free.retain(|&i| x[i] > 0.0);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_conflicts_with_nobody_stays() {
        let gramian = DMatrix::from_row_slice(2, 2, &[1.0, 0.5, 0.5, 2.0]);
        assert_eq!(project_above(&gramian, &[0.5, 0.5]), [0.5, 0.5]);
    }

    #[test]
    fn both_ways_find_the_same_point() {
        // Ten gradients in twelve dimensions, by a fixed formula.
        let rows = DMatrix::from_fn(10, 12, |i, k| ((7 * i * i + 13 * k + i * k) as f64).sin());
        let mut c = &rows * rows.transpose();
        let norms: Vec<f64> = c.diagonal().iter().map(|x| x.sqrt()).collect();
        c = DMatrix::from_fn(10, 10, |i, j| c[(i, j)] / (norms[i] * norms[j]));
        for task in 0..10 {
            let u = DVector::from_fn(10, |i, _| if i == task { 1.0 } else { 0.0 });
            let exchanged = by_exchange(&c, &u).expect("independent gradients");
            assert!((exchanged - by_active_sets(&c, &u)).amax() < 1e-10, "{task}");
        }
    }

    #[test]
    fn one_of_two_opposed_gradients_is_projected_onto_the_others_plane() {
        let gramian = DMatrix::from_row_slice(2, 2, &[1.0, -1.0, -1.0, 4.0]);
        assert_eq!(project_above(&gramian, &[1.0, 0.0]), [1.0, 0.25]);
    }

    #[test]
    fn opposite_and_zero_gradients_give_finite_weights() {
        let gramian =
            DMatrix::from_row_slice(3, 3, &[1.0, -1.0, 0.0, -1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(project_above(&gramian, &[1.0, 0.0, 0.5]), [1.0, 1.0, 0.5]);
    }
}
