//! Passages of unlabelled text as a task of a text-to-text mixture, corrupted anew at every draw.
//!
//! Documents are cut and joined once into passages of the length that fills the model's inputs; what is hidden in a
//! passage depends on the seed and the step at which it is drawn.

use std::{ops::Range, sync::Arc};

use super::{
    DrawKey, Passage, passages,
    text_to_text::{Lengths, Objective, TextToText},
};
use crate::{Error, Result, mixture::TextToTextSource};

/// Tokenised documents.
pub trait Documents: Send + Sync {
    /// Number of documents.
    fn count(&self) -> usize;

    /// Tokens of a document.
    fn length(&self, document: usize) -> usize;

    /// Some of the tokens of a document.
    fn tokens(&self, document: usize, range: Range<usize>) -> Vec<u32>;
}

impl Documents for Vec<Vec<u32>> {
    fn count(&self) -> usize {
        self.len()
    }

    fn length(&self, document: usize) -> usize {
        self[document].len()
    }

    fn tokens(&self, document: usize, range: Range<usize>) -> Vec<u32> {
        self[document][range].to_vec()
    }
}

/// An objective over the passages of some documents.
pub struct PassageSource {
    documents: Arc<dyn Documents>,
    passages: Vec<Passage>,
    objective: Arc<dyn Objective>,
}

impl PassageSource {
    /// Passages as long as the objective's examples fit into `row`, of pieces of at least `shortest` tokens
    /// ([`passages`]).
    ///
    /// # Errors
    /// A row in which no example fits, or documents that are all too short.
    pub fn new(
        documents: Arc<dyn Documents>,
        objective: Arc<dyn Objective>,
        row: Lengths,
        shortest: usize,
    ) -> Result<Self> {
        let Some(longest) = objective.longest(row) else {
            return Err(Error::Invalid(format!(
                "rows of {} input and {} target tokens are too short for the objective; make them longer",
                row.inputs, row.targets
            )));
        };
        let lengths: Vec<usize> = (0..documents.count()).map(|d| documents.length(d)).collect();
        let passages = passages(&lengths, longest, shortest);
        if passages.is_empty() {
            return Err(Error::Invalid(format!(
                "none of the {} documents has a piece of at least {} tokens to denoise in passages of {longest}; give \
                 longer documents",
                lengths.len(),
                shortest.max(2)
            )));
        }
        Ok(PassageSource { documents, passages, objective })
    }
}

impl TextToTextSource for PassageSource {
    fn count(&self) -> usize {
        self.passages.len()
    }

    fn lengths(&self, example: usize) -> Lengths {
        self.objective.lengths(self.passages[example].length())
    }

    fn target_length(&self, example: usize, key: DrawKey) -> Result<usize> {
        match self.objective.has_fixed_lengths() {
            true => Ok(self.lengths(example).targets),
            false => Ok(self.example(example, key)?.targets.len()),
        }
    }

    fn example(&self, example: usize, key: DrawKey) -> Result<TextToText> {
        let pieces = &self.passages[example].pieces;
        let pieces: Vec<Vec<u32>> =
            pieces.iter().map(|p| self.documents.tokens(p.document, p.tokens.clone())).collect();
        let pieces: Vec<&[u32]> = pieces.iter().map(Vec::as_slice).collect();
        self.objective.example(&pieces, key)
    }
}
