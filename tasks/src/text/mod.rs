//! From text to tokens: a [`TextEncoder`] around a tokenizer of a pretrained model, or one trained on the fly.
//!
//! Examples become token ids with the special tokens of their model, segments, and where each word starts. Padding
//! is left to whoever makes batches: lengths are real here. Detokenisation and generation are not done here.

mod encoder;
mod load;
mod pieces;
mod special;
mod train;
mod truncate;
mod words;

pub use encoder::{Encoded, TextEncoder};
pub use truncate::longest_first;
