//! From a text to the ids of its pieces, remembering words that were seen before.
//!
//! BERT's rules never look across a space or, in ASCII, across punctuation; T5's never across a single space between
//! ASCII characters. The pieces of a text are those of what lies between, one after the other. Most words of a data set
//! are repetitions, so remembering them is many times faster than running normalisation and matching again. Other
//! tokenizers (byte-level ones keep the space) see every text whole.

use std::collections::HashMap;

use rayon::prelude::*;
use tokenizers::Tokenizer;

use super::{guarded::guarded, rules::Rules};
use crate::{Error, Result};

/// So many words are remembered at most; later new ones are tokenised each time.
const REMEMBERED: usize = 1 << 18;

/// Longer ones, in bytes, are not worth it.
const LONGEST: usize = 64;

/// Texts that a thread encodes in one go at least, so that remembering words pays.
const AT_ONCE: usize = 256;

/// Tokenises texts one after the other.
pub(super) struct Pieces<'a> {
    tokenizer: &'a Tokenizer,
    /// `None` where texts are not cut.
    rules: Option<Rules>,
    known: HashMap<String, Box<[u32]>>,
}

/// Encodes texts in parallel, each thread remembering words, and keeps their order.
pub(super) fn batched<T: Sync, U: Send>(
    tokenizer: &Tokenizer,
    texts: &[T],
    encode: impl Fn(&T, &mut Pieces) -> Result<U> + Sync,
) -> Result<Vec<U>> {
    let at_once = texts.len().div_ceil(2 * rayon::current_num_threads()).max(AT_ONCE);
    let encode_some = |texts: &[T]| {
        let mut pieces = Pieces::remembering(tokenizer);
        texts.iter().map(|text| encode(text, &mut pieces)).collect::<Result<Vec<_>>>()
    };
    let encoded: Vec<_> = texts.par_chunks(at_once).map(encode_some).collect::<Result<_>>()?;
    Ok(encoded.into_iter().flatten().collect())
}

impl<'a> Pieces<'a> {
    /// For a single text: remembers nothing.
    pub fn once(tokenizer: &'a Tokenizer) -> Self {
        Pieces { tokenizer, rules: None, known: HashMap::new() }
    }

    /// For many texts.
    pub fn remembering(tokenizer: &'a Tokenizer) -> Self {
        Pieces { tokenizer, rules: Rules::of(tokenizer), known: HashMap::new() }
    }

    pub fn of(&mut self, text: &str) -> Result<Vec<u32>> {
        let mut pieces = Vec::with_capacity(text.len() / 3);
        match self.rules {
            Some(Rules::Bert) => {
                for part in parts_of_berts(text) {
                    self.add(part, &mut pieces)?;
                }
            }
            // Added tokens start with the bracket, and what is beside them depends on them.
            Some(Rules::T5) if !text.contains('<') => {
                let mut rest = text;
                while !rest.is_empty() {
                    let (word, after) = first_of_t5s(rest);
                    self.add(word, &mut pieces)?;
                    rest = after;
                }
            }
            _ => return tokenise(self.tokenizer, text),
        }
        Ok(pieces)
    }

    /// The pieces of a part, remembered or made anew.
    fn add(&mut self, part: &str, pieces: &mut Vec<u32>) -> Result<()> {
        if let Some(of_part) = self.known.get(part) {
            pieces.extend_from_slice(of_part);
            return Ok(());
        }
        let of_part = tokenise(self.tokenizer, part)?;
        pieces.extend_from_slice(&of_part);
        if self.known.len() < REMEMBERED && part.len() <= LONGEST {
            self.known.insert(part.into(), of_part.into());
        }
        Ok(())
    }
}

/// The words and punctuation marks of a text, one after the other. What may hold an added token (they start with a
/// bracket), or is not ASCII, stays whole. Each word is looked at once, so that a text without spaces takes no longer
/// than others.
fn parts_of_berts(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ').filter(|word| !word.is_empty()).flat_map(|word| {
        let whole = !word.is_ascii() || word.contains('[');
        let mut rest = word;
        std::iter::from_fn(move || {
            let mark = match whole {
                true => None,
                false => rest.bytes().position(|byte| byte.is_ascii_punctuation()),
            };
            let (part, after) = rest.split_at(mark.map_or(rest.len(), |mark| mark.max(1)));
            rest = after;
            (!part.is_empty()).then_some(part)
        })
    })
}

/// The first word, and what follows it. Only a space between two visible ASCII characters ends a word: what
/// normalisation makes of others may depend on both sides.
fn first_of_t5s(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let visible = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_graphic);
    let ends = |&at: &usize| bytes[at] == b' ' && at > 0 && visible(at - 1) && visible(at + 1);
    match (0..bytes.len()).find(ends) {
        Some(end) => (&text[..end], &text[end + 1..]),
        None => (text, ""),
    }
}

fn tokenise(tokenizer: &Tokenizer, text: &str) -> Result<Vec<u32>> {
    let encoding = guarded(|| tokenizer.encode_fast(text, false)).map_err(Error::Tokenizer)?;
    Ok(encoding.get_ids().to_vec())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_parted_at_ascii_punctuation_unless_they_may_hold_more() {
        let parts = |text| parts_of_berts(text).collect::<Vec<_>>();
        assert_eq!(
            parts("it's 3.5,  (é.b) [X]. "),
            ["it", "'", "s", "3", ".", "5", ",", "(é.b)", "[X]."]
        );
        assert_eq!(parts("..a"), [".", ".", "a"]);
        assert!(parts("  ").is_empty());
    }

    /// Looking at the rest of the text for each part would take hours here.
    #[test]
    fn a_long_text_without_spaces_is_parted_in_one_pass() {
        assert_eq!(parts_of_berts(&"a,".repeat(2_000_000)).count(), 4_000_000);
    }

    proptest! {
        #[test]
        fn parts_hold_all_that_is_no_space(text in "[a-c.,\\[é ]{0,40}") {
            prop_assert_eq!(parts_of_berts(&text).collect::<String>(), text.replace(' ', ""));
        }
    }
}
