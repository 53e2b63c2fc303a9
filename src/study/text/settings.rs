//! The settings of a text-to-text study. Optimiser, schedules and mixing are T5's; lengths are what a machine can bear.

use serde::{Deserialize, Serialize};
use taskgraft_tasks::{
    mixture::{LayoutConfig, MixtureConfig},
    objectives::Lengths,
    synthetic::SyntheticConfig,
};

use crate::{
    Result,
    study::settings::assign,
    train::{Decay, OptimiserKind, Select, TextConfig, TrainConfig},
};

/// A T5 1.1 that is trained from scratch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScratchT5 {
    pub d_model: usize,
    pub d_kv: usize,
    pub d_ff: usize,
    /// Of each stack.
    pub layers: usize,
    pub heads: usize,
    /// Of the tokenizer trained beside it, sentinels included.
    pub vocabulary: usize,
    pub sentinels: usize,
    /// Texts that the tokenizer is trained on, at most.
    pub tokenizer_texts: usize,
}

impl Default for ScratchT5 {
    fn default() -> Self {
        Self {
            d_model: 256,
            d_kv: 32,
            d_ff: 512,
            layers: 4,
            heads: 8,
            vocabulary: 8_000,
            sentinels: 100,
            tokenizer_texts: 50_000,
        }
    }
}

/// All settings of a text-to-text study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TextSettings {
    pub pretrain: TrainConfig,
    /// Of one held-out task.
    pub finetune: TrainConfig,
    /// Dropout in pre-training (T5 1.1: none) and in fine-tuning.
    pub pretrain_dropout: f64,
    pub finetune_dropout: f64,
    /// The longest texts and answers, in tokens.
    pub row: Lengths,
    /// Share of tokens that denoising hides, in spans of so many on average.
    pub density: f64,
    pub mean_span: f64,
    /// A task counts as having at most so many examples when rates are made (T5's K).
    pub cap: usize,
    /// Training examples that are read of each task, at most.
    pub max_examples: usize,
    /// Dev examples that a task is scored on, at most, spread over the set.
    pub max_dev: usize,
    /// Whether labels are ranked by likelihood in evaluation, in place of what is written.
    pub rank_labels: bool,
    /// Used where no pretrained network is given.
    pub trunk: ScratchT5,
    /// Used where no data are given.
    pub synthetic: SyntheticConfig,
}

impl Default for TextSettings {
    fn default() -> Self {
        let common = TrainConfig {
            optimiser: OptimiserKind::Adafactor,
            layer_decay: 1.0,
            warmup: 0.0,
            // Adafactor clips updates itself.
            clip: 0.0,
            text: TextConfig { layout: LayoutConfig::default(), ..TextConfig::default() },
            mixture: MixtureConfig { batch_size: 32, ..MixtureConfig::sampled() },
            ..TrainConfig::default()
        };
        let mut finetune = TrainConfig {
            steps: Some(500),
            lr: 1e-3,
            decay: Decay::Constant,
            evaluations: 10,
            select: Select::Best,
            ..common.clone()
        };
        finetune.text.layout.packing = false;
        finetune.mixture.bucket_window = 32;
        Self {
            pretrain: TrainConfig {
                steps: Some(2_000),
                lr: 1.0,
                decay: Decay::InverseSqrt(10_000),
                evaluations: 4,
                ..common
            },
            finetune,
            pretrain_dropout: 0.0,
            finetune_dropout: 0.1,
            row: Lengths { inputs: 128, targets: 32 },
            density: 0.15,
            mean_span: 3.0,
            cap: 300_000,
            max_examples: 10_000,
            max_dev: 1_000,
            rank_labels: false,
            trunk: ScratchT5::default(),
            synthetic: SyntheticConfig::default(),
        }
    }
}

impl TextSettings {
    /// Applies `key=value`. Keys that don't begin with a section are settings of training and go to both stages.
    ///
    /// # Errors
    /// An unknown key (the nearest known one is named) or a value of the wrong type.
    pub fn set(&mut self, assignment: &str) -> Result<()> {
        assign(self, assignment, &["pretrain", "finetune"])
    }

    /// Sizes and rates with which a T5 of two layers a stack learns the built-in tasks from scratch.
    pub fn small_and_quick(&mut self) {
        let trunk = &mut self.trunk;
        (trunk.d_model, trunk.d_kv, trunk.d_ff, trunk.layers, trunk.heads) = (64, 16, 128, 2, 4);
        (trunk.vocabulary, trunk.sentinels) = (400, 20);
        self.row = Lengths { inputs: 64, targets: 32 };
        self.synthetic.dev_size = 200;
        self.pretrain.steps = Some(600);
        self.pretrain.decay = Decay::InverseSqrt(2_500);
        self.finetune.steps = Some(200);
        self.finetune.lr = 1e-2;
        self.finetune_dropout = 0.0;
    }

    /// The settings of a stage, whose rows hold what the study's may.
    pub(super) fn stage(&self, config: &TrainConfig) -> TrainConfig {
        let mut config = config.clone();
        config.text.layout.row = self.row;
        config
    }
}
