//! Text from a trained T5: greedy, beam and sampled decoding with a cache of keys and values, and
//! rank classification, which scores given labels instead of decoding freely.
//!
//! A row that has ended leaves the batch, so that it costs nothing more. What a row yields does
//! not depend on the rows beside it. Gradients are not tracked.

mod beam;
mod rank;
mod sampling;
mod single;
mod top;

use burn::module::Module;

pub use beam::{BeamSearch, EarlyStopping};
pub use rank::label_scores;
pub use sampling::Sampling;

use crate::t5::{Memory, T5, TokenBatch};
use crate::{Error, Result};

/// How the next token is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Strategy {
    /// The likeliest.
    Greedy,
    Beam(BeamSearch),
    Sample(Sampling),
}

/// What to generate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GenerationOptions {
    pub strategy: Strategy,
    /// The end-of-sequence token is one of them.
    pub max_new_tokens: usize,
}

impl GenerationOptions {
    pub fn greedy(max_new_tokens: usize) -> Self {
        Self { strategy: Strategy::Greedy, max_new_tokens }
    }

    pub fn beam(search: BeamSearch, max_new_tokens: usize) -> Self {
        Self { strategy: Strategy::Beam(search), max_new_tokens }
    }

    pub fn sample(sampling: Sampling, max_new_tokens: usize) -> Self {
        Self { strategy: Strategy::Sample(sampling), max_new_tokens }
    }

    fn check(&self) -> std::result::Result<(), String> {
        if self.max_new_tokens == 0 {
            return Err("`max_new_tokens` is 0; expected at least 1".into());
        }
        match &self.strategy {
            Strategy::Greedy => Ok(()),
            Strategy::Beam(search) => search.check(),
            Strategy::Sample(sampling) => sampling.check(),
        }
    }
}

/// What was generated for one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    /// Without the start token and the end-of-sequence token.
    pub tokens: Vec<usize>,
    /// Whether the end-of-sequence token was reached.
    pub ended: bool,
    /// The log-probability over the length penalty, in beam search.
    pub score: Option<f64>,
}

/// Generates from every row of `source`. `examples` names the rows, so that what is sampled for
/// one is the same in any batch; other strategies do not look at it.
///
/// # Errors
/// Where the options are out of their ranges, `examples` is not one per row, or the rows are packed
/// texts.
pub fn generate(
    model: &T5,
    source: &TokenBatch,
    examples: &[u64],
    options: &GenerationOptions,
) -> Result<Vec<Generated>> {
    options.check().map_err(Error::Invalid)?;
    let [rows, _] = source.tokens.dims();
    if examples.len() != rows {
        let named = examples.len();
        return Err(Error::Invalid(format!(
            "{named} examples are named for {rows} rows; name one for each row"
        )));
    }
    let (model, memory) = encoded(model, source)?;
    let limit = options.max_new_tokens;
    match &options.strategy {
        Strategy::Greedy => single::decode(&model, &memory, limit, |logits, _, _| {
            Ok(logits.argmax(1).into_data().iter::<i64>().map(|id| id as usize).collect())
        }),
        Strategy::Sample(sampling) => {
            single::decode(&model, &memory, limit, |logits, rows, position| {
                let vocabulary = logits.dims()[1];
                let logits = floats(logits)?;
                let rows = logits.chunks_exact(vocabulary).zip(rows);
                Ok(rows.map(|(row, n)| sampling.draw(row, examples[*n], position)).collect())
            })
        }
        Strategy::Beam(search) => beam::decode(&model, &memory, limit, search),
    }
}

/// The model without gradients, and its memory of `source`.
fn encoded(model: &T5, source: &TokenBatch) -> Result<(T5, Memory)> {
    if source.segments.is_some() {
        return Err(Error::Invalid(
            "rows are packed, but generation takes one text per row; give each text its own row"
                .into(),
        ));
    }
    let model = model.valid();
    let source = TokenBatch {
        tokens: source.tokens.clone().inner(),
        mask: source.mask.clone().inner(),
        segments: None,
    };
    let memory = model.encode(&source, None);
    Ok((model, memory))
}

/// The values in row-major order.
fn floats<const D: usize>(tensor: burn::tensor::Tensor<D>) -> Result<Vec<f32>> {
    let values = tensor.into_data().convert::<f32>().try_into_vec::<f32>();
    values.map_err(|error| Error::Invalid(format!("logits cannot be read: {error:?}")))
}
