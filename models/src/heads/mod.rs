//! Heads: what a task puts on the trunk. Each is a module of its own with its own forward;
//! [`Head`] is the choice between them, for learners that hold one per task.

mod classification;
mod masked_language_model;
mod regression;
mod roberta_classification;
mod tagging;

use burn::module::Module;
use burn::tensor::Tensor;

pub use classification::ClassificationHead;
pub use masked_language_model::MaskedLanguageModelHead;
pub use regression::RegressionHead;
pub use roberta_classification::RobertaClassificationHead;
pub use tagging::TaggingHead;

use crate::bert::{Encoder, EncoderOutput};
use crate::kernels::DropoutKey;
use crate::layers::Linear;

/// Where heads' dropout sites start; the trunk's are its layers' numbers.
const DROPOUT_SITE: u64 = 1 << 32;

/// One of the heads.
#[derive(Module, Debug)]
pub enum Head {
    Classification(ClassificationHead),
    RobertaClassification(RobertaClassificationHead),
    Regression(RegressionHead),
    Tagging(TaggingHead),
    MaskedLanguageModel(MaskedLanguageModelHead),
}

/// What a head predicts.
#[derive(Debug, Clone)]
pub enum HeadOutput {
    /// Logits of a class per row, `[batch, classes]`.
    Classes(Tensor<2>),
    /// A score per row, `[batch]`.
    Scores(Tensor<1>),
    /// Logits per token, `[batch, length, classes or vocabulary]`.
    Tokens(Tensor<3>),
}

impl Head {
    /// Whether the head reads the pooled output, so that its trunk must have a pooler.
    pub fn needs_pooler(&self) -> bool {
        matches!(self, Self::Classification(_) | Self::Regression(_))
    }

    /// Whether it predicts tokens of the vocabulary.
    pub fn is_of_tokens(&self) -> bool {
        matches!(self, Self::MaskedLanguageModel(_))
    }

    /// The layer that gives classes or a score; `None` where tokens of the vocabulary are predicted.
    pub fn output(&self) -> Option<&Linear> {
        match self {
            Self::Classification(head) => Some(&head.output),
            Self::RobertaClassification(head) => Some(&head.output),
            Self::Regression(head) => Some(&head.output),
            Self::Tagging(head) => Some(&head.output),
            Self::MaskedLanguageModel(_) => None,
        }
    }

    /// Applies the head to a trunk's output.
    ///
    /// # Panics
    /// Where the head [needs a pooler](Self::needs_pooler) and the trunk has none; see
    /// [`Encoder::with_pooler`].
    pub fn forward(
        &self,
        trunk: &Encoder,
        output: &EncoderOutput,
        dropout: Option<DropoutKey>,
    ) -> HeadOutput {
        self.forward_with(output, || trunk.word_embeddings(), dropout)
    }

    /// As [`forward`](Self::forward) on any trunk, whose word embeddings `[vocabulary, hidden]` are
    /// asked for where the head is tied to them.
    pub(crate) fn forward_with(
        &self,
        output: &EncoderOutput,
        word_embeddings: impl FnOnce() -> Tensor<2>,
        dropout: Option<DropoutKey>,
    ) -> HeadOutput {
        let pooled = || {
            let pooled = output.pooled.clone();
            pooled.expect("the head reads the pooled output, but the trunk has no pooler")
        };
        let hidden = output.hidden.clone();
        match self {
            Self::Classification(head) => HeadOutput::Classes(head.forward(pooled(), dropout)),
            Self::RobertaClassification(head) => match head.forward(hidden, dropout) {
                score if score.dims()[1] == 1 => HeadOutput::Scores(score.squeeze_dim(1)),
                logits => HeadOutput::Classes(logits),
            },
            Self::Regression(head) => HeadOutput::Scores(head.forward(pooled(), dropout)),
            Self::Tagging(head) => HeadOutput::Tokens(head.forward(hidden, dropout)),
            Self::MaskedLanguageModel(head) => {
                HeadOutput::Tokens(head.forward(hidden, word_embeddings()))
            }
        }
    }
}

/// Drops from a head's input in training.
fn drop_input<const D: usize>(
    x: Tensor<D>,
    probability: f64,
    dropout: Option<DropoutKey>,
    site: u64,
) -> Tensor<D> {
    match dropout {
        Some(key) if probability > 0.0 => {
            crate::kernels::dropout(x, probability, key.site(DROPOUT_SITE + site))
        }
        _ => x,
    }
}
