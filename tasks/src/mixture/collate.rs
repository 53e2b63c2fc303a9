//! Texts of a batch side by side, padded to the longest.

use crate::text::Encoded;

/// Tokens of a batch, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenBatch {
    pub rows: usize,
    /// Tokens in a row, padding included.
    pub width: usize,
    /// Real tokens of each row.
    pub lengths: Vec<u32>,
    /// `rows * width` token ids.
    pub tokens: Vec<i32>,
    /// `rows * width` segment ids.
    pub segments: Vec<i32>,
}

/// Pads `texts` with `pad` to the longest, rounded up to a multiple of `multiple` tokens.
///
/// Few different widths spare GPU backends from compiling and tuning for every shape; CPUs do best with 1.
pub fn collate(texts: &[&Encoded], pad: u32, multiple: usize) -> TokenBatch {
    let longest = texts.iter().map(|t| t.tokens.len()).max().unwrap_or(0);
    let width = longest.next_multiple_of(multiple.max(1));
    let mut batch = TokenBatch {
        rows: texts.len(),
        width,
        lengths: texts.iter().map(|t| t.tokens.len() as u32).collect(),
        tokens: vec![pad as i32; texts.len() * width],
        segments: vec![0; texts.len() * width],
    };
    for (row, text) in texts.iter().enumerate() {
        let at = row * width;
        for (i, (&token, &segment)) in text.tokens.iter().zip(&text.segments).enumerate() {
            batch.tokens[at + i] = token as i32;
            batch.segments[at + i] = i32::from(segment);
        }
    }
    batch
}
