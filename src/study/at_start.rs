//! What can be known of a stage before anything is trained: its tasks, rates, method, dev head, start and teachers.

use taskgraft_tasks::{
    Form, Split, TargetKind,
    mixture::{MixturePlan, TaskLengths},
};

use super::{
    Planned, TaskUse, Workbench,
    plan::{Stages, start_of},
    stage::{Learns, Source},
    trunk_settings::TrunkKind,
};
use crate::{
    Error, Result,
    methods::{DevSource, GradientsAt, MethodSpec, TaskWeights},
};

impl Workbench {
    /// Refuses a stage that can't be trained, as far as that can be known before data are tokenised.
    ///
    /// # Errors
    /// Exactly then.
    pub fn check(&self, planned: &Planned, stages: &Stages) -> Result<()> {
        let of_stage =
            |e: Error| Error::Usage(format!("`{}` on {}: {e}", planned.name, planned.what));
        planned.train.check().map_err(of_stage)?;
        let mut names: Vec<&str> = planned.tasks.iter().map(|task| task.name.as_str()).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(of_stage(Error::Usage(format!(
                "task `{}` is in the stage twice; name it once",
                twice[0]
            ))));
        }
        if let Some(missing) = planned.needs().find(|key| stages.get(key).is_none()) {
            return Err(of_stage(Error::Usage(format!(
                "it needs stage {}, which is not in the plan; add that stage too",
                missing.0
            ))));
        }
        planned.tasks.iter().try_for_each(|task| self.check_task(task)).map_err(of_stage)?;
        let sizes: Option<Vec<usize>> = planned
            .tasks
            .iter()
            .map(|task| self.size_if_known(task).transpose())
            .collect::<Option<Result<Vec<usize>>>>()
            .transpose()
            .map_err(of_stage)?;
        // How many texts there are is not known before they are tokenised; rates and schedules are checked all the same.
        let known = sizes.unwrap_or_else(|| vec![1; planned.tasks.len()]);
        let length =
            |(key, &size): (usize, &usize)| TaskLengths { key: key as u64, lengths: vec![1; size] };
        let lengths = known.iter().enumerate().map(length).collect();
        let steps = planned.train.total_steps(&known).map_err(of_stage)?;
        MixturePlan::new(planned.train.mixture.clone(), lengths, steps, planned.seed)
            .map_err(|e| of_stage(e.into()))?;
        self.check_dev_head(planned).map_err(of_stage)?;
        check_teachers(planned, stages).map_err(of_stage)?;
        self.check_shared_texts(planned).map_err(of_stage)?;
        planned.method.check(&known, planned.seed).map_err(of_stage)?;
        let start = start_of(planned).and_then(|key| stages.get(key));
        match (start, planned.anneal) {
            (Some(start), _) if start.seed != planned.seed => Err(of_stage(Error::Usage(
                "it starts from a stage of another seed; start from a stage of the same seed"
                    .into(),
            ))),
            (_, Some(anneal)) => anneal.check().map_err(of_stage),
            _ => Ok(()),
        }
    }

    /// Refuses to fit a dev head to training examples of an end-task that has no head.
    fn check_dev_head(&self, planned: &Planned) -> Result<()> {
        let MethodSpec::EndTask(TaskWeights::Learned(learned)) = &planned.method else {
            return Ok(());
        };
        let end_task = &planned.tasks[0];
        let in_words = end_task.form == Some(Form::InWords);
        if in_words && learned.dev.source == DevSource::HeldOutTrain {
            return Err(Error::Usage(format!(
                "`dev.source=held_out_train` is for end-tasks with a head, but `{}` is answered in words; leave the \
                 option out",
                end_task.name
            )));
        }
        Ok(())
    }

    /// Refuses a method that compares gradients in the trunk's output, for tasks on other texts.
    fn check_shared_texts(&self, planned: &Planned) -> Result<()> {
        let MethodSpec::Weighted(weighting) = &planned.method else { return Ok(()) };
        if weighting.at != GradientsAt::Representation {
            return Ok(());
        }
        let first = self.task(&planned.tasks[0])?;
        for task in &planned.tasks[1..] {
            let other = self.task(task)?;
            let (a, b) = (first.split(Split::Train), other.split(Split::Train));
            if a.len() != b.len() || a.iter().zip(b).any(|(a, b)| a.text != b.text) {
                return Err(Error::Usage(format!(
                    "`at=representation` is for tasks on the same texts; those of `{}` are not those of `{}`: leave it \
                     out, or give both tasks the same training examples in the same order",
                    task.name, planned.tasks[0].name
                )));
            }
        }
        Ok(())
    }

    fn size_if_known(&self, task: &TaskUse) -> Result<Option<usize>> {
        match task.source {
            Source::Task(_) => self.size(task).map(Some),
            _ => Ok(None),
        }
    }

    fn check_task(&self, task: &TaskUse) -> Result<()> {
        let kind = self.given.kind();
        let name = &task.name;
        let wrong = |text: String| Err(Error::Usage(text));
        match (&task.learns, kind) {
            (Learns::MaskedTokens, TrunkKind::T5) => wrong(format!(
                "`{name}` hides tokens for an encoder, but the trunk is a T5; name other tasks, or take an encoder"
            )),
            (Learns::Denoising(_), TrunkKind::Encoder) => wrong(format!(
                "`{name}` is written by a decoder, but the trunk is an encoder: give a T5 as `--init`, or set \
                 `trunk.kind=t5`"
            )),
            (Learns::Targets, _) => {
                let loaded = self.task(task)?;
                let written = matches!(loaded.spec.kind, TargetKind::Text { .. });
                if written && kind == TrunkKind::Encoder {
                    return wrong(format!(
                        "task `{name}` is answered in words, which needs a decoder: give a T5 as `--init`, or set \
                         `trunk.kind=t5`"
                    ));
                }
                let dev = loaded.split(Split::Dev);
                if task.scored && !dev.iter().any(|example| example.target.is_some()) {
                    return wrong(format!(
                        "task `{name}` can't be scored without dev examples with targets; add some, or leave it out"
                    ));
                }
                if loaded.split(Split::Train).is_empty() {
                    return wrong(format!(
                        "task `{name}` has no training examples; add some, or leave it out"
                    ));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Refuses teachers that did not learn what they are to teach.
fn check_teachers(planned: &Planned, stages: &Stages) -> Result<()> {
    for (task, key) in &planned.teachers {
        let Some(teacher) = stages.get(key) else { continue };
        if teacher.tasks.iter().all(|learned| learned.name != *task) {
            return Err(Error::Usage(format!(
                "`{}` did not learn task `{task}`, so it can't teach it; name a teacher that learned it",
                teacher.name
            )));
        }
    }
    Ok(())
}
