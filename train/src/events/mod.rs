//! What a run reports while it trains: named values at steps, as files.
//!
//! [`JsonLines`] appends to `metrics.jsonl`, which the report is made from; [`TensorBoard`] writes
//! the same values as an event file for TensorBoard. Both only write: nothing here decides what is
//! measured or when, and neither has any influence on training.

mod error;
mod json_lines;
mod measurement;
mod tensorboard;

pub use error::EventError;
pub use json_lines::{JsonLines, read_json_lines, read_json_lines_until};
pub use measurement::{Measurement, number_or_word};
pub use tensorboard::TensorBoard;
