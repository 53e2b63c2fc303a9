//! The shape of text-to-text batches: how long rows are, whether they are shared, and which shapes there may be.
//!
//! Kernels are compiled, tuned and remembered by shape on most accelerators, so few shapes are better there; a CPU does
//! best with the smallest that holds the batch.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::packing::{one_each, pack};
use crate::{Error, Result, objectives::Lengths};

/// Which widths rows may have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Widths {
    /// That of the longest row.
    #[default]
    Exact,
    /// The next multiple of so many tokens.
    Multiple(usize),
    /// The smallest of these that is wide enough, in ascending order; rows longer than all have the full width.
    Buckets(Vec<usize>),
    /// Always the most that a row may hold.
    Full,
}

impl Widths {
    /// The width of a batch whose longest row has `longest` tokens, where rows hold at most `most`.
    pub fn of(&self, longest: usize, most: usize) -> usize {
        match self {
            Widths::Exact => longest,
            Widths::Multiple(multiple) => longest.next_multiple_of((*multiple).max(1)).min(most),
            Widths::Buckets(widths) => {
                widths.iter().copied().find(|width| *width >= longest).map_or(most, |w| w.min(most))
            }
            Widths::Full => most,
        }
    }
}

/// How the examples of a batch are laid out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LayoutConfig {
    /// The most a row may hold, EOS included; no example may be longer.
    pub row: Lengths,
    /// Whether several examples share a row.
    pub packing: bool,
    /// Widths of inputs.
    pub input_widths: Widths,
    /// Widths of targets.
    pub target_widths: Widths,
    /// The number of rows is a multiple of this; rows of padding make it up.
    #[schemars(range(min = 1))]
    pub row_multiple: usize,
}

impl Default for LayoutConfig {
    /// T5's row of 512 input tokens and the targets that span corruption makes of them, packed.
    fn default() -> Self {
        LayoutConfig {
            row: Lengths { inputs: 512, targets: 114 },
            packing: true,
            input_widths: Widths::default(),
            target_widths: Widths::default(),
            row_multiple: 1,
        }
    }
}

impl LayoutConfig {
    /// # Errors
    /// Rows that hold nothing, a multiple of 0, or buckets that don't ascend.
    pub fn check(&self) -> Result<()> {
        let Lengths { inputs, targets } = self.row;
        if inputs == 0 || targets == 0 || self.row_multiple == 0 {
            return Err(Error::Invalid(format!(
                "rows have {inputs} input and {targets} target tokens, in multiples of {}; each must be at least 1",
                self.row_multiple
            )));
        }
        for widths in [&self.input_widths, &self.target_widths] {
            if let Widths::Buckets(widths) = widths
                && !widths.is_sorted()
            {
                return Err(Error::Invalid(format!(
                    "bucket widths are {widths:?}; give them in ascending order"
                )));
            }
        }
        Ok(())
    }

    /// The examples of each row, by index.
    ///
    /// # Errors
    /// An example that is longer than a row.
    pub(super) fn rows(&self, examples: &[Lengths]) -> Result<Vec<Vec<usize>>> {
        match self.packing {
            true => pack(examples, self.row),
            false => one_each(examples, self.row),
        }
    }
}
