//! A recipe: the stages that make one row of a table.

use std::collections::BTreeSet;

use super::{Plan, StageKey};
use crate::Result;

/// Adds stages to the plan of one seed, and says which of them scores which task.
pub type MakeRow<'s> = dyn Fn(&mut Plan<'_>) -> Result<Row> + 's;

/// A row of the table to be.
pub struct Recipe<'s> {
    pub name: String,
    /// Whether others are tested against it.
    pub is_baseline: bool,
    /// Whether it has a row in the table.
    pub is_listed: bool,
    pub make: Box<MakeRow<'s>>,
}

/// Which stages score which tasks.
///
/// ```
/// use taskgraft::prelude::*;
///
/// /// Two trainings in one row: each task by the network that was trained for it.
/// fn two(plan: &mut Plan<'_>) -> Result<Row> {
///     let first = plan.add(Stage::train(["sentiment"]))?;
///     let second = plan.add(Stage::train(["entailment"]).from(&first))?;
///     Ok(Row::of("sentiment", first).and(Row::of("entailment", second)))
/// }
///
/// # use {clap::Parser, std::ffi::OsStr};
/// # let out = tempfile::tempdir().map_err(Error::io("out"))?;
/// # let line = "mine --plain --seeds 1 --steps 2 --set trunk.hidden=32 --set synthetic.dev_size=20 --out";
/// # let args = StudyArgs::parse_from(line.split(' ').map(OsStr::new).chain([out.path().as_os_str()]));
/// let mut study = Study::new("mine", args)?;
/// study.tasks(["sentiment", "entailment"])?;
/// study.recipe("Two", two);
/// assert!(study.run()?.comparison.methods[0].seeds[0].by_task.iter().all(Option::is_some));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// What the row is called, in place of the recipe's name.
    pub called: Option<String>,
    pub scored: Vec<Scored>,
}

/// What scores one task: of several stages the one with the best dev score, the first of equal ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    pub task: String,
    pub stages: Vec<StageKey>,
}

impl Row {
    /// A task scored by one stage.
    pub fn of(task: impl Into<String>, stage: StageKey) -> Self {
        let scored = vec![Scored { task: task.into(), stages: vec![stage] }];
        Self { called: None, scored }
    }

    /// Both rows' tasks.
    #[must_use]
    pub fn and(mut self, other: Row) -> Self {
        self.scored.extend(other.scored);
        self
    }

    /// The row under another name than the recipe's.
    #[must_use]
    pub fn called(mut self, name: impl Into<String>) -> Self {
        self.called = Some(name.into());
        self
    }

    /// The stages that may score a task.
    pub fn stages(&self, task: &str) -> &[StageKey] {
        self.scored.iter().find(|s| s.task == task).map_or(&[], |s| &s.stages)
    }

    /// All its stages, each once.
    pub fn all_stages(&self) -> Vec<&StageKey> {
        let mut seen = BTreeSet::new();
        let all = self.scored.iter().flat_map(|scored| &scored.stages);
        all.filter(|key| seen.insert(*key)).collect()
    }
}
