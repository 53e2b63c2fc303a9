//! BERT and RoBERTa encoders (Devlin et al., 2019; Liu et al., 2019): learned positions, post-norm
//! transformer layers, and a tanh pooler on the first token. RoBERTa differs in how positions are
//! counted; its heads are elsewhere ([`crate::heads`]). Not here: decoders, relative positions.

mod attention;
mod config;
mod embeddings;
mod encoder;
mod feed_forward;

pub use attention::SelfAttention;
pub use config::{BertConfig, Family};
pub use embeddings::Embeddings;
pub(crate) use encoder::first_token;
pub use encoder::{Encoder, EncoderInput, EncoderOutput, Layer};
pub use feed_forward::FeedForward;
