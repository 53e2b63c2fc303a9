//! A trunk with at most one head: what one checkpoint holds.

use burn::module::Module;
use burn::tensor::Device;

use super::names::ModelNames;
use super::{Architecture, TrunkConfig};
use crate::bert::{BertConfig, EncoderInput, EncoderOutput, Family};
use crate::heads::{
    ClassificationHead, Head, HeadOutput, MaskedLanguageModelHead, RegressionHead,
    RobertaClassificationHead, TaggingHead,
};
use crate::kernels::DropoutKey;
use crate::sizes::num_labels;
use crate::{Error, Result, Trunk};

/// A trunk and a head.
#[derive(Module, Debug)]
pub struct Model {
    pub trunk: Trunk,
    pub head: Option<Head>,
}

impl Model {
    /// Applies trunk and head; the head's output is `None` without one.
    pub fn forward(
        &self,
        input: &EncoderInput,
        dropout: Option<DropoutKey>,
    ) -> (EncoderOutput, Option<HeadOutput>) {
        let output = self.trunk.encode(input, dropout);
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
        Some(self.trunk.apply(head, output, dropout))
    }

    pub fn architecture(&self) -> Architecture {
        match &self.head {
            None => Architecture::Trunk,
            Some(Head::Tagging(_)) => Architecture::TokenClassification,
            Some(Head::MaskedLanguageModel(_)) => Architecture::MaskedLanguageModel,
            Some(_) => Architecture::SequenceClassification,
        }
    }

    /// The number of classes that the head tells apart, where it is a classifier.
    pub fn classes(&self) -> Option<usize> {
        let output = self.head.as_ref()?.output()?;
        Some(output.weight.lazy_shape()[1])
    }

    /// The name of the class in `config.json`.
    pub fn class_name(&self) -> String {
        self.architecture().class_name(&self.trunk.config())
    }

    /// Where a checkpoint of Hugging Face's class of this architecture has the parameters.
    pub(crate) fn names(&self) -> ModelNames {
        ModelNames::of_class(&self.trunk.config(), self.head.is_some())
    }

    /// The same network in the parts that transformers' class has: RoBERTa's classifier has its
    /// pooler inside the head, BERT's in the trunk, and classes that do not read the pooled output
    /// have none. It computes the same to the bit.
    pub(super) fn in_parts_of_class(self) -> Result<Self> {
        let Self { trunk, head } = self;
        let (mut encoder, head) = match (trunk, head) {
            (Trunk::Encoder(encoder), Some(head)) => (encoder, head),
            (trunk, head) => return Ok(Self { trunk, head }),
        };
        let config = encoder.config().clone();
        let head = match (config.model_type, head) {
            (Family::Roberta, head @ (Head::Classification(_) | Head::Regression(_))) => {
                let pooler = encoder.pooler.take().ok_or_else(without_pooler)?;
                Head::RobertaClassification(match head {
                    Head::Classification(head) => {
                        RobertaClassificationHead::from_parts(&config, pooler, head.output)
                    }
                    Head::Regression(head) => {
                        RobertaClassificationHead::from_parts(&config, pooler, head.output)
                    }
                    _ => return Err(without_pooler()),
                })
            }
            (Family::Bert, Head::RobertaClassification(head)) => {
                let (pooler, output) = (head.dense.clone(), head.output.clone());
                encoder.pooler = Some(pooler);
                match head.output.weight.lazy_shape()[1] {
                    1 => Head::Regression(RegressionHead::from_output(&config, output)),
                    _ => Head::Classification(ClassificationHead::from_output(&config, output)),
                }
            }
            (Family::Bert, head @ (Head::Classification(_) | Head::Regression(_))) => {
                if encoder.pooler.is_none() {
                    return Err(without_pooler());
                }
                head
            }
            (_, head) => {
                encoder.pooler = None;
                head
            }
        };
        Ok(Self { trunk: encoder.into(), head: Some(head) })
    }

    /// A model whose values are still to be loaded.
    pub(super) fn zeros(
        config: &TrunkConfig,
        architecture: Architecture,
        has_pooler: bool,
        device: &Device,
    ) -> Self {
        let family = match config {
            TrunkConfig::Bert(config) => Some(config.model_type),
            TrunkConfig::T5(_) => None,
        };
        let labels = num_labels(config.other());
        let of_head = config.head_config();
        let head = head(architecture, family, &of_head, labels, device);
        let pooler = has_pooler || head.as_ref().is_some_and(Head::needs_pooler);
        Self { trunk: Trunk::zeros(config, pooler, device), head }
    }
}

fn head(
    architecture: Architecture,
    family: Option<Family>,
    config: &BertConfig,
    labels: usize,
    device: &Device,
) -> Option<Head> {
    Some(match (architecture, family) {
        (Architecture::Trunk, _) => return None,
        (Architecture::SequenceClassification, Some(Family::Roberta)) => {
            Head::RobertaClassification(RobertaClassificationHead::zeros(config, labels, device))
        }
        (Architecture::SequenceClassification, _) if labels == 1 => {
            Head::Regression(RegressionHead::zeros(config, device))
        }
        (Architecture::SequenceClassification, _) => {
            Head::Classification(ClassificationHead::zeros(config, labels, device))
        }
        (Architecture::TokenClassification, _) => {
            Head::Tagging(TaggingHead::zeros(config, labels, device))
        }
        (Architecture::MaskedLanguageModel, _) => {
            Head::MaskedLanguageModel(MaskedLanguageModelHead::zeros(config, device))
        }
    })
}

fn without_pooler() -> Error {
    let problem =
        "the head reads the pooled output, but its trunk has no pooler (see `with_pooler`)";
    Error::Invalid(problem.into())
}
