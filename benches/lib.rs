//! Benches only; see `training.rs` and `loader.rs`, and `pytorch/` for the same work in PyTorch.
