//! What is learned from unlabelled tokens: inputs and targets made from a text, without labels.
//!
//! Every objective is a function of the tokens, its settings and a [`DrawKey`]; nothing remembers what was drawn
//! before, so any number of threads may make examples in any order, and a resumed run makes the same ones.
//! [`masked_lm`] serves encoders. Nothing here knows of losses or batches.

pub mod masked_lm;

mod draw;

pub use draw::DrawKey;
pub use masked_lm::{MaskConfig, MaskVocabulary, Masked, MaskedLm};
