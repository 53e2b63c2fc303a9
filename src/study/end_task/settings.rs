//! The settings of an end-task study. Lengths and rates are the released scripts' where a machine can bear them.

use serde::{Deserialize, Serialize};
use taskgraft_tasks::{
    mixture::{Composition, MixtureConfig},
    objectives::MaskConfig,
    synthetic::EndTaskConfig,
};

use crate::{
    Result,
    study::{ScratchTrunk, settings::assign},
    train::{Decay, Select, TrainConfig},
};

/// All settings of an end-task study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EndTaskSettings {
    /// Continued pre-training on a text.
    pub pretrain: TrainConfig,
    /// Training on the end-task, alone or with texts.
    pub train: TrainConfig,
    /// The last stage, on the end-task alone at a low rate; `epochs` of 0 leaves it out.
    pub finetune: TrainConfig,
    pub masking: MaskConfig,
    /// Whether the dev examples that weights are learned from are those that weights are selected by; otherwise each
    /// has half of the dev set.
    pub shared_dev: bool,
    /// Used where no pretrained encoder is given.
    pub trunk: ScratchTrunk,
    /// Used where no data are given.
    pub synthetic: EndTaskConfig,
}

impl Default for EndTaskSettings {
    fn default() -> Self {
        let common = TrainConfig {
            lr: 1e-4,
            head_lr: Some(1e-3),
            layer_decay: 1.0,
            warmup: 0.06,
            beta2: 0.98,
            epsilon: 1e-6,
            evaluations: 10,
            mixture: MixtureConfig { batch_size: 32, ..MixtureConfig::default() },
            ..TrainConfig::default()
        };
        let together =
            MixtureConfig { composition: Composition::EachTask, ..common.mixture.clone() };
        Self {
            pretrain: TrainConfig { evaluations: 1, ..common.clone() },
            train: TrainConfig {
                epochs: 10.0,
                patience: Some(20),
                select: Select::Best,
                mixture: together,
                ..common.clone()
            },
            finetune: TrainConfig {
                epochs: 10.0,
                lr: 5e-6,
                head_lr: None,
                warmup: 0.0,
                decay: Decay::Constant,
                patience: Some(3),
                select: Select::Best,
                ..common
            },
            masking: MaskConfig::default(),
            shared_dev: false,
            trunk: ScratchTrunk::default(),
            synthetic: EndTaskConfig::default(),
        }
    }
}

impl EndTaskSettings {
    /// Applies `key=value`. Keys that don't begin with a section are settings of training and go to all three stages.
    ///
    /// # Errors
    /// An unknown key (the nearest known one is named) or a value of the wrong type.
    pub fn set(&mut self, assignment: &str) -> Result<()> {
        assign(self, assignment, &["pretrain", "train", "finetune"])
    }

    /// The three stages.
    pub fn stages(&mut self) -> [&mut TrainConfig; 3] {
        [&mut self.pretrain, &mut self.train, &mut self.finetune]
    }
}
