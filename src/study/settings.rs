//! The settings of a study: how networks are trained, what they are, and how data become examples.
//!
//! Trainings have sections of settings by name: `single` and `multi`, or what an experiment calls its own. Keys of
//! `--set` that begin with no section go to all of them; `--steps` and `--epochs` go to all but `finetune`, which has a
//! length of its own.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use taskgraft_algebra::{
    described::{self, Described},
    similarity::Index,
};
use taskgraft_tasks::{
    objectives::{Lengths, MaskConfig},
    synthetic::{EndTaskConfig, SyntheticConfig},
};

use super::{assign::assign, trunk_settings::TrunkSettings};
use crate::{Error, Result, observe::GradientProbe, train::TrainConfig};

/// All settings of a study.
///
/// ```
/// use taskgraft::prelude::*;
///
/// let mut settings = Settings::default();
/// settings.set("multi.mixture.batch_size=64")?;
/// settings.set("lr=3e-5")?; // of all sections
/// assert_eq!(settings.section("multi").mixture.batch_size, 64);
/// assert_eq!(settings.section("single").lr, 3e-5);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    /// Settings of trainings, by section.
    #[serde(flatten)]
    pub sections: BTreeMap<String, TrainConfig>,
    /// Used where no pretrained network is given, but for a T5's `dropout`, which holds of a given one too.
    pub trunk: TrunkSettings,
    /// Built-in tasks, used where no data are given.
    pub synthetic: SyntheticConfig,
    /// The built-in end-task of `tartan`.
    pub end_task: EndTaskConfig,
    /// Whether pairs of symmetric tasks are trained on in both orders, as in BAM.
    pub both_orders: bool,
    /// Examples that are read of each split of a task, at most: always the same ones, spread over the split. Pairs of a
    /// task that is cut are trained on in one order.
    #[schemars(range(min = 1))]
    pub max_examples: Option<usize>,
    /// Dev examples that a task is scored on, at most, spread over the set.
    #[schemars(range(min = 1))]
    pub max_dev: Option<usize>,
    /// Training examples that are kept of each labelled task, at most, drawn once for all stages; pairs in both orders
    /// count twice.
    #[schemars(range(min = 2))]
    pub train_examples: Option<usize>,
    /// Dev examples that are kept of each task, at most: the first ones.
    #[schemars(range(min = 2))]
    pub dev_examples: Option<usize>,
    /// How tokens are hidden in masked language modelling.
    pub masking: MaskConfig,
    /// The longest texts and answers of a text-to-text network, in tokens.
    pub row: Lengths,
    /// How texts are corrupted for a text-to-text network.
    pub denoising: Denoiser,
    /// Share of tokens that span corruption hides, and that `bert_style` hides.
    #[schemars(extend("exclusiveMinimum" = 0.0, "exclusiveMaximum" = 1.0))]
    pub density: f64,
    /// Mean length of a hidden span, in tokens.
    #[schemars(range(min = 1.0))]
    pub mean_span: f64,
    /// A task counts as having at most so many examples where rates follow sizes (T5's K).
    #[schemars(range(min = 1))]
    pub cap: usize,
    /// Whether labels are ranked by likelihood in evaluation, in place of what is written.
    pub rank_labels: bool,
    /// Beams of the search for what is written; 1 takes the likeliest token each time.
    #[schemars(range(min = 1))]
    pub beam: usize,
    /// Dropout of a T5 in `ext5`'s pre-training (T5 1.1: none).
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub pretrain_dropout: f64,
    /// Dropout of a T5 in the fine-tuning of `ext5` and `transfer`.
    #[schemars(range(min = 0.0), extend("exclusiveMaximum" = 1.0))]
    pub finetune_dropout: f64,
    /// Whether the dev examples that weights are learned from are those that networks are selected by; otherwise each
    /// has half of the dev set.
    pub shared_dev: bool,
    /// What is measured of gradients along a training that is looked at.
    pub gradients: GradientProbe,
    /// What networks are compared by.
    pub representations: RepresentationProbe,
}

/// How texts are corrupted for a text-to-text network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Denoiser {
    /// Spans are hidden (T5).
    #[default]
    SpanCorruption,
    /// Single tokens are hidden, and all of the text is written (T5's BERT-style objective).
    BertStyle,
    /// The rest of a text is written.
    PrefixLm,
    /// UL2's mixture of seven denoisers (Tay et al., 2023).
    Ul2,
}

/// What networks are compared by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RepresentationProbe {
    /// Dev examples of each task; all tasks' are pooled, and every network sees them all.
    #[schemars(range(min = 4))]
    pub per_task: usize,
    /// Names of indices; the first is the main one, of [CLS] and of the mean of tokens, the others are of the mean of
    /// tokens alone.
    pub indices: Vec<String>,
}

impl RepresentationProbe {
    /// The indices.
    ///
    /// # Errors
    /// An unknown name, or none.
    pub fn indices(&self) -> Result<Vec<Index>> {
        if self.indices.is_empty() {
            let problem = "`representations.indices` is empty; give at least one index";
            return Err(Error::Usage(problem.into()));
        }
        let parse = |name: &String| name.parse::<Index>().map_err(|e| Error::Usage(e.to_string()));
        self.indices.iter().map(parse).collect()
    }
}

impl Default for RepresentationProbe {
    fn default() -> Self {
        let indices = ["unbiased_linear_cka", "linear_cka", "rbf_cka", "svcca", "pwcca", "cosine"];
        Self { per_task: 200, indices: indices.map(String::from).to_vec() }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sections: Self::named(["single", "multi"], &TrainConfig::default()),
            trunk: TrunkSettings::default(),
            synthetic: SyntheticConfig::default(),
            end_task: EndTaskConfig::default(),
            both_orders: true,
            max_examples: None,
            max_dev: None,
            train_examples: None,
            dev_examples: None,
            masking: MaskConfig::default(),
            row: Lengths { inputs: 128, targets: 32 },
            denoising: Denoiser::default(),
            density: 0.15,
            mean_span: 3.0,
            cap: 300_000,
            rank_labels: false,
            beam: 1,
            pretrain_dropout: 0.0,
            finetune_dropout: 0.1,
            shared_dev: false,
            gradients: GradientProbe::default(),
            representations: RepresentationProbe::default(),
        }
    }
}

impl Settings {
    /// Sections of these names, all alike, in place of those that are there.
    pub fn set_sections<const N: usize>(&mut self, names: [&str; N], config: &TrainConfig) {
        self.sections = Self::named(names, config);
    }

    fn named<const N: usize>(
        names: [&str; N],
        config: &TrainConfig,
    ) -> BTreeMap<String, TrainConfig> {
        names.into_iter().map(|name| (name.to_string(), config.clone())).collect()
    }

    /// The settings of a training.
    ///
    /// # Panics
    /// If there is no such section; [`find_section`](Self::find_section) is for names that come from elsewhere.
    pub fn section(&self, name: &str) -> &TrainConfig {
        &self.sections[name]
    }

    /// The settings of a training, to be changed.
    ///
    /// # Panics
    /// If there is no such section.
    pub fn section_mut(&mut self, name: &str) -> &mut TrainConfig {
        self.sections.get_mut(name).expect("an experiment changes the sections that it has")
    }

    /// All sections, to be changed.
    pub fn all_sections(&mut self) -> impl Iterator<Item = &mut TrainConfig> {
        self.sections.values_mut()
    }

    /// The section of a name.
    ///
    /// # Errors
    /// An unknown name; the nearest known one is named.
    pub fn find_section(&self, name: &str) -> Result<&TrainConfig> {
        self.sections.get(name).ok_or_else(|| {
            taskgraft_tasks::Error::unknown("section of settings", name, self.sections.keys())
                .into()
        })
    }

    /// Applies `key=value`. Keys that don't begin with a section are settings of training and go to all sections.
    /// Values are JSON; what isn't JSON is taken as a string.
    ///
    /// # Errors
    /// An unknown key (the nearest known one is named) or a value of the wrong type.
    pub fn set(&mut self, assignment: &str) -> Result<()> {
        let sections: Vec<String> = self.sections.keys().cloned().collect();
        assign(self, assignment, &sections.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// # Errors
    /// Settings that make no sense, whatever is trained.
    pub fn check(&self) -> Result<()> {
        described::check(self).map_err(Error::Usage)?;
        self.sections.values().try_for_each(TrainConfig::check)?;
        self.representations.indices().map(drop)
    }

    /// The settings beside those of the sections: key, default, range and meaning.
    pub fn described() -> Vec<Described> {
        described::describe::<Self>()
    }
}
