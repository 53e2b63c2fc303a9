//! A stage: one training of a study, as data.
//!
//! A [`Stage`] is what a recipe asks for: tasks with their objectives and rates, where the network starts, the method,
//! settings, teachers, and what is measured along the way. The plan resolves it to a [`Planned`] stage, which holds all
//! of it as values; equal ones are the same training, whoever asks for it.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use taskgraft_tasks::{
    Form,
    mixture::{NestedMixture, hash},
    objectives::Objective,
};

use super::{Row, Scored};
use crate::{
    Result,
    methods::{Anneal, IntoMethod, MethodSpec},
    observe::GradientProbe,
    train::TrainConfig,
};

/// What names a planned stage: a digest of what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StageKey(pub(super) String);

/// One task in a stage.
///
/// ```
/// use taskgraft::prelude::*;
///
/// let end_task = TaskUse::of("glue/rte").with_half_of_dev();
/// let helper = TaskUse::of("glue/mrpc").unscored().rate(0.5);
/// assert!(end_task.scored && !helper.scored);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TaskUse {
    /// What it is called in tables, figures and files.
    pub name: String,
    pub source: Source,
    pub learns: Learns,
    /// How it meets the network; the study's choice where absent.
    pub form: Option<Form>,
    /// How often it is drawn, relative to the others; where no task of a stage has one, the settings decide.
    pub rate: Option<f64>,
    /// Whether it is evaluated on dev examples.
    pub scored: bool,
    /// Whether half of its dev examples are kept from evaluation, for a method that learns from them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub halves_dev: bool,
}

/// Where a task's examples come from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A task of the catalogue.
    Task(String),
    /// A share of the lines of an unlabelled text: of a task's own, or of the catalogue.
    Text { of: Option<String>, name: String, share: f64 },
    /// All texts at hand.
    Texts,
}

/// What is learned from a task's texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Learns {
    /// Its targets.
    #[default]
    Targets,
    /// Hidden tokens, by a head on an encoder.
    MaskedTokens,
    /// What is corrupted, by a decoder: as the study's settings have it, or by an objective of the user's.
    Denoising(Option<OwnObjective>),
}

/// An objective of the user's own, with the name that tells it apart from others.
#[derive(Clone)]
pub struct OwnObjective {
    pub name: String,
    pub objective: Arc<dyn Objective>,
}

impl fmt::Debug for OwnObjective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl PartialEq for OwnObjective {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Serialize for OwnObjective {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.name.serialize(serializer)
    }
}

impl TaskUse {
    /// A task of the catalogue, learned from its targets and scored.
    pub fn of(name: impl Into<String>) -> Self {
        let name = name.into();
        Self::from_source(&name.clone(), Source::Task(name))
    }

    /// A text called `name` that belongs to the task `of`, or is the catalogue's own; a share of its lines.
    pub fn text(called: &str, of: Option<&str>, name: &str, share: f64) -> Self {
        let source = Source::Text { of: of.map(String::from), name: name.into(), share };
        Self::from_source(called, source)
    }

    /// Denoising of all texts at hand.
    pub fn denoising() -> Self {
        let learns = Learns::Denoising(None);
        Self { learns, scored: false, ..Self::from_source("denoising", Source::Texts) }
    }

    /// Denoising by an objective of the user's own; `name` tells it and its options apart from others.
    pub fn denoising_by(name: &str, objective: Arc<dyn Objective>) -> Self {
        let own = OwnObjective { name: name.into(), objective };
        Self { learns: Learns::Denoising(Some(own)), ..Self::denoising() }
    }

    fn from_source(name: &str, source: Source) -> Self {
        Self {
            name: name.into(),
            source,
            learns: Learns::Targets,
            form: None,
            rate: None,
            scored: true,
            halves_dev: false,
        }
    }

    /// Sets what is learned.
    #[must_use]
    pub fn learns(mut self, learns: Learns) -> Self {
        self.scored &= learns == Learns::Targets;
        self.learns = learns;
        self
    }

    /// Sets how the task meets the network.
    #[must_use]
    pub fn form(mut self, form: Form) -> Self {
        self.form = Some(form);
        self
    }

    /// Sets how often it is drawn, relative to the others.
    #[must_use]
    pub fn rate(mut self, rate: f64) -> Self {
        self.rate = Some(rate);
        self
    }

    /// The task without evaluation: it is there to help.
    #[must_use]
    pub fn unscored(mut self) -> Self {
        self.scored = false;
        self
    }

    /// Keeps half of its dev examples from evaluation, for a method that learns from them.
    #[must_use]
    pub fn with_half_of_dev(mut self) -> Self {
        self.halves_dev = true;
        self
    }
}

impl From<&TaskUse> for TaskUse {
    fn from(task: &TaskUse) -> Self {
        task.clone()
    }
}

impl From<&str> for TaskUse {
    fn from(name: &str) -> Self {
        Self::of(name)
    }
}

/// Where a network starts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// The pretrained network that the study was given, or one drawn from the seed.
    #[default]
    Given,
    /// Another stage's network: its trunk, and the heads of tasks that both have.
    Stage(StageKey),
}

/// Changes the settings of a training.
type Change = Box<dyn Fn(&mut TrainConfig)>;

/// A training that a recipe asks for.
///
/// ```
/// use taskgraft::prelude::*;
///
/// let stage = Stage::train(["glue/rte", "glue/mrpc"])
///     .method("cagrad c=0.5")
///     .with(|config| config.lr = 3e-5)
///     .called("CAGrad, a lower rate");
/// ```
#[must_use]
pub struct Stage {
    pub(super) tasks: Vec<TaskUse>,
    pub(super) called: Option<String>,
    pub(super) what: Option<String>,
    pub(super) trained_as: Option<String>,
    pub(super) mixed: Option<NestedMixture>,
    pub(super) changes: Vec<Change>,
    pub(super) start: Start,
    pub(super) method: Result<MethodSpec>,
    pub(super) teachers: BTreeMap<String, StageKey>,
    pub(super) anneal: Anneal,
    pub(super) dropout: Option<f64>,
    pub(super) probe: Option<GradientProbe>,
}

impl Stage {
    /// Trains one network on tasks.
    pub fn train<T: Into<TaskUse>>(tasks: impl IntoIterator<Item = T>) -> Self {
        Self {
            tasks: tasks.into_iter().map(Into::into).collect(),
            called: None,
            what: None,
            trained_as: None,
            mixed: None,
            changes: vec![],
            start: Start::Given,
            method: Ok(MethodSpec::Average),
            teachers: BTreeMap::new(),
            anneal: Anneal::default(),
            dropout: None,
            probe: None,
        }
    }

    /// How a step is made of the tasks' losses and gradients: by name with options (`cagrad c=0.5`), or a weighting or
    /// method of the user's own.
    pub fn method<By>(mut self, method: impl IntoMethod<By>) -> Self {
        self.method = method.into_method();
        self
    }

    /// Starts from another stage's network.
    pub fn from(mut self, stage: &StageKey) -> Self {
        self.start = Start::Stage(stage.clone());
        self
    }

    /// Learns from the predictions of the networks that score the tasks of `row`.
    pub fn taught_by(mut self, row: &Row) -> Self {
        for Scored { task, stages } in &row.scored {
            if let Some(stage) = stages.last() {
                self.teachers.insert(task.clone(), stage.clone());
            }
        }
        self
    }

    /// How the weight of the gold targets against the teachers' moves over training.
    pub fn anneal(mut self, anneal: Anneal) -> Self {
        self.anneal = anneal;
        self
    }

    /// Which of the study's sections of settings it is trained with, in place of `single` or `multi`.
    pub fn trained_as(mut self, section: &str) -> Self {
        self.trained_as = Some(section.into());
        self
    }

    /// Mixes its tasks in groups, and the groups with one another; names are those of [`TaskUse`]s.
    pub fn mixed(mut self, mixture: NestedMixture) -> Self {
        self.mixed = Some(mixture);
        self
    }

    /// Changes the settings that it is trained with.
    pub fn with(mut self, change: impl Fn(&mut TrainConfig) + 'static) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    /// Sets the dropout of a T5.
    pub fn dropout(mut self, dropout: f64) -> Self {
        self.dropout = Some(dropout);
        self
    }

    /// Measures gradients along the training.
    pub fn probe(mut self, probe: GradientProbe) -> Self {
        self.probe = Some(probe);
        self
    }

    /// What it is called on screen and in the names of folders, in place of the recipe's name.
    pub fn called(mut self, name: impl Into<String>) -> Self {
        self.called = Some(name.into());
        self
    }

    /// What its folder says of the tasks, in place of their names.
    pub fn on(mut self, what: impl Into<String>) -> Self {
        self.what = Some(what.into());
        self
    }
}

/// A stage with everything resolved that can be known before data are tokenised.
#[derive(Clone, Debug, Serialize)]
pub struct Planned {
    #[serde(skip)]
    pub key: StageKey,
    /// What it is called.
    #[serde(skip)]
    pub name: String,
    /// What its folder says of the tasks.
    #[serde(skip)]
    pub what: String,
    pub seed: u64,
    /// Teachers that stand behind it, one behind the other: 0 where it learns from gold targets alone.
    #[serde(skip_serializing_if = "is_first")]
    pub generation: u64,
    pub tasks: Vec<TaskUse>,
    pub start: Start,
    pub method: MethodSpec,
    pub train: TrainConfig,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropout: Option<f64>,
    /// By task.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub teachers: BTreeMap<String, StageKey>,
    /// Where there are teachers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anneal: Option<Anneal>,
    /// No outcome depends on it, but what a run leaves does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe: Option<GradientProbe>,
}

impl Planned {
    /// The stages that must be finished before.
    pub fn needs(&self) -> impl Iterator<Item = &StageKey> {
        let start = match &self.start {
            Start::Stage(key) => Some(key),
            Start::Given => None,
        };
        start.into_iter().chain(self.teachers.values())
    }

    /// The seed of new heads, of the order of examples, of hidden tokens and of dropout. A student has a stream of its
    /// own: its teacher's would make it the teacher again where the teacher is right. Where networks start is a
    /// function of the study's seed alone.
    pub fn stream(&self) -> u64 {
        if self.generation == 0 {
            return self.seed;
        }
        const STUDENT: u64 = 0x7374_7564;
        hash(&[self.seed, STUDENT, self.generation])
    }

    /// What it is called on screen.
    pub fn label(&self) -> String {
        match self.what.as_str() {
            "all" => format!("{} seed {}", self.name, self.seed),
            what => format!("{} {what} seed {}", self.name, self.seed),
        }
    }
}

fn is_first(generation: &u64) -> bool {
    *generation == 0
}

/// A name for folders: lower case, ASCII, and never a path.
pub fn slug(name: &str) -> String {
    let name = name.to_lowercase().replace('→', "-to-").replace("λ=", "gold");
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    let name: String = name.chars().map(plain).collect();
    let words: Vec<&str> = name.split('-').filter(|word| !word.is_empty()).collect();
    match words.join("-").trim_start_matches('.') {
        "" => "recipe".into(),
        slug => slug.into(),
    }
}
