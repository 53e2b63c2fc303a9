//! What contestants are timed at.

use serde::{Deserialize, Serialize};

use super::{
    glue::Files,
    work::{Size, Work},
};

/// Steps of a network, or epochs from files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    Steps(Work),
    /// An epoch of each of [`TASKS`](super::glue::TASKS).
    Glue(Files),
}

impl Job {
    /// As on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Steps(work) => work.name(),
            Self::Glue(_) => "glue",
        }
    }

    /// In words.
    pub fn title(&self, size: Size) -> String {
        match (self, size) {
            (Self::Steps(work), size) => work.title(size),
            (Self::Glue(_), Size::Full) => {
                "An epoch of RTE, MRPC, CoLA and STS-B each, from the files to the dev score".into()
            }
            (Self::Glue(_), Size::Quick) => "Three steps of RTE, MRPC, CoLA and STS-B each".into(),
        }
    }

    /// Whether nothing is learned.
    pub fn is_inference(&self) -> bool {
        matches!(self, Self::Steps(work) if work.is_inference())
    }
}
