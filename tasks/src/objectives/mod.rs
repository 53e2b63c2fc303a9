//! What is learned from unlabelled tokens: inputs and targets made from a text, without labels.
//!
//! Every objective is a function of the tokens, its settings and a [`DrawKey`]; nothing remembers what was drawn
//! before, so any number of threads may make examples in any order, and a resumed run makes the same ones.
//! [`masked_lm`] serves encoders. Encoder-decoders learn from an [`Objective`]: [`span_corruption`], [`prefix_lm`],
//! [`bert_style`], or several of them in a [mixture of denoisers](denoisers), over [`passages`] of the length that
//! fills a model's inputs. A [`PassageSource`] joins them to mixtures. Nothing here knows of losses or batches.

pub mod bert_style;
pub mod denoisers;
pub mod masked_lm;
pub mod prefix_lm;
pub mod span_corruption;

mod draw;
mod passage_source;
mod passages;
mod spans;
mod text_to_text;

pub use bert_style::BertStyle;
pub use denoisers::{Denoiser, Denoising, MixtureOfDenoisers, ModeTokens};
pub use draw::DrawKey;
pub use masked_lm::{MaskConfig, MaskVocabulary, Masked, MaskedLm};
pub use passage_source::{Documents, PassageSource};
pub use passages::{Passage, Piece, passages};
pub use prefix_lm::PrefixLm;
pub use span_corruption::{SpanCorruption, SpanLengths, random_spans_lengths};
pub use text_to_text::{Lengths, Objective, T5Tokens, TextToText};
