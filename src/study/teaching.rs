//! Predictions for students: a finished stage's outputs on its training examples, written once and read by those it
//! teaches.

use std::path::{Path, PathBuf};

use taskgraft_tasks::{TargetKind, TaskSpec};

use super::{Planned, network, runner::Runner};
use crate::{
    Error, Result,
    methods::{
        Anneal,
        predictions::{Predictions, Provenance},
    },
    train::{TaskData, TeacherSignal},
};

fn path(folder: &Path, task: &str) -> PathBuf {
    folder.join("predictions").join(format!("train-{task}.safetensors"))
}

fn provenance(data: &TaskData, teacher: String) -> Provenance {
    Provenance { task: data.spec.name.clone(), teacher, data: data.fingerprint.clone() }
}

/// Writes the predictions of a finished stage on the training examples of a task, unless they are there.
///
/// # Errors
/// If its network can't be read, the device fails, or the file can't be written.
pub fn write(
    runner: &Runner<'_>,
    planned: &Planned,
    task: &str,
    folder: &Path,
    digest: &str,
) -> Result<()> {
    let path = path(folder, task);
    let Some(of_task) = planned.tasks.iter().find(|other| other.name == task) else {
        return Err(Error::Usage(format!(
            "`{}` did not learn task `{task}`, so it can't teach it; name a teacher that learned it",
            planned.name
        )));
    };
    let data = runner.bench.data(of_task)?;
    if path.exists() || !can_teach(&data.spec) {
        return Ok(());
    }
    let model = network::load(planned, runner.bench, folder)?;
    let train = match data.text {
        Some(_) => runner.bench.train_inputs(of_task)?,
        None => data.train.clone(),
    };
    let (outputs, _) = runner.outputs(&model, planned, task, train, true)?;
    let width = outputs.by_example.first().map_or(0, Vec::len);
    let rows = outputs.by_example.into_iter().flatten().collect();
    let predictions = Predictions::new(&data.train_ids(), rows, width);
    predictions.save(&path, &provenance(&data, digest.into()))
}

/// Gives a task what its teacher predicted for it.
///
/// # Errors
/// Predictions that are missing, damaged, or not of this task and teacher.
pub fn read(data: &mut TaskData, folder: &Path, teacher: String, anneal: Anneal) -> Result<()> {
    if !can_teach(&data.spec) {
        return Ok(());
    }
    let provenance = provenance(data, teacher);
    let path = path(folder, &data.spec.name);
    let predictions = Predictions::load(&path, &provenance, data.train_ids())?;
    data.teacher = Some(TeacherSignal { predictions, anneal });
    Ok(())
}

/// BAM distils classes and scores; students learn tags from gold labels alone, and of answers in words those that stand
/// for classes.
fn can_teach(spec: &TaskSpec) -> bool {
    match &spec.kind {
        TargetKind::Class { .. } | TargetKind::Score { .. } => true,
        TargetKind::Text { stands_for } => {
            matches!(stands_for.as_deref(), Some(TargetKind::Class { .. }))
        }
        _ => false,
    }
}
