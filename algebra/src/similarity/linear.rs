//! Linear CKA and its unbiased form (Kornblith et al. 2019, section 3; Song et al. 2012, equation 5).
//!
//! Of the centred X and Y, linear CKA is ‖XᵀY‖² / (‖XᵀX‖ ‖YᵀY‖) in Frobenius norms. The numerator is
//! taken from features or from the n × n Gram matrices, whichever is smaller. With few rows and many
//! features it tends to 1 whatever the networks; the unbiased form replaces each HSIC by the estimator
//! that leaves the Gram matrices' diagonals out, and is 0 on average for unrelated rows. For centred
//! features every term of that estimator follows from the same product and the diagonals.

use nalgebra::DMatrix;

use super::{
    Error,
    packed::Packed,
    product::{dot, transposed_product},
};

/// What linear CKA needs of one side.
#[derive(Debug, Clone)]
pub(super) struct Linear {
    centred: DMatrix<f64>,
    /// XXᵀ, where that is smaller than the features.
    gram: Option<Packed>,
    /// Squared norms of the rows: the diagonal of XXᵀ.
    diagonal: Vec<f64>,
    /// ‖XXᵀ‖² = ‖XᵀX‖².
    own: f64,
}

impl Linear {
    /// # Shapes
    /// `centred`: `[rows, features]`, at least one of them varying.
    pub(super) fn of(centred: DMatrix<f64>) -> Self {
        let (rows, features) = centred.shape();
        let gram = (rows <= features).then(|| Packed::of(&(&centred * centred.transpose())));
        let own = match &gram {
            Some(gram) => gram.dot(gram),
            None => transposed_product(&centred, &centred).norm_squared(),
        };
        let diagonal = centred.row_iter().map(|row| row.norm_squared()).collect();
        Self { centred, gram, diagonal, own }
    }

    /// ‖XᵀY‖², the sum of the products of the Gram matrices' entries.
    fn common(&self, other: &Self) -> f64 {
        match (&self.gram, &other.gram) {
            (Some(first), Some(second)) => first.dot(second),
            _ => transposed_product(&self.centred, &other.centred).norm_squared(),
        }
    }

    /// Linear CKA, in [0, 1].
    pub(super) fn cka(&self, other: &Self) -> f64 {
        (self.common(other) / (self.own.sqrt() * other.own.sqrt())).clamp(0.0, 1.0)
    }

    /// Linear CKA of unbiased HSIC, in [-1, 1]; at least four rows.
    pub(super) fn unbiased_cka(&self, other: &Self) -> Result<f64, Error> {
        let norms = self.unbiased_norm()? * other.unbiased_norm()?;
        let product = unbiased(self.common(other), &self.diagonal, &other.diagonal);
        Ok((product / norms).clamp(-1.0, 1.0))
    }

    /// The square root of the side's unbiased HSIC with itself.
    pub(super) fn unbiased_norm(&self) -> Result<f64, Error> {
        let squared = unbiased(self.own, &self.diagonal, &self.diagonal);
        // What is left of such a difference is rounding.
        if squared <= 1e-13 * self.own {
            return Err(Error::Undefined {
                index: "unbiased_linear_cka",
                reason: "the rows are so few or so regular that no structure is left off the Gram \
                         matrix's diagonal; use more probe inputs",
            });
        }
        Ok(squared.sqrt())
    }
}

/// n (n - 3) times the unbiased HSIC of centred features, from the product of the full Gram matrices
/// and their diagonals: with rows that sum to zero, a Gram matrix without its diagonal has row sums
/// equal to minus that diagonal.
fn unbiased(product: f64, k: &[f64], l: &[f64]) -> f64 {
    let n = k.len() as f64;
    let diagonals = dot(k, l);
    let sums = k.iter().sum::<f64>() * l.iter().sum::<f64>();
    product - diagonals + sums / ((n - 1.0) * (n - 2.0)) - 2.0 * diagonals / (n - 2.0)
}

#[cfg(test)]
mod tests {
    use super::{super::centre::centred, *};

    fn matrix(rows: usize, features: usize, phase: f64) -> DMatrix<f64> {
        let value = |i, j| ((i * 7 + j * 3) as f64 * phase).sin() + (j as f64);
        centred(&DMatrix::from_fn(rows, features, value)).unwrap()
    }

    #[test]
    fn feature_form_and_gram_form_agree() {
        // 12 rows: 5 features take the feature form, 20 the Gram form, and the pair a mixed one.
        let narrow = Linear::of(matrix(12, 5, 0.7));
        let wide = Linear::of(matrix(12, 20, 1.3));
        assert!(narrow.gram.is_none() && wide.gram.is_some());
        let gram = |x: &DMatrix<f64>| Packed::of(&(x * x.transpose()));
        let (k, l) = (gram(&narrow.centred), gram(&wide.centred));
        for (got, want) in [
            (narrow.own, k.dot(&k)),
            (wide.own, wide.centred.tr_mul(&wide.centred).norm_squared()),
            (narrow.common(&wide), k.dot(&l)),
        ] {
            assert!((got - want).abs() < 1e-12 * want, "{got} against {want}");
        }
    }

    #[test]
    fn the_unbiased_estimator_is_that_of_gram_matrices_without_diagonals() {
        let (a, b) = (Linear::of(matrix(9, 4, 0.9)), Linear::of(matrix(9, 3, 2.1)));
        let hollow = |x: &DMatrix<f64>| {
            let mut gram = x * x.transpose();
            gram.fill_diagonal(0.0);
            gram
        };
        let (k, l) = (hollow(&a.centred), hollow(&b.centred));
        let n = 9.0;
        let published = (&k * &l).trace() + k.sum() * l.sum() / ((n - 1.0) * (n - 2.0))
            - 2.0 / (n - 2.0) * (&k * &l).sum();
        let got = unbiased(a.common(&b), &a.diagonal, &b.diagonal);
        assert!((got - published).abs() < 1e-12, "{got} against {published}");
    }
}
