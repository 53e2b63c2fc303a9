//! Text-to-text examples as a batch: tokens of the encoder and of the decoder's targets, row by row, with segments.
//!
//! Several examples may share a row. Each is a segment with a number of its own, from 1 in every row, the same on both
//! sides, and 0 is padding: attention stays within a segment, and a target's segment sees the inputs' of the same
//! number. Positions start anew in each segment. Targets are as the loss wants them; the decoder reads them shifted
//! right, each segment behind a start token, which is up to the network.

use std::ops::Range;

use super::{Draw, LayoutConfig, PaddingWaste};
use crate::{
    Error, Result,
    objectives::{Lengths, TextToText},
};

/// The target of positions that have none.
pub const NO_TARGET: i32 = -100;

/// One side of a batch: `rows * width` values in each field, row by row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenRows {
    /// Tokens in a row, padding included.
    pub width: usize,
    /// Token ids. Padding is the tokenizer's padding id among the inputs, and [`NO_TARGET`] among the targets.
    pub tokens: Vec<i32>,
    /// Which example of the row a token belongs to, from 1; 0 for padding.
    pub segments: Vec<i32>,
    /// Position within the example, from 0; 0 for padding.
    pub positions: Vec<i32>,
}

/// Where an example of a batch lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    pub draw: Draw,
    pub row: usize,
    /// Its number in the row, from 1.
    pub segment: i32,
}

/// A batch of text-to-text examples.
#[derive(Clone, Debug, PartialEq)]
pub struct TextToTextBatch {
    pub step: u64,
    pub rows: usize,
    pub inputs: TokenRows,
    pub targets: TokenRows,
    /// Factor on the loss of every target, 0 where there is none; the loss of a batch is the sum over its targets
    /// divided by [`total_weight`](Self::total_weight).
    pub loss_weights: Vec<f32>,
    /// The examples, row by row.
    pub examples: Vec<Placed>,
}

impl TokenRows {
    fn filled(rows: usize, width: usize, padding: i32) -> Self {
        let zeros = vec![0; rows * width];
        let tokens = vec![padding; rows * width];
        TokenRows { width, tokens, segments: zeros.clone(), positions: zeros }
    }

    /// Writes an example's tokens and says where they end.
    fn put(&mut self, start: usize, segment: i32, tokens: &[u32]) -> usize {
        for (position, &token) in tokens.iter().enumerate() {
            self.tokens[start + position] = token as i32;
            self.segments[start + position] = segment;
            self.positions[start + position] = position as i32;
        }
        start + tokens.len()
    }

    fn part(&self, rows: Range<usize>) -> Self {
        let cut = |values: &[i32]| values[rows.start * self.width..rows.end * self.width].to_vec();
        TokenRows {
            width: self.width,
            tokens: cut(&self.tokens),
            segments: cut(&self.segments),
            positions: cut(&self.positions),
        }
    }

    /// Real tokens against all.
    pub fn waste(&self) -> PaddingWaste {
        let real = self.segments.iter().filter(|segment| **segment > 0).count();
        PaddingWaste { real: real as u64, computed: self.segments.len() as u64 }
    }
}

impl TextToTextBatch {
    /// Lays out drawn examples; `pad` is the tokenizer's padding id.
    ///
    /// # Errors
    /// A layout that makes no sense, an example that is longer than a row or has no targets.
    pub fn new(
        step: u64,
        examples: &[(Draw, TextToText)],
        layout: &LayoutConfig,
        pad: u32,
    ) -> Result<Self> {
        layout.check()?;
        let lengths: Vec<Lengths> = examples.iter().map(|(_, example)| example.lengths()).collect();
        if let Some(at) = lengths.iter().position(|l| l.inputs == 0 || l.targets == 0) {
            let (task, example) = (examples[at].0.task, examples[at].0.example);
            let problem = "has no inputs or no targets; even an empty text ends with EOS";
            return Err(Error::Invalid(format!("example {example} of task {task} {problem}")));
        }
        let of_rows = layout.rows(&lengths)?;
        let longest = |side: fn(&Lengths) -> usize| {
            let sums = of_rows.iter().map(|row| row.iter().map(|&at| side(&lengths[at])).sum());
            sums.max().unwrap_or(0)
        };
        let inputs = layout.input_widths.of(longest(|l| l.inputs), layout.row.inputs);
        let targets = layout.target_widths.of(longest(|l| l.targets), layout.row.targets);
        let rows = of_rows.len().next_multiple_of(layout.row_multiple);
        let mut batch = TextToTextBatch {
            step,
            rows,
            inputs: TokenRows::filled(rows, inputs, pad as i32),
            targets: TokenRows::filled(rows, targets, NO_TARGET),
            loss_weights: vec![0.0; rows * targets],
            examples: Vec::with_capacity(examples.len()),
        };
        for (row, members) in of_rows.iter().enumerate() {
            let (mut input, mut target) = (row * inputs, row * targets);
            for (&at, segment) in members.iter().zip(1..) {
                let (draw, example) = &examples[at];
                batch.examples.push(Placed { draw: *draw, row, segment });
                input = batch.inputs.put(input, segment, &example.inputs);
                let end = batch.targets.put(target, segment, &example.targets);
                batch.loss_weights[target..end].fill(draw.weight);
                target = end;
            }
        }
        Ok(batch)
    }

    /// The sum of the loss weights.
    pub fn total_weight(&self) -> f64 {
        self.loss_weights.iter().map(|&weight| f64::from(weight)).sum()
    }

    /// Whether some row holds more than one example, so that attention needs segments.
    pub fn is_packed(&self) -> bool {
        self.examples.iter().any(|example| example.segment > 1)
    }

    /// Some of the rows as a batch, for gradient accumulation: parts are computed one after the other, and their summed
    /// losses divided by the total weight of the whole.
    ///
    /// # Panics
    /// If there are no such rows.
    pub fn part(&self, rows: Range<usize>) -> Self {
        let placed = self.examples.iter().filter(|example| rows.contains(&example.row));
        TextToTextBatch {
            step: self.step,
            rows: rows.len(),
            inputs: self.inputs.part(rows.clone()),
            targets: self.targets.part(rows.clone()),
            loss_weights: self.loss_weights
                [rows.start * self.targets.width..rows.end * self.targets.width]
                .to_vec(),
            examples: placed.map(|p| Placed { row: p.row - rows.start, ..*p }).collect(),
        }
    }

    /// The batch in `parts` parts of as many rows as possible each; fewer parts where there are fewer rows.
    pub fn parts(&self, parts: usize) -> Vec<Self> {
        let rows = self.rows.div_ceil(parts.max(1)).max(1);
        let starts = (0..self.rows).step_by(rows);
        starts.map(|start| self.part(start..(start + rows).min(self.rows))).collect()
    }

    /// The example at a place, its tokens as they were laid out.
    pub fn example(&self, placed: &Placed) -> TextToText {
        let of = |side: &TokenRows| -> Vec<u32> {
            let range = placed.row * side.width..(placed.row + 1) * side.width;
            let row = side.tokens[range.clone()].iter().zip(&side.segments[range]);
            row.filter(|(_, segment)| **segment == placed.segment).map(|(t, _)| *t as u32).collect()
        };
        TextToText { inputs: of(&self.inputs), targets: of(&self.targets) }
    }
}
