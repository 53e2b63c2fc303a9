//! Own operations with own backward pass: dense layers, layer and RMS norm, GELU and gates, dropout,
//! attention, embedding, token losses, AdamW, Adafactor, and what clipping by global norm needs.
//!
//! Each is one node of the autodiff graph and runs on every Burn backend: by plain tensor
//! operations ([`portable`]) everywhere, by hand-written parallel loops on the CPU backend
//! ([`flex`]). The CPU code finds the instruction set at run time. Its results do not depend on the
//! number of threads: work is cut into pieces of fixed size and partial sums are added in a fixed
//! order.
//!
//! # Exact and approximate
//! On the CPU backend `exp` is a polynomial with a relative error below 2e-7 (arguments are clamped
//! to [-87.3, 88]), and `erf` a rational approximation with an absolute error below 5e-7. All else
//! is float32 arithmetic in another order than the plain definition. Dropout probabilities are
//! rounded to multiples of 1/65536 on every backend. Dense layers take a [`Precision`]. Element types
//! other than float32 take the portable path.

mod activation;
mod adafactor;
mod attention;
mod autodiff;
pub mod backend;
mod dense;
mod dropout;
#[cfg(feature = "cpu")]
mod flex;
mod norm;
mod optimiser;
mod portable;
mod precision;
mod specs;
mod text_to_text;
mod vector;

pub use activation::{dropout, gelu};
pub use adafactor::{Adafactor, AdafactorState};
pub use attention::{AttentionOptions, attention, qkv_attention};
pub use dense::{embedding, linear, linear_gelu};
pub use dropout::{Dropout, DropoutKey};
pub use norm::{add_layer_norm, dropout_add_layer_norm, layer_norm};
pub use optimiser::{AdamW, AdamWState};
pub use precision::{Bf16Unit, Precision};
pub use specs::Gate;
pub use text_to_text::{add_dropped, gate, linear_transposed, rms_norm, token_losses};
pub use vector::{dot, gramian, scale, sum_of_squares, weighted_sum};
