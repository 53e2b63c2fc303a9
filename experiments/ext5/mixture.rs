//! The rows of ExT5's table: what a network is pre-trained on before it is fine-tuned on each held-out task.

use std::fmt;

use taskgraft::{prelude::*, tasks::mixture::permute};

/// A pre-training mixture.
#[derive(Clone, PartialEq)]
pub enum PreTraining {
    /// None: fine-tuning starts where pre-training would.
    None,
    /// Denoising of the corpus alone (T5).
    Denoising,
    /// Supervised tasks alone.
    Supervised,
    /// Both in one stream, `ratio` examples of denoising for one of the tasks (ExT5: 2); so many of the tasks, or all.
    Both { tasks: Option<usize>, ratio: f64, method: MethodSpec },
}

impl PreTraining {
    /// Pre-trains, and fine-tunes on each held-out task.
    pub fn plan(
        &self,
        plan: &mut Plan<'_>,
        mixture: &[TaskUse],
        held_out: &[TaskUse],
    ) -> Result<Row> {
        let name = self.to_string();
        let (before, after) = (plan.settings().pretrain_dropout, plan.settings().finetune_dropout);
        let start = match self.tasks(plan, mixture)? {
            tasks if tasks.is_empty() => None,
            tasks => {
                let count = tasks.len();
                let stage = Stage::train(tasks).trained_as("pretrain").dropout(before);
                let stage = stage.called(&name).on("pretrain");
                let stage = match self {
                    Self::Both { method, .. } if *method != MethodSpec::Average => stage
                        .method(method.clone())
                        // Of every task as many examples as make up the batch of the others' steps.
                        .with(move |config| {
                            let size = &mut config.mixture.batch_size;
                            *size = (*size / count).max(1);
                        }),
                    _ => stage,
                };
                Some(plan.add(stage)?)
            }
        };
        plan.each(held_out, |task| {
            let stage = Stage::train([task]).trained_as("finetune").dropout(after).called(&name);
            match &start {
                Some(start) => stage.from(start),
                None => stage,
            }
        })
    }

    /// Tasks with rates: supervised ones by their sizes up to a cap, denoising by the ratio to them.
    fn tasks(&self, plan: &Plan<'_>, mixture: &[TaskUse]) -> Result<Vec<TaskUse>> {
        let (supervised, ratio) = match self {
            Self::None => return Ok(vec![]),
            Self::Denoising => return Ok(vec![TaskUse::denoising().rate(1.0)]),
            Self::Supervised => (mixture.to_vec(), None),
            Self::Both { tasks, ratio, .. } => (some_of(mixture, *tasks), Some(*ratio)),
        };
        let (mut tasks, mut sum) = (Vec::new(), 0.0);
        for task in supervised {
            let rate = plan.size(&task)?.min(plan.settings().cap) as f64;
            sum += rate;
            // Scores on the mixture's own tasks are not asked for, and would take longer than the steps.
            tasks.push(task.rate(rate).unscored());
        }
        tasks.extend(ratio.map(|ratio| TaskUse::denoising().rate(ratio * sum)));
        Ok(tasks)
    }
}

/// At most so many tasks; the same ones for the same number, a larger number holding those of a smaller.
fn some_of(mixture: &[TaskUse], count: Option<usize>) -> Vec<TaskUse> {
    const KEY: u64 = 0x6d69_7875;
    let all = mixture.len();
    match count {
        Some(count) if count < all => {
            (0..count).map(|i| mixture[permute(KEY, all, i)].clone()).collect()
        }
        _ => mixture.to_vec(),
    }
}

/// Refuses mixtures of no tasks, or of more than there are.
pub fn check_counts(rows: &[PreTraining], tasks: usize) -> Result<()> {
    let count = |row: &PreTraining| match row {
        PreTraining::Both { tasks, .. } => *tasks,
        _ => None,
    };
    match rows.iter().filter_map(count).find(|count| !(1..=tasks).contains(count)) {
        Some(count) => Err(Error::Usage(format!(
            "`--task-counts {count}`: the mixture may have 1 to {tasks} tasks"
        ))),
        None => Ok(()),
    }
}

impl fmt::Display for PreTraining {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("No pre-training"),
            Self::Denoising => f.write_str("Denoising"),
            Self::Supervised => f.write_str("Supervised"),
            Self::Both { tasks, ratio, method } => {
                match method {
                    // Every step has a batch of every task: the ratio plays no part.
                    MethodSpec::Average => write!(f, "Both (R = {ratio}")?,
                    method => return write!(f, "Both ({method})"),
                }
                match tasks {
                    None => {}
                    Some(1) => f.write_str(", 1 task")?,
                    Some(n) => write!(f, ", {n} tasks")?,
                }
                f.write_str(")")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_ratio_number_of_tasks_and_method() {
        let both = |tasks, ratio, method| PreTraining::Both { tasks, ratio, method }.to_string();
        assert_eq!(both(None, 2.0, MethodSpec::Average), "Both (R = 2)");
        assert_eq!(both(Some(8), 0.5, MethodSpec::Average), "Both (R = 0.5, 8 tasks)");
        assert_eq!(both(Some(1), 2.0, MethodSpec::Average), "Both (R = 2, 1 task)");
        let famo = MethodSpec::Weighted("famo".parse().unwrap());
        assert_eq!(both(None, 2.0, famo), "Both (FAMO)");
    }
}
