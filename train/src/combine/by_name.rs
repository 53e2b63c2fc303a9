//! The combination that a weighting by name stands for.

use std::sync::Arc;

use burn::tensor::Device;

use super::{
    Combine, ExcessRisks, GradDrop, LookAhead, OtherBatches, SharedTrunk, TaskParts, Weighted,
};
use crate::{
    Error, MultiTask, Padding, Result, TaskData,
    methods::{GradientsAt, Rule, TaskWeighting},
};

/// The training that tasks are weighed in.
#[derive(Clone)]
pub struct Weighing {
    pub tasks: Arc<Vec<TaskData>>,
    /// Parts that each task's batch is computed in.
    pub accumulation: usize,
    /// Steps of the whole training.
    pub steps: u64,
    /// Examples of each task in a step.
    pub batch_size: usize,
    pub seed: u64,
    pub padding: Padding,
    /// Without autodiff.
    pub device: Device,
}

impl Weighing {
    /// The parts of a step: a batch of every task.
    pub fn parts(&self) -> TaskParts {
        let names = self.tasks.iter().map(|t| t.spec.name.clone()).collect();
        TaskParts { names, accumulation: self.accumulation }
    }

    /// Combines by the rule of a weighting.
    ///
    /// # Errors
    /// A name or options that make no sense for these tasks, or a method that can't be used where it is asked to.
    pub fn combine(&self, weighting: &TaskWeighting) -> Result<Box<dyn Combine<MultiTask>>> {
        let sizes: Vec<usize> = self.tasks.iter().map(TaskData::size).collect();
        let parts = self.parts();
        let rule = weighting.build(&sizes, self.seed)?;
        if weighting.at == GradientsAt::Representation {
            return match rule {
                Rule::Weighting(rule) => Ok(Box::new(SharedTrunk::new(rule, parts, self.steps)?)),
                _ => Err(Error::Usage(format!(
                    "weighting `{}` works on the trunk's parameters; leave out `at=representation`",
                    weighting.name
                ))),
            };
        }
        Ok(match rule {
            Rule::Weighting(rule) => Box::new(Weighted::new(rule, parts, self.steps)),
            Rule::GradDrop(config) => Box::new(GradDrop::new(config, parts)),
            Rule::ExcessMtl { rule, shift } => Box::new(ExcessRisks::new(rule, shift, parts)),
            Rule::AutoLambda(rule) => {
                let others = OtherBatches {
                    tasks: self.tasks.clone(),
                    size: self.batch_size,
                    seed: self.seed,
                    padding: self.padding,
                    device: self.device.clone().autodiff(),
                };
                Box::new(LookAhead::new(rule, others, parts)?)
            }
        })
    }
}
