//! Forward and backward passes that a step takes.

use std::fmt;

/// Passes of a step with T tasks, as multiples of T and, for tasks on the same texts, of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passes {
    /// Forward passes of the trunk for every task.
    pub forward: usize,
    /// Backward passes of the trunk for every task.
    pub backward: usize,
    /// Whether one pass serves all tasks.
    pub shared: bool,
}

impl Passes {
    /// Forward and backward passes of a step with `tasks` tasks.
    pub fn of(&self, tasks: usize) -> (usize, usize) {
        let tasks = if self.shared { 1 } else { tasks };
        (self.forward * tasks, self.backward * tasks)
    }
}

impl fmt::Display for Passes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |n: usize| match (self.shared, n) {
            (true, n) => n.to_string(),
            (false, 1) => "T".into(),
            (false, n) => format!("{n}T"),
        };
        write!(f, "{} + {}", count(self.forward), count(self.backward))
    }
}
