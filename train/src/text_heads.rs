//! Tasks with labels, scores or tags for heads on T5's encoder: texts as tokens of a text-to-text vocabulary.
//!
//! A text ends with EOS; the two of a pair stand one behind the other, each with an EOS, cut longest first. Of a
//! tagging task's words, each has its own pieces, and those that don't fit have no tag.

use taskgraft_tasks::{
    Error, Example, Split, Task, Text,
    text::{Encoded, T5Tokenizer, longest_first},
};

use super::{
    TaskData,
    data::{fingerprint, warn},
};
use crate::Result;

impl TaskData {
    /// Tokenises a task of classes, scores or tags for a head on T5's encoder, at most `longest` tokens an example.
    ///
    /// # Errors
    /// A task without training examples, or a text that can't be encoded.
    pub fn for_t5_heads(task: &Task, tokenizer: &T5Tokenizer, longest: usize) -> Result<Self> {
        let name = &task.spec.name;
        warn(task, task.check()?);
        let mut train = task.split(Split::Train).to_vec();
        train.extend(task.swapped_pairs()?);
        let dev = task.split(Split::Dev);
        if train.is_empty() || longest < 4 {
            let problem = "needs training examples, and a `max_length` of at least 4 for its texts and their EOS";
            return Err(Error::Invalid(format!("task `{name}` {problem}")).into());
        }
        Ok(Self {
            spec: task.spec.clone(),
            fingerprint: format!("{}, {longest}", fingerprint(&train)),
            dev_fingerprint: fingerprint(dev),
            train: Self::encode_for_t5_heads(&train, tokenizer, longest)?,
            dev: Self::encode_for_t5_heads(dev, tokenizer, longest)?,
            teacher: None,
            masking: None,
            text: None,
        })
    }

    /// Examples as a head on T5's encoder reads them.
    ///
    /// # Errors
    /// A text that can't be encoded.
    pub fn encode_for_t5_heads(
        examples: &[Example],
        tokenizer: &T5Tokenizer,
        longest: usize,
    ) -> Result<Vec<Encoded>> {
        examples.iter().map(|example| encode(example, tokenizer, longest)).collect()
    }
}

fn encode(example: &Example, tokenizer: &T5Tokenizer, longest: usize) -> Result<Encoded> {
    let eos = tokenizer.tokens().eos;
    let mut word_starts = Vec::new();
    let (mut tokens, all) = match &example.text {
        Text::One(text) => {
            let pieces = tokenizer.encode(text)?;
            (pieces[..pieces.len().min(longest - 1)].to_vec(), pieces.len() + 1)
        }
        Text::Two(a, b) => {
            let (a, b) = (tokenizer.encode(a)?, tokenizer.encode(b)?);
            let (of_a, of_b) = longest_first(a.len(), b.len(), longest - 2);
            ([&a[..of_a], &[eos], &b[..of_b]].concat(), a.len() + b.len() + 2)
        }
        Text::Words(words) => {
            let mut tokens = Vec::new();
            for word in words {
                word_starts.push(tokens.len() as u32);
                let mut pieces = tokenizer.encode(word)?;
                if pieces.is_empty() {
                    pieces.push(tokenizer.unk_id());
                }
                tokens.extend(pieces);
            }
            let all = tokens.len() + 1;
            tokens.truncate(longest - 1);
            word_starts.retain(|&start| (start as usize) < tokens.len());
            (tokens, all)
        }
    };
    tokens.push(eos);
    Ok(Encoded {
        id: example.id,
        segments: vec![0; tokens.len()],
        truncated: tokens.len() < all,
        tokens,
        word_starts,
        target: example.target.clone(),
    })
}
