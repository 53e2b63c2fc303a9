//! Evaluation: a network's outputs over whole splits, and the scores they get.

mod outputs;
mod scores;
mod written;

pub use outputs::{TaskOutputs, collect};
pub use scores::{TaskScores, mean_score, predicted, score};
pub use written::write_predictions;
