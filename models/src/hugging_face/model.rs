//! A trunk with at most one head: what one checkpoint holds.

use burn::module::Module;
use burn::tensor::Device;

use super::{Checkpoint, Naming};
use crate::bert::{BertConfig, Encoder, EncoderInput, EncoderOutput, Family};
use crate::heads::{
    ClassificationHead, Head, HeadOutput, MaskedLanguageModelHead, RegressionHead,
    RobertaClassificationHead, TaggingHead,
};
use crate::kernels::DropoutKey;

/// A trunk and a head.
#[derive(Module, Debug)]
pub struct Model {
    pub encoder: Encoder,
    pub head: Option<Head>,
}

/// What a checkpoint is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    Encoder,
    SequenceClassification,
    TokenClassification,
    MaskedLanguageModel,
}

impl Architecture {
    /// The architecture that the configuration names, or else the one that the tensors' names
    /// tell; `Err` with the name where it is another.
    pub fn of(config: &BertConfig, checkpoint: &Checkpoint) -> Result<Self, String> {
        let named = config.architectures.as_ref().and_then(|names| names.first());
        match named {
            Some(name) => Self::by_name(name).ok_or_else(|| name.clone()),
            None => Ok(Self::by_tensors(checkpoint)),
        }
    }

    fn by_name(name: &str) -> Option<Self> {
        let rest = name.strip_prefix("Bert").or(name.strip_prefix("Roberta"))?;
        Some(match rest {
            "Model" => Self::Encoder,
            "ForSequenceClassification" => Self::SequenceClassification,
            "ForTokenClassification" => Self::TokenClassification,
            "ForMaskedLM" | "ForPreTraining" => Self::MaskedLanguageModel,
            _ => return None,
        })
    }

    /// BERT's two classifiers have the same names; the one for tokens has no pooler.
    fn by_tensors(checkpoint: &Checkpoint) -> Self {
        let any = |start: &str| checkpoint.names().any(|name| name.contains(start));
        if any("cls.predictions.") || any("lm_head.") {
            Self::MaskedLanguageModel
        } else if any("classifier.out_proj.") {
            Self::SequenceClassification
        } else if any("classifier.") {
            match any("pooler.") {
                true => Self::SequenceClassification,
                false => Self::TokenClassification,
            }
        } else {
            Self::Encoder
        }
    }

    /// Hugging Face's name of the class.
    pub fn class_name(self, family: Family) -> String {
        let family = match family {
            Family::Bert => "Bert",
            Family::Roberta => "Roberta",
        };
        let suffix = match self {
            Self::Encoder => "Model",
            Self::SequenceClassification => "ForSequenceClassification",
            Self::TokenClassification => "ForTokenClassification",
            Self::MaskedLanguageModel => "ForMaskedLM",
        };
        format!("{family}{suffix}")
    }
}

impl Model {
    /// Applies trunk and head; the head's output is `None` without one.
    pub fn forward(
        &self,
        input: &EncoderInput,
        dropout: Option<DropoutKey>,
    ) -> (EncoderOutput, Option<HeadOutput>) {
        let output = self.encoder.forward(input, dropout);
        let predicted = self.predict(&output, dropout);
        (output, predicted)
    }

    /// Applies the head to the trunk's output.
    pub fn predict(
        &self,
        output: &EncoderOutput,
        dropout: Option<DropoutKey>,
    ) -> Option<HeadOutput> {
        let head = self.head.as_ref()?;
        Some(head.forward(&self.encoder, output, dropout))
    }

    pub fn architecture(&self) -> Architecture {
        match &self.head {
            None => Architecture::Encoder,
            Some(Head::Tagging(_)) => Architecture::TokenClassification,
            Some(Head::MaskedLanguageModel(_)) => Architecture::MaskedLanguageModel,
            Some(_) => Architecture::SequenceClassification,
        }
    }

    /// The number of classes that the head tells apart, where it is a classifier.
    pub fn classes(&self) -> Option<usize> {
        let output = match self.head.as_ref()? {
            Head::Classification(head) => &head.output,
            Head::RobertaClassification(head) => &head.output,
            Head::Regression(head) => &head.output,
            Head::Tagging(head) => &head.output,
            Head::MaskedLanguageModel(_) => return None,
        };
        Some(output.weight.lazy_shape()[1])
    }

    /// Whether Hugging Face's class of this architecture names the trunk's tensors with a prefix.
    pub fn naming(&self) -> Naming {
        let family = self.encoder.config().model_type;
        match self.head {
            Some(_) => Naming::prefixed(family),
            None => Naming::bare(family),
        }
    }

    /// A model whose values are still to be loaded.
    pub(super) fn zeros(
        config: &BertConfig,
        architecture: Architecture,
        has_pooler: bool,
        device: &Device,
    ) -> Self {
        let labels = config.num_labels();
        let head = match (architecture, config.model_type) {
            (Architecture::Encoder, _) => None,
            (Architecture::SequenceClassification, Family::Roberta) => {
                let head = RobertaClassificationHead::zeros(config, labels, device);
                Some(Head::RobertaClassification(head))
            }
            (Architecture::SequenceClassification, Family::Bert) if labels == 1 => {
                Some(Head::Regression(RegressionHead::zeros(config, device)))
            }
            (Architecture::SequenceClassification, Family::Bert) => {
                let head = ClassificationHead::zeros(config, labels, device);
                Some(Head::Classification(head))
            }
            (Architecture::TokenClassification, _) => {
                Some(Head::Tagging(TaggingHead::zeros(config, labels, device)))
            }
            (Architecture::MaskedLanguageModel, _) => {
                let head = MaskedLanguageModelHead::zeros(config, device);
                Some(Head::MaskedLanguageModel(head))
            }
        };
        let pooler = has_pooler || head.as_ref().is_some_and(Head::needs_pooler);
        let encoder = Encoder::zeros(config, pooler, device);
        Self { encoder, head }
    }
}
