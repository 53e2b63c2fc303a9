//! Settings of trainings: the released scripts' where a machine can bear them, and small ones for built-in data.

use taskgraft::{prelude::*, tasks::mixture::MixtureConfig, train::Decay};

/// Sections `pretrain` (continued pre-training), `train` (on the end-task, alone or with help) and `finetune` (a last
/// stage on the end-task alone at a low rate; `epochs` of 0 leaves it out). Lengths and rates are the released
/// scripts'.
pub fn of_the_scripts(settings: &mut Settings) {
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
    settings.set_sections(["pretrain", "train", "finetune"], &common);
    settings.section_mut("pretrain").evaluations = 1;
    let train = settings.section_mut("train");
    (train.epochs, train.patience, train.select) = (10.0, Some(20), Select::Best);
    train.mixture.composition = Composition::EachTask;
    let finetune = settings.section_mut("finetune");
    (finetune.epochs, finetune.patience, finetune.select) = (10.0, Some(3), Select::Best);
    (finetune.lr, finetune.head_lr, finetune.warmup) = (5e-6, None, 0.0);
    finetune.decay = Decay::Constant;
}

/// Sizes and rates with which a trunk of two layers learns the built-in end-task from scratch.
pub fn small_and_quick(settings: &mut Settings) {
    settings.trunk.hidden = 64;
    let text = &mut settings.end_task;
    (text.topic_words, text.common_words) = (24, 24);
    (text.shortest, text.longest) = (16, 24);
    (text.topicality, text.train_size) = (0.3, 24);
    for config in settings.all_sections() {
        config.max_length = 32;
        config.lr = 2e-3;
    }
    settings.section_mut("train").steps = Some(250);
    settings.section_mut("pretrain").steps = Some(250);
    settings.section_mut("finetune").lr = 1e-4;
}
