//! The made-up words and what they mean.
//!
//! Nouns belong to four categories, two of beings and two of things; each category has words of its own, more
//! general than its nouns. Adjectives are positive or negative. Every meaning has several words, so that synonymy,
//! generality and polarity have to be learned from data and cannot be read off a word. A task's lexicon equals the
//! suite's for the share of words that `relatedness` says; the other words have traded meanings among themselves,
//! across parts of speech, in a way that is the task's own.

use std::collections::{BTreeMap, BTreeSet};

use rand::{Rng, seq::IndexedRandom, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::{SyntheticConfig, stream::stream};
use crate::Split;

/// Noun categories: persons, animals, tools and places. The first half are beings, which act, the others things,
/// which are only acted upon.
pub const CATEGORIES: usize = 4;

/// Words of the grammar itself; no made-up word is one of them.
pub const FUNCTION_WORDS: [&str; 21] = [
    "the", "this", "every", "these", "many", "near", "has", "have", "was", "were", "by", "never",
    "not", "hardly", "very", "truly", "so", "but", "and", "is", "are",
];

/// What a content word means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sense {
    /// A kind of being or thing within a category.
    Noun {
        category: usize,
        concept: usize,
    },
    /// Any being or thing of a category.
    Category(usize),
    Verb(usize),
    Adjective {
        positive: bool,
        concept: usize,
    },
}

impl Sense {
    /// The category of a noun, specific or general.
    pub fn category(self) -> Option<usize> {
        match self {
            Sense::Noun { category, .. } | Sense::Category(category) => Some(category),
            Sense::Verb(_) | Sense::Adjective { .. } => None,
        }
    }

    /// Whether it is a noun for something that can act.
    pub fn is_being(self) -> bool {
        self.category().is_some_and(|category| category < CATEGORIES / 2)
    }

    /// Whether everything that is this is also `other`.
    pub fn is_a(self, other: Sense) -> bool {
        self == other || matches!(other, Sense::Category(c) if self.category() == Some(c))
    }
}

/// One of the words for a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word {
    pub sense: Sense,
    pub synonym: usize,
}

/// The words of a task with their meanings.
#[derive(Clone, Debug)]
pub struct Lexicon {
    forms: BTreeMap<Word, String>,
    concepts: usize,
    synonyms: usize,
}

impl Lexicon {
    /// The lexicon that `task` uses.
    pub fn new(config: &SyntheticConfig, task: &str) -> Self {
        let words = all_words(config);
        let mut forms = made_up_words(words.len(), config.seed);
        let mut rng = stream(config.seed, &format!("lexicon of {task}"), Split::Train, 0);
        // A draw for each word before any use of it: with less relatedness more words move, and none moves back.
        let draws: Vec<f64> = forms.iter().map(|_| rng.random()).collect();
        let moved: Vec<usize> =
            (0..forms.len()).filter(|at| draws[*at] >= config.relatedness).collect();
        let mut traded: Vec<String> = moved.iter().map(|at| forms[*at].clone()).collect();
        traded.shuffle(&mut rng);
        for (at, form) in moved.into_iter().zip(traded) {
            forms[at] = form;
        }
        Lexicon {
            forms: words.into_iter().zip(forms).collect(),
            concepts: config.concepts,
            synonyms: config.synonyms,
        }
    }

    /// How a word is written. The word must come from a lexicon of the same size.
    pub fn form(&self, word: Word) -> &str {
        &self.forms[&word]
    }

    /// All words with their spelling.
    pub fn iter(&self) -> impl Iterator<Item = (Word, &str)> {
        self.forms.iter().map(|(word, form)| (*word, form.as_str()))
    }

    /// A noun of a category drawn from `categories`.
    pub(super) fn noun(&self, rng: &mut ChaCha8Rng, categories: std::ops::Range<usize>) -> Word {
        let (category, concept) =
            (rng.random_range(categories), rng.random_range(0..self.concepts));
        self.word(rng, Sense::Noun { category, concept })
    }

    pub(super) fn being(&self, rng: &mut ChaCha8Rng) -> Word {
        self.noun(rng, 0..CATEGORIES / 2)
    }

    pub(super) fn thing(&self, rng: &mut ChaCha8Rng) -> Word {
        self.noun(rng, CATEGORIES / 2..CATEGORIES)
    }

    pub(super) fn verb(&self, rng: &mut ChaCha8Rng) -> Word {
        let verbs = verbs(self.concepts);
        let sense = Sense::Verb(rng.random_range(0..verbs));
        self.word(rng, sense)
    }

    pub(super) fn adjective(&self, rng: &mut ChaCha8Rng, positive: bool) -> Word {
        let concept = rng.random_range(0..self.concepts);
        self.word(rng, Sense::Adjective { positive, concept })
    }

    /// Any of the words for a meaning.
    pub(super) fn word(&self, rng: &mut ChaCha8Rng, sense: Sense) -> Word {
        Word { sense, synonym: rng.random_range(0..words_for(sense, self.synonyms)) }
    }
}

fn verbs(concepts: usize) -> usize {
    2 * concepts
}

/// How many words there are for a meaning. Praise and blame have the most: few meanings keep sentences easy to
/// compare, many words make polarity hard to learn from few examples.
fn words_for(sense: Sense, synonyms: usize) -> usize {
    if matches!(sense, Sense::Adjective { .. }) { 4 * synonyms } else { synonyms }
}

fn all_words(config: &SyntheticConfig) -> Vec<Word> {
    let concepts = config.concepts;
    let mut senses: Vec<Sense> = Vec::new();
    for category in 0..CATEGORIES {
        senses.push(Sense::Category(category));
        senses.extend((0..concepts).map(|concept| Sense::Noun { category, concept }));
    }
    senses.extend((0..verbs(concepts)).map(Sense::Verb));
    for positive in [false, true] {
        senses.extend((0..concepts).map(|concept| Sense::Adjective { positive, concept }));
    }
    let words =
        |sense| (0..words_for(sense, config.synonyms)).map(move |synonym| Word { sense, synonym });
    senses.into_iter().flat_map(words).collect()
}

/// Different pronounceable words that tell nothing of their meaning.
pub(super) fn made_up_words(count: usize, seed: u64) -> Vec<String> {
    const ONSETS: [&str; 24] = [
        "b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "bl", "br", "dr",
        "fl", "gl", "gr", "pl", "sk", "sn", "tr",
    ];
    const VOWELS: [&str; 5] = ["a", "e", "i", "o", "u"];
    const MIDDLES: [&str; 12] = ["b", "d", "g", "l", "lm", "m", "n", "nd", "p", "r", "rk", "v"];
    const ENDS: [&str; 8] = ["k", "l", "m", "n", "p", "r", "sh", "x"];
    let mut rng = stream(seed, "words", Split::Train, 0);
    let mut seen = BTreeSet::new();
    let mut words = Vec::with_capacity(count);
    while words.len() < count {
        let parts: [&[&str]; 5] = [&ONSETS, &VOWELS, &MIDDLES, &VOWELS, &ENDS];
        let word: String = parts.iter().filter_map(|part| part.choose(&mut rng)).copied().collect();
        if !FUNCTION_WORDS.contains(&word.as_str()) && seen.insert(word.clone()) {
            words.push(word);
        }
    }
    words
}
