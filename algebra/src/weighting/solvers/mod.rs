//! Small dense problems on a T×T Gramian, solved exactly and finite on singular matrices.
//!
//! Sizes are numbers of tasks, so every step may cost T³. Stopping rules use bounds on the rounding of the quantities
//! compared, not fixed tolerances, so that gradients of very different norms are served alike.

mod cone;
mod fair;
mod intervals;
mod simplex;
mod spectral;

pub use cone::project_above;
pub use fair::fair_weights;
pub use intervals::interval_clusters;
pub use simplex::{min_norm_weights, min_norm_weights_from, project_onto_simplex, softmax};
pub use spectral::Eigen;

use nalgebra::{DMatrix, DVector};

/// The part of a matrix with rows and columns `kept`.
fn submatrix(matrix: &DMatrix<f64>, kept: &[usize]) -> DMatrix<f64> {
    DMatrix::from_fn(kept.len(), kept.len(), |i, j| matrix[(kept[i], kept[j])])
}

/// A bound on the rounding error of (M v)ⱼ.
fn rounding(matrix: &DMatrix<f64>, v: &DVector<f64>, j: usize) -> f64 {
    let terms: f64 = v.iter().enumerate().map(|(k, x)| (matrix[(j, k)] * x).abs()).sum();
    4.0 * v.len() as f64 * f64::EPSILON * terms
}
