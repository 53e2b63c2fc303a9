//! The settings of an alignment study.

use serde::{Deserialize, Serialize};
use taskgraft_algebra::similarity::Index;
use taskgraft_tasks::{
    mixture::{MixtureConfig, Rate},
    synthetic::SyntheticConfig,
};

use crate::{
    Error, Result,
    observe::GradientProbe,
    study::{ScratchTrunk, Settings, settings::assign},
    train::TrainConfig,
};

/// All settings of an alignment study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlignmentSettings {
    /// Training of networks for one task.
    pub single: TrainConfig,
    /// Training of networks for several tasks.
    pub multi: TrainConfig,
    /// Used where no pretrained encoder is given.
    pub trunk: ScratchTrunk,
    /// Used where no data are given: the first of two languages.
    pub synthetic: SyntheticConfig,
    /// What is measured of gradients along the training of the network for all tasks.
    pub gradients: GradientProbe,
    pub representations: RepresentationProbe,
}

/// What networks are compared by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RepresentationProbe {
    /// Dev examples of each task; all tasks' are pooled, and every network sees them all.
    pub per_task: usize,
    /// Names of indices; the first is the main one, of [CLS] and of the mean of tokens, the others are of the mean of
    /// tokens alone.
    pub indices: Vec<String>,
}

impl Default for RepresentationProbe {
    fn default() -> Self {
        let indices = ["unbiased_linear_cka", "linear_cka", "rbf_cka", "svcca", "pwcca", "cosine"];
        Self { per_task: 200, indices: indices.map(String::from).to_vec() }
    }
}

impl RepresentationProbe {
    /// The indices.
    ///
    /// # Errors
    /// An unknown name, or none.
    pub fn indices(&self) -> Result<Vec<Index>> {
        if self.indices.is_empty() || self.per_task < 4 {
            let what = "representations: give at least one index and four examples of each task";
            return Err(Error::Usage(what.into()));
        }
        let parse = |name: &String| name.parse::<Index>().map_err(|e| Error::Usage(e.to_string()));
        self.indices.iter().map(parse).collect()
    }
}

impl Default for AlignmentSettings {
    /// Every task is seen equally often in every network it is in.
    fn default() -> Self {
        let mixture = MixtureConfig { rate: Rate::Proportional, ..MixtureConfig::default() };
        let config = TrainConfig { mixture, layer_decay: 1.0, ..TrainConfig::default() };
        Self {
            single: config.clone(),
            multi: config,
            trunk: ScratchTrunk::default(),
            synthetic: SyntheticConfig::default(),
            gradients: GradientProbe::default(),
            representations: RepresentationProbe::default(),
        }
    }
}

impl AlignmentSettings {
    /// Applies `key=value`. Keys that don't begin with a section are settings of training and go to `single` and
    /// `multi` both.
    ///
    /// # Errors
    /// An unknown key (the nearest known one is named) or a value of the wrong type.
    pub fn set(&mut self, assignment: &str) -> Result<()> {
        assign(self, assignment, &["single", "multi"])
    }

    /// The part that trainings depend on.
    pub(super) fn of_trainings(&self) -> Settings {
        Settings {
            single: self.single.clone(),
            multi: self.multi.clone(),
            trunk: self.trunk.clone(),
            synthetic: self.synthetic.clone(),
            both_orders: true,
        }
    }
}
