//! What is computed of matrices small enough for the host: weights of tasks from the Gramian of their gradients,
//! similarity of representations, and which tasks to train together. Plain Rust values in float64; no networks and no
//! data sets.

pub mod conformance;
pub mod described;
pub mod grouping;
pub mod similarity;
pub mod weighting;
