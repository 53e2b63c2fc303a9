//! Training of a SentencePiece-unigram vocabulary (Kudo, 2018), so that a T5 can be trained from scratch offline.
//!
//! Texts are normalised (NFKC, control characters removed) and split at spaces, each word with a mark before it. As in
//! SentencePiece no piece mixes letters, digits and other characters, and the rarest characters, 0.05% of the text,
//! become unknown tokens. The EM training itself is that of the tokenizers crate. It deals some ids and sums
//! probabilities in an order that changes from run to run; here it works on one thread, on sorted words, and its pieces
//! are put in order afterwards, so that equal texts give equal vocabularies.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use tokenizers::{
    AddedToken, NormalizedString, Normalizer, OffsetReferential, OffsetType, PreTokenizedString,
    PreTokenizer, Tokenizer,
    models::unigram::{Unigram, UnigramTrainer},
    normalizers::{NFKC, Nmt, Sequence as Normalizers},
    pre_tokenizers::{
        metaspace::{Metaspace, PrependScheme},
        sequence::Sequence as PreTokenizers,
        whitespace::WhitespaceSplit,
    },
    processors::template::TemplateProcessing,
};

use super::{
    guarded::guarded,
    t5::{EOS, PAD, UNK, sentinel},
};
use crate::{Error, Result};

/// The share of a text's characters that the vocabulary has, as in SentencePiece.
const COVERAGE: f64 = 0.9995;

/// Longer runs of one kind of character are cut for training: its cost grows with the square of their length.
const LONGEST: usize = 64;

/// As many strings as the trainer starts from at most. It reserves room for a whole vocabulary, so that a size beyond
/// what it can fill must not reach it.
const SEEDS: usize = 1_000_000;

/// The mark before a word.
const MARK: char = '▁';

/// # Errors
/// Texts without words, or a vocabulary too small for their characters.
pub(super) fn train<'a>(
    texts: impl Iterator<Item = &'a str>,
    vocab_size: usize,
    sentinels: usize,
) -> Result<Tokenizer> {
    let mut tokenizer = rules()?;
    let words = words(texts, &tokenizer)?;
    let runs = covered_runs(&words);
    let characters = counts(&runs).len();
    let special = [PAD, EOS, UNK].len() + sentinels;
    // The trainer wants a piece beside the characters.
    let least = special + characters + 1;
    if runs.is_empty() || vocab_size < least {
        return Err(Error::Tokenizer(format!(
            "cannot train a vocabulary of {vocab_size} tokens on {} different words; at least {least} are needed, \
             and at least one word",
            words.len()
        )));
    }
    let pieces = pieces(runs, vocab_size - special)?;
    let start = [PAD, EOS, UNK].map(|name| (name.to_string(), 0.0));
    let end = (0..sentinels).rev().map(|number| (sentinel(number), 0.0));
    let vocabulary: Vec<(String, f64)> = start.into_iter().chain(pieces).chain(end).collect();
    tokenizer.with_model(Unigram::from(vocabulary, Some(2), false).map_err(failed)?);
    let special: Vec<AddedToken> = [PAD, EOS, UNK]
        .map(String::from)
        .into_iter()
        .chain((0..sentinels).map(sentinel))
        .map(|name| AddedToken::from(name, true))
        .collect();
    tokenizer.add_special_tokens(&special);
    Ok(tokenizer)
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Tokenizer(error.to_string())
}

/// A tokenizer with T5's rules, still without vocabulary.
fn rules() -> Result<Tokenizer> {
    let mut tokenizer = Tokenizer::new(Unigram::default());
    let metaspace = Metaspace::new(MARK, PrependScheme::Always, true);
    tokenizer.with_normalizer(Some(Normalizers::new(vec![Nmt.into(), NFKC.into()])));
    let split = PreTokenizers::new(vec![WhitespaceSplit.into(), metaspace.clone().into()]);
    tokenizer.with_pre_tokenizer(Some(split));
    tokenizer.with_decoder(Some(metaspace));
    // For those who load the file and ask for special tokens.
    let ending = TemplateProcessing::builder()
        .try_single(format!("$A {EOS}"))
        .and_then(|template| template.try_pair(format!("$A {EOS} $B {EOS}")))
        .map_err(failed)?
        .special_tokens(vec![(EOS, 1)])
        .build();
    tokenizer.with_post_processor(Some(ending.map_err(failed)?));
    Ok(tokenizer)
}

/// How often each marked word comes.
fn words<'a>(
    texts: impl Iterator<Item = &'a str>,
    tokenizer: &Tokenizer,
) -> Result<BTreeMap<String, u32>> {
    let mut counts = BTreeMap::new();
    for text in texts {
        let mut normalized = NormalizedString::from(text);
        if let Some(normalizer) = tokenizer.get_normalizer() {
            normalizer.normalize(&mut normalized).map_err(failed)?;
        }
        let mut split = PreTokenizedString::from(normalized);
        if let Some(pre_tokenizer) = tokenizer.get_pre_tokenizer() {
            pre_tokenizer.pre_tokenize(&mut split).map_err(failed)?;
        }
        for (word, ..) in split.get_splits(OffsetReferential::Normalized, OffsetType::None) {
            *counts.entry(word.to_string()).or_insert(0_u32) += 1;
        }
    }
    Ok(counts)
}

fn counts(words: &BTreeMap<String, u32>) -> BTreeMap<char, u64> {
    let mut counts = BTreeMap::new();
    for (word, count) in words {
        word.chars().for_each(|c| *counts.entry(c).or_insert(0) += u64::from(*count));
    }
    counts
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Letter,
    Digit,
    Other,
}

fn kind(character: char) -> Kind {
    match character {
        c if c.is_alphabetic() => Kind::Letter,
        c if c.is_numeric() => Kind::Digit,
        _ => Kind::Other,
    }
}

/// Words cut where the kind of character changes, and at rare characters, which are left out. The mark stays with what
/// follows it.
fn covered_runs(words: &BTreeMap<String, u32>) -> BTreeMap<String, u32> {
    let mut by_count: Vec<(u64, char)> = counts(words).into_iter().map(|(c, n)| (n, c)).collect();
    by_count.sort_by_key(|&(count, c)| (Reverse(count), c));
    let total: u64 = by_count.iter().map(|(count, _)| count).sum();
    let mut before = 0;
    let common = by_count.iter().take_while(|(count, _)| {
        let covered = before as f64 >= COVERAGE * total as f64;
        before += count;
        !covered
    });
    let common: BTreeSet<char> = common.map(|(_, c)| *c).collect();

    let mut runs = BTreeMap::new();
    for (word, count) in words {
        let mut run = String::new();
        let mut last = None;
        let mut length = 0;
        for character in word.chars() {
            let marks = character == MARK;
            let now = (!marks).then(|| kind(character));
            let rare = character == END || !common.contains(&character);
            let changes = last.is_some() && (marks || last != now);
            if (rare || changes || length == LONGEST) && !run.is_empty() {
                *runs.entry(std::mem::take(&mut run)).or_insert(0) += count;
            }
            if run.is_empty() {
                length = 0;
            }
            last = if rare { None } else { now };
            if !rare {
                run.push(character);
                length += 1;
            }
        }
        if !run.is_empty() {
            *runs.entry(run).or_insert(0) += count;
        }
    }
    runs
}

/// A character that pieces don't have; Unicode keeps it for private use.
const END: char = '\u{e000}';

/// At most `size` pieces with their log probabilities, likeliest first.
fn pieces(runs: BTreeMap<String, u32>, size: usize) -> Result<Vec<(String, f64)>> {
    let characters = counts(&runs);
    // The trainer starts from strings that different things follow. A whole word is one of them only if it is seen to
    // go on in another way too, in words that count for nothing. The character counts once, as none can have
    // probability 0.
    let longer = runs.iter().filter(|(_, count)| **count > 1);
    let longer = longer.map(|(run, _)| (format!("{run}{END}"), 0)).chain([(END.into(), 1)]);
    let sentences: Vec<(String, u32)> =
        runs.iter().map(|(run, count)| (run.clone(), *count)).chain(longer).collect();
    let trainer = UnigramTrainer::builder()
        // One more, for the character that is taken out again.
        .vocab_size(size.min(SEEDS + characters.len()) as u32 + 1)
        .seed_size(SEEDS)
        .show_progress(false)
        .build()
        .map_err(failed)?;
    let mut model = Unigram::default();
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(failed)?;
    guarded(|| one_thread.install(|| trainer.do_train(sentences, &mut model))).map_err(
        |problem| failed(format!("too little text to train a vocabulary ({problem}); give more")),
    )?;
    let mut pieces: Vec<(String, f64)> = model.iter().cloned().collect();
    deal_again(&mut pieces, &characters);
    pieces.retain(|(piece, _)| !piece.contains(END));
    // So few digits come back from the file as the same number.
    pieces.iter_mut().for_each(|(_, score)| *score = (*score * 1e6).round() / 1e6);
    pieces.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(pieces)
}

/// Characters that training dropped get scores in small steps above the lowest, in whatever order a hash map had them.
/// The scores of all characters in that range are dealt again here, the most frequent character first.
fn deal_again(pieces: &mut [(String, f64)], characters: &BTreeMap<char, u64>) {
    const STEP: f64 = 0.0001;
    let lowest = pieces.iter().map(|piece| piece.1).fold(f64::INFINITY, f64::min);
    let highest = lowest + STEP * characters.len() as f64;
    let (places, mut dealt): (Vec<usize>, Vec<(char, f64)>) = pieces
        .iter()
        .enumerate()
        .filter(|(_, (_, score))| *score <= highest)
        .filter_map(|(at, (piece, score))| {
            let mut letters = piece.chars();
            letters.next().filter(|_| letters.next().is_none()).map(|only| (at, (only, *score)))
        })
        .unzip();
    let mut scores: Vec<f64> = dealt.iter().map(|(_, score)| *score).collect();
    scores.sort_by(|a, b| b.total_cmp(a));
    dealt.sort_by_key(|(character, _)| (Reverse(characters.get(character)), *character));
    for ((at, (character, _)), score) in places.into_iter().zip(dealt).zip(scores) {
        pieces[at] = (character.into(), score);
    }
}
