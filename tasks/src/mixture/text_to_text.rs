//! Batches of a text-to-text mixture as a function of the step: plan, sources and layout joined.
//!
//! A [`TextToTextSource`] has the examples of one task as tokens: a tokenised data set, a cache of one, or passages of
//! unlabelled text that an objective turns into examples anew at every draw. The plan decides which are drawn, the
//! layout how they share rows. A batch depends on nothing but (seed, step), so threads may make batches in any order.

use std::sync::Arc;

use super::{
    Draw, LayoutConfig, MixtureConfig, MixturePlan, TaskLengths, TextToTextBatch, hash,
    packing::too_long,
};
use crate::{
    Result,
    objectives::{DrawKey, Lengths, TextToText},
};

/// The examples of one task, as tokens.
pub trait TextToTextSource: Send + Sync {
    /// Number of examples.
    fn count(&self) -> usize;

    /// Tokens of an example, EOS included; the most it can have where that differs from draw to draw.
    fn lengths(&self, example: usize) -> Lengths;

    /// Target tokens of an example as it is drawn, EOS included.
    ///
    /// # Errors
    /// Those of the objective that makes it.
    fn target_length(&self, example: usize, _key: DrawKey) -> Result<usize> {
        Ok(self.lengths(example).targets)
    }

    /// An example. Equal arguments give equal examples; supervised ones don't depend on the key.
    ///
    /// # Errors
    /// Those of the objective that makes it.
    fn example(&self, example: usize, key: DrawKey) -> Result<TextToText>;
}

impl TextToTextSource for Vec<TextToText> {
    fn count(&self) -> usize {
        self.len()
    }

    fn lengths(&self, example: usize) -> Lengths {
        self[example].lengths()
    }

    fn example(&self, example: usize, _key: DrawKey) -> Result<TextToText> {
        Ok(self[example].clone())
    }
}

/// A task of a text-to-text mixture.
#[derive(Clone)]
pub struct TextToTextTask {
    /// Unique in the mixture; the order of its examples depends on it.
    pub name: String,
    pub source: Arc<dyn TextToTextSource>,
}

/// The batches of a run.
pub struct TextToTextBatches {
    tasks: Vec<TextToTextTask>,
    plan: MixturePlan,
    layout: LayoutConfig,
    pad: u32,
    seed: u64,
}

/// Unlike the purposes of other draws from the same seed.
const CORRUPT: u64 = 0x636f_7272;

impl TextToTextBatches {
    /// Plans `steps` batches over `tasks`; `pad` is the tokenizer's padding id.
    ///
    /// # Errors
    /// Those of [`MixturePlan::new`] and [`LayoutConfig::check`], or an example that is longer than a row.
    pub fn new(
        tasks: Vec<TextToTextTask>,
        mixture: MixtureConfig,
        layout: LayoutConfig,
        pad: u32,
        steps: u64,
        seed: u64,
    ) -> Result<Self> {
        layout.check()?;
        let lengths =
            tasks.iter().map(|task| lengths_of(task, layout.row)).collect::<Result<_>>()?;
        let plan = MixturePlan::new(mixture, lengths, steps, seed)?;
        Ok(TextToTextBatches { tasks, plan, layout, pad, seed })
    }

    /// The batch of `step`, counted from 0.
    ///
    /// # Errors
    /// Those of the sources.
    ///
    /// # Panics
    /// If the plan has no such step.
    pub fn batch(&self, step: u64) -> Result<TextToTextBatch> {
        let draws = self.plan.batch(step).draws;
        let examples: Vec<(Draw, TextToText)> = draws
            .into_iter()
            .map(|draw| {
                let task = &self.tasks[draw.task];
                let seed = hash(&[self.seed, CORRUPT, name_key(&task.name)]);
                let key = DrawKey::new(seed, step, draw.example as u64);
                Ok((draw, task.source.example(draw.example, key)?))
            })
            .collect::<Result<_>>()?;
        TextToTextBatch::new(step, &examples, &self.layout, self.pad)
    }

    pub fn plan(&self) -> &MixturePlan {
        &self.plan
    }

    pub fn tasks(&self) -> &[TextToTextTask] {
        &self.tasks
    }
}

/// A task's name as a number, for what must depend on the name alone.
fn name_key(name: &str) -> u64 {
    hash(&name.bytes().map(u64::from).collect::<Vec<_>>())
}

/// What the plan needs to know of a task.
fn lengths_of(task: &TextToTextTask, row: Lengths) -> Result<TaskLengths> {
    let length = |example: usize| {
        let lengths = task.source.lengths(example);
        if lengths.fit(row) {
            return Ok((lengths.inputs + lengths.targets) as u32);
        }
        Err(too_long(&format!("task `{}`: example {example}", task.name), lengths, row))
    };
    let lengths = (0..task.source.count()).map(length).collect::<Result<_>>()?;
    Ok(TaskLengths { key: name_key(&task.name), lengths })
}
