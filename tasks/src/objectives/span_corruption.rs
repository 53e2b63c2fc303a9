//! Span corruption as T5 does it (Raffel et al., 2020, section 3.1.4 and the released code): the inputs have a sentinel
//! in the place of each noise span, the targets each sentinel followed by the span it stands for, and EOS.
//!
//! By default 15 in 100 tokens are noise, in spans of 3 tokens on average; see [`random_spans_lengths`] for the
//! lengths. The targets start with sentinel 0 and end without a final one. Sentinels descend from the end of the
//! vocabulary. T5 lets spans run from one document of a passage into the next; here they don't.

use serde::{Deserialize, Serialize};

use super::{
    DrawKey,
    spans::{Noise, noise_spans},
    text_to_text::{Lengths, Objective, T5Tokens, TextToText, joined},
};
use crate::{Error, Result};

/// Span corruption; the defaults are T5's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpanCorruption {
    /// The share of tokens that are noise.
    pub density: f64,
    /// Tokens of a noise span on average.
    pub mean_span: f64,
    pub tokens: T5Tokens,
}

impl Default for SpanCorruption {
    fn default() -> Self {
        SpanCorruption { density: 0.15, mean_span: 3.0, tokens: T5Tokens::default() }
    }
}

/// The lengths that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanLengths {
    /// Tokens of the passage.
    pub tokens: usize,
    /// Tokens of the targets, EOS included.
    pub targets: usize,
}

/// The longest passage whose corrupted inputs, EOS included, are at most `inputs` tokens, and how long its targets
/// are then: 568 and 114 for inputs of 512, with T5's density of 0.15 and mean span of 3. `None` if not even a
/// passage of two tokens fits.
///
/// These are the numbers of T5's `random_spans_helper`. It takes one token off where half of the tokens are noise and
/// the targets would be longer than the inputs. It rounds in double precision, unlike the noise itself, so that at
/// some lengths an example has a token of noise more than it says; [`Objective::lengths`] is exact.
pub fn random_spans_lengths(inputs: usize, density: f64, mean_span: f64) -> Option<SpanLengths> {
    let corruption = SpanCorruption { density, mean_span, tokens: T5Tokens::default() };
    corruption.check().ok()?;
    let lengths = |tokens: usize| {
        let noise = (tokens as f64 * density).round_ties_even();
        let spans = (noise / mean_span).round_ties_even();
        let (noise, spans) = (noise as usize, spans as usize);
        Lengths { inputs: tokens - noise + spans + 1, targets: noise + spans + 1 }
    };
    // Inputs are never more than a token longer than the passage.
    let mut tokens = inputs.checked_sub(1)?;
    while lengths(tokens + 1).inputs <= inputs {
        tokens += 1;
    }
    let mut targets = lengths(tokens).targets;
    if density == 0.5 && targets > inputs {
        tokens -= 1;
        targets -= 1;
    }
    (tokens >= 2).then_some(SpanLengths { tokens, targets })
}

impl SpanCorruption {
    fn check(&self) -> Result<()> {
        let SpanCorruption { density, mean_span, .. } = *self;
        if density > 0.0 && density < 1.0 && mean_span >= 1.0 && mean_span.is_finite() {
            return Ok(());
        }
        Err(Error::Invalid(format!(
            "span corruption: `density` is {density} and `mean_span` {mean_span}; give a density between 0 and 1, and \
             a mean span of at least 1"
        )))
    }

    /// The passage from which an example was made: the targets' spans in the place of the inputs' sentinels.
    ///
    /// # Errors
    /// No such example: sentinels that differ or are out of order, or no EOS at the end.
    pub fn restore(&self, example: &TextToText) -> Result<Vec<u32>> {
        let broken =
            |what: &str| Error::Invalid(format!("not an example of span corruption: {what}"));
        let T5Tokens { eos, .. } = self.tokens;
        let (Some((&last, inputs)), Some((&end, targets))) =
            (example.inputs.split_last(), example.targets.split_last())
        else {
            return Err(broken("inputs or targets are empty"));
        };
        if [last, end] != [eos, eos] {
            return Err(broken("inputs and targets must end with EOS"));
        }
        let is_sentinel = |token: &u32| self.tokens.number_of(*token).is_some();
        let mut rest = targets;
        let mut passage = Vec::with_capacity(inputs.len() + targets.len());
        let mut found = 0;
        for token in inputs {
            if !is_sentinel(token) {
                passage.push(*token);
                continue;
            }
            let Some((first, after)) = rest.split_first() else {
                return Err(broken("the targets lack a sentinel of the inputs"));
            };
            if [self.tokens.number_of(*token), self.tokens.number_of(*first)] != [Some(found); 2] {
                return Err(broken("sentinels must descend from the first, in inputs and targets"));
            }
            let span = after.iter().position(is_sentinel).unwrap_or(after.len());
            passage.extend(&after[..span]);
            rest = &after[span..];
            found += 1;
        }
        if rest.is_empty() {
            Ok(passage)
        } else {
            Err(broken("the inputs lack a sentinel of the targets"))
        }
    }
}

impl Objective for SpanCorruption {
    fn has_fixed_lengths(&self) -> bool {
        true
    }

    fn example(&self, documents: &[&[u32]], key: DrawKey) -> Result<TextToText> {
        self.check()?;
        let passage = joined(documents, &self.tokens)?;
        let lengths: Vec<usize> = documents.iter().map(|document| document.len()).collect();
        let noise = Noise::of(passage.len(), self.density, self.mean_span);
        let (mut inputs, mut targets) = (Vec::new(), Vec::new());
        let mut at = 0;
        for (number, span) in noise_spans(&lengths, noise, key)?.into_iter().enumerate() {
            let sentinel = self.tokens.sentinel(number)?;
            inputs.extend(&passage[at..span.start]);
            inputs.push(sentinel);
            targets.push(sentinel);
            targets.extend(&passage[span.clone()]);
            at = span.end;
        }
        inputs.extend(&passage[at..]);
        inputs.push(self.tokens.eos);
        targets.push(self.tokens.eos);
        Ok(TextToText { inputs, targets })
    }

    /// Not only the most: inputs and targets always have these lengths.
    fn lengths(&self, tokens: usize) -> Lengths {
        let noise = Noise::of(tokens, self.density, self.mean_span);
        Lengths {
            inputs: tokens - noise.tokens + noise.spans + 1,
            targets: noise.tokens + noise.spans + 1,
        }
    }
}
