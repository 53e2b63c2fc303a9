//! Benches only; see `training.rs`, and `pytorch/` for the same work in PyTorch.
