//! Placeholder.
pub mod kernels;
