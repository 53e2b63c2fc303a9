//! How alike two networks represent the same inputs.
//!
//! A representation is a matrix: one row per probe input, one column per feature, the same inputs in
//! the same order for both sides. Seven indices are offered by name ([`Index`]): linear CKA, its
//! unbiased form and RBF CKA (Kornblith et al. 2019; Song et al. 2012 for the estimator), mean CCA,
//! SVCCA (Raghu et al. 2017), PWCCA (Morcos et al. 2018) and the mean cosine of rows. [`Layers`]
//! compares whole networks layer by layer and prepares every layer once. No index is ever NaN: where
//! one has no value, there is an [`Error`] that says why. Where representations come from (which
//! layer, which pooling) is the caller's business.

mod cca;
mod centre;
mod cosine;
mod error;
mod gradient;
mod index;
mod layers;
mod linear;
mod packed;
mod product;
mod rbf;
mod representations;
mod svd;

pub use error::Error;
pub use gradient::corrected_cosine;
pub use index::{Index, Prepared};
pub use layers::{LayerMatrix, Layers};
pub use representations::Representations;
