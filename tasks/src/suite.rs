//! A suite: tasks that belong together and come from one place, such as the GLUE benchmark.
//!
//! A suite knows the descriptions of its tasks without reading any data, and reads a task when asked for it by name.

use crate::{Error, Result, Task, TaskSpec};

/// Tasks that belong together.
pub trait Suite: Send + Sync {
    /// Short name: `glue`.
    fn name(&self) -> &str;

    /// Descriptions of all tasks, in the suite's usual order.
    fn specs(&self) -> Vec<TaskSpec>;

    /// Reads or makes a task with all the splits that are there.
    ///
    /// # Errors
    /// An unknown name (with the nearest known one), or data that is missing or malformed.
    fn load(&self, task: &str) -> Result<Task>;

    /// Description of one task.
    ///
    /// # Errors
    /// An unknown name, with the nearest known one.
    fn spec(&self, task: &str) -> Result<TaskSpec> {
        let specs = self.specs();
        match specs.iter().position(|spec| spec.name == task) {
            Some(found) => Ok(specs[found].clone()),
            None => Err(Error::unknown("task", task, specs.into_iter().map(|s| s.name))),
        }
    }

    /// Reads several tasks, in the order asked for. All names are checked before any data is read.
    ///
    /// # Errors
    /// Those of [`Suite::load`], and a name given twice.
    fn load_all(&self, tasks: &[&str]) -> Result<Vec<Task>> {
        for (i, task) in tasks.iter().enumerate() {
            self.spec(task)?;
            if tasks[..i].contains(task) {
                return Err(Error::Invalid(format!("task `{task}` is asked for twice")));
            }
        }
        tasks.iter().map(|task| self.load(task)).collect()
    }
}
