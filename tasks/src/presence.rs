//! Which data of a task are there: to train on, only to score models on, or none.

use std::fmt;

/// Which data of a task are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Training data, and all that goes with them.
    Trainable,
    /// Only data to score models on; this training file is wanted.
    EvaluationOnly { wants: String },
    /// Nothing, or too little to read the task; this file is wanted.
    Missing { wants: String },
}

impl fmt::Display for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Presence::Trainable => f.write_str("there"),
            Presence::EvaluationOnly { wants } => write!(f, "to be trained on, it wants {wants}"),
            Presence::Missing { wants } => write!(f, "wants {wants}"),
        }
    }
}
