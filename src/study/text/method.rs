//! The methods of a text-to-text study: what a network is pre-trained on.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A pre-training mixture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PreTraining {
    /// None: fine-tuning starts where pre-training would.
    None,
    /// Denoising of the corpus alone (T5).
    Denoising,
    /// Supervised tasks alone; so many of them, or all.
    Supervised { tasks: Option<usize> },
    /// Both in one stream, `ratio` examples of denoising for one of the tasks (ExT5: 2).
    Both { tasks: Option<usize>, ratio: f64 },
}

impl PreTraining {
    /// Supervised tasks in it: `Some(None)` for all.
    pub fn tasks(self) -> Option<Option<usize>> {
        match self {
            Self::None | Self::Denoising => None,
            Self::Supervised { tasks } | Self::Both { tasks, .. } => Some(tasks),
        }
    }

    /// Examples of denoising for one of supervised tasks, where there are both.
    pub fn ratio(self) -> Option<f64> {
        match self {
            Self::Both { ratio, .. } => Some(ratio),
            _ => None,
        }
    }

    /// Whether it holds denoising.
    pub fn denoises(self) -> bool {
        matches!(self, Self::Denoising | Self::Both { .. })
    }

    /// A name for folders: lower case, ASCII.
    pub fn slug(self) -> String {
        let tasks = |tasks: Option<usize>| tasks.map_or(String::new(), |n| format!("-{n}"));
        match self {
            Self::None => "none".into(),
            Self::Denoising => "denoising".into(),
            Self::Supervised { tasks: n } => format!("supervised{}", tasks(n)),
            Self::Both { tasks: n, ratio } => format!("both-r{ratio}{}", tasks(n)),
        }
    }
}

impl fmt::Display for PreTraining {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tasks = |tasks: Option<usize>| match tasks {
            None => String::new(),
            Some(1) => ", 1 task".into(),
            Some(n) => format!(", {n} tasks"),
        };
        match self {
            Self::None => f.write_str("No pre-training"),
            Self::Denoising => f.write_str("Denoising"),
            Self::Supervised { tasks: n } => write!(f, "Supervised{}", tasks(*n)),
            Self::Both { tasks: n, ratio } => write!(f, "Both (R = {ratio}{})", tasks(*n)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_ratio_and_number_of_tasks() {
        let both = PreTraining::Both { tasks: None, ratio: 2.0 };
        assert_eq!((both.to_string(), both.slug()), ("Both (R = 2)".into(), "both-r2".into()));
        let few = PreTraining::Both { tasks: Some(8), ratio: 0.5 };
        assert_eq!(few.to_string(), "Both (R = 0.5, 8 tasks)");
        assert_eq!(few.slug(), "both-r0.5-8");
        let one = PreTraining::Supervised { tasks: Some(1) };
        assert_eq!(one.to_string(), "Supervised, 1 task");
    }
}
