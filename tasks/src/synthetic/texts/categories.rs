//! Closed-book questions: what kinds of things are two words for? Nothing in the input tells; what is learned of a word
//! in one pair holds in every other, and in the other tasks.

use rand::Rng;

use super::{
    super::{
        grammar::Draw,
        lexicon::{Sense, Word},
    },
    asked,
};
use crate::{Target, Text};

/// What nouns of the categories are called.
pub(super) const NAMES: [&str; 4] = ["person", "animal", "tool", "place"];

pub(in crate::synthetic) fn generate(draw: &mut Draw, _index: usize) -> (Text, Target) {
    let (first, second) = (any_word(draw), any_word(draw));
    let kinds = format!("{} {}", kind(first), kind(second));
    let form = |word| draw.lexicon.form(word);
    asked("categories", &[("word1", form(first)), ("word2", form(second))], kinds)
}

fn any_word(draw: &mut Draw) -> Word {
    match draw.rng.random_range(0..3) {
        0 => draw.being_or_thing().noun,
        1 => draw.verb(),
        _ => draw.adjective(),
    }
}

fn kind(word: Word) -> &'static str {
    match word.sense {
        Sense::Noun { category, .. } | Sense::Category(category) => NAMES[category],
        Sense::Verb(_) => "act",
        Sense::Adjective { positive: true, .. } => "praise",
        Sense::Adjective { positive: false, .. } => "blame",
    }
}
