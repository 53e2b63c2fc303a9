//! The loss of what is to be written, where it is to be written: most of a batch's target positions
//! are padding, for which no logits are made.

use burn::tensor::{Int, Tensor};

use super::{T5, TokenBatch, decoder_inputs};
use crate::kernels::{self, DropoutKey};

/// Texts to be read and what is to be written about each, padded; several may share a row.
#[derive(Clone, Debug)]
pub struct TextToTextInput {
    pub source: TokenBatch,
    /// `[rows, target]`, [`NO_LABEL`](super::NO_LABEL) where there is none.
    pub labels: Tensor<2, Int>,
    /// `[rows, target]`, given where the source's are.
    pub segments: Option<Tensor<2, Int>>,
    /// `[n]`: places in the flattened labels that have one.
    pub places: Tensor<1, Int>,
    /// `[n]`: the labels there.
    pub targets: Tensor<1, Int>,
}

impl T5 {
    /// The loss of every token that is to be written, `log z - logit + z_loss (log z)²`. Logits are
    /// made at these places alone.
    ///
    /// # Shapes
    /// to `[n]`, for the `n` places of the input
    pub fn target_losses(
        &self,
        input: &TextToTextInput,
        z_loss: f64,
        dropout: Option<DropoutKey>,
    ) -> Tensor<1> {
        let config = self.config();
        let memory = self.encode(&input.source, dropout);
        let (start, pad) = (config.decoder_start_token_id, config.pad_token_id);
        let read = decoder_inputs(input.labels.clone(), input.segments.as_ref(), start, pad);
        let hidden = self.decode(read, input.segments.as_ref(), &memory, dropout);
        let hidden: Tensor<2> = hidden.flatten(0, 1);
        let logits = self.logits(hidden.select(0, input.places.clone()));
        kernels::token_losses(logits, input.targets.clone(), z_loss)
    }
}
