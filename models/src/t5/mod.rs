//! The T5 encoder-decoder (Raffel et al., 2020), 1.0 and 1.1: pre-norm layers with RMS norms and no
//! biases, attention without scaling, one table of relative position biases per stack, and an
//! output tied to the embeddings or of its own.
//!
//! [`T5::encode`] and [`T5::decode`] are for training; [`DecoderCache`] decodes position by
//! position for [`crate::generation`]. Several texts may share a row: see
//! [`TokenBatch::segments`].

mod attention;
mod cache;
mod config;
mod feed_forward;
mod initial;
mod labels;
mod masks;
mod model;
mod positions;
mod presets;
mod stacks;
mod targets;

use burn::tensor::Tensor;

pub use attention::{CrossAttention, KeysAndValues, SelfAttention};
pub use cache::DecoderCache;
pub use config::{FeedForwardKind, T5Config, T5Family};
pub use feed_forward::FeedForward;
pub use labels::{NO_LABEL, decoder_inputs, mean_loss, token_losses};
pub use model::{Memory, T5, TokenBatch};
pub use positions::{Direction, RelativePositions, bucket};
pub use stacks::{Decoder, DecoderLayer, Encoder, EncoderLayer};
pub use targets::TextToTextInput;

use crate::kernels::{self, DropoutKey};

/// The end of every sublayer: dropout of its output, and the residual.
struct Sublayer {
    dropout: f64,
    /// Within the sublayer's dropout key.
    site: u64,
}

impl Sublayer {
    fn add(&self, x: Tensor<3>, y: Tensor<3>, dropout: Option<DropoutKey>) -> Tensor<3> {
        kernels::add_dropped(x, y, dropout.map(|key| (self.dropout, key.site(self.site))))
    }
}
