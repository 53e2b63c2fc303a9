//! From text to tokens: a [`TextEncoder`] around a tokenizer of a pretrained model, or one trained on the fly.
//!
//! Examples become token ids with the special tokens of their model, segments, and where each word starts; for
//! text-to-text models a [`T5Tokenizer`] makes tokens of a [`TextPair`], and text of what a model wrote. Padding is
//! left to whoever makes batches: lengths are real here. Generation is not done here.

mod casing;
mod encoder;
mod export;
mod facts;
mod guarded;
mod load;
mod missing;
mod pieces;
mod rules;
mod save;
mod special;
mod t5;
mod train;
mod truncate;
mod unigram;
mod words;

pub use encoder::{Encoded, TextEncoder};
pub use facts::TokenizerFacts;
pub use t5::{T5Tokenizer, TextPair};
pub use truncate::longest_first;
