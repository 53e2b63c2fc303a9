//! Tasks, text, mixtures and metrics as plain Rust values.
//!
//! A [`Task`] is one data set with a target kind, a text format and metrics. Readers turn published files into
//! tasks, a [`Catalogue`] finds all of them by name, a [`text::TextEncoder`] turns their texts into tokens, a
//! [`mixture::MixturePlan`] decides which examples make up which batch, a [`cache::FeatureCache`] keeps tokens on
//! disk, and [`metrics`] score what a model predicts. From unlabelled text ([`TextCorpus`]), [`objectives`] make what
//! is to be predicted. Nothing here knows of tensors or networks.

pub mod cache;
pub mod catalogue;
pub mod check;
pub mod corpus;
pub mod declared;
pub mod error;
pub mod example;
mod file;
mod form;
pub mod glue;
pub mod metrics;
pub mod mixture;
pub mod objectives;
mod presence;
pub mod registry;
pub mod suite;
pub mod synthetic;
pub mod tagging;
pub mod tartan;
pub mod task;
pub mod text;
mod thin;
pub mod words;
pub mod written;

pub use catalogue::{Catalogue, Form};
pub use corpus::TextCorpus;
pub use error::{Error, Result};
pub use example::{Answer, Example, ExampleId, Target, Text};
pub use presence::Presence;
pub use task::{Family, SourceFile, Split, TargetKind, Task, TaskSpec};
