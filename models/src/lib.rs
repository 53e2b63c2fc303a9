//! Networks on Burn: trunks and heads, their kernels, and Hugging Face import and export.
//!
//! A trunk ([`bert::Encoder`]) turns tokens into hidden states; a head ([`heads::Head`]) turns
//! those into what one task predicts. An encoder-decoder ([`t5::T5`]) turns a text into another
//! ([`generation`]); a [`Trunk`] is either. [`hugging_face`] reads and writes checkpoints in the layout
//! of the transformers library, and [`parity`] compares this crate with reference values computed
//! elsewhere. The crate knows nothing of data, tasks or training: a forward gets tensors, and a
//! [`kernels::DropoutKey`] when it should drop.

pub mod bert;
mod error;
pub mod generation;
pub mod heads;
pub mod hugging_face;
pub mod kernels;
pub mod layers;
pub mod memory;
pub mod parameters;
pub mod parity;
mod sizes;
pub mod t5;
mod tokenizer;
mod tokenizer_problem;
mod trunk;
mod trunk_config;

pub use error::{Error, Result, TensorProblem};
pub use tokenizer::{TokenizerFacts, check_tokenizer};
pub use tokenizer_problem::TokenizerProblem;
pub use trunk::Trunk;
pub use trunk_config::{MODEL_TYPES, TrunkConfig};
