//! A suite: tasks that belong together and come from one place, such as the GLUE benchmark.
//!
//! A suite knows the descriptions of its tasks without reading any data, and reads a task when asked for it by name.
//! What it says of its tasks is enough to have them in both forms: [`Suite::load_in`] puts a labelled task in words, in
//! the suite's own way where [`Suite::words`] has one.

use crate::{Error, Form, Presence, Result, Task, TaskSpec, words::InWords};

/// Tasks that belong together.
///
/// ```
/// use taskgraft_tasks::{
///     Example, ExampleId, Family, Result, Split, Target, TargetKind, Task, TaskSpec, Text, metrics::Metric,
///     suite::Suite,
/// };
///
/// /// Is a number even?
/// struct Numbers;
///
/// impl Suite for Numbers {
///     fn name(&self) -> &str {
///         "numbers"
///     }
///
///     fn specs(&self) -> Vec<TaskSpec> {
///         vec![TaskSpec {
///             name: "even".into(),
///             suite: "numbers".into(),
///             family: Family::Classification,
///             kind: TargetKind::Class { labels: vec!["even".into(), "odd".into()] },
///             metrics: vec![Metric::Accuracy],
///             symmetric: false,
///         }]
///     }
///
///     fn load(&self, task: &str) -> Result<Task> {
///         let target = |i: u32| Some(Target::Class(i as usize % 2));
///         let of = |i| Example { id: ExampleId(i), text: Text::One(i.to_string()), target: target(i) };
///         let splits = [(Split::Train, 0..80), (Split::Dev, 80..100)];
///         let splits = splits.map(|(split, ids)| (split, ids.map(of).collect()));
///         Ok(Task { spec: self.spec(task)?, splits: splits.into(), sources: vec![] })
///     }
/// }
///
/// assert_eq!(Numbers.load("even")?.split(Split::Train).len(), 80);
/// assert!(Numbers.load("odd").is_err());
/// # Ok::<(), taskgraft_tasks::Error>(())
/// ```
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

    /// How a task is put in words, where the suite has a way of its own; [`InWords::of`] otherwise.
    fn words(&self, _task: &str) -> Option<InWords> {
        None
    }

    /// Which data of a task are there. Nothing is read. A suite that makes its tasks has all of them.
    fn presence_of(&self, _task: &str) -> Presence {
        Presence::Trainable
    }

    /// Description of one task in a form.
    ///
    /// # Errors
    /// Those of [`Suite::spec`], and a form that the task does not have.
    fn spec_in(&self, task: &str, form: Form) -> Result<TaskSpec> {
        let spec = self.spec(task)?;
        form.check(&spec)?;
        if form == Form::Labelled || spec.kind.is_text() {
            return Ok(spec);
        }
        self.words(task).unwrap_or_else(|| InWords::new(task, &[])).spec(&spec)
    }

    /// Reads or makes a task in a form. Ids and splits are the same in both.
    ///
    /// # Errors
    /// Those of [`Suite::load`], and a form that the task does not have.
    fn load_in(&self, task: &str, form: Form) -> Result<Task> {
        form.check(&self.spec(task)?)?;
        let task_read = self.load(task)?;
        if form == Form::Labelled || task_read.spec.kind.is_text() {
            return Ok(task_read);
        }
        self.words(task).unwrap_or_else(|| InWords::of(&task_read)).put(&task_read)
    }

    /// Reads several tasks, in the order asked for. All names are checked before any data is read.
    ///
    /// # Errors
    /// Those of [`Suite::load`], and a name given twice.
    fn load_all(&self, tasks: &[&str]) -> Result<Vec<Task>> {
        for (i, task) in tasks.iter().enumerate() {
            self.spec(task)?;
            if tasks[..i].contains(task) {
                return Err(Error::Invalid(format!(
                    "task `{task}` is asked for twice; name it once"
                )));
            }
        }
        tasks.iter().map(|task| self.load(task)).collect()
    }
}
