//! Mantel's test (1967): do two matrices over the same tasks go together?
//!
//! Entries of a matrix over pairs of tasks are not independent, so the correlation of two such matrices is compared
//! with those that come about when the tasks of one are relabelled: rows and columns are permuted together. All
//! relabellings are counted up to [`MOST_EXACT`] tasks, and a sample beyond. With T tasks no p can be below 1/T!:
//! four tasks cannot reach 0.04.

use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::CorrelationKind;

/// The most tasks of which all relabellings are counted.
pub const MOST_EXACT: usize = 7;

const SAMPLED: usize = 5000;

/// A correlation of two matrices' entries off the diagonal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MantelTest {
    pub r: f64,
    /// One-sided: the share of relabellings with a correlation at least as high.
    pub p: f64,
    /// Relabellings counted, the identity among them.
    pub relabellings: usize,
}

/// Correlates the entries off the diagonal of two square matrices.
///
/// `None` if they differ in size or are not square, have fewer than three rows, or have no correlation.
///
/// # Shapes
/// Both `[tasks, tasks]`.
pub fn mantel(kind: CorrelationKind, a: &[Vec<f64>], b: &[Vec<f64>]) -> Option<MantelTest> {
    let tasks = a.len();
    let square = |m: &[Vec<f64>]| m.len() == tasks && m.iter().all(|row| row.len() == tasks);
    if tasks < 3 || !square(a) || !square(b) {
        return None;
    }
    let pairs = || (0..tasks).flat_map(|i| (0..tasks).map(move |j| (i, j))).filter(|(i, j)| i != j);
    let fixed: Vec<f64> = pairs().map(|(i, j)| a[i][j]).collect();
    let correlate = |order: &[usize]| {
        let moved: Vec<f64> = pairs().map(|(i, j)| b[order[i]][order[j]]).collect();
        kind.of(&fixed, &moved)
    };
    let mut order: Vec<usize> = (0..tasks).collect();
    let r = correlate(&order)?;
    let (mut as_high, mut counted) = (0, 0);
    let mut count = |order: &[usize]| {
        counted += 1;
        // One that is as high in theory may fall short by rounding.
        as_high += usize::from(correlate(order).is_some_and(|other| other >= r - 1e-12));
    };
    if tasks <= MOST_EXACT {
        permutations(&mut order, tasks, &mut count);
    } else {
        count(&order);
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        for _ in 1..SAMPLED {
            order.shuffle(&mut rng);
            count(&order);
        }
    }
    Some(MantelTest { r, p: as_high as f64 / counted as f64, relabellings: counted })
}

/// Visits every order of the first `n` items (Heap's algorithm).
fn permutations(items: &mut [usize], n: usize, visit: &mut impl FnMut(&[usize])) {
    if n <= 1 {
        return visit(items);
    }
    for i in 0..n {
        permutations(items, n - 1, visit);
        items.swap(if n.is_multiple_of(2) { i } else { 0 }, n - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(tasks: usize, value: impl Fn(usize, usize) -> f64) -> Vec<Vec<f64>> {
        (0..tasks).map(|i| (0..tasks).map(|j| value(i, j)).collect()).collect()
    }

    #[test]
    fn equal_matrices_without_symmetries_are_matched_by_the_identity_alone() {
        let a = matrix(5, |i, j| (3 * i + 7 * j * j + i * j) as f64);
        let test = mantel(CorrelationKind::Pearson, &a, &a).unwrap();
        assert!((test.r - 1.0).abs() < 1e-12);
        assert_eq!((test.relabellings, test.p), (120, 1.0 / 120.0));
    }

    #[test]
    fn relabellings_that_change_nothing_count() {
        // Two blocks of two: the blocks and the tasks within each can be exchanged, 8 of 24.
        let a = matrix(4, |i, j| f64::from(i / 2 == j / 2));
        let test = mantel(CorrelationKind::Spearman, &a, &a).unwrap();
        assert_eq!(test.p, 8.0 / 24.0);
    }

    #[test]
    fn many_tasks_are_sampled_and_matrices_that_do_not_fit_have_no_test() {
        let a = matrix(9, |i, j| (i * i + j) as f64);
        assert_eq!(mantel(CorrelationKind::Pearson, &a, &a).unwrap().relabellings, SAMPLED);
        let constant = matrix(4, |_, _| 1.0);
        assert_eq!(mantel(CorrelationKind::Pearson, &constant, &constant), None);
        assert_eq!(mantel(CorrelationKind::Pearson, &a, &constant), None);
        let two = matrix(2, |i, j| (i + 2 * j) as f64);
        assert_eq!(mantel(CorrelationKind::Pearson, &two, &two), None);
    }
}
