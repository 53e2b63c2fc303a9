//! Rules of methods that need more than losses and a Gramian, as pure functions for a learner to use.
//!
//! ExcessMTL needs gradients weighed per coordinate, Auto-λ a second batch and finite differences, GradDrop a mask per
//! coordinate. What is tensors there is the learner's; what is arithmetic is here.

mod auto_lambda;
mod excess_mtl;
mod graddrop;
mod listed;

pub use auto_lambda::{AutoLambda, AutoLambdaConfig};
pub use excess_mtl::{ExcessMtl, ExcessMtlConfig};
pub use graddrop::{GradDropConfig, keeps, positive_purity, share_kept};
pub use listed::{ALL, Listed};
