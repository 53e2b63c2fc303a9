//! Turns examples into token ids, as BAM and BERT's fine-tuning do: `[CLS] a [SEP]` or `[CLS] a [SEP] b [SEP]` (or
//! RoBERTa's form), cut to a length by longest-first truncation, not padded.

use std::path::Path;

use sha2::{Digest, Sha256};
use tokenizers::Tokenizer;

use super::{
    casing, export,
    facts::TokenizerFacts,
    load,
    pieces::{Pieces, batched},
    save,
    special::SpecialTokens,
    train,
    truncate::longest_first,
    words,
};
use crate::{Error, Example, ExampleId, Result, Target, Text};

/// Room for the special tokens of a pair and a token of each text.
const SHORTEST: usize = 6;

/// An example as tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    pub id: ExampleId,
    /// Token ids with special tokens, without padding.
    pub tokens: Vec<u32>,
    /// Which text each token belongs to, as BERT's token types.
    pub segments: Vec<u8>,
    /// Position of the first piece of every word of [`Text::Words`], in order; words cut off by truncation have
    /// none. Empty for other texts.
    pub word_starts: Vec<u32>,
    pub target: Option<Target>,
    /// Whether tokens were cut off.
    pub truncated: bool,
}

/// A tokenizer with the special tokens of its model and a maximal length.
#[derive(Clone, Debug)]
pub struct TextEncoder {
    tokenizer: Tokenizer,
    special: SpecialTokens,
    max_length: usize,
    fingerprint: String,
}

/// Tokens of a text or a pair with the special tokens around them.
struct Layout {
    tokens: Vec<u32>,
    segments: Vec<u8>,
    truncated: bool,
}

impl TextEncoder {
    /// The tokenizer of a pretrained model: `tokenizer.json`, or else `vocab.txt` with BERT's rules.
    ///
    /// # Errors
    /// Neither file is there, one is malformed or lacks special tokens, or a maximal length below 6.
    pub fn from_dir(dir: impl AsRef<Path>, max_length: usize) -> Result<Self> {
        TextEncoder::new(load::from_dir(dir.as_ref())?, max_length)
    }

    /// Trains an uncased WordPiece vocabulary of at most `vocab_size` pieces. The same texts give the same one.
    ///
    /// # Errors
    /// No words in the texts, a vocabulary too small for their characters, or a maximal length below 6.
    pub fn train<'a>(
        texts: impl Iterator<Item = &'a str>,
        vocab_size: usize,
        max_length: usize,
    ) -> Result<Self> {
        TextEncoder::new(train::wordpiece(texts, vocab_size)?, max_length)
    }

    fn new(tokenizer: Tokenizer, max_length: usize) -> Result<Self> {
        if max_length < SHORTEST {
            let problem = format!(
                "the maximal length is {max_length}; expected at least {SHORTEST}, for a pair"
            );
            return Err(Error::Invalid(problem));
        }
        let special = SpecialTokens::of(&tokenizer)?;
        let fingerprint = format!("{:x}", Sha256::digest(save::serialised(&tokenizer)?));
        Ok(TextEncoder { tokenizer, special, max_length, fingerprint })
    }

    /// # Errors
    /// Tags that are not one a word, or a text the tokenizer refuses.
    pub fn encode(&self, example: &Example) -> Result<Encoded> {
        self.encode_with(example, &mut Pieces::once(&self.tokenizer))
    }

    /// Encodes examples in parallel, keeping their order.
    ///
    /// # Errors
    /// Those of [`TextEncoder::encode`].
    pub fn encode_all(&self, examples: &[Example]) -> Result<Vec<Encoded>> {
        batched(&self.tokenizer, examples, |example, pieces| self.encode_with(example, pieces))
    }

    /// Token ids of unlabelled texts, each with special tokens around it and cut to the maximal length; in parallel,
    /// keeping their order.
    ///
    /// # Errors
    /// A text the tokenizer refuses.
    pub fn encode_texts<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Result<Vec<Vec<u32>>> {
        batched(&self.tokenizer, texts, |text, pieces| {
            Ok(self.single(&pieces.of(text.as_ref())?).tokens)
        })
    }

    fn encode_with(&self, example: &Example, pieces: &mut Pieces) -> Result<Encoded> {
        let id = example.id;
        if let (Text::Words(words), Some(Target::Tags(tags))) = (&example.text, &example.target)
            && words.len() != tags.len()
        {
            return Err(Error::Invalid(format!(
                "example {}: {} tags for {} words; expected one a word",
                id.0,
                tags.len(),
                words.len()
            )));
        }
        let mut word_starts = Vec::new();
        let Layout { tokens, segments, truncated } = match &example.text {
            Text::One(text) => self.single(&pieces.of(text)?),
            Text::Two(a, b) => self.pair(&pieces.of(a)?, &pieces.of(b)?),
            Text::Words(words) => {
                let (pieces, starts) = self.words(words, pieces)?;
                let kept = self.kept_of_single(pieces.len());
                let starts = starts.into_iter().take_while(|&start| start < kept);
                word_starts.extend(starts.map(|start| start as u32 + 1));
                self.single(&pieces)
            }
        };
        let target = example.target.clone();
        Ok(Encoded { id, tokens, segments, word_starts, target, truncated })
    }

    /// Pieces of all words, and where in them each word starts. A word of which the tokenizer leaves nothing
    /// becomes an unknown token, so that there is a place for its tag.
    fn words(&self, words: &[String], pieces: &mut Pieces) -> Result<(Vec<u32>, Vec<usize>)> {
        let mut of_all = Vec::new();
        let mut starts = Vec::with_capacity(words.len());
        for (i, word) in words.iter().enumerate() {
            starts.push(of_all.len());
            // Byte-level vocabularies tell a word inside a text from one at its start by the space before it.
            let of_word = if i == 0 { pieces.of(word) } else { pieces.of(&format!(" {word}")) };
            of_all.extend(of_word?);
            if of_all.len() == starts[i] {
                of_all.push(self.special.unk);
            }
        }
        Ok((of_all, starts))
    }

    fn kept_of_single(&self, pieces: usize) -> usize {
        pieces.min(self.max_length - 2)
    }

    fn single(&self, pieces: &[u32]) -> Layout {
        let kept = self.kept_of_single(pieces.len());
        let mut tokens = Vec::with_capacity(kept + 2);
        tokens.push(self.special.cls);
        tokens.extend(&pieces[..kept]);
        tokens.push(self.special.sep);
        let segments = vec![0; tokens.len()];
        Layout { tokens, segments, truncated: kept < pieces.len() }
    }

    fn pair(&self, a: &[u32], b: &[u32]) -> Layout {
        let around = self.special.around_pair();
        let (kept_a, kept_b) = longest_first(a.len(), b.len(), self.max_length - around);
        let mut tokens = Vec::with_capacity(kept_a + kept_b + around);
        tokens.push(self.special.cls);
        tokens.extend(&a[..kept_a]);
        tokens.push(self.special.sep);
        let mut segments = vec![0; tokens.len()];
        tokens.extend(std::iter::repeat_n(self.special.sep, self.special.between - 1));
        tokens.extend(&b[..kept_b]);
        tokens.push(self.special.sep);
        segments.resize(tokens.len(), self.special.second_segment);
        Layout { tokens, segments, truncated: kept_a < a.len() || kept_b < b.len() }
    }

    /// Writes `tokenizer.json`, from which [`TextEncoder::from_dir`] makes the same encoder, and
    /// `tokenizer_config.json`, with which Hugging Face's `AutoTokenizer` makes the same tokens.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn save(&self, dir: impl AsRef<Path>) -> Result<()> {
        export::save(&self.tokenizer, &self.special, self.max_length, dir.as_ref())
    }

    /// What a network must know, for a comparison with its configuration.
    pub fn facts(&self) -> TokenizerFacts {
        let SpecialTokens { names, second_segment, .. } = &self.special;
        let segments = usize::from(*second_segment) + 1;
        TokenizerFacts::of(&self.tokenizer, names, names[0], None, segments)
    }

    /// What is odd about the tokenizer and no error: capital letters that no text can use.
    pub fn remarks(&self) -> Vec<String> {
        casing::remark(&self.tokenizer).into_iter().collect()
    }

    /// Size of an embedding table for this vocabulary: one more than the largest id.
    pub fn vocab_size(&self) -> usize {
        self.tokenizer.get_vocab(true).into_values().max().map_or(0, |id| id as usize + 1)
    }

    /// For every id, whether its piece continues a word; `None` where the pieces of this vocabulary don't tell.
    pub fn word_continuations(&self) -> Option<Vec<bool>> {
        words::continuations(&self.tokenizer)
    }

    pub fn max_length(&self) -> usize {
        self.max_length
    }

    pub fn pad_id(&self) -> u32 {
        self.special.pad
    }

    pub fn mask_id(&self) -> u32 {
        self.special.mask
    }

    pub fn cls_id(&self) -> u32 {
        self.special.cls
    }

    pub fn sep_id(&self) -> u32 {
        self.special.sep
    }

    pub fn unk_id(&self) -> u32 {
        self.special.unk
    }

    /// SHA-256 of the tokenizer (not of the maximal length), for caches and manifests.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}
