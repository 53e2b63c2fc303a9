//! The network that a stage keeps: for stages that start from it, for students, and for scores on other splits.
//!
//! Beside the exports in `model/`, which other programs read, a stage keeps trunk and heads in one file under the names
//! of their parameters. It is read into a network of the stage's own shape, to the bit.

use std::path::{Path, PathBuf};

use burn::{module::Module, store::ModuleRecord};
use taskgraft_models::hugging_face;
use taskgraft_tasks::TaskSpec;

use super::{Planned, Workbench};
use crate::{
    Error, Result,
    train::{MultiTask, TaskData, description},
};

fn path(folder: &Path) -> PathBuf {
    folder.join("network.bpk")
}

/// Keeps a network in a stage's folder.
///
/// # Errors
/// If it can't be written.
pub fn keep(model: &MultiTask, folder: &Path) -> Result<()> {
    let (whole, partial) = (path(folder), folder.join("network.bpk.partial"));
    let failed = |e: burn::store::RecordError| Error::File {
        path: whole.clone(),
        problem: format!("can't be written: {e}"),
    };
    model.clone().into_record().save(&partial).map_err(failed)?;
    std::fs::rename(&partial, &whole).map_err(Error::io(&whole))
}

/// Writes what other programs read: each task's network in Hugging Face layout, with the tokenizer.
///
/// # Errors
/// If a file can't be written.
pub fn export(
    model: &MultiTask,
    tasks: &[TaskData],
    bench: &Workbench,
    folder: &Path,
) -> Result<()> {
    let models = folder.join("model");
    let tokeniser = bench.tokeniser()?;
    let mut writes = false;
    for (task, data) in tasks.iter().enumerate() {
        if data.text.is_some() {
            writes = true;
            continue;
        }
        let to = models.join(&data.spec.name);
        hugging_face::save_model(&model.to_model(task), &description(&data.spec), &to)?;
        tokeniser.save(&to)?;
    }
    // What is written, all tasks of it, is written by one decoder.
    if let Some(t5) = model.trunk.as_t5().filter(|_| writes) {
        hugging_face::save_t5(t5, &models)?;
        tokeniser.save(&models)?;
    }
    Ok(())
}

/// The network that a finished stage kept.
///
/// # Errors
/// If it isn't there, or is none of the stage's shape.
pub fn load(planned: &Planned, bench: &Workbench, folder: &Path) -> Result<MultiTask> {
    let path = path(folder);
    let problem = |problem: String| Error::File {
        path: path.clone(),
        problem: format!("{problem}; delete the folder of this run to train it anew"),
    };
    let record = ModuleRecord::load(&path).map_err(|e| problem(e.to_string()))?;
    let specs: Vec<TaskSpec> = planned
        .tasks
        .iter()
        .map(|task| Ok(bench.data(task)?.spec.clone()))
        .collect::<Result<_>>()?;
    let trunk = bench.trunk(planned.seed, planned.dropout)?;
    let model = MultiTask::new(trunk, &specs, planned.seed, &bench.device);
    let mut model = model.try_load_record(record).map_err(|e| problem(e.to_string()))?;
    model.trunk = model.trunk.with_precision(planned.train.precision);
    Ok(model)
}
